"""Access: a route is listed in `PUBLIC`, or it names the scope that a token must have.

Rules: deny by default (a test walks every route of the OpenAPI document); a token acts for its own tenant and nobody
else; a wrong token is an error even where none is needed; missing, unknown and revoked tokens look the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Depends, Request, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from api.app_state import AppStateDep
from ledger.admin.tokens import Scope, Token, find_token
from schemas.problem import AccessError

PUBLIC: Final = frozenset(
    {
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("GET", "/v1/certificates/{digest}"),
        ("GET", "/v1/certificates/{digest}/verification"),
        ("GET", "/v1/certificates/{digest}/chain"),
        ("GET", "/v1/certificates/{digest}/bundle"),
        ("GET", "/v1/certificates/{digest}/label.svg"),
        ("GET", "/v1/certificates/{digest}/label.png"),
        ("POST", "/v1/verify"),
        ("GET", "/checkpoint"),
        ("GET", "/tile/{path}"),
        ("GET", "/log/{number}/checkpoint"),
        ("GET", "/log/{number}/tile/{path}"),
        ("GET", "/log/{number}/published/{index}"),
        ("GET", "/status/{name}"),
        ("GET", "/published/{index}"),
        ("GET", "/trust.json"),
        ("GET", "/.well-known/did.json"),
        ("GET", "/parties/{name}/did.json"),
        ("GET", "/01/{gtin}"),
        ("GET", "/ns/v1"),
        ("GET", "/.well-known/gs1resolver"),
        ("GET", "/01/{gtin}/10/{lot}"),
        ("GET", "/01/{gtin}/21/{serial}"),
        ("GET", "/414/{gln}"),
        ("GET", "/414/{gln}/254/{extension}"),
        ("GET", "/problems/{code}"),
        ("GET", "/c/{digest:path}"),
        ("GET", "/"),
        ("POST", "/check"),
        ("GET", "/static/{version}/{name:path}"),
    }
)
"""Routes that need no token; what they show without one is for everybody."""

BEARER: Final = HTTPBearer(auto_error=False, description="A token of `oreprint tokens create`.")


async def caller(request: Request, server: AppStateDep) -> Token | None:
    """Return the token that a request bears, or None where it bears none.

    Raises:
        AccessError: `api.token`, `api.rate`.
    """
    headers = request.headers.getlist("authorization")
    if not headers:
        return None
    kind, _, secret = headers[0].partition(" ")
    single = kind.lower() == "bearer" and len(headers) == 1  # of two, a proxy may have judged the other one
    found = find_token(server.watch, secret) if single else None
    if found is None:
        # counted only here: who shares an address with a stranger, as all do behind a proxy, must not be locked out by
        # one
        server.rates.count("wrong token", request.client.host if request.client else "")
        raise AccessError.at("api.token")
    request.state.tenant = found.tenant
    return found


Caller = Annotated[Token | None, Depends(caller)]


_SCOPES: Final[dict[object, Scope | None]] = {}


def needs(scope: Scope | None) -> Callable[..., Awaitable[Token]]:
    """Return the dependency of a route that a token with `scope` opens; None means any token."""

    async def allowed(
        request: Request, server: AppStateDep, found: Caller, _: Annotated[object, Security(BEARER)] = None
    ) -> Token:
        if found is None:
            raise AccessError.at("api.token")
        if scope is not None:
            check_scope(found, scope)
        if request.method != "GET":
            server.rates.count("write", found.id)
        return found

    _SCOPES[allowed] = scope
    return allowed


def is_scoped(dependency: object) -> bool:
    """Tell whether a dependency is one of `needs`."""
    return dependency in _SCOPES


def scope_of(route: APIRoute) -> str:
    """Return what a route needs, in a word for its documentation: a scope, `any`, or `public`."""
    for dependency in route.dependant.dependencies:
        if dependency.call in _SCOPES:
            return _SCOPES[dependency.call] or "any"
    return "public"


Reader = Annotated[Token, Depends(needs("read"))]
Issuer = Annotated[Token, Depends(needs("issue"))]
Auditor = Annotated[Token, Depends(needs("audit"))]
Admin = Annotated[Token, Depends(needs("admin"))]
Speaker = Annotated[Token, Depends(needs(None))]
"""A token for a route whose scope depends on what is said."""


def reading_party(token: Token | None) -> str | None:
    """Return the party for which a caller reads, or None for the public."""
    return token.tenant if token is not None and "read" in token.scopes else None


def check_scope(token: Token, scope: Scope) -> None:
    """Refuse what a token may not do; raise AccessError `api.scope`."""
    if scope not in token.scopes:
        raise AccessError.at("api.scope", scope=scope)


def check_tenant(token: Token, did: str) -> None:
    """Refuse to act for another party; raise AccessError `api.tenant`."""
    if token.tenant != did:
        raise AccessError.at("api.tenant")
