"""A server that is killed while it sends a notice sends it again, under the same id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from threading import Event
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update
from standardwebhooks.webhooks import Webhook

from ledger.desk.hooks import create_hook, list_hooks
from ledger.desk.outbox import latest_notices
from ledger.issuing.issue import issue
from ledger.store.desk_schema import DELIVERIES
from ledger.store.engine import writing
from ledger.transfers.ship import Dispatch, ship
from tests.support.http.commands import running, wait_for
from tests.support.http.processes import free_port
from tests.support.http.receiver import Receiver, receiving
from tests.support.http.server import ANN, BEN, PASSPHRASE, Served, plant, serve, status, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


def waited(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.05)


def start(served: Served) -> subprocess.Popen[bytes]:
    """Start a server as a process of its own, which a signal reaches itself."""
    port = free_port()
    database = ("--database-url", served.home.server) if served.home.server else ()
    words = [sys.executable, "-m", "cli.main", "serve", "--port", str(port), *database]
    settings = {**os.environ, "OREPRINT_HOME": str(served.home.path), "OREPRINT_PASSPHRASE": PASSPHRASE.decode()}
    process = subprocess.Popen(words, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(f"http://127.0.0.1:{port}/readyz")
    return process


def offer(served: Served, receiver: Receiver) -> Webhook:
    """Offer a lot to Ben, whose notices a receiver gets; return what checks the signature."""
    _, secret = create_hook(
        served.registry, status(served), party=BEN, address=receiver.address, kinds=["offered"], private=True
    )
    issue(served.registry, [blend("A-1", "100 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    ship(served.registry, Dispatch("A-1", ANN, BEN))
    assert secret is not None
    return Webhook(secret)


def test_kill_9_while_a_notice_is_under_way_loses_none(served: Served) -> None:
    with receiving() as receiver:
        receiver.silent = Event()
        process = start(served)
        try:
            secret = offer(served, receiver)
            waited(lambda: len(receiver.came) == 1, "the notice came")
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        assert list_hooks(served.registry)[0].waiting == 1
        with writing(served.registry.engine) as connection:  # the minute passes for which the try was taken
            connection.execute(update(DELIVERIES).values(due_ms=0))
            connection.commit()
        receiver.silent.set()
        receiver.silent = None
        with running(served):
            waited(lambda: list_hooks(served.registry)[0].waiting == 0, "the notice was taken")
    ids = {head["webhook-id"] for head, _ in receiver.came}
    assert (len(receiver.came), len(ids)) == (2, 1)
    head, body = receiver.came[-1]
    assert secret.verify(body, head)["data"]["subject"] == "A-1"
    assert [each.id for each in latest_notices(served.registry, BEN)] == [*ids]


def test_a_server_closes_its_own_port_to_hooks(served: Served) -> None:
    with running(served) as address:
        create_hook(served.registry, status(served), party=BEN, address=f"{address}/v1/verify", private=True)
        issue(served.registry, [blend("A-1", "100 kg", producer=ANN, plant=plant(ANN))], tables=tables())
        ship(served.registry, Dispatch("A-1", ANN, BEN))
        waited(lambda: list_hooks(served.registry)[0].failures == 1, "the try failed")
    assert list_hooks(served.registry)[0].state == "on"
