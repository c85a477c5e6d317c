"""Rate each kind of line: the owner of its data, its scores, and its basic uncertainty.

What this module does not do: scoring (`ledger.footprint.quality`), or adding up (`ledger.footprint.lines`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from ledger.factors.boundary import OWN_HEAT
from ledger.footprint.quality import (
    APPRAISED_KEPT,
    BASIC_CO2,
    BASIC_GOODS,
    BASIC_OTHER_GAS,
    BASIC_TRANSPORT,
    NOT_CARBON_DIOXIDE,
    appraise,
    measured_here,
)
from schemas.determination import Default

if TYPE_CHECKING:
    from ledger.factors.factor import Factor
    from ledger.factors.tables import FactorTables
    from ledger.footprint.quality import Evidence, LineQuality, Site
    from schemas.inventory import DirectLine, ElectricityLine
    from schemas.vocabulary import Basis, Gas, Group


@lru_cache(APPRAISED_KEPT)
def worth(
    group: Group, basis: Basis, stated: str | None, supplied: bool, factor: Factor | None, site: Site
) -> LineQuality:
    """Return what a line with one factor is worth.

    `supplied` says that the factor is a supplier's own, and it is None where it is not public.
    """
    evidence: Evidence = "supplied" if supplied else "general"
    basic = BASIC_TRANSPORT if group == "transport" else BASIC_GOODS
    if group == "fuels" and factor is not None:
        if factor.boundary in OWN_HEAT:  # the plant's own data
            evidence = "own"
        if all(gas in NOT_CARBON_DIOXIDE for gas, _ in factor.values):
            basic = BASIC_OTHER_GAS
    return appraise(basis, stated, evidence, factor, basic, site)


def worth_of_power(line: ElectricityLine, tables: FactorTables, *, site: Site) -> LineQuality:
    """Return what a line of electricity is worth, by its location-based factor."""
    return appraise(line.basis, line.pedigree, "own", tables.factor(line.factor), BASIC_GOODS, site)


def worth_of_emission(line: DirectLine, gas: Gas, tables: FactorTables, *, site: Site) -> LineQuality:
    """Return what a direct emission is worth; one by default is worth what its factor is."""
    basic = BASIC_OTHER_GAS if gas in NOT_CARBON_DIOXIDE else BASIC_CO2
    if isinstance(line.method, Default):
        return appraise(line.basis, line.pedigree, "general", tables.factor(line.method.factor), basic, site)
    return measured_here(line.basis, line.pedigree, basic)
