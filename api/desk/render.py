"""The pages of the desk: templates in the reader's language, with the headers of every page.

Rules: whatever is put into a template is escaped. A page is never kept by caches. Problems are listed above the
form, each linked to its field, and beside the field itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import Request
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from api.app_state import AppState
from api.desk.access import Visit, is_local
from api.desk.words import DESK_LANGUAGES, LANGUAGE_COOKIE, desk_language, desk_words
from api.problems import status_of
from api.web.assets import read_assets, version_of
from api.web.routes import PAGE_HEADERS
from schemas.problem import OreprintError, Problem
from schemas.sentences import readable

ASSETS: Final = read_assets(files("api.desk") / "static")
VERSION: Final = version_of(ASSETS)
_HEADERS: Final = {
    **PAGE_HEADERS,
    "cache-control": "no-store",
    "vary": "Accept-Language, Cookie",
    "referrer-policy": "same-origin",  # with no-referrer browsers say of a form that it comes from `null`
}
FRAGMENT_HEADERS: Final = _HEADERS
"""Of a part of a page that a script asks for."""
KEYS_COOKIE: Final = "oreprint-desk-keys"
"""Says `off` where a person wants no key of a single character."""
_YEAR_SECONDS: Final = 365 * 24 * 60 * 60


class ShownProblem(NamedTuple):
    """A problem as a page tells it: the name of its field, or nothing, and the sentence.

    `this` where the sentence says "this field", so that a list of problems has to name it.
    """

    field: str
    sentence: Markup
    this: bool


def page(
    request: Request,
    visit: Visit | None,
    template: str,
    *,
    status: int = 200,
    problems: Sequence[Problem] = (),
    **values: object,
) -> Response:
    """Return a page of the desk; `visit` is None for somebody who is not signed in.

    A problem whose place is the name of a field is linked to the element with the id ``f-<name>``.
    """
    tag = desk_language(request)
    told = [
        ShownProblem(each.place, desk_words(tag).problem(each._replace(place="")), each.code.startswith("desk.field-"))
        for each in problems
    ]
    here = request.url.path
    shared: Mapping[str, Any] = {
        "visit": visit,
        "csrf": visit.csrf if visit is not None else "",
        "problems": told,
        "labels": {},  # of the fields, by name, once a page has written them
        "field_problems": {each.field: each.sentence for each in reversed(told) if each.field},
        "here": here,
        "query": "".join(f"&{urlencode([each])}" for each in request.query_params.multi_items() if each[0] != "lang"),
        "paths": _paths(request),
        "keys": request.cookies.get(KEYS_COOKIE) != "off",
    }
    html: str = _environment(tag).get_template(template).render({**shared, **values})
    answer = Response(html, status, {**_HEADERS, "content-language": tag}, "text/html; charset=utf-8")
    if request.query_params.get("lang") in DESK_LANGUAGES:
        keep_choice(answer, request, LANGUAGE_COOKIE, tag)
    return answer


def keep_choice(answer: Response, request: Request, name: str, value: str) -> None:
    """Let the browser keep a person's choices about the desk's pages."""
    server: AppState = request.app.state.server
    secure = not is_local(server.parts.origin)
    answer.set_cookie(name, value, _YEAR_SECONDS, path="/desk", secure=secure, httponly=True, samesite="lax")


def part(request: Request, visit: Visit, template: str, **values: object) -> Markup:
    """Return a part of a page, such as a section of Today."""
    shared: Mapping[str, Any] = {"visit": visit, "csrf": visit.csrf, "paths": _paths(request), "labels": {}}
    return Markup(_environment(desk_language(request)).get_template(template).render({**shared, **values}))  # noqa: S704 - a template escapes


def see_other(path: str) -> Response:
    """Return the answer to a form that was accepted: the browser gets `path`, and reloading sends nothing twice."""
    return RedirectResponse(path, 303, {"cache-control": "no-store"})


def refused(request: Request, error: OreprintError) -> Response:
    """Return the page that says why a request was refused, and what to do."""
    visit = getattr(request.state, "visit", None)
    status = status_of(error)
    answer = page(request, visit, "refused.html", status=status, problems=error.problems)
    if status == 401:
        answer.headers["www-authenticate"] = "Bearer" if error.code == "desk.token" else "Cookie"
    if status == 429:
        answer.headers["retry-after"] = error.problems[0].facts["seconds"]
    return answer


@lru_cache(maxsize=8)
def _paths_of(app: object) -> frozenset[str]:
    routes: Any = getattr(app, "routes", ())
    return frozenset(path for each in routes if (path := getattr(each, "path", "")).startswith("/desk"))


def _paths(request: Request) -> frozenset[str]:
    """Return the paths of the desk's screens."""
    return _paths_of(request.app)


@lru_cache(maxsize=len(DESK_LANGUAGES))
def _environment(tag: str) -> Environment:
    """Return the templates in one language."""
    environment = Environment(
        loader=PackageLoader("api.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
    )
    words = desk_words(tag)
    environment.globals |= {"words": words, "languages": DESK_LANGUAGES, "static": f"/desk/static/{VERSION}"}
    environment.filters["readable"] = readable
    environment.install_gettext_translations(words.translations, newstyle=True)  # type: ignore[attr-defined]
    return environment
