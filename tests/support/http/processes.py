"""What runs beside a test: processes, and the ports at which they listen."""

from __future__ import annotations

import os
import re
import socket
from contextlib import contextmanager, suppress
from functools import cache
from itertools import cycle
from typing import TYPE_CHECKING, AnyStr, Final

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

FIRST_PORT: Final = 20_000
"""Below the ports that the system gives by itself, which any connection may take from a server that starts (Linux:
32,768 and above)."""
PORTS: Final = 1000
"""Ports that each process of a run of tests has to itself."""


@contextmanager
def ended(process: subprocess.Popen[AnyStr]) -> Iterator[subprocess.Popen[AnyStr]]:
    """Give a process, and end it whatever happens: `Popen` by itself would wait for ever for a server when a test
    has failed.
    """
    with process:
        try:
            yield process
        finally:
            process.kill()


def free_port() -> int:
    """Return a port at which nobody listens, and that no other process of this run of tests takes."""
    while True:
        port = next(_ports())
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@cache
def _ports() -> Iterator[int]:
    worker = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "0")))
    mine = range(FIRST_PORT + worker * PORTS, FIRST_PORT + (worker + 1) * PORTS)
    begun = os.getpid() % PORTS  # two runs at once seldom begin at the same port
    return cycle((*mine[begun:], *mine[:begun]))
