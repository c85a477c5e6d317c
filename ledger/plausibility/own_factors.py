"""Rules about the values of factors: none below its floor, and a producer's own beside the shipped ones.

Rules: a producer's own material is compared with the shipped rows of the same flow, CAS number or formula, or whose
composition it has, for a kg as weighed; bought heat, transport and treatment with the lowest shipped row of that kind.
What has no shipped row is not compared.  This module does not judge substances (`ledger.plausibility.fit`).
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.exact import SCALE, divide, scaled
from ledger.factors.boundary import PURCHASED
from ledger.factors.fit import content_of, foreign, misfit, of_content
from ledger.footprint.inventory import place_of
from ledger.footprint.masses import figure_text
from ledger.footprint.material_amounts import rare_earth_content
from ledger.plausibility.fit import RARE_EARTH
from schemas.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ledger.factors.factor import Factor
    from ledger.factors.fit import Fit, Role
    from ledger.factors.tables import FactorTables
    from ledger.footprint.inventory import Inventory
    from ledger.footprint.supplies import Supply
    from schemas.inventory import FuelLine, TransportLine, WasteLine
    from schemas.vocabulary import Gas, Group

_LOW: Final = Fraction(4, 5)
"""The part of the shipped value below which an own one is shown (set here)."""
_LEAST_CONTENT: Final = SCALE // 50
"""Content below which a mixture is not compared with a substance."""
_FOREIGN: Final = SCALE // 10


class ShippedFactor(NamedTuple):
    """A shipped factor and what it stands for."""

    fit: Fit
    factor: Factor


class ShippedValue(NamedTuple):
    """What a unit of a line has by shipped rows: kg CO2e by the lowest of them, and its floor, scaled."""

    value: int
    floor: int
    name: str


def low_values(run: Inventory) -> Iterator[Problem]:
    """M-FLOOR, flag: a shipped factor is below what its own chemistry gives off."""
    gwp = run.tables.gwp.weights[run.gwp]
    for item in run.supplies:
        if item.fit is not None and item.fit.floor is not None and item.factor is not None:
            value = _value(item.factor, gwp)
            if value < item.fit.floor:
                found, possible = figure_text(value), figure_text(item.fit.floor)
                yield Problem.at("rule.m-floor", item.place, factor=item.factor.id, found=found, possible=possible)


def low_own_values(run: Inventory) -> Iterator[Problem]:
    """M-FLOOR: a producer's own factor is not below its floor; heat may be, where a supplier tells of it."""
    for place, factor, value, due, told in _own(run):
        if value < due.floor and not (told and factor.boundary in PURCHASED):
            facts = {"found": figure_text(value), "possible": figure_text(due.floor)}
            yield Problem.at("rule.m-floor-own", place, factor=factor.id, **facts)


def own_values(run: Inventory) -> Iterator[Problem]:
    """M-OWN, flag: a producer's own factor is below 0.8 of the shipped one."""
    for place, factor, value, due, _ in _own(run):
        if value < due.value * _LOW:
            facts = {"found": figure_text(value), "possible": figure_text(due.value), "other": due.name}
            yield Problem.at("rule.m-own", place, factor=factor.id, **facts)


def _own(run: Inventory) -> Iterator[tuple[str, Factor, int, ShippedValue, bool]]:
    """Yield each own factor that has a shipped reference: kg CO2e of both for a unit, and if a supplier told it."""
    tables = run.tables
    if not tables.fits.tables or tables.sets.keys() <= tables.fits.tables | {"grid"}:
        return
    gwp = tables.gwp.weights[run.gwp]
    for item in run.supplies:
        if item.own and item.factor is not None and (found := _of_material(item, tables, gwp)) is not None:
            weighed = divide(_value(item.factor, gwp) * (item.strength or SCALE), SCALE)
            yield item.place, item.factor, weighed, found, item.line.supplier_value is not None
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
                yield place_of(group, index), factor, _value(factor, gwp), due, told


def _of_kind(factor: Factor, role: Role, tables: FactorTables, gwp: Mapping[Gas, int]) -> ShippedValue | None:
    """Return the reference of a factor that is no material: the shipped row of its flow, or the lowest of its kind."""
    same = [each for each in tables.by_id.values() if _alike(each, factor, tables)]
    if not same and (role != "heat" or factor.boundary in PURCHASED):
        same = [each.factor for each in _shipped(tables) if each.fit.role == role and each.factor.per == factor.per]
    if not same:
        return None
    lowest = min(same, key=lambda each: _value(each, gwp))
    floors = [each.fit.floor or 0 for each in _shipped(tables) if each.factor in same]
    return ShippedValue(_value(lowest, gwp), max(floors, default=0), lowest.id)


def _alike(shipped: Factor, own: Factor, tables: FactorTables) -> bool:
    return (shipped.flow, shipped.per) == (own.flow, own.per) and shipped.table in tables.fits.tables


def _of_material(item: Supply, tables: FactorTables, gwp: Mapping[Gas, int]) -> ShippedValue | None:
    """Return the lowest that the shipped rows of a material's substance give for a kg as weighed."""
    found = [
        ShippedValue(divide(_value(factor, gwp) * part, SCALE), divide((fit.floor or 0) * part, SCALE), factor.id)
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


def _value(factor: Factor, gwp: Mapping[Gas, int]) -> int:
    """Return kg CO2e of one unit, scaled."""
    return divide(sum([mass * gwp[gas] for gas, mass in factor.values]), SCALE)


@lru_cache(4)
def _shipped(tables: FactorTables) -> tuple[ShippedFactor, ...]:
    """Return the shipped factors with what they stand for; tables are few and live long."""
    return tuple(
        ShippedFactor(row, factor)
        for factor in tables.by_id.values()
        for row in tables.fits.rows.get((factor.table, factor.flow), ())
    )
