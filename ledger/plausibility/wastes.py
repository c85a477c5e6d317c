"""Rules about what leaves beside the goods: the carbon of a run, classes of waste, thorium and uranium (C-RUN, W).

Rules: as in `ledger.plausibility.physics`.  A waste that tells no elements closes the balance of a run by itself where
the process fixes what leaves.

This module does not judge which waste is scrap (`ledger.plausibility.scrap`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import CO2_PER_CARBON, of
from ledger.footprint.masses import emitted, milligram_text
from ledger.footprint.versions import GUARDED
from ledger.plausibility.physics import goods_of
from schemas.problem import Problem
from schemas.quantity import trillionths
from schemas.vocabulary import STAGE_OF_STEP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.footprint.inventory import Inventory
    from schemas.inventory import WasteLine

_DRY: Final = (
    "strip-casting", "alloy-melting", "magnet-production", "machining", "coating", "scrap-collection", "hydrogen-recycling",
)  # fmt: skip
"""Steps that put goods into another shape: what they throw away is the goods again."""

TENTHS_OF_BQ_PER_MG: Final = {"Th": 41, "U": 123}
"""Activity of 232Th and 238U by mass: 4.1 and 12.3 Bq/kg for 1 ppm (read in the.medusa.institute, "Units")."""

MOST_DISSOLVED: Final = 2000
"""The most kg that 1 m3 of discharged water can hold dissolved.

No salt of these plants is more soluble than ammonium nitrate, about 1.9 kg in 1 kg of water at 20 C (from memory).
"""

_TENTH: Final = 10
_FIFTIETH: Final = 50
_HALF_PERCENT: Final = 200
_ASSAY: Final = 2
_MILLION: Final = 10**6


def process_carbon(run: Inventory) -> Iterator[Problem]:
    """C-RUN: carbon that came in, and is not in a product, a residue or a counted gas, left as process CO2.

    A waste that tells no elements closes by itself where the process fixes its carbon (`_carbon_untold`).
    """
    carbon_in = run.elements_in.get("C", 0) - _carbon_untold(run)
    carbon_out = run.elements_out.get("C", 0) - sum(
        emitted(line).get("C", 0) for line in run.direct.lines if line.gas is None
    )
    if carbon_out >= carbon_in:
        return
    allowed = carbon_in // _HALF_PERCENT + run.mass_in * _ASSAY // _MILLION
    if carbon_out + allowed < carbon_in:
        missing = of(carbon_in - carbon_out, CO2_PER_CARBON)
        yield Problem.at(
            "rule.c-run",
            "direct",
            found=milligram_text(carbon_out),
            possible=milligram_text(carbon_in),
            missing=milligram_text(missing),
        )


def _carbon_untold(run: Inventory) -> int:
    """Return the carbon of wastes that tell no elements: butts and dust of anodes, or what the goods hold of it.

    Swarf, skull and sorting loss are the goods again.  Where ore is cracked or goods are dissolved, carbon leaves as
    CO2, so there each waste tells its own.
    """
    told = sum(elements.get("C", 0) for elements in run.elements_of_wastes)
    if (anodes := run.direct.anodes) is not None:
        left = trillionths(anodes.butts_kg) + trillionths(anodes.dust_kg)
        fixed = divide(left * trillionths(anodes.carbon), SCALE)
    elif run.step in _DRY:
        fixed = sum(each.get("C", 0) for each in goods_of(run) if each.get("C", 0) * _TENTH < sum(each.values()))
    else:
        return 0
    untold = sum(trillionths(line.mass_kg) for _, line in _untold_wastes(run))
    return min(untold, max(0, fixed - told))


def _untold_wastes(run: Inventory) -> list[tuple[int, WasteLine]]:
    """Return the wastes that tell no elements, with their places."""
    return [(at, line) for at, line in enumerate(run.waste.lines) if not run.elements_of_wastes[at]]


def waste_classes(run: Inventory) -> Iterator[Problem]:
    """W-CLASS: a flow that is no waste left in discharged water, or is ground at a mine."""
    discharged = 0 if run.water is None else trillionths(run.water.discharged)
    mined = STAGE_OF_STEP[run.step] == "mining"
    for index, line in enumerate(run.waste.lines):
        if (line.waste_class == "in-water" and not discharged) or (line.waste_class == "in-place" and not mined):
            yield Problem.at("rule.w-class", f"wastes[{index}].waste_class", waste=line.name, found=line.waste_class)
    dissolved = [line for line in run.waste.lines if line.waste_class == "in-water"] if discharged else []
    if sum(trillionths(line.mass_kg) for line in dissolved) > discharged * MOST_DISSOLVED:
        name = max(dissolved, key=lambda line: trillionths(line.mass_kg)).name
        yield Problem.at("rule.w-class", "wastes", waste=name, found="in-water")


def radioactive_residues(run: Inventory) -> Iterator[Problem]:
    """W-NORM, flag: a residue with 1 Bq/g or more of the thorium or the uranium series has the class radioactive.

    What came in and no line holds is in the wastes that tell no elements; without such a waste, it is told as lost.
    """
    for index, (line, held) in enumerate(zip(run.waste.lines, run.elements_of_wastes, strict=True)):
        if line.waste_class != "radioactive" and _is_radioactive(held, trillionths(line.mass_kg)):
            yield Problem.at("rule.w-norm", f"wastes[{index}]", waste=line.name, found=_activity_text(held))
    rest = {each: run.elements_in.get(each, 0) - run.elements_out.get(each, 0) for each in TENTHS_OF_BQ_PER_MG}
    lost = {each: mass for each, mass in rest.items() if mass * _FIFTIETH > run.elements_in.get(each, 0)}
    untold = _untold_wastes(run)
    if run.engine not in GUARDED or not lost or any(line.waste_class == "radioactive" for _, line in untold):
        return
    mass = sum(trillionths(line.mass_kg) for _, line in untold)
    if untold and _is_radioactive(lost, mass):
        place, line = untold[0]
        yield Problem.at("rule.w-norm", f"wastes[{place}]", waste=line.name, found=_activity_text(lost))
    elif not untold and _is_radioactive(
        lost, sum(sum(each.values()) for each in goods_of(run) if not lost.keys().isdisjoint(each))
    ):
        yield Problem.at("rule.w-norm-lost", "wastes", found=_activity_text(lost))


def _is_radioactive(held: Mapping[str, int], mass: int) -> bool:
    """Return whether thorium and uranium in a mass (both scaled kg) have 1 Bq/g or more."""
    # tenths of a Bq/mg x kg, so 1 kBq/kg is 100 times less than the mass
    activity = sum(held.get(element, 0) * each for element, each in TENTHS_OF_BQ_PER_MG.items())
    return activity > 0 and activity * 100 >= mass


def _activity_text(held: Mapping[str, int]) -> str:
    return f"{milligram_text(held.get('Th', 0))} Th, {milligram_text(held.get('U', 0))} U"
