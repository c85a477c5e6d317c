"""Processes that share one piece of work, each heard through a pipe.

Rules: a process begins with all that its parent has loaded, and lets go of every end of a pipe but its own: else one whose parent was
killed would wait for ever to be heard.  An interrupt is for the parent to act on.  When the work is over, all have ended.

What this module does not do: it knows no work (`ledger.audit.shared`).
"""

from __future__ import annotations

import multiprocessing
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from schemas.problem import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from typing import Self

CAN_SHARE: Final = "fork" in multiprocessing.get_all_start_methods()
"""Whether this system makes a process that begins with all that its parent has loaded; else one process does all."""


class Processes:
    """The processes beside this one; a context in which they work."""

    def __init__(self) -> None:
        """Begin with none."""
        self._all: list[tuple[BaseProcess, Connection]] = []

    def __enter__(self) -> Self:
        """Begin nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all."""
        self.end()

    @property
    def connections(self) -> list[Connection]:
        """Where each is heard, in the order in which they began."""
        return [connection for _, connection in self._all]

    def begin(self, work: Callable[[Connection], None]) -> bool:
        """Begin a process, which sends what it finds; return False where the system begins no more."""
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(work, theirs, [ours, *self.connections]), daemon=True)
        try:
            process.start()
        except OSError:
            ours.close()
            return False
        finally:
            theirs.close()  # so that the end of the process is seen as the end of the pipe
        self._all.append((process, ours))
        return True

    def end(self) -> None:
        """End those that are still at work, and let go of all."""
        for process, connection in self._all:
            connection.close()
            process.terminate()
            process.join()
        self._all.clear()


def received(connection: Connection, *, ended: str) -> object:
    """Return the next thing that a process sends; raise StateError of the code `ended` where it ended before, or in the middle of it."""
    try:
        return connection.recv()
    except (EOFError, OSError) as error:
        raise StateError.at(ended) from error


def _work(work: Callable[[Connection], None], connection: Connection, inherited: Iterable[Connection]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for each in inherited:
        each.close()
    with suppress(BrokenPipeError):  # nobody waits for it any more
        work(connection)
