"""Energy per kg of oxide, and the share of renewable electricity, of one run.

Rules: energy is electricity at 0.1229 kgce/kWh, plus fuel burnt and heat bought (as the indicator counts them) at
29.3076 MJ to 1 kgce, divided by the oxide equivalent of the rare earth in all outputs.  A fall is proven against a
certificate with the figure of the same plant, step and months a year before; against a figure alone it is declared.
Electricity from a plant's own fuel is counted as that fuel.  Renewable electricity has an instrument of the line's own
grid and of the run's year with a factor of wind, sun, water or the like; so has own generation that keeps its
attributes.  A supplier's mix is not renewable.  Electricity without a meter proves nothing.

This module does not know whether an instrument was used elsewhere; its mark shows that (`ledger.verify.figures`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import reo_mass
from ledger.claims.answer import ClaimFinding, finding, percent_text
from ledger.factors.boundary import BURNT, OWN_FUEL, PURCHASED
from ledger.footprint.indicators import own_indicators
from ledger.footprint.inventory import Inventory, PublishedFacts
from ledger.footprint.masses import figure_text
from schemas.claim import Baseline, Claim, Stated
from schemas.figures import INDICATOR_PLACE
from schemas.instant import date_of
from schemas.inventory import ElectricityLine
from schemas.quantity import trillionths

KGCE_PER_KWH: Final = 1229 * SCALE // 10_000
"""The calorific (equivalent) value of electricity in GB/T 2589."""
MJ_PER_KGCE: Final = 293_076 * SCALE // 10_000
"""7000 kcal of 4.1868 kJ."""
RENEWABLE: Final = frozenset({"wind", "solar", "hydro", "geothermal", "biomass", "tidal"})
"""Words in the flow of a factor that name a renewable source."""
_ENERGY: Final = INDICATOR_PLACE["energy"]
METERED: Final = frozenset({"metered", "weighed"})
YEAR: Final = timedelta(days=365)
ABOUT: Final = timedelta(days=31)
"""The largest difference between the beginnings of two periods a year apart."""


def intensity_fall(
    run: Inventory, stated: Stated, threshold: int, earlier: Mapping[str, PublishedFacts]
) -> ClaimFinding:
    """Return whether the energy per kg of oxide fell as far as claimed; `earlier` has certificates by digest."""
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
    """Return the finding on a fall that the figures show: proven if the earlier figure is, and this one is metered."""
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
    """Yield the lines of electricity, fuel burnt and heat bought without a meter."""
    used = BURNT | PURCHASED
    heat = (line for line in run.fuels.lines if line.value or run.tables.factor(line.factor).boundary in used)
    return (line.name for line in (*run.power.lines, *heat) if line.basis not in METERED)


def _a_year_before(run: Inventory, known: PublishedFacts, baseline: Baseline) -> bool:
    """Return whether a certificate has this figure for the same plant, step and months a year before."""
    batch = known.batch
    same = run.facility is not None and (batch.facility.id, batch.step) == (run.facility.id, run.step)
    apart = date_of(run.period.start) - date_of(batch.produced.start)
    return same and abs(apart - YEAR) <= ABOUT and any(_states(row, baseline.figure) for row in known.claims)


def _states(row: Claim, figure: str) -> bool:
    return row.id in {"energy-intensity-fall", "green-smelting"} and row.value == figure


def renewable_share(run: Inventory) -> ClaimFinding:
    """Return the renewable share of a run's electricity: proven if all of it is metered, else declared."""
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
    """Return the renewable kWh (scaled) of a line: own generation, or covered by instruments of its grid and year."""
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
