"""Shipments to contacts, with what their delivery notes say.

Rules: every query takes the party. Nothing here is signed; no mass depends on it
(`ledger.store.desk_schema`). This module judges nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, select, update

from ledger.store.desk_schema import SHARES, SHIPMENT_LOTS, SHIPMENTS
from ledger.store.engine import insert_rows
from schemas.vocabulary import Audience, Kind

MOST_LISTED: Final = 500
"""Shipments of one list."""
_AT_ONCE: Final = 500
"""Certificates that one query asks for."""


class ShipmentRow(NamedTuple):
    """A shipment: its sender `party`, the contact, who took it or was offered it, and the numbers of its papers."""

    id: str
    party: str
    contact: str
    consignee: str
    number: str
    po: str
    audience: Audience
    by: str
    at_ms: int
    received_ms: int | None = None


class ShipmentLotRow(NamedTuple):
    """A lot of a shipment, its certificate by digest, and the id of the private link to it."""

    shipment: str
    line: int
    lot: str
    kind: Kind
    certificate: bytes
    mass_mg: int
    share: str | None


def add_shipment(connection: Connection, row: ShipmentRow, lots: Sequence[ShipmentLotRow]) -> None:
    """Store a shipment with its lots."""
    insert_rows(connection, SHIPMENTS, [row])
    insert_rows(connection, SHIPMENT_LOTS, lots)


def shipment_row(connection: Connection, party: str, shipment: str) -> ShipmentRow | None:
    """Return a party's shipment by its id, or None."""
    query = select(SHIPMENTS).where(SHIPMENTS.c.party == party, SHIPMENTS.c.id == shipment)
    row = connection.execute(query).first()
    return None if row is None else ShipmentRow(*row)


def shipment_rows(connection: Connection, party: str, *, contact: str | None = None) -> list[ShipmentRow]:
    """Return a party's newest shipments, of one contact if one is named, the newest first."""
    query = select(SHIPMENTS).where(SHIPMENTS.c.party == party)
    if contact is not None:
        query = query.where(SHIPMENTS.c.contact == contact)
    newest = query.order_by(SHIPMENTS.c.at_ms.desc(), SHIPMENTS.c.id).limit(MOST_LISTED)
    return [ShipmentRow(*row) for row in connection.execute(newest)]


def shipped_lots(connection: Connection, shipments: Sequence[str]) -> dict[str, list[ShipmentLotRow]]:
    """Return the lots of shipments, by shipment, in their order."""
    column = SHIPMENT_LOTS.c
    query = select(SHIPMENT_LOTS).where(column.shipment.in_(shipments)).order_by(column.shipment, column.line)
    found: dict[str, list[ShipmentLotRow]] = {each: [] for each in shipments}
    for row in connection.execute(query):
        found[row.shipment].append(ShipmentLotRow(*row))
    return found


class ShippedBefore(NamedTuple):
    """The first shipment of a certificate: its id and its contact."""

    shipment: str
    contact: str


def shipments_of_certificates(
    connection: Connection, party: str, digests: Collection[bytes]
) -> dict[bytes, ShippedBefore]:
    """Return the first shipment of each certificate that a party ever shipped, by the certificate's digest."""
    of = SHIPMENTS.join(SHIPMENT_LOTS, SHIPMENT_LOTS.c.shipment == SHIPMENTS.c.id)
    query = select(SHIPMENT_LOTS.c.certificate, SHIPMENTS.c.id, SHIPMENTS.c.contact).select_from(of)
    found: dict[bytes, ShippedBefore] = {}
    some = [*digests]
    for at in range(0, len(some), _AT_ONCE):
        place = (SHIPMENTS.c.party == party) & SHIPMENT_LOTS.c.certificate.in_(some[at : at + _AT_ONCE])
        for digest, shipment, contact in connection.execute(query.where(place).order_by(SHIPMENTS.c.at_ms)):
            found.setdefault(digest, ShippedBefore(shipment, contact))
    return found


def shipment_of_link(connection: Connection, share: str) -> ShipmentRow | None:
    """Return the shipment with which a private link was made, or None."""
    of = SHIPMENTS.join(SHIPMENT_LOTS, SHIPMENT_LOTS.c.shipment == SHIPMENTS.c.id).join(
        SHARES, (SHARES.c.id == SHIPMENT_LOTS.c.share) & (SHARES.c.party == SHIPMENTS.c.party)
    )
    row = connection.execute(select(SHIPMENTS).select_from(of).where(SHARES.c.id == share)).first()
    return None if row is None else ShipmentRow(*row)


def put_share(connection: Connection, line: ShipmentLotRow, share: str) -> None:
    """Store the id of the private link to a lot of a shipment."""
    place = (SHIPMENT_LOTS.c.shipment == line.shipment) & (SHIPMENT_LOTS.c.line == line.line)
    connection.execute(update(SHIPMENT_LOTS).where(place).values(share=share))


def mark_received(connection: Connection, shipment: str, *, at_ms: int) -> None:
    """Store when a shipment came."""
    connection.execute(update(SHIPMENTS).where(SHIPMENTS.c.id == shipment).values(received_ms=at_ms))
