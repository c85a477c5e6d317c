"""Pages and lists that a party asks for, when it has a thousand certificates and when it has thirty thousand.

The floor of the large registry is the same question to the small one: 1x is flat. ``python -m bench.pages`` prints the
rows.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from bench.table import Row, printed, seconds
from ledger.desk.listing import ListFilter, list_certificates
from ledger.issuing.issue import issue
from ledger.lots.balance import holdings_of, holdings_page
from ledger.registry.commits import REQUESTS_A_COMMIT
from tests.support.registries.databases import started
from tests.support.registries.registry import Clock
from tests.support.registries.two_homes import ANN, ONE, TABLES, a_shop, plant
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.registry.registry import OpenRegistry

SMALL, LARGE = 1000, 30_000
PAGE: Final = 100
ASKED: Final = 21


def rows() -> list[Row]:
    """Measure both databases."""
    with started() as server, server.fresh() as url:
        return [row for kind, database in (("SQLite", None), ("PostgreSQL", url)) for row in _rows(kind, database)]


def _rows(kind: str, database: str | None) -> list[Row]:
    Path("build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="build") as folder:
        registry = a_shop(Path(folder), ONE, [ANN], Clock(), seed=1, database=database).registry
        small = _filled(registry, 0, SMALL)
        large = _filled(registry, SMALL, LARGE)
    return [
        Row(
            f"{name} at {LARGE:,} certificates, {kind}",
            f"{large[name] * 1000:.1f} ms",
            f"{small[name] * 1000:.1f} ms at {SMALL:,}",
            f"{large[name] / small[name]:.2f}x",
            "<= 2x",
            "1x",
        )
        for name in small
    ]


def _filled(registry: OpenRegistry, first: int, after: int) -> dict[str, float]:
    """Fill a registry up to a size; return the seconds of each question."""
    for start in range(first, after, REQUESTS_A_COMMIT):
        numbers = range(start, min(after, start + REQUESTS_A_COMMIT))
        issue(
            registry, [blend(f"P-{each}", "10 kg", producer=ANN, plant=plant(ANN)) for each in numbers], tables=TABLES
        )
    questions: dict[str, Callable[[], object]] = {
        f"{PAGE} holdings": partial(holdings_page, registry, ANN, after=None, most=PAGE),
        "one lot held": partial(holdings_of, registry, ANN, lot="P-7"),
        f"{PAGE} certificates": partial(
            list_certificates, registry, ANN, ListFilter(), limit=PAGE, cursor=None, origin="https://one.example"
        ),
    }
    return {name: median(seconds(ask) for _ in range(ASKED)) for name, ask in questions.items()}


if __name__ == "__main__":
    print(printed(rows()))
