"""What runs beside a test: processes, and the ports at which they listen."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, AnyStr

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator


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
    """Return a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
