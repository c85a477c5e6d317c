"""Method profiles as data: what a standard asks of a run that says it is computed by it, and the rule V-PROF that holds it to that.

The profile table has one profile a row, under exactly these columns:

``profile, label, label_zh, standard``
    a slug, what people call it, and the standard with its edition.
``boundary, declared_unit``
    in words; every certificate is cradle-to-gate and per kg of dry net mass.
``gwp, allocation``
    the GWP sets and the methods of allocation that may be declared, joined by ``;``, the preferred one first.
``exclusions, most_excluded``
    whether what is left out is ``named`` or has its share told too (``shared``), and how large all shares may be together.
``mandatory``
    the groups in which there is a line, or an exclusion that begins with the group's name, joined by ``;``.
``recycling``
    ``cut-off``, or ``circular`` where the circular footprint formula is to be shown beside it (`ledger.footprint.circular`).
``unread``
    the columns that nobody read in the standard or in a work that quotes it: they are placeholders, and results say so.
``status, source``
    as in a factor table.

A new profile is a row, not code.  What this module does not do: it reads no file (`ledger.tables` does).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.factors.factors import Status, cell_choice, cell_words, table_lines
from schemas.problem import InputError, Problem
from schemas.quantity import trillionths, trillionths_text
from schemas.vocabulary import GROUPS, AllocationMethod, GwpSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.footprint.inventory import Inventory
    from schemas.vocabulary import Group

COLUMNS: Final = (
    "profile", "label", "label_zh", "standard", "boundary", "declared_unit", "gwp", "allocation",
    "exclusions", "most_excluded", "mandatory", "recycling", "unread", "status", "source",
)  # fmt: skip

DEFAULT: Final = "oreprint-1"


@dataclass(frozen=True, slots=True)
class Profile:
    """What a run is held to; `most_excluded` is scaled, None where there is no bound; `unread` are columns."""

    id: str
    label: str
    label_zh: str
    standard: str
    boundary: str
    declared_unit: str
    gwp: tuple[GwpSet, ...]
    allocation: tuple[AllocationMethod, ...]
    exclusions: Literal["named", "shared"]
    most_excluded: int | None
    mandatory: tuple[Group, ...]
    recycling: Literal["cut-off", "circular"]
    unread: tuple[str, ...]
    status: Status
    source: str


def parse_profiles(content: bytes, name: str = "profiles") -> Mapping[str, Profile]:
    """Read the profile table.  Errors: as of `parse_factor_set`."""
    profiles: dict[str, Profile] = {}
    for place, cells in table_lines(content, name, COLUMNS):
        profile = Profile(
            id=cell_words(cells, "profile", place),
            label=cell_words(cells, "label", place),
            label_zh=cell_words(cells, "label_zh", place),
            standard=cell_words(cells, "standard", place),
            boundary=cell_words(cells, "boundary", place),
            declared_unit=cell_words(cells, "declared_unit", place),
            gwp=tuple(cell_choice({"gwp": each}, "gwp", get_args(GwpSet), place) for each in cells["gwp"].split(";")),
            allocation=tuple(
                cell_choice({"allocation": each}, "allocation", get_args(AllocationMethod), place)
                for each in cells["allocation"].split(";")
            ),
            exclusions=cell_choice(cells, "exclusions", ("named", "shared"), place),
            most_excluded=trillionths(cells["most_excluded"]) if cells["most_excluded"] else None,
            mandatory=tuple(
                cell_choice({"mandatory": each}, "mandatory", GROUPS, place)
                for each in filter(None, cells["mandatory"].split(";"))
            ),
            recycling=cell_choice(cells, "recycling", ("cut-off", "circular"), place),
            unread=tuple(
                cell_choice({"unread": each}, "unread", COLUMNS, place)
                for each in filter(None, cells["unread"].split(";"))
            ),
            status=cell_choice(cells, "status", get_args(Status), place),
            source=cell_words(cells, "source", place),
        )
        if profile.id in profiles:
            raise InputError.at("factor.duplicate", place, id=profile.id)
        profiles[profile.id] = profile
    return MappingProxyType(profiles)


# -- the rule -----------------------------------------------------------------------------------------------------


def held_to_profile(run: Inventory) -> Iterator[Problem]:
    """V-PROF: a run is as the profile asks that it names: GWPs, allocation, lines that must be there, what is left out."""
    profile = run.tables.profiles.get(run.profile)
    if profile is None:
        known = ", ".join(run.tables.profiles)
        yield Problem.at("rule.v-prof-unknown", "profile", found=run.profile, possible=known)
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
    # a tank or silo where lots are mixed need not have any line
    mandatory = () if run.step == "blending" else profile.mandatory
    told = {item.what.partition(" ")[0].rstrip(":,") for item in run.excluded}
    for group in run.groups if mandatory else ():
        if not group.lines and group.group in mandatory and group.group not in told:
            yield Problem.at("rule.v-prof-line", group.group, profile=profile.label, group=group.group)
    if run.excluded:
        yield from _left_out(run, profile)


def _left_out(run: Inventory, profile: Profile) -> Iterator[Problem]:
    if profile.exclusions == "shared":
        for index, item in enumerate(run.excluded):
            if item.share is None:
                yield Problem.at("rule.v-prof-share", f"excluded[{index}].share", profile=profile.label, what=item.what)
    together = sum(trillionths(item.share) for item in run.excluded if item.share is not None)
    if profile.most_excluded is not None and together > profile.most_excluded:
        found, possible = trillionths_text(together), trillionths_text(profile.most_excluded)
        yield Problem.at("rule.v-prof-cut-off", "excluded", profile=profile.label, found=found, possible=possible)


def unread_profile(run: Inventory) -> Iterator[Problem]:
    """V-PROF, flag: a result that names a standard says which of its demands nobody read there."""
    profile = run.tables.profiles.get(run.profile)
    if profile is not None and profile.unread:
        yield Problem.at("rule.v-prof", "profile", profile=profile.label, found=", ".join(profile.unread))


def mixed_profiles(run: Inventory) -> Iterator[Problem]:
    """V-PROF, flag: inputs computed by another profile."""
    for item in run.incoming:
        if item.profile != run.profile:
            yield Problem.at("rule.v-prof-mixed", item.place, found=item.profile, possible=run.profile)
