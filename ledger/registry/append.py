"""The one way into the log: judge, write, sign, commit, and only then say so.

Rules:

1. One transaction holds the write lock from the first question to the commit, so nothing it was told can change.
2. A request is one or more records that stand or fall together.  One whose mark is already used, in the log or by an
   earlier request of the same commit, is refused alone and changes nothing.
3. In one commit a record stands after those whose holdings it uses, and else by digest, so that the order says nothing
   about who came first.
4. Times never go back in the log, and the time that a request is judged at is the time of its entry.  A registry whose
   head, cosigners or clock speak against it signs nothing (`ledger.registry.readiness`).
5. Nothing is acknowledged before everything it promises is on disk; recovery is the normal path.

A log that was closed meanwhile (`ledger.admin.rollover`) gets nothing more: what is asked for is logged in the one that
is open then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from sqlalchemy import Connection

from ledger.log.entry import Entry, EntryKind, ListVersion, StatusBit, blinded
from ledger.log.head import sign_head
from ledger.log.merkle import EMPTY_ROOT, Frontier, Growth, leaf_hash, prove_inclusion
from ledger.registry.approval import Gate, asking
from ledger.registry.readiness import check_head, entry_time
from ledger.registry.registry import OpenRegistry, Pen, RegistrySnapshot
from ledger.seal.digest import to_base64url
from ledger.store import schema
from ledger.store.engine import after_commit, is_joined, is_pending, writing
from ledger.store.logs import StoredHead, latest_head, log_key, log_started, tile_hashes
from ledger.store.places import count_in
from ledger.store.reading import RecordKind, logged_records, used_marks
from ledger.store.received import note_received
from ledger.store.rows import AttestationRow, CertificateRow, HoldingRow, IssuedRow
from ledger.store.writing import Row, grow_tiles, insert_all, mark_used
from schemas.bundle import Proof
from schemas.problem import RefusedError, StateError


@dataclass(frozen=True, slots=True)
class Posting:
    """A record to be logged, with all that it brings: one entry.

    `content` is what is hashed without its tag; `marks` in any order; `uses` the commitments of the holdings used;
    `rows` whatever else is to be stored with it.
    """

    kind: RecordKind
    digest: bytes
    content: bytes
    marks: tuple[bytes, ...] = ()
    uses: tuple[bytes, ...] = ()
    bits: tuple[StatusBit, ...] = ()
    listed: ListVersion | None = None
    rows: tuple[Row, ...] = ()

    def also(self, rows: Iterable[Row]) -> Posting:
        """Return this posting with further rows."""
        return replace(self, rows=(*self.rows, *rows))


Postings = tuple[Posting, ...]
"""Records that are accepted or refused together."""

_ENTRY_KINDS: Final = {"status": EntryKind.STATUS_LIST, "trust": EntryKind.TRUST_LIST}


@dataclass(frozen=True, slots=True)
class CommitResult:
    """A commit: its signed `head`, each record's place counted through all logs, each request's refusal.

    `refused` has for each request the refusal, or None if it was logged.
    """

    head: StoredHead
    places: dict[bytes, int]
    entries: dict[bytes, bytes]
    refused: tuple[RefusedError | None, ...]
    _growth: Growth | None

    def proof(self, digest: bytes) -> Proof:
        """Return the place of a record of this commit, proven to its head."""
        if self._growth is None:
            raise KeyError(digest)
        index = self.places[digest] - self.head.first
        path = prove_inclusion(self._growth, index=index, size=self.head.size)
        return Proof(entry=to_base64url(self.entries[digest]), index=index, path=tuple(map(to_base64url, path)))


@dataclass(slots=True)
class LogTransaction(RegistrySnapshot):
    """The writing transaction of `append`: ask through `connection`, then `log`.

    `now_ms` is the time of the entries that it logs, `head` the newest head: `head.size` is where the next entry
    stands.
    """

    head: StoredHead
    _gate: Gate | None = None

    @property
    def gate(self) -> Gate:
        """What lets an act pass, or asks for a second person."""
        if self._gate is None:
            self._gate = Gate.of(self.registry, self.connection, now_ms=self.now_ms)
        return self._gate

    def log(self, *postings: Posting) -> CommitResult:
        """Log records that stand or fall together.

        Raises:
            RefusedError: `holding.mark-used`.
        """
        logged = self.log_each([postings] if postings else [])
        for refusal in logged.refused:
            if refusal is not None:
                raise refusal
        return logged

    def log_each(self, requests: Sequence[Postings]) -> CommitResult:
        """Log each request, or refuse it alone.

        Where all are refused, what this transaction has written is gone too.
        """
        connection = self.connection
        refused = _judge(connection, requests)
        accepted = [posting for request, no in zip(requests, refused, strict=True) if no is None for posting in request]
        if not accepted:
            if requests and None not in refused:
                connection.rollback()
            return CommitResult(self.head, {}, {}, refused, None)
        pen = pen_of(self.registry, connection, self.head)
        logged = write(connection, pen, self.head, accepted, now_ms=self.now_ms)
        self.head = logged.head
        return replace(logged, refused=refused)


@contextmanager
def append(registry: OpenRegistry) -> Iterator[LogTransaction]:
    """Give the writing transaction; it is committed at the end of the block, and all of it is gone where that raises.

    Raises:
        StateError: `home.*`, `cosign.*`, `store.unwritable`: nothing was changed; `store.in-doubt`: it may have been,
            so ask again; `store.logged`: it was, and the head store can't be written; `home.behind-head`: a copy of
            this registry has signed another head.
    """
    with asking(registry), writing(registry.engine) as connection:
        # A crash from here to the commit: the database rolls back, and nothing has happened.
        # Behind an entry of the same commit, the head store is older for now, and the head was checked before that one.
        before = latest_head(connection) if is_pending(registry.engine) else check_head(registry, connection)
        transaction = LogTransaction(registry, connection, entry_time(registry, connection, before.end), before)
        yield transaction
        # A crash during the commit: all of it is there or none of it; who asked got no answer and asks again.
        connection.commit()
    # A crash here, or a head store that can't be written: the database is ahead of it, which the next
    # `check_head` sees, proves and mends.
    if transaction.head is not before:
        kept = partial(keep_head, registry, before.note, transaction.head.note)
        if not after_commit(registry.engine, kept):
            kept()
    # A crash here: everything is durable; who asked gets the same answer by asking again.


def write(
    connection: Connection, pen: Pen, before: StoredHead, accepted: Sequence[Posting], *, now_ms: int
) -> CommitResult:
    """Write postings and a signed head behind the head `before`, within the caller's transaction."""
    entries = {posting.digest: entry_of(posting, now_ms).to_bytes() for posting in _in_log_order(accepted)}
    places = {digest: index for index, digest in enumerate(entries, before.end)}
    hashes = tile_hashes(connection, before.size, first=before.first)
    growth = Frontier.read(hashes, before.size).append(map(leaf_hash, entries.values()))
    _store(connection, accepted, places, entries)
    grow_tiles(connection, before.size, growth, first=before.first)
    size, top = growth.frontier.size, growth.frontier.root()
    # A crash after signing: the head was seen by nobody and is gone with the transaction; another may be signed.
    head = StoredHead(size, sign_head(pen.log, size=size, root=top, sign=pen.sign), before.first)
    insert_all(connection, [(schema.HEADS, (head.end, head.note))])
    return CommitResult(head, places, entries, (), growth)


def pen_of(registry: OpenRegistry, connection: Connection, head: StoredHead) -> Pen:
    """Return what signs the log that `head` is of, which may have been opened since the registry was.

    Raises:
        StateError: `home.locked`, `home.key-missing`; `home.log-closed` if the registry cannot sign in a later log.
    """
    if head.origin == registry.log.name:
        return Pen(registry.log, registry.sign_head)
    return registry.later(log_key(connection, head.origin))


def keep_head(registry: OpenRegistry, known: str, note: str) -> None:
    """Advance the head store to the committed head.

    Raises:
        StateError: `store.logged` if it can't be written; `home.behind-head` if another head was signed.
    """
    with _told_as_logged():
        registry.heads.advance(known, note)


@contextmanager
def behind_commit(registry: OpenRegistry) -> Iterator[None]:
    """Do a step that follows a commit; what it fails with is told as `store.logged`, since the change is stored.

    Where the commit is still to come (`ledger.store.engine.one_commit`), the step is a part of it, and fails as itself.
    """
    if is_joined(registry.engine):
        yield
    else:
        with _told_as_logged():
            yield


@contextmanager
def _told_as_logged() -> Iterator[None]:
    try:
        yield
    except StateError as error:
        # another head was signed: what a clone of the registry committed is no part of the log
        if error.code in {"store.logged", "home.behind-head"}:
            raise
        raise StateError.at("store.logged", reason=error.problems[0].sentence()) from error


def begin_log(registry: OpenRegistry) -> None:
    """Sign the head of the empty log of a new home, unless the log has begun; again is harmless."""
    with writing(registry.engine) as connection:
        if log_started(connection):
            return
        note = sign_head(registry.log, size=0, root=EMPTY_ROOT, sign=registry.sign_head)
        # The head store first: a crash before the commit leaves a head that the next try signs again, byte for byte.
        registry.heads.begin(note)
        insert_all(connection, [(schema.HEADS, (0, note))])
        connection.commit()


def _judge(connection: Connection, requests: Sequence[Postings]) -> tuple[RefusedError | None, ...]:
    """Return for each request why it can't be logged, or None (rule 2)."""
    postings = [posting for request in requests for posting in request]
    taken = used_marks(connection, [mark for posting in postings for mark in posting.marks])
    # a record that leaves a mark can't be logged twice; only the others have to be looked up
    taken |= logged_records(connection, [posting.digest for posting in postings if not posting.marks])
    verdicts: list[RefusedError | None] = []
    for request in requests:
        once = [one for posting in request for one in (posting.marks or (posting.digest,))]
        if taken.isdisjoint(once) and len(set(once)) == len(once):
            taken.update(once)
            verdicts.append(None)
        else:
            verdicts.append(RefusedError.at("holding.mark-used"))
    return tuple(verdicts)


def entry_of(posting: Posting, now_ms: int) -> Entry:
    """Return the entry of a record that is logged at a time."""
    kind = _ENTRY_KINDS.get(posting.kind, EntryKind.RECORD)
    marks, bits = tuple(sorted(posting.marks)), tuple(sorted(posting.bits))
    return Entry(kind, now_ms, blinded(posting.digest), marks, bits, posting.listed)


def _in_log_order(postings: Sequence[Posting]) -> list[Posting]:
    """Return postings, given in the order of the requests, in the order of their log entries (rule 3)."""
    depths: dict[bytes, int] = {}
    made: dict[object, int] = {}
    for posting in postings:
        depths[posting.digest] = depth = max((made.get(use, 0) for use in posting.uses), default=0)
        made.update((row[0], depth + 1) for table, row in posting.rows if table is schema.HOLDINGS)
    return sorted(postings, key=lambda posting: (depths[posting.digest], posting.digest))


def _store(
    connection: Connection, postings: Sequence[Posting], places: dict[bytes, int], entries: dict[bytes, bytes]
) -> None:
    """Write the rows of all postings in request order: one may use what an earlier one creates."""
    rows: list[Row] = [(schema.ENTRIES, (places[digest], entry)) for digest, entry in entries.items()]
    uses = {use: places[posting.digest] for posting in postings for use in posting.uses}
    note_received(connection, [(places[posting.digest], row) for posting in postings for row in _moved_here(posting)])
    for posting in postings:
        index = places[posting.digest]
        rows.append((schema.RECORDS, (posting.digest, posting.kind, posting.content, index)))
        rows += [(schema.MARKS, (mark, index)) for mark in posting.marks]
        rows += [(schema.STATUS_BITS, (*bit, index)) for bit in posting.bits]
        for row in posting.rows:
            table = row[0]
            if table is schema.HOLDINGS or table is schema.ISSUED:
                row = _completed(row, index, uses)  # noqa: PLW2901 - what is known only now is put in
            rows.append(row)
    insert_all(connection, rows)
    count_in(connection, (row.status_list for _, row in rows if isinstance(row, CertificateRow | AttestationRow)))
    mark_used(connection, [(index, use) for use, index in uses.items()])


def _moved_here(posting: Posting) -> Iterator[HoldingRow]:
    """Yield the holdings that a move creates."""
    if posting.kind == "move":
        for table, row in posting.rows:
            if table is schema.HOLDINGS:
                yield HoldingRow(*row)  # type: ignore[arg-type] # as below


def _completed(row: Row, index: int, uses: dict[bytes, int]) -> Row:
    """Return a row with its entry: a holding's use in the same commit, a listed certificate's entry."""
    if row[0] is schema.HOLDINGS:
        return _used_at_once(row, uses)
    if row[0] is schema.ISSUED:
        return schema.ISSUED, IssuedRow(*row[1])._replace(entry=index)  # type: ignore[arg-type] # as below
    return row


def _used_at_once(row: Row, uses: dict[bytes, int]) -> Row:
    """Return the row of a new holding with its use in the same commit, which is taken out of `uses`."""
    held = row[1] if isinstance(row[1], HoldingRow) else HoldingRow(*row[1])  # type: ignore[arg-type] # any tuple
    index = uses.pop(held.commitment, None)
    return row if index is None else (schema.HOLDINGS, held._replace(used=index))
