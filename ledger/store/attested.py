"""Queries about attestations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, select

from ledger.store import schema
from ledger.store.engine import ask
from ledger.store.reading import MOST_ASKED, StoredRecord
from ledger.store.rows import AttestationRow


class StoredAttestation(NamedTuple):
    """An attestation, and its record with its log position."""

    row: AttestationRow
    record: StoredRecord


_JOINED: Final = select(
    *schema.ATTESTATIONS.c, schema.RECORDS.c.kind, schema.RECORDS.c.content, schema.RECORDS.c.entry
).join_from(schema.ATTESTATIONS, schema.RECORDS, schema.RECORDS.c.digest == schema.ATTESTATIONS.c.record)
_ABOUT: Final = _JOINED.where(
    schema.ATTESTATIONS.c.certificate.in_(bindparam("certificates", expanding=True))
).order_by(schema.RECORDS.c.entry)
_NAMED: Final = _JOINED.where(schema.ATTESTATIONS.c.digest == bindparam("digest"))
_ANY: Final = select(schema.ATTESTATIONS.c.digest).limit(1)


def anything_attested(connection: Connection) -> bool:
    """Return whether this registry has any attestation."""
    return bool(ask(connection, _ANY))


def attestations_about(connection: Connection, certificates: Iterable[bytes]) -> list[StoredAttestation]:
    """Return the attestations that name one of these certificates, in log order."""
    wanted = list(certificates)
    found: list[StoredAttestation] = []
    for start in range(0, len(wanted), MOST_ASKED):
        rows = connection.execute(_ABOUT, {"certificates": wanted[start : start + MOST_ASKED]})
        found += [_stored(tuple(row)) for row in rows]
    return sorted(found, key=lambda each: each.record.entry)


def attestation(connection: Connection, digest: bytes) -> StoredAttestation | None:
    """Return the attestation of this digest, or None."""
    row = connection.execute(_NAMED, {"digest": digest}).first()
    return None if row is None else _stored(tuple(row))


def _stored(values: tuple[object, ...]) -> StoredAttestation:
    width = len(AttestationRow._fields)
    row = AttestationRow(*values[:width])  # type: ignore[arg-type] # in the order of the columns
    return StoredAttestation(row, StoredRecord(row.record, *values[width:]))  # type: ignore[arg-type]
