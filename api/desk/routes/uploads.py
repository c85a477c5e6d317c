"""Screen 5: a workbook is uploaded, looked at row by row, and issued.

Rules: rows are held before the answer, so that they can be signed or taken back at once. They are signed in the
background, so that a closed browser stops nothing. The page asks again every two seconds while that goes on. After a
restart of the server the same button goes on.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from weakref import WeakValueDictionary

from fastapi import Query, Request
from starlette.background import BackgroundTask
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import CSRF, Clerk, Visit, check_csrf, check_origin, desk_router, posted
from api.desk.render import page, see_other
from api.desk.routes.labels import MOST_LABELS
from api.desk.routes.labels import PATH as LABELS
from api.desk.words import told_in
from api.request_body import form_with_file
from api.routes.uploads import XLSX, UploadId, attached, hold_all, issue_all, sign_all
from ledger.desk.approved import requests_of
from ledger.desk.day_template import blank_workbook
from ledger.desk.held import hold_minutes
from ledger.desk.people import names_of
from ledger.desk.upload_answers import UNFIT
from ledger.desk.upload_copy import annotated_upload
from ledger.desk.upload_holds import take_back
from ledger.desk.upload_shipping import shown_ships
from ledger.desk.uploads import IssueWish, latest_uploads, upload_runs, upload_state, upload_workbook
from ledger.workbook.file_kinds import SUFFIXES
from ledger.workbook.guard import MOST_BYTES
from ledger.workbook.runs import MOST_RUNS
from schemas.instant import time_text
from schemas.problem import InputError, OreprintError, Problem

router = desk_router()
After = Annotated[int, Query(ge=-1, lt=MOST_RUNS)]
"""Number of the row behind which a page begins."""
SHOWN: Final = 100
"""Rows of one page."""
_FORM_BYTES: Final = 16 * 1024
_UNDER_WAY: Final[WeakValueDictionary[tuple[str, str], BackgroundTask]] = WeakValueDictionary()
"""What this process is signing, by party and id of the upload, from before the answer, so that its page never looks
idle. An answer that could not be sent leaves no mark.
"""


@router.get("/desk/uploads", name="uploads")
async def uploads(request: Request, server: AppStateDep, visit: Clerk) -> Response:
    """Return the form that takes a workbook, and the last uploads."""
    return await _first_page(request, server, visit)


async def _first_page(request: Request, server: AppState, visit: Visit, **more: Any) -> Response:  # noqa: ANN401
    found = await server.tenants(latest_uploads, server.registry, visit.party)
    last = [(upload, name, time_text(at)) for upload, name, at in found]
    return page(request, visit, "uploads.html", last=last, **more)


@router.get("/desk/uploads/template.xlsx", name="blank-workbook")
async def blank(server: AppStateDep, visit: Clerk) -> Response:
    """Return a workbook to be filled in with runs of the party's recipes, in the person's language."""
    made = await server.tenants(
        blank_workbook, server.registry, visit.party, visit.language, tables=server.parts.tables
    )
    return attached("oreprint.xlsx", made)


@router.post("/desk/uploads", name="upload")
async def upload(request: Request, server: AppStateDep, visit: Clerk) -> Response:
    """Read the workbook of a form, and lead to its page."""
    check_origin(request)
    try:
        name, content = await _file(request, server, visit)
        made = await server.tenants(
            upload_workbook, server.registry, visit.party, name, content, tables=server.parts.tables, by=visit.author
        )
    except InputError as error:
        told = [each._replace(place="file") for each in error.problems]
        return await _first_page(request, server, visit, status=422, problems=told)
    return see_other(f"/desk/uploads/{made.id}")


async def _file(request: Request, server: AppState, visit: Visit) -> tuple[str, bytes]:
    """Return name and content of the file of a form.

    Raises:
        InputError: `upload.no-file`, `api.body-size`; AccessError: `desk.form`.
    """
    no_file = InputError.at("upload.no-file", known=", ".join(sorted(SUFFIXES)))
    try:
        async with form_with_file(request, server.room, most=MOST_BYTES + _FORM_BYTES, fields=1) as form:
            check_csrf(form.get(CSRF), visit.csrf)
            file = form.get("file")
            if isinstance(file, UploadFile) and file.filename:
                return file.filename[-120:], await file.read()
    except MultiPartException as error:
        raise no_file from error
    raise no_file


@router.get("/desk/uploads/{upload}", name="upload-state")
async def state(
    request: Request, server: AppStateDep, visit: Clerk, upload: UploadId, only: str | None = None, after: After = -1
) -> Response:
    """Return the state of each row, or the state that it would get."""
    return await _state(request, server, visit, upload, only=only, after=after)


async def _state(
    request: Request,
    server: AppState,
    visit: Visit,
    upload: str,
    *,
    only: str | None = None,
    after: int = -1,
    **more: Any,  # noqa: ANN401
) -> Response:
    party = visit.party
    found = await server.tenants(upload_state, server.registry, party, upload)
    states = UNFIT if only == "problems" else ()
    rows = await server.tenants(upload_runs, server.registry, party, upload, states, after=after, most=SHOWN + 1)
    under_way = (party, upload) in _UNDER_WAY
    values: dict[str, Any] = {
        "upload": found,
        "rows": rows[:SHOWN],
        "more": rows[SHOWN - 1].number if len(rows) > SHOWN else None,
        "only": only == "problems",
        "total": sum(found.counts.values()),
        "under_way": under_way,
        "ships": await server.tenants(shown_ships, server.registry, party, upload),
        "before": (found.counts.get("unchanged", 0), found.counts.get("issued", 0)),
        "wrong": sum(found.counts.get(each, 0) for each in UNFIT),
        "asked": () if under_way else await server.tenants(requests_of, server.registry, visit.person, upload),
        "names": await server.tenants(names_of, server.registry, party),
        "at": time_text,
        "until": time_text(found.due_ms),
        "minutes": await server.tenants(hold_minutes, server.registry, party),
    }
    return page(request, visit, "upload.html", **values, **more)


@router.post("/desk/uploads/{upload}/issue", name="issue-upload")
async def issue(request: Request, server: AppStateDep, visit: Clerk, upload: UploadId) -> Response:
    """Hold the rows that are ready, or begin to sign them, and lead back to the page, which shows how far it is."""
    form = await posted(request, visit, fields=("rows", "confirmed"))
    wish = IssueWish(
        "ready" if form.get("rows") == "ready" else "all",
        form.get("confirmed") == "yes",
        by=visit.author,
        may_ship=visit.may("move"),
    )
    return await issue_rows(request, server, visit, upload, wish)


async def issue_rows(request: Request, server: AppState, visit: Visit, upload: str, wish: IssueWish) -> Response:
    """Hold rows of an upload, or begin to sign them in the background; lead to its page, or show there why not."""
    party = visit.party
    try:
        held = await server.tenants(hold_all, server, party, upload, wish)
    except OreprintError as error:
        if not error.code.startswith("upload.") or error.code == "upload.unknown":
            raise
        problems = [each._replace(place="confirmed" if "unconfirmed" in each.code else "") for each in error.problems]
        return await _state(request, server, visit, upload, status=409, problems=problems)
    if held:
        return see_other(f"/desk/uploads/{upload}")
    return _begin(server, party, upload, partial(issue_all, wish=wish, hold=False))


@router.post("/desk/uploads/{upload}/sign", name="sign-upload")
async def sign(request: Request, server: AppStateDep, visit: Clerk, upload: UploadId) -> Response:
    """Begin to sign the held rows now, or sign them and lead to their labels; say so where no row is held."""
    form = await posted(request, visit, fields=("then",))
    party = visit.party
    found = await server.tenants(upload_state, server.registry, party, upload)
    if not found.counts.get("held") and (party, upload) not in _UNDER_WAY:
        return await _state(request, server, visit, upload, status=409, problems=[Problem.at("upload.none-held")])
    if form.get("then") == "labels":
        await server.tenants(sign_all, server, party, upload)
        made = [each.certificates for each in await server.tenants(upload_runs, server.registry, party, upload)]
        digests = [digest for some in made for _, digest in some]
        labels = f"{LABELS}?{urlencode([('d', each) for each in digests])}"
        return see_other(labels if _fit(digests) else f"/desk/uploads/{upload}")
    return _begin(server, party, upload, sign_all)


def _fit(digests: list[str]) -> bool:
    """Return whether labels of certificates fit one sheet; of more, the rows lead to theirs, a page at a time."""
    return 0 < len(digests) <= MOST_LABELS


@router.post("/desk/uploads/{upload}/take-back", name="take-back-upload")
async def take_rows_back(request: Request, server: AppStateDep, visit: Clerk, upload: UploadId) -> Response:
    """Let the held rows, or one of them, be ready again, so that they are not signed."""
    form = await posted(request, visit, fields=("row",))
    party, row = visit.party, str(form.get("row", ""))
    await server.tenants(upload_state, server.registry, party, upload)
    number = int(row) if re.fullmatch("[0-9]{1,4}", row) else None
    if number is not None or row == "all":
        await server.tenants(take_back, server.registry, party, upload, by=visit.author, number=number)
    return see_other(f"/desk/uploads/{upload}")


def _begin(server: AppState, party: str, upload: str, work: Callable[[AppState, str, str], None]) -> Response:
    """Lead to an upload's page, and begin to work on the upload unless this process works on it already."""
    answer = see_other(f"/desk/uploads/{upload}")
    if (party, upload) not in _UNDER_WAY:
        answer.background = _UNDER_WAY[party, upload] = BackgroundTask(_in_background, server, party, upload, work)
    return answer


async def _in_background(server: AppState, party: str, upload: str, work: Callable[[AppState, str, str], None]) -> None:
    try:
        await asyncio.shield(server.tenants(work, server, party, upload))
    finally:
        _UNDER_WAY.pop((party, upload), None)


@router.get("/desk/uploads/{upload}/annotated.xlsx", name="annotated-upload")
async def annotated(server: AppStateDep, visit: Clerk, upload: UploadId, *, rest: bool = False) -> Response:
    """Return the copy with what is wrong in its cells; with `rest`, without the rows that were issued."""
    name, content = await server.tenants(
        annotated_upload, server.registry, visit.party, upload, says=told_in, rest=rest
    )
    return attached(name, content, XLSX)
