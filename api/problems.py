"""Refusals as RFC 9457 problems: the one table from a code, its area or its class to a status.

Rules: `type` ends in the stable code, which `docs/reference/codes.md` explains; each problem found is in `problems`
with place and facts; what is the operator's to mend is told without them, since they name files and causes. What is not
here and what is not for the caller to see are the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.responses import Response

from api.answers import told
from api.request_body import JSON
from ledger.registry.approval import UnapprovedError
from schemas.answers.approvals import AwaitsApproval
from schemas.answers.others import ProblemDocument
from schemas.problem import (
    AccessError,
    CheckError,
    InputError,
    MissingError,
    OreprintError,
    Problem,
    RefusedError,
    StateError,
)

MEDIA_TYPE: Final = "application/problem+json"

STATUS_OF_CODE: Final[dict[str, int]] = {
    "approval.changed": 202,
    "approval.expired": 202,
    "approval.needed": 202,
    "api.body-size": 413,
    "api.busy": 503,
    "api.content-encoding": 415,
    "api.content-type": 415,
    "api.deadline": 503,
    "api.head-size": 431,
    "api.incomplete": 503,
    "api.internal": 500,
    "api.key-in-doubt": 409,
    "api.key-reused": 422,
    "api.logged": 503,
    "api.method": 405,
    "api.no-answer": 503,
    "api.no-code": 404,
    "api.no-route": 404,
    "api.no-security-contact": 404,
    "api.not-acceptable": 406,
    "api.not-found": 404,
    "api.rate": 429,
    "api.scope": 403,
    "api.stopping": 503,
    "api.tenant": 403,
    "api.token": 401,
    "desk.elsewhere": 403,
    "desk.form": 403,
    "desk.form-field": 400,
    "desk.form-text": 400,
    "desk.plain-http": 403,
    "desk.role": 403,
    "desk.signed-out": 401,
    "desk.token": 401,
    "document.not-json": 400,
    "document.spelling": 400,
    "file.size": 413,
    "holding.not-yours": 403,
    "holding.unknown": 403,
    "issue.not-your-plant": 403,
    "issue.unknown-producer": 403,
    "json.too-large": 413,
    "life.not-issuer": 403,
    "log.tile-path": 400,
    "people.company": 403,
    "people.company-taken": 403,
    "people.company-unknown": 403,
    "people.link": 410,
    "people.passkey": 403,
    "people.sign-in": 403,
    "seal.certificate-digest": 404,
    "seal.signature": 422,
    "share.ended": 410,
    "share.held": 403,
    "token.held": 401,
    "trust.key-unknown": 403,
    "trust.key-party": 403,
    "trust.key-time": 403,
}
STATUS_OF_AREA: Final[dict[str, int]] = {"json": 400, "file": 400, "bundle": 400, "api": 400, "seal": 400}
STATUS_OF_CLASS: Final[dict[type[OreprintError], int]] = {
    InputError: 422,
    RefusedError: 409,
    MissingError: 404,
    AccessError: 403,
    CheckError: 422,
    StateError: 503,
}
"""Looked up in this order: code, area, class."""

TITLES: Final[dict[int, str]] = {
    202: "Waits",
    400: "Can't be read",
    401: "Not known",
    403: "Not allowed",
    404: "Not here",
    405: "Not this method",
    406: "Not in this form",
    409: "Refused",
    410: "Ended",
    413: "Too large",
    415: "Not this type",
    422: "Not right",
    429: "Too many",
    431: "Too large a head",
    500: "Failed",
    503: "Not now",
}


def status_of(error: OreprintError) -> int:
    """Return the HTTP status of a refusal."""
    code = error.code
    known = STATUS_OF_CODE.get(code) or STATUS_OF_AREA.get(code.partition(".")[0])
    return known or next(status for kind, status in STATUS_OF_CLASS.items() if isinstance(error, kind))


def problem_body(error: OreprintError, *, origin: str, status: int) -> bytes:
    """Return the problem document of a refusal."""
    problems = _tellable(error, status)
    entries = told(problems)
    first = entries[0]
    return ProblemDocument(
        type=f"{origin}/problems/{first.code}",
        title=TITLES[status],
        status=status,
        detail=first.sentence,
        code=first.code,
        problems=entries,
    ).to_json()


def problem_response(error: OreprintError, *, origin: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer that tells of a refusal, or that an act waits for a second person."""
    status = status_of(error)
    if isinstance(error, UnapprovedError):
        return Response(_awaits(error, origin), status, media_type=JSON)
    more = dict(headers or {})
    if status == 401:
        more["WWW-Authenticate"] = "Bearer"
    if status == 429:
        more["Retry-After"] = error.problems[0].facts["seconds"]
    if status == 503:
        more["Retry-After"] = "5"
    return Response(problem_body(error, origin=origin, status=status), status, more, MEDIA_TYPE)


def _awaits(error: UnapprovedError, origin: str) -> bytes:
    """Return the answer that an act waits for a second person, and what to do."""
    entries = told(error.problems)
    address = f"{origin}/v1/approvals/{error.row.id}"
    return AwaitsApproval(approval=error.row.id, detail=entries[0].sentence, next=address, problems=entries).to_json()


def _tellable(error: OreprintError, status: int) -> tuple[Problem, ...]:
    """Return the part that a stranger may know."""
    if status == 404 and not error.code.startswith(("holding.", "life.", "share.", "contact.")):
        return (_not_here(error.code),)
    if status == 503 and not error.code.startswith("api."):
        return (_kept_back(error.code),)
    return tuple(map(_as_of_another, error.problems))


def _not_here(code: str) -> Problem:
    """Return the answer about something that is not here, or that the caller may not see."""
    match code:
        case "store.record-missing" | "attest.unknown":
            return Problem.at("store.record-missing")
        case "seal.certificate-digest":
            return Problem.at(code, value="What this address names")
        case "api.no-route" | "api.no-code" | "api.no-security-contact":
            return Problem.at(code)
        case _:
            return Problem.at("api.not-found")


def _kept_back(code: str) -> Problem:
    """Return the answer about a fault that the operator must repair."""
    match code:
        case "store.in-doubt":
            return Problem.at("api.deadline")
        case "store.logged":
            return Problem.at("api.logged")
        case _ if code == "store.unwritable" or code.startswith(("home.", "cosign.")):
            return Problem.at("api.read-only", cause=code)
        case _:
            return Problem.at("api.unavailable")


def _as_of_another(problem: Problem) -> Problem:
    """Return the same problem for a lot of somebody else and for one that does not exist."""
    if problem.code != "holding.unknown":
        return problem
    return problem._replace(code="holding.not-yours")
