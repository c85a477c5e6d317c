"""`oreprint serve`: the registry over HTTP, with no other service beside it.

Rules: the only module that knows the HTTP application; logs are JSON lines on stderr, without secrets.
What it does not do: TLS; a proxy in front of it does, and the origin that links name is configured, never guessed.
"""

from __future__ import annotations

import gc
import logging
import sys
from typing import Annotated, Final

import orjson
import structlog
import typer

from cli import settings
from cli.parts import DatabaseOption, HomeOption, home_of, passphrase_of, surroundings, tables_of

GARBAGE_LOOKED_FOR_AFTER: Final = 20_000
"""Objects between two looks for cycles; requests make few cycles and many objects."""


def command(
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to listen on.")] = 8080,
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    origin: Annotated[
        str | None,
        typer.Option("--origin", metavar="URL", help="What links begin with; default OREPRINT_ORIGIN."),
    ] = None,
) -> None:
    """Serve the registry: certificates, reports, the log and what verifiers need. Ctrl-C stops it in good order.

    Example: oreprint serve --home build/demo --port 8080
    """
    from api.app import create_app
    from api.desk import Parts
    from api.server import serve
    from ledger.init import open_book, status_signer

    _log_json()
    place = home_of(home, database_url)
    passphrase = passphrase_of(place)
    book = open_book(place, surroundings(), passphrase=passphrase)
    status = status_signer(place, book.registry, passphrase=passphrase)
    links = origin or settings.read("OREPRINT_ORIGIN") or f"https://{book.registry}"
    gc.freeze()  # what is loaded by now stays; looking through it again and again would cost every request
    gc.set_threshold(GARBAGE_LOOKED_FOR_AFTER, 20, 50)
    app = create_app(Parts(book, tables_of(home), status, links.rstrip("/")))
    serve(app, host=host, port=port)


def _log_json() -> None:
    """Write one JSON line an event to stderr, uvicorn's own warnings too."""
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
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
