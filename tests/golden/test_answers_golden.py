"""The example answers of the OpenAPI document: one of each operation, as a registry gives it, and kept fresh."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.golden.make_answers import answers, shape, stale
from tests.support.http.server import serve


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with serve(tmp_path_factory.mktemp("answers")).client() as client:
        found: dict[str, Any] = client.get("/openapi.json").json()
    return found


def test_each_operation_has_an_example_answer_that_fits_its_schema(document: dict[str, Any]) -> None:
    judged = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            contents = [
                content for answer in operation["responses"].values() for content in answer.get("content", {}).values()
            ]
            given = [content for content in contents if "example" in content]
            assert given, (method, path)
            for content in given:
                whole = {"$ref": "#/schema", "schema": content["schema"], "components": document["components"]}
                faults = [
                    f"{each.json_path}: {each.message}"
                    for each in Draft202012Validator(whole).iter_errors(content["example"])
                ]
                assert faults == [], (method, path)
                judged += 1
    assert judged >= sum(map(len, document["paths"].values())) >= 77


@pytest.mark.slow
def test_the_examples_are_what_a_registry_answers_today() -> None:
    """Keys and times differ each time; members and types do not."""
    made = answers()
    assert not stale(made), "run python -m tests.golden.make_answers"


def test_another_member_or_type_is_seen() -> None:
    one: dict[str, Any] = {"GET /a": {"200": {"application/json": {"items": [{"n": 1}, {"n": 2}]}}}}
    same: dict[str, Any] = {"GET /a": {"200": {"application/json": {"items": [{"n": 3}]}}}}
    other: dict[str, Any] = {"GET /a": {"200": {"application/json": {"items": [{"n": "3"}]}}}}
    assert shape(one) == shape(same)
    assert shape(one) != shape(other)
