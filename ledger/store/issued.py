"""A party's certificates in log order, filtered: those that it issued, and those of lots that it received.

Rules: newest first.  A page begins at the log position where the previous one ended, so new certificates move nothing.
The position of an issued certificate is that of its issuance, of a received lot that of the record that brought the
first of it.  A correction is listed beside the certificate that it corrects, unless only the newest is asked for.  This
module judges nothing; `state` comes from the last bits, as in `ledger.lots.lineage`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, exists, func, or_, select, tuple_

from ledger.log.entry import PurposeCode
from ledger.store import schema
from ledger.store.desk_schema import RECEIVED
from ledger.store.lots import ARRIVED, LotKey, StoredLot
from schemas.answers.certificates import CertificateState


class ListPlace(NamedTuple):
    """A position in the list: the entry, counted through all logs, and the output."""

    entry: int
    output: int


class ListedRow(NamedTuple):
    """A listed certificate: its position, its lot, its digest, its signed part, and its state."""

    place: ListPlace
    lot: LotKey
    digest: bytes
    jws: str
    state: CertificateState


class CertificateFilter(NamedTuple):
    """A filter: None for any value; issued from `from_ms` on, and before `before_ms`.

    `text` is a part of the lot's normal form or of the product's name. `customer` is the DID of a party that received
    some of the lot from this one. With `newest`, certificates that were corrected are left out.
    """

    lot_normal: str | None = None
    kind: str | None = None
    product: str | None = None
    state: CertificateState | None = None
    from_ms: int | None = None
    before_ms: int | None = None
    text: str | None = None
    at_hand: bool = False
    shipped: bool = False
    customer: str | None = None
    newest: bool = False


class LotMasses(NamedTuple):
    """The mass of a lot that a party had, in mg, by what happened to it: left, offered, shipped, used in runs, undone.

    Together they are what the party got of it.
    """

    left: int = 0
    offered: int = 0
    shipped: int = 0
    used: int = 0
    undone: int = 0


def issued_by(
    connection: Connection, party: str, wanted: CertificateFilter, *, most: int, after: ListPlace | None = None
) -> list[ListedRow]:
    """Return at most `most` of a party's certificates that pass a filter, newest first, after position `after`."""
    column, of, batch = schema.ISSUED.c, schema.CERTIFICATES, schema.BATCHES
    joined = schema.ISSUED.join(of, of.c.digest == column.certificate).join(
        batch, (batch.c.facility == column.facility) & (batch.c.lot_normal == column.lot_normal)
    )
    listed = select(
        column.entry, column.output, batch.c.issuance, batch.c.output, of.c.digest, of.c.jws, _state()
    ).select_from(joined)
    query = _narrowed(listed, party, wanted).where(column.issuer == party)
    query = query if after is None else query.where(tuple_(column.entry, column.output) < tuple_(*after))
    query = query.order_by(column.entry.desc(), column.output.desc()).limit(most)
    return [_row(row) for row in connection.execute(query)]


def received_by(
    connection: Connection, party: str, wanted: CertificateFilter, *, most: int, after: ListPlace | None = None
) -> list[ListedRow]:
    """Return, as `issued_by`, the first certificates of this registry's lots that a party received.

    One that was corrected is told as superseded, whatever state is asked for: its successors say more.
    """
    lots, column, of, batch, record, plant = (
        RECEIVED.c,
        schema.ISSUED.c,
        schema.CERTIFICATES,
        schema.BATCHES,
        schema.RECORDS,
        schema.FACILITIES,
    )
    # by way of the record's entry, because SQLite looks for a lot's name among all that its issuer issued
    joined = (
        RECEIVED.join(batch, (batch.c.issuance == lots.issuance) & (batch.c.output == lots.output))
        .join(plant, plant.c.id == batch.c.facility)
        .join(of, (of.c.issuance == lots.issuance) & (of.c.output == lots.output))
        .join(record, record.c.digest == lots.issuance)
        .join(
            schema.ISSUED,
            (column.issuer == plant.c.party) & (column.entry == record.c.entry) & (column.output == batch.c.output),
        )
    )
    query = select(lots.entry, lots.output, lots.issuance, lots.output, of.c.digest, of.c.jws, _state())
    narrowed = _narrowed(query.select_from(joined), party, wanted._replace(state=None, newest=False))
    if wanted.state is not None:
        narrowed = narrowed.where(_state().in_([wanted.state, "superseded"]))
    return [_row(row) for row in connection.execute(_since(narrowed, party, after).limit(most))]


def arrived_for(
    connection: Connection, party: str, wanted: CertificateFilter, *, most: int, after: ListPlace | None = None
) -> list[tuple[ListPlace, StoredLot]]:
    """Return, as `issued_by`, the lots of other registries that a party received, by what is stored of a lot.

    What only its certificate tells is not asked: state, product and time. `text` is looked for in the lot's name alone.
    """
    lots, came, batch = RECEIVED.c, schema.ARRIVALS.c, schema.BATCHES.c
    of = RECEIVED.join(schema.ARRIVALS, (lots.issuance == came.issuance) & (lots.output == came.output))
    here = exists().where(batch.issuance == came.issuance, batch.output == came.output)
    rules = [~here, *_of_the_lot(party, wanted, came.issuance, came.output)]
    rules += [came.lot_normal == wanted.lot_normal] if wanted.lot_normal is not None else []
    rules += [came.kind == wanted.kind] if wanted.kind is not None else []
    rules += [came.lot_normal.contains(wanted.text, autoescape=True)] if wanted.text is not None else []
    query = select(lots.entry, *ARRIVED).select_from(of).where(*rules).distinct()
    found = connection.execute(_since(query, party, after).limit(most))
    return [(ListPlace(row[0], row[2]), StoredLot(*row[1:])) for row in found]


def _since(query: Select[Any], party: str, after: ListPlace | None) -> Select[Any]:
    """Return a query for a party's received lots, the newest first, from a position on."""
    lots = RECEIVED.c
    query = query.where(lots.party == party).order_by(lots.entry.desc())
    return query if after is None else query.where(lots.entry < after.entry)


def masses_of(connection: Connection, party: str, lots: Iterable[LotKey], *, now_ms: int) -> dict[LotKey, LotMasses]:
    """Return what became of the mass that a party had of each of these lots."""
    held, record, offer = schema.HOLDINGS, schema.RECORDS, schema.OFFERS
    child = schema.HOLDINGS.alias("child")
    kept = exists().where(
        child.c.owner == party,
        child.c.issuance == held.c.issuance,
        child.c.output == held.c.output,
        child.c.parent == held.c.commitment,
    )
    offered = exists().where(offer.c.holding == held.c.commitment, offer.c.expires_ms > now_ms)
    ended = case(
        (held.c.used.is_(None) & offered, "offered"),
        (held.c.used.is_(None), "left"),
        (kept, None),  # it was split, taken back, or came back from a run that was undone
        (record.c.kind == "move", "shipped"),
        (record.c.kind == "undo", "undone"),
        else_="used",
    )
    query = (
        select(held.c.issuance, held.c.output, ended, held.c.mass_mg)
        .select_from(held.outerjoin(record, record.c.entry == held.c.used))
        .where(held.c.owner == party, tuple_(held.c.issuance, held.c.output).in_([tuple(lot) for lot in lots]))
    )
    found: dict[LotKey, LotMasses] = {}
    for issuance, output, name, mass in connection.execute(query):
        if name is not None:
            lot = LotKey(issuance, output)
            masses = found.get(lot, LotMasses())
            found[lot] = masses._replace(**{name: getattr(masses, name) + mass})
    return found


def _row(row: Any) -> ListedRow:  # noqa: ANN401 - a row of any of the queries here
    return ListedRow(ListPlace(*row[:2]), LotKey(*row[2:4]), *row[4:])


def _narrowed(query: Select[Any], party: str, wanted: CertificateFilter) -> Select[Any]:
    column, batch, state = schema.ISSUED.c, schema.BATCHES.c, _state()
    rules = _of_the_lot(party, wanted, batch.issuance, batch.output)
    for narrowed, value in (
        (column.lot_normal, wanted.lot_normal),
        (column.kind, wanted.kind),
        (column.product, wanted.product),
        (state, wanted.state),
    ):
        rules += [narrowed == value] if value is not None else []
    if wanted.newest and wanted.state != "superseded":
        rules.append(~_corrected())
    rules += [column.issued_ms >= wanted.from_ms] if wanted.from_ms is not None else []
    rules += [column.issued_ms < wanted.before_ms] if wanted.before_ms is not None else []
    if wanted.text is not None:
        rules.append(
            or_(*(each.contains(wanted.text, autoescape=True) for each in (column.lot_normal, column.product)))
        )
    return query.where(*rules)


def _of_the_lot(
    party: str, wanted: CertificateFilter, issuance: ColumnElement[bytes], output: ColumnElement[int]
) -> list[ColumnElement[bool]]:
    """Return what a filter asks of a party's holdings of a lot."""
    held, other, record = schema.HOLDINGS.alias("mine"), schema.HOLDINGS.alias("next"), schema.RECORDS.alias("use")
    mine = (held.c.owner == party, held.c.issuance == issuance, held.c.output == output)
    rules: list[ColumnElement[bool]] = []
    if wanted.at_hand:
        rules.append(exists().where(*mine, held.c.used.is_(None)))
    if wanted.shipped:
        kept = exists().where(
            other.c.owner == held.c.owner,
            other.c.issuance == held.c.issuance,
            other.c.output == held.c.output,
            other.c.parent == held.c.commitment,
        )
        moved = exists().where(record.c.entry == held.c.used, record.c.kind == "move")
        rules.append(exists().where(*mine, moved, ~kept))
    if wanted.customer is not None:
        theirs = (other.c.owner == wanted.customer, other.c.issuance == issuance, other.c.output == output)
        rules.append(exists().where(*theirs, other.c.parent == held.c.commitment, held.c.owner == party))
    return rules


def _was_set(purpose: PurposeCode) -> ColumnElement[bool]:
    bit, of = schema.STATUS_BITS.c, schema.CERTIFICATES
    here = (bit.list == of.c.status_list, bit.position == of.c.status_index)
    return exists().where(*here, bit.purpose == purpose.value, bit.value == 1).correlate(of)


def _corrected() -> ColumnElement[bool]:
    return _was_set(PurposeCode.REFRESH)


def _state() -> ColumnElement[str]:
    """Return the state of a certificate: a withdrawal is final, a suspension lasts until it is lifted."""
    bit, of = schema.STATUS_BITS.c, schema.CERTIFICATES
    latest = (
        select(bit.value)
        .where(bit.list == of.c.status_list, bit.position == of.c.status_index)
        .where(bit.purpose == PurposeCode.SUSPENSION.value)
        .order_by(bit.entry.desc())
        .limit(1)
        .correlate(of)
        .scalar_subquery()
    )
    return case(
        (_was_set(PurposeCode.REVOCATION), "withdrawn"),
        (func.coalesce(latest, 0) == 1, "suspended"),
        (_corrected(), "superseded"),
        else_="current",
    )
