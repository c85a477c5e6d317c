"""`oreprint recompute`: a chain under other factors, and what that moves.

What it does not do: signing or judging anything.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.parts import HomeOption, JsonOption, tables_of
from cli.source import SourceBundle, open_source, problems_in
from cli.terminal import table, tell
from schemas.problem import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.audit.recompute import Moved


def command(
    source: Annotated[
        str, typer.Argument(metavar="BUNDLE|-|DIGEST", help="A bundle that shows everything; - is standard input.")
    ],
    factors: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A factor table TABLE.csv to compute with instead of TABLE; repeat it."),
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option("--what-if", metavar="FACTOR=VALUE", help="One factor with another value; repeat it."),
    ] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Compute every batch of a chain again under other factors, and list what moved; nothing is signed.

    The bundle must show everything (`oreprint bundle DIGEST --for auditor -o FILE`); a digest is looked up in the home's registry.

    Example: oreprint recompute magnet.oreprint --what-if grid/location.cn-nm.2023=0.45
    """
    from cli.other_factors import factor_changes
    from cli.output import print_json
    from ledger.audit.recompute import recompute

    tables, change = tables_of(home), factor_changes(factors or [], what_if or [])
    with open_source(source, home=home) as found, problems_in(found.name):
        if not isinstance(found, SourceBundle):
            raise InputError.at("recompute.bundle")
        batches = list(recompute(found.lines, tables, change))
    if as_json:
        print_json({"batches": [_document(each) for each in batches]})
        return
    tell(_lines(batches))


def _lines(batches: Sequence[Moved]) -> list[str]:
    from schemas.quantity import trillionths_text as text

    moved = [each for each in batches if each.moved]
    if not moved:
        return [f"Nothing moved: {len(batches)} batches carry what they carried."]
    rows = [(each.lot, text(each.published.location), text(each.recomputed.location), _percent(each)) for each in moved]
    head = ("lot", "published", "recomputed", "change")
    return [
        f"{len(moved)} of {len(batches)} batches moved; kg CO2e per kg, location-based:",
        *table(head, rows),
    ]


def _percent(each: Moved) -> str:
    from ledger.chemistry.exact import SCALE, divide
    from schemas.quantity import trillionths_text

    if not each.published.location:
        return ""
    thousandths = divide((each.recomputed.location - each.published.location) * 10**5, each.published.location)
    sign = "+" if thousandths > 0 else ""
    return f"{sign}{trillionths_text(thousandths * SCALE // 1000)} %"


def _document(each: Moved) -> dict[str, object]:
    from schemas.quantity import trillionths_text as text

    pairs = (("published", each.published), ("recomputed", each.recomputed))
    figures = {name: {"location": text(pair.location), "market": text(pair.market)} for name, pair in pairs}
    return {"lot": each.lot, "certificate": each.certificate, **figures, "moved": each.moved}
