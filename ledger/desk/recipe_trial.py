"""Try a recipe on a past run: compute its figure from the same facts, and compare it with the certified one.

Rules: nothing is issued, reserved or kept. Amounts outside a band are reported, and the figure is shown all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.desk.past_runs import PastRun, last_runs, run_of_lot
from ledger.drafting.draft import draft
from ledger.recipes.checked import CheckedRecipe
from ledger.recipes.differences import Difference, differences
from ledger.recipes.doubts import stale_factors
from ledger.recipes.drift import LAST_RUNS, RecipeDrift, drifts_of, reading_of
from ledger.recipes.expand import expand
from ledger.recipes.made import facts_of
from ledger.registry.registry import OpenRegistry
from schemas.door import validated
from schemas.problem import MissingError, OreprintError, Problem
from schemas.recipe import Facts
from schemas.record import ProductionRecord

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables

_REASON: Final = "tried on a past run"


class Trial(NamedTuple):
    """A recipe on a past run: its lot, kg CO2e/kg as certified and as the recipe makes it, and what differs.

    `after` is None where `problems` keep a figure from being computed.
    """

    lot: str
    before: str
    after: str | None
    differences: tuple[Difference, ...]
    warnings: tuple[Problem, ...]
    problems: tuple[Problem, ...] = ()


def try_recipe(
    registry: OpenRegistry, checked: CheckedRecipe, *, party: str, tables: FactorTables, lot: str | None = None
) -> Trial:
    """Return the trial of a recipe on the facts of a past run: of a lot, or of the last run that made the same.

    Raises:
        MissingError: `recipe.no-run`, `recipe.no-lot`.
    """
    if lot is not None:
        past = run_of_lot(registry, lot, party=party, tables=tables)
    else:
        (found,) = last_runs(registry, [checked.record], most=1, tables=tables)
        if not found:
            raise MissingError.at("recipe.no-run")
        past = found[0]
    name, before = past.certificate.batch.lot, past.certificate.footprint.per_kg.location
    try:
        made = expand(replace(checked, trial=True), facts_of_run(checked, past), past.compositions)
        record = validated(ProductionRecord, made.record)
        drafted = draft(record, past.upstream, facility=past.certificate.batch.facility, tables=tables)
    except OreprintError as error:
        return Trial(name, before, None, (), (), error.problems)
    after = next(each.footprint.per_kg.location for each in drafted.certified if each.index == past.certificate.output)
    odd = (*made.warnings, *stale_factors(checked.recipe.pinned, record, tables))
    told = tuple(each for each in odd if each.code not in {"recipe.same-as-typical", "recipe.example"})
    return Trial(name, before, after, tuple(differences(past.record, made.record)), told)


def drift_of(
    registry: OpenRegistry, recipes: Sequence[CheckedRecipe], *, tables: FactorTables
) -> list[list[RecipeDrift]]:
    """Return for each recipe how far the last runs that made the same have moved away from it."""
    found = last_runs(registry, [each.record for each in recipes], most=LAST_RUNS, tables=tables)
    return [drifts_of(each, [run.record for run in runs]) for each, runs in zip(recipes, found, strict=True)]


def facts_of_run(checked: CheckedRecipe, past: PastRun) -> Facts:
    """Return the facts of a past run, as if they were typed for a recipe; what the run lacks is as typical."""
    run: dict[str, Any] = past.record
    facts = facts_of({**checked.document, "run": run, "amounts": []})
    facts["readings"] = {
        key: reading_of(checked, line, run) or checked.bands[line].typical.text for key, line in checked.asked.items()
    }
    masses = [f"output-{number + 1}" for number in range(len(facts["outputs"]))]
    facts["reasons"] = dict.fromkeys((*checked.asked, *masses, "yield", "rest", "water"), _REASON)
    return validated(Facts, facts)
