"""`oreprint factors`: the tables that figures come from: their names, their contents, and a producer's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from cli.files import read_bytes, write_lines
from cli.output import reply
from cli.parts import HomeOption, JsonOption, factors_folder, tables_of
from cli.terminal import facts, plural
from ledger.factors.factor import MOST_BYTES, Factor, FactorSet, parse_factor_set
from ledger.factors.sources import FigureUse
from ledger.factors.tables import differences
from ledger.tables import keep_table, shipped_sources, table_bytes
from schemas.quantity import trillionths_text

command = typer.Typer(rich_markup_mode=None)

_HEAD = """\
Oreprint

The program, and the choice and arrangement of its tables, are under the Apache License 2.0 (file LICENSE). The scripts of
others in api/web/static/vendor have their licences beside them. A single figure is a fact, which nobody owns. Each row
names where it was read. These are the sources of the rows, in current tables and in former ones, which stay so that
certificates of earlier releases can be computed again. "single facts" are figures quoted one by one, with their source,
from a work that has no open licence; the work itself is not passed on. If you pass the tables on, keep this list."""


@command.callback()
def factors() -> None:
    """List, show, compare, import and export factor tables.

    Example: oreprint factors show grid/location.cn.2023
    """


@command.command("list")
def listed(home: HomeOption = None, *, as_json: JsonOption = False) -> None:
    """List the tables by name and digest: those that ship with Oreprint, and your own.

    Example: oreprint factors list
    """
    tables = tables_of(home)
    rows = [_table(table) for table in tables.sets.values()]
    rows.append({"name": "gwp", "digest": tables.gwp.digest, "visibility": "public"})
    reply({"tables": rows}, *map(_line, rows), as_json=as_json)


@command.command("show")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A table, or one factor as table/row.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Show one factor with its source, or list the factors of a table.

    Example: oreprint factors show materials/ammonia-coal-route.cn.2022
    """
    tables = tables_of(home)
    found = [tables.factor(name)] if "/" in name else list(tables.table(name).rows.values())
    one = [name, *facts(_facts(found[0]))] if "/" in name else None
    lines = one or (f"{each.id}: {_values(each)} per {each.per}, {each.status}" for each in found)
    reply({"factors": [_document(each) for each in found]}, *lines, as_json=as_json)


@command.command("diff")
def diff(
    old: Annotated[str, typer.Argument(metavar="OLD", help="A table's name, or a CSV file.")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="A table's name, or a CSV file.")],
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Compare two tables: list the factors that only one has, and those that differ.

    Exit codes: 0 no difference; 1 differences.

    Example: oreprint factors diff materials materials-2027.csv
    """
    one, other = _given(old, home), _given(new, home)
    found = list(differences(one, other))
    reply(
        {"differences": [{"row": row, "column": column, "old": a, "new": b} for row, column, a, b in found]},
        *(f"{row}: {column} {before or 'absent'} -> {after or 'absent'}" for row, column, before, after in found),
        *([] if found else ["The tables are the same."]),
        as_json=as_json,
    )
    raise typer.Exit(int(bool(found)))


@command.command("import")
def imported(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A CSV table, as `oreprint factors export` writes them.")
    ],
    name: Annotated[str | None, typer.Option("--name", help="The table's name. Default: the file's name.")] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Keep a table of your own in the home. Certificates sign its digest; only your auditor sees its rows.

    An earlier table of the same name is kept, so that certificates issued with it can be recomputed.

    Example: oreprint factors import licensed-2026.csv --home build/registry
    """
    kept = keep_table(factors_folder(home), file.stem if name is None else name, read_bytes(file, most=MOST_BYTES))
    reply(_table(kept), f"Kept {kept.name}: {len(kept.rows)} factors, digest {kept.digest}.", as_json=as_json)


@command.command("export")
def exported(
    name: Annotated[str, typer.Argument(metavar="TABLE", help="A table's name, or gwp.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", metavar="FILE", help="Default: TABLE.csv here.")] = None,
    home: HomeOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write the exact bytes of a table, for an auditor or a spreadsheet.

    Example: oreprint factors export materials -o materials.csv
    """
    path = out or Path(f"{name}.csv")
    write_lines(path, [table_bytes(name, factors_folder(home))])
    reply({"name": name, "file": str(path)}, f"Wrote {path}.", as_json=as_json)


@command.command("sources")
def sources(*, as_json: JsonOption = False) -> None:
    """List every source of the figures that ship with Oreprint, what permits shipping them, and the number of rows.

    The same text is the file NOTICE. Your own tables are not in it.

    Example: oreprint factors sources
    """
    uses = shipped_sources()
    reply({"sources": [_use(each) for each in uses]}, *_notice(uses), as_json=as_json)


def _use(use: FigureUse) -> dict[str, object]:
    source = use.source
    counts = {"rows": use.rows, "former_rows": use.former, "size": source.size}
    return {"source": source.name, "licence": source.licence, **counts, "terms": source.terms}


def _notice(uses: Iterable[FigureUse]) -> Iterator[str]:
    yield _HEAD
    for use in uses:
        size = f" (the catalogue has {use.source.size})" if use.source.size else ""
        former = f", {use.former} in former tables" if use.former else ""
        yield f"\n{use.source.name}"
        yield f"  {use.source.licence}: {plural(use.rows, 'row')}{size}{former}"
        yield f"  {use.source.terms}"


def _given(name: str, home: Path | None) -> FactorSet:
    """Return a table by its name, or read it from a file."""
    tables = tables_of(home)
    if name in tables.sets:
        return tables.sets[name]
    path = Path(name)
    return parse_factor_set(read_bytes(path, most=MOST_BYTES), path.stem)


def _table(table: FactorSet) -> dict[str, object]:
    return {
        "name": table.name,
        "digest": table.digest,
        "visibility": table.visibility,
        "factors": len(table.rows),
        "placeholders": sum(each.status == "placeholder" for each in table.rows.values()),
    }


def _line(row: dict[str, object]) -> str:
    what = f"{row['factors']} factors, {row['placeholders']} of them placeholders" if "factors" in row else "GWPs"
    return f"{row['name']}  {what}, {row['visibility']}\n  {row['digest']}"


def _values(factor: Factor) -> str:
    return ", ".join(f"{trillionths_text(mass)} kg {gas}" for gas, mass in factor.values)


def _facts(factor: Factor) -> Iterator[tuple[str, str]]:
    yield "what", factor.label
    yield "where, when", f"{factor.geography} {factor.year or 'undated'}"
    yield "value", f"{_values(factor)} per {factor.per}"
    yield "GWP set", factor.gwp_set or ""
    yield "electricity set", factor.set or ""
    yield "boundary", factor.boundary
    yield "status", f"{factor.status}, quality {factor.quality} of 5"
    yield "licence", factor.licence
    yield "source", factor.source
    yield "note", factor.note


def _document(factor: Factor) -> dict[str, object]:
    rest = {name: getattr(factor, name) for name in ("id", "label", "geography", "year", "per", "gwp_set", "set")}
    how = {name: getattr(factor, name) for name in ("boundary", "status", "quality", "licence", "source", "note")}
    return {**rest, "values": {gas: trillionths_text(mass) for gas, mass in factor.values}, **how}
