"""The plausibility rules in one table: id, severity, source, and the function that judges.

Rules: a *reject* rule stops issuance and fails verification; a *flag* rule appears beside the result.  All rules see
the same `Inventory`, so issuance and verification judge alike.  `judge` reports all breaches at once.

This module does not judge a whole chain (accumulated gains, log order) or other runs (an input or instrument used
elsewhere).  Nullifiers and `ledger.verify` do.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final, Literal

from ledger.footprint.versions import ENGINES, GUARDED, UNGUARDED
from ledger.plausibility import (
    absence,
    accounting,
    ballast,
    combustion,
    completeness,
    demands,
    electricity,
    exclusions,
    fit,
    gases,
    own_factors,
    own_power,
    physics,
    prices,
    products,
    profiles,
    reduction,
    scrap,
    wastes,
    yielding,
)
from ledger.plausibility.relevance import key_of, speaks
from schemas.frozen import Frozen
from schemas.problem import OreprintError, RefusedError
from schemas.vocabulary import CANCELLATION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ledger.footprint.inventory import Inventory
    from ledger.plausibility.relevance import Key
    from schemas.problem import Problem

    Judge = Callable[[Inventory], Iterable[Problem]]

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
_IPCC_FUELS: Final = "IPCC 2006 Guidelines, vol. 2, tables 1.2 and 1.3"
_ELECTRICITY: Final = "electricity with upstream emissions and grid losses: ISO 14067, draft of 2012, 6.3.9.3"
_SCOPE_2: Final = "GHG Protocol Scope 2 Guidance (2015)"

_PRECIPITATION: Final = "2 RE3+ + 3 C2O4 2-, 6 HCO3 -, 3 CO3 2- or 6 OH -"
_ANODES: Final = "measured range of plants: 0.165 to 0.672 kg CO2/kg"
_LIGHT: Final = "formulas of oxides and salts; 5 and 10 % of the mass, set here"
_OWED: Final = "what each step owes: ledger/factors/data/completeness.csv"

COMPLETENESS: Final[tuple[PlausibilityRule, ...]] = (
    PlausibilityRule("Q-LINE", "reject", _OWED, partial(completeness.found, code="rule.q-line"), GUARDED),
    PlausibilityRule("Q-LINE", "flag", _OWED, partial(completeness.found, code="rule.q-line-flag"), GUARDED),
    PlausibilityRule("Q-LEAST", "reject", _OWED, partial(completeness.found, code="rule.q-least"), GUARDED),
    PlausibilityRule("Q-ODD", "reject", _OWED, partial(completeness.found, code="rule.q-odd"), GUARDED),
    PlausibilityRule("Q-ODD", "flag", _OWED, partial(completeness.found, code="rule.q-odd-flag"), GUARDED),
    PlausibilityRule("Q-RANGE", "flag", _OWED, partial(completeness.found, code="rule.q-range"), GUARDED),
    PlausibilityRule("Q-STEP", "reject", _OWED, partial(completeness.found, code="rule.q-step"), GUARDED),
    PlausibilityRule("Q-STEP", "reject", "mixing takes no mixture apart", completeness.only_mixed, GUARDED),
    PlausibilityRule("Q-JOINT", "flag", _OWED, completeness.joint, GUARDED),
    PlausibilityRule("Q-MEASURED", "flag", _OWED, partial(completeness.found, code="rule.q-measured"), GUARDED),
    PlausibilityRule("Q-METER", "reject", "who reads a meter can name it", completeness.unread, GUARDED),
    PlausibilityRule("Q-GAS", "reject", "a gas with a GWP counts as one", gases.named_gases, GUARDED),
    PlausibilityRule("C-RUN", "flag", "CO3 2- + 2 H+ -> CO2 + H2O", gases.carbon_kept, GUARDED),
    PlausibilityRule(
        "C-RUN", "flag", "carbon dioxide that is sold is given off by its buyer", gases.carbon_caught, GUARDED
    ),
    PlausibilityRule("Q-ABSENT", "reject", _OWED, absence.declared, GUARDED),
    PlausibilityRule("Q-ABSENT", "flag", "what this run cannot show", absence.unseen, GUARDED),
)
"""What a step owes is there, or declared absent."""

MENDED: Final[tuple[PlausibilityRule, ...]] = (
    PlausibilityRule("C-ELY", "reject", "2 RE2O3 + 3 C -> 4 RE + 3 CO2, and so on", yielding.anode_carbon, GUARDED),
    PlausibilityRule("C-ELY", "flag", _ANODES, yielding.anode_co2_range, GUARDED),
    PlausibilityRule("F-PFC", "reject", "IPCC 2019 Refinement, vol. 3, 4.8", yielding.perfluorocarbons, GUARDED),
    PlausibilityRule(
        "E-CALC", "reject", "kilns at 850 to 1000 C, widened; 8 kWh/m3 evaporated", yielding.calcination_floor, GUARDED
    ),
    PlausibilityRule(
        "E-CALC", "flag", "kilns, and 3.5 MJ/kg in single effect (memory)", yielding.calcination_range, GUARDED
    ),
    PlausibilityRule("P-PRECIP", "reject", _PRECIPITATION, yielding.precipitant, GUARDED),
    PlausibilityRule("P-ACID", "reject", "RE3+ takes three charges, whatever the acid", yielding.acid, GUARDED),
    PlausibilityRule("V-PROF", "reject", "the profile that the run names", profiles.held_by_declarations, GUARDED),
)
"""Older rules as the guarded engine reads them: they yield to a declared absence."""

AFTER_MENDED: Final[tuple[PlausibilityRule, ...]] = (
    PlausibilityRule(
        "G-FLOOR",
        "reject",
        "E-ELY and C-ELY at the grid's factor",
        partial(yielding.process_floor, typical=False),
        GUARDED,
    ),
    PlausibilityRule(
        "G-FLOOR",
        "flag",
        "5 kWh/kg and C-ELY at the grid's factor",
        partial(yielding.process_floor, typical=True),
        GUARDED,
    ),
)
_FIT: Final = "factor_fit.csv: substance, composition and floor of each shipped factor"

FIT_BEFORE: Final[tuple[PlausibilityRule, ...]] = (
    PlausibilityRule("M-FIT", "reject", _FIT, fit.misfits, GUARDED),
    PlausibilityRule("M-FIT", "reject", "rare earth takes a factor of rare earth", fit.hidden_rare_earths, GUARDED),
    PlausibilityRule("M-STRONG", "reject", "stoichiometry of the pure substance", fit.strengths, GUARDED),
    PlausibilityRule("M-FLOOR", "reject", _FIT, own_factors.low_own_values, GUARDED),
    PlausibilityRule("S-SCRAP", "reject", "cut-off: only waste is free of burden", scrap.free_scrap, GUARDED),
    PlausibilityRule("M-BLIND", "flag", "who sees no substance checks no factor", fit.unknown_substances, GUARDED),
    PlausibilityRule("M-PROXY", "flag", "a factor of a like substance", fit.proxies, GUARDED),
    PlausibilityRule("M-FLOOR", "flag", _FIT, own_factors.low_values, GUARDED),
    PlausibilityRule("M-OWN", "flag", "0.8 of the shipped factor", own_factors.own_values, GUARDED),
    PlausibilityRule("S-SCRAP", "flag", "a certified run tells of its waste", scrap.untold_scrap, GUARDED),
    PlausibilityRule("S-SCRAP", "flag", "what is sold as scrap is an output", scrap.free_waste, GUARDED),
    PlausibilityRule("S-SCRAP", "flag", "magnets hold 0.6 to 1.2 % of boron", scrap.unlike_magnets, GUARDED),
    PlausibilityRule("S-PROOF", "flag", "15 % of rare earth, or 90 % of a metal", scrap.unproven_scrap, GUARDED),
)
"""Rules about what a material is bought by, and what it is free of."""
_PRICES: Final = "price_ranges.csv: USGS Mineral Commodity Summaries, SMM"
_CUT_OFF: Final = "cutoffs.csv, after EN 15804"

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
    PlausibilityRule(
        "E-SET",
        "reject",
        f"{_SCOPE_2}, 6: average of the grid; residual mix",
        partial(electricity.averages, guarded=False),
        ("1",),
    ),
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
    PlausibilityRule("B-TAG", "reject", "mass balance of biogenic carbon", gases.biogenic_carbon, GUARDED),
    PlausibilityRule("M-SUM", "reject", "0.5 % assay", physics.composition_sum),
    PlausibilityRule("M-ELEM", "reject", _IUPAC, physics.element_balance),
    PlausibilityRule("M-LIGHT", "reject", _LIGHT, partial(ballast.light_goods, verdict="reject"), GUARDED),
    PlausibilityRule("M-LIGHT", "flag", _LIGHT, partial(ballast.light_goods, verdict="flag"), GUARDED),
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
    PlausibilityRule("C-ELY", "reject", "2 RE2O3 + 3 C -> 4 RE + 3 CO2, and so on", reduction.anode_carbon, UNGUARDED),
    PlausibilityRule("F-PFC", "reject", "IPCC 2019 Refinement, vol. 3, 4.8", reduction.perfluorocarbons, UNGUARDED),
    PlausibilityRule("X-METHOD", "reject", "a method gives one mass, told to the milligram", accounting.determinations),
    PlausibilityRule("C-BAL", "reject", "44.009 / 12.011", physics.fuel_carbon),
    PlausibilityRule(
        "C-BAL", "reject", "IPCC 2006 Guidelines, vol. 2, 1.4.2.1: oxidation is 1 unless found", physics.fuel_oxidation
    ),
    PlausibilityRule(
        "E-OWN", "reject", "1 kWh = 3.6 MJ: no more electricity than the fuels burnt hold", own_power.own_fuel
    ),
    PlausibilityRule(
        "E-CALC", "reject", "range of kilns at 850 to 1000 C, widened", physics.calcination_energy, UNGUARDED
    ),
    PlausibilityRule("P-PRECIP", "reject", _PRECIPITATION, physics.precipitant, UNGUARDED),
    PlausibilityRule("P-ACID", "reject", "RE2O3 + 6 HCl -> 2 RECl3 + 3 H2O", physics.acid, UNGUARDED),
    PlausibilityRule("W-BAL", "reject", "mass balance of water", physics.water_balance),
    PlausibilityRule(
        "W-CLASS", "reject", "what leaves with water needs water; what was never moved, a mine", wastes.waste_classes
    ),
    PlausibilityRule("C-RUN", "reject", "carbon balance of the run", wastes.process_carbon),
    PlausibilityRule("V-PROF", "reject", "the profile that the run names", profiles.held_to_profile, UNGUARDED),
    PlausibilityRule("V-PROF", "reject", _ELECTRICITY, partial(demands.whole_electricity, read=True), GUARDED),
    PlausibilityRule("V-PROD", "reject", "the vocabulary of products", products.product_as_made),
    *FIT_BEFORE,
    PlausibilityRule("X-TIME", "flag", "data at most 5 years old", accounting.vintages),
    PlausibilityRule("B-UNC", "flag", "an input of unknown origin", accounting.unknown_origin),
    PlausibilityRule("G-FREE", "flag", "nothing that was made or bought is free of burden", accounting.free_materials),
    PlausibilityRule("G-FREE", "flag", "air is 78 % nitrogen and 1 % argon by volume", gases.free_gases, GUARDED),
    PlausibilityRule("M-TRE", "flag", "phase Nd2Fe14B: 26.68 % Nd, 1.000 % B", physics.magnet_composition, ("1",)),
    PlausibilityRule("M-TRE", "flag", "phase Nd2Fe14B: 26.68 % Nd, 1.000 % B", physics.neodymium_magnets, GUARDED),
    PlausibilityRule("M-AB5", "flag", "phase LaNi5", physics.hydrogen_alloy),
    PlausibilityRule("E-ELY", "flag", "range of plants: 5 to 14 kWh/kg", reduction.electrolysis_energy_range),
    PlausibilityRule("C-ELY", "flag", _ANODES, reduction.anode_co2_range, UNGUARDED),
    PlausibilityRule("V-PROF", "flag", "the profile that the run names", profiles.unread_profile),
    PlausibilityRule("V-PROF", "flag", "the profile that the run names", profiles.mixed_profiles),
    PlausibilityRule("V-PROF", "flag", _ELECTRICITY, partial(demands.whole_electricity, read=False), GUARDED),
    PlausibilityRule("V-PROF", "flag", "Ember counts no losses of the grid", demands.without_losses, GUARDED),
    PlausibilityRule("V-PROD", "flag", "the vocabulary of products", products.product_window),
    PlausibilityRule("V-PROD", "flag", "a bonded magnet has 2 % of polymer", products.resinless, GUARDED),
    PlausibilityRule("M-DILUTE", "flag", "magnets are made of finished alloy", products.diluted, GUARDED),
    PlausibilityRule("CL-BAL", "flag", "mass balance of chlorine, 5 %", physics.chloride_balance),
    PlausibilityRule(
        "W-NORM",
        "flag",
        "1 Bq/g: Ionising Radiations Regulations 2017 (UK), schedule 7, part 2, after Directive 2013/59/Euratom",
        wastes.radioactive_residues,
    ),
    *COMPLETENESS,
    *MENDED,
    # -- fuels and electricity
    PlausibilityRule("F-CARBON", "reject", "a fuel has a family", combustion.fuel_family, GUARDED),
    PlausibilityRule("F-CARBON", "reject", f"{_IPCC_FUELS}: windows of carbon", combustion.carbon, GUARDED),
    PlausibilityRule("F-CARBON", "flag", "15 % (solid fuels 25 %) from the usual", combustion.odd_carbon, GUARDED),
    PlausibilityRule("F-WHOLE", "reject", "what is burnt was supplied, and the other way", combustion.whole, GUARDED),
    PlausibilityRule("F-PART", "flag", "burning gives off CH4 and N2O too", combustion.parts_missing, GUARDED),
    PlausibilityRule("F-UPSTREAM", "flag", "a fuel is won and carried", combustion.supply_missing, GUARDED),
    PlausibilityRule(
        "F-OXID", "reject", "IPCC: oxidation is 1; Chinese sector guides 0.90 to 0.99", combustion.oxidation, GUARDED
    ),
    PlausibilityRule("F-OXID", "flag", "carbon found in ash", combustion.ash, GUARDED),
    PlausibilityRule("F-HEAT", "reject", f"{_IPCC_FUELS}: heating values, widened", combustion.heat, GUARDED),
    PlausibilityRule("F-HEAT", "flag", "15 % (solid fuels 25 %) from the usual", combustion.odd_heat, GUARDED),
    PlausibilityRule("F-BIO", "reject", f"{_ISO_14067}, 6.4.9.2", combustion.biogenic_carbon, GUARDED),
    PlausibilityRule(
        "F-BIO", "flag", "proof of where a biogenic fuel comes from", combustion.unproven_biogenic, GUARDED
    ),
    PlausibilityRule(
        "E-SET",
        "reject",
        f"{_SCOPE_2}, 6: average of the grid; residual mix",
        partial(electricity.averages, guarded=True),
        GUARDED,
    ),
    PlausibilityRule(
        "E-SET-FINER", "reject", f"{_SCOPE_2}, 6.5: the most precise grid", electricity.finer_factors, GUARDED
    ),
    PlausibilityRule(
        "E-SET-FINER", "flag", "direct and life-cycle factors of one grid", electricity.sets_apart, GUARDED
    ),
    PlausibilityRule(
        "E-SET-DECLARED", "reject", "0.75 of the country's reference row", electricity.declared_factors, GUARDED
    ),
    PlausibilityRule("E-SET-DECLARED", "flag", "a grid without a shipped factor", electricity.stand_ins, GUARDED),
    PlausibilityRule("E-SET-DECLARED", "flag", "a province is no mean of its country", electricity.means, GUARDED),
    PlausibilityRule(
        "E-OWN-PLANT", "reject", "rated power x hours; daylight; 30 % unmetered", own_power.own_plant, GUARDED
    ),
    PlausibilityRule("E-OWN-SHARE", "flag", "30 % of the electricity, set here", own_power.much_own, GUARDED),
    PlausibilityRule("E-OWN-PLANT", "flag", "own power is metered", own_power.unread_plant, GUARDED),
    PlausibilityRule("X-TIME", "reject", "a factor of electricity has a year", electricity.dated_factors, GUARDED),
    # prices and exclusions
    PlausibilityRule("A-PRICE", "reject", _PRICES, prices.too_low, GUARDED),
    PlausibilityRule("A-PRICE", "reject", "what nobody priced or sold carries nothing", prices.unknown, GUARDED),
    PlausibilityRule("A-PRICE", "reject", "evidence is of these goods and these years", prices.evidence, GUARDED),
    PlausibilityRule("A-PRICE", "reject", "price_ranges.csv gives one price", prices.as_told, GUARDED),
    PlausibilityRule("A-PRICE", "flag", _PRICES, prices.low, GUARDED),
    PlausibilityRule("A-PRICE-REF", "flag", _PRICES, prices.ratios, GUARDED),
    PlausibilityRule("A-PRICE-REF", "flag", _PRICES, prices.sales, GUARDED),
    PlausibilityRule("A-PRICE-OLD", "flag", "newest five full years", prices.window, GUARDED),
    PlausibilityRule("A-METHOD", "flag", "ISO 14044:2006, 4.3.4.1: alternatives are compared", prices.method, GUARDED),
    PlausibilityRule("X-CUT-LINE", "reject", "what a step owes is a line", exclusions.owed_lines, GUARDED),
    PlausibilityRule("X-CUT-LINE", "reject", "a line of this run covers it", exclusions.covering_lines, GUARDED),
    PlausibilityRule("X-OPEN", "reject", _CUT_OFF, partial(exclusions.unbounded, verdict="reject"), GUARDED),
    PlausibilityRule("X-OPEN", "flag", _CUT_OFF, partial(exclusions.unbounded, verdict="flag"), GUARDED),
    PlausibilityRule("X-OPEN", "flag", "capital goods, staff and their like", exclusions.boundary, GUARDED),
)
"""Rules that need no figures: judged before anything is computed."""

AFTER: Final[tuple[PlausibilityRule, ...]] = (
    PlausibilityRule(
        "A-SUM", "reject", "ISO 14044:2006, 4.3.4.2: the shares make up the whole", accounting.allocation_sums
    ),
    PlausibilityRule("B-UPTAKE", "reject", f"{_ISO_14067}, 6.4.9.2", accounting.uptake),
    PlausibilityRule(
        "G-FLOOR",
        "reject",
        "E-ELY and C-ELY at the grid's factor",
        partial(reduction.process_floor, typical=False),
        UNGUARDED,
    ),
    PlausibilityRule(
        "G-FLOOR",
        "flag",
        "5 kWh/kg and C-ELY at the grid's factor",
        partial(reduction.process_floor, typical=True),
        UNGUARDED,
    ),
    *AFTER_MENDED,
    PlausibilityRule("A-SIB", "flag", "co-products of one process", accounting.siblings),
    PlausibilityRule("M-BLIND", "reject", "who sees no substance checks no factor", fit.most_unknown, GUARDED),
    # prices and exclusions
    PlausibilityRule("A-PRICE", "flag", _PRICES, prices.low_chain, GUARDED),
    PlausibilityRule("X-CUT", "reject", _CUT_OFF, exclusions.cut_off, GUARDED),
    PlausibilityRule("X-STOCK", "flag", "material in process is drawn within a year", prices.stock, GUARDED),
)
"""Rules about figures."""


_ALL: Final = (*BEFORE, *AFTER)

_TABLES: Final = {id(rules): rules for rules in (BEFORE, AFTER, _ALL)}
_KEYS_KEPT: Final = 4096


def judge(run: Inventory, rules: Sequence[PlausibilityRule] | None = None) -> list[Breach]:
    """Return all breaches of `rules`, by default all rules; rules about figures only if the run has figures.

    A run that enters a scheme's statement is no process, so no rule applies to it.
    """
    return [Breach(rule, problem) for rule in _called(run, rules) for problem in rule.judge(run)]


def judge_all(runs: Sequence[Inventory]) -> list[list[Breach] | OreprintError]:
    """Return what `judge` finds of each run by all rules, or the error that it raises.

    Rule by rule: a hundred rules fill the processor's nearest cache, so each of them judges all runs while it is in
    there (bench/rules.py).
    """
    found: list[list[Breach] | OreprintError] = [[] for _ in runs]
    called = defaultdict[int, list[int]](list)
    for number, run in enumerate(runs):
        for rule in _called(run, None):
            called[id(rule)].append(number)
    for rule in _ALL:
        for number in called.get(id(rule), ()):
            breaches = found[number]
            if isinstance(breaches, list):  # else an earlier rule ended it
                try:
                    breaches += [Breach(rule, problem) for problem in rule.judge(runs[number])]
                except OreprintError as error:
                    found[number] = error
    return found


def _called(run: Inventory, rules: Sequence[PlausibilityRule] | None) -> Sequence[PlausibilityRule]:
    """Return the rules that are called for a run, in their order."""
    if run.step == CANCELLATION:
        return ()
    if rules is None:
        rules = BEFORE if run.shared is None else _ALL
    key = key_of(run)
    return _chosen_of_table(id(rules), key) if id(rules) in _TABLES else _chosen(rules, key)


@lru_cache(_KEYS_KEPT)
def _chosen_of_table(table: int, key: Key) -> Sequence[PlausibilityRule]:
    """Return the rules of a table that are called; most runs of a plant have one key."""
    return _chosen(_TABLES[table], key)


def _chosen(rules: Sequence[PlausibilityRule], key: Key) -> Sequence[PlausibilityRule]:
    return [rule for rule in rules if key[0] in rule.engines and speaks(rule.id, rule.judge, key)]


def refuse(findings: list[Breach]) -> list[Breach]:
    """Raise RefusedError with all breaches of reject rules; return the flags."""
    problems = [finding.problem for finding in findings if finding.rule.severity == "reject"]
    if problems:
        raise RefusedError(*problems)
    return findings
