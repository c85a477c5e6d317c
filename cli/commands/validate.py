"""`oreprint validate`: check a file of validation cases against the engine.

What it does not do: it knows no case and computes nothing; every family is handed to the real engine.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.given import told_of
from cli.main import EXIT_FAILED
from cli.parts import JsonOption

if TYPE_CHECKING:
    from ledger.validate import Outcome


def command(
    cases: Annotated[Path, typer.Argument(metavar="CASES", help="A JSON file with a list named cases.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Run every case of a file through the engine and say which pass; the last line counts them.

    Example: oreprint validate validation_cases_public.json
    """
    from cli.files import read_bytes
    from cli.output import print_json
    from ledger.tables import shipped_tables
    from ledger.validate import validate
    from schemas.door.limits import MAX_BYTES

    content = read_bytes(cases, most=MAX_BYTES)
    with told_of(str(cases)):
        outcomes = validate(content, tables=shipped_tables())
    failed = sum(not outcome.passed for outcome in outcomes)
    if as_json:
        print_json(
            {"passed": len(outcomes) - failed, "failed": failed, "cases": [_document(each) for each in outcomes]}
        )
    else:
        for outcome in outcomes:
            _tell(outcome)
        print(f"{len(outcomes) - failed} passed, {failed} failed")
    if failed:
        raise typer.Exit(EXIT_FAILED)


def _tell(outcome: Outcome) -> None:
    print(f"{'passed' if outcome.passed else 'FAILED'} {outcome.id} ({outcome.family})")
    if outcome.refused is not None:
        print(f"  {outcome.refused}")
    for each in outcome.differences:
        print(f"  {each.place}: found {each.found}, expected {each.expected}")


def _document(outcome: Outcome) -> dict[str, object]:
    differences = [
        {"place": each.place, "found": each.found, "expected": each.expected} for each in outcome.differences
    ]
    return {
        "id": outcome.id,
        "family": outcome.family,
        "passed": outcome.passed,
        "refused": outcome.refused,
        "differences": differences,
    }
