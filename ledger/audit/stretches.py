"""The records of a log under audit, one after another: all of them, or the stretches of a share, the others followed.

Rules: a stretch is as many entries as a full tile has.  Who judges a share begins at the first entry, since later records build on
earlier ones, and ends with its last stretch; it is told on as soon as anything does not hold, and what that is, one who judges all says.
So a share may trust that what it only follows holds.  A share that has the last stretch says also what belongs to no entry.

What this module does not do: processes and what is remembered of them (`ledger.audit.shared`).
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.audit.faults import EnoughFaultsError, Faults
from ledger.audit.log import entries
from ledger.audit.recall import Recalled, issued_again, seen_again
from ledger.audit.records import Records
from ledger.audit.registered import Register
from ledger.footprint.engine import ENGINE
from ledger.log.tile import WIDTH
from ledger.registry.proofs import Proofs
from ledger.store import schema
from ledger.store.abroad import pinned_notes
from ledger.store.engine import reading
from ledger.store.logs import last_heads
from ledger.store.whole import content_digest, count, rows_of
from ledger.trust.pinned import open_trust
from ledger.trust.several import merged_trust
from ledger.verify.chain import Chain, Policy
from schemas.bundle import HeadLine
from schemas.problem import CheckError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection

    from ledger.factors.tables import FactorTables
    from ledger.registry.folder import Home
    from ledger.trust.pinned import Trust
    from schemas.trust import Registry

STRETCH: Final = WIDTH
"""Entries that are judged in about a second, and after which it is remembered that they hold."""


@contextmanager
def snapshot(home: Home) -> Iterator[Connection]:
    """Give a connection that sees one snapshot of a home's database, as it is, and close it afterwards.

    Raises:
        StateError: `store.unreadable`.

    """
    engine = home.as_it_is()
    try:
        with reading(engine, long=True) as connection:
            yield connection
    finally:
        engine.dispose()


def listed_registry(trust: Trust, connection: Connection) -> Registry | None:
    """Return the registry of the trust list that this database says to be; the only one, if it says nothing that is listed."""
    ids = [row[0] for row in rows_of(connection, schema.REGISTRY)]
    known = [found for found in trust.listed.registries if found.id in ids] or list(trust.listed.registries)
    return known[0] if len(known) == 1 else None


def records_of(
    connection: Connection, register: Register, tables: FactorTables, faults: Faults, *, since: int = 0
) -> Records:
    """Return the records of a registry, to be judged by its own trust list from the entry `since` on."""
    trust, registry = register.trust, register.home.id
    seen = Recalled(partial(seen_again, connection))
    others = map(open_trust, dict.fromkeys(pinned_notes(connection).values()))
    chain = Chain(merged_trust(trust, others), tables, Policy(at_ms=0), seen=seen)
    chain.paths.issued = Recalled(partial(issued_again, connection, chain))
    heads = last_heads(connection)
    for head in heads:
        with suppress(InputError):  # what is wrong with a head, the log's own audit says
            chain.heads.add(HeadLine(t="head", registry=registry, checkpoint=head.note))
    chain.findings.all.clear()
    return Records(connection, chain, register, trust.registry(registry), Proofs(connection, heads), faults, since)


def state_of(connection: Connection, note: str, tables: FactorTables) -> bytes:
    """Return a digest of all that an audit's answer follows from: the database, the trust list in the home, factors and engine."""
    used = sorted((name, table.digest) for name, table in tables.sets.items())
    return sha256(repr((ENGINE, note, used)).encode() + content_digest(connection)).digest()


class Share(NamedTuple):
    """What of an audit is to be judged by one process: `stretches` of so many entries each (`length`), by their numbers, in order.

    `note` is the trust list in the home.
    """

    home: Home
    note: str
    tables: FactorTables
    length: int
    stretches: Sequence[int] = ()

    def state(self) -> bytes:
        """Return the digest of the state that the database is in now."""
        with snapshot(self.home) as connection:
            return state_of(connection, self.note, self.tables)

    def judge(self, *, begins: Callable[[bytes], bool], holds: Callable[[int], None]) -> bool:
        """Judge the stretches in a snapshot of their own; return whether it is one to begin with (`begins`), and all of them hold.

        Each that holds is told (`holds`); the first that doesn't ends it.

        Raises:
            OreprintError: when the database can't be read, or the trust list.

        """
        try:
            with snapshot(self.home) as connection:
                if not begins(state_of(connection, self.note, self.tables)):
                    return False
                self._judge(connection, holds)
        except (EnoughFaultsError, CheckError):
            return False
        return True

    def _judge(self, connection: Connection, holds: Callable[[int], None]) -> None:
        faults = Faults(most=1)
        register = self._register(connection, faults)
        mine, last = frozenset(self.stretches), self.stretches[-1]
        records = records_of(connection, register, self.tables, faults, since=self.stretches[0] * self.length)
        size = count(connection, schema.ENTRIES)
        for each in entries(connection):
            number = each.position // self.length
            if number > last:
                return
            if number not in mine:
                records.follow(each)
                continue
            records.judge(each)
            ended = each.position + 1 == size
            if ended:
                records.end()
            if ended or (each.position + 1) % self.length == 0:
                holds(number)

    def _register(self, connection: Connection, faults: Faults) -> Register:
        """Return who is registered, which is held against the trust list where the whole is audited."""
        trust = open_trust(self.note)
        listed = listed_registry(trust, connection)
        if listed is None:
            raise CheckError.at("audit.trust-registry", "trust.json")
        register = Register(trust, listed)
        register.compare(connection, faults)
        return register
