"""The quality of each line of a run beside its kg CO2e, and the share of primary data as PACT counts it.

Rules: PACT (Methodology 4.2.2, read second-hand) counts as primary what rests on primary data in its amount and in its
emission factor: an emission measured at the plant, a fuel by its own carbon, a supplier's own value.  Oreprint's share
also counts a metered amount with a factor of a table, as for electricity.  A certified input is a supplier's PCF, with
the share of its certificate; certificates carry Oreprint's share, which is never below that of PACT, so PACT's share is
told as bounds.

This module does not sum a run (`ledger.footprint.lines`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.chemistry.exact import SCALE, divide
from ledger.footprint.line_quality import emission_quality, line_quality, power_quality
from ledger.footprint.lines import factor_uses, own_lines, released_mass
from ledger.footprint.quality import BASIC_GOODS, PRIMARY, of_proxy
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


class PactShare(NamedTuple):
    """The bounds of PACT's share of primary data, scaled; they are equal where no input is certified."""

    low: int
    high: int


def line_worths(
    groups: Iterable[InventoryGroup], *, tables: FactorTables, gwp: GwpSet, site: Site
) -> Iterator[LineWorth]:
    """Yield the lines of a run that have emissions; credits are apart."""
    for group in groups:
        for line in group.lines if not isinstance(group, Credits) else ():
            alone = replace(group, lines=(line,))
            total = own_lines([alone], tables=tables, gwp=gwp, site=site).weighing.total
            if total:
                yield LineWorth(
                    group.group,
                    line.name,
                    line.basis,
                    _factor_of(line),
                    divide(total, SCALE),
                    worth_of_only(alone, tables, site),
                    _primary_by_pact(line),
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
            quality = line_quality(group.group, line.line.basis, line.line.pedigree, line.supplied, factor, site)
            return of_proxy(quality, BASIC_GOODS) if line.proxied else quality


def pact_share(lines: Iterable[LineWorth], inputs: Iterable[tuple[int, int]]) -> PactShare:
    """Return the bounds of PACT's share; `inputs` are |kg CO2e| and the primary share of each certificate, scaled."""
    total = primary = inherited = 0
    for line in lines:
        total += line.co2e
        primary += line.co2e * line.primary_by_pact
    for co2e, share in inputs:
        total += co2e
        inherited += divide(co2e * share, SCALE)
    if not total:
        return PactShare(0, 0)
    return PactShare(divide(primary * SCALE, total), divide((primary + inherited) * SCALE, total))


def _factor_of(line: EmittingLine) -> str | None:
    """Return the factor of a line, or None for an emission that was measured."""
    if isinstance(line, DirectLine):
        return line.method.factor if isinstance(line.method, Default) else None
    return line.factor


def _primary_by_pact(line: EmittingLine) -> bool:
    """Return whether amount and factor of a line are primary data."""
    if line.basis not in PRIMARY:
        return False
    match line:
        case DirectLine():
            return not isinstance(line.method, Default)
        case FuelLine():
            return line.carbon_kg is not None or line.supplier_value is not None
        case MaterialLine() | TransportLine():
            return line.supplier_value is not None
        case _:
            return False
