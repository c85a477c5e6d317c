"""Ship lots to one customer: one commit for all of them, with a private link to each certificate.

Rules:

1. All lots of a shipment go out, or none. To a guest they are moved at once, to anybody else they are offered
   (`ledger.transfers.moving`).
2. Purchase order and delivery note number are kept for the papers, and never signed.
3. A private link is made in the same commit, for the certificates that the sender issued. Its secret is told once, to
   whoever shipped. The same shipment again ships nothing, and tells no secret.
4. Whoever calls signs the held runs of the lots first (`ledger.desk.held.sign_lots`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.changes.share import NewShare, new_share
from ledger.desk.contacts import ID_BYTES, find_contact, told
from ledger.desk.held_runs import HeldRuns
from ledger.lots.lineage import lot_of, state_of
from ledger.registry.append import LogTransaction, append
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.store.contacts import ContactRow, contact_row, guest
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.lots import lots_at_hand
from ledger.store.parties import facilities
from ledger.store.shipments import (
    ShipmentLotRow,
    ShipmentRow,
    add_shipment,
    put_share,
    shipment_row,
    shipment_rows,
    shipments_of_certificates,
    shipped_lots,
)
from ledger.transfers.moving import Shipment
from ledger.transfers.ship import Dispatch, ship_within
from schemas.answers.contacts import MadeShipment, MadeShipments, ShipmentLine
from schemas.contact import MOST_SHIPPED_LOTS, ShipmentRequest, ShippedLot
from schemas.instant import time_text
from schemas.lot import normal_lot
from schemas.problem import InputError, MissingError, OreprintError, RefusedError
from schemas.quantity import kg_text, milligrams
from schemas.requests import ShareRequest
from schemas.vocabulary import unit_of

LINK_DAYS: Final = 90
"""Days for which a private link of a shipment is good, unless it was asked for otherwise."""
ID_FORM: Final = re.compile(r"[0-9a-f]{12}", re.ASCII)
"""The id of a shipment."""
_NO_LINKS: Final[dict[str, str]] = {}


def ship_lots(
    registry: OpenRegistry,
    wanted: ShipmentRequest,
    *,
    party: str,
    origin: str,
    once: str | None = None,
    by: str = "local",
    only_unshipped: bool = False,
) -> MadeShipment:
    """Ship lots to a contact; `once` is an id that a form was given, so that the same form again ships nothing.

    Links begin with the registry's address `origin`. With `only_unshipped`, lots are named by the digests of their
    certificates, and one that was ever shipped is refused.

    Raises:
        OreprintError: as `ledger.transfers.ship.ship`, at ``lots[n]``; RefusedError: `contact.*`, `shipment.lot-twice`,
            `shipment.lot-shipped`; MissingError: `contact.unknown`.
    """
    _check_once(wanted)
    with append(registry) as transaction:
        connection, now = transaction.connection, transaction.now_ms
        if once is not None and (made := shipment_row(connection, party, once)) is not None:
            return _told(connection, made, _NO_LINKS)
        to = find_contact(connection, party, wanted.contact)
        check_here(registry, to)
        if only_unshipped:
            _check_unshipped(connection, wanted, party)
        row = ShipmentRow(
            once or new_id(registry), party, to.id, to.did, wanted.number, wanted.po, wanted.audience, by, now
        )
        lots, links = _shipped(transaction, row, wanted, to, origin)
        add_shipment(connection, row, lots)
        add_events(connection, [EventRow(now, party, by, "ship", row.id, to.id)])
        return _told(connection, row, links)


def _shipped(
    transaction: LogTransaction, row: ShipmentRow, wanted: ShipmentRequest, to: ContactRow, origin: str
) -> tuple[list[ShipmentLotRow], dict[str, str]]:
    """Ship each lot; return the lines of the shipment, and the private links by their ids."""
    lots, links = list[ShipmentLotRow](), dict[str, str]()
    for number, each in enumerate(wanted.lots):
        try:
            shipment = ship_within(transaction, _dispatch(each, wanted, to, row.party))
        except OreprintError as error:
            raise _placed(error, number) from error
        share = _link(transaction.registry, transaction.connection, shipment, wanted, to)
        if share is not None:
            links[share.row.id] = share.link(origin)
        lots.append(_line(row, number, shipment, share))
    return lots, links


def check_here(registry: OpenRegistry, contact: ContactRow) -> None:
    """Check that a contact takes goods at this registry, or raise RefusedError `contact.elsewhere`."""
    if contact.kind == "elsewhere" and contact.registry not in {None, registry.did}:
        raise RefusedError.at("contact.elsewhere", "contact", name=contact.name, registry=contact.registry)


def _check_once(wanted: ShipmentRequest) -> None:
    """Raise RefusedError `shipment.lot-twice` if a shipment names a lot twice."""
    names = [normal_lot(each.lot) for each in wanted.lots]
    twice = next((each.lot for each, name in zip(wanted.lots, names, strict=True) if names.count(name) > 1), None)
    if twice is not None:
        raise RefusedError.at("shipment.lot-twice", "lots", lot=twice)


def _check_unshipped(connection: Connection, wanted: ShipmentRequest, party: str) -> None:
    """Raise RefusedError `shipment.lot-shipped` at the line of a certificate that was ever shipped."""
    digests = [certificate_digest_bytes(each.lot) for each in wanted.lots]
    done = shipments_of_certificates(connection, party, digests)
    for number, digest in enumerate(digests):
        if digest in done:
            lot, shipment = wanted.lots[number].lot, done[digest].shipment
            raise RefusedError.at("shipment.lot-shipped", f"lots[{number}].lot", lot=lot, shipment=shipment)


def new_id(registry: OpenRegistry) -> str:
    """Return a fresh id for a shipment, which its form carries."""
    return registry.runtime.random(ID_BYTES).hex()


def link_shipment(registry: OpenRegistry, party: str, shipment: str, *, origin: str, by: str) -> MadeShipment:
    """Make private links to the lots of a shipment that have none, such as one that a workbook made.

    Only the answer has the secrets. A second call makes no links, and its answer has no secrets.

    Raises:
        MissingError: `shipment.unknown`.
    """
    now, links = registry.runtime.now_ms(), dict[str, str]()
    with writing(registry.engine) as connection:
        row = shipment_row(connection, party, shipment)
        contact = None if row is None else contact_row(connection, party, row.contact)
        if row is None or contact is None:
            raise MissingError.at("shipment.unknown", "shipment", shipment=shipment)
        for line in shipped_lots(connection, [shipment])[shipment]:
            if line.share is not None or not _is_own(connection, line.certificate, party):
                continue
            asked = ShareRequest(
                lot=certificate_digest_text(line.certificate),
                recipient=contact.name,
                audience=row.audience,
                days=LINK_DAYS,
            )
            share = new_share(registry, connection, asked, party=party)
            put_share(connection, line, share.row.id)
            links[share.row.id] = share.link(origin)
        if links:
            add_events(connection, [EventRow(now, party, by, "shipment links", shipment, str(len(links)))])
            connection.commit()
        return _told(connection, row, links)


def _is_own(connection: Connection, certificate: bytes, party: str) -> bool:
    """Return whether a party issued a certificate of this registry, so that it may make links to it."""
    lot = lot_of(connection, certificate)
    owner = None if lot is None or lot.home is not None else facilities(connection).get(lot.facility)
    return owner is not None and owner[0] == party


class LotAtHand(NamedTuple):
    """A lot that a party can ship: its certificate's digest, and what is left in kg, or kWh of electricity.

    A held lot has no certificate yet: its name stands for it, and nothing is said of what is left.
    """

    certificate: str
    lot: str
    left: str
    unit: str
    held: bool = False


def lots_to_ship(registry: OpenRegistry, owner: str, *, name: str = "") -> list[LotAtHand]:
    """Return the newest lots that stand and of which a party has something, or those with a part of a name.

    Lots of held runs come first.
    """
    now, wanted = registry.runtime.now_ms(), normal_lot(name)
    made = [lot for lot in HeldRuns.of(registry, owner).lots if wanted in normal_lot(lot)]
    held = [LotAtHand(lot, lot, "", "kg", held=True) for lot in made[:MOST_SHIPPED_LOTS]]
    with reading(registry.engine) as connection:
        found = lots_at_hand(
            connection, owner=owner, registry=registry.did, now_ms=now, name=wanted, most=MOST_SHIPPED_LOTS
        )
        return held + [
            LotAtHand(certificate_digest_text(lot.certificate), lot.lot, kg_text(left), unit_of(lot.kind))
            for lot, left in found
            if lot.certificate is not None and (not lot.touched or state_of(connection, lot) == "standing")
        ]


def list_shipments(registry: OpenRegistry, party: str, *, contact: str | None = None) -> MadeShipments:
    """Return a party's shipments, of one contact by its id if one is named, the newest first."""
    with reading(registry.engine) as connection:
        rows = shipment_rows(connection, party, contact=contact)
        lots = shipped_lots(connection, [each.id for each in rows])
        return MadeShipments(shipments=tuple(_told(connection, each, _NO_LINKS, lots[each.id]) for each in rows))


def made_shipment(registry: OpenRegistry, party: str, shipment: str) -> MadeShipment:
    """Return a party's shipment by its id; raise MissingError `shipment.unknown`."""
    with reading(registry.engine) as connection:
        row = shipment_row(connection, party, shipment)
        if row is None:
            raise MissingError.at("shipment.unknown", "shipment", shipment=shipment)
        return _told(connection, row, _NO_LINKS)


def _dispatch(each: ShippedLot, wanted: ShipmentRequest, to: ContactRow, party: str) -> Dispatch:
    mass, unit = (None, None) if each.mass is None else (milligrams(each.mass.amount), each.mass.unit)
    return Dispatch(each.lot, party, to.did, mass, wanted.audience, unit=unit)


def _link(
    registry: OpenRegistry, connection: Connection, shipment: Shipment, wanted: ShipmentRequest, to: ContactRow
) -> NewShare | None:
    """Make the private link to a lot's certificate, if the sender issued it and wants one (rule 3)."""
    lot, party = shipment.lot, shipment.sender
    owner = facilities(connection).get(lot.facility)
    if not wanted.link_days or lot.certificate is None or owner is None or owner[0] != party or lot.home is not None:
        return None
    asked = ShareRequest(
        lot=certificate_digest_text(lot.certificate), recipient=to.name, audience=wanted.audience, days=wanted.link_days
    )
    return new_share(registry, connection, asked, party=party)


def _line(row: ShipmentRow, number: int, shipment: Shipment, share: NewShare | None) -> ShipmentLotRow:
    lot = shipment.lot
    if lot.certificate is None:
        raise RefusedError.at("holding.not-certified", lot=lot.lot)
    link = None if share is None else share.row.id
    return ShipmentLotRow(row.id, number + 1, lot.lot, lot.kind, lot.certificate, shipment.mass_mg, link)  # type: ignore[arg-type] # a stored kind is one


def _placed(error: OreprintError, number: int) -> OreprintError:
    """Return a refusal at the line of the lot that it is about."""
    places = (f"lots[{number}].{each.place or 'lot'}" for each in error.problems)
    problems = [each._replace(place=place) for each, place in zip(error.problems, places, strict=True)]
    return type(error)(*problems)


def _told(
    connection: Connection, row: ShipmentRow, links: dict[str, str], lots: Sequence[ShipmentLotRow] | None = None
) -> MadeShipment:
    contact = contact_row(connection, row.party, row.contact)
    if contact is None:
        raise InputError.at("contact.unknown", "contact", name=row.contact, contacts="none")
    lines = shipped_lots(connection, [row.id])[row.id] if lots is None else lots
    return MadeShipment(
        id=row.id,
        contact=told(contact),
        consignee=row.consignee,
        state="offered" if guest(connection, row.consignee) is None else "delivered",
        number=row.number,
        po=row.po,
        audience=row.audience,
        lots=tuple(
            ShipmentLine(
                lot=each.lot,
                certificate=certificate_digest_text(each.certificate),
                mass_kg=kg_text(each.mass_mg),
                share=each.share,
                link=links.get(each.share or ""),
            )
            for each in lines
        ),
        shipped=time_text(row.at_ms),
        received=time_text(row.received_ms),
    )
