"""Sharing a whole out by weights, exactly: the parts always equal the whole.

Rules: a part is whole x weight / sum of weights, rounded half to even; what rounding leaves over goes to the part
of the largest weight, the first of equals.  Weights are stored, never shares, since 1/3 has no end.

What this module does not do: choosing weights (`ledger.footprint.engine.weights_of`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.chemistry.exact import divide

if TYPE_CHECKING:
    from collections.abc import Sequence


def allocate(whole: int, weights: Sequence[int]) -> list[int]:
    """Return `whole` in parts by `weights` (none negative, not all 0); the parts sum to `whole`."""
    if len(weights) == 1:
        return [whole]
    total = sum(weights)
    parts = [divide(whole * weight, total) for weight in weights]
    parts[weights.index(max(weights))] += whole - sum(parts)
    return parts
