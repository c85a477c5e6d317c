"""Who may do what over HTTP: attacks AZ-01 to AZ-14 and their kin."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from api.access import PUBLIC
from api.rates import WRONG_TOKENS_A_MINUTE
from cli.commands.schema import schema_text
from ledger.registry.idempotency import happened
from ledger.seal.digest import from_base64url
from ledger.seal.sdjwt import open_certificate
from schemas.sentences import CODES
from tests.support.http.operations import UNKNOWN, ask, filled, operations
from tests.support.http.server import ANN, BEN, CID, plant, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.http.door import Door


def test_az_12_every_route_of_the_document_is_public_by_name_or_needs_a_token(door: Door) -> None:
    found = operations(door)
    assert len(found) > 15
    for method, path in found:
        answer = ask(door, method, path)
        if (method, path) in PUBLIC:
            assert answer.status_code != 401, (method, path)
        else:
            assert (answer.status_code, answer.json()["code"]) == (401, "api.token"), (method, path)


def test_az_12_a_token_without_the_scope_is_refused_on_every_route_that_writes(door: Door) -> None:
    reader = door.served.token(ANN, "read")
    others = {*PUBLIC, ("POST", "/v1/receipts"), ("POST", "/v1/hooks")}  # no token opens these two, but a private link
    writes = [(method, path) for method, path in operations(door) if method == "POST" and (method, path) not in others]
    assert writes
    for method, path in writes:
        answer = ask(door, method, path, reader)
        assert (answer.status_code, answer.json()["code"]) == (403, "api.scope"), (path, answer.text)
    assert door.client.get("/metrics", headers=reader).status_code == 403
    assert door.client.get("/metrics", headers=door.served.token(ANN, "admin")).status_code == 200


def test_az_01_what_is_another_tenants_looks_like_what_is_not_there(door: Door) -> None:
    lot = door.issue("A-OTHERS", "5 kg")
    for body in ({"lot": "A-OTHERS", "mass": "1 kg"}, {"lot": lot["digest"], "mass": "1 kg"}):
        mine = door.client.post("/v1/splits", json=body, headers=door.ben)
        assert mine.status_code in {403, 404}
    said = {"statement": "withdraw", "lot": lot["digest"], "reason": "not mine"}
    assert door.client.post("/v1/statements", json=said, headers=door.ben).status_code in {403, 404, 409}
    held = door.client.get("/v1/holdings", headers=door.ben).json()["holdings"]
    assert "A-OTHERS" not in {each["lot"] for each in held}, "other tests share this door"
    for path in ("", "/verification", "/chain", "/bundle"):
        theirs = door.client.get(f"/v1/certificates/{lot['digest']}{path}", headers=door.ben)
        public = door.client.get(f"/v1/certificates/{lot['digest']}{path}")
        assert theirs.status_code == public.status_code == 200
        assert "run/1" not in theirs.text


@pytest.mark.parametrize("digests", [(UNKNOWN,), ("zQm" + "1" * 44, "x")], ids=["unknown", "misspelled"])
def test_az_01_unknown_digests_are_told_in_the_same_words_and_so_are_misspelled_ones(
    door: Door, digests: tuple[str, ...]
) -> None:
    """Whether a text can be a digest anybody can tell; of one that can, nobody learns more than that it leads to
    nothing.
    """
    answers = [
        door.client.get(f"/v1/certificates/{digest}{path}", headers=headers)
        for digest in digests
        for path in ("", "/verification", "/bundle")
        for headers in (None, door.ben)
    ]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, answers[0].content)}


def test_az_04_members_that_are_not_the_callers_to_say_are_refused(door: Door) -> None:
    for member in (
        "tenant_id", "status", "log_index", "verified_by", "id", "balance", "role", "created_at", "__proto__",
    ):  # fmt: skip
        answer = door.client.post("/v1/certificates", json=door.record("A-EXTRA", **{member: "1"}), headers=door.ann)
        assert answer.status_code == 422, member
        for path, body in (("/v1/splits", {"lot": "A-1", "mass": "1 kg"}), ("/v1/status-entries", {"count": 1})):
            assert door.client.post(path, json={**body, member: 1}, headers=door.ann).status_code == 422


def test_az_05_wrong_tokens_are_all_the_same_and_soon_too_many(tmp_path: Path) -> None:
    served = serve(tmp_path)
    with served.client() as client:
        good = served.token(ANN)
        wrong = ("Bearer x", "Bearer ore_" + "A" * 43, "Basic YTpi", "Bearer ", good["Authorization"][:-1] + "!")
        answers = [client.get("/v1/holdings", headers={"Authorization": one}) for one in wrong]
        assert {(answer.status_code, answer.content) for answer in answers} == {(401, answers[0].content)}
        statuses = [
            client.get("/v1/holdings", headers={"Authorization": f"Bearer ore_{number:043}"}).status_code
            for number in range(WRONG_TOKENS_A_MINUTE + 5)
        ]
        assert statuses[0] == 401
        last = client.get("/v1/holdings", headers={"Authorization": "Bearer x"})
        assert (last.status_code, statuses[-1]) == (429, 429)
        assert 0 < int(last.headers["retry-after"]) <= 60
        # behind a proxy all have one address, and a stranger there locks nobody out
        assert client.get("/v1/holdings", headers=good).status_code == 200


def test_az_05_a_revoked_token_dies_at_once(door: Door) -> None:
    from ledger.admin.tokens import create_token, list_tokens, revoke_token

    made, secret = create_token(door.served.registry, tenant=ANN, scopes=["read"])
    header = {"Authorization": f"Bearer {secret}"}
    assert door.client.get("/v1/holdings", headers=header).status_code == 200
    revoke_token(door.served.registry, made.id)
    assert door.client.get("/v1/holdings", headers=header).status_code == 401
    assert secret not in str(list_tokens(door.served.registry))
    kept = door.served.home.database.read_bytes()
    assert secret.encode() not in kept
    assert secret.removeprefix("ore_").encode() not in kept


LEAKS = (
    "Traceback", "sqlite", "sqlalchemy", "SELECT", "INSERT", ".py", "/home/", "pytest-of", "/work", "localhost", "starlette",
    "pydantic", "ore_",
)  # fmt: skip


def test_az_08_thirty_kinds_of_errors_tell_a_code_and_nothing_of_the_inside(door: Door) -> None:
    post, get, ann = door.client.post, door.client.get, door.ann
    jsons = {"content-type": "application/json", **ann}
    answers = [
        post("/v1/certificates", content=body, headers=jsons)
        for body in (
            b"", b"{", b"[]", b"null", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'{"a":1,"a":2}', b'{"a":NaN}', b"[" * 70,
            b'{"a":1e999}', b'"\\ud800"', b"{}x", b'{"oreprint":"production-record/2"}', b'{"certificates":[]}',
            b'{"certificates":["x"],"run":"x","disclosures":[],"holdings":["x"]}', b"\x00", b"1", b'{"a":12345678901234567890}',
        )
    ]  # fmt: skip
    answers += [
        post("/v1/certificates", json=door.record("A-1"), headers=ann),
        post("/v1/certificates", json=door.record("A-X", facility=plant(BEN)), headers=ann),
        post("/v1/certificates", json=door.record("A-X", producer=BEN), headers=ann),
        post("/v1/certificates", content=b"x", headers={**ann, "content-type": "text/plain"}),
        post("/v1/splits", json={"lot": "A-1", "mass": "999999 kg"}, headers=ann),
        post("/v1/splits", json={"lot": "NONE", "mass": "1 kg"}, headers=ann),
        post("/v1/splits", json={"lot": "A-1", "mass": "-1 kg"}, headers=ann),
        post("/v1/status-entries", json={"count": 1001}, headers=ann),
        post("/v1/statements", json={"statement": "fly"}, headers=ann),
        post("/v1/statements", content=b"a.b.c~d~", headers={**ann, "content-type": "application/jwt"}),
        post("/v1/verify", content=b"x", headers={"content-type": "application/vc+sd-jwt"}),
        post("/v1/verify", content=b"x", headers={"content-type": "application/vnd.oreprint.bundle+jsonl"}),
        post("/v1/verify?at=tomorrow", content=b"x", headers={"content-type": "application/vc+jwt"}),
        get("/v1/holdings?limit=101", headers=ann),
        get("/v1/holdings?limit=x", headers=ann),
        get("/tile/0/0"),
        get("/nothing"),
        get("/status/revocation-99999999999999999999"),
        get("/v1/holdings"),
    ]
    assert len(answers) >= 30
    for answer in answers:
        assert 400 <= answer.status_code < 500, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert told["type"].endswith(told["code"])
        assert told["code"] in CODES
        assert told["status"] == answer.status_code
        assert not [word for word in LEAKS if word in answer.text.replace("ore_...", "")], answer.text
    assert len({answer.json()["code"] for answer in answers}) >= 20


def test_az_10_other_methods_other_paths_and_other_origins_get_nothing(door: Door) -> None:
    documented = operations(door)
    for path in {path for _, path in documented}:
        for other in {"TRACE", "CONNECT", "PUT", "DELETE", "PATCH"} - {
            method for method, its in documented if its == path
        }:
            answer = door.client.request(other, filled(path))
            assert answer.status_code in {404, 405}, (other, path)
    for path in (
        "/debug",
        "/redoc",
        "/admin",
        "/.git",
        "/.env",
        "/static/",
        "/v1",
        "/v1/",
        "/v1/certificates/",
    ):
        assert door.client.get(path, follow_redirects=False).status_code in {401, 404, 405}, path
    evil = {"Origin": "https://evil.example", "Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    for path in ("/checkpoint", "/v1/holdings", "/nothing", f"/v1/certificates/{door.digest}/verification"):
        answer = door.client.get(path, headers={**evil, **door.ann})
        assert not [name for name in answer.headers if name.lower().startswith("access-control")]
        assert "evil.example" not in answer.text
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_az_14_a_buyer_sees_what_it_was_granted_and_nothing_else(door: Door) -> None:
    lot = door.issue("A-14", "10 kg")
    body = {"statement": "move", "lot": "A-14", "to": BEN, "mass": "2 kg", "audience": "customer"}
    assert door.client.post("/v1/statements", json=body, headers=door.ann).status_code == 201
    before = door.client.get(f"/v1/certificates/{lot['digest']}", headers=door.ben)
    assert open_certificate(before.text).run is None
    taken = door.client.post("/v1/statements", json={"statement": "accept", "lot": "A-14"}, headers=door.ben)
    assert (taken.status_code, taken.json()["shipments"][0]["mass_kg"]) == (201, "2")
    seen = open_certificate(door.client.get(f"/v1/certificates/{lot['digest']}", headers=door.ben).text)
    assert seen.run is not None
    assert {*seen.shown} == {"run", "run/outputs/0"}
    assert open_certificate(door.client.get(f"/v1/certificates/{lot['digest']}").text).run is None
    cid = door.served.token(CID, "read", "move")
    resold = {"statement": "move", "lot": "A-14", "to": CID, "mass": "1 kg", "audience": "auditor"}
    assert door.client.post("/v1/statements", json=resold, headers=door.ben).status_code == 201
    assert (
        door.client.post("/v1/statements", json={"statement": "accept", "lot": "A-14"}, headers=cid).status_code == 201
    )
    passed_on = open_certificate(door.client.get(f"/v1/certificates/{lot['digest']}", headers=cid).text)
    assert passed_on.shown == seen.shown, "who resells goods shows no more of them than it sees itself"
    whole = open_certificate(door.client.get(f"/v1/certificates/{lot['digest']}", headers=door.ann).text)
    assert whole.run is not None
    assert whole.run.lines_shown


def members(value: Any, path: str = "") -> set[str]:  # noqa: ANN401 - any JSON
    """Return every member of a JSON value by its path, with * for what an array has."""
    if isinstance(value, dict):
        inner = {found for name, each in value.items() for found in members(each, f"{path}.{name}".lstrip("."))}
        return inner | {f"{path}.{name}".lstrip(".") for name in value}
    if isinstance(value, list):
        return {found for each in value for found in members(each, f"{path}.*")}
    return set()


def test_az_14_a_buyer_gets_no_member_that_is_not_documented(door: Door) -> None:
    """What a buyer reads of another party's batch, member by member, and no word of what was bought to make it."""
    secret = "SUPPLIER-THAT-NOBODY-IS-TO-KNOW"  # noqa: S105 - no password
    record = door.record("A-14-F", "10 kg")
    record["materials"][0]["name"], record["run"] = secret, "RUN-INSIDE-14"
    made = door.client.post("/v1/certificates", json=record, headers=door.ann).json()["certificates"][0]
    said = {"statement": "move", "lot": "A-14-F", "to": BEN, "mass": "2 kg", "audience": "customer"}
    assert door.client.post("/v1/statements", json=said, headers=door.ann).status_code == 201
    assert (
        door.client.post("/v1/statements", json={"statement": "accept", "lot": "A-14-F"}, headers=door.ben).status_code
        == 201
    )
    path = f"/v1/certificates/{made['digest']}"
    held = door.client.get("/v1/holdings", params={"lot": "A-14-F"}, headers=door.ben).json()
    assert {found for found in members(held) if not found.startswith("holdings.*.elements_kg.")} == {
        "holdings", "next", "holdings.*.lot", "holdings.*.kind", "holdings.*.certificate", "holdings.*.state", "holdings.*.left_kg",
        "holdings.*.offered_kg", "holdings.*.elements_kg",
    }  # fmt: skip
    assert held["holdings"][0]["left_kg"] == "2"
    for part in ("", "/verification", "/chain", "/bundle"):
        told = door.client.get(path + part, headers=door.ben).text
        clear = told + "".join(from_base64url(shown).decode() for shown in re.findall(r"(?<=~)[\w-]+(?=~)", told))
        assert secret not in clear, part
        assert not re.search(r'"(tenant|rowid|token|scope|price|cost|private|key_file|password)[a-z_]*":', clear), part
    schema = json.loads(schema_text("report"))
    report = door.client.get(f"{path}/verification", headers=door.ben).json()
    assert set(report) <= set(schema["properties"])
    assert schema["additionalProperties"] is False
    everything = door.client.get(path, headers=door.ann).text
    assert secret in "".join(from_base64url(piece).decode() for piece in everything.split("~")[1:-1]), (
        "nobody would see it"
    )


def test_az_14_a_bundle_passes_on_no_more_of_what_lies_upstream_than_was_granted(door: Door) -> None:
    door.issue("A-15", "10 kg")
    upstream = door.client.get("/v1/holdings", params={"lot": "A-15"}, headers=door.ann).json()["holdings"][0]
    body = {"statement": "move", "lot": "A-15", "to": BEN, "audience": "customer"}
    door.client.post("/v1/statements", json=body, headers=door.ann)
    door.client.post("/v1/statements", json={"statement": "accept", "lot": "A-15"}, headers=door.ben)
    from tests.support.worlds.blends import written

    record = written("B-15", "10 kg", producer=BEN, inputs={"A-15": "10 kg"}, plant=plant(BEN))
    made = door.client.post("/v1/certificates", json=record, headers=door.ben).json()["certificates"][0]
    lines = door.client.get(f"/v1/certificates/{made['digest']}/bundle", headers=door.ben).text.splitlines()
    shown = [json.loads(line)["certificate"] for line in lines if line.startswith('{"t":"certificate"')]
    opened = {each.digest: each for each in map(open_certificate, shown)}
    own, bought = opened[made["digest"]], opened[upstream["certificate"]]
    assert own.run is not None
    assert own.run.lines_shown
    assert bought.run is not None
    assert not bought.run.lines_shown


def test_st_15_only_the_issuer_withdraws(door: Door) -> None:
    door.issue("A-ST15")
    said = {"statement": "withdraw", "lot": "A-ST15", "reason": "a wrong assay"}
    assert door.client.post("/v1/statements", json=said).status_code == 401
    assert door.client.post("/v1/statements", json=said, headers=door.ben).status_code in {403, 404}
    assert door.client.post("/v1/statements", json=said, headers=door.served.token(ANN, "move")).status_code == 403


def test_st_02_and_st_06_a_withdrawal_shows_at_once_and_is_for_ever(door: Door) -> None:
    lot = door.issue("A-ST02")
    path = f"/v1/certificates/{lot['digest']}/verification"
    before = door.client.get(path).json()
    assert before["verdict"] == "genuine", before["headline"]
    again = door.client.get(path).json()
    assert again["verdict"] == "genuine"
    said = {"statement": "withdraw", "lot": "A-ST02", "reason": "a wrong assay"}
    assert door.client.post("/v1/statements", json=said, headers=door.ann).status_code == 201
    assert door.client.get(path).json()["verdict"] == "withdrawn"
    for later in ("withdraw", "lift", "suspend"):
        assert (
            door.client.post("/v1/statements", json={**said, "statement": later}, headers=door.ann).status_code == 409
        )


def test_st_06_a_suspension_is_lifted_and_both_are_logged(door: Door) -> None:
    lot = door.issue("A-ST06")
    path = f"/v1/certificates/{lot['digest']}/verification"
    for kind, status, verdict in (
        ("lift", 409, "genuine"), ("suspend", 201, "withdrawn"), ("suspend", 409, "withdrawn"), ("lift", 201, "genuine"),
        ("withdraw", 201, "withdrawn"), ("lift", 409, "withdrawn"), ("suspend", 409, "withdrawn"),
    ):  # fmt: skip
        size = int(door.client.get("/checkpoint").text.splitlines()[1])
        said = {"statement": kind, "lot": "A-ST06", "reason": "a test"}
        answer = door.client.post("/v1/statements", json=said, headers=door.ann)
        assert answer.status_code == status, (kind, answer.text)
        grown = int(door.client.get("/checkpoint").text.splitlines()[1]) - size
        assert (grown > 0) == (status == 201), kind
        assert door.client.get(path).json()["verdict"] == verdict, kind
    again = {"statement": "lift", "lot": lot["digest"], "reason": "a test"}
    assert door.client.post("/v1/statements", json=again, headers=door.ann).status_code == 409


def test_st_07_and_cf_01_places_and_ids_tell_nothing_of_order(door: Door) -> None:
    records = [open_certificate(door.issue(f"A-CF-{number}")["certificate"]).record for number in range(60)]
    places = [record.status.index for record in records]
    assert len(set(places)) == len(places)
    ranks = [sorted(places).index(place) for place in places]
    mean = (len(ranks) - 1) / 2
    slope = sum((at - mean) * (rank - mean) for at, rank in enumerate(ranks)) / sum(
        (at - mean) ** 2 for at in range(60)
    )
    assert abs(slope) < 0.75, "60 random ranks correlate by less than this in all tests that anybody lives to see"
    ids = [record.id.removeprefix("urn:uuid:") for record in records]
    assert ids != sorted(ids)
    neighbours = [f"{one[:-1]}{'0' if one[-1] != '0' else '1'}" for one in ids]
    assert not set(neighbours) & set(ids)


def test_every_write_is_an_event_with_its_outcome(door: Door) -> None:
    door.client.post("/v1/splits", json={"lot": "A-1", "mass": "1 kg"}, headers=door.ben)
    door.client.post("/v1/status-entries", json={"count": 2}, headers=door.ben)
    told = happened(door.served.registry, last=2, tenant=BEN)
    assert [(each.action, each.outcome.split()[0]) for each in told] == [
        ("POST /v1/splits", "403"),
        ("POST /v1/status-entries", "201"),
    ]
    assert CID not in {each.tenant for each in told}
