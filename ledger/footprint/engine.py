"""The footprint of a run: one forward pass over its lines and its inputs, used by issuance and by verification alike.

Rules (`docs/formats.md`, Run):

1. Everything is an integer of 10^-12 kg.  A line's result is amount x factor, rounded once for each gas; sums are exact.
2. An input's contribution is, row by row, row x mass taken / net mass of the upstream output, rounded once.
3. Each row of the total is shared out by weights, rounded half to even; the remainder goes to the output of the largest
   weight (ties: the first), so the parts equal the whole.
4. GWPs come last: a total in CO2e is the sum of row x GWP, rounded once.  Biogenic CO2 weighs 0 by the table.
5. Every row has two columns, with location-based and with market-based electricity; a row that is 0 in both is left out.
6. The other allocation method is carried beside the declared one as a total in CO2e: the run's own CO2e and the inputs'
   alternative contributions, shared out by the other key.
7. CO counts as fossil CO2 x 44.009 / 28.010: it becomes that in air.

What this module does not do: it judges nothing (`ledger.footprint.rules` does, and runs first) and makes no documents
but rows.  Everything here is pure; the trace of each number is `ledger.footprint.trace`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from ledger.chemistry.exact import SCALE, divide, format_decimal, number
from ledger.chemistry.stoichiometry import CO2_PER_CO, re_mass, reo_mass
from ledger.footprint.allocation import allocate
from schemas.problem import RefusedError
from schemas.quantity import millionths
from schemas.run import (
    Co2e,
    Credits,
    Direct,
    Electricity,
    FigureRow,
    Fuels,
    GroupRow,
    Made,
    Materials,
    Transport,
    Waste,
)
from schemas.vocabulary import GASES, GROUPS, STAGES, AllocationMethod, Gas, Group, GwpSet, MassKey, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.footprint.factors import Factor, FactorTables
    from schemas.run import DirectLine, ElectricityLine, GasMass, InventoryGroup, MaterialLine

BURNT: Final = frozenset({"combustion", "gate-to-grave"})
"""Boundaries of fuel factors that stand for burning at the plant (scope 1); supply is scope 3."""

PURCHASED: Final = frozenset({"use"})
"""Boundary of factors for heat and steam bought, which GHG Protocol counts in scope 2."""

_CO_NUMERATOR: Final = CO2_PER_CO.numerator
_CO_DENOMINATOR: Final = CO2_PER_CO.denominator
_SQUARE: Final = SCALE * SCALE
_MILLION: Final = 10**6


class Pair(NamedTuple):
    """The same figure with location-based and with market-based electricity (scaled kg)."""

    location: int
    market: int

    def __neg__(self) -> Pair:
        return Pair(-self.location, -self.market)


ZERO: Final = Pair(0, 0)

StageGas: TypeAlias = tuple[Stage, Gas]
GroupGas: TypeAlias = tuple[Group, Gas]

_STAGE_ORDER: Final[dict[StageGas, int]] = {
    (stage, gas): row * len(GASES) + column for row, stage in enumerate(STAGES) for column, gas in enumerate(GASES)
}
_GROUP_ORDER: Final[dict[GroupGas, int]] = {
    (group, gas): row * len(GASES) + column for row, group in enumerate(GROUPS) for column, gas in enumerate(GASES)
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What the run declares: its stage, GWP set and allocation."""

    stage: Stage
    gwp: GwpSet
    method: AllocationMethod
    mass_key: MassKey


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken of a certified batch: mass taken and net mass of the batch in mg, and its published figures."""

    mass_mg: int
    net_mass_mg: int
    rows: Sequence[FigureRow]
    alternative: Co2e


@dataclass(frozen=True, slots=True)
class Share:
    """What an output's share depends on: net mass in mg, element masses (scaled kg), price (scaled, per kg)."""

    net_mass_mg: int
    elements: Mapping[str, int]
    price: int | None
    allocated: bool


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one input brings with it: rows, and its total under the other method."""

    rows: Mapping[StageGas, Pair]
    alternative: Pair


@dataclass(frozen=True, slots=True)
class OutputFigures:
    """The figures of one output: rows, kg CO2e in total and per kg, by scope, and under the other method."""

    rows: Mapping[StageGas, Pair]
    total: Pair
    per_kg: Pair
    scope_1: int
    scope_2: Pair
    scope_3: Pair
    alternative: Pair


@dataclass(frozen=True, slots=True)
class Result:
    """Everything computed for a run.

    `own` are the lines by group and gas, `inputs` the contributions in the order of the inputs, `upstream` their sum,
    `total` what is shared out, `outputs` the shares; `weights` are those of the declared method; `placeholders` counts
    the run's lines whose factor is not evidence.
    """

    own: Mapping[GroupGas, Pair]
    inputs: tuple[Contribution, ...]
    upstream: Mapping[StageGas, Pair]
    upstream_alternative: Pair
    total: Mapping[StageGas, Pair]
    total_alternative: Pair
    weights: tuple[int, ...]
    outputs: tuple[OutputFigures, ...]
    placeholders: int


def compute(
    terms: Terms,
    groups: Sequence[InventoryGroup],
    taken: Sequence[Taken],
    outputs: Sequence[Share],
    *,
    tables: FactorTables,
) -> Result:
    """Return the footprint of a run.

    Errors: ``factor.unknown`` for a factor that no table has and whose result is not written in the line;
    ``footprint.no-weight`` where outputs can't be told apart by a key (no rare earth, no price).
    """
    gwp = tables.gwp.weights[terms.gwp]
    ledger = _Ledger(tables)
    for group in groups:
        ledger.add_group(group)
    own = _in_order(ledger.rows, _GROUP_ORDER)
    inputs = tuple(map(contribution, taken))
    upstream = _in_order(added_up(item.rows for item in inputs), _STAGE_ORDER)
    total = _in_order(_joined(own, upstream, terms.stage), _STAGE_ORDER)
    upstream_alternative = _sum(item.alternative for item in inputs)
    total_alternative = _plus(co2e(own, gwp), upstream_alternative)
    weights = weights_of(terms, outputs)
    other = weights if sum(map(bool, weights)) == 1 else weights_of(_other(terms), outputs)
    shares = _shares(total, weights)
    scope_1 = _shared(co2e(ledger.burnt, gwp), weights)
    scope_2 = _shared(co2e(ledger.bought, gwp), weights)
    alternatives = _shared(total_alternative, other)
    figures = (
        _figures(rows, co2e(rows, gwp), one.location, two, alternative, output.net_mass_mg)
        for rows, one, two, alternative, output in zip(shares, scope_1, scope_2, alternatives, outputs, strict=True)
    )
    return Result(
        own=own,
        inputs=inputs,
        upstream=upstream,
        upstream_alternative=upstream_alternative,
        total=total,
        total_alternative=total_alternative,
        weights=weights,
        outputs=tuple(figures),
        placeholders=ledger.placeholders,
    )


# -- own lines ----------------------------------------------------------------------------------------------------


class _Ledger:
    """The run's own lines as they are added up: by group and gas, what was burnt or given off, and what was bought."""

    def __init__(self, tables: FactorTables) -> None:
        self.rows: dict[GroupGas, Pair] = {}
        self.burnt: dict[GroupGas, Pair] = {}
        self.bought: dict[GroupGas, Pair] = {}
        self.placeholders = 0
        self._tables = tables

    def add_group(self, group: InventoryGroup) -> None:
        """Add all lines of a group."""
        match group:
            case Materials(lines=lines):
                for line in lines:
                    self._add_valued("materials", line.factor, line.value, *material_amount(line))
            case Fuels(lines=lines):
                for line in lines:
                    self._add_valued("fuels", line.factor, line.value, number(line.amount), SCALE)
            case Electricity(lines=lines):
                for line in lines:
                    self._add_electricity(line)
            case Direct(lines=lines):
                for line in lines:
                    self._add_direct(line)
            case Transport(lines=lines):
                for line in lines:
                    self._add_valued("transport", line.factor, line.value, number(line.amount_tkm), SCALE)
            case Waste(lines=lines):
                for line in lines:
                    if line.factor is not None:
                        self._add_valued("waste", line.factor, None, number(line.mass_kg), SCALE)
            case Credits(lines=lines):
                for line in lines:
                    self._add_valued("credits", line.factor, None, -number(line.amount), SCALE)

    def _add_valued(
        self, group: Group, identifier: str, value: tuple[GasMass, ...] | None, amount: int, scale: int
    ) -> None:
        """Add amount x factor; a line whose factor is not public carries its result instead."""
        if value is not None:
            for item in value:
                self._add(group, item.gas, number(item.mass_kg), number(item.mass_kg))
            return
        factor = self._factor(identifier)
        for gas, each in factor.values:
            mass = divide(amount * each, scale)
            self._add(group, gas, mass, mass)
            if group == "fuels" and factor.boundary in BURNT:
                _put(self.burnt, (group, gas), mass, mass)
            elif group == "fuels" and factor.boundary in PURCHASED:
                _put(self.bought, (group, gas), mass, mass)

    def _add_electricity(self, line: ElectricityLine) -> None:
        """Add kWh x factor by location; by market the instruments' kWh x theirs, and the rest x `uncovered`."""
        kwh = number(line.amount_kwh)
        location = dict(self._factor(line.factor).values)
        market: dict[Gas, int] = {}
        for amount, identifier in market_parts(line):
            for gas, each in self._factor(identifier, counted=identifier != line.factor).values:
                market[gas] = market.get(gas, 0) + amount * each
        for gas in location.keys() | market.keys():
            pair = divide(kwh * location.get(gas, 0), SCALE), divide(market.get(gas, 0), SCALE)
            self._add("electricity", gas, *pair)
            _put(self.bought, ("electricity", gas), *pair)

    def _add_direct(self, line: DirectLine) -> None:
        if line.gas is None:
            return
        gas, mass = released(line.gas, number(line.mass_kg))
        self._add("direct", gas, mass, mass)
        _put(self.burnt, ("direct", gas), mass, mass)

    def _add(self, group: Group, gas: Gas, location: int, market: int) -> None:
        _put(self.rows, (group, gas), location, market)

    def _factor(self, identifier: str, *, counted: bool = True) -> Factor:
        factor = self._tables.factor(identifier)
        self.placeholders += counted and factor.status == "placeholder"
        return factor


def material_amount(line: MaterialLine) -> tuple[int, int]:
    """Return what a material's factor applies to, and its scale: mass, or mass x strength, not yet rounded."""
    if line.strength is None:
        return number(line.mass_kg), SCALE
    return number(line.mass_kg) * number(line.strength), _SQUARE


def market_parts(line: ElectricityLine) -> list[tuple[int, str]]:
    """Return the market-based parts of a line as kWh (scaled) and factor: what no instrument covers, then each."""
    parts = [(number(item.kwh), item.factor) for item in line.instruments]
    uncovered = number(line.amount_kwh) - sum(kwh for kwh, _ in parts)
    return [(uncovered, line.uncovered), *parts]


def released(gas: Gas | str, mass: int) -> tuple[Gas, int]:
    """Return a direct emission as what it counts as: CO as the fossil CO2 it becomes, everything else as itself."""
    if gas == "CO":
        return "CO2-fossil", divide(mass * _CO_NUMERATOR, _CO_DENOMINATOR)
    return gas, mass  # type: ignore[return-value] # the union holds no other word


# -- inputs and totals --------------------------------------------------------------------------------------------


def contribution(taken: Taken) -> Contribution:
    """Return what an input brings: each figure of its batch x mass taken / net mass, rounded once (rule 2)."""
    mass, net = taken.mass_mg, taken.net_mass_mg
    rows: dict[StageGas, Pair] = {}
    for row in taken.rows:
        location = divide(number(row.location) * mass, net)
        market = location if row.market == row.location else divide(number(row.market) * mass, net)
        if location or market:
            rows[row.stage, row.gas] = Pair(location, market)
    both = taken.alternative
    alternative = Pair(divide(number(both.location) * mass, net), divide(number(both.market) * mass, net))
    return Contribution(rows, alternative)


def added_up(several: Iterable[Mapping[StageGas, Pair]]) -> dict[StageGas, Pair]:
    """Return the sum of several sets of rows, exactly."""
    total: dict[StageGas, Pair] = {}
    for rows in several:
        for key, pair in rows.items():
            _put(total, key, *pair)
    return total


def co2e(rows: Mapping[tuple[object, Gas], Pair] | Mapping[StageGas, Pair] | Mapping[GroupGas, Pair], gwp: Mapping[Gas, int]) -> Pair:
    """Return the kg CO2e of rows: the sum of row x GWP, rounded once for each column (rule 4)."""
    location = market = 0
    for (_, gas), pair in rows.items():
        weight = gwp[gas]
        location += pair[0] * weight
        market += pair[1] * weight
    return Pair(divide(location, SCALE), divide(market, SCALE))


def _joined(own: Mapping[GroupGas, Pair], upstream: Mapping[StageGas, Pair], stage: Stage) -> dict[StageGas, Pair]:
    """Return own rows, put under the run's stage, plus the upstream rows."""
    total = dict(upstream)
    for (_, gas), pair in own.items():
        _put(total, (stage, gas), *pair)
    return total


# -- sharing out --------------------------------------------------------------------------------------------------


def weights_of(terms: Terms, outputs: Sequence[Share]) -> tuple[int, ...]:
    """Return the outputs' weights under the method of `terms`; 0 for one that takes no share, 1 for the only one."""
    if sum(output.allocated for output in outputs) == 1:
        return tuple(int(output.allocated) for output in outputs)
    weights = tuple(_weight(terms, output) if output.allocated else 0 for output in outputs)
    if not any(weights):
        raise RefusedError.at("footprint.no-weight", "outputs", method=terms.method)
    return weights


def _weight(terms: Terms, output: Share) -> int:
    match terms.method:
        case "mass":
            return reo_mass(output.elements) if terms.mass_key == "REO" else re_mass(output.elements)
        case "economic":
            return output.net_mass_mg * (output.price or 0)


def _other(terms: Terms) -> Terms:
    method: AllocationMethod = "economic" if terms.method == "mass" else "mass"
    return Terms(terms.stage, terms.gwp, method, terms.mass_key)


def _shares(total: Mapping[StageGas, Pair], weights: Sequence[int]) -> list[Mapping[StageGas, Pair]]:
    """Return each output's rows (rule 3)."""
    if len(weights) == 1:
        return [total]
    shares: list[dict[StageGas, Pair]] = [{} for _ in weights]
    for key, pair in total.items():
        for share, part in zip(shares, _shared(pair, weights), strict=True):
            if part.location or part.market:
                share[key] = part
    return list(shares)


def _shared(pair: Pair, weights: Sequence[int]) -> list[Pair]:
    location = allocate(pair.location, weights)
    market = location if pair.market == pair.location else allocate(pair.market, weights)
    return list(map(Pair, location, market))


def _figures(
    rows: Mapping[StageGas, Pair], total: Pair, scope_1: int, scope_2: Pair, alternative: Pair, net_mass_mg: int
) -> OutputFigures:
    rest = Pair(total.location - scope_1 - scope_2.location, total.market - scope_1 - scope_2.market)
    return OutputFigures(rows, total, per_kg(total, net_mass_mg), scope_1, scope_2, rest, alternative)


def per_kg(total: Pair, net_mass_mg: int) -> Pair:
    """Return a total per kg of net mass, rounded once: for display, and never used downstream."""
    return Pair(*(divide(column * _MILLION, net_mass_mg) for column in total))


def by_group(result: Result, output: int, gwp: Mapping[Gas, int]) -> dict[Group, Pair]:
    """Return, by group of lines, the part of an output's CO2e that is the run's own: for display."""
    shares: dict[Group, Pair] = {}
    for group in dict.fromkeys(group for group, _ in result.own):
        rows = {key: pair for key, pair in result.own.items() if key[0] == group}
        shares[group] = _shared(co2e(rows, gwp), result.weights)[output]
    return shares


# -- rows as documents --------------------------------------------------------------------------------------------


def share_of(made: Made) -> Share:
    """Return what the sealed output's share depends on."""
    elements = {item.element: number(item.mass_kg) for item in made.elements}
    price = None if made.price is None else number(made.price)
    return Share(millionths(made.net_mass_kg), elements, price, made.allocated)


def figure_rows(rows: Mapping[StageGas, Pair]) -> tuple[FigureRow, ...]:
    """Return rows as they are sealed."""
    return tuple(
        FigureRow(stage=stage, gas=gas, location=format_decimal(pair.location), market=format_decimal(pair.market))
        for (stage, gas), pair in rows.items()
    )


def group_rows(rows: Mapping[GroupGas, Pair]) -> tuple[GroupRow, ...]:
    """Return own rows as they are sealed."""
    return tuple(
        GroupRow(group=group, gas=gas, location=format_decimal(pair.location), market=format_decimal(pair.market))
        for (group, gas), pair in rows.items()
    )


def parsed_rows(rows: Iterable[FigureRow]) -> dict[StageGas, Pair]:
    """Return sealed rows as figures; inverse of `figure_rows`."""
    return {(row.stage, row.gas): Pair(number(row.location), number(row.market)) for row in rows}


def co2e_document(pair: Pair) -> Co2e:
    """Return a pair of totals as it is sealed."""
    return Co2e(location=format_decimal(pair.location), market=format_decimal(pair.market))


def parsed_co2e(both: Co2e) -> Pair:
    """Return a sealed pair of totals; inverse of `co2e_document`."""
    return Pair(number(both.location), number(both.market))


# -- small sums ---------------------------------------------------------------------------------------------------


def _put(rows: dict, key: object, location: int, market: int) -> None:  # type: ignore[type-arg] # keys of two kinds
    held = rows.get(key)
    rows[key] = Pair(location, market) if held is None else Pair(held[0] + location, held[1] + market)


def _in_order(rows: dict, order: Mapping) -> dict:  # type: ignore[type-arg] # keys of two kinds
    """Return rows in the order of the words, without those that are 0 in both columns."""
    return {key: rows[key] for key in sorted(rows, key=order.__getitem__) if any(rows[key])}


def _plus(one: Pair, two: Pair) -> Pair:
    return Pair(one.location + two.location, one.market + two.market)


def _sum(pairs: Iterable[Pair]) -> Pair:
    location = market = 0
    for pair in pairs:
        location += pair.location
        market += pair.market
    return Pair(location, market)
