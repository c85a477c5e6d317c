"""Recipes: what a party keeps, a new version as a draft, and its way to approval."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.access import Reader, RecipeWriter, Speaker, check_scope
from api.answers import created, done, json_response
from api.app_state import AppState, AppStateDep
from api.examples import RECIPE, RECIPE_DECISION
from api.fast_route import FastRoute
from api.idempotent import answer_once
from api.openapi import json_answer_of, json_body
from api.request_body import JSON, json_document, media_type, whole_body
from api.routes.certificates import IdempotencyKey
from ledger.admin.tokens import Token
from ledger.desk.other_bands import proposal_of
from ledger.desk.recipe_versions import approve_recipe, changes_of, propose_recipe, return_recipe, send_recipe
from ledger.desk.recipes import KeptRecipe, any_recipe, kept_recipes
from schemas.answers.recipes import RecipeChange, RecipeList, RecipeVersion, WholeRecipe
from schemas.door import parse_value
from schemas.problem import InputError
from schemas.recipe import Recipe
from schemas.requests import RecipeDecision

router = APIRouter(prefix="/v1/recipes", tags=["recipes"], route_class=FastRoute)

RecipeName = Annotated[
    str, Path(description="Name of the recipe.", examples=["SC-NdFeB"], pattern="^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
]
Version = Annotated[int | None, Query(description="A version. Absent means the newest, in any state.", ge=1, le=99_999)]
Base = Annotated[
    str | None,
    Query(
        description="The digest of the draft that this one was written on. Absent for a new version.",
        pattern="^[0-9a-f]{64}$",
    ),
]
_ONE: Final = json_answer_of(WholeRecipe, description="The version, with what it changes.")


@router.get("", summary="Your recipes", responses=json_answer_of(RecipeList, description="The newest versions."))
def recipes(server: AppStateDep, token: Reader) -> Response:
    """List the newest version of each recipe of the token's party, in any state."""
    found = kept_recipes(server.registry, token.tenant, drafts=True)
    return json_response(RecipeList(recipes=tuple(RecipeVersion(**_said(each)) for each in found)))


@router.get("/{recipe}", summary="A recipe", responses=_ONE)
def recipe_version(server: AppStateDep, token: Reader, recipe: RecipeName, version: Version = None) -> Response:
    """Read a version of a recipe: all that it says, and what it changes in the version before."""
    return json_response(_whole(server, token.tenant, recipe, version))


@router.post(
    "",
    status_code=201,
    summary="A new version of a recipe",
    responses=json_answer_of(WholeRecipe, description="The draft as it is kept.", status=201),
    openapi_extra=json_body([Recipe], {"recipe": RECIPE}),
)
async def propose(
    request: Request, server: AppStateDep, token: RecipeWriter, base: Base = None, key: IdempotencyKey = None
) -> Response:
    """Keep a version of a recipe as a draft. Runs follow it once a second person has approved it.

    A draft is replaced only by who names its digest as `base`. If somebody saved another one meanwhile, the answer is
    409: nothing is changed, and what differs is told. The registry fills in `pinned`, the factor tables of today.
    """
    del key  # read by `answer_once`, as below
    media_type(request, (JSON,))
    value = parse_value(await whole_body(request), media="json")

    def keep() -> WholeRecipe:
        party, by, tables = token.tenant, _author(token), server.parts.tables
        kept = propose_recipe(server.registry, value, party=party, by=by, tables=tables, base=base)
        return _whole(server, party, kept.checked.recipe.recipe, kept.checked.recipe.version)

    return await answer_once(request, server, token, lambda: created(keep()), has_event=True)


@router.post(
    "/{recipe}/decisions",
    summary="Send, approve or return a version",
    responses=_ONE,
    openapi_extra=json_body([RecipeDecision], {"approve": RECIPE_DECISION}),
)
async def decide_recipe(
    request: Request, server: AppStateDep, token: Speaker, recipe: RecipeName, key: IdempotencyKey = None
) -> Response:
    """Send the newest version of a recipe for approval, approve it as it was read, or return it with a note.

    Sending needs the scope `recipe`, approving and returning the scope `approve`. Who wrote a version does not approve
    it.
    """
    del key
    asked = await json_document(request, RecipeDecision)
    check_scope(token, "recipe" if asked.decision == "send" else "approve")
    if (asked.note is None) == (asked.decision == "return"):
        raise InputError.at("recipe.note", "note")

    def decided() -> WholeRecipe:
        registry, party, by = server.registry, token.tenant, _author(token)
        match asked.decision:
            case "send":
                send_recipe(registry, party, recipe, digest=asked.digest, by=by)
            case "approve":
                approve_recipe(registry, party, recipe, digest=asked.digest, by=by)
            case "return":
                return_recipe(registry, party, recipe, digest=asked.digest, note=asked.note or "", by=by)
        return _whole(server, party, recipe, None)

    return await answer_once(request, server, token, lambda: done(decided()), has_event=True)


def _author(token: Token) -> str:
    """Return who is behind a token: the person who made it; the token itself, if the registry's operator did."""
    return token.author if token.author.startswith("person:") else f"token:{token.id}"


def _whole(server: AppState, party: str, name: str, version: int | None) -> WholeRecipe:
    registry, tables = server.registry, server.parts.tables
    found = any_recipe(registry, party, name, version)
    bands = None if version is not None else proposal_of(registry, found, party=party, tables=tables)
    changes = changes_of(registry, party, name, found.checked.recipe.version)
    told = tuple(RecipeChange(**each._asdict()) for each in changes)
    document, proposed = dict(found.checked.document), None if bands is None else bands.answer()
    return WholeRecipe(**_said(found), document=document, changes=told, other_bands=proposed)


def _said(found: KeptRecipe) -> dict[str, Any]:
    """Return the answer about a version."""
    recipe = found.checked.recipe
    own = {name: getattr(found, name) for name in ("state", "digest", "author", "approver", "note", "since")}
    return {"recipe": recipe.recipe, "version": recipe.version, "title": recipe.title, **own}
