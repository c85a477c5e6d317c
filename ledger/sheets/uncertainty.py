"""How far a footprint may be off by its parameters, and what brings most of it.

This module computes no uncertainty (`ledger.footprint.uncertainty`).  It says nothing of the method (allocation,
prices, electricity set), nor of what was left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.exact import SCALE, divide
from ledger.footprint.uncertainty import gsd2, parsed_spread, span
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from schemas.figures import Quality

AMOUNTS: Final = "amounts"
"""The cause that is no factor: the meters, scales and estimates of all runs."""
_CAUSES: Final = 3
_LEAST: Final = 20
"""A cause counts if it brings at least 1 / 20 of the variance."""


class Parameters(NamedTuple):
    """Bounds of 95 % of the results in kg CO2e per kg, GSD2, and the main causes with their parts of the variance.

    A cause is a key of `ledger.footprint.uncertainty` or `AMOUNTS`; its part is scaled.
    """

    low: str
    high: str
    gsd2: str
    causes: tuple[tuple[str, int], ...]


def parameters(per_kg: str, quality: Quality) -> Parameters:
    """Return how far a figure may be off, and by what; a quality of engine 1 tells no causes."""
    variance = trillionths(quality.variance)
    low, high = span(per_kg, quality)
    return Parameters(low, high, trillionths_text(gsd2(variance)), tuple(_causes(quality, variance)))


def causes_words(found: Parameters) -> str:
    """Return the main causes in words, such as "; mostly the factors of ammonia (40 %)", nothing if none is known."""
    if not found.causes:
        return ""
    return f"; mostly {', '.join(f'{_named(key)} ({100 * share // SCALE} %)' for key, share in found.causes)}"


def _named(key: str) -> str:
    """Return the name of a cause for people."""
    group, _, flow = key.partition(":")
    match group:
        case "amounts":
            return "meters and estimates"
        case "grid":
            return f"the grid factors of {flow.partition(':')[0]}"
        case "unsplit":
            return "certificates of engine version 1"
        case _:
            return f"the factor of {flow.replace('-', ' ')}" if flow else f"factors of {group} that are not public"


def _causes(quality: Quality, variance: int) -> list[tuple[str, int]]:
    spread = parsed_spread(quality)
    if spread is None or not variance:
        return []
    parts = [(key, divide(root * root, SCALE)) for key, root in spread.shared]
    parts.append((AMOUNTS, spread.amounts))
    parts.sort(key=lambda part: (-part[1], part[0]))
    return [(key, divide(part * SCALE, variance)) for key, part in parts[:_CAUSES] if part * _LEAST >= variance]
