"""Rate limits: one table of kinds of requests, who is counted, and the limit.

Rules: work that anybody can ask for is counted by address, and writes by token. Static files are not counted. Counts
live in this process.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import ceil
from time import monotonic
from typing import Final, Literal

from schemas.problem import AccessError

Counted = Literal["wrong token", "verify", "write", "wrong sign-in", "wrong account", "challenge"]

WRONG_TOKENS_A_MINUTE: Final = 60
"""From one address: a program with a stale token notices, and guessing 256 bits stays hopeless."""
VERIFICATIONS_A_MINUTE: Final = 6000
"""From one address: one core's worth of small verifications."""
WRITES_A_MINUTE: Final = 60_000
"""With one token: a thousand a second, above what one registry issues."""
WRONG_SIGN_INS_A_MINUTE: Final = 60
"""From one address, for all accounts: people mistype, and behind a proxy all have one address."""
WRONG_TRIES_A_MINUTE: Final = 5
"""For one account from one address; a passkey is never held up."""
CHALLENGES_A_MINUTE: Final = 600
"""From one address: each is a row for five minutes."""

RATES: Final[dict[Counted, int]] = {
    "wrong token": WRONG_TOKENS_A_MINUTE,
    "verify": VERIFICATIONS_A_MINUTE,
    "write": WRITES_A_MINUTE,
    "wrong sign-in": WRONG_SIGN_INS_A_MINUTE,
    "wrong account": WRONG_TRIES_A_MINUTE,
    "challenge": CHALLENGES_A_MINUTE,
}
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
        now = monotonic()
        if now >= self._ends:
            self._ends = now + MINUTE
            self._counts.clear()
        if self._counts[what, who] >= RATES[what]:
            raise AccessError.at("api.rate", seconds=max(1, ceil(self._ends - now)))
