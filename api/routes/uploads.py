"""Uploaded workbooks: read and judged row by row, issued in rounds, and given back with what is wrong in its cells."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.access import Issuer
from api.answers import done, json_response
from api.app_state import AppState, AppStateDep
from api.desk.words import told_in
from api.fast_route import FastRoute
from api.idempotent import answer_once
from api.openapi import binary_body, json_answer_of, json_body, needs_no_key, text_answer
from api.request_body import json_document, media_type, whole_body
from api.routes.certificates import IdempotencyKey
from ledger.desk.held import hold_minutes, ship_if_signed, sign_upload
from ledger.desk.upload_answers import upload_answer
from ledger.desk.upload_copy import annotated_upload
from ledger.desk.upload_holds import hold_upload, take_back
from ledger.desk.uploads import IssueWish, check_issuable, issue_upload, upload_state, upload_workbook
from ledger.registry.idempotency import Answer
from ledger.workbook.guard import MOST_BYTES
from schemas.answers.uploads import UploadAnswer
from schemas.requests import UploadIssueRequest

router = APIRouter(prefix="/v1/uploads", tags=["certificates"], route_class=FastRoute)

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SUFFIX_OF: Final = {XLSX: ".xlsx", "text/csv": ".csv", "application/zip": ".zip"}
"""Types of a workbook's body, and the end of the name that each gets."""
UploadId = Annotated[
    str, Path(description="The upload's `id`.", pattern="^[0-9a-f]{24}$", examples=["3f9a0c51d2e73f9a0c51d2e7"])
]
FileName = Annotated[
    str, Query(description="Name of the file, for people.", max_length=120, examples=["day.xlsx"], alias="name")
]


def named(name: str, kind: str) -> str:
    """Return the name of a file with the end that fits its type."""
    end = SUFFIX_OF[kind]
    return name if name.lower().endswith(end) else f"{name}{end}"


@router.post(
    "",
    status_code=201,
    summary="Upload a workbook of runs",
    responses=json_answer_of(UploadAnswer, description="The state of each row. Nothing is issued yet.", status=201),
    openapi_extra=binary_body(*SUFFIX_OF) | needs_no_key("the same file is the same upload, by its content."),
)
async def upload(request: Request, server: AppStateDep, token: Issuer, file: FileName = "workbook") -> Response:
    """Read a workbook by the recipes of the token's party, and keep the state of each row. Nothing is issued yet.

    The body is an .xlsx file, a .csv file of runs, or a zip archive of .csv files, one a sheet. The same file again is
    the same upload, judged anew.
    """
    kind = media_type(request, (*SUFFIX_OF,))
    content = await whole_body(request, most=MOST_BYTES)
    return json_response(
        await server.tenants(_uploaded, server, token.tenant, named(file, kind), content, token.author), status=201
    )


@router.get(
    "/{upload}",
    summary="The state of an uploaded workbook",
    responses=json_answer_of(UploadAnswer, description="The state of each row."),
)
async def state(
    server: AppStateDep,
    token: Issuer,
    upload: UploadId,
    only: Annotated[Literal["problems"] | None, Query(description="Only rows with problems.")] = None,
) -> Response:
    """Return how many rows are ready, wrong, changed and issued, and what is wrong at which cell."""
    found = await server.tenants(upload_answer, server.registry, token.tenant, upload, only_problems=only is not None)
    return json_response(found)


@router.post(
    "/{upload}/issue",
    summary="Issue the rows of an uploaded workbook",
    responses=json_answer_of(UploadAnswer, description="The state of each row."),
    openapi_extra=json_body([UploadIssueRequest], {"all": {"rows": "all"}, "ready": {"rows": "ready"}})
    | needs_no_key("a row is issued once; what was cut off goes on."),
)
async def issue_rows(request: Request, server: AppStateDep, token: Issuer, upload: UploadId) -> Response:
    """Issue the rows that are ready. With `all`, none is issued unless every row fits.

    Rows are held for the minutes of the party's rule (30 unless it says otherwise). Until then they are not signed, so
    that a mistake can still be corrected: upload the corrected file and issue it, and what has changed replaces what
    was held. With 0 minutes, or `hold` false, rows are signed at once, in rounds of 64. Asking again is safe: whatever
    was cut off goes on, and nothing is issued twice.
    """
    wanted = await json_document(request, UploadIssueRequest)
    wish = IssueWish(wanted.rows, wanted.confirmed, by=token.author, may_ship="move" in token.scopes)
    await server.tenants(issue_all, server, token.tenant, upload, wish, hold=wanted.hold)
    return json_response(await server.tenants(upload_answer, server.registry, token.tenant, upload))


@router.post(
    "/{upload}/sign",
    summary="Sign the held rows of an uploaded workbook now",
    responses=json_answer_of(UploadAnswer, description="The state of each row."),
    openapi_extra=needs_no_key("a row is signed once; what was cut off goes on."),
)
async def sign_rows(server: AppStateDep, token: Issuer, upload: UploadId) -> Response:
    """Sign the held rows now, in rounds of 64. What no longer fits goes back, with the reason at its cell.

    Asking again is safe.
    """
    await server.tenants(sign_all, server, token.tenant, upload)
    return json_response(await server.tenants(upload_answer, server.registry, token.tenant, upload))


@router.post(
    "/{upload}/take-back",
    summary="Take the held rows of an uploaded workbook back",
    responses=json_answer_of(UploadAnswer, description="The state of each row."),
)
async def take_rows_back(
    request: Request, server: AppStateDep, token: Issuer, upload: UploadId, key: IdempotencyKey = None
) -> Response:
    """Let the held rows be ready again, so that they are not signed. What is signed already stays."""
    del key  # read by `answer_once`

    def taken() -> Answer:
        take_back(server.registry, token.tenant, upload, by=token.author)
        return done(upload_answer(server.registry, token.tenant, upload))

    return await answer_once(request, server, token, taken, has_event=True)


@router.get(
    "/{upload}/annotated.xlsx",
    summary="A copy of the workbook with what is wrong in its cells",
    response_class=Response,
    responses=text_answer("The copy.", XLSX, binary=True),
)
async def annotated(
    server: AppStateDep,
    token: Issuer,
    upload: UploadId,
    rest: Annotated[bool, Query(description="Leave out the rows that were issued.")] = False,
) -> Response:
    """Return the workbook with a comment in each faulty cell, and a sheet of all problems. Correct it and upload it."""
    name, content = await server.tenants(
        annotated_upload, server.registry, token.tenant, upload, says=told_in, rest=rest
    )
    return attached(name, content)


def attached(name: str, content: bytes, kind: str = XLSX) -> Response:
    """Return a file that browsers save."""
    plain = "".join(each if each.isascii() and (each.isalnum() or each in "-_.") else "_" for each in name)
    headers = {"content-disposition": f'attachment; filename="{plain}"', "cache-control": "no-store"}
    return Response(content, media_type=kind, headers=headers)


def _uploaded(server: AppState, party: str, name: str, content: bytes, by: str) -> UploadAnswer:
    made = upload_workbook(server.registry, party, name, content, tables=server.parts.tables, by=by)
    return upload_answer(server.registry, party, made.id)


def issue_all(server: AppState, party: str, upload: str, wish: IssueWish, *, hold: bool = True) -> None:
    """Hold the rows of an upload, or sign them at once where nothing is to be held, or some are named."""
    if hold and hold_all(server, party, upload, wish):
        return
    for outcomes in issue_upload(server.registry, party, upload, tables=server.parts.tables, wish=wish):
        server.note_signed(outcomes)


def hold_all(server: AppState, party: str, upload: str, wish: IssueWish) -> bool:
    """Hold the rows of an upload, and ship its lots if no row is left to hold.

    Return False, after checking that they can be issued, where rows are not held.  Errors: as `check_issuable`.
    """
    registry, tables = server.registry, server.parts.tables
    minutes = hold_minutes(registry, party) if wish.rows is None else 0
    if not minutes:
        check_issuable(registry, party, upload, tables=tables, wish=wish)
    elif not hold_upload(registry, party, upload, tables=tables, wish=wish, minutes=minutes):
        ship_if_signed(registry, party, upload, wish.by)
    return bool(minutes)


def sign_all(server: AppState, party: str, upload: str) -> None:
    """Sign the held rows of an upload; raise MissingError `upload.unknown`."""
    upload_state(server.registry, party, upload)
    for outcomes in sign_upload(server.registry, party, upload, tables=server.parts.tables):
        server.note_signed(outcomes)
