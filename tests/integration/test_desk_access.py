"""Who gets into the desk, and what its forms must carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi.routing import APIRoute

from api.desk.access import OPEN, needs, signed_in, way_back
from api.desk.routes import ROUTERS
from ledger.desk.people import one_time_link
from ledger.desk.sessions import link_opens
from tests.support.http.desk import desk, form_token, person, sign_in, visitor
from tests.support.http.server import ANN, ORIGIN, Served, serve

if TYPE_CHECKING:
    from pathlib import Path

OURS = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


@pytest.fixture(scope="module")
def shared_home(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(tmp_path_factory.mktemp("desk"))


def test_every_route_of_the_desk_is_open_by_name_or_takes_a_visit() -> None:
    guards = {signed_in.__qualname__, needs("read").__qualname__}
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    assert len(routes) > 5
    for route in routes:
        assert route.path == "/desk" or route.path.startswith("/desk/")
        for method in route.methods or ():
            visited = any(getattr(each.call, "__qualname__", "") in guards for each in route.dependant.dependencies)
            assert visited != ((method, route.path) in OPEN), (method, route.path)


def test_who_is_not_signed_in_is_led_to_the_sign_in_page(shared_home: Served) -> None:
    with visitor(shared_home) as client:
        answer = client.get("/desk?a=1", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/sign-in?next=/desk%3Fa%3D1")
        answer = client.post("/desk/sign-out", data={"csrf": "x"}, headers=OURS)
        assert answer.status_code == 401
        assert "You are signed out" in answer.text


@pytest.mark.parametrize(
    "path", ["/desk", "/desk?a=1", "/desk/lots?state=../x", "/desk/approvals/3#a/../b", "/desk/recipes/N%C3%A9"]
)
def test_a_way_back_leads_to_a_page_of_the_desk(path: str) -> None:
    assert way_back(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "/desk/../../x", "/desk/..", "/desk/./../x", "/desk/%2e%2e/x", "/desk/%2E./x", "/desk/.%2e", "/desk/a/..?b", "/desk/..#b",
        "/desk%2f../x", "/desk/x%2f..%2f..%2fy", "/deskx", "/desk\\..\\x", "//desk/x", "//evil.example/desk", "https://evil.example/desk",
        "/desk/\n/x", "/desk/\t../x", "/desk/é", "", None, "desk", " /desk", "/desk;/../x",
    ],
)  # fmt: skip
def test_a_way_back_leads_nowhere_else(path: str | None) -> None:
    assert way_back(path) == "/desk"


def test_a_link_signs_in_once_and_only_by_its_button(served: Served) -> None:
    who = person(served, "clerk", name="Li Wei")
    secret = one_time_link(served.registry, who.id, by="operator")
    with visitor(served) as client:
        for _ in range(3):  # as programs do that look at the links in mails
            assert client.get(f"/desk/link/{secret}").status_code == 200
        assert link_opens(served.registry, secret)
        token = form_token(client.get(f"/desk/link/{secret}").text)
        answer = client.post(f"/desk/link/{secret}", data={"csrf": token}, headers=OURS)
        assert answer.status_code == 200
        assert "Li Wei" in answer.text
        assert not link_opens(served.registry, secret)
    with visitor(served) as other:
        assert other.get(f"/desk/link/{secret}").status_code == 410
        page = other.get(f"/desk/link/{one_time_link(served.registry, who.id, by='operator')}")
        again = other.post(f"/desk/link/{secret}", data={"csrf": form_token(page.text)}, headers=OURS)
        assert again.status_code == 410
        assert other.get("/desk", follow_redirects=False).status_code == 303


def test_a_person_signs_out(shared_home: Served) -> None:
    with desk(shared_home, "clerk") as at:
        assert at.get("/desk").url == f"{ORIGIN}/desk"
        cookies = dict(at.client.cookies)
        assert at.post("/desk/sign-out").headers["location"] == "/desk/sign-in"
        at.client.cookies.update(cookies)  # the old cookie opens nothing
        assert at.client.get("/desk", follow_redirects=False).status_code == 303


def test_forms_from_elsewhere_and_without_their_token_are_refused(shared_home: Served) -> None:
    with desk(shared_home, "clerk") as at:
        token = at.token()
        for headers in (
            {"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
            {"origin": ORIGIN, "sec-fetch-site": "same-site"},
            {"origin": "null", "sec-fetch-site": "same-origin"},
        ):
            assert at.post("/desk/sign-out", token=token, headers=headers).status_code == 403
        assert at.client.post("/desk/sign-out", data={"csrf": token}).status_code == 403
        assert at.post("/desk/sign-out", token=token[1:]).status_code == 403
        assert at.post("/desk/sign-out", {"more": "x"}, token=token).status_code == 400
        assert at.get("/desk").status_code == 200, "still signed in"


def test_the_desk_takes_no_token_and_v1_no_cookie(shared_home: Served) -> None:
    with desk(shared_home, "clerk", "admin") as at:
        header = shared_home.token(ANN)
        for path in ("/desk", "/desk/sign-in", "/desk/link/x"):
            answer = at.get(path, headers=header)
            assert (answer.status_code, "not a token" in answer.text) == (401, True), path
        assert at.get("/v1/holdings").status_code == 401, "the cookie opens nothing there"


def test_the_cookie_is_kept_to_this_host_and_from_scripts(shared_home: Served) -> None:
    with visitor(shared_home) as client:
        link = f"/desk/link/{one_time_link(shared_home.registry, person(shared_home).id, by='operator')}"
        token = form_token(client.get(link).text)
        answer = client.post(link, data={"csrf": token}, headers=OURS, follow_redirects=False)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-oreprint-desk=ores_")
        for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/", "Max-Age=43200"):
            assert word in cookie
        assert "Domain" not in cookie


def test_pages_come_in_the_language_of_their_reader(shared_home: Served) -> None:
    with desk(shared_home, "clerk") as at:
        assert 'lang="en"' in at.get("/desk").text
        assert "今日" in at.get("/desk", headers={"accept-language": "zh-CN"}).text
        assert "今日" in at.get("/desk?lang=zh-Hans").text
        assert "今日" in at.get("/desk").text, "the choice is kept"


def test_two_people_do_not_share_a_name(shared_home: Served) -> None:
    from schemas.problem import RefusedError

    person(shared_home, name="Wang Fang")
    with pytest.raises(RefusedError, match="already"):
        person(shared_home, name="WANG  fang")


def test_signing_in_anew_ends_the_session_before(shared_home: Served) -> None:
    """Fixation: whoever planted a session in a browser has nothing of the one that begins there."""
    with visitor(shared_home) as client:
        sign_in(shared_home, client, person(shared_home))
        planted = dict(client.cookies)
        at = sign_in(shared_home, client, person(shared_home, name="Zhang Min"))
        assert dict(at.client.cookies) != planted
        assert "Zhang Min" in at.get("/desk").text
    with visitor(shared_home) as thief:
        thief.cookies.update(planted)
        assert thief.get("/desk", follow_redirects=False).status_code == 303
