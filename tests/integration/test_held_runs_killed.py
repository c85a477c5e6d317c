"""Held runs survive kill -9: two processes sign what is due and die at any moment; no run is lost or issued twice."""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from ledger.admin.init import open_book
from ledger.audit.everything import audit
from ledger.desk.drafts import find_draft
from ledger.desk.held import sign_due
from ledger.desk.recipes import keep_recipe
from tests.faults.victim import FORKS
from tests.support.http.server import ANN, PASSPHRASE, Served, runtime, serve, tables
from tests.support.registries.desk_runs import held, issued, make_due, recipe

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from pathlib import Path

    from ledger.registry.folder import Home

RUNS = 20
KILLED = 8


def _signs(home: Home, begun: Connection) -> None:
    """Say that it begins, and sign what is due until somebody ends this process."""
    registry = open_book(home, runtime(), passphrase=PASSPHRASE)
    begun.send(None)
    while True:
        sign_due(registry, tables=tables())
        time.sleep(0.005)


def started(served: Served) -> BaseProcess:
    """Return a process that has begun to sign."""
    ours, theirs = FORKS.Pipe(duplex=False)
    with ours, theirs:
        process = FORKS.Process(target=_signs, args=(served.home, theirs), daemon=True)
        process.start()
        assert ours.poll(60), "it doesn't begin"
    return process


def end(process: BaseProcess) -> None:
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    made = serve(tmp_path, database)
    keep_recipe(made.registry, recipe(), party=ANN)
    return made


def test_processes_that_are_killed_lose_no_due_run_and_issue_none_twice(served: Served) -> None:
    runs = [held(served, f"K-{number}", str(100 + number % 10)) for number in range(RUNS)]
    served.registry.engine.dispose()  # a connection must not be shared with a fork
    chance = random.Random(19)  # noqa: S311 - moments, not secrets
    processes = [started(served) for _ in range(2)]
    make_due(served, *runs)
    for _ in range(KILLED):
        time.sleep(chance.uniform(0, 0.06))  # in the midst of the work, which is done in less than a second
        end(processes.pop(0))
        processes.append(started(served))
    until = time.monotonic() + 60
    states = {"held"}
    while states != {"issued"} and time.monotonic() < until:
        time.sleep(0.1)
        states = {find_draft(served.registry, ANN, each.row.id).row.state for each in runs}
    for each in processes:
        end(each)
    assert states == {"issued"}
    assert issued(served, *(each.lot for each in runs)) == RUNS
    assert len({find_draft(served.registry, ANN, each.row.id).row.issuance for each in runs}) == RUNS
    assert audit(served.home, tables=tables(), progress=lambda *_: None).faults == ()
