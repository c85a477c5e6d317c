"""The list of recipes, and how a recipe begins: from a past run, from an example, or from a workbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import Engineer, SignedIn, Visit, desk_router, posted
from api.desk.forms import FormReader, posted_file
from api.desk.render import page, see_other
from api.problems import status_of
from ledger.desk.past_runs import run_of_lot
from ledger.desk.recipe_upload import upload_recipe
from ledger.desk.recipe_versions import propose_recipe
from ledger.desk.recipes import kept_recipes
from ledger.desk.starters import listed_kinds, offered_starters, starter_of
from ledger.recipes.made import recipe_of
from ledger.registry.parties import membership
from ledger.workbook.guard import MOST_BYTES
from schemas.certificate import Facility
from schemas.problem import InputError, MissingError, Problem, RefusedError

router = desk_router()

_MOST_NAME: Final = 64
_FORM_BYTES: Final = 16 * 1024
_TAKEN: Final = frozenset({"recipe.version", "recipe.changed-meanwhile"})
"""Refusals that mean that another recipe has the name."""
_NOTHING: Final[Mapping[str, str]] = {}


@router.get("/desk/recipes")
def recipes(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Return the newest version of each recipe."""
    return _listed(request, server, visit)


@router.post("/desk/recipes")
async def from_a_lot(request: Request, server: AppStateDep, visit: Engineer) -> Response:
    """Make the draft of a recipe of a certified run."""
    form = FormReader(await posted(request, visit, fields=("lot", "name")))
    lot, name = form.text("lot"), form.text("name", most=_MOST_NAME)

    def made() -> dict[str, Any]:
        run = run_of_lot(server.registry, lot, party=visit.party, tables=server.parts.tables).record
        return recipe_of(run, name=name, title=str(run["outputs"][0]["description"]))

    places = {"recipe": "name", "version": "name", "": "lot"}
    return await run_in_threadpool(_begun, request, server, visit, form, made, places, {"lot": lot, "name": name})


@router.post("/desk/recipes/example")
async def from_an_example(request: Request, server: AppStateDep, visit: Engineer) -> Response:
    """Make the draft of a recipe of a shipped example, each of its numbers marked as one."""
    form = FormReader(await posted(request, visit, fields=("makes", "plant", "own-name")))
    offered = await run_in_threadpool(offered_starters, server.registry, server.parts.tables, visit.party)
    known = [f"{step} {product}".strip() for step, products in offered.items() for product in products or ("",)]
    makes, name = form.chosen("makes", known), form.text("own-name", most=_MOST_NAME)
    plants = await run_in_threadpool(_plants, server, visit)
    plant = form.chosen("plant", [each.id for each in plants])
    step, _, product = makes.partition(" ")

    def made() -> dict[str, Any]:
        party, tables = visit.party, server.parts.tables
        kinds = listed_kinds(server.registry, party)
        return starter_of(
            server.registry, step, product or None, party=party, tables=tables, name=name, plant=plant, kinds=kinds
        )

    places = {"recipe": "own-name", "version": "own-name"}
    typed = {"makes": makes, "plant": plant, "own-name": name}
    return await run_in_threadpool(_begun, request, server, visit, form, made, places, typed)


@router.post("/desk/recipes/workbook")
async def from_a_workbook(request: Request, server: AppStateDep, visit: Engineer) -> Response:
    """Save the recipe of a workbook as a draft, or show the list with what is wrong at each cell."""
    return await uploaded(request, server, visit, partial(_listed, request, server, visit))


async def uploaded(
    request: Request, server: AppState, visit: Visit, again: Callable[..., Response], *, name: str | None = None
) -> Response:
    """Save the recipe of the workbook of a form; show the page `again` with what is wrong, if something is."""
    try:
        content, fields = await posted_file(request, visit, server, most=MOST_BYTES + _FORM_BYTES, fields=1)
        kept = await server.tenants(
            upload_recipe,
            server.registry,
            content,
            party=visit.party,
            by=visit.author,
            tables=server.parts.tables,
            name=name,
            base=fields.get("base"),
        )
    except (InputError, RefusedError) as error:
        cells = [each for each in error.problems if "!" in each.place]
        told = [each._replace(place="file") for each in error.problems if "!" not in each.place]
        if cells:
            told.append(Problem.at("recipe.workbook-problems", "file", count=len(cells)))
        return await run_in_threadpool(again, problems=told, cells=cells, status=status_of(error))
    return see_other(f"/desk/recipes/{kept.checked.recipe.recipe}")


def _begun(  # noqa: PLR0917 - a form and what it makes
    request: Request,
    server: AppState,
    visit: Visit,
    form: FormReader,
    made: Callable[[], dict[str, Any]],
    places: Mapping[str, str],
    typed: Mapping[str, str],
) -> Response:
    """Save what a form makes as a draft and lead to its form; or show the list again with what is wrong."""
    try:
        form.check()
        party, by, tables = visit.party, visit.author, server.parts.tables
        kept = propose_recipe(server.registry, made(), party=party, by=by, tables=tables)
    except (InputError, MissingError, RefusedError) as error:
        told = [each._replace(place=places.get(each.place, each.place)) for each in error.problems]
        if error.code in _TAKEN:
            field = places["recipe"]
            told = [Problem.at("recipe.name-taken", field, recipe=typed[field])]
        return _listed(request, server, visit, problems=told, status=422, typed=typed)
    return see_other(f"/desk/recipes/{kept.checked.recipe.recipe}/edit")


def _listed(
    request: Request,
    server: AppState,
    visit: Visit,
    *,
    problems: Sequence[Problem] = (),
    cells: Sequence[Problem] = (),
    status: int = 200,
    typed: Mapping[str, str] = _NOTHING,
) -> Response:
    return page(
        request,
        visit,
        "recipes.html",
        status=status,
        problems=problems,
        cells=cells,
        recipes=kept_recipes(server.registry, visit.party, drafts=True),
        makes=offered_starters(server.registry, server.parts.tables, visit.party),
        product_names={each.id: each.named(visit.language) for each in server.parts.tables.products.values()},
        plants=[(each.id, each.name) for each in _plants(server, visit)],
        typed=dict.fromkeys(("lot", "name", "makes", "plant", "own-name"), "") | dict(typed),
    )


def _plants(server: AppState, visit: Visit) -> list[Facility]:
    """Return the plants that the person may make recipes for."""
    plants = membership(server.registry, visit.party).facilities
    return [each for each in plants if not visit.person.plants or each.id in visit.person.plants]
