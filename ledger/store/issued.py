"""An issuer's certificates in log order, filtered.

Rules: newest first.  A page begins at the log position where the previous one ended, so new certificates move nothing.
A correction is listed beside the certificate that it corrects.  This module judges nothing; `state` comes from the last
bits, as in `ledger.lots.lineage`.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, case, exists, func, select, tuple_

from ledger.log.entry import PurposeCode
from ledger.store import schema
from schemas.answers.certificates import CertificateState


class IssuedPlace(NamedTuple):
    """A position in the list: the entry, counted through all logs, and the output."""

    entry: int
    output: int


class StoredIssued(NamedTuple):
    """A listed certificate: its position, its signed part, and its state."""

    place: IssuedPlace
    digest: bytes
    jws: str
    state: CertificateState


class CertificateFilter(NamedTuple):
    """A filter: None for any value; from `from_ms` on, and before `before_ms`."""

    lot_normal: str | None = None
    kind: str | None = None
    product: str | None = None
    state: CertificateState | None = None
    from_ms: int | None = None
    before_ms: int | None = None


def issued_by(
    connection: Connection, issuer: str, wanted: CertificateFilter, *, most: int, after: IssuedPlace | None = None
) -> list[StoredIssued]:
    """Return at most `most` of an issuer's certificates that pass a filter, newest first, after position `after`."""
    column, of = schema.ISSUED.c, schema.CERTIFICATES
    state = _state()
    rules: list[ColumnElement[bool]] = [column.issuer == issuer]
    for narrowed, value in (
        (column.lot_normal, wanted.lot_normal),
        (column.kind, wanted.kind),
        (column.product, wanted.product),
        (state, wanted.state),
    ):
        rules += [narrowed == value] if value is not None else []
    rules += [column.issued_ms >= wanted.from_ms] if wanted.from_ms is not None else []
    rules += [column.issued_ms < wanted.before_ms] if wanted.before_ms is not None else []
    rules += [tuple_(column.entry, column.output) < tuple_(*after)] if after is not None else []
    query = (
        select(column.entry, column.output, of.c.digest, of.c.jws, state)
        .select_from(schema.ISSUED.join(of, of.c.digest == column.certificate))
        .where(*rules)
        .order_by(column.entry.desc(), column.output.desc())
        .limit(most)
    )
    return [StoredIssued(IssuedPlace(*row[:2]), *row[2:]) for row in connection.execute(query)]


def _state() -> ColumnElement[str]:
    """Return the state of a certificate: a withdrawal is final, a suspension lasts until it is lifted."""
    bit, of = schema.STATUS_BITS.c, schema.CERTIFICATES
    here = (bit.list == of.c.status_list, bit.position == of.c.status_index)

    def was_set(purpose: PurposeCode) -> ColumnElement[bool]:
        return exists().where(*here, bit.purpose == purpose.value, bit.value == 1).correlate(of)

    latest = (
        select(bit.value)
        .where(*here, bit.purpose == PurposeCode.SUSPENSION.value)
        .order_by(bit.entry.desc())
        .limit(1)
        .correlate(of)
        .scalar_subquery()
    )
    return case(
        (was_set(PurposeCode.REVOCATION), "withdrawn"),
        (func.coalesce(latest, 0) == 1, "suspended"),
        (was_set(PurposeCode.REFRESH), "superseded"),
        else_="current",
    )
