"""The outbox: notices are written in the commit of what they tell of, and sent afterwards, at least once.

Rules:

1. A notice that was committed is sent to each hook of its party that was there when its deliveries were written down,
   by whichever process comes first. A crash at any moment leaves it due: a receiver knows a repeated one by its id.
2. A delivery is tried again over a day (`RETRY_MS`), then given up.
3. Ten failures without a success switch a hook off, with a notice to its party.
4. Who holds a private link is a reader of its own (`ledger.changes.share.holder_of`). Its hooks end with the link,
   whichever comes first: its end is noticed, or something is to be sent.
5. A slow receiver keeps no other waiting: each hook is sent to by itself, and readers take turns.  The number of hooks
   that are sent to at the same time is limited, in all and for each reader.
6. An e-mail says what kind of thing happened and where to sign in: no lot, no mass, no name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, cast

import orjson
from sqlalchemy import Connection

from ledger.changes.share import link_of, state_of
from ledger.desk.expiry import notice_expiries
from ledger.desk.upstream import readers
from ledger.desk.vault import Vault
from ledger.registry.notices import facts_text, notify
from ledger.registry.registry import OpenRegistry
from ledger.remote.mail import Mailer
from ledger.remote.webhook import WebhookAddress, send_webhook, webhook_headers
from ledger.store.engine import reading, writing
from ledger.store.outbox import (
    FAILED,
    MAIL,
    RESTORED,
    DueDelivery,
    HookRow,
    NoticeRow,
    add_notice,
    anything_to_do,
    count_try,
    defer,
    drop_deliveries,
    due,
    end_delivery,
    forget_notices,
    hooks,
    notices_after,
    notices_of,
    notices_since,
    plan,
    remove_hook,
    switch_off,
    take,
    unplanned,
)
from ledger.store.shares import share_named
from schemas.answers.notices import NoticeAnswer, NoticeList
from schemas.answers.others import NoticeData, NoticeMessage
from schemas.instant import DAY_MS, time_text
from schemas.notice import Notice, NoticeKind

__all__ = ["Couriers", "Rounds", "deliver", "keep_house", "latest_notices", "list_notices", "news_count", "notify"]

RETRY_MS: Final = tuple(seconds * 1000 for seconds in (5, 300, 1800, 7200, 18_000, 25_200, 34_200))
"""The pauses between the tries of a delivery: 24 hours in all."""
TAKEN_MS: Final = 60_000
"""After this time a try that told nothing of its end counts as failed: its process is gone."""
SECONDS: Final = 10
"""The time that a receiver has for its whole answer."""
MOST_FAILURES: Final = 10
AT_ONCE: Final = 16
"""Hooks that are sent to at the same time."""
MOST_OF_PARTY: Final = 4
"""Hooks of one reader that are sent to at the same time: its slow ones leave room for those of others."""
_MOST_DUE: Final = 256
"""Hooks with a delivery due, from which the next ones are chosen."""
_MOST_PLANNED: Final = 200
KEPT_MS: Final = 90 * DAY_MS
"""The time after which a notice that was sent is forgotten."""
MAIL_SUBJECT: Final = "Oreprint: something waits for you"
NOTICE_WORDS: Final[dict[NoticeKind, str]] = {
    "offered": "A shipment was offered to you.",
    "accepted": "A shipment of yours was accepted.",
    "refused": "A shipment of yours was refused.",
    "approval-due": "A record waits for approval.",
    "upstream-withdrawn": "A supplier withdrew a lot that is in lots of yours.",
    "upstream-suspended": "A supplier suspended a lot that is in lots of yours.",
    "upstream-restored": "A supplier ended the suspension of a lot that is in lots of yours.",
    "link-opened": "A private link of yours was opened for the first time.",
    "key-expiring": "A signing key ends soon.",
    "trust-list-expiring": "The registry's trust list ends soon.",
    "upload-finished": "The rows of a workbook of yours were issued as far as they fit.",
    "hook-off": "A webhook of yours failed too often and was switched off.",
    "test": "This is a test. No action is needed.",
    "received": "A customer says that a shipment of yours came.",
    "token-expiring": "A token of yours ends soon.",
    "request-answered": "The operator of the registry answered a request of yours.",
}
"""Each kind of notice in a sentence that names no lot, mass or person."""


@dataclass(frozen=True, slots=True)
class Couriers:
    """The mail server if there is one, the registry's address and ports."""

    mailer: Mailer | None
    origin: str
    own_ports: AbstractSet[int] = frozenset()


def latest_notices(registry: OpenRegistry, party: str, *, last: int = 50) -> list[Notice]:
    """Return the last notices of a party, the newest first."""
    with reading(registry.engine) as connection:
        return [_notice(number, row) for number, row in notices_of(connection, party, last=last)]


def list_notices(registry: OpenRegistry, party: str, *, after: int, limit: int) -> NoticeList:
    """Return one page of a party's notices, the oldest first: at most `limit`, of numbers above `after`."""
    with reading(registry.engine) as connection:
        found = notices_after(connection, party, after=after, most=limit + 1)  # one more tells whether there are more
    page = tuple(_answer(number, _notice(number, row)) for number, row in found[:limit])
    return NoticeList(notices=page, next=page[-1].number if len(found) > limit else None)


def _answer(number: int, notice: Notice) -> NoticeAnswer:
    return NoticeAnswer(
        number=number,
        id=notice.id,
        kind=notice.kind,
        subject=notice.subject,
        facts=dict(notice.facts),
        time=time_text(notice.at_ms),
    )


def news_count(registry: OpenRegistry, party: str) -> int:
    """Count the notices of a party in the last 24 hours."""
    with reading(registry.engine) as connection:
        return notices_since(connection, party, since_ms=registry.runtime.now_ms() - DAY_MS)


def deliver(registry: OpenRegistry, couriers: Couriers) -> int:
    """Plan new notices and try what is due, one delivery a hook; return how many were tried.

    Raises:
        StateError: `store.*`.
    """
    rounds = Rounds(registry, couriers)
    try:
        tried = rounds.start()
        while rounds.under_way:
            rounds.settle(wait_s=SECONDS)
    finally:
        rounds.close()
    return tried


class Rounds:
    """Sends to each hook by itself, one delivery at a time, so that a slow one keeps no other waiting (rule 5).

    One thread calls it; only the sending is done in others.
    """

    def __init__(self, registry: OpenRegistry, couriers: Couriers) -> None:
        """Begin with nothing under way."""
        self._registry, self._couriers = registry, couriers
        self._pool = ThreadPoolExecutor(AT_ONCE, "courier")
        self._served: dict[str, int] = {}  # the number of the last turn of each reader
        self.under_way: dict[Future[bool], DueDelivery] = {}

    def round(self, *, wait_s: int) -> int:
        """Start deliveries that are due, and store the results of those that ended; return how many of both.

        Where none was started, wait for one to end, at most `wait_s`.

        Raises:
            StateError: `store.*`.
        """
        started = self.start()
        return started + self.settle(wait_s=0 if started else wait_s)

    def start(self) -> int:
        """Plan new notices, and start the deliveries that are due as far as there is room; return how many."""
        registry, mail = self._registry, self._couriers.mailer is not None
        with reading(registry.engine) as connection:
            if not anything_to_do(connection, mail=mail, now_ms=registry.runtime.now_ms()):
                return 0
        _plan(registry)
        taken = _taken(registry, self._chosen(mail=mail))
        for each in taken:
            self._served[each.hook.party] = max(self._served.values(), default=0) + 1
            self.under_way[self._pool.submit(_send, registry, self._couriers, each)] = each
        return len(taken)

    def settle(self, *, wait_s: int) -> int:
        """Store the results of deliveries that ended; return how many. Wait for the first, at most `wait_s`."""
        ended, _ = wait(self.under_way, timeout=wait_s, return_when=FIRST_COMPLETED)
        for each in ended:
            delivery = self.under_way.pop(each)
            _settle(self._registry, delivery, sent=each.result())
        return len(ended)

    def close(self) -> None:
        """Start nothing more. A delivery whose result is not stored by now is tried again later."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._pool = ThreadPoolExecutor(AT_ONCE, "courier")  # for a server that starts again; it has no thread yet
        self.under_way.clear()

    def _chosen(self, *, mail: bool) -> list[DueDelivery]:
        """Return the deliveries to start next: one a free hook, readers in turn, as many as there is room for."""
        with reading(self._registry.engine) as connection:
            now = self._registry.runtime.now_ms()
            found = due(connection, mail=mail, now_ms=now, most=_MOST_DUE)
        busy = {each.hook.id for each in self.under_way.values()}
        at_once = Counter(each.hook.party for each in self.under_way.values())
        waiting = [each for each in found if each.hook.id not in busy]
        chosen: list[DueDelivery] = []
        for each in sorted(waiting, key=lambda one: self._served.get(one.hook.party, 0)):
            if at_once[each.hook.party] < MOST_OF_PARTY and at_once.total() < AT_ONCE:
                at_once[each.hook.party] += 1
                chosen.append(each)
        return chosen


def keep_house(registry: OpenRegistry) -> None:
    """Write the notices of keys and trust lists that end soon; forget old notices, and hooks of links that ended."""
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        notice_expiries(connection, now_ms=now)
        forget_notices(connection, before_ms=now - KEPT_MS)
        for hook in hooks(connection):
            _may_send(connection, hook, now)
        connection.commit()


def _plan(registry: OpenRegistry) -> None:
    """Store the deliveries of new notices. For a change upstream, first find the parties to tell."""
    with reading(registry.engine) as connection:
        new = unplanned(connection, most=_MOST_PLANNED)
        told = {number: list(readers(connection, row)) for number, row in new if not row.party}
    if not new:
        return
    with writing(registry.engine) as connection:
        now = registry.runtime.now_ms()
        known: dict[str, list[HookRow]] = {}
        for hook in hooks(connection):
            if hook.off_ms is None or hook.off_reason == RESTORED:
                known.setdefault(hook.party, []).append(hook)
        for number, row in new:
            wanting = [hook.id for hook in known.get(row.party, []) if not hook.kinds or row.kind in hook.kinds.split()]
            if plan(connection, number, wanting, now_ms=now):
                for each in told.get(number, ()):
                    add_notice(connection, NoticeRow(each.party, row.kind, each.lot, facts_text(each.facts), now))
        connection.commit()


def _taken(registry: OpenRegistry, chosen: Sequence[DueDelivery]) -> list[DueDelivery]:
    """Take deliveries for one try each; return those that nobody else has taken."""
    if not chosen:
        return []
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        found = [each for each in chosen if _may_send(connection, each.hook, now)]
        taken = [each for each in found if take(connection, each, now_ms=now, until_ms=now + TAKEN_MS)]
        connection.commit()
    return taken


def _may_send(connection: Connection, hook: HookRow, now_ms: int) -> bool:
    """Return whether a hook's reader is still to be told; remove the hook of a private link that has ended (rule 4)."""
    link = link_of(hook.party)
    if link is None:
        return True
    row = share_named(connection, link)
    state = "revoked" if row is None else state_of(row, now_ms)
    if state in {"revoked", "expired"}:
        remove_hook(connection, hook.id)
    return state == "open"


def _send(registry: OpenRegistry, couriers: Couriers, each: DueDelivery) -> bool:
    """Send a notice to a hook; return whether it was taken."""
    notice, now = _notice(each.number, each.notice), registry.runtime.now_ms()
    if each.hook.address.startswith(MAIL):
        return couriers.mailer is not None and couriers.mailer.send(
            each.hook.address.removeprefix(MAIL),
            MAIL_SUBJECT,
            f"{NOTICE_WORDS[notice.kind]}\n\nSign in to see it: {couriers.origin}/desk\n",
            message_id=f"{notice.id}.{each.hook.id}",
            at_ms=now,
            seconds=SECONDS,
        )
    body = _message(registry, notice).to_json()
    headers = webhook_headers(Vault(registry.vault).hook_secrets(each.hook.id), notice.id, body, at_s=now // 1000)
    address = WebhookAddress.parse(each.hook.address, private=each.hook.private)
    return send_webhook(address, headers, body, seconds=SECONDS, own_ports=couriers.own_ports)


def _settle(registry: OpenRegistry, each: DueDelivery, *, sent: bool) -> None:
    """Keep what became of a try."""
    now, hook = registry.runtime.now_ms(), each.hook
    with writing(registry.engine) as connection:
        failures = count_try(connection, hook.id, failed=not sent, now_ms=now)
        if sent or each.tries >= len(RETRY_MS):
            end_delivery(connection, each.number, hook.id)
        else:
            defer(connection, each.number, hook.id, due_ms=now + RETRY_MS[each.tries])
        if failures >= MOST_FAILURES and switch_off(connection, hook.id, reason=FAILED, now_ms=now):
            drop_deliveries(connection, hook.id)
            if link_of(hook.party) is None:  # who holds a link sees it in the list of its hooks
                notify(connection, party=hook.party, kind="hook-off", subject=hook.id, facts={}, now_ms=now)
        connection.commit()


def _notice(number: int, row: NoticeRow) -> Notice:
    """Return a stored notice; its id says number and content, so that no other notice ever has it."""
    digest = sha256(orjson.dumps([number, *row])).hexdigest()[:32]
    return Notice(
        f"msg_{digest}", row.party, cast("NoticeKind", row.kind), row.subject, orjson.loads(row.facts), row.at_ms
    )


def _message(registry: OpenRegistry, notice: Notice) -> NoticeMessage:
    """Return a notice as a receiver reads it."""
    link = link_of(notice.party)
    about = NoticeData(
        registry=registry.did,
        party=notice.party if link is None else None,
        link=link,
        subject=notice.subject,
        facts=dict(notice.facts),
    )
    return NoticeMessage(type=notice.kind, timestamp=time_text(notice.at_ms), data=about)
