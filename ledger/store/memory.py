"""Queries about what the registry remembers of runs and plants: who names whom, how producers share out, which months.

Rules: every query is a look-up in an index, and the number of rows that it reads is bounded or small.  This module
judges nothing (`ledger.lots.named_runs` and `ledger.lots.registry_word` do).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, asc, desc, exists, func, select

from ledger.log.entry import PurposeCode
from ledger.store import schema
from ledger.store.reading import MOST_ASKED
from ledger.store.rows import LeanRow, RunRow

MOST_ALIKE: Final = 50
"""Runs that are looked at for one that stands."""
_RUN: Final = schema.RUNS.c
_LEAN: Final = schema.LEANS.c
_ISSUED: Final = schema.ISSUED.c


def _logged(before: int | None) -> Select[Any]:
    """Return the query for runs, the latest first, in the log before an entry."""
    joined = schema.RUNS.join(schema.RECORDS, schema.RECORDS.c.digest == _RUN.issuance)
    query = select(*_RUN).select_from(joined).order_by(desc(schema.RECORDS.c.entry))
    return query if before is None else query.where(schema.RECORDS.c.entry < before)


def runs_of_plant(connection: Connection, facility: str, run: str, *, before: int | None = None) -> list[RunRow]:
    """Return the runs of a plant by their name, the latest first; `before` is an entry of the log."""
    query = _logged(before).where(_RUN.facility == facility, _RUN.run == run)
    return [RunRow(*row) for row in connection.execute(query)]


def run_names(connection: Connection, certificates: Sequence[bytes]) -> dict[bytes, str]:
    """Return the run of each certificate that was made with its run, by digest; a correction has none."""
    found: dict[bytes, str] = {}
    of = schema.CERTIFICATES.c
    joined = schema.CERTIFICATES.join(schema.RUNS, _RUN.issuance == of.issuance)
    for at in range(0, len(certificates), MOST_ASKED // 2):
        query = select(of.digest, _RUN.run).select_from(joined)
        rows = connection.execute(query.where(of.digest.in_(certificates[at : at + MOST_ASKED // 2])))
        found |= {digest: run for digest, run in rows}  # noqa: C416 - rows, not pairs
    return found


def runs_among(
    connection: Connection, issuances: Iterable[bytes], run: str, *, before: int | None = None
) -> list[RunRow]:
    """Return those of some issuances whose run has a name, the latest first."""
    wanted = list(issuances)
    found: list[RunRow] = []
    for at in range(0, len(wanted), MOST_ASKED // 2):
        of, some = schema.BATCHES.c, wanted[at : at + MOST_ASKED // 2]
        plants = select(of.facility).where(of.issuance.in_(some)).distinct()
        query = _logged(before).where(_RUN.facility.in_(plants), _RUN.run == run, _RUN.issuance.in_(some))
        found += [RunRow(*row) for row in connection.execute(query)]
    return found


def leans_on(connection: Connection, run: bytes) -> list[LeanRow]:
    """Return every declaration that takes of a run, in log order, whatever became of it."""
    joined = schema.LEANS.join(schema.RECORDS, schema.RECORDS.c.digest == _LEAN.issuance)
    query = select(*_LEAN).select_from(joined).where(_LEAN.on_run == run)
    return [LeanRow(*row) for row in connection.execute(query.order_by(schema.RECORDS.c.entry, _LEAN.place))]


def leans_of(connection: Connection, issuance: bytes) -> list[LeanRow]:
    """Return what an issuance takes of other runs."""
    query = select(*_LEAN).where(_LEAN.issuance == issuance).order_by(_LEAN.place)
    return [LeanRow(*row) for row in connection.execute(query)]


def runs_leaned_on(connection: Connection) -> Iterator[bytes]:
    """Yield every run of which another one takes something."""
    query = select(_LEAN.on_run).where(_LEAN.on_run.is_not(None)).distinct().order_by(_LEAN.on_run)
    yield from connection.scalars(query)


def shared_otherwise(connection: Connection, own: RunRow) -> Iterator[RunRow]:
    """Yield runs of the same producer, feed and year that share out in another way; few of each other way."""
    same = and_(_RUN.producer == own.producer, _RUN.feed == own.feed, _RUN.year == own.year)
    ways = ((_RUN.shared_by < own.shared_by, desc), (_RUN.shared_by > own.shared_by, asc))
    for other, order in ways:
        query = select(*_RUN).where(same, other).order_by(order(_RUN.shared_by)).limit(MOST_ALIKE)
        yield from (RunRow(*row) for row in connection.execute(query))


def first_month(connection: Connection, facility: str, product: str) -> str | None:
    """Return the first month of which a plant has a certificate of a product, as 2026-03."""
    query = select(func.min(_ISSUED.month)).where(_ISSUED.facility == facility, _ISSUED.product == product)
    found: str | None = connection.scalar(query)
    return found


def figures_of_month(connection: Connection, facility: str, product: str, month: str, *, most: int) -> list[int]:
    """Return figures of standing certificates of a plant, product and month: millionths of a kg CO2e for one kg."""
    of, bit = schema.CERTIFICATES.c, schema.STATUS_BITS.c
    ended = exists().where(
        bit.list == of.status_list,
        bit.position == of.status_index,
        bit.purpose.in_([PurposeCode.REVOCATION.value, PurposeCode.REFRESH.value]),
        bit.value == 1,
    )
    query = (
        select(_ISSUED.co2e_micro)
        .select_from(schema.ISSUED.join(schema.CERTIFICATES, of.digest == _ISSUED.certificate))
        .where(_ISSUED.facility == facility, _ISSUED.product == product, _ISSUED.month == month, ~ended)
        .limit(most)
    )
    return list(connection.scalars(query))


def unused_in_process(connection: Connection, issuance: bytes) -> bool:
    """Return whether a run left material in process of which some was never used."""
    of, held = schema.BATCHES.c, schema.HOLDINGS.c
    joined = schema.BATCHES.join(schema.HOLDINGS, and_(held.issuance == of.issuance, held.output == of.output))
    query = select(held.commitment).select_from(joined)
    left = query.where(of.issuance == issuance, of.kind == "in-process", held.used.is_(None)).limit(1)
    return connection.execute(left).first() is not None
