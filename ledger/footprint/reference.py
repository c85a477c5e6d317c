"""The reference price of each output of a run: what such goods sold for, whatever the run declares.

Rules:

1. The price of goods with rare earths is the sum over their elements of mass fraction as oxide x mean price over the
   years of the declared prices (`ledger.factors.prices`).
2. Goods sold together that make 90 % of the oxides have their own row (PrNd, LaCe).  In pure goods nobody pays for an
   element below 1 % of the oxides: it is an impurity.
3. Ores, carbonates, chlorides, scrap, and oxides that are not separated get a part of the sum.  Separated enough are
   goods, scrap apart, of which one group makes more than 60 % of the oxides and of the value: they get the sum, and at
   least the group's part of it.
4. Metal goods have the price of their rare earths as oxides: only its proportions count.  Scrap beside them sells for
   its metals, and they for their shape too.  So the reference of the scrap is divided by what the main goods declare
   above their own, where dollars or yuan tell it and cobalt and nickel are worth less than the rare earth.
5. A sale stands for the reference of the mass sold, within the range of the reference.  The unsold rest has the lowest
   of declared price, sale and reference.  Declared prices are compared with references by the main output, so currency,
   tax and the level of the market cancel.
6. Goods without a price have none: 0, so that they carry nothing in the figure under reference prices.

This module does not judge (`ledger.plausibility.prices`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import mass_ratio, of, oxide_masses
from ledger.factors.prices import Price, mean_prices
from schemas.document import replace
from schemas.frozen import Frozen
from schemas.quantity import milligrams, trillionths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.factors.prices import PriceTable
    from schemas.run import Sold
    from schemas.vocabulary import Kind

RAW: Final[tuple[Kind, ...]] = ("ore", "concentrate", "mixed-compound", "scrap", "in-process")
"""Kinds whose rare earths somebody still has to separate."""

METALLIC: Final[tuple[Kind, ...]] = ("metal", "alloy", "powder", "magnet")
"""Kinds with the element as mass key, not its oxide; their price is that of working and shaping, too."""

LOCKED: Final = SCALE // 20
"""Below this mass fraction of rare-earth oxides, goods sell for what else they are."""

_P2O5_PER_P: Final = mass_ratio("P2O5", "P") / 2
_MILLIONTH: Final = SCALE // 10**6
NOTHING: Final = Price(0, 0, 0, memory=False)


class Goods(Protocol):
    """What of an output its reference depends on (`ledger.footprint.inventory.Outgoing`)."""

    @property
    def kind(self) -> Kind: ...  # noqa: D102 - as of an output
    @property
    def net_mass_mg(self) -> int: ...  # noqa: D102
    @property
    def fractions(self) -> Mapping[str, int]: ...  # noqa: D102
    @property
    def allocated(self) -> bool: ...  # noqa: D102
    @property
    def price(self) -> int | None: ...  # noqa: D102
    @property
    def sold(self) -> Sold | None: ...  # noqa: D102


class Reference(Frozen):
    """The reference of one output (scaled USD per kg of net mass): its range, and the price that counts.

    `counted` includes evidenced sales, to 6 decimals as sealed; `attested` is the same with the whole price of a sale,
    as if somebody had attested it.  `mixture` goods get only a part of the sum; `memory` prices have no source, `old`
    ones are not of the declared years.
    """

    low: int
    central: int
    high: int
    counted: int
    attested: int
    mixture: bool
    memory: bool
    old: bool


_PER_DOLLAR: Final[Mapping[str, int]] = {"USD": SCALE, "CNY": SCALE * 687 // 100}
"""Money for a dollar: of the yuan the mean of the yearly rates in price_ranges.csv, 2020 to 2024 (from memory)."""


def reference_prices(
    outputs: Sequence[Goods], table: PriceTable, first: int, last: int, currency: str = ""
) -> tuple[Reference, ...] | None:
    """Return the reference of each output over the years from first to last, or None if none has a price.

    `currency` is that of the declared prices.
    """
    plain = [_reference(output, table, first, last) for output in outputs]
    main = main_output(outputs, plain)
    if not plain[main].central or not outputs[main].allocated:
        return None
    if outputs[main].kind in METALLIC:
        shape = _shape(outputs[main], plain[main], _PER_DOLLAR.get(currency))
        plain = [
            _without_shape(each, shape) if output.kind == "scrap" else each
            for output, each in zip(outputs, plain, strict=True)
        ]
    level = Level(outputs[main].price or 0, plain[main].central)
    return tuple(_with_sales(output, each, level) for output, each in zip(outputs, plain, strict=True))


def main_output(outputs: Sequence[Goods], references: Sequence[Reference]) -> int:
    """Return the place of the output with the largest value by reference prices; the first of equals."""
    values = [
        output.net_mass_mg * each.central if output.allocated else -1
        for output, each in zip(outputs, references, strict=True)
    ]
    return values.index(max(values))


class Level(NamedTuple):
    """The declared price of the main output, and its reference."""

    declared: int
    reference: int

    def of(self, price: int) -> int:
        """Return a declared price in the money of the references."""
        return divide(price * self.reference, self.declared) if self.declared else price


def _shape(main: Goods, reference: Reference, per_dollar: int | None) -> int:
    """Return how many times the price of their metals the main goods declare (scaled), at least once."""
    held = main.fractions
    others, rare = _part(held, ("Co", "Ni")), sum(oxide_masses(held).values())
    if per_dollar is None or others > rare:
        return SCALE
    return max(SCALE, divide((main.price or 0) * SCALE * SCALE, per_dollar * reference.central))


def _without_shape(reference: Reference, shape: int) -> Reference:
    """Return the reference of scrap in the money of goods that sell for their shape too."""
    low, central, high = (divide(each * SCALE, shape) for each in (reference.low, reference.central, reference.high))
    return replace(reference, low=low, central=central, high=high, counted=central, attested=central)


def _reference(output: Goods, table: PriceTable, first: int, last: int) -> Reference:
    oxides = oxide_masses(output.fractions)
    whole = sum(oxides.values())
    mineral = _mineral(output.fractions, table) if whole < LOCKED else None
    if mineral is not None or not whole:
        low, central, high, memory, _ = mineral or NOTHING
        return Reference(low, central, high, central, central, mixture=False, memory=memory, old=False)
    pure = next((group for group in table.groups if _part(oxides, group) * 10 >= whole * 9), None)
    if pure is not None:
        oxides = {element: mass for element, mass in oxides.items() if mass * 100 >= whole}
    prices = _prices(oxides, pure, table, first, last)
    values = {element: divide(mass * prices[element].central, SCALE) for element, mass in oxides.items()}
    central = sum(values.values())
    low, high = _worth(oxides, prices, 0), _worth(oxides, prices, 2)
    memory = 2 * sum(values[element] for element in values if prices[element].memory) > central
    old = 10 * sum(values[element] for element in values if prices[element].old) > central
    mixture = False
    raw = output.kind in RAW
    if output.kind not in METALLIC and (raw or pure is None):
        separated = [
            each
            for each in table.groups
            if output.kind != "scrap" and _exceeds(oxides, each, whole) and _exceeds(values, each, central)
        ]
        main = max(separated, key=lambda each: _part(oxides, each), default=None)
        mixture = main is None
        paid = table.shares.get("compound" if raw else "mixture")
        if main is not None:
            low = min(low, divide(central * _part(oxides, main), whole))
        elif paid is not None:
            low, central, high = (divide(central * part, SCALE) for part in (paid.low, paid.central, paid.high))
            memory = memory or paid.memory
    return Reference(low, central, high, central, central, mixture=mixture, memory=memory, old=old)


def _part(parts: Mapping[str, int], group: Iterable[str]) -> int:
    return sum([parts[element] for element in group if element in parts])


def _exceeds(parts: Mapping[str, int], group: Iterable[str], whole: int) -> bool:
    """Return whether a group makes more than 60 %."""
    return _part(parts, group) * 10 > whole * 6


def _worth(oxides: Mapping[str, int], prices: Mapping[str, Price], place: int) -> int:
    return sum([divide(mass * prices[element][place], SCALE) for element, mass in oxides.items()])


def _prices(
    elements: Iterable[str], pure: frozenset[str] | None, table: PriceTable, first: int, last: int
) -> dict[str, Price]:
    """Return the price of each element's oxide: in goods sold together that of these, else its own."""
    single = mean_prices(table, first, last)
    prices = {element: single.get(element, NOTHING) for element in elements}
    if pure is not None and len(pure) > 1:
        together = table.mean(next(each for each in table.yearly if pure == frozenset(each)), first, last)
        prices |= dict.fromkeys(pure.intersection(prices), together)
    return prices


def _mineral(fractions: Mapping[str, int], table: PriceTable) -> Price | None:
    """Return the price of goods without rare earth, by the first row that they fit."""
    for row in table.minerals:
        held = fractions.get(row.element, 0)
        if held >= row.least:
            if not row.of_oxide:
                return row.price
            oxide = of(held, _P2O5_PER_P)
            low, central, high = (divide(oxide * price, SCALE) for price in row.price[:3])
            return Price(low, central, high, row.price.memory)
    return None


def _with_sales(output: Goods, reference: Reference, level: Level) -> Reference:
    """Return a reference with the price that counts: that of what was sold, and of the rest (rule 5)."""
    sold = output.sold
    if sold is None:
        counted = divide(reference.central, _MILLIONTH) * _MILLIONTH
        return replace(reference, counted=counted, attested=counted)
    price = level.of(trillionths(sold.price))
    within = max(reference.low, min(price, reference.high)) if reference.central else price
    mass = min(milligrams(sold.mass_kg), output.net_mass_mg)

    def counts(each: int) -> int:
        rest = min(each, level.of(output.price or 0), reference.central or each)
        whole = divide(mass * each + (output.net_mass_mg - mass) * rest, output.net_mass_mg)
        return divide(whole, _MILLIONTH) * _MILLIONTH

    return replace(reference, counted=counts(within), attested=counts(price))
