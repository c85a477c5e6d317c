"""Masses of elements in goods, gases and water, and masses as text for sentences.

Rules: masses are scaled kg, fractions are scaled numbers; each mass is rounded once.  This module does not sum a run
(`ledger.footprint.inventory`).
"""

from __future__ import annotations

from functools import lru_cache
from math import lcm
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ledger.chemistry.elements import ATOMIC_WEIGHT, RARE_EARTHS
from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.formula import FORMULAS_KEPT, parse_formula
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schemas.inventory import DirectLine, MaterialLine, Water
    from schemas.vocabulary import Gas

FORMULA_OF_GAS: Final[Mapping[str, str]] = {
    "CO2-fossil": "CO2",
    "CO2-biogenic": "CO2",
    "CO2-land-use": "CO2",
    "CH4-fossil": "CH4",
    "CH4-biogenic": "CH4",
    "CO": "CO",
    "N2O": "N2O",
    "CF4": "CF4",
    "C2F6": "C2F6",
    "C3F8": "C3F8",
    "SF6": "SF6",
    "NF3": "NF3",
    "HFC-23": "CHF3",
    "HFC-32": "CH2F2",
    "HFC-125": "C2HF5",
    "HFC-134a": "C2H2F4",
    "HFC-143a": "C2H3F3",
    "HFC-152a": "C2H4F2",
    "HFC-227ea": "C3HF7",
    "c-C4F8": "C4F8",
    "C4F10": "C4F10",
    "HCFC-22": "CHClF2",
    "HFC-236fa": "C3H2F6",
    "HFC-245fa": "C3H3F5",
    "HFC-43-10mee": "C5H2F10",
}
"""The formula of each gas of a direct emission."""

REFRIGERANTS: Final = frozenset(gas for gas in FORMULA_OF_GAS if gas.startswith(("HFC-", "HCFC-")))
"""Gases that only equipment gives off: coolers, dryers, switchgear. No process of ours makes them."""

EMITTED_KEPT: Final = 256
"""Emissions in the cache of element masses; many rules ask for the few of a run."""
KG_PER_M3: Final = 1000
"""Water: 1 m3 counts as 1 t (the convention of the water balance)."""

_RARE: Final = frozenset(RARE_EARTHS)
_HOLDING: Final[Mapping[str, int]] = {"O": 2, "S": 2, "F": 1, "Cl": 1}
"""Elements that bind rare earths, with their charges."""
_METALLIC: Final[Mapping[str, int]] = {
    **dict.fromkeys(RARE_EARTHS, 3), "Ca": 2, "Mg": 2, "Al": 3, "Li": 1, "Na": 1, "K": 1,
}  # fmt: skip
"""Electrons that a metal gives up for its compounds: reductants of rare earths, and the rare earths."""
PARTS: Final = 3 * lcm(*ATOMIC_WEIGHT.values())
"""Parts of a kmol (with kg as scaled numbers) that make every element mass, and a third of it, a whole number."""
_EACH: Final[Mapping[str, int]] = {element: PARTS // weight for element, weight in ATOMIC_WEIGHT.items()}
_CHARGE: Final[Mapping[str, int]] = {
    **{element: charges * _EACH[element] for element, charges in _METALLIC.items()},
    **{element: -charges * _EACH[element] for element, charges in _HOLDING.items()},
}
_UNHELD: Final[Mapping[str, int]] = {element: _CHARGE[element] // 3 for element in (*RARE_EARTHS, *_HOLDING)}
_MILLION: Final = 10**6
_MILLIGRAM: Final = SCALE // 10**6


def element_masses(fractions: Mapping[str, int], mass_mg: int) -> dict[str, int]:
    """Return element masses (scaled kg) of a mass in mg; exact for fractions of at most 6 decimals."""
    return {element: divide(fraction * mass_mg, _MILLION) for element, fraction in fractions.items()}


def in_material(line: MaterialLine) -> dict[str, int]:
    """Return the element masses of a material as weighed."""
    if not line.composition:
        return {}
    mass = trillionths(line.mass_kg)
    return added_masses(
        [(element, divide(mass * trillionths(fraction), SCALE)) for element, fraction in line.composition]
    )


def rare_earths(elements: Mapping[str, int]) -> dict[str, int]:
    """Return the rare earths among element masses."""
    return {element: mass for element, mass in elements.items() if element in _RARE}


def emitted(line: DirectLine) -> Mapping[str, int]:
    """Return the element masses of an emission: by the formula of its gas, or as declared if it has none."""
    gas = line.gas
    if gas is None or gas not in FORMULA_OF_GAS:
        return {element: trillionths(mass) for element, mass in line.elements}
    return _of_gas(gas, line.mass_kg)


@lru_cache(EMITTED_KEPT)
def _of_gas(gas: Gas, mass_kg: str) -> Mapping[str, int]:
    return MappingProxyType(compound_elements(FORMULA_OF_GAS[gas], trillionths(mass_kg)))


def compound_elements(formula: str, mass: int) -> dict[str, int]:
    """Return the element masses in a mass (scaled kg) of a compound, each rounded once."""
    return {element: divide(mass * part, whole) for element, part, whole in _parts(formula)}


@lru_cache(FORMULAS_KEPT)
def _parts(formula: str) -> tuple[tuple[str, int, int], ...]:
    """Return each element of a compound with its mass fraction as numerator and denominator."""
    compound = parse_formula(formula)
    return tuple((element, *compound.mass_fraction(element).as_integer_ratio()) for element, _ in compound.atoms)


def water_in(water: Water) -> int:
    """Return all water that came in or was formed, in scaled m3."""
    return sum(map(trillionths, (water.fresh, water.with_reagents, water.feed_moisture, water.formed)))


def water_out(water: Water) -> int:
    """Return all water that left, in scaled m3."""
    return sum(map(trillionths, (water.discharged, water.evaporated, water.in_products, water.in_wastes)))


def water_elements(cubic: int) -> dict[str, int]:
    """Return the element masses in scaled m3 of water."""
    return compound_elements("H2O", cubic * KG_PER_M3)


def added_masses(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return masses summed by element."""
    several = list(pairs)
    total = dict(several)
    if len(total) < len(several):  # an element stands twice, which is rare
        total = dict.fromkeys(total, 0)
        for element, mass in several:
            total[element] += mass
    return total


def joined_masses(*several: Mapping[str, int]) -> dict[str, int]:
    """Return the sum of several sets of element masses."""
    total: dict[str, int] = {}
    for masses_ in filter(None, several):
        if not total:
            total.update(masses_)
            continue
        for element, mass in masses_.items():
            total[element] = total.get(element, 0) + mass
    return total


def metal_parts(elements: Mapping[str, int]) -> int:
    """Return the rare earth (of kg) that no oxygen, sulphur or halogen binds: 3 charges for each, at least 0.

    The unit is parts of `PARTS` to a kmol, which are exact.  A mixture never has more of it than its parts together, so
    mixing cannot make it.
    """
    return max(0, sum([mass * _UNHELD[element] for element, mass in elements.items() if element in _UNHELD]))


def reducing_charge(elements: Mapping[str, int]) -> int:
    """Return the charge (electrons, of kg) that these metals can still give up.

    Charge that oxygen, sulphur or halogens bind does not count. The unit is the same.  Rare earths and aluminium have
    3, alkaline earths 2, alkalis 1.  No reaction makes charge, so a reduction never increases it.
    """
    return max(0, sum([mass * _CHARGE[element] for element, mass in elements.items() if element in _CHARGE]))


def rare_parts(elements: Mapping[str, int]) -> int:
    """Return all rare earth (of kg), in the same unit."""
    if _RARE.isdisjoint(elements):  # the usual case of a reagent or a waste
        return 0
    return sum([mass * _EACH[element] for element, mass in elements.items() if element in _RARE])


def moles(elements: Mapping[str, int], *only: str) -> int:
    """Return the amount (of kg or of fractions) of some elements, in the same unit."""
    return sum([elements[element] * _EACH[element] for element in only if element in elements])


def milligram_text(mass: int) -> str:
    """Return a mass as text for a sentence, to 1 mg."""
    return f"{figure_text(mass)} kg"


def figure_text(figure: int) -> str:
    """Return a figure as text for a sentence, to 6 decimals."""
    return trillionths_text(divide(figure, _MILLIGRAM) * _MILLIGRAM)


def kmol_text(amount: int) -> str:
    """Return an amount in parts of `PARTS` to a kmol as text for a sentence, to 6 decimals."""
    return f"{trillionths_text(divide(amount * _MILLION, PARTS) * _MILLIGRAM)} kmol"
