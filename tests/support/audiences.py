"""The order of answers: which one is worse, for audiences that see more or less of one lot."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.report import Report
    from schemas.vocabulary import Audience

AUDIENCES: Final[tuple[Audience, ...]] = ("public", "customer", "partner", "auditor")
"""Each sees all that the one before sees."""
_STATES: Final = (
    "do-not-rely", "withdrawn", "suspended", "affected", "unknown", "incomplete", "expired", "superseded", "genuine",
)  # fmt: skip
_ACTIONS: Final = ("ask-chain", "wait-for-audit", "ask-whole-chain", "check-online", "accept-ask", "accept")
"""The three that ask the supplier for more are alike."""


def rank(found: Report) -> tuple[int, int]:
    """Return how good the answer of a report is: its state, then its advice."""
    code = found.action.code
    advice = max(_ACTIONS.index(code), _ACTIONS.index("ask-whole-chain")) if code in _ACTIONS else 0
    return _STATES.index(found.state), advice


def worse(found: Mapping[Audience, Report]) -> str | None:
    """Return how an audience gets a worse answer than one that sees less, or None."""
    for less, more in pairwise(found):
        if rank(found[more]) < rank(found[less]):
            told = [f"{each}: {found[each].state}, {found[each].action.sentence}" for each in (less, more)]
            return "; ".join(told)
    return None
