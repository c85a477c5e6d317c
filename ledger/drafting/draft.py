"""A run before issue: the written record and its upstream certificates, as the content to seal.

Rules: everything that can be computed is computed here; issuance adds only ids, times, marks, salts and holdings.  All
faults are reported at once, each with its place in the record, the figure found and the possible figure.  Chain of
custody is a label: the weakest of the declared one and all upstream ones (ISO 22095:2020, 5).

This module does not look up lots, keys or holdings, and does not sign.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from ledger.chemistry.elements import TRACKED
from ledger.drafting.written import (
    UNIT_OF_BOUND,
    sealed_allocation,
    sealed_groups,
    unsealable,
    with_results,
    written_output,
)
from ledger.factors.figures import co2e_document, figure_rows, group_rows
from ledger.factors.prices import NAME as PRICES
from ledger.footprint.batch import batch_faults, treo_of
from ledger.footprint.beside import beside_document, beside_rows
from ledger.footprint.engine import AllocationBasis, InputFigures, Terms, compute
from ledger.footprint.indicators import in_order_of_indicators, indicator_rows
from ledger.footprint.inventory import Inventory, incoming, is_goods
from ledger.footprint.left_out import open_of
from ledger.footprint.origin import UNKNOWN, drawn_from_batch, drawn_from_material, element_shares, origin
from ledger.footprint.quality import site_of
from ledger.footprint.scrap import Process
from ledger.footprint.shared import Shared
from ledger.footprint.shipped import with_shipped_rows
from ledger.footprint.versions import ENGINE
from ledger.plausibility.flags import flags_of
from ledger.plausibility.rules import AFTER, BEFORE, judge, refuse
from schemas.certificate import Alternative, Batch, Coating, Facility, Footprint, Indicators
from schemas.document import replace
from schemas.figures import Co2e, FactorSetRef, OriginStep
from schemas.frozen import Frozen
from schemas.problem import Problem, RefusedError
from schemas.quantity import millionths, trillionths, trillionths_text
from schemas.run import Absent, Allocation, Exclusion, Made, Output
from schemas.vocabulary import STAGE_OF_STEP, Custody

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ledger.factors.figures import Pair
    from ledger.factors.tables import FactorTables
    from ledger.footprint.engine import Result
    from ledger.footprint.inventory import PublishedFacts
    from ledger.footprint.shared import OutputFigures
    from ledger.plausibility.rules import Breach
    from schemas.certificate import OpenFlags
    from schemas.claim import Claim
    from schemas.figures import Beside, ElementShare, FigureRow, GroupRow, IndicatorRow, Quality
    from schemas.identifier import Did
    from schemas.inventory import Cancelled, InventoryGroup
    from schemas.record import ProductionRecord
    from schemas.vocabulary import Indicator, Kind
    from schemas.written import WrittenOutput

CUSTODY: Final[tuple[Custody, ...]] = get_args(Custody)
"""Models of custody, strongest first."""
_REFERENCES_KEPT: Final = 256


class Upstream(NamedTuple):
    """The certificate of a certified input: its facts, and its digest as the identity of a draw."""

    facts: PublishedFacts
    identity: str


def piece_of(certificate: str, piece: int) -> str:
    """Return the identity of one draw from an input; several draws from one certificate differ by their holdings."""
    return f"{certificate}#{piece}" if piece else certificate


class InputDraft(NamedTuple):
    """A certified input for `Input` and `Source`, without mark and holding."""

    material: str
    kind: Kind
    mass_kg: str
    rows: tuple[FigureRow, ...]
    alternative: Co2e
    indicators: tuple[IndicatorRow, ...]
    quality: Quality
    reference: Co2e | None
    left_out: str | None
    beside: Beside


class CertifiedDraft(Frozen):
    """The content of one output's certificate; `index` is the output's position in the run.

    `ledger.claims.draft` answers the `claims`.
    """

    index: int
    producer: Did
    batch: Batch
    composition: tuple[ElementShare, ...]
    footprint: Footprint
    indicators: Indicators
    origin: tuple[OriginStep, ...]
    custody: Custody
    claims: tuple[Claim, ...] = ()
    instrument: Cancelled | None = None


class Draft(NamedTuple):
    """The content of a run to seal, and its flags.

    `made[i](holding=…)` makes the sealed output; `inventory` and `result` are the source of the figures.
    """

    groups: tuple[InventoryGroup, ...]
    allocation: Allocation
    factor_sets: tuple[FactorSetRef, ...]
    own: tuple[GroupRow, ...]
    upstream: tuple[FigureRow, ...]
    upstream_alternative: Co2e
    upstream_reference: Co2e | None
    upstream_left_out: str | None
    own_indicators: tuple[IndicatorRow, ...]
    upstream_indicators: tuple[IndicatorRow, ...]
    partial: tuple[Indicator, ...]
    quality: Quality
    beside: Beside
    inputs: tuple[InputDraft, ...]
    made: tuple[functools.partial[Made], ...]
    outputs: tuple[Output, ...]
    certified: tuple[CertifiedDraft, ...]
    excluded: tuple[Exclusion, ...]
    untracked: tuple[str, ...]
    absent: tuple[Absent, ...]
    findings: tuple[Breach, ...]
    inventory: Inventory
    result: Result
    engine: str


def draft(record: ProductionRecord, upstream: Sequence[Upstream], *, facility: Facility, tables: FactorTables) -> Draft:
    """Return the content of a run to seal; `upstream` are its inputs' certificates in the order of the record.

    Raises:
        RefusedError: all faults (``rule.*``, ``footprint.*``, ``factor.unknown``, ``composition.*``).

    """
    problems = [*unsealable(record, tables), *_faults(record, upstream)]
    if problems:
        raise RefusedError(*problems)
    inventory = _inventory(record, upstream, facility, tables)
    flags = refuse(judge(inventory, BEFORE))
    groups = with_results(inventory.groups, tables)
    if groups != inventory.groups:
        inventory = replace(inventory, groups=groups)
        inventory = replace(inventory, groups=with_shipped_rows(inventory))
    result = compute(
        _terms(record, inventory), inventory.groups, _taken(record, upstream), _shares(inventory), tables=tables
    )
    shared = Shared(result.total, result.total_alternative, result.weights, result.outputs)
    # set rather than replaced: what the rules before the figures have summed holds for those after
    inventory.shared, inventory.declared = shared, [output.rows for output in result.outputs]
    flags += refuse(judge(inventory, AFTER))
    open_flags = flags_of(flags, [source.facts for source in upstream if is_goods(source.facts)], inventory)
    beside = beside_document(result.beside)
    parts = _Drawn(record, upstream, facility, inventory, result, factor_sets(inventory), open_flags, beside)
    computed = parts.draft(tuple(flags))
    problems = list(_batch_faults(computed.certified))
    if problems:
        raise RefusedError(*problems)
    return computed


def what_if(made: Draft, record: ProductionRecord, upstream: Sequence[Upstream], *, tables: FactorTables) -> Result:
    """Return the result of a draft's lines under other tables; no rule is applied, because it is not sealed."""
    taken, shares = _taken(record, upstream), _shares(made.inventory)
    return compute(_terms(record, made.inventory), made.groups, taken, shares, tables=tables)


def _terms(record: ProductionRecord, inventory: Inventory) -> Terms:
    facility = inventory.facility or Facility(id=record.facility, name=record.facility, country=UNKNOWN)
    allocation, site = record.allocation, site_of(facility, record.period, record.step)
    stage, bounds = STAGE_OF_STEP[record.step], inventory.bounds
    unbounded = open_of(inventory.excluded)
    return Terms(stage, record.gwp, allocation.method, allocation.mass_key, site, bounds=bounds, unbounded=unbounded)


# -- what the rules see -------------------------------------------------------------------------------------------


def _faults(record: ProductionRecord, upstream: Sequence[Upstream]) -> Iterator[Problem]:
    """Yield the inputs with more mass taken than the batch had."""
    for index, (item, source) in enumerate(zip(record.inputs, upstream, strict=True)):
        net = source.facts.batch.net_mass_kg
        if millionths(item.mass) > millionths(net):
            yield Problem.at("footprint.more-than-made", f"inputs[{index}].mass", found=item.mass, possible=net)


def _inventory(
    record: ProductionRecord, upstream: Sequence[Upstream], facility: Facility, tables: FactorTables
) -> Inventory:
    return Inventory(
        step=record.step,
        period=record.period,
        gwp=record.gwp,
        electricity=record.electricity_set,
        allocation=sealed_allocation(record),
        groups=sealed_groups(record, tables),
        incoming=[
            incoming(source.facts, f"inputs[{index}]", mass_mg=millionths(item.mass), identity=source.identity)
            for index, (item, source) in enumerate(zip(record.inputs, upstream, strict=True))
            if is_goods(source.facts)
        ],
        outgoing=[written_output(output, f"outputs[{index}]") for index, output in enumerate(record.outputs)],
        untracked=record.untracked,
        tables=tables,
        # a plant that only its record names has no known place; its grid is judged once it is registered
        facility=None if facility.country == UNKNOWN else facility,
        producer=record.producer,
        profile=record.profile,
        excluded=excluded_of(record),
        absent=absent_of(record),
    )


def _batch_faults(certified: Sequence[CertifiedDraft]) -> Iterator[Problem]:
    """Yield the faults of the batches, with their places in the record."""
    for each in certified:
        fractions = {part.element: trillionths(part.fraction) for part in each.composition}
        for fault in batch_faults(each.batch, fractions):
            yield fault._replace(place=f"outputs[{each.index}].{fault.place}")


# -- what the engine takes ----------------------------------------------------------------------------------------


def _taken(record: ProductionRecord, upstream: Sequence[Upstream]) -> list[InputFigures]:
    return [
        InputFigures.of(source.facts, millionths(item.mass), source.identity.partition("#")[0])
        for item, source in zip(record.inputs, upstream, strict=True)
    ]


def _shares(inventory: Inventory) -> list[AllocationBasis]:
    references = inventory.references
    prices = [None] * len(inventory.outgoing) if references is None else [each.counted for each in references]
    return [
        AllocationBasis(item.net_mass_mg, _tracked(item.elements), item.price, item.allocated, price)
        for item, price in zip(inventory.outgoing, prices, strict=True)
    ]


def _tracked(elements: Mapping[str, int]) -> dict[str, int]:
    return {element: mass for element, mass in elements.items() if element in TRACKED}


# -- what is sealed -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The parts of a draft."""

    record: ProductionRecord
    upstream: Sequence[Upstream]
    facility: Facility
    inventory: Inventory
    result: Result
    factor_sets: tuple[FactorSetRef, ...]
    flags: OpenFlags
    beside: Beside

    def draft(self, findings: tuple[Breach, ...]) -> Draft:
        """Return the draft."""
        compositions = self._compositions()
        steps = self._origin()
        return Draft(
            groups=tuple(self.inventory.groups),
            allocation=self.inventory.allocation,
            factor_sets=self.factor_sets,
            own=group_rows(self.result.own),
            upstream=figure_rows(self.result.upstream),
            upstream_alternative=co2e_document(self.result.upstream_alternative),
            upstream_reference=_co2e_if_any(self.result.upstream_reference),
            upstream_left_out=_text_if_any(self.result.upstream_left_out),
            own_indicators=indicator_rows(self.result.own_indicators),
            upstream_indicators=indicator_rows(self.result.upstream_indicators),
            partial=in_order_of_indicators(self.result.partial),
            quality=self.result.quality,
            beside=self.beside,
            inputs=tuple(map(self._input, range(len(self.record.inputs)))),
            made=tuple(map(self._made, range(len(self.record.outputs)))),
            outputs=tuple(
                Output(lot=output.lot, kind=output.kind, product=output.product, composition=parts, origin=steps)
                for output, parts in zip(self.record.outputs, compositions, strict=True)
            ),
            certified=tuple(
                self._certified(index, compositions[index], steps)
                for index, output in enumerate(self.record.outputs)
                if output.certify
            ),
            excluded=tuple(self.inventory.excluded),
            untracked=self.record.untracked,
            absent=tuple(self.inventory.absent),
            findings=findings,
            inventory=self.inventory,
            result=self.result,
            engine=ENGINE,
        )

    def _compositions(self) -> list[tuple[ElementShare, ...]]:
        process = Process(self.record.producer, self.record.step)
        told = {element for output in self.record.outputs for element in output.composition}
        sources = [
            drawn_from_batch(source.facts, millionths(item.mass), into=process, only=told)
            for item, source in zip(self.record.inputs, self.upstream, strict=True)
        ]
        sources += [drawn_from_material(line, only=told) for line in self.inventory.materials.lines]
        return [element_shares(output.composition, sources) for output in self.record.outputs]

    def _origin(self) -> tuple[OriginStep, ...]:
        own = OriginStep(step=self.record.step, country=self.facility.country, region=self.facility.region)
        goods = (source.facts.origin for source in self.upstream if is_goods(source.facts))
        return origin(own, goods, self.inventory.materials.lines)

    def _input(self, index: int) -> InputDraft:
        facts, found = self.upstream[index].facts, self.result.inputs[index]
        return InputDraft(
            material=facts.batch.description,
            kind=facts.batch.kind,
            mass_kg=self.record.inputs[index].mass,
            rows=figure_rows(found.rows),
            alternative=co2e_document(found.alternative),
            indicators=indicator_rows(found.indicators),
            quality=facts.footprint.quality,
            reference=_co2e_if_any(found.reference),
            left_out=_text_if_any(found.left_out),
            beside=beside_document(found.beside),
        )

    def _made(self, index: int) -> functools.partial[Made]:
        output, seen, figures = self.record.outputs[index], self.inventory.outgoing[index], self.result.outputs[index]
        elements, references = _tracked(seen.elements), self.inventory.references
        shared = output.allocate and output.price is not None and self.inventory.allocation.prices is not None
        return functools.partial(
            Made,
            net_mass_kg=output.mass,
            elements=tuple((element, trillionths_text(mass)) for element, mass in elements.items()),
            certified=output.certify,
            allocated=output.allocate,
            price=output.price.amount if shared and output.price else None,
            rows=figure_rows(figures.rows),
            alternative=co2e_document(figures.alternative),
            indicators=indicator_rows(figures.indicators),
            reference_price=None if references is None else trillionths_text(references[index].counted),
            reference=_co2e_if_any(figures.reference),
            left_out=_text_if_any(figures.left_out),
            beside=beside_rows(figures.beside),
            sold=seen.sold,
            quote=seen.quote,
        )

    def _certified(
        self, index: int, composition: tuple[ElementShare, ...], steps: tuple[OriginStep, ...]
    ) -> CertifiedDraft:
        output = self.record.outputs[index]
        upstream = (source.facts.custody for source in self.upstream)
        custody = max((output.custody, *upstream), key=CUSTODY.index)
        return CertifiedDraft(
            index=index,
            producer=self.record.producer,
            batch=self._batch(output, self.inventory.outgoing[index].fractions),
            composition=composition,
            footprint=self._footprint(self.result.outputs[index]),
            indicators=Indicators(
                boundary="certified-steps",
                rows=indicator_rows(self.result.outputs[index].indicators),
                partial=in_order_of_indicators(self.result.partial),
            ),
            origin=steps,
            custody=custody,
            instrument=self.record.instrument.cancelled if self.record.instrument else None,
        )

    def _batch(self, output: WrittenOutput, fractions: Mapping[str, int]) -> Batch:
        coating = output.coating
        hs = self.inventory.tables.products[output.product].hs or None if output.product else None
        return Batch(
            facility=self.facility,
            lot=output.lot,
            kind=output.kind,
            product=output.product,
            step=self.record.step,
            description=output.description,
            net_mass_kg=output.mass,
            moisture=output.moisture,
            produced=self.record.period,
            hs_code=output.hs_code or hs,
            treo=treo_of(output.kind, fractions),
            loss_on_ignition=output.loss_on_ignition,
            coating=Coating(kind=coating.kind, mass_kg=coating.mass) if coating else None,
        )

    def _footprint(self, figures: OutputFigures) -> Footprint:
        method = self.record.allocation.method
        return Footprint(
            boundary="cradle-to-gate",
            method=self.record.profile,
            allocation=method,
            gwp=self.record.gwp,
            electricity=self.record.electricity_set,
            factor_sets=self.factor_sets,
            engine=ENGINE,
            rows=figure_rows(figures.rows),
            total_kg_co2e=co2e_document(figures.total),
            per_kg=co2e_document(figures.per_kg),
            scope_1=trillionths_text(figures.scope_1),
            scope_2=co2e_document(figures.scope_2),
            scope_3=co2e_document(figures.scope_3),
            alternative=Alternative(
                method="economic" if method == "mass" else "mass",
                total_kg_co2e=co2e_document(figures.alternative),
            ),
            reference=_co2e_if_any(figures.reference),
            left_out=_text_if_any(figures.left_out),
            own_step=trillionths_text(figures.own_step),
            placeholders=self.result.placeholders,
            flags=self.flags,
            quality=self.result.quality,
            beside=replace(self.beside, rows=beside_rows(figures.beside)),
        )


def excluded_of(record: ProductionRecord) -> tuple[Exclusion, ...]:
    """Return a record's exclusions as sealed."""
    return tuple(
        Exclusion(
            what=item.what,
            why=item.why,
            share=item.share,
            kind=item.kind,
            line=item.line,
            amount=item.at_most.amount if item.at_most else None,
            unit=UNIT_OF_BOUND[item.at_most.unit] if item.at_most else None,
            factor=item.factor,
        )
        for item in record.excluded
    )


def factor_sets(inventory: Inventory) -> tuple[FactorSetRef, ...]:
    """Return the tables of a run, and the GWPs, by name."""
    return _references(inventory.tables, frozenset(inventory.factor_sets))


@functools.lru_cache(_REFERENCES_KEPT)
def _references(tables: FactorTables, names: frozenset[str]) -> tuple[FactorSetRef, ...]:
    """Return tables by name, and the GWPs; all runs of a plant name the same."""
    digests = {name: table.digest for name, table in tables.sets.items()}
    if tables.prices is not None:
        digests[PRICES] = tables.prices.digest
    used = [FactorSetRef(name=name, digest=digests[name]) for name in sorted(names)]
    return (*used, FactorSetRef(name="gwp", digest=tables.gwp.digest))


def absent_of(record: ProductionRecord) -> tuple[Absent, ...]:
    """Return a record's declared absences as sealed."""
    return tuple(
        Absent(
            item=item.item,
            reason=item.reason,
            variant=item.variant,
            line=item.line,
            lot=item.lot,
            run=item.run,
            heat_mj=item.heat,
        )
        for item in record.absent
    )


def _co2e_if_any(pair: Pair | None) -> Co2e | None:
    return None if pair is None else co2e_document(pair)


def _text_if_any(mass: int) -> str | None:
    return trillionths_text(mass) if mass else None
