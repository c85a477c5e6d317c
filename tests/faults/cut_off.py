"""A door to PostgreSQL that cuts the connection in the middle of a commit: before the server hears of it, half way,
or before its answer comes back.
"""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args
from urllib.parse import parse_qs, urlsplit

from tests.faults.at_calls import TRIED, acknowledged
from tests.faults.counted import Counts
from tests.faults.inspected import inspected
from tests.faults.place import bought, kept
from tests.faults.victim import victim

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.place import Place, Places

Cut: TypeAlias = Literal["before", "half", "after"]
CUTS: Final[tuple[Cut, ...]] = get_args(Cut)
COMMIT: Final = b"COMMIT\x00"
"""How the driver ends a transaction, as a query of the simple protocol."""
SLICE: Final = 65_536


@dataclass
class Door:
    """Listens on this machine; the `nth` commit that passes is cut, and no other. `found` tells that it came."""

    server: str
    cut: Cut
    nth: int
    listener: socket.socket
    found: bool = False
    _passed: int = 0
    _threads: list[threading.Thread] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def run(self) -> None:
        """Let connections through until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.server)
                ended = threading.Event()
                for pump in (self._to_server, self._to_client):
                    thread = threading.Thread(target=pump, args=(client, server, ended), daemon=True)
                    thread.start()
                    self._threads.append(thread)

    def _to_server(self, client: socket.socket, server: socket.socket, ended: threading.Event) -> None:
        with suppress(OSError):
            while content := client.recv(SLICE):
                if COMMIT in content:
                    self._passed += 1
                    if self._passed == self.nth:
                        self._cut(content, client, server, ended)
                        return
                server.sendall(content)
        _close(client, server)

    def _cut(self, content: bytes, client: socket.socket, server: socket.socket, ended: threading.Event) -> None:
        self.found = True
        match self.cut:
            case "before":
                pass
            case "half":
                server.sendall(content[: len(content) // 2])
            case "after":
                ended.set()  # what comes back now is the answer, and goes nowhere
                server.sendall(content)
                ended.wait()
                _answered(server)
        _close(client, server)

    def _to_client(self, client: socket.socket, server: socket.socket, ended: threading.Event) -> None:
        with suppress(OSError):
            while content := server.recv(SLICE):
                if ended.is_set():
                    break
                client.sendall(content)
        _close(client, server)


def _answered(server: socket.socket) -> None:
    with suppress(OSError):
        server.recv(SLICE)


def _close(*both: socket.socket) -> None:
    for each in both:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


@contextmanager
def door(url: str, cut: Cut, nth: int) -> Iterator[tuple[Door, str]]:
    """Give a door to the server at `url`, and the address through it."""
    parts = urlsplit(url)
    folder = parse_qs(parts.query)["host"][0]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        made = Door(f"{folder}/.s.PGSQL.5432", cut, nth, listener)
        thread = threading.Thread(target=made.run, daemon=True)
        thread.start()
        yield made, f"postgresql+psycopg://postgres@127.0.0.1:{made.port}{parts.path}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def run(places: Places, *, cuts: int) -> Iterator[tuple[str, Counts]]:
    """Cut so many commits of an issue, of each kind in turn and the first, second and third of its commits."""
    kinds = ((cut, nth) for nth in cycle((1, 2, 3)) for cut in CUTS)
    for cut, nth in islice(kinds, cuts):
        with places.fresh(lots=1) as place:
            yield f"commit {nth} cut {cut}", cut_off(place, cut, nth)


def cut_off(place: Place, cut: Cut, nth: int) -> Counts:
    """Issue through a door that cuts one commit; return what became of it."""
    assert place.database is not None
    before = place.home.head.read_text()
    tried = [*TRIED, bought("Q-2"), bought("Q-3")]
    words = ["issue", "--skip-invalid", *kept(tried, place.folder / "records"), "--out", str(place.folder / "out")]
    with door(place.database, cut, nth) as (opened, url):
        environment = {**place.environment(), "OREPRINT_DATABASE_URL": url}
        changed = {"cli.commands.issue.RECORDS_AT_ONCE": 1}
        with victim(words, environment, place.folder / "said", changed=changed) as process:
            process.go()
            process.end()
    assert opened.found, "there was no such commit"
    told = list(acknowledged(process.said()))
    uncaught = sum("Traceback" in line for line in process.said())
    return inspected(place, tried, told, heads=[before]) + Counts(uncaught=uncaught)
