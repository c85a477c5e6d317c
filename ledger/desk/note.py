"""The delivery note of a shipment: customer, lots, masses, seals, and the private links as QR codes.

Rules: the first print is the note, every later one is marked as a copy.  A private link is on the print that is
made while the link is still known, right after the shipment: the registry keeps no secret of a link, so a copy has
none.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from ledger.carrier.code import label_code
from ledger.carrier.printing import LabelOptions
from ledger.carrier.qr import MOST_SEALED_VERSION, draw_symbol
from ledger.carrier.svg import symbol_svg
from ledger.desk.shipping import made_shipment
from ledger.factors.tables import FactorTables
from ledger.issuing.labels import parts_of
from ledger.lots.certificates import opened
from ledger.lots.lineage import jws_of
from ledger.registry.registry import OpenRegistry
from ledger.seal.bearer import secret_digest
from ledger.seal.digest import certificate_digest_bytes
from ledger.store.engine import ask, writing
from ledger.store.events import EventRow, add_events, happened_before
from ledger.store.parties import issuers
from ledger.store.shares import FIND_SHARE, ShareRow
from ledger.trust.pinned import Trust
from schemas.answers.contacts import MadeShipment, ShipmentLine
from schemas.certificate import Issuer
from schemas.instant import time_text
from schemas.vocabulary import unit_of

_ACTION = "delivery note"


class NoteLine(NamedTuple):
    """A lot on the note: `seal` is the symbol of its label, `private` that of its private link, both as SVG."""

    lot: str
    description: str
    mass: str
    unit: str
    code: str
    seal: str
    private: str | None


class DeliveryNote(NamedTuple):
    """A note as it is printed at a time; `copy` says that it was printed before."""

    shipment: MadeShipment
    sender: Issuer
    lines: tuple[NoteLine, ...]
    printed: str
    copy: bool


def print_note(  # noqa: PLR0913 - everything that a note shows
    registry: OpenRegistry,
    party: str,
    shipment: str,
    *,
    links: Collection[str],
    resolver: str | None,
    trust: Trust,
    tables: FactorTables,
    by: str,
) -> DeliveryNote:
    """Return the note of a party's shipment to print, and note the print; `links` are the private links still known.

    Raises:
        MissingError: as `ledger.desk.shipping.made_shipment`.
    """
    made, now = made_shipment(registry, party, shipment), registry.runtime.now_ms()
    symbols = {
        line.certificate: parts_of(
            registry, line.certificate, LabelOptions("svg", 60, resolver=resolver), trust, tables=tables
        ).symbol
        for line in made.lots
    }
    with writing(registry.engine) as connection:
        known = {}
        for link in links:
            rows = ask(connection, FIND_SHARE, secret_digest(link.partition("#key=")[2]))
            if rows and (row := ShareRow(*rows[0])).party == party:
                known[row.id] = link
        copy = happened_before(connection, tenant=party, action=_ACTION, subject=made.id)
        sender = issuers(connection)[party]
        lines = []
        for line in made.lots:
            batch = opened(jws_of(connection, certificate_digest_bytes(line.certificate))).record.batch
            title = f"Lot {line.lot}"
            lines.append(
                NoteLine(
                    line.lot,
                    batch.description,
                    line.mass_kg,
                    unit_of(batch.kind),
                    label_code(line.certificate),
                    symbol_svg(symbols[line.certificate], title=title).decode(),
                    _private(line, known.get(line.share or "")),
                )
            )
        add_events(connection, [EventRow(now, party, by, _ACTION, made.id, "copy" if copy else "printed")])
        connection.commit()
    return DeliveryNote(made, sender, tuple(lines), time_text(now), copy)


def _private(line: ShipmentLine, link: str | None) -> str | None:
    """Return the symbol of a lot's private link, if the link is known."""
    if link is None:
        return None
    symbol = draw_symbol(link, level="M", most_version=MOST_SEALED_VERSION)
    return symbol_svg(symbol, title=f"Private link to lot {line.lot}").decode()
