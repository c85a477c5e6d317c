"""Queries about lots and their holders.

Rules: a holding is offered while a signed move of it waits and has not expired.  It still belongs to its owner, but
cannot be spent.  `used` never decides anything that a mark decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    desc,
    exists,
    func,
    null,
    select,
    true,
    tuple_,
)

from ledger.holdings.spending import Holding
from ledger.store import schema
from ledger.store.engine import ask
from ledger.store.reading import MOST_ASKED
from ledger.store.rows import OfferRow


class StoredLot(NamedTuple):
    """A lot: the output of an issuance, with its certificate's digest if it has one.

    `touched` says that a record has set a bit of that certificate; only then is there more to ask
    (`ledger.lots.lineage`).  `home` is the registry that a lot came from; None for this one.
    """

    issuance: bytes
    output: int
    facility: str
    lot: str
    lot_normal: str
    kind: str
    net_mass_mg: int
    certificate: bytes | None
    touched: bool = False
    home: str | None = None


class StoredOffer(NamedTuple):
    """An open shipment with its lot and holding."""

    offer: OfferRow
    lot: StoredLot
    held: Holding
    sender: str


_TOUCHED = (
    exists()
    .where(
        schema.STATUS_BITS.c.list == schema.CERTIFICATES.c.status_list,
        schema.STATUS_BITS.c.position == schema.CERTIFICATES.c.status_index,
    )
    .correlate(schema.CERTIFICATES)
)
_LOT = (
    schema.BATCHES.c.issuance,
    schema.BATCHES.c.output,
    schema.BATCHES.c.facility,
    schema.BATCHES.c.lot,
    schema.BATCHES.c.lot_normal,
    schema.BATCHES.c.kind,
    schema.BATCHES.c.net_mass_mg,
    schema.CERTIFICATES.c.digest,
    _TOUCHED.label("touched"),
)
ARRIVED: Final = (
    schema.ARRIVALS.c.issuance,
    schema.ARRIVALS.c.output,
    schema.ARRIVALS.c.facility,
    schema.ARRIVALS.c.lot,
    schema.ARRIVALS.c.lot_normal,
    schema.ARRIVALS.c.kind,
    schema.ARRIVALS.c.net_mass_mg,
    schema.ARRIVALS.c.certificate,
    true().label("touched"),
    schema.ARRIVALS.c.registry,
)
"""A lot of another registry with a holding here."""
_HELD = (
    schema.HOLDINGS.c.commitment,
    schema.HOLDINGS.c.text,
    schema.HOLDINGS.c.creator,
    schema.HOLDINGS.c.parent,
    schema.HOLDINGS.c.mass_mg,
    schema.HOLDINGS.c.steps,
)
_CERTIFIED = schema.BATCHES.outerjoin(
    schema.CERTIFICATES,
    and_(
        schema.CERTIFICATES.c.issuance == schema.BATCHES.c.issuance,
        schema.CERTIFICATES.c.output == schema.BATCHES.c.output,
    ),
)


def lots_named(connection: Connection, lot_normal: str) -> list[StoredLot]:
    """Return the lots of this normal form, of any plant."""
    return [StoredLot(*row) for row in connection.execute(_LOTS_NAMED, {"name": lot_normal})]


_LOTS_NAMED: Final = select(*_LOT).select_from(_CERTIFIED).where(schema.BATCHES.c.lot_normal == bindparam("name"))


def lot_alike(connection: Connection, lot_normal: str, *, owner: str) -> str | None:
    """Return, as printed, a lot of `owner`'s whose name differs from this normal form in its dashes only, or None."""
    batch, held = schema.BATCHES.c, schema.HOLDINGS.c
    own = exists().where(held.issuance == batch.issuance, held.output == batch.output, held.owner == owner)
    query = select(batch.lot).where(func.replace(batch.lot_normal, "-", "") == lot_normal.replace("-", ""), own)
    found: str | None = connection.scalar(query.order_by(batch.lot).limit(1))
    return found


_LOTS_CERTIFIED: Final = (
    select(*_LOT)
    .select_from(_CERTIFIED)
    .where(schema.CERTIFICATES.c.digest.in_(bindparam("certificates", expanding=True)))
)


def lots_certified(connection: Connection, digests: Iterable[bytes]) -> list[StoredLot]:
    """Return the lots of these certificates."""
    wanted = list(digests)
    chunks = (wanted[at : at + MOST_ASKED] for at in range(0, len(wanted), MOST_ASKED))
    return [StoredLot(*row) for some in chunks for row in connection.execute(_LOTS_CERTIFIED, {"certificates": some})]


def lots_of_plant(connection: Connection, facility: str, *, most: int) -> list[StoredLot]:
    """Return at most `most` certified lots of a plant, latest first; of a corrected one its first certificate."""
    records = schema.RECORDS.c
    joined = _CERTIFIED.join(schema.RECORDS, records.digest == schema.BATCHES.c.issuance)
    wanted = and_(schema.BATCHES.c.facility == facility, schema.CERTIFICATES.c.digest.is_not(null()))
    query = select(*_LOT).select_from(joined).where(wanted).order_by(desc(records.entry)).limit(most)
    return [StoredLot(*row) for row in connection.execute(query)]


def lots_of_issuance(connection: Connection, issuance: bytes) -> list[StoredLot]:
    """Return the lots of an issuance, in output order."""
    return [StoredLot(*row) for row in connection.execute(_OF_ISSUANCE, {"issuance": issuance})]


_OF_ISSUANCE: Final = (
    select(*_LOT)
    .select_from(_CERTIFIED)
    .where(schema.BATCHES.c.issuance == bindparam("issuance"))
    .order_by(schema.BATCHES.c.output)
)


def undoable_runs(connection: Connection, owner: str) -> list[tuple[bytes, bytes]]:
    """Return issuance and first certificate of each run with a whole, unused output of `owner`'s, latest first."""
    held, of = schema.HOLDINGS.c, schema.CERTIFICATES.c
    joined = schema.HOLDINGS.join(schema.CERTIFICATES, of.issuance == held.creator).join(
        schema.RECORDS, schema.RECORDS.c.digest == held.creator
    )
    query = select(held.creator, of.digest).select_from(joined)
    mine = query.where(held.owner == owner, held.parent.is_(None), held.used.is_(None))
    found: dict[bytes, bytes] = {}
    for issuance, certificate in connection.execute(mine.order_by(desc(schema.RECORDS.c.entry), of.digest)):
        found.setdefault(issuance, certificate)
    return list(found.items())


_LOTS_AT: Final = (
    select(*_LOT)
    .select_from(_CERTIFIED)
    .where(tuple_(schema.BATCHES.c.facility, schema.BATCHES.c.lot_normal).in_(bindparam("places", expanding=True)))
)


def lots_at(connection: Connection, places: Iterable[tuple[str, str]]) -> dict[tuple[str, str], StoredLot]:
    """Return the existing lots by `(facility, normal form)`."""
    wanted = list(dict.fromkeys(places))
    chunks = (wanted[at : at + MOST_ASKED // 2] for at in range(0, len(wanted), MOST_ASKED // 2))
    lots = (StoredLot(*row) for chunk in chunks for row in connection.execute(_LOTS_AT, {"places": chunk}))
    return {(lot.facility, lot.lot_normal): lot for lot in lots}


def lots_of(connection: Connection, owner: str, *, at_hand: bool = False) -> list[StoredLot]:
    """Return the lots that `owner` holds or held, in log order; with `at_hand` those of which something is unused."""
    rules = [*_of_lot(schema.BATCHES.c.issuance, schema.BATCHES.c.output), schema.HOLDINGS.c.owner == owner]
    ever = exists().where(*rules, *([schema.HOLDINGS.c.used.is_(None)] if at_hand else []))
    joined = _CERTIFIED.join(schema.RECORDS, schema.RECORDS.c.digest == schema.BATCHES.c.issuance)
    query = select(*_LOT).select_from(joined).where(ever).order_by(schema.RECORDS.c.entry, schema.BATCHES.c.output)
    return [StoredLot(*row) for row in connection.execute(query)]


class LotKey(NamedTuple):
    """A lot: its first issuance, and the output of that."""

    issuance: bytes
    output: int


def lots_of_page(connection: Connection, owner: str, *, after: LotKey | None, most: int) -> list[StoredLot]:
    """Return at most `most` lots of this registry or another that `owner` holds or held, in the order of their keys.

    A page of them is found by the index of holdings, whatever else `owner` has.
    """
    start = after or LotKey(b"", -1)
    given = {"owner": owner, "issuance": start.issuance, "output": start.output, "most": most}
    keys = [LotKey(*row) for row in connection.execute(_KEYS_HELD, given)]
    found = {}
    for query in (_ARRIVED_AT, _LOTS_OF_KEYS):  # a lot of this registry that came back is where it always was
        for row in connection.execute(query, {"keys": keys}):
            lot = StoredLot(*row)
            found[lot.issuance, lot.output] = lot
    return [found[each] for each in keys]


_KEYS_HELD: Final = (
    select(schema.HOLDINGS.c.issuance, schema.HOLDINGS.c.output)
    .where(
        schema.HOLDINGS.c.owner == bindparam("owner"),
        tuple_(schema.HOLDINGS.c.issuance, schema.HOLDINGS.c.output)
        > tuple_(bindparam("issuance", type_=schema.HOLDINGS.c.issuance.type), bindparam("output")),
    )
    .distinct()
    .order_by(schema.HOLDINGS.c.issuance, schema.HOLDINGS.c.output)
    .limit(bindparam("most"))
)
_LOTS_OF_KEYS: Final = (
    select(*_LOT)
    .select_from(_CERTIFIED)
    .where(tuple_(schema.BATCHES.c.issuance, schema.BATCHES.c.output).in_(bindparam("keys", expanding=True)))
)
_ARRIVED_AT: Final = (
    select(*ARRIVED)
    .where(tuple_(schema.ARRIVALS.c.issuance, schema.ARRIVALS.c.output).in_(bindparam("keys", expanding=True)))
    .distinct()
)


def offered_mg(connection: Connection, lot: StoredLot, *, owner: str, now_ms: int) -> int:
    """Return the mass of a lot, in mg, that `owner` offers to others."""
    return int(ask(connection, _OFFERED_MG, lot.issuance, lot.output, owner, now_ms)[0][0])


def unused(connection: Connection, lot: StoredLot, *, owner: str, registry: str, now_ms: int) -> list[Holding]:
    """Return, in a fixed order, the holdings of a lot that `owner` can spend: unused, and not offered at `now_ms`."""
    return [Holding(*row) for row in ask(connection, _UNUSED, lot.issuance, lot.output, owner, registry, now_ms)]


def ever_held(connection: Connection, lot: StoredLot, *, owner: str) -> bool:
    """Return whether `owner` holds or held any of a lot."""
    return bool(ask(connection, _EVER_HELD, lot.issuance, lot.output, owner))


def open_offers(
    connection: Connection, *, now_ms: int, sender: str | None = None, consignee: str | None = None
) -> list[StoredOffer]:
    """Return the shipments that wait for acceptance, of one sender and/or to one consignee, oldest first."""
    parties = {"sender": sender, "consignee": consignee}
    given = {name: value for name, value in parties.items() if value is not None}
    first, second = len(OfferRow._fields), len(OfferRow._fields) + len(StoredLot._fields)
    found: dict[bytes, StoredOffer] = {}
    for query in _open_offers(tuple(given)):
        for r in connection.execute(query, {"now_ms": now_ms, **given}):
            each = StoredOffer(OfferRow(*r[:first]), StoredLot(*r[first:second]), Holding(*r[second:-1]), r[-1])
            found.setdefault(each.offer.digest, each)
    return sorted(found.values(), key=lambda each: (each.offer.expires_ms, each.offer.digest))


@cache
def _open_offers(given: tuple[str, ...]) -> tuple[Select[Any], Select[Any]]:
    """Return the queries for shipments of lots from here, and of those from elsewhere."""
    offer, held = schema.OFFERS.c, schema.HOLDINGS.c
    whose = {"sender": held.owner == bindparam("sender"), "consignee": offer.owner == bindparam("consignee")}
    rules = [held.used.is_(None), offer.expires_ms > bindparam("now_ms"), *[whose[name] for name in given]]
    held_offers = schema.OFFERS.join(schema.HOLDINGS, held.commitment == offer.holding)
    here, elsewhere = (
        select(schema.OFFERS, *lot, *_HELD, held.owner)
        .select_from(held_offers.join(batches, and_(lot[0] == held.issuance, lot[1] == held.output)))
        .where(*rules)
        for batches, lot in ((_CERTIFIED, (*_LOT, null())), (schema.ARRIVALS, ARRIVED))
    )
    return here, elsewhere


def offered(connection: Connection, holdings: Sequence[bytes], *, now_ms: int) -> set[bytes]:
    """Return those holdings, by commitment, whose shipment waits for acceptance."""
    offer = schema.OFFERS.c
    return set(connection.scalars(select(offer.holding).where(offer.holding.in_(holdings), offer.expires_ms > now_ms)))


def way_behind() -> CTE:
    """Return the table of all uses behind the parameter `issuance`: `by`, and the `issuance` and `output` used."""
    record, held = schema.RECORDS, schema.HOLDINGS
    used = select(record.c.digest.label("by"), held.c.issuance, held.c.output).join(held, held.c.used == record.c.entry)
    way = used.where(record.c.digest == bindparam("issuance")).cte("way", recursive=True)
    return way.union(used.join(way, way.c.issuance == record.c.digest))


_BEHIND: Final = select(way_behind())


def uses_behind(connection: Connection, issuance: bytes) -> list[tuple[bytes, bytes, int]]:
    """Return each use of a lot upstream of an issuance: the issuance that used it, and its own issuance and output."""
    rows = connection.execute(_BEHIND, {"issuance": issuance})
    return [(row.by, row.issuance, row.output) for row in rows]


def lots_made_of(connection: Connection, lot: StoredLot) -> list[StoredLot]:
    """Return the lots of this registry that were made of a lot, directly or through others, the oldest first."""
    record, held, batch = schema.RECORDS, schema.HOLDINGS, schema.BATCHES
    used = select(record.c.digest.label("by"), record.c.entry).join(held, held.c.used == record.c.entry)
    way = used.where(*_of_lot(lot.issuance, lot.output)).cte("way", recursive=True)
    way = way.union(used.join(way, way.c.by == held.c.issuance))
    made = select(*_LOT).select_from(_CERTIFIED.join(way, way.c.by == batch.c.issuance))
    rows = connection.execute(made.order_by(way.c.entry, batch.c.output))
    return [StoredLot(*row) for row in rows]


def owners_of(connection: Connection, lot: StoredLot) -> list[str]:
    """Return who holds some of a lot that is unused, by DID."""
    held = schema.HOLDINGS.c
    query = select(held.owner).where(*_of_lot(lot.issuance, lot.output), held.used.is_(None)).distinct()
    return list(connection.scalars(query.order_by(held.owner)))


_TOUCHED_LOTS: Final = (
    select(*_LOT)
    .select_from(_CERTIFIED)
    .where(_TOUCHED, schema.BATCHES.c.issuance.in_(bindparam("issuances", expanding=True)))
)


def touched_lots(connection: Connection, issuances: Iterable[bytes]) -> list[StoredLot]:
    """Return the certified lots of these issuances with a certificate that has a bit set by a record."""
    wanted = list(issuances)
    chunks = (wanted[at : at + MOST_ASKED] for at in range(0, len(wanted), MOST_ASKED))
    return [StoredLot(*row) for chunk in chunks for row in connection.execute(_TOUCHED_LOTS, {"issuances": chunk})]


_INSTRUMENTS: Final = select(schema.INSTRUMENTS).where(
    tuple_(schema.INSTRUMENTS.c.scheme, schema.INSTRUMENTS.c.statement).in_(bindparam("statements", expanding=True))
)


def used_instruments(connection: Connection, wanted: Sequence[tuple[str, str]]) -> list[tuple[str, str, bytes]]:
    """Return each use of these electricity instruments, `(scheme, statement)`, with the issuance that used it."""
    chunks = (wanted[at : at + MOST_ASKED // 2] for at in range(0, len(wanted), MOST_ASKED // 2))
    rows = (row for chunk in chunks for row in connection.execute(_INSTRUMENTS, {"statements": chunk}))
    return [(row.scheme, row.statement, row.issuance) for row in rows]


_ISSUED: Final = select(schema.REQUESTS.c.digest, schema.REQUESTS.c.issuance).where(
    schema.REQUESTS.c.digest.in_(bindparam("digests", expanding=True))
)


def issued_requests(connection: Connection, digests: Iterable[bytes]) -> dict[bytes, bytes]:
    """Return the issuance of each of these requests that was answered."""
    rows = connection.execute(_ISSUED, {"digests": list(digests)})
    return {row[0]: row[1] for row in rows}


def _of_lot(
    issuance: bytes | ColumnElement[bytes], output: int | ColumnElement[int]
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return schema.HOLDINGS.c.issuance == issuance, schema.HOLDINGS.c.output == output


def _offered(now_ms: int | ColumnElement[int]) -> ColumnElement[bool]:
    offer = schema.OFFERS.c
    return exists().where(offer.holding == schema.HOLDINGS.c.commitment, offer.expires_ms > now_ms)


_MINE: Final = and_(*_of_lot(bindparam("issuance"), bindparam("output")), schema.HOLDINGS.c.owner == bindparam("owner"))
_UNUSED: Final = (
    select(*_HELD)
    .where(_MINE, schema.HOLDINGS.c.registry == bindparam("registry"), schema.HOLDINGS.c.used.is_(None))
    .where(~_offered(bindparam("now_ms")))
    .order_by(schema.HOLDINGS.c.commitment)
)
_OFFERED_MG: Final = (
    select(func.coalesce(func.sum(schema.HOLDINGS.c.mass_mg), 0))
    .join(schema.OFFERS, schema.OFFERS.c.holding == schema.HOLDINGS.c.commitment)
    .where(_MINE, schema.HOLDINGS.c.used.is_(None), schema.OFFERS.c.expires_ms > bindparam("now_ms"))
)
_EVER_HELD: Final = select(schema.HOLDINGS.c.steps).where(_MINE).limit(1)


def lots_at_hand(
    connection: Connection, *, owner: str, registry: str, now_ms: int, name: str = "", most: int
) -> list[tuple[StoredLot, int]]:
    """Return at most `most` certified lots of which `owner` can use something, with its mass in mg, the newest first.

    `name` is a part of the lot's normal form.  Lots of other registries are left out.
    """
    held, batch = schema.HOLDINGS.c, schema.BATCHES.c
    free = and_(held.owner == owner, held.registry == registry, held.used.is_(None), ~_offered(now_ms))
    left = (
        select(held.issuance, held.output, func.sum(held.mass_mg).label("left"))
        .where(free)
        .group_by(held.issuance, held.output)
        .subquery()
    )
    joined = _CERTIFIED.join(left, and_(left.c.issuance == batch.issuance, left.c.output == batch.output)).join(
        schema.RECORDS, schema.RECORDS.c.digest == batch.issuance
    )
    query = select(*_LOT, left.c.left).select_from(joined).where(schema.CERTIFICATES.c.digest.is_not(null()))
    if name:
        query = query.where(batch.lot_normal.contains(name, autoescape=True))
    newest = query.order_by(desc(schema.RECORDS.c.entry), batch.output).limit(most)
    return [(StoredLot(*row[:-1]), int(row[-1])) for row in connection.execute(newest)]
