"""Access to the desk: the session of a cookie, what the person may do, and where a form was sent from.

Rules:

1. Every route of the desk is listed in `OPEN`, or it takes a `Visit`: by `SignedIn`, or by `needs` with a scope.
2. The desk takes the cookie and nothing else; a request with `Authorization` is answered 401. `/v1` ignores the cookie.
3. A form is accepted only if it was sent from this registry's own pages, in this session.
4. Plain http is refused, except on the machine itself.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection
from hmac import compare_digest
from typing import Annotated, Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from api.app_state import AppState, AppStateDep
from api.desk.words import desk_language
from api.request_body import media_type, whole_body
from ledger.desk.passkeys import RelyingParty, relying_party
from ledger.desk.people import Person
from ledger.desk.sessions import LONGEST_MS, Session, find_session
from ledger.desk.waiting_counts import WaitingCounts, waiting_counts
from schemas.person import Scope
from schemas.problem import AccessError, InputError

OPEN: Final = frozenset(
    {
        ("GET", "/desk/sign-in"),
        ("POST", "/desk/sign-in"),
        ("POST", "/desk/sign-in/challenge"),
        ("GET", "/desk/company"),
        ("GET", "/desk/company/back"),
        ("GET", "/desk/link/{secret}"),
        ("POST", "/desk/link/{secret}"),
        ("GET", "/desk/static/{version}/{name:path}"),
    }
)
"""Routes that need no session."""
FORM: Final = "application/x-www-form-urlencoded"
MOST_FORM_BYTES: Final = 1024 * 1024
MOST_FIELDS: Final = 5000
CSRF: Final = "csrf"
"""The name of the field that each form carries."""
_QUERY: Final = re.compile("[?#]")
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_COOKIE: Final = "oreprint-desk"


class AnsweredError(Exception):
    """A dependency has answered the request: `response` is sent."""

    def __init__(self, response: Response) -> None:
        """Keep the answer."""
        self.response = response


class Visit(NamedTuple):
    """A request of a person who is signed in, with what waits for it; `fresh` if it proved within minutes who it is."""

    person: Person
    session: Session
    language: str
    csrf: str
    fresh: bool
    waits: WaitingCounts

    @property
    def party(self) -> str:
        """The DID of the person's party."""
        return self.person.party

    @property
    def author(self) -> str:
        """The name by which events and approvals know the person."""
        return self.person.author

    def may(self, scope: Scope) -> bool:
        """Return whether the person may do something."""
        return scope in self.person.scopes


def is_local(origin: str) -> bool:
    """Return whether an origin is plain http on the machine itself."""
    parts = urlsplit(origin)
    return parts.scheme == "http" and parts.hostname in _LOCAL


def cookie_name(origin: str, name: str = _COOKIE) -> str:
    """Return the name of a cookie: browsers let `__Host-` be set only by the very host, over TLS."""
    return name if is_local(origin) else f"__Host-{name}"


def set_cookie(answer: Response, origin: str, value: str, *, name: str = _COOKIE, seconds: int | None = None) -> None:
    """Set a cookie that scripts can't read and other sites can't send with a form."""
    answer.set_cookie(
        cookie_name(origin, name),
        value,
        max_age=seconds,
        path="/",
        secure=not is_local(origin),
        httponly=True,
        samesite="lax",
    )


def keep_session(answer: Response, origin: str, secret: str) -> Response:
    """Give the browser the secret of a session; return the answer."""
    set_cookie(answer, origin, secret, seconds=LONGEST_MS // 1000)
    return answer


def drop_cookie(answer: Response, origin: str) -> None:
    """Tell the browser to forget the session."""
    set_cookie(answer, origin, "", seconds=0)


async def at_desk(request: Request, server: AppStateDep) -> None:
    """Check what every request to the desk must keep to, or raise.

    Raises:
        AccessError: `desk.token` with an `Authorization` header, `desk.plain-http`.
    """
    if "authorization" in request.headers:
        raise AccessError.at("desk.token")
    origin = server.parts.origin
    if urlsplit(origin).scheme != "https" and not is_local(origin):
        raise AccessError.at("desk.plain-http", origin=origin)


def session_secret(request: Request, server: AppState) -> str | None:
    """Return the value of the session's cookie, if there is one."""
    return request.cookies.get(cookie_name(server.parts.origin))


async def signed_in(request: Request, server: AppStateDep) -> Visit:
    """Return the visit of the person who is signed in; send anybody else to the sign-in page."""
    secret = session_secret(request, server)
    by_itself = request.headers.get("oreprint-refresh") == "1"
    session = None
    if secret is not None:
        session = await run_in_threadpool(find_session, server.registry, secret, touch=not by_itself)
    if session is None:
        if request.method != "GET":
            raise AccessError.at("desk.signed-out")
        raise AnsweredError(see_sign_in(request))
    request.state.tenant = session.person.party
    fresh = server.registry.runtime.now_ms() < session.fresh_until_ms
    waits = await run_in_threadpool(waiting_counts, server.registry, session.person)
    visit = Visit(session.person, session, desk_language(request), session.csrf, fresh, waits)
    request.state.visit = visit
    return visit


SignedIn = Annotated[Visit, Depends(signed_in)]


def needs(*scopes: Scope) -> Callable[..., Awaitable[Visit]]:
    """Return the dependency of a route for people who may do what one of `scopes` says; it raises `desk.role`."""

    async def allowed(visit: SignedIn) -> Visit:
        if visit.person.scopes.isdisjoint(scopes):
            raise AccessError.at("desk.role", scope=scopes[0])
        return visit

    return allowed


Admin = Annotated[Visit, Depends(needs("admin"))]
Approver = Annotated[Visit, Depends(needs("approve"))]
Changer = Annotated[Visit, Depends(needs("issue", "withdraw"))]
Clerk = Annotated[Visit, Depends(needs("issue"))]
Engineer = Annotated[Visit, Depends(needs("recipe"))]
GoodsIn = Annotated[Visit, Depends(needs("accept"))]
HANDLING: Final[tuple[Scope, ...]] = ("issue", "move", "accept", "withdraw")
"""Who handles goods may send labels to a printer in the plant; who only reads may download them."""
Handler = Annotated[Visit, Depends(needs(*HANDLING))]
Mover = Annotated[Visit, Depends(needs("move"))]
Quality = Annotated[Visit, Depends(needs("withdraw"))]
Reader = Annotated[Visit, Depends(needs("read"))]
Sharer = Annotated[Visit, Depends(needs("share"))]


def desk_router() -> APIRouter:
    """Return a router whose routes are held to the rules of the desk and left out of the API's document."""
    return APIRouter(include_in_schema=False, dependencies=[Depends(at_desk)])


async def posted(request: Request, visit: Visit, *, fields: Collection[str] | None = None) -> FormData:
    """Return the fields of a form that one of our pages sent; of other fields than `fields` none is accepted.

    Raises:
        AccessError: `desk.elsewhere`, `desk.form`; InputError: `desk.form-field`, `desk.form-text`, ``api.*``.
    """
    check_origin(request)
    form = await read_form(request, fields=fields)
    check_csrf(form.get(CSRF), visit.csrf)
    return form


def check_origin(request: Request) -> None:
    """Check that a request was sent from a page of this registry, or raise AccessError `desk.elsewhere`."""
    server: AppState = request.app.state.server
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site")
    if site not in {None, "same-origin"} or origin not in {None, server.parts.origin} or (site or origin) is None:
        raise AccessError.at("desk.elsewhere", origin=server.parts.origin)


def check_csrf(given: object, expected: str) -> None:
    """Check what a form carries against its session, or raise AccessError `desk.form`."""
    if not isinstance(given, str) or not compare_digest(given.encode(), expected.encode()):
        raise AccessError.at("desk.form")


async def read_form(request: Request, *, fields: Collection[str] | None = None) -> FormData:
    """Return the fields of a form, each within its bounds.  Errors: as `posted`."""
    media_type(request, (FORM,))
    body = await whole_body(request, most=MOST_FORM_BYTES)
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError as error:
        raise InputError.at("desk.form-text") from error
    unknown = next((name for name, _ in pairs if fields is not None and name not in {*fields, CSRF}), None)
    if unknown is not None:
        raise InputError.at("desk.form-field", name=unknown)
    return FormData([*pairs])


def prove_first(visit: Visit, back: str) -> None:
    """Send a person whose proof is not fresh to prove who it is, and from there to `back`."""
    if not visit.fresh:
        raise AnsweredError(RedirectResponse(f"/desk/prove?next={quote(back)}", 303))


def passkey_site(server: AppState) -> RelyingParty:
    """Return the site that passkeys are bound to; raise AccessError `people.passkey` where browsers allow none."""
    site = relying_party(server.parts.origin)
    if site is None:
        raise AccessError.at("people.passkey")
    return site


def see_sign_in(request: Request) -> Response:
    """Return the answer that leads to the sign-in page, and from there back."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"/desk/sign-in?next={quote(request.url.path + query)}", 303)


def way_back(path: str | None) -> str:
    """Return a path of the desk as it was given; Today's for anything else, so that no form leads elsewhere."""
    given = path or ""
    parts = unquote(_QUERY.split(given)[0]).split("/")  # browsers take %2e for a dot, too
    inside = given.startswith("/desk") and parts[1] == "desk" and {".", ".."}.isdisjoint(parts)
    plain = given.isascii() and given.isprintable() and "\\" not in given
    return given if inside and plain else "/desk"
