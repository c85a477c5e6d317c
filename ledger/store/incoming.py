"""Rows about goods that come in: offers that their consignee doesn't take, and what its scale showed."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select

from ledger.store.desk_schema import SCALE_READINGS, SHUT_OFFERS
from ledger.store.engine import insert_rows


class ShutOffer(NamedTuple):
    """An offer, by the digest of its move, that a party doesn't take, and why."""

    offer: bytes
    party: str
    reason: str
    author: str
    at_ms: int


class ScaleReading(NamedTuple):
    """The reading of a party's scale for an accepted offer, given by its first move."""

    offer: bytes
    party: str
    issuance: bytes
    output: int
    offered_mg: int
    read_mg: int
    author: str
    at_ms: int


def shut_offers(connection: Connection, offers: Collection[bytes]) -> dict[bytes, ShutOffer]:
    """Return those of these offers that their consignee doesn't take."""
    return {row[0]: ShutOffer(*row) for row in connection.execute(_SHUT, {"offers": list(offers)})}


_SHUT: Final = select(SHUT_OFFERS).where(SHUT_OFFERS.c.offer.in_(bindparam("offers", expanding=True)))


def shut(connection: Connection, rows: Sequence[ShutOffer]) -> None:
    """Shut offers that are not shut yet."""
    open_again(connection, [row.offer for row in rows])
    insert_rows(connection, SHUT_OFFERS, rows)


def open_again(connection: Connection, offers: Collection[bytes]) -> None:
    """Open offers that were shut."""
    connection.execute(delete(SHUT_OFFERS).where(SHUT_OFFERS.c.offer.in_(offers)))


def add_reading(connection: Connection, row: ScaleReading) -> None:
    """Keep a reading of a scale."""
    insert_rows(connection, SCALE_READINGS, [row])


def readings_of(connection: Connection, party: str, issuance: bytes, output: int) -> list[ScaleReading]:
    """Return what a party's scale showed of a lot, in the order of acceptance."""
    column = SCALE_READINGS.c
    query = select(SCALE_READINGS).where(column.party == party, column.issuance == issuance, column.output == output)
    return [ScaleReading(*row) for row in connection.execute(query.order_by(column.at_ms, column.offer))]
