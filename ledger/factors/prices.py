"""Reference prices: what oxides and minerals sold for, by year, and which part of it a mixture gets.

The price table has one price a row, with exactly these columns:

``product, elements``
    the goods in words, and the elements that make them, joined by ``;``.  Several elements are goods sold together.
``goods``
    ``oxide``: the price of 1 kg of the elements as oxides.  ``mixture`` and ``compound``: the part that is paid of the
    sum over the elements, for oxides that are not separated, and for ores, carbonates, chlorides and scrap.
    ``mineral``: the price of goods without rare earth whose first element makes at least ``least`` of the mass.
``year``
    the year of a yearly mean.  Empty for a price of all years.
``low, central, high, unit``
    the price in USD/kg (of goods, or of P2O5 in them), or a share.
``status, source, note``
    as in a factor table; ``memory`` has no source, so a figure that rests on it is refused later.

This module reads no file (`ledger.tables`) and prices no output (`ledger.footprint.reference`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from ledger.chemistry.elements import ATOMIC_WEIGHT
from ledger.chemistry.exact import divide
from ledger.factors.factor import cell_choice, cell_error, cell_words, table_digest, table_lines
from schemas.problem import InputError
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS: Final = (
    "product", "elements", "goods", "year", "least", "low", "central", "high", "unit", "status", "source", "note",
)  # fmt: skip

NAME: Final = "price-ranges"
"""The name by which a run tells the digest of the table."""

NEWEST: Final = 3
"""The newest years that stand in for declared years without a price; and the fewest that make a mean."""

Goods = Literal["oxide", "mixture", "compound", "mineral"]
PriceStatus = Literal["read", "read-secondary", "derived", "method", "memory", "placeholder"]
Unit = Literal["USD/kg", "USD/kg P2O5", "share"]


class Price(NamedTuple):
    """A price over some years (scaled USD/kg): means of the rows.

    It is `memory` if most rows have no source, `old` if the years are not those asked for.
    """

    low: int
    central: int
    high: int
    memory: bool
    old: bool = False


class Mineral(NamedTuple):
    """The price of goods without rare earth, told by the least mass fraction (scaled) of their first element."""

    element: str
    least: int
    of_oxide: bool
    price: Price


@dataclass(frozen=True, slots=True, eq=False)
class PriceTable:
    """Prices by elements and year, shares of mixtures, and minerals; `full_years` have prices of most elements.

    `groups` are the elements with a price, those alone first.
    """

    digest: str
    yearly: Mapping[tuple[str, ...], Mapping[int, Price]]
    shares: Mapping[str, Price]
    minerals: tuple[Mineral, ...]
    full_years: tuple[int, ...]
    groups: tuple[frozenset[str], ...]

    def mean(self, elements: tuple[str, ...], first: int, last: int) -> Price:
        """Return the mean over the years from first to last with a price; over the newest ones if they are too few."""
        return _mean(self.yearly[elements], first, last)


@lru_cache(maxsize=1024)
def mean_prices(table: PriceTable, first: int, last: int) -> Mapping[str, Price]:
    """Return the mean price of each element's oxide over some years: alone, else in the first goods sold together.

    All runs of a plant ask for the same years, so answers are cached.
    """
    found: dict[str, Price] = {}
    for elements in sorted(table.yearly, key=lambda each: len(each) > 1):
        for element in elements:
            if element not in found:
                found[element] = table.mean(elements, first, last)
    return MappingProxyType(found)


def parse_prices(content: bytes, name: str = "price_ranges") -> PriceTable:
    """Parse the price table; raise as `parse_factor_set`."""
    yearly: dict[tuple[str, ...], dict[int, Price]] = defaultdict(dict)
    shares: dict[str, Price] = {}
    minerals: list[Mineral] = []
    for place, cells in table_lines(content, name, COLUMNS):
        goods = cell_choice(cells, "goods", get_args(Goods), place)
        elements = tuple(
            cell_choice({"elements": each}, "elements", ATOMIC_WEIGHT, place)
            for each in filter(None, cells["elements"].split(";"))
        )
        for column in ("product", "source"):
            cell_words(cells, column, place)
        unit = cell_choice(cells, "unit", get_args(Unit), place)
        status = cell_choice(cells, "status", get_args(PriceStatus), place)
        low, central, high = (trillionths(cells[column]) for column in ("low", "central", "high"))
        if not low <= central <= high:
            raise cell_error(cells, "central", "low, central and high in rising order", place)
        price = Price(low, central, high, status == "memory")
        if goods == "mineral":
            minerals.append(Mineral(elements[0], trillionths(cells["least"]), unit == "USD/kg P2O5", price))
        elif goods == "oxide":
            if not cells["year"].isdecimal():
                raise cell_error(cells, "year", "a year", place)
            if int(cells["year"]) in yearly[elements]:
                raise InputError.at("factor.duplicate", place, id=cells["product"])
            yearly[elements][int(cells["year"])] = price
        else:
            shares[goods] = price
    years = Counter(year for prices in yearly.values() for year in prices)
    full = tuple(sorted(year for year, times in years.items() if times * 2 >= len(yearly)))
    groups = tuple(sorted(map(frozenset, yearly), key=len))
    return PriceTable(table_digest(content), dict(yearly), shares, tuple(minerals), full, groups)


def _mean(prices: Mapping[int, Price], first: int, last: int) -> Price:
    years = [year for year in prices if first <= year <= last]
    old = len(years) < min(NEWEST, len(prices), last - first + 1)
    if old:
        years = sorted(prices)[-NEWEST:]
    found = [prices[year] for year in years]
    low, central, high = (divide(sum(price[place] for price in found), len(found)) for place in range(3))
    return Price(low, central, high, sum(price.memory for price in found) * 2 > len(found), old)
