"""The whole audit of a home: the log, every record, every table, and the two files beside the database.

Rules:

1. The home's own trust list is what signatures are judged by; it must be the last one published, and each was signed by the
   one before.  Everything else is recomputed.
2. One snapshot, read once, in the order of the log; nothing is written, not even a migration.
3. Several processes may share the records, and an earlier audit of the very same state may have judged some (`ledger.audit.shared`).
4. What can't be recomputed from anything is said, and how much of it there is.

What this module does not do: it opens no key and needs no passphrase; it can't tell a registry from one that was wholly
made anew with the same keys, which is what witnesses and monitors are for.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.audit.aside import check_aside
from ledger.audit.faults import MOST_FAULTS, EnoughFaultsError, Fault, Faults
from ledger.audit.log import Closed, check_log, entries
from ledger.audit.registered import Register
from ledger.audit.shared import ALONE, Shares
from ledger.audit.stretches import Share, home_of, records_of, snapshot, state_of
from ledger.log.vkey import VerifierKey
from ledger.registry.head_store import kept_head
from ledger.store import schema
from ledger.store.reading import latest_published, log_started
from ledger.store.whole import count, plants_in_use
from ledger.trust.pinned import open_trust
from schemas.problem import CheckError, OreprintError, StateError
from schemas.trust import TrustFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from ledger.audit.shared import Plan
    from ledger.factors.tables import FactorTables
    from ledger.registry.folder import Home
    from ledger.registry.registry import HeadStore
    from ledger.trust.pinned import Trust


@dataclass(frozen=True, slots=True)
class Audit:
    """What an audit found: `faults` in the order in which they were found, all of them if `whole`.

    `on_word` says what had to be taken on the registry's word.
    """

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
    plan: Plan = ALONE,
) -> Audit:
    """Recompute everything in a home, or stop at `most` faults; `progress` is told how many entries of how many are done.

    The answer is the same whatever the `plan`, but for what that lets it pass by (`Audit.on_word`).

    Raises:
        InputError: `audit.kept-form`.
        StateError: `home.missing`, `store.unreadable`; `audit.kept-used`, `audit.kept-unwritable`, `audit.process-ended`.

    """
    if not home.made:
        raise StateError.at("home.missing", path=home.where)
    work = _Work(home, tables, Faults(most), progress)
    with _shares(work, plan) as work.shares:
        found = work.audited()
        if work.shares is not None:
            work.shares.end()
    return found


@contextmanager
def _shares(work: _Work, plan: Plan) -> Iterator[Shares | None]:
    """Give the processes that share an audit, at work already; None where one process does it all."""
    note = work.trust_note(Faults())
    if plan == ALONE or note is None:
        yield None
        return
    with snapshot(work.home) as connection:
        size = count(connection, schema.ENTRIES)
    with Shares(Share(work.home, note, work.tables, plan.stretch), plan, size, work.progress) as shares:
        yield shares if shares.worth else None


@dataclass(slots=True)
class _Work:
    """An audit under way; `name` is the registry's, once it is known."""

    home: Home
    tables: FactorTables
    faults: Faults
    progress: Callable[[int, int], None]
    shares: Shares | None = None
    name: str = ""

    def audited(self) -> Audit:
        """Audit one snapshot of the database."""
        with snapshot(self.home) as connection:
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
        """Audit everything; yield what is taken on the registry's word."""
        note = self.trust_note(self.faults)
        trust = self._trust(note)
        if trust is None:
            return
        listed = home_of(trust, connection)
        if listed is None:
            self.faults.at("audit.trust-registry", "trust.json")
            return
        self.name = listed.id
        register = Register(trust, listed)
        register.compare(connection, self.faults)
        logged = self._log(connection, register)
        carried = self._records(connection, register, counts["entries"], note or "") if logged else 0
        published = latest_published(connection, "trust") if logged else None
        same = published is not None and published.content == (note or "").encode()
        self.faults.require("audit.trust-file", "trust.json", holds=same)
        check_aside(connection, trust, listed.id, self.faults)
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

    def _records(self, connection: Connection, register: Register, size: int, note: str) -> int:
        """Audit every record in the log; return in how many entries an earlier audit did, as a file says."""
        if self.shares is not None and self.shares.hold(state_of(connection, note, self.tables)):
            return self.shares.carried
        records = records_of(connection, register, self.tables, self.faults)
        for each in entries(connection):
            records.judge(each)
            self.progress(each.position + 1, size)
        records.end()
        return 0

    def trust_note(self, faults: Faults) -> str | None:
        """Return the note of the trust list in the home, None where there is none that can be read."""
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
    """Return a file's text, or None where there is none that can be read as text."""
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def _signed(heads: HeadStore) -> str | None:
    """Return the last signed head's note, or None where there is none that can be read as text."""
    try:
        return kept_head(heads)
    except UnicodeDecodeError:
        return None


def _on_word(counts: dict[str, int], unseen: int, carried: int) -> Iterator[str]:
    """Yield what nothing stored can show, in plain sentences."""
    yield "what the HTTP door keeps for itself: tokens, answers given, places reserved, events; no certificate rests on it"
    if counts["requests"]:
        yield f"which written record each of {counts['requests']} runs answered: the record itself is not kept"
    if counts["grants"] or counts["offers"]:
        yield (
            f"as which audience a consignee may see a certificate ({counts['grants']} that may, {counts['offers']} offers), "
            "and that no open offer is missing: neither is in the log"
        )
    if carried:
        yield (
            f"that the records of {carried} entries were judged already, which the file says that remembers how far an earlier audit "
            "came; all rows of the database are those that it was about"
        )
    if unseen:
        yield f"name and place of {unseen} plants from which no certificate came yet"
