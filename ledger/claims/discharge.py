"""Zero industrial waste-water discharge, and water reuse: judged by a run's meters, water and salts.

Rules: any discharge refutes the claim: water, a meter above 0, a waste that leaves the plant untreated.  The claim is
proven if independent meters read 0, all water is accounted for, hydrogen, chlorine and sulphur close within 5 % with
the composition of every reagent, every salt-bearing waste has a destination, and an evaporator's energy is in the run.
Evaporation is the remainder of the water balance, so a closed balance alone proves nothing.

This module does not judge other runs of the same plant.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Final

from ledger.chemistry.exact import SCALE, divide
from ledger.claims.answer import ClaimFinding, finding, percent_text
from ledger.footprint.inventory import Inventory
from ledger.footprint.masses import figure_text, water_in, water_out
from schemas.inventory import Water
from schemas.lot import normal_lot
from schemas.quantity import trillionths, trillionths_text

METERS: Final = 2
"""The number of independent meters that must read 0."""
CLOSED: Final = ("H", "Cl", "S")
"""Elements whose balance shows water and salts; hydrogen stands for water, also if reagents and water differ."""
SALTS: Final = frozenset({"Cl", "S"})
MISSING: Final = 20
"""One part in so many may be missing from a balance: 5 %."""
EVAPORATION: Final = (15 * SCALE, 60 * SCALE)
"""kWh per m3 evaporated, by mechanical recompression; no source was read."""


def zero_discharge(run: Inventory) -> ClaimFinding:
    """Return the finding on the claim of zero discharge."""
    if run.water is None:
        return next(_salts_outside(run), None) or finding("declared", "no-water")
    refuting = next(chain(_water_outside(run.water), _salts_outside(run)), None)
    if refuting is not None:
        return refuting
    steps = (_meters(run.water), _water(run.water), _balances(run), _destinations(run), _energy(run))
    lacking = next(chain.from_iterable(steps), None)
    return lacking or finding("proven", "no-discharge", 0)


def water_reuse(run: Inventory, threshold: int) -> ClaimFinding:
    """Return the finding on the claim of water reuse; a record has no meter of it."""
    if run.water is None:
        return finding("declared", "no-water")
    again = trillionths(run.water.recycled)
    gross = again + trillionths(run.water.fresh)
    share = divide(again * SCALE, gross) if gross else 0
    facts = {"found": percent_text(share), "possible": percent_text(threshold)}
    if share < threshold:
        return finding("refuted", "reuse-low", share, **facts)
    return finding("declared", "reuse-unmetered", share, **facts)


def _water_outside(water: Water) -> Iterator[ClaimFinding]:
    """Yield each discharge of water."""
    discharged = trillionths(water.discharged)
    if discharged:
        yield finding("refuted", "discharged", discharged, found=figure_text(discharged))
    for each in water.discharge_meters:
        if reading := trillionths(each.reading):
            yield finding("refuted", "meter-reads", reading, meter=each.meter, found=figure_text(reading))
    if trillionths(water.fluoride_kg or "0") or trillionths(water.ammonia_nitrogen_kg or "0"):
        yield finding("refuted", "load")


def _salts_outside(run: Inventory) -> Iterator[ClaimFinding]:
    """Yield each waste that left untreated."""
    for line in run.waste.lines:
        if line.destination == "outside":
            yield finding("refuted", "salt-outside", waste=line.name)


def _meters(water: Water) -> Iterator[ClaimFinding]:
    """Yield a lack of independent meters; a meter listed twice counts once."""
    count = len({normal_lot(each.meter) for each in water.discharge_meters})
    if count < METERS:
        yield finding("declared", "meters", found=str(count), possible=str(METERS))


def _water(water: Water) -> Iterator[ClaimFinding]:
    given, left = water_in(water), water_out(water)
    if given != left:
        yield finding("declared", "water-open", found=figure_text(left), possible=figure_text(given))


def _balances(run: Inventory) -> Iterator[ClaimFinding]:
    """Yield each fault that keeps the balances of water and salts open."""
    for line in run.materials.lines:
        if not line.composition:
            yield finding("declared", "no-composition", material=line.name)
    for element in CLOSED:
        if element in run.untracked:
            yield finding("declared", "untracked", element=element)
        given, left = run.elements_in.get(element, 0), run.elements_out.get(element, 0)
        if abs(given - left) * MISSING > given:
            yield finding(
                "declared", "not-closed", element=element, found=figure_text(left), possible=figure_text(given)
            )


def _destinations(run: Inventory) -> Iterator[ClaimFinding]:
    """Yield each salt-bearing waste without a destination."""
    for line in run.waste.lines:
        if line.destination is None and any(element in SALTS for element, _ in line.elements):
            yield finding("declared", "no-destination", waste=line.name)


def _energy(run: Inventory) -> Iterator[ClaimFinding]:
    """Yield an evaporator without its electricity."""
    cubic = trillionths(run.water.evaporator or "0") if run.water else 0
    if not run.water or not cubic:
        return
    kwh = trillionths(run.water.evaporator_kwh or "0")
    if not kwh or kwh > run.kwh:
        yield finding("declared", "evaporator-energy", found=trillionths_text(cubic))
        return
    each, (least, most) = divide(kwh * SCALE, cubic), EVAPORATION
    if not least <= each <= most:
        yield finding(
            "declared", "evaporator-range", found=figure_text(each), possible=f"{least // SCALE} to {most // SCALE}"
        )
