"""M-LIGHT: goods hold no more hydrogen, carbon, nitrogen and oxygen than their other elements bind.

Rules: a figure is for a kilogram of goods, so water or oxygen that nobody weighed in lowers it.  These four come from
air and water and are mostly in no balance.  So metal holds next to none but what organic materials brought, oxide the
oxygen of its formula and a little loss on ignition, ore and concentrate also carbonate and bound water, and a compound
at most what the richest salt of rare earth holds (chloride with 7 H2O, oxalate with 10 H2O for two of rare earth).

This module does not judge what a named product holds (`ledger.plausibility.products`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.elements import ATOMIC_WEIGHT, RARE_EARTHS
from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import re_mass, reo_mass
from ledger.footprint.masses import PARTS, moles, rare_parts
from ledger.plausibility.amounts import bought, once
from schemas.problem import Problem
from schemas.quantity import trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.footprint.inventory import Inventory, Outgoing

LIGHT: Final = ("H", "C", "N", "O")
METALLIC: Final = ("metal", "alloy", "magnet")
SHOWN_FROM: Final[Mapping[str, int]] = {
    **dict.fromkeys(METALLIC, 3), "oxide": 2, "mixed-compound": 5, "scrap": 5, "powder": 5, "ore": 10, "concentrate": 10,
}  # fmt: skip
"""Percent of the goods' mass from which on they are shown (set here).

Fine metal takes up 1 or 2 %, oxide comes out of a kiln and loses about 1 % on ignition (memory), and the oxygen of ore
is told by difference.
"""
_OPEN_AIR: Final = 5
"""Percent of oxide that is mostly lanthanum's: it takes up water and carbon dioxide from air (memory)."""
_WET: Final = 3
"""Percent of water, by its hydrogen, from which on a concentrate is shown (set here).

It is weighed dry, and the ore minerals that are sold, bastnaesite, monazite and xenotime, hold no hydrogen by formula.
"""
REFUSED_FROM: Final = 30
"""Percent that no assay is wrong by (set here): less is shown, since a rough composition is no cheat."""

_IRON: Final = (3, 10)
"""A powder with this part of iron and cobalt is metal; polishing powder and catalysts are oxide."""
_TENTH: Final = 10
_MILLION: Final = 10**6
_MOST: Final[Mapping[str, int]] = {"C": SCALE * 13 // 100, "H": SCALE * 17 // 1000, "N": SCALE // 100}
"""The most of ore, concentrate and powder: calcite has 0.12 of carbon, clay 0.016 of hydrogen."""
_BARE: Final = frozenset({"F", "Cl", *LIGHT, *RARE_EARTHS})
_HALVES: Final[Mapping[str, int]] = {
    "Na": 1, "K": 1, "Li": 1, "Ca": 2, "Mg": 2, "Ba": 2, "Sr": 2, "Zn": 2, "Pb": 2, "Ni": 2, "Cu": 2,
    "Al": 3, "Fe": 3, "B": 3, "Co": 3, "Cr": 3, "P": 5, "Nb": 5, "Ta": 5, "V": 5, "S": 6, "W": 6, "Mo": 6,
}  # fmt: skip
"""Half atoms of oxygen for one of an element in its oxide; 4 for others, such as silicon and titanium."""
_HALVES_OF_OTHERS: Final = 4
_WATER: Final = 5
_WATER_OF_CHLORIDE: Final = 7
"""The most crystal water for one of rare earth: oxalate has 5, carbonate and sulphate 4, chloride 7, nitrate 6."""
_ANIONS: Final = 4
"""The most carbon or nitrogen for one of rare earth in a salt: oxalate 3, nitrate 3, with something to spare."""


def light_goods(run: Inventory, *, verdict: str) -> Iterator[Problem]:
    """M-LIGHT: yield each output with more of the light elements than it can bind."""
    for item, percent in _heavy(run):
        beyond = percent > REFUSED_FROM * SCALE
        if beyond == (verdict == "reject"):
            code = "rule.m-light" if beyond else "rule.m-light-flag"
            found = trillionths_text(divide(percent, SCALE // 10) * (SCALE // 10))
            yield Problem.at(code, item.place, lot=item.lot, found=found, possible=str(REFUSED_FROM))


@once
def _heavy(run: Inventory) -> list[tuple[Outgoing, int]]:
    """Return each output that is shown, with its percent of ballast (scaled)."""
    found = [(item, max(_unbound(run, item), _water(item))) for item in run.outgoing]
    return [(item, percent) for item, percent in found if percent]


def _unbound(run: Inventory, item: Outgoing) -> int:
    """Return the percent (scaled) of light elements that nothing binds, 0 where that is not shown."""
    metal = item.kind in METALLIC or (item.kind == "powder" and _is_metal(item.elements))
    shown, mass = _shown("metal" if metal else item.kind, item.elements), item.net_mass_mg * _MILLION
    most = _light(item.elements)
    if shown is None or most * 100 <= shown * mass:
        return 0
    if not metal:  # the oxygen of rare-earth oxides is none, which settles it for most goods
        most -= min(item.elements.get("O", 0), reo_mass(item.elements) - re_mass(item.elements))
    if most * 100 <= shown * mass or not rare_parts(item.elements):
        return 0
    loose = _of_metal(run, item) if metal else _of_mineral(item)
    return divide(loose * 100 * SCALE, mass) if loose * 100 > shown * mass else 0


def _shown(kind: str, held: Mapping[str, int]) -> int | None:
    """Return the percent from which on goods of a kind are shown."""
    return _OPEN_AIR if kind == "oxide" and held.get("La", 0) * 2 > re_mass(held) else SHOWN_FROM.get(kind)


def _water(item: Outgoing) -> int:
    """Return the percent of water (scaled) in a concentrate by its hydrogen, 0 if it is dry."""
    if item.kind != "concentrate" or not item.elements.get("H"):
        return 0
    hydrogen = divide(item.elements["H"] * 100 * SCALE, item.net_mass_mg * _MILLION)
    percent = divide(hydrogen * (2 * ATOMIC_WEIGHT["H"] + ATOMIC_WEIGHT["O"]), 2 * ATOMIC_WEIGHT["H"])
    return percent if percent > _WET * SCALE else 0


def _of_metal(run: Inventory, item: Outgoing) -> int:
    """Return the light elements of a metal, less its part of what resins and metallic goods brought (scaled)."""
    brought = 0
    for elements in (*(each.elements for each in run.incoming), *(each for _, _, each in bought(run))):
        light, rare = _light(elements), rare_parts(elements)
        resin = elements.get("C") and elements.get("H") and not rare
        if resin or (rare and light * _TENTH < sum(elements.values())):
            brought += light
    made = sum([each.net_mass_mg for each in run.outgoing])
    return max(0, _light(item.elements) - divide(brought * item.net_mass_mg, made))


def _of_mineral(item: Outgoing) -> int:
    """Return the light elements that neither an oxide, a carbonate nor a hydrate of the goods binds (scaled kg)."""
    held, rare = item.elements, rare_parts(item.elements)
    if item.kind == "mixed-compound":
        water = _WATER_OF_CHLORIDE if "Cl" in held or "N" in held else _WATER
        atoms = {"C": _ANIONS * rare, "N": _ANIONS * rare, "H": 2 * water * rare + 4 * moles(held, "N")}
        most = {each: divide(parts * ATOMIC_WEIGHT[each], PARTS) for each, parts in atoms.items()}
    else:
        mass = 0 if item.kind == "oxide" else sum(held.values())
        most = {each: divide(mass * part, SCALE) for each, part in _MOST.items()}
    kept = {each: min(held.get(each, 0), mass) for each, mass in most.items()}
    halves = sum(_HALVES.get(each, _HALVES_OF_OTHERS) * moles(held, each) for each in held if each not in _BARE)
    halves += 4 * moles(kept, "C") + 5 * moles(kept, "N") + moles(kept, "H")
    bound = reo_mass(held) - re_mass(held) + divide(halves * ATOMIC_WEIGHT["O"], 2 * PARTS)
    more = sum(held.get(each, 0) - mass for each, mass in kept.items())
    return more + max(0, held.get("O", 0) - bound)


def _light(elements: Mapping[str, int]) -> int:
    return sum([elements.get(each, 0) for each in LIGHT])


def _is_metal(held: Mapping[str, int]) -> bool:
    part, whole = _IRON
    return (held.get("Fe", 0) + held.get("Co", 0)) * whole >= sum(held.values()) * part
