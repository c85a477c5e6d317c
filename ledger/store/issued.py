"""What an issuer has issued: its certificates by the order of the log, narrowed by what is asked for.

Rules: the newest first; a page begins where the one before ended, at a place of the log, so what is issued meanwhile moves nothing.
Certificates that correct others are there beside them.  What this module does not do: it judges nothing; `state` is what the last bits
say, as `ledger.lots.lineage` reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import case, exists, func, select, tuple_

from ledger.log.entry import PurposeCode
from ledger.store import schema

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from schemas.answers.certificates import CertificateState


class IssuedPlace(NamedTuple):
    """A place in the list: the entry, counted through all logs, and the output."""

    entry: int
    output: int


class StoredIssued(NamedTuple):
    """A certificate of the list: its place, its signed part, and where it stands."""

    place: IssuedPlace
    digest: bytes
    jws: str
    state: CertificateState


class CertificateFilter(NamedTuple):
    """What of a list is wanted: None where any value will do; from `from_ms` on, and before `before_ms`."""

    lot_normal: str | None = None
    kind: str | None = None
    product: str | None = None
    state: CertificateState | None = None
    from_ms: int | None = None
    before_ms: int | None = None


def issued_by(
    connection: Connection, issuer: str, wanted: CertificateFilter, *, most: int, after: IssuedPlace | None = None
) -> list[StoredIssued]:
    """Return the certificates of an issuer that are wanted, the newest first and no more than `most`, behind the place `after`."""
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
    asked = (
        select(column.entry, column.output, of.c.digest, of.c.jws, state)
        .select_from(schema.ISSUED.join(of, of.c.digest == column.certificate))
        .where(*rules)
        .order_by(column.entry.desc(), column.output.desc())
        .limit(most)
    )
    return [StoredIssued(IssuedPlace(*row[:2]), *row[2:]) for row in connection.execute(asked)]


def _state() -> ColumnElement[str]:
    """Return where a certificate stands: a withdrawal is for ever, a suspension lasts until it is lifted."""
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
