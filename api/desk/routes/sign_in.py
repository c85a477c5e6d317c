"""Signing in and out, and the desk's own files."""

from __future__ import annotations

from secrets import token_urlsafe

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.app_state import AppStateDep
from api.desk.access import (
    CSRF,
    SignedIn,
    check_csrf,
    check_origin,
    cookie_name,
    drop_cookie,
    posted,
    read_form,
    session_secret,
    set_cookie,
)
from api.desk.render import ASSETS, VERSION, page, see_other
from api.desk.router import desk_router
from api.web.routes import PAGE_HEADERS
from ledger.desk.sessions import LONGEST_MS, link_opens, sign_in_by_link, sign_out
from schemas.problem import MissingError

router = desk_router()
_BROWSER = "oreprint-browser"
"""The cookie that the forms of the sign-in pages are bound to, while there is no session."""


@router.get("/desk/sign-in", name="sign-in")
async def sign_in(request: Request) -> Response:
    """Return the sign-in page."""
    return page(request, None, "sign-in.html")


@router.get("/desk/link/{secret}", name="link")
async def link(request: Request, server: AppStateDep, secret: str) -> Response:
    """Return the button that uses up a link: programs which look at the links in mails don't press it."""
    opens = await run_in_threadpool(link_opens, server.registry, secret)
    token = request.cookies.get(cookie_name(server.parts.origin, _BROWSER)) or token_urlsafe(32)
    answer = page(request, None, "link.html", status=200 if opens else 410, opens=opens, token=token)
    set_cookie(answer, server.parts.origin, token, name=_BROWSER)
    return answer


@router.post("/desk/link/{secret}", name="use-link")
async def use_link(request: Request, server: AppStateDep, secret: str) -> Response:
    """Use up a link, and sign its person in."""
    check_origin(request)
    form = await read_form(request, fields=())
    check_csrf(form.get(CSRF), request.cookies.get(cookie_name(server.parts.origin, _BROWSER), ""))
    before = session_secret(request, server)
    made = await run_in_threadpool(sign_in_by_link, server.registry, secret, before=before)
    answer = see_other("/desk")
    set_cookie(answer, server.parts.origin, made, seconds=LONGEST_MS // 1000)
    return answer


@router.post("/desk/sign-out", name="sign-out")
async def leave(request: Request, server: AppStateDep, visit: SignedIn) -> Response:
    """End the session."""
    await posted(request, visit, fields=())
    await run_in_threadpool(sign_out, server.registry, session_secret(request, server) or "")
    answer: Response = RedirectResponse("/desk/sign-in", 303)
    drop_cookie(answer, server.parts.origin)
    return answer


@router.get("/desk/static/{version}/{name:path}", name="desk-static")
async def static(version: str, name: str) -> Response:
    """Return a file of the desk's pages."""
    asset = ASSETS.get(name)
    if asset is None or version != VERSION:
        raise MissingError.at("api.not-found")
    headers = {**PAGE_HEADERS, "cache-control": "public, max-age=31536000, immutable"}
    return Response(asset.plain, media_type=asset.media_type, headers=headers)
