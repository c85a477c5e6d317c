"""Screen 10: one version of a recipe with its lines, its next version, and a trial on a past run."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import Approver, Engineer, SignedIn, Visit, desk_router, posted
from api.desk.forms import FormReader
from api.desk.render import page, see_other
from api.desk.routes.new_recipe import uploaded
from api.problems import status_of
from api.routes.uploads import attached
from ledger.desk.other_bands import draft_other_bands, proposal_of
from ledger.desk.recipe_trial import Trial, drift_of, try_recipe
from ledger.desk.recipe_versions import (
    approve_recipe,
    changes_of,
    propose_recipe,
    recipe_refusal,
    return_recipe,
    send_recipe,
)
from ledger.desk.recipes import KeptRecipe, any_recipe
from ledger.factors.grid import grid_factors
from ledger.factors.tables import FactorTables
from ledger.recipes.checked import CheckedRecipe
from ledger.recipes.doubts import stale_factors
from ledger.recipes.edited import EditedRecipe, LineEdit, OutputEdit, edited, lines_of, outputs_of
from ledger.workbook.recipe_sheets import recipe_workbook
from schemas.columns import LANGUAGES
from schemas.instant import time_text
from schemas.line_names import line_name_in
from schemas.problem import AccessError, InputError, OreprintError, Problem, RefusedError

router = desk_router()

Version = Annotated[int | None, Query(ge=1, le=99_999)]
RULES: Final = ("per-output", "per-input", "per-run", "asked", "rest", "fixed")
_MEMBERS: Final = ("amount", "rule", "low", "high", "reason", "factor", "note")
_MOST_NOTE: Final = 400


class RecipeLine(NamedTuple):
    """A line as the screen shows it: its field, what it is called, its texts, and its grid if that has no factor."""

    field: str
    label: str
    edit: LineEdit
    no_factor: str


@router.get("/desk/recipes/{recipe}")
def recipe_shown(
    request: Request, server: AppStateDep, visit: SignedIn, recipe: str, version: Version = None
) -> Response:
    """Return one version of a recipe: its lines, what it changes, its drift, and what may be done with it."""
    return _shown(request, server, visit, recipe, version)


@router.get("/desk/recipes/{recipe}/try")
def recipe_tried(request: Request, server: AppStateDep, visit: SignedIn, recipe: str) -> Response:
    """Return the version with what it makes of the last run."""
    return _shown(request, server, visit, recipe, None, tried=True)


@router.get("/desk/recipes/{recipe}/recipe.xlsx")
def recipe_as_workbook(server: AppStateDep, visit: SignedIn, recipe: str, version: Version = None) -> Response:
    """Return a version as a workbook in the reader's language."""
    found = any_recipe(server.registry, visit.party, recipe, version)
    language = next(each for each in LANGUAGES if each == visit.language)
    book = recipe_workbook(found.checked, language)
    name = f"{recipe}-v{found.checked.recipe.version}.xlsx"
    return attached(name, book)


@router.get("/desk/recipes/{recipe}/edit")
def recipe_form(request: Request, server: AppStateDep, visit: Engineer, recipe: str) -> Response:
    """Return the form of the draft, or of the version after the approved one."""
    found = any_recipe(server.registry, visit.party, recipe)
    lines, outputs = lines_of(found.checked), outputs_of(found.checked)
    return _form(request, server, visit, found, lines, outputs, title=found.checked.recipe.title)


@router.post("/desk/recipes/{recipe}/edit")
async def recipe_saved(request: Request, server: AppStateDep, visit: Engineer, recipe: str) -> Response:
    """Save the draft, or show the form again with what is wrong at each field."""
    form = await posted(request, visit)
    found = await run_in_threadpool(any_recipe, server.registry, visit.party, recipe)
    reader = FormReader(form)
    title, base = reader.text("title"), reader.text("base", most=64, required=False)
    edits, outputs = _read_lines(form, reader, found.checked), _read_outputs(form, reader, found.checked)
    own = reader.several("own", _further_examples(found.checked))
    approved = found.state == "approved"
    version = found.checked.recipe.version + approved
    made: EditedRecipe | None = None
    try:
        reader.check()
        made = edited(found.checked, edits, outputs, title=title, version=version, own=own)
        made.check()
        await run_in_threadpool(
            propose_recipe,
            server.registry,
            made.document,
            party=visit.party,
            by=visit.author,
            tables=server.parts.tables,
            base=None if approved else base,
        )
    except (InputError, RefusedError) as error:
        told = [_at_field(each, made, found.checked) for each in error.problems]
        status = 409 if isinstance(error, RefusedError) else 422
        return _form(
            request, server, visit, found, edits, outputs, title=title, problems=told, status=status, base=base, own=own
        )
    return see_other(f"/desk/recipes/{recipe}")


@router.post("/desk/recipes/{recipe}/workbook")
async def recipe_uploaded(request: Request, server: AppStateDep, visit: Engineer, recipe: str) -> Response:
    """Save the workbook of the next version in place of the draft that the page showed."""
    again = partial(_shown, request, server, visit, recipe, None)
    return await uploaded(request, server, visit, again, name=recipe)


@router.post("/desk/recipes/{recipe}/bands")
async def recipe_bands(request: Request, server: AppStateDep, visit: Engineer, recipe: str) -> Response:
    """Save a draft with the bands that are proposed for the version that was read."""
    form = FormReader(await posted(request, visit, fields=("digest",)))
    digest = form.text("digest", most=64)
    form.check()
    await run_in_threadpool(
        draft_other_bands,
        server.registry,
        visit.party,
        recipe,
        digest=digest,
        by=visit.author,
        tables=server.parts.tables,
    )
    return see_other(f"/desk/recipes/{recipe}")


@router.post("/desk/recipes/{recipe}/send")
async def recipe_sent(request: Request, server: AppStateDep, visit: Engineer, recipe: str) -> Response:
    """Send the draft for approval, as it was read."""
    form = FormReader(await posted(request, visit, fields=("digest",)))
    digest = form.text("digest", most=64)
    form.check()
    party, by = visit.party, visit.author
    await run_in_threadpool(send_recipe, server.registry, party, recipe, digest=digest, by=by)
    return see_other(f"/desk/recipes/{recipe}")


@router.post("/desk/recipes/{recipe}/decide")
async def recipe_decided(request: Request, server: AppStateDep, visit: Approver, recipe: str) -> Response:
    """Approve the version that was read, or return it with a note."""
    form = FormReader(await posted(request, visit, fields=("digest", "decision", "note")))
    digest, decision = form.text("digest", most=64), form.chosen("decision", ("approve", "return"))
    note = form.text("note", most=_MOST_NOTE, required=decision == "return")
    party, by = visit.party, visit.author
    try:
        form.check()
        if decision == "approve":
            await run_in_threadpool(approve_recipe, server.registry, party, recipe, digest=digest, by=by)
        else:
            await run_in_threadpool(return_recipe, server.registry, party, recipe, digest=digest, note=note, by=by)
    except (InputError, RefusedError, AccessError) as error:
        status = status_of(error)
        return await run_in_threadpool(
            _shown, request, server, visit, recipe, None, problems=error.problems, status=status
        )
    return see_other(f"/desk/recipes/{recipe}")


def _shown(  # noqa: PLR0913 - a page and what it shows
    request: Request,
    server: AppState,
    visit: Visit,
    recipe: str,
    version: int | None,
    *,
    tried: bool = False,
    problems: Sequence[Problem] = (),
    cells: Sequence[Problem] = (),
    status: int = 200,
) -> Response:
    registry, tables, party = server.registry, server.parts.tables, visit.party
    found = any_recipe(registry, party, recipe, version)
    checked = found.checked
    trial: Trial | None = None
    if tried:
        try:
            trial = try_recipe(registry, checked, party=party, tables=tables)
        except OreprintError as error:
            problems, status = error.problems, status_of(error)
    year = int(time_text(registry.runtime.now_ms())[:4])
    changes = changes_of(registry, party, recipe, checked.recipe.version) if checked.recipe.version > 1 else []
    newest = found if version is None else any_recipe(registry, party, recipe)
    decides = newest.state == "sent" and visit.may("approve")
    refusal = recipe_refusal(registry, newest, party=party, by=visit.author) if decides else None
    return page(
        request,
        visit,
        "recipe.html",
        refusal=refusal.problems[0] if refusal else None,
        status=status,
        problems=problems,
        cells=cells,
        found=found,
        recipe=checked.recipe,
        record=checked.record,
        newest=newest.checked.recipe.version,
        lines=_lines(checked, lines_of(checked), tables),
        bands=[checked.output_band(number) for number in range(len(checked.record.outputs))],
        changes=[(*checked.called(each.place), each) for each in changes],
        drifts=drift_of(registry, [checked], tables=tables)[0],
        doubts=[*stale_factors(checked.recipe.pinned, checked.record, tables, year=year)],
        trial=trial,
        bands_for=proposal_of(registry, found, party=party, tables=tables) if version is None else None,
    )


def _form(  # noqa: PLR0913 - a page and what it shows
    request: Request,
    server: AppState,
    visit: Visit,
    found: KeptRecipe,
    edits: list[LineEdit],
    outputs: list[OutputEdit],
    *,
    title: str,
    problems: list[Problem] | None = None,
    status: int = 200,
    base: str | None = None,
    own: tuple[str, ...] = (),
) -> Response:
    checked = found.checked
    return page(
        request,
        visit,
        "recipe-form.html",
        status=status,
        problems=problems or (),
        found=found,
        recipe=checked.recipe,
        version=checked.recipe.version + (found.state == "approved"),
        lines=_lines(checked, edits, server.parts.tables),
        rules=RULES,
        title=title,
        base=found.digest if base is None else base,
        outputs=[*zip(checked.record.outputs, outputs, strict=True)],
        examples=[(each, line_name_in(checked.label(each), visit.language)) for each in _further_examples(checked)],
        own=own,
    )


def _lines(checked: CheckedRecipe, edits: list[LineEdit], tables: FactorTables) -> list[RecipeLine]:
    return [
        RecipeLine(f"l{number}", checked.label(edit.line), edit, _without_factor(checked, edit.line, tables))
        for number, edit in enumerate(edits)
    ]


def _without_factor(checked: CheckedRecipe, line: str, tables: FactorTables) -> str:
    """Return the grid of a line of electricity, if no table has a factor of it and the line names none."""
    if not line.startswith("electricity["):
        return ""
    record = checked.record
    power = record.electricity[int(line.partition("[")[2][:-1])]
    year = int(record.period.end[:4])
    known = grid_factors(tables, power.grid, year, chosen=record.electricity_set, gwp=record.gwp)
    return power.grid if known is None and power.factor is None and power.own is None else ""


def _read_lines(form: FormData, reader: FormReader, checked: CheckedRecipe) -> list[LineEdit]:
    """Return the lines as they were typed; one that the form lacks stays as it is."""
    found: list[LineEdit] = []
    for number, before in enumerate(lines_of(checked)):
        field = f"l{number}"
        if f"{field}-amount" not in form:
            found.append(before)
            continue
        texts: dict[str, Any] = {
            member: reader.text(f"{field}-{member}", most=_MOST_NOTE, required=member in {"amount", "rule"})
            for member in _MEMBERS
        }
        found.append(LineEdit(line=before.line, own=before.own or reader.ticked(f"{field}-own"), **texts))
    return found


def _read_outputs(form: FormData, reader: FormReader, checked: CheckedRecipe) -> list[OutputEdit]:
    """Return the outputs as they were typed; one that the form lacks stays as it is."""
    return [
        OutputEdit(*(reader.text(f"o{number}-{member}") for member in OutputEdit._fields))
        if f"o{number}-mass" in form
        else before
        for number, before in enumerate(outputs_of(checked))
    ]


def _further_examples(checked: CheckedRecipe) -> list[str]:
    """Return the places with numbers of an example that no line of the form shows."""
    shown = {each.line.partition(".")[0] for each in lines_of(checked)}
    return [each for each in checked.recipe.examples if each not in shown]


def _at_field(problem: Problem, made: EditedRecipe | None, checked: CheckedRecipe) -> Problem:
    """Return a problem of the recipe at its field of the form."""
    place = problem.place if made is None or ":" in problem.place else made.field_of(problem).place
    line, _, member = place.partition(":")
    numbers = {each.line: number for number, each in enumerate(lines_of(checked))}
    return problem._replace(place=f"l{numbers[line]}-{member}" if line in numbers and member else place)
