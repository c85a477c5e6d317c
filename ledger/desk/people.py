"""People: who works at the desk, for which party, and what they may do there.

Rules:

1. A person belongs to one party, optionally to some of its plants, and may do what its roles may.
2. A name is taken once in a registry, in any spelling of its capitals: people sign in by it.
3. A link signs its person in once, within a day. The registry keeps its SHA-256 only.
4. Every change of a person ends its sessions and its unused links, and is an event.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.registry.registry import OpenRegistry
from ledger.seal.bearer import new_secret, secret_digest
from ledger.store.desk import EventRow, add_events
from ledger.store.engine import reading, writing
from ledger.store.parties import facilities, issuers
from ledger.store.people import (
    InvitationRow,
    PersonRow,
    add_invitation,
    add_person_row,
    change_roles,
    credential_kinds,
    credentials_of,
    end_invitations_of,
    end_person_row,
    end_sessions_of,
    last_seen,
    people_of,
    person_named,
    person_row,
    remove_credentials,
)
from schemas.person import ROLES, Role, Scope
from schemas.problem import InputError, MissingError, RefusedError

ROLE_SCOPES: Final[Mapping[Role, frozenset[Scope]]] = {
    "clerk": frozenset({"read", "issue", "move"}),
    "engineer": frozenset({"read", "recipe"}),
    "quality": frozenset({"read", "approve", "withdraw"}),
    "goods-in": frozenset({"read", "accept"}),
    "sales": frozenset({"read", "share", "move"}),
    "admin": frozenset({"read", "admin"}),
    "auditor": frozenset({"read"}),
}
"""What each role may do."""
LINK_PREFIX: Final = "orei_"
"""So that a scanner of leaked secrets can know a link that signs in."""
LINK_MS: Final = 24 * 60 * 60 * 1000
OPERATOR: Final = "operator"
"""The author of what a command on the host does."""
MOST_NAME: Final = 80
"""Characters of a name."""
_ID_BYTES: Final = 6


class Person(NamedTuple):
    """A person who may sign in: id, party, name, roles, what they may do, and its plants (none for all)."""

    id: str
    party: str
    name: str
    roles: tuple[Role, ...]
    scopes: frozenset[Scope]
    plants: tuple[str, ...]

    @property
    def author(self) -> str:
        """The name by which events and approvals know the person."""
        return f"person:{self.id}"


def add_person(
    registry: OpenRegistry, *, party: str, name: str, roles: Sequence[str], plants: Sequence[str] = (), by: str
) -> Person:
    """Add a person to a registered party; `by` is the author of the act, such as ``operator``.

    Raises:
        InputError: `people.role`, `people.name`, `people.plant`; RefusedError: `people.name-taken`,
            `issue.unknown-producer`.

    """
    chosen, told = _roles(roles), _name(name)
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        if party not in issuers(connection):
            raise RefusedError.at("issue.unknown-producer", producer=party)
        _check_plants(connection, party, plants)
        if person_named(connection, folded(told)) is not None:
            raise RefusedError.at("people.name-taken", "name", name=told)
        row = PersonRow(
            registry.runtime.random(_ID_BYTES).hex(),
            party,
            told,
            folded(told),
            " ".join(chosen),
            " ".join(plants),
            now,
            by,
            now,
            by,
        )
        add_person_row(connection, row)
        add_events(connection, [EventRow(now, party, by, "person add", row.id, row.roles)])
        connection.commit()
    return person_of(row)


def one_time_link(registry: OpenRegistry, person_id: str, *, by: str) -> str:
    """Return the secret of a new link that signs a person in once, within a day.

    Somebody who can sign in already gets none but from the operator: an administrator could act in that person's name.

    The link is ``/desk/link/<secret>`` under the registry's address. Opening it shows a button, and the button uses it
    up: programs that look at the links in mails don't.

    Raises:
        MissingError: `people.unknown`; RefusedError: `people.signs-in`.

    """
    now, random = registry.runtime.now_ms(), registry.runtime.random
    secret = new_secret(LINK_PREFIX, random)
    with writing(registry.engine) as connection:
        row = person_row(connection, person_id)
        if row is None or row.ended_ms is not None:
            raise MissingError.at("people.unknown", person=person_id)
        if by != OPERATOR and credentials_of(connection, row.id):
            raise RefusedError.at("people.signs-in", name=row.name)
        end_invitations_of(connection, row.id)
        add_invitation(connection, InvitationRow(secret_digest(secret), row.id, by, now, now + LINK_MS))
        add_events(connection, [EventRow(now, row.party, by, "person link", row.id, "made")])
        connection.commit()
    return secret


def change_person(
    registry: OpenRegistry, person_id: str, *, party: str, roles: Sequence[str], plants: Sequence[str], by: str
) -> Person:
    """Give a person other roles and plants (rule 4).

    Raises:
        InputError: `people.role`, `people.plant`; MissingError: `people.unknown`; RefusedError: `people.last-admin`.

    """
    chosen = _roles(roles)
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        row = _known(connection, person_id, party)
        _check_plants(connection, party, plants)
        if "admin" not in chosen:
            _check_not_last_admin(connection, row)
        change_roles(connection, row.id, roles=" ".join(chosen), plants=" ".join(plants), author=by, now_ms=now)
        _end_access(connection, row)
        event = EventRow(now, party, by, "person change", row.id, f"{row.roles} -> {' '.join(chosen)}")
        add_events(connection, [event])
        changed = person_row(connection, row.id)
        connection.commit()
    return person_of(changed or row)


def end_person(registry: OpenRegistry, person_id: str, *, party: str, by: str) -> None:
    """End a person: it never signs in again, and its name is free.

    Raises:
        MissingError: `people.unknown`; RefusedError: `people.last-admin`, unless the operator does it.

    """
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        row = _known(connection, person_id, party)
        if by != OPERATOR:
            _check_not_last_admin(connection, row)
        end_person_row(connection, row.id, now_ms=now)
        remove_credentials(connection, row.id)
        _end_access(connection, row)
        add_events(connection, [EventRow(now, party, by, "person end", row.id, row.name)])
        connection.commit()


def recover_person(registry: OpenRegistry, person_id: str, *, party: str) -> str:
    """Take away all that a person signs in by, for the operator; return the secret of a new link that signs it in.

    Raises:
        MissingError: `people.unknown`.

    """
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        row = _known(connection, person_id, party)
        remove_credentials(connection, row.id)
        _end_access(connection, row)
        add_events(connection, [EventRow(now, party, OPERATOR, "person recover", row.id, "credentials removed")])
        connection.commit()
    return one_time_link(registry, person_id, by=OPERATOR)


class Entry(NamedTuple):
    """A person as the list shows it: by what it signs in, since when it has its roles, and when it was last seen."""

    person: Person
    credentials: frozenset[str]
    roles_ms: int
    seen_ms: int | None


def entries(registry: OpenRegistry, party: str) -> list[Entry]:
    """Return the people of a party for a list, by name."""
    with reading(registry.engine) as connection:
        kinds, seen = credential_kinds(connection, party), last_seen(connection, party)
        return [
            Entry(person_of(row), frozenset(kinds.get(row.id, ())), row.roles_ms, seen.get(row.id))
            for row in people_of(connection, party)
            if row.ended_ms is None
        ]


def list_people(registry: OpenRegistry, party: str) -> list[Person]:
    """Return the people of a party who may sign in, by name."""
    with reading(registry.engine) as connection:
        return [person_of(row) for row in people_of(connection, party) if row.ended_ms is None]


def find_person(registry: OpenRegistry, person_id: str, *, party: str) -> Person:
    """Return a person of a party; raise MissingError `people.unknown`, also for one of another party."""
    with reading(registry.engine) as connection:
        return person_of(_known(connection, person_id, party))


def person_of(row: PersonRow) -> Person:
    """Return the person that a row is about."""
    held = row.roles.split(" ")
    roles = tuple(role for role in ROLES if role in held)
    scopes = frozenset[Scope]().union(*(ROLE_SCOPES[role] for role in roles))
    return Person(row.id, row.party, row.name, roles, scopes, tuple(row.plants.split()))


def folded(name: str) -> str:
    """Return a name as it is compared: in one spelling of its characters, capitals and blanks."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _known(connection: Connection, person_id: str, party: str) -> PersonRow:
    row = person_row(connection, person_id)
    if row is None or row.party != party or row.ended_ms is not None:
        raise MissingError.at("people.unknown", person=person_id)
    return row


def _check_plants(connection: Connection, party: str, plants: Sequence[str]) -> None:
    own = {plant.id for owner, plant in facilities(connection).values() if owner == party}
    for plant in plants:
        if plant not in own:
            raise InputError.at("people.plant", "plants", plant=plant)


def _check_not_last_admin(connection: Connection, row: PersonRow) -> None:
    """Refuse to leave a party without an administrator: nobody could invite anybody."""
    if "admin" not in row.roles.split():
        return
    others = (each for each in people_of(connection, row.party) if each.id != row.id and each.ended_ms is None)
    if not any("admin" in each.roles.split() for each in others):
        raise RefusedError.at("people.last-admin", name=row.name)


def _end_access(connection: Connection, row: PersonRow) -> None:
    end_sessions_of(connection, row.id)
    end_invitations_of(connection, row.id)


def _roles(roles: Sequence[str]) -> tuple[Role, ...]:
    chosen = tuple(role for role in ROLES if role in roles)
    if not chosen or len(chosen) != len(set(roles)):
        raise InputError.at("people.role", "roles", roles=", ".join(roles) or "none", known=", ".join(ROLES))
    return chosen


def _name(name: str) -> str:
    told = " ".join(unicodedata.normalize("NFC", name).split())
    if not folded(told) or len(told) > MOST_NAME or not told.isprintable():
        raise InputError.at("people.name", "name", limit=MOST_NAME)
    return told
