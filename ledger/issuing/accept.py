"""Accept a signed issuance into the log, whoever keeps the key: checks of the writing transaction.

Rules:

1. Each holding used is the producer's, unused, not offered to anybody, and of exactly the mass and lot that the run
   says, by the lot's latest certificate; each status place is one kept for the producer; each lot is new in its plant;
   each holding created has a text of its own; the key that signed is still good.
2. What a run declares of other runs holds by what the registry knows of them (`ledger.lots.named_runs`).
3. A correction uses and makes nothing.  It must follow the latest issuance of lots that stand, and repeat what may not
   change (`ledger.issuing.correction`).
4. An issuance that is refused changes nothing.

The figures are right already: they were computed here, or `ledger.issuing.judge` has judged them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.factors.tables import FactorTables
from ledger.holdings.mark import commitment, open_holding
from ledger.holdings.move import CLOCK_MS, TIME_TO_LOG_MS
from ledger.holdings.spending import Holding, UnusedHoldings
from ledger.issuing.correction import CorrectedRun, check_repeats
from ledger.issuing.followed import before_of
from ledger.issuing.submission import Submission
from ledger.lots.balance import Balances, check_in_force
from ledger.lots.certificates import opened
from ledger.lots.energy_instruments import Key, Statements, check_home
from ledger.lots.issuance import Certified
from ledger.lots.lineage import lineage
from ledger.lots.named_runs import NamedRuns
from ledger.lots.plant_capacity import Capacities
from ledger.lots.registry_word import RegistryMemory
from ledger.plausibility.rules import Breach
from ledger.registry.append import Postings
from ledger.registry.pinned import own_trust, trust_in
from ledger.registry.registry import OpenRegistry, RegistrySnapshot
from ledger.seal.digest import to_base64url
from ledger.store import schema
from ledger.store.lots import StoredLot, lots_at
from ledger.store.parties import facilities, issuers, keys
from ledger.store.places import reserved_for
from ledger.store.writing import Row
from ledger.trust.pinned import Trust
from ledger.verify.tables import NamedTables
from schemas.certificate import Facility, Issuer
from schemas.instant import epoch_ms
from schemas.inventory import Cancelled
from schemas.lot import normal_lot
from schemas.problem import CheckError, InputError, RefusedError, placed
from schemas.quantity import kg_text, milligrams
from schemas.run import InputFacts, Source


class Accepted(NamedTuple):
    """An issuance to log with these postings. `findings` are flags that do not prevent it."""

    submission: Submission
    postings: Postings
    findings: tuple[Breach, ...]


@dataclass
class Registrar:
    """The rows that an issuance must agree with, in one transaction: lots and statements as far as they were looked up.

    `handed_out` are places of the status lists that this transaction has taken, each for its producer.
    """

    registry: OpenRegistry
    connection: Connection
    now_ms: int
    stock: Balances
    plants: Mapping[str, tuple[str, Facility]]
    parties: Mapping[str, Issuer]
    good: frozenset[str]
    trust: Trust | None
    capacities: Capacities
    statements: Statements
    memory: RegistryMemory
    lots: dict[tuple[str, str], StoredLot] = field(default_factory=dict)
    handed_out: dict[tuple[int, int], str] = field(default_factory=dict)

    @classmethod
    def begin(cls, seen: RegistrySnapshot, tables: FactorTables) -> Registrar:
        """Look up what concerns all issuances."""
        connection, trust = seen.connection, own_trust(seen.connection)
        return cls(
            seen.registry,
            connection,
            seen.now_ms,
            Balances(connection, seen.registry.did, seen.now_ms),
            facilities(connection),
            issuers(connection),
            frozenset(key.kid for key in keys(connection) if key.good(seen.now_ms)),
            trust,
            Capacities.of(connection, trust),
            Statements(connection, ()),
            RegistryMemory(NamedRuns(connection, NamedTables(tables))),
        )

    def look_up(self, lots: Sequence[tuple[str, str]], statements: Sequence[Key]) -> None:
        """Look up lots, by plant and name in normal form, and statements that issuances make or name."""
        self.lots |= lots_at(self.connection, lots)
        self.statements.look_up(statements)

    def plant(self, producer: str, facility: str) -> Facility:
        """Return a producer's plant.

        Raises:
            RefusedError: `issue.unknown-producer`, `issue.not-your-plant`.
        """
        if producer not in self.parties:
            raise RefusedError.at("issue.unknown-producer", "producer", producer=producer)
        owner, plant = self.plants.get(facility, ("", None))
        if plant is None or owner != producer:
            raise RefusedError.at("issue.not-your-plant", "facility", producer=producer, facility=facility)
        return plant

    def check_new(self, producer: str, facility: str, lots: Sequence[str], statement: Cancelled | None) -> None:
        """Check that nobody has made these lots, and that the statement may be entered here.

        Raises:
            RefusedError: `issue.lot-twice`, `issue.lot-taken`, `issue.lot-undone`, `holding.instrument-*`.
        """
        if statement is not None:
            self.statements.check_free(statement)
            if self._all_trust is not None:
                here = self.registry.did
                check_home(self._all_trust, statement, producer=producer, registry=here, now_ms=self.now_ms)
        check_lots_differ(lots)
        for index, name in enumerate(lots):
            there = self.lots.get((facility, normal_lot(name)))
            if there is not None:
                gone = there.touched and lineage(self.connection, there).state == "undone"
                raise RefusedError.at(
                    "issue.lot-undone" if gone else "issue.lot-taken", f"outputs[{index}].lot", lot=there.lot
                )

    @cached_property
    def _all_trust(self) -> Trust | None:
        """The registry's trust list with those that it has pinned."""
        return None if self.trust is None else trust_in(self.connection)

    def accept(
        self, submission: Submission, findings: Iterable[Breach] = (), *, request: bytes | None = None
    ) -> Accepted:
        """Check an issuance and reserve the holdings that it uses. Return the postings to log.

        `request` is the digest of the record that it answers, where the registry was sent one.

        Raises:
            RefusedError: `issue.*`, `holding.*`, `life.*`; CheckError: `trust.key-time`; InputError: `issue.holdings`;
            MissingError: `holding.unknown`.
        """
        run, certificates = submission.run, submission.certificates
        plant = self.plant(run.producer, run.facility)
        before = corrected(self.connection, submission)
        used = () if before else self._check_first(submission)
        self._check_holdings(submission)
        due = self.parties[run.producer], plant
        taken: set[tuple[int, int]] = set()
        for output, each in certificates.items():
            lot = each.record.batch.lot
            if each.kid not in self.good:  # it may have ended since the run was judged
                raise CheckError.at("trust.key-time", lot, kid=each.kid)
            if (each.record.issuer, each.record.batch.facility) != due:
                raise RefusedError.at("issue.not-registered", lot)
            self._check_kind(each, output)
            self._check_signed_now(each)
            self._check_place(each, run.producer, taken)
        for shelf, held in used:
            shelf.take(held)
        flags = () if before else self.capacities.flags(each.record.batch for each in certificates.values())
        whole, row = submission.whole, submission.remembered
        leans = self.memory.named.check(whole)
        flags += self.memory.flags(whole, row, leans)
        rows: list[Row] = [(schema.LEANS, lean) for lean in leans]
        rows += [] if before else [(schema.RUNS, row)]
        rows += [] if request is None else [(schema.REQUESTS, (request, submission.issuance))]
        alone = before.alone_in(submission.inventory) if before else ()
        posting = submission.posting([held.commitment for _, held in used], rows, alone=alone)
        return Accepted(submission, (posting,), (*findings, *flags))

    def _check_first(self, submission: Submission) -> list[tuple[UnusedHoldings, Holding]]:
        """Check an issuance that corrects none; return the holdings that it uses."""
        run = submission.run
        used = [
            self._check_input(f"inputs[{number}]", facts, source, owner=run.producer)
            for number, (facts, source) in enumerate(submission.inputs)
        ]
        said = (each.record.instrument for each in submission.certificates.values())
        self.check_new(run.producer, run.facility, submission.lots, next(filter(None, said), None))
        return used

    def _check_input(
        self, place: str, facts: InputFacts, source: Source, *, owner: str
    ) -> tuple[UnusedHoldings, Holding]:
        """Check that an input's holding is the owner's, of the lot and mass it says, and may be used; return it."""
        with placed(place):
            found = self.stock.usable(owner, source.certificate)
        if found.lot.certificate is not None:
            latest = opened(self.stock.jws(found.lot.certificate))
            if source.certificate != latest.digest:
                raise RefusedError.at("issue.superseded", place, lot=found.lot.lot, certificate=latest.digest)
            check_in_force(latest.record, now_ms=self.now_ms, place=place)
        mass_mg = milligrams(facts.mass_kg)
        held = found.held(commitment(source.holding), mass_mg)
        if held is None:
            raise RefusedError.at("holding.not-free", place, lot=found.lot.lot)
        if (source.creator, mass_mg) != (to_base64url(held.creator), held.mass_mg):
            raise RefusedError.at("holding.otherwise", place, lot=found.lot.lot, mass=kg_text(held.mass_mg))
        return found.shelf, held

    def _check_holdings(self, submission: Submission) -> None:
        """Check that each output's holding is of a party here and as the run says; a correction makes none."""
        run, texts = submission.run, submission.holdings
        made = () if submission.follows else run.made
        if len(texts) != len(made) or len(set(texts)) != len(texts):
            raise InputError.at("issue.holdings", "holdings")
        for number, (text, each) in enumerate(zip(texts, made, strict=True)):
            holder = open_holding(text)
            if holder.registry != run.registry or to_base64url(commitment(text)) != each.holding:
                raise InputError.at("issue.holdings", f"holdings[{number}]")
            if holder.owner not in self.parties:
                raise RefusedError.at("issue.unknown-owner", f"outputs[{number}].owner", owner=holder.owner)

    def _check_kind(self, certificate: Certified, output: int) -> None:
        """Refuse to certify what no verifier would take from this producer, by the registry's trust list."""
        record, key = certificate.record, self.trust.keys.get(certificate.kid) if self.trust else None
        if key and not key.may_certify(record.batch.facility.id, record.batch.kind):
            told = {"producer": record.issuer.did, "kind": record.batch.kind, "facility": record.batch.facility.id}
            raise RefusedError.at("issue.kind", f"outputs[{output}].kind", **told)

    def _check_place(self, certificate: Certified, producer: str, taken: set[tuple[int, int]]) -> None:
        """Check that a certificate's place was kept for its producer, and is its alone."""
        place = (certificate.record.status.list, certificate.record.status.index)
        kept_for = self.handed_out.get(place) or reserved_for(self.connection, *place)
        if place in taken or kept_for != producer:
            raise RefusedError.at("issue.place", certificate.record.batch.lot, list=place[0], index=place[1])
        taken.add(place)

    def _check_signed_now(self, certificate: Certified) -> None:
        """Check that a certificate was signed just now and has not run out."""
        record, now, lot = certificate.record, self.now_ms, certificate.record.batch.lot
        check_in_time(certificate, now_ms=now)
        check_not_expired(record.valid_until, lot, now_ms=now)
        issued, last = epoch_ms(record.issued), epoch_ms(record.not_logged_after)
        if last > issued + TIME_TO_LOG_MS or issued > now + CLOCK_MS:
            raise RefusedError.at("issue.not-now", lot)


def corrected(connection: Connection, submission: Submission) -> CorrectedRun | None:
    """Return what a correction corrects, once it is clear that this is the latest and that the rest repeats.

    None of a first issuance.

    Raises:
        RefusedError: `life.correct-*`, `life.superseded`, `life.withdrawn`, `life.suspended`, `life.undone`.
    """
    if submission.follows is None:
        return None
    before = before_of(connection, submission.run.facility, submission.lots)
    if submission.follows.record != before.latest:
        latest = before.certificates[0]
        raise RefusedError.at("life.superseded", lot=latest.record.batch.lot, certificate=latest.digest)
    check_repeats(before, submission.run, [each.record for each in submission.certificates.values()])
    return before


def check_lots_differ(lots: Sequence[str]) -> None:
    """Refuse two lots of one name; raise RefusedError `issue.lot-twice`."""
    if len(set(map(normal_lot, lots))) < len(lots):
        raise RefusedError.at("issue.lot-twice", "outputs")


def check_not_expired(until: str | None, place: str, *, now_ms: int) -> None:
    """Refuse a certificate that is valid until a time that has passed; raise RefusedError `issue.expired`."""
    if until is not None and epoch_ms(until) <= now_ms:
        raise RefusedError.at("issue.expired", place, until=until)


def check_in_time(certificate: Certified, *, now_ms: int) -> None:
    """Refuse a certificate that had to be logged before now; raise RefusedError `issue.late`."""
    last = certificate.record.not_logged_after
    if epoch_ms(last) < now_ms:
        raise RefusedError.at("issue.late", certificate.record.batch.lot, last=last)
