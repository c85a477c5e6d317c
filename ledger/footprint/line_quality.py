"""The quality of each kind of line: the source of its data, its scores, and its basic uncertainty.

This module does not score (`ledger.footprint.quality`) or sum (`ledger.footprint.lines`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ledger.factors.boundary import OWN_HEAT
from ledger.footprint.quality import (
    APPRAISED_KEPT,
    BASIC_CO2,
    BASIC_GOODS,
    BASIC_GRID,
    BASIC_OTHER_GAS,
    BASIC_TRANSPORT,
    NOT_CARBON_DIOXIDE,
    LineKind,
    appraise,
    in_range,
    measured_here,
    of_proxy,
)
from ledger.footprint.versions import ENGINE, GUARDED
from schemas.determination import Default

if TYPE_CHECKING:
    from ledger.factors.factor import Factor
    from ledger.factors.tables import FactorTables
    from ledger.footprint.quality import Evidence, LineQuality, Site
    from schemas.inventory import DirectLine, ElectricityLine
    from schemas.vocabulary import Basis, Gas, Group


def spread_in(tables: FactorTables, site: Site, line: str) -> str | None:
    """Return the GSD2 of an amount that nobody read in the step of a site, None without a usual range."""
    return tables.spreads.get(site.step, {}).get(line)


@lru_cache(APPRAISED_KEPT)
def line_quality(
    group: Group, basis: Basis, stated: str | None, supplied: bool, factor: Factor | None, site: Site, *, proxied: bool
) -> LineQuality:
    """Return the quality of a line before its range; the plant's own factor is `supplied`, a like one's `proxied`."""
    evidence: Evidence = "supplied" if supplied else "general"
    basic = BASIC_TRANSPORT if group == "transport" else BASIC_GOODS
    if group == "fuels" and factor is not None:
        if factor.boundary in OWN_HEAT:  # the plant's own data
            evidence = "own"
        if all(gas in NOT_CARBON_DIOXIDE for gas, _ in factor.values):
            basic = BASIC_OTHER_GAS
    quality = appraise(basis, stated, LineKind(evidence, basic, group), factor, site)
    return of_proxy(quality, BASIC_GOODS) if proxied else quality


def power_quality(line: ElectricityLine, tables: FactorTables, *, site: Site, engine: str = ENGINE) -> LineQuality:
    """Return the quality of a line of electricity, by its location-based factor.

    Factors of one country and set share their errors: they come from one statistic.
    """
    factor = tables.factor(line.factor)
    key = "electricity" if factor.set is None else f"grid:{factor.geography[:2]}:{factor.set}"
    basic = BASIC_GRID if factor.set and engine in GUARDED else BASIC_GOODS
    quality = appraise(line.basis, line.pedigree, LineKind("own", basic, key), factor, site)
    return in_range(quality, line.basis, spread_in(tables, site, "electricity"))


def emission_quality(line: DirectLine, gas: Gas, tables: FactorTables, *, site: Site) -> LineQuality:
    """Return the quality of a direct emission; one by default has that of its factor."""
    basic = BASIC_OTHER_GAS if gas in NOT_CARBON_DIOXIDE else BASIC_CO2
    if isinstance(line.method, Default):
        kind = LineKind("general", basic, "direct")
        quality = appraise(line.basis, line.pedigree, kind, tables.factor(line.method.factor), site)
    else:
        quality = measured_here(line.basis, line.pedigree, basic)
    return in_range(quality, line.basis, spread_in(tables, site, f"direct:{gas}"))
