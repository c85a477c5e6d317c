"""The folder `examples/every-product`: a record for every step and product, each alone, with its flags explained.

A record whose rules raise a flag without words here is not written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.golden.plain_yaml import written
from tests.golden.plants import every_blend, every_compound, every_cracking, every_magnet, every_metal
from tests.support.worlds.further_examples import drafted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.drafting.draft import Draft
    from tests.golden.plant_records import Run

FLAGS: Final[Mapping[str, str]] = {
    "rule.m-proxy-default": "M-PROXY: goods without a certificate count by a cautious default. With a certificate, name the lot in `inputs`.",
    "rule.m-proxy-published": "M-PROXY: studies of such goods found more than that default.",
    "rule.m-proxy": "M-PROXY: a material has no factor of its own, so a dearer one of its class stands for it.",
    "rule.b-unc": "B-UNC: goods without a certificate are of unknown origin, and count as not recycled.",
    "rule.x-time-vintage": "X-TIME: some factors that ship are older than five years, and there is no newer one.",
    "rule.a-method": "A-METHOD: by mass, a cheap lot would have much more. Both figures are shown.",
    "rule.a-price-low": "A-PRICE: scrap sells below the magnet's price for the same metals, so it takes less of the emissions.",
    "rule.a-price-ref": "A-PRICE-REF: the scrap's price stands to the magnet's otherwise than their metals do.",
    "rule.e-set-apart": "E-SET-FINER: life-cycle factors give the electricity over 10 % more. Both figures are shown.",
    "rule.s-proof": "S-PROOF: the scrap has neither a certificate nor a document (`proof`), so its share is told.",
    "rule.q-absent": "Q-ABSENT: a line is declared absent, which this record alone cannot show.",
}  # fmt: skip
"""What each flag of these records means there, and why it stays."""


def runs() -> list[Run]:
    """Return the runs, each alone, with their flags in the head."""
    parts = (every_cracking, every_compound, every_blend, every_metal, every_magnet)
    made = [run for each in parts for run in each.runs()]
    for run in made:
        run.head += explained(draft_of(run))
    return made


def draft_of(run: Run) -> Draft:
    """Return the draft of a run, judged by every rule."""
    return drafted(written(run.record(), head=run.head), {})


def explained(draft: Draft) -> str:
    """Return the flags of a draft as lines of the head, each once; a flag without words raises KeyError."""
    told = dict.fromkeys(FLAGS[finding.problem.code] for finding in draft.findings)
    return (
        "".join(f"\n{line}" for line in ("Flags beside its figure:", *(f"- {each}" for each in told))) if told else ""
    )


def readme(made: Iterable[Run]) -> str:
    """Return the page with each lot, its step and its figure."""
    lines = [
        "# Every product", "",
        "A record for every step and product of the vocabulary. `oreprint example STEP --product PRODUCT` writes it with comments.", "",
        "**The plants, their lots and their amounts are invented.** Amounts for a kilogram are those of `completeness.csv` or assumed; each line",
        "says which ([SOURCES.md](SOURCES.md)). Each record stands alone: what it takes in was bought without a certificate and counts by a",
        "cautious default (110 kg CO2e for each kg of rare earth, 1,100 for Dy and Tb). So these figures are high on purpose, and no evidence",
        "about any plant. The other examples form chains, and their figures are those to compare. Each head names its flags, and why they stay.",
        "", "| lot | step | product | kg CO2e/kg |", "|---|---|---|---|",
    ]  # fmt: skip
    for run in made:
        for certified in draft_of(run).certified:
            batch, total = certified.batch, certified.footprint.total_kg_co2e.location
            each = float(total) / float(batch.net_mass_kg)
            lines.append(f"| {batch.lot} | {batch.step} | {batch.product or ''} | {figure(each)} |")
    lines += [
        "", "    oreprint example magnet-production --product sm2co17-magnet -o record.yaml", "    oreprint footprint record.yaml", "",
        "All files here but `parties.yaml` are written by `python -m tests.golden.make_plants`.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def figure(number: float) -> str:
    """Return a number with three digits."""
    return f"{number:.0f}" if number >= 100 else f"{number:#.3g}"
