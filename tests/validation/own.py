"""Chemistry worked out a second time, in exact fractions: weights are those of periodictable, and nothing here calls
the engine.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache

import periodictable

OXIDES = {
    "La": "La2O3", "Ce": "CeO2", "Pr": "Pr6O11", "Nd": "Nd2O3", "Sm": "Sm2O3", "Eu": "Eu2O3", "Gd": "Gd2O3", "Tb": "Tb4O7",
    "Dy": "Dy2O3", "Ho": "Ho2O3", "Er": "Er2O3", "Tm": "Tm2O3", "Yb": "Yb2O3", "Lu": "Lu2O3", "Y": "Y2O3", "Sc": "Sc2O3",
}  # fmt: skip
FARADAY = Fraction("96485.33212")


def weight(element: str) -> Fraction:
    """Return the atomic weight of an element."""
    return Fraction(str(getattr(periodictable, element).mass))


@cache
def atoms(formula: str) -> dict[str, int]:
    """Return the atoms of a formula; brackets do not nest, and a raised dot parts hydrates."""
    found: dict[str, int] = {}
    for part in formula.split("·"):
        lead = re.match(r"[0-9]*", part)
        count = int(lead[0]) if lead and lead[0] else 1
        for inner, times, element, number in re.findall(r"\(([A-Za-z0-9]+)\)([0-9]*)|([A-Z][a-z]?)([0-9]*)", part):
            for symbol, each in atoms(inner).items() if inner else {element: int(number or 1)}.items():
                found[symbol] = found.get(symbol, 0) + count * each * int(times or 1)
    return found


def mass(formula: str) -> Fraction:
    """Return the molar mass of a compound."""
    return sum((weight(element) * count for element, count in atoms(formula).items()), Fraction())


def part(formula: str, element: str) -> Fraction:
    """Return the mass fraction of an element in a compound."""
    return weight(element) * atoms(formula)[element] / mass(formula)


def carbon_due(element: str) -> Fraction:
    """Return the kg of carbon that the oxygen of the reference oxide takes as CO2, for a kg of metal."""
    oxide = atoms(OXIDES[element])
    return Fraction(oxide["O"], 2) / oxide[element] * weight("C") / weight(element)


def power_due(element: str, volts: str = "1.65") -> Fraction:
    """Return the kWh that a kg of metal takes at a voltage and a current efficiency of 1."""
    return 3 * FARADAY / 3600 / weight(element) * Fraction(volts)


def kg(amount: Fraction) -> str:
    """Return an amount to the milligram, as a record has it."""
    return f"{float(amount):.6f}"
