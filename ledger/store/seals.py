"""Seals that producers made with their own keys. Each is signed, so every reader judges it by itself."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from ledger.store.desk_schema import SEALS
from ledger.store.engine import insert_rows


def keep_seals(connection: Connection, seals: Sequence[tuple[bytes, str]]) -> None:
    """Store the seal of each certificate, `(digest, seal)`."""
    insert_rows(connection, SEALS, seals)


def kept_seal(connection: Connection, certificate: bytes) -> str | None:
    """Return the stored seal of a certificate, or None."""
    found: str | None = connection.scalar(select(SEALS.c.seal).where(SEALS.c.certificate == certificate))
    return found
