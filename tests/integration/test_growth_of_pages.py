"""What a page costs, in steps of SQLite's own machine, when its party has few lots and when it has many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.issuing.issue import issue
from ledger.lots.balance import holdings_of, holdings_page
from tests.support.http.loaded_server import counted
from tests.support.http.server import ANN, Served, plant, serve, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FEW, MANY = 60, 1200
PAGE = 20


def issued(served: Served, first: int, after: int) -> None:
    for start in range(first, after, 300):
        records = [
            blend(f"G-{number}", "1 kg", producer=ANN, plant=plant(ANN))
            for number in range(start, min(after, start + 300))
        ]
        issue(served.registry, records, tables=tables())


def cost(served: Served, ask: Callable[[], object]) -> int:
    ask()
    with counted(served.registry) as steps:
        for _ in range(10):
            ask()
    return steps["hundreds"]


def test_a_page_and_one_lot_cost_the_same_however_many_there_are(tmp_path: Path) -> None:
    served = serve(tmp_path, None)
    registry = served.registry

    def last_page() -> object:
        return holdings_page(registry, ANN, after=f"{'f0' + '0' * 62}.0", most=2)

    asked: dict[str, Callable[[], object]] = {
        "first page": lambda: holdings_page(registry, ANN, after=None, most=PAGE),
        "late page": last_page,
        "one lot": lambda: holdings_of(registry, ANN, lot="G-7"),
    }
    issued(served, 0, FEW)
    few = {name: cost(served, ask) for name, ask in asked.items()}
    issued(served, FEW, MANY)
    many = {name: cost(served, ask) for name, ask in asked.items()}
    assert all(many[name] <= 1.5 * few[name] + 5 for name in asked), (few, many)


def test_all_pages_together_are_all_lots_on_either_database(tmp_path: Path, database: str | None) -> None:
    served = serve(tmp_path, database)
    issued(served, 0, 3 * PAGE + 1)
    told, after = [], None
    while True:
        page = holdings_page(served.registry, ANN, after=after, most=PAGE)
        told += page.lots
        after = page.next
        if after is None:
            break
    every = holdings_of(served.registry, ANN)
    assert len(every) == 3 * PAGE + 1
    assert sorted(told) == sorted(every)
