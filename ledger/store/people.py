"""People, what they prove themselves by, their sessions, and the links that sign them in.

Rules: the secrets of sessions, links and recovery codes are stored as SHA-256 only. This module judges nothing
(`ledger.desk.people`, `ledger.desk.sessions`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from ledger.store.desk_schema import CHALLENGES, CREDENTIALS, INVITATIONS, PEOPLE, SESSIONS
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
    roles_ms: int
    roles_author: str
    ended_ms: int | None = None


class CredentialRow(NamedTuple):
    """A password, passkey, TOTP secret or recovery code; `desk_schema` says what `secret` holds of each."""

    id: str
    person: str
    kind: str
    secret: bytes
    counter: int
    label: str
    created_ms: int
    used_ms: int | None = None


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


def change_roles(connection: Connection, person: str, *, roles: str, plants: str, author: str, now_ms: int) -> None:
    """Give a person other roles and plants."""
    values = {"roles": roles, "plants": plants, "roles_ms": now_ms, "roles_author": author}
    connection.execute(update(PEOPLE).where(PEOPLE.c.id == person).values(values))


def end_person_row(connection: Connection, person: str, *, now_ms: int) -> None:
    """Mark a person as ended, and release its name."""
    values = {"ended_ms": now_ms, "folded": f"{now_ms} {person}"}
    connection.execute(update(PEOPLE).where(PEOPLE.c.id == person).values(values))


def last_seen(connection: Connection, party: str) -> dict[str, int]:
    """Return when each person of a party who is signed in was last seen, by id."""
    query = (
        select(SESSIONS.c.person, func.max(SESSIONS.c.seen_ms))
        .join(PEOPLE, PEOPLE.c.id == SESSIONS.c.person)
        .where(PEOPLE.c.party == party)
        .group_by(SESSIONS.c.person)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query)}


# -- credentials ---------------------------------------------------------------------------------------------------


def add_credentials(connection: Connection, rows: Sequence[CredentialRow]) -> None:
    """Store new credentials."""
    insert_rows(connection, CREDENTIALS, rows)


def credentials_of(connection: Connection, person: str) -> list[CredentialRow]:
    """Return the credentials of a person, the oldest first."""
    query = select(CREDENTIALS).where(CREDENTIALS.c.person == person)
    return [
        CredentialRow(*row) for row in connection.execute(query.order_by(CREDENTIALS.c.created_ms, CREDENTIALS.c.id))
    ]


def credential_kinds(connection: Connection, party: str) -> dict[str, set[str]]:
    """Return the kinds of credentials that each person of a party has, by its id."""
    query = (
        select(CREDENTIALS.c.person, CREDENTIALS.c.kind)
        .join(PEOPLE, PEOPLE.c.id == CREDENTIALS.c.person)
        .where(PEOPLE.c.party == party)
        .distinct()
    )
    found: dict[str, set[str]] = {}
    for person, kind in connection.execute(query):
        found.setdefault(person, set()).add(kind)
    return found


def credential_row(connection: Connection, credential: str) -> CredentialRow | None:
    """Return a credential by id, or None."""
    row = connection.execute(select(CREDENTIALS).where(CREDENTIALS.c.id == credential)).first()
    return None if row is None else CredentialRow(*row)


def count_up(connection: Connection, credential: str, counter: int, *, now_ms: int) -> bool:
    """Set the counter of a credential that is used, if it is above the last one; return whether it was."""
    above = (CREDENTIALS.c.id == credential) & (CREDENTIALS.c.counter < counter)
    values = {"counter": counter, "used_ms": now_ms}
    return connection.execute(update(CREDENTIALS).where(above).values(values)).rowcount == 1


def mark_used(connection: Connection, credential: str, *, now_ms: int) -> None:
    """Record that a credential was used."""
    connection.execute(update(CREDENTIALS).where(CREDENTIALS.c.id == credential).values(used_ms=now_ms))


def remove_credential(connection: Connection, credential: str, *, person: str) -> bool:
    """Delete a credential of a person; return whether there was one."""
    place = (CREDENTIALS.c.id == credential) & (CREDENTIALS.c.person == person)
    return connection.execute(delete(CREDENTIALS).where(place)).rowcount == 1


def remove_credentials(connection: Connection, person: str, *kinds: str) -> None:
    """Delete the credentials of a person: all, or those of some kinds."""
    place = CREDENTIALS.c.person == person
    connection.execute(delete(CREDENTIALS).where(place & CREDENTIALS.c.kind.in_(kinds) if kinds else place))


def add_challenge(connection: Connection, challenge: bytes, browser: bytes, *, now_ms: int, before_ms: int) -> None:
    """Store a challenge for the browser that asked for it, and forget those made before a time."""
    connection.execute(delete(CHALLENGES).where(CHALLENGES.c.at_ms < before_ms))
    insert_rows(connection, CHALLENGES, [(challenge, browser, now_ms)])


def take_challenge(connection: Connection, challenge: bytes, browser: bytes, *, since_ms: int) -> bool:
    """Delete a challenge; return whether this browser was given it since a time."""
    column = CHALLENGES.c
    place = (column.challenge == challenge) & (column.browser == browser) & (column.at_ms >= since_ms)
    return connection.execute(delete(CHALLENGES).where(place)).rowcount == 1


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
    """Delete all sessions, challenges and links that sign in: a restored database doesn't know which were ended."""
    for table in (SESSIONS, CHALLENGES, INVITATIONS):
        connection.execute(delete(table))
