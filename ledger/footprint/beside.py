"""What a reader is told beside a figure: other figures in kg CO2e, scrap free of burden, and instruments.

Rules (`docs/formats.md`, Beside):

1. `aircraft` is the kg CO2e of journeys by air.  `shipped-factors` is how much more there would be with the shipped row
   of each line whose factor is not public.  `other-electricity-set` is how much more there would be with the other set
   of grid factors, of the same grid and year; instruments keep theirs.  `grid-power` is how much more there would be
   with power of the grid where a plant made its own and burnt nothing.  Each is rounded once for a line.
2. An input brings each figure of its batch x mass taken / net mass, rounded once; the weights of the declared method
   divide the sum.  So a figure of a batch is that of its whole chain.
3. Rare earth enters free of burden by the factor of scrap under cut-off.  Shares are by mass of rare earth, of all that
   the run took in; a certified input has the shares of its certificate.
4. What nobody bounded is *open* in the run that leaves it out, and in all products made from it: the run's own first,
   then those of its inputs in their order, each once, at most `MOST_OPEN`.
5. What a certificate of engine 1 does not tell, or no table has, is *partial* there and in all products made from it.

This module changes no figure of a batch.
"""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING, Final, get_args

from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.exact import SCALE, divide
from ledger.factors.boundary import OWN_FUEL, SCRAP
from ledger.factors.figures import Pair
from ledger.factors.grid import TABLE, grid_factors, weight
from ledger.footprint.allocation import allocate
from ledger.footprint.lines import factor_uses, line_results
from schemas.figures import MOST_OPEN, Beside
from schemas.frozen import Frozen
from schemas.inventory import Electricity, Fuels, Materials, Transport
from schemas.quantity import trillionths, trillionths_text
from schemas.vocabulary import BesideFigure, BesideItem, InstrumentWord

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.factors.factor import Factor
    from ledger.factors.tables import FactorTables
    from ledger.footprint.lines import FactorUse
    from schemas.figures import BesideRow, ElementShare
    from schemas.inventory import ElectricityLine, Instrument, InventoryGroup
    from schemas.vocabulary import ElectricitySet, Gas, GwpSet

BY_AIR: Final = ("air-", "aircraft")
"""How the flows of factors of aircraft begin.  A factor's name has its flow, so nobody needs its table."""
FIGURES: Final[tuple[BesideFigure, ...]] = get_args(BesideFigure)
ITEMS: Final[tuple[BesideItem, ...]] = (*FIGURES, "entered-free", "instruments", "open")
_WORDS: Final[tuple[InstrumentWord, ...]] = get_args(InstrumentWord)
_RARE: Final = frozenset(RARE_EARTHS)
_FREE: Final = {"pre-consumer": 0, "post-consumer": 1, None: 2}
_CERTIFICATES: Final[Mapping[bool | None, InstrumentWord]] = {
    None: "certificates",
    True: "bundled-certificates",
    False: "unbundled-certificates",
}
_OTHER: Final[Mapping[ElectricitySet, ElectricitySet]] = {"direct": "life-cycle", "life-cycle": "direct"}


class Aside(Frozen):
    """What stands beside a figure: rows in scaled kg CO2e, free shares (scaled), words, and what is told in part.

    `open` is what nobody bounded; `rare` is the rare earth (scaled kg) that the shares are of; only a sum needs it.
    """

    rows: Mapping[BesideFigure, Pair]
    free: tuple[int, int, int]
    instruments: frozenset[InstrumentWord]
    partial: frozenset[BesideItem]
    rare: int = 0
    open: tuple[str, ...] = ()


NOTHING: Final = Aside({}, (0, 0, 0), frozenset(), frozenset())
UNKNOWN: Final = Aside({}, (0, 0, 0), frozenset(), frozenset(ITEMS))
"""What a certificate of engine 1 tells."""


def parsed_beside(told: Beside | None) -> Aside:
    """Return sealed figures as numbers; a certificate of engine 1 tells none."""
    if told is None:
        return UNKNOWN
    pre, post, waste = map(trillionths, told.free)
    words, partial = frozenset(told.instruments), frozenset(told.partial)
    return Aside(parsed_besides(told.rows), (pre, post, waste), words, partial, open=told.open or ())


def parsed_besides(rows: Iterable[BesideRow]) -> dict[BesideFigure, Pair]:
    """Return sealed rows as numbers."""
    return {name: Pair(trillionths(location), trillionths(market)) for name, location, market in rows}


def beside_rows(rows: Mapping[BesideFigure, Pair]) -> tuple[BesideRow, ...]:
    """Return rows as sealed, in their order."""
    return tuple(
        (name, trillionths_text(pair.location), trillionths_text(pair.market))
        for name in FIGURES
        if (pair := rows.get(name)) is not None and any(pair)
    )


def beside_document(aside: Aside) -> Beside:
    """Return what stands beside a figure as sealed."""
    pre, post, waste = map(trillionths_text, aside.free)
    return Beside(
        rows=beside_rows(aside.rows),
        free=(pre, post, waste),
        instruments=tuple(word for word in _WORDS if word in aside.instruments),
        partial=tuple(item for item in ITEMS if item in aside.partial),
        open=aside.open or None,
    )


# -- inputs and sums ----------------------------------------------------------------------------------------------


def brought(aside: Aside, mass_mg: int, net_mass_mg: int, rare: int = 0) -> Aside:
    """Return what a mass of a batch brings (rule 2); `rare` is the rare earth in it, scaled kg."""
    rows = {
        name: Pair(divide(pair.location * mass_mg, net_mass_mg), divide(pair.market * mass_mg, net_mass_mg))
        for name, pair in aside.rows.items()
    }
    return Aside(rows, aside.free, aside.instruments, aside.partial, rare, aside.open)


def rare_earth_in(composition: Iterable[ElementShare], mass_mg: int) -> int:
    """Return the rare earth in a mass of a batch, scaled kg."""
    return sum([divide(trillionths(p.fraction) * mass_mg, 10**6) for p in composition if p.element in _RARE])


def joined(parts: Sequence[Aside]) -> Aside:
    """Return the sum of a run's own part and of what its inputs bring."""
    rows: dict[BesideFigure, Pair] = {}
    for part in parts:
        for name, (location, market) in part.rows.items():
            before = rows.get(name, Pair(0, 0))
            rows[name] = Pair(before.location + location, before.market + market)
    rare = sum(part.rare for part in parts)
    pre, post, waste = (
        divide(sum(part.free[place] * part.rare for part in parts), rare) if rare else 0 for place in range(3)
    )
    partial = frozenset().union(*(part.partial for part in parts))
    unbounded = tuple(dict.fromkeys(what for part in parts for what in part.open))
    return Aside(
        rows,
        (pre, post, waste),
        frozenset().union(*(part.instruments for part in parts)),
        partial | {"open"} if len(unbounded) > MOST_OPEN else partial,
        rare,
        unbounded[:MOST_OPEN],
    )


def divided_rows(rows: Mapping[BesideFigure, Pair], weights: Sequence[int]) -> list[dict[BesideFigure, Pair]]:
    """Return each output's part of a run's rows."""
    shares: list[dict[BesideFigure, Pair]] = [{} for _ in weights]
    for name, pair in rows.items():
        both = zip(allocate(pair.location, weights), allocate(pair.market, weights), strict=True)
        for share, part in zip(shares, both, strict=True):
            if any(part):
                share[name] = Pair(*part)
    return shares


# -- a run's own lines --------------------------------------------------------------------------------------------


def own_aside(
    groups: Iterable[InventoryGroup], *, tables: FactorTables, gwp: GwpSet, year: int, unbounded: tuple[str, ...] = ()
) -> Aside:
    """Return what the lines of a run, and what it leaves out `unbounded`, put beside its figure.

    Raises:
        MissingError: ``factor.unknown``.
    """
    sums = _Sums(tables, gwp, year)
    for group in groups:
        match group:
            case Electricity():
                for power in group.lines:
                    sums.power(power)
            case Materials() | Fuels() | Transport():
                if isinstance(group, Materials):
                    sums.scrap(group)
                told = [line.value is not None or by_air(line.factor) for line in group.lines]
                for use in compress(factor_uses(group), told) if any(told) else ():
                    sums.hidden(use)
                    if isinstance(group, Transport):
                        sums.journey(use)
            case _:
                pass  # nothing of it is hidden, or moves
    return sums.total(unbounded)


def by_air(factor: str) -> bool:
    """Return whether a factor is that of an aircraft."""
    return factor.partition("/")[2].startswith(BY_AIR)


class _Sums:
    """The sums of `own_aside` while lines are added."""

    def __init__(self, tables: FactorTables, gwp: GwpSet, year: int) -> None:
        self.tables = tables
        self.gwp = gwp
        self.weights: Mapping[Gas, int] = tables.gwp.weights[gwp]
        self.year = year
        self.rows: dict[BesideFigure, Pair] = {}
        self.instruments: set[InstrumentWord] = set()
        self.partial: set[BesideItem] = set()
        self.rare = 0
        self.free = [0, 0, 0]

    def total(self, unbounded: tuple[str, ...]) -> Aside:
        """Return the sums; the free masses as shares of the rare earth."""
        pre, post, waste = (divide(mass * SCALE, self.rare) if self.rare else 0 for mass in self.free)
        words, partial = frozenset(self.instruments), frozenset(self.partial)
        return Aside(self.rows, (pre, post, waste), words, partial, self.rare, unbounded)

    def _add(self, name: BesideFigure, location: int, market: int) -> None:
        before = self.rows.get(name, Pair(0, 0))
        self.rows[name] = Pair(before.location + location, before.market + market)

    def scrap(self, group: Materials) -> None:
        """Add the rare earth of materials, and what of it is scrap without burden."""
        for line in group.lines:
            fraction = sum([trillionths(part) for element, part in line.composition if element in _RARE])
            if not fraction:
                continue
            mass = divide(trillionths(line.mass_kg) * fraction, SCALE)
            self.rare += mass
            if line.factor.partition("/")[2].partition(".")[0] == SCRAP:
                self.free[_FREE[line.recycled]] += mass

    def journey(self, use: FactorUse) -> None:
        """Add a journey by air."""
        if by_air(use.factor):
            own = self._own(use)
            self._add("aircraft", own, own)

    def hidden(self, use: FactorUse) -> None:
        """Add what the shipped row of a factor that is not public would add."""
        if use.value is None:
            return
        row = getattr(use.line, "shipped", None)
        if row is None:
            self.partial.add("shipped-factors")
            return
        factor = self.tables.factor(row.factor)
        each = sum(mass * self.weights[gas] for gas, mass in factor.values)
        more = divide(trillionths(row.amount) * each, SCALE * SCALE) - self._own(use)
        self._add("shipped-factors", more, more)

    def _own(self, use: FactorUse) -> int:
        """Return the kg CO2e of a line, scaled."""
        if use.value is not None:
            results: Iterable[tuple[Gas, int]] = [(each.gas, trillionths(each.mass_kg)) for each in use.value]
        else:
            results = line_results(use, self.tables.factor(use.factor))
        return divide(sum(mass * self.weights[gas] for gas, mass in results), SCALE)

    def power(self, line: ElectricityLine) -> None:
        """Add electricity: its instruments, and what the other set of factors, or power of the grid, would add."""
        self.instruments.update(map(_word, line.instruments))
        here = self.tables.factor(line.factor)
        if line.own is not None:
            if not here.flow.startswith(OWN_FUEL):
                self._instead("grid-power", line, here, here.set)
        elif here.set is not None:
            self._instead("other-electricity-set", line, here, _OTHER[here.set] if here.table == TABLE else None)

    def _instead(self, name: BesideFigure, line: ElectricityLine, here: Factor, chosen: ElectricitySet | None) -> None:
        """Add what the grid's factors of a set would add to a line; the run names their table, so they stay."""
        due = None
        if chosen is not None and TABLE in self.tables.sets:
            due = grid_factors(self.tables, line.grid, self.year, chosen=chosen, gwp=self.gwp)
        if due is None:
            self.partial.add(name)
            return
        kwh, covered = trillionths(line.amount_kwh), sum(trillionths(item.kwh) for item in line.instruments)
        location = weight(due.location, self.tables, self.gwp) - weight(here, self.tables, self.gwp)
        uncovered = self.tables.factor(line.uncovered)
        market = weight(due.uncovered, self.tables, self.gwp) - weight(uncovered, self.tables, self.gwp)
        more = divide(kwh * location, SCALE), divide((kwh - covered) * market, SCALE)
        self._add(name, *more)


def _word(item: Instrument) -> InstrumentWord:
    """Return what an instrument is in a word."""
    match item.kind:
        case "contract":
            return "power-purchase-contract"
        case "supplier":
            return "supplier-mix"
        case _:
            return _CERTIFICATES[item.bundled]
