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
8. The weights of the declared method also divide the other indicators (`ledger.footprint.indicators`).  The quality of
   the figures is one for the whole run, because all outputs take every row by the same weights
   (`ledger.footprint.quality`).

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
from ledger.footprint.indicators import (
    Vector,
    output_parts,
    own_indicators,
    parsed_indicators,
    upstream_part,
    vector_sum,
)
from ledger.footprint.lines import own_lines
from ledger.footprint.quality import NOWHERE, Site
from ledger.footprint.shared import OutputFigures, Shared
from ledger.footprint.versions import ENGINE
from schemas.document import replace
from schemas.frozen import Frozen
from schemas.problem import RefusedError
from schemas.quantity import millionths, trillionths

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.factors.tables import FactorTables
    from ledger.footprint.inventory import PublishedFacts
    from ledger.footprint.lines import OwnLines
    from schemas.figures import Co2e, FigureRow, IndicatorRow, Quality
    from schemas.inventory import InventoryGroup
    from schemas.run import Made
    from schemas.vocabulary import AllocationMethod, Gas, Group, GwpSet, Indicator, MassKey, Stage


class Terms(Frozen):
    """The declarations of a run: its stage, GWP set and allocation, its site, and the version of the engine."""

    stage: Stage
    gwp: GwpSet
    method: AllocationMethod
    mass_key: MassKey
    site: Site = NOWHERE
    engine: str = ENGINE


class InputFigures(Frozen):
    """The figures of a certified input: mass taken and net mass of the batch in mg, and its published figures.

    `partial` are the indicators that the batch's own figures cover only in part; `certificate` tells draws from one
    batch from those of others, "" if unknown.
    """

    mass_mg: int
    net_mass_mg: int
    rows: Sequence[FigureRow]
    alternative: Co2e
    indicators: Sequence[IndicatorRow]
    partial: Sequence[Indicator]
    quality: Quality
    certificate: str = ""

    @classmethod
    def of(cls, facts: PublishedFacts, mass_mg: int, certificate: str = "") -> InputFigures:
        """Return the figures of a mass taken from a batch, from its certificate."""
        figures, further = facts.footprint, facts.indicators
        net, alternative = millionths(facts.batch.net_mass_kg), figures.alternative.total_kg_co2e
        return cls(mass_mg, net, figures.rows, alternative, further.rows, further.partial, figures.quality, certificate)


class AllocationBasis(Frozen):
    """The basis of an output's share: net mass in mg, element masses (scaled kg), price (scaled, per kg)."""

    net_mass_mg: int
    elements: Mapping[str, int]
    price: int | None
    allocated: bool


class Contribution(Frozen):
    """The contribution of one input, or of all: rows, total under the other method, and other indicators."""

    rows: Mapping[StageGas, Pair]
    alternative: Pair
    indicators: Vector

    @classmethod
    def of(cls, inputs: Sequence[Contribution]) -> Contribution:
        """Return the sum of several contributions."""
        return cls(
            in_order(sum_rows([item.rows for item in inputs]), STAGE_ORDER),
            total_of([item.alternative for item in inputs]),
            vector_sum([item.indicators for item in inputs]),
        )

    @classmethod
    def parsed(cls, rows: Sequence[FigureRow], alternative: Co2e, indicators: Sequence[IndicatorRow]) -> Contribution:
        """Return sealed figures as a contribution."""
        return cls(parsed_rows(rows), parsed_co2e(alternative), parsed_indicators(indicators))


class Result(NamedTuple):
    """All computed figures of a run.

    `own` are the lines by group and gas, `inputs` the contributions in the order of the inputs, `upstream` their sum,
    `total` the whole to divide, `outputs` the parts; `weights` are those of the declared method.  `placeholders` counts
    the run's lines with a factor that is not evidence. `own_indicators` and `upstream_indicators` are the other
    indicators, `partial` those that are not covered wholly; `quality` is of all figures of the run.
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
    own_indicators: Vector
    upstream_indicators: Vector
    partial: frozenset[Indicator]
    quality: Quality


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
    upstream = Contribution.of(inputs)
    shared = share_out(terms, own, upstream, outputs, further=further.vector, gwp=gwp)
    for item, each in zip(inputs, taken, strict=True):
        own.weighing.inherit(item.rows, each.quality, gwp, each.certificate)
    return Result(
        own=own.rows,
        inputs=inputs,
        upstream=upstream.rows,
        upstream_alternative=upstream.alternative,
        total=shared.total,
        total_alternative=shared.total_alternative,
        weights=shared.weights,
        outputs=shared.outputs,
        placeholders=own.placeholders,
        own_indicators=further.vector,
        upstream_indicators=upstream.indicators,
        partial=further.partial.union(*(item.partial for item in taken)),
        quality=own.weighing.quality(),
    )


def share_out(
    terms: Terms,
    own: OwnLines,
    upstream: Contribution,
    outputs: Sequence[AllocationBasis],
    *,
    further: Vector,
    gwp: Mapping[Gas, int],
) -> Shared:
    """Return the run's total divided among its outputs; `further` are its own other indicators.

    Raises:
        RefusedError: ``footprint.no-weight`` if a key gives outputs no weight (no rare earth, no price).

    """
    given_off = without_credits(own.rows)
    whole = in_order(_joined(given_off, upstream.rows, terms.stage), STAGE_ORDER)
    whole_alternative = sum_of_two(co2e(given_off, gwp), upstream.alternative)
    weights = weights_of(terms, outputs)
    other = weights if sum(map(bool, weights)) == 1 else weights_of(_other(terms), outputs)
    figures = map(
        partial(_output, gwp=gwp),
        outputs,
        _shares(whole, weights),
        allocate(own.scope_1, weights),
        _shared(own.scope_2, weights),
        _shared(whole_alternative, other),
        output_parts(vector_sum([further, upstream.indicators]), weights),
    )
    return Shared(whole, whole_alternative, weights, tuple(figures))


def _output(
    output: AllocationBasis,
    rows: Mapping[StageGas, Pair],
    scope_1: int,
    scope_2: Pair,
    alternative: Pair,
    indicators: Vector,
    *,
    gwp: Mapping[Gas, int],
) -> OutputFigures:
    total = co2e(rows, gwp)
    each = per_kg(total, output.net_mass_mg)
    scope_3 = Pair(total.location - scope_1 - scope_2.location, total.market - scope_1 - scope_2.market)
    return OutputFigures(rows, total, each, scope_1, scope_2, scope_3, alternative, indicators)


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
    return Contribution(rows, alternative, upstream_part(taken.indicators, mass, net))


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
    return AllocationBasis(millionths(made.net_mass_kg), elements, price, made.allocated)
