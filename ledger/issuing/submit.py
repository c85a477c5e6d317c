"""Taking in runs that their producers sealed and signed themselves, with their own keys.

Rules:

1. Each is judged for itself (`ledger.issuing.submission`); then those that have nothing to do with each other share a commit.
2. Each holding used is the producer's, unused, not offered to anybody, and of exactly the mass and lot that the run says, by the lot's latest certificate; each status
   place is one kept for the producer; each lot is new in its plant; each holding created has a text of the producer's own;
   the key that signed is still good.
   That is asked in the writing transaction; one of which it isn't so is refused alone and changes nothing.
3. A correction uses and makes nothing: of it is asked that it follows the latest issuance of lots that stand, and that it repeats what may
   not change (`ledger.issuing.correction`).
4. The same signed bytes again get the first answer, however late, unless that was corrected or undone since; a second signature over the same holdings can never be logged.

What this module does not do: it computes and signs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ledger.holdings.mark import commitment, open_holding
from ledger.holdings.move import CLOCK_MS, TIME_TO_LOG_MS
from ledger.issuing.correct import before_of
from ledger.issuing.correction import check_repeats
from ledger.issuing.issue import Issued, answer_again, prepared, unchanged
from ledger.issuing.prepare import Ready, lot_taken
from ledger.issuing.submission import Brought, judge, open_brought
from ledger.lots.balance import Stock, check_in_force
from ledger.lots.energy_instruments import Statements, check_home
from ledger.lots.plant_capacity import Capacities
from ledger.registry.append import append
from ledger.registry.commits import GroupRequest, groups, responses
from ledger.registry.pinned import own_trust
from ledger.seal.digest import certificate_digest_text, to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.store.desk import keep_seals, release, reserved_for
from ledger.store.engine import reading
from ledger.store.lots import lots_at
from ledger.store.parties import facilities, issuers, keys
from ledger.store.reading import known_records, used_marks
from schemas.document import uncollected
from schemas.instant import epoch_ms
from schemas.problem import AccessError, CheckError, InputError, OreprintError, RefusedError, placed
from schemas.quantity import kg_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ledger.factors.tables import FactorTables
    from ledger.issuing.correction import Before
    from ledger.plausibility.rules import Finding
    from ledger.registry.append import Posting
    from ledger.registry.commits import Prepared, RequestOutcome
    from ledger.registry.registry import OpenRegistry
    from ledger.seal.sdjwt import OpenCertificate
    from ledger.store.lots import StoredLot
    from ledger.trust.pinned import Trust
    from schemas.certificate import Facility, Issuer
    from schemas.requests import SignedIssuance
    from schemas.run import Input, Source


class Submission(NamedTuple):
    """A signed issuance, the party that sends it, and whether it is sent as a correction of another one."""

    signed: SignedIssuance
    tenant: str
    corrects: bool = False


class Checked(NamedTuple):
    """A signed issuance that would be logged: what it is, and every flag that logging it would tell."""

    brought: Brought
    findings: tuple[Finding, ...]


def rehearse(registry: OpenRegistry, sent: Submission, *, trust: Trust, tables: FactorTables) -> Checked | None:
    """Judge a signed issuance as `submit` does, and log nothing; return None where it is logged already.

    Raises:
        OreprintError: what `submit` would refuse it with; StateError: `store.unreadable`.

    """
    with uncollected(), reading(registry.engine) as connection:
        brought = _judged_alone(registry, connection, sent, trust, tables)
        if known_records(connection, [brought.issuance]):
            answer_again(registry, connection, brought.issuance)
            return None
        _Registrar.begin(registry, connection, [brought], trust, now_ms=registry.runtime.now_ms()).check_free(brought)
        flags = Capacities.of(connection, own_trust(connection)).flags(
            opened.record.batch for opened in brought.certificates.values()
        )
        return Checked(brought, flags)


def submit(
    registry: OpenRegistry, requests: Sequence[GroupRequest[Submission, Issued]], *, trust: Trust, tables: FactorTables
) -> list[RequestOutcome]:
    """Judge signed issuances and log them, in as few commits as can be; one answer or refusal each, in their order.

    `trust` is this registry's list with those that it pinned.

    What is answered is durable, with what the door keeps of it.  A refusal is an InputError of what can't be read; an AccessError of
    another party's run, key or plant; CheckError `issue.unsound`, `trust.key-time`; RefusedError `issue.*`, `holding.*`; MissingError `holding.unknown`.

    Raises:
        StateError: as `ledger.registry.append.append`; ask again with the same bytes.

    """
    outcomes: list[Issued | RequestOutcome] = []
    with uncollected():
        judged = _judged(registry, (each.item for each in requests), trust, tables)
        again = (GroupRequest(item, each.receipt) for item, each in zip(judged, requests, strict=True))
        for group in groups(again, _made_and_used):
            with append(registry) as transaction:
                items = group.unanswered(transaction)
                found = _prepared(registry, transaction.connection, items, trust, now_ms=transaction.now_ms)
                outcomes += group.log(transaction, found)
    return responses(outcomes)


_Judged = Brought | OreprintError


def _judged(
    registry: OpenRegistry, asked: Iterable[Submission], trust: Trust, tables: FactorTables
) -> Iterator[_Judged]:
    """Yield each as it was brought, or why it is refused."""
    with reading(registry.engine) as connection:
        for each in asked:
            try:
                yield _judged_alone(registry, connection, each, trust, tables)
            except OreprintError as refusal:
                yield refusal


def _judged_alone(
    registry: OpenRegistry, connection: Connection, sent: Submission, trust: Trust, tables: FactorTables
) -> Brought:
    brought = open_brought(sent.signed)
    run = brought.run.value
    if run.producer != sent.tenant:
        raise AccessError.at("api.tenant")
    if run.registry != registry.did:
        raise RefusedError.at("issue.other-registry", "run.registry", found=run.registry, registry=registry.did)
    if (brought.follows is not None) is not sent.corrects:
        raise InputError.at("issue.follows-none" if sent.corrects else "issue.follows", "run")
    if not known_records(connection, [brought.issuance]):  # what is logged was judged then
        for opened in brought.certificates.values():
            _check_in_time(opened, now=registry.runtime.now_ms())
        before = _corrected(connection, brought)
        judge(registry, connection, brought, trust, tables, alone=before.alone_in(before.run) if before else ())
    return brought


def _corrected(connection: Connection, brought: Brought) -> Before | None:
    """Return what a correction corrects, once it is clear that this is the latest and that the rest repeats; None of a first issuance.

    Raises:
        RefusedError: `life.correct-*`, `life.superseded`, `life.withdrawn`, `life.suspended`, `life.undone`.

    """
    if brought.follows is None:
        return None
    run = brought.run.value
    before = before_of(connection, run.facility, [output.lot for output in brought.outputs])
    if brought.follows.record != before.latest:
        latest = before.certificates[0]
        raise RefusedError.at("life.superseded", lot=latest.record.batch.lot, certificate=latest.digest)
    check_repeats(before, brought.run, [opened.record for opened in brought.certificates.values()])
    return before


def _made_and_used(judged: _Judged) -> tuple[set[object], set[object]]:
    """Return what keeps two apart: the same run, mark, lot, place or statement."""
    if not isinstance(judged, Brought):
        return set(), set()
    made: set[object] = {judged.issuance, *judged.marks, *judged.lots, *judged.places, *judged.statement}
    return made, made.copy()


def _prepared(
    registry: OpenRegistry, connection: Connection, group: Sequence[_Judged], trust: Trust, *, now_ms: int
) -> list[Prepared[Issued] | OreprintError]:
    """Return what of a group may be logged, and what became of the others; places and seals are written down."""
    brought = [each for each in group if isinstance(each, Brought)]
    known = known_records(connection, [each.issuance for each in brought])
    capacities = Capacities.of(connection, own_trust(connection))
    registrar = _Registrar.begin(registry, connection, brought, trust, now_ms=now_ms)
    found: list[Prepared[Issued] | OreprintError] = []
    accepted: list[Brought] = []
    for each in group:
        if not isinstance(each, Brought):
            found.append(each)
        elif each.issuance in known:
            try:
                found.append(unchanged(answer_again(registry, connection, each.issuance)))
            except OreprintError as refusal:
                found.append(refusal)
        else:
            try:
                posting = registrar.check_free(each)
            except OreprintError as refusal:
                found.append(refusal)
            else:
                accepted.append(each)
                batches = [] if each.follows else [opened.record.batch for opened in each.certificates.values()]
                found.append(prepared(Ready((posting,), each.issuance, each.issued, capacities.flags(batches))))
    release(connection, [place for each in accepted for place in each.places])
    keep_seals(connection, [seal for each in accepted for seal in each.sealed])
    return found


# -- free to be used, here and now (rule 2) ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Registrar:
    """What a writing transaction knows of that signed runs must agree with; none of a group has to do with another."""

    registry: OpenRegistry
    stock: Stock
    trust: Trust
    plants: Mapping[str, tuple[str, Facility]]
    parties: Mapping[str, Issuer]
    lots: Mapping[tuple[str, str], StoredLot]
    used: set[bytes]
    good: set[str]

    @classmethod
    def begin(
        cls, registry: OpenRegistry, connection: Connection, brought: Sequence[Brought], trust: Trust, *, now_ms: int
    ) -> _Registrar:
        """Look up what runs need."""
        lots = lots_at(connection, [lot for each in brought for lot in each.lots])
        used = used_marks(connection, [mark for each in brought for mark in each.marks])
        stock = Stock(connection, registry.did, now_ms)
        good = {key.kid for key in keys(connection) if key.good(now_ms)}
        return cls(registry, stock, trust, facilities(connection), issuers(connection), lots, used, good)

    def check_free(self, brought: Brought) -> Posting:
        """Hold what only the registry knows; return what is to be logged."""
        run, now = brought.run.value, self.stock.now_ms
        owner, plant = self.plants.get(run.facility, ("", None))
        if owner != run.producer:
            raise RefusedError.at("issue.not-your-plant", "facility", producer=run.producer, facility=run.facility)
        before = _corrected(self.stock.connection, brought)
        if before is None:
            self._check_new(brought)
        _check_holdings(brought, self.parties)
        _check_places(brought)
        due = self.parties.get(run.producer), plant
        for opened in brought.certificates.values():
            if opened.jws.kid not in self.good:  # it may have ended since the run was judged
                raise CheckError.at("trust.key-time", opened.record.batch.lot, kid=opened.jws.kid)
            if (opened.record.issuer, opened.record.batch.facility) != due:
                raise RefusedError.at("issue.not-registered", opened.record.batch.lot)
            _check_certificate(self.stock.connection, opened, tenant=run.producer, now=now)
        if not self.used.isdisjoint(brought.marks):
            raise RefusedError.at("holding.mark-used")
        return brought.posting(before.alone_in(brought.run) if before else ())

    def _check_new(self, brought: Brought) -> None:
        """Hold of a first issuance that its inputs are free, and that nobody has made its lots or entered its statement."""
        for number, (taken, source) in enumerate(brought.sources):
            _check_input(self.stock, f"inputs[{number}]", taken, source, owner=brought.run.value.producer)
        self._check_statement(brought)
        if len(set(brought.lots)) < len(brought.lots):
            raise RefusedError.at("issue.lot-twice", "outputs")
        for index, place in enumerate(brought.lots):
            if place in self.lots:
                raise lot_taken(self.stock.connection, self.lots[place], f"outputs[{index}].lot")

    def _check_statement(self, brought: Brought) -> None:
        """Hold that a statement is entered once, where the trust list has it entered."""
        for opened in brought.certificates.values():
            said = opened.record.instrument
            if said is None:
                continue
            Statements(self.stock.connection, [said.key]).check_free(said)
            producer = brought.run.value.producer
            check_home(self.trust, said, producer=producer, registry=self.registry.did, now_ms=self.stock.now_ms)


def _check_input(stock: Stock, place: str, taken: Input, source: Source, *, owner: str) -> None:
    """Hold that an input's holding is the owner's, of the lot and mass it says, and may be used."""
    with placed(place):
        found = stock.usable(owner, source.certificate)
    if found.lot.certificate is not None:
        latest = certificate_digest_text(found.lot.certificate)
        if source.certificate != latest:
            raise RefusedError.at("issue.superseded", place, lot=found.lot.lot, certificate=latest)
        record = open_certificate(f"{stock.jws(found.lot.certificate)}~", glance=True).record
        check_in_force(record, now_ms=stock.now_ms, place=place)
    held = next((each for each in found.shelf.held if each.commitment == commitment(source.holding)), None)
    if held is None:
        raise RefusedError.at("holding.not-free", place, lot=found.lot.lot)
    says = (source.creator, taken.mass_kg)
    if says != (to_base64url(held.creator), kg_text(held.mass_mg)):
        raise RefusedError.at("holding.otherwise", place, lot=found.lot.lot, mass=kg_text(held.mass_mg))


def _check_holdings(brought: Brought, parties: Collection[str]) -> None:
    """Hold that each output's holding is of a party of this registry, and is the one that the run commits to; a correction makes none."""
    run = brought.run.value
    made = () if brought.follows else run.made
    if len(brought.holdings) != len(made) or len(set(brought.holdings)) != len(brought.holdings):
        raise InputError.at("issue.holdings", "holdings")
    for number, (text, each) in enumerate(zip(brought.holdings, made, strict=True)):
        holder = open_holding(text)
        if holder.registry != run.registry or to_base64url(commitment(text)) != each.holding:
            raise InputError.at("issue.holdings", f"holdings[{number}]")
        if holder.owner not in parties:
            raise RefusedError.at("issue.unknown-owner", f"outputs[{number}].owner", owner=holder.owner)


def _check_places(brought: Brought) -> None:
    """Hold that no two certificates stand at one place of the status lists."""
    taken: set[tuple[int, int]] = set()
    for opened in brought.certificates.values():
        place = opened.record.status
        if (place.list, place.index) in taken:
            raise RefusedError.at("issue.place", opened.record.batch.lot, list=place.list, index=place.index)
        taken.add((place.list, place.index))


def _check_certificate(connection: Connection, opened: OpenCertificate, *, tenant: str, now: int) -> None:
    """Hold that a certificate's place in the lists was kept for its issuer, and that it was signed just now."""
    _check_in_time(opened, now=now)
    place = opened.record.status
    if reserved_for(connection, place.list, place.index) != tenant:
        raise RefusedError.at("issue.place", opened.record.batch.lot, list=place.list, index=place.index)
    until = opened.record.valid_until
    if until is not None and epoch_ms(until) <= now:
        raise RefusedError.at("issue.expired", opened.record.batch.lot, until=until)
    issued, last = epoch_ms(opened.record.issued), epoch_ms(opened.record.not_logged_after)
    if last > issued + TIME_TO_LOG_MS or issued > now + CLOCK_MS:
        raise RefusedError.at("issue.not-now", opened.record.batch.lot)


def _check_in_time(opened: OpenCertificate, *, now: int) -> None:
    """Hold that what was signed has not run out."""
    last = opened.record.not_logged_after
    if epoch_ms(last) < now:
        raise RefusedError.at("issue.late", opened.record.batch.lot, last=last)
