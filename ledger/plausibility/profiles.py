"""V-PROF: a run follows the method profile that it names.

This module does not read the profiles (`ledger.factors.profiles`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.plausibility.absence import answered_groups
from schemas.problem import Problem
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ledger.factors.profiles import Profile
    from ledger.footprint.inventory import Inventory


def held_to_profile(run: Inventory) -> Iterator[Problem]:
    """V-PROF of engine 1: words of an exclusion that begin with a group's name stand for its line."""
    told = {item.what.partition(" ")[0].rstrip(":,") for item in run.excluded}
    yield from _held(run, told, "rule.v-prof-line")


def held_by_declarations(run: Inventory) -> Iterator[Problem]:
    """V-PROF: a run follows its profile; only a declared absence stands for the line of a mandatory group."""
    yield from _held(run, answered_groups(run), "rule.v-prof-absent")


def _held(run: Inventory, told: Collection[str], missing: str) -> Iterator[Problem]:
    """Check GWPs, allocation, mandatory lines but those of the groups `told`, and exclusions."""
    profile = run.tables.profiles.get(run.profile)
    if profile is None:
        names = ", ".join(run.tables.profiles)
        yield Problem.at("rule.v-prof-unknown", "profile", found=run.profile, possible=names)
        return
    if run.gwp not in profile.gwp:
        yield Problem.at(
            "rule.v-prof-gwp", "gwp", profile=profile.label, found=run.gwp, possible=" or ".join(profile.gwp)
        )
    if run.allocation.method not in profile.allocation:
        found, possible = run.allocation.method, " or ".join(profile.allocation)
        yield Problem.at(
            "rule.v-prof-allocation", "allocation.method", profile=profile.label, found=found, possible=possible
        )
    # blending in a tank or silo need not have any line
    mandatory = () if run.step == "blending" else profile.mandatory
    for group in run.groups if mandatory else ():
        if not group.lines and group.group in mandatory and group.group not in told:
            yield Problem.at(missing, group.group, profile=profile.label, group=group.group)
    if run.excluded:
        yield from _left_out(run, profile)


def _left_out(run: Inventory, profile: Profile) -> Iterator[Problem]:
    if profile.exclusions == "shared":
        for index, item in enumerate(run.excluded):
            if item.share is None and item.kind in {None, "open"}:
                yield Problem.at("rule.v-prof-share", f"excluded[{index}].share", profile=profile.label, what=item.what)
    together = sum(trillionths(item.share) for item in run.excluded if item.share is not None)
    if profile.most_excluded is not None and together > profile.most_excluded:
        found, possible = trillionths_text(together), trillionths_text(profile.most_excluded)
        yield Problem.at("rule.v-prof-cut-off", "excluded", profile=profile.label, found=found, possible=possible)


def unread_profile(run: Inventory) -> Iterator[Problem]:
    """V-PROF, flag: a result that names a standard lists the requirements of the standard that nobody has read."""
    profile = run.tables.profiles.get(run.profile)
    if profile is not None and profile.unread:
        yield Problem.at("rule.v-prof", "profile", profile=profile.label, found=", ".join(profile.unread))


def mixed_profiles(run: Inventory) -> Iterator[Problem]:
    """V-PROF, flag: an input was computed under another profile."""
    for item in run.incoming:
        if item.profile != run.profile:
            yield Problem.at("rule.v-prof-mixed", item.place, found=item.profile, possible=run.profile)
