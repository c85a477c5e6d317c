"""The composition of a batch: element mass fractions of the dry product, and element masses.

Rules: a fraction is kg element per kg dry mass.  A batch's fractions have at most 6 decimals, so that fraction times
net mass in mg is exact in 10^-12 kg.  Loss on ignition stays inside (C, H, O).  The sum is 1 +- 0.005 (rule M-SUM).
Elements keep the order of the record.

This module does not judge balances or product limits (`ledger.plausibility`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self

from ledger.chemistry.elements import ATOMIC_WEIGHT
from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import re_mass, reo_mass
from schemas.problem import InputError, Problem, RefusedError
from schemas.quantity import trillionths_text

SUM_TOLERANCE: Final = 5 * SCALE // 1000
"""0.5 % of the mass, either way (rule M-SUM)."""

MILLIGRAMS_PER_KG: Final = 10**6


@dataclass(frozen=True, slots=True)
class Composition:
    """Element mass fractions of a dry product: symbol to scaled kg/kg, each above 0, the sum within M-SUM."""

    fractions: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, fractions: Iterable[tuple[str, int]], place: str = "") -> Self:
        """Return the composition of checked element symbols and scaled fractions.

        Raises:
            InputError: ``composition.element``, ``composition.twice``, ``composition.zero`` (absent elements are not
                listed), ``rule.m-sum``.
        """
        declared = tuple(fractions)
        problems = list(composition_faults(declared, place))
        if problems:
            raise InputError(*problems)
        total = sum(fraction for _, fraction in declared)
        if abs(total - SCALE) > SUM_TOLERANCE:
            raise RefusedError.at("rule.m-sum", place, total=trillionths_text(total))
        return cls(declared)

    def element_masses(self, net_mass_mg: int) -> dict[str, int]:
        """Return scaled kg of each element in a dry net mass in mg: exact for fractions of at most 6 decimals."""
        return {element: divide(fraction * net_mass_mg, MILLIGRAMS_PER_KG) for element, fraction in self.fractions}

    def fraction(self, element: str) -> int:
        """Return the scaled kg/kg of one element, 0 if it is not declared."""
        return dict(self.fractions).get(element, 0)

    @property
    def rare_earths(self) -> int:
        """Total rare-earth element fraction (scaled kg/kg)."""
        return re_mass(dict(self.fractions))

    @property
    def treo(self) -> int:
        """Total rare-earth oxide fraction (scaled kg REO per kg dry mass), as reference oxides."""
        return reo_mass(dict(self.fractions))


def composition_faults(declared: Iterable[tuple[str, int]], place: str) -> Iterator[Problem]:
    """Yield unknown elements, elements that are there twice, and zero fractions."""
    seen = set()
    for element, fraction in declared:
        if element not in ATOMIC_WEIGHT:
            yield Problem.at("composition.element", place, element=element)
        if element in seen:
            yield Problem.at("composition.twice", place, element=element)
        if fraction <= 0:
            yield Problem.at("composition.zero", place, element=element)
        seen.add(element)
