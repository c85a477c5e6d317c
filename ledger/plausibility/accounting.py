"""Rules of accounting: units, vintages, factor sets, allocation, and double counting.

Rules: each function takes an `Inventory` and yields a `Problem` for each breach.  A rule about figures compares the
sealed figures with those that the engine computes.

This module does not judge physics (`ledger.plausibility.physics`), nor anything that only the ledger knows (nullifiers,
log times).
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeVar

from ledger.chemistry.elements import TRACKED
from ledger.chemistry.exact import SCALE, divide
from ledger.factors.boundary import CONVENTION, SCRAP
from ledger.factors.figures import Pair, sum_rows, total_of
from ledger.footprint.emissions import mass_by_method
from ledger.footprint.inventory import place_of
from ledger.footprint.lines import UPTAKE
from ledger.footprint.masses import rare_earths
from ledger.footprint.reference import METALLIC
from ledger.footprint.versions import GUARDED
from schemas.instant import date_of
from schemas.problem import OreprintError, Problem
from schemas.quantity import trillionths, trillionths_text
from schemas.vocabulary import STAGE_OF_STEP

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.factors.figures import StageGas
    from ledger.footprint.inventory import Inventory

OLDEST_YEARS: Final = 5
"""The most years between production and the electricity factor, or the end of the price period (rule X-TIME)."""

PRICE_YEARS: Final = (3, 5)
"""The least and the most years that a mean price covers."""

CAMPAIGN_DAYS: Final = 31
"""A calendar month.  Work in progress is closing stock of kind `in-process`, an input of the next campaign."""

SLOW: Final = ("separation", "mining", "in-situ-leaching", "scrap-collection")
"""Steps that may take a year: extraction stages, ore bodies under leaching, pits and yards fill and empty over months.
"""
SLOW_DAYS: Final = 366

WINNING: Final = ("mining", "beneficiation", "in-situ-leaching")
"""Steps with ore or tailings at the start of a chain."""

AIR_AND_WATER: Final = frozenset({"H", "N", "O", "Ar"})
"""Elements of air and water, which nobody produces or buys."""

BIOGENIC: Final = ("CO2-biogenic", "CH4-biogenic")
"""Gases with carbon that was recently in the air."""

_FLAGS_KEPT: Final = 1024
"""The number of flags of a kind in the caches."""

Name = TypeVar("Name", str, tuple[str, str])

_TRACKED: Final = frozenset(TRACKED)
_HALF_PERCENT: Final = 200
_MILLION: Final = 10**6
_MILLIGRAM: Final = SCALE // _MILLION


def units(run: Inventory) -> Iterator[Problem]:
    """X-UNIT: a factor's unit is the unit of the line's amount; an amount with a strength needs a factor per content.

    A fuel that is burnt, or was brought to be burnt, always has a burden: no convention sets it to zero.
    """
    for group, index, factor, per in run.factors:
        if factor.per != per:
            yield Problem.at("rule.x-unit", place_of(group, index), factor=factor.id, found=factor.per, possible=per)
        elif group == "fuels" and factor.boundary == CONVENTION:
            found, possible = f"{per} of no burden", f"{per} of fuel"
            yield Problem.at("rule.x-unit", place_of(group, index), factor=factor.id, found=found, possible=possible)


def determinations(run: Inventory) -> Iterator[Problem]:
    """X-METHOD: an emission equals the result of its method, to the milligram."""
    for index, line in enumerate(run.direct.lines):
        if line.method is None:
            continue
        place = f"direct[{index}]"
        try:
            due = mass_by_method(line, run.direct, run.tables)
        except OreprintError as error:
            yield from (problem._replace(place=place) for problem in error.problems)
            continue
        if due is not None and abs(trillionths(line.mass_kg) - due) * 2 > _MILLIGRAM:
            yield Problem.at("rule.x-method", place, found=line.mass_kg, possible=trillionths_text(due))


def named_tables(run: Inventory) -> Iterator[Problem]:
    """X-SET: a run names the GWPs and each table that a line takes a factor from."""
    if run.table_names is not None:
        for name in sorted((run.factor_sets | {"gwp"}).difference(run.table_names)):
            yield Problem.at("rule.x-set", "factor_sets", found=name)


def gwp_sets(run: Inventory) -> Iterator[Problem]:
    """X-GWP: a chain uses one GWP set; nobody can weigh an aggregate in CO2e of another set again."""
    for item in run.incoming:
        if item.gwp != run.gwp:
            yield Problem.at("rule.x-gwp", item.place, found=item.gwp, possible=run.gwp)
    own = (None, run.gwp)
    for group, index, factor, _ in run.factors:
        if factor.gwp_set not in own:
            place, found = place_of(group, index), factor.gwp_set
            yield Problem.at("rule.x-gwp-sum", place, factor=factor.id, found=found, possible=run.gwp)


def methods(run: Inventory) -> Iterator[Problem]:
    """A-SUM: a chain uses one allocation method; a figure under another method does not belong to this chain."""
    for item in run.incoming:
        if item.method != run.allocation.method:
            yield Problem.at("footprint.method-mixed", item.place, found=item.method, possible=run.allocation.method)


def used_once(run: Inventory) -> Iterator[Problem]:
    """X-DOUBLE: each certified input and each electricity instrument appears in one line only."""
    inputs = [item.identity for item in run.incoming]
    statements = [item for line in run.power.lines if line.instruments for item in line.single_use]
    for identity, times in _repeated(inputs):
        yield Problem.at("rule.x-double", "inputs", found=identity, times=str(times))
    for (scheme, statement), times in _repeated(statements):
        yield Problem.at("rule.x-double", "electricity", found=f"{scheme} {statement}", times=str(times))


def _repeated(names: list[Name]) -> list[tuple[Name, int]]:
    """Return each repeated name with its count."""
    if len(set(names)) == len(names):
        return []
    return [(name, times) for name, times in Counter(names).items() if times > 1]


def times(run: Inventory) -> Iterator[Problem]:
    """X-TIME: no input is younger than the run; electricity factors and prices are at most 5 years old."""
    for item in run.incoming:
        if item.produced.start > run.period.end:
            yield Problem.at("rule.x-time", item.place, found=item.produced.start, possible=run.period.end)
    year = run.year
    for group, index, factor, _ in run.power_factors:
        if factor.year is not None and not 0 <= year - factor.year <= OLDEST_YEARS:
            place, found = place_of(group, index), str(factor.year)
            yield Problem.at("rule.x-time-factor", place, factor=factor.id, found=found, possible=run.period.end)
    prices = run.allocation.prices
    if prices is not None and _years_after(prices.period.end, OLDEST_YEARS) < run.period.start:
        yield Problem.at("rule.x-time-prices", "allocation.prices", found=prices.period.end, possible=run.period.start)


def campaign(run: Inventory) -> Iterator[Problem]:
    """X-TIME: a run is one campaign, of at most a month; separation, with its slow stock, may take a year."""
    most = SLOW_DAYS if run.step in SLOW else CAMPAIGN_DAYS
    days = (date_of(run.period.end) - date_of(run.period.start)).days + 1
    if days > most:
        yield Problem.at("rule.x-time-campaign", "period", found=str(days), possible=str(most), step=run.step)


def vintages(run: Inventory) -> Iterator[Problem]:
    """X-TIME, flag: a factor is more years from production than the run's profile allows, by default 5."""
    year, most = run.year, _oldest_data(run)
    for group, index, factor, _ in run.factors:
        judged = factor.set is None or most < OLDEST_YEARS  # electricity of more than 5 years is refused (`times`)
        if judged and factor.year is not None and abs(year - factor.year) > most:
            yield _old(place_of(group, index), factor.id, factor.year, most)


def _oldest_data(run: Inventory) -> int:
    """Return the most years between a factor and the run: the profile's own bound, except in runs of engine 1."""
    profile = run.tables.profiles.get(run.profile) if run.engine in GUARDED else None
    return OLDEST_YEARS if profile is None or profile.oldest_data is None else profile.oldest_data


@lru_cache(_FLAGS_KEPT)
def _old(place: str, factor: str, year: int, most: int) -> Problem:
    """Return the flag of an old factor; cached, since a plant uses the same factors for many batches."""
    return Problem.at("rule.x-time-vintage", place, factor=factor, found=year, possible=most)


def _years_after(day: str, years: int) -> str:
    """Return the same day some years later, as text; 29 February is not adjusted, but sorts correctly."""
    return f"{int(day[:4]) + years}{day[4:]}"


def allocation_keys(run: Inventory) -> Iterator[Problem]:
    """A-SUM: each rare-earth output takes a share, and the allocation keys are complete and dated."""
    sharing = [item for item in run.outgoing if item.allocated]
    for item in run.outgoing:
        if not item.allocated and rare_earths(item.fractions):
            yield Problem.at("rule.a-sum-left-out", item.place, found=item.lot)
    if not sharing:
        yield Problem.at("rule.a-sum-nobody", "outputs")
    if len(sharing) > 1:
        yield from _keys(run)


def _keys(run: Inventory) -> Iterator[Problem]:
    for item in run.outgoing:
        if item.allocated and not item.price:
            yield Problem.at("rule.a-sum-price", f"{item.place}.price", found=item.lot)
    metallic = {item.kind in METALLIC for item in run.outgoing if item.allocated}
    key = "RE" if metallic == {True} else "REO" if metallic == {False} else run.allocation.mass_key
    if key != run.allocation.mass_key:
        yield Problem.at("rule.a-sum-key", "allocation.mass_key", found=run.allocation.mass_key, possible=key)
    prices = run.allocation.prices
    if prices is None:
        yield Problem.at("rule.a-sum-prices", "allocation.prices")
        return
    least, most = PRICE_YEARS
    after = date_of(prices.period.end) + timedelta(days=1)
    if not _years_after(prices.period.start, least) <= after.isoformat() <= _years_after(prices.period.start, most):
        yield Problem.at("rule.a-sum-period", "allocation.prices", found=prices.period.to_slashed())


def allocation_sums(run: Inventory) -> Iterator[Problem]:
    """A-SUM: the shares sum exactly to the total, and each follows from its weight."""
    if run.shared is None or not run.declared:
        return
    declared = sum_rows(run.declared)
    for key in declared.keys() | run.shared.total.keys() if declared != run.shared.total else ():
        found, possible = declared.get(key, Pair(0, 0)), run.shared.total.get(key, Pair(0, 0))
        if found != possible:
            place = f"made.{key[0]}.{key[1]}"
            yield Problem.at("rule.a-sum", place, found=_pair(found), possible=_pair(possible))
    for index, (rows, output) in enumerate(zip(run.declared, run.shared.outputs, strict=True)):
        if rows != output.rows:
            yield Problem.at(
                "rule.a-sum-share", f"made[{index}]", found=_pair(_total(rows)), possible=_pair(_total(output.rows))
            )


def _total(rows: Mapping[StageGas, Pair]) -> Pair:
    return total_of(rows.values())


def biogenic(run: Inventory) -> Iterator[Problem]:
    """B-TAG: biogenic emissions need biogenic carbon in a fuel or a material."""
    given_off = [(index, line) for index, line in enumerate(run.direct.lines) if line.gas in BIOGENIC]
    if not given_off:
        return
    sources = [factor for group, _, factor, _ in run.at_hand if group in {"fuels", "materials"}]
    if not any(gas in BIOGENIC for factor in sources for gas, _ in factor.values):
        for index, line in given_off:
            yield Problem.at("rule.b-tag", f"direct[{index}]", found=line.substance)


def uptake(run: Inventory) -> Iterator[Problem]:
    """B-UPTAKE: a rare-earth product holds no biogenic carbon, so no uptake remains in its figures."""
    if run.shared is None:
        return
    for index, output in enumerate(run.shared.outputs):
        for (stage, gas), pair in output.rows.items():
            if gas in UPTAKE and min(pair) < 0:
                yield Problem.at("rule.b-uptake", f"outputs[{index}]", stage=stage, gas=gas, found=_pair(pair))


def dry_mass(run: Inventory) -> Iterator[Problem]:
    """D-DRY: shipped mass less moisture is the dry mass, within 0.5 %."""
    for item in run.outgoing:
        if item.shipped_mg is not None:
            dry = divide(item.shipped_mg * (SCALE - item.moisture), SCALE)
            if abs(dry - item.net_mass_mg) * _HALF_PERCENT > item.net_mass_mg:
                yield Problem.at(
                    "rule.d-dry", f"{item.place}.shipped_mass", found=_mg(item.net_mass_mg), possible=_mg(dry)
                )


def internal_scrap(run: Inventory) -> Iterator[Problem]:
    """S-INT: own scrap is no recycled content, and uncertified scrap only at recycling steps."""
    recycling = STAGE_OF_STEP[run.step] == "recycling"
    for index, line in enumerate(run.materials.lines):
        by = line.generated_by
        if by is None and (recycling or line.recycled is None):
            continue
        place = f"materials[{index}]"
        if line.recycled is not None and not recycling:
            yield Problem.at("rule.s-int", f"{place}.recycled", material=line.name)
        if by is None:
            continue
        if line.recycled != "pre-consumer":
            yield Problem.at("rule.s-int-by", f"{place}.generated_by", material=line.name)
        elif by.organisation == run.producer:
            yield Problem.at("rule.s-int-own", f"{place}.recycled", material=line.name, found=by.organisation)


def claimed_origin(run: Inventory) -> Iterator[Problem]:
    """B-UNC: a material without a certificate has a country of extraction only at mining and beneficiation steps."""
    if run.step in WINNING:
        return
    for index, line in enumerate(run.materials.lines):
        if line.extracted_in is not None:
            yield Problem.at("rule.b-unc-origin", f"materials[{index}].extracted_in", material=line.name)


def unknown_origin(run: Inventory) -> Iterator[Problem]:
    """B-UNC, flag: a material without a certificate brings an element with a claimed origin."""
    claimed = {element for item in run.outgoing for element in item.fractions if element in _TRACKED}
    for index, line in enumerate(run.materials.lines):
        if not line.composition or line.extracted_in is not None or line.recycled is not None:
            continue
        if brought := [element for element, _ in line.composition if element in claimed]:
            yield _unknown_origin(f"materials[{index}]", line.name, ", ".join(brought))


@lru_cache(_FLAGS_KEPT)
def _unknown_origin(place: str, material: str, brought: str) -> Problem:
    """Return the flag of a material of unknown origin; cached as old factors are."""
    return Problem.at("rule.b-unc", place, material=material, found=brought)


def free_materials(run: Inventory) -> Iterator[Problem]:
    """G-FREE, flag: only air, water, ground at the start of a chain, and scrap for recycling are free by convention."""
    if run.step in WINNING:
        return
    recycling = STAGE_OF_STEP[run.step] == "recycling"
    for group, index, factor, _ in run.at_hand:
        if factor.boundary != CONVENTION or group != "materials":
            continue
        line = run.materials.lines[index]
        if line.recycled or (recycling and factor.flow == SCRAP):
            continue
        if held := [element for element, _ in line.composition if element not in AIR_AND_WATER]:
            yield _free(f"materials[{index}]", line.name, ", ".join(held), line.factor)


@lru_cache(_FLAGS_KEPT)
def _free(place: str, material: str, held: str, factor: str) -> Problem:
    """Return the flag of a material without burden; cached as old factors are."""
    return Problem.at("rule.g-free", place, material=material, found=held, factor=factor)


def siblings(run: Inventory) -> Iterator[Problem]:
    """A-SIB, flag: under economic allocation a dearer product carries at least as much per kg as a cheaper one."""
    if run.shared is None or run.allocation.method != "economic":
        return
    sharing = [
        (item.price or 0, output.per_kg.location, item.lot)
        for item, output in zip(run.outgoing, run.shared.outputs, strict=True)
        if item.allocated
    ]
    ordered = sorted(sharing)
    for (_, one, lot), (_, two, other) in pairwise(ordered):
        if one > two + 1:
            yield Problem.at("rule.a-sib", "outputs", found=lot, possible=other)


def _pair(pair: Pair) -> str:
    return f"{trillionths_text(pair.location)} / {trillionths_text(pair.market)}"


def _mg(mass: int) -> str:
    return f"{trillionths_text(mass * _MILLION)} kg"
