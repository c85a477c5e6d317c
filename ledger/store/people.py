"""People, what they prove themselves by, their sessions, and the links that sign them in.

Rules: the secrets of sessions, links and recovery codes are stored as SHA-256 only. This module judges nothing
(`ledger.desk.people`, `ledger.desk.sessions`).
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from ledger.store.desk import INVITATIONS, PEOPLE, SESSIONS
from ledger.store.engine import insert_rows


class PersonRow(NamedTuple):
    """A stored person."""

    id: str
    party: str
    name: str
    folded: str
    roles: str
    plants: str
    created_ms: int
    author: str
    ended_ms: int | None = None


class SessionRow(NamedTuple):
    """A stored session."""

    digest: bytes
    person: str
    csrf: str
    created_ms: int
    seen_ms: int
    proved_ms: int


class InvitationRow(NamedTuple):
    """A stored link that signs a person in once."""

    digest: bytes
    person: str
    author: str
    created_ms: int
    expires_ms: int
    used_ms: int | None = None


# -- people --------------------------------------------------------------------------------------------------------


def add_person_row(connection: Connection, row: PersonRow) -> None:
    """Store a new person."""
    insert_rows(connection, PEOPLE, [row])


def person_row(connection: Connection, person: str) -> PersonRow | None:
    """Return a person by id, also one that has ended; None if there is none."""
    row = connection.execute(select(PEOPLE).where(PEOPLE.c.id == person)).first()
    return None if row is None else PersonRow(*row)


def person_named(connection: Connection, folded: str) -> PersonRow | None:
    """Return the person who signs in by this name, also one that has ended; None if there is none."""
    row = connection.execute(select(PEOPLE).where(PEOPLE.c.folded == folded)).first()
    return None if row is None else PersonRow(*row)


def people_of(connection: Connection, party: str) -> list[PersonRow]:
    """Return the people of a party by name, those that have ended too."""
    query = select(PEOPLE).where(PEOPLE.c.party == party).order_by(PEOPLE.c.folded)
    return [PersonRow(*row) for row in connection.execute(query)]


# -- sessions ------------------------------------------------------------------------------------------------------


def add_session(connection: Connection, row: SessionRow) -> None:
    """Store a new session."""
    insert_rows(connection, SESSIONS, [row])


def session_of(connection: Connection, digest: bytes) -> tuple[SessionRow, PersonRow] | None:
    """Return the session of a cookie with its person; None if there is none."""
    query = select(SESSIONS, PEOPLE).join(PEOPLE, PEOPLE.c.id == SESSIONS.c.person).where(SESSIONS.c.digest == digest)
    row = connection.execute(query).first()
    if row is None:
        return None
    split = len(SessionRow._fields)
    return SessionRow(*row[:split]), PersonRow(*row[split:])


def touch_session(connection: Connection, digest: bytes, *, now_ms: int) -> None:
    """Record that a person made a request in a session."""
    connection.execute(update(SESSIONS).where(SESSIONS.c.digest == digest).values(seen_ms=now_ms))


def end_session(connection: Connection, digest: bytes) -> bool:
    """Delete a session; return whether there was one."""
    return connection.execute(delete(SESSIONS).where(SESSIONS.c.digest == digest)).rowcount == 1


def end_sessions_of(connection: Connection, person: str) -> None:
    """Delete all sessions of a person."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.person == person))


def forget_sessions(connection: Connection, *, created_before: int, seen_before: int) -> None:
    """Delete sessions that are too old or have rested too long."""
    over = (SESSIONS.c.created_ms < created_before) | (SESSIONS.c.seen_ms < seen_before)
    connection.execute(delete(SESSIONS).where(over))


# -- links ---------------------------------------------------------------------------------------------------------


def add_invitation(connection: Connection, row: InvitationRow) -> None:
    """Store a new link."""
    insert_rows(connection, INVITATIONS, [row])


def invitation_of(connection: Connection, digest: bytes) -> InvitationRow | None:
    """Return the link with this SHA-256, also one that was used; None if there is none."""
    row = connection.execute(select(INVITATIONS).where(INVITATIONS.c.digest == digest)).first()
    return None if row is None else InvitationRow(*row)


def use_invitation(connection: Connection, digest: bytes, *, now_ms: int) -> bool:
    """Mark a link as used; return whether it was still open."""
    column = INVITATIONS.c
    is_open = (column.digest == digest) & column.used_ms.is_(None) & (column.expires_ms > now_ms)
    return connection.execute(update(INVITATIONS).where(is_open).values(used_ms=now_ms)).rowcount == 1


def end_invitations_of(connection: Connection, person: str) -> None:
    """Delete the links of a person that nobody used."""
    unused = (INVITATIONS.c.person == person) & INVITATIONS.c.used_ms.is_(None)
    connection.execute(delete(INVITATIONS).where(unused))


# -- all -----------------------------------------------------------------------------------------------------------


def forget_all_sessions(connection: Connection) -> None:
    """Delete all sessions and all links that sign in: after a restore nobody knows which of them were ended."""
    for table in (SESSIONS, INVITATIONS):
        connection.execute(delete(table))
