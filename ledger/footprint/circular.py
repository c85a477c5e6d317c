"""The circular footprint formula: share recycled content between the giver and the taker of a material.

Rules (Commission Recommendation (EU) 2021/2279, annex I, 4.4.8.1, material part of the production term): ``(1 - R1) Ev
+ R1 (A Erec + (1 - A) Ev Qs/Qp)``, with R1 the recycled share, Ev the footprint of virgin and Erec of recycled
material, A the taker's part of recycling's burden and benefit, and Qs/Qp the quality of recycled to virgin material.
With A = 1 and Qs/Qp = 1 it is cut-off, the method of every certificate.  The result stands beside a certificate's
figure, never in it.  The clause and the values of A are from memory, not read; a user states them.

This module does not choose A or Ev.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.exact import SCALE, divide
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.figures import ElementShare


def recycled_share(composition: Iterable[ElementShare]) -> int:
    """Return R1 of a batch, scaled: the recycled part of its rare earths, pre- and post-consumer together, by mass."""
    rare = [part for part in composition if part.element in RARE_EARTHS]
    whole = sum(trillionths(part.fraction) for part in rare)
    recycled = sum(trillionths(part.fraction) * (trillionths(part.pre) + trillionths(part.post)) for part in rare)
    return divide(recycled, whole) if whole else 0


@dataclass(frozen=True, slots=True)
class Circular:
    """The parameters, scaled: Ev in kg CO2e per kg, A and Qs/Qp as fractions."""

    virgin: int
    allocation: int
    quality: int

    def production(self, share: int, recycled: int) -> int:
        """Return the production term (scaled kg CO2e per kg) for a recycled share R1 and Erec, both scaled."""
        taken = self.allocation * recycled * SCALE + (SCALE - self.allocation) * self.virgin * self.quality
        return divide((SCALE - share) * self.virgin * SCALE**2 + share * taken, SCALE**3)

    def cut_off(self, share: int, recycled: int) -> int:
        """Return the production term of cut-off for the same (scaled kg CO2e per kg)."""
        return divide((SCALE - share) * self.virgin + share * recycled, SCALE)

    def recycled_of(self, share: int, cut_off: int) -> int:
        """Return the Erec in a cut-off figure, the inverse of `cut_off`; `share` is not 0."""
        return divide(cut_off * SCALE - (SCALE - share) * self.virgin, share)
