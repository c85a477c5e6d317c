"""Rules about scrap: what enters free of burden was waste, and what leaves free of burden is waste.

Rules: scrap enters free at a recycling step only, and holds no more rare earth than magnets and alloys do.  Old goods
(post-consumer) need no source; of all other scrap somebody's certified run tells, or it is shown that none does.  What
is worth as much as new metal has a certificate or a document, or its share is told to whoever sees the figure.

This module does not judge recycled content (`ledger.plausibility.accounting`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import re_mass
from ledger.factors.fit import misfit
from ledger.footprint.masses import figure_text, rare_earths
from schemas.problem import Problem
from schemas.quantity import trillionths, trillionths_text
from schemas.vocabulary import STAGE_OF_STEP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.footprint.inventory import Inventory
    from schemas.inventory import MaterialLine

_GOODS: Final = (3, 20)
"""Metal or a compound with 15 % of rare earth is bought by recyclers."""
_MOST_THROWN: Final = (3, 10)
"""From this part of a run's rare earth on, such waste is shown: grinding loses a fifth to a third (set here)."""
_RARE: Final = "RE"
_DILUTED: Final = SCALE // 100
"""Metal with a hundredth of rare earth is magnets among other metal, or new metal that somebody thinned (set here)."""
_PURE: Final = SCALE * 9 // 10
"""Metal from this part on is as good as new (set here); stainless steel and most alloys have less."""
_DEAR: Final = ("Ni", "Co")
"""Metals that scrap is bought for from a half on, alone or together, whatever thins them (set here)."""
_NO_METAL: Final = frozenset({"H", "B", "C", "N", "O", "F", "Si", "P", "S", "Cl", "Se", "Br", "I", "He", "Ne", "Ar"})
_BORON: Final = 60
"""Boron of magnets for one of rare earth, at least: 0.6 % for 35 % (products.csv: bonded and sintered magnets)."""
_SHARE: Final = SCALE // 10_000
"""A share is told to a hundredth of a percent."""
_BINDING: Final = ("O", "F", "Cl", "S", "N", "H")
_MOST_BOUND: Final = 10
"""Metal, ground and rusted too, has less than a tenth of these elements; a rare-earth oxide has a seventh."""


def free_scrap(run: Inventory) -> Iterator[Problem]:
    """S-SCRAP: what is free of burden as scrap is scrap, at a step that recycles it."""
    recycling = STAGE_OF_STEP[run.step] == "recycling"
    for item in run.supplies:
        if item.fit is None or item.fit.role != "scrap":
            continue
        if not recycling:
            yield Problem.at("rule.s-scrap-step", item.place, material=item.line.name, step=run.step)
        elif (broken := misfit(item.fit, item.parts)) is not None:
            bound, found = broken
            facts = {"found": figure_text(found), "possible": figure_text(bound.high)}
            yield Problem.at("rule.s-scrap", item.place, material=item.line.name, **facts)


def untold_scrap(run: Inventory) -> Iterator[Problem]:
    """S-SCRAP, flag: of scrap that is not old goods, a certified run tells."""
    for item in run.supplies:
        line = item.line
        if item.fit is None or item.fit.role != "scrap" or line.recycled == "post-consumer":
            continue
        if line.generated_by is None or line.generated_by.certificate is None:
            yield Problem.at("rule.s-scrap-source", item.place, material=line.name)


def unproven_scrap(run: Inventory) -> Iterator[Problem]:
    """S-PROOF, flag: scrap that could be new metal, without certificate and document, with its share of the metal."""
    unproven: dict[str, int] = {}
    came = {**run.elements_in, _RARE: sum(rare_earths(run.elements_in).values())}
    found = []
    for item in run.supplies:
        if item.fit is None or item.fit.role != "scrap" or _is_proved(item.line):
            continue
        if element := _worth(item.parts):
            part = re_mass(item.parts) if element == _RARE else item.parts[element]
            mass = divide(trillionths(item.line.mass_kg) * part, SCALE)
            unproven[element] = unproven.get(element, 0) + mass
            found.append(item)
    if found:
        share = max(min(SCALE, divide(mass * SCALE, came[element])) for element, mass in unproven.items())
        told = divide(share, _SHARE) * _SHARE
        facts = {"found": figure_text(share * 100), "share": trillionths_text(told)}
        yield Problem.at("rule.s-proof", found[0].place, material=found[0].line.name, **facts)


def _is_proved(line: MaterialLine) -> bool:
    return line.proof is not None or (line.generated_by is not None and line.generated_by.certificate is not None)


def _worth(parts: Mapping[str, int]) -> str | None:
    """Return what scrap is worth as new metal is: its rare earth, or the metal that it nearly is; None for others."""
    rare, bound = re_mass(parts), sum(parts.get(element, 0) for element in _BINDING)
    metal = bound * _MOST_BOUND < SCALE
    if rare * _GOODS[1] > SCALE * _GOODS[0] or (metal and rare > _DILUTED):
        return _RARE
    if metal and 2 * sum(parts.get(element, 0) for element in _DEAR) >= SCALE:
        return max(_DEAR, key=lambda element: parts.get(element, 0))
    return next((element for element, part in parts.items() if part >= _PURE and element not in _NO_METAL), None)


def unlike_magnets(run: Inventory) -> Iterator[Problem]:
    """S-SCRAP, flag: scrap of iron with neodymium holds the boron of magnets."""
    for item in run.supplies:
        parts = item.parts
        if item.fit is None or item.fit.role != "scrap" or parts.get("Fe", 0) <= parts.get("Co", 0):
            continue
        rare, boron = re_mass(parts), parts.get("B", 0)
        neodymium = parts.get("Nd", 0) + parts.get("Pr", 0)
        if neodymium * 2 > rare > _DILUTED and parts["Fe"] > rare and boron * _BORON < rare:
            facts = {"found": figure_text(boron), "possible": figure_text(divide(rare, _BORON))}
            yield Problem.at("rule.s-scrap-boron", item.place, material=item.line.name, **facts)


def free_waste(run: Inventory) -> Iterator[Problem]:
    """S-SCRAP, flag: rare earth that others use leaves as waste, and leaves its burden to the rest of the run.

    It is metal, or a compound that somebody recovers.
    """
    if not run.tables.fits.tables:
        return
    thrown: dict[str, list[tuple[int, str, int]]] = {"rule.s-scrap-waste": [], "rule.s-scrap-goods": []}
    for index, (line, elements) in enumerate(zip(run.waste.lines, run.elements_of_wastes, strict=True)):
        rare, mass = re_mass(elements), trillionths(line.mass_kg)
        if not rare or rare * _GOODS[1] < mass * _GOODS[0]:
            continue
        bound = sum(elements.get(element, 0) for element in _BINDING)
        if bound * _MOST_BOUND < mass:
            thrown["rule.s-scrap-waste"].append((index, line.name, rare))
        elif line.destination == "recovery" and (same := _as_made(run, elements)):
            thrown["rule.s-scrap-goods"].append((index, line.name, same))
    whole = sum(rare_earths(run.elements_in).values()) if any(thrown.values()) else 0
    for code, wastes in thrown.items():
        # that rare earth leaves and none came is for the element balance to say
        if whole and sum(rare for _, _, rare in wastes) * _MOST_THROWN[1] > whole * _MOST_THROWN[0]:
            for index, name, rare in wastes:
                found = figure_text(divide(rare * 100 * SCALE, whole))
                yield Problem.at(code, f"wastes[{index}]", material=name, found=found)


def _as_made(run: Inventory, elements: Mapping[str, int]) -> int:
    """Return the rare earth of a waste that the run's goods are made of: slag of a reducing metal is no product."""
    made = rare_earths(run.product_elements)
    return sum([elements.get(each, 0) for each, mass in made.items() if mass * 100 > sum(made.values())])
