"""The ways in which a person signs in, as its own account page shows them."""

from __future__ import annotations

from typing import NamedTuple

from ledger.desk.people import Person
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading
from ledger.store.people import CredentialRow, credentials_of
from schemas.instant import time_text


class Passkey(NamedTuple):
    """A passkey as its owner sees it: its name, and the days when it was made and last used."""

    id: str
    label: str
    made: str
    used: str | None


class Account(NamedTuple):
    """The ways in which a person signs in: password, recovery codes that are left, passkeys, and company login."""

    password_since: str | None
    recovery_codes: int
    passkeys: tuple[Passkey, ...]
    company_since: str | None = None

    @property
    def is_set_up(self) -> bool:
        """Whether the person can sign in without a link."""
        return self.password_since is not None or bool(self.passkeys) or self.company_since is not None


def account_of(registry: OpenRegistry, person: Person) -> Account:
    """Return the ways in which a person signs in."""
    with reading(registry.engine) as connection:
        rows = credentials_of(connection, person.id)
    password = next((row.created_ms for row in rows if row.kind == "password"), None)
    return Account(
        None if password is None else _day(password),
        sum(row.kind == "recovery" for row in rows),
        tuple(_passkey(row) for row in rows if row.kind == "passkey"),
        next((_day(row.created_ms) for row in rows if row.kind == "company"), None),
    )


def _passkey(row: CredentialRow) -> Passkey:
    return Passkey(row.id, row.label, _day(row.created_ms), None if row.used_ms is None else _day(row.used_ms))


def _day(at_ms: int) -> str:
    return time_text(at_ms)[:10]
