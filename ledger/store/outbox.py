"""Notices that wait to be sent, and the hooks that they are sent to.

Rules: a notice is written in the commit of what it tells of. Its deliveries are written down once, whichever process
does it. A delivery is taken by moving its next try on, so that of several processes one sends it, and a crash leaves it
due again. This module judges nothing and sends nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from hashlib import sha256
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, delete, exists, func, or_, select, update

from ledger.store.desk_schema import DELIVERIES, HOOKS, OUTBOX
from ledger.store.engine import insert_rows

MAIL: Final = "mailto:"
"""The start of the address of a hook that gets e-mail."""
FAILED, RESTORED, STOPPED = "failures", "restored", "stopped"
"""Why nothing is sent to a hook: it failed too often, the registry was restored, or a person stopped it."""


class HookRow(NamedTuple):
    """A hook of a party: its address, the kinds it wants (joined by spaces, empty for all), and how it fares."""

    id: str
    party: str
    address: str
    kinds: str
    private: bool
    created_ms: int
    failures: int = 0
    last_ms: int | None = None
    off_ms: int | None = None
    off_reason: str | None = None


class NoticeRow(NamedTuple):
    """A notice to a party; `facts` is a JSON object of texts."""

    party: str
    kind: str
    subject: str
    facts: str
    at_ms: int


class DueDelivery(NamedTuple):
    """A notice to be sent to a hook: the tries before this one, the notice with its number, and the hook."""

    tries: int
    number: int
    notice: NoticeRow
    hook: HookRow


_NOTICE: Final = (OUTBOX.c.party, OUTBOX.c.kind, OUTBOX.c.subject, OUTBOX.c.facts, OUTBOX.c.at_ms)


def add_notice(connection: Connection, row: NoticeRow) -> None:
    """Store a notice."""
    insert_rows(connection, OUTBOX, [(*row, None, notice_digest(row))])


def notice_digest(row: NoticeRow) -> bytes:
    """Return the digest that is stored with a notice."""
    return sha256(orjson.dumps(list(row))).digest()


def noticed(connection: Connection, row: NoticeRow) -> bool:
    """Return whether a party has been told the same before, at whatever time."""
    same = and_(*(column == value for column, value in zip(_NOTICE[:4], row[:4], strict=True)))
    return bool(connection.scalar(select(exists().where(same))))


def notices_of(connection: Connection, party: str, *, last: int) -> list[tuple[int, NoticeRow]]:
    """Return the last notices of a party with their numbers, the newest first."""
    query = select(OUTBOX.c.number, *_NOTICE).where(OUTBOX.c.party == party).order_by(OUTBOX.c.number.desc())
    return [(row[0], NoticeRow(*row[1:])) for row in connection.execute(query.limit(last))]


def notices_after(connection: Connection, party: str, *, after: int, most: int) -> list[tuple[int, NoticeRow]]:
    """Return the notices of a party whose numbers are above `after`, with their numbers, the oldest first."""
    query = select(OUTBOX.c.number, *_NOTICE).where(OUTBOX.c.party == party, OUTBOX.c.number > after)
    return [(row[0], NoticeRow(*row[1:])) for row in connection.execute(query.order_by(OUTBOX.c.number).limit(most))]


def notices_since(connection: Connection, party: str, *, since_ms: int) -> int:
    """Return the number of a party's notices since a time."""
    query = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.party == party, OUTBOX.c.at_ms >= since_ms)
    return int(connection.scalar(query) or 0)


def unplanned(connection: Connection, *, most: int) -> list[tuple[int, NoticeRow]]:
    """Return the oldest notices whose deliveries are not written down yet, with their numbers."""
    query = select(OUTBOX.c.number, *_NOTICE).where(OUTBOX.c.planned_ms.is_(None)).order_by(OUTBOX.c.number)
    return [(row[0], NoticeRow(*row[1:])) for row in connection.execute(query.limit(most))]


def plan(connection: Connection, number: int, hooks: Sequence[str], *, now_ms: int) -> bool:
    """Write down the deliveries of a notice; return whether nobody else has."""
    place = and_(OUTBOX.c.number == number, OUTBOX.c.planned_ms.is_(None))
    if connection.execute(update(OUTBOX).where(place).values(planned_ms=now_ms)).rowcount != 1:
        return False
    insert_rows(connection, DELIVERIES, [(number, hook, 0, now_ms) for hook in hooks])
    return True


def due(connection: Connection, *, mail: bool, now_ms: int, most: int) -> list[DueDelivery]:
    """Return the oldest delivery that is due of each hook that is on, so that no hook keeps another waiting.

    Without `mail` the deliveries by e-mail stay.
    """
    delivery = DELIVERIES.c
    first = (
        select(delivery.hook, func.min(delivery.notice).label("notice"))
        .where(delivery.due_ms <= now_ms)
        .group_by(delivery.hook)
        .subquery()
    )
    query = (
        select(delivery.tries, delivery.notice, *_NOTICE, *HOOKS.c)
        .join(first, and_(first.c.hook == delivery.hook, first.c.notice == delivery.notice))
        .join(OUTBOX, OUTBOX.c.number == delivery.notice)
        .join(HOOKS, HOOKS.c.id == delivery.hook)
        .where(_reached(mail=mail))
        .order_by(delivery.notice, delivery.hook)
    )
    end = 2 + len(_NOTICE)
    rows = connection.execute(query.limit(most))
    return [DueDelivery(row[0], row[1], NoticeRow(*row[2:end]), HookRow(*row[end:])) for row in rows]


def _reached(*, mail: bool) -> ColumnElement[bool]:
    """Return the condition for hooks that are on and can be sent to."""
    on = HOOKS.c.off_ms.is_(None)
    return on if mail else and_(on, ~HOOKS.c.address.startswith(MAIL))


def take(connection: Connection, each: DueDelivery, *, now_ms: int, until_ms: int) -> bool:
    """Take a due delivery for one try, which counts from now; return whether nobody else has."""
    delivery = DELIVERIES.c
    place = and_(delivery.notice == each.number, delivery.hook == each.hook.id)
    found = connection.execute(
        update(DELIVERIES)
        .where(place, delivery.due_ms <= now_ms, delivery.tries == each.tries)
        .values(tries=each.tries + 1, due_ms=until_ms)
    )
    return found.rowcount == 1


def end_delivery(connection: Connection, number: int, hook: str) -> None:
    """Remove a delivery that succeeded, or that is given up."""
    connection.execute(delete(DELIVERIES).where(DELIVERIES.c.notice == number, DELIVERIES.c.hook == hook))


def defer(connection: Connection, number: int, hook: str, *, due_ms: int) -> None:
    """Set the time of a delivery's next try."""
    place = and_(DELIVERIES.c.notice == number, DELIVERIES.c.hook == hook)
    connection.execute(update(DELIVERIES).where(place).values(due_ms=due_ms))


def count_try(connection: Connection, hook: str, *, failed: bool, now_ms: int) -> int:
    """Count a try of a hook; return its failures since the last success."""
    failures = HOOKS.c.failures + 1 if failed else 0
    counted = update(HOOKS).where(HOOKS.c.id == hook).values(failures=failures, last_ms=now_ms)
    return int(connection.execute(counted.returning(HOOKS.c.failures)).scalar() or 0)


def add_hook(connection: Connection, row: HookRow) -> None:
    """Store a new hook."""
    insert_rows(connection, HOOKS, [row])


def hooks(connection: Connection, party: str | None = None) -> list[HookRow]:
    """Return the hooks of a party, or of all, the oldest first."""
    query = select(*HOOKS.c).order_by(HOOKS.c.created_ms, HOOKS.c.id)
    query = query if party is None else query.where(HOOKS.c.party == party)
    return [HookRow(*row) for row in connection.execute(query)]


def hooked_holders(connection: Connection, begin: str) -> list[str]:
    """Return who has hooks, among those whose name begins like this."""
    query = select(HOOKS.c.party).where(HOOKS.c.party.startswith(begin, autoescape=True)).distinct()
    return list(connection.scalars(query.order_by(HOOKS.c.party)))


def remove_hook(connection: Connection, hook: str) -> bool:
    """Remove a hook and its deliveries; return whether there was one."""
    connection.execute(delete(DELIVERIES).where(DELIVERIES.c.hook == hook))
    return connection.execute(delete(HOOKS).where(HOOKS.c.id == hook)).rowcount == 1


def switch_off(connection: Connection, hook: str | None, *, reason: str, now_ms: int) -> bool:
    """Send nothing more to a hook, or to any; return whether one was on."""
    rules = [HOOKS.c.off_ms.is_(None)] + ([] if hook is None else [HOOKS.c.id == hook])
    return connection.execute(update(HOOKS).where(*rules).values(off_ms=now_ms, off_reason=reason)).rowcount > 0


def switch_on(connection: Connection, hook: str) -> bool:
    """Send to a hook again; return whether there is one."""
    values = {"off_ms": None, "off_reason": None, "failures": 0}
    return connection.execute(update(HOOKS).where(HOOKS.c.id == hook).values(values)).rowcount == 1


def drop_deliveries(connection: Connection, hook: str) -> None:
    """Remove all deliveries to a hook."""
    connection.execute(delete(DELIVERIES).where(DELIVERIES.c.hook == hook))


def forget_notices(connection: Connection, *, before_ms: int) -> None:
    """Delete notices that are old and wait for no delivery; of the last one the number stays, and is never given again.

    Who asks for what came after a number relies on that (`notices_after`).
    """
    waits = exists().where(DELIVERIES.c.notice == OUTBOX.c.number)
    old = and_(OUTBOX.c.at_ms < before_ms, OUTBOX.c.planned_ms.is_not(None), ~waits)
    last = select(func.max(OUTBOX.c.number)).scalar_subquery()
    emptied = {"party": "", "subject": "", "facts": "{}", "digest": None}
    connection.execute(update(OUTBOX).where(old, OUTBOX.c.number == last, OUTBOX.c.party != "").values(emptied))
    connection.execute(delete(OUTBOX).where(old, OUTBOX.c.number < last))


def anything_to_do(connection: Connection, *, mail: bool, now_ms: int) -> bool:
    """Return whether a notice is to be planned, or a delivery is due; without `mail`, one that is not by e-mail."""
    return bool(connection.scalar(_anything(mail), {"now_ms": now_ms}))


@cache
def _anything(mail: bool) -> Select[Any]:
    wanting = exists().where(OUTBOX.c.planned_ms.is_(None))
    on = exists().where(HOOKS.c.id == DELIVERIES.c.hook, _reached(mail=mail))
    return select(or_(wanting, exists().where(DELIVERIES.c.due_ms <= bindparam("now_ms"), on)))


def waiting_count(connection: Connection, hook: str) -> int:
    """Return the number of deliveries that wait for a hook."""
    return int(connection.scalar(select(func.count()).where(DELIVERIES.c.hook == hook)) or 0)
