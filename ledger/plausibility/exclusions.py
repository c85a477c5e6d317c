"""Rules of cut-off: what a result leaves out is small, named, and no part of the process.

Rules: an exclusion is outside the boundary, gives off no greenhouse gas, is a credit not taken, is counted in another
line, is bounded, or is open.  Bounds count at their upper end, against the run's kg CO2e (`ledger.footprint.left_out`).
The table of cut-offs gives the most of each profile (`ledger.factors.cutoffs`): 1 % and 5 % are this project's, because
no standard that was read gives a number for all.

This module does not know whether a bound is true: an attestor does.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.factors.boundary import CONVENTION
from ledger.factors.figures import co2e
from ledger.factors.profiles import DEFAULT
from ledger.footprint.left_out import kind_of
from ledger.footprint.masses import figure_text
from ledger.plausibility.amounts import once
from schemas.problem import Problem
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from ledger.factors.cutoffs import CutOff
    from ledger.footprint.inventory import Inventory
    from schemas.run import Exclusion
    from schemas.vocabulary import ExclusionKind

BOUNDARY: Final = (
    "capital goods", "equipment", "buildings", "offices", "laboratory", "staff", "travel", "research", "spare parts",
    "pipes", "liners", "first life", "closure",
)  # fmt: skip
"""What lies outside every boundary: one of these words stands in what is left out."""

GASES: Final = (
    "CO2", "carbon dioxide", "CH4", "methane", "N2O", "nitrous oxide", "laughing gas", "CF4", "C2F6", "PFC",
    "perfluorocarbon", "perfluorocarbons", "SF6", "HFC", "refrigerant", "refrigerants",
)  # fmt: skip
"""What gives off a greenhouse gas, whatever else is said of it."""

ENERGY: Final = (
    "electricity", "power", "fuel", "fuels", "diesel", "petrol", "kerosene", "coal", "coke", "natural gas", "steam",
    "furnace", "furnaces", "kiln", "kilns", "boiler", "boilers", "burner", "burners", "generator", "generators",
)  # fmt: skip
"""What gives off greenhouse gases where it is made or burnt."""

ENERGY_ELSEWHERE: Final = (
    "电", "煤", "柴油", "天然气", "燃", "锅炉", "窑", "炉", "蒸汽", "蒸気", "軽油", "石炭", "ボイラー",
    "strom", "brennstoff", "erdgas", "kohle", "dampf", "ofen", "kessel",
)  # fmt: skip
"""The same in the other languages that Oreprint speaks; their words run together."""

CREDIT: Final = (
    "credit", "avoid", "substitut", "displac", "replac", "spare", "sold", "by-product", "recover",
    "抵扣", "抵免", "替代", "副产", "回收", "クレジット", "代替", "gutschrift", "ersatz",
)  # fmt: skip
"""What tells of a credit: one of these stands in what is left out, or in the reason."""

_ENERGY: Final = re.compile(rf"\b(?:{'|'.join(ENERGY)})\b|{'|'.join(ENERGY_ELSEWHERE)}", re.IGNORECASE)
_GAS: Final = re.compile(rf"\b(?:{'|'.join(GASES)})\b", re.IGNORECASE)
_NAMES_KEPT: Final = 4096
_AFTER_ITEM: Final = r"(?:$|[^\w\s-]|\s+(?:of|for|from|in|into|to|at|by|used|use|consumption)\b)"
"""What follows the name of an item: the end, a sign, or what it is used for.  "Hydrogen slip" names no item."""


def _cutoff(run: Inventory) -> CutOff | None:
    table = run.tables.cutoffs
    return table.get(run.profile) or table.get(DEFAULT)


@once
def _excluded(run: Inventory) -> list[tuple[Exclusion, ExclusionKind]]:
    """Return each exclusion with its kind."""
    return [(item, kind_of(item)) for item in run.excluded]


def owed_lines(run: Inventory) -> Iterator[Problem]:
    """X-CUT-LINE: no exclusion names an item that the step owes, and none without greenhouse gas names one."""
    if not run.excluded:
        return
    owed = tuple([row.item for row in run.tables.completeness.get(run.step, ())])
    for index, (item, kind) in enumerate(_excluded(run)):
        named = [_gas_in(item.what) if kind == "no-ghg" else None]
        if kind not in {"no-credit", "in-other-line"}:
            named.append(_named(item.what, owed))
        for name in filter(None, named):
            yield Problem.at("rule.x-cut-line", f"excluded[{index}].what", what=item.what, item=name)


@lru_cache(_NAMES_KEPT)
def _gas_in(what: str) -> str | None:
    """Return the first greenhouse gas among words; a plant leaves out the same things in all runs."""
    gas = _GAS.search(what)
    return None if gas is None else gas[0]


@lru_cache(_NAMES_KEPT)
def _named(what: str, items: tuple[str, ...]) -> str | None:
    """Return the first item whose name begins the words, or None."""
    patterns = ((item, re.escape(item).replace(r"\-", r"[\s-]") + _AFTER_ITEM) for item in items)
    return next((item for item, pattern in patterns if re.match(pattern, what, re.IGNORECASE)), None)


def covering_lines(run: Inventory) -> Iterator[Problem]:
    """X-CUT-LINE: the line that is said to cover an exclusion is in the run."""
    covered = [(index, item) for index, (item, kind) in enumerate(_excluded(run)) if kind == "in-other-line"]
    names = {line.name for group in run.groups for line in group.lines} if covered else set()
    for index, item in covered:
        if item.line not in names:
            yield Problem.at("rule.x-cut-other", f"excluded[{index}].line", what=item.what, found=item.line or "none")


def unbounded(run: Inventory, *, verdict: Literal["flag", "reject"]) -> Iterator[Problem]:
    """X-OPEN: each exclusion that may matter has an upper bound; a profile with a standard's name refuses others."""
    cutoff = _cutoff(run)
    if cutoff is None or cutoff.open_items != verdict:
        return
    for index, (item, kind) in enumerate(_excluded(run)):
        if kind == "open" or (kind == "bounded" and not _bounded(run, item)):
            yield Problem.at("rule.x-open", f"excluded[{index}]", what=item.what)


def _bounded(run: Inventory, item: Exclusion) -> bool:
    """Return whether a bound is more than nothing: what counts as free of burden bounds nothing."""
    if item.share is not None and trillionths(item.share):
        return True
    return item.amount is not None and item.factor is not None and run.tables.factor(item.factor).boundary != CONVENTION


def boundary(run: Inventory) -> Iterator[Problem]:
    """X-OPEN, flag: the words of an exclusion fit its kind, such as capital goods or a credit."""
    for index, (item, kind) in enumerate(_excluded(run)):
        if kind == "no-ghg" and (energy := _energy_in(item.what)) is not None:
            yield Problem.at("rule.x-open-no-ghg", f"excluded[{index}]", what=item.what, found=energy)
        elif kind == "no-credit" and not _names(f"{item.what} {item.why}", CREDIT):
            yield Problem.at("rule.x-open", f"excluded[{index}]", what=item.what)
        elif kind == "boundary" and not _names(item.what, BOUNDARY):
            yield Problem.at("rule.x-open-boundary", f"excluded[{index}]", what=item.what, possible=", ".join(BOUNDARY))


@lru_cache(_NAMES_KEPT)
def _energy_in(what: str) -> str | None:
    """Return the first word for energy among words."""
    energy = _ENERGY.search(what)
    return None if energy is None else energy[0]


@lru_cache(_NAMES_KEPT)
def _names(said: str, words: tuple[str, ...]) -> bool:
    """Return whether one of some words stands in what was said."""
    return any(word in said.casefold() for word in words)


def cut_off(run: Inventory) -> Iterator[Problem]:
    """X-CUT: no exclusion, nor all together, is more of the run's kg CO2e than the profile allows."""
    cutoff = _cutoff(run)
    if cutoff is None or run.shared is None or not run.excluded:
        return
    whole = co2e(run.shared.total, run.tables.gwp.weights[run.gwp]).location
    if whole <= 0:
        yield from _beside_nothing(run)
        return
    found = [bound.of(whole) for bound in run.bounds]
    for index, (item, mass) in enumerate(zip(run.excluded, found, strict=True)):
        if _exceeds(mass, whole, cutoff.single_most):
            yield _cut(f"excluded[{index}]", item.what, mass, whole, cutoff, cutoff.single_most)
    # each bound was rounded once, by at most one unit
    if _exceeds(sum(found) - len(found), whole, cutoff.total_most):
        yield _cut("excluded", "all of this together", sum(found), whole, cutoff, cutoff.total_most)


def _beside_nothing(run: Inventory) -> Iterator[Problem]:
    """Yield what is left out, by amount, of a run that counts no emissions: nothing is small beside those."""
    for index, bound in enumerate(run.bounds):
        if bound.mass > 0:
            what, found = run.excluded[index].what, figure_text(bound.mass)
            yield Problem.at("rule.x-cut-nothing", f"excluded[{index}]", what=what, found=found)


def _exceeds(mass: int, whole: int, most: int | None) -> bool:
    return most is not None and mass > divide(whole * most, SCALE)


def _cut(place: str, what: str, mass: int, whole: int, cutoff: CutOff, most: int | None) -> Problem:
    part, possible = figure_text(divide(mass * SCALE, whole)), figure_text(most or 0)
    return Problem.at("rule.x-cut", place, what=what, found=part, profile=cutoff.profile, possible=possible)
