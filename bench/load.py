"""A bare FastAPI server to compare with, and a client that keeps connections busy: both as small as they can be.

Rules: the bare server runs uvicorn as `oreprint serve` does, in a process of its own; the client is one thread that
writes requests and reads answers by their length, so that it costs as little as can be.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from tests.support.http.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

BARE = """
import sys, uvicorn
from fastapi import FastAPI, Request
from starlette.responses import Response

app = FastAPI()
answer = open(sys.argv[2], "rb").read()

@app.get("/")
async def same() -> Response:
    return Response(answer, media_type="application/json")

@app.post("/")
async def echo(request: Request) -> Response:
    return Response(await request.body(), media_type="application/json")

uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), http="h11", log_config=None, access_log=False)
"""


class Server(NamedTuple):
    """A server that runs: where it listens, and its process."""

    port: int
    pid: int

    def processor(self) -> float:
        """Return the processor seconds that it has spent so far, by the clock that Linux has for it
        (clock_getcpuclockid(3)).
        """
        return time.clock_gettime(~self.pid << 3 | 2)


class Load(NamedTuple):
    """The result of a load: seconds, each request's own, how many were not answered with success; the server's
    processor seconds.
    """

    seconds: float
    times: list[float]
    failed: int
    processor: float = 0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.times) / self.seconds

    def at(self, share: float) -> float:
        """Return the time within which this share of the requests was answered."""
        return sorted(self.times)[min(int(share * len(self.times)), len(self.times) - 1)]


@contextmanager
def process(words: Sequence[str], port: int, environment: dict[str, str] | None = None) -> Iterator[Server]:
    """Run a server until it listens, and stop it afterwards."""
    started = subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        for _ in range(400):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield Server(port, started.pid)
    finally:
        started.terminate()
        started.wait(20)


@contextmanager
def bare(answer: Path) -> Iterator[Server]:
    """Run the bare server, which answers with a file's bytes or echoes."""
    port = free_port()
    with process([sys.executable, "-c", BARE, str(port), str(answer)], port) as server:
        yield server


def request(path: str, *, token: str = "", body: bytes | None = None) -> bytes:
    """Return a request as it goes over the wire."""
    head = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: registry.example"]
    head += [f"Authorization: Bearer {token}"] if token else []
    head += ["Content-Type: application/json", f"Content-Length: {len(body)}"] if body is not None else []
    return "\r\n".join([*head, "", ""]).encode() + (body or b"")


def load(server: Server, requests: Sequence[bytes], *, clients: int) -> Load:
    """Send all requests over so many connections, each its next one when it has its answer."""
    before = server.processor()
    found = asyncio.run(_load(server.port, requests, clients))
    return found._replace(processor=server.processor() - before)


async def _load(port: int, requests: Sequence[bytes], clients: int) -> Load:
    waiting = iter(requests)
    times: list[float] = []
    failed = 0

    async def client() -> None:
        nonlocal failed
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for each in waiting:
            asked = time.perf_counter()
            writer.write(each)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            await reader.readexactly(length)
            times.append(time.perf_counter() - asked)
            failed += not head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 201"))
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return Load(time.perf_counter() - started, times, failed)
