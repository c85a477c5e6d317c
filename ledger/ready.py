"""A production record made ready to be logged: checked, its inputs resolved, computed, drawn, sealed.

Rules:

1. All of it happens in the one writing transaction of `ledger.issue`; what is found can't change before it is logged.
2. Nothing is drawn before the record is computed; if sealing fails, what was drawn is put back.
3. Of each input exactly the mass written is used: of one holding where one has it, else of several, each an input of its own.
4. The holdings of all outputs are the producer's, also of those that get no certificate.

What this module does not do: it computes nothing (`ledger.footprint.draft`) and logs nothing (`ledger.issue`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.append import Posting
from ledger.capacity import Capacities
from ledger.claims.draft import draft_with_claims
from ledger.footprint.draft import Upstream
from ledger.gains import Gains
from ledger.holdings.mark import (
    commitment,
    holding_text,
    run_mark,
)
from ledger.issuance import IssuedCertificate, batch_rows, certified, content_of, issuance_rows, values_of
from ledger.lineage import lineage, undone
from ledger.seal.certificate import seal_run
from ledger.seal.digest import certificate_digest_bytes, digest_bytes, to_base64url
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.sealing import Sealing, sealed_input
from ledger.stock import Stock, check_in_force, split_posting, too_little
from ledger.store import schema
from ledger.store.lots import StoredLot, lots_at, used_instruments
from ledger.store.parties import facilities, issuers
from ledger.store.places import StatusPlaces
from schemas.holding import Holder, Use
from schemas.inventory import instrument_key
from schemas.lot import normal_lot
from schemas.problem import MissingError, OreprintError, RefusedError
from schemas.quantity import kg_text, milligrams
from schemas.run import MOST_INPUTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ledger.append import Request
    from ledger.book import Book
    from ledger.footprint.draft import CertifiedDraft, Draft
    from ledger.footprint.factors import FactorTables
    from ledger.footprint.rules import Finding
    from ledger.holdings.drawing import Drawn
    from ledger.seal.certificate import SealedCertificate, SealedRun
    from ledger.stock import LotShelf
    from schemas.certificate import CertificateRecord, Facility, Follows, Issuer
    from schemas.record import ProductionRecord, WrittenInput

CERTIFICATES_KEPT: Final = 1024
"""Upstream certificates that stay parsed: reading one takes as long as computing a run."""


class Ready(NamedTuple):
    """A record that waits to be logged; `findings` are flags that don't stand in the way."""

    request: Request
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
        """What tells one input from another; an input that the record names twice has the same both times."""
        return f"{self.upstream.digest}#{self.piece}" if self.piece else self.upstream.digest


class Plan(NamedTuple):
    """A record with its inputs resolved, and its draft; nothing is drawn yet."""

    draft: Draft
    uses: tuple[_Use, ...]


@lru_cache(maxsize=CERTIFICATES_KEPT)
def opened(jws: str) -> OpenCertificate:
    """Return the public view of a stored certificate."""
    return open_certificate(f"{jws}~")


@dataclass(slots=True)
class Bench:
    """One transaction's work on records: what it has looked up, and what it has drawn so far."""

    book: Book
    connection: Connection
    tables: FactorTables
    now_ms: int
    stock: Stock
    places: StatusPlaces
    issuers: dict[str, Issuer]
    facilities: dict[str, tuple[str, Facility]]
    lots: dict[tuple[str, str], StoredLot]
    instruments: set[tuple[str, str]]
    sealing: Sealing
    gains: Gains
    capacities: Capacities

    @classmethod
    def begin(
        cls,
        book: Book,
        connection: Connection,
        tables: FactorTables,
        records: Sequence[ProductionRecord],
        *,
        now_ms: int,
        besides: Collection[bytes] = (),
    ) -> Bench:
        """Look around at the beginning of a transaction, for all its records at once.

        What the issuances `besides` use counts as free: the records correct them.
        """
        wanted = [(each.facility, normal_lot(output.lot)) for each in records for output in each.outputs]
        named = [instrument for each in records for instrument in instruments_of(each)]
        return cls(
            book,
            connection,
            tables,
            now_ms,
            Stock(connection, book.registry, now_ms),
            StatusPlaces(connection, book.around.random),
            issuers(connection),
            facilities(connection),
            lots_at(connection, wanted),
            _in_use(connection, named, besides),
            Sealing(book.registry, now_ms, book.around.random),
            Gains(connection),
            Capacities.own(connection),
        )

    def make_ready(self, record: ProductionRecord, request: bytes) -> Ready:
        """Return a record ready to be logged, to be known again by its digest `request`; when it is refused, nothing was drawn.

        Raises:
            OreprintError: `issue.*`, `holding.*`, and what the draft refuses.

        """
        self.check(record)
        plan = self.plan(record)
        before = [(use.found.shelf, list(use.found.shelf.held)) for use in plan.uses]
        try:
            ready = self._seal(record, plan, request)
        except OreprintError:
            for shelf, held in before:
                shelf.held[:] = held
            raise
        self.instruments.update(instruments_of(record))
        return ready

    # -- may it be issued ------------------------------------------------------------------------------------------

    def check(self, record: ProductionRecord) -> None:
        """Refuse a record of a stranger, of another's plant, or for a lot that exists."""
        self.check_producer(record)
        lots = [normal_lot(output.lot) for output in record.outputs]
        if len(set(lots)) < len(lots):
            raise RefusedError.at("issue.lot-twice", "outputs")
        for index, lot in enumerate(lots):
            taken = self.lots.get((record.facility, lot))
            if taken is not None:
                gone = taken.touched and lineage(self.connection, taken).state == "undone"
                code = "issue.lot-undone" if gone else "issue.lot-taken"
                raise RefusedError.at(code, f"outputs[{index}].lot", lot=taken.lot)
        for index, output in enumerate(record.outputs):
            if output.owner is not None and output.owner not in self.issuers:
                raise RefusedError.at("issue.unknown-owner", f"outputs[{index}].owner", owner=output.owner)
        self.check_instruments(record)

    def check_producer(self, record: ProductionRecord) -> None:
        """Refuse a record of a stranger, or of another's plant."""
        producer = record.producer
        if producer not in self.issuers:
            raise RefusedError.at("issue.unknown-producer", "producer", producer=producer)
        if self.facilities.get(record.facility, ("",))[0] != producer:
            raise RefusedError.at("issue.not-your-plant", "facility", producer=producer, facility=record.facility)
        if producer not in self.book.signers:
            raise RefusedError.at("issue.no-key", "producer", producer=producer)

    def check_instruments(self, record: ProductionRecord) -> None:
        """Refuse a record with an electricity instrument that another run has used."""
        for scheme, statement in self.instruments.intersection(instruments_of(record)):
            raise RefusedError.at("holding.instrument-used", "electricity", scheme=scheme, statement=statement)

    # -- what it uses ----------------------------------------------------------------------------------------------

    def plan(self, record: ProductionRecord) -> Plan:
        """Resolve the inputs and compute."""
        uses = tuple(use for at, item in enumerate(record.inputs) for use in self._uses(record.producer, at, item))
        if len(uses) > MOST_INPUTS:
            raise RefusedError.at("holding.many", "inputs", count=len(uses), limit=MOST_INPUTS)
        if len(uses) > len(record.inputs):
            pieces = [record.inputs[use.item].model_copy(update={"mass": kg_text(use.mass_mg)}) for use in uses]
            record = record.model_copy(update={"inputs": tuple(pieces)})
        upstream = [Upstream(use.upstream.record, use.identity) for use in uses]
        plant, earlier = self.facilities[record.facility][1], self._earlier(record)
        draft = draft_with_claims(record, upstream, facility=plant, tables=self.tables, earlier=earlier)
        self.gains.check(draft.inventory, (use.upstream.digest for use in uses))
        return Plan(draft, uses)

    def _earlier(self, record: ProductionRecord) -> dict[str, CertificateRecord]:
        """Return the certificates of earlier periods that claims are measured from, by digest."""
        found: dict[str, CertificateRecord] = {}
        for index, claim in enumerate(record.claims):
            digest = claim.baseline.certificate if claim.baseline else None
            if digest is not None:
                place = f"claims[{index}].baseline"
                try:
                    jws = self.stock.jws(certificate_digest_bytes(digest, place=place))
                except MissingError as error:
                    raise RefusedError.at("claim.baseline", place, certificate=digest) from error
                found[digest] = opened(jws).record
        return found

    def _uses(self, producer: str, index: int, item: WrittenInput) -> Iterator[_Use]:
        found = self.stock.usable(producer, item.certificate or item.lot or "")
        if found.lot.certificate is None:
            raise RefusedError.at("holding.not-certified", f"inputs[{index}]", lot=found.lot.lot)
        upstream = opened(self.stock.jws(found.lot.certificate))
        check_in_force(upstream.record, now_ms=self.now_ms, place=f"inputs[{index}]")
        mass = milligrams(item.mass)
        masses = found.shelf.choose(mass)
        if masses is None:
            raise too_little(found, upstream.record, needed_mg=mass, place=f"inputs[{index}]")
        return (_Use(index, piece, found, each, upstream) for piece, each in enumerate(masses))

    # -- what it makes ---------------------------------------------------------------------------------------------

    def _seal(self, record: ProductionRecord, plan: Plan, request: bytes) -> Ready:
        """Draw, seal, and put together all that is to be logged."""
        holder = Holder(owner=record.producer, registry=self.book.registry)
        drawn = [use.found.shelf.draw(use.mass_mg, self.sealing.holding_salt) for use in plan.uses]
        texts = [
            holding_text(
                self.sealing.holding_salt(),
                holder if each.owner is None else Holder(owner=each.owner, registry=holder.registry),
            )
            for each in record.outputs
        ]
        run = self._run(record, plan, drawn, texts)
        sealed = {each.index: self.certificate(record, each, run) for each in plan.draft.certified}
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
            marks=tuple(each.held.mark for each in drawn) or (run_mark(run_digest),),
            uses=tuple(each.held.commitment for each in drawn),
            rows=(
                (schema.REQUESTS, (request, issuance)),
                *batch_rows(issuance, run.run, plan.draft.outputs, texts),
                *issuance_rows(issuance, run.texts, instruments_of(record), certificates),
            ),
        )
        flags = self.capacities.flags(each.record.batch for each in sealed.values())
        return Ready((*splits, posting), issuance, issued_certificates(sealed), (*plan.draft.findings, *flags))

    def _run(self, record: ProductionRecord, plan: Plan, drawn: Sequence[Drawn], texts: Sequence[str]) -> SealedRun:
        made = plan.draft
        facts = self.sealing.run_facts(record, made, [to_base64url(commitment(text)) for text in texts])
        inputs = [
            sealed_input(each, use.upstream, Use(creator=to_base64url(got.held.creator), holding=got.held.text))
            for each, use, got in zip(made.inputs, plan.uses, drawn, strict=True)
        ]
        return seal_run(facts, inputs=inputs, inventory=made.groups, outputs=made.outputs, new_salt=self.sealing.salt)

    def certificate(
        self, record: ProductionRecord, made: CertifiedDraft, run: SealedRun, follows: Follows | None = None
    ) -> SealedCertificate:
        """Return the signed certificate of one output, at a status place of its own."""
        return self.sealing.certificate(
            made,
            run,
            place=self.places.take(),
            issuer=self.issuers[record.producer],
            signer=self.book.signers[record.producer],
            valid_until=record.valid_until,
            follows=follows,
        )


def _in_use(
    connection: Connection, named: Sequence[tuple[str, str]], besides: Collection[bytes]
) -> set[tuple[str, str]]:
    """Return those instruments that a run uses which stands, other than `besides`."""
    used = used_instruments(connection, named) if named else ()
    return {
        (scheme, statement)
        for scheme, statement, issuance in used
        if issuance not in besides and not undone(connection, issuance)
    }


def instruments_of(record: ProductionRecord) -> list[tuple[str, str]]:
    """Return each electricity instrument of a record that is used once, as `(scheme, statement)`."""
    instruments = (each for line in record.electricity for each in line.instruments)
    return [instrument_key(each.scheme, each.statement) for each in instruments if each.kind != "supplier"]


def issued_certificates(sealed: Mapping[int, SealedCertificate]) -> tuple[IssuedCertificate, ...]:
    """Return what a producer gets of its certificates."""
    return tuple(
        IssuedCertificate(each.record.batch.lot, each.digest, each.record.id, each.text) for each in sealed.values()
    )
