"""A run's total, and what each output takes of it.

What this module does not do: computing (`ledger.footprint.engine`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.factors.figures import Pair, StageGas
    from ledger.footprint.indicators import Vector


class OutputFigures(Frozen):
    """The figures of one output: rows, kg CO2e in total and per kg, by scope and under the other method; further indicators."""

    rows: Mapping[StageGas, Pair]
    total: Pair
    per_kg: Pair
    scope_1: int
    scope_2: Pair
    scope_3: Pair
    alternative: Pair
    indicators: Vector


class Shared(Frozen):
    """A run's total and what each output takes of it; `weights` are those of the declared method."""

    total: Mapping[StageGas, Pair]
    total_alternative: Pair
    weights: tuple[int, ...]
    outputs: tuple[OutputFigures, ...]
