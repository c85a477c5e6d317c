"""`oreprint share`: private links, each of which opens one certificate for one customer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from cli import settings
from cli.acting import AsOption, acting
from cli.files import write_lines
from cli.output import reply
from cli.parts import HomeOption, JsonOption, open_to_read
from cli.remote_registry import AskedOption, client_at
from cli.unused_options import refuse_unused
from ledger.changes.share import create_share
from ledger.client.links import private_link, tell_received
from schemas.answers import AnswerDocument
from schemas.answers.contacts import ShipmentReceipt
from schemas.answers.life import NewLink, SharedLink, SharedLinks
from schemas.door import parse_document, validated
from schemas.problem import InputError
from schemas.requests import ShareRequest

_Answer = TypeVar("_Answer", bound="AnswerDocument")
_OF_A_LINK = ("recipient", "audience", "days", "code")


def command(  # noqa: PLR0913, PLR0917 - a parameter an option
    context: typer.Context,
    lot: Annotated[
        str | None, typer.Argument(metavar="[LOT|DIGEST]", help="The lot as printed, or its certificate's digest.")
    ] = None,
    recipient: Annotated[
        str | None, typer.Option("--with", metavar="NAME", help="Whom the link is for. Only you read it.")
    ] = None,
    audience: Annotated[
        str, typer.Option("--for", help="The audience for the reader: public, customer, partner or auditor.")
    ] = "customer",
    days: Annotated[int, typer.Option("--days", metavar="N", help="Days until the link ends, 1 to 366.")] = 90,
    code: Annotated[
        Path | None, typer.Option("--code", metavar="FILE", help="Also write the link as a QR code, in SVG.")
    ] = None,
    received: Annotated[
        str | None,
        typer.Option("--received", metavar="LINK", help="Tell the sender of this private link that the goods came."),
    ] = None,
    revoke: Annotated[str | None, typer.Option("--revoke", metavar="ID", help="End this link of yours now.")] = None,
    resume: Annotated[
        str | None, typer.Option("--resume", metavar="ID", help="Open this link again, which is held since a restore.")
    ] = None,
    issuer: AsOption = None,
    home: HomeOption = None,
    server: AskedOption = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Make a private link that shows a lot's certificate to one customer, with the chain as your suppliers granted it.

    The link is shown once. It ends on its day, or when you revoke it with --revoke. Without LOT, list the links that
    you made, and how often each was opened.

    If you have got a private link of a shipment, --received tells its sender that the goods came. It moves nothing.

    Example: oreprint share OX-17 --as did:web:separation-a.example --with "Metal A" --days 30 --code OX-17-link.svg
    """
    if received is not None:
        refuse_unused(context, "with --received", "lot", "issuer", "home", "server", "revoke", "resume", *_OF_A_LINK)
        link = private_link(received)
        if link is None:
            raise InputError.at("share.link", "--received")
        _say(tell_received(link, seconds=settings.remote_seconds()), _receipt_lines, as_json=as_json)
        return
    acts = acting(issuer, home, server=server)
    if lot is not None:
        refuse_unused(context, "with LOT", "revoke", "resume")
        made = _made(lot, recipient, audience, days, acts, home, server)
        if code is not None:
            _draw(made, code)
        _say(made, partial(_made_lines, lot=lot), as_json=as_json)
        return
    refuse_unused(context, "without LOT", *_OF_A_LINK)
    if resume is not None:
        refuse_unused(context, "with --resume", "revoke", "server")
    found = _links(acts, revoke, resume, home, server)
    _say(found, partial(_listed_lines, revoke=revoke, resume=resume), as_json=as_json)


def _say(answer: _Answer, lines: Callable[[_Answer], Iterable[str]], *, as_json: bool) -> None:
    """Print an answer, as JSON or in words."""
    reply(answer.model_dump(), *lines(answer), as_json=as_json)


def _receipt_lines(told: ShipmentReceipt) -> Iterable[str]:
    yield f"{'You told' if told.first else 'You have told'} the sender on {told.received} that you received it."
    yield "That is a note and moves nothing. If the goods were offered to you, accept them: oreprint accept"


def _made_lines(made: NewLink, *, lot: str) -> Iterable[str]:
    shared = made.shared
    yield f"Link {shared.id} shows lot {lot} to {shared.recipient} as {shared.audience} until {shared.expires[:10]}."
    yield "It is shown this once. Whoever has it can read what it shows, so send it to nobody else:"
    yield made.link


def _listed_lines(found: SharedLinks, *, revoke: str | None, resume: str | None) -> Iterable[str]:
    if revoke is not None:
        yield f"Link {revoke} is revoked. It opens nothing from now on."
    elif resume is not None:
        yield f"Link {resume} opens its certificate again."
    else:
        yield from map(_line, found.links) if found.links else ["You have made no private links."]


def _made(  # noqa: PLR0917 - as typed
    lot: str, recipient: str | None, audience: str, days: int, issuer: str, home: Path | None, server: str | None
) -> NewLink:
    """Return a new link, made in the registry of a home or by that of a server."""
    if recipient is None:
        raise InputError.at("share.recipient", "--with")
    wanted = validated(ShareRequest, {"lot": lot, "recipient": recipient, "audience": audience, "days": days})
    if server is None:
        return _made_here(wanted, issuer, home)
    client = client_at(server, home)
    client.member(issuer)
    return validated(NewLink, client.remote.post("/v1/shares", wanted.model_dump_json().encode()))


def _made_here(wanted: ShareRequest, issuer: str, home: Path | None) -> NewLink:
    registry = open_to_read(home)
    origin = settings.read("OREPRINT_ORIGIN") or f"https://{registry.did}"
    return create_share(registry, wanted, party=issuer, origin=origin)


def _links(issuer: str, revoke: str | None, resume: str | None, home: Path | None, server: str | None) -> SharedLinks:
    """Return the links of an issuer, after one of them is revoked or resumed if that is asked."""
    if server is None:
        from ledger.changes.share import list_shares, resume_share, revoke_share

        registry = open_to_read(home)
        if revoke is not None:
            revoke_share(registry, revoke, party=issuer)
        if resume is not None:
            resume_share(registry, resume, party=issuer)
        return list_shares(registry, issuer)
    client = client_at(server, home)
    client.member(issuer)
    asked = client.remote.get("/v1/shares") if revoke is None else client.remote.delete(f"/v1/shares/{revoke}")
    return parse_document(SharedLinks, asked)


def _draw(made: NewLink, path: Path) -> None:
    """Write the link as a QR code."""
    from ledger.carrier.qr import MOST_SEALED_VERSION, draw_symbol
    from ledger.carrier.svg import symbol_svg

    symbol = draw_symbol(made.link, level="M", most_version=MOST_SEALED_VERSION)
    write_lines(path, [symbol_svg(symbol, title=f"Private link for {made.shared.recipient}")])


def _line(link: SharedLink) -> str:
    """Return a link in one line."""
    opened = "not opened" if link.last_opened is None else f"opened {link.opened} x, last {link.last_opened}"
    return f"{link.id}  {link.state} until {link.expires[:10]}  {link.recipient} ({link.audience})  {opened}  {link.certificate}"
