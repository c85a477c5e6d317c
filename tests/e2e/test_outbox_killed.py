"""A server that is killed while it sends a notice sends it again, under the same id."""

from __future__ import annotations

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
from tests.faults.place import Place
from tests.faults.under_load import wait_ready
from tests.faults.victim import victim
from tests.support.http.commands import running
from tests.support.http.processes import free_port
from tests.support.http.receiver import Receiver, receiving
from tests.support.http.server import ANN, BEN, Served, plant, serve, tables
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


def offer(served: Served, receiver: Receiver) -> Webhook:
    """Offer a lot to Ben, whose notices a receiver gets; return what checks the signature."""
    _, secret = create_hook(served.registry, party=BEN, address=receiver.address, kinds=["offered"], private=True)
    issue(served.registry, [blend("A-1", "100 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    ship(served.registry, Dispatch("A-1", ANN, BEN))
    assert secret is not None
    return Webhook(secret)


def test_kill_9_while_a_notice_is_under_way_loses_none(served: Served, tmp_path: Path) -> None:
    port, place = free_port(), Place(tmp_path, served.home.server)
    with receiving() as receiver:
        receiver.silent = Event()
        with victim(["serve", "--port", str(port)], place.environment(), tmp_path / "said") as process:
            process.go()
            wait_ready(process, port)
            secret = offer(served, receiver)
            waited(lambda: len(receiver.came) == 1, "the notice came")
            process.kill()
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
        create_hook(served.registry, party=BEN, address=f"{address}/v1/verify", private=True)
        issue(served.registry, [blend("A-1", "100 kg", producer=ANN, plant=plant(ANN))], tables=tables())
        ship(served.registry, Dispatch("A-1", ANN, BEN))
        waited(lambda: list_hooks(served.registry)[0].failures == 1, "the try failed")
    assert list_hooks(served.registry)[0].state == "on"
