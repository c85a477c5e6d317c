"""Read whole tables in log order, for audits.

Rules: rows come as stored.  The only check is that each value has its column's type, because SQLite does not enforce
it.  No table is held in memory.  This module judges nothing (`ledger.audit` does).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    exists,
    func,
    nulls_first,
    select,
    text,
    union_all,
)

from ledger.store import schema
from ledger.store.rows import HoldingRow, OfferRow
from schemas.problem import CheckError

Values = tuple[Any, ...]
"""A row as stored, in the order of its table's columns; an audit may find any type here."""

AT_ONCE: Final = 200
"""Rows that a cursor fetches together."""


class OfferOf(NamedTuple):
    """An offer, with its holding if there is one."""

    offer: OfferRow
    holding: HoldingRow | None


def rows_by_entry(
    connection: Connection, table: Table, by: Column[Any], *, since: int = 0
) -> Iterator[tuple[int | None, Values]]:
    """Yield every row with its entry: `by` has the entry, or a record's digest.

    Rows without such a record come first, with None.  If `since` is above 0, only rows from that entry on.
    """
    query = _by_entry(table, by, since=bool(since))
    for row in _streamed(connection, query, [*table.c], {"since": since} if since else {}):
        yield row[-1], row[:-1]


@cache
def _by_entry(table: Table, by: Column[Any], *, since: bool) -> Select[Any]:
    of_record = {key.column for key in by.foreign_keys} == {schema.RECORDS.c.digest}
    entry = schema.RECORDS.c.entry if of_record else by
    query = select(*table.c, entry.label("of_entry"))
    if of_record:
        query = query.select_from(table.outerjoin(schema.RECORDS, schema.RECORDS.c.digest == by))
    if since:
        query = query.where(entry >= bindparam("since"))
    return query.order_by(nulls_first(entry), *table.primary_key)


def rows_of(connection: Connection, table: Table) -> Iterator[Values]:
    """Yield every row of a table by its primary key."""
    return _streamed(connection, _all_of(table), [*table.c])


@cache
def _all_of(table: Table) -> Select[Any]:
    return select(*table.c).order_by(*table.primary_key)


def offers(connection: Connection) -> Iterator[OfferOf]:
    """Yield every offer with its holding."""
    joined = schema.OFFERS.outerjoin(schema.HOLDINGS, schema.HOLDINGS.c.commitment == schema.OFFERS.c.holding)
    query = select(*schema.OFFERS.c, *schema.HOLDINGS.c).select_from(joined).order_by(schema.OFFERS.c.holding)
    width = len(OfferRow._fields)
    for row in _streamed(connection, query, [*schema.OFFERS.c]):
        yield OfferOf(OfferRow(*row[:width]), None if row[width] is None else HoldingRow(*row[width:]))


def content_digest(connection: Connection) -> bytes:
    """Return the SHA-256 of all rows of all tables; two databases with the same digest hold the same."""
    taken = sha256(repr(stored_forms(connection)).encode())
    for table in schema.METADATA.sorted_tables:
        taken.update(f"\n{table.name}\n".encode())
        for row in _streamed(connection, _all_of(table)):
            # Python's repr keeps text, bytes and numbers apart, and marks where each ends
            taken.update(repr(row).encode())
    return taken.digest()


def plants_in_use(connection: Connection) -> set[str]:
    """Return the plants with any lot."""
    return set(connection.scalars(select(schema.BATCHES.c.facility).distinct()))


def count(connection: Connection, table: Table) -> int:
    """Return the number of rows of a table."""
    return int(connection.scalar(_count_of(table)) or 0)


@cache
def _count_of(table: Table) -> Select[Any]:
    return select(func.count()).select_from(table)


_TILE_AT: Final = select(schema.TILES.c.hashes).where(
    schema.TILES.c.level == bindparam("level"), schema.TILES.c.position == bindparam("position")
)


def tile_at(connection: Connection, level: int, position: int) -> bytes | None:
    """Return the stored hashes of a tile, of any length."""
    found: bytes | None = connection.scalar(_TILE_AT, {"level": level, "position": position})
    return found


_ENTRIES_OF_MARKS: Final = select(schema.MARKS.c.mark, schema.MARKS.c.entry).where(
    schema.MARKS.c.mark.in_(bindparam("marks", expanding=True))
)


def entries_of_marks(connection: Connection, marks: Sequence[bytes]) -> dict[bytes, int]:
    """Return the entry of each of `marks` that is in the log; for at most a few hundred marks."""
    return {row[0]: row[1] for row in connection.execute(_ENTRIES_OF_MARKS, {"marks": list(marks)})}


def holdings_at(connection: Connection, commitments: Iterable[bytes]) -> dict[bytes, HoldingRow]:
    """Return the holdings that exist here, by commitment."""
    rows = _streamed(connection, _HOLDINGS, [*schema.HOLDINGS.c], {"wanted": list(commitments)})
    return {row[0]: HoldingRow(*row) for row in rows}


_HOLDINGS: Final = select(*schema.HOLDINGS.c).where(
    schema.HOLDINGS.c.commitment.in_(bindparam("wanted", expanding=True))
)


def disclosed(connection: Connection, subjects: Iterable[bytes]) -> dict[bytes, str]:
    """Return the confidential texts of these issuances and certificates."""
    rows = _streamed(connection, _DISCLOSED, [*_DISCLOSED_COLUMNS], {"wanted": list(subjects)})
    return {row[0]: row[1] for row in rows}


_DISCLOSED_COLUMNS: Final = (schema.DISCLOSURES.c.subject, schema.DISCLOSURES.c.texts)
_DISCLOSED: Final = select(*_DISCLOSED_COLUMNS).where(
    schema.DISCLOSURES.c.subject.in_(bindparam("wanted", expanding=True))
)


def stray_disclosures(connection: Connection) -> Iterator[bytes]:
    """Yield the subjects of confidential texts that are neither an issuance nor a certificate."""
    subject = schema.DISCLOSURES.c.subject
    issuance = exists().where(schema.RECORDS.c.digest == subject, schema.RECORDS.c.kind == "issuance")
    certificate = exists().where(schema.CERTIFICATES.c.digest == subject)
    for row in _streamed(connection, select(subject).where(~issuance, ~certificate)):
        yield row[0]


def places_taken(connection: Connection) -> dict[int, int]:
    """Return the number of certificates and attestations in each status list."""
    have = [select(table.c.status_list) for table in (schema.CERTIFICATES, schema.ATTESTATIONS)]
    number = union_all(*have).subquery().c.status_list
    return {row[0]: row[1] for row in connection.execute(select(number, func.count()).group_by(number))}


def places_twice(connection: Connection) -> list[tuple[int, int]]:
    """Return the places in the status lists that a certificate and an attestation share."""
    one, other = schema.CERTIFICATES.c, schema.ATTESTATIONS.c
    same = and_(one.status_list == other.status_list, one.status_index == other.status_index)
    query = select(other.status_list, other.status_index).join_from(schema.ATTESTATIONS, schema.CERTIFICATES, same)
    return [(row[0], row[1]) for row in connection.execute(query.order_by(other.status_list, other.status_index))]


def grants_due(connection: Connection) -> Iterator[tuple[bytes, str]]:
    """Yield certificate and consignee of every mass of a certified lot that came from another party, each once."""
    held, before, of = schema.HOLDINGS, schema.HOLDINGS.alias("before"), schema.CERTIFICATES
    joined = held.join(before, and_(held.c.parent == before.c.commitment, held.c.owner != before.c.owner)).join(
        of, and_(of.c.issuance == held.c.issuance, of.c.output == held.c.output)
    )
    query = select(of.c.digest, held.c.owner).select_from(joined).distinct().order_by(of.c.digest, held.c.owner)
    for row in _streamed(connection, query):
        yield row[0], row[1]


def stored_forms(connection: Connection) -> list[str]:
    """Return the form numbers in the database; a sound one has one."""
    return list(connection.scalars(text("SELECT version_num FROM alembic_version")))


def _streamed(
    connection: Connection,
    query: Select[Any],
    columns: Sequence[Column[Any]] = (),
    values: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[Values]:
    """Yield rows; the first of their values belong to these columns, and have their types."""
    types = [
        (column.type.python_type, type(None)) if column.nullable else column.type.python_type for column in columns
    ]
    with connection.execute(query, values, execution_options={"yield_per": AT_ONCE}) as rows:
        for row in rows:
            for value, kind, column in zip(row, types, columns, strict=False):
                if not isinstance(value, kind):
                    raise CheckError.at("audit.type", f"{column.table.name}.{column.name}", kind=type(value).__name__)
            yield tuple(row)


def records_of_kind(connection: Connection, kind: str) -> Iterator[Values]:
    """Yield digest, content and entry of every record of a kind, in the order of the log."""
    found = schema.RECORDS.c
    columns = (found.digest, found.content, found.entry)
    return _streamed(connection, select(*columns).where(found.kind == kind).order_by(found.entry), columns)


def dangling(
    connection: Connection, columns: Sequence[Column[Any]], targets: Sequence[Column[Any]]
) -> Iterator[Values]:
    """Yield the rows whose values in `columns` no row has in `targets`; null is no value."""
    table = columns[0].table
    given = [each.is_not(None) for each in columns]
    here = exists().where(*[target == column for column, target in zip(columns, targets, strict=True)])
    query = select(*table.c).where(*given, ~here).order_by(*table.primary_key)
    return _streamed(connection, query, [*table.c])
