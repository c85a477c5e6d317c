"""Write `examples/reports/`, a report of each state; with `--check`, name the stale ones and return 1.

Each is the report on a real bundle of a small world at a fixed time, so every byte is fixed. Run as
``python -m tests.golden.make_reports`` after a change of what reports say.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from tests.support.browser.showcase import STATES
from tests.support.worlds.recipe import tables

FOLDER: Final = Path(__file__).parents[2] / "examples" / "reports"
NOW_MS: Final = 1_780_300_800_000
"""2026-06-01T08:00:00Z."""
CASES: Final = {
    "genuine": "genuine",
    "superseded": "superseded",
    "expired": "expired",
    "affected": "upstream-withdrawn",
    "suspended": "suspended",
    "withdrawn": "withdrawn",
    "unknown": "unknown-registry",
    "incomplete": "stale",
    "do-not-rely": "forged",
}
"""The case that shows each state of a report."""


def reports() -> dict[str, str]:
    """Return the text of each file, by its state."""
    found = {}
    for state, name in CASES.items():
        case = STATES[name](NOW_MS)
        made = report(verify_bundle(case.lines, trust=case.cast.trust, tables=tables(), policy=case.policy))
        found[state] = json.dumps(json.loads(made.to_bytes()), indent=2, ensure_ascii=False) + "\n"
    return found


def stale() -> list[str]:
    """Return the states whose files are not what a verification says today."""
    made = reports()
    kept = {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    return sorted(state for state in made.keys() | kept.keys() if made.get(state) != kept.get(state))


def main() -> int:
    """Write the files, or with `--check` name the stale ones and return 1."""
    if "--check" in sys.argv[1:]:
        found = stale()
        sys.stdout.write("".join(f"{state} is stale\n" for state in found))
        return int(bool(found))
    FOLDER.mkdir(exist_ok=True)
    for state, text in reports().items():
        (FOLDER / f"{state}.json").write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
