"""The port that a command listens on, looked at before anything else is done."""

from __future__ import annotations

import socket
from typing import Final

import typer

from schemas.problem import StateError

_ELSEWHERE: Final = "192.0.2.1"
"""An address of nobody (RFC 5737)."""
PORT: Final = typer.Option("--port", min=1, max=65535, help="Port to listen on.")
"""Not 0, by which the system chooses: nobody would be told which."""


def listening(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Return a socket that listens on a port, of this machine alone if no other address is said.

    Raises:
        StateError: `serve.port`, where something else does, or the address is not this machine's.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise StateError.at(
            "serve.port", host=host, port=port, reason=(error.strerror or str(error)).partition(" (while")[0]
        ) from error


def own_address() -> str:
    """Return the IPv4 address of this machine in its network; that of the machine itself if it is in none.

    No packet is sent: the system only says by which address it would reach others.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        try:
            asked.connect((_ELSEWHERE, 9))
        except OSError:
            return "127.0.0.1"
        return str(asked.getsockname()[0])


def address(port: int, host: str) -> str:
    """Return where others find what listens on a port, as the beginning of a URL."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
