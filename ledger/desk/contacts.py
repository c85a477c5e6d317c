"""Contacts: the customers of a party, by names that only it reads.

Rules:

1. A contact is a party here, a party elsewhere, or a guest: somebody without a DID, for whom the registry holds by a
   key of its own, one a contact and party. Two contacts of one name, or of names that look alike, are refused; two
   guests are never merged.
2. A guest can hold and nothing else. What it holds leaves it in two ways: goods come back, or the customer, now a
   party here, claims everything. Its producer asks for the one and confirms the other by the claimant's name.
3. A claim takes a code. The first one who opens a claim with it waits for the producer; whoever comes second is told.
4. Whoever runs the registry carries out what was asked and confirmed (`ledger.admin.guests`), since the key must first
   stand in the trust list, whose key no server opens.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from ledger.lots.balance import Balances, LotShelf, check_unit
from ledger.registry.parties import check_registered
from ledger.registry.registry import OpenRegistry
from ledger.seal.bearer import is_secret, new_secret, secret_digest
from ledger.seal.disclosure import HOLDING_SALT_BYTES
from ledger.store.contacts import (
    OPEN,
    ContactKind,
    ContactRow,
    GuestRequestRow,
    GuestRow,
    add_contact_row,
    add_guest,
    add_guest_request,
    change_contact,
    change_guest,
    claimed_by,
    contact_row,
    contact_rows,
    end_guest_request,
    guest,
    guest_requests,
    guests_of,
)
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.parties import issuers
from schemas.answers.contacts import ClaimCode, Contact, Contacts, GuestRequest, GuestRequests
from schemas.contact import ContactRequest, ReturnRequest
from schemas.instant import time_text
from schemas.name import skeleton
from schemas.problem import InputError, MissingError, OreprintError, RefusedError, Sentence
from schemas.quantity import kg_text, milligrams

CLAIM_PREFIX: Final = "orec_"
"""So that a scanner of leaked secrets can know a claim's code."""
ID_BYTES: Final = 6


def add_contact(registry: OpenRegistry, wanted: ContactRequest, *, party: str, by: str = "local") -> Contact:
    """Add a contact of a party; without a DID it is a guest, whose key is made here.

    Raises:
        RefusedError: `contact.name-taken`, `contact.yourself`, `contact.guest-did`, `issue.unknown-producer`.
        StateError: `home.locked`.
    """
    now, looks = registry.runtime.now_ms(), skeleton(wanted.name)
    with reading(registry.engine) as connection:
        _check_new(connection, wanted, looks, party=party)
    did = wanted.did or registry.guests.make()  # outside of the write lock; a key that nobody holds by harms nobody
    with writing(registry.engine) as connection:
        _check_new(connection, wanted, looks, party=party)
        kind: ContactKind = "guest" if wanted.did is None else "here" if did in issuers(connection) else "elsewhere"
        contact = registry.runtime.random(ID_BYTES).hex()
        row = ContactRow(contact, party, wanted.name, looks, kind, did, wanted.registry, wanted.email, now)
        add_contact_row(connection, row)
        if kind == "guest":
            add_guest(connection, GuestRow(did, party, contact, now))
        add_events(connection, [EventRow(now, party, by, "contact add", contact, kind)])
        connection.commit()
    return told(row)


def list_contacts(registry: OpenRegistry, party: str) -> Contacts:
    """Return the contacts of a party that have not ended, by name."""
    with reading(registry.engine) as connection:
        return Contacts(contacts=tuple(map(told, contact_rows(connection, party))))


def one_contact(registry: OpenRegistry, name: str, *, party: str) -> Contact:
    """Return the contact of a party that a name, an id or a DID calls; raise as `find_contact`."""
    with reading(registry.engine) as connection:
        return told(find_contact(connection, party, name))


def end_contact(registry: OpenRegistry, name: str, *, party: str, by: str = "local") -> Contact:
    """End a contact: nothing is shipped to it any more. What a guest holds stays held.

    Raises:
        MissingError: `contact.unknown`; RefusedError: `contact.name-twice`, `contact.asked`.
    """
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        row = find_contact(connection, party, name)
        asked = (each for one in guests_of(connection, row.id) for each in guest_requests(connection, guest=one.did))
        if any(each.state in OPEN for each in asked):
            raise RefusedError.at("contact.asked", "contact", name=row.name)
        for one in guests_of(connection, row.id):
            change_guest(connection, one._replace(claim=None))
        change_contact(connection, row._replace(ended_ms=now))
        add_events(connection, [EventRow(now, party, by, "contact end", row.id, row.kind)])
        connection.commit()
    return told(row)


def find_contact(connection: Connection, party: str, name: str) -> ContactRow:
    """Return the contact of a party that an id, a name in any case, or a DID calls.

    Raises:
        MissingError: `contact.unknown`; RefusedError: `contact.name-twice`, for a DID of several.
    """
    rows = contact_rows(connection, party)
    found = [each for each in rows if name in {each.id, each.did} or name.casefold() == each.name.casefold()]
    if len(found) > 1:
        listed = Sentence(", ".join(f"{each.name} ({each.id})" for each in found))
        raise RefusedError.at("contact.name-twice", "contact", name=name, contacts=listed)
    if not found:
        names = Sentence(", ".join(each.name for each in rows[:12]) or "none")
        raise MissingError.at("contact.unknown", "contact", name=name, contacts=names)
    return found[0]


def _check_new(connection: Connection, wanted: ContactRequest, looks: str, *, party: str) -> None:
    check_registered(connection, party)
    other = next((each for each in contact_rows(connection, party) if each.looks == looks), None)
    if other is not None:
        raise RefusedError.at("contact.name-taken", "name", name=wanted.name, other=other.name)
    if wanted.did == party:
        raise RefusedError.at("contact.yourself", "did", did=party)
    if wanted.did is not None and guest(connection, wanted.did) is not None:
        raise RefusedError.at("contact.guest-did", "did", did=wanted.did)


# -- what leaves a guest -------------------------------------------------------------------------------------------


def claim_code(registry: OpenRegistry, name: str, *, party: str, by: str = "local") -> ClaimCode:
    """Make the code with which a customer claims what its guest holds; an earlier code of it ends.

    Raises:
        MissingError: `contact.unknown`; RefusedError: `contact.no-guest`, `contact.claimed`.
    """
    now, secret = registry.runtime.now_ms(), new_secret(CLAIM_PREFIX, registry.runtime.random)
    with writing(registry.engine) as connection:
        row = find_contact(connection, party, name)
        held = current_guest(connection, row)
        if _claim_open(connection, held.did):
            raise RefusedError.at("contact.claimed", "code")
        change_guest(connection, held._replace(claim=secret_digest(secret)))
        add_events(connection, [EventRow(now, party, by, "contact claim code", row.id, "made")])
        connection.commit()
    return ClaimCode(contact=told(row), code=secret)


def open_claim(registry: OpenRegistry, code: str, *, claimant: str, by: str = "local") -> GuestRequest:
    """Open a claim on what a guest holds, once; it waits for the producer.

    Raises:
        MissingError: `contact.claim-unknown`; RefusedError: `contact.claimed`, `contact.own-guest`,
            `contact.claimant`, for who is no party here.
    """
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        held = claimed_by(connection, secret_digest(code)) if is_secret(code, CLAIM_PREFIX) else None
        if held is None:
            raise MissingError.at("contact.claim-unknown", "code")
        if held.party == claimant:
            raise RefusedError.at("contact.own-guest", "code")
        if claimant not in issuers(connection):
            raise RefusedError.at("contact.claimant", "claimant", did=claimant)
        if _claim_open(connection, held.did):
            raise RefusedError.at("contact.claimed", "code")
        request = registry.runtime.random(ID_BYTES).hex()
        row = GuestRequestRow(request, held.party, held.did, claimant, None, None, "waiting", by, now)
        add_guest_request(connection, row)
        add_events(
            connection,
            [
                EventRow(now, claimant, by, "claim open", request, "waiting"),
                EventRow(now, held.party, by, "claim open", request, claimant),
            ],
        )
        connection.commit()
    return _asked(registry, row, claimant)


def decide_claim(
    registry: OpenRegistry, name: str, claimant: str, *, confirm: bool, party: str, by: str = "local"
) -> GuestRequest:
    """Confirm a claim by the claimant's DID, or decline it, which also ends its code.

    Raises:
        MissingError: `contact.unknown`, `contact.no-claim`.
    """
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        row = find_contact(connection, party, name)
        waiting = [
            (one, each)
            for one in guests_of(connection, row.id)
            for each in guest_requests(connection, guest=one.did, claimant=claimant)
            if each.state == "waiting"
        ]
        if not waiting:
            raise MissingError.at("contact.no-claim", "claimant", name=row.name, claimant=claimant)
        held, asked = waiting[0]
        state = "confirmed" if confirm else "declined"
        end_guest_request(connection, asked.id, state)
        if not confirm:
            change_guest(connection, held._replace(claim=None))
        add_events(connection, [EventRow(now, party, by, "claim decide", asked.id, state)])
        connection.commit()
    return _asked(registry, asked._replace(state=state), party)


def goods_back(
    registry: OpenRegistry, name: str, wanted: ReturnRequest, *, party: str, by: str = "local", once: str | None = None
) -> GuestRequest:
    """Ask that a mass of a lot that came back from a guest is the party's again.

    `once` is an id that a form was given, so that the same form again asks for nothing more.

    Raises:
        MissingError: `contact.unknown`, `holding.unknown`; InputError: `quantity.zero`, `quantity.lot-unit`;
            RefusedError: `contact.no-guest`, `contact.claimed`, `contact.back-asked`, `holding.not-yours`,
            `holding.too-little` and others as `ledger.transfers.ship.ship`.
    """
    now = registry.runtime.now_ms()
    mass = None if wanted.mass is None else milligrams(wanted.mass.amount)
    if mass is not None and mass <= 0:
        raise InputError.at("quantity.zero", "mass", value=mass)
    with writing(registry.engine) as connection:
        row = find_contact(connection, party, name)
        held = current_guest(connection, row)
        asked = guest_requests(connection, guest=held.did)
        made = next((each for each in asked if each.id == once), None)
        if made is not None:
            return _told_request(connection, made, party)
        if _claim_open(connection, held.did):
            raise RefusedError.at("contact.claimed", "lot")
        stock = Balances(connection, registry.did, now)
        found = stock.usable(held.did, wanted.lot)
        check_unit(found.lot, None if wanted.mass is None else wanted.mass.unit)
        if not found.shelf.held:
            raise RefusedError.at("contact.none-left", "lot", name=row.name, lot=wanted.lot)
        before = [each.mass_mg for each in asked if each.state in OPEN and _is_of(stock, each, found)]
        if None in before:
            raise RefusedError.at("contact.back-asked", "lot", lot=found.lot.lot)
        # judged only; what others ask for meanwhile is judged when it is settled
        whole = found.shelf.left_mg if mass is None else mass + sum(filter(None, before))
        stock.reserve(found, whole, lambda: bytes(HOLDING_SALT_BYTES), place="mass", after=1)
        request = once or registry.runtime.random(ID_BYTES).hex()
        back = GuestRequestRow(request, party, held.did, None, wanted.lot, mass, "confirmed", by, now)
        if _is_of(stock, named := back._replace(lot=found.lot.lot), found):
            back = named  # people read the name; only where two lots have it, the certificate says which
        add_guest_request(connection, back)
        add_events(connection, [EventRow(now, party, by, "goods back", request, found.lot.lot)])
        connection.commit()
    return _asked(registry, back, party)


def _is_of(stock: Balances, asked: GuestRequestRow, found: LotShelf) -> bool:
    """Return whether a request names a lot that its guest holds."""
    try:
        return asked.lot is not None and stock.usable(asked.guest, asked.lot).lot == found.lot
    except OreprintError:
        return False  # the name fits two lots, or none any more


def list_guest_requests(registry: OpenRegistry, party: str) -> GuestRequests:
    """Return what a party asked of its guests and what was claimed from it, then what it claims itself."""
    with reading(registry.engine) as connection:
        rows = guest_requests(connection, party=party) + guest_requests(connection, claimant=party)
        return GuestRequests(requests=tuple(_told_request(connection, each, party) for each in rows))


def current_guest(connection: Connection, row: ContactRow) -> GuestRow:
    """Return the guest that holds for a contact now; raise RefusedError `contact.no-guest`."""
    held = next((one for one in reversed(guests_of(connection, row.id)) if one.ended_ms is None), None)
    if held is None:
        raise RefusedError.at("contact.no-guest", "contact", name=row.name)
    return held


def told(row: ContactRow) -> Contact:
    """Return a contact as an answer tells it."""
    created = time_text(row.created_ms)
    return Contact(
        id=row.id, name=row.name, kind=row.kind, did=row.did, registry=row.registry, email=row.email, created=created
    )


def _claim_open(connection: Connection, did: str) -> bool:
    """Return whether a claim on a guest waits, or is confirmed and not settled."""
    return any(each.claimant and each.state in OPEN for each in guest_requests(connection, guest=did))


def _asked(registry: OpenRegistry, row: GuestRequestRow, reader: str) -> GuestRequest:
    with reading(registry.engine) as connection:
        return _told_request(connection, row, reader)


def _told_request(connection: Connection, row: GuestRequestRow, reader: str) -> GuestRequest:
    """Return a request as one of its two parties reads it: only the producer reads what it calls the contact."""
    held = guest(connection, row.guest) if reader == row.party else None
    contact = None if held is None else contact_row(connection, row.party, held.contact)
    known = issuers(connection).get(row.claimant or "")
    return GuestRequest(
        id=row.id,
        contact="" if contact is None else contact.name,
        kind="return" if row.claimant is None else "claim",
        claimant=row.claimant,
        claimant_name=None if known is None else known.names[0].text,
        lot=row.lot,
        mass_kg=None if row.mass_mg is None else kg_text(row.mass_mg),
        state=row.state,
        asked=time_text(row.at_ms),
    )
