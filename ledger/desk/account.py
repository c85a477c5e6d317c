"""What a person may know of its own credentials."""

from __future__ import annotations

from typing import NamedTuple

from ledger.desk.people import Person
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading
from ledger.store.people import CredentialRow, credentials_of
from schemas.instant import instant_text, whole_second


class Passkey(NamedTuple):
    """A passkey as its owner sees it: its name, and the days when it was made and last used."""

    id: str
    label: str
    made: str
    used: str | None


class Account(NamedTuple):
    """By what a person signs in: since when it has a password, how many recovery codes are left, and its passkeys."""

    password_since: str | None
    recovery_codes: int
    passkeys: tuple[Passkey, ...]


def account_of(registry: OpenRegistry, person: Person) -> Account:
    """Return by what a person signs in."""
    with reading(registry.engine) as connection:
        rows = credentials_of(connection, person.id)
    password = next((row.created_ms for row in rows if row.kind == "password"), None)
    return Account(
        None if password is None else _day(password),
        sum(row.kind == "recovery" for row in rows),
        tuple(_passkey(row) for row in rows if row.kind == "passkey"),
    )


def _passkey(row: CredentialRow) -> Passkey:
    return Passkey(row.id, row.label, _day(row.created_ms), None if row.used_ms is None else _day(row.used_ms))


def _day(at_ms: int) -> str:
    return instant_text(whole_second(at_ms))[:10]
