"""Run tasks in this process, in processes started on this machine, or on the workers of a Dask scheduler.

Rules: a task is a function of a context, which all tasks share, and of one item. It changes nothing, so it can be done
again. Results come in the order of the items, so that the answer is the same whatever the number of workers.

Dask is an extra (`oreprint[scale]`): nothing of it is imported for one process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Final, NamedTuple, Protocol, TypeVar

from schemas.problem import StateError

Context = TypeVar("Context")
Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_JOBS: Final = 16
"""Worker processes that are started on one machine."""


class Pool(Protocol):
    """A runner of tasks."""

    def results(
        self, task: Callable[[Context, Item], Result], context: Context, items: Iterable[Item]
    ) -> Iterator[Result]:
        """Yield `task(context, item)` for each item, in order; raise what a task raises."""

    def everywhere(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a function once in each process."""


class Workers(NamedTuple):
    """The choice of workers: a number of processes on this machine, or the Dask scheduler at an address."""

    jobs: int = 1
    scheduler: str | None = None

    @property
    def alone(self) -> bool:
        """Return whether this process does everything."""
        return self.jobs == 1 and self.scheduler is None

    def check(self) -> None:
        """Check that Dask is installed where it is needed, or raise StateError `cluster.missing`."""
        if not self.alone and find_spec("distributed") is None:
            raise StateError.at("cluster.missing")


@contextmanager
def pool(workers: Workers, *, ended: str = "cluster.worker-ended") -> Iterator[Pool]:
    """Give a pool of workers; processes that were started for it end with it.

    `ended` is the code of the error for a task during which every worker that tried it died.

    Raises:
        InputError: `cluster.address`.
        StateError: `cluster.missing`, `cluster.away`, `cluster.no-worker`, `cluster.version`.
    """
    workers.check()
    if workers.alone:
        yield _ThisProcess()
        return
    from ledger.cluster.dask_pool import connected, started  # noqa: PLC0415 - an extra, and a second to import

    scheduler = workers.scheduler
    with started(workers.jobs, ended) if scheduler is None else connected(scheduler, ended) as others:
        yield others


class _ThisProcess:
    """A pool of no other process."""

    def results(
        self, task: Callable[[Context, Item], Result], context: Context, items: Iterable[Item]
    ) -> Iterator[Result]:
        """Yield the result of each item, in order."""
        return (task(context, item) for item in items)

    def everywhere(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a function once in this process."""
        function(*arguments)
