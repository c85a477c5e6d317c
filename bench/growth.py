"""Growth: a log from 10^3 to 10^6 entries on both databases, and what a certificate, an entry, a proof and a start
cost at each size.

At every size the log is filled by its own append path, a thousand entries a commit; then complete certificates are
issued in bulk (as in `bench.issuing`), and a process of its own opens the registry, proves inclusion all over the log
and tells its memory.

``python -m bench.growth`` prints the table and draws ``docs/images/growth.svg``; it takes some minutes.
"""

from __future__ import annotations

import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import count
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple

from bench.issuing import Line
from bench.table import memory_mib, printed
from ledger.log.merkle import prove_inclusion
from ledger.registry.readiness import check_head
from ledger.store.engine import reading
from ledger.store.logs import tile_hashes
from tests.support.registries.databases import started
from tests.support.registries.postings import posting
from tests.support.registries.registry import log_each, open_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from ledger.registry.registry import OpenRegistry

SIZES: Final = (10**3, 10**4, 10**5, 10**6)
COMMIT: Final = 1000
PROOFS: Final = 500
ASKED: Final = 3
"""Times that each proof is asked for; the quickest counts, since what others do to a machine can only slow one."""
DRAWN: Final = Path("docs/images/growth.svg")


@dataclass(frozen=True)
class Opened:
    """The cost of a fresh process: its start, its slowest proofs, and its memory."""

    start_s: float
    proof_p99_s: float
    memory_mib: int


@dataclass(frozen=True)
class Point:
    """What was measured at a size: entries appended in a second, certificates issued in a second, of raw signing,
    and a fresh process.
    """

    size: int
    appended: float
    issued: float
    signed: float
    opened: Opened

    @property
    def part(self) -> float:
        """The certificates issued, in percent of the signatures over the same bytes."""
        return 100 * self.issued / self.signed


class Row(NamedTuple):
    """One line of the table."""

    entries: str
    database: str
    certificates_a_second: str
    of_raw_signing: str
    entries_a_second: str
    proof_p99: str
    start: str
    memory: str


def rows() -> list[Row]:
    """Measure both databases, and draw them."""
    with started() as server, server.fresh() as url:
        grown = {kind: list(_grown(database)) for kind, database in (("SQLite", None), ("PostgreSQL", url))}
    _draw(grown)
    return [_row(kind, point) for kind, points in grown.items() for point in points]


def _grown(database: str | None) -> Iterator[Point]:
    Path("build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="build") as folder:
        home = Path(folder) / "home"
        registry = open_registry(home, database=database)
        line, names = Line(registry), count()
        for size in SIZES:
            appended = _filled(registry.opened, size, names)
            found = line.measured()
            yield Point(size, appended, found.issued, found.signed, _opened_apart(home, database))


def _filled(registry: OpenRegistry, size: int, names: Iterator[int]) -> float:
    """Fill a log up to a size; return how many entries it took in a second at its quickest."""
    best = 0.0
    with reading(registry.engine) as connection:
        here = check_head(registry, connection).size
    while here < size:
        requests = [(posting(next(names)),) for _ in range(min(COMMIT, size - here))]
        begun = time.perf_counter()
        here = log_each(registry, *requests).head.size
        best = max(best, len(requests) / (time.perf_counter() - begun))
    return best


def _opened_apart(home: Path, database: str | None) -> Opened:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(opened, home, database).result()


def opened(home: Path, database: str | None) -> Opened:
    """Open a registry and prove inclusion all over its log."""
    begun = time.perf_counter()
    registry = open_registry(home, database=database).opened
    with reading(registry.engine) as connection:
        size = check_head(registry, connection).size
        start = time.perf_counter() - begun
        proofs = [
            min(_seconds(partial(_prove, connection, index, size)) for _ in range(ASKED))
            for index in range(0, size, max(1, size // PROOFS))
        ]
    registry.engine.dispose()
    return Opened(start, quantiles(proofs, n=100)[98], memory_mib())


def _prove(connection: Connection, index: int, size: int) -> None:
    prove_inclusion(tile_hashes(connection, size), index=index, size=size)


def _seconds(act: Callable[[], object]) -> float:
    """Return how long something short takes; for it alone no cycles are collected."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def _row(kind: str, point: Point) -> Row:
    return Row(
        f"{point.size:,}",
        kind,
        f"{point.issued:.0f}",
        f"{point.part:.2f} %",
        f"{point.appended:,.0f}",
        f"{point.opened.proof_p99_s * 1000:.1f} ms",
        f"{point.opened.start_s * 1000:.0f} ms",
        f"{point.opened.memory_mib} MiB",
    )


def _draw(grown: Mapping[str, Sequence[Point]], path: Path = DRAWN) -> None:
    """Draw what each thing costs over the entries of the log: flat is what is hoped for."""
    from matplotlib import pyplot as plt  # noqa: PLC0415 - the processes whose memory is told import this module too

    costs: dict[str, Callable[[Point], float]] = {
        "a certificate, in bulk": lambda point: 1000 / point.issued,
        "an entry, a thousand a commit": lambda point: 1000 / point.appended,
        "a proof of inclusion, p99": lambda point: 1000 * point.opened.proof_p99_s,
        "a start": lambda point: 1000 * point.opened.start_s,
    }
    figure, axes = plt.subplots(figsize=(9.5, 4.5), layout="constrained")
    for colour, (what, cost) in enumerate(costs.items()):
        for (kind, points), dash in zip(grown.items(), ("-", "--"), strict=True):
            sizes, taken = [each.size for each in points], [cost(each) for each in points]
            axes.plot(sizes, taken, dash, marker="o", markersize=4, color=f"C{colour}", label=f"{what}, {kind}")
    axes.set(xscale="log", yscale="log", xlabel="entries in the log", ylabel="milliseconds")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", frameon=False, fontsize="small")
    figure.savefig(path, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    print(printed(rows(), Row._fields))
