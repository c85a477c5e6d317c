"""`oreprint serve` killed at random moments while many clients issue, and started again.

Every client asks for a lot of its own and for a share of a lot that all the others want too.  What was answered 201 is
acknowledged; what was asked and not answered may be there or not, once.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ledger.admin.tokens import create_token
from tests.faults.counted import Counts
from tests.faults.inspected import Acknowledged, inspected
from tests.faults.place import LOTS, bought, drawing
from tests.faults.victim import victim
from tests.support.http.processes import free_port
from tests.support.http.server import ANN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from random import Random

    from tests.faults.place import Place, Places
    from tests.faults.victim import Victim

CLIENTS: Final = 16
READY_SECONDS: Final = 60
"""How long a start may take on a busy machine; how long it took is told."""
KILLS_A_PLACE: Final = 5
"""Kills that one registry lives through before a fresh one: the audit after each is of all of it."""


@dataclass
class Load:
    """What clients asked of a server, and what they were told; `shared` lots are wanted by all of them."""

    secret: str
    round: str
    port: int
    shared: bool = True
    tried: list[dict[str, Any]] = field(default_factory=list)
    told: list[Acknowledged] = field(default_factory=list)
    answers: set[int] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def clients(self, count: int = CLIENTS) -> Iterator[None]:
        """Let so many ask, until the end of this."""
        threads = [threading.Thread(target=self.client, args=(number,)) for number in range(count)]
        for each in threads:
            each.start()
        try:
            yield
        finally:
            self.ended.set()
            for each in threads:
                each.join()

    def wait(self, answers: float, *, seconds: float) -> None:
        """Wait until so many lots were acknowledged, or for so many seconds."""
        until = time.monotonic() + seconds
        while len(self.told) < answers and time.monotonic() < until:
            time.sleep(0.02)

    def client(self, number: int) -> None:
        """Ask until the end, or until nobody answers."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            self._ask(connection, number)

    def _ask(self, connection: http.client.HTTPConnection, number: int) -> None:
        for turn in range(LOTS):
            wanted = [drawing(f"D-{self.round}-{number}-{turn}", f"LOT-{turn}")] if self.shared else []
            for record in (*wanted, bought(f"B-{self.round}-{number}-{turn}")):
                if self.ended.is_set():
                    return
                self.tried.append(record)
                begun = time.monotonic()
                try:
                    status, answer = asked(connection, "/v1/certificates", self.secret, record)
                except (OSError, http.client.HTTPException):
                    return
                self.seconds.append(time.monotonic() - begun)
                self.answers.add(status)
                if status == 201:
                    self.told += [Acknowledged(each["lot"], each["digest"]) for each in answer["certificates"]]


def asked(connection: http.client.HTTPConnection, path: str, secret: str, body: object) -> tuple[int, Any]:
    """Post a document; return the status and the document that came back."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {secret}"}
    connection.request("POST", path, json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())


def posted(port: int, secret: str, body: object) -> tuple[int, Any]:
    """Ask for an issue on a connection of its own; return the status and the document that came back."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        return asked(connection, "/v1/certificates", secret, body)


def token(place: Place, *scopes: str) -> str:
    """Make a token of the producer; return its secret."""
    registry = place.open()
    try:
        return create_token(registry, tenant=ANN, scopes=scopes or ("read", "issue"))[1]
    finally:
        registry.engine.dispose()


def wait_ready(process: Victim, port: int, *, path: str = "/readyz") -> tuple[int, Any]:
    """Wait until a server answers; return what it says."""
    until = time.monotonic() + READY_SECONDS
    while time.monotonic() < until:
        assert process.process.is_alive(), process.said()
        try:
            return looked(port, path)
        except OSError:
            time.sleep(0.02)
    raise TimeoutError(process.said())


def looked(port: int, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
    """Get a document."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path, headers=dict(headers or {}))
        answer = connection.getresponse()
        content = answer.read()
        return answer.status, json.loads(content) if "json" in (answer.getheader("Content-Type") or "") else content


def run(places: Places, *, kills: int, random: Random) -> Iterator[tuple[str, Counts]]:
    """Kill so many servers; yield after each what became of what it was asked."""
    done = 0
    while done < kills:
        with places.fresh() as place:
            secret = token(place)
            for _ in range(min(KILLS_A_PLACE, kills - done)):
                done += 1
                yield f"kill {done}", killed(place, secret, str(done), after=random.uniform(0.02, 0.8))


def killed(place: Place, secret: str, name: str, *, after: float) -> Counts:
    """Serve, load, kill after so many seconds; return what is left."""
    before = place.home.head.read_text()
    load = Load(secret, name, free_port())
    said = place.folder / f"said-{name}"
    with victim(["serve", "--port", str(load.port)], place.environment(), said) as process:
        process.go()
        wait_ready(process, load.port)
        with load.clients():
            time.sleep(after)
            process.kill()
    return inspected(place, load.tried, load.told, heads=[before]) + Counts(undone=bool(load.answers - {201, 409}))
