"""How often: one table of what is counted, for whom, and up to where.

Rules: what costs a stranger nothing and us something is counted by address, what a tenant writes by its token.  Reading what is
static is not counted.  Counts live in this process.  What this module does not do: it stops no connection (`api.server`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from time import time
from typing import Final, Literal

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from schemas.problem import AccessError

Counted = Literal["wrong token", "verify", "write"]

WRONG_TOKENS_A_MINUTE: Final = 60
"""From one address: a program with a stale token notices, and guessing 256 bits stays hopeless."""
VERIFICATIONS_A_MINUTE: Final = 6000
"""From one address: one core's worth of small verifications."""
WRITES_A_MINUTE: Final = 60_000
"""With one token: a thousand a second, above what one registry issues."""

RATES: Final[dict[Counted, RateLimitItem]] = {
    "wrong token": RateLimitItemPerMinute(WRONG_TOKENS_A_MINUTE),
    "verify": RateLimitItemPerMinute(VERIFICATIONS_A_MINUTE),
    "write": RateLimitItemPerMinute(WRITES_A_MINUTE),
}


@dataclass(slots=True)
class Rates:
    """The counts of one process."""

    _limiter: FixedWindowRateLimiter = field(default_factory=lambda: FixedWindowRateLimiter(MemoryStorage()))

    def count(self, what: Counted, who: str) -> None:
        """Count one; raise AccessError `api.rate` past the limit."""
        if not self._limiter.hit(RATES[what], what, who):
            raise self._refusal(what, who)

    def check(self, what: Counted, who: str) -> None:
        """Count nothing; raise AccessError `api.rate` where the limit is reached."""
        if not self._limiter.test(RATES[what], what, who):
            raise self._refusal(what, who)

    def _refusal(self, what: Counted, who: str) -> AccessError:
        reset = self._limiter.get_window_stats(RATES[what], what, who).reset_time
        return AccessError.at("api.rate", seconds=max(1, ceil(reset - time())))
