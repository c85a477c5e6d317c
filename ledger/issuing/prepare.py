"""A production record made ready to be logged: checked, its inputs resolved, computed, drawn, sealed.

Rules:

1. All of it happens in the one writing transaction of `ledger.issuing.issue`; what is found can't change before it is logged.
2. Nothing is drawn before the record is computed; if sealing fails, what was drawn is put back.
3. Of each input exactly the mass written is used: of one holding where one has it, else of several, each an input of its own.
4. The holdings of all outputs are the producer's, also of those that get no certificate.
5. Electricity instruments are drawn like inputs, from the lots of their statements (`ledger.lots.energy_instruments`); a statement that has none is entered
   in the same request, so that both are logged or neither.

What this module does not do: it computes nothing (`ledger.drafting.draft`) and logs nothing (`ledger.issuing.issue`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.claims.draft import draft_with_claims, earlier_of
from ledger.drafting.draft import Upstream, piece_of
from ledger.footprint.inventory import is_goods
from ledger.holdings.mark import commitment, holding_text, run_mark
from ledger.issuing.facts import Sealing, sealed_input
from ledger.lots.assay_gains import Gains
from ledger.lots.balance import LotShelf, Stock, check_in_force, check_unit, split_posting, too_little
from ledger.lots.energy_instruments import Statements, check_home, entering, keys_of, wanted_of
from ledger.lots.issuance import (
    IssuedCertificate,
    batch_rows,
    certified,
    content_of,
    issuance_rows,
    lots_made,
    values_of,
)
from ledger.lots.lineage import lineage
from ledger.lots.plant_capacity import Capacities
from ledger.registry.append import Posting
from ledger.registry.pinned import own_trust, trust_in
from ledger.seal.certificate import seal_run
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, digest_bytes, to_base64url
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.store import schema
from ledger.store.lots import lots_at
from ledger.store.parties import facilities, issuers
from ledger.store.places import StatusPlaces
from ledger.verify.inputs import TIME_ZONE_MS
from ledger.verify.instruments import marks_of
from schemas.document import known
from schemas.holding import Holder, Use
from schemas.instant import epoch_ms, instant_text, whole_second
from schemas.lot import normal_lot
from schemas.problem import OreprintError, RefusedError, placed
from schemas.quantity import kg_text, milligrams
from schemas.run import MOST_INPUTS
from schemas.written import WrittenInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ledger.drafting.draft import CertifiedDraft, Draft
    from ledger.factors.tables import FactorTables
    from ledger.footprint.inventory import Published
    from ledger.holdings.drawing import Drawn
    from ledger.lots.energy_instruments import Wanted
    from ledger.plausibility.rules import Finding
    from ledger.registry.append import Postings
    from ledger.registry.registry import OpenRegistry
    from ledger.seal.certificate import SealedCertificate, SealedRun
    from ledger.seal.signer import Signer
    from ledger.store.lots import StoredLot
    from ledger.trust.pinned import Trust
    from schemas.certificate import Facility, Issuer
    from schemas.inventory import Cancelled
    from schemas.record import ProductionRecord

_holder, _use = known(Holder), known(Use)

CERTIFICATES_KEPT: Final = 1024
"""Upstream certificates that stay parsed: reading one takes as long as computing a run."""


class Ready(NamedTuple):
    """A record that waits to be logged; `findings` are flags that don't stand in the way."""

    request: Postings
    issuance: bytes
    certificates: tuple[IssuedCertificate, ...]
    findings: tuple[Finding, ...]


class _Use(NamedTuple):
    """A mass to be drawn of one holding: piece number `piece` of the record's input number `item`."""

    item: int
    piece: int
    found: LotShelf
    mass_mg: int
    upstream: OpenCertificate

    @property
    def identity(self) -> str:
        """What tells one input from another."""
        return piece_of(self.upstream.digest, self.piece)


class Plan(NamedTuple):
    """A record with its inputs resolved, its draft, and the statements that are entered for it; nothing is drawn yet."""

    draft: Draft
    uses: tuple[_Use, ...]
    entered: tuple[Posting, ...]


def request_digest(record: ProductionRecord) -> bytes:
    """Return what tells one record from another, however it was spelled."""
    return sha256(record.model_dump_json(exclude_none=True).encode()).digest()


@lru_cache(maxsize=CERTIFICATES_KEPT)
def opened(jws: str) -> OpenCertificate:
    """Return the public view of a stored certificate."""
    return open_certificate(f"{jws}~")


@dataclass(slots=True)
class Bench:
    """One transaction's work on records: what it has looked up, and what it has drawn so far."""

    registry: OpenRegistry
    connection: Connection
    tables: FactorTables
    now_ms: int
    stock: Stock
    places: StatusPlaces
    issuers: dict[str, Issuer]
    facilities: dict[str, tuple[str, Facility]]
    lots: dict[tuple[str, str], StoredLot]
    statements: Statements
    sealing: Sealing
    gains: Gains
    trust: Trust | None
    capacities: Capacities
    signers: dict[str, Signer] = field(default_factory=dict)

    @classmethod
    def begin(
        cls,
        registry: OpenRegistry,
        connection: Connection,
        tables: FactorTables,
        records: Sequence[ProductionRecord],
        *,
        now_ms: int,
    ) -> Bench:
        """Look around at the beginning of a transaction, for all its records at once."""
        trust = own_trust(connection)
        bench = cls(
            registry,
            connection,
            tables,
            now_ms,
            Stock(connection, registry.did, now_ms),
            StatusPlaces(connection, registry.runtime.random),
            issuers(connection),
            facilities(connection),
            {},
            Statements(connection, ()),
            Sealing(registry.did, now_ms, registry.runtime.random),
            Gains(connection),
            trust,
            Capacities.of(connection, trust),
        )
        bench.look_up(records)
        return bench

    def look_up(self, records: Sequence[ProductionRecord]) -> None:
        """Look up what records make and name; of others nothing is known here."""
        wanted = [(each.facility, normal_lot(output.lot)) for each in records for output in each.outputs]
        self.lots |= lots_at(self.connection, wanted)
        self.statements.look_up([key for each in records for key in keys_of(each)])

    def make_ready(self, record: ProductionRecord, request: bytes) -> Ready:
        """Return a record ready to be logged, to be known again by its digest `request`; when it is refused, nothing was drawn.

        Raises:
            OreprintError: `issue.*`, `holding.*`, and what the draft refuses.

        """
        self.check(record)
        return self.draw(record, self.plan(record), request)

    def draw(self, record: ProductionRecord, plan: Plan, request: bytes) -> Ready:
        """Draw what was planned and seal it; when that is refused, nothing was drawn."""
        before = [(use.found.shelf, list(use.found.shelf.held)) for use in plan.uses]
        try:
            return self._seal(record, plan, request)
        except OreprintError:
            for shelf, held in before:
                shelf.held[:] = held
            raise

    # -- may it be issued ------------------------------------------------------------------------------------------

    def check(self, record: ProductionRecord) -> None:
        """Refuse a record of a stranger, of another's plant, for a lot that exists, or as `check_signable`."""
        self.check_producer(record)
        self._check_kinds(record)
        check_signable(record, now_ms=self.now_ms)
        if record.instrument is not None:
            self._check_statement(record.producer, record.instrument.cancelled)
        for index, output in enumerate(record.outputs):
            there = self.lots.get((record.facility, normal_lot(output.lot)))
            if there is not None:
                raise lot_taken(self.connection, there, f"outputs[{index}].lot")
        for index, output in enumerate(record.outputs):
            if output.owner is not None and output.owner not in self.issuers:
                raise RefusedError.at("issue.unknown-owner", f"outputs[{index}].owner", owner=output.owner)

    def check_producer(self, record: ProductionRecord) -> None:
        """Refuse a record of a stranger, or of another's plant."""
        producer = record.producer
        if producer not in self.issuers:
            raise RefusedError.at("issue.unknown-producer", "producer", producer=producer)
        if self.facilities.get(record.facility, ("",))[0] != producer:
            raise RefusedError.at("issue.not-your-plant", "facility", producer=producer, facility=record.facility)
        if producer not in self.signers:
            self.signers[producer] = self.registry.signer(self.connection, producer, "producer")

    def _check_kinds(self, record: ProductionRecord) -> None:
        """Refuse to certify what no verifier would take from this producer, by the registry's trust list."""
        key = self.trust.keys.get(self.signers[record.producer].kid) if self.trust else None
        for index, output in enumerate(record.outputs if key else ()):
            if key and output.certify and not key.may_certify(record.facility, output.kind):
                told = {"producer": record.producer, "kind": output.kind, "facility": record.facility}
                raise RefusedError.at("issue.kind", f"outputs[{index}].kind", **told)

    def _check_statement(self, producer: str, said: Cancelled) -> None:
        """Refuse to enter a statement that stands entered, or elsewhere than its scheme's home."""
        self.statements.check_free(said)
        if self.trust is not None:
            trust = trust_in(self.connection)
            check_home(trust, said, producer=producer, registry=self.registry.did, now_ms=self.now_ms)

    # -- what it uses ----------------------------------------------------------------------------------------------

    def plan(self, record: ProductionRecord) -> Plan:
        """Resolve the inputs and compute."""
        uses = tuple(use for at, item in enumerate(record.inputs) for use in self._uses(record.producer, at, item))
        statements = wanted_of(record)
        # each of them that is new is entered, which is as much work as a record
        check_number(len(uses) + len(statements))
        power, entered = self._power(record, statements)
        uses += power
        check_number(len(uses))
        if len(uses) > len(record.inputs):
            pieces = [
                WrittenInput.model_construct(certificate=use.upstream.digest, mass=kg_text(use.mass_mg)) for use in uses
            ]
            record = record.model_copy(update={"inputs": tuple(pieces)})
        upstream = [Upstream(use.upstream.record, use.identity) for use in uses]
        plant, earlier = self.facilities[record.facility][1], self.earlier(record)
        draft = draft_with_claims(record, upstream, facility=plant, tables=self.tables, earlier=earlier)
        self.gains.check(draft.inventory, (use.upstream.digest for use in uses if is_goods(use.upstream.record)))
        return Plan(draft, uses, entered)

    def earlier(self, record: ProductionRecord) -> dict[str, Published]:
        """Return the certificates of earlier periods that claims are measured from, by digest."""
        return earlier_of(record, lambda digest: opened(self.stock.jws(certificate_digest_bytes(digest))).record)

    def _uses(self, producer: str, index: int, item: WrittenInput) -> Iterator[_Use]:
        with placed(f"inputs[{index}]"):
            found = self.stock.usable(producer, item.certificate or item.lot or "")
        if found.lot.certificate is None:
            raise RefusedError.at("holding.not-certified", f"inputs[{index}]", lot=found.lot.lot)
        check_unit(found.lot, "kg", f"inputs[{index}]")
        upstream = opened(self.stock.jws(found.lot.certificate))
        check_in_force(upstream.record, now_ms=self.now_ms, place=f"inputs[{index}]")
        mass = milligrams(item.mass)
        masses = found.shelf.choose(mass)
        if masses is None:
            raise too_little(found, upstream.record, needed_mg=mass, place=f"inputs[{index}]")
        return (_Use(index, piece, found, each, upstream) for piece, each in enumerate(masses))

    def _power(
        self, record: ProductionRecord, statements: Sequence[Wanted]
    ) -> tuple[tuple[_Use, ...], tuple[Posting, ...]]:
        """Return the kWh that the lines draw from the lots of their statements, and what enters the statements that have none."""
        uses: list[_Use] = []
        entered: list[Posting] = []
        for wanted in statements:
            lot = self.statements.lot(wanted.key, producer=record.producer)
            if lot is None:
                found, upstream, postings = self._enter(entering(record, wanted, self.statements.freed_by(wanted.key)))
                entered += postings
            else:
                found, upstream = self._lot_of(record.producer, lot, wanted)
            said = upstream.record.instrument
            if said is not None:
                wanted.check_said(said, milligrams(upstream.record.batch.net_mass_kg))
            masses = found.shelf.choose(wanted.mwh)
            if masses is None:
                raise too_little(found, upstream.record, needed_mg=wanted.mwh, place="electricity")
            at = len(record.inputs) + len(uses)
            uses += (_Use(at, piece, found, each, upstream) for piece, each in enumerate(masses))
        return tuple(uses), tuple(entered)

    def _lot_of(self, producer: str, lot: StoredLot, wanted: Wanted) -> tuple[LotShelf, OpenCertificate]:
        """Return what the producer can draw of the lot of a statement, and its certificate."""
        try:
            found = self.stock.usable(producer, certificate_digest_text(lot.certificate or b""))
        except RefusedError as error:
            if error.problems[0].code == "holding.not-yours":
                raise wanted.used() from error
            raise
        return found, opened(self.stock.jws(found.lot.certificate or b""))

    def _enter(self, record: ProductionRecord) -> tuple[LotShelf, OpenCertificate, Postings]:
        """Return the lot of a statement that is entered in this very request, its certificate, and what enters it."""
        self.look_up([record])
        request = self.make_ready(record, request_digest(record)).request
        made, jws = next(lots_made(request))
        return made, opened(jws or ""), request

    # -- what it makes ---------------------------------------------------------------------------------------------

    def _seal(self, record: ProductionRecord, plan: Plan, request: bytes) -> Ready:
        """Draw, seal, and put together all that is to be logged."""
        holder = _holder(owner=record.producer, registry=self.registry.did)
        drawn = [use.found.shelf.draw(use.mass_mg, self.sealing.holding_salt) for use in plan.uses]
        texts = [
            holding_text(
                self.sealing.holding_salt(),
                holder if each.owner is None else _holder(owner=each.owner, registry=holder.registry),
            )
            for each in record.outputs
        ]
        run = self._run(record, plan, drawn, texts)
        sealed = {each.index: self._certificate(record, each, run) for each in plan.draft.certified}
        certificates, run_digest = certified(sealed), digest_bytes(run.digest)
        content, issuance = content_of(run_digest, values_of(len(run.run.outputs), certificates))
        splits = [
            split_posting(made, use.found.lot, holder)
            for use, each in zip(plan.uses, drawn, strict=True)
            for made in each.splits
        ]
        posting = Posting(
            "issuance",
            issuance,
            content,
            marks=(
                *(tuple(each.held.mark for each in drawn) or (run_mark(run_digest),)),
                *(left for each in sealed.values() for left in marks_of(each.record)),
            ),
            uses=tuple(each.held.commitment for each in drawn),
            rows=(
                (schema.REQUESTS, (request, issuance)),
                *batch_rows(issuance, run.run, plan.draft.outputs, texts),
                *issuance_rows(issuance, run.texts, [record.instrument.key] if record.instrument else [], certificates),
            ),
        )
        flags = self.capacities.flags(each.record.batch for each in sealed.values())
        return Ready(
            (*plan.entered, *splits, posting), issuance, issued_certificates(sealed), (*plan.draft.findings, *flags)
        )

    def _run(self, record: ProductionRecord, plan: Plan, drawn: Sequence[Drawn], texts: Sequence[str]) -> SealedRun:
        made = plan.draft
        facts = self.sealing.run_facts(record, made, [to_base64url(commitment(text)) for text in texts])
        inputs = [
            sealed_input(each, use.upstream, _use(creator=to_base64url(got.held.creator), holding=got.held.text))
            for each, use, got in zip(made.inputs, plan.uses, drawn, strict=True)
        ]
        return seal_run(facts, inputs=inputs, inventory=made.groups, outputs=made.outputs, new_salt=self.sealing.salt)

    def _certificate(self, record: ProductionRecord, made: CertifiedDraft, run: SealedRun) -> SealedCertificate:
        """Return the signed certificate of one output, at a status place of its own."""
        return self.sealing.certificate(
            made,
            run,
            place=self.places.take(),
            issuer=self.issuers[record.producer],
            signer=self.signers[record.producer],
            valid_until=record.valid_until,
        )


def lot_taken(connection: Connection, lot: StoredLot, place: str) -> RefusedError:
    """Return the refusal of a lot that exists, at its plant: `issue.lot-taken`, `issue.lot-undone`."""
    gone = lot.touched and lineage(connection, lot).state == "undone"
    return RefusedError.at("issue.lot-undone" if gone else "issue.lot-taken", place, lot=lot.lot)


def check_number(uses: int) -> None:
    """Refuse a run that uses more holdings than it can name; raise RefusedError `holding.many`."""
    if uses > MOST_INPUTS:
        raise RefusedError.at("holding.many", "inputs", count=uses, limit=MOST_INPUTS)


def check_signable(record: ProductionRecord, *, now_ms: int) -> None:
    """Refuse a record that nobody could verify once it is signed: a run that is not over, no certificate, one that has expired, two of one lot.

    Raises:
        RefusedError: `issue.not-over`, `issue.nothing-certified`, `issue.expired`, `issue.lot-twice`.

    """
    if epoch_ms(f"{record.period.end}T00:00:00Z") > now_ms + TIME_ZONE_MS:
        raise RefusedError.at(
            "issue.not-over", "period.end", end=record.period.end, now=instant_text(whole_second(now_ms))
        )
    if not any(output.certify for output in record.outputs):
        raise RefusedError.at("issue.nothing-certified", "outputs")
    if record.valid_until is not None and epoch_ms(record.valid_until) <= now_ms:
        raise RefusedError.at("issue.expired", "valid_until", until=record.valid_until)
    if len({normal_lot(output.lot) for output in record.outputs}) < len(record.outputs):
        raise RefusedError.at("issue.lot-twice", "outputs")


def issued_certificates(sealed: Mapping[int, SealedCertificate]) -> tuple[IssuedCertificate, ...]:
    """Return what a producer gets of its certificates."""
    return tuple(
        IssuedCertificate(each.record.batch.lot, each.digest, each.record.id, each.text) for each in sealed.values()
    )
