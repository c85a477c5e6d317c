"""An auditor's memory: which steps it judged and how, what they build on, and what it has signed.

Rules:

1. It is one SQLite file, apart from any registry's database, for all registries that the auditor reads.
2. It holds what later steps and records need: states, status places, edges, keys with plants and times, lots,
   instruments, and what lies inside leaves, its own and those of other auditors that it relies on.  It holds no text
   of a run and no recipe.
3. A step is one transaction, with the place in the log up to which steps were fetched.
4. The number of a record is written down before anything with it is signed, and is never given out again.

This module judges nothing (`ledger.auditing`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final, NamedTuple

from ledger.store.own_file import own_file

_TABLES: Final = """
    CREATE TABLE IF NOT EXISTS steps (seq INTEGER PRIMARY KEY, issuance BLOB NOT NULL UNIQUE, registry TEXT NOT NULL,
        position INTEGER NOT NULL, time_ms INTEGER NOT NULL, first BLOB NOT NULL, refused INTEGER NOT NULL,
        rules TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS certificates (digest BLOB PRIMARY KEY, step INTEGER NOT NULL, list INTEGER NOT NULL,
        place INTEGER NOT NULL, until_ms INTEGER, leaf BLOB NOT NULL, inside TEXT NOT NULL,
        told INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS certificates_step ON certificates (step);
    CREATE INDEX IF NOT EXISTS certificates_place ON certificates (list, place);
    CREATE TABLE IF NOT EXISTS edges (step INTEGER NOT NULL, certificate BLOB NOT NULL, kind INTEGER NOT NULL,
        PRIMARY KEY (step, certificate, kind)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS keys (step INTEGER NOT NULL, kid TEXT NOT NULL, time_ms INTEGER NOT NULL,
        plant TEXT NOT NULL, kind TEXT NOT NULL, PRIMARY KEY (step, kid, time_ms, plant, kind)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS lots (plant TEXT NOT NULL, lot TEXT NOT NULL, first BLOB NOT NULL,
        PRIMARY KEY (plant, lot, first)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS instruments (scheme TEXT NOT NULL, statement TEXT NOT NULL, first BLOB NOT NULL,
        issuance BLOB NOT NULL, PRIMARY KEY (scheme, statement, issuance)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS waiting (registry TEXT NOT NULL, position INTEGER NOT NULL, reason TEXT NOT NULL,
        upstream BLOB, PRIMARY KEY (registry, position)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS relied (digest BLOB PRIMARY KEY, registry TEXT NOT NULL, list INTEGER NOT NULL,
        place INTEGER NOT NULL, inside TEXT NOT NULL, answers BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS lifted (registry TEXT NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (registry, entry)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS places (registry TEXT PRIMARY KEY, fetched INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS records (number INTEGER PRIMARY KEY, registry TEXT NOT NULL, origin TEXT NOT NULL,
        size INTEGER NOT NULL, sent INTEGER NOT NULL);
"""


class EdgeKind(IntEnum):
    """How a step builds on a certificate: it used the batch, it corrects it, or an undo on a way undid its run."""

    INPUT = 1
    FOLLOWED = 2
    UNDONE = 3


class JudgedCertificate(NamedTuple):
    """A certificate of a judged step: its status place, when it expires, its leaf, and what lies inside that.

    `inside` is the disclosure whose digest the leaf has (`ledger.seal.audit`), empty where the step was refused.
    """

    digest: bytes
    list_number: int
    place: int
    until_ms: int | None
    leaf: bytes
    inside: str


class ReliedOn(NamedTuple):
    """A certificate whose step others judged: its registry and status place, what lies inside their leaves, and codes.

    `answers` are the weakest of theirs, a byte a row of its claims (`schemas.audit.ANSWER_CODES`).
    """

    digest: bytes
    registry: str
    list_number: int
    place: int
    inside: str
    answers: bytes


class UsedKey(NamedTuple):
    """A key that a step rests on, when it signed (ms), and for a certificate the plant and the kind of product."""

    kid: str
    time_ms: int
    plant: str = ""
    kind: str = ""


class JudgedStep(NamedTuple):
    """A judged step: the issuance, where it was logged and when (ms), its first issuance, and what it rests on.

    `rules` is the digest of the release by which it was judged; a `refused` step is one that bytes bind to be wrong.
    `edges` are certificates; `lots` plant and name in normal form; `instruments` scheme and statement.
    """

    issuance: bytes
    registry: str
    position: int
    time_ms: int
    first: bytes
    refused: bool
    rules: str
    certificates: tuple[JudgedCertificate, ...]
    edges: tuple[tuple[bytes, EdgeKind], ...]
    keys: tuple[UsedKey, ...]
    lots: tuple[tuple[str, str], ...]
    instruments: tuple[tuple[str, str], ...]


class KnownStep(NamedTuple):
    """A step as it is remembered: its number in the order of judging, and as in `JudgedStep`."""

    seq: int
    issuance: bytes
    registry: str
    position: int
    time_ms: int
    first: bytes
    refused: bool


class MadeRecord(NamedTuple):
    """A record whose number was given out: its number, registry and head, and 1 if it was logged."""

    number: int
    registry: str
    origin: str
    size: int
    sent: int


class WaitingStep(NamedTuple):
    """A step that can't be judged: its position, the reason, and the certificate to be judged before, if any."""

    position: int
    reason: str
    upstream: bytes | None


_STEP: Final = "SELECT seq, issuance, registry, position, time_ms, first, refused FROM steps"


@dataclass(frozen=True, slots=True)
class JudgedSteps:
    """The file at `path`."""

    path: Path

    @contextmanager
    def reading(self) -> Iterator[Remembered]:
        """Give the memory as it is, to read; raise StateError `store.unreadable`."""
        with own_file(self.path, _TABLES) as connection:
            yield Remembered(connection)

    @contextmanager
    def writing(self) -> Iterator[Remembered]:
        """Give the memory in one transaction, which is committed only if it ends without an error."""
        with own_file(self.path, _TABLES) as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            yield Remembered(connection)


class Remembered:
    """An open memory."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    # -- steps --------------------------------------------------------------------------------------------------------

    def add(self, step: JudgedStep) -> None:
        """Remember a judged step; it waits no more."""
        row = (step.issuance, step.registry, step.position, step.time_ms, step.first, step.refused, step.rules)
        cursor = self._connection.execute("INSERT INTO steps VALUES (NULL, ?, ?, ?, ?, ?, ?, ?)", row)
        seq = cursor.lastrowid
        for statement, rows in (
            (
                "INSERT OR IGNORE INTO certificates VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
                [(c[0], seq, *c[1:]) for c in step.certificates],
            ),
            ("INSERT INTO edges VALUES (?, ?, ?)", [(seq, *edge) for edge in step.edges]),
            ("INSERT INTO keys VALUES (?, ?, ?, ?, ?)", [(seq, *key) for key in step.keys]),
            ("INSERT OR IGNORE INTO lots VALUES (?, ?, ?)", [(*lot, step.first) for lot in step.lots]),
            (
                "INSERT OR IGNORE INTO instruments VALUES (?, ?, ?, ?)",
                [(*said, step.first, step.issuance) for said in step.instruments],
            ),
        ):
            self._connection.executemany(statement, rows)
        self._connection.execute(
            "DELETE FROM waiting WHERE registry = ? AND position = ?", (step.registry, step.position)
        )

    def step_of(self, issuance: bytes) -> KnownStep | None:
        """Return a step by its issuance, or None."""
        row = self._connection.execute(f"{_STEP} WHERE issuance = ?", (issuance,)).fetchone()
        return None if row is None else KnownStep(*row)

    def step_with(self, certificate: bytes) -> KnownStep | None:
        """Return the step that made a certificate, or None."""
        query = f"{_STEP} JOIN certificates ON step = seq WHERE digest = ?"
        row = self._connection.execute(query, (certificate,)).fetchone()
        return None if row is None else KnownStep(*row)

    def steps(self) -> Iterator[KnownStep]:
        """Yield all steps, each behind those that it builds on."""
        for row in self._connection.execute(f"{_STEP} ORDER BY seq"):
            yield KnownStep(*row)

    def certificate(self, digest: bytes) -> JudgedCertificate | None:
        """Return a certificate of a judged step, or None."""
        query = "SELECT digest, list, place, until_ms, leaf, inside FROM certificates WHERE digest = ?"
        row = self._connection.execute(query, (digest,)).fetchone()
        return None if row is None else JudgedCertificate(*row)

    def rely(self, certificate: ReliedOn) -> None:
        """Remember what others found of a certificate."""
        self._connection.execute("INSERT OR REPLACE INTO relied VALUES (?, ?, ?, ?, ?, ?)", certificate)

    def relied(self) -> list[ReliedOn]:
        """Return all certificates whose steps others judged."""
        return [ReliedOn(*row) for row in self._connection.execute("SELECT * FROM relied")]

    def relied_on(self, digest: bytes) -> ReliedOn | None:
        """Return what others found of a certificate, or None."""
        row = self._connection.execute("SELECT * FROM relied WHERE digest = ?", (digest,)).fetchone()
        return None if row is None else ReliedOn(*row)

    def lift(self, registry: str, entries: Iterable[int]) -> None:
        """Remember that the statements of these lifts were judged, by their entries."""
        self._connection.executemany(
            "INSERT OR IGNORE INTO lifted VALUES (?, ?)", [(registry, each) for each in entries]
        )

    def lifted(self, registry: str) -> set[int]:
        """Return the entries of the lifts whose statements were judged."""
        query = "SELECT entry FROM lifted WHERE registry = ?"
        return {row[0] for row in self._connection.execute(query, (registry,))}

    def position_at(self, registry: str, list_number: int, place: int) -> int | None:
        """Return the position of the step that made the certificate at a status place; None if it isn't remembered."""
        query = (
            "SELECT position FROM steps JOIN certificates ON step = seq WHERE registry = ? AND list = ? AND place = ?"
        )
        row = self._connection.execute(query, (registry, list_number, place)).fetchone()
        return None if row is None else int(row[0])

    def places_of(self, seq: int) -> list[tuple[bytes, int, int]]:
        """Return the certificates of a step with their status places: list and index."""
        return list(self._connection.execute("SELECT digest, list, place FROM certificates WHERE step = ?", (seq,)))

    def corrections(self) -> Iterator[tuple[KnownStep, list[bytes]]]:
        """Yield each step that corrects another with the certificates that it corrects, the last one first."""
        followed = "SELECT certificate FROM edges WHERE step = ? AND kind = ?"
        query = f"{_STEP} WHERE seq IN (SELECT step FROM edges WHERE kind = ?) ORDER BY seq DESC"  # noqa: S608 - our own text
        for row in self._connection.execute(query, (EdgeKind.FOLLOWED,)).fetchall():
            step = KnownStep(*row)
            yield step, [each[0] for each in self._connection.execute(followed, (step.seq, EdgeKind.FOLLOWED))]

    def keys_of(self, seq: int) -> list[UsedKey]:
        """Return the keys that a step rests on."""
        query = "SELECT kid, time_ms, plant, kind FROM keys WHERE step = ?"
        return [UsedKey(*row) for row in self._connection.execute(query, (seq,))]

    def certificates(self) -> Iterator[tuple[int, bytes, int, int, int | None, bytes]]:
        """Yield step, digest, status place (list, index), expiry (ms) and leaf of every certificate, step by step."""
        # "+": sort all rows, because the index by step would look up each of a million rows somewhere else
        yield from self._connection.execute(
            "SELECT step, digest, list, place, until_ms, leaf FROM certificates ORDER BY +step"
        )

    def edges(self) -> Iterator[tuple[int, bytes, int]]:
        """Yield every edge, step by step: the step, the certificate that it builds on, and how."""
        yield from self._connection.execute("SELECT step, certificate, kind FROM edges ORDER BY step")

    def keys(self) -> Iterator[tuple[int, UsedKey]]:
        """Yield every key that a step rests on, each kind of use once a step."""
        for seq, *key in self._connection.execute("SELECT step, kid, time_ms, plant, kind FROM keys ORDER BY step"):
            yield seq, UsedKey(*key)

    def other_lots(self, lots: Iterable[tuple[str, str]], first: bytes) -> bool:
        """Return whether one of these lots is under another first issuance."""
        query = "SELECT 1 FROM lots WHERE plant = ? AND lot = ? AND first != ?"
        return any(self._connection.execute(query, (*lot, first)).fetchone() for lot in lots)

    def others_naming(self, said: tuple[str, str], first: bytes) -> list[bytes]:
        """Return the issuances of other first issuances that name an instrument."""
        query = "SELECT issuance FROM instruments WHERE scheme = ? AND statement = ? AND first != ?"
        return [row[0] for row in self._connection.execute(query, (*said, first))]

    def forget_others(self, rules: Sequence[str]) -> bool:
        """Forget everything that was judged, if any of it was by other rules; return whether that was so.

        Numbers of records stay.
        """
        used = [row[0] for row in self._connection.execute("SELECT DISTINCT rules FROM steps")]
        if set(used) <= set(rules):
            return False
        for table in (
            "steps",
            "certificates",
            "edges",
            "keys",
            "lots",
            "instruments",
            "waiting",
            "places",
            "relied",
            "lifted",
        ):
            self._connection.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own tables
        return True

    def registries(self) -> set[str]:
        """Return the registries whose steps are remembered, or relied on."""
        query = "SELECT registry FROM steps UNION SELECT registry FROM relied"
        return {row[0] for row in self._connection.execute(query)}

    def rules(self) -> list[str]:
        """Return the digests of the releases by which steps were judged."""
        return [row[0] for row in self._connection.execute("SELECT DISTINCT rules FROM steps ORDER BY rules")]

    # -- what was fetched ---------------------------------------------------------------------------------------------

    def fetched(self, registry: str) -> int:
        """Return up to which position of a registry's logs steps were fetched."""
        row = self._connection.execute("SELECT fetched FROM places WHERE registry = ?", (registry,)).fetchone()
        return 0 if row is None else int(row[0])

    def arrive(self, registry: str, fetched: int) -> None:
        """Store up to which position steps were fetched; it never goes back."""
        self._connection.execute(
            "INSERT INTO places VALUES (?, ?) ON CONFLICT (registry) DO UPDATE SET fetched = max(fetched, excluded.fetched)",
            (registry, fetched),
        )

    def wait(self, registry: str, step: WaitingStep) -> None:
        """Store that a step can't be judged yet, and why."""
        self._connection.execute("INSERT OR REPLACE INTO waiting VALUES (?, ?, ?, ?)", (registry, *step))

    def waiting(self, registry: str) -> list[WaitingStep]:
        """Return the steps that wait, in the order of the log."""
        query = "SELECT position, reason, upstream FROM waiting WHERE registry = ? ORDER BY position"
        return [WaitingStep(*row) for row in self._connection.execute(query, (registry,))]

    # -- records ------------------------------------------------------------------------------------------------------

    def reserve(self, least: int, registry: str, origin: str, size: int) -> int:
        """Give out a number, at least `least` and above every number so far, for a record of a head."""
        row = self._connection.execute("SELECT max(number) FROM records").fetchone()
        number = max(least, (row[0] or 0) + 1)
        self._connection.execute("INSERT INTO records VALUES (?, ?, ?, ?, 0)", (number, registry, origin, size))
        return number

    def untold(self) -> list[tuple[bytes, str]]:
        """Return certificates with what lies inside their leaves, where no record that was logged brought it yet."""
        sent = "SELECT number FROM records WHERE sent = 1"
        query = f"SELECT digest, inside FROM certificates WHERE inside != '' AND told NOT IN ({sent})"  # noqa: S608 - our own text
        return list(self._connection.execute(query))

    def tell(self, certificates: Iterable[bytes], number: int) -> None:
        """Store that a record brings what lies inside these certificates' leaves."""
        self._connection.executemany(
            "UPDATE certificates SET told = ? WHERE digest = ?", [(number, each) for each in certificates]
        )

    def sent(self, number: int) -> None:
        """Store that a record was logged."""
        self._connection.execute("UPDATE records SET sent = 1 WHERE number = ?", (number,))

    def last_record(self, registry: str) -> MadeRecord | None:
        """Return the last record for a registry whose number was given out, or None."""
        query = "SELECT * FROM records WHERE registry = ? ORDER BY number DESC LIMIT 1"
        row = self._connection.execute(query, (registry,)).fetchone()
        return None if row is None else MadeRecord(*row)
