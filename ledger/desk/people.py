"""People: who works at the desk, for which party, and what they may do there.

Rules:

1. A person belongs to one party, optionally to some of its plants, and may do what its roles may.
2. A name is taken once in a registry, in any spelling of its capitals: people sign in by it.
3. A link signs its person in once, within a day. The registry keeps its SHA-256 only.
4. Every change of a person ends its sessions and its unused links, and is an event.
5. Where a party has two people, nobody changes roles alone (`ledger.desk.approvals`). Under a rule of two persons
   nobody adds a person or makes a link alone, either.
6. The operator's link is the operator's alone to replace: whoever makes a link could use it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.desk.approvals import given_by, second_person
from ledger.registry.approval import OPERATOR, Gate, RequestedAct, asking
from ledger.registry.parties import check_registered
from ledger.registry.registry import OpenRegistry
from ledger.seal.bearer import new_secret, secret_digest
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events, happened_before
from ledger.store.parties import facilities
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
from schemas.door import JsonValue
from schemas.instant import DAY_MS
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
"""The scopes of each role."""
LINK_PREFIX: Final = "orei_"
"""So that a scanner of leaked secrets can know a link that signs in."""
LINK_MS: Final = DAY_MS
MOST_NAME: Final = 80
"""Characters of a name."""
_ID_BYTES: Final = 6
_RECOVERED: Final = "person recover"
"""The event after which links are the operator's."""


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
            `issue.unknown-producer`; UnapprovedError: `approval.*`.
    """
    with asking(registry), writing(registry.engine) as connection:
        row = _added(registry, connection, party, name, roles, plants, by)
        connection.commit()
    return person_of(row)


def invite_person(
    registry: OpenRegistry, *, party: str, name: str, roles: Sequence[str], plants: Sequence[str] = (), by: str
) -> tuple[Person, str]:
    """Add a person with its first link, which one approval covers; return both; raise as `add_person`."""
    with asking(registry), writing(registry.engine) as connection:
        row = _added(registry, connection, party, name, roles, plants, by)
        secret = _linked(registry, connection, row, by)
        connection.commit()
    return person_of(row), secret


def _added(  # noqa: PLR0917 - what a person is, and where
    registry: OpenRegistry,
    connection: Connection,
    party: str,
    name: str,
    roles: Sequence[str],
    plants: Sequence[str],
    by: str,
) -> PersonRow:
    """Add a person in a transaction (rule 5)."""
    chosen, told = _roles(roles), _name(name)
    now = registry.runtime.now_ms()
    check_registered(connection, party)
    _check_plants(connection, party, plants)
    if person_named(connection, folded(told)) is not None:
        raise RefusedError.at("people.name-taken", "name", name=told)
    parts: dict[str, JsonValue] = {"invited": told, "now": {"roles": " ".join(chosen), "plants": " ".join(plants)}}
    outcome = _under_rule(registry, connection, party, RequestedAct(told, parts), by=by, now_ms=now)
    giver, new_id = given_by(by, outcome), registry.runtime.random(_ID_BYTES).hex()
    row = PersonRow(new_id, party, told, folded(told), " ".join(chosen), " ".join(plants), now, giver, now, giver)
    add_person_row(connection, row)
    add_events(connection, [_event(now, party, by, "person add", row.id, f"{row.roles}: {outcome}")])
    return row


def _under_rule(
    registry: OpenRegistry, connection: Connection, party: str, asked: RequestedAct, *, by: str, now_ms: int
) -> str:
    """Return why a party may add a person or make a link; raises `approval.*` where its rule asks for another one."""
    gate = Gate.of(registry, connection, now_ms=now_ms)
    rule = gate.rules.get(party)
    if by == OPERATOR or rule is None or rule.value == "off":
        return "done"
    return second_person(gate, "roles", party, by, asked)


def one_time_link(registry: OpenRegistry, person_id: str, *, by: str) -> str:
    """Return the secret of a new link that signs a person in once, within a day.

    Only the operator makes one for a person who can sign in already, whom the operator added, or whom it recovered: an
    administrator could act in that person's name.

    The link is ``/desk/link/<secret>`` under the registry's address. Opening it shows a button, and the button uses it
    up: programs that look at the links in mails don't.

    Raises:
        MissingError: `people.unknown`; RefusedError: `people.signs-in`, `people.operator-link`; UnapprovedError:
            `approval.*`.
    """
    with asking(registry), writing(registry.engine) as connection:
        row = person_row(connection, person_id)
        if row is None or row.ended_ms is not None:
            raise MissingError.at("people.unknown", person=person_id)
        if by != OPERATOR:
            _check_own_link(connection, row)
            asked = RequestedAct(row.name, {"person": row.id, "link": "new"})
            _under_rule(registry, connection, row.party, asked, by=by, now_ms=registry.runtime.now_ms())
        secret = _linked(registry, connection, row, by)
        connection.commit()
    return secret


def _check_own_link(connection: Connection, row: PersonRow) -> None:
    """Refuse a link by the party for a person who can sign in, or whose link is the operator's (rule 6)."""
    if credentials_of(connection, row.id):
        raise RefusedError.at("people.signs-in", name=row.name)
    recovered = happened_before(connection, tenant=row.party, action=_RECOVERED, subject=row.id)
    if recovered or OPERATOR in {row.author, row.roles_author}:
        raise RefusedError.at("people.operator-link", name=row.name)


def _linked(registry: OpenRegistry, connection: Connection, row: PersonRow, by: str) -> str:
    """Make a link in a transaction, and end earlier ones."""
    now, secret = registry.runtime.now_ms(), new_secret(LINK_PREFIX, registry.runtime.random)
    end_invitations_of(connection, row.id)
    add_invitation(connection, InvitationRow(secret_digest(secret), row.id, by, now, now + LINK_MS))
    add_events(connection, [_event(now, row.party, by, "person link", row.id, "made")])
    return secret


def change_person(
    registry: OpenRegistry, person_id: str, *, party: str, roles: Sequence[str], plants: Sequence[str], by: str
) -> Person:
    """Give a person other roles and plants (rules 4 and 5).

    Raises:
        InputError: `people.role`, `people.plant`; MissingError: `people.unknown`; RefusedError: `people.last-admin`;
            UnapprovedError: `approval.*`.
    """
    chosen = _roles(roles)
    now = registry.runtime.now_ms()
    with asking(registry), writing(registry.engine) as connection:
        row = _known(connection, person_id, party)
        _check_plants(connection, party, plants)
        if "admin" not in chosen:
            _check_not_last_admin(connection, row)
        changed = row._replace(roles=" ".join(chosen), plants=" ".join(plants))
        outcome = _second_person(registry, connection, row, changed, by=by, now_ms=now)
        change_roles(
            connection,
            row.id,
            roles=changed.roles,
            plants=changed.plants,
            author=given_by(by, outcome),
            now_ms=now,
        )
        _end_access(connection, row)
        add_events(
            connection, [_event(now, party, by, "person change", row.id, f"{row.roles} -> {changed.roles}: {outcome}")]
        )
        connection.commit()
    return person_of(changed)


def end_person(registry: OpenRegistry, person_id: str, *, party: str, by: str) -> None:
    """End a person: it never signs in again, and its name is free.

    Somebody who approves or administers is ended by two: whoever ended the others would be the only one.

    Raises:
        MissingError: `people.unknown`; RefusedError: `people.last-admin`, unless the operator does it;
            UnapprovedError: `approval.*`.
    """
    now = registry.runtime.now_ms()
    with asking(registry), writing(registry.engine) as connection:
        row = _known(connection, person_id, party)
        if by != OPERATOR:
            _check_not_last_admin(connection, row)
        outcome = "done"
        if person_of(row).scopes & {"approve", "admin"}:
            outcome = _second_person(
                registry, connection, row, row._replace(roles="none", plants=""), by=by, now_ms=now
            )
        end_person_row(connection, row.id, now_ms=now)
        remove_credentials(connection, row.id)
        _end_access(connection, row)
        add_events(connection, [_event(now, party, by, "person end", row.id, outcome)])
        connection.commit()


def _second_person(
    registry: OpenRegistry, connection: Connection, row: PersonRow, changed: PersonRow, *, by: str, now_ms: int
) -> str:
    """Return why the roles of a person may change; raises `approval.*` where another person must agree."""
    gate = Gate.of(registry, connection, now_ms=now_ms)
    was: JsonValue = {"roles": row.roles, "plants": row.plants}
    now: JsonValue = {"roles": changed.roles, "plants": changed.plants}
    asked = RequestedAct(row.name, {"person": row.id, "was": was, "now": now})
    return second_person(gate, "roles", row.party, by, asked)


def _event(now_ms: int, party: str, by: str, action: str, subject: str, outcome: str) -> EventRow:
    return EventRow(now_ms, party, "", action, subject, outcome, by)


def recover_person(registry: OpenRegistry, person_id: str, *, party: str, vouched: bool = False) -> str:
    """Take away all that a person signs in by, for the operator; return the secret of a new link that signs it in.

    With `vouched` the operator gives the link to the person itself and stands in for its roles, as if it had added the
    person: it then approves also for whoever added it.

    Raises:
        MissingError: `people.unknown`.
    """
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        row = _known(connection, person_id, party)
        remove_credentials(connection, row.id)
        _end_access(connection, row)
        if vouched:
            change_roles(connection, row.id, roles=row.roles, plants=row.plants, author=OPERATOR, now_ms=now)
        done = "credentials removed, vouched for" if vouched else "credentials removed"
        add_events(connection, [_event(now, party, OPERATOR, _RECOVERED, row.id, done)])
        connection.commit()
    return one_time_link(registry, person_id, by=OPERATOR)


class ListedPerson(NamedTuple):
    """A person as the list shows it: the kinds of its credentials, and when it was last seen."""

    person: Person
    credentials: frozenset[str]
    seen_ms: int | None


def listed_people(registry: OpenRegistry, party: str) -> list[ListedPerson]:
    """Return the people of a party for a list, by name."""
    with reading(registry.engine) as connection:
        kinds, seen = credential_kinds(connection, party), last_seen(connection, party)
        return [
            ListedPerson(person_of(row), frozenset(kinds.get(row.id, ())), seen.get(row.id))
            for row in people_of(connection, party)
            if row.ended_ms is None
        ]


def plants_of(registry: OpenRegistry, party: str) -> dict[str, str]:
    """Return the names of a party's plants, by their ids."""
    with reading(registry.engine) as connection:
        return _plants(connection, party)


def list_people(registry: OpenRegistry, party: str) -> list[Person]:
    """Return the people of a party who may sign in, by name."""
    with reading(registry.engine) as connection:
        return [person_of(row) for row in people_of(connection, party) if row.ended_ms is None]


def names_of(registry: OpenRegistry, party: str) -> dict[str, str]:
    """Return the names of a party's people by author (`person:<id>`), also of those that have ended."""
    with reading(registry.engine) as connection:
        return {f"person:{row.id}": row.name for row in people_of(connection, party)}


def find_person(registry: OpenRegistry, person_id: str, *, party: str) -> Person:
    """Return a person of a party; raise MissingError `people.unknown`, also for one of another party."""
    with reading(registry.engine) as connection:
        return person_of(_known(connection, person_id, party))


def named_person(registry: OpenRegistry, name: str, *, party: str) -> Person:
    """Return the person of a party with this name or id; raise MissingError `people.unknown`."""
    found = [each for each in list_people(registry, party) if folded(each.name) == folded(name) or each.id == name]
    if not found:
        raise MissingError.at("people.unknown", person=name)
    return found[0]


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


def _plants(connection: Connection, party: str) -> dict[str, str]:
    return {plant.id: plant.name for owner, plant in facilities(connection).values() if owner == party}


def _check_plants(connection: Connection, party: str, plants: Sequence[str]) -> None:
    own = _plants(connection, party)
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
