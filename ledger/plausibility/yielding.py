"""Older rules that yield to a declared absence, and the bounds that were mended with it.

Rules: each function replaces one of `ledger.plausibility.physics` or `ledger.plausibility.reduction` for runs of the
guarded engine; runs of older engines keep the old one.  Whether an absence may be declared is judged in
`ledger.plausibility.absence`.

This module has no rule of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import divide
from ledger.footprint.masses import KG_PER_M3, figure_text, kmol_text, moles, rare_parts
from ledger.plausibility import reduction
from ledger.plausibility.absence import excused
from ledger.plausibility.amounts import counted
from ledger.plausibility.changes import oxide_made, proportions_changed
from ledger.plausibility.divisors import feed, of_kind, oxides
from ledger.plausibility.physics import DISSOLVING, PRECIPITATING, precipitant_moles
from schemas.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.footprint.inventory import Inventory

LEAST_MJ: Final = 3
MOST_MJ: Final = 60
"""Range of kilns at 850 to 1000 C, widened, in MJ for 1 kg of oxide."""
EVAPORATED_MJ: Final = 35
"""Tenths of a MJ for 1 kg of water in a single-effect evaporator: latent heat 2.257, plants 2.6 to 3.1 (memory)."""
RECOMPRESSED_MJ: Final = 3
"""Hundredths of a MJ for 1 kg of water in the best mechanical vapour recompression, 8 kWh/m3 (memory)."""

_MJ_PER_KWH: Final = (36, 10)


def calcination_floor(run: Inventory) -> Iterator[Problem]:
    """E-CALC: a kiln takes at least 3 MJ for 1 kg of oxide, electricity counted, and the evaporator its own."""
    if not _calcines(run) or excused(run, "process-heat", "other-run", "recovered-heat", "not-in-process"):
        return
    has = _heat(run) + divide(run.kwh * _MJ_PER_KWH[0], _MJ_PER_KWH[1])
    need = LEAST_MJ * _oxide(run) + divide(_evaporated(run) * RECOMPRESSED_MJ, 100)
    if has < need:
        yield Problem.at("rule.e-calc-least", "fuels", found=figure_text(has), possible=figure_text(need))


def calcination_range(run: Inventory) -> Iterator[Problem]:
    """E-CALC, flag: a kiln burns at most 60 MJ for 1 kg of oxide, and 3.5 MJ for 1 kg of water in the evaporator."""
    if not _calcines(run):
        return
    has = _heat(run)
    most = MOST_MJ * _oxide(run) + divide(_evaporated(run) * EVAPORATED_MJ, 10)
    if has > most:
        yield Problem.at("rule.e-calc-most", "fuels", found=figure_text(has), possible=figure_text(most))


def _calcines(run: Inventory) -> bool:
    return run.step in PRECIPITATING and oxide_made(run)


def _oxide(run: Inventory) -> int:
    return sum(item.net_mass_mg for item in oxides(run)) * 10**6


def _heat(run: Inventory) -> int:
    """Return MJ (scaled) of fuels burnt and of heat bought."""
    return sum(each.amount for each in counted(run, "process-heat"))


def _evaporated(run: Inventory) -> int:
    """Return kg of water (scaled) that the evaporator drove off."""
    return sum(each.amount for each in counted(run, "evaporator")) * KG_PER_M3


def acid(run: Inventory) -> Iterator[Problem]:
    """P-ACID: each RE that is dissolved takes three charges of acid, whatever the acid; a finishing takes none."""
    if run.step not in DISSOLVING or (run.step == "separation" and not proportions_changed(run)):
        return
    if excused(run, "acid"):
        return
    needed = 3 * rare_parts(run.made_of("oxide", "mixed-compound"))
    has = sum(each.amount for each in counted(run, "acid"))
    has += sum(
        moles(item.elements, "Cl") + (0 if item.elements.get("C") else moles(item.elements, "N", "S", "S"))
        for item in of_kind(run.incoming, "mixed-compound", "by-product", "in-process")
    )
    if has < needed:
        yield Problem.at("rule.p-acid-charge", "materials", found=kmol_text(has), possible=kmol_text(needed))


def precipitant(run: Inventory) -> Iterator[Problem]:
    """P-PRECIP: oxide and carbonate take a precipitant; a chloride or sulphate that is sold takes none.

    Where proportions stay, carbonate or oxide that came in was precipitated before.
    """
    if run.step not in PRECIPITATING or excused(run, "precipitant"):
        return
    made = [
        item.elements
        for item in run.products_of("oxide", "mixed-compound")
        if item.kind == "oxide" or not _soluble(item.elements)
    ]
    needed = 3 * sum(map(rare_parts, made))
    if run.step == "separation" and not proportions_changed(run):
        needed -= 3 * sum(rare_parts(elements) for elements in feed(run) if not _soluble(elements))
    equivalents = sum(map(precipitant_moles, run.elements_of_materials))
    if equivalents < needed:
        yield Problem.at("rule.p-precip", "materials", found=kmol_text(equivalents), possible=kmol_text(needed))


def _soluble(elements: Mapping[str, int]) -> bool:
    """Return whether goods are chloride, nitrate or sulphate: an anion for each rare earth, and no carbon for it."""
    anions = moles(elements, "Cl", "S") + (0 if elements.get("C") else moles(elements, "N"))
    return anions >= rare_parts(elements)


def anode_carbon(run: Inventory) -> Iterator[Problem]:
    """C-ELY, unless there is no carbon anode."""
    if not excused(run, "anode-co2"):
        yield from reduction.anode_carbon(run)


def anode_co2_range(run: Inventory) -> Iterator[Problem]:
    """C-ELY, flag, unless there is no carbon anode."""
    if not excused(run, "anode-co2"):
        yield from reduction.anode_co2_range(run)


def perfluorocarbons(run: Inventory) -> Iterator[Problem]:
    """F-PFC, unless there is neither carbon anode nor fluoride to make them."""
    if not (excused(run, "pfc") and excused(run, "anode-co2")):
        yield from reduction.perfluorocarbons(run)


def process_floor(run: Inventory, *, typical: bool) -> Iterator[Problem]:
    """G-FLOOR, unless there is no carbon anode: the floor holds its CO2."""
    if not excused(run, "anode-co2"):
        yield from reduction.process_floor(run, typical=typical)
