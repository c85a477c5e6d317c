"""Erasure of names: what ended before a time keeps its number, and loses its name.

Rules: a row stays, so that what refers to it still does.  Its name becomes its id, by which it is known as erased, also
in the notices and approvals of its time.  This module judges nothing (`ledger.desk.forgetting`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final, NamedTuple

import orjson
from sqlalchemy import Connection, Table, delete, func, select, update

from ledger.store.desk_schema import APPROVALS, CONTACTS, EVENTS, INVITATIONS, OUTBOX, PEOPLE, SHARES
from ledger.store.outbox import NoticeRow, notice_digest

_ENDED: Final = "person end"
"""The event of a person's end. Its outcome began with the name once."""
_ASKED_BEFORE_MS: Final = 72 * 60 * 60 * 1000
"""How long before a person was added it may have been asked for (`ledger.registry.approval.APPROVED_MS`)."""
_NAMES: Final = (
    (PEOPLE, PEOPLE.c.name, PEOPLE.c.ended_ms),
    (CONTACTS, CONTACTS.c.name, CONTACTS.c.ended_ms),
    (SHARES, SHARES.c.recipient, func.coalesce(SHARES.c.revoked_ms, SHARES.c.expires_ms)),
)
"""Each table with names, the column of the name, and when the row ended."""


class Erased(NamedTuple):
    """How many people, contacts and recipients of private links lost their names."""

    people: int
    contacts: int
    links: int


class _Gone(NamedTuple):
    """Who ended: id and name, and from when to when it was there, in ms."""

    id: str
    name: str
    since_ms: int
    until_ms: int


def erase_names(connection: Connection, *, party: str, before_ms: int) -> Erased:
    """Erase the names of what a party ended before a time, and mail addresses; return how many."""
    found = []
    for table, name, ended in _NAMES:
        column = table.c
        query = select(column.id, name, column.created_ms, ended).where(column.party == party, ended <= before_ms)
        found.append([_Gone(*row) for row in connection.execute(query.where(name != column.id))])
    people, contacts, links = found
    _rename(connection, PEOPLE, people, "name")
    _rename(connection, CONTACTS, contacts, "name", "looks")
    _rename(connection, SHARES, links, "recipient")
    for each in contacts:
        connection.execute(update(CONTACTS).where(CONTACTS.c.id == each.id).values(email=None))
    for each in people:
        connection.execute(delete(INVITATIONS).where(INVITATIONS.c.person == each.id))
        _erase_in_events(connection, party, each)
        _erase_in_approvals(connection, party, each)
    _erase_in_notices(connection, party, [*people, *contacts, *links])
    return Erased(len(people), len(contacts), len(links))


def _rename(connection: Connection, table: Table, gone: Sequence[_Gone], *columns: str) -> None:
    for each in gone:
        connection.execute(update(table).where(table.c.id == each.id).values(dict.fromkeys(columns, each.id)))


def _erase_in_events(connection: Connection, party: str, gone: _Gone) -> None:
    column = EVENTS.c
    ends = (column.tenant == party) & (column.action == _ENDED) & (column.subject == gone.id)
    for number, outcome in connection.execute(select(column.number, column.outcome).where(ends)).all():
        told = str(outcome).removeprefix(f"{gone.name}: ")
        connection.execute(update(EVENTS).where(column.number == number).values(outcome=told))
    since = column.at_ms.between(
        gone.since_ms - _ASKED_BEFORE_MS, gone.until_ms
    )  # an approval's event names the person
    about = (column.tenant == party) & (column.subject == f"roles {gone.name}") & since
    connection.execute(update(EVENTS).where(about).values(subject=f"roles {gone.id}"))


def _erase_in_approvals(connection: Connection, party: str, gone: _Gone) -> None:
    """Erase the name in what was asked about a person; another person may have had it before, or have it since."""
    column = APPROVALS.c
    about = (column.party == party) & (column.verb == "roles") & (column.subject == gone.name)
    since = column.asked_ms.between(gone.since_ms - _ASKED_BEFORE_MS, gone.until_ms)
    for row, parts in connection.execute(select(column.id, column.parts).where(about, since)).all():
        found = json.loads(parts)
        if found.get("person", gone.id) == gone.id:
            named = {**found, "invited": gone.id} if "invited" in found else found
            told = json.dumps(named, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            connection.execute(update(APPROVALS).where(column.id == row).values(subject=gone.id, parts=told))


def _erase_in_notices(connection: Connection, party: str, gone: Sequence[_Gone]) -> None:
    """Erase the names in the notices of their time; audits compare a notice with its digest."""
    if not gone:
        return
    column = OUTBOX.c
    query = select(column.number, column.party, column.kind, column.subject, column.facts, column.at_ms)
    for number, *row in connection.execute(query.where(column.party == party)).all():
        was = NoticeRow(*row)
        ids = {each.name: each.id for each in gone if each.since_ms - _ASKED_BEFORE_MS <= was.at_ms <= each.until_ms}
        facts = {key: ids.get(value, value) for key, value in orjson.loads(was.facts).items()}
        told = orjson.dumps(facts, option=orjson.OPT_SORT_KEYS).decode()
        now = was._replace(subject=ids.get(was.subject, was.subject), facts=told)
        if now != was:
            values = {"subject": now.subject, "facts": now.facts, "digest": notice_digest(now)}
            connection.execute(update(OUTBOX).where(column.number == number).values(values))
