"""Decide whether a registry may sign now: by its last head, its cosigners and its clock.

Rules:

1. The database must hold the last head that was signed, or have it as its beginning: then a crash came between commit
   and head store.
2. Nobody who cosigns may know a head that isn't here, and enough of them must have answered
   (`ledger.witnessing.collect`).
3. Times never go back among the entries that count, which are those that the trust list doesn't void.  A clock signs
   nothing that has jumped, that is behind the log by more than a monitor allows, that is past the end of the trust
   list, or that is more than `MOST_IDLE_MS` ahead of the last entry.  A person may vouch for the last two and for
   voided entries (`Runtime.vouched`).
4. A jump away from a time that contradicts the log corrected the clock, and keeps nobody from signing.
5. Who doesn't hold the write lock reads the last signed head first and the database then.  The other way round a head
   that is signed in between looks as if the database had lost it.  Who holds it reads the database first, since the
   lock comes with the first statement.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from ledger.log.entry import Entry
from ledger.log.head import Head, open_head
from ledger.log.merkle import root
from ledger.log.origin import number_of
from ledger.registry.head_store import head_damaged, kept_head
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading
from ledger.store.logs import StoredHead, entry, last_heads, latest_head, log_key, tile_hashes
from ledger.store.reading import latest_published, newest_trust_list
from ledger.trust.pinned import open_trust
from schemas.checkpoint import Checkpoint
from schemas.instant import DAY_MS, epoch_ms, instant_text, whole_second
from schemas.note import Note
from schemas.problem import CheckError, OreprintError, Problem, StateError

MOST_OFF_MS: Final = 120_000
"""The allowed error of a clock: beyond two minutes no monitor cosigns its heads."""
MOST_IDLE_MS: Final = 92 * DAY_MS
"""After so long without an entry a person must say that the clock is right."""


def check_head(registry: OpenRegistry, connection: Connection) -> StoredHead:
    """Return the database's head if it is the last one signed, or has it as its beginning; for a writing transaction.

    Then the head store is brought forward.

    Raises:
        StateError: as `proven_head` and `check_cosigners`.
    """
    stored = latest_head(connection)  # the first statement waits for the write lock: only then is the note that of now
    known = registry.heads.read()
    _prove(registry, connection, stored, known)
    check_cosigners(registry, stored)
    if stored.note != known:
        registry.heads.advance(known, stored.note)
    return stored


def proven_head(registry: OpenRegistry) -> StoredHead:
    """Return the database's head, proven to be of one history with the last signed note; nothing is changed.

    Raises:
        StateError: `home.behind-head`, when another head was signed: nothing may be signed over it; `home.behind-log`,
            when one of a later log was; `home.head-damaged`, when the last head can't be read or is another registry's;
            `home.head-missing`, `home.unwritable`; `store.unreadable`.
        CheckError: when the database's head isn't one that this log signed.
    """
    known = registry.heads.read()
    with reading(registry.engine) as connection:
        stored = latest_head(connection)
        _prove(registry, connection, stored, known)
        return stored


def _prove(registry: OpenRegistry, connection: Connection, stored: StoredHead, known: str) -> None:
    """Check that the head `stored` is of one history with the signed note `known`, or raise as `proven_head`."""
    if stored.note == known:
        return
    origin = known.partition("\n")[0]
    if number_of(origin) > number_of(stored.origin):
        raise StateError.at("home.behind-log", origin=origin, here=stored.origin)
    ours = next((head for head in last_heads(connection) if head.origin == origin), stored)
    key = registry.log if ours.origin == registry.log.name else log_key(connection, ours.origin)
    try:
        signed = open_head(known, key)
    except OreprintError as error:
        raise head_damaged(registry.heads.where, error) from error
    if not _begins_with(connection, ours, open_head(ours.note, key), signed, whole=ours != stored):
        raise StateError.at("home.behind-head", signed=signed.size, stored=ours.size)


def check_entries(registry: OpenRegistry) -> None:
    """Refuse a database that holds fewer entries than the last signed head; one of whose head nothing is known passes.

    Raises:
        StateError: `home.behind-head`, `home.behind-log`; `home.head-damaged`, `home.unwritable`; `store.unreadable`.
    """
    known = kept_head(registry.heads)
    stored = newest_head(registry)
    signed = signed_end(registry, known, stored)
    if signed is not None and signed > stored.end:
        raise StateError.at("home.behind-head", signed=signed - stored.first, stored=stored.size)


def newest_head(registry: OpenRegistry) -> StoredHead:
    """Return the last head that was committed; raise StateError `store.unreadable`."""
    with reading(registry.engine) as connection:
        return latest_head(connection)


def signed_end(registry: OpenRegistry, known: str | None, stored: StoredHead) -> int | None:
    """Return where the entry after the signed head `known` stands, counted as in the database with the head `stored`.

    None without a kept head.

    Raises:
        StateError: `home.behind-log`, `home.head-damaged`.
    """
    if known is None:
        return None
    try:
        told = Checkpoint.parse(Note.parse(known).text)
    except OreprintError as error:
        raise head_damaged(registry.heads.where, error) from error
    number, open_number = number_of(told.origin), number_of(stored.origin)
    if number > open_number:
        raise StateError.at("home.behind-log", origin=told.origin, here=stored.origin)
    if number == open_number and told.origin != stored.origin:
        other = CheckError.at("log.origin", origin=told.origin, log=stored.origin)
        raise head_damaged(registry.heads.where, other)
    return stored.first + told.size if number == open_number else stored.first


def check_cosigners(registry: OpenRegistry, stored: StoredHead) -> None:
    """Refuse to sign after the head `stored` if the cosigners have another one, or too few of them have answered.

    Raises:
        StateError: `cosign.ahead`, `cosign.differs`, `cosign.too-few`.
    """
    for name, size in registry.cosigned.ahead().items():
        code = "cosign.ahead" if size > stored.size else "cosign.differs"
        raise StateError.at(code, name=name, size=size, here=stored.size)
    if (held := registry.cosigned.held()) is not None:
        raise StateError(held)


def _begins_with(connection: Connection, stored: StoredHead, ours: Head, signed: Head, *, whole: bool) -> bool:
    """Return whether the tree has the signed head as its beginning, or as a closed log's `whole`."""
    if ours.size < signed.size or (ours.size == signed.size and not whole):
        return False
    hashes = tile_hashes(connection, ours.size, first=stored.first)
    return root(hashes, signed.size) == signed.root and root(hashes, ours.size) == ours.root


def obstacles(registry: OpenRegistry) -> list[Problem]:
    """Return all that keeps a registry from signing now; nobody is asked and nothing is changed.

    Raises:
        StateError: `store.unreadable`.
    """
    found: list[Problem] = []
    head = newest_head(registry)
    for check in (
        lambda: proven_head(registry),
        lambda: check_cosigners(registry, head),
        lambda: check_clock(registry),
    ):
        try:
            check()
        except OreprintError as error:
            found += error.problems
    if any(problem.code == "home.clock-behind" for problem in found):
        with reading(registry.engine) as connection:
            later = later_entries(connection, latest_head(connection), registry.runtime.now_ms())
        found.append(Problem.at("home.dated-later", entries=", ".join(map(str, later))))
    return found


# -- the clock ---------------------------------------------------------------------------------------------------------


def check_clock(registry: OpenRegistry) -> None:
    """Refuse a clock that cannot be used for signing now. Raise as `entry_time` does."""
    with reading(registry.engine) as connection:
        entry_time(registry, connection, latest_head(connection).end)


def entry_time(registry: OpenRegistry, connection: Connection, end: int) -> int:
    """Return the next entry's time: now, or the last entry's where the clock is a little behind (rule 3).

    Raises:
        StateError: `home.clock-jumped`, `home.clock-behind`, `home.clock-ahead`, `home.trust-expired`.
    """
    now, drift = registry.runtime.now_ms(), registry.runtime.drift_ms()
    last = _time_of(connection, end - 1) if end else now
    if last - now > MOST_OFF_MS:  # what the trust list voids was dated by a clock that was wrong
        last = _last_counting(registry, connection, end, now)
    jumped = abs(drift) > MOST_OFF_MS
    if jumped and _contradicts(registry, connection, now - drift, last) is None:
        raise StateError.at("home.clock-jumped", seconds=drift // 1000)
    wrong = _contradicts(registry, connection, now, last)
    if wrong is not None or jumped:
        registry.runtime.settle()
    if wrong is not None:
        raise wrong
    return max(now, last)


def _contradicts(registry: OpenRegistry, connection: Connection, now: int, last: int) -> StateError | None:
    """Return why a clock that says `now` is wrong or needs a person's word after an entry at `last`, if it does."""
    if last - now > MOST_OFF_MS:
        return StateError.at("home.clock-behind", now=_told(now), last=_told(last))
    if registry.runtime.vouched:
        return None
    expires = trust_expires(registry, connection)
    if expires is not None and now >= expires:
        return StateError.at("home.trust-expired", now=_told(now), expires=_told(expires))
    if now - last > MOST_IDLE_MS:
        return StateError.at("home.clock-ahead", now=_told(now), last=_told(last), days=(now - last) // DAY_MS)
    return None


def trust_expires(registry: OpenRegistry, connection: Connection) -> int | None:
    """Return until when the registry's own trust list is good, in ms; None before there is one."""
    newest = newest_trust_list(connection)
    if newest is None:
        return None
    if newest not in registry.expiries:
        stored = latest_published(connection, "trust")
        if stored is None:
            return None
        registry.expiries.clear()
        registry.expiries[newest] = epoch_ms(open_trust(stored.text).listed.expires)
    return registry.expiries[newest]


def later_entries(connection: Connection, head: StoredHead, now: int) -> list[int]:
    """Return the places of the last entries of a log that are dated later than a right clock allows."""
    found = []
    for index in range(head.end - 1, head.first - 1, -1):
        if _time_of(connection, index) - now <= MOST_OFF_MS:
            break
        found.append(index - head.first)
    return found[::-1]


def _last_counting(registry: OpenRegistry, connection: Connection, end: int, now: int) -> int:
    """Return the time of the last entry before `end` that counts.

    Of a clock that is vouched for no later one is left to count.
    """
    head = latest_head(connection)
    stored = latest_published(connection, "trust")
    voided = {
        head.first + index
        for index in (open_trust(stored.text).registry(registry.did).logs[head.origin].voided if stored else ())
    }
    if registry.runtime.vouched:
        voided |= {head.first + index for index in later_entries(connection, head, now)}
    counting = (index for index in range(end - 1, -1, -1) if index not in voided)
    last = next(counting, None)
    return now if last is None else _time_of(connection, last)


def _time_of(connection: Connection, index: int) -> int:
    return Entry.parse(entry(connection, index)).time_ms


def _told(time_ms: int) -> str:
    return instant_text(whole_second(time_ms))
