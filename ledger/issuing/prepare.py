"""A production record becomes an issuance: its inputs reserved, computed, signed with the key kept here, and accepted.

Rules:

1. All of it happens in the one writing transaction of `ledger.issuing.issue`; what is found can't change before it is
   logged.
2. Of each input exactly the mass written is used: of one holding where one has it, else of several, each an input of
   its own.
3. The holdings of all outputs are the producer's, also of those that get no certificate.
4. Electricity instruments are drawn like inputs, from the lots of their statements (`ledger.lots.energy_instruments`).
   A statement that has none is entered in the same request, so that both are logged or neither.
5. A record that is refused leaves all that it reserved as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from ledger.claims.draft import earlier_certificates
from ledger.drafting.draft import Draft
from ledger.factors.tables import FactorTables
from ledger.footprint.inventory import PublishedFacts, is_goods
from ledger.issuing.accept import Accepted, Registrar, check_lots_differ, check_not_expired
from ledger.issuing.signing import InputHolding, Producer, Sealing, draft_run, sign_run
from ledger.lots.assay_gains import Gains
from ledger.lots.balance import LotShelf, check_in_force, check_unit, split_posting
from ledger.lots.certificates import opened
from ledger.lots.energy_instruments import StatementDraw, entering, keys_of, wanted_of
from ledger.lots.issuance import lots_made
from ledger.registry.append import Posting
from ledger.registry.registry import RegistrySnapshot
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, to_base64url
from ledger.seal.sdjwt import OpenCertificate
from ledger.seal.signer import Signer
from ledger.store.lots import StoredLot
from ledger.store.places import StatusPlaces
from ledger.verify.inputs import TIME_ZONE_MS
from schemas.certificate import Facility
from schemas.holding import Use
from schemas.instant import epoch_ms, instant_text, whole_second
from schemas.lot import normal_lot
from schemas.problem import OreprintError, RefusedError, placed
from schemas.quantity import milligrams
from schemas.record import ProductionRecord
from schemas.run import MOST_INPUTS
from schemas.written import WrittenInput


class Plan(NamedTuple):
    """A record's draft and reserved inputs; `postings` split holdings and enter statements for it."""

    draft: Draft
    holdings: tuple[InputHolding, ...]
    postings: tuple[Posting, ...]


def request_digest(record: ProductionRecord) -> bytes:
    """Return what tells one record from another, however it was spelled."""
    return sha256(record.model_dump_json(exclude_none=True).encode()).digest()


@dataclass(slots=True)
class IssueSession:
    """The state of one transaction on records: the rows looked up and the reservations so far."""

    registrar: Registrar
    tables: FactorTables
    places: StatusPlaces
    sealing: Sealing
    gains: Gains
    signer_of: Callable[[str], Signer]
    _signers: dict[str, Signer] = field(default_factory=dict)
    _undo: list[Callable[[], None]] = field(default_factory=list)

    @classmethod
    def begin(cls, seen: RegistrySnapshot, tables: FactorTables, records: Sequence[ProductionRecord]) -> IssueSession:
        """Look up what concerns all records of a transaction at once."""
        registry, connection = seen.registry, seen.connection
        session = cls(
            Registrar.begin(seen, tables),
            tables,
            StatusPlaces(connection, registry.runtime.random, expected=len(records)),
            Sealing(registry.did, seen.now_ms, registry.runtime.random),
            Gains(connection),
            lambda did: registry.signer(connection, did, "producer"),
        )
        session.look_up(records)
        return session

    def look_up(self, records: Sequence[ProductionRecord]) -> None:
        """Look up the lots that records make and the statements that they name; of others nothing is known here."""
        self.registrar.look_up(
            [(each.facility, normal_lot(output.lot)) for each in records for output in each.outputs],
            [key for each in records for key in keys_of(each)],
        )

    def producer(self, record: ProductionRecord) -> Producer:
        """Return the signer of a record.

        Raises:
            RefusedError: `issue.unknown-producer`, `issue.not-your-plant`, `issue.no-key`, `issue.key-ended`.
        """
        did = record.producer
        plant = self.registrar.plant(did, record.facility)
        if did not in self._signers:
            self._signers[did] = self.signer_of(did)
        return Producer(self.registrar.parties[did], plant, self._signers[did])

    def place(self, producer: str) -> tuple[int, int]:
        """Take a free place of the status lists for a producer."""
        place = self.places.take()
        self.registrar.handed_out[place] = producer
        return place

    def earlier(self, record: ProductionRecord) -> dict[str, PublishedFacts]:
        """Return the certificates of earlier periods that claims are measured from, by digest."""
        stock = self.registrar.stock
        return earlier_certificates(record, lambda digest: opened(stock.jws(certificate_digest_bytes(digest))).record)

    # -- the whole way -----------------------------------------------------------------------------------------------

    def prepare(self, record: ProductionRecord, request: bytes) -> tuple[Draft, Accepted]:
        """Reserve, draft, sign and accept a record, to be known again by its digest `request`.

        Raises:
            OreprintError: `issue.*`, `holding.*`, and what the draft refuses; then it has reserved nothing.
        """
        producer = self.producer(record)
        check_signable(record, now_ms=self.registrar.now_ms)
        said = record.instrument.cancelled if record.instrument else None
        self.registrar.check_new(record.producer, record.facility, [output.lot for output in record.outputs], said)
        with self.tentative():
            plan = self.plan(record, producer.facility)
            signed = sign_run(
                record,
                plan.draft,
                plan.holdings,
                producer=producer,
                places=[self.place(record.producer) for _ in plan.draft.certified],
                sealing=self.sealing,
            )
            accepted = self.registrar.accept(signed.submission, signed.findings, request=request)
        return plan.draft, Accepted(signed.submission, (*plan.postings, *accepted.postings), accepted.findings)

    def tentative(self) -> _Tentative:
        """Take back what the block has reserved, where it is refused."""
        return _Tentative(self._undo)

    def settle(self) -> None:
        """Keep what was reserved so far: it can't be taken back any more, and is forgotten how to."""
        self._undo.clear()

    def plan(self, record: ProductionRecord, facility: Facility) -> Plan:
        """Reserve the inputs and compute."""
        holdings: list[InputHolding] = []
        postings: list[Posting] = []
        for index, item in enumerate(record.inputs):
            self._reserve_input(record.producer, item, f"inputs[{index}]", holdings, postings)
        statements = wanted_of(record)
        # each of them that is new is entered, which is as much work as a record
        check_number(len(holdings) + len(statements))
        for wanted in statements:
            self._reserve_power(record, wanted, holdings, postings)
        check_number(len(holdings))
        draft = draft_run(record, holdings, facility=facility, tables=self.tables, earlier=self.earlier(record))
        goods = (each.upstream for each in holdings if is_goods(each.upstream.record))
        self.gains.check(draft.inventory, (each.digest for each in goods))
        return Plan(draft, tuple(holdings), tuple(postings))

    # -- what it uses ------------------------------------------------------------------------------------------------

    def _reserve_input(
        self, owner: str, item: WrittenInput, place: str, holdings: list[InputHolding], postings: list[Posting]
    ) -> None:
        stock = self.registrar.stock
        with placed(place):
            found = stock.usable(owner, item.certificate or item.lot or "")
        if found.lot.certificate is None:
            raise RefusedError.at("holding.not-certified", place, lot=found.lot.lot)
        check_unit(found.lot, "kg", place)
        upstream = opened(stock.jws(found.lot.certificate))
        check_in_force(upstream.record, now_ms=self.registrar.now_ms, place=place)
        self._reserve(found, upstream, milligrams(item.mass), place, holdings, postings)

    def _reserve_power(
        self, record: ProductionRecord, wanted: StatementDraw, holdings: list[InputHolding], postings: list[Posting]
    ) -> None:
        """Reserve the kWh that the lines draw from the lot of a statement, which is entered first if it has none."""
        statements = self.registrar.statements
        lot = statements.lot(wanted.key, producer=record.producer)
        if lot is None:
            found, upstream = self._enter(entering(record, wanted, statements.freed_by(wanted.key)), postings)
        else:
            found, upstream = self._lot_of(record.producer, lot, wanted)
        said = upstream.record.instrument
        if said is not None:
            wanted.check_said(said, milligrams(upstream.record.batch.net_mass_kg))
        self._reserve(found, upstream, wanted.mwh, "electricity", holdings, postings)

    def _reserve(
        self,
        found: LotShelf,
        upstream: OpenCertificate,
        mass_mg: int,
        place: str,
        holdings: list[InputHolding],
        postings: list[Posting],
    ) -> None:
        """Reserve holdings that have a mass together; splits that make them go before what uses them."""
        shelf, before = found.shelf, list(found.shelf.held)
        self._undo.append(lambda: shelf.held.__setitem__(slice(None), before))
        drawn = self.registrar.stock.reserve(found, mass_mg, self.sealing.holding_salt, place=place)
        for piece, each in enumerate(drawn):
            use = Use(creator=to_base64url(each.held.creator), holding=each.held.text)
            holdings.append(InputHolding(upstream, use, each.held.mass_mg, piece))
            postings += (split_posting(made, found.lot, shelf.holder) for made in each.splits)

    def _lot_of(self, producer: str, lot: StoredLot, wanted: StatementDraw) -> tuple[LotShelf, OpenCertificate]:
        """Return what the producer can draw of the lot of a statement, and its certificate."""
        stock = self.registrar.stock
        try:
            found = stock.usable(producer, certificate_digest_text(lot.certificate or b""))
        except RefusedError as error:
            if error.problems[0].code == "holding.not-yours":
                raise wanted.used() from error
            raise
        return found, opened(stock.jws(found.lot.certificate or b""))

    def _enter(self, record: ProductionRecord, postings: list[Posting]) -> tuple[LotShelf, OpenCertificate]:
        """Enter a statement in this very request; return its lot and certificate."""
        self.look_up([record])
        _, accepted = self.prepare(record, request_digest(record))
        postings += accepted.postings
        made, jws = next(lots_made(accepted.postings))
        stock = self.registrar.stock
        stock.put(made, jws)
        self._undo.append(lambda: stock.forget(made.lot))
        return made, opened(jws or "")


class _Tentative:
    """A block that takes back what it has reserved, where it is refused. A class is quicker than a generator."""

    __slots__ = ("_done", "_undo")

    def __init__(self, undo: list[Callable[[], None]]) -> None:
        self._undo = undo

    def __enter__(self) -> None:
        self._done = len(self._undo)

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        while isinstance(error, OreprintError) and len(self._undo) > self._done:
            self._undo.pop()()


def check_number(uses: int) -> None:
    """Refuse a run that uses more holdings than it can name; raise RefusedError `holding.many`."""
    if uses > MOST_INPUTS:
        raise RefusedError.at("holding.many", "inputs", count=uses, limit=MOST_INPUTS)


def check_signable(record: ProductionRecord, *, now_ms: int) -> None:
    """Check that a record can be signed: the run is over, a certificate is asked for, and lots differ.

    Raises:
        RefusedError: `issue.not-over`, `issue.nothing-certified`, `issue.expired`, `issue.lot-twice`.
    """
    if epoch_ms(f"{record.period.end}T00:00:00Z") > now_ms + TIME_ZONE_MS:
        raise RefusedError.at(
            "issue.not-over", "period.end", end=record.period.end, now=instant_text(whole_second(now_ms))
        )
    if not any(output.certify for output in record.outputs):
        raise RefusedError.at("issue.nothing-certified", "outputs")
    check_not_expired(record.valid_until, "valid_until", now_ms=now_ms)
    check_lots_differ([output.lot for output in record.outputs])
