"""A server that runs as a process under load, and how it is measured."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING

from sqlalchemy.event import listen, remove

from tests.faults.under_load import wait_ready
from tests.faults.victim import Victim, victim
from tests.support.http.processes import free_port

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from ledger.registry.registry import OpenRegistry
    from tests.faults.place import Place


@contextmanager
def served(place: Place) -> Iterator[tuple[Victim, int]]:
    """Serve a registry by the command, in a process of its own."""
    port = free_port()
    with victim(["serve", "--port", str(port)], place.environment(), place.folder / f"said-{port}") as process:
        process.go()
        wait_ready(process, port)
        yield process, port


def memory_mb(pid: int, name: str = "VmRSS") -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith(name)) // 1024


def p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98]


@contextmanager
def counted(registry: OpenRegistry) -> Iterator[Counter[str]]:
    """Count the steps of SQLite's own machine, a hundred at a time: the work that it does, however busy this machine
    is.
    """
    steps = Counter[str]()

    def look(connection: sqlite3.Connection, *_: object) -> None:
        connection.set_progress_handler(lambda: steps.update(hundreds=1), 100)

    listen(registry.engine, "checkout", look)
    yield steps
    remove(registry.engine, "checkout", look)
