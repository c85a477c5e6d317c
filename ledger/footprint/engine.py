"""The footprint of a run: one forward pass over its lines and its inputs, for issuance and verification alike.

Rules (`docs/formats.md`, Run):

1. All figures are integers of 10^-12 kg.  A line's result is amount x factor, rounded once for each gas; sums are
   exact.
2. An input's contribution is, row by row, row x mass taken / net mass of the upstream output, rounded once.
3. Weights divide each row of the total, rounded half to even.  The remainder goes to the output with the largest weight
   (ties: the first), so the parts equal the whole.
4. GWPs come last: a total in CO2e is the sum of row x GWP, rounded once.  Biogenic CO2 weighs 0 by the table.
5. Every row has two columns, with location-based and with market-based electricity; a row with 0 in both is omitted.
6. Credits are apart: their rows are among the run's own rows, but in no total, scope or share.
7. The other allocation method is carried beside the declared one as a total in CO2e: the run's own CO2e and the inputs'
   alternative contributions, divided by the other key.
8. The figure under reference prices is carried beside it, from the first run of a chain with such prices on: the run's
   own CO2e and what the inputs carry of it (their economic CO2e where they carry none), divided by mass x reference
   price.
9. The most that exclusions leave out is a sum in CO2e, divided like the declared figure.
10. The weights of the declared method also divide the other indicators (`ledger.footprint.indicators`).  The quality of
   the figures is one for the whole run, because all outputs take every row by the same weights
   (`ledger.footprint.quality`).
11. What stands beside the figures (`ledger.footprint.beside`) is carried and divided by the same weights, from engine 2
   on.

This module judges nothing (`ledger.plausibility.rules` does, and runs first) and makes no documents
(`ledger.factors.figures` does).  It is pure; `ledger.drafting.trace` explains each number.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal, NamedTuple

from ledger.chemistry.exact import divide
from ledger.chemistry.stoichiometry import re_mass, reo_mass
from ledger.factors.figures import (
    STAGE_ORDER,
    GroupGas,
    Pair,
    StageGas,
    add_figure,
    co2e,
    in_order,
    pair_of,
    parsed_co2e,
    parsed_rows,
    per_kg,
    sum_of_two,
    sum_rows,
    total_of,
)
from ledger.footprint.allocation import allocate
from ledger.footprint.beside import (
    NOTHING,
    UNKNOWN,
    Aside,
    brought,
    divided_rows,
    joined,
    own_aside,
    parsed_beside,
    rare_earth_in,
)
from ledger.footprint.indicators import (
    Vector,
    output_parts,
    own_indicators,
    parsed_indicators,
    upstream_part,
    vector_sum,
)
from ledger.footprint.inventory import is_goods
from ledger.footprint.left_out import left_out_of
from ledger.footprint.lines import own_lines
from ledger.footprint.quality import NOWHERE, Site
from ledger.footprint.shared import OutputFigures, Shared
from ledger.footprint.versions import ENGINE, GUARDED
from schemas.document import replace
from schemas.frozen import Frozen
from schemas.problem import RefusedError
from schemas.quantity import millionths, trillionths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.factors.tables import FactorTables
    from ledger.footprint.inventory import PublishedFacts
    from ledger.footprint.left_out import LeftOut
    from ledger.footprint.lines import OwnLines
    from schemas.figures import Co2e, FigureRow, IndicatorRow, Quality
    from schemas.inventory import InventoryGroup
    from schemas.run import Made
    from schemas.vocabulary import AllocationMethod, BesideFigure, Gas, Group, GwpSet, Indicator, MassKey, Stage


class Terms(Frozen):
    """The declarations of a run: stage, GWP set, allocation, site, version of the engine, its exclusions.

    `bounds` are those of exclusions that have one; `unbounded` is what is left out without one.
    """

    stage: Stage
    gwp: GwpSet
    method: AllocationMethod
    mass_key: MassKey
    site: Site = NOWHERE
    engine: str = ENGINE
    bounds: tuple[LeftOut, ...] = ()
    unbounded: tuple[str, ...] = ()


class InputFigures(Frozen):
    """The figures of a certified input: mass taken and net mass of the batch in mg, and its published figures.

    `partial` are the indicators that the batch's own figures cover only in part; `certificate` tells draws from one
    batch from those of others, "" if unknown; `reference` and `left_out` are as in its certificate.  `beside` is what
    stands beside the figures of the batch, `rare` the rare earth in the mass taken (scaled kg).
    """

    mass_mg: int
    net_mass_mg: int
    rows: Sequence[FigureRow]
    alternative: Co2e
    indicators: Sequence[IndicatorRow]
    partial: Sequence[Indicator]
    quality: Quality
    certificate: str = ""
    reference: Co2e | None = None
    left_out: str | None = None
    beside: Aside = UNKNOWN
    rare: int = 0

    @classmethod
    def of(cls, facts: PublishedFacts, mass_mg: int, certificate: str = "") -> InputFigures:
        """Return the figures of a mass taken from a batch, from its certificate."""
        figures, further = facts.footprint, facts.indicators
        net, alternative = millionths(facts.batch.net_mass_kg), figures.alternative.total_kg_co2e
        return cls(
            mass_mg, net, figures.rows, alternative, further.rows, further.partial, figures.quality, certificate,
            figures.reference, figures.left_out, aside_of(facts), rare_earth_in(facts.composition, mass_mg),
        )  # fmt: skip


def aside_of(facts: PublishedFacts) -> Aside:
    """Return what stands beside the figures of a certificate; electricity has nothing of it."""
    return parsed_beside(facts.footprint.beside) if is_goods(facts) else NOTHING


class AllocationBasis(Frozen):
    """The basis of an output's share: net mass in mg, element masses (scaled kg), prices (scaled, per kg)."""

    net_mass_mg: int
    elements: Mapping[str, int]
    price: int | None
    allocated: bool
    reference_price: int | None = None


class Contribution(Frozen):
    """The contribution of one input, or of all: rows, total under the other method, other indicators, and further ones.

    `reference` is None if no certificate carries a figure under reference prices; `left_out` is as in `OutputFigures`;
    `beside` is that of the inputs.
    """

    rows: Mapping[StageGas, Pair]
    alternative: Pair
    indicators: Vector
    reference: Pair | None = None
    left_out: int = 0
    beside: Aside = UNKNOWN

    @classmethod
    def of(cls, inputs: Sequence[Contribution], method: AllocationMethod, gwp: Mapping[Gas, int]) -> Contribution:
        """Return the sum of several contributions to a run."""
        carried = any(item.reference for item in inputs)
        return cls(
            in_order(sum_rows([item.rows for item in inputs]), STAGE_ORDER),
            total_of([item.alternative for item in inputs]),
            vector_sum([item.indicators for item in inputs]),
            total_of([item.by_reference(method, gwp) for item in inputs]) if carried else None,
            sum(item.left_out for item in inputs),
            joined([item.beside for item in inputs]),
        )

    @classmethod
    def parsed(
        cls,
        rows: Sequence[FigureRow],
        alternative: Co2e,
        indicators: Sequence[IndicatorRow],
        reference: Co2e | None,
        left_out: str | None,
        beside: Aside = UNKNOWN,
    ) -> Contribution:
        """Return sealed figures as a contribution."""
        return cls(
            parsed_rows(rows),
            parsed_co2e(alternative),
            parsed_indicators(indicators),
            None if reference is None else parsed_co2e(reference),
            trillionths(left_out or "0"),
            beside,
        )

    def by_reference(self, method: AllocationMethod, gwp: Mapping[Gas, int]) -> Pair:
        """Return the CO2e under reference prices: the economic one if none is carried."""
        if self.reference is not None:
            return self.reference
        return co2e(self.rows, gwp) if method == "economic" else self.alternative


class Result(NamedTuple):
    """All computed figures of a run.

    `own` are the lines by group and gas, `inputs` the contributions in the order of the inputs, `upstream` their sum,
    `total` the whole to divide, `outputs` the parts; `weights` are those of the declared method.  `placeholders` counts
    the run's lines with a factor that is not evidence. `own_indicators` and `upstream_indicators` are the other
    indicators, `partial` those that are not covered wholly; `quality` is of all figures of the run, and `beside` stands
    beside them.
    """

    own: Mapping[GroupGas, Pair]
    inputs: tuple[Contribution, ...]
    upstream: Mapping[StageGas, Pair]
    upstream_alternative: Pair
    upstream_reference: Pair | None
    upstream_left_out: int
    total: Mapping[StageGas, Pair]
    total_alternative: Pair
    weights: tuple[int, ...]
    outputs: tuple[OutputFigures, ...]
    placeholders: int
    own_indicators: Vector
    upstream_indicators: Vector
    partial: frozenset[Indicator]
    quality: Quality
    beside: Aside


def compute(
    terms: Terms,
    groups: Sequence[InventoryGroup],
    taken: Sequence[InputFigures],
    outputs: Sequence[AllocationBasis],
    *,
    tables: FactorTables,
) -> Result:
    """Return the footprint of a run: own lines, contributions of inputs, outputs.

    Raise as `own_lines` and `share_out`.
    """
    own = own_lines(groups, tables=tables, gwp=terms.gwp, site=terms.site, engine=terms.engine)
    further = own_indicators(groups, tables=tables)
    inputs = tuple(map(contribution, taken))
    gwp = tables.gwp.weights[terms.gwp]
    upstream = Contribution.of(inputs, terms.method, gwp)
    beside = UNKNOWN
    if terms.engine in GUARDED:
        lines = own_aside(groups, tables=tables, gwp=terms.gwp, year=terms.site.year, unbounded=terms.unbounded)
        beside = joined([lines, *[item.beside for item in inputs]])
    shared = share_out(terms, own, upstream, outputs, further=further.vector, gwp=gwp, beside=beside)
    for item, each in zip(inputs, taken, strict=True):
        own.weighing.inherit(item.rows, each.quality, gwp, each.certificate)
    return Result(
        own=own.rows,
        inputs=inputs,
        upstream=upstream.rows,
        upstream_alternative=upstream.alternative,
        upstream_reference=upstream.reference,
        upstream_left_out=upstream.left_out,
        total=shared.total,
        total_alternative=shared.total_alternative,
        weights=shared.weights,
        outputs=shared.outputs,
        placeholders=own.placeholders,
        own_indicators=further.vector,
        upstream_indicators=upstream.indicators,
        partial=further.partial.union(*(item.partial for item in taken)),
        quality=own.weighing.quality(),
        beside=beside,
    )


def share_out(
    terms: Terms,
    own: OwnLines,
    upstream: Contribution,
    outputs: Sequence[AllocationBasis],
    *,
    further: Vector,
    gwp: Mapping[Gas, int],
    beside: Aside = UNKNOWN,
) -> Shared:
    """Return the run's total divided among its outputs.

    `further` are its own other indicators; `beside` is what stands beside its figures, with its inputs.

    Raises:
        RefusedError: ``footprint.no-weight`` if a key gives outputs no weight (no rare earth, no price).

    """
    given_off = without_credits(own.rows)
    whole = in_order(_joined(given_off, upstream.rows, terms.stage), STAGE_ORDER)
    given_off_co2e = co2e(given_off, gwp)
    whole_alternative = sum_of_two(given_off_co2e, upstream.alternative)
    weights = weights_of(terms, outputs)
    other = weights if sum(map(bool, weights)) == 1 else weights_of(_other(terms), outputs)
    left_out = upstream.left_out
    if terms.bounds:
        left_out += left_out_of(terms.bounds, co2e(whole, gwp).location)
    by_price = terms.method == "economic"
    economic = co2e(upstream.rows, gwp) if by_price else upstream.alternative
    figures = map(
        partial(_output, gwp=gwp),
        outputs,
        _shares(whole, weights),
        allocate(own.scope_1, weights),
        _shared(own.scope_2, weights),
        zip(
            _shared(whole_alternative, other),
            output_parts(vector_sum([further, upstream.indicators]), weights),
            _by_reference(given_off_co2e, upstream, economic, outputs, weights if by_price else other),
            allocate(left_out, weights) if left_out else [0] * len(weights),
            divided_rows(beside.rows, weights),
            _own_steps(given_off_co2e.location, other if by_price else weights, outputs),
            strict=True,
        ),
    )
    return Shared(whole, whole_alternative, weights, tuple(figures))


def _by_reference(
    own: Pair, upstream: Contribution, economic: Pair, outputs: Sequence[AllocationBasis], weights: Sequence[int]
) -> Sequence[Pair | None]:
    """Return each output's total under reference prices (rule 8); None each if neither run nor inputs have any.

    `economic` and `weights` stand in for those of the inputs and of the run where these have none.
    """
    by_reference = reference_weights(outputs)
    if by_reference is None and upstream.reference is None:
        return [None] * len(outputs)
    return _shared(sum_of_two(own, upstream.reference or economic), by_reference or weights)


def _own_steps(own: int, by_mass: Sequence[int], outputs: Sequence[AllocationBasis]) -> list[int]:
    """Return each output's own kg CO2e per kg, location-based and shared by mass: what studies of one step tell."""
    parts = allocate(own, by_mass)
    return [divide(part * 10**6, output.net_mass_mg) for part, output in zip(parts, outputs, strict=True)]


def reference_weights(outputs: Sequence[AllocationBasis]) -> tuple[int, ...] | None:
    """Return the outputs' weights by reference prices; None if no output that shares has one."""
    weights = tuple(item.net_mass_mg * (item.reference_price or 0) * item.allocated for item in outputs)
    return weights if any(weights) else None


def _output(
    output: AllocationBasis,
    rows: Mapping[StageGas, Pair],
    scope_1: int,
    scope_2: Pair,
    beside: tuple[Pair, Vector, Pair | None, int, Mapping[BesideFigure, Pair], int],
    *,
    gwp: Mapping[Gas, int],
) -> OutputFigures:
    """Return an output's figures; `beside` are what else it has, from the other total to its own step."""
    total = co2e(rows, gwp)
    each = per_kg(total, output.net_mass_mg)
    scope_3 = Pair(total.location - scope_1 - scope_2.location, total.market - scope_1 - scope_2.market)
    return OutputFigures(rows, total, each, scope_1, scope_2, scope_3, *beside)


# -- inputs and totals --------------------------------------------------------------------------------------------


def contribution(taken: InputFigures) -> Contribution:
    """Return the contribution of an input: each figure of its batch x mass taken / net mass, rounded once (rule 2)."""
    mass, net = taken.mass_mg, taken.net_mass_mg
    rows: dict[StageGas, Pair] = {}
    for stage, gas, by_location, by_market in taken.rows:
        location = divide(trillionths(by_location) * mass, net)
        market = location if by_market == by_location else divide(trillionths(by_market) * mass, net)
        if location or market:
            rows[stage, gas] = pair_of((location, market))
    both = taken.alternative
    alternative = Pair(divide(trillionths(both.location) * mass, net), divide(trillionths(both.market) * mass, net))
    carried, left_out = taken.reference, taken.left_out
    return Contribution(
        rows,
        alternative,
        upstream_part(taken.indicators, mass, net),
        None
        if carried is None
        else Pair(divide(trillionths(carried.location) * mass, net), divide(trillionths(carried.market) * mass, net)),
        0 if left_out is None else divide(trillionths(left_out) * mass, net),
        brought(taken.beside, mass, net, taken.rare),
    )


def without_credits(own: Mapping[GroupGas, Pair]) -> Mapping[GroupGas, Pair]:
    """Return own rows without those of credits (rule 6)."""
    return {key: pair for key, pair in own.items() if key[0] != "credits"}


def _joined(own: Mapping[GroupGas, Pair], upstream: Mapping[StageGas, Pair], stage: Stage) -> dict[StageGas, Pair]:
    """Return own rows, under the run's stage, plus the upstream rows."""
    total = dict(upstream)
    for (_, gas), pair in own.items():
        add_figure(total, (stage, gas), pair[0], pair[1])
    return total


# -- sharing out --------------------------------------------------------------------------------------------------


def weights_of(terms: Terms, outputs: Sequence[AllocationBasis]) -> tuple[int, ...]:
    """Return the outputs' weights under the method of `terms`; 0 for one without a share, 1 for the only one."""
    if sum(output.allocated for output in outputs) == 1:
        return tuple(int(output.allocated) for output in outputs)
    weights = tuple(_weight(terms, output) if output.allocated else 0 for output in outputs)
    if not any(weights):
        raise RefusedError.at("footprint.no-weight", "outputs", method=terms.method)
    return weights


def _weight(terms: Terms, output: AllocationBasis) -> int:
    match terms.method:
        case "mass":
            return reo_mass(output.elements) if terms.mass_key == "REO" else re_mass(output.elements)
        case "economic":
            return output.net_mass_mg * (output.price or 0)


def _other(terms: Terms) -> Terms:
    method: AllocationMethod = "economic" if terms.method == "mass" else "mass"
    return replace(terms, method=method)


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
    if len(weights) == 1:
        return [pair]
    location = allocate(pair.location, weights)
    market = location if pair.market == pair.location else allocate(pair.market, weights)
    return [*map(pair_of, zip(location, market, strict=True))]


def by_group(result: Result, output: int, gwp: Mapping[Gas, int]) -> dict[Group | Literal["upstream"], Pair]:
    """Return an output's CO2e by group of the run's own lines, and that from upstream, for display.

    Its total is the sum of all but the credits, which are divided by the same weights.
    """
    shares: dict[Group | Literal["upstream"], Pair] = {}
    for group in dict.fromkeys(group for group, _ in result.own):
        rows = {key: pair for key, pair in result.own.items() if key[0] == group}
        shares[group] = _shared(co2e(rows, gwp), result.weights)[output]
    shares["upstream"] = _shared(co2e(result.upstream, gwp), result.weights)[output]
    return shares


def share_of(made: Made) -> AllocationBasis:
    """Return the allocation basis of a sealed output."""
    elements = {element: trillionths(mass) for element, mass in made.elements}
    price = None if made.price is None else trillionths(made.price)
    reference = None if made.reference_price is None else trillionths(made.reference_price)
    return AllocationBasis(millionths(made.net_mass_kg), elements, price, made.allocated, reference)
