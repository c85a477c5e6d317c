"""Factor tables of tests: a producer's own, as it is written, and a table of bare values for the engine alone."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from ledger.factors.factor import COLUMNS, SUBSTANCE_COLUMNS, Factor, FactorSet, parse_factor_set
from ledger.factors.tables import FactorTables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.vocabulary import Gas

_CELLS = {
    "geography": "GLO", "per": "kg", "boundary": "cradle-to-gate", "status": "read", "quality": "1",
    "licence": "the producer's own", "source": "the producer's own table",
}  # fmt: skip


def own_table(rows: Mapping[str, Mapping[str, str]], name: str = "own") -> FactorSet:
    """Return a producer's own table, read from its CSV; see `own_csv`."""
    return parse_factor_set(own_csv(rows), name)


def own_csv(rows: Mapping[str, Mapping[str, str]]) -> bytes:
    """Return a producer's own table as it is written; `rows` are the cells of each flow, with usual ones left out.

    A row is named ``own/flow.glo``; one in CO2e is of AR6.
    """
    text = io.StringIO()
    substances = any(set(SUBSTANCE_COLUMNS) & set(cells) for cells in rows.values())
    columns = (*COLUMNS, *SUBSTANCE_COLUMNS) if substances else COLUMNS
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for flow, cells in rows.items():
        gwp_set = "AR6" if cells["values"].startswith("CO2e=") else ""
        writer.writerow({**_CELLS, "flow": flow, "label": flow, "gwp_set": gwp_set, **cells})
    return text.getvalue().encode()


def bare_tables(values: Mapping[str, tuple[tuple[Gas, int], ...]], shipped: FactorTables) -> FactorTables:
    """Return tables with nothing but the factors ``case/name`` for a kg, given as scaled kg of each gas, and the
    shipped GWPs.
    """
    rows = {f"case/{name}": _bare(f"case/{name}", pairs) for name, pairs in values.items()}
    return FactorTables({"case": FactorSet("case", "", "public", rows)}, shipped.gwp)


def _bare(identifier: str, values: tuple[tuple[Gas, int], ...]) -> Factor:
    return Factor(
        id=identifier,
        flow=identifier,
        label=identifier,
        geography="GLO",
        year=None,
        per="kg",
        values=values,
        gwp_set=None,
        set=None,
        boundary="case",
        status="method",
        quality=1,
        licence="",
        source="test",
        note="",
    )
