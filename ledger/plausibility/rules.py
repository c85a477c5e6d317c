"""The plausibility rules in one table: id, severity, source, and the function that judges.

Rules: a *reject* rule stops issuance and fails verification; a *flag* rule appears beside the result.  All rules see
the same `Inventory`, so issuance and verification judge alike.  `judge` reports all breaches at once.

This module does not judge a whole chain (accumulated gains, log order) or other runs (an input or instrument used
elsewhere).  Nullifiers and `ledger.verify` do.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from ledger.footprint.versions import ENGINES, GUARDED
from ledger.plausibility import accounting, electricity, physics, products, profiles, reduction
from schemas.frozen import Frozen
from schemas.problem import RefusedError
from schemas.vocabulary import CANCELLATION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ledger.footprint.inventory import Inventory
    from schemas.problem import Problem

    Judge = Callable[[Inventory], Iterator[Problem]]

Severity = Literal["reject", "flag"]


@dataclass(frozen=True, slots=True)
class PlausibilityRule:
    """One rule: its `id` in the list of rules, and the `source` of its limit.

    `engines` are the versions of the engine whose runs it judges: a new rule never judges an older run.
    """

    id: str
    severity: Severity
    source: str
    judge: Judge
    engines: tuple[str, ...] = ENGINES


class Breach(Frozen):
    """One breach of a rule."""

    rule: PlausibilityRule
    problem: Problem


_IUPAC: Final = "mass balance with IUPAC/CIAAW 2021 standard atomic weights"
_ISO_14067: Final = "ISO 14067:2018"
_SCOPE_2: Final = "GHG Protocol Scope 2 Guidance (2015)"

BEFORE: Final[tuple[PlausibilityRule, ...]] = (
    PlausibilityRule("X-UNIT", "reject", "a factor means its own unit", accounting.units),
    PlausibilityRule("X-SET", "reject", "a result names the tables that it comes from", accounting.named_tables),
    PlausibilityRule("X-GWP", "reject", f"{_ISO_14067}, 6.5.1: one set of GWPs", accounting.gwp_sets),
    PlausibilityRule(
        "A-SUM", "reject", "ISO 14044:2006, 4.3.4.1: one allocation method for a chain", accounting.methods
    ),
    PlausibilityRule("A-SUM", "reject", "ISO 14044:2006, 4.3.4.2: by mass, by price", accounting.allocation_keys),
    PlausibilityRule("E-SET", "reject", f"{_SCOPE_2}, 6: one set of electricity factors", electricity.one_set),
    PlausibilityRule("E-SET", "reject", f"{_SCOPE_2}, 6: the grid on which the use takes place", electricity.own_grid),
    PlausibilityRule("E-SET", "reject", f"{_SCOPE_2}, 6: average of the grid; residual mix", electricity.averages),
    PlausibilityRule("E-SET", "reject", f"{_SCOPE_2}, 7: quality criteria of instruments", electricity.instruments),
    PlausibilityRule(
        "E-SET", "reject", f"{_SCOPE_2}, 6.6 and table 6.3: what a factor stands for", electricity.attributes
    ),
    PlausibilityRule("X-DOUBLE", "reject", "ISO 22095:2020, 5.4.2: what was used is used up", accounting.used_once),
    PlausibilityRule("X-TIME", "reject", "cause before effect; data at most 5 years old", accounting.times),
    PlausibilityRule("X-TIME", "reject", "a campaign of one month, of separation of a year", accounting.campaign),
    PlausibilityRule("D-DRY", "reject", "mass dry at 105 C; 0.5 % assay", accounting.dry_mass),
    PlausibilityRule(
        "S-INT", "reject", "ISO 14021:2016, 7.8.1.1: rework is not recycled content", accounting.internal_scrap
    ),
    PlausibilityRule("B-UNC", "reject", "an input of unknown origin", accounting.claimed_origin),
    PlausibilityRule("B-TAG", "reject", f"{_ISO_14067}, 6.4.9.2", accounting.biogenic),
    PlausibilityRule("M-SUM", "reject", "0.5 % assay", physics.composition_sum),
    PlausibilityRule("M-ELEM", "reject", _IUPAC, physics.element_balance),
    PlausibilityRule("M-OXMET", "reject", _IUPAC, reduction.metal_from_oxide),
    PlausibilityRule("M-OXMET", "reject", "oxide gives up its oxygen in a reduction only", reduction.metal_from_metal),
    PlausibilityRule(
        "M-OXMET",
        "reject",
        "ore and concentrate become oxide by cracking and separation only",
        reduction.oxide_from_ore,
    ),
    PlausibilityRule("M-RED", "reject", "2 REF3 + 3 Ca -> 2 RE + 3 CaF2: charge is conserved", reduction.reductant),
    PlausibilityRule("M-RED", "reject", "calcium, magnesium and halides stay in the slag", reduction.slag),
    PlausibilityRule(
        "E-ELY",
        "reject",
        "Faraday's law (CODATA 2018) at 1.65 V and current efficiency 1",
        reduction.electrolysis_energy,
    ),
    PlausibilityRule("C-ELY", "reject", "2 RE2O3 + 3 C -> 4 RE + 3 CO2, and so on", reduction.anode_carbon),
    PlausibilityRule("F-PFC", "reject", "IPCC 2019 Refinement, vol. 3, 4.8", reduction.perfluorocarbons),
    PlausibilityRule("X-METHOD", "reject", "a method gives one mass, told to the milligram", accounting.determinations),
    PlausibilityRule("C-BAL", "reject", "44.009 / 12.011", physics.fuel_carbon),
    PlausibilityRule(
        "C-BAL", "reject", "IPCC 2006 Guidelines, vol. 2, 1.4.2.1: oxidation is 1 unless found", physics.fuel_oxidation
    ),
    PlausibilityRule(
        "E-OWN", "reject", "1 kWh = 3.6 MJ: no more electricity than the fuels burnt hold", electricity.own_fuel
    ),
    PlausibilityRule("E-CALC", "reject", "range of kilns at 850 to 1000 C, widened", physics.calcination_energy),
    PlausibilityRule("P-PRECIP", "reject", "2 RE3+ + 3 C2O4 2-, 6 HCO3 -, 3 CO3 2- or 6 OH -", physics.precipitant),
    PlausibilityRule("P-ACID", "reject", "RE2O3 + 6 HCl -> 2 RECl3 + 3 H2O", physics.acid),
    PlausibilityRule("W-BAL", "reject", "mass balance of water", physics.water_balance),
    PlausibilityRule(
        "W-CLASS", "reject", "what leaves with water needs water; what was never moved, a mine", physics.waste_classes
    ),
    PlausibilityRule("C-RUN", "reject", "carbon balance of the run", physics.process_carbon),
    PlausibilityRule("V-PROF", "reject", "the profile that the run names", profiles.held_to_profile),
    PlausibilityRule("V-PROD", "reject", "the vocabulary of products", products.product_as_made),
    PlausibilityRule("X-TIME", "flag", "data at most 5 years old", accounting.vintages),
    PlausibilityRule("B-UNC", "flag", "an input of unknown origin", accounting.unknown_origin),
    PlausibilityRule("G-FREE", "flag", "nothing that was made or bought is free of burden", accounting.free_materials),
    PlausibilityRule("M-TRE", "flag", "phase Nd2Fe14B: 26.68 % Nd, 1.000 % B", physics.magnet_composition, ("1",)),
    PlausibilityRule("M-TRE", "flag", "phase Nd2Fe14B: 26.68 % Nd, 1.000 % B", physics.neodymium_magnets, GUARDED),
    PlausibilityRule("M-AB5", "flag", "phase LaNi5", physics.hydrogen_alloy),
    PlausibilityRule("E-ELY", "flag", "range of plants: 5 to 14 kWh/kg", reduction.electrolysis_energy_range),
    PlausibilityRule("C-ELY", "flag", "measured range of plants: 0.165 to 0.672 kg CO2/kg", reduction.anode_co2_range),
    PlausibilityRule("V-PROF", "flag", "the profile that the run names", profiles.unread_profile),
    PlausibilityRule("V-PROF", "flag", "the profile that the run names", profiles.mixed_profiles),
    PlausibilityRule("V-PROD", "flag", "the vocabulary of products", products.product_window),
    PlausibilityRule("CL-BAL", "flag", "mass balance of chlorine, 5 %", physics.chloride_balance),
    PlausibilityRule(
        "W-NORM",
        "flag",
        "1 Bq/g: Ionising Radiations Regulations 2017 (UK), schedule 7, part 2, after Directive 2013/59/Euratom",
        physics.radioactive_residues,
    ),
)
"""Rules that need no figures: judged before anything is computed."""

AFTER: Final[tuple[PlausibilityRule, ...]] = (
    PlausibilityRule(
        "A-SUM", "reject", "ISO 14044:2006, 4.3.4.2: the shares make up the whole", accounting.allocation_sums
    ),
    PlausibilityRule("B-UPTAKE", "reject", f"{_ISO_14067}, 6.4.9.2", accounting.uptake),
    PlausibilityRule(
        "G-FLOOR", "reject", "E-ELY and C-ELY at the grid's factor", partial(reduction.process_floor, typical=False)
    ),
    PlausibilityRule(
        "G-FLOOR", "flag", "5 kWh/kg and C-ELY at the grid's factor", partial(reduction.process_floor, typical=True)
    ),
    PlausibilityRule("A-SIB", "flag", "co-products of one process", accounting.siblings),
)
"""Rules about figures."""


_ALL: Final = (*BEFORE, *AFTER)


def judge(run: Inventory, rules: Sequence[PlausibilityRule] | None = None) -> list[Breach]:
    """Return all breaches of `rules`, by default all rules; rules about figures only if the run has figures.

    A run that enters a scheme's statement is no process, so no rule applies to it.
    """
    if run.step == CANCELLATION:
        return []
    if rules is None:
        rules = BEFORE if run.shared is None else _ALL
    return [Breach(rule, problem) for rule in rules if run.engine in rule.engines for problem in rule.judge(run)]


def refuse(findings: list[Breach]) -> list[Breach]:
    """Raise RefusedError with all breaches of reject rules; return the flags."""
    problems = [finding.problem for finding in findings if finding.rule.severity == "reject"]
    if problems:
        raise RefusedError(*problems)
    return findings
