"""Runs from recipes: rehearse a record, the facts of a recipe or a workbook, and issue the facts of a recipe."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.access import Issuer, check_tenant
from api.answers import json_response, rehearsed
from api.app_state import AppState, AppStateDep
from api.examples import FACTS, RECORD
from api.fast_route import FastRoute
from api.idempotent import answer_batched
from api.openapi import binary_body, json_answer_of, json_body, needs_no_key
from api.request_body import JSON, media_type, whole_body
from api.routes.certificates import IdempotencyKey
from api.routes.recipes import RecipeName
from api.routes.uploads import SUFFIX_OF, FileName, named
from ledger.desk.held_runs import HeldRuns
from ledger.desk.rehearse import Rehearsed, record_of_facts, rehearse_facts, rehearse_record
from ledger.desk.upload_answers import rehearse_workbook
from ledger.workbook.guard import MOST_BYTES
from schemas.answers.certificates import IssueAnswer, RehearsedRun
from schemas.answers.uploads import UploadAnswer
from schemas.door import JsonValue, parse_document, parse_value, validated
from schemas.problem import InputError, OreprintError
from schemas.recipe import Facts
from schemas.record import ProductionRecord

router = APIRouter(prefix="/v1", tags=["certificates"], route_class=FastRoute)

_BODY: Final = json_body([ProductionRecord, Facts], {"record": RECORD, "facts": FACTS})
_BODY["requestBody"]["content"] |= binary_body(*SUFFIX_OF)["requestBody"]["content"]
"""A run as JSON, or a workbook of runs."""


@router.post(
    "/rehearsals",
    summary="Rehearse a run, or a workbook of runs",
    responses=json_answer_of(RehearsedRun, UploadAnswer, description="What would become of it. Nothing was changed."),
    openapi_extra=_BODY | needs_no_key("it changes nothing."),
)
async def rehearse(request: Request, server: AppStateDep, token: Issuer, file: FileName = "workbook") -> Response:
    """Tell what would be issued of a production record, of the facts of a recipe, or of each row of a workbook.

    Nothing is signed, reserved or stored. Problems and warnings name the place in what was sent: a workbook's are at
    its cells. A document that is no record at all is told the same way, so that one answer has all its faults.
    """
    kind = media_type(request, (JSON, *SUFFIX_OF))
    if kind != JSON:
        content, registry, tables = await whole_body(request, most=MOST_BYTES), server.registry, server.parts.tables
        name = named(file, kind)
        return json_response(
            await server.tenants(rehearse_workbook, registry, token.tenant, content, name=name, tables=tables)
        )
    value = parse_value(await whole_body(request), media="json")
    return json_response(rehearsed(await server.tenants(_rehearsed, server, value, token.tenant)))


def _rehearsed(server: AppState, value: JsonValue, party: str) -> Rehearsed:
    registry, tables = server.registry, server.parts.tables
    try:
        if isinstance(value, dict) and value.get("oreprint") == "recipe-facts/1":
            return rehearse_facts(registry, party, validated(Facts, value), tables=tables)
        record = validated(ProductionRecord, value)
    except InputError as error:
        return Rehearsed(None, None, error.problems)
    if record.producer != party:
        raise InputError.at("api.tenant", "producer")
    return rehearse_record(registry, record, tables=tables, held=HeldRuns.of(registry, party))


@router.post(
    "/recipes/{recipe}/runs",
    status_code=201,
    summary="Issue a run from a recipe",
    responses=json_answer_of(IssueAnswer, description="Issued, logged and durable.", status=201),
    openapi_extra=json_body([Facts], {"facts": FACTS}),
)
async def issue_run(
    request: Request, server: AppStateDep, token: Issuer, recipe: RecipeName, key: IdempotencyKey = None
) -> Response:
    """Issue the certificates of a run from the facts of a recipe, at once and without holding it.

    A refusal names the place in the facts. Facts of a version that is no longer the newest are refused: look at what
    has changed first. The answer has the recipe's warnings; rehearse the same facts to see them before.
    """
    del key  # read by `answer_batched`
    media_type(request, (JSON,))
    body = await whole_body(request)
    facts = parse_document(Facts, body)
    if facts.recipe != recipe:
        raise InputError.at("recipe.other", "recipe", found=facts.recipe, possible=recipe)
    made, record = await run_in_threadpool(record_of_facts, server.registry, token.tenant, facts)
    check_tenant(token, record.producer)
    try:
        named = f"{recipe} v{made.version}"
        return await answer_batched(request, server, token, record, server.issue, recipe=named, warnings=made.warnings)
    except OreprintError as error:
        error.problems = tuple(map(made.typed.at_its_field, error.problems))
        raise
