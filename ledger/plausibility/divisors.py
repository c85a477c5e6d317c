"""What the amounts of a run are divided by: goods, rare earth, nitrogen lost, salt that leaves.

Rules: masses are scaled kg, amounts of substance parts of a kmol (`ledger.footprint.masses`).

This module does not count lines (`ledger.plausibility.amounts`) or judge (`ledger.plausibility.completeness`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.elements import ATOMIC_WEIGHT
from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import re_mass, reo_mass
from ledger.footprint.masses import KG_PER_M3, PARTS, emitted, joined_masses, moles, rare_parts
from ledger.plausibility.amounts import bought, counted, once, reagents
from schemas.determination import Measured
from schemas.quantity import milligrams, trillionths

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ledger.factors.completeness import Basis
    from ledger.footprint.inventory import Incoming, Inventory, Outgoing

NO_GOODS: Final = ("by-product", "in-process", "scrap", "electricity")
"""Kinds of outputs that a step is not run for."""

_RESIN: Final = SCALE // 100
"""Carbon of a bonded magnet's resin; sintered magnets hold a tenth of it."""
_KG_PER_TONNE: Final = 1000


@once
def _divisors(_: Inventory) -> dict[Basis, int]:
    """Return what was summed already."""
    return {}


def basis_of(run: Inventory, basis: Basis) -> int:
    """Return what a measure is divided by (scaled kg or t, or parts of a kmol), 0 where the run has none of it."""
    held = _divisors(run)
    if basis not in held:
        held[basis] = _BASES[basis](run)
    return held[basis]


def goods(run: Inventory) -> Sequence[Outgoing]:
    """Return the outputs that the step was run for; by-products, stock in process and scrap only if there are none."""
    kinds = [item for item in run.outgoing if item.kind not in NO_GOODS]
    return kinds or run.outgoing


@once
def oxides(run: Inventory) -> list[Outgoing]:
    """Return the oxide outputs: of that kind, or mixed compounds of at least 85 % REO."""
    return [item for item in run.outgoing if item.kind == "oxide" or _is_mixed_oxide(item)]


def reo_of(run: Inventory) -> int:
    """Return kg of rare-earth oxide in all outputs (scaled)."""
    return reo_mass(run.product_elements)


def _is_mixed_oxide(item: Outgoing) -> bool:
    """Return whether a mixed compound is oxide; a hydroxide, which holds as much rare earth, saw no kiln."""
    if item.kind != "mixed-compound" or reo_mass(item.fractions) * 100 < 85 * SCALE:
        return False
    rare = rare_parts(item.fractions)
    return moles(item.fractions, "H") * 5 < rare * 12 or moles(item.fractions, "O") * 5 < rare * 12


def _mass(items: Sequence[Outgoing]) -> int:
    return sum(item.net_mass_mg for item in items) * 10**6


def _chloride(run: Inventory) -> int:
    """Return kg of rare earth as trichlorides."""
    elements = run.product_elements
    return re_mass(elements) + divide(3 * rare_parts(elements) * ATOMIC_WEIGHT["Cl"], PARTS)


def _dissolved(run: Inventory) -> int:
    """Return the rare earth that acid dissolves: all in the outputs but the cerium of one that is mostly cerium."""
    total = 0
    for item in run.outgoing:
        rare, cerium = rare_parts(item.elements), moles(item.elements, "Ce")
        total += rare - (cerium if cerium * 2 > rare else 0)
    return total


@once
def nitrogen_lost(run: Inventory) -> int:
    """Return kg of N that came in and is in no product and no salt that is sold, and was not measured as N2.

    The N2 must be read by a monitor that ran all the time.  It and what is sold need a document.
    """
    given = sum(elements.get("N", 0) for _, _, elements in reagents(run))
    given += sum(item.elements.get("N", 0) for item in run.incoming)
    sold = [
        elements
        for line, elements in zip(run.waste.lines, run.elements_of_wastes, strict=True)
        if line.destination == "recovery" and line.proof is not None
    ]
    kept = sum(elements.get("N", 0) for elements in sold) + sum(map(_nitrogen_in, run.outgoing))
    measured = sum(
        emitted(line).get("N", 0)
        for line in run.direct.lines
        if line.gas is None
        and isinstance(line.method, Measured)
        and line.method.continuous
        and line.method.document is not None
        and set(emitted(line)) == {"N"}
    )
    return max(0, given - kept - measured)


def _nitrogen_in(item: Outgoing) -> int:
    """Return kg of N in an output; of a by-product only what a document shows as sold."""
    nitrogen = item.elements.get("N", 0)
    if item.kind != "by-product" or not nitrogen:
        return nitrogen
    return 0 if item.sold is None else divide(nitrogen * milligrams(item.sold.mass_kg), item.net_mass_mg)


def ammonium_in(run: Inventory) -> int:
    """Return kg of N in what was bought."""
    return sum(elements.get("N", 0) for _, _, elements in reagents(run))


@once
def dry_salt(run: Inventory) -> int:
    """Return kg of soluble salt that left dry: chloride, nitrate or sulphate of ammonium, alkali or magnesium."""
    wastes = [
        elements
        for line, elements in zip(run.waste.lines, run.elements_of_wastes, strict=True)
        if line.waste_class not in {"in-water", "in-place"} and trillionths(line.moisture) * 2 < SCALE
    ]
    by_products = [item.elements for item in run.outgoing if item.kind == "by-product"]
    return sum(sum(each.values()) for each in (*wastes, *by_products) if _is_salt(each))


def _is_salt(elements: Mapping[str, int]) -> bool:
    """Return whether half of a flow are the ions of a soluble salt, and none of it is rare earth to speak of."""
    whole = sum(elements.values())
    ions = sum([elements.get(each, 0) for each in ("N", "Na", "K", "Mg", "Cl", "S")])
    if ions * 5 < whole * 2 or re_mass(elements) * 100 >= whole:
        return False
    chloride, nitrogen = moles(elements, "Cl"), moles(elements, "N")
    held = moles(elements, "Cl", "S") or (nitrogen and moles(elements, "O") >= 2 * nitrogen)
    return bool(held) and bool(chloride or moles(elements, "N", "Na", "K", "Mg"))


def magnet_class(item: Outgoing) -> str:
    """Return how a magnet was made: by its product, else `bonded` if it holds a resin's carbon."""
    for each in ("bonded", "hot-deformed"):
        if item.product and item.product.startswith(each):
            return each
    return "sintered" if item.product or item.fractions.get("C", 0) < _RESIN else "bonded"


def _magnets(run: Inventory, *classes: str) -> int:
    """Return kg of magnets, of all or of some classes."""
    made = run.products_of("magnet")
    return _mass([item for item in made if not classes or magnet_class(item) in classes])


def _moved(run: Inventory) -> int:
    """Return t of ore and waste rock."""
    rock = sum(trillionths(line.mass_kg) for line in run.waste.lines)
    return (_mass(run.outgoing) + rock) // _KG_PER_TONNE


def _evaporated(run: Inventory) -> int:
    return sum(each.amount for each in counted(run, "evaporator")) * KG_PER_M3


@once
def feed(run: Inventory) -> list[Mapping[str, int]]:
    """Return the element masses of everything with rare earth that came in."""
    materials = [elements for _, _, elements in bought(run) if rare_parts(elements)]
    return [*(item.elements for item in run.incoming if rare_parts(item.elements)), *materials]


@once
def fluorine_in(run: Inventory) -> int:
    """Return the fluorine of the feed, in parts of a kmol."""
    return moles(joined_masses(*feed(run)), "F")


def of_kind(items: Sequence[Incoming], *kinds: str) -> list[Incoming]:
    """Return the certified inputs of some kinds."""
    return [item for item in items if item.kind in kinds]


_BASES: Final[Mapping[Basis, Callable[[Inventory], int]]] = {
    "presence": lambda _: 0,
    "reo": reo_of,
    "chloride": _chloride,
    "oxide": lambda run: _mass(oxides(run)),
    "goods": lambda run: _mass(goods(run)),
    "magnets": _magnets,
    "sintered-magnets": lambda run: _magnets(run, "sintered"),
    "bonded-magnets": lambda run: _magnets(run, "bonded"),
    "hot-deformed-magnets": lambda run: _magnets(run, "hot-deformed"),
    "powder": lambda run: _mass(run.products_of("powder")),
    "rare-earth": lambda run: re_mass(run.made_of("metal", "alloy", "powder")),
    "rare-earth-moles": lambda run: rare_parts(run.product_elements),
    "dissolved-moles": _dissolved,
    "fluorine-moles": fluorine_in,
    "nitrogen": nitrogen_lost,
    "water-evaporated": _evaporated,
    "salt": dry_salt,
    "tonnes-moved": _moved,
}
