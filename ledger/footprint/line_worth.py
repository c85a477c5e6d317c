"""The quality of each line of a run beside its kg CO2e, and whether PACT counts it as primary data.

This module does not sum a run (`ledger.footprint.lines`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.chemistry.exact import SCALE, divide
from ledger.footprint.line_quality import emission_quality, power_quality
from ledger.footprint.lines import factor_uses, own_lines, released_mass, use_quality
from schemas.determination import Default
from schemas.document import replace
from schemas.inventory import Credits, Direct, DirectLine, Electricity, FuelLine, MaterialLine, TransportLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.factors.tables import FactorTables
    from ledger.footprint.quality import LineQuality, Site
    from schemas.inventory import ElectricityLine, InventoryGroup, WasteLine
    from schemas.vocabulary import Basis, Group, GwpSet

    EmittingLine = MaterialLine | FuelLine | ElectricityLine | DirectLine | TransportLine | WasteLine


class LineWorth(NamedTuple):
    """A line with emissions: group, name, basis, factor if it has one, |kg CO2e| (scaled), quality, PACT's verdict."""

    group: Group
    name: str
    basis: Basis
    factor: str | None
    co2e: int
    quality: LineQuality
    primary_by_pact: bool


def line_worths(
    groups: Iterable[InventoryGroup], *, tables: FactorTables, gwp: GwpSet, site: Site
) -> Iterator[LineWorth]:
    """Yield the lines of a run that have emissions; credits are apart."""
    for group in groups:
        for line in group.lines if not isinstance(group, Credits) else ():
            alone = replace(group, lines=(line,))
            weighing = own_lines([alone], tables=tables, gwp=gwp, site=site).weighing
            if weighing.total:
                ((_, _, rests, _),) = weighing.parts
                yield LineWorth(
                    group.group,
                    line.name,
                    line.basis,
                    _factor_of(line),
                    divide(weighing.total, SCALE),
                    worth_of_only(alone, tables, site),
                    bool(rests.pact[0]),
                )


def worth_of_only(group: InventoryGroup, tables: FactorTables, site: Site) -> LineQuality:
    """Return the quality of the only line of a group."""
    match group:
        case Electricity(lines=(power,)):
            return power_quality(power, tables, site=site)
        case Direct(lines=(emission,)) if counted := released_mass(emission):
            return emission_quality(emission, counted[0], tables, site=site)
        case _:
            (line,) = factor_uses(group)
            factor = None if line.value is not None else tables.factor(line.factor)
            return use_quality(group.group, line, factor, tables, site=site)


def _factor_of(line: EmittingLine) -> str | None:
    """Return the factor of a line, or None for an emission that was measured."""
    if isinstance(line, DirectLine):
        return line.method.factor if isinstance(line.method, Default) else None
    return line.factor
