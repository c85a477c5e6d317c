"""Processes and threads that contend for the same holding: exactly one of them gets it, on either database.

Each draw is a holding that every contender tries to use up at the same moment, with a record of its own.  Nobody is
kept back but by what the store promises: the mark is there once.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from hashlib import sha256
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import func, select

from ledger.holdings.mark import NO_CERTIFICATE, commitment, holding_text, issuance_digest, mark, run_mark
from ledger.holdings.spending import Holding
from ledger.log.head import open_head
from ledger.log.merkle import root
from ledger.lots.balance import holding_row
from ledger.registry.append import Posting
from ledger.registry.health import health
from ledger.registry.readiness import check_entries, obstacles
from ledger.store import schema
from ledger.store.engine import reading
from ledger.store.logs import latest_head, tile_hashes
from ledger.store.lots import StoredLot
from ledger.store.rows import BatchRow
from schemas.holding import Holder
from tests.faults.victim import FORKS
from tests.support.registries.postings import busy
from tests.support.registries.registry import PLANT, REGISTRY, Registry, log_each, open_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

    from tests.support.registries.databases import Postgresql

PROCESSES, THREADS = 2, 2
PATIENCE_SECONDS = 60
MASS_MG = 1_000


def lot(number: int, owner: str) -> tuple[StoredLot, Holding, Holder]:
    """Return lot `number` with its one holding, which is the same whoever asks."""
    name = f"LOT-{number}"
    run = sha256(name.encode()).digest()
    digest = issuance_digest(run, [NO_CERTIFICATE])
    holder = Holder(owner=owner, registry=REGISTRY)
    text = holding_text(run, holder)
    made = StoredLot(digest, 0, PLANT, name, name, "oxide", MASS_MG, None)
    return made, Holding(commitment(text), text, digest, None, MASS_MG, 0), holder


def issued(number: int, owner: str) -> Posting:
    made, held, holder = lot(number, owner)
    run = sha256(made.lot.encode()).digest()
    rows = (
        (schema.BATCHES, BatchRow(made.issuance, 0, PLANT, made.lot, made.lot, "oxide", MASS_MG)),
        (schema.HOLDINGS, holding_row(held, made, holder)),
    )
    return Posting("issuance", made.issuance, run + NO_CERTIFICATE, marks=(run_mark(run),), rows=rows)


def drawn(number: int, owner: str, contender: str) -> Posting:
    """Return a contender's own record that uses lot `number` up."""
    made, held, _ = lot(number, owner)
    content = f"{contender} takes {made.lot}".encode()
    digest = sha256(content).digest()
    taker = Holder(owner=f"did:web:{contender}.example", registry=REGISTRY)
    text = holding_text(digest, taker)
    new = Holding(commitment(text), text, digest, held.commitment, MASS_MG, 1)
    use = mark(made.issuance, held.text)
    rows = ((schema.HOLDINGS, holding_row(new, made, taker)),)
    return Posting("move", digest, content, marks=(use,), uses=(held.commitment,), rows=rows)


_START: Barrier | None = None


def _begin(barrier: Barrier) -> None:
    global _START  # noqa: PLW0603 - a process of a pool gets it once, when it starts
    _START = barrier


def _contend(folder: Path, database: str | None, process: int, owner: str, draws: int) -> list[list[bool]]:
    """Contend for every lot with each thread of this process; return what each thread won."""
    registry, start = open_registry(folder, database=database, seed=process), _START
    assert start is not None

    def one(thread: int) -> list[bool]:
        won = []
        for number in range(draws):
            posting = drawn(number, owner, f"contender-{process}-{thread}")
            start.wait(PATIENCE_SECONDS)
            (refusal,) = log_each(registry.opened, (posting,)).refused
            assert refusal is None or refusal.code == "holding.mark-used"
            won.append(refusal is None)
        return won

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(THREADS)))


@pytest.mark.parametrize("draws", [100, pytest.param(10_000, marks=pytest.mark.soak)])
def test_of_all_that_contend_for_a_holding_exactly_one_gets_it(
    tmp_path: Path, database: str | None, draws: int, record_property: Callable[[str, object], None]
) -> None:
    registry = open_registry(tmp_path / "home", database=database)
    owner = registry.producer("Ann")
    for first in range(0, draws, 250):
        numbers = range(first, min(draws, first + 250))
        assert set(log_each(registry.opened, *((issued(n, owner),) for n in numbers)).refused) == {None}
    start = FORKS.Barrier(PROCESSES * THREADS)
    with ProcessPoolExecutor(PROCESSES, mp_context=FORKS, initializer=_begin, initargs=(start,)) as pool:
        asked = [
            pool.submit(_contend, registry.home.path, database, process, owner, draws) for process in range(PROCESSES)
        ]
        won = [thread for each in asked for thread in each.result()]
    winners = [sum(each) for each in zip(*won, strict=True)]
    kind = registry.opened.engine.dialect.name
    oversold, lost = sum(n > 1 for n in winners), sum(n == 0 for n in winners)
    record_property(
        "counted",
        f"{len(winners)} contested draws on {kind}, {len(won)} contenders in {PROCESSES} processes: "
        f"{oversold} oversold, {lost} lost; won {', '.join(str(sum(each)) for each in won)}",
    )
    assert (len(winners), oversold, lost) == (draws, 0, 0)
    assert_one_history(registry, draws)


def assert_one_history(registry: Registry, draws: int) -> None:
    held = schema.HOLDINGS.c
    with reading(registry.opened.engine) as connection:
        head = open_head(latest_head(connection).note, registry.opened.log)
        assert head.size == 2 * draws
        assert root(tile_hashes(connection, head.size), head.size) == head.root
        assert connection.scalar(select(func.count()).select_from(schema.MARKS)) == 2 * draws
        unused = select(func.count(), func.sum(held.mass_mg)).where(held.used.is_(None))
        assert tuple(connection.execute(unused).one()) == (draws, draws * MASS_MG)
        assert registry.opened.heads.read() == latest_head(connection).note


def test_who_looks_while_another_signs_finds_no_head_lost(tmp_path: Path, database: str | None) -> None:
    """A busy registry is ready: the signed head is read before the database, or it would seem lost."""
    seen = busy(open_registry(tmp_path / "home", database=database).opened)
    assert health(seen).checks["head"] == "ok"
    assert obstacles(seen) == []
    check_entries(seen)
    with reading(seen.engine) as connection:
        assert latest_head(connection).size == 3


def test_a_server_keeps_a_mark_once_also_where_nobody_holds_the_lock(postgresql: Postgresql) -> None:
    with postgresql.fresh() as url, ThreadPoolExecutor(1) as pool:
        name = url.partition("@/")[2].partition("?")[0]
        insert = "INSERT INTO marks (mark, entry) VALUES (%s, 0)"
        with (
            psycopg.connect(host=postgresql.sockets, user="postgres", dbname=name) as one,
            psycopg.connect(host=postgresql.sockets, user="postgres", dbname=name) as other,
        ):
            one.execute("INSERT INTO entries (position, content) VALUES (0, '')")
            one.commit()
            one.execute(insert, [bytes(32)])
            waits = pool.submit(other.execute, insert, [bytes(32)])
            with pytest.raises(TimeoutError):
                waits.result(timeout=0.2)
            one.commit()
            with pytest.raises(psycopg.errors.UniqueViolation):
                waits.result(timeout=120)
