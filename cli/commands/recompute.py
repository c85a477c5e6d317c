"""`oreprint recompute`: a chain, or a year, under other factors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cli.other_factors import factor_changes
from cli.output import reply
from cli.parts import DatabaseOption, HomeOption, JsonOption, home_of, tables_of
from cli.progress import counted
from cli.source import open_source
from cli.terminal import plural, table
from cli.unused_options import refuse_unused
from cli.workers import ClusterOption, JobsOption, workers_of
from ledger.audit.recompute import RecomputedBatch, recompute, recompute_year
from ledger.chemistry.exact import SCALE, divide
from ledger.factors.figures import Pair
from ledger.files.source import SourceBundle
from ledger.footprint.digits import MANY, shown
from schemas.problem import InputError, problems_in
from schemas.quantity import trillionths_text
from schemas.quantity import trillionths_text as text


def command(  # noqa: PLR0913, PLR0917 - a parameter an option
    context: typer.Context,
    source: Annotated[
        str | None,
        typer.Argument(metavar="BUNDLE|-|DIGEST", help="A bundle that shows everything; - is standard input."),
    ] = None,
    factors: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A factor table TABLE.csv to use instead of TABLE. Repeat for several."),
    ] = None,
    what_if: Annotated[
        list[str] | None,
        typer.Option("--what-if", metavar="FACTOR=VALUE", help="One factor with another value. Repeat for several."),
    ] = None,
    year: Annotated[
        int | None,
        typer.Option(min=1, max=9999, help="Instead of a bundle: every batch made in this year in the registry."),
    ] = None,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    *,
    jobs: JobsOption = 1,
    cluster: ClusterOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recompute every batch of a chain, or of a year, with other factors, and list the changes. Nothing is signed.

    The bundle must show everything (`oreprint bundle DIGEST --for auditor -o FILE`). A digest is looked up in the
    home's registry.

    With --year it recomputes the registry's own batches whose production ended in that year. --jobs shares them
    among processes of this machine, --cluster among the workers of a Dask cluster.

    Example: oreprint recompute magnet.oreprint --what-if grid/location.cn-nm.2023=0.45
    """
    tables, change = tables_of(home), factor_changes(factors or [], what_if or [])
    if year is not None:
        refuse_unused(context, "with --year", "source")
        workers, progress = workers_of(jobs, cluster), counted("batches")
        place = home_of(home, database_url)
        batches = list(recompute_year(place, year, tables, change, workers=workers, progress=progress))
    else:
        refuse_unused(context, "without --year", "database_url", "jobs", "cluster")
        if source is None:
            raise InputError.at("recompute.bundle")
        with open_source(source, home=home) as found, problems_in(found.name):
            if not isinstance(found, SourceBundle):
                raise InputError.at("recompute.bundle")
            batches = list(recompute(found.lines, tables, change))
    reply({"batches": [_document(each) for each in batches]}, *_lines(batches), as_json=as_json)


def _rounded(figure: Pair) -> str:
    """Return a location-based figure for people; --json has all digits."""
    return shown(trillionths_text(figure.location), MANY)


def _lines(batches: Sequence[RecomputedBatch]) -> list[str]:
    moved = [each for each in batches if each.moved]
    if not moved:
        return [f"No footprint changed in {plural(len(batches), 'batch', 'batches')}."]
    rows = [(each.lot, *map(_rounded, (each.published, each.recomputed)), _percent(each)) for each in moved]
    head = ("lot", "published", "recomputed", "change")
    return [f"{len(moved)} of {len(batches)} batches changed, in kg CO2e per kg, location-based:", *table(head, rows)]


def _percent(each: RecomputedBatch) -> str:
    if not each.published.location:
        return ""
    thousandths = divide((each.recomputed.location - each.published.location) * 10**5, each.published.location)
    sign = "+" if thousandths > 0 else ""
    return f"{sign}{trillionths_text(thousandths * SCALE // 1000)} %"


def _document(each: RecomputedBatch) -> dict[str, object]:
    pairs = (("published", each.published), ("recomputed", each.recomputed))
    figures = {name: {"location": text(pair.location), "market": text(pair.market)} for name, pair in pairs}
    return {"lot": each.lot, "certificate": each.certificate, **figures, "moved": each.moved}
