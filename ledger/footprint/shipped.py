"""The shipped rows that a producer's own factors are compared with.

Rules: a material is compared with the shipped rows of the same flow, CAS number or formula, or whose composition it
has, for a kg as weighed; bought heat, transport and treatment with the shipped row of the flow, or the lowest of that
kind.  What has no shipped row is not compared.

This module judges nothing (`ledger.plausibility.own_factors`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.exact import SCALE, divide, scaled
from ledger.factors.boundary import PURCHASED
from ledger.factors.fit import RARE_EARTH, content_of, foreign, misfit, of_content
from ledger.footprint.lines import factor_uses
from ledger.footprint.material_amounts import rare_earth_content
from schemas.document import replace
from schemas.inventory import Fuels, Materials, ShippedRow, Transport
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ledger.factors.factor import Factor
    from ledger.factors.fit import Fit, Role
    from ledger.factors.tables import FactorTables
    from ledger.footprint.inventory import Inventory
    from ledger.footprint.supplies import Supply
    from schemas.inventory import FuelLine, InventoryGroup, TransportLine, WasteLine
    from schemas.vocabulary import Gas, Group

_LEAST_CONTENT: Final = SCALE // 50
"""Content below which a mixture is not compared with a substance."""
_FOREIGN: Final = SCALE // 10


class ShippedFactor(NamedTuple):
    """A shipped factor and what it stands for."""

    fit: Fit
    factor: Factor


class ShippedValue(NamedTuple):
    """What a unit of a line has by shipped rows: kg CO2e by the lowest of them, its floor, its name, all scaled.

    `part` of the unit is what the row applies to.
    """

    value: int
    floor: int
    name: str
    part: int


class OwnFactor(NamedTuple):
    """A line with a producer's own factor: kg CO2e of one unit by it and by the shipped row.

    `told` says whether a supplier's declaration states it.
    """

    group: Group
    number: int
    factor: Factor
    value: int
    due: ShippedValue
    told: bool


def own_factors(run: Inventory) -> Iterator[OwnFactor]:
    """Yield each line with an own factor that has a shipped reference."""
    tables = run.tables
    if not tables.fits.tables or tables.sets.keys() <= tables.fits.tables | {"grid"}:
        return
    gwp = tables.gwp.weights[run.gwp]
    for index, item in enumerate(run.supplies):
        if item.own and item.factor is not None and (found := _of_material(item, tables, gwp)) is not None:
            weighed = divide(value_of(item.factor, gwp) * (item.strength or SCALE), SCALE)
            told = item.line.supplier_value is not None
            yield OwnFactor("materials", index, item.factor, weighed, found, told)
    groups: tuple[tuple[Group, Role, Sequence[FuelLine | TransportLine | WasteLine]], ...] = (
        ("fuels", "heat", run.fuels.lines),
        ("transport", "transport", run.transport.lines),
        ("waste", "treatment", run.waste.lines),
    )
    for group, role, lines in groups:
        for index, line in enumerate(lines):
            factor = tables.by_id.get(line.factor or "")
            if factor is None or factor.table in tables.fits.tables:
                continue
            if (due := _of_kind(factor, role, tables, gwp)) is not None:
                told = getattr(line, "supplier_value", None) is not None
                yield OwnFactor(group, index, factor, value_of(factor, gwp), due, told)


def _of_kind(factor: Factor, role: Role, tables: FactorTables, gwp: Mapping[Gas, int]) -> ShippedValue | None:
    """Return the reference of a factor that is no material: the shipped row of its flow, or the lowest of its kind."""
    same = [each for each in tables.by_id.values() if _alike(each, factor, tables)]
    if not same and (role != "heat" or factor.boundary in PURCHASED):
        same = [each.factor for each in _shipped(tables) if each.fit.role == role and each.factor.per == factor.per]
    if not same:
        return None
    lowest = min(same, key=lambda each: value_of(each, gwp))
    floors = [each.fit.floor or 0 for each in _shipped(tables) if each.factor in same]
    return ShippedValue(value_of(lowest, gwp), max(floors, default=0), lowest.id, SCALE)


def _alike(shipped: Factor, own: Factor, tables: FactorTables) -> bool:
    return (shipped.flow, shipped.per) == (own.flow, own.per) and shipped.table in tables.fits.tables


def _of_material(item: Supply, tables: FactorTables, gwp: Mapping[Gas, int]) -> ShippedValue | None:
    """Return the lowest that the shipped rows of a material's substance give for a kg as weighed."""
    found = [
        ShippedValue(
            divide(value_of(factor, gwp) * part, SCALE), divide((fit.floor or 0) * part, SCALE), factor.id, part
        )
        for fit, factor in _shipped(tables)
        if (part := _applies(item, fit, factor)) is not None
    ]
    return min(found, default=None)


def _applies(item: Supply, fit: Fit, factor: Factor) -> int | None:
    """Return the part (scaled) of a weighed kg that a shipped factor applies to, None if it is another substance."""
    own = item.factor
    if fit.role == RARE_EARTH:
        goods = own and own.family == RARE_EARTH and misfit(fit, item.parts) is None
        if not goods:
            return None
        return rare_earth_content(item.line) if factor.per == "kg-content" else SCALE
    if fit.role != "material" or own is None:
        return None
    named = own.flow == fit.flow or own.cas in fit.cas or (own.formula and own.formula == fit.formula)
    named = named or (item.line.cas is not None and item.line.cas in fit.cas)
    content = item.strength
    if content is None and factor.per == "kg-content" and item.parts:
        content = scaled(content_of(fit, item.parts))
    if named:
        return content or SCALE
    return content or SCALE if item.parts and _composed(item, fit, content) else None


def _composed(item: Supply, fit: Fit, content: int | None) -> bool:
    """Return whether a composition is that of a shipped substance, dissolved or not."""
    if content is not None and content < _LEAST_CONTENT:
        return False
    parts = of_content(item.parts, content)
    held = parts.get(fit.marker, 0) if fit.content else 0
    near = fit.content * 9 <= held * 10 or bool(any(fit.windows) and not content)
    return near and misfit(fit, parts) is None and (not fit.formula or foreign(fit.formula, parts) <= _FOREIGN)


def value_of(factor: Factor, gwp: Mapping[Gas, int]) -> int:
    """Return kg CO2e of one unit of a factor, scaled."""
    return divide(sum([mass * gwp[gas] for gas, mass in factor.values]), SCALE)


@lru_cache(4)
def _shipped(tables: FactorTables) -> tuple[ShippedFactor, ...]:
    """Return the shipped factors with what they stand for; tables are few and live long."""
    return tuple(
        ShippedFactor(row, factor)
        for factor in tables.by_id.values()
        for row in tables.fits.rows.get((factor.table, factor.flow), ())
    )


def with_shipped_rows(run: Inventory) -> tuple[InventoryGroup, ...]:
    """Return the groups of a run; each line whose factor is not public names the shipped row for it, if any."""
    found: dict[Group, dict[int, ShippedValue]] = {}
    for own in own_factors(run):
        if run.tables.sets[own.factor.table].visibility != "public":
            found.setdefault(own.group, {})[own.number] = own.due
    return tuple(_with_rows(group, found.get(group.group, {})) for group in run.groups)


def _with_rows(group: InventoryGroup, found: Mapping[int, ShippedValue]) -> InventoryGroup:
    if not found or not isinstance(group, Materials | Fuels | Transport):
        return group
    lines = list(group.lines)
    for index, due in found.items():
        line = lines[index]
        lines[index] = replace(line, shipped=ShippedRow(factor=due.name, amount=_amount(group, index, due)))
    return replace(group, lines=tuple(lines))


def _amount(group: Materials | Fuels | Transport, index: int, due: ShippedValue) -> str:
    """Return the amount that the shipped row of a line applies to: of a material a part of what was weighed."""
    if isinstance(group, Materials):
        return trillionths_text(divide(trillionths(group.lines[index].mass_kg) * due.part, SCALE))
    use = factor_uses(group)[index]
    return trillionths_text(divide(use.amount * SCALE, use.scale))
