"""`oreprint publish`: put tiles, checkpoint, status lists and public certificates where anybody can read them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from cli import settings
from cli.output import reply
from cli.parts import DatabaseOption, HomeOption, JsonOption, ask_cosigners, home_of, runtime
from cli.progress import counted
from cli.terminal import plural
from ledger.admin.init import open_book
from ledger.remote.objects import ObjectStore
from ledger.transfers.mirror import mirror


def command(
    place: Annotated[str, typer.Argument(metavar="PLACE", help="A folder, or an address such as s3://bucket/prefix.")],
    home: HomeOption = None,
    database_url: DatabaseOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Publish every public file that a place lacks. The checkpoint comes last. Permanent files are never replaced.

    Witnesses and monitors of the home are asked first. If one of them has a longer log, nothing is
    published.

    The store's keys and endpoint come from the environment: AWS_ACCESS_KEY_ID,
    AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL and so on.

    Example: oreprint publish s3://registry-example
    """
    own = home_of(home, database_url)
    registry = open_book(own, runtime(), passphrase=None)
    ask_cosigners(own, registry)
    with _readable():
        done = mirror(registry, ObjectStore.at(place, seconds=settings.remote_seconds()), progress=counted("objects"))
    reply(
        {"place": place, "size": done.size, "before": done.before, "new": done.new},
        f"{place} has {plural(done.size, 'entry', 'entries')} of the log. "
        f"{plural(done.new, 'object is', 'objects are')} new since entry {done.before}.",
        as_json=as_json,
    )


@contextmanager
def _readable() -> Iterator[None]:
    """Make what is written meanwhile 0644 in folders of 0755, for a web server, whatever the umask.

    Files of the home are written with modes of their own.
    """
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)
