"""The certificates and lots of a party, page by page: what it issued, received, has at hand and shipped.

Rules: a party lists its own lots and those that it received, nothing of anybody else.  Newest first; a page begins
where the one before ended, so what is issued meanwhile shifts nothing.  What became of a mass is counted in what the
party itself had: what a customer does with it does not show.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from itertools import islice
from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection

from ledger.lots.certificates import opened
from ledger.lots.lineage import State, lineage
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_text
from ledger.store.abroad import foreign_certificate
from ledger.store.engine import reading
from ledger.store.issued import (
    CertificateFilter,
    ListedRow,
    ListPlace,
    LotMasses,
    arrived_for,
    issued_by,
    masses_of,
    received_by,
)
from ledger.store.lots import LotKey, StoredLot, lots_certified
from ledger.store.parties import issuers
from schemas.answers.certificates import CertificateList, CertificateState, ListedCertificate
from schemas.instant import epoch_ms
from schemas.lot import normal_lot
from schemas.quantity import kg_text
from schemas.vocabulary import Kind, unit_of

Whose = Literal["issued", "received", "all"]
"""Which certificates of a party are listed: those it issued, those of lots it received, or both."""
_PAGE: Final = 500
"""Certificates that are read at once where all are wanted."""
_NOTHING: Final = LotMasses()
_STATES: Final[Mapping[State, CertificateState]] = {
    "standing": "current",
    "suspended": "suspended",
    "withdrawn": "withdrawn",
    "undone": "withdrawn",
}


class ListFilter(NamedTuple):
    """Which certificates are listed. None means any value. Times are RFC 3339 instants in UTC.

    `text` is a part of the name of the lot or of the product; for a lot of another registry, of the lot alone.
    `customer` is the DID of a party that received some of the lot from this one. With `newest`, certificates that were
    corrected are left out.
    """

    lot: str | None = None
    kind: Kind | None = None
    product: str | None = None
    state: CertificateState | None = None
    issued_from: str | None = None
    issued_before: str | None = None
    text: str | None = None
    at_hand: bool = False
    shipped: bool = False
    customer: str | None = None
    newest: bool = False
    whose: Whose = "issued"


def list_certificates(
    registry: OpenRegistry, party: str, wanted: ListFilter, *, limit: int, cursor: str | None, origin: str
) -> CertificateList:
    """Return one page of a party's certificates, the newest first: at most `limit`, from `cursor` on.

    Links begin with `origin`, such as ``https://registry.example``.
    """
    after = None if cursor is None else ListPlace(*map(int, cursor.split(".")))
    with reading(registry.engine) as connection:  # one more than the page tells whether there is a next page
        found = _found(connection, party, wanted, most=limit + 1, after=after)
        lots = {row.lot for row in found[:limit]}
        masses = masses_of(connection, party, lots, now_ms=registry.runtime.now_ms()) if lots else {}
    page = tuple(_listed(row, masses.get(row.lot, _NOTHING), origin) for row in found[:limit])
    return CertificateList(
        certificates=page, next="{}.{}".format(*found[limit - 1].place) if len(found) > limit else None
    )


def every_certificate(registry: OpenRegistry, party: str, wanted: ListFilter) -> Iterator[ListedCertificate]:
    """Yield all of a party's certificates, the newest first; links begin with the registry's own origin."""
    cursor = None
    while True:
        page = list_certificates(registry, party, wanted, limit=_PAGE, cursor=cursor, origin=f"https://{registry.did}")
        yield from page.certificates
        cursor = page.next
        if cursor is None:
            return


def party_names(registry: OpenRegistry) -> dict[str, str]:
    """Return the first name of each party of the registry, by its DID."""
    with reading(registry.engine) as connection:
        return {did: issuer.names[0].text for did, issuer in issuers(connection).items()}


def _found(
    connection: Connection, party: str, wanted: ListFilter, *, most: int, after: ListPlace | None
) -> list[ListedRow]:
    """Return the first rows of all lists that are asked for, merged."""
    rules = CertificateFilter(
        lot_normal=None if wanted.lot is None else normal_lot(wanted.lot),
        kind=wanted.kind,
        product=wanted.product,
        state=wanted.state,
        from_ms=None if wanted.issued_from is None else epoch_ms(wanted.issued_from),
        before_ms=None if wanted.issued_before is None else epoch_ms(wanted.issued_before),
        text=None if wanted.text is None else normal_lot(wanted.text) or None,
        at_hand=wanted.at_hand,
        shipped=wanted.shipped,
        customer=wanted.customer,
        newest=wanted.newest,
    )
    lists: list[Iterable[ListedRow]] = []
    if wanted.whose != "received":
        lists.append(issued_by(connection, party, rules, most=most, after=after))
    if wanted.whose != "issued":
        lists.append(_received(connection, party, rules, most=most, after=after))
        lists.append(_from_abroad(connection, party, rules, most=most, after=after))
    return list(islice(merge(*lists, key=lambda row: row.place, reverse=True), most))


def _received(
    connection: Connection, party: str, rules: CertificateFilter, *, most: int, after: ListPlace | None
) -> Iterator[ListedRow]:
    """Yield the lots of this registry that a party received, each with its newest certificate."""
    while True:
        rows = received_by(connection, party, rules, most=most, after=after)
        for row in rows:
            newest = _newest(connection, row) if row.state == "superseded" else row
            if rules.state in {None, newest.state}:
                yield newest
        if len(rows) < most:
            return
        after = rows[-1].place


def _newest(connection: Connection, row: ListedRow) -> ListedRow:
    (lot,) = lots_certified(connection, [row.digest])
    known = lineage(connection, lot)
    last = known.certificates[-1]
    return row._replace(digest=last.digest, jws=last.jws, state=_STATES[known.state])


def _from_abroad(
    connection: Connection, party: str, rules: CertificateFilter, *, most: int, after: ListPlace | None
) -> Iterator[ListedRow]:
    """Yield the lots of other registries, whose status lists and certificates are read one by one."""
    while True:
        lots = arrived_for(connection, party, rules, most=most, after=after)
        for place, lot in lots:
            row = _arrived_row(connection, place, lot)
            if _passes(row, rules):
                yield row
        if len(lots) < most:
            return
        after = lots[-1][0]


def _arrived_row(connection: Connection, place: ListPlace, lot: StoredLot) -> ListedRow:
    known, came = lineage(connection, lot), foreign_certificate(connection, lot)
    state = "superseded" if known.corrected_abroad and known.state == "standing" else _STATES[known.state]
    return ListedRow(place, LotKey(lot.issuance, lot.output), came.digest, came.jws, state)


def _passes(row: ListedRow, rules: CertificateFilter) -> bool:
    record = opened(row.jws).record
    issued = epoch_ms(record.issued)
    return (
        rules.product in {None, record.batch.product}
        and rules.state in {None, row.state}
        and (rules.from_ms is None or issued >= rules.from_ms)
        and (rules.before_ms is None or issued < rules.before_ms)
    )


def _listed(row: ListedRow, masses: LotMasses, origin: str) -> ListedCertificate:
    record, digest = opened(row.jws).record, certificate_digest_text(row.digest)
    batch = record.batch
    return ListedCertificate(
        digest=digest,
        id=record.id,
        issuer=record.issuer.did,
        lot=batch.lot,
        kind=batch.kind,
        product=batch.product,
        description=batch.description,
        amount=batch.net_mass_kg,
        unit=unit_of(batch.kind),
        left=kg_text(masses.left),
        offered=kg_text(masses.offered),
        shipped=kg_text(masses.shipped),
        used=kg_text(masses.used),
        issued=record.issued,
        state=row.state,
        url=f"{origin}/c/{digest}",
    )
