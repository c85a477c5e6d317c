"""Rate limits: one table of kinds of requests, who is counted, and the limit.

Rules: work that anybody can ask for is counted by address, and writes by token. Static files are not counted. Counts
live in this process. Proofs of who somebody is are counted only where they are wrong: whatever strangers tried before,
a right one is taken. The address is that of the caller, where the proxies in between are named (`api.server`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil
from time import monotonic
from typing import Final, Literal

from starlette.requests import Request

from schemas.problem import AccessError

Counted = Literal["wrong token", "verify", "write", "wrong sign-in", "wrong account", "wrong code", "challenge"]

WRONG_TOKENS_A_MINUTE: Final = 60
"""From one address: a program with a stale token notices, and guessing 256 bits stays hopeless."""
VERIFICATIONS_A_MINUTE: Final = 6000
"""From one address: one core's worth of small verifications."""
WRITES_A_MINUTE: Final = 60_000
"""With one token: a thousand a second, above what one registry issues."""
WRONG_SIGN_INS_A_MINUTE: Final = 60
"""From one address, for all accounts. Beyond it its tries wait for each other, and wrong ones are told so."""
WRONG_TRIES_A_MINUTE: Final = 5
"""For one account from one address, likewise; a passkey is never held up."""
WRONG_CODES_A_MINUTE: Final = 5
"""For one account, with its right password, from everywhere: a code has a million values. A stranger adds none."""
CHALLENGES_A_MINUTE: Final = 600
"""From one address: each is a row for five minutes."""

RATES: Final[dict[Counted, int]] = {
    "wrong token": WRONG_TOKENS_A_MINUTE,
    "verify": VERIFICATIONS_A_MINUTE,
    "write": WRITES_A_MINUTE,
    "wrong sign-in": WRONG_SIGN_INS_A_MINUTE,
    "wrong account": WRONG_TRIES_A_MINUTE,
    "wrong code": WRONG_CODES_A_MINUTE,
    "challenge": CHALLENGES_A_MINUTE,
}
_IPV6_NETWORK: Final = 64
"""Bits of the network of an IPv6 address, the least that a customer gets."""
MINUTE: Final = 60
"""Seconds of a window; one window for all, so that a look at the clock empties them and nothing is kept of who is
gone."""


@dataclass(slots=True)
class Rates:
    """The counts of one process in the minute that runs."""

    _ends: float = 0
    _counts: Counter[tuple[Counted, str]] = field(default_factory=Counter)

    def count(self, what: Counted, who: str) -> None:
        """Count one; raise AccessError `api.rate` past the limit."""
        self.check(what, who)
        self._counts[what, who] += 1

    def check(self, what: Counted, who: str) -> None:
        """Raise AccessError `api.rate` where one more would be past the limit."""
        if self.is_past(what, who):
            raise AccessError.at("api.rate", seconds=max(1, ceil(self._ends - monotonic())))

    def is_past(self, what: Counted, who: str) -> bool:
        """Return whether one more would be past the limit."""
        now = monotonic()
        if now >= self._ends:
            self._ends = now + MINUTE
            self._counts.clear()
        return self._counts[what, who] >= RATES[what]


def address_of(request: Request) -> str:
    """Return the address that a request counts for: of IPv6 the network, since whoever has one address has them all."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, _IPV6_NETWORK), strict=False))
