"""The browser of somebody who is not signed in yet: a cookie that binds forms and challenges to it."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Final

from fastapi import Request
from starlette.datastructures import FormData
from starlette.responses import Response

from api.app_state import AppState
from api.desk.access import CSRF, check_csrf, check_origin, cookie_name, read_form, set_cookie
from api.desk.render import page
from schemas.problem import Problem

_COOKIE: Final = "oreprint-browser"
_BYTES: Final = 32


def browser_of(request: Request) -> str:
    """Return the secret of the cookie of a browser, which its forms carry; empty without a cookie."""
    server: AppState = request.app.state.server
    return request.cookies.get(cookie_name(server.parts.origin, _COOKIE), "")


def bound_page(
    request: Request, template: str, *, status: int = 200, problems: tuple[Problem, ...] = (), **values: object
) -> Response:
    """Return a page for somebody who is not signed in; its forms carry `token`, as its cookie does."""
    server: AppState = request.app.state.server
    token = browser_of(request) or token_urlsafe(_BYTES)
    answer = page(request, None, template, status=status, problems=problems, token=token, **values)
    set_cookie(answer, server.parts.origin, token, name=_COOKIE)
    return answer


async def bound_form(request: Request, *fields: str) -> FormData:
    """Return the fields of a form of a page for somebody who is not signed in.

    Raises:
        AccessError: `desk.elsewhere`, `desk.form`; InputError: `desk.form-field`, `desk.form-text`.
    """
    check_origin(request)
    form = await read_form(request, fields=fields)
    check_csrf(form.get(CSRF), browser_of(request) or "no cookie")
    return form
