"""Energy for each kg of oxide, and the share of renewable electricity, of one run.

Rules: energy is electricity at 0.1229 kgce/kWh and fuel burnt and heat bought (as the indicator counts them) at 29.3076 MJ to
1 kgce, over the oxide that the rare earth in all outputs makes.  A fall is proven against a certificate that states the figure of
the same plant, step and months a year before; against a figure alone it is declared.  Electricity that a plant makes of its own fuel
is in that fuel.  Renewable is an instrument of the line's own grid and of the run's year whose factor is one of wind, sun, water or
the like, and what the plant itself generates so and keeps the attributes of; a supplier's mix is not.  What was not metered proves nothing.

What this module does not do: knowing whether an instrument was used elsewhere; its mark shows that (`ledger.verify.figures`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import reo_mass
from ledger.claims.answer import ClaimFinding, finding, percent_text
from ledger.factors.boundary import BURNT, OWN_FUEL, PURCHASED
from ledger.footprint.indicators import own_indicators
from ledger.footprint.masses import figure_text
from schemas.figures import INDICATOR_PLACE
from schemas.instant import date_of
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.footprint.inventory import Inventory, PublishedFacts
    from schemas.claim import Baseline, Claim, Stated
    from schemas.inventory import ElectricityLine

KGCE_PER_KWH: Final = 1229 * SCALE // 10_000
"""GB/T 2589, calorific (equivalent) value of electricity."""
MJ_PER_KGCE: Final = 293_076 * SCALE // 10_000
"""7000 kcal of 4.1868 kJ."""
RENEWABLE: Final = frozenset({"wind", "solar", "hydro", "geothermal", "biomass", "tidal"})
"""Words in the flow of a factor that say what the electricity is made of."""
_ENERGY: Final = INDICATOR_PLACE["energy"]
METERED: Final = frozenset({"metered", "weighed"})
YEAR: Final = timedelta(days=365)
ABOUT: Final = timedelta(days=31)
"""The same period a year before begins this close to it."""


def intensity_fall(
    run: Inventory, stated: Stated, threshold: int, earlier: Mapping[str, PublishedFacts]
) -> ClaimFinding:
    """Return whether the energy for each kg of oxide fell as far as was claimed; `earlier` are certificates by digest."""
    oxide, heat = reo_mass(run.product_elements), own_indicators([run.fuels], tables=run.tables)
    if "energy" in heat.partial:
        return finding("unknown", "fuel-energy")
    if not oxide:
        return finding("unknown", "no-product")
    kwh = run.kwh - sum(trillionths(line.amount_kwh) for line in run.power.lines if _of_own_fuel(run, line))
    kgce = divide(kwh * KGCE_PER_KWH, SCALE) + divide(heat.vector[_ENERGY] * SCALE, MJ_PER_KGCE)
    each = divide(kgce * SCALE, oxide)
    if stated.baseline is None:
        return finding("unknown", "no-baseline", each, found=figure_text(each))
    before = trillionths(stated.baseline.figure)
    if each * SCALE > before * threshold:
        return finding("refuted", "intensity-high", each, found=figure_text(each), possible=figure_text(before))
    return _fallen(run, stated.baseline, each, earlier.get(stated.baseline.certificate or ""))


def _fallen(run: Inventory, baseline: Baseline, each: int, known: PublishedFacts | None) -> ClaimFinding:
    """Return what a fall that the figures show is worth: proven if the figure before is, and this one was metered."""
    facts = {"found": figure_text(each), "possible": baseline.figure}
    if known is None:
        return finding("declared", "baseline-said", each, **facts)
    if not _a_year_before(run, known, baseline):
        return finding("declared", "baseline-other", each)
    unmetered = next(_unmetered(run), None)
    if unmetered is not None:
        return finding("declared", "not-metered", each, line=unmetered)
    return finding("proven", "intensity-fell", each, **facts)


def _of_own_fuel(run: Inventory, line: ElectricityLine) -> bool:
    return line.own is not None and run.tables.factor(line.factor).flow.startswith(OWN_FUEL)


def _unmetered(run: Inventory) -> Iterator[str]:
    """Yield the lines of electricity, fuel burnt and heat bought that were not metered."""
    used = BURNT | PURCHASED
    heat = (line for line in run.fuels.lines if line.value or run.tables.factor(line.factor).boundary in used)
    return (line.name for line in (*run.power.lines, *heat) if line.basis not in METERED)


def _a_year_before(run: Inventory, known: PublishedFacts, baseline: Baseline) -> bool:
    """Say whether a certificate states this figure, of the same plant, step and months a year before."""
    batch = known.batch
    same = run.facility is not None and (batch.facility.id, batch.step) == (run.facility.id, run.step)
    apart = date_of(run.period.start) - date_of(batch.produced.start)
    return same and abs(apart - YEAR) <= ABOUT and any(_states(row, baseline.figure) for row in known.claims)


def _states(row: Claim, figure: str) -> bool:
    return row.id in {"energy-intensity-fall", "green-smelting"} and row.value == figure


def renewable_share(run: Inventory) -> ClaimFinding:
    """Return the share of a run's electricity that is renewable: proven where all of it is metered, else declared."""
    used = run.kwh
    if not used:
        return finding("unknown", "no-electricity")
    covered = sum(min(_covered(run, line), trillionths(line.amount_kwh)) for line in run.power.lines)
    share = divide(covered * SCALE, used)
    unmetered = next((line.name for line in run.power.lines if line.basis not in METERED), None)
    if unmetered and share:
        return finding("declared", "not-metered", share, line=unmetered)
    return finding("proven", "renewable", share, found=percent_text(share))


def _covered(run: Inventory, line: ElectricityLine) -> int:
    """Return the kWh (scaled) of a line that are renewable: covered by instruments of its own grid and year, or own generation."""
    if line.own is not None:
        kept = line.own == "attributes-kept" and _is_renewable(run, line.factor)
        return trillionths(line.amount_kwh) if kept else 0
    years = {run.period.start[:4], run.period.end[:4]}
    return sum(
        trillionths(item.kwh)
        for item in line.instruments
        if item.kind != "supplier" and item.grid == line.grid and item.year in years and _is_renewable(run, item.factor)
    )


def _is_renewable(run: Inventory, factor: str) -> bool:
    return not RENEWABLE.isdisjoint(run.tables.factor(factor).flow.split("-"))
