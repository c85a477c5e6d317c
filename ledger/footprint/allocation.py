"""Divide a whole by weights, exactly: the parts always sum to the whole.

Rules: a part is whole x weight / sum of weights, rounded half to even.  The remainder goes to the part with the largest
weight, the first of equals. Weights are stored, never shares, because 1/3 has no finite decimal.

This module does not choose weights (`ledger.footprint.engine.weights_of`).
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
