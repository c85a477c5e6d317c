"""The successors of certificates whose run was undone before shipment.

Rules: no certificate, mark or mass depends on this table (as `ledger.store.desk_schema`). This module judges nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from ledger.store.desk_schema import REPLACEMENTS, SHARES
from ledger.store.engine import insert_rows


class ReplacementRow(NamedTuple):
    """A revoked certificate, and the certificate of the same goods under their new name."""

    certificate: bytes
    successor: bytes
    lot: str
    at_ms: int


def add_replacements(connection: Connection, rows: Sequence[ReplacementRow]) -> None:
    """Store what replaces some certificates."""
    insert_rows(connection, REPLACEMENTS, rows)


def replacement(connection: Connection, certificate: bytes) -> ReplacementRow | None:
    """Return what replaces a certificate, or None."""
    row = connection.execute(select(REPLACEMENTS).where(REPLACEMENTS.c.certificate == certificate)).first()
    return None if row is None else ReplacementRow(*row)


def openings(connection: Connection, certificates: Sequence[bytes]) -> int:
    """Return how often private links to some certificates were opened."""
    query = select(func.coalesce(func.sum(SHARES.c.opened), 0)).where(SHARES.c.certificate.in_(certificates))
    return int(connection.scalar(query) or 0)
