"""Runs and certificates of a test world while they are made: honest, or changed on purpose by a `Cheat`.

Figures come from the engine, in its first version, whose rules ask no more of a run than these worlds tell;
compositions from what goes in; a hook changes a value just before it is hashed or signed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec.structs import asdict

from ledger.factors.figures import Pair, co2e_document, figure_rows, group_rows
from ledger.footprint.batch import treo_of
from ledger.footprint.engine import AllocationBasis, InputFigures, Terms, compute, contribution
from ledger.footprint.indicators import in_order_of_indicators, indicator_rows
from ledger.footprint.inventory import Outgoing
from ledger.footprint.origin import drawn_from_batch, drawn_from_material, element_shares, origin
from ledger.footprint.quality import site_of
from ledger.footprint.reference import reference_prices
from ledger.footprint.scrap import Process
from ledger.footprint.versions import ENGINES
from ledger.holdings.mark import (
    NO_CERTIFICATE,
    certificate_value,
    commitment,
    mark,
)
from ledger.seal.certificate import SealedCertificate, SealedRun, seal_certificate, seal_following_run, seal_run
from ledger.seal.digest import certificate_digest_bytes, to_base64url
from ledger.seal.disclosure import seal_value
from schemas.certificate import (
    Alternative,
    Batch,
    CertificateFacts,
    Counts,
    Facility,
    Follows,
    Footprint,
    Indicators,
    Issuer,
    StatusPlace,
)
from schemas.document import replace
from schemas.figures import Co2e, ElementShare, FactorSetRef, OriginStep
from schemas.holding import Holder, Use
from schemas.instant import instant_text
from schemas.inventory import Cancelled, Electricity, InventoryGroup, MaterialLine, Materials, instrument_key
from schemas.name import Name
from schemas.quantity import kg_text, milligrams, trillionths, trillionths_text
from schemas.run import Allocation, InputFacts, Made, Output, Run, RunFacts, RunFollows, Source
from schemas.statement import Ended
from schemas.vocabulary import CANCELLATION, STAGE_OF_STEP, Kind, Step
from tests.support.worlds.parties import FACILITY, did, key
from tests.support.worlds.recipe import PRICES, Make, drawing, element_masses, inventory, nothing, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.footprint.engine import Contribution, Result
    from ledger.footprint.shared import OutputFigures
    from ledger.holdings.split import SplitPart
    from ledger.log.entry import Entry
    from ledger.seal.signer import SoftwareSigner
    from tests.support.worlds.world import World

WEEK_MS: Final = 7 * 24 * 3600 * 1000


_Value = TypeVar("_Value")


def same(value: _Value) -> _Value:
    """Change nothing."""
    return value


@dataclass(frozen=True)
class Cheat:
    """What is changed in a record while it is made; what isn't named is honest.

    `log` is the registry that logs it, `at` an entry there that it passes off as its own, so that it is never logged;
    an `unlogged` record has an entry that is in no log. A `remade` correction makes its run anew instead of repeating
    it, a `recounted` one tells a new inventory and repeats all else.
    """

    run: Callable[[RunFacts], RunFacts] = same
    inventory: Callable[[tuple[InventoryGroup, ...]], tuple[InventoryGroup, ...]] = same
    inputs: Callable[[list[tuple[InputFacts, Source]]], list[tuple[InputFacts, Source]]] = same
    outputs: Callable[[list[Output]], list[Output]] = same
    facts: Callable[[CertificateFacts], CertificateFacts] = same
    values: Callable[[list[bytes]], list[bytes]] = same
    pieces: Callable[[list[SplitPart]], list[SplitPart]] = same
    statement: Callable[[Any], Any] = same
    entry: Callable[[Entry], Entry] = same
    holder: Callable[[Holder], Holder] = same
    taken: Callable[[list[InputFigures]], list[InputFigures]] = same
    power: Callable[[list[tuple[Cancelled, int]]], list[tuple[Cancelled, int]]] = same
    signer: SoftwareSigner | None = None
    log: str | None = None
    at: int | None = None
    unlogged: bool = False
    remade: bool = False
    recounted: bool = False


HONEST: Final = Cheat()


@dataclass(frozen=True)
class Lump:
    """A holding as its owner knows it: creator's record, text and mass, and the certificate of the batch it is of."""

    creator: bytes
    text: str
    mass_mg: int
    holder: Holder
    issuance: Issuance
    output: int

    @property
    def mark(self) -> bytes:
        return mark(self.creator, self.text)

    @property
    def statement(self) -> Cancelled | None:
        """The scheme's statement that it is of, where it is kWh."""
        batch = cited(self)
        return batch.record.instrument if batch else None

    @property
    def use(self) -> Use:
        return Use(creator=to_base64url(self.creator), holding=self.text)


@dataclass(frozen=True, eq=False)
class Issuance:
    """An issuance: its run, certificates by output, the lumps it created, and what it used."""

    digest: bytes
    producer: str
    run: SealedRun
    result: Result
    values: tuple[bytes, ...]
    certificates: tuple[SealedCertificate | None, ...]
    lumps: tuple[Lump, ...]
    takes: tuple[Lump, ...]
    first: bytes
    inputs: tuple[tuple[InputFacts, Source], ...]
    feed: tuple[Make, ...]
    claims: tuple[tuple[tuple[str, str], int], ...] = ()
    """Statements that the lines name, with the mWh of each."""

    @property
    def certificate(self) -> SealedCertificate:
        """The first certificate there is."""
        return next(filter(None, self.certificates))

    def ended(self) -> tuple[Ended | None, ...]:
        """Return every certificate as a record that ends it names it."""
        return tuple(ended(made) if made else None for made in self.certificates)


def ended(made: SealedCertificate) -> Ended:
    """Return a certificate as a record that ends it names it."""
    place = made.record.status
    return Ended(certificate=made.digest, list=place.list, index=place.index)


@dataclass
class Draft:
    """A run and its certificates while they are made."""

    world: World
    producer: str
    takes: tuple[Lump, ...]
    makes: tuple[Make, ...]
    registry: str
    feed: list[Make]
    follows: Issuance | None
    cheat: Cheat
    inputs: tuple[tuple[InputFacts, Source], ...] = ()
    claims: tuple[tuple[tuple[str, str], int], ...] = ()

    @property
    def step(self) -> Step:
        if self.makes[0].statement is not None:
            return CANCELLATION
        return "blending" if any(lump.statement is None for lump in self.takes) else "mining"

    @property
    def goods(self) -> list[Lump]:
        """What is taken of goods."""
        return [lump for lump in self.takes if lump.statement is None]

    @property
    def groups(self) -> tuple[InventoryGroup, ...]:
        """The run's inventory, as it is honestly told."""
        if self.step == CANCELLATION:
            return nothing()
        drawn = [(lump.statement, lump.mass_mg) for lump in self.takes if lump.statement is not None]
        return drawing(inventory(self.feed, full=self.world.full), self.cheat.power(drawn))

    def sealed_run(self) -> tuple[SealedRun, Result, list[tuple[str, Holder]]]:
        """Compute and seal the run; return it with its figures and the texts of its holdings."""
        groups = self.groups
        result = self._computed(groups)
        texts = [self.world.holding(make.owner or self.producer, make.registry or self.registry) for make in self.makes]
        facts = self._facts(result, texts)
        if self.follows is not None:
            facts = replace(facts, follows=self._named(self.follows))
        inputs = [_input(lump, brought) for lump, brought in zip(self.takes, result.inputs, strict=True)]
        self.inputs = tuple(self.cheat.inputs(inputs))
        outputs = [self._output(number, make) for number, make in enumerate(self.makes)]
        told = self.cheat.inventory(groups)
        self.claims = claims_of(told)
        run = seal_run(
            self.cheat.run(facts),
            inputs=self.inputs,
            inventory=told,
            outputs=self.cheat.outputs(outputs),
            new_salt=self.world.salt,
        )
        return run, result, texts

    def _computed(self, groups: tuple[InventoryGroup, ...]) -> Result:
        taken = self.cheat.taken(list(map(_taken, self.takes)))
        shares = [
            _share(make, price, allocated=allocated)
            for make, price, allocated in zip(self.makes, self._reference_prices, self._allocated, strict=True)
        ]
        terms = Terms(
            STAGE_OF_STEP[self.step],
            "AR6",
            "mass",
            "REO",
            site_of(PLANT, self.world.period, self.step, ENGINES[0]),
            ENGINES[0],
        )
        return compute(terms, groups, taken, shares, tables=tables())

    def recounted_run(self, old: Issuance) -> tuple[SealedRun, Result, list[tuple[str, Holder]]]:
        """Seal the run of a correction that tells a new inventory, with the figures that follow from it."""
        groups = self.groups
        result, texts = self._computed(groups), [(lump.text, lump.holder) for lump in old.lumps]
        facts = replace(self._facts(result, texts), run=old.run.run.run, follows=self._named(old))
        self.inputs, self.claims = old.inputs, claims_of(groups)
        run = seal_following_run(
            facts, before=old.run.run, texts=old.run.texts, inventory=groups, new_salt=self.world.salt
        )
        return run, result, texts

    def repeated_run(self, old: Issuance) -> tuple[SealedRun, Result, list[tuple[str, Holder]]]:
        """Seal the run of a correction: everything is repeated, and it names what it follows."""
        before = old.run.run
        self.inputs, self.claims = old.inputs, old.claims
        facts = self.cheat.run(replace(before, follows=self._named(old)))
        run = Run(**asdict(facts)) if isinstance(facts, Run) else before
        sealed = seal_value(run, salt=self.world.salt())
        texts = (sealed.text, *old.run.texts[1:])
        return (
            SealedRun(run, sealed.digest, texts, old.run.lines),
            old.result,
            [(lump.text, lump.holder) for lump in old.lumps],
        )

    @staticmethod
    def _named(old: Issuance) -> RunFollows:
        return RunFollows(record=to_base64url(old.digest), first_run=to_base64url(old.first), ends=tuple(old.ended()))

    def _output(self, number: int, make: Make) -> Output:
        kind = self._kind(number)
        return Output(lot=self._lot(number), kind=kind, composition=self._composed(make), origin=self._origin())

    @property
    def _allocated(self) -> list[bool]:
        """Which outputs take a share: all goods; of electricity the first, since nothing tells one from another."""
        return [make.statement is None or number == 0 for number, make in enumerate(self.makes)]

    @property
    def _reference_prices(self) -> list[int | None]:
        """The reference price of each output, where several take a share."""
        table, years = tables().prices, (int(PRICES.period.start[:4]), int(PRICES.period.end[:4]))
        goods = [
            Outgoing(
                "", "", self._kind(number), make.mass_mg,
                {element: trillionths(part) for element, part in make.composition},
                allocated=allocated, price=PRICE,
            )
            for number, (make, allocated) in enumerate(zip(self.makes, self._allocated, strict=True))
        ]  # fmt: skip
        found = reference_prices(goods, table, *years) if table and sum(self._allocated) > 1 else None
        return [None] * len(goods) if found is None else [each.counted for each in found]

    def _kind(self, number: int) -> Kind:
        return "oxide" if self.makes[number].statement is None else "electricity"

    def _composed(self, make: Make) -> tuple[ElementShare, ...]:
        """Return the composition of an output, with the shares that what went in gives it."""
        batches = [(cited(lump), lump.mass_mg) for lump in self.goods]
        process = Process(did(self.producer), self.step)
        sources = [drawn_from_batch(made.record, mass, into=process) for made, mass in batches if made]
        sources += [drawn_from_material(line) for line in self._materials]
        return element_shares(dict(make.composition), sources)

    def _origin(self) -> tuple[OriginStep, ...]:
        own = OriginStep(step=self.step, country="CN", region="CN-NM")
        return origin(own, [made.record.origin for made in map(cited, self.goods) if made], self._materials)

    @property
    def _materials(self) -> tuple[MaterialLine, ...]:
        materials = self.groups[0]
        return materials.lines if isinstance(materials, Materials) else ()

    def _lot(self, number: int) -> str:
        return f"L{self.world.lots}-{number}"

    def _facts(self, result: Result, texts: list[tuple[str, Holder]]) -> RunFacts:
        return RunFacts(
            oreprint="run/1",
            run=f"R{self.world.lots}",
            producer=did(self.producer),
            registry=self.registry,
            facility=FACILITY,
            step=self.step,
            stage=STAGE_OF_STEP[self.step],
            period=self.world.period,
            gwp="AR6",
            electricity="direct",
            factor_sets=_factor_sets(self.groups),
            engine=ENGINES[0],
            profile="oreprint-1",
            allocation=Allocation(method="mass", mass_key="REO", prices=PRICES),
            own=group_rows(result.own),
            upstream=figure_rows(result.upstream),
            upstream_alternative=co2e_document(result.upstream_alternative),
            upstream_reference=_co2e_if_any(result.upstream_reference),
            own_indicators=indicator_rows(result.own_indicators),
            upstream_indicators=indicator_rows(result.upstream_indicators),
            partial=in_order_of_indicators(result.partial),
            quality=result.quality,
            made=tuple(
                _made(make, figures, text, price, allocated=allocated)
                for make, figures, (text, _), price, allocated in zip(
                    self.makes, result.outputs, texts, self._reference_prices, self._allocated, strict=True
                )
            ),
            excluded=(),
            untracked=(),
        )

    def certificate(
        self, number: int, run: SealedRun, result: Result, valid_until: str | None
    ) -> SealedCertificate | None:
        """Seal the certificate of one output, if it gets one."""
        value = run.run
        if not value.made[number].certified:
            return None
        old = self.follows.certificates[number] if self.follows else None
        facts = old.record if old and not self.cheat.remade else self._record(number, run, result)
        if old and self.cheat.recounted:
            facts = replace(self._record(number, run, result), batch=old.record.batch)
        changed = {
            "id": f"urn:uuid:{self.world.salt(4).hex()}-0000-4000-8000-{self.world.salt(6).hex()}",
            "status": StatusPlace(list=0, index=next(self.world.indexes)),
            "issued": instant_text(self.world.now_ms),
            "not_logged_after": instant_text(self.world.now_ms + WEEK_MS),
            "valid_until": valid_until,
        }
        if old and self.follows:
            changed["follows"] = Follows(record=to_base64url(self.follows.digest), certificate=old.digest)
        plain = {name: getattr(facts, name) for name in CertificateFacts.__struct_fields__} | changed
        signer = self.cheat.signer or key(self.producer)
        return seal_certificate(
            self.cheat.facts(CertificateFacts(**plain)), run=run, signer=signer, new_salt=self.world.salt
        )

    def _record(self, number: int, run: SealedRun, result: Result) -> CertificateFacts:
        value, make, figures = run.run, self.makes[number], result.outputs[number]
        return CertificateFacts(
            oreprint="certificate/1",
            id="urn:uuid:00000000-0000-4000-8000-000000000000",
            issuer=Issuer(did=did(self.producer), names=(Name(lang="en", text=self.producer.title()),)),
            registry=self.registry,
            issued=instant_text(self.world.now_ms),
            not_logged_after=instant_text(self.world.now_ms),
            status=StatusPlace(list=0, index=0),
            batch=Batch(
                facility=PLANT,
                lot=self._lot(number),
                kind=self._kind(number),
                step=self.step,
                description="Didymium oxide" if make.statement is None else "Wind power",
                net_mass_kg=value.made[number].net_mass_kg,
                moisture="0",
                produced=self.world.period,
                treo=treo_of(
                    self._kind(number), {element: trillionths(fraction) for element, fraction in make.composition}
                ),
            ),
            composition=self._composed(make),
            footprint=_footprint(value, number, figures, result.placeholders),
            indicators=Indicators(
                boundary="certified-steps", rows=value.made[number].indicators, partial=value.partial
            ),
            claims=(),
            origin=self._origin(),
            custody="mass-balance" if make.statement is None else "identity-preserved",
            output=number,
            counts=Counts(inputs=len(self.takes), holdings=len(self.takes), lines=run.lines, outputs=len(self.makes)),
            instrument=make.statement,
        )


def claims_of(groups: tuple[InventoryGroup, ...]) -> tuple[tuple[tuple[str, str], int], ...]:
    """Return the statements that electricity lines name, with the mWh of each."""
    lines = [line for group in groups if isinstance(group, Electricity) for line in group.lines]
    return tuple(
        (instrument_key(item.scheme, item.statement), milligrams(item.kwh))
        for line in lines
        for item in line.instruments
    )


def _footprint(value: RunFacts, number: int, figures: OutputFigures, placeholders: int) -> Footprint:
    return Footprint(
        boundary="cradle-to-gate",
        method="oreprint-1",
        allocation=value.allocation.method,
        gwp=value.gwp,
        electricity=value.electricity,
        factor_sets=value.factor_sets,
        engine=value.engine,
        rows=value.made[number].rows,
        total_kg_co2e=co2e_document(figures.total),
        per_kg=co2e_document(figures.per_kg),
        scope_1=trillionths_text(figures.scope_1),
        scope_2=co2e_document(figures.scope_2),
        scope_3=co2e_document(figures.scope_3),
        alternative=Alternative(method="economic", total_kg_co2e=value.made[number].alternative),
        reference=value.made[number].reference,
        placeholders=placeholders,
        quality=value.quality,
    )


PRICE: Final = trillionths("10")
"""What everything costs."""
PLANT: Final = Facility(id=FACILITY, name="Plant 1", country="CN", region="CN-NM")


@cache
def _factor_sets(groups: tuple[InventoryGroup, ...]) -> tuple[FactorSetRef, ...]:
    """Return the shipped tables; that of goods without certificate only if a line is of it."""
    bought = any(line.factor.startswith("defaults/") for group in groups for line in _materials(group))
    sets = [found for found in tables().sets.values() if bought or found.name != "defaults"]
    used = (FactorSetRef(name=found.name, digest=found.digest) for found in sets)
    prices = tables().prices
    priced = () if prices is None else (FactorSetRef(name="price-ranges", digest=prices.digest),)
    return (*used, *priced, FactorSetRef(name="gwp", digest=tables().gwp.digest))


def _materials(group: InventoryGroup) -> tuple[MaterialLine, ...]:
    return group.lines if isinstance(group, Materials) else ()


def _co2e_if_any(pair: Pair | None) -> Co2e | None:
    return None if pair is None else co2e_document(pair)


def _share(make: Make, reference_price: int | None = None, *, allocated: bool) -> AllocationBasis:
    elements = {element: trillionths(mass) for element, mass in element_masses(make)}
    return AllocationBasis(make.mass_mg, elements, PRICE, allocated, reference_price)


def _made(
    make: Make, figures: OutputFigures, text: str, reference_price: int | None = None, *, allocated: bool
) -> Made:
    return Made(
        net_mass_kg=kg_text(make.mass_mg),
        elements=element_masses(make),
        certified=make.certified,
        allocated=allocated,
        price="10",
        rows=figure_rows(figures.rows),
        alternative=co2e_document(figures.alternative),
        indicators=indicator_rows(figures.indicators),
        holding=to_base64url(commitment(text)),
        reference_price=None if reference_price is None else trillionths_text(reference_price),
        reference=_co2e_if_any(figures.reference),
    )


def cited(lump: Lump) -> SealedCertificate | None:
    return lump.issuance.certificates[lump.output]


def _taken(lump: Lump) -> InputFigures:
    batch = cited(lump)
    if batch is None:
        raise LookupError(lump.output)
    return InputFigures.of(batch.record, lump.mass_mg)


def _input(lump: Lump, brought: Contribution) -> tuple[InputFacts, Source]:
    batch = cited(lump)
    if batch is None:
        raise LookupError(lump.output)
    said = batch.record.batch
    facts = InputFacts(
        material=said.description, kind=said.kind, mass_kg=kg_text(lump.mass_mg), mark=to_base64url(lump.mark)
    )
    return facts, Source(
        certificate=batch.digest,
        run=lump.issuance.run.digest,
        output=lump.output,
        registry=batch.record.registry,
        supplier=batch.record.issuer.did,
        creator=to_base64url(lump.creator),
        holding=lump.text,
        rows=figure_rows(brought.rows),
        alternative=co2e_document(brought.alternative),
        indicators=indicator_rows(brought.indicators),
        quality=batch.record.footprint.quality,
        reference=_co2e_if_any(brought.reference),
    )


def honest_input(lump: Lump) -> tuple[InputFacts, Source]:
    """Return an input as it is honestly said."""
    return _input(lump, contribution(_taken(lump)))


def resealed(world: World, old: Issuance) -> SealedCertificate:
    """Return another certificate of an issuance's first output, with a number and a status place of its own."""
    facts = old.certificate.record
    changed = {
        "id": f"urn:uuid:{world.salt(4).hex()}-0000-4000-8000-{world.salt(6).hex()}",
        "status": StatusPlace(list=0, index=next(world.indexes)),
    }
    plain = {name: getattr(facts, name) for name in CertificateFacts.__struct_fields__} | changed
    return seal_certificate(CertificateFacts(**plain), run=old.run, signer=key(old.producer), new_salt=world.salt)


def value_of(made: SealedCertificate | None) -> bytes:
    if made is None:
        return NO_CERTIFICATE
    place = made.record.status
    return certificate_value(certificate_digest_bytes(made.digest), status_list=place.list, status_index=place.index)


def name_of(owner: str) -> str:
    """Return the name that a producer's DID was made from."""
    return owner.removeprefix("did:web:").removesuffix(".example")
