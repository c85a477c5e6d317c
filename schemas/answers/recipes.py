"""Answers about recipes: the versions that a party keeps, what one says, and what it changes."""

from __future__ import annotations

from typing import Any, Literal

from schemas.answers import AnswerDocument
from schemas.instant import Instant
from schemas.recipe import RecipeId


class RecipeVersion(AnswerDocument):
    """A version of a recipe: its state, who wrote and who approved it."""

    recipe: RecipeId
    """Name of the recipe."""
    version: int
    """Number of the version, from 1."""
    title: str
    """What the recipe makes."""
    state: Literal["draft", "sent", "approved"]
    """`draft` may be replaced, `sent` waits for a second person, `approved` never changes."""
    digest: str
    """SHA-256 of the recipe in hexadecimal. Who replaces a draft names the one that it was written on."""
    author: str
    """Who wrote it: `person:<id>`, `token:<id>`, or `operator` for who runs the registry."""
    approver: str | None
    """Who approved it. Null until then."""
    note: str | None
    """Why it was returned. Null if it was not."""
    since: Instant
    """When it was written, or its state changed, in UTC."""


class RecipeList(AnswerDocument):
    """The newest version of each recipe of a party."""

    recipes: tuple[RecipeVersion, ...]
    """Versions by name of the recipe, in any state."""


class RecipeChange(AnswerDocument):
    """One place that a version changes."""

    place: str
    """Place in the recipe; elements of lists are named by their names."""
    before: str | None
    """What the version before says. Null if nothing."""
    after: str | None
    """What this version says. Null if nothing."""


class RecipeBand(AnswerDocument):
    """Another band of a line, and the figures that lead to it, as if each run were as large as the typical one."""

    line: str
    """Line of the typical run, such as `electricity[0]`; `outputs[0]` is the mass of an output."""
    label: str
    """What people call the line."""
    low: str
    """Lowest usual amount of the version."""
    high: str
    """Highest usual amount of the version."""
    proposed_low: str
    """Lowest usual amount that is proposed."""
    proposed_high: str
    """Highest usual amount that is proposed."""
    lowest: str
    """The amount that 5 % of the runs do not exceed."""
    median: str
    """Median of the runs."""
    highest: str
    """The amount that 95 % of the runs do not exceed."""
    outside: int
    """Runs whose amount lies outside the band of the version."""
    runs: int
    """Issued runs that have the line."""
    reason: str
    """What a draft with the band gives as its reason."""


class RecipeBands(AnswerDocument):
    """Other bands that are proposed, because more than a fifth of the runs of the last 30 days needed an approval."""

    needed: int
    """Runs of the last 30 days that needed an approval."""
    runs: int
    """Runs of the last 30 days, issued or waiting for an approval."""
    bands: tuple[RecipeBand, ...]
    """The bands, at least one."""


class WholeRecipe(RecipeVersion):
    """A version with all that it says, and what it changes in the version before."""

    document: dict[str, Any]
    """The recipe, a `recipe/1` document."""
    changes: tuple[RecipeChange, ...]
    """Differences from the version before; of the first version, all of it."""
    other_bands: RecipeBands | None
    """Other bands that are proposed. Null if the runs fit, and for any version but the newest."""
