"""A bundle verified as by several processes, one after another in this one: quick enough for hundreds, and where it isn't shared is told."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, cast

from ledger import verification
from ledger.verify.reading import Share
from ledger.verify.verdict import report

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from ledger.verification import Task
    from ledger.verify.chain import Chain
    from schemas.report import Report


class Kept:
    """The end of a pipe from which what was sent is received, both ends being here."""

    def __init__(self) -> None:
        self._sent = b""

    def send(self, said: object) -> None:
        self._sent = pickle.dumps(said)

    def poll(self) -> bool:
        return bool(self._sent)

    def recv(self) -> object:
        return pickle.loads(self._sent)  # noqa: S301 - sent by this very test


def shared_chain(task: Task, *, processes: int) -> Chain | None:
    """Return the verification as several processes put it together; None where one has to judge all."""
    pipes = [cast("Connection", Kept()) for _ in range(processes - 1)]
    for number, pipe in enumerate(pipes):
        verification._work(task, Share(number, processes), pipe)
    return verification._shared(task, pipes)


def shared_report(task: Task, *, processes: int) -> Report | None:
    """Return the report that several processes give; None as `shared_chain`."""
    chain = shared_chain(task, processes=processes)
    return None if chain is None else report(chain)
