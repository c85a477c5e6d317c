"""The whole audit of a home: the log, every record, every table, and the two files beside the database.

Rules:

1. Signatures are judged by the home's own trust list. It must be the last one published, and the one before must have
   signed each. Everything else is recomputed.
2. The audit reads one snapshot, in the order of the log. It writes nothing, not even a migration.
3. Several processes may share the records (`ledger.audit.stretches`). All see the same snapshot. If anything does not
   hold, one process judges everything, so that the answer is the same whatever their number.
4. An earlier audit of the very same state may have judged some records (`ledger.audit.resume`).
5. The answer says what nothing can recompute, and how much of it there is.

An audit opens no key and needs no passphrase. It cannot tell a registry from one that somebody made anew with the same
keys. Witnesses and monitors can.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine

from ledger.audit.faults import MOST_FAULTS, EnoughFaultsError, Fault, Faults
from ledger.audit.leans import check_leans
from ledger.audit.log import Closed, check_log, entries
from ledger.audit.registered import Register
from ledger.audit.resume import ResumeFile
from ledger.audit.served import check_served
from ledger.audit.stretches import (
    STRETCH,
    StretchReader,
    StretchWork,
    close_readers,
    listed_registry,
    records_of,
    state_of,
    stretch_holds,
)
from ledger.audit.unlogged import check_unlogged
from ledger.cluster.workers import Workers, pool
from ledger.factors.tables import FactorTables
from ledger.log.vkey import VerifierKey
from ledger.registry.folder import Home
from ledger.registry.head_store import kept_head
from ledger.registry.registry import HeadStore
from ledger.store import schema
from ledger.store.engine import reading
from ledger.store.logs import log_started
from ledger.store.reading import latest_published
from ledger.store.snapshot import Snapshot, exported, keep_open
from ledger.store.whole import count, plants_in_use
from ledger.trust.pinned import Trust, open_trust
from schemas.problem import CheckError, OreprintError
from schemas.trust import TrustFile

LEAST: Final = 2
"""Stretches for which a further process is started: it would judge fewer in the time that it takes to start."""


class Sharing(NamedTuple):
    """The division of an audit: its workers, and the number of entries in a stretch.

    `resume` is the file that remembers how far the audit came.
    """

    workers: Workers = Workers()
    resume: Path | None = None
    stretch: int = STRETCH


ALONE: Final = Sharing()


@dataclass(frozen=True, slots=True)
class Audit:
    """The result of an audit: `faults` in order, all of them if `whole`. `on_word` names what it cannot check."""

    registry: str
    counts: dict[str, int]
    faults: tuple[Fault, ...]
    whole: bool
    on_word: tuple[str, ...]


def audit(
    home: Home,
    *,
    tables: FactorTables,
    progress: Callable[[int, int], None],
    most: int = MOST_FAULTS,
    sharing: Sharing = ALONE,
) -> Audit:
    """Recompute everything in a home, or stop at `most` faults.

    The answer is the same however the work is shared, except for what a resume file lets the audit skip
    (`Audit.on_word`). `progress` is called with the number of entries done and of all.

    Raises:
        InputError: `audit.kept-form`; `cluster.address`.
        StateError: `home.missing`, `home.emptied`, `store.unreadable`; `audit.kept-used`, `audit.kept-unwritable`,
            `audit.process-ended`; `cluster.*`.
    """
    home.check_made()
    engine = home.as_it_is()
    try:
        with _snapshot(engine, sharing) as (connection, snapshot):
            return _Work(home, tables, Faults(most), progress, sharing, snapshot).audited(connection)
    finally:
        engine.dispose()


@contextmanager
def _snapshot(engine: Engine, sharing: Sharing) -> Iterator[tuple[Connection, Snapshot | None]]:
    """Give a connection that sees one snapshot, and what workers need to see the same, if there will be any."""
    with reading(engine, long=True) as connection:
        stretches = count(connection, schema.ENTRIES) // sharing.stretch
        if sharing.workers.alone or (sharing.workers.scheduler is None and stretches < 2 * LEAST):
            yield connection, None
            return
    with exported(engine) as (connection, snapshot):
        yield connection, snapshot


@dataclass(slots=True)
class _Work:
    """An audit under way. `name` is the registry's, as soon as it is known."""

    home: Home
    tables: FactorTables
    faults: Faults
    progress: Callable[[int, int], None]
    sharing: Sharing
    snapshot: Snapshot | None
    name: str = ""

    def audited(self, connection: Connection) -> Audit:
        """Audit one snapshot of the database."""
        counts = {table.name: count(connection, table) for table in schema.METADATA.sorted_tables}
        whole = True
        on_word: tuple[str, ...] = ()
        try:
            on_word = tuple(self.run(connection, counts))
        except EnoughFaultsError:
            whole = False
        except CheckError as error:  # a row that can't be read for what it is
            self.faults.found += [Fault(each.code, each.place, each.sentence()) for each in error.problems]
            whole = False
        return Audit(self.name, counts, tuple(self.faults.found), whole, on_word)

    def run(self, connection: Connection, counts: dict[str, int]) -> Iterator[str]:
        """Audit everything; yield what has to be taken on the registry's word."""
        note = self.trust_note(self.faults)
        trust = self._trust(note)
        if trust is None:
            return
        listed = listed_registry(trust, connection)
        if listed is None:
            self.faults.at("audit.trust-registry", "trust.json")
            return
        self.name = listed.id
        register = Register(trust, listed)
        register.compare(connection, self.faults)
        with self._resume_file(connection, note or "") as file:
            logged = self._log(connection, register)
            carried = self._records(connection, register, counts["entries"], note or "", file) if logged else 0
        published = latest_published(connection, "trust") if logged else None
        same = published is not None and published.content == (note or "").encode()
        self.faults.require("audit.trust-file", "trust.json", holds=same)
        check_unlogged(connection, trust, listed.id, self.faults)
        check_leans(connection, self.tables, self.faults)
        check_served(connection, trust, self.faults)
        yield from _on_word(counts, len(register.plants.keys() - plants_in_use(connection)), carried)

    def _log(self, connection: Connection, register: Register) -> bool:
        """Audit the log; return whether there is one."""
        open_log = next((log.key for log in register.home.logs if log.final_size is None), None)
        if open_log is None or not log_started(connection):
            self.faults.at("audit.no-log", "heads")
            return False
        log = VerifierKey.parse(open_log)
        logs = register.home.logs
        closed = [Closed(VerifierKey.parse(each.key), each.final_size) for each in logs if each.final_size is not None]
        check_log(connection, log, self.faults, signed=_signed(self.home.heads(log)), closed=closed)
        return True

    @contextmanager
    def _resume_file(self, connection: Connection, note: str) -> Iterator[ResumeFile | None]:
        """Give the resume file, if there is one; remove it when the audit has its answer."""
        if self.sharing.resume is None:
            yield None
            return
        state = state_of(connection, note, self.tables)
        with closing(ResumeFile(self.sharing.resume, state, self.sharing.stretch)) as file:
            try:
                yield file
            except (EnoughFaultsError, CheckError):  # the audit ends with these, too
                file.remove()
                raise
            file.remove()

    def _records(
        self, connection: Connection, register: Register, size: int, note: str, file: ResumeFile | None
    ) -> int:
        """Audit every record in the log; return for how many entries an earlier audit did that."""
        carried = None if self.snapshot is None and file is None else self._carried(connection, size, note, file)
        if carried is None:
            self._judge_all(connection, register, size)
        return carried or 0

    def _judge_all(self, connection: Connection, register: Register, size: int) -> None:
        records = records_of(connection, register, self.tables, self.faults)
        for logged in entries(connection):
            records.judge(logged)
            self.progress(logged.position + 1, size)
        records.end()

    def _carried(self, connection: Connection, size: int, note: str, file: ResumeFile | None) -> int | None:
        """Judge the stretches that the file does not name. Return the number of entries in the others.

        Return None when a stretch does not hold.
        """
        length = self.sharing.stretch
        stretches = range(-(-size // length))
        left = [number for number in stretches if file is None or number not in file.stretches]
        lengths = {number: min(length, size - number * length) for number in stretches}
        todo, done = sum(lengths[number] for number in left), 0
        with closing(self._held(connection, note, left)) as held:
            for number, holds in zip(left, held, strict=True):
                if not holds:
                    return None
                if file is not None:
                    file.add(number)
                done += lengths[number]
                self.progress(done, todo)
        return size - todo

    def _held(self, connection: Connection, note: str, left: Sequence[int]) -> Generator[bool]:
        """Yield whether each stretch holds."""
        length = self.sharing.stretch
        if self.snapshot is None:
            reader = StretchReader(connection, note, self.tables, length, left[0] if left else 0)
            yield from map(reader.holds, left)
            return
        jobs = min(self.sharing.workers.jobs, len(left) // LEAST or 1)
        work = StretchWork(self.snapshot, note, self.tables, length)
        with pool(self.sharing.workers._replace(jobs=jobs), ended="audit.process-ended") as workers:
            try:
                for holds in workers.results(stretch_holds, work, left):
                    yield holds
                    keep_open(connection)
            finally:
                workers.everywhere(close_readers, self.snapshot)

    def trust_note(self, faults: Faults) -> str | None:
        """Return the note of the trust list in the home; None if it can't be read."""
        text = _text_of(self.home.trust)
        try:
            if text is None:
                raise CheckError.at("audit.trust-file")
            return TrustFile.from_text(text.removesuffix("\n")).note
        except OreprintError as error:
            faults.error("trust.json", error)
            return None

    def _trust(self, note: str | None) -> Trust | None:
        try:
            return None if note is None else open_trust(note)
        except OreprintError as error:
            self.faults.error("trust.json", error)
            return None


def _text_of(path: Path) -> str | None:
    """Return a file's text; None if it can't be read as text."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def _signed(heads: HeadStore) -> str | None:
    """Return the last signed head's note; None if it can't be read as text."""
    try:
        return kept_head(heads)
    except UnicodeDecodeError:
        return None


def _on_word(counts: dict[str, int], unseen: int, carried: int) -> Iterator[str]:
    """Yield each part that no stored record can prove, as a phrase."""
    yield (
        "people, tokens, contacts, shipments, webhooks, scale readings, drafts, states of approvals, stored answers, "
        "reserved places and events of the HTTP service, and the words of notices; no certificate depends on them"
    )
    if counts["requests"]:
        yield f"which production records produced {counts['requests']} of the runs, because production records are not kept"
    if counts["grants"] or counts["offers"]:
        yield (
            f"the audience of each consignee ({counts['grants']} grants, {counts['offers']} offers) and the list of open "
            "offers, because the log has neither"
        )
    if carried:
        yield (
            f"the records of {carried} entries that an earlier audit checked, by the resume file; no row of the database "
            "has changed since"
        )
    if unseen:
        yield f"name and place of {unseen} plants that have no certificate yet"
