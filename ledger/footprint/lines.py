"""The run's own lines: the emissions of each, and their sum.

Rules: a line's result is amount x factor, rounded once for each gas; a material with a strength counts mass x strength
x factor in one rounding, and a proxy 1.25 times that (`ledger.footprint.material_amounts`).  Electricity has two
results: kWh x `factor` by location; by market the instruments' kWh x their factors, and the rest x `uncovered`.  CO
counts as fossil CO2 x 44.009 / 28.010, which it becomes in air.  A fuel may be stated by its heating value or its
carbon, and by the part that burns: one product with the factor, rounded once. A credit counts negative.  A line without
a public factor carries its result, and counts as a placeholder, because nobody else can see that it is evidence.  Each
line but credits is weighted by its kg CO2e, location-based (`ledger.footprint.quality`).

This module does not judge units, vintages or sets (`ledger.plausibility.accounting`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import CO2_PER_CO
from ledger.factors.boundary import BURNT, PURCHASED, WHOLE
from ledger.factors.figures import GROUP_ORDER, GroupGas, Pair, add_figure, in_order, pair_of
from ledger.footprint.line_quality import emission_quality, line_quality, power_quality, spread_in
from ledger.footprint.material_amounts import material_amount, material_unit
from ledger.footprint.quality import NOWHERE, in_range
from ledger.footprint.quality_sum import GENERAL, HIDDEN, HIDDEN_OWN_DATA, OWN_DATA, QualitySum, held
from ledger.footprint.versions import ENGINE
from schemas.determination import Default
from schemas.frozen import Frozen
from schemas.problem import RefusedError
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.factors.factor import Factor
    from ledger.factors.tables import FactorTables
    from ledger.footprint.quality import LineQuality, Site
    from ledger.footprint.quality_sum import Held
    from schemas.inventory import (
        CreditLine,
        DirectLine,
        ElectricityLine,
        FuelLine,
        GasMass,
        InventoryGroup,
        MaterialLine,
        TransportLine,
        WasteLine,
    )
    from schemas.vocabulary import Gas, Group, GwpSet

    _AnyLine = CreditLine | DirectLine | ElectricityLine | FuelLine | MaterialLine | TransportLine | WasteLine

UPTAKE: Final = frozenset({"CO2-biogenic", "CO2-land-use"})
"""The only gases with negative factors or results."""

_CO_NUMERATOR: Final = CO2_PER_CO.numerator
_CO_DENOMINATOR: Final = CO2_PER_CO.denominator


_RESTS: Final = {
    (False, False): GENERAL,
    (True, False): OWN_DATA,
    (False, True): HIDDEN,
    (True, True): HIDDEN_OWN_DATA,
}
"""What a line rests on, by whether amount and factor are primary, and whether the factor is not public."""


class FactorUse(Frozen):
    """The use of one factor in one line: the factor applies to `amount` / `scale` x 10^-12 of the unit `per`.

    `value` is the line's own result if the factor is not public; `supplied` marks a supplier's own value; `proxied` a
    factor of a like substance; `measured` a factor from the plant's own analysis; `line` is as sealed.
    """

    line: MaterialLine | FuelLine | TransportLine | WasteLine | CreditLine
    factor: str
    per: str
    amount: int
    scale: int
    value: tuple[GasMass, ...] | None = None
    supplied: bool = False
    proxied: bool = False
    measured: bool = False


class OwnLines(Frozen):
    """A run's own lines summed by group and gas, with scope 1 (burnt, emitted) and scope 2 (bought) in scaled kg CO2e.

    `placeholders` counts the lines with a factor that is not evidence, or not public; `unpublished` those without their
    table here; `weighing` has the quality of the lines.
    """

    rows: Mapping[GroupGas, Pair]
    scope_1: int
    scope_2: Pair
    placeholders: int
    unpublished: int
    weighing: QualitySum


class _Sums:
    """The sums of `OwnLines` while lines are added."""

    def __init__(self, tables: FactorTables, gwp: Mapping[Gas, int], site: Site, engine: str) -> None:
        self.tables = tables
        self.gwp = gwp
        self.site = site
        self.rows: dict[GroupGas, Pair] = {}
        self.scope_1 = 0
        self.scope_2 = [0, 0]
        self.placeholders = 0
        self.unpublished = 0
        self.weighing = QualitySum(engine)

    def bought(self, location: int, market: int) -> None:
        """Add electricity or heat that was bought: kg CO2e, location-based and market-based, both times `SCALE`."""
        self.scope_2[0] += location
        self.scope_2[1] += market

    def total(self) -> OwnLines:
        """Return the sums of all lines so far."""
        scopes = divide(self.scope_1, SCALE), Pair(*[divide(kg, SCALE) for kg in self.scope_2])
        return OwnLines(in_order(self.rows, GROUP_ORDER), *scopes, self.placeholders, self.unpublished, self.weighing)


def own_lines(
    groups: Iterable[InventoryGroup],
    *,
    tables: FactorTables,
    gwp: GwpSet,
    site: Site = NOWHERE,
    engine: str = ENGINE,
) -> OwnLines:
    """Return the lines of some groups summed; `gwp`, `site` and `engine` are for their quality.

    Raises:
        MissingError: ``factor.unknown`` for a factor in no table without a result in the line.

    """
    sums = _Sums(tables, tables.gwp.weights[gwp], site, engine)
    for group in groups:
        match group.group:
            case "electricity":
                for power in group.lines:
                    _add_electricity(sums, power)
            case "direct":
                for emission in group.lines:
                    _add_direct(sums, emission)
            case _ if group.lines:
                _add_measured(sums, group)
            case _:
                pass  # a group without lines adds nothing
    return sums.total()


def factor_uses(group: InventoryGroup) -> list[FactorUse]:
    """Return the lines of a group with one factor; direct emissions have none, electricity has its own rule."""
    match group.group:
        case "materials":
            return [material_use(line) for line in group.lines]
        case "fuels":
            return [fuel_use(line) for line in group.lines]
        case "transport":
            return [
                FactorUse(
                    line,
                    line.factor,
                    "t.km",
                    trillionths(line.amount_tkm),
                    SCALE,
                    line.value,
                    line.supplier_value is not None,
                )
                for line in group.lines
            ]
        case "waste":
            return [
                FactorUse(line, line.factor, "kg", trillionths(line.mass_kg), SCALE)
                for line in group.lines
                if line.factor
            ]
        case "credits":
            return [FactorUse(line, line.factor, line.unit, -trillionths(line.amount), SCALE) for line in group.lines]
        case _:
            return []


def material_use(line: MaterialLine) -> FactorUse:
    """Return a material by its weighed kg, by the content of a solution, or by its rare earths."""
    amount, scale = material_amount(line)
    proxied = line.proxy_for is not None
    supplied = line.supplier_value is not None and not proxied
    return FactorUse(line, line.factor, material_unit(line), amount, scale, line.value, supplied, proxied)


def fuel_use(line: FuelLine) -> FactorUse:
    """Return a fuel by the unit of its factor: as measured, MJ, or kg of carbon."""
    amount, scale = trillionths(line.amount), SCALE
    if line.heating_value_mj is not None:
        amount, scale = amount * trillionths(line.heating_value_mj), scale * SCALE
    if line.carbon_kg is not None:
        amount, scale = amount * trillionths(line.carbon_kg), scale * SCALE
    if line.oxidation is not None:
        amount, scale = amount * trillionths(line.oxidation), scale * SCALE
    supplied, measured = line.supplier_value is not None, line.carbon_kg is not None
    return FactorUse(
        line, line.factor, fuel_unit(line), amount, scale, line.value, supplied=supplied, measured=measured
    )


def use_quality(
    group: Group, use: FactorUse, factor: Factor | None, tables: FactorTables, *, site: Site
) -> LineQuality:
    """Return the quality of a line with one factor, None if it is not public."""
    basis = use.line.basis
    quality = line_quality(group, basis, use.line.pedigree, use.supplied, factor, site, proxied=use.proxied)
    return in_range(quality, basis, spread_in(tables, site, (quality.key or "") if group == "materials" else group))


def fuel_unit(line: FuelLine) -> str:
    """Return the unit of a fuel: carbon content precedes heating value, which precedes the measured unit."""
    if line.carbon_kg is not None:
        return "kg-content"
    return line.unit if line.heating_value_mj is None else "MJ"


def burnt_energy(line: FuelLine) -> int:
    """Return the net calorific energy of a fuel line in scaled MJ, 0 if unknown."""
    if line.heating_value_mj is not None:
        return divide(trillionths(line.amount) * trillionths(line.heating_value_mj), SCALE)
    return trillionths(line.amount if line.unit == "MJ" else line.energy_mj or "0")


def check_results(groups: Iterable[InventoryGroup], *, tables: FactorTables) -> None:
    """Check the results in lines, or raise: none beside a public factor, none unlike a known one, none negative.

    Raises:
        RefusedError: ``footprint.result-public``, ``footprint.result-other``, ``footprint.result-negative``.

    """
    for group in groups:
        match group.group:
            case "materials" | "fuels" | "transport" if [line for line in group.lines if line.value is not None]:
                for index, line in enumerate(factor_uses(group)):
                    if line.value is not None:
                        _check_result(line, line.value, f"{group.group}[{index}]", tables)
            case _:
                pass  # no other line has one


def _check_result(line: FactorUse, value: tuple[GasMass, ...], place: str, tables: FactorTables) -> None:
    written = _written(value)
    table = tables.sets.get(line.factor.partition("/")[0])
    if table is not None and table.visibility == "public":
        raise RefusedError.at("footprint.result-public", place, factor=line.factor)
    if table is not None and written != line_results(line, tables.factor(line.factor)):
        raise RefusedError.at("footprint.result-other", place, factor=line.factor)
    for gas, mass in written:
        if mass < 0 and gas not in UPTAKE:
            raise RefusedError.at("footprint.result-negative", place, gas=gas, found=trillionths_text(mass))


def market_parts(line: ElectricityLine) -> list[tuple[int, str]]:
    """Return the market-based parts of a line as kWh (scaled) and factor: the part without instruments, then each."""
    parts = [(trillionths(item.kwh), item.factor) for item in line.instruments]
    uncovered = trillionths(line.amount_kwh) - sum(kwh for kwh, _ in parts)
    return [(uncovered, line.uncovered), *parts]


def electricity_results(line: ElectricityLine, tables: FactorTables) -> list[tuple[Gas, Pair]]:
    """Return kg of each gas by location and by market."""
    kwh = trillionths(line.amount_kwh)
    location = tables.factor(line.factor).values
    if not line.instruments and line.uncovered == line.factor:
        return [(gas, pair_of((mass := divide(kwh * each, SCALE), mass))) for gas, each in location]
    by_market: dict[Gas, int] = {}
    for amount, identifier in market_parts(line):
        for gas, each in tables.factor(identifier).values:
            by_market[gas] = by_market.get(gas, 0) + amount * each
    by_location = dict(location)
    return [
        (gas, Pair(divide(kwh * by_location.get(gas, 0), SCALE), divide(by_market.get(gas, 0), SCALE)))
        for gas in dict.fromkeys([*by_location, *by_market])
    ]


def released_mass(line: DirectLine) -> tuple[Gas, int] | None:
    """Return a direct emission as the gas that it counts as and its mass (scaled kg), or None without a GWP."""
    match line.gas:
        case None:
            return None
        case "CO":
            return "CO2-fossil", divide(trillionths(line.mass_kg) * _CO_NUMERATOR, _CO_DENOMINATOR)
        case gas:
            return gas, trillionths(line.mass_kg)


def line_results(line: FactorUse, factor: Factor) -> list[tuple[Gas, int]]:
    """Return kg of each gas (scaled): amount x factor, rounded once."""
    return [(gas, divide(line.amount * each, line.scale)) for gas, each in factor.values]


def _written(value: tuple[GasMass, ...]) -> list[tuple[Gas, int]]:
    return [(item.gas, trillionths(item.mass_kg)) for item in value]


def _add_measured(sums: _Sums, group: InventoryGroup) -> None:
    name, tables, gwp, site, weigh = group.group, sums.tables, sums.gwp, sums.site, sums.weighing.parts.append
    masses: dict[Gas, int] = {}
    for line in factor_uses(group):
        if line.value is None:
            factor = tables.factor(line.factor)
            sums.placeholders += factor.status == "placeholder"
            results = line_results(line, factor)
        else:
            factor = None
            sums.placeholders += 1
            sums.unpublished += line.factor.partition("/")[0] not in tables.sets
            results = _written(line.value)
        co2e = 0
        for gas, mass in results:
            masses[gas] = masses.get(gas, 0) + mass
            co2e += mass * gwp[gas]
        if name == "fuels" and factor is not None:
            _add_scope(sums, factor, co2e, line)
        if name != "credits":
            quality = use_quality(name, line, factor, tables, site=site)
            hidden = line.value is not None or _withheld(tables, line.factor)
            primary = bool(quality.primary) and (line.supplied or line.measured)
            evidence = _held(
                line.line, hidden=hidden, placeholder=factor is not None and factor.status == "placeholder"
            )
            weigh((co2e, quality, _RESTS[primary, hidden], evidence))
    for gas, mass in masses.items():
        add_figure(sums.rows, (name, gas), mass, mass)


def _add_scope(sums: _Sums, factor: Factor, co2e: int, line: FactorUse) -> None:
    if factor.boundary in BURNT:
        sums.scope_1 += co2e - (_supply_of(sums, factor, co2e, line) if factor.boundary == WHOLE else 0)
    elif factor.boundary in PURCHASED:
        sums.bought(co2e, co2e)


def _supply_of(sums: _Sums, factor: Factor, co2e: int, line: FactorUse) -> int:
    """Return the supply in a line of a whole factor, which is scope 3."""
    supply = sums.tables.fuels.supply(factor.flow)
    return co2e if supply is None else divide(line.amount * supply, line.scale) * SCALE


def _add_electricity(sums: _Sums, line: ElectricityLine) -> None:
    tables, gwp = sums.tables, sums.gwp
    used = [line.factor]
    if line.instruments or line.uncovered != line.factor:
        used += [line.uncovered, *[item.factor for item in line.instruments]]
    placeholder = "placeholder" in [tables.factor(identifier).status for identifier in used]
    sums.placeholders += placeholder
    location = market = 0
    for gas, (by_location, by_market) in electricity_results(line, tables):
        location += by_location * gwp[gas]
        market += by_market * gwp[gas]
        add_figure(sums.rows, ("electricity", gas), by_location, by_market)
    if line.own is None:
        sums.bought(location, market)
    quality = power_quality(line, tables, site=sums.site, engine=sums.weighing.engine)
    hidden = _withheld(tables, line.factor)
    evidence = _held(line, hidden=hidden, placeholder=placeholder)
    sums.weighing.parts.append((location, quality, _RESTS[False, hidden], evidence))


def _add_direct(sums: _Sums, line: DirectLine) -> None:
    placeholder = _is_placeholder(line, sums.tables)
    sums.placeholders += placeholder
    counted = released_mass(line)
    if counted is not None:
        gas, mass = counted
        add_figure(sums.rows, ("direct", gas), mass, mass)
        co2e = mass * sums.gwp[gas]
        sums.scope_1 += co2e
        quality = emission_quality(line, gas, sums.tables, site=sums.site)
        hidden = isinstance(line.method, Default) and _withheld(sums.tables, line.method.factor)
        # a factor of a table is never the plant's own data, so what is primary here was measured
        evidence = _held(line, hidden=hidden, placeholder=placeholder)
        sums.weighing.parts.append((co2e, quality, _RESTS[bool(quality.primary), hidden], evidence))


def _held(line: _AnyLine, *, hidden: bool, placeholder: bool) -> Held:
    """Return what holds a line: a document is one that `meter`, `proof` or a method names."""
    papers = line.meter, getattr(line, "proof", None), getattr(getattr(line, "method", None), "document", None)
    documented = any(each is not None for each in papers)
    return held(line.basis, documented=documented, placeholder=placeholder, hidden=hidden)


def _withheld(tables: FactorTables, factor: str) -> bool:
    """Return whether a factor is of a table that is not public."""
    return bool(tables.withheld) and factor.partition("/")[0] in tables.withheld


def _is_placeholder(line: DirectLine, tables: FactorTables) -> bool:
    return isinstance(line.method, Default) and tables.factor(line.method.factor).status == "placeholder"
