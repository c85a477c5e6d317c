"""The tables of ``docs/explanation/magnet.md``, made of the worked example by the engine itself.

Run ``python docs/make_magnet.py`` to write them between their marks, ``--check`` to compare.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

ROOT: Final = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ledger.footprint.engine import by_group  # noqa: E402 - found by the line above
from ledger.footprint.uncertainty import span  # noqa: E402
from tests.support.worlds import worked_example as example  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ledger.drafting.draft import CertifiedDraft, Draft

PAGE: Final = ROOT / "docs" / "explanation" / "magnet.md"
BEGIN: Final = "<!-- made by docs/make_magnet.py -->\n"
END: Final = "<!-- end -->\n"
MAGNET: Final = "MAG-2026-06"
GROUPS: Final = ("materials", "fuels", "electricity", "direct", "transport")
THREE: Final = Decimal("0.001")


def row(done: Draft, lot: CertifiedDraft) -> str:
    """Return a lot's line per kg: its own run by group, the upstream part, and the other allocation."""
    gwp = example.tables().gwp.weights["AR6"]
    net = Decimal(lot.batch.net_mass_kg)
    parts = {name: pair.location / net for name, pair in by_group(done.result, lot.index, gwp).items()}
    shown = {name: str((Decimal(amount).scaleb(-12)).quantize(THREE)) for name, amount in parts.items()}
    own = sum(amount for name, amount in parts.items() if name in GROUPS)
    other = Decimal(lot.footprint.alternative.total_kg_co2e.location) / net
    cells = [
        lot.batch.lot,
        lot.batch.step,
        str(Decimal(lot.footprint.per_kg.location).quantize(THREE)),
        *(shown.get(group, "0.000") for group in GROUPS),
        str(Decimal(own).scaleb(-12).quantize(THREE)),
        shown["upstream"],
        str(other.quantize(THREE)),
    ]
    return f"| {' | '.join(cells)} |"


def lines() -> Iterator[str]:
    """Yield the table."""
    yield f"| lot | step | kg CO2e/kg | {' | '.join(GROUPS)} | own, together | upstream | by mass instead |"
    yield "| --- | --- | " + " | ".join("---:" for _ in range(len(GROUPS) + 4)) + " |"
    for done in example.drafts().values():
        for lot in done.certified:
            yield row(done, lot)


def behind(lot: str) -> set[str]:
    """Return the runs of a lot's chain."""
    made = {each.batch.lot: run for run, done in example.drafts().items() for each in done.certified}
    runs: set[str] = set()
    waiting = [lot]
    while waiting:
        run = made[waiting.pop()]
        if run not in runs:
            runs.add(run)
            waiting += [str(item["lot"]) for item in example.written(run).get("inputs", [])]
    return runs


def closing() -> Iterator[str]:
    """Yield what the magnet's certificate says of itself besides the number."""
    (magnet,) = example.drafts()[MAGNET].certified
    runs = behind(magnet.batch.lot)
    placeholders = sum(example.drafts()[run].result.placeholders for run in runs)
    low, high = span(magnet.footprint.per_kg.location, magnet.footprint.quality)
    low, high = (str(Decimal(each).quantize(THREE)) for each in (low, high))
    yield f"{placeholders} lines of the {len(runs)} runs of the magnet's chain rest on placeholders, which the certificates count."
    yield f"By the pedigree of its lines, 95 % of the results lie between {low} and {high}; that says nothing of allocation."


def page() -> str:
    """Return the page with its table made anew."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    made = "\n".join([*lines(), "", *closing()])
    return f"{before}{BEGIN}\n{made}\n\n{END}{after}"


def main() -> int:
    """Write or compare."""
    if "--check" in sys.argv:
        return int(page() != PAGE.read_text("utf-8"))
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
