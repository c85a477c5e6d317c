"""What a run has of what its step owes: the lines behind each measure, and the amounts that they are divided by.

Rules: a measure is a list of lines, each with its place and its amount: scaled kg, kWh, MJ, m3 or t.km, or parts of a
kmol (`ledger.footprint.masses`).  A material counts by its composition, whatever it is called.  Where a fuel tells no
energy, a generous heating value stands in, so that nobody is refused for a missing one.

This module does not say what is owed (`ledger.factors.completeness`) or judge (`ledger.plausibility.completeness`).
"""

from __future__ import annotations

from functools import partial, wraps
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from ledger.chemistry.exact import divide
from ledger.factors.boundary import BURNT, CONVENTION, PURCHASED
from ledger.footprint.emissions import PFCS
from ledger.footprint.lines import burnt_energy
from ledger.footprint.masses import emitted, moles, rare_parts
from schemas.determination import Measured
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ledger.factors.completeness import Measure
    from ledger.footprint.inventory import Inventory
    from schemas.inventory import (
        DirectLine,
        ElectricityLine,
        FuelLine,
        MaterialLine,
        TransportLine,
        WasteLine,
        Water,
    )

    AnyLine = DirectLine | ElectricityLine | FuelLine | MaterialLine | TransportLine | WasteLine | Water

Kept = TypeVar("Kept")

UNTOLD_MJ: Final[Mapping[str, int]] = {"kg": 50, "m3": 40, "MJ": 1}
"""MJ for a unit of fuel whose energy nobody told: more than natural gas holds, so that no honest plant falls short."""

LIQUID_MJ: Final = 45_000
"""As `UNTOLD_MJ`, for a m3 of a liquid fuel: more than heavy oil holds."""

_MJ_PER_KWH: Final = (36, 10)
_NEARLY: Final = 9
_ACID: Final = frozenset({"S", "Cl", "N", "C"})
_ALKALI: Final = frozenset({"Na", "K", "Ca", "Mg"})
_CATIONS: Final[Mapping[str, int]] = {"Na": 1, "K": 1, "Li": 1, "Mg": 2, "Ca": 2, "Ba": 2, "Fe": 2, "Al": 3}


class Counted(NamedTuple):
    """A line behind a measure: its place, itself, and what it counts."""

    place: str
    line: AnyLine
    amount: int


def once(work: Callable[[Inventory], Kept]) -> Callable[[Inventory], Kept]:
    """Work something out once for a run, however many rules ask for it."""
    name = f"once {work.__module__}.{work.__name__}"

    @wraps(work)
    def kept(run: Inventory) -> Kept:
        held = run.__dict__
        try:
            found: Kept = held[name]
        except KeyError:
            held[name] = found = work(run)
        return found

    return kept


@once
def _counts(_: Inventory) -> dict[Measure, list[Counted]]:
    """Return what was counted already."""
    return {}


def counted(run: Inventory, measure: Measure) -> list[Counted]:
    """Return the lines that a measure counts, without those that count nothing."""
    held = _counts(run)
    if measure not in held:
        held[measure] = [each for each in _MEASURES[measure](run) if each.amount > 0 or _monitored(each.line)]
    return held[measure]


@once
def bought(run: Inventory) -> list[tuple[str, MaterialLine, Mapping[str, int]]]:
    """Return each material with a composition: its place, itself, and its element masses."""
    elements = iter(run.elements_of_materials)
    return [
        (f"materials[{index}]", line, next(elements))
        for index, line in enumerate(run.materials.lines)
        if line.composition
    ]


@once
def reagents(run: Inventory) -> list[tuple[str, MaterialLine, Mapping[str, int]]]:
    """Return those without rare earth, which is feed, and not free of burden: what nobody made is no reagent."""
    return [each for each in bought(run) if not rare_parts(each[2]) and not _free(run, each[1])]


def _free(run: Inventory, line: MaterialLine) -> bool:
    return line.value is None and run.tables.factor(line.factor).boundary == CONVENTION


def acid_charge(elements: Mapping[str, int]) -> int:
    """Return the acid in a material: two charges for S, one for Cl, nitrate, and carbon of an organic acid.

    What ammonium and metals hold of it is no acid.  Hydrogen tells nitric acid from ammonia water.
    """
    if _ACID.isdisjoint(elements):
        return 0
    carbon, nitrogen, metals = moles(elements, "C"), moles(elements, "N"), _metals(elements)
    mineral = 2 * moles(elements, "S") + moles(elements, "Cl")
    if mineral:
        return max(0, mineral - nitrogen - metals)
    if metals:
        return 0
    oxygen = moles(elements, "O")
    if nitrogen:
        nitric = not carbon and 2 * oxygen - moles(elements, "H") >= 4 * nitrogen
        return nitrogen if nitric else 0
    return carbon if carbon and 9 * carbon <= 10 * oxygen < 19 * carbon else 0


def alkali_charge(elements: Mapping[str, int]) -> int:
    """Return the charge of sodium, potassium, calcium and magnesium that neither chloride nor sulphate holds."""
    if _ALKALI.isdisjoint(elements) or moles(elements, "Cl", "S"):
        return 0
    return moles(elements, "Na", "K") + 2 * moles(elements, "Ca", "Mg")


def _metals(elements: Mapping[str, int]) -> int:
    """Return the charge of metals other than rare earths."""
    held = [(element, charge) for element, charge in _CATIONS.items() if element in elements]
    return sum([charge * moles(elements, element) for element, charge in held])


def _monitored(line: AnyLine) -> bool:
    return isinstance(getattr(line, "method", None), Measured)


# -- measures -----------------------------------------------------------------------------------------------------


def _electricity(run: Inventory) -> Iterator[Counted]:
    for index, line in enumerate(run.power.lines):
        yield Counted(f"electricity[{index}]", line, trillionths(line.amount_kwh))


def _fuel_lines(run: Inventory, boundaries: frozenset[str]) -> Iterator[Counted]:
    """Yield fuels of some boundaries, and those that only the plant can report, in MJ."""
    for index, line in enumerate(run.fuels.lines):
        if line.value is not None or run.tables.factor(line.factor).boundary in boundaries:
            place = f"fuels[{index}]"
            yield Counted(place, line, burnt_energy(line) or trillionths(line.amount) * _untold_mj(run, place, line))


def _untold_mj(run: Inventory, place: str, line: FuelLine) -> int:
    families = [part.family for part in run.fuel_parts if part.place == place]
    liquid = any(family is not None and family.state == "liquid" for family in families)
    return LIQUID_MJ if liquid and line.unit == "m3" else UNTOLD_MJ[line.unit]


def _burnt(run: Inventory) -> Iterator[Counted]:
    return _fuel_lines(run, BURNT)


def _heat(run: Inventory) -> Iterator[Counted]:
    """Yield fuels burnt and heat bought that heat the process: pumps, vehicles and buildings do not."""
    if not run.fuels.lines:
        return iter(())
    others = {part.place for part in run.fuel_parts if not part.heats}
    return (each for each in _fuel_lines(run, BURNT | PURCHASED) if each.place not in others)


def _site_fuels(run: Inventory) -> Iterator[Counted]:
    """Yield fuels burnt for anything but the process's heat: the gas of a kiln drives no drill."""
    others = {part.place for part in run.fuel_parts if part.heats}
    return (each for each in _burnt(run) if each.place not in others)


def _power_and_fuel(run: Inventory) -> Iterator[Counted]:
    """Yield electricity and fuels burnt, in kWh."""
    yield from counted(run, "electricity")
    for place, line, energy in _burnt(run):
        yield Counted(place, line, divide(energy * _MJ_PER_KWH[1], _MJ_PER_KWH[0]))


def _power_in_mj(run: Inventory) -> Iterator[Counted]:
    for place, line, kwh in counted(run, "electricity"):
        yield Counted(place, line, divide(kwh * _MJ_PER_KWH[0], _MJ_PER_KWH[1]))


def _energy(run: Inventory) -> Iterator[Counted]:
    yield from _power_in_mj(run)
    yield from _burnt(run)


def _heat_and_power(run: Inventory) -> Iterator[Counted]:
    yield from _power_in_mj(run)
    yield from counted(run, "process-heat")


def _by_elements(run: Inventory, charge: Callable[[Mapping[str, int]], int]) -> Iterator[Counted]:
    """Yield what each material counts by its elements; what holds rare earths is feed, and counts nothing."""
    for place, line, elements in reagents(run):
        if amount := charge(elements):
            yield Counted(place, line, amount)


def _leaching_cations(elements: Mapping[str, int]) -> int:
    """Return the charge of ammonium, metals or free acid in what is no precipitant (no carbonate, no bare base)."""
    anions = 2 * moles(elements, "S") + moles(elements, "Cl")
    if moles(elements, "C") * 19 <= moles(elements, "O") * 10 and moles(elements, "C"):
        return 0
    cations = moles(elements, "N") + _metals(elements)
    if not anions and not moles(elements, "N", "C"):
        return 0
    return max(cations, anions)


def _base(elements: Mapping[str, int]) -> int:
    """Return the charge of ammonia and of the bases of metals."""
    return alkali_charge(elements) + (0 if moles(elements, "Cl", "S") else moles(elements, "N"))


def _mostly(elements: Mapping[str, int], *only: str) -> int:
    """Return the mass of a material if some elements make nine tenths of it."""
    whole = sum(elements.values())
    return whole if sum(elements.get(each, 0) for each in only) * 10 >= whole * _NEARLY else 0


def _extractant(elements: Mapping[str, int]) -> int:
    return sum(elements.values()) if elements.get("P") and elements.get("C") else 0


def _fluorine(run: Inventory) -> Iterator[Counted]:
    for place, line, elements in bought(run):
        if amount := elements.get("F", 0):
            yield Counted(place, line, amount)


def _explosive(elements: Mapping[str, int]) -> int:
    return sum(elements.values()) if elements.get("N") and elements.get("O") else 0


def _reagents(run: Inventory) -> Iterator[Counted]:
    """Yield materials that are neither water nor ore nor air."""
    for index, line in enumerate(run.materials.lines):
        held = {element for element, _ in line.composition}
        if not _free(run, line) and held != {"H", "O"} and not rare_parts(dict.fromkeys(held, 1)):
            yield Counted(f"materials[{index}]", line, trillionths(line.mass_kg))


def _gases(run: Inventory, *gases: str, element: str | None = None) -> Iterator[Counted]:
    """Yield emissions of some gases, by mass or by one of their elements."""
    for index, line in enumerate(run.direct.lines):
        if line.gas in gases:
            mass = trillionths(line.mass_kg) if element is None else emitted(line).get(element, 0)
            yield Counted(f"direct[{index}]", line, mass)


def _second_nitrous_oxide(run: Inventory) -> Iterator[Counted]:
    yield from [*_gases(run, "N2O", element="N")][1:]


def _evaporator(run: Inventory) -> Iterator[Counted]:
    if run.water is not None and run.water.evaporator is not None:
        yield Counted("water", run.water, trillionths(run.water.evaporator))


def _transport(run: Inventory) -> Iterator[Counted]:
    for index, line in enumerate(run.transport.lines):
        yield Counted(f"transport[{index}]", line, trillionths(line.amount_tkm))


def _treated(run: Inventory) -> Iterator[Counted]:
    for index, line in enumerate(run.waste.lines):
        if line.factor is not None:
            yield Counted(f"wastes[{index}]", line, trillionths(line.mass_kg))


def _work(run: Inventory) -> Iterator[Counted]:
    yield from counted(run, "energy")
    yield from counted(run, "transport")


_MEASURES: Final[Mapping[Measure, Callable[[Inventory], Iterator[Counted]]]] = {
    "electricity": _electricity,
    "power-and-fuel": _power_and_fuel,
    "energy": _energy,
    "process-heat": _heat,
    "heat-and-power": _heat_and_power,
    "site-fuels": _site_fuels,
    "acid": partial(_by_elements, charge=acid_charge),
    "alkali": partial(_by_elements, charge=alkali_charge),
    "cations": partial(_by_elements, charge=_leaching_cations),
    "base": partial(_by_elements, charge=_base),
    "scrubber-base": partial(_by_elements, charge=_base),
    "hydrogen": partial(_by_elements, charge=lambda elements: _mostly(elements, "H")),
    "shield-gas": partial(_by_elements, charge=lambda elements: _mostly(elements, "N", "Ar", "He")),
    "extractant": partial(_by_elements, charge=_extractant),
    "nitrate": partial(_by_elements, charge=_explosive),
    "carbon": partial(_by_elements, charge=lambda elements: _mostly(elements, "C")),
    "fluorine": _fluorine,
    "reagents": _reagents,
    "anode-co2": lambda run: _gases(run, "CO2-fossil", "CO2-biogenic"),
    "perfluorocarbons": lambda run: _gases(run, *PFCS),
    "nitrous-oxide": lambda run: _gases(run, "N2O", element="N"),
    "second-nitrous-oxide": _second_nitrous_oxide,
    "evaporator": _evaporator,
    "transport": _transport,
    "treated-waste": _treated,
    "work": _work,
    "none": lambda _: iter(()),
}
