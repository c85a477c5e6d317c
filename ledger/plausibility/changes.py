"""What a run changed: proportions of rare earths and kinds of goods; from it follows what was done, whatever its name.

Rules: mixing can't take a mixture apart.  So if an output has more of a rare earth than the richest feed for its mass
could give, the proportions changed, and the rows of a separation are owed.

This module has no bounds of amounts (`ledger.factors.completeness`) and judges no line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from ledger.chemistry.exact import SCALE
from ledger.chemistry.stoichiometry import electrolysis_floor, re_mass, reo_mass
from ledger.factors.boundary import CONVENTION
from ledger.footprint.masses import in_material, joined_masses, metal_parts, moles, rare_earths, rare_parts
from ledger.plausibility.amounts import bought, once
from ledger.plausibility.divisors import (
    ammonium_in,
    dry_salt,
    feed,
    fluorine_in,
    goods,
    magnet_class,
    nitrogen_lost,
    of_kind,
    oxides,
    reo_of,
)
from ledger.plausibility.reduction import floor_of
from schemas.quantity import trillionths
from schemas.vocabulary import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ledger.factors.completeness import Condition
    from ledger.footprint.inventory import Inventory, Outgoing
    from schemas.vocabulary import Step

    Elements = Mapping[str, int]

TENTH: Final = 10
HUNDREDTH: Final = 100
"""Change of proportions that counts: a tenth; in blending a hundredth."""

WINNING: Final = ("mining", "beneficiation", "in-situ-leaching")
"""Steps whose feed is a rock: its minerals differ, so outputs are compared with each other."""

DIGGING: Final = ("mining", "beneficiation")
"""Steps that win ore and concentrate: a rock becomes a compound by leaching."""

_WON: Final = ("ore", "concentrate")
"""Kinds that lie in no ground any more, so nobody leaches them in place."""

SEPARATING: Final = ("separation", "hydrometallurgical-recycling")
CALCINING: Final = (*SEPARATING, "in-situ-leaching")
ALLOYING: Final = ("strip-casting", "alloy-melting", "oxide-electrolysis")
MINERAL: Final[tuple[Kind, ...]] = ("oxide", "mixed-compound")
"""Kinds of outputs whose proportions only chemistry changes."""
METALLIC: Final[tuple[Kind, ...]] = ("metal", "alloy", "powder", "scrap")
"""Kinds that bought metal can be of; a magnet is made by sintering."""

ONE_VOLT_MORE: Final = (265, 165)
"""An inert anode or a chloride melt takes a volt more than the 1.65 V of `electrolysis_floor`."""


class Act(NamedTuple):
    """A step whose rows a run owes besides its own, for what it changed; `items` are those rows, all if empty."""

    step: Step
    change: str
    items: tuple[str, ...] = ()


@once
def acts(run: Inventory) -> list[Act]:
    """Return what a run did that its step doesn't say."""
    found = []
    blended = run.step == "blending"  # its proportions are judged by `unmixed`
    if run.step not in SEPARATING and not blended and proportions_changed(run):
        found.append(Act("separation", "proportions of rare earths", ("electricity", "acid", "process-heat")))
    elif run.step not in CALCINING and calcined(run):
        found.append(Act("separation", "compounds to oxide", ("process-heat",)))
    if run.step in DIGGING and any(rare_parts(item.elements) for item in run.products_of(*MINERAL)):
        found.append(Act("in-situ-leaching", "rock to compound", ("electricity", "leaching-agent", "n2o")))
    if run.step == "in-situ-leaching" and any(rare_parts(item.elements) for item in run.incoming if item.kind in _WON):
        found.append(Act("hydrochloric-leaching", "concentrate to compound", ("electricity", "acid", "process-heat")))
    if run.step != "magnet-production" and _made_of(run, ("magnet",), ("alloy", "powder", "metal")):
        found.append(Act("magnet-production", "alloy to magnet", ("electricity",)))
    if run.step not in ALLOYING and _made_of(run, ("alloy",), ("metal",)):
        found.append(Act("alloy-melting", "metal to alloy", ("electricity",)))
    return found


def unmixed(run: Inventory) -> Outgoing | None:
    """Return an output of a blending that mixing can't have made: of another kind, or of other proportions (1 %)."""
    kinds = {item.kind for item in run.incoming}
    if "in-process" in kinds:
        kinds |= set(get_args(Kind)) - {"magnet"}  # what is in process may be of any kind, but was not sintered yet
    for _, _, elements in bought(run):
        if rare_parts(elements):
            kinds |= {*MINERAL, *METALLIC}  # nobody certified what it was; what it is, M-OXMET judges
    for item in run.outgoing:
        if rare_parts(item.elements) and item.kind != "in-process" and item.kind not in kinds:
            return item
    return next((item for item in run.outgoing if _richer(item.elements, feed(run), HUNDREDTH)), None)


@once
def proportions_changed(run: Inventory) -> bool:
    """Return whether an output of compounds has over a tenth more of a rare earth than its feed could give."""
    made = run.products_of(*MINERAL)
    if not made:
        return False
    came = feed(run)
    if run.step in WINNING or not came:
        came = [joined_masses(*[item.elements for item in made])]
    return any(_richer(item.elements, came, TENTH) for item in made)


def _richer(output: Elements, sources: Sequence[Elements], part: int) -> bool:
    """Return whether an output has more of a rare earth than its mass of the richest sources, and a `part` more.

    A rare earth of less than a hundredth of the output's is impurity.
    """
    rare = rare_earths(output)
    whole = sum(rare.values())
    came = [(source, re_mass(source)) for source in sources]
    taken = min(whole, sum([rare for _, rare in came]))  # that more left than came is for the element balance to say
    return any(
        mass * taken * part > _most(element, taken, came) * whole * (part + 1)
        for element, mass in rare.items()
        if mass * HUNDREDTH >= whole
    )


def _most(element: str, whole: int, sources: Sequence[tuple[Elements, int]]) -> int:
    """Return the most of an element that `whole` kg of rare earth can hold if it is taken from the richest sources.

    Each source has its element masses and all of its rare earth.
    """
    taken = 0
    ranked = [(source.get(element, 0), rare) for source, rare in sources]
    if len(ranked) > 1:
        ranked.sort(key=lambda each: -(each[0] * SCALE // each[1]))
    for mass, rare in ranked:
        part = min(rare, whole)
        taken += mass * part // rare
        whole -= part
    return taken


@once
def calcined(run: Inventory) -> bool:
    """Return whether carbonate, oxalate, hydroxide, chloride or solution became oxide."""
    made = sum([rare_parts(item.elements) for item in oxides(run)])
    if not made:
        return False
    came = [item.elements for item in run.incoming if item.kind != "oxide"] + [each for _, _, each in bought(run)]
    # an oxide of commerce holds traces of carbon, chlorine and water
    compounds = [each for each in came if reo_mass(each) * 100 < 85 * sum(each.values())]
    wet = sum(rare_parts(each) for each in compounds if moles(each, "C", "Cl", "H", "S", "N") and not metal_parts(each))
    return wet > 0 and made * HUNDREDTH > sum(rare_parts(item.elements) for item in of_kind(run.incoming, "oxide")) * (
        HUNDREDTH + 1
    )


def _made_of(run: Inventory, made: Sequence[Kind], of: Sequence[str]) -> bool:
    """Return whether outputs of some kinds come to a tenth or more from certified inputs of others."""
    out = sum([rare_parts(item.elements) for item in run.outgoing if item.kind in made])
    if not out:
        return False
    same = sum(rare_parts(item.elements) for item in of_kind(run.incoming, *made))
    other = sum(rare_parts(item.elements) for item in of_kind(run.incoming, *of))
    return out > same and other * TENTH >= out


# -- conditions ---------------------------------------------------------------------------------------------------


@once
def _answers(_: Inventory) -> dict[Condition, bool]:
    """Return the conditions that were asked already."""
    return {}


def holds(run: Inventory, conditions: Iterable[Condition]) -> bool:
    """Return whether all conditions of a row hold."""
    answers = _answers(run)
    for each in conditions:
        if each not in answers:
            answers[each] = _CONDITIONS[each](run)
        if not answers[each]:
            return False
    return True


def _declared(run: Inventory, item: str, reason: str) -> bool:
    return any(each.item == item and each.reason == reason for each in run.absent)


def oxide_made(run: Inventory) -> bool:
    """Return whether a kiln made oxide: from a solution, or from other compounds."""
    if not oxides(run):
        return False
    return run.step not in SEPARATING or proportions_changed(run) or calcined(run) or not of_kind(run.incoming, "oxide")


def _dry(run: Inventory) -> bool:
    """Return whether water is told and less than 5 % of the goods' mass left in them."""
    mass = sum(item.net_mass_mg for item in goods(run)) * 10**6
    return run.water is not None and trillionths(run.water.in_products) * 1000 * 20 < mass


def _salt_leaves(run: Inventory) -> bool:
    """Return whether more than 0.3 kg of dry salt leaves for a kg of rare-earth oxide."""
    return dry_salt(run) * 10 > 3 * reo_of(run)


def _nitrogen_lost(run: Inventory) -> bool:
    """Return whether over 1 % of the nitrogen that was bought is in no product and no salt sold."""
    return nitrogen_lost(run) * 100 > ammonium_in(run) > 0


def _alloy_in(run: Inventory) -> bool:
    return bool(of_kind(run.incoming, "alloy", "metal"))


def _magnets_only(run: Inventory) -> bool:
    return bool(run.products_of("magnet")) and {item.kind for item in run.incoming if rare_parts(item.elements)} == {
        "magnet"
    }


def _powder_in(run: Inventory) -> bool:
    return not _alloy_in(run) and not _magnets_only(run)


def _lean(run: Inventory) -> bool:
    """Return whether the feed is apatite, phosphogypsum, eudialyte or the like: REO below a tenth."""
    whole = joined_masses(*feed(run))
    return reo_mass(whole) * 10 < sum(whole.values())


def _no_carbon_anode(run: Inventory) -> bool:
    """Return whether O2 or Cl2 leaves, and the cells took a volt more than with a carbon anode."""
    gas = any(
        line.gas is None and {element for element, _ in line.elements} in ({"O"}, {"Cl"}) and trillionths(line.mass_kg)
        for line in run.direct.lines
    )
    more, less = ONE_VOLT_MORE
    return gas and run.kwh * less >= floor_of(run.metal_rare_earths, electrolysis_floor) * more


def _ground_in(run: Inventory) -> bool:
    """Return whether ore came in free of burden: as it lay in the ground."""
    return any(
        group == "materials" and factor.boundary == CONVENTION and rare_parts(in_material(run.materials.lines[index]))
        for group, index, factor, _ in run.at_hand
    )


def _class(name: str) -> Callable[[Inventory], bool]:
    return lambda run: any(magnet_class(item) == name for item in run.products_of("magnet"))


_CONDITIONS: Final[Mapping[Condition, Callable[[Inventory], bool]]] = {
    "always": lambda _: True,
    "flotation": lambda run: not _declared(run, "flotation-reagent", "not-in-process"),
    "gravity": lambda run: _declared(run, "flotation-reagent", "not-in-process"),
    "dry-product": _dry,
    "oxide-made": oxide_made,
    "proportions-change": proportions_changed,
    "proportions-stay": lambda run: not proportions_changed(run),
    "evaporator": lambda run: run.water is not None and trillionths(run.water.evaporator or "0") > 0,
    "salt-leaves": _salt_leaves,
    "fluorine-in": lambda run: fluorine_in(run) * 50 > rare_parts(joined_masses(*feed(run))),
    "nitrogen-lost": _nitrogen_lost,
    "alloy-in": _alloy_in,
    "powder-in": _powder_in,
    "magnets-only-in": _magnets_only,
    "sintered": lambda run: _class("sintered")(run) and not _magnets_only(run),
    "powder-made": lambda run: bool(run.products_of("powder")) and not run.products_of("magnet"),
    "bonded": lambda run: _class("bonded")(run) and not _magnets_only(run),
    "hot-deformed": lambda run: _class("hot-deformed")(run) and not _magnets_only(run),
    "reduced": lambda run: re_mass(run.made_of("metal", "alloy", "powder")) > 0,
    "goods-moved": lambda run: bool(run.incoming) or any(line.mass_kg for line in run.materials.lines),
    "waste-disposed": lambda run: any(line.destination in {"disposal", "outside"} for line in run.waste.lines),
    "lean-feed": _lean,
    "no-carbon-anode": _no_carbon_anode,
    "carbon-anode": lambda run: not _no_carbon_anode(run),
    "ground-in": _ground_in,
}
