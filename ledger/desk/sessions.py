"""Sessions: who is signed in, since when, and how fresh the proof is.

Rules:

1. A session is 256 random bits in a cookie. The registry keeps their SHA-256, so whoever reads the database can't
   sign in.
2. It ends after `IDLE_MS` without a request of a person, and `LONGEST_MS` after the sign-in at the latest.
3. Signing in and each fresh proof give a new session, and end the one before.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.desk.people import LINK_PREFIX, Person, person_of
from ledger.registry.registry import OpenRegistry
from ledger.seal.bearer import is_secret, new_secret, secret_digest
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.people import (
    SessionRow,
    add_session,
    end_session,
    end_sessions_of,
    forget_sessions,
    invitation_of,
    person_row,
    session_of,
    touch_session,
    use_invitation,
)
from schemas.instant import MINUTE_MS
from schemas.problem import AccessError

PREFIX: Final = "ores_"
IDLE_MS: Final = 30 * MINUTE_MS
LONGEST_MS: Final = 12 * 60 * MINUTE_MS
FRESH_MS: Final = 5 * MINUTE_MS
"""For how long a proof counts as fresh."""


class Session(NamedTuple):
    """A session that is open: its person, what its forms carry, and until when its proof is fresh."""

    digest: bytes
    person: Person
    csrf: str
    fresh_until_ms: int


def find_session(registry: OpenRegistry, secret: str, *, touch: bool = True) -> Session | None:
    """Return the open session of a cookie; None if there is none.

    A request that no person made, such as one that a page repeats by itself, does not `touch` it.
    """
    if not is_secret(secret, PREFIX):
        return None
    now = registry.runtime.now_ms()
    with reading(registry.engine) as connection:
        found = session_of(connection, secret_digest(secret))
    if found is None or not _is_open(found[0], now) or found[1].ended_ms is not None:
        return None
    row, person = found
    if touch and now - row.seen_ms >= MINUTE_MS:
        with writing(registry.engine) as connection:
            touch_session(connection, row.digest, now_ms=now)
            connection.commit()
    return Session(row.digest, person_of(person), row.csrf, row.proved_ms + FRESH_MS)


def link_opens(registry: OpenRegistry, secret: str) -> bool:
    """Return whether a link that signs in is still open; using it up takes `sign_in_by_link`."""
    if not is_secret(secret, LINK_PREFIX):
        return False
    with reading(registry.engine) as connection:
        row = invitation_of(connection, secret_digest(secret))
    return row is not None and row.used_ms is None and row.expires_ms > registry.runtime.now_ms()


def sign_in_by_link(registry: OpenRegistry, secret: str, *, before: str | None = None) -> str:
    """Use up a link and return the secret of a new session; `before` is the session that the browser had.

    Raises:
        AccessError: `people.link`, the same for a link that never was, has expired or was used.
    """
    now = registry.runtime.now_ms()
    digest = secret_digest(secret)
    with writing(registry.engine) as connection:
        if not is_secret(secret, LINK_PREFIX) or not use_invitation(connection, digest, now_ms=now):
            raise AccessError.at("people.link")
        row = invitation_of(connection, digest)
        person = None if row is None else person_row(connection, row.person)
        if person is None or person.ended_ms is not None:
            raise AccessError.at("people.link")
        made = begin_session(registry, connection, person_of(person), before=before, how="link")
        connection.commit()
    return made


def begin_session(
    registry: OpenRegistry,
    connection: Connection,
    person: Person,
    *,
    before: str | None,
    how: str,
    again: bool = False,
    alone: bool = False,
) -> str:
    """Return the secret of a new session within a transaction, and end the one before.

    A person who proves `again` who it is keeps the time of the sign-in and what forms carry: pages that are open in
    other tabs can still be sent. `alone` ends all other sessions of the person.
    """
    now = registry.runtime.now_ms()
    forget_sessions(connection, created_before=now - LONGEST_MS, seen_before=now - IDLE_MS)
    secret = new_secret(PREFIX, registry.runtime.random)
    csrf, created = new_secret("", registry.runtime.random), now
    earlier = session_of(connection, secret_digest(before)) if before is not None else None
    if earlier is not None:
        row, _ = earlier
        if again and row.person == person.id:
            csrf, created = row.csrf, row.created_ms
        end_session(connection, row.digest)
    if alone:
        end_sessions_of(connection, person.id)
    add_session(connection, SessionRow(secret_digest(secret), person.id, csrf, created, now, now))
    add_events(connection, [EventRow(now, person.party, "", "sign in", person.id, how, person.author)])
    return secret


def sign_out(registry: OpenRegistry, secret: str) -> None:
    """End the session of a cookie, if there is one."""
    with writing(registry.engine) as connection:
        end_session(connection, secret_digest(secret))
        connection.commit()


def _is_open(row: SessionRow, now_ms: int) -> bool:
    return now_ms - row.seen_ms < IDLE_MS and now_ms - row.created_ms < LONGEST_MS
