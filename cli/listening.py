"""The port that a command listens on, looked at before anything else is done."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from typing import Final

import typer

from schemas.problem import InputError, StateError

_ELSEWHERE: Final = "192.0.2.1"
"""An address of nobody (RFC 5737)."""
DEFAULT_PORT: Final = 8080
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


def address(port: int, host: str, *, tls: bool = False) -> str:
    """Return where others find what listens on a port, as the beginning of a URL."""
    scheme = "https" if tls else "http"
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def tls_files(certificate: Path | None, key: Path | None) -> dict[str, str]:
    """Return the files of a certificate and its key as uvicorn names them; nothing where none were given.

    Raises:
        InputError: `serve.tls-half` if only one was given, `serve.tls` if they can't be used together.
    """
    if certificate is None and key is None:
        return {}
    if certificate is None or key is None:
        raise InputError.at("serve.tls-half", "--tls-cert" if certificate is None else "--tls-key")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise InputError.at("serve.tls", "--tls-cert", certificate=certificate, key=key, reason=reason) from error
    return {"ssl_certfile": str(certificate), "ssl_keyfile": str(key)}


def _no_password() -> str:
    """Refuse a key with a password: the server would ask for it at each start."""
    raise ValueError("the key has a password")
