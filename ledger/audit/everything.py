"""The whole audit of a home: the log, every record, every table, and the two files beside the database.

Rules:

1. The home's own trust list is what signatures are judged by; it must be the last one published, and each was signed by the
   one before.  Everything else is recomputed.
2. One snapshot, read once, in the order of the log; nothing is written, not even a migration.
3. What can't be recomputed from anything is said, and how much of it there is.

What this module does not do: it opens no key and needs no passphrase; it can't tell a registry from one that was wholly
made anew with the same keys, which is what witnesses and monitors are for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ledger.audit.aside import check_aside
from ledger.audit.faults import MOST_FAULTS, EnoughFaultsError, Fault, Faults
from ledger.audit.log import check_log, entries
from ledger.audit.recall import Recalled, issued_again, seen_again
from ledger.audit.records import Records
from ledger.audit.registered import Register
from ledger.heads import kept_head
from ledger.log.vkey import VerifierKey
from ledger.store import schema
from ledger.store.abroad import pinned_notes
from ledger.store.engine import reading
from ledger.store.reading import begun, latest_head
from ledger.store.whole import count, rows_of
from ledger.trust.pinned import open_trust
from ledger.trust.several import together
from ledger.verify.chain import Chain, Policy
from schemas.bundle import HeadLine
from schemas.problem import CheckError, OreprintError, StateError
from schemas.trust import TrustFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Connection

    from ledger.book import HeadStore
    from ledger.footprint.factors import FactorTables
    from ledger.home import Home
    from ledger.trust.pinned import Trust
    from schemas.trust import Registry


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


def audit(home: Home, *, tables: FactorTables, progress: Callable[[int, int], None], most: int = MOST_FAULTS) -> Audit:
    """Recompute everything in a home, or stop at `most` faults; `progress` is told how many entries of how many are done.

    Raises:
        StateError: `home.missing`, `store.unreadable`.

    """
    if not home.made:
        raise StateError.at("home.missing", path=home.where)
    faults = Faults(most)
    work = _Work(home, tables, faults, progress)
    engine = home.as_it_is()
    with reading(engine) as connection:
        counts = {table.name: count(connection, table) for table in schema.METADATA.sorted_tables}
        whole = True
        on_word: tuple[str, ...] = ()
        try:
            on_word = tuple(work.run(connection, counts))
        except EnoughFaultsError:
            whole = False
        except CheckError as error:  # a row that can't be read for what it is
            faults.found += [Fault(each.code, each.place, each.sentence()) for each in error.problems]
            whole = False
    engine.dispose()
    return Audit(work.name, counts, tuple(faults.found), whole, on_word)


@dataclass(slots=True)
class _Work:
    """An audit under way; `name` is the registry's, once it is known."""

    home: Home
    tables: FactorTables
    faults: Faults
    progress: Callable[[int, int], None]
    name: str = ""

    def run(self, connection: Connection, counts: dict[str, int]) -> Iterator[str]:
        """Audit everything; yield what is taken on the registry's word."""
        note = self._trust_note()
        trust = self._trust(note)
        if trust is None:
            return
        listed = _home_of(trust, connection)
        if listed is None:
            self.faults.at("audit.trust-registry", "trust.json")
            return
        self.name = listed.id
        register = Register(trust, listed)
        register.compare(connection, self.faults)
        records = self._log(connection, trust, register, counts["entries"])
        published = None if records is None else records.trust_note
        self.faults.require("audit.trust-file", "trust.json", holds=published == (note or "").encode())
        check_aside(connection, trust, listed.id, self.faults)
        yield from _on_word(counts, len(register.unseen))

    def _log(self, connection: Connection, trust: Trust, register: Register, size: int) -> Records | None:
        """Audit the log with every record in it."""
        listed = register.home
        open_log = next((log.key for log in listed.logs if log.final_size is None), None)
        if open_log is None or not begun(connection):
            self.faults.at("audit.no-log", "heads")
            return None
        log = VerifierKey.parse(open_log)
        check_log(connection, log, self.faults, signed=_signed(self.home.heads(log)))
        seen = Recalled(partial(seen_again, connection))
        others = map(open_trust, dict.fromkeys(pinned_notes(connection).values()))
        chain = Chain(together(trust, others), self.tables, Policy(at_ms=0), seen=seen)
        chain.paths.issued = Recalled(partial(issued_again, connection, chain))
        head = latest_head(connection)
        chain.heads.add(HeadLine(t="head", registry=listed.id, checkpoint=head.note))
        chain.judge.findings.clear()  # what is wrong with a head, the log's own audit says
        records = Records(connection, chain, register, trust.registry(listed.id), head.size, self.faults)
        for each in entries(connection):
            records.judge(each)
            self.progress(each.position + 1, size)
        records.end()
        return records

    def _trust_note(self) -> str | None:
        text = _text_of(self.home.trust)
        try:
            if text is None:
                raise CheckError.at("audit.trust-file")
            return TrustFile.from_text(text.removesuffix("\n")).note
        except OreprintError as error:
            self.faults.error("trust.json", error)
            return None

    def _trust(self, note: str | None) -> Trust | None:
        try:
            return None if note is None else open_trust(note)
        except OreprintError as error:
            self.faults.error("trust.json", error)
            return None


def _home_of(trust: Trust, connection: Connection) -> Registry | None:
    """Return the registry of the trust list that this database says to be; the only one, if it says nothing that is listed."""
    ids = [row[0] for row in rows_of(connection, schema.REGISTRY)]
    known = [found for found in trust.listed.registries if found.id in ids] or list(trust.listed.registries)
    return known[0] if len(known) == 1 else None


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


def _on_word(counts: dict[str, int], unseen: int) -> Iterator[str]:
    """Yield what nothing stored can show, in plain sentences."""
    yield "what the HTTP door keeps for itself: tokens, answers given, places reserved, events; no certificate rests on it"
    if counts["requests"]:
        yield f"which written record each of {counts['requests']} runs answered: the record itself is not kept"
    if counts["grants"] or counts["offers"]:
        yield (
            f"as which audience a consignee may see a certificate ({counts['grants']} that may, {counts['offers']} offers), "
            "and that no open offer is missing: neither is in the log"
        )
    if unseen:
        yield f"name and place of {unseen} plants from which no certificate came yet"
