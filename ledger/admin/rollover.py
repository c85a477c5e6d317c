"""Closing a registry's log and opening the next: for a new year, a new key, or a log that has grown too long.

Rules:

1. A registry has one open log.  Closing it and opening the next is one transaction under the write lock, so whoever
   appends does so before it, to the old log, or after it, to the new one.
2. The last entry of the closed log is the trust list that says at which size it ends, so who has all of it knows that
   it ended, and a copy from before is behind.  The first entry of the next log is the trust list that names that one,
   and the root that the closed one had: with it, who got the key of the closed log can sign no other end of it.
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
from ledger.admin.keys import check_end, leak_time, list_anew
from ledger.admin.trust_list import keep_trust
from ledger.files.atomic import refusals_told
from ledger.log.head import open_head
from ledger.log.origin import number_of, origin_of
from ledger.log.vkey import VerifierKey
from ledger.registry.append import Posting, behind_commit, keep_head, pen_of, write
from ledger.registry.folder import Home
from ledger.registry.lists import next_trust
from ledger.registry.readiness import check_head, entry_time
from ledger.registry.registry import OpenRegistry, Pen
from ledger.seal.digest import to_base64url
from ledger.store.engine import reading, writing
from ledger.store.logs import StoredHead, last_heads, log_key, turn_over
from ledger.store.parties import StoredKey
from ledger.store.reading import latest_published
from ledger.trust.pinned import open_trust
from schemas.document import replace
from schemas.instant import epoch_ms, instant_text
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


def close_log(
    home: Home, registry: OpenRegistry, number: int, *, compromised: str | None = None, passphrase: bytes
) -> None:
    """Close the registry's log of this number, if it is open, and open the next.

    With `compromised`, a time, the trust list says that others may have had the log's key from then on.

    Raises:
        RefusedError: `log.not-open`, where it was never opened; `key.ended`, `key.future`.
        InputError: `quantity.instant`.
        StateError: as `ledger.registry.append.append`; `home.key-missing`.
        CheckError: `trust.threshold`, where others must sign the trust list too.
    """
    leaked = None if compromised is None else _leak_time(registry, number, compromised)
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
            opening = _turn(home, registry, connection, before, following, leaked=leaked, passphrase=passphrase)
            # A crash during the commit: both or neither; nothing of it was seen by anybody.
            connection.commit()
            # A crash here: the head store has the old log's head, of which the next `check_head` sees
            # that it was the beginning of the end.
            keep_head(registry, before.note, opening.note)
            leaked = None
    if leaked is not None:
        _tell_leak(home, registry, number, leaked, passphrase=passphrase)
    with behind_commit(registry), refusals_told(home.trust):
        keep_trust(home, registry.engine)


def _leak_time(registry: OpenRegistry, number: int, text: str) -> str:
    """Return the instant from which others may have had a log's key; refuse one to come."""
    leaked_ms, origin = leak_time(text), origin_of(registry.did, number)
    check_end(StoredKey(origin, registry.did, b"", 0), leaked_ms, registry.runtime.now_ms())
    return instant_text(leaked_ms)


def _tell_leak(home: Home, registry: OpenRegistry, number: int, leaked: str, *, passphrase: bytes) -> None:
    """Have the trust list say that the key of a closed log leaked, and how that log ended."""
    closed = next(each for each in logs_of(registry) if each.number == number)
    root = to_base64url(open_head(closed.head.note, closed.key).root)

    def change(_connection: Connection, _now_ms: int, before: TrustList) -> tuple[None, dict[str, object]]:
        own = next(each for each in before.registries if each.id == registry.did)
        known = next(each for each in own.logs if each.origin == closed.key.name)
        if known.compromised is not None and epoch_ms(known.compromised) <= epoch_ms(leaked):
            raise RefusedError.at("key.ended", "compromised", kid=known.origin, ended=known.compromised)
        told = replace(known, compromised=leaked, final_root=root)
        logs = tuple(told if each is known else each for each in own.logs)
        return None, _with_logs(before, registry.did, logs)

    action = f"log leaked {number} {leaked}"
    list_anew(home, registry, change, action, passphrase=passphrase)


def _turn(
    home: Home,
    registry: OpenRegistry,
    connection: Connection,
    before: StoredHead,
    following: Pen,
    *,
    leaked: str | None,
    passphrase: bytes,
) -> StoredHead:
    """Write the last entry of the open log and the first of the next; return the head of that."""
    stored = latest_published(connection, "trust")
    if stored is None:
        raise MissingError.at("store.record-missing")
    now = entry_time(registry, connection, before.end)
    pen = pen_of(registry, connection, before)
    *closed, last = open_trust(stored.text).registry(registry.did).listed.logs
    ended = replace(last, final_size=before.size + 1)
    signer = list_signer(
        home, registry.did, f"log close {number_of(before.origin)} {leaked or ''}", passphrase=passphrase
    )

    def next_list(text: str, logs: Sequence[Log]) -> tuple[str, Posting]:
        known = open_trust(text)
        changed, dated = _with_logs(known.listed, registry.did, logs), signer.time(known, now)
        return next_trust(known, changed, signer.signed, now_ms=dated)

    note, closing = next_list(stored.text, [*closed, ended])
    head = write(connection, pen, before, [closing], now_ms=now).head
    turn_over(connection, end=head.end, closed=pen.log, opened=following.log)
    root = to_base64url(open_head(head.note, pen.log).root)
    ended = replace(ended, final_root=root, compromised=leaked)
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
