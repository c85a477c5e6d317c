"""Every record judged again in the order of the log, and the rows that it must have compared with the stored ones.

Rules:

1. Each entry has one record. The record's content gives its digest, the digest the blinded one in the entry, and the
   kind is the entry's.
2. The record is judged as a verifier who sees everything would judge it (`ledger.verify`), by the pinned trust list.
3. All rows that other tables hold about the record follow from it. A row that is missing, different or too many is a
   fault.

A record that another process judges is followed: only what later records build on is taken in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection, Table

from ledger.audit.arrivals import Arrivals
from ledger.audit.faults import Faults, place_of
from ledger.audit.holdings import HoldingRows
from ledger.audit.issuance import Issuance
from ledger.audit.lists import PublishedLists
from ledger.audit.log import LoggedEntry
from ledger.audit.registered import Register
from ledger.audit.rows import ENTRY_TABLES, FOLLOWED, Rows, StatedHolding, Stream
from ledger.holdings.mark import (
    attestation_digest,
    audit_digest,
    commitment,
    issuance_digest,
    split_digest,
    statement_digest,
    status_digest,
    trust_digest,
)
from ledger.holdings.split import SplitRecord
from ledger.log.entry import Entry, EntryKind, blinded
from ledger.log.merkle import HASH_BYTES
from ledger.registry.proofs import Proofs
from ledger.seal.audit import open_audit
from ledger.seal.digest import certificate_digest_bytes, digest_bytes, to_base64url
from ledger.seal.statement import open_statement
from ledger.store import schema
from ledger.store.abroad import arrival, arrival_of
from ledger.store.reading import StoredRecord
from ledger.store.rows import ArrivalRow, AttestationRow
from ledger.store.whole import Values, rows_by_entry
from ledger.trust.registries import TrustedRegistry
from ledger.verify.chain import Chain
from ledger.verify.heads import ProvenEntry
from ledger.verify.verify import add_record, follow_record
from ledger.verify.walk_state import Ending
from schemas.bundle import Proof, SplitLine, StatementLine
from schemas.problem import CheckError, OreprintError
from schemas.statement import Move, Statement, StatusChange, Undo
from schemas.vocabulary import StatementKind

_DIGEST_OF: Final = {
    "split": split_digest,
    "status": status_digest,
    "trust": trust_digest,
    "attestation": attestation_digest,
    "audit": audit_digest,
}
_KINDS: Final = {"status": EntryKind.STATUS_LIST, "trust": EntryKind.TRUST_LIST}


@dataclass(slots=True)
class Records:
    """The records under audit; `proofs` lead to the last heads of the logs. Records before `since` are followed."""

    connection: Connection
    chain: Chain
    register: Register
    home: TrustedRegistry
    proofs: Proofs
    faults: Faults
    since: int = 0
    arrivals: Arrivals = field(init=False)
    lists: PublishedLists = field(init=False)
    holdings: HoldingRows = field(init=False)
    _streams: dict[Table, Stream] = field(init=False)
    _attested: dict[str, tuple[str, int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin to read every table; start the tables that only judging needs at `since`."""
        self.arrivals = Arrivals(self.connection, self.home.listed.id)
        self.lists = PublishedLists(self.home, self.proofs, self.faults)
        self.holdings = HoldingRows(self.connection, self.chain.paths.created, self.faults)
        self._streams = {
            table: Stream(
                table,
                rows_by_entry(self.connection, table, by, since=0 if table in FOLLOWED else self.since),
                self.faults,
            )
            for table, by in ENTRY_TABLES
        }

    def judge(self, logged: LoggedEntry) -> None:
        """Judge the record of an entry."""
        stored = {table: stream.take(logged.position) for table, stream in self._streams.items()}
        found = stored.pop(schema.RECORDS)
        entry = logged.entry
        if not found:
            self.faults.at("audit.no-record", f"entries[position={logged.position}]")
        for row in found[:1] if entry is not None else ():
            record = StoredRecord(*row)
            place = f"entry {logged.position} ({record.kind})"
            if entry is None or not self._is_its_own(record, entry, place):
                continue
            try:
                self._compare(stored, self._due(record, logged, entry, stored, place))
            except OreprintError as error:
                self.faults.error(place, error)

    def follow(self, logged: LoggedEntry) -> None:
        """Take in the record of an entry that another process judges."""
        stored = {table: stream.take(logged.position) for table, stream in self._streams.items()}
        entry = logged.entry
        for row in stored[schema.RECORDS][:1] if entry is not None else ():
            record = StoredRecord(*row)
            place = f"entry {logged.position} ({record.kind})"
            try:
                with self.chain.findings.muted():
                    self._follow(record, logged, stored[schema.CERTIFICATES], place)
            except OreprintError as error:
                self.faults.error(place, error)
            finally:
                self._passed(entry)

    def end(self) -> None:
        """Name the rows that belong to no entry."""
        for stream in self._streams.values():
            stream.end()

    def close(self) -> None:
        """Let go of the rows that were not read yet."""
        self._streams.clear()

    # -- a record and its entry ------------------------------------------------------------------------------------

    def _is_its_own(self, record: StoredRecord, entry: Entry, place: str) -> bool:
        """Check that content, digest, kind and entry belong together (rule 1)."""
        digest = digest_of(record)
        row = place_of(schema.RECORDS, record)
        if not self.faults.require(
            "audit.digest", f"{row}.content", holds=digest == record.digest, kind=record.kind, index=record.entry
        ):
            return False
        kind = _KINDS.get(record.kind, EntryKind.RECORD)
        same = (entry.digest, entry.kind) == (blinded(record.digest), kind)
        return self.faults.require("audit.entry", place, holds=same, index=record.entry)

    def _compare(self, stored: Mapping[Table, list[Values]], due: Rows) -> None:
        for table, rows in stored.items():
            self.faults.compare(table, due.get(table, ()), rows)

    def _due(
        self, record: StoredRecord, logged: LoggedEntry, entry: Entry, stored: Mapping[Table, list[Values]], place: str
    ) -> Rows:
        """Judge a record, and return the rows that follow from it and its entry."""
        rows: Rows = {
            schema.MARKS: [(used, record.entry) for used in entry.marks],
            schema.STATUS_BITS: [(bit[0], bit[1], int(bit[2]), bit[3], record.entry) for bit in entry.bits],
        }
        try:
            rows |= self._rows_of_kind(record, logged, entry, stored, place)
        finally:
            self.faults.judged(place, self.chain.findings.all)
            self.chain.findings.all.clear()
            self._passed(entry)
        return rows

    def _passed(self, entry: Entry | None) -> None:
        """Keep what later records need of an entry."""
        self.chain.heads.marks.clear()  # that no mark stands in two entries, the table of marks says: it has each once
        if entry is not None:
            self.lists.set_bits(entry)

    def _rows_of_kind(
        self, record: StoredRecord, logged: LoggedEntry, entry: Entry, stored: Mapping[Table, list[Values]], place: str
    ) -> Rows:
        match record.kind:
            case "issuance":
                of = Issuance(self.connection, self.chain, self.register, self.faults, record, place)
                rows, made = of.judge(self._proof(logged), stored)
                return rows | {schema.HOLDINGS: self.holdings.rows(record, made, stored)}
            case "split":
                made = self.holdings.parts(record, self._split(record, logged))
                return {schema.HOLDINGS: self.holdings.rows(record, made, stored)}
            case "move" | "undo" | "withdraw" | "suspend" | "lift":
                came = arrival(self.connection, record.digest) if record.kind == "move" else None
                if came is not None:
                    made = self._arrived(came, entry, place)
                else:
                    made = self._made(record, self._statement(record, record.kind, logged))
                return {schema.HOLDINGS: self.holdings.rows(record, made, stored)}
            case "attestation" | "audit":
                return self._vouched(record, logged, entry, place)
            case "status":
                return {schema.PUBLISHED: [self.lists.status_list(record, entry, place)]}
            case "trust":
                return {schema.PUBLISHED: [self.lists.trust_list(record, entry, place)]}

    def _follow(self, record: StoredRecord, logged: LoggedEntry, certificates: Sequence[Values], place: str) -> None:
        match record.kind:
            case "issuance":
                of = Issuance(self.connection, self.chain, self.register, self.faults, record, place)
                if logged.entry is not None:
                    of.follow(ProvenEntry(self.home.listed.id, logged.position, logged.entry), certificates)
            case "split":
                self._split(record, logged, judged=False)
            case "move" | "undo" | "withdraw" | "suspend" | "lift":
                came = arrival(self.connection, record.digest) if record.kind == "move" else None
                if came is None:
                    self._statement(record, record.kind, logged, judged=False)
                else:
                    self.arrivals.judge(self.chain, came)
            case "attestation":
                self._attestation(record, logged, place)
            case "audit":
                pass  # nothing that comes later builds on it
            case "status":
                self.lists.next_status(record)
            case "trust":
                self.lists.next_trust(record)

    def _proof(self, logged: LoggedEntry) -> Proof:
        """Return the proof that an entry is in its log."""
        return self.proofs.of(logged.position)

    # -- holdings --------------------------------------------------------------------------------------------------

    def _take(self, line: SplitLine | StatementLine, logged: LoggedEntry, *, judged: bool) -> Ending | None:
        """Take in a record; one that is not `judged` here, as far as later ones build on it."""
        if judged or logged.entry is None:
            return add_record(self.chain, line)
        return follow_record(self.chain, line, ProvenEntry(self.home.listed.id, logged.position, logged.entry))

    def _split(self, record: StoredRecord, logged: LoggedEntry, *, judged: bool = True) -> bytes:
        """Take in a split; return the commitment of the holding that it divides."""
        proof = self._proof(logged) if judged else _which(logged)
        line = SplitLine(t="split", registry=self.home.listed.id, split=record.text, proof=proof)
        self._take(line, logged, judged=judged)
        said = SplitRecord.parse(record.text)
        self.chain.paths.let_go([(to_base64url(said.creator), said.holding)])
        return commitment(said.holding)

    def _statement(
        self, record: StoredRecord, kind: StatementKind, logged: LoggedEntry, *, judged: bool = True
    ) -> Statement:
        """Read a statement. Return its content."""
        proof = self._proof(logged) if judged else _which(logged)
        line = StatementLine(t="statement", registry=self.home.listed.id, kind=kind, statement=record.text, proof=proof)
        ending = self._take(line, logged, judged=judged)
        if ending is not None:
            self._ended(ending, f"entry {record.entry}")
        said = open_statement(record.text, kind=kind).value
        match said:
            case Move(uses=use):
                self.chain.paths.let_go([(use.creator, use.holding)])
            case Undo(uses=uses):
                self.chain.paths.let_go((use.creator, use.holding) for use in uses)
            case StatusChange():
                pass
        return said

    def _made(self, record: StoredRecord, said: Statement) -> list[StatedHolding]:
        """Return what a statement creates."""
        match said:
            case Move(uses=use):
                return self.holdings.parts(record, commitment(use.holding))
            case Undo(issuance=undone):
                return self.holdings.returned(record, digest_bytes(undone))
            case StatusChange():
                return []

    def _arrived(self, came: ArrivalRow, entry: Entry, place: str) -> list[StatedHolding]:
        """Judge again what came from another registry; return the holding that it created here."""
        plain = not (entry.marks or entry.bits)
        self.faults.require("audit.arrival", place, holds=plain, reason="its entry has a mark")
        due, made = self.arrivals.judge(self.chain, came)
        self.faults.compare(schema.ARRIVALS, [due], [came])
        return made

    def _vouched(self, record: StoredRecord, logged: LoggedEntry, entry: Entry, place: str) -> Rows:
        if record.kind == "attestation":
            return {schema.ATTESTATIONS: self._attestation(record, logged, place)}
        self._auditors(record, entry)
        return {}

    def _auditors(self, record: StoredRecord, entry: Entry) -> None:
        """Check that an auditor's record is signed by a key that was good when it was logged; raise what is wrong.

        What it says is its auditor's word.
        """
        opened, time_ms = open_audit(record.text), entry.time_ms
        kid = opened.jws.kid
        if kid in dict(self.home.status_keys):
            public = self.home.status_public(kid, logged=time_ms)
        else:
            public = self.register.trust.key(kid, logged=time_ms).public
        opened.jws.verify(public)
        if opened.record.registry != self.home.listed.id or entry.marks or entry.bits:
            raise CheckError.at("audit.record")

    # -- attestations ----------------------------------------------------------------------------------------------

    def _attestation(self, record: StoredRecord, logged: LoggedEntry, place: str) -> list[Sequence[object]]:
        """Judge an attestation; check that its certificate is here; return its row."""
        word = self.chain.attestations.take(self.home.listed.id, record.text, self._proof(logged))
        if word is None:
            return []
        self.chain.attestations.words.clear()  # who reads a whole log keeps no more of each than who may end it
        said, own = word.opened.record, word.opened.record.status
        self._attested[word.opened.digest] = (said.attestor.did, own.list, own.index)
        digest, of = map(certificate_digest_bytes, (word.opened.digest, said.certificate))
        here = said.certificate in self.chain.seen or arrival_of(self.connection, of) is not None
        self.faults.require("audit.attested", place, holds=here, certificate=said.certificate)
        return [AttestationRow(digest, record.digest, said.attestor.did, of, own.list, own.index)]

    def _ended(self, ending: Ending, place: str) -> None:
        """Check that the issuer signed a statement about status, and that the ended record is here."""
        ends = ending.said.ends
        attested = self._attested.get(ends.certificate)
        if attested is None:
            self.chain.standing.check_endings([ending], self.chain.seen)
            self.register.ended(ends.certificate, self.chain.seen, self.faults, place)
        else:
            own = (ending.signer, ends.list, ends.index) == attested
            self.faults.require("audit.ended", place, holds=own, certificate=ends.certificate)


def digest_of(record: StoredRecord) -> bytes | None:
    """Return the digest of a record by its content; None for a kind that does not exist."""
    content = record.content
    match record.kind:
        case "issuance":
            values = [content[at : at + HASH_BYTES] for at in range(HASH_BYTES, len(content), HASH_BYTES)]
            return issuance_digest(content[:HASH_BYTES], values)
        case "split" | "status" | "trust" | "attestation" | "audit":
            return _DIGEST_OF[record.kind](_text(content))
        case "move" | "undo" | "withdraw" | "suspend" | "lift":
            return statement_digest(_text(content))
        case _:  # what the database says is believed of nothing, its kinds included
            return None


def _text(content: bytes) -> str:
    """Return content as text. Content that is no text becomes another text, with another digest."""
    return content.decode(errors="replace")


def _which(logged: LoggedEntry) -> Proof:
    """Return which entry a record is in, without a path to a head."""
    return Proof(entry=to_base64url(logged.raw), index=logged.position, path=())
