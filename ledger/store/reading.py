"""Queries: log, records, certificates, paths of holdings.

Rules: each function takes a connection, so that several answers can come from one snapshot
(`ledger.store.engine.reading`).  Statements on the hot path are built once (see bench/).  Confidential data is returned
as stored; the caller decides who may see it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Column, Connection, Select, bindparam, desc, exists, func, select

from ledger.holdings.mark import successor
from ledger.log.merkle import HASH_BYTES
from ledger.store import schema
from ledger.store.engine import ask
from ledger.store.rows import CertificateRow, HoldingRow
from schemas.problem import MissingError
from schemas.vocabulary import Audience

RecordKind = Literal[
    "issuance", "split", "move", "undo", "withdraw", "suspend", "lift", "attestation", "audit", "status", "trust"
]


MOST_ASKED: Final = 10_000
"""The most values in one IN list: below SQLite's 32,766 and PostgreSQL's 65,535."""


class StoreVersion(NamedTuple):
    """The state that a report depends on while its records stay.

    It is the head's size, the newest status bit, and the number of published lists.  Same bits and same lists give the
    same status.  `attested` is the position of the newest attestation or auditor's record.
    """

    size: int
    bit: int | None
    lists: int
    attested: int | None


class StoredRecord(NamedTuple):
    """A record: its kind, the hashed bytes (without the tag), and its position, counted through all logs."""

    digest: bytes
    kind: RecordKind
    content: bytes
    entry: int

    @property
    def text(self) -> str:
        """The record as text: JSON for a split, a JWS for a statement; an issuance has none."""
        return self.content.decode()


class StoredCertificate(NamedTuple):
    """A certificate with its confidential data: the run's disclosures and its own, and its issuance."""

    row: CertificateRow
    issuance: StoredRecord
    disclosures: tuple[str, ...]

    @property
    def text(self) -> str:
        """The certificate with all disclosures."""
        return "~".join((self.row.jws, *self.disclosures, ""))

    @property
    def values(self) -> tuple[bytes, ...]:
        """The 32 bytes of each output of the issuance."""
        content = self.issuance.content
        return tuple(content[at : at + HASH_BYTES] for at in range(HASH_BYTES, len(content), HASH_BYTES))


class HoldingPath(NamedTuple):
    """The path from a root to a holding: its issuance and output, and the records between, in order.

    For a holding from another registry, `came` is the move that brought it, and `records` are those after it.
    """

    issuance: bytes
    output: int
    records: tuple[StoredRecord, ...]
    came: StoredRecord | None = None


# -- marks and versions -------------------------------------------------------------------------------------------

STANDING: Final = select(
    select(func.max(schema.HEADS.c.size)).scalar_subquery(),
    select(func.max(schema.STATUS_BITS.c.entry)).scalar_subquery(),
    select(func.count()).select_from(schema.PUBLISHED).scalar_subquery(),
    select(func.max(schema.RECORDS.c.entry)).where(schema.ATTESTING).scalar_subquery(),
)


def used_marks(connection: Connection, marks: Sequence[bytes]) -> set[bytes]:
    """Return those of `marks` that are in the log."""
    return _present(connection, schema.MARKS.c.mark, marks)


def logged_records(connection: Connection, digests: Sequence[bytes]) -> set[bytes]:
    """Return those of `digests` whose records are in the log."""
    return _present(connection, schema.RECORDS.c.digest, digests)


@cache
def _among(column: Column[bytes]) -> Select[Any]:
    return select(column).where(column.in_(bindparam("wanted", expanding=True)))


def _present(connection: Connection, column: Column[bytes], wanted: Sequence[bytes]) -> set[bytes]:
    query = _among(column)
    chunks = (wanted[at : at + MOST_ASKED] for at in range(0, len(wanted), MOST_ASKED))
    return {found for chunk in chunks for found in connection.scalars(query, {"wanted": list(chunk)})}


# -- records and certificates --------------------------------------------------------------------------------------

_RECORD: Final = (schema.RECORDS.c.digest, schema.RECORDS.c.kind, schema.RECORDS.c.content, schema.RECORDS.c.entry)
_STORED: Final = select(schema.CERTIFICATES, *_RECORD).select_from(
    schema.CERTIFICATES.join(schema.RECORDS, schema.RECORDS.c.digest == schema.CERTIFICATES.c.issuance)
)
_CERTIFICATES: Final = _STORED.where(schema.CERTIFICATES.c.digest.in_(bindparam("wanted", expanding=True)))
_CERTIFICATE: Final = _STORED.where(schema.CERTIFICATES.c.digest == bindparam("digest"))
_DISCLOSED: Final = select(schema.DISCLOSURES.c.subject, schema.DISCLOSURES.c.texts)
_TEXTS: Final = _DISCLOSED.where(schema.DISCLOSURES.c.subject.in_(bindparam("wanted", expanding=True)))
_BOTH_TEXTS: Final = _DISCLOSED.where(schema.DISCLOSURES.c.subject.in_([bindparam("issuance"), bindparam("own")]))


def record(connection: Connection, digest: bytes) -> StoredRecord:
    """Return a record by its digest; raise MissingError `store.record-missing`."""
    rows = ask(connection, _RECORD_OF, digest)
    if not rows:
        raise MissingError.at("store.record-missing")
    return StoredRecord(*rows[0])


_RECORD_OF: Final = select(*_RECORD).where(schema.RECORDS.c.digest == bindparam("digest"))


def certificate(connection: Connection, digest: bytes) -> StoredCertificate:
    """Return a certificate by its digest, with all its data; raise MissingError `store.record-missing`."""
    rows = ask(connection, _CERTIFICATE, digest)
    if not rows:
        raise MissingError.at("store.record-missing")
    return _stored(rows[0], dict(ask(connection, _BOTH_TEXTS, rows[0][1], digest)))


def certificates(connection: Connection, digests: Iterable[bytes]) -> dict[bytes, StoredCertificate]:
    """Return the certificates that exist here, by digest."""
    rows = connection.execute(_CERTIFICATES, {"wanted": list(digests)}).all()
    subjects = {subject for row in rows for subject in (row[0], row[1])}
    texts = {row.subject: row.texts for row in connection.execute(_TEXTS, {"wanted": list(subjects)})}
    return {row[0]: _stored(row, texts) for row in rows}


def _stored(row: Sequence[Any], texts: Mapping[bytes, str]) -> StoredCertificate:
    """Return the certificate of a row, with the disclosures of its issuance and its own."""
    width = len(CertificateRow._fields)
    return StoredCertificate(
        CertificateRow(*row[:width]),
        StoredRecord(*row[width:]),
        tuple(text for subject in (row[1], row[0]) if subject in texts for text in texts[subject].split("~")),
    )


_OF_ISSUANCE: Final = (
    select(schema.CERTIFICATES.c.digest)
    .where(schema.CERTIFICATES.c.issuance == bindparam("issuance"))
    .order_by(schema.CERTIFICATES.c.output)
)


def certificates_of(connection: Connection, issuance: bytes) -> list[StoredCertificate]:
    """Return the certificates of an issuance, in output order."""
    digests = [row[0] for row in ask(connection, _OF_ISSUANCE, issuance)]
    stored = certificates(connection, digests)
    return [stored[digest] for digest in digests]


def issuances_from(connection: Connection, position: int, most: int) -> list[bytes]:
    """Return the digests of the first issuances with certificates that are logged at `position` or later, in order."""
    records, certificates_ = schema.RECORDS.c, schema.CERTIFICATES.c
    certified = exists().where(certificates_.issuance == records.digest)
    logged = select(records.digest).where(records.entry >= position, records.kind == "issuance", certified)
    return list(connection.scalars(logged.order_by(records.entry).limit(most)))


def newest_certificates(connection: Connection, most: int) -> list[bytes]:
    """Return the digests of the latest certificates, newest first."""
    column = schema.CERTIFICATES.c
    joined = schema.CERTIFICATES.join(schema.RECORDS, schema.RECORDS.c.digest == column.issuance)
    query = select(column.digest).select_from(joined).order_by(desc(schema.RECORDS.c.entry), column.output).limit(most)
    return list(connection.scalars(query))


_JWS: Final = select(schema.CERTIFICATES.c.jws).where(schema.CERTIFICATES.c.digest == bindparam("digest"))


def certificate_jws(connection: Connection, digest: bytes) -> str:
    """Return the signed part of a certificate; raise MissingError `store.record-missing`."""
    rows = ask(connection, _JWS, digest)
    if not rows:
        raise MissingError.at("store.record-missing")
    return str(rows[0][0])


def certificates_logged(connection: Connection, first: int, after: int) -> Iterator[tuple[bytes, str]]:
    """Yield digest and signed part of each certificate logged at `first` or later and before `after`, in log order."""
    column, entry = schema.CERTIFICATES.c, schema.RECORDS.c.entry
    joined = schema.CERTIFICATES.join(schema.RECORDS, schema.RECORDS.c.digest == column.issuance)
    query = select(column.digest, column.jws).select_from(joined).where(entry >= first, entry < after)
    for row in connection.execute(query.order_by(entry, column.output)):
        yield row.digest, row.jws


def certificates_between(connection: Connection, low: bytes, high: bytes) -> list[bytes]:
    """Return the digests of at most two certificates from `low` to `high`: enough to tell one from several."""
    digest = schema.CERTIFICATES.c.digest
    return list(connection.scalars(select(digest).where(digest.between(low, high)).order_by(digest).limit(2)))


_ROWS: Final = (
    select(schema.CERTIFICATES)
    .select_from(schema.CERTIFICATES.join(schema.RECORDS, schema.RECORDS.c.digest == schema.CERTIFICATES.c.issuance))
    .where(
        schema.CERTIFICATES.c.issuance.in_(bindparam("issuances", expanding=True)),
        schema.CERTIFICATES.c.output == bindparam("of"),
    )
    .order_by(schema.RECORDS.c.entry)
)


def certificate_rows(connection: Connection, issuances: Sequence[bytes], output: int) -> tuple[CertificateRow, ...]:
    """Return the certificates of one output in these issuances, in log order."""
    rows = connection.execute(_ROWS, {"issuances": list(issuances), "of": output})
    return tuple(CertificateRow(*row) for row in rows)


def certificate_of(connection: Connection, issuance: bytes, output: int) -> bytes | None:
    """Return the digest of the certificate of an output, or None if it has none."""
    column = schema.CERTIFICATES.c
    return connection.scalar(select(column.digest).where(column.issuance == issuance, column.output == output))


_LEFT_BY: Final = (
    select(*_RECORD)
    .select_from(schema.MARKS.join(schema.RECORDS, schema.RECORDS.c.entry == schema.MARKS.c.entry))
    .where(schema.MARKS.c.mark == bindparam("left"))
)


def successor_of(connection: Connection, issuance: bytes) -> StoredRecord | None:
    """Return the record that follows or undoes an issuance, by its one mark; None if there is none."""
    row = connection.execute(_LEFT_BY, {"left": successor(issuance)}).first()
    return StoredRecord(*row) if row else None


def granted(connection: Connection, certificate: bytes, *, party: str) -> Audience | None:
    """Return the audience as which a party may see a certificate, or None."""
    column = schema.GRANTS.c
    query = select(column.audience).where(column.certificate == certificate, column.party == party)
    found: Audience | None = connection.scalar(query)
    return found


_NEWEST: Final = (
    select(*_RECORD)
    .select_from(schema.PUBLISHED.join(schema.RECORDS, schema.RECORDS.c.digest == schema.PUBLISHED.c.record))
    .where(schema.PUBLISHED.c.kind == bindparam("kind"), schema.PUBLISHED.c.name == bindparam("name"))
    .order_by(desc(schema.PUBLISHED.c.number))
    .limit(1)
)


def latest_published(connection: Connection, kind: Literal["status", "trust"], name: str = "") -> StoredRecord | None:
    """Return the newest version of the trust list, or of a status list named ``<purpose>/<list>``."""
    rows = ask(connection, _NEWEST, kind, name)
    return StoredRecord(*rows[0]) if rows else None


def trust_lists(connection: Connection) -> dict[int, StoredRecord]:
    """Return every version of the trust list, by its number."""
    published, records = schema.PUBLISHED.c, schema.RECORDS.c
    query = (
        select(published.number, *_RECORD)
        .join_from(schema.PUBLISHED, schema.RECORDS, records.digest == published.record)
        .where(published.kind == "trust", published.name == "")
        .order_by(published.number)
    )
    return {number: StoredRecord(*record) for number, *record in connection.execute(query)}


_NEWEST_TRUST_LIST: Final = (
    select(schema.PUBLISHED.c.record)
    .where(schema.PUBLISHED.c.kind == "trust", schema.PUBLISHED.c.name == "")
    .order_by(desc(schema.PUBLISHED.c.number))
    .limit(1)
)


def newest_trust_list(connection: Connection) -> bytes | None:
    """Return the record digest of the newest trust list without reading it, or None."""
    rows = ask(connection, _NEWEST_TRUST_LIST)
    return bytes(rows[0][0]) if rows else None


# -- holdings ------------------------------------------------------------------------------------------------------


def _way() -> Select[Any]:
    """Return the query for the records on the path to a holding, in order, each with the parent of its new holding."""
    column = schema.HOLDINGS.c
    start = select(column.commitment, column.parent, column.creator, column.steps)
    way = start.where(column.commitment == bindparam("commitment")).cte("way", recursive=True)
    above = schema.HOLDINGS.alias("above").c
    way = way.union_all(
        select(above.commitment, above.parent, above.creator, above.steps).where(above.commitment == way.c.parent)
    )
    return select(*_RECORD, way.c.parent).join(way, way.c.creator == schema.RECORDS.c.digest).order_by(way.c.steps)


_HOLDING: Final = select(schema.HOLDINGS).where(schema.HOLDINGS.c.commitment == bindparam("commitment"))
_WAY: Final = _way()


def holding(connection: Connection, commitment: bytes) -> HoldingRow:
    """Return a holding by the SHA-256 of its text; raise MissingError `store.record-missing`."""
    rows = ask(connection, _HOLDING, commitment)
    if not rows:
        raise MissingError.at("store.record-missing")
    return HoldingRow(*rows[0])


def holdings_created(connection: Connection, creator: bytes) -> list[HoldingRow]:
    """Return the holdings that an issuance created, in output order."""
    query = select(schema.HOLDINGS).where(schema.HOLDINGS.c.creator == creator).order_by(schema.HOLDINGS.c.output)
    return [HoldingRow(*row) for row in connection.execute(query)]


def path_of(connection: Connection, commitment: bytes) -> HoldingPath:
    """Return the path from the root issuance to the holding with this commitment; at most 64 records.

    Raises:
        MissingError: `store.record-missing`.
    """
    rows = [(StoredRecord(*row), parent) for *row, parent in ask(connection, _WAY, commitment)]
    held = holding(connection, commitment)
    records = tuple(record for record, parent in rows if parent is not None)
    came = next((record for record, parent in rows if parent is None and record.kind == "move"), None)
    return HoldingPath(held.issuance, held.output, records, came)
