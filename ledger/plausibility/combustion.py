"""Rules about fuels (F-*): each fuel is whole, and its carbon, heat and burning are possible.

Rules: as in `ledger.plausibility.physics`.  The lines of one family of fuels are judged together
(`ledger.footprint.fuel_parts`).  A run computed without the table of fuels is not judged.

This module does not judge whether a step has the heat that it needs (`ledger.plausibility.kilns`, completeness), nor
factors that are too low for their substance.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import CO2_PER_CARBON, of
from ledger.factors.fuels import CARBON_TOLD
from ledger.footprint.fuel_parts import burnt_parts, carbon_of, gases_of
from ledger.footprint.lines import burnt_energy
from ledger.footprint.masses import figure_text
from schemas.problem import Problem
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.factors.fuels import Family, FuelPart, FuelWindow
    from ledger.footprint.fuel_parts import FuelPartOf
    from ledger.footprint.inventory import Inventory

SAME_UNIT: Final = 1
"""Percent within which the parts of a fuel agree in one unit."""
OTHER_UNIT: Final = 15
"""Percent within which they agree in different units, since heating values differ (set here)."""

ODD: Final = {"solid": 25, "liquid": 15, "gas": 15}
"""Percent from the usual heating value or carbon at which a fuel is flagged (set here).

The usual coal of Chinese statistics has 20.9 MJ/kg, 19 % below the IPCC's other bituminous coal.
"""

ROUNDING: Final = 2
"""Percent that a window of carbon is wider than the IPCC's, for its rounding and its 44/12."""

ASH_LEAST: Final = 6 * SCALE // 10
"""Least part of a solid fuel's carbon that burns, whatever the ash holds (set here): a fuel burns to heat."""

_PERCENT: Final = 100
_MJ_PER_GJ: Final = 1000


def fuel_family(run: Inventory) -> Iterator[Problem]:
    """F-CARBON: each line of fuel is of one known family; carbon burnt names its fuel."""
    for part in run.fuel_parts:
        told, owed = part.line.fuel, part.flow in CARBON_TOLD
        if part.family is None or (owed and told is None):
            yield Problem.at("rule.f-carbon-fuel", f"{part.place}.fuel", factor=part.line.factor)
        elif told is not None and told != part.family.id:
            yield Problem.at("rule.f-carbon-other", f"{part.place}.fuel", found=told, possible=part.family.id)


def whole(run: Inventory) -> Iterator[Problem]:
    """F-WHOLE: the amounts supplied and burnt of a fuel agree. A fuel without a shipped supply row needs no supply."""
    for family, parts in _families(run):
        burnt = [part for part in parts if "co2" in part.parts]
        other = [part for part in parts if "co2" not in part.parts and "heat" not in part.parts]
        if other and not burnt:
            yield Problem.at("rule.f-whole-burnt", other[0].place, fuel=family.id, found=other[0].line.name)
        elif burnt and family.supply_shipped:
            amounts = _compared(family, burnt, _holding(parts, "supply"))
            if amounts is not None and not amounts.agree:
                yield Problem.at(
                    "rule.f-whole", burnt[0].place, fuel=family.id,
                    found=f"{figure_text(amounts.other)} {amounts.unit}",
                    possible=f"{figure_text(amounts.burnt)} {amounts.unit}",
                )  # fmt: skip


def parts_missing(run: Inventory) -> Iterator[Problem]:
    """F-PART, flag: the CH4 and N2O of a fuel are missing."""
    for family, parts in _families(run):
        burnt = _holding(parts, "co2")
        if burnt and _short(family, burnt, _holding(parts, "ch4-n2o")):
            yield Problem.at("rule.f-part", burnt[0].place, fuel=family.id)


def supply_missing(run: Inventory) -> Iterator[Problem]:
    """F-UPSTREAM, flag: the supply of a fuel is missing, and no row of it is shipped."""
    for family, parts in _families(run):
        burnt = _holding(parts, "co2")
        if burnt and not family.supply_shipped and _short(family, burnt, _holding(parts, "supply")):
            yield Problem.at("rule.f-upstream", burnt[0].place, fuel=family.id)


def oxidation(run: Inventory) -> Iterator[Problem]:
    """F-OXID: a fuel burns as far as its kind does; less needs the carbon in ash, and only CO2 depends on it."""
    for part in run.fuel_parts:
        line, family = part.line, part.family
        if line.oxidation in {None, "1"} or family is None:
            continue
        place, burns = f"{part.place}.oxidation", part.burns
        if "co2" not in part.parts or "supply" in part.parts:
            yield Problem.at("rule.f-oxid-part", place, found=figure_text(burns))
        elif burns < family.oxidation_least and not _ash_closes(run, part, burns):
            yield Problem.at(
                "rule.f-oxid", place, fuel=family.id, found=figure_text(burns),
                possible=figure_text(family.oxidation_least),
            )  # fmt: skip


def ash(run: Inventory) -> Iterator[Problem]:
    """F-OXID, flag: a low oxidation rests on the carbon found in ash."""
    for part in run.fuel_parts:
        if part.family is not None and part.line.ash_carbon_kg and part.burns < part.family.oxidation_least:
            yield Problem.at(
                "rule.f-oxid-ash", f"{part.place}.ash_carbon", fuel=part.family.id, found=figure_text(part.burns)
            )


def _ash_closes(run: Inventory, part: FuelPartOf, burns: int) -> bool:
    """Return whether ash holds the carbon of a solid fuel that did not burn, within 2 %, and wastes hold the ash."""
    if part.family is None or part.family.state != "solid" or burns < ASH_LEAST or part.line.ash_carbon_kg is None:
        return False
    carbon = carbon_of(part, run.tables)
    unburnt, told = divide(carbon * (SCALE - burns), SCALE), trillionths(part.line.ash_carbon_kg)
    wasted = sum(trillionths(line.mass_kg) for line in run.waste.lines)
    return abs(unburnt - told) * _PERCENT <= carbon * ROUNDING and told <= wasted


def carbon(run: Inventory) -> Iterator[Problem]:
    """F-CARBON: the carbon of a fuel fits its heat; where nobody tells its heat, it fits what such fuels hold."""
    for part in burnt_parts(run.fuel_parts):
        family, window = part.family, part.family.carbon if part.family else None
        if family is None or window is None:
            continue
        held, amount = carbon_of(part, run.tables), part.amount
        if energy := burnt_energy(part.line):
            yield from _outside(part, divide(held * _MJ_PER_GJ * SCALE, energy), window, "GJ")
            continue
        if family.co2_most is not None and part.line.unit == "kg" and not part.blurred:
            most = divide(family.co2_most * (_PERCENT + ROUNDING), _PERCENT)
            given = divide(of(held, CO2_PER_CARBON) * SCALE, amount)
            if given > most:
                yield Problem.at(
                    "rule.f-carbon", part.place, fuel=family.id, found=figure_text(given), possible=figure_text(most)
                )
                continue
        if part.line.unit in family.heating:
            heat = family.heating[part.line.unit]
            bounds = window._replace(
                low=divide(window.low * heat.low, _MJ_PER_GJ * SCALE),
                high=divide(window.high * heat.high, _MJ_PER_GJ * SCALE),
            )
            yield from _outside(part, divide(held * SCALE, amount), bounds, part.line.unit)


def _outside(part: FuelPartOf, found: int, window: FuelWindow, unit: str) -> Iterator[Problem]:
    """Yield the carbon for one unit that lies outside a window.

    The supply in it may lift it above.  So may a shipped factor, whose carbon is that of a fuel with more heat in a
    kg or m3 than the plant's: it counts too much, which is no fault.
    """
    low, high = window.low * (_PERCENT - ROUNDING), window.high * (_PERCENT + ROUNDING)
    if found * _PERCENT < low or (found * _PERCENT > high and not (part.blurred or part.shipped)):
        yield Problem.at(
            "rule.f-carbon-window",
            part.place,
            fuel=_name(part),
            unit=unit,
            found=figure_text(found),
            possible=_bounds(window.low, window.high),
        )


def odd_carbon(run: Inventory) -> Iterator[Problem]:
    """F-CARBON, flag: the carbon of a fuel whose heat nobody tells is far from the usual."""
    for part in burnt_parts(run.fuel_parts):
        family = part.family
        if family is None or family.carbon is None or part.blurred:
            continue
        if burnt_energy(part.line) or part.line.unit not in family.heating:
            continue
        found = divide(carbon_of(part, run.tables) * SCALE, part.amount)
        usual = divide(family.carbon.usual * family.heating[part.line.unit].usual, _MJ_PER_GJ * SCALE)
        if abs(found - usual) * _PERCENT > usual * ODD[family.state]:
            yield Problem.at(
                "rule.f-carbon-odd", part.place, fuel=family.id, unit=part.line.unit,
                found=figure_text(found), possible=figure_text(usual),
            )  # fmt: skip


def heat(run: Inventory) -> Iterator[Problem]:
    """F-HEAT: the heating value of a fuel lies in the window of its kind."""
    for part, each, window in _heating(run):
        if not window.low <= each <= window.high:
            yield Problem.at(
                "rule.f-heat", part.place, fuel=_name(part), unit=part.line.unit,
                found=figure_text(each), possible=_bounds(window.low, window.high),
            )  # fmt: skip


def odd_heat(run: Inventory) -> Iterator[Problem]:
    """F-HEAT, flag: a heating value far from the usual, and bought heat that no meter read."""
    for part, each, window in _heating(run):
        odd = ODD[part.family.state] if part.family else 0
        if window.low <= each <= window.high and abs(each - window.usual) * _PERCENT > window.usual * odd:
            yield Problem.at(
                "rule.f-heat-odd", part.place, fuel=_name(part), unit=part.line.unit,
                found=figure_text(each), possible=figure_text(window.usual),
            )  # fmt: skip
    for part in run.fuel_parts:
        if part.parts == ("heat",) and part.line.basis not in {"metered", "weighed"}:
            yield Problem.at("rule.f-heat-bought", part.place, found=part.line.name)


def biogenic_carbon(run: Inventory) -> Iterator[Problem]:
    """F-BIO: CO2 that counts as biogenic comes from a biogenic fuel."""
    for part in burnt_parts(run.fuel_parts):
        if part.family is not None and not part.family.biogenic and "CO2-biogenic" in dict(gases_of(part, run.tables)):
            yield Problem.at("rule.f-bio", part.place, fuel=part.family.id)


def unproven_biogenic(run: Inventory) -> Iterator[Problem]:
    """F-BIO, flag: nothing proves where a biogenic fuel comes from."""
    parts = burnt_parts(run.fuel_parts)
    unproven = [part for part in parts if part.family and part.family.biogenic and part.line.proof is None]
    if not unproven:
        return
    given, of_all = (sum(burnt_energy(part.line) for part in each) for each in (unproven, parts))
    share = divide(given * _PERCENT, of_all) if of_all else _PERCENT
    yield Problem.at("rule.f-bio-proof", f"{unproven[0].place}.proof", fuel=_name(unproven[0]), found=str(share))


# -- the lines of a family ----------------------------------------------------------------------------------------


def _families(run: Inventory) -> Iterator[tuple[Family, list[FuelPartOf]]]:
    """Yield each family of the run with its lines, without heat that somebody else made."""
    groups: dict[str, tuple[Family, list[FuelPartOf]]] = {}
    for part in run.fuel_parts:
        if part.family is not None and part.parts != ("heat",):
            groups.setdefault(part.family.id, (part.family, []))[1].append(part)
    yield from groups.values()


def _holding(parts: Sequence[FuelPartOf], kind: FuelPart) -> list[FuelPartOf]:
    return [part for part in parts if kind in part.parts]


class _Amounts(NamedTuple):
    """How much of a fuel is burnt, and how much another part of it covers, in one unit; `percent` may be between."""

    burnt: int
    other: int
    unit: str
    percent: int

    @property
    def agree(self) -> bool:
        """Whether the two are the same amount."""
        return abs(self.burnt - self.other) * _PERCENT <= self.burnt * self.percent


def _short(family: Family, burnt: Sequence[FuelPartOf], other: Sequence[FuelPartOf]) -> bool:
    """Return whether some lines hold less of a fuel than is burnt; not where no figure compares them."""
    if not other:
        return True
    amounts = _compared(family, burnt, other)
    return amounts is not None and amounts.other < amounts.burnt and not amounts.agree


def _compared(family: Family, burnt: Sequence[FuelPartOf], other: Sequence[FuelPartOf]) -> _Amounts | None:
    """Return two groups of lines in their unit, else in MJ; None if a heating value lacks."""
    units = {part.line.unit for part in (*burnt, *other)}
    if len(units) == 1:
        return _Amounts(_amount(burnt), _amount(other), units.pop(), SAME_UNIT)
    energies = [[_heat_of(family, part) for part in parts] for parts in (burnt, other)]
    if any(None in each for each in energies):
        return None
    one, two = (sum(filter(None, each)) for each in energies)
    return _Amounts(one, two, "MJ", OTHER_UNIT)


def _amount(parts: Sequence[FuelPartOf]) -> int:
    return sum(part.amount for part in parts)


def _heat_of(family: Family, part: FuelPartOf) -> int | None:
    """Return the heat (scaled MJ) of a line: as told, else by the usual heating value."""
    if told := burnt_energy(part.line):
        return told
    usual = family.heating.get(part.line.unit)
    return None if usual is None else divide(part.amount * usual.usual, SCALE)


# -- small measures -----------------------------------------------------------------------------------------------


def _heating(run: Inventory) -> Iterator[tuple[FuelPartOf, int, FuelWindow]]:
    """Yield each line that tells its heat with its heating value and the window of its kind."""
    for part in run.fuel_parts:
        window = None if part.family is None else part.family.heating.get(part.line.unit)
        amount, energy = part.amount, burnt_energy(part.line)
        if window is not None and energy and amount:
            yield part, divide(energy * SCALE, amount), window


def _name(part: FuelPartOf) -> str:
    return "fuel" if part.family is None else part.family.id


def _bounds(low: int, high: int) -> str:
    return f"{figure_text(low)} to {figure_text(high)}"
