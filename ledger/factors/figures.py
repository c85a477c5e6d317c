"""Figures: kg of gases by stage or by group, each with location- and with market-based electricity.

Rules: a figure is an integer of 10^-12 kg.  Rows have the order of the word lists, without those that are 0 in both
columns.  GWPs are applied last, to whole sets of rows, and the sum is rounded once.

This module does not compute a run (`ledger.footprint.engine`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias, TypeVar

from ledger.chemistry.exact import SCALE, divide
from schemas.figures import Co2e
from schemas.quantity import trillionths, trillionths_text
from schemas.vocabulary import GASES, GROUPS, STAGES, Gas, Group, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from schemas.figures import FigureRow, GroupRow

_MILLION: Final = 10**6


class Pair(NamedTuple):
    """One figure with location-based and with market-based electricity (scaled kg)."""

    location: int
    market: int


ZERO: Final = Pair(0, 0)
pair_of: Final[Callable[[tuple[int, int]], Pair]] = partial(tuple.__new__, Pair)
"""Make a `Pair` of a tuple; hot path, see bench/."""

StageGas: TypeAlias = tuple[Stage, Gas]
GroupGas: TypeAlias = tuple[Group, Gas]

STAGE_ORDER: Final[dict[StageGas, int]] = {
    (stage, gas): row * len(GASES) + column for row, stage in enumerate(STAGES) for column, gas in enumerate(GASES)
}
GROUP_ORDER: Final[dict[GroupGas, int]] = {
    (group, gas): row * len(GASES) + column for row, group in enumerate(GROUPS) for column, gas in enumerate(GASES)
}


Key = TypeVar("Key", StageGas, GroupGas)


# -- sums ---------------------------------------------------------------------------------------------------------


def sum_rows(several: Iterable[Mapping[StageGas, Pair]]) -> dict[StageGas, Pair]:
    """Return the exact sum of several sets of rows."""
    total: dict[StageGas, Pair] = {}
    for rows in several:
        for key, pair in rows.items():
            held = total.get(key)
            total[key] = pair if held is None else pair_of((held[0] + pair[0], held[1] + pair[1]))
    return total


def co2e(rows: Mapping[Key, Pair], gwp: Mapping[Gas, int]) -> Pair:
    """Return the kg CO2e of rows: the sum of row x GWP, rounded once for each column (rule 4)."""
    location = market = 0
    for (_, gas), pair in rows.items():
        weight = gwp[gas]
        location += pair[0] * weight
        market += pair[1] * weight
    rounded = divide(location, SCALE)
    return pair_of((rounded, rounded if market == location else divide(market, SCALE)))


def per_kg(total: Pair, net_mass_mg: int) -> Pair:
    """Return a total per kg of net mass, rounded once; for display only."""
    return Pair(divide(total[0] * _MILLION, net_mass_mg), divide(total[1] * _MILLION, net_mass_mg))


def add_figure(rows: dict[Key, Pair], key: Key, location: int, market: int) -> None:
    """Add a figure to a row."""
    held = rows.get(key)
    rows[key] = pair_of((location, market) if held is None else (held[0] + location, held[1] + market))


def in_order(rows: Mapping[Key, Pair], order: Mapping[Key, int]) -> dict[Key, Pair]:
    """Return rows in the order of the words, without those that are 0 in both columns."""
    return {key: pair for key in sorted(rows, key=order.__getitem__) if (pair := rows[key])[0] or pair[1]}


def sum_of_two(one: Pair, two: Pair) -> Pair:
    """Return the sum of two pairs."""
    return Pair(one.location + two.location, one.market + two.market)


def total_of(pairs: Iterable[Pair]) -> Pair:
    """Return the sum of pairs."""
    location = market = 0
    for pair in pairs:
        location += pair.location
        market += pair.market
    return Pair(location, market)


# -- rows as documents --------------------------------------------------------------------------------------------


def figure_rows(rows: Mapping[StageGas, Pair]) -> tuple[FigureRow, ...]:
    """Return rows as sealed."""
    return tuple([(stage, gas, *_texts(pair)) for (stage, gas), pair in rows.items()])


def group_rows(rows: Mapping[GroupGas, Pair]) -> tuple[GroupRow, ...]:
    """Return own rows as sealed."""
    return tuple([(group, gas, *_texts(pair)) for (group, gas), pair in rows.items()])


def _texts(pair: Pair) -> tuple[str, str]:
    location = trillionths_text(pair[0])
    return location, location if pair[0] == pair[1] else trillionths_text(pair[1])


def parsed_rows(rows: Iterable[FigureRow]) -> dict[StageGas, Pair]:
    """Return sealed rows as figures; inverse of `figure_rows`."""
    return {
        (stage, gas): pair_of((trillionths(location), trillionths(market))) for stage, gas, location, market in rows
    }


def parsed_groups(rows: Iterable[GroupRow]) -> dict[GroupGas, Pair]:
    """Return sealed own rows as figures; inverse of `group_rows`."""
    return {
        (group, gas): pair_of((trillionths(location), trillionths(market))) for group, gas, location, market in rows
    }


def co2e_document(pair: Pair) -> Co2e:
    """Return a pair of totals as sealed."""
    location, market = _texts(pair)
    return Co2e(location=location, market=market)


def parsed_co2e(both: Co2e) -> Pair:
    """Return a sealed pair of totals; inverse of `co2e_document`."""
    return pair_of((trillionths(both.location), trillionths(both.market)))
