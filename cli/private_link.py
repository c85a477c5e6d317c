"""A private link as its customer has it: the address of a page, with a secret behind the `#`.

Rules: the secret goes into a header and into no address, as a browser does it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from cli import settings
from schemas.problem import InputError, StateError
from schemas.sentences import HELD

if TYPE_CHECKING:
    from ledger.remote.client import RemoteServer
    from schemas.answers.contacts import ShipmentReceipt
    from schemas.report import HeldGoods

_LINK: Final = re.compile(
    r"(https?://[^/?#]+)/c/(zQm[1-9A-HJ-NP-Za-km-z]{44})(?:\?[^#]*)?#key=(orev_[A-Za-z0-9_-]{43})"
)


class PrivateLink(NamedTuple):
    """A private link: the origin of its registry, the certificate's digest, and the secret."""

    origin: str
    digest: str
    secret: str

    def registry(self) -> RemoteServer:
        """Return the registry, asked with the secret; raise InputError `remote.url`."""
        from ledger.remote.client import RemoteServer

        return RemoteServer.at(self.origin, self.secret, seconds=settings.remote_seconds())


def private_link(text: str) -> PrivateLink | None:
    """Return the private link in a text, or None if the text is no private link."""
    found = _LINK.fullmatch(text)
    return None if found is None else PrivateLink(*found.groups())


@contextmanager
def unsigned() -> Iterator[None]:
    """Say that a registry gave no answer, and not that a signed request is kept: with a link nothing is signed."""
    try:
        yield
    except StateError as error:
        if error.code != "remote.unreachable":
            raise
        raise StateError.at("remote.away", **error.problems[0].facts) from error


def held_goods(link: PrivateLink) -> HeldGoods | None:
    """Return the word of a link's registry that it holds the goods for the customer, or None; the sentence is ours.

    Raises:
        RefusedError: `remote.refused`; StateError: `remote.away`.
    """
    from ledger.remote.client import foreign_text
    from schemas.door import parse_json
    from schemas.report import HeldGoods

    registry = link.registry()
    with unsigned():
        answer = registry.get(f"/v1/certificates/{link.digest}/verification")
    told = parse_json(answer, max_bytes=registry.most, max_string=registry.most)
    held = told.get("held") if isinstance(told, dict) else None
    return HeldGoods(registry=foreign_text(held.get("registry")), sentence=HELD) if isinstance(held, dict) else None


def tell_received(text: str) -> ShipmentReceipt:
    """Tell the sender of a private link that the goods came.

    Raises:
        InputError: `share.link`, `remote.url`; RefusedError: `remote.refused`; StateError: `remote.away`.
    """
    from schemas.answers.contacts import ShipmentReceipt
    from schemas.door import validated

    link = private_link(text)
    if link is None:
        raise InputError.at("share.link", "--received")
    with unsigned():
        return validated(ShipmentReceipt, link.registry().post("/v1/receipts", b"{}"))
