"""Moves: the owner gives a whole holding to another owner, to another registry, or back to itself.

Rules: mass and batch stay the same.  The new owner makes the text of the new holding, and the move carries its SHA-256.
A move is void if it is not logged within `TIME_TO_LOG_MS`.  `ledger.seal.statement` signs and reads moves.
"""

from __future__ import annotations

from typing import Final

from ledger.holdings.mark import commitment, open_holding
from ledger.seal.digest import to_base64url
from schemas.holding import Part, Use
from schemas.instant import DAY_MS, instant_text, whole_second
from schemas.quantity import kg_text
from schemas.statement import Move

TIME_TO_LOG_MS: Final = 7 * DAY_MS
"""How long after signing a record may be logged.  After that, a lost request has certainly failed."""
CLOCK_MS: Final = 5 * 60 * 1000
"""How far a producer's clock may be ahead of the registry's: five minutes (threat model)."""


def make_move(uses: Use, *, mass_mg: int, to: str, now_ms: int) -> Move:
    """Return the move of the whole holding `uses`, signed at `now_ms`, to the holding with the text `to`.

    Raises:
        InputError: `holding.text`.
    """
    return Move(
        oreprint="move/1",
        registry=open_holding(uses.holding).registry,
        uses=uses,
        creates=Part(mass_kg=kg_text(mass_mg), holding=to_base64url(commitment(to))),
        to_registry=open_holding(to).registry,
        not_logged_after=instant_text(whole_second(now_ms + TIME_TO_LOG_MS)),
    )
