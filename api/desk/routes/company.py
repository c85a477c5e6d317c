"""The company's own login: to the provider, and back from it.

Rules: the way there is a link, never a form: the pages' policy lets forms lead to this registry alone. What the browser
must show on its way back is in a cookie of ten minutes.
"""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.app_state import AppState, AppStateDep
from api.desk.access import (
    SignedIn,
    cookie_name,
    desk_router,
    keep_session,
    posted,
    prove_first,
    session_secret,
    set_cookie,
    signed_in,
    way_back,
)
from api.desk.render import page, see_other
from api.rates import address_of
from ledger.desk.company_login import (
    Attempt,
    ProviderAnswer,
    Purpose,
    address_to_ask,
    attempt_of,
    connect_company,
    disconnect_company,
    prove_by_company,
    sign_in_by_company,
    subject_of,
)
from ledger.remote.openid import OpenidClient
from schemas.problem import AccessError, MissingError

router = desk_router()
ACCOUNT: Final = "/desk/account"
BACK: Final = "/desk/company/back"
_COOKIE: Final = "oreprint-company"
_COOKIE_SECONDS: Final = 600
_SECRET_BYTES: Final = 32
_MOST: Final = 4096


@router.get("/desk/company", name="company")
async def company(request: Request, server: AppStateDep, next: str = "/desk") -> Response:  # noqa: A002 - as in the address
    """Lead to the provider, to sign in."""
    return await _led(request, server, "sign-in", way_back(next))


@router.get("/desk/company/prove", name="company-prove")
async def prove(request: Request, server: AppStateDep, visit: SignedIn, next: str = "/desk") -> Response:  # noqa: A002 - as above
    """Lead to the provider, for a fresh proof of who is signed in."""
    del visit
    return await _led(request, server, "prove", way_back(next))


@router.post(f"{ACCOUNT}/company", name="connect-company")
async def connect(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Return the link to the provider with which a person connects its account."""
    prove_first(visit, ACCOUNT)
    await posted(request, visit, fields=())
    client = _client(server)
    attempt = Attempt(token_urlsafe(_SECRET_BYTES), "connect")
    link = await run_in_threadpool(address_to_ask, client, attempt, redirect=_redirect(server))
    answer = page(request, visit, "company.html", link=link, issuer=client.issuer)
    _remember(answer, server, attempt, ACCOUNT)
    return answer


@router.post(f"{ACCOUNT}/company/remove", name="remove-company")
async def disconnect(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """Remove the account."""
    prove_first(visit, ACCOUNT)
    await posted(request, visit, fields=())
    session = session_secret(request, server) or ""
    made = await run_in_threadpool(disconnect_company, server.registry, visit.person, session=session)
    return keep_session(see_other(ACCOUNT), server.parts.origin, made)


@router.get(BACK, name="company-back")
async def back(
    request: Request, server: AppStateDep, code: str = "", state: str = "", iss: str = "", error: str = ""
) -> Response:
    """Take the browser that comes back from the provider."""
    client, address = _client(server), address_of(request)
    lane = server.suspects if server.rates.is_past("wrong sign-in", address) else run_in_threadpool
    secret, _, path = request.cookies.get(cookie_name(server.parts.origin, _COOKIE), "").partition(" ")
    try:
        attempt = attempt_of(secret, state)
        if error or not code or len(code) > _MOST:
            raise AccessError.at("people.company")
        subject = await lane(
            subject_of, server.registry, client, attempt, ProviderAnswer(code, state, iss), redirect=_redirect(server)
        )
        made = await _session(request, server, client, attempt, subject)
    except AccessError:
        server.rates.count("wrong sign-in", address)
        raise
    answer = keep_session(see_other(way_back(path)), server.parts.origin, made)
    set_cookie(answer, server.parts.origin, "", name=_COOKIE, seconds=0)
    return answer


async def _session(request: Request, server: AppState, client: OpenidClient, attempt: Attempt, subject: str) -> str:
    """Return the secret of the session that a subject gets, by what its attempt is for."""
    session = session_secret(request, server)
    if attempt.purpose == "sign-in":
        return await run_in_threadpool(sign_in_by_company, server.registry, client, subject, before=session)
    visit = await signed_in(request, server)
    if attempt.purpose == "connect":
        prove_first(visit, ACCOUNT)
        verb = connect_company
    else:
        verb = prove_by_company
    return await run_in_threadpool(verb, server.registry, client, subject, visit.person, session=session or "")


async def _led(request: Request, server: AppState, purpose: Purpose, path: str) -> Response:
    server.rates.count("challenge", address_of(request))
    attempt = Attempt(token_urlsafe(_SECRET_BYTES), purpose)
    link = await run_in_threadpool(address_to_ask, _client(server), attempt, redirect=_redirect(server))
    answer = RedirectResponse(link, 303, {"cache-control": "no-store"})
    _remember(answer, server, attempt, path)
    return answer


def _remember(answer: Response, server: AppState, attempt: Attempt, path: str) -> None:
    set_cookie(answer, server.parts.origin, f"{attempt.secret} {path}", name=_COOKIE, seconds=_COOKIE_SECONDS)


def _client(server: AppState) -> OpenidClient:
    if server.parts.openid is None:
        raise MissingError.at("api.no-route")
    return server.parts.openid


def _redirect(server: AppState) -> str:
    return f"{server.parts.origin}{BACK}"
