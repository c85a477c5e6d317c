"""The demands of a method profile, one by one: met, not met, not shown, or not compared with the standard's text.

Rules: a figure is called "by the rules of ... as far as listed", because a profile lists what is known of a standard.
V-PROF refuses a run that breaks a demand on electricity that was read in the standard, and flags it where nobody read
it; `ledger.plausibility.profiles` holds the other demands.

This module reads no profile (`ledger.factors.profiles`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.factors.grid import REFERENCE, TABLE, is_reference
from ledger.factors.profiles import DEFAULT
from ledger.footprint.digits import FEW, shown
from schemas.determination import Default
from schemas.inventory import Direct, Electricity
from schemas.problem import Problem
from schemas.quantity import trillionths, trillionths_text
from schemas.report import Demand, ProfileSummary
from schemas.vocabulary import CANCELLATION, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.factors.profiles import Profile
    from ledger.factors.tables import FactorTables
    from ledger.footprint.inventory import Inventory, PublishedFacts
    from ledger.seal.sdjwt import OpenRun
    from schemas.inventory import InventoryGroup
    from schemas.report import DemandState

_REFERENCE: Final = f"{TABLE}/{REFERENCE}."
"""How the names of reference rows begin."""
OF_RUN: Final = frozenset({"exclusions", "data-quality"})
"""Disclosures that only the run tells."""
OF_ENGINE: Final = frozenset({"aircraft", "entered-free", "own-factors"})
"""Disclosures that certificates of engine 1 do not tell."""


def whole_electricity(run: Inventory, *, read: bool) -> Iterator[Problem]:
    """V-PROF: under a profile that asks for it, electricity has upstream emissions and losses of the grid.

    `read` tells whether to judge profiles whose standard was read for it, or the others.
    """
    profile = run.tables.profiles.get(run.profile)
    if profile is None or profile.electricity in {None, run.electricity} or not run.power.lines:
        return
    if read != ("electricity" in profile.unread):
        yield Problem.at(
            "rule.v-prof-electricity",
            "electricity_set",
            profile=profile.label,
            found=run.electricity,
            possible=str(profile.electricity),
        )


def without_losses(run: Inventory) -> Iterator[Problem]:
    """V-PROF, flag: a profile asks for losses of the grid, and a reference row has none."""
    profile = run.tables.profiles.get(run.profile)
    if profile is None or profile.electricity != "life-cycle":
        return
    for index, line in enumerate(run.power.lines):
        if is_reference(run.tables.factor(line.factor)):
            place = f"electricity[{index}].factor"
            yield Problem.at("rule.v-prof-losses", place, profile=profile.label, found=line.factor)


def profile_summary(record: PublishedFacts, run: OpenRun | None, tables: FactorTables) -> ProfileSummary | None:
    """Return the profile that a certificate names, with its demands; None if it is not known, or for electricity."""
    profile = tables.profiles.get(record.footprint.method)
    if profile is None or record.batch.step == CANCELLATION:
        return None
    return ProfileSummary(id=profile.id, called=called(profile), demands=tuple(_demands(profile, record, run, tables)))


def called(profile: Profile) -> str:
    """Return what a figure by a profile may be called."""
    if profile.id == DEFAULT:
        return f"by the {profile.label}"
    return f"by the rules of {profile.label} as far as listed"


def _demands(profile: Profile, record: PublishedFacts, run: OpenRun | None, tables: FactorTables) -> Iterator[Demand]:
    figures = record.footprint
    yield _demand(profile, "boundary", profile.boundary, figures.boundary, holds=figures.boundary == profile.boundary)
    unit = f"1 {unit_of(record.batch.kind)} net mass dry"
    yield _demand(profile, "declared_unit", profile.declared_unit, unit, holds=unit == profile.declared_unit)
    yield _demand(profile, "gwp", " or ".join(profile.gwp), figures.gwp, holds=figures.gwp in profile.gwp)
    allowed = " or ".join(profile.allocation)
    yield _demand(profile, "allocation", allowed, figures.allocation, holds=figures.allocation in profile.allocation)
    yield from _left_out(profile, run)
    if (cut := tables.cutoffs.get(profile.id)) is not None and cut.total_most is not None:
        yield _cut_off(profile, cut.total_most, record)
    if profile.mandatory:
        yield _mandatory(profile, run)
    if profile.electricity is not None:
        yield _electricity(profile, profile.electricity, record, run)
    if profile.oldest_data is not None:
        yield _oldest(profile, profile.oldest_data, record, run, tables)
    yield _demand(profile, "recycling", profile.recycling, "cut-off", holds=profile.recycling == "cut-off")
    for item in profile.disclosures:
        shown = run is not None or item not in OF_RUN
        shown = shown and (figures.beside is not None or item not in OF_ENGINE)
        yield _demand(profile, "disclosures", item, "told" if shown else None, holds=shown)


def _demand(profile: Profile, demand: str, bound: str, found: str | None, *, holds: bool) -> Demand:
    state: DemandState = "met" if holds else "not-met"
    if demand in profile.unread:
        state = "text-not-read"
    elif found is None:
        state = "not-shown"
    return Demand(demand=demand, bound=bound, found=found, state=state)


def _left_out(profile: Profile, run: OpenRun | None) -> Iterator[Demand]:
    excluded = None if run is None else run.value.excluded
    asked = "each with its share" if profile.exclusions == "shared" else "each named"
    found = (
        None
        if excluded is None
        else f"{len(excluded)} named, {sum(item.share is not None for item in excluded)} with a share"
    )
    # as V-PROF asks: what lies outside the boundary, gives off nothing or has another bound needs no share
    owed = [item for item in excluded or () if item.share is None and item.kind in {None, "open"}]
    named = excluded is not None and (profile.exclusions == "named" or not owed)
    yield _demand(profile, "exclusions", asked, found, holds=named)
    if profile.most_excluded is not None:
        shares = (
            None if excluded is None else sum(trillionths(item.share) for item in excluded if item.share is not None)
        )
        told = None if shares is None else trillionths_text(shares)
        holds = shares is not None and shares <= profile.most_excluded
        yield _demand(profile, "most_excluded", f"at most {trillionths_text(profile.most_excluded)}", told, holds=holds)


def _cut_off(profile: Profile, most: int, record: PublishedFacts) -> Demand:
    """Judge what is left out of the whole chain, by its upper bounds."""
    figures = record.footprint
    left_out, total = trillionths(figures.left_out or "0"), abs(trillionths(figures.total_kg_co2e.location))
    share = divide(left_out * SCALE, total) if total else 0
    holds = left_out * SCALE <= most * total
    return _demand(profile, "cut_off", f"at most {_percent(most)}", _percent(share), holds=holds)


def _percent(share: int) -> str:
    return f"{shown(trillionths_text(100 * share), FEW)} %"


def _electricity(profile: Profile, asked: str, record: PublishedFacts, run: OpenRun | None) -> Demand:
    """Judge the set of electricity factors; a reference row has upstream emissions, but no losses of the grid."""
    found: str = record.footprint.electricity
    lines = (
        [] if run is None else [line for group in run.groups if isinstance(group, Electricity) for line in group.lines]
    )
    without = [line.factor for line in lines if line.factor.startswith(_REFERENCE)]
    holds = found == asked and not without
    if without:
        found = f"{found}, with {without[0]}, which has no losses of the grid"
    return _demand(profile, "electricity", asked, found, holds=holds)


def _mandatory(profile: Profile, run: OpenRun | None) -> Demand:
    asked = ", ".join(profile.mandatory)
    if run is None or not run.lines_shown:
        return _demand(profile, "mandatory", asked, None, holds=False)
    with_lines = [group.group for group in run.groups if group.lines and group.group in profile.mandatory]
    missing = len(profile.mandatory) - len(with_lines)
    told = ", ".join(with_lines) or "none"
    return _demand(profile, "mandatory", asked, f"{told}; left out: {missing}" if missing else told, holds=True)


def _oldest(profile: Profile, years: int, record: PublishedFacts, run: OpenRun | None, tables: FactorTables) -> Demand:
    asked = f"at most {years} years"
    if run is None or not run.lines_shown:
        return _demand(profile, "oldest_data", asked, None, holds=False)
    produced = int(record.batch.produced.end[:4])
    used = tables.named(record.footprint.factor_sets) or tables
    dated = [each.year for each in map(used.by_id.get, _factors(run.groups)) if each is not None and each.year]
    age = max((produced - year for year in dated), default=0)
    return _demand(profile, "oldest_data", asked, f"{age} years", holds=age <= years)


def _factors(groups: Sequence[InventoryGroup]) -> Iterator[str]:
    """Yield the factor of each line."""
    for group in groups:
        match group:
            case Electricity():
                for power in group.lines:
                    yield from (power.factor, power.uncovered, *(item.factor for item in power.instruments))
            case Direct():
                for emission in group.lines:
                    if isinstance(emission.method, Default):
                        yield emission.method.factor
            case _:
                yield from (line.factor for line in group.lines if line.factor is not None)
