"""Close the balance of a run by the one amount that is left to it.

Rules: a rest of waste takes, of each of its elements, what came in with inputs and materials and left by no other way;
H, C, N and O, which come with air and water, keep their ratio to the others. Without elements it takes the mass. A rest
of water takes what its four ins and three other outs leave. Nothing is ever below zero.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from ledger.plausibility.physics import MEDIA
from ledger.recipes.amounts import WATER_IN, WATER_OUT, Measure, Run, line_label, measured, total
from schemas.problem import InputError
from schemas.quantity import read_share

_ROUNDING: Final = Fraction(len(WATER_IN + WATER_OUT), 2 * 10**6)
"""Eight amounts are each rounded by half a millionth of a cubic metre at most."""


def water_left(run: Run) -> Fraction:
    """Return how much more water came in than left, in m3."""
    came, went = (
        sum((measured(run["water"][each]).number for each in side), Fraction(0)) for side in (WATER_IN, WATER_OUT)
    )
    return came - went


def absorb_rounding(run: Run) -> None:
    """Take from the largest out what only rounding lets leave beyond what came in."""
    left = water_left(run)
    if -_ROUNDING <= left < 0:
        largest = max(WATER_OUT, key=lambda member: measured(run["water"][member]).number)
        run["water"][largest] = Measure(measured(run["water"][largest]).number + left, "m3").text


def close_water(run: Run, line: str) -> Measure:
    """Close the balance of water by the member of a line; return its amount.

    Raises:
        InputError: `recipe.rest-negative`.
    """
    member = line.removeprefix("water.")
    left = water_left(run)
    closed = measured(run["water"][member]).number + (left if member in WATER_OUT else -left)
    if closed < 0:
        raise InputError.at("recipe.rest-negative", found=f"-{Measure(-closed, 'm3').text}", what=line_label(run, line))
    if left:
        run["water"][member] = Measure(closed, "m3").text
    return Measure(closed, "m3")


def close_mass(run: Run, line: str, compositions: Sequence[Mapping[str, str]]) -> Measure:
    """Close the balance of elements, or of mass, by the waste of a line; return its mass.

    Raises:
        InputError: `recipe.rest-negative`, with the element of which too little came in; `recipe.rest-elements`.
    """
    number = int(line.partition("[")[2][:-1])
    waste = run["wastes"][number]
    others = [each for index, each in enumerate(run["wastes"]) if index != number]
    typical = measured(waste["mass"])
    elements = {element: measured(text).number for element, text in (waste.get("elements") or {}).items()}
    if not elements:
        came = total([each["mass"] for group in ("inputs", "materials") for each in run.get(group, ())])
        went = total(
            [
                each["mass"]
                for group in (run["outputs"], others, run.get("direct", ()))
                for each in group
                if "mass" in each
            ]
        )
        return _put(waste, _at_least_zero(came - went, waste["name"]))
    balance: defaultdict[str, Fraction] = defaultdict(Fraction)
    for element, mass in _balance(run, compositions, others):
        balance[element] += mass
    closed = {element: _at_least_zero(balance[element], element) for element in elements if element not in MEDIA}
    usual = sum((elements[element] for element in closed), Fraction(0))
    if not usual:
        raise InputError.at("recipe.rest-elements", waste=waste["name"])
    ratio = sum(closed.values(), Fraction(0)) / usual
    mass = typical.number * ratio
    left = {element: closed.get(element, typical_mass * ratio) for element, typical_mass in elements.items()}
    waste["elements"] = {element: Measure(each, "kg").text for element, each in left.items() if round(each * 10**6)}
    return _put(waste, mass)


def _balance(
    run: Run, compositions: Sequence[Mapping[str, str]], others: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, Fraction]]:
    """Yield the mass of each element that came in, and below zero the mass that left another way."""
    for each, composition in zip(run.get("inputs", ()), compositions, strict=True):
        yield from _parts(each["mass"], composition, 1)
    for each in run.get("materials", ()):
        yield from _parts(each["mass"], each.get("composition") or {}, 1)
    for each in run["outputs"]:
        yield from _parts(each["mass"], each["composition"], -1)
    for each in (*others, *run.get("direct", ())):
        for element, mass in (each.get("elements") or {}).items():
            yield element, -measured(mass).number


def _parts(mass: str, composition: Mapping[str, str], sign: int) -> Iterator[tuple[str, Fraction]]:
    whole = measured(mass).number
    for element, share in composition.items():
        yield element, sign * whole * Fraction(read_share(share))


def _at_least_zero(mass: Fraction, what: str) -> Fraction:
    if mass < 0:
        raise InputError.at("recipe.rest-negative", found=f"-{Measure(-mass, 'kg').text}", what=what)
    return mass


def _put(waste: Run, mass: Fraction) -> Measure:
    waste["mass"] = Measure(mass, "kg").text
    return Measure(mass, "kg")
