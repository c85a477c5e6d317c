"""Send a notice to a web address (Standard Webhooks 1.0, standardwebhooks.com).

Rules:

1. An address is https to a public address of the internet. Private networks and plain http are for hooks that the
   operator marked so; a server's own ports are for none.
2. A name is looked up once, and the connection goes to that very address. Redirects are not followed.
3. A status from 200 to 299 is a receipt. Nothing else of an answer is kept, or told to anybody: an answer could be of a
   server that only this machine can reach.
"""

from __future__ import annotations

import re
import socket
from base64 import b64encode
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from hashlib import sha256
from hmac import digest
from ipaddress import ip_address
from typing import Final, NamedTuple

from ledger.remote.exchange import Deadline, NoAnswerError, exchange
from ledger.remote.origin import WebOrigin
from ledger.remote.public_address import is_public
from schemas.identifier import DOMAIN
from schemas.problem import InputError

MOST_ANSWER_BYTES: Final = 64 * 1024
SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the start of every secret, by the specification
_ADDRESS: Final = re.compile(
    rf"(https?)://({DOMAIN}|\[[0-9a-f:.]{{2,45}}\])(?::([1-9][0-9]{{0,4}}))?(/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?)?"
)
_MOST_PORT: Final = 65_535


class WebhookAddress(NamedTuple):
    """Where a webhook is: its server, the path with the query, and whether it may lie in a private network."""

    origin: WebOrigin
    target: str
    private: bool

    @classmethod
    def parse(cls, text: str, *, private: bool) -> WebhookAddress:
        """Return the address that a text is, in its one spelling; raise InputError `hook.address`."""
        parts = _ADDRESS.fullmatch(text)
        port = int((parts and parts[3]) or (443 if text.startswith("https") else 80))
        if parts is None or port > _MOST_PORT or (parts[1] == "http" and not private):
            raise InputError.at("hook.address", value=text)
        return cls(WebOrigin(parts[1] == "https", parts[2].strip("[]"), port), parts[4] or "/", private)

    @property
    def may_be_public(self) -> bool:
        """Return whether the host is a name or a public address; only the connection shows whither a name leads."""
        try:
            return is_public(str(ip_address(self.origin.host)))
        except ValueError:
            return True

    def check_new(self, *, registry: str) -> None:
        """Check the address of a new hook before anything is sent to it, as far as its text shows (rule 1).

        Raises:
            InputError: `hook.not-public`, `hook.own`.
        """
        host = self.origin.host
        if host == registry:
            raise InputError.at("hook.own", value=host)
        local = host == "localhost" or host.endswith(".localhost")
        if not self.private and (local or not self.may_be_public):
            raise InputError.at("hook.not-public", value=host)
        with suppress(ValueError):  # a name
            if not _may_be_private(host):
                raise InputError.at("hook.not-public", value=host)

    def allows(self, address: str, port: int, *, own_ports: AbstractSet[int]) -> bool:
        """Return whether to connect to an IP address that the host's name stands for (rule 1)."""
        if port in own_ports and _is_own(address):
            return False
        return is_public(address) or (self.private and _may_be_private(address))


def webhook_headers(secrets: Iterable[bytes], message_id: str, body: bytes, *, at_s: int) -> dict[str, str]:
    """Return the headers by which a receiver knows sender, message and time, in seconds since 1970 UTC.

    A receiver knows one of the `secrets`, so each has its signature.
    """
    signed = f"{message_id}.{at_s}.".encode() + body
    signatures = (b64encode(digest(secret, signed, sha256)).decode() for secret in secrets)
    told = " ".join(f"v1,{each}" for each in signatures)
    return {"webhook-id": message_id, "webhook-timestamp": str(at_s), "webhook-signature": told}


def secret_text(secret: bytes) -> str:
    """Return a secret as receivers are given it."""
    return SECRET_PREFIX + b64encode(secret).decode()


def send_webhook(
    address: WebhookAddress, headers: dict[str, str], body: bytes, *, seconds: int, own_ports: AbstractSet[int]
) -> bool:
    """Send a message once; return whether its receiver took it."""
    try:
        answer = exchange(
            address.origin,
            "POST",
            address.target,
            body=body,
            headers={"Content-Type": "application/json", **headers},
            deadline=Deadline(seconds),
            most=MOST_ANSWER_BYTES,
            allowed=lambda found, port: address.allows(found, port, own_ports=own_ports),
        )
    except NoAnswerError:
        return False
    return 200 <= answer.status < 300


def _may_be_private(text: str) -> bool:
    """Return whether a hook in a private network can have this IP address.

    A link-local one never is: a cloud answers there with the credentials of this machine.
    """
    address = ip_address(text.partition("%")[0])
    carried = getattr(address, "ipv4_mapped", None)
    return not any(
        one.is_link_local or one.is_multicast or one.is_unspecified for one in (address, carried) if one is not None
    )


def _is_own(address: str) -> bool:
    """Return whether an IP address is one of this machine: only such can be bound to."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
