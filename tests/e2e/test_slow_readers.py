"""Two hundred readers that take their answers slowly, of a real server, on either database: nobody else waits for
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from ledger.issuing.issue import issue
from tests.faults.place import Place
from tests.faults.under_load import wait_ready
from tests.faults.victim import victim
from tests.support.http.processes import free_port
from tests.support.http.server import ANN, Served, plant, serve, tables
from tests.support.http.slow_readers import BUSY, beset
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.slow

READERS: Final = 200
CHAIN: Final = 40
"""Certificates: with all that their maker sees, a bundle is longer than what a socket holds for a reader who takes
nothing.
"""
SECONDS: Final = 4
"""In which they begin to read again; each then reads to the end."""
HELD_UP_SECONDS: Final = 5
SLOW_SECONDS: Final = 7
"""A reader who waits behind the slow ones waits as long as they read slowly, which is longer than what is allowed, on
any machine.
"""


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


def a_chain(served: Served) -> str:
    """Issue a chain, each lot blended of the one before; return the digest of the last."""
    digest = ""
    for number in range(CHAIN):
        inputs = {f"L-{number - 1}": "10 kg"} if number else None
        lot = blend(f"L-{number}", "10 kg", producer=ANN, plant=plant(ANN), inputs=inputs)
        (made,) = issue(served.registry, [lot], tables=tables())
        digest = made.certificates[0].digest  # type: ignore[union-attr] # it is issued
    return digest


def test_two_hundred_slow_readers_hold_up_nobody(
    served: Served, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Hard use 2: no bundle is cut, everybody gets a whole one, and 99 of 100 checkpoints come soon beside 200 slow
    readers.

    On a busy machine 200 bundles may take longer than the 30 seconds of an answer; who is told so asks again.
    """
    path, token = f"/v1/certificates/{a_chain(served)}/bundle", served.token(ANN)
    served.registry.engine.dispose()
    port, place = free_port(), Place(tmp_path, served.home.server)
    with victim(["serve", "--port", str(port)], place.environment(), tmp_path / "said") as server:
        server.go()
        wait_ready(server, port)
        paths = [(path, token if number % 2 else {}) for number in range(READERS)]
        found = beset(f"http://127.0.0.1:{port}", paths, seconds=SECONDS, pause=0.05, slow_seconds=SLOW_SECONDS)
    told = f"{len(found.waited)} checkpoints: median {found.at(0.5) * 1000:.0f} ms, 99th percentile {found.at(0.99) * 1000:.0f} ms"
    record_property("counted", f"{READERS} readers, {found.whole} answers whole, {found.cut} cut; {told}")
    assert found.cut == 0
    assert set(found.statuses) - {BUSY} == {200}, found.statuses
    assert found.whole >= READERS
    assert found.at(0.99) < HELD_UP_SECONDS, told
