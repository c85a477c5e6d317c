"""AZ-10: what pages of other sites may read. Every route of the application is asked; it is open or closed for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.routing import Route

from api.access import PUBLIC
from tests.support.http.operations import BODIES, filled_wholly

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response

    from tests.support.http.door import Door

SITE: Final = {"Origin": "https://verifier.example"}
CLOSED_PAGES: Final = {("GET", "/docs"), ("GET", "/offline"), ("GET", "/worker.js")}
"""Parts of this site's own pages: no other site has a use for them."""


def routes(door: Door) -> Iterator[tuple[str, str]]:
    """Yield method and path of every route that the application serves, documented or not."""
    for route in door.served.app.routes:
        assert isinstance(route, Route)
        for method in sorted((route.methods or set()) - {"HEAD"}):
            yield method, route.path_format


def ask(door: Door, method: str, path: str, headers: dict[str, str]) -> Response:
    kind, body = BODIES.get(path, ("application/json", b"{}"))
    more = {"content-type": kind} if method == "POST" else {}
    door.client.cookies.clear()  # a page of the desk has set one, and an answer to a request with a cookie is closed
    return door.client.request(
        method,
        filled_wholly(path),
        content=body if method == "POST" else None,
        headers={**SITE, **headers, **more},
        follow_redirects=False,
    )


def allows(answer: Response) -> bool:
    """Return whether a page of another site may read an answer; nothing says half of it."""
    cors = {name: value for name, value in answer.headers.items() if name.startswith("access-control")}
    open_to_all = cors.get("access-control-allow-origin") == "*"
    assert bool(cors) == open_to_all
    assert "access-control-allow-credentials" not in cors
    policy = answer.headers["cross-origin-resource-policy"]
    assert policy == ("cross-origin" if open_to_all else "same-origin")
    return open_to_all


def test_az_10_every_route_is_open_to_other_sites_or_closed(door: Door) -> None:
    """Also where the answer is a refusal, as most are here: the addresses are filled with what names nothing."""
    found = [*routes(door)]
    assert set(found) >= PUBLIC, "a public route that is not served"
    assert len(found) > 150
    statuses = set()
    for method, path in found:
        answer = ask(door, method, path, {})
        assert allows(answer) == ((method, path) in PUBLIC), (method, path)
        if (method, path) in PUBLIC:
            assert {"ETag", "Link", "Retry-After"} <= set(
                answer.headers["access-control-expose-headers"].split(", ")
            ), path
            assert {"Authorization", "Cookie"} <= set(answer.headers["vary"].split(", ")), path
            statuses.add(answer.status_code)
    assert {200, 404} <= statuses
    assert {path for _, path in PUBLIC} & {path for _, path in CLOSED_PAGES} == set()
    assert not [path for _, path in PUBLIC if path.startswith("/desk")]


def test_az_10_an_answer_for_one_caller_is_closed_on_every_route(door: Door) -> None:
    for method, path in routes(door):
        for personal in (door.ann, {"Authorization": "Bearer ore_wrong"}, {"Cookie": "oreprint=x"}):
            assert not allows(ask(door, method, path, personal)), (method, path, personal)


def test_az_10_a_preflight_is_answered_for_open_routes_only(door: Door) -> None:
    door.client.cookies.clear()
    for method, path in routes(door):
        for wanted in {method, "HEAD"} if method == "GET" else {method}:
            asked = {"Access-Control-Request-Method": wanted, "Access-Control-Request-Headers": "authorization"}
            answer = door.client.options(filled_wholly(path), headers={**SITE, **asked})
            if (method, path) not in PUBLIC:
                assert (answer.status_code, allows(answer)) == (405, False), (method, path)
                continue
            assert (answer.status_code, allows(answer), answer.content) == (204, True, b""), (method, path)
            assert wanted in answer.headers["access-control-allow-methods"].split(", ")
            sent = answer.headers["access-control-allow-headers"].lower().split(", ")
            assert {"content-type", "if-none-match"} <= set(sent)
            assert not {"authorization", "cookie", "*"} & set(sent)
    other = {"Access-Control-Request-Method": "DELETE"}
    assert door.client.options("/checkpoint", headers={**SITE, **other}).status_code == 405
    assert door.client.options("/nothing", headers=SITE).status_code == 404
    plain = door.client.options("/v1/verify")
    assert (plain.status_code, plain.headers["allow"]) == (204, "OPTIONS, POST")


def test_az_10_refusals_before_any_route_are_as_open_as_the_route(door: Door) -> None:
    door.client.cookies.clear()
    packed = {**SITE, "Content-Encoding": "gzip"}
    assert allows(door.client.post("/v1/verify", content=b"x", headers=packed))
    assert not allows(door.client.post("/v1/certificates", content=b"x", headers=packed))
    assert not allows(door.client.get("/nothing", headers=SITE))
