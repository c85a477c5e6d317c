"""`oreprint changes`: what changed for lots that somebody follows, as their registry tells it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import typer

from cli import settings
from cli.output import reply
from cli.parts import JsonOption
from cli.remote_registry import AskedOption
from cli.terminal import wrapped
from schemas.problem import CheckError, InputError

if TYPE_CHECKING:
    from ledger.remote.client import RemoteServer
    from schemas.answers.changes import ChangeFeed

_MOST_PAGES: Final = 1000
"""Pages of one answer: a registry that always has another one is not read for ever."""


def command(
    lots: Annotated[
        list[str], typer.Argument(metavar="LINK|DIGEST...", help="Private links, links of labels, or digests.")
    ],
    after: Annotated[
        int, typer.Option("--after", metavar="DAY", min=0, help="Only of days after this one, such as 20260609.")
    ] = 0,
    server: AskedOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """List withdrawals, suspensions and corrections that touch lots which you name, the oldest day first.

    A link says which registry is asked; for digests, --server does. Its answer is its word: verify the lot to check it.
    The last line says how to ask next time. Changes of a day that is not over are listed again then.

    Example: oreprint changes "https://registry.example/c/zQm...#key=orev_..." --after 20260609
    """
    pages = [page for registry, digests in _asked(lots, server) for page in _pages(registry, digests, after)]
    items = [item for page in pages for item in page.items]
    following = min(page.facts.next for page in pages)
    lines = [line for item in items for line in wrapped(item.content_text, first=f"{item.facts.day}  ")]
    reply(
        {"items": [item.to_members() for item in items], "next": following},
        *(lines or ["Nothing has changed."]),
        f"Next time, ask with --after {following}.",
        as_json=as_json,
    )


def _asked(lots: Sequence[str], server: str | None) -> Iterator[tuple[RemoteServer, list[str]]]:
    """Yield each registry to ask with the digests to name; a private link names its own.

    Raises:
        InputError: `remote.no-server`, `remote.url`.
    """
    from ledger.carrier.link import origin_of
    from ledger.changes.following import MOST_LOTS
    from ledger.client.links import linked, private_link
    from ledger.remote.client import RemoteServer

    seconds = settings.remote_seconds()
    named: dict[str, list[str]] = {}
    for each in lots:
        private, public = private_link(each), linked(each)
        if private is not None:
            yield private.registry(seconds=seconds), []
        elif public is not None:
            named.setdefault(origin_of(public.resolver), []).append(public.digest)
        elif server is not None:
            named.setdefault(server, []).append(each)
        else:
            raise InputError.at("remote.no-server", each)
    for origin, digests in named.items():
        registry = RemoteServer.public(origin, seconds=seconds)
        for start in range(0, len(digests), MOST_LOTS):
            yield registry, digests[start : start + MOST_LOTS]


def _pages(registry: RemoteServer, digests: list[str], after: int) -> Iterator[ChangeFeed]:
    """Yield the pages of the feed of some lots.

    Raises:
        RefusedError: `remote.refused`; StateError: `remote.away`; CheckError: `remote.otherwise`.
    """
    from ledger.client.links import unsigned
    from schemas.answers.changes import ChangeFeed
    from schemas.door import parse_document

    skip = 0
    for _ in range(_MOST_PAGES):
        query = urlencode([*(("lot", each) for each in digests), ("after", after), ("skip", skip)])
        with unsigned():
            page = parse_document(ChangeFeed, registry.get(f"/v1/changes?{query}"))
        yield page
        if page.next_url is None:
            return
        before, skip = skip, _skipped(page.next_url)
        if skip <= before:
            break
    raise CheckError.at("remote.otherwise", host=registry.host)


def _skipped(next_url: str) -> int:
    """Return how far the next page is; 0 where the address does not say it."""
    found = parse_qs(urlsplit(next_url).query).get("skip", ["0"])[0]
    return int(found) if found.isascii() and found.isdigit() else 0
