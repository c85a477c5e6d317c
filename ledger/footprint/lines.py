"""The run's own lines: what each gives off, and how it is added up.

Rules: a line's result is amount x factor, rounded once for each gas; a material with a strength counts mass x strength x
factor in one rounding.  Electricity has two results: kWh x `factor` by location; by market the instruments' kWh x
their factors, and what they don't cover x `uncovered`.  CO counts as fossil CO2 x 44.009 / 28.010: it becomes that in
air.  A fuel may be told by its heating value or its carbon, and by the part of it that burns: one product with the factor, rounded
once.  A credit counts negative.  A line whose factor is not public carries its result, and counts as a placeholder: nobody else
can see that it is evidence.  Each line but credits is weighed by its kg CO2e, location-based, with what it is worth
(`ledger.footprint.quality`).

What this module does not do: judging units, vintages or sets (`ledger.footprint.accounting`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import CO2_PER_CO
from ledger.footprint.boundary import BURNT, PURCHASED
from ledger.footprint.figures import GROUP_ORDER, GroupGas, Pair, in_order, put
from ledger.footprint.quality import NOWHERE, Weighing
from ledger.footprint.worth import worth, worth_of_emission, worth_of_power
from schemas.determination import Default
from schemas.inventory import (
    Credits,
    Direct,
    Electricity,
    FuelLine,
    Fuels,
    MaterialLine,
    Materials,
    Transport,
    TransportLine,
    Waste,
)
from schemas.problem import RefusedError
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ledger.footprint.factors import Factor, FactorTables
    from ledger.footprint.quality import Appraisal, Site
    from schemas.inventory import (
        CreditLine,
        DirectLine,
        ElectricityLine,
        GasMass,
        InventoryGroup,
        WasteLine,
    )
    from schemas.vocabulary import Gas, Group, GwpSet

UPTAKE: Final = frozenset({"CO2-biogenic", "CO2-land-use"})
"""The only gases of which a factor or a result may be negative."""

_CO_NUMERATOR: Final = CO2_PER_CO.numerator
_CO_DENOMINATOR: Final = CO2_PER_CO.denominator
_SQUARE: Final = SCALE * SCALE


class Measured(NamedTuple):
    """One line with one factor: `amount` / `scale` x 10^-12 of the unit `per` is what the factor applies to.

    `value` is the line's own result where the factor is not public; `line` is as it is sealed.
    """

    line: MaterialLine | FuelLine | TransportLine | WasteLine | CreditLine
    factor: str
    per: str
    amount: int
    scale: int
    value: tuple[GasMass, ...] | None = None


@dataclass(frozen=True, slots=True)
class Own:
    """A run's own lines added up, by group and gas; of these scope 1 (burnt and given off) and scope 2 (bought).

    `placeholders` counts the lines whose factor is not evidence, or not public; `unpublished` those whose table is not at hand; `weighing` has
    the lines with what they are worth.
    """

    rows: Mapping[GroupGas, Pair]
    scope_1: Mapping[GroupGas, Pair]
    scope_2: Mapping[GroupGas, Pair]
    placeholders: int
    unpublished: int = 0
    weighing: Weighing = field(default_factory=Weighing, compare=False)


class _Sums:
    """The same while it is being added up."""

    def __init__(self, tables: FactorTables, gwp: Mapping[Gas, int], site: Site) -> None:
        self.tables = tables
        self.gwp = gwp
        self.site = site
        self.rows: dict[GroupGas, Pair] = {}
        self.scope_1: dict[GroupGas, Pair] = {}
        self.scope_2: dict[GroupGas, Pair] = {}
        self.placeholders = 0
        self.unpublished = 0
        self.weighing = Weighing()

    def weigh(self, co2e: int, worth: Appraisal) -> None:
        self.weighing.add(co2e, worth[0], worth[1], worth[2])

    def total(self) -> Own:
        rows = in_order(self.rows, GROUP_ORDER)
        return Own(rows, self.scope_1, self.scope_2, self.placeholders, self.unpublished, self.weighing)


def own_lines(groups: Iterable[InventoryGroup], *, tables: FactorTables, gwp: GwpSet, site: Site = NOWHERE) -> Own:
    """Return the lines of some groups added up; `gwp` and `site` are for what they are worth.

    Errors: ``factor.unknown`` for a factor that no table has and whose result is not written in the line.
    """
    sums = _Sums(tables, tables.gwp.weights[gwp], site)
    for group in groups:
        match group:
            case Electricity():
                for power in group.lines:
                    _add_electricity(sums, power)
            case Direct():
                for emission in group.lines:
                    _add_direct(sums, emission)
            case _:
                for line in measured(group):
                    _add_measured(sums, group.group, line)
    return sums.total()


def measured(group: InventoryGroup) -> list[Measured]:
    """Return the lines of a group that have one factor; direct emissions have none, electricity its own rule."""
    match group:
        case Materials(lines=materials):
            return [
                Measured(line, line.factor, "kg", trillionths(line.mass_kg), SCALE, line.value)
                if line.strength is None
                else Measured(
                    line,
                    line.factor,
                    "kg-content",
                    trillionths(line.mass_kg) * trillionths(line.strength),
                    _SQUARE,
                    line.value,
                )
                for line in materials
            ]
        case Fuels(lines=fuels):
            return list(map(_fuel, fuels))
        case Transport(lines=journeys):
            return [
                Measured(line, line.factor, "t.km", trillionths(line.amount_tkm), SCALE, line.value)
                for line in journeys
            ]
        case Waste(lines=wastes):
            return [
                Measured(line, line.factor, "kg", trillionths(line.mass_kg), SCALE) for line in wastes if line.factor
            ]
        case Credits(lines=credits_):
            return [Measured(line, line.factor, line.unit, -trillionths(line.amount), SCALE) for line in credits_]
        case Electricity() | Direct():
            return []


def _fuel(line: FuelLine) -> Measured:
    """Return a fuel by the unit its factor is for: as it was measured, MJ, or kg of carbon."""
    per, amount, scale = str(line.unit), trillionths(line.amount), SCALE
    if line.heating_value_mj is not None:
        per, amount, scale = "MJ", amount * trillionths(line.heating_value_mj), scale * SCALE
    if line.carbon_kg is not None:
        per, amount, scale = "kg-content", amount * trillionths(line.carbon_kg), scale * SCALE
    if line.oxidation is not None:
        amount, scale = amount * trillionths(line.oxidation), scale * SCALE
    return Measured(line, line.factor, per, amount, scale, line.value)


def burnt_energy(line: FuelLine) -> int:
    """Return the net calorific energy of a fuel line in scaled MJ, 0 where it is not known."""
    if line.heating_value_mj is not None:
        return divide(trillionths(line.amount) * trillionths(line.heating_value_mj), SCALE)
    return trillionths(line.amount if line.unit == "MJ" else line.energy_mj or "0")


def check_results(groups: Iterable[InventoryGroup], *, tables: FactorTables) -> None:
    """Hold the results that lines carry: none over a public factor, none unlike one at hand, none that takes anything off.

    Errors: ``footprint.result-public``, ``footprint.result-other``, ``footprint.result-negative``.
    """
    for group in groups:
        if not isinstance(group, Materials | Fuels | Transport) or all(line.value is None for line in group.lines):
            continue
        for index, line in enumerate(measured(group)):
            if line.value is not None:
                _check_result(line, line.value, f"{group.group}[{index}]", tables)


def _check_result(line: Measured, value: tuple[GasMass, ...], place: str, tables: FactorTables) -> None:
    written = tuple((item.gas, trillionths(item.mass_kg)) for item in value)
    table = tables.sets.get(line.factor.partition("/")[0])
    if table is not None and table.visibility == "public":
        raise RefusedError.at("footprint.result-public", place, factor=line.factor)
    if table is not None and written != tuple(results(line, tables.factor(line.factor))):
        raise RefusedError.at("footprint.result-other", place, factor=line.factor)
    for gas, mass in written:
        if mass < 0 and gas not in UPTAKE:
            raise RefusedError.at("footprint.result-negative", place, gas=gas, found=trillionths_text(mass))


def market_parts(line: ElectricityLine) -> list[tuple[int, str]]:
    """Return the market-based parts of a line as kWh (scaled) and factor: what no instrument covers, then each."""
    parts = [(trillionths(item.kwh), item.factor) for item in line.instruments]
    uncovered = trillionths(line.amount_kwh) - sum(kwh for kwh, _ in parts)
    return [(uncovered, line.uncovered), *parts]


def electricity_results(line: ElectricityLine, tables: FactorTables) -> Iterator[tuple[Gas, Pair]]:
    """Yield kg of each gas by location and by market."""
    kwh = trillionths(line.amount_kwh)
    location = tables.factor(line.factor).values
    if not line.instruments and line.uncovered == line.factor:
        for gas, each in location:
            mass = divide(kwh * each, SCALE)
            yield gas, Pair(mass, mass)
        return
    by_market: dict[Gas, int] = {}
    for amount, identifier in market_parts(line):
        for gas, each in tables.factor(identifier).values:
            by_market[gas] = by_market.get(gas, 0) + amount * each
    by_location = dict(location)
    for gas in dict.fromkeys([*by_location, *by_market]):
        yield gas, Pair(divide(kwh * by_location.get(gas, 0), SCALE), divide(by_market.get(gas, 0), SCALE))


def released(line: DirectLine) -> tuple[Gas, int] | None:
    """Return a direct emission as the gas it counts as and its mass (scaled kg), or none for one without a GWP."""
    match line.gas:
        case None:
            return None
        case "CO":
            return "CO2-fossil", divide(trillionths(line.mass_kg) * _CO_NUMERATOR, _CO_DENOMINATOR)
        case gas:
            return gas, trillionths(line.mass_kg)


def results(line: Measured, factor: Factor) -> Iterator[tuple[Gas, int]]:
    """Yield kg of each gas (scaled): amount x factor, rounded once."""
    for gas, each in factor.values:
        yield gas, divide(line.amount * each, line.scale)


def _add_measured(sums: _Sums, group: Group, line: Measured) -> None:
    if line.value is not None:
        sums.placeholders += 1
        sums.unpublished += line.factor.partition("/")[0] not in sums.tables.sets
        found = [(item.gas, trillionths(item.mass_kg)) for item in line.value]
        factor, scope = None, None
    else:
        factor = sums.tables.factor(line.factor)
        sums.placeholders += factor.status == "placeholder"
        scope = _scope(sums, factor) if group == "fuels" else None
        found = [(gas, divide(line.amount * each, line.scale)) for gas, each in factor.values]
    co2e, gwp, rows = 0, sums.gwp, sums.rows
    for gas, mass in found:
        co2e += mass * gwp[gas]
        put(rows, (group, gas), mass, mass)
        if scope is not None:
            put(scope, (group, gas), mass, mass)
    if group != "credits":
        sums.weigh(co2e, worth(group, line, factor, site=sums.site))


def _scope(sums: _Sums, factor: Factor) -> dict[GroupGas, Pair] | None:
    if factor.boundary in BURNT:
        return sums.scope_1
    return sums.scope_2 if factor.boundary in PURCHASED else None


def _add_electricity(sums: _Sums, line: ElectricityLine) -> None:
    tables = sums.tables
    used = {line.factor, line.uncovered, *(item.factor for item in line.instruments)}
    sums.placeholders += any(tables.factor(identifier).status == "placeholder" for identifier in used)
    co2e = 0
    for gas, pair in electricity_results(line, tables):
        co2e += pair.location * sums.gwp[gas]
        put(sums.rows, ("electricity", gas), *pair)
        if line.own is None:
            put(sums.scope_2, ("electricity", gas), *pair)
    sums.weigh(co2e, worth_of_power(line, tables, site=sums.site))


def _add_direct(sums: _Sums, line: DirectLine) -> None:
    sums.placeholders += _is_placeholder(line, sums.tables)
    counted = released(line)
    if counted is not None:
        gas, mass = counted
        put(sums.rows, ("direct", gas), mass, mass)
        put(sums.scope_1, ("direct", gas), mass, mass)
        sums.weigh(mass * sums.gwp[gas], worth_of_emission(line, gas, sums.tables, site=sums.site))


def _is_placeholder(line: DirectLine, tables: FactorTables) -> bool:
    return isinstance(line.method, Default) and tables.factor(line.method.factor).status == "placeholder"
