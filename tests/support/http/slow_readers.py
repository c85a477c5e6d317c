"""Readers that take their answers slowly, many at once, and one who asks for the checkpoint beside them and looks at
the clock.

They are one thread, so that they cost the machine as little as can be.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PIECE_BYTES: Final = 2048
BUFFER_BYTES: Final = 4096
"""Of each reader's socket: what it doesn't take waits with the server."""
EVERY_SECONDS: Final = 0.02
PATIENCE_SECONDS: Final = 60
BUSY: Final = 503
"""The status of an answer that was not ready in time."""


@dataclass
class Seen:
    """What readers got, by status; how many answers were cut; and the seconds of each checkpoint beside them."""

    statuses: Counter[int] = field(default_factory=Counter)
    whole: int = 0
    cut: int = 0
    waited: list[float] = field(default_factory=list)

    def at(self, share: float) -> float:
        """Return the seconds within which this share of the checkpoints came."""
        return sorted(self.waited)[min(int(share * len(self.waited)), len(self.waited) - 1)]


class Pace:
    """How long a reader waits between two pieces of an answer. After some seconds it does not wait any more."""

    def __init__(self, pause: float, seconds: float) -> None:
        self._pause, self._until = pause, time.monotonic() + seconds

    @property
    def pause(self) -> float:
        return self._pause if time.monotonic() < self._until else 0


def beset(
    address: str,
    paths: Sequence[tuple[str, Mapping[str, str]]],
    *,
    seconds: float,
    pause: float,
    slow_seconds: float = inf,
) -> Seen:
    """Read each path, with its headers, slowly and again for so many seconds; `pause` is between two pieces of an
    answer.  What is still to read after `slow_seconds` is read without pauses.
    """
    return asyncio.run(_beset(int(address.rpartition(":")[2]), paths, seconds, Pace(pause, slow_seconds)))


async def _beset(port: int, paths: Sequence[tuple[str, Mapping[str, str]]], seconds: float, pace: Pace) -> Seen:
    seen, until = Seen(), time.monotonic() + seconds
    readers = [asyncio.create_task(_read(port, path, headers, seen, until, pace)) for path, headers in paths]
    await _ask(port, seen, until)
    await asyncio.gather(*readers)
    return seen


async def _ask(port: int, seen: Seen, until: float) -> None:
    """Ask for the checkpoint again and again."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < until:
        asked = time.perf_counter()
        writer.write(_request("/checkpoint", {}))
        status, length = await asyncio.wait_for(_head(reader), PATIENCE_SECONDS)
        await reader.readexactly(length)
        assert status == 200, status
        seen.waited.append(time.perf_counter() - asked)
        await asyncio.sleep(EVERY_SECONDS)
    writer.close()


async def _read(port: int, path: str, headers: Mapping[str, str], seen: Seen, until: float, pace: Pace) -> None:
    """Read a path slowly, to the end, as often as there is time to begin; who is told "not now" asks again."""
    got = False
    while time.monotonic() < until or not got:
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
            connection.setblocking(False)  # noqa: FBT003 - the name has no keyword
            await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
            reader, writer = await asyncio.open_connection(sock=connection, limit=BUFFER_BYTES)
            status = 0
            writer.write(_request(path, headers))
            try:
                status, left = await _head(reader)
                seen.statuses[status] += 1
                while left and (piece := await reader.read(min(left, PIECE_BYTES))):
                    left -= len(piece)
                    await asyncio.sleep(pace.pause)
            except (asyncio.IncompleteReadError, ConnectionError):
                left = -1
            writer.close()
            busy, got = not left and status == BUSY, True
            seen.whole, seen.cut = seen.whole + (not left and not busy), seen.cut + bool(left)
            if busy and time.monotonic() < until + PATIENCE_SECONDS:
                got = False
                await asyncio.sleep(1)


async def _head(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Return the status of an answer and its length; one without a length counts as cut."""
    head = await reader.readuntil(b"\r\n\r\n")
    _, _, length = head.lower().partition(b"content-length:")
    return int(head.split()[1]), int(length.partition(b"\r\n")[0] or -1)


def _request(path: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "Host: registry.example", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()
