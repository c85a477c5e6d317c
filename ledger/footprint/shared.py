"""A run's total, and the part of each output.

This module does not compute them (`ledger.footprint.engine`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.factors.figures import Pair, StageGas
    from ledger.footprint.indicators import Vector


class OutputFigures(Frozen):
    """The figures of one output: rows, kg CO2e in total, per kg, by scope, under the other method; indicators."""

    rows: Mapping[StageGas, Pair]
    total: Pair
    per_kg: Pair
    scope_1: int
    scope_2: Pair
    scope_3: Pair
    alternative: Pair
    indicators: Vector


class Shared(Frozen):
    """A run's total and the part of each output; `weights` are those of the declared method."""

    total: Mapping[StageGas, Pair]
    total_alternative: Pair
    weights: tuple[int, ...]
    outputs: tuple[OutputFigures, ...]
