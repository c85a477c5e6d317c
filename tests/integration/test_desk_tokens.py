"""Tokens at the desk: an administrator makes, rotates and ends them, and answers for what is done with them."""

from __future__ import annotations

import html
import re
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from ledger.admin.tokens import create_token, list_tokens, rotate_token
from ledger.desk.expiry import notice_expiries
from ledger.desk.outbox import latest_notices
from ledger.desk.people import end_person
from ledger.registry.idempotency import author_of, happened
from ledger.registry.registry import Runtime
from ledger.store.engine import writing
from schemas.instant import DAY_MS
from schemas.problem import MissingError, RefusedError
from tests.support.http.desk import desk
from tests.support.http.server import ANN, BEN, ORIGIN, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/desk/admin/tokens"
WISH = {"label": "ERP, line 2", "scopes": ["read", "issue"], "days": "30"}


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


def later(served: Served, days: float) -> Served:
    """Return the registry as it is served so many days from now."""
    clock = Runtime(lambda: time.time_ns() // 1_000_000 + int(days * DAY_MS), served.registry.runtime.random)
    registry = replace(served.registry, runtime=clock)
    return replace(served, registry=registry, app=create_app(replace(served.app.state.server.parts, registry=registry)))


def secret_on(page: str) -> dict[str, str]:
    """Return the header of the token whose secret a page shows."""
    found = re.search(r'id="f-secret"[^>]* value="(ore_[^"]+)"', page)
    assert found is not None, page
    return {"Authorization": f"Bearer {found[1]}"}


def reads(client: TestClient, header: dict[str, str]) -> int:
    """Return the status of a request that needs a token that reads."""
    return client.get("/v1/holdings", headers=header).status_code


def test_an_administrator_makes_rotates_and_ends_a_token_and_answers_for_it(served: Served) -> None:
    with desk(served, "admin", name="Chen Jie") as at, served.client() as client:
        assert "No program acts" in at.get(PATH).text
        first = secret_on(at.post(PATH, WISH).text)
        assert reads(client, first) == 200
        record = written("A-1", "100 kg", producer=ANN, plant=plant(ANN))
        assert client.post("/v1/certificates", json=record, headers=first).status_code == 201
        (token,) = list_tokens(served.registry, ANN)
        assert (token.scopes, token.author) == (("read", "issue"), at.person.author)
        assert token.expires_ms == token.created_ms + 30 * DAY_MS
        issued = [each for each in happened(served.registry, last=9) if each.action == "POST /v1/certificates"]
        assert [author_of(each) for each in issued if each.author] == [at.person.author], issued
        served.app.state.server.keep_uses()
        shown = at.get(PATH).text
        for told in ("ERP, line 2", "Chen Jie", "last used", "issue certificates", "in force"):
            assert told in shown, told
        assert "ore_" not in shown
        with desk(served, "admin", name="Li Wei") as other:
            second = secret_on(other.post(f"{PATH}/{token.id}/rotate").text)
            assert (reads(client, first), reads(client, second)) == (401, 200)
            (token,) = list_tokens(served.registry, ANN)
            assert token.author == other.person.author, "who rotated it last answers for it"
            end_person(served.registry, other.person.id, party=ANN, by="operator")
        assert "Li Wei has left" in at.get(PATH).text
        assert at.post(f"{PATH}/{token.id}/end").headers["location"] == PATH
        assert reads(client, second) == 401
        assert at.post(f"{PATH}/{token.id}/rotate").status_code == 404
        done = [(each.action, each.author) for each in happened(served.registry, last=50) if each.subject == token.id]
        assert [action for action, _ in done] == ["token create", "token rotate", "token revoke"]
        assert [by for _, by in done] == [at.person.author, other.person.author, at.person.author]


def test_a_token_ends_by_itself_and_its_party_is_told_before(served: Served) -> None:
    _, secret = create_token(served.registry, tenant=ANN, scopes=("read",), label="ERP", days=3)
    header = {"Authorization": f"Bearer {secret}"}
    then = later(served, 2.5)
    with writing(served.registry.engine) as connection:
        notice_expiries(connection, now_ms=then.registry.runtime.now_ms())
        connection.commit()
    assert [(each.kind, each.subject) for each in latest_notices(served.registry, ANN)] == [("token-expiring", "ERP")]
    assert latest_notices(served.registry, BEN) == []
    with then.client() as client:
        assert reads(client, header) == 200
    (token,) = list_tokens(served.registry)
    made, _ = rotate_token(then.registry, token.id)
    assert (made.expires_ms or 0) - (made.rotated_ms or 0) == 3 * DAY_MS
    assert (made.rotated_ms or 0) > token.created_ms + 2 * DAY_MS
    with later(served, 6).client() as client:
        assert reads(client, header) == 401
    with pytest.raises(MissingError, match="was revoked"):
        rotate_token(later(served, 6).registry, token.id)


def test_only_administrators_who_proved_who_they_are_come_near_and_only_to_their_own(served: Served) -> None:
    other, _ = create_token(served.registry, tenant=BEN, scopes=("read",), label="Ben's")
    operators, _ = create_token(served.registry, tenant=ANN, scopes=("approve",), label="of the operator")
    with desk(served, "clerk", "quality", "sales") as clerk:
        assert clerk.get(PATH).status_code == 403
        assert clerk.post(PATH, WISH).status_code == 403
    with desk(served, "admin") as at:
        assert "Ben&#39;s" not in at.get(PATH).text
        for act in ("rotate", "end"):
            assert at.post(f"{PATH}/{other.id}/{act}").status_code == 404
        assert at.post(f"{PATH}/{operators.id}/rotate").status_code == 409
        for fields, field, said in (
            ({**WISH, "scopes": ["approve"]}, "scopes", "not one of the choices"),
            ({**WISH, "scopes": []}, "scopes", "not scopes of a token"),
            ({**WISH, "days": "0"}, "days", "1 to"),
            ({**WISH, "days": "731"}, "days", "1 to"),
            ({**WISH, "days": "soon"}, "days", "1 to"),
            ({**WISH, "label": "L" * 81}, "label", "at most"),
            ({**WISH, "label": ""}, "label", "empty"),
            ({**WISH, "label": "a\x07b"}, "label", "can be printed"),
        ):
            answer = at.post(PATH, fields)
            assert answer.status_code == 422, fields
            assert f'href="#f-{field}"' in answer.text
            assert said in html.unescape(re.sub(r"</?bdi>", "", answer.text)), answer.text
        with pytest.raises(RefusedError):
            rotate_token(served.registry, operators.id, party=ANN, by=at.person.author)
        assert [each.id for each in list_tokens(served.registry, ANN)] == [operators.id]
        at.post(PATH, {**WISH, "label": "<script>alert(1)</script>"})
        assert "<script>alert" not in at.get(PATH).text
        with TestClient(later(served, 0.005).app, base_url=ORIGIN, cookies=at.client.cookies) as client:
            stale = replace(at, client=client)
            assert "Prove who you are" in stale.get(PATH).text
            for path in (PATH, f"{PATH}/{operators.id}/rotate", f"{PATH}/{operators.id}/end"):
                assert stale.post(path, WISH).headers["location"].startswith("/desk/prove"), path
