"""Method profiles as data: the requirements of a standard on a run that names it, as far as anybody has read them.

The profile table has one profile a row, with exactly these columns:

``profile, label, label_zh, standard``
    a slug, its names, and the standard with its edition.
``boundary, declared_unit``
    in words; every certificate is cradle-to-gate and per kg of dry net mass.
``gwp, allocation``
    the allowed GWP sets and methods of allocation, joined by ``;``, the preferred one first.
``exclusions, most_excluded``
    whether an exclusion is only ``named`` or also has a share (``shared``), and the most that all shares may sum to.
``mandatory``
    groups that need a line, or an exclusion that begins with the group's name, joined by ``;``.
``recycling``
    ``cut-off``, or ``circular`` to show the circular footprint formula beside it (`ledger.footprint.circular`).
``electricity``
    the set of electricity factors asked for: ``life-cycle`` has upstream emissions and grid losses; may be empty.
``oldest_data``
    the most years between a factor and the run; may be empty.
``disclosures``
    the items of the statement (`ledger.sheets.statement`) that must be told, joined by ``;``.
``unread``
    the columns that nobody read in the standard or in a work that quotes it: placeholders, named in results.
``status, source``
    as in a factor table.

A new profile is a row, not code.  This module reads no file (`ledger.tables` does).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.factors.factor import Status, cell_choice, cell_words, table_lines
from schemas.problem import InputError
from schemas.quantity import trillionths
from schemas.vocabulary import GROUPS, AllocationMethod, ElectricitySet, GwpSet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.vocabulary import Group

COLUMNS: Final = (
    "profile", "label", "label_zh", "standard", "boundary", "declared_unit", "gwp", "allocation",
    "exclusions", "most_excluded", "mandatory", "recycling", "electricity", "oldest_data", "disclosures", "unread",
    "status", "source",
)  # fmt: skip

DEFAULT: Final = "oreprint-1"

STATEMENT: Final = (
    "declared-unit", "boundary", "reference-period", "geography", "technology", "gwp", "total", "fossil", "biogenic",
    "biogenic-removals", "land-use", "aircraft", "exclusions", "allocation", "entered-free", "electricity",
    "data-quality", "own-factors", "primary-share", "uncertainty", "assurance",
)  # fmt: skip
"""The items of a complete statement, in its order."""
_YEARS: Final = tuple(map(str, range(1, 31)))


@dataclass(frozen=True, slots=True)
class Profile:
    """The requirements on a run; `most_excluded` is scaled, `oldest_data` in years, both None for no bound.

    `electricity` is None if either set will do; `unread` are columns.
    """

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
    electricity: ElectricitySet | None
    oldest_data: int | None
    disclosures: tuple[str, ...]
    unread: tuple[str, ...]
    status: Status
    source: str


def parse_profiles(content: bytes, name: str = "profiles") -> Mapping[str, Profile]:
    """Parse the profile table; raise as `parse_factor_set`."""
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
            electricity=cell_choice(cells, "electricity", get_args(ElectricitySet), place)
            if cells["electricity"]
            else None,
            oldest_data=int(cell_choice(cells, "oldest_data", _YEARS, place)) if cells["oldest_data"] else None,
            disclosures=tuple(
                cell_choice({"disclosures": each}, "disclosures", STATEMENT, place)
                for each in filter(None, cells["disclosures"].split(";"))
            ),
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
