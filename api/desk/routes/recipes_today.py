"""The section of Today about recipes: what waits for the person, and what its runs say of a recipe."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final, NamedTuple

from fastapi import Request
from markupsafe import Markup

from api.app_state import AppState
from api.desk.access import Visit
from api.desk.render import part
from ledger.desk.other_bands import BandProposal, proposals_of
from ledger.desk.recipe_trial import drift_of
from ledger.desk.recipe_versions import recipe_refusal
from ledger.desk.recipes import kept_recipes
from ledger.recipes.doubts import stale_factors
from ledger.recipes.drift import RecipeDrift
from schemas.instant import time_text
from schemas.problem import Problem

MOST_TOLD: Final = 20
"""Recipes whose drift Today tells."""
FAR_DRIFT: Final = Fraction(10, 100)
"""Set here: half of the scatter at which a single reading is told."""


class RecipeToday(NamedTuple):
    """A recipe on Today: what waits for the person, and what its runs and tables say.

    `old` are factors whose year is more than three before a run that ends today.
    """

    recipe: str
    to_approve: bool = False
    note: str = ""
    drifts: tuple[RecipeDrift, ...] = ()
    newer: tuple[Problem, ...] = ()
    old: tuple[str, ...] = ()
    bands: BandProposal | None = None
    digest: str = ""

    @property
    def told(self) -> bool:
        """Whether there is anything to tell."""
        return any(self[1:-1])


def recipes_today(request: Request, server: AppState, visit: Visit) -> Markup | None:
    """Return the recipes that the person should look at: to approve, returned, drifted, with other tables or bands."""
    if not (visit.may("recipe") or visit.may("approve")):
        return None
    found = [each for each in (*_waiting(server, visit), *_runs_of(server, visit)) if each.told]
    return part(request, visit, "recipes-today.html", waiting=found) if found else None


def _waiting(server: AppState, visit: Visit) -> Iterator[RecipeToday]:
    """Yield the newest version of each recipe, with what waits for the person."""
    registry, tables, party = server.registry, server.parts.tables, visit.party
    newest = kept_recipes(registry, party, drafts=True)
    writes = visit.may("recipe")
    few = newest[:MOST_TOLD] if writes else []
    bands = {
        each.digest: one for each, one in zip(few, proposals_of(registry, few, party=party, tables=tables), strict=True)
    }
    for each in newest:
        due, note = each.state == "sent" and visit.may("approve"), (each.note if writes else None) or ""
        to_approve = due and recipe_refusal(registry, each, party=party, by=visit.author) is None
        other = bands.get(each.digest)
        yield RecipeToday(each.checked.recipe.recipe, to_approve, note, bands=other, digest=each.digest)


def _runs_of(server: AppState, visit: Visit) -> Iterator[RecipeToday]:
    """Yield the approved version of each recipe, with what its runs and the tables of today say of it."""
    if not visit.may("recipe"):
        return
    registry, tables, party = server.registry, server.parts.tables, visit.party
    approved = [each.checked for each in kept_recipes(registry, party)[:MOST_TOLD]]
    year = int(time_text(registry.runtime.now_ms())[:4])
    for checked, drifted in zip(approved, drift_of(registry, approved, tables=tables), strict=True):
        drifts = tuple(one for one in drifted if abs(one.share or Fraction(0)) > FAR_DRIFT)
        stale = [*stale_factors(checked.recipe.pinned, checked.record, tables, year=year)]
        newer = tuple(one for one in stale if not one.place)
        old = tuple(dict.fromkeys(one.facts["factor"] for one in stale if one.place))
        yield RecipeToday(checked.recipe.recipe, drifts=drifts, newer=newer, old=old)
