"""Operations: is it alive, can it work, what has it done; and what a problem's code means."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.access import Admin
from api.answers import json_response
from api.app_state import AppStateDep
from api.fast_route import FastRoute
from api.metrics import MEDIA_TYPE
from api.openapi import json_answer_of, text_answer
from api.web.routes import asks_for_page, meaning_page
from ledger.registry.health import health
from schemas.answers.others import CodeMeaning, Liveness, Readiness
from schemas.meaning import meaning_of
from schemas.problem import MissingError

router = APIRouter(tags=["operations"], route_class=FastRoute)


@router.get("/healthz", summary="Is the process alive?", responses=json_answer_of(Liveness, description="It is."))
async def healthz() -> Response:
    """Answer as long as the process runs; say nothing about what it can do."""
    return json_response(Liveness())


@router.get(
    "/readyz",
    summary="Can it work?",
    responses={
        **json_answer_of(Readiness, description="It can."),
        **json_answer_of(Readiness, description="It can't; the failing part is named.", status=503),
    },
)
def readyz(server: AppStateDep) -> Response:
    """Check the database, its head against the last one signed, the clock, the room for the next head, and the keys.

    A registry that isn't ready still answers what it has, unless it is the database that fails.
    """
    found = health(server.registry)
    if found.log_size is not None:
        server.metrics.log_size.set(found.log_size)
    ready = all(state == "ok" for state in found.checks.values())
    return json_response(Readiness(ready=ready, checks=found.checks), status=200 if ready else 503)


@router.get(
    "/metrics",
    summary="Counts and times, for Prometheus",
    response_class=Response,
    responses=text_answer("All series.", "text/plain"),
)
async def metrics(server: AppStateDep, _: Admin) -> Response:
    """Return all series in Prometheus' text form."""
    return Response(server.metrics.text(), media_type=MEDIA_TYPE)


@router.get(
    "/problems/{code}",
    summary="What a problem's code means",
    responses=json_answer_of(CodeMeaning, description="The meaning, and what to do."),
)
async def problem(request: Request, code: str) -> Response:
    """Return what a code means and what to do about it; brackets name the values of a case. A browser gets a page."""
    found = meaning_of(code)
    if found is None:
        raise MissingError.at("api.no-code")
    if asks_for_page(request):
        return meaning_page(request, found)
    told = CodeMeaning(code=code, sentence=found.sentence, meaning=found.meaning, remedy=found.remedy)
    return json_response(told, headers={"vary": "Accept"})
