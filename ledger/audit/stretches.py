"""The log under audit in stretches, each of which any process can judge.

Rules: later records build on earlier ones, so a reader begins at the first entry of the log. It follows the records
before its stretch, and trusts that another process judges them. It goes on from where it stands, so it reads each entry
once. A stretch holds or does not hold; the process that then judges the whole log says what is wrong.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
from functools import partial
from hashlib import sha256
from itertools import islice
from threading import Lock
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.audit.faults import EnoughFaultsError, Faults
from ledger.audit.log import entries
from ledger.audit.recall import Recalled, issued_again, seen_again
from ledger.audit.records import Records
from ledger.audit.registered import Register
from ledger.factors.tables import FactorTables
from ledger.footprint.versions import ENGINE
from ledger.log.tile import WIDTH
from ledger.registry.pinned import others_pinned
from ledger.registry.proofs import Proofs
from ledger.store import schema
from ledger.store.logs import last_heads
from ledger.store.snapshot import Snapshot, imported
from ledger.store.whole import content_digest, count, rows_of
from ledger.trust.pinned import Trust, open_trust
from ledger.trust.several import merged_trust
from ledger.verify.chain import Chain, Policy
from schemas.bundle import HeadLine
from schemas.problem import CheckError, InputError, MissingError, StateError
from schemas.trust import Registry

STRETCH: Final = WIDTH
"""Entries of a stretch. One process judges them in about a second."""
MOST_SNAPSHOTS: Final = 4
"""Snapshots for which a worker keeps readers. Those of an audit that was killed are never asked for again."""


def listed_registry(trust: Trust, connection: Connection) -> Registry | None:
    """Return the registry of the trust list that this database belongs to.

    If the database names none that is listed, return the only one in the list; None if there are several.
    """
    ids = [row[0] for row in rows_of(connection, schema.REGISTRY)]
    named = [registry for registry in trust.listed.registries if registry.id in ids]
    candidates = named or list(trust.listed.registries)
    return candidates[0] if len(candidates) == 1 else None


def records_of(
    connection: Connection, register: Register, tables: FactorTables, faults: Faults, *, since: int = 0
) -> Records:
    """Return the records of a registry, to be judged by its own trust list from the entry `since` on."""
    trust, registry = register.trust, register.home.id
    seen = Recalled(partial(seen_again, connection))
    chain = Chain(merged_trust(trust, others_pinned(connection)), tables, Policy(at_ms=0), seen=seen)
    chain.paths.issued = Recalled(partial(issued_again, connection, chain))
    heads = last_heads(connection)
    for head in heads:
        with suppress(InputError):  # what is wrong with a head, the log's own audit says
            chain.heads.add(HeadLine(t="head", registry=registry, checkpoint=head.note))
    chain.findings.all.clear()
    return Records(connection, chain, register, trust.registry(registry), Proofs(connection, heads), faults, since)


def state_of(connection: Connection, note: str, tables: FactorTables) -> bytes:
    """Return a digest of all that decides the answer: database, trust list in the home, factors and engine."""
    used = sorted((name, table.digest) for name, table in tables.sets.items())
    return sha256(repr((ENGINE, note, used)).encode() + content_digest(connection)).digest()


class StretchReader:
    """A reader of the log that judges some stretches and follows the others; `position` is its next entry."""

    def __init__(self, connection: Connection, note: str, tables: FactorTables, length: int, first: int) -> None:
        """Begin to read. `note` is the trust list in the home; `first` is the first stretch that will be judged.

        Raises:
            CheckError, EnoughFaultsError: when trust list and database do not agree.
        """
        faults = Faults(most=1)
        trust = open_trust(note)
        listed = listed_registry(trust, connection)
        if listed is None:
            raise CheckError.at("audit.trust-registry", "trust.json")
        register = Register(trust, listed)
        register.compare(connection, faults)
        self._records = records_of(connection, register, tables, faults, since=first * length)
        self._size = count(connection, schema.ENTRIES)
        self._entries = entries(connection)
        self._length = length
        self.position = 0

    def holds(self, number: int) -> bool:
        """Return whether everything in a stretch holds. After the last stretch no row may be left."""
        first = number * self._length
        after = min(first + self._length, self._size)
        try:
            for logged in islice(self._entries, after - self.position):
                if logged.position < first:
                    self._records.follow(logged)
                else:
                    self._records.judge(logged)
            if after == self._size:
                self._records.end()
        except (EnoughFaultsError, CheckError, InputError, MissingError):
            return False
        self.position = after
        return True

    def close(self) -> None:
        """Let go of the rows that were not read yet. Call it before the connection closes."""
        self._entries = iter(())
        self._records.close()


class StretchWork(NamedTuple):
    """The context of a worker that verifies stretches of `length` entries. `note` is the trust list in the home."""

    snapshot: Snapshot
    note: str
    tables: FactorTables
    length: int


class _OpenReader(NamedTuple):
    reader: StretchReader
    stack: ExitStack


class _Readers:
    """The readers of a worker that wait for their next stretch, by snapshot."""

    def __init__(self) -> None:
        self._waiting: dict[Snapshot, list[_OpenReader]] = {}
        self._lock = Lock()

    def take(self, work: StretchWork, number: int) -> _OpenReader:
        """Return a reader that stands before a stretch, the nearest one, or a new one."""
        with self._lock:
            waiting = self._waiting.setdefault(work.snapshot, [])
            fitting = [each for each in waiting if each.reader.position <= number * work.length]
            if fitting:
                nearest = max(fitting, key=lambda each: each.reader.position)
                waiting.remove(nearest)
                return nearest
            oldest = next(iter(self._waiting)) if len(self._waiting) > MOST_SNAPSHOTS else None
        if oldest is not None:
            self.close(oldest)
        with ExitStack() as stack:
            connection = stack.enter_context(imported(work.snapshot))
            reader = StretchReader(connection, work.note, work.tables, work.length, number)
            stack.callback(reader.close)
            return _OpenReader(reader, stack.pop_all())

    def give_back(self, snapshot: Snapshot, waiting: _OpenReader) -> None:
        """Keep a reader for its next stretch, unless the audit is over."""
        with self._lock:
            readers = self._waiting.get(snapshot)
            if readers is not None:
                readers.append(waiting)
                return
        waiting.stack.close()

    def close(self, snapshot: Snapshot) -> None:
        """Close the readers of a snapshot."""
        with self._lock:
            readers = self._waiting.pop(snapshot, [])
        for each in readers:
            each.stack.close()


_READERS: Final = _Readers()
"""A worker lives longer than a task, and a reader would else begin at the first entry for each stretch."""


def stretch_holds(work: StretchWork, number: int) -> bool:
    """Return whether everything in a stretch holds: a task for a worker (`ledger.cluster`).

    Raises:
        StateError: `cluster.unreachable`, when this worker can't read the snapshot.
    """
    try:
        opened = _READERS.take(work, number)
        if opened.reader.holds(number):
            _READERS.give_back(work.snapshot, opened)
            return True
        opened.stack.close()
    except (EnoughFaultsError, CheckError, InputError):
        return False
    except StateError as error:
        raise StateError.at(
            "cluster.unreachable", what="the database", reason=error.problems[0].facts.get("reason", "")
        ) from error
    return False


def close_readers(snapshot: Snapshot) -> None:
    """Close what a worker keeps open of a snapshot."""
    _READERS.close(snapshot)
