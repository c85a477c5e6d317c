"""New run: the form that a recipe asks for. Whatever is typed is kept as a draft."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi import Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import CSRF, Changer, Clerk, Visit, desk_router, posted
from api.desk.render import page, see_other
from ledger.desk.drafts import RunDraft, discard_draft, find_draft, new_draft, save_draft
from ledger.desk.form_fields import Field, FormFields, deviation, fields_of, reasons_of, rests_of, shown_measure
from ledger.desk.forms import Typed
from ledger.desk.may_put_right import check_may_change
from ledger.desk.preview import Preview, preview_draft
from ledger.desk.putting_right import recipe_of_draft
from ledger.desk.recipes import KeptRecipe, kept_recipe, kept_recipes
from ledger.desk.suggest import Stock, stock_of, suggested
from ledger.recipes.checked import CheckedRecipe
from ledger.seal.digest import certificate_digest_text
from schemas.columns import LANGUAGES, SHEETS, Language
from schemas.problem import InputError, MissingError, Problem, RefusedError

router = desk_router()
"""Of a draft: which of the two it takes, `own_draft` checks."""
_NOT_TYPED: Final = frozenset({CSRF, "recipe", "revision", "then"})
"""Fields of the form that say nothing about the run."""
_ONE_MORE: Final = re.compile(r"(?:inputs|lines|meters)=[1-9][0-9]?")
_HEADINGS: Final = {each.heading["en"]: each.heading for columns in SHEETS.values() for each in columns}


@router.get("/desk/runs/new", name="new-run")
def new(
    request: Request, server: AppStateDep, visit: Clerk, recipe: str | None = Query(None, max_length=64)
) -> Response:
    """Return the recipes to choose from, or the empty form of one."""
    found = recipes_of(server, visit)
    if recipe is None and len(found) != 1:
        return page(request, visit, "recipes-to-run.html", recipes=found)
    name = recipe or found[0].checked.recipe.recipe
    checked = next((each.checked for each in found if each.checked.recipe.recipe == name), None)
    if checked is None:
        raise MissingError.at("recipe.unknown", recipe=name, party=visit.party)
    stock = stock_of(server.registry, visit.party, checked)
    typed = suggested(server.registry, visit.party, checked, stock)
    return _form(request, visit, checked, typed, stock=stock)


@router.post("/desk/runs/new", name="begin-run")
async def begin(request: Request, server: AppStateDep, visit: Clerk) -> Response:
    """Keep a new form as a draft, and show what would be issued of it."""
    form = await posted(request, visit)
    recipe = str(form.get("recipe", ""))
    party = visit.party
    checked = (await run_in_threadpool(kept_recipe, server.registry, party, recipe)).checked
    check_plant(visit, checked)
    draft = await run_in_threadpool(new_draft, server.registry, party, recipe, typed_in(form), by=visit.author)
    return see_other(_next(draft, form))


@router.get("/desk/drafts/{draft_id}/edit", name="edit-run")
def edit(  # noqa: PLR0917 - how many rows of each kind
    request: Request,
    server: AppStateDep,
    draft_id: str,
    visit: Changer,
    inputs: int = Query(0, ge=0, le=99),
    lines: int = Query(0, ge=0, le=99),
    meters: int = Query(0, ge=0, le=99),
) -> Response:
    """Return the form of a draft, with what is wrong or odd beside each field."""
    draft, shown = previewed(server, visit, draft_id, change=True)
    if draft.row.act != "issue" and draft.row.revision == 1:  # as it was issued: nobody has typed anything yet
        shown = shown._replace(rehearsed=shown.rehearsed._replace(problems=()))
    stock = stock_of(server.registry, visit.party, shown.checked)
    more = {"inputs": inputs, "lines": lines, "meters": meters}
    return _form(request, visit, shown.checked, draft.typed, draft=draft, shown=shown, stock=stock, more=more)


@router.post("/desk/drafts/{draft_id}", name="save-run")
async def save(request: Request, server: AppStateDep, draft_id: str, visit: Changer) -> Response:
    """Save the typed values. Of two who changed the same draft, the second sees both."""
    form = await posted(request, visit)
    typed, party = typed_in(form), visit.party
    await run_in_threadpool(own_draft, server, visit, draft_id, change=True)
    try:
        draft = await run_in_threadpool(
            save_draft, server.registry, party, draft_id, typed, revision=revision_of(form), by=visit.author
        )
    except RefusedError as error:
        if error.code != "draft.changed":
            raise
        return await run_in_threadpool(_both, request, server, visit, draft_id, typed)
    return see_other(_next(draft, form))


def _both(request: Request, server: AppState, visit: Visit, draft_id: str, typed: Typed) -> Response:
    """Return the form with the typed values, and those that somebody else saved meanwhile."""
    draft, shown = previewed(server, visit, draft_id)
    other = [(name, draft.typed.get(name, "")) for name in (*draft.typed, *typed)]
    differs = {name: kept for name, kept in other if kept != typed.get(name, "").strip()}
    problems = [Problem.at("draft.changed")]
    return _form(
        request, visit, shown.checked, typed, draft=draft, problems=problems, differs=differs, status=409, righted=shown
    )


@router.post("/desk/drafts/{draft_id}/discard", name="discard-run")
async def discard(request: Request, server: AppStateDep, draft_id: str, visit: Changer) -> Response:
    """Delete a draft or a held run."""
    form = await posted(request, visit, fields=("revision",))
    await run_in_threadpool(own_draft, server, visit, draft_id, change=True)
    party, by = visit.party, visit.author
    await run_in_threadpool(discard_draft, server.registry, party, draft_id, revision=revision_of(form), by=by)
    return see_other("/desk")


# -- what the screens of a run share ---------------------------------------------------------------------------------


def recipes_of(server: AppState, visit: Visit) -> list[KeptRecipe]:
    """Return the recipes that a person may run: those of its plants."""
    found = kept_recipes(server.registry, visit.party)
    return [each for each in found if not visit.person.plants or each.checked.record.facility in visit.person.plants]


def check_plant(visit: Visit, checked: CheckedRecipe) -> None:
    """Check that a person works at the plant of a recipe, or raise MissingError `draft.unknown`."""
    if visit.person.plants and checked.record.facility not in visit.person.plants:
        raise MissingError.at("draft.unknown")


def own_draft(server: AppState, visit: Visit, draft_id: str, *, change: bool = False) -> RunDraft:
    """Return a draft of the person's party and plants; with `change`, check that the person may do its act.

    Raises:
        MissingError: `draft.unknown`; AccessError: `desk.role`, `replace.late`.
    """
    draft = find_draft(server.registry, visit.party, draft_id)
    check_plant(visit, recipe_of_draft(server.registry, draft.row, server.parts.tables))
    if change:
        check_may_change(server.registry, visit.person, draft.row)
    return draft


def previewed(server: AppState, visit: Visit, draft_id: str, *, change: bool = False) -> tuple[RunDraft, Preview]:
    """Return a draft of the person's party and plants, with its preview; raise as `own_draft`."""
    draft = own_draft(server, visit, draft_id, change=change)
    return draft, preview_draft(server.registry, draft, tables=server.parts.tables)


def typed_in(form: FormData) -> dict[str, str]:
    """Return the values typed about a run."""
    return {name: str(text) for name, text in form.items() if name not in _NOT_TYPED}


def revision_of(form: FormData) -> int:
    """Return the revision that a form was made of; raise InputError `desk.form-field` where it names none."""
    text = str(form.get("revision", ""))
    if not (text.isdecimal() and text.isascii() and len(text) < 10):
        raise InputError.at("desk.form-field", name="revision")
    return int(text)


def at_headings(problems: Iterable[Problem], language: str, fields: FormFields) -> list[Problem]:
    """Return problems with columns named in the reader's language; those of no field of the page have no place."""
    known, found = {*fields.names, "rest", "water"}, []
    for each in problems:
        heading = _HEADINGS.get(each.facts.get("column", ""))
        own = {"column": heading[_language(language)]} if heading else {}
        found.append(each._replace(place=each.place if each.place in known else "", facts={**each.facts, **own}))
    return found


def _language(tag: str) -> Language:
    return next((each for each in LANGUAGES if each == tag), "en")


def _next(draft: RunDraft, form: FormData) -> str:
    """Return where a form leads: to the preview, back to itself with one more row, or to Today."""
    then = str(form.get("then", ""))
    if _ONE_MORE.fullmatch(then):
        return f"/desk/drafts/{draft.row.id}/edit?{then}#{then.partition('=')[0]}"
    return "/desk" if then == "later" else f"/desk/drafts/{draft.row.id}"


def _form(  # noqa: PLR0913 - what a form may show besides its fields
    request: Request,
    visit: Visit,
    checked: CheckedRecipe,
    typed: Typed,
    *,
    draft: RunDraft | None = None,
    shown: Preview | None = None,
    problems: Iterable[Problem] = (),
    stock: Iterable[Stock] = (),
    more: Mapping[str, int] | None = None,
    status: int = 200,
    differs: Typed | None = None,
    righted: Preview | None = None,
) -> Response:
    """Return the form of a run, empty or with what was typed."""
    found = [*problems, *(shown.rehearsed.problems if shown is not None else ())]
    fields = fields_of(checked, typed, **(more or {}))
    names = at_headings(found, visit.language, fields)
    values: dict[str, Any] = {
        "recipe": checked.recipe,
        "fields": fields,
        "draft": draft,
        "stock": list(stock),
        "doubts": {each.place: each for each in reversed(shown.warnings)} if shown is not None else {},
        "reasons": reasons_of(shown.form, typed) if shown is not None else {},
        "typed": typed,
        "rests": rests_of(checked, shown.form, typed) if shown is not None else [],
        "differs": differs or {},
        "heading": lambda field: field.column.heading[_language(visit.language)],
        "help": lambda field: field.column.help[_language(visit.language)],
        "usual": _usual,
        **_righted(draft, shown or righted),
    }
    return page(request, visit, "run.html", status=status, problems=names, **values)


def _righted(draft: RunDraft | None, shown: Preview | None) -> dict[str, Any]:
    """Return the run that a draft corrects or replaces: its lot, its page, and a newer recipe."""
    if draft is None or draft.row.about is None or shown is None:
        return {"issued_lot": "", "about": "", "newer": None}
    return {
        "issued_lot": shown.issued_lots,
        "about": f"/desk/certificates/{certificate_digest_text(draft.row.about)}",
        "newer": shown.newest if shown.differences is not None else None,
    }


def _usual(field: Field) -> tuple[str, str, str, str] | None:
    """Return the typical amount of a field, its usual bounds, and the difference of the typed one."""
    if field.band is None:
        return None
    low, typical, high = (shown_measure(each) for each in field.band)
    return typical, low, high, deviation(field)
