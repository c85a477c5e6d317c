"""LG-18: how long it takes from an answer to the published head that witnesses and a monitor have cosigned with the
record in it.
"""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeAlias

import pytest

from api.app import create_app
from api.app_state import Parts
from ledger.admin.init import status_signer
from ledger.log.head import open_head
from ledger.registry.folder import Home
from ledger.witnessing.cosigners import cosigners, make_cosigner
from tests.faults.under_load import asked
from tests.support.http.loaded_server import p99
from tests.support.http.server import ANN, ORIGIN, PASSPHRASE, listening, plant, runtime, serve, tables
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.http.server import Served

pytestmark = pytest.mark.slow

RATE = 50
CLIENTS = 16
USUAL_SECONDS, LONGEST_SECONDS = 10, 60
WITNESSES = tuple(f"witnesses/{number}" for number in range(1, 5))

Told: TypeAlias = Callable[[str, object], None]


def watched(folder: Path) -> Served:
    """Make a registry that runs four witnesses and a monitor by itself."""

    def key(at: str) -> dict[str, str]:
        name = f"{at.replace('/', '-')}.example"
        made, _ = make_cosigner(Home(folder / "registry" / at), name, runtime(), passphrase=PASSPHRASE)
        return {"key": made.to_text(), "at": at}

    return serve(folder, witnesses={"keys": tuple(map(key, WITNESSES))}, monitors={"keys": (key("monitor"),)})


def checkpoint_size(port: int, served: Served) -> int:
    """Return how many entries the published head has, which has to be cosigned by three witnesses and the monitor."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", "/checkpoint")
        answer = connection.getresponse()
        text = answer.read().decode()
    names = [line.split(" ")[1] for line in text.splitlines() if line.startswith("— ")]
    assert answer.status == 200
    head = open_head(text, served.registry.log)
    enough = len([name for name in names if name.startswith("witnesses")]) >= 3 and "monitor.example" in names
    return head.size if enough else 0


@pytest.mark.parametrize("issues", [150, pytest.param(10_000, marks=pytest.mark.soak)])
def test_lg_18_what_was_acknowledged_is_soon_in_a_published_cosigned_head(
    tmp_path: Path, issues: int, record_property: Told
) -> None:
    served = watched(tmp_path)
    status = status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)
    own = cosigners(served.home, served.registry, passphrase=lambda: PASSPHRASE)
    secret = served.token(ANN)["Authorization"].removeprefix("Bearer ")
    due: SimpleQueue[tuple[float, int]] = SimpleQueue()
    told: list[tuple[float, int]] = []
    begun = time.monotonic()
    for number in range(issues):
        due.put((begun + 1 + number / RATE, number))

    def ask(port: int) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            while True:
                try:
                    at, number = due.get_nowait()
                except Empty:
                    return
                time.sleep(max(0.0, at - time.monotonic()))
                record = written(f"LG-18-{number}", "1 kg", producer=ANN, plant=plant(ANN))
                code, answer = asked(connection, "/v1/certificates", secret, record)
                assert code == 201, answer
                told.append((time.monotonic(), answer["certificates"][0]["index"]))

    with listening(create_app(Parts(served.registry, tables(), status, ORIGIN, own))) as address:
        port = int(address.rpartition(":")[2])
        clients = [threading.Thread(target=ask, args=(port,)) for _ in range(CLIENTS)]
        for each in clients:
            each.start()
        seen: list[tuple[float, int]] = []
        while any(each.is_alive() for each in clients) or not seen or seen[-1][1] <= max(index for _, index in told):
            assert time.monotonic() < begun + 1 + issues / RATE * 4 + 2 * LONGEST_SECONDS, "it never came"
            seen.append((time.monotonic(), checkpoint_size(port, served)))
            time.sleep(0.1)
    assert len({index for _, index in told}) == issues, "every answer has an entry of its own"
    waited = [next(at for at, size in seen if size > index) - answered for answered, index in told]
    record_property("counted", f"LG-18: {issues} issues, p99 {p99(waited):.1f} s, longest {max(waited):.1f} s")
    assert p99(waited) <= USUAL_SECONDS
    assert max(waited) <= LONGEST_SECONDS
