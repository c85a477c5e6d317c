"""`oreprint serve`: the registry over HTTP, with no other service beside it.

Rules: the only module that knows the HTTP application; logs are JSON lines on stderr, without secrets. TLS is done here
with --tls-cert, or by a proxy in front. The origin in links is configured, never guessed.
"""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import orjson
import structlog
import typer

from cli import settings
from cli.listening import DEFAULT_PORT, PORT, address, listening, tls_files
from cli.parts import (
    DatabaseOption,
    HeadStoreOption,
    HomeOption,
    home_of,
    passphrase_of_registry,
    runtime,
    status_of,
    tables_of,
)

if TYPE_CHECKING:
    import socket

    from fastapi import FastAPI

    from ledger.registry.folder import Home

GARBAGE_LOOKED_FOR_AFTER: Final = 20_000
"""Objects between two looks for cycles; requests make few cycles and many objects."""


def command(  # noqa: PLR0913, PLR0917 - a parameter an option
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, PORT] = DEFAULT_PORT,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    head_store: HeadStoreOption = None,
    origin: Annotated[
        str | None, typer.Option("--origin", metavar="URL", help="The origin of all links. Default: OREPRINT_ORIGIN.")
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", metavar="FILE", help="Serve over TLS with this certificate, in PEM.")
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option("--tls-key", metavar="FILE", help="The private key of --tls-cert, in PEM.")
    ] = None,
) -> None:
    """Serve the registry: certificates, reports, the log and the lists that verifiers need. Ctrl-C stops it cleanly.

    The desk under /desk is shown over TLS, and over plain http only on this machine. Give --tls-cert and --tls-key, or
    put a proxy with TLS in front, and name its address in OREPRINT_TRUSTED_PROXIES.

    Example: oreprint serve --home build/demo --port 8080
    """
    from api.server import serve

    tls, proxies = tls_files(tls_cert, tls_key), settings.trusted_proxies()
    listening(port, host).close()  # told before anything is loaded; uvicorn would only say that it failed
    place = home_of(home, database_url, head_store)
    place.check_closed()
    app = _application(place, origin or settings.read("OREPRINT_ORIGIN"), {port})
    print(
        f"Serving at {address(port, host, tls=bool(tls))} until Ctrl-C. The log follows, one JSON line for each event.",
        flush=True,
    )
    _log_json(logging.INFO)
    gc.freeze()  # what is loaded by now stays; looking through it again and again would cost every request
    gc.set_threshold(GARBAGE_LOOKED_FOR_AFTER, 20, 50)
    serve(app, host=host, port=port, proxies=proxies, **tls)


def serve_together(places: Sequence[tuple[Home, socket.socket]]) -> None:
    """Serve homes, each on its own listening socket, until stopped. Links lead to where each is served."""
    from api.server import serve_sockets

    apps = []
    ports = {listener.getsockname()[1] for _, listener in places}
    for place, listener in places:
        host, port = listener.getsockname()[:2]
        apps.append((_application(place, f"http://{host}:{port}", ports), listener))
    _log_json(logging.WARNING)
    serve_sockets(apps)


def _application(place: Home, origin: str | None, ports: set[int]) -> FastAPI:
    """Return the application that serves the registry of a home, with all its keys, on `ports`."""
    from api.app import create_app
    from api.app_state import Parts
    from ledger.admin.init import open_book
    from ledger.remote.printer import parse_printers
    from ledger.witnessing.cosigners import cosigners
    from schemas.identifier import is_trial

    contact, passphrase = settings.security_contact(), passphrase_of_registry(place)
    registry = open_book(place, runtime(), passphrase=passphrase)
    registry.vault()  # without it, nobody's code could be checked
    # nobody can look a trial's name up, so its pages are on this machine
    links = origin or (f"http://localhost:{min(ports)}" if is_trial(registry.did) else f"https://{registry.did}")
    asked = cosigners(place, registry, passphrase=lambda: passphrase)
    printers = parse_printers(settings.read("OREPRINT_LABEL_PRINTERS") or "", place="OREPRINT_LABEL_PRINTERS")
    parts = Parts(
        registry,
        tables_of(place.path),
        status_of(registry),
        links.rstrip("/"),
        asked,
        settings.mailer(),
        frozenset(ports),
        settings.openid(),
        printers,
        security_contact=contact,
    )
    return create_app(parts)


def _log_json(level: int) -> None:
    """Write one JSON line an event of this level to stderr, uvicorn's own warnings too."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format='{"event": "%(name)s", "level": "%(levelname)s"}'
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=orjson.dumps),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
