"""What each kind of line is worth: whose data it rests on, its scores, and its basic uncertainty.

What this module does not do: scoring (`ledger.footprint.quality`), or adding up (`ledger.footprint.lines`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.footprint.boundary import OWN_HEAT
from ledger.footprint.quality import (
    BASIC_CO2,
    BASIC_GOODS,
    BASIC_OTHER_GAS,
    BASIC_TRANSPORT,
    NOT_CARBON_DIOXIDE,
    appraise,
    measured_here,
)
from schemas.determination import Default
from schemas.inventory import FuelLine, MaterialLine, TransportLine

if TYPE_CHECKING:
    from ledger.footprint.factors import Factor, FactorTables
    from ledger.footprint.lines import Measured
    from ledger.footprint.quality import Appraisal, Evidence, Site
    from schemas.inventory import DirectLine, ElectricityLine
    from schemas.vocabulary import Gas, Group


def worth(group: Group, line: Measured, factor: Factor | None, *, site: Site) -> Appraisal:
    """Return what a line with one factor is worth; the factor is None where it is not public."""
    said = line.line
    basic = BASIC_GOODS
    if group == "transport":
        basic = BASIC_TRANSPORT
    elif group == "fuels" and factor and all(gas in NOT_CARBON_DIOXIDE for gas, _ in factor.values):
        basic = BASIC_OTHER_GAS
    return appraise(said.basis, said.pedigree, _evidence(line, factor), factor, basic, site=site)


def _evidence(line: Measured, factor: Factor | None) -> Evidence:
    """Say whose data a line rests on: the plant's own, if it stands for what is burnt or bought as heat there."""
    match line.line:
        case FuelLine() if factor and factor.boundary in OWN_HEAT:
            return "own"
        case MaterialLine() | FuelLine() | TransportLine() if line.line.supplier_value:
            return "supplied"
        case _:
            return "general"


def worth_of_power(line: ElectricityLine, tables: FactorTables, *, site: Site) -> Appraisal:
    """Return what a line of electricity is worth, by its location-based factor."""
    return appraise(line.basis, line.pedigree, "own", tables.factor(line.factor), BASIC_GOODS, site=site)


def worth_of_emission(line: DirectLine, gas: Gas, tables: FactorTables, *, site: Site) -> Appraisal:
    """Return what a direct emission is worth; one by default is worth what its factor is."""
    basic = BASIC_OTHER_GAS if gas in NOT_CARBON_DIOXIDE else BASIC_CO2
    if isinstance(line.method, Default):
        return appraise(line.basis, line.pedigree, "general", tables.factor(line.method.factor), basic, site=site)
    return measured_here(line.basis, line.pedigree, basic)
