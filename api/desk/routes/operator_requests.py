"""Requests: an administrator asks the operator of the registry for what only the operator can give."""

from __future__ import annotations

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import Admin, Visit, desk_router, posted
from api.desk.forms import FormReader
from api.desk.render import page, see_other
from ledger.desk.operator_requests import KINDS, MOST_WORDS, file_request, list_requests
from ledger.desk.people import names_of
from schemas.instant import time_text
from schemas.problem import OreprintError

router = desk_router()
PATH = "/desk/admin/requests"


@router.get(PATH, name="operator-requests")
def shown(request: Request, server: AppStateDep, visit: Admin) -> Response:
    """Return the party's requests with their answers, and the form for a new one; `kind` is chosen before."""
    kind = request.query_params.get("kind", KINDS[0])
    typed = {"kind": kind if kind in KINDS else KINDS[0], "wish": ""}
    return _shown(request, server, visit, typed)


@router.post(PATH, name="file-operator-request")
async def filed(request: Request, server: AppStateDep, visit: Admin) -> Response:
    """File a request."""
    reader = FormReader(await posted(request, visit, fields=("kind", "wish")))
    kind, wish = reader.chosen("kind", KINDS), reader.text("wish", most=MOST_WORDS)

    def done() -> Response:
        try:
            reader.check()
            file_request(server.registry, party=visit.party, kind=kind, wish=wish, by=visit.author)
        except OreprintError as error:
            return _shown(request, server, visit, {"kind": kind, "wish": wish}, error=error)
        return see_other(PATH)

    return await run_in_threadpool(done)


def _shown(
    request: Request, server: AppState, visit: Visit, typed: dict[str, str], *, error: OreprintError | None = None
) -> Response:
    party = visit.party
    return page(
        request,
        visit,
        "requests.html",
        status=200 if error is None else 422,
        problems=() if error is None else error.problems,
        typed=typed,
        names=names_of(server.registry, party),
        requests=[
            (each, time_text(each.at_ms), time_text(each.answered_ms)) for each in list_requests(server.registry, party)
        ],
    )
