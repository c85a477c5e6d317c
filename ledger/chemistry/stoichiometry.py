"""Ratios from formulas alone: oxide and element, reagent and product, floors of electrolysis.

Rules: all ratios are exact `Fraction`s of the pinned atomic weights.  A caller rounds once, with `exact.scaled` or
`of`.  Masses are scaled kg.  Sources: reaction equations as given; Faraday constant of CODATA 2018.

This module sets no limits; the plausibility rules do.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final

from ledger.chemistry.elements import ATOMIC_WEIGHT, RARE_EARTHS, REFERENCE_OXIDE
from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.formula import FORMULAS_KEPT, parse_formula

FARADAY_COULOMB_PER_MOL: Final = Fraction("96485.33212")
"""CODATA 2018."""

RE_CHARGE: Final = 3
"""Electrons per deposited atom: the melt holds RE(III), also if the charge is CeO2 or Pr6O11."""

DECOMPOSITION_VOLTAGE: Final = Fraction("1.65")
"""Approximate decomposition voltage of RE oxide with a carbon anode, in volts (rule E-ELY)."""


@lru_cache(FORMULAS_KEPT)
def mass_ratio(numerator: str, denominator: str, *, moles: Fraction | int = 1) -> Fraction:
    """Return kg of compound `numerator` per kg of compound `denominator`.

    `moles` is the mol of the first for each mol of the second.  Example: ``mass_ratio("NH4HCO3", "Nd2O3", moles=6)``
    for 2 NdCl3 + 6 NH4HCO3 -> Nd2(CO3)3 -> Nd2O3.
    """
    return moles * parse_formula(numerator).molar_mass / parse_formula(denominator).molar_mass


CO2_PER_CO: Final[Fraction] = mass_ratio("CO2", "CO")
"""kg CO2 from 1 kg CO in air: 44.009 / 28.010."""

CO2_PER_CARBON: Final[Fraction] = mass_ratio("CO2", "C")
"""kg CO2 per kg C, the bound of every carbon balance: 44.009 / 12.011."""

CO_PER_CARBON: Final[Fraction] = mass_ratio("CO", "C")
"""kg CO per kg C: 28.010 / 12.011."""

OXIDE_PER_ELEMENT: Final[Mapping[str, Fraction]] = MappingProxyType(
    {element: 1 / parse_formula(REFERENCE_OXIDE[element]).mass_fraction(element) for element in RARE_EARTHS}
)
"""kg of the reference oxide per kg of each rare earth."""
_OXIDE: Final[Mapping[str, tuple[int, int]]] = {
    element: ratio.as_integer_ratio() for element, ratio in OXIDE_PER_ELEMENT.items()
}
_RARE: Final = frozenset(_OXIDE)


def of(mass: int, ratio: Fraction) -> int:
    """Return `mass` (any scaled number) times an exact ratio, rounded once to 12 places."""
    return divide(mass * ratio.numerator, ratio.denominator)


def oxide_masses(element_masses: Mapping[str, int]) -> dict[str, int]:
    """Return the mass of each rare earth as its oxide, in the unit of the element masses; one rounding per element."""
    if _RARE.isdisjoint(element_masses):  # the usual case of a reagent or a waste
        return {}
    return {
        element: divide(mass * _OXIDE[element][0], _OXIDE[element][1])
        for element, mass in element_masses.items()
        if element in _OXIDE
    }


def reo_mass(element_masses: Mapping[str, int]) -> int:
    """Return the mass of all rare-earth oxides for element masses, in their unit; one rounding per element."""
    return sum(oxide_masses(element_masses).values())


def re_mass(element_masses: Mapping[str, int]) -> int:
    """Return the total mass of the rare earths among element masses, in their unit."""
    if _RARE.isdisjoint(element_masses):
        return 0
    return sum([mass for element, mass in element_masses.items() if element in _OXIDE])


@cache
def anode_carbon_floor(element: str) -> Fraction:
    """Return the kg of anode carbon that the reference oxide's oxygen takes as CO2, per kg of `element` (rule C-ELY).

    That is moles of oxide oxygen / 2 x 12.011: 3/4 mol C per mol RE for RE2O3, 11/12 Pr6O11, 1 CeO2, 7/8 Tb4O7.
    """
    oxide = parse_formula(REFERENCE_OXIDE[element])
    return oxide.count("O") / 2 / oxide.count(element) * Fraction(ATOMIC_WEIGHT["C"], ATOMIC_WEIGHT[element])


def charge_per_mass(element: str) -> Fraction:
    """Return Ah per kg of `element` at a current efficiency of 1: z F / (3600 M), M in kg/mol."""
    return RE_CHARGE * FARADAY_COULOMB_PER_MOL * 1000 * SCALE / (3600 * ATOMIC_WEIGHT[element])


@cache
def electrolysis_floor(element: str) -> Fraction:
    """Return the least kWh per kg of `element` for any oxide electrolysis (rule E-ELY)."""
    return charge_per_mass(element) * DECOMPOSITION_VOLTAGE / 1000
