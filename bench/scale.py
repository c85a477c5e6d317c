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

from bench.table import Row, seconds
from bench.verifying import Chain
from cli.several import FILES_A_TASK, VerifyOptions, judge_some
from ledger.audit.everything import Sharing, audit
from ledger.cluster.workers import Workers, pool
from ledger.issuing.issue import IssuedRun, issue
from ledger.verify.chain import Policy
from tests.support.registries.registry import Clock
from tests.support.registries.two_homes import ANN, ONE, TABLES, a_shop, plant
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORKERS: Final = (1, 2, 4)
CERTIFICATES: Final = 15000
"""In the log that is audited."""
COMMIT: Final = 250
BUNDLES: Final = 1200
LENGTH: Final = 20
"""Certificates in the chain of each bundle."""


def rows() -> list[Row]:
    """Measure both with each number of workers."""
    Path("build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="build") as folder:
        return [*_audits(Path(folder)), *_bundles(Path(folder))]


def _audits(folder: Path) -> Iterator[Row]:
    shop = a_shop(folder, ONE, [ANN], Clock(), seed=1)
    records = [blend(f"A-{number}", "10 kg", producer=ANN, plant=plant(ANN)) for number in range(CERTIFICATES)]
    for first in range(0, CERTIFICATES, COMMIT):
        assert all(
            isinstance(each, IssuedRun) for each in issue(shop.registry, records[first : first + COMMIT], tables=TABLES)
        )
    found = audit(shop.home, tables=TABLES, progress=lambda _done, _all: None)
    assert (found.whole, found.faults) == (True, ())

    def run(workers: int) -> None:
        sharing = Sharing(Workers(workers))
        assert audit(shop.home, tables=TABLES, progress=lambda _done, _all: None, sharing=sharing) == found

    yield from _measured(f"audit of {found.counts['entries']:,} entries", run)


def _bundles(folder: Path) -> Iterator[Row]:
    chain = Chain(LENGTH, full=True)
    content = b"".join(chain.whole())
    files = [folder / f"{number}.oreprint" for number in range(BUNDLES)]
    for file in files:
        file.write_bytes(content)
    names = [str(file.absolute()) for file in files]
    tasks = [names[first : first + FILES_A_TASK] for first in range(0, BUNDLES, FILES_A_TASK)]
    how = VerifyOptions((chain.world.people.note,), (), Policy(at_ms=chain.world.now_ms), allow_superseded=False)

    def run(workers: int) -> None:
        with pool(Workers(workers)) as others:
            found = others.results(judge_some, how, tasks)
            codes = {judged.code for some in found for judged in some}
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
