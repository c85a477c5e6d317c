"""Closing a registry's log and opening the next: for a new year, a new key, or a log that has grown too long.

Rules:

1. A registry has one open log.  Closing it and opening the next is one transaction under the write lock, so whoever
   appends does so before it, to the old log, or after it, to the new one.
2. The last entry of the closed log is the trust list that says at which size it ends, so who has all of it knows that
   it ended, and a copy from before is behind.  The first entry of the next log is the trust list that names that one.
3. Nothing else ends: marks, holdings, lots, status places and lists, idempotency keys go on, since they are the
   registry's, not a log's.
4. The last head moves from the old log to the new one in the one head store, so that a copy that has the old log open
   signs nothing.
5. Again is harmless: a log that is closed stays closed, and what a crash left undone is done.

Witnesses and monitors must know the next log's key first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.admin.init import list_signer, log_signer, make_log_key
from ledger.admin.trust_list import keep_trust
from ledger.files.atomic import refusals_told
from ledger.log.origin import number_of, origin_of
from ledger.log.vkey import VerifierKey
from ledger.registry.append import Posting, behind_commit, keep_head, pen_of, write
from ledger.registry.folder import Home
from ledger.registry.lists import next_trust
from ledger.registry.readiness import check_head, entry_time
from ledger.registry.registry import OpenRegistry, Pen
from ledger.store.engine import reading, writing
from ledger.store.logs import StoredHead, last_heads, log_key, turn_over
from ledger.store.reading import latest_published
from ledger.trust.pinned import open_trust
from schemas.document import replace
from schemas.problem import MissingError, RefusedError
from schemas.trust import Log, TrustList


class KnownLog(NamedTuple):
    """A log of the registry: which it is, its key, and its newest head, the last one where it is closed."""

    number: int
    key: VerifierKey
    head: StoredHead
    closed: bool


def logs_of(registry: OpenRegistry) -> list[KnownLog]:
    """Return the logs of a registry, the first one first, the open one last."""
    with reading(registry.engine) as connection:
        heads = last_heads(connection)
        return [
            KnownLog(number_of(head.origin), log_key(connection, head.origin), head, closed=head != heads[-1])
            for head in heads
        ]


def prepare_next(home: Home, registry: OpenRegistry, *, passphrase: bytes) -> VerifierKey:
    """Return the next log's key, made where there is none, so that cosigners learn it beforehand."""
    number = logs_of(registry)[-1].number + 1
    return make_log_key(home, origin_of(registry.did, number), registry.runtime, passphrase=passphrase)


def close_log(home: Home, registry: OpenRegistry, number: int, *, passphrase: bytes) -> None:
    """Close the registry's log of this number, if it is open, and open the next.

    Raises:
        RefusedError: `log.not-open`, where it was never opened.
        StateError: as `ledger.registry.append.append`; `home.key-missing`.
        CheckError: `trust.threshold`, where others must sign the trust list too.
    """
    opened = logs_of(registry)[-1].number
    if opened < number:
        raise RefusedError.at("log.not-open", number=number, open=opened)
    origin = origin_of(registry.did, number + 1)
    # A crash after this: a key that signs nothing yet, and the next who closes the log takes it.
    key = make_log_key(home, origin, registry.runtime, passphrase=passphrase)
    following = Pen(key, log_signer(home, key, passphrase=passphrase).sign)
    with writing(registry.engine) as connection:
        before = check_head(registry, connection)
        if number_of(before.origin) == number:
            opening = _turn(home, registry, connection, before, following, passphrase=passphrase)
            # A crash during the commit: both or neither; nothing of it was seen by anybody.
            connection.commit()
            # A crash here: the head store has the old log's head, of which the next `check_head` sees
            # that it was the beginning of the end.
            keep_head(registry, before.note, opening.note)
    with behind_commit(registry), refusals_told(home.trust):
        keep_trust(home, registry.engine)


def _turn(
    home: Home, registry: OpenRegistry, connection: Connection, before: StoredHead, following: Pen, *, passphrase: bytes
) -> StoredHead:
    """Write the last entry of the open log and the first of the next; return the head of that."""
    stored = latest_published(connection, "trust")
    if stored is None:
        raise MissingError.at("store.record-missing")
    now = entry_time(registry, connection, before.end)
    pen = pen_of(registry, connection, before)
    *closed, last = open_trust(stored.text).registry(registry.did).listed.logs
    ended = replace(last, final_size=before.size + 1)
    signer = list_signer(home, registry.did, f"log close {number_of(before.origin)}", passphrase=passphrase)

    def next_list(text: str, logs: Sequence[Log]) -> tuple[str, Posting]:
        known = open_trust(text)
        changed, dated = _with_logs(known.listed, registry.did, logs), signer.time(known, now)
        return next_trust(known, changed, signer.signed, now_ms=dated)

    note, closing = next_list(stored.text, [*closed, ended])
    head = write(connection, pen, before, [closing], now_ms=now).head
    turn_over(connection, end=head.end, closed=pen.log, opened=following.log)
    _, opening = next_list(note, [*closed, ended, Log(origin=following.log.name, key=following.log.to_text())])
    # a millisecond later: what is in the next log is later than all in this one, by times alone
    return write(connection, following, StoredHead(0, "", head.end), [opening], now_ms=now + 1).head


def _with_logs(listed: TrustList, registry: str, logs: Sequence[Log]) -> dict[str, object]:
    """Return the change to a trust list in which a registry has these logs."""
    return {
        "registries": tuple(
            replace(each, logs=tuple(logs)) if each.id == registry else each for each in listed.registries
        )
    }
