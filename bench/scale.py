"""Work shared among processes: an audit, and many bundles, by 1, 2 and 4 workers on this machine.

The time is that of the whole command's work, with the start of the workers. Beside the others it says little on a
machine with fewer cores than workers. ``python -m bench.scale`` prints the rows.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from bench.issuing import Line
from bench.table import Row, seconds
from bench.verifying import Chain
from cli.several import Judging, judge_file
from ledger.audit.everything import Sharing, audit
from ledger.cluster.workers import Workers, pool
from ledger.tables import shipped_tables
from ledger.verify.chain import Policy
from tests.support.registries.registry import open_registry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORKERS: Final = (1, 2, 4)
BUNDLES: Final = 200
LENGTH: Final = 20
"""Certificates in the chain of each bundle."""


def rows() -> list[Row]:
    """Measure both with each number of workers."""
    Path("build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="build") as folder:
        return [*_audits(Path(folder)), *_bundles(Path(folder))]


def _audits(folder: Path) -> Iterator[Row]:
    registry = open_registry(folder / "home")
    Line(registry).measured()  # some 1,800 certificates
    home, tables = registry.home, shipped_tables()
    found = audit(home, tables=tables, progress=lambda _done, _all: None)
    entries = found.counts["entries"]

    def run(workers: int) -> None:
        assert audit(home, tables=tables, progress=lambda _done, _all: None, sharing=Sharing(Workers(workers))) == found

    yield from _measured(f"audit of {entries:,} entries", run)


def _bundles(folder: Path) -> Iterator[Row]:
    chain = Chain(LENGTH, full=True)
    content = b"".join(chain.whole())
    files = [folder / f"{number}.oreprint" for number in range(BUNDLES)]
    for file in files:
        file.write_bytes(content)
    how = Judging((chain.world.people.note,), (), Policy(at_ms=chain.world.now_ms), allow_superseded=False)

    def run(workers: int) -> None:
        with pool(Workers(workers)) as others:
            codes = {judged.code for judged in others.results(judge_file, how, map(str, map(Path.absolute, files)))}
        assert codes == {0}

    yield from _measured(f"{BUNDLES} bundles of {LENGTH} certificates", run)


def _measured(name: str, run: Callable[[int], None]) -> Iterator[Row]:
    alone = 0.0
    for workers in WORKERS:
        taken = seconds(partial(run, workers), clock=time.perf_counter)
        alone = alone or taken
        yield Row(
            f"{name}, {workers} workers",
            f"{taken:.1f} s",
            f"{alone:.1f} s, one process",
            f"{taken / alone:.2f}x",
            "",
            "",
        )


if __name__ == "__main__":
    for each in rows():
        print(each)
