"""Put an issued run right in the form that it was typed in: correct its words or lines, or replace it.

Rules:

1. The form begins with what was typed for the run, by the version of the recipe that made it. Where nothing typed is
   kept, or the run had no recipe, the form is the table of the run's own lines (`ledger.recipes.made`, `every`).
2. A correction keeps lots, masses and inputs (`ledger.issuing.correction`). A replacement begins with the next free
   names and needs a reason (`ledger.desk.replace`).
3. Nothing is held: the draft and the signed run change in one commit. If a second person has to approve it, the draft
   stays, says so, and is sent again as it is.
4. Who may do it says `ledger.desk.may_put_right`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

import orjson
from sqlalchemy import Connection

from ledger.desk.drafts import (
    OPEN,
    RunDraft,
    as_json,
    check_open,
    digest_about,
    drafts_of,
    find_draft,
    kept_typed,
    note_event,
    swap,
)
from ledger.desk.earlier_runs import kept_facts
from ledger.desk.forms import ReadForm, Typed, read_form
from ledger.desk.held_runs import compositions_of
from ledger.desk.may_put_right import check_may
from ledger.desk.past_runs import PastRun, run_of_lot
from ledger.desk.recipes import kept_recipe
from ledger.desk.rehearse import Rehearsed
from ledger.desk.replace import foresee_replacement, next_free_lots, replace_run
from ledger.factors.tables import FactorTables
from ledger.issuing.correct import correct, foresee_correction
from ledger.issuing.dry_run import Foreseen
from ledger.lots.certificates import opened
from ledger.lots.lineage import lineage, lot_of
from ledger.plausibility.rules import Breach
from ledger.recipes.amounts import Run
from ledger.recipes.checked import CheckedRecipe, checked_recipe
from ledger.recipes.differences import Difference, differences
from ledger.recipes.expand import Expanded
from ledger.recipes.made import facts_of, recipe_of
from ledger.registry.approval import NO_RECIPE, ByRecipe, UnapprovedError
from ledger.registry.registry import OpenRegistry
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.seal.signer import SoftwareSigner
from ledger.store.drafts import DraftAct, DraftRow, add_draft, issued_draft
from ledger.store.engine import reading, writing
from ledger.store.reading import certificate, certificates_of
from ledger.workbook.rows_of_facts import fields_of_facts
from schemas.identifier import is_trial
from schemas.lot import normal_lot
from schemas.problem import InputError, MissingError, OreprintError, Problem, RefusedError, StateError
from schemas.quantity import plain_fraction
from schemas.record import ProductionRecord

if TYPE_CHECKING:
    from ledger.desk.people import Person

Act: TypeAlias = DraftAct
"""The acts on a draft."""
MOST_REASON: Final = 500
"""Characters of a reason."""
_ID_BYTES: Final = 12
_ABOUT_THE_TABLE: Final = frozenset({"recipe.far-from-typical", "recipe.same-as-typical", "recipe.input-far"})
"""Warnings that compare a run with a typical one; the table of a run's own lines has none."""


class Figure(NamedTuple):
    """The footprint of a lot in kg CO2e for one unit: as issued under `lot`, and as it would be. None if it is gone."""

    lot: str
    before: str
    after: str | None


class Changes(NamedTuple):
    """The changes of a correction or replacement: the footprint of each certificate, and each value of the record."""

    figures: tuple[Figure, ...]
    values: tuple[Difference, ...]


class Righting(NamedTuple):
    """A form that puts a run right: what became of it, what it changes, and the lots of the run as issued."""

    form: ReadForm
    rehearsed: Rehearsed
    changes: Changes | None
    lots: str


class IssuedAs(NamedTuple):
    """An issued run, its latest issuance, and the form that makes it again; `recipe` is empty where it had none."""

    past: PastRun
    issuance: bytes
    recipe: str
    version: int
    checked: CheckedRecipe
    typed: Typed


def begin_putting_right(
    registry: OpenRegistry, digest: str, act: Act, *, who: Person, tables: FactorTables
) -> RunDraft:
    """Return the draft that corrects or replaces a certificate's run: the one that is open, or a new one.

    Raises:
        AccessError: as `check_may`; MissingError: `recipe.no-lot`; RefusedError: `recipe.of-instrument`, `life.*`.
    """
    check_may(registry, who, digest, act)
    party = who.party
    about = certificate_digest_bytes(digest)
    for each in drafts_of(registry, party, OPEN):
        if (each.row.act, each.row.about) == (act, about):
            return each
    with reading(registry.engine) as connection:
        lot = lot_of(connection, about)
        if lot is not None:
            lineage(connection, lot).check_changeable()
    found = _issued_as(registry, party, digest, tables)
    typed = {**found.typed} if act == "correct" else _renamed(registry, found)
    now = registry.runtime.now_ms()
    draft_id = registry.runtime.random(_ID_BYTES).hex()
    row = DraftRow(
        draft_id, party, found.recipe, found.version, "draft", 1, kept_typed(typed), None, None, who.author, now,
        act=act, about=about,
    )  # fmt: skip
    with writing(registry.engine) as connection:
        add_draft(connection, row)
        connection.commit()
    return RunDraft(row)


def recipe_of_draft(registry: OpenRegistry, row: DraftRow, tables: FactorTables) -> CheckedRecipe:
    """Return the recipe whose form a draft fills in; raise MissingError `recipe.unknown`, `recipe.no-lot`."""
    if row.recipe or row.about is None:
        return kept_recipe(registry, row.party, row.recipe, row.version).checked
    return _table(registry, run_of_lot(registry, digest_about(row), party=row.party, tables=tables).record)


def rehearse_righted(
    registry: OpenRegistry, row: DraftRow, checked: CheckedRecipe, typed: Typed, *, tables: FactorTables
) -> Righting:
    """Read the form of a draft that puts a run right; return what would be signed and what that changes."""
    found = _issued_as(registry, row.party, digest_about(row), tables)
    form = read_form(checked, typed, _compositions(registry, row.party, checked, found))
    warnings = tuple(each for each in form.warnings if row.recipe or each.code not in _ABOUT_THE_TABLE)
    wrong = Rehearsed(form.record, None, form.problems, warnings)
    lots = ", ".join(output["lot"] for output in found.past.record["outputs"])
    if form.record is None or form.made is None:
        return Righting(form, wrong, None, lots)
    values = _values(registry, row, found, form.made.record)
    if all(_is_name(each.place) for each in values):
        return Righting(form, wrong._replace(problems=(Problem.at("draft.nothing-changed"),)), None, lots)
    try:
        foreseen = _foreseen(registry, row, form.record, tables)
    except StateError:
        raise
    except OreprintError as error:
        wrong = wrong._replace(problems=tuple(map(form.at_field, error.problems)))
        return Righting(form, wrong, Changes((), values), lots)
    findings = tuple(Breach(each.rule, form.at_field(each.problem)) for each in foreseen.findings)
    done = Rehearsed(form.record, foreseen, (), warnings, findings)
    return Righting(form, done, Changes(tuple(_figures(registry, found, foreseen)), values), lots)


def put_right(
    registry: OpenRegistry,
    draft: RunDraft,
    *,
    revision: int,
    tables: FactorTables,
    status: SoftwareSigner,
    by: str,
    reason: str = "",
) -> RunDraft:
    """Correct or replace a run as its draft says; return the draft as issued, or open with why it waits (rule 3).

    Raises:
        InputError: `replace.reason`, and what is wrong, each at its field; RefusedError:
            as `ledger.issuing.correct.correct` and `ledger.desk.replace.replace_run`, `draft.changed`, `draft.issued`.
    """
    row = draft.row
    check_open(row)
    if row.revision != revision:
        raise RefusedError.at("draft.changed")
    reason = reason.strip()
    if row.act == "replace" and (not 0 < len(reason) <= MOST_REASON or not reason.isprintable()):
        raise InputError.at("replace.reason", "reason", limit=MOST_REASON)
    record, made = _righted(registry, draft, tables)
    recipe = ByRecipe.of(f"{row.recipe} v{row.version}", made.warnings) if row.recipe else NO_RECIPE
    now = registry.runtime.now_ms()
    kept = row._replace(author=by, changed_ms=now, reason=reason, notice=None)
    signed = kept._replace(state="issued", record=orjson.dumps(made.record).decode())

    def also(connection: Connection, issuance: bytes) -> None:
        swap(connection, row, signed._replace(issuance=issuance), revision=revision)

    try:
        if row.act == "correct":
            correct(registry, record, tables=tables, status=status, author=by, recipe=recipe, also=also)
        else:
            replace_run(
                registry, digest_about(row), record, producer=row.party, tables=tables, status=status, author=by,
                reason=reason, recipe=recipe, also=also,
            )  # fmt: skip
    except UnapprovedError as error:
        with writing(registry.engine) as connection:
            waits = swap(connection, row, kept._replace(notice=as_json(error.problems)), revision=revision)
            note_event(connection, registry, waits.row, "run back", error.code)
            connection.commit()
        return waits
    return find_draft(registry, row.party, row.id)


def _righted(registry: OpenRegistry, draft: RunDraft, tables: FactorTables) -> tuple[ProductionRecord, Expanded]:
    """Return the record of a draft, and what its form makes; raise InputError with what is wrong."""
    checked = recipe_of_draft(registry, draft.row, tables)
    form, rehearsed, *_ = rehearse_righted(registry, draft.row, checked, draft.typed, tables=tables)
    if rehearsed.problems or form.record is None or form.made is None:
        raise InputError(*rehearsed.problems)
    return form.record, form.made


# -- the run as it was issued ----------------------------------------------------------------------------------------


def _issued_as(registry: OpenRegistry, party: str, digest: str, tables: FactorTables) -> IssuedAs:
    """Return the run of a certificate as it stands now, and the form that makes it again (rule 1)."""
    past = run_of_lot(registry, digest, party=party, tables=tables)
    with reading(registry.engine) as connection:
        lot = lot_of(connection, certificate_digest_bytes(digest))
        if lot is None:
            raise MissingError.at("recipe.no-lot", lot=digest, party=party)
        issuance = certificate(connection, lineage(connection, lot).latest).issuance.digest
        row = issued_draft(connection, party, issuance)
        digests = {certificate_digest_text(each.row.digest) for each in certificates_of(connection, issuance)}
        facts = kept_facts(connection, party, [normal_lot(past.record["run"])])
    if row is not None and row.recipe:
        checked = kept_recipe(registry, party, row.recipe, row.version).checked
        return IssuedAs(past, issuance, row.recipe, row.version, checked, RunDraft(row).typed)
    for kept in facts.values():
        if digests & {each for _, each in kept.certificates}:
            checked = kept_recipe(registry, party, kept.facts["recipe"], kept.facts.get("version")).checked
            recipe = checked.recipe
            return IssuedAs(past, issuance, recipe.recipe, recipe.version, checked, fields_of_facts(kept.facts))
    checked = _table(registry, past.record)
    return IssuedAs(past, issuance, "", 0, checked, table_fields(checked))


def _table(registry: OpenRegistry, run: Run) -> CheckedRecipe:
    """Return the recipe that asks for every line of one run."""
    return checked_recipe(recipe_of(run, name="lines", title=run["run"], every=True), trial=is_trial(registry.did))


def table_fields(checked: CheckedRecipe) -> dict[str, str]:
    """Return the values of the table of a run's own lines."""
    run = checked.recipe.run
    typed = fields_of_facts(facts_of(checked.document))
    typed |= {f"r:{key}": plain_fraction(checked.bands[line].typical.number) for key, line in checked.asked.items()}
    for number, output in enumerate(run["outputs"], 1):
        if "moisture" in output:
            typed["moisture" if number == 1 else f"outputs.{number}.moisture"] = output["moisture"]
    return typed


def _renamed(registry: OpenRegistry, found: IssuedAs) -> dict[str, str]:
    """Return the typed values with the next free names; the run keeps the plant's own name."""
    record = found.past.record
    lots = [output["lot"] for output in record["outputs"]]
    typed = {**found.typed, "run": record["run"]}
    for number, lot in enumerate(next_free_lots(registry, record["facility"], lots), 1):
        typed["lot" if number == 1 else f"outputs.{number}.lot"] = lot
    for number in range(2, len(lots) + 1):  # a further row needs its mass, too
        typed.setdefault(f"outputs.{number}.mass_kg", record["outputs"][number - 1]["mass"].partition(" ")[0])
    return typed


def _compositions(
    registry: OpenRegistry, party: str, checked: CheckedRecipe, found: IssuedAs
) -> Mapping[str, Mapping[str, str]]:
    """Return the compositions of what is at hand, and of what the run has used."""
    return {**compositions_of(registry, party, [checked]), **found.past.compositions}


# -- what it changes -------------------------------------------------------------------------------------------------


def _foreseen(registry: OpenRegistry, row: DraftRow, record: ProductionRecord, tables: FactorTables) -> Foreseen:
    if row.act == "replace":
        return foresee_replacement(registry, digest_about(row), record, producer=row.party, tables=tables)
    foreseen = foresee_correction(registry, record, tables=tables)
    if foreseen is None:
        raise RefusedError.at("draft.nothing-changed")
    return foreseen


def _is_name(place: str) -> bool:
    """Return whether a place of a record says nothing that a certificate seals: a lot's name, or the note."""
    return place == "note" or (place.startswith("outputs[") and place.endswith(".lot"))


def _values(registry: OpenRegistry, row: DraftRow, found: IssuedAs, after: Run) -> tuple[Difference, ...]:
    """Return each value of the record that differs from the issued one."""
    form = read_form(found.checked, found.typed, _compositions(registry, row.party, found.checked, found))
    before: dict[str, Any] = copy.deepcopy(found.past.record if form.made is None else form.made.record)
    names: list[Difference] = []
    for number, (old, new) in enumerate(zip(before["outputs"], after["outputs"], strict=False)):
        if old["lot"] != new["lot"]:
            names.append(Difference(f"outputs[{number}].lot", old["lot"], new["lot"]))
            old["lot"] = new["lot"]
    return (*names, *differences(before, after))


def _figures(registry: OpenRegistry, found: IssuedAs, foreseen: Foreseen) -> list[Figure]:
    now = {each.index: each.footprint.per_kg.location for each in foreseen.draft.certified}
    with reading(registry.engine) as connection:
        records = [opened(each.row.jws).record for each in certificates_of(connection, found.issuance)]
    return [Figure(each.batch.lot, each.footprint.per_kg.location, now.get(each.output)) for each in records]
