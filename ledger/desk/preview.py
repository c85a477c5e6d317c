"""The preview of a draft: what would be issued, what is odd, and what a newer version of the recipe changes."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from ledger.desk.drafts import RunDraft
from ledger.desk.forms import ReadForm
from ledger.desk.putting_right import Changes, recipe_of_draft, rehearse_righted
from ledger.desk.recipes import KeptRecipe, kept_recipe
from ledger.desk.rehearse import Rehearsed, rehearse_form
from ledger.factors.tables import FactorTables
from ledger.issuing.issue import issued_before
from ledger.lots.certificates import opened
from ledger.lots.issuance import IssuedText
from ledger.recipes.checked import CheckedRecipe
from ledger.recipes.differences import Difference, differences
from ledger.registry.registry import OpenRegistry
from ledger.store.drafts import draft_rows
from ledger.store.engine import reading
from ledger.store.reading import certificates_of
from schemas.problem import Problem
from schemas.quantity import plain


class Preview(NamedTuple):
    """A draft as screen 4 shows it.

    `differences` are those of the `newest` version of the recipe, None if the draft is of that version.
    `changes` are those of the issued run that a draft puts right, `issued_lots` its lots.
    `last` is the footprint of the last run of the recipe that was issued from a draft, in kg CO2e for one unit.
    """

    checked: CheckedRecipe
    form: ReadForm
    rehearsed: Rehearsed
    newest: int
    differences: tuple[Difference, ...] | None
    last: Decimal | None
    changes: Changes | None = None
    issued_lots: str = ""

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """All that is odd, each at its field."""
        return (*self.rehearsed.warnings, *(each.problem for each in self.rehearsed.findings))


def preview_draft(registry: OpenRegistry, draft: RunDraft, *, tables: FactorTables) -> Preview:
    """Return the preview of a draft, by the version of the recipe that it was typed for.

    Raises:
        MissingError: `recipe.unknown`, `recipe.no-lot`.
    """
    row = draft.row
    if row.act != "issue":
        return _putting_right(registry, draft, tables=tables)
    checked = kept_recipe(registry, row.party, row.recipe, row.version).checked
    newest = kept_recipe(registry, row.party, row.recipe)
    form, rehearsed = rehearse_form(registry, row.party, checked, draft.typed, tables=tables, but=row.id)
    last = _last_figure(registry, draft)
    return Preview(checked, form, rehearsed, newest.checked.recipe.version, _differences(checked, newest), last)


def _putting_right(registry: OpenRegistry, draft: RunDraft, *, tables: FactorTables) -> Preview:
    row = draft.row
    checked = recipe_of_draft(registry, row, tables)
    form, rehearsed, changes, lots = rehearse_righted(registry, row, checked, draft.typed, tables=tables)
    version, told = checked.recipe.version, None
    if row.recipe:
        newest = kept_recipe(registry, row.party, row.recipe)
        version, told = newest.checked.recipe.version, _differences(checked, newest)
    return Preview(checked, form, rehearsed, version, told, None, changes, lots)


def _last_figure(registry: OpenRegistry, draft: RunDraft) -> Decimal | None:
    row = draft.row
    with reading(registry.engine) as connection:
        rows = draft_rows(connection, row.party, ["issued"], recipe=row.recipe, most=1)
        if not rows or rows[0].issuance is None:
            return None
        first = certificates_of(connection, rows[0].issuance)[0]
        return Decimal(opened(first.row.jws).record.footprint.per_kg.location)


def _differences(checked: CheckedRecipe, newest: KeptRecipe) -> tuple[Difference, ...] | None:
    if newest.checked.recipe.version == checked.recipe.version:
        return None
    return tuple(differences(checked.document, newest.checked.document))


def certificates_of_draft(registry: OpenRegistry, draft: RunDraft) -> list[IssuedText]:
    """Return the certificates that were issued of a draft, in output order."""
    if draft.row.issuance is None:
        return []
    with reading(registry.engine) as connection:
        return list(issued_before(registry, connection, draft.row.issuance).certificates)


def wet_mass(net_kg: str, moisture: str) -> str | None:
    """Return the reading of a scale for moist goods, in kg to the gram; None for dry ones."""
    water = Decimal(moisture)
    return plain(round(Decimal(net_kg) / (1 - water), 3)) if water else None
