"""Signing in by a company's login, at a real OpenID provider: by issuer and subject, and nobody else."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from api.app import create_app
from api.app_state import Parts
from ledger.desk.company_login import ALGORITHMS, Attempt, _holds
from ledger.remote.openid import OpenidClient
from ledger.store.desk_schema import PEOPLE
from ledger.store.engine import reading
from tests.support.http.desk import Desk, person, sign_in, visitor
from tests.support.http.server import ORIGIN, Served, runtime, serve, status, tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

BACK = f"{ORIGIN}/desk/company/back"


@dataclass(frozen=True)
class Company:
    """A registry whose people may sign in at a provider."""

    served: Served
    issuer: str

    def answered(self, link: str, subject: str = "li-wei") -> str:
        """Sign in at the provider as its page asks; return where it sends the browser back to, without the host."""
        asked = parse_qs(urlsplit(link).query)
        assert asked["redirect_uri"] == [BACK]
        assert asked["code_challenge_method"] == ["S256"]
        answer = httpx2.post(link, data={"sub": subject}, follow_redirects=False)
        assert answer.status_code in {302, 303}, answer.text
        return answer.headers["location"].removeprefix(ORIGIN)

    def begun(self, client: TestClient, path: str = "/desk/company") -> str:
        """Open the way to the provider; return its address."""
        answer = client.get(path, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        return str(answer.headers["location"])

    def connect(self, desk: Desk, subject: str = "li-wei") -> httpx2.Response:
        """Connect an account with a person who is signed in."""
        shown = desk.post("/desk/account/company")
        assert shown.status_code == 200, shown.text
        found = re.search(r'class="button" href="([^"]+)"', shown.text)
        assert found is not None
        return desk.client.get(self.answered(found[1].replace("&amp;", "&"), subject), follow_redirects=False)


@pytest.fixture
def company(tmp_path: Path, database: str | None) -> Iterator[Company]:
    provider = pytest.importorskip(
        "oidc_provider_mock", reason="oidc-provider-mock needs Python 3.12 or newer: no company login is tried here"
    )
    served = serve(tmp_path, database)
    users = [
        provider.User(sub="li-wei", claims={"email": "li@ann.example"}),
        provider.User(sub="wang", claims={"email": "li@ann.example"}),
    ]
    with provider.run_server_in_thread(user_claims=users) as server:
        issuer = f"http://localhost:{server.server_port}"
        client = OpenidClient.of(issuer, "oreprint", "a client's secret")
        parts = Parts(served.registry, tables(), status(served), ORIGIN, openid=client)
        yield Company(replace(served, app=create_app(parts)), issuer)


def people_count(served: Served) -> int:
    with reading(served.registry.engine) as connection:
        return len(list(connection.execute(PEOPLE.select())))


def test_a_connected_account_signs_in_and_proves_again(company: Company) -> None:
    who = person(company.served, "clerk", name="Li Wei")
    with visitor(company.served) as client:
        desk = sign_in(company.served, client, who)
        done = company.connect(desk)
        assert (done.status_code, done.headers["location"]) == (303, "/desk/account")
        assert "Connected on" in desk.get("/desk/account").text
        path = company.answered(company.begun(client, "/desk/company/prove?next=/desk/account"))
        proved = client.get(path, follow_redirects=False)
        assert (proved.status_code, proved.headers["location"]) == (303, "/desk/account")
    with visitor(company.served) as client:
        assert "Sign in at your company" in client.get("/desk/sign-in").text
        answer = client.get(company.answered(company.begun(client)), follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk")
        assert "Li Wei" in client.get("/desk").text


def test_who_signs_in_by_it_proves_it_before_setting_a_password(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visitor(company.served) as client:
        desk = sign_in(company.served, client, person(company.served, name="Li Wei"))
        company.connect(desk)
        monkeypatch.setattr("ledger.desk.sessions.FRESH_MS", 0)
        answer = client.get("/desk/account/password", follow_redirects=False)
        assert answer.headers.get("location") == "/desk/prove?next=/desk/account/password"


def test_nobody_is_created_and_an_email_address_says_nothing(company: Company) -> None:
    with visitor(company.served) as client:
        company.connect(sign_in(company.served, client, person(company.served, name="Li Wei")))
    before = people_count(company.served)
    with visitor(company.served) as client:
        answer = client.get(company.answered(company.begun(client), "wang"))
        assert answer.status_code == 403
        assert "Nobody here is connected with this company login" in answer.text
        assert client.get("/desk", follow_redirects=False).status_code == 303
    assert people_count(company.served) == before


def test_an_answer_counts_in_the_browser_that_asked_and_once(company: Company) -> None:
    with visitor(company.served) as client:
        company.connect(sign_in(company.served, client, person(company.served, name="Li Wei")))
    with visitor(company.served) as client, visitor(company.served) as other:
        path = company.answered(company.begun(client))
        company.begun(other)
        assert other.get(path).status_code == 403, "a code that was slipped to another browser"
        assert client.get(path, follow_redirects=False).status_code == 303
        client.post("/desk/sign-out")
        assert client.get(path, follow_redirects=False).status_code == 403


def test_an_attempt_to_sign_in_connects_nothing(company: Company) -> None:
    with visitor(company.served) as client:
        sign_in(company.served, client, person(company.served, name="Li Wei"))
        assert client.get(company.answered(company.begun(client))).status_code == 403
        assert "Connected on" not in client.get("/desk/account").text


def test_an_account_of_somebody_else_neither_connects_nor_proves(company: Company) -> None:
    with visitor(company.served) as client:
        company.connect(sign_in(company.served, client, person(company.served, name="Li Wei")))
    with visitor(company.served) as client:
        desk = sign_in(company.served, client, person(company.served, name="Wang Fang"))
        taken = company.connect(desk)
        assert taken.status_code == 403
        assert "another person" in taken.text
        assert client.get(company.answered(company.begun(client, "/desk/company/prove"))).status_code == 403


def test_a_person_who_disconnects_is_no_longer_signed_in_by_it(company: Company) -> None:
    with visitor(company.served) as client:
        desk = sign_in(company.served, client, person(company.served, name="Li Wei"))
        company.connect(desk)
        assert desk.post("/desk/account/company/remove").status_code == 303
    with visitor(company.served) as client:
        assert client.get(company.answered(company.begun(client))).status_code == 403


def test_a_provider_that_is_away_or_names_another_issuer_is_told(company: Company) -> None:
    with visitor(company.served) as client:
        path = f"{company.answered(company.begun(client))}&iss=https://evil.example"
        assert client.get(path).status_code == 403
    gone = OpenidClient.of("http://localhost:1", "oreprint", "secret")
    parts = Parts(company.served.registry, tables(), status(company.served), ORIGIN, openid=gone)
    with visitor(replace(company.served, app=create_app(parts))) as client:
        answer = client.get("/desk/company")
        assert answer.status_code == 503
        assert "gave no usable answer" in answer.text


def test_without_a_provider_there_is_no_company_login(tmp_path: Path) -> None:
    with visitor(serve(tmp_path)) as client:
        assert "Sign in at your company" not in client.get("/desk/sign-in").text
        for path in ("/desk/company", "/desk/company/back"):
            assert client.get(path).status_code == 404


def claims(client: OpenidClient, attempt: Attempt, now_s: int, **more: object) -> dict[str, object]:
    good = {
        "iss": client.issuer, "aud": client.client_id, "sub": "li-wei", "exp": now_s + 60, "iat": now_s,
        "nonce": attempt.derived("nonce"), "auth_time": now_s,
    }  # fmt: skip
    return {name: value for name, value in {**good, **more}.items() if value is not None}


@pytest.mark.parametrize(
    ("more", "holds"),
    [
        ({}, True),
        ({"aud": ["oreprint"]}, True),
        ({"aud": ["oreprint", "other"], "azp": "oreprint"}, True),
        ({"aud": ["oreprint", "other"]}, False),
        ({"aud": "other"}, False),
        ({"azp": "other"}, False),
        ({"azp": ["oreprint"]}, False),
        ({"iss": "https://evil.example"}, False),
        ({"nonce": "another"}, False),
        ({"nonce": None}, False),
        ({"exp": 0}, False),
        ({"exp": None}, False),
        ({"exp": "9999999999"}, False),
        ({"iat": 9_999_999_999}, False),
        ({"sub": ""}, False),
        ({"sub": None}, False),
        ({"auth_time": None}, False),
        ({"auth_time": 0}, False),
        ({"auth_time": True}, False),
    ],
)
def test_a_token_must_be_for_this_client_this_attempt_and_now(more: dict[str, object], holds: bool) -> None:
    client, attempt = OpenidClient("https://login.example", "oreprint", "secret"), Attempt("secret", "prove")
    now_s = runtime().now_ms() // 1000
    assert _holds(claims(client, attempt, now_s, **more), client, attempt, client.issuer, now_s) is holds


def test_a_token_signed_with_a_shared_secret_is_none() -> None:
    """A provider's keys may hold a shared secret, too: whoever knows it could vouch for anybody."""
    shared = OctKey.generate_key(256, {"kid": "1", "alg": "HS256"})
    forged = jwt.encode({"alg": "HS256", "kid": "1"}, {"sub": "li-wei"}, shared)
    assert jwt.decode(forged, KeySet([shared])).claims == {"sub": "li-wei"}
    with pytest.raises(JoseError):
        jwt.decode(forged, KeySet([shared]), algorithms=ALGORITHMS)
