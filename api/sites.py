"""The answers that pages of other sites may read (CORS, Fetch Standard 3.2): one rule over all routes.

Rules:

1. Every site may read what anybody may see: answers of the routes in `api.access.PUBLIC`, their refusals included. A
   new route is closed until it is listed there.
2. An answer is closed if its request has `Authorization` or a cookie, since it is for one caller. No answer allows
   credentials, and no preflight allows `Authorization`.
3. `OPTIONS` is answered here for open routes, as preflights and GS1 resolvers need it. Elsewhere it is no method.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from api.access import PUBLIC

_PERSONAL: Final = frozenset({b"authorization", b"cookie"})
_VARY: Final = ("Authorization", "Cookie")
"""A shared cache must not give one caller's answer to a site, nor an answer without these headers."""
_REPLACED: Final = frozenset({b"cross-origin-resource-policy", b"vary"})
_EXPOSED: Final = "Content-Disposition, ETag, Link, Location, Retry-After, X-Request-Id"
"""Headers that a program needs and that browsers would hide from it (Fetch Standard, 3.2.5)."""
_SENT: Final = "Accept, Accept-Language, Content-Type, If-None-Match"
"""Headers that a page may send."""
_DAY_SECONDS: Final = 86_400

_METHODS: Final = {
    path: frozenset(method for method, other in PUBLIC if other == path) for path in {path for _, path in PUBLIC}
}


def _named(methods: Iterable[str]) -> str:
    """Return the methods of an open path, as headers list them."""
    return ", ".join(sorted({*methods, "OPTIONS", *(("HEAD",) if "GET" in methods else ())}))


_OPEN: Final = {
    path: (
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", _named(methods).encode()),
        (b"access-control-expose-headers", _EXPOSED.encode()),
        (b"cross-origin-resource-policy", b"cross-origin"),
    )
    for path, methods in _METHODS.items()
}
"""Headers of open answers by the path of their route (hot path)."""


def route_of(scope: Scope, method: str) -> BaseRoute | None:
    """Return the route of a request's path for a method, or None."""
    asked = {**scope, "method": method}
    return next((each for each in scope["app"].router.routes if each.matches(asked)[0] is Match.FULL), None)


def preflight(scope: Scope) -> Response | None:
    """Return the answer to OPTIONS for an open route, which becomes the route of `scope`; None for any other."""
    wanted = Headers(scope=scope).get("access-control-request-method")
    for method in ("GET", "POST") if wanted is None else ("GET" if wanted == "HEAD" else wanted,):
        route = route_of(scope, method)
        path = _path(route)
        if (method, path) in PUBLIC:
            scope["route"] = route
            headers = {
                "allow": _named(_METHODS[path]),
                "access-control-allow-headers": _SENT,
                "access-control-max-age": str(_DAY_SECONDS),
            }
            return Response(status_code=204, headers=headers)
    return None


def with_sites(scope: Scope, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers of an answer with those for other sites, if they may read it (rules 1 and 2)."""
    path, method = _path(scope.get("route")), scope["method"]
    if path not in _METHODS or not (method in _METHODS[path] or method == "OPTIONS"):
        return headers
    varies = [each.strip() for name, value in headers if name == b"vary" for each in value.decode().split(",")]
    vary = (b"vary", ", ".join(dict.fromkeys((*varies, *_VARY))).encode())
    if any(name in _PERSONAL for name, _ in scope["headers"]):
        return [*(each for each in headers if each[0] != b"vary"), vary]
    return [*(each for each in headers if each[0] not in _REPLACED), vary, *_OPEN[path]]


def _path(route: object) -> str:
    """Return the path of a route as `PUBLIC` writes it, without converters."""
    return getattr(route, "path_format", "")
