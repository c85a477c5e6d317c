"""Show a customer the shipment behind a private link, and note for the sender that the goods came.

Rules:

1. "We received it" is a note for the sender. It moves nothing: a link does not prove who presses. A party accepts what
   was offered to it by signing in; what a guest holds was moved when it was shipped.
2. A shipment is received once, whichever of its links told it first. The sender's notice is in the same commit.
3. A link that was made without a shipment tells nobody anything.
"""

from __future__ import annotations

from typing import NamedTuple

from ledger.changes.share import holder_of
from ledger.registry.notices import notify
from ledger.registry.registry import OpenRegistry
from ledger.store.contacts import contact_row, guest
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.shipments import mark_received, shipment_of_link, shipped_lots
from schemas.answers.contacts import ShipmentReceipt
from schemas.document import replace
from schemas.instant import time_text
from schemas.problem import MissingError
from schemas.quantity import kg_text
from schemas.report import HeldGoods, Report
from schemas.sentences import HELD
from schemas.vocabulary import unit_of


class Delivery(NamedTuple):
    """A shipment as the customer sees it: when it left, its lots with their masses, and when its receipt was noted.

    `held` if the registry holds the goods for the customer, as a guest; `offered` if the customer is a party, which
    accepts by signing in.
    """

    shipped: str
    lots: tuple[tuple[str, str], ...]
    held: bool
    offered: bool
    received: str | None


def delivery_of(registry: OpenRegistry, share: str) -> Delivery | None:
    """Return the shipment with which a private link was made, by the link's id, or None."""
    with reading(registry.engine) as connection:
        row = shipment_of_link(connection, share)
        if row is None:
            return None
        holder = guest(connection, row.consignee)
        lots = shipped_lots(connection, [row.id])[row.id]
    return Delivery(
        shipped=time_text(row.at_ms),
        lots=tuple((each.lot, f"{kg_text(each.mass_mg)} {unit_of(each.kind)}") for each in lots),
        held=holder is not None and holder.ended_ms is None,
        offered=holder is None,
        received=time_text(row.received_ms),
    )


def with_custody(found: Report, registry: OpenRegistry, delivery: Delivery | None) -> Report:
    """Return a report on the goods of a private link, which says so if the registry holds them for the customer."""
    held = delivery is not None and delivery.held
    return replace(found, held=HeldGoods(registry=registry.did, sentence=HELD)) if held else found


def receive(registry: OpenRegistry, share: str) -> ShipmentReceipt:
    """Tell the sender that the goods of a private link came, by the link's id (rules 1 and 2).

    Raises:
        MissingError: `share.no-shipment`, for a link that was made without a shipment.
    """
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        row = shipment_of_link(connection, share)
        if row is None:
            raise MissingError.at("share.no-shipment")
        if row.received_ms is None:
            mark_received(connection, row.id, at_ms=now)
            customer = contact_row(connection, row.party, row.contact)
            facts = {"recipient": customer.name if customer else "", "number": row.number, "po": row.po}
            notify(connection, party=row.party, kind="received", subject=row.id, facts=facts, now_ms=now)
            add_events(connection, [EventRow(now, row.party, holder_of(share), "received", row.id, "noted")])
        connection.commit()
    first = row.received_ms is None
    at_ms = now if row.received_ms is None else row.received_ms
    return ShipmentReceipt(received=time_text(at_ms), first=first)
