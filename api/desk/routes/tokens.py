"""Tokens: an administrator makes, rotates and ends those with which programs act for the party."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.app_state import AppState, AppStateDep
from api.desk.access import Admin, Visit, desk_router, posted, prove_first
from api.desk.forms import FormReader
from api.desk.render import page, see_other
from ledger.admin.tokens import (
    DAYS,
    DESK_SCOPES,
    MOST_LABEL,
    Token,
    create_token,
    list_tokens,
    revoke_token,
    rotate_token,
)
from ledger.desk.people import list_people, names_of
from schemas.instant import time_text
from schemas.person import Scope
from schemas.problem import OreprintError

router = desk_router()
PATH: Final = "/desk/admin/tokens"
SCOPE_WORDS: Final[dict[Scope, str]] = {
    "read": "read your certificates and lots",
    "issue": "issue certificates",
    "move": "ship, accept and share",
    "withdraw": "withdraw, undo and correct",
    "audit": "read everything as an auditor of the registry",
    "admin": "read the counts of the whole registry",
    "accept": "accept what arrives",
    "share": "make private links",
    "recipe": "write recipes",
    "approve": "approve for a second person",
}
"""Each scope in words."""
_MOST_DIGITS: Final = 4


class ListedToken(NamedTuple):
    """A token as the list shows it.

    `gone` if the person who answers for it has left, `ours` if a person may change its secret.
    """

    token: Token
    state: str
    by: str
    gone: bool
    ours: bool
    made: str
    used: str | None
    ends: str | None


@router.get(PATH, name="tokens")
def shown(request: Request, server: AppStateDep, visit: Admin) -> Response:
    """Return the tokens of the party, and the form that makes one."""
    typed = {"label": "", "days": str(DAYS), "scopes": ()}
    return _shown(request, server, visit, typed)


@router.post(PATH, name="make-token")
async def make(request: Request, server: AppStateDep, visit: Admin) -> Response:
    """Make a token, and show its secret this once."""
    prove_first(visit, PATH)
    reader = FormReader(await posted(request, visit, fields=("label", "days", "scopes")))
    label, days = reader.text("label", most=MOST_LABEL), reader.text("days", most=_MOST_DIGITS)
    scopes = reader.several("scopes", DESK_SCOPES)

    def done() -> Response:
        try:
            reader.check()
            made, secret = create_token(
                server.registry,
                tenant=visit.party,
                scopes=scopes,
                label=label,
                days=int(days) if days.isascii() and days.isdecimal() else 0,
                by=visit.author,
            )
        except OreprintError as error:
            typed = {"label": label, "days": days, "scopes": scopes}
            return _shown(request, server, visit, typed, error=error)
        return page(request, visit, "token-made.html", token=made, secret=secret, scope_words=SCOPE_WORDS)

    return await run_in_threadpool(done)


@router.post(f"{PATH}/{{token}}/rotate", name="rotate-token")
async def rotate(request: Request, server: AppStateDep, visit: Admin, token: str) -> Response:
    """Give a token another secret, and show it this once."""
    prove_first(visit, PATH)
    await posted(request, visit, fields=())
    who = {"party": visit.party, "by": visit.author}
    made, secret = await run_in_threadpool(rotate_token, server.registry, token, **who)
    return page(request, visit, "token-made.html", token=made, secret=secret, scope_words=SCOPE_WORDS)


@router.post(f"{PATH}/{{token}}/end", name="end-token")
async def end(request: Request, server: AppStateDep, visit: Admin, token: str) -> Response:
    """End a token at once and for ever."""
    prove_first(visit, PATH)
    await posted(request, visit, fields=())
    who = {"party": visit.party, "by": visit.author}
    await run_in_threadpool(revoke_token, server.registry, token, **who)
    return see_other(PATH)


def _shown(
    request: Request, server: AppState, visit: Visit, typed: Mapping[str, object], *, error: OreprintError | None = None
) -> Response:
    registry, party = server.registry, visit.party
    now, names = registry.runtime.now_ms(), names_of(registry, party)
    here = {each.author for each in list_people(registry, party)}
    lines = [
        ListedToken(
            each,
            _state(each, now),
            names.get(each.made_by, each.made_by),
            each.made_by in names and each.made_by not in here,
            set(each.scopes) <= set(DESK_SCOPES),
            time_text(each.rotated_ms or each.created_ms) or "",
            time_text(each.used_ms),
            time_text(each.expires_ms),
        )
        for each in reversed(list_tokens(registry, party))
    ]
    return page(
        request,
        visit,
        "tokens.html",
        status=200 if error is None else 422,
        problems=() if error is None else error.problems,
        lines=sorted(lines, key=lambda line: line.state != "on"),
        scope_words=SCOPE_WORDS,
        scopes=DESK_SCOPES,
        typed=typed,
    )


def _state(token: Token, now_ms: int) -> str:
    if token.revoked_ms is not None:
        return "revoked"
    return "on" if token.in_force(now_ms) else "expired"
