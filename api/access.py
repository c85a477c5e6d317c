"""Access: a route is listed in `PUBLIC`, or it names the scope that a token must have.

Rules: deny by default (a test walks every route of the OpenAPI document); a token acts for its own tenant and nobody
else; the secret of a private link reads its certificate alone, keeps its hooks, and tells its sender that the goods
came; a wrong token is an error even where none is needed; missing, unknown and revoked tokens look the same.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeGuard

from fastapi import Depends, Request, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer

from api.app_state import AppState, AppStateDep
from api.rates import address_of
from ledger.admin.tokens import Token, find_token
from ledger.bundles.views import Reader as CertificateReader
from ledger.bundles.views import SharedView
from ledger.changes.share import Share, find_share
from schemas.person import Scope
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
        ("GET", "/v1/certificates/{digest}/certificate.pdf"),
        ("GET", "/v1/certificates/{digest}/crma.pdf"),
        ("GET", "/v1/certificates/{digest}/dfars.pdf"),
        ("GET", "/v1/certificates/{digest}/figures.csv"),
        ("GET", "/v1/changes"),
        ("POST", "/v1/verify"),
        ("POST", "/v1/audit/inside"),
        ("GET", "/checkpoint"),
        ("GET", "/tile/{path}"),
        ("GET", "/log/{number}/checkpoint"),
        ("GET", "/log/{number}/tile/{path}"),
        ("GET", "/log/{number}/published/{index}"),
        ("GET", "/status/{name}"),
        ("GET", "/published/{index}"),
        ("GET", "/trust.json"),
        ("GET", "/trust/{number}"),
        ("GET", "/.well-known/did.json"),
        ("GET", "/.well-known/security.txt"),
        ("GET", "/parties/{name}/did.json"),
        ("GET", "/01/{gtin}"),
        ("GET", "/ns/v1"),
        ("GET", "/.well-known/gs1resolver"),
        ("GET", "/01/{gtin}/10/{lot}"),
        ("GET", "/01/{gtin}/21/{serial}"),
        ("GET", "/414/{gln}"),
        ("GET", "/414/{gln}/254/{extension}"),
        ("GET", "/01/{rest}"),
        ("GET", "/414/{rest}"),
        ("GET", "/problems/{code}"),
        ("GET", "/openapi.json"),
        ("GET", "/c/{digest}"),
        ("GET", "/"),
        ("POST", "/check"),
        ("GET", "/static/{version}/{name}"),
    }
)
"""Routes that need no token; everybody may see what they show without one, and every site (`api.sites`)."""

IMPLIED: Final[dict[Scope, Scope]] = {"accept": "move", "share": "move"}
"""Scopes that include others: who may move goods may also accept and share them."""
BEARER: Final = HTTPBearer(auto_error=False, description="A token of `oreprint tokens create`.")


async def caller(request: Request, server: AppStateDep) -> Token | Share | None:
    """Return the token or private link of a request, or None if it has none.

    Raises:
        AccessError: `api.token`, `api.rate`, `token.held`, `share.ended`, `share.held`.
    """
    headers = request.headers.getlist("authorization")
    if not headers:
        return None
    kind, _, secret = headers[0].partition(" ")
    single = kind.lower() == "bearer" and len(headers) == 1  # of two, a proxy may have judged the other one
    found = _borne(server, secret) if single else None
    if found is None:
        # counted only here: who shares an address with a stranger, as all do behind a proxy, must not be locked out by
        # one
        server.rates.count("wrong token", address_of(request))
        raise AccessError.at("api.token")
    if isinstance(found, Token):
        request.state.tenant = found.tenant
    return found


def _borne(server: AppState, secret: str) -> Token | Share | None:
    """Return the access that a secret gives: a token's party or a private link's certificate.

    Raises:
        AccessError: `token.held`, `share.ended`, `share.held`.
    """
    now = server.registry.runtime.now_ms()
    found = find_token(server.watch, secret, now_ms=now)
    if found is None:
        return find_share(server.watch, secret, now_ms=now)
    server.used_tokens[found.id] = now
    return found


Caller = Annotated[Token | Share | None, Depends(caller)]


_SCOPES: Final[dict[object, Scope | None]] = {}


def needs(scope: Scope | None) -> Callable[..., Awaitable[Token]]:
    """Return the dependency of a route that a token with `scope` opens; None means any token."""

    async def allowed(
        request: Request, server: AppStateDep, found: Caller, _: Annotated[object, Security(BEARER)] = None
    ) -> Token:
        if not isinstance(found, Token):  # a private link is for reading one certificate
            raise AccessError.at("api.token")
        if scope is not None:
            check_scope(found, scope)
        if request.method != "GET":
            server.rates.count("write", found.id)
        return found

    _SCOPES[allowed] = scope
    return allowed


async def link_holder(
    request: Request, server: AppStateDep, found: Caller, _: Annotated[object, Security(BEARER)] = None
) -> Share:
    """Return the private link of a request; raise AccessError `api.token` if it has none."""
    del request
    if not isinstance(found, Share):
        raise AccessError.at("api.token")
    server.rates.count("write", found.id)
    return found


_SCOPES[link_holder] = None


def is_scoped(dependency: object) -> bool:
    """Return whether a dependency is one of `needs`."""
    return dependency in _SCOPES


def scope_of(route: APIRoute) -> str:
    """Return what a route needs, in a word for its documentation: a scope, `any`, `private link`, or `public`."""
    for dependency in route.dependant.dependencies:
        if dependency.call is link_holder:
            return "private link"
        if dependency.call in _SCOPES:
            return _SCOPES[dependency.call] or "any"
    return "public"


Reader = Annotated[Token, Depends(needs("read"))]
Issuer = Annotated[Token, Depends(needs("issue"))]
Mover = Annotated[Token, Depends(needs("move"))]
RecipeWriter = Annotated[Token, Depends(needs("recipe"))]
Approver = Annotated[Token, Depends(needs("approve"))]
Sharer = Annotated[Token, Depends(needs("share"))]
Auditor = Annotated[Token, Depends(needs("audit"))]
Admin = Annotated[Token, Depends(needs("admin"))]
LinkHolder = Annotated[Share, Depends(link_holder)]
"""Whoever has a private link; no token will do."""
Speaker = Annotated[Token, Depends(needs(None))]
"""A token for a route whose scope depends on what is said."""


def reader_of(caller: Token | Share | None) -> CertificateReader:
    """Return for whom a caller reads: its party, a private link's view, or the public."""
    if isinstance(caller, Share):
        return SharedView(caller.certificate, caller.audience)
    return caller.tenant if caller is not None and "read" in caller.scopes else None


def tenant_of(caller: Token | Share | None) -> str | None:
    """Return the party that a caller acts for; None for the public and for who has a private link."""
    return caller.tenant if isinstance(caller, Token) else None


def opens(caller: Token | Share | None, digest: str) -> TypeGuard[Share]:
    """Return whether a caller has the private link to a certificate."""
    return isinstance(caller, Share) and caller.certificate == digest


def check_scope(token: Token, scope: Scope) -> None:
    """Refuse what a token may not do; raise AccessError `api.scope`."""
    if scope not in token.scopes and IMPLIED.get(scope) not in token.scopes:
        raise AccessError.at("api.scope", scope=scope)


def check_tenant(token: Token, did: str) -> None:
    """Refuse to act for another party; raise AccessError `api.tenant`."""
    if token.tenant != did:
        raise AccessError.at("api.tenant")
