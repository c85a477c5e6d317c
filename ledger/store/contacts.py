"""Contacts of a party, and the guests among them: keys of this registry that hold for customers without a DID.

Rules: every query takes the party. No certificate and no mass depends on these tables
(`ledger.store.desk_schema`); a mark of a guest is signed by its key, which the trust list names. This module judges
nothing.
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection, select, update

from ledger.store.desk_schema import CONTACTS, GUEST_REQUESTS, GUESTS
from ledger.store.engine import insert_rows

ContactKind = Literal["here", "elsewhere", "guest"]
OPEN: Final = ("waiting", "confirmed")
"""States of a request of which something is still to be done."""


class ContactRow(NamedTuple):
    """A contact: `kind` says whether it is a party here, one elsewhere, or a guest, whose `did` this registry keeps."""

    id: str
    party: str
    name: str
    looks: str
    kind: ContactKind
    did: str
    registry: str | None
    email: str | None
    created_ms: int
    ended_ms: int | None = None


class GuestRow(NamedTuple):
    """A guest of a party, the contact that it holds for, and since when the trust list names its key."""

    did: str
    party: str
    contact: str
    made_ms: int
    listed_ms: int | None = None
    ended_ms: int | None = None
    claim: bytes | None = None


class GuestRequestRow(NamedTuple):
    """A move out of a guest: everything to a claimant, or a mass of a lot back to the party."""

    id: str
    party: str
    guest: str
    claimant: str | None
    lot: str | None
    mass_mg: int | None
    state: str
    by: str
    at_ms: int


# -- contacts ------------------------------------------------------------------------------------------------------


def add_contact_row(connection: Connection, row: ContactRow) -> None:
    """Store a new contact."""
    insert_rows(connection, CONTACTS, [row])


def contact_rows(connection: Connection, party: str) -> list[ContactRow]:
    """Return a party's contacts that have not ended, by name."""
    query = select(CONTACTS).where(CONTACTS.c.party == party, CONTACTS.c.ended_ms.is_(None))
    return [ContactRow(*row) for row in connection.execute(query.order_by(CONTACTS.c.name, CONTACTS.c.id))]


def contact_row(connection: Connection, party: str, contact: str) -> ContactRow | None:
    """Return a party's contact by its id, also one that has ended; None where there is none."""
    query = select(CONTACTS).where(CONTACTS.c.party == party, CONTACTS.c.id == contact)
    row = connection.execute(query).first()
    return None if row is None else ContactRow(*row)


def change_contact(connection: Connection, row: ContactRow) -> None:
    """Store a contact in its present form."""
    connection.execute(update(CONTACTS).where(CONTACTS.c.id == row.id).values(row._asdict()))


# -- guests --------------------------------------------------------------------------------------------------------


def add_guest(connection: Connection, row: GuestRow) -> None:
    """Store a new guest."""
    insert_rows(connection, GUESTS, [row])


def guest(connection: Connection, did: str) -> GuestRow | None:
    """Return the guest with this DID; None for anybody else."""
    if not did.startswith("did:key:"):
        return None
    row = connection.execute(select(GUESTS).where(GUESTS.c.did == did)).first()
    return None if row is None else GuestRow(*row)


def guests_of(connection: Connection, contact: str) -> list[GuestRow]:
    """Return the guests that hold for a contact, or did, the newest last."""
    query = select(GUESTS).where(GUESTS.c.contact == contact).order_by(GUESTS.c.made_ms, GUESTS.c.did)
    return [GuestRow(*row) for row in connection.execute(query)]


def claimed_by(connection: Connection, claim: bytes) -> GuestRow | None:
    """Return the guest that a claim's secret (its SHA-256) is for, or None."""
    row = connection.execute(select(GUESTS).where(GUESTS.c.claim == claim)).first()
    return None if row is None else GuestRow(*row)


def change_guest(connection: Connection, row: GuestRow) -> None:
    """Store a guest in its present form."""
    connection.execute(update(GUESTS).where(GUESTS.c.did == row.did).values(row._asdict()))


# -- what is to be moved out of a guest ----------------------------------------------------------------------------


def add_guest_request(connection: Connection, row: GuestRequestRow) -> None:
    """Store a request."""
    insert_rows(connection, GUEST_REQUESTS, [row])


def guest_requests(
    connection: Connection, *, party: str | None = None, guest: str | None = None, claimant: str | None = None
) -> list[GuestRequestRow]:
    """Return the requests, the oldest first: all, or those of a party, about a guest, or of a claimant."""
    column = GUEST_REQUESTS.c
    query = select(GUEST_REQUESTS)
    for wanted, found in ((column.party, party), (column.guest, guest), (column.claimant, claimant)):
        if found is not None:
            query = query.where(wanted == found)
    return [GuestRequestRow(*row) for row in connection.execute(query.order_by(column.at_ms, column.id))]


def end_guest_request(connection: Connection, request: str, state: str) -> None:
    """Store what became of a request."""
    connection.execute(update(GUEST_REQUESTS).where(GUEST_REQUESTS.c.id == request).values(state=state))
