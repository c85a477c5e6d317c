"""Rehearse one run: what would be issued of it now, and everything that is wrong or odd with it.

Rules:

1. The code that issues judges (`ledger.issuing.dry_run`). Nothing is signed, reserved or stored.
2. Every problem names its place: at a field of the form, a place of the facts, or a place of the record.
3. A run may use what a held run is to make: that run is rehearsed first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from ledger.desk.drafts import drafts_of
from ledger.desk.forms import ReadForm, Typed, read_form
from ledger.desk.held_runs import LOT_HELD, HeldRuns, compositions_of, rehearse_upstream
from ledger.desk.recipes import kept_recipe
from ledger.factors.tables import FactorTables
from ledger.issuing.dry_run import Foreseen, rehearsal
from ledger.issuing.issue import used_by
from ledger.plausibility.rules import Breach
from ledger.recipes.checked import CheckedRecipe
from ledger.recipes.doubts import stale_factors
from ledger.recipes.expand import Expanded, expand
from ledger.registry.registry import OpenRegistry
from schemas.door import validated
from schemas.lot import normal_lot
from schemas.problem import InputError, OreprintError, Problem, StateError
from schemas.recipe import Facts
from schemas.record import ProductionRecord

State = Literal["could-be-issued", "unchanged", "refused"]


class Rehearsed(NamedTuple):
    """The result of a rehearsal. `unchanged` is a record that is issued already.

    `warnings` are of the recipe, `findings` flags of plausibility rules. Neither prevents issuing.
    """

    record: ProductionRecord | None
    foreseen: Foreseen | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    findings: tuple[Breach, ...] = ()

    @property
    def state(self) -> State:
        """The state that the run would get."""
        if self.problems:
            return "refused"
        return "unchanged" if self.foreseen is None else "could-be-issued"


def rehearse_record(
    registry: OpenRegistry,
    record: ProductionRecord,
    *,
    tables: FactorTables,
    at: Callable[[Problem], Problem] = lambda problem: problem,
    held: HeldRuns | None = None,
) -> Rehearsed:
    """Rehearse a record; `at` moves a problem to the place where its value was typed."""
    before = [] if held is None else held.records(each.lot for each in record.inputs if each.lot is not None)
    used = set[object]().union(*map(used_by, (*before, record)))
    with rehearsal(registry, tables=tables, used=used) as made_of:
        rehearse_upstream(made_of, before)
        try:
            foreseen = made_of(record)
        except StateError:
            raise
        except OreprintError as error:
            return Rehearsed(record, None, tuple(map(at, error.problems)))
    found = foreseen.findings if foreseen is not None else ()
    findings = tuple(Breach(each.rule, at(each.problem)) for each in found)
    return Rehearsed(record, foreseen, findings=findings)


def rehearse_facts(registry: OpenRegistry, party: str, facts: Facts, *, tables: FactorTables) -> Rehearsed:
    """Rehearse the facts of a recipe of a party. Problems name places of the facts.

    Raises:
        MissingError: `recipe.unknown`.
    """
    checked = kept_recipe(registry, party, facts.recipe).checked
    try:
        made, record = _record_of(registry, party, checked, facts)
    except InputError as error:
        return Rehearsed(None, None, error.problems)
    found = rehearse_record(
        registry, record, tables=tables, at=made.typed.at_its_field, held=HeldRuns.of(registry, party)
    )
    aged = map(made.typed.at_its_field, stale_factors(checked.recipe.pinned, record, tables))
    return found._replace(warnings=(*made.warnings, *aged))


def record_of_facts(registry: OpenRegistry, party: str, facts: Facts) -> tuple[Expanded, ProductionRecord]:
    """Return the record of facts, by the newest version of their recipe.

    Raises:
        MissingError: `recipe.unknown`; InputError: ``recipe.*`` and what the door refuses, at places of the facts.
    """
    return _record_of(registry, party, kept_recipe(registry, party, facts.recipe).checked, facts)


def _record_of(
    registry: OpenRegistry, party: str, checked: CheckedRecipe, facts: Facts
) -> tuple[Expanded, ProductionRecord]:
    made = expand(checked, facts, compositions_of(registry, party, [checked]))
    try:
        return made, validated(ProductionRecord, made.record)
    except InputError as error:
        raise InputError(*map(made.typed.at_its_field, error.problems)) from error


def rehearse_form(
    registry: OpenRegistry,
    party: str,
    checked: CheckedRecipe,
    typed: Typed,
    *,
    tables: FactorTables,
    but: str | None = None,
) -> tuple[ReadForm, Rehearsed]:
    """Read and rehearse a form. Problems name fields. `but` is the draft that the form is of."""
    held = HeldRuns.of(registry, party).but(but)
    before = _last_typed(registry, party, checked.recipe.recipe, but)
    form = read_form(checked, typed, compositions_of(registry, party, [checked], held), before)
    if form.record is None:
        return form, Rehearsed(None, None, form.problems, form.warnings)
    found = rehearse_record(registry, form.record, tables=tables, at=form.at_field, held=held)
    aged = map(form.at_field, stale_factors(checked.recipe.pinned, form.record, tables))
    return form, found._replace(warnings=(*form.warnings, *_same_lot(form.record, held), *aged))


def _last_typed(registry: OpenRegistry, party: str, recipe: str, but: str | None) -> Typed:
    """Return the values typed for the last run of a recipe that was held or issued."""
    last = drafts_of(registry, party, ["held", "issued"], recipe=recipe, most=2)
    return next((each.typed for each in last if each.row.id != but), {})


def _same_lot(record: ProductionRecord, held: HeldRuns) -> list[Problem]:
    """Return a warning if another held run is to make a lot of the same name: only one of them can."""
    own = {normal_lot(each.lot) for each in record.outputs}
    return [Problem.at(LOT_HELD, "lot", lot=lot) for lot in held.lots if normal_lot(lot) in own]
