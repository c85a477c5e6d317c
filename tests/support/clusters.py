"""A Dask cluster beside a test: a scheduler and workers, each a process of its own, which runs Dask's own command."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.support import forked
from tests.support.http.processes import ended, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ALLOWED_FAILURES = 3
"""How many workers may die during a task before Dask gives it up; its own default."""

SECONDS = 120
"""How long scheduler and workers may take to start on a machine that has much to do."""


@dataclass
class DaskCluster:
    """A scheduler that listens at `address`, and its workers."""

    address: str
    folder: Path
    workers: list[subprocess.Popen[str]] = field(default_factory=list)
    _stack: ExitStack = field(default_factory=ExitStack)

    def start_workers(self, count: int) -> None:
        """Start workers of one thread each."""
        for _ in range(count):
            options = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1"]
            options += ["--local-directory", str(self.folder), "--memory-limit", "0"]
            worker = dask("worker", self.address, *options)
            self.workers.append(self._stack.enter_context(ended(worker)))

    def kill_worker(self) -> None:
        """Kill a worker in whatever it is doing, and start another."""
        worker = self.workers.pop(0)
        worker.kill()
        worker.wait()
        self.start_workers(1)


@contextmanager
def dask_cluster(folder: Path, *, workers: int, allowed_failures: int = ALLOWED_FAILURES) -> Iterator[DaskCluster]:
    """Run a scheduler and so many workers; end them whatever happens."""
    from distributed import Client  # here, since loading it costs every test process a fifth of a second

    port = free_port()
    failures = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(allowed_failures)}
    scheduler = dask("scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard", **failures)
    with ended(scheduler), ExitStack() as stack:
        cluster = DaskCluster(f"tcp://127.0.0.1:{port}", folder, _stack=stack)
        cluster.start_workers(workers)
        with Client(cluster.address, timeout=SECONDS, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            client.wait_for_workers(workers, timeout=SECONDS)
        yield cluster


def dask(*arguments: str, **settings: str) -> subprocess.Popen[str]:
    """Start a command of Dask, which says nothing."""
    return subprocess.Popen(
        [*forked.dask(), *arguments],
        env={**os.environ, **settings},
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
