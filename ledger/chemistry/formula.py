"""Parse chemical formulas strictly, because common libraries silently disagree.

Grammar, read left to right::

    formula := group ("·" [count] group)* | group "." [whole number] "H2O"
    group   := (element [count] | "(" group ")" [count])+
    count   := a decimal above 0 with at most 6 places, no trailing zero; 1 is not written

Examples: ``La0.6Ce0.4Ni3.55``, ``Nd2(C2O4)3``, ``CaSO4·0.5H2O``, ``H2C2O4.2H2O``.  A full stop is the dot of a hydrate
only before a whole number of H2O at the end (half waters need the raised dot); elsewhere it is a decimal point.  Some
libraries read the last example as 4.2 oxygen.  Charges, isotopes, brackets, leading coefficients and elements outside
the pinned table are refused.

This module knows no valences, structures or names of compounds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Final

from ledger.chemistry.elements import ATOMIC_WEIGHT
from ledger.chemistry.exact import SCALE
from schemas.problem import InputError

MAXIMUM_CHARACTERS: Final = 100
FORMULAS_KEPT: Final = 1024
"""Formulas that stay parsed: people write them, so there is no end of them."""
"""Longer than any formula of a reagent or alloy; the bound keeps a hostile formula cheap."""

MAXIMUM_DEPTH: Final = 4
"""Nested parentheses; real formulas nest once or twice."""

_COUNT: Final = r"0\.[0-9]{0,5}[1-9]|[1-9][0-9]{0,5}(?:\.[0-9]{0,5}[1-9])?"
_TOKEN: Final = re.compile(rf"(?:(?P<element>[A-Z][a-z]?)|(?P<open>\()|(?P<close>\)))(?P<count>{_COUNT})?", re.ASCII)
_LEADING: Final = re.compile(_COUNT, re.ASCII)
_WATER: Final = re.compile(r"\.(?=(?:[1-9][0-9]*)?H2O\Z)", re.ASCII)
_CHARGE: Final = re.compile(r"[-+^\u207a\u207b\u2212]")  # also the raised signs and the minus sign


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as written and the number of atoms of each element in it (exact, alphabetical order)."""

    text: str
    atoms: tuple[tuple[str, Fraction], ...]

    @property
    def molar_mass(self) -> Fraction:
        """The mass of one mole in g/mol, exact from the pinned atomic weights."""
        return sum((count * Fraction(ATOMIC_WEIGHT[element], SCALE) for element, count in self.atoms), Fraction())

    def count(self, element: str) -> Fraction:
        """Return the atoms of `element` per formula unit, 0 if it has none."""
        return dict(self.atoms).get(element, Fraction())

    def mass_fraction(self, element: str) -> Fraction:
        """Return kg of `element` per kg of the compound, exact."""
        return self.count(element) * Fraction(ATOMIC_WEIGHT[element], SCALE) / self.molar_mass


@lru_cache(FORMULAS_KEPT)
def parse_formula(text: str) -> Formula:
    """Parse a formula.

    Raises:
        InputError: ``formula.spelling``, ``formula.charge``, ``formula.element``, ``formula.parenthesis``.
    """
    if len(text) > MAXIMUM_CHARACTERS or not text:
        raise InputError.at("formula.spelling", value=text, rest=text)
    if _CHARGE.search(text):
        raise InputError.at("formula.charge", value=text)
    first, *others = (text if "·" in text else _WATER.sub("·", text)).split("·")
    parts = [(Fraction(1), first), *(_coefficient(part, text) for part in others)]
    atoms = _sum((element, times * count) for times, part in parts for element, count in _group(part, text))
    return Formula(text, tuple(sorted(atoms.items())))


def _coefficient(part: str, text: str) -> tuple[Fraction, str]:
    """Split the count off a part after a dot."""
    match = _LEADING.match(part)
    if match is None:
        return Fraction(1), part
    return _times(match[0], text), part[match.end() :]


def _group(part: str, text: str) -> Iterable[tuple[str, Fraction]]:
    """Parse one part without dots; a stack holds the open parentheses."""
    stack: list[dict[str, Fraction]] = [{}]
    position = 0
    while position < len(part):
        match = _TOKEN.match(part, position)
        if match is None or (match["open"] and match["count"]):
            raise InputError.at("formula.spelling", value=text, rest=part[position:])
        position = match.end()
        times = _times(match["count"], text)
        if match["open"]:
            stack.append({})
        elif match["close"]:
            _close(stack, times, text)
        else:
            _add(stack[-1], _known(match["element"], text), times)
        if len(stack) > MAXIMUM_DEPTH:
            raise InputError.at("formula.parenthesis", value=text)
    if len(stack) != 1:
        raise InputError.at("formula.parenthesis", value=text)
    if not stack[0]:
        raise InputError.at("formula.spelling", value=text, rest=part)
    return stack[0].items()


def _close(stack: list[dict[str, Fraction]], times: Fraction, text: str) -> None:
    """Close the innermost parenthesis: multiply its atoms and add them to the level around it."""
    inner = stack.pop()
    if not stack or not inner:
        raise InputError.at("formula.parenthesis", value=text)
    for element, count in inner.items():
        _add(stack[-1], element, times * count)


def _times(count: str | None, text: str) -> Fraction:
    """Return a count; an omitted count is 1, and a written 1 is a second spelling."""
    if count == "1":
        raise InputError.at("formula.spelling", value=text, rest=count)
    return Fraction(count or 1)


def _known(element: str, text: str) -> str:
    if element not in ATOMIC_WEIGHT:
        raise InputError.at("formula.element", value=text, element=element)
    return element


def _add(atoms: dict[str, Fraction], element: str, count: Fraction) -> None:
    atoms[element] = atoms.get(element, Fraction()) + count


def _sum(pairs: Iterable[tuple[str, Fraction]]) -> dict[str, Fraction]:
    atoms: dict[str, Fraction] = {}
    for element, count in pairs:
        _add(atoms, element, count)
    return atoms
