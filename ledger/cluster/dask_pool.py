"""The workers of a Dask scheduler (https://distributed.dask.org): the one module that imports Dask.

Rules:

1. A few tasks are under way at once for each worker, and Dask gives the task of a worker that died to another one.
2. Tasks and results travel as pickles: whoever reaches a scheduler can run code on its workers. A cluster that is
   started here listens on 127.0.0.1 only, and takes only connections with the certificate that it makes for itself
   (TLS). Who starts another one secures it.
"""
# mypy: disable-error-code="no-untyped-call"
# (Dask has annotations for some of its functions)

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final, TypeVar

import dask.config
from distributed import Client, Future, LocalCluster
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker
from distributed.security import Security

from schemas.problem import InputError, StateError

Context = TypeVar("Context")
Item = TypeVar("Item")
Result = TypeVar("Result")

AHEAD: Final = 2
"""Tasks under way for each thread of a worker: one is done, one waits."""
RETRIES: Final = 2
"""The number of retries of a task that raised an error. The scheduler itself retries a task whose worker died
(`distributed.scheduler.allowed-failures`, 3 times by default)."""
SECONDS: Final = 20
"""Time to wait for a scheduler, and then for a first worker."""
_NO_PAGES: Final[dict[str, list[str]]] = {
    "distributed.scheduler.http.routes": [],
    "distributed.worker.http.routes": [],
}
"""Dask listens for HTTP in any case; with these settings it has nothing to show."""


@contextmanager
def started(jobs: int, ended: str) -> Iterator[DaskPool]:
    """Start a scheduler and workers on this machine; end them afterwards."""
    secure = Security.temporary()
    with (
        dask.config.set(_NO_PAGES),
        LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            protocol="tls",
            security=secure,
            scheduler_kwargs={"dashboard": False, "dashboard_address": "127.0.0.1:0"},
            memory_limit=0,  # what a task holds is bounded by itself
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster, security=secure, set_as_default=False) as client,
    ):
        yield DaskPool(client, cluster.scheduler_address, ended)


@contextmanager
def connected(address: str, ended: str) -> Iterator[DaskPool]:
    """Connect to a scheduler that runs. Certificates for `tls://` are those of Dask's own settings.

    Raises:
        InputError: `cluster.address`.
        StateError: `cluster.away`, `cluster.no-worker`, `cluster.version`.
    """
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # our errors say what happened
    try:
        client = Client(address, timeout=SECONDS, set_as_default=False)
    except (ValueError, TypeError) as error:
        raise InputError.at("cluster.address", "--cluster", value=address) from error
    except OSError as error:
        raise StateError.at("cluster.away", address=address) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=SECONDS)
        except TimeoutError as error:
            raise StateError.at("cluster.no-worker", address=address) from error
        _check_versions(client)
        yield DaskPool(client, address, ended)


def _check_versions(client: Client) -> None:
    """Check that every worker has this version of Oreprint, or raise StateError `cluster.version`."""
    here = _version()
    try:
        versions = set(client.run(_version).values())
    except ImportError:
        versions = {"none"}
    others = sorted(versions - {here})
    if others:
        raise StateError.at("cluster.version", here=here, there=", ".join(others))


def _version() -> str:
    try:
        return version("oreprint")
    except PackageNotFoundError:
        return "not installed"


class DaskPool:
    """The workers of a scheduler (`ledger.cluster.workers.Pool`)."""

    def __init__(self, client: Client, address: str, ended: str) -> None:
        """Use the client of a scheduler; `ended` is the code of the error when workers die again and again."""
        self._client, self._address, self._ended = client, address, ended

    def results(
        self, task: Callable[[Context, Item], Result], context: Context, items: Iterable[Item]
    ) -> Iterator[Result]:
        """Yield `task(context, item)` for each item, in order.

        Raises:
            StateError: the `ended` of the pool; `cluster.away`, `cluster.no-worker`.
            Exception: what a task raises.
        """
        client = self._client
        shared = client.submit(_itself, context, pure=False)  # sent once; Dask makes it again where a worker lost it
        most = AHEAD * max(1, sum(client.nthreads().values()))
        waiting: deque[Future[Any]] = deque()
        try:
            for number, item in enumerate(items):
                # an earlier item first: an audit's worker would have to begin its log again
                waiting.append(client.submit(task, shared, item, pure=False, retries=RETRIES, priority=-number))
                if len(waiting) == most:
                    yield self._result(waiting.popleft())
            while waiting:
                yield self._result(waiting.popleft())
        finally:
            client.cancel([*waiting, shared])

    def everywhere(self, function: Callable[..., object], *arguments: object) -> None:
        """Call a function once in each worker."""
        self._client.run(function, *arguments)

    def _result(self, future: Future[Any]) -> Any:  # noqa: ANN401 - what the task returns
        while True:
            try:
                return future.result(timeout=SECONDS)
            except TimeoutError as error:
                if not self._client.nthreads():
                    raise StateError.at("cluster.no-worker", address=self._address) from error
            except KilledWorker as error:
                raise StateError.at(self._ended) from error
            except (FutureCancelledError, OSError) as error:
                raise StateError.at("cluster.away", address=self._address) from error


def _itself(context: Context) -> Context:
    return context
