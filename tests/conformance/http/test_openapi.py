"""The OpenAPI document as outside tools read it: a linter, a validator of JSON Schema, and what the server really
answers.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from api.access import scope_of
from api.fast_route import FastRoute
from api.rates import WRONG_TOKENS_A_MINUTE
from ledger.remote.webhook import webhook_headers
from schemas.answers.others import NoticeMessage
from schemas.door import parse_value, validated
from schemas.notice import NOTICE_KINDS
from schemas.record import InstrumentRecord, ProductionRecord
from schemas.requests import (
    AttestationRequest,
    LotIdentifierRequest,
    PlaceIdentifierRequest,
    SignedAttestation,
    SignedIssuance,
    SplitRequest,
    StatusEntriesRequest,
)
from tests.support.http.server import ANN, ORIGIN, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import BaseModel
    from starlette.testclient import TestClient

JSON = "application/json"
MODELS: dict[str, dict[str, type[BaseModel]]] = {
    "/v1/certificates": {"record": ProductionRecord, "instrument": InstrumentRecord, "signed": SignedIssuance},
    "/v1/splits": {"split": SplitRequest},
    "/v1/status-entries": {"one": StatusEntriesRequest},
    "/v1/attestations": {
        "figure": AttestationRequest,
        "closed branch": AttestationRequest,
        "signed": SignedAttestation,
    },
    "/v1/identifiers": {"lot": LotIdentifierRequest, "plant": PlaceIdentifierRequest},
}
"""By which model the server reads each example."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(tmp_path_factory.mktemp("openapi"))


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        client.follow_redirects = False
        yield client


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def found_by_linter(document: dict[str, Any], folder: Path, npm: Path) -> list[str]:
    (folder / "openapi.json").write_text(json.dumps(document))
    done = subprocess.run(
        ["node", "lint_openapi.mjs", folder / "openapi.json"], cwd=npm, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_an_outside_linter_finds_nothing(document: dict[str, Any], tmp_path: Path, npm_checkers: Path) -> None:
    """Hard use 28: an outside linter finds nothing in the document, and finds an example that does not fit its
    schema.
    """
    if not (npm_checkers / "node_modules" / "@redocly").is_dir():
        pytest.skip("@redocly/openapi-core is not installed; `make test` installs it where npm exists")
    assert found_by_linter(document, tmp_path, npm_checkers) == []
    spoiled = json.loads(json.dumps(document))
    content = spoiled["paths"]["/v1/splits"]["post"]["requestBody"]["content"][JSON]
    content["examples"]["split"]["value"]["mass"] = 855.9
    (one,) = found_by_linter(spoiled, tmp_path, npm_checkers)
    assert one.startswith("no-invalid-media-type-examples")


def fits(value: object, schema: object, document: dict[str, Any]) -> list[str]:
    """Return what of a value does not fit a schema of the document."""
    whole = {"$ref": "#/schema", "schema": schema, "components": document["components"]}
    return [f"{each.json_path}: {each.message}" for each in Draft202012Validator(whole).iter_errors(value)]


def test_every_example_fits_its_schema_and_is_read_by_the_server(document: dict[str, Any]) -> None:
    """Hard use 28: the examples of the document fit their schemas, and the server's own door reads them."""
    read = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in (body.get("content", {}).get(JSON, {}) for body in bodies):
                given = {name: each["value"] for name, each in content.get("examples", {}).items()}
                given |= {"": content["example"]} if "example" in content else {}
                for name, value in given.items():
                    if "schema" in content:
                        assert fits(value, content["schema"], document) == [], (method, path, name)
                    if path in MODELS and name:
                        validated(MODELS[path][name], parse_value(json.dumps(value).encode(), media="json"))
                        read += 1
    assert read == sum(map(len, MODELS.values()))


def test_every_property_of_a_body_and_of_an_answer_is_described(document: dict[str, Any]) -> None:
    members = [
        (f"{name}.{each}", schema)
        for name, part in document["components"]["schemas"].items()
        for each, schema in part.get("properties", {}).items()
    ]
    assert len(members) > 300
    assert [name for name, schema in members if not schema.get("description")] == []


def test_every_json_answer_is_a_declared_document(document: dict[str, Any]) -> None:
    """Every 2xx answer names its media type; each JSON answer has the schema of a document that the server writes it
    from.
    """
    schemas, answers = document["components"]["schemas"], 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                if not status.startswith("2"):
                    continue
                assert answer.get("content"), (method, path, status)
                for media, content in answer["content"].items():
                    if media != JSON and not media.endswith("+json"):
                        continue
                    parts = content["schema"].get("oneOf", [content["schema"]])
                    names = [part["$ref"].rpartition("/")[2] for part in parts]
                    assert all(schemas[name]["properties"] for name in names), (method, path, status)
                    answers += 1
    assert answers > 25


def test_every_operation_says_what_it_is_and_what_it_needs(served: Served, document: dict[str, Any]) -> None:
    """Hard use 28: tags, servers, scopes, and one name for each operation; digests, DIDs and lots have their
    patterns.
    """
    assert [server["url"] for server in document["servers"]] == [ORIGIN]
    tags = {tag["name"] for tag in document["tags"]}
    names, operations = set(), 0
    for route in served.app.routes:
        if not isinstance(route, FastRoute) or not route.include_in_schema:
            continue
        for method in route.methods or ():
            operation = document["paths"][route.path_format][method.lower()]
            names.add(operation["operationId"])
            assert set(operation["tags"]) <= tags, route.path
            needed = [] if scope_of(route) == "any" else [scope_of(route)]
            public = scope_of(route) == "public"
            assert ({} in operation["security"]) == public, route.path
            assert public or operation["security"] == [{"HTTPBearer": needed}], route.path
            assert {"4XX", "5XX"} <= set(operation["responses"])
            operations += 1
    assert len(names) == operations
    schemas = document["components"]["schemas"]
    listed = schemas["ListedCertificate"]["properties"]
    assert listed["digest"]["pattern"].startswith("^zQm")
    assert listed["lot"]["pattern"]
    assert schemas["ProductionRecord"]["properties"]["producer"]["pattern"].startswith("^did:")


def test_what_is_answered_fits_what_is_documented(served: Served, client: TestClient, document: dict[str, Any]) -> None:
    """Hard use 28: every JSON answer that the document describes, asked for with a token, fits its schema and its
    media type.
    """
    headers = served.token(ANN, "read", "issue", "move", "withdraw", "admin")
    record = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
    made = client.post("/v1/certificates", json=record, headers=headers)
    answers = [("/v1/certificates", "post", made)]
    blended = written("B-1", "4 kg", producer=ANN, plant=plant(ANN), inputs={"A-1": "4 kg"})
    digest = client.post("/v1/certificates", json=blended, headers=headers).json()["certificates"][0]["digest"]
    text = client.get(f"/v1/certificates/{digest}", headers=headers).text
    kind = {"content-type": "application/vc+sd-jwt"}
    answers += [
        ("/v1/certificates", "post", client.post("/v1/certificates?dry_run=true", json=record, headers=headers)),
        ("/v1/verify", "post", client.post("/v1/verify", content=text, headers=kind)),
        (
            "/v1/identifiers",
            "post",
            client.post("/v1/identifiers", json={"lot": "A-1", "gtin": "04006381333931"}, headers=headers),
        ),
        ("/v1/certificates/{digest}/chain", "get", client.get(f"/v1/certificates/{digest}/chain")),
        ("/v1/splits", "post", client.post("/v1/splits", json={"lot": "NONE", "mass": "1 kg"}, headers=headers)),
    ]
    for path, operations in document["paths"].items():
        if "get" in operations:
            asked = path.replace("{digest}", digest).replace("{index}", "0").replace("{name}", "revocation-0")
            answers.append((path, "get", client.get(asked, headers=headers)))
    judged = 0
    for path, method, answer in answers:
        responses = document["paths"][path][method]["responses"]
        told = responses.get(str(answer.status_code)) or responses[f"{answer.status_code // 100}XX"]
        told = document["components"]["responses"][told["$ref"].rpartition("/")[2]] if "$ref" in told else told
        content = told.get("content", {})
        media = answer.headers.get("content-type", "").partition(";")[0]
        assert not content or media in content, (path, media)
        if media in {JSON, "application/problem+json"} and "schema" in content.get(media, {}):
            assert fits(answer.json(), content[media]["schema"], document) == [], path
            judged += 1
    assert judged >= 15


def test_the_document_is_made_once_and_kept_by_whoever_has_it(client: TestClient) -> None:
    """Hard use 28: the document is the same bytes for everybody, with an entity tag, and may be kept."""
    first, again = client.get("/openapi.json"), client.get("/openapi.json")
    assert first.content == again.content
    assert "max-age" in first.headers["cache-control"]
    kept = client.get("/openapi.json", headers={"if-none-match": first.headers["etag"]})
    assert (kept.status_code, kept.content) == (304, b"")
    assert client.get("/openapi.json", headers={"if-none-match": '"other"'}).status_code == 200


def test_rate_limits_are_declared_where_callers_are_counted(served: Served, document: dict[str, Any]) -> None:
    """Every operation that reads tokens or verifies declares 429 with `Retry-After`, and is answered so."""
    limited = document["components"]["responses"]["Limited"]
    assert limited["headers"]["Retry-After"]["required"]
    counted = {
        (method, path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if operation["responses"].get("429") == {"$ref": "#/components/responses/Limited"}
    }
    operations = {(method, path) for path, found in document["paths"].items() for method in found}
    with_token = {each for each in operations if document["paths"][each[1]][each[0]]["security"][-1] != {}}
    assert counted == with_token | {("post", "/v1/verify"), ("post", "/v1/audit/inside")}
    with served.beside().client() as client:
        wrong = {"Authorization": "Bearer ore_wrong"}
        answers = [client.get("/v1/holdings", headers=wrong) for _ in range(WRONG_TOKENS_A_MINUTE + 1)]
    assert answers[-1].status_code == 429
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert fits(answers[-1].json(), limited["content"]["application/problem+json"]["schema"], document) == []


def test_each_kind_of_notice_is_a_webhook_of_the_document(document: dict[str, Any]) -> None:
    assert set(document["webhooks"]) == set(NOTICE_KINDS)
    for kind, methods in document["webhooks"].items():
        operation = methods["post"]
        content = operation["requestBody"]["content"][JSON]
        assert {each["name"] for each in operation["parameters"]} == set(
            webhook_headers([b"secret"], "msg_1", b"{}", at_s=1)
        )
        if "example" in content:
            assert content["example"]["type"] == kind
            assert fits(content["example"], content["schema"], document) == []
            NoticeMessage.model_validate(content["example"])
