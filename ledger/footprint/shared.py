"""A run's total, and the part of each output.

This module does not compute them (`ledger.footprint.engine`).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from schemas.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.factors.figures import Pair, StageGas
    from ledger.footprint.indicators import Vector
    from schemas.vocabulary import BesideFigure


class OutputFigures(Frozen):
    """The figures of one output: rows, kg CO2e in total, per kg, by scope, under the other method; indicators.

    `reference` is the total under reference prices, None if the run and its inputs have none; `left_out` the most kg
    CO2e that exclusions leave out; `beside` the rows beside the total; `own_step` the run's own kg CO2e per
    kg, shared by mass.
    """

    rows: Mapping[StageGas, Pair]
    total: Pair
    per_kg: Pair
    scope_1: int
    scope_2: Pair
    scope_3: Pair
    alternative: Pair
    indicators: Vector
    reference: Pair | None = None
    left_out: int = 0
    beside: Mapping[BesideFigure, Pair] = MappingProxyType({})
    own_step: int = 0


class Shared(Frozen):
    """A run's total and the part of each output; `weights` are those of the declared method."""

    total: Mapping[StageGas, Pair]
    total_alternative: Pair
    weights: tuple[int, ...]
    outputs: tuple[OutputFigures, ...]
