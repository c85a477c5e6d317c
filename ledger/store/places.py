"""Places in the status lists: drawn at random, so that an index tells nothing about the time of a certificate.

Rules: a list is filled to half and then left, so that the second try on average finds a free place.  A place is taken
if a certificate or an attestation has it, or somebody has reserved it.  A list's count is that of logged records, and
is written with them (`ledger.registry.append`), because a drawn place may still be refused.  This module sets no bit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, Integer, Text, bindparam, delete, desc, func, select, union_all, update

from ledger.store import schema
from ledger.store.desk_schema import RESERVED
from ledger.store.engine import ask, insert_rows
from schemas.status import LIST_BITS

FILLED: Final = LIST_BITS // 2
"""Certificates and attestations of one list."""
_FIRST: Final = 16
_MOST: Final = 512
"""The most places that are drawn and looked up together; each draw doubles the number."""
_INDEX_BYTES: Final = 4

_TAKEN: Final = select(schema.CERTIFICATES.c.status_index).where(
    schema.CERTIFICATES.c.status_list == bindparam("number"),
    schema.CERTIFICATES.c.status_index.in_(bindparam("wanted", expanding=True)),
)
_RESERVED: Final = select(RESERVED.c.position).where(
    RESERVED.c.list == bindparam("number"), RESERVED.c.position.in_(bindparam("wanted", expanding=True))
)
_ATTESTED: Final = select(schema.ATTESTATIONS.c.status_index).where(
    schema.ATTESTATIONS.c.status_list == bindparam("number"),
    schema.ATTESTATIONS.c.status_index.in_(bindparam("wanted", expanding=True)),
)
_EITHER: Final = union_all(_TAKEN, _RESERVED, _ATTESTED)


_LAST: Final = (
    select(schema.STATUS_LISTS.c.number, schema.STATUS_LISTS.c.taken)
    .order_by(desc(schema.STATUS_LISTS.c.number))
    .limit(1)
)
_COUNT: Final = (
    update(schema.STATUS_LISTS)
    .where(schema.STATUS_LISTS.c.number == bindparam("list"))
    .values(taken=schema.STATUS_LISTS.c.taken + bindparam("more"))
)


class StatusPlaces:
    """Free places, drawn in one transaction that takes about `expected` of them."""

    def __init__(self, connection: Connection, random: Callable[[int], bytes], *, expected: int = _FIRST) -> None:
        self._connection = connection
        self._random = random
        last = connection.execute(_LAST).first()
        self._number: int = 0 if last is None else last.number
        self._count: int = 0 if last is None else last.taken
        self._free: list[int] = []
        self._drawn: set[int] = set()
        # some more than expected, since some are taken
        self._batch = min(max(_FIRST, expected + expected // _FIRST), _MOST)

    def take(self) -> tuple[int, int]:
        """Return a free place as `(list, index)`, never the same twice."""
        if self._count >= FILLED:
            self._number, self._count = self._number + 1, 0
            self._free, self._drawn = [], set()
        while not self._free:
            self._draw()
        self._count += 1
        return self._number, self._free.pop()

    def _draw(self) -> None:
        raw = self._random(_INDEX_BYTES * self._batch)
        self._batch = min(2 * self._batch, _MOST)
        numbers = (raw[at : at + _INDEX_BYTES] for at in range(0, len(raw), _INDEX_BYTES))
        # LIST_BITS is a power of two, so the remainder is uniform
        drawn = {int.from_bytes(number, "big") % LIST_BITS for number in numbers} - self._drawn
        self._drawn |= drawn
        taken = self._connection.scalars(_EITHER, {"number": self._number, "wanted": list(drawn)})
        self._free = list(drawn.difference(taken))


def count_in(connection: Connection, numbers: Iterable[int]) -> None:
    """Count one more certificate or attestation in a list for each occurrence of its number."""
    for number, more in Counter(numbers).items():
        if not connection.execute(_COUNT, {"list": number, "more": more}).rowcount:
            insert_rows(connection, schema.STATUS_LISTS, [(number, more)])


def reserve(connection: Connection, places: Sequence[tuple[int, int]], *, tenant: str, now_ms: int) -> None:
    """Reserve places of the status lists for a tenant."""
    insert_rows(connection, RESERVED, [(number, index, tenant, now_ms) for number, index in places])


_PLACE: Final = (RESERVED.c.list == bindparam("number", type_=Integer)) & (
    RESERVED.c.position == bindparam("index", type_=Integer)
)
_RESERVED_FOR: Final = select(RESERVED.c.tenant).where(_PLACE)
_RELEASE: Final = delete(RESERVED).where(_PLACE)


def reserved_for(connection: Connection, number: int, index: int) -> str | None:
    """Return the tenant that has reserved a place, or None."""
    rows = ask(connection, _RESERVED_FOR, number, index)
    return rows[0][0] if rows else None


def release(connection: Connection, places: Sequence[tuple[int, int]]) -> None:
    """Remove the reservations of places, `(list, index)`, that certificates or attestations now use."""
    if places:
        connection.execute(_RELEASE, [{"number": number, "index": index} for number, index in places])


_END: Final = delete(RESERVED).where(RESERVED.c.tenant == bindparam("whose"), RESERVED.c.at_ms < bindparam("before"))


def end_reserved(connection: Connection, tenant: str, *, before_ms: int) -> None:
    """Remove a tenant's reservations that were made before a time."""
    connection.execute(_END, {"whose": tenant, "before": before_ms})


_RESERVED_COUNT: Final = (
    select(func.count()).select_from(RESERVED).where(RESERVED.c.tenant == bindparam("tenant", type_=Text))
)


def reserved_count(connection: Connection, tenant: str) -> int:
    """Return the number of a tenant's reserved places."""
    return int(connection.scalar(_RESERVED_COUNT, {"tenant": tenant}) or 0)
