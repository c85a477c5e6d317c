"""What a reader scanned or was sent: the link of a label, or a private link; whom it may lead to, and what is there.

Rules:

1. What was scanned never decides by itself who is contacted: only an origin, that is scheme, host and port, that the
   pinned trust list names (https at a registry's own domain) or that the reader named.
2. The secret of a private link goes into a header and into no address, as a browser does it.

This module judges nothing (`ledger.client.judging`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

from ledger.carrier.link import CertificateLink, parse_link
from ledger.files.source import ADDRESS, BEGIN_BYTES, may_begin
from ledger.remote.client import RemoteServer, foreign_text
from ledger.remote.origin import WebOrigin
from schemas.door import parse_json, validated
from schemas.problem import InputError, StateError
from schemas.report import HeldGoods
from schemas.sentences import HELD

if TYPE_CHECKING:
    from ledger.trust.pinned import Trust
    from schemas.answers.contacts import ShipmentReceipt

MOST_FETCHED_BYTES: Final = 64 * 1024 * 1024
"""From an address: as much as a registry takes in by HTTP; a longer bundle comes as a file."""
_PAGE: Final = re.compile(r"/c/(zQm[1-9A-HJ-NP-Za-km-z]{44})(?:\?.*)?$")
_LINK: Final = re.compile(
    r"(https?://[^/?#]+)/c/(zQm[1-9A-HJ-NP-Za-km-z]{44})(?:\?[^#]*)?#key=(orev_[A-Za-z0-9_-]{43})"
)


class PrivateLink(NamedTuple):
    """A private link: the origin of its registry, the certificate's digest, and the secret."""

    origin: str
    digest: str
    secret: str

    def registry(self, *, seconds: int) -> RemoteServer:
        """Return the registry, asked with the secret; raise InputError `remote.url`."""
        return RemoteServer.at(self.origin, self.secret, seconds=seconds)


def linked(source: str) -> CertificateLink | None:
    """Return the link that was scanned, if `source` is one by digest."""
    if not ADDRESS.match(source):
        return None
    try:
        link = parse_link(source)
    except InputError:
        return None
    return link if isinstance(link, CertificateLink) else None


def private_link(text: str) -> PrivateLink | None:
    """Return the private link in a text, or None if the text is no private link."""
    found = _LINK.fullmatch(text)
    return None if found is None else PrivateLink(*found.groups())


def named_origin(text: str) -> WebOrigin:
    """Return an origin that a reader names, such as ``http://127.0.0.1:8080``; raise InputError `remote.url`."""
    found = RemoteServer.public(text)
    if found.prefix:
        raise InputError.at("remote.url", value=text)
    return found.origin


def fetched(url: str, *, trust: Trust, named: Collection[WebOrigin], seconds: int) -> BinaryIO:
    """Return the file at an address, open; of a certificate's page, its bundle, as far as a private link shows it.

    Only a registry of the trust list is asked, at https and its own domain, or an origin that was `named`.  What comes
    goes to a temporary file, and nothing more is read once it can't be a record.

    Raises:
        InputError: `remote.url`, `verify.unlisted`, `file.kind`; RefusedError: `remote.refused`;
            StateError: `remote.away`.
    """
    address = _PAGE.sub(r"/v1/certificates/\1/bundle", url.partition("#")[0])
    asked = RemoteServer.public(address, seconds=seconds, most=MOST_FETCHED_BYTES)
    known = {WebOrigin(secure=True, host=registry, port=443) for registry in trust.registries}
    if asked.origin not in known | {*named}:
        raise InputError.at("verify.unlisted", origin=asked.origin.to_text())
    private = private_link(url)
    asked = asked if private is None else replace(asked, token=private.secret)
    kept = TemporaryFile()  # noqa: SIM115 - the caller closes it
    begins = bytearray()

    def keep(piece: bytes) -> None:
        begins.extend(piece[: BEGIN_BYTES - len(begins)])
        if not may_begin(begins):
            raise InputError.at("file.kind", url.partition("#")[0], value=piece[:BEGIN_BYTES].decode(errors="replace"))
        kept.write(piece)

    with unsigned(), ExitStack() as closing:
        closing.callback(kept.close)
        asked.download("" if asked.prefix else "/", keep)
        kept.seek(0)
        closing.pop_all()
    return kept


@contextmanager
def unsigned() -> Iterator[None]:
    """Say that a registry gave no answer, and not that a signed request is kept: with a link nothing is signed."""
    try:
        yield
    except StateError as error:
        if error.code != "remote.unreachable":
            raise
        raise StateError.at("remote.away", **error.problems[0].facts) from error


def held_goods(link: PrivateLink, *, seconds: int) -> HeldGoods | None:
    """Return the word of a link's registry that it holds the goods for the customer, or None; the sentence is ours.

    Raises:
        RefusedError: `remote.refused`; StateError: `remote.away`.
    """
    registry = link.registry(seconds=seconds)
    with unsigned():
        answer = registry.get(f"/v1/certificates/{link.digest}/verification")
    told = parse_json(answer, max_bytes=registry.most, max_string=registry.most)
    held = told.get("held") if isinstance(told, dict) else None
    return HeldGoods(registry=foreign_text(held.get("registry")), sentence=HELD) if isinstance(held, dict) else None


def tell_received(link: PrivateLink, *, seconds: int) -> ShipmentReceipt:
    """Tell the sender of a private link that the goods came.

    Raises:
        InputError: `remote.url`; RefusedError: `remote.refused`; StateError: `remote.away`.
    """
    from schemas.answers.contacts import ShipmentReceipt  # noqa: PLC0415 - only who received goods pays for its models

    with unsigned():
        return validated(ShipmentReceipt, link.registry(seconds=seconds).post("/v1/receipts", b"{}"))
