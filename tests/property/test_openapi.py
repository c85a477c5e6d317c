"""What the OpenAPI document allows, and what it forbids, thrown at every route: no 5xx, nothing undocumented."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from api.request_body import AUDIT, BUNDLE, CERTIFICATES, JWT
from tests.support.http.server import ANN, serve

if TYPE_CHECKING:
    from tests.support.http.server import Served


def as_text(_: object, value: object) -> bytes:
    """Send what was generated for a body of text as it is."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


EXAMPLES, SOAK = 12, 200
"""For each route, with a token and without."""
WITHOUT_BODY = {
    "/v1/receipts",
    "/v1/contacts/{contact}/claim-code",
    "/v1/shipments/{shipment}/links",
    "/v1/uploads/{upload}/sign",
    "/v1/uploads/{upload}/take-back",
}
"""What is posted to without a body: the path says all."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(tmp_path_factory.mktemp("fuzz"))


@pytest.fixture(scope="module")
def document(served: Served) -> Any:  # noqa: ANN401 - schemathesis' own
    import schemathesis

    schemathesis.serializer(*CERTIFICATES, AUDIT, BUNDLE, JWT)(as_text)
    return schemathesis.openapi.from_asgi("/openapi.json", served.app)


@pytest.mark.slow
@pytest.mark.parametrize("examples", [EXAMPLES, pytest.param(SOAK, marks=pytest.mark.soak)])
def test_no_input_that_can_be_generated_breaks_a_route(
    served: Served,
    document: Any,  # noqa: ANN401
    examples: int,
) -> None:
    """Hard use 28: with a token and without, every answer is one that the document describes."""
    from schemathesis.specs.openapi import checks as judged

    checks = [
        judged.content_type_conformance,
        judged.response_headers_conformance,
        judged.response_schema_conformance,
        judged.status_code_conformance,
    ]
    tokens: tuple[dict[str, str], ...] = ({}, served.token(ANN))
    statuses: dict[str, set[int]] = {}

    def check(operation: Any) -> None:  # noqa: ANN401
        @given(case=operation.as_strategy())
        @settings(
            max_examples=examples,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def run(case: Any) -> None:  # noqa: ANN401
            for token in tokens:
                response = case.call(headers={**(case.headers or {}), **token})
                assert response.status_code < 500, (operation.label, response.text)
                case.validate_response(response, checks=checks)
                statuses.setdefault(operation.label, set()).add(response.status_code)

        run()

    for found in document.get_all_operations():
        check(found.ok())
    assert len(statuses) > 15
    assert {200, 201} & set().union(*statuses.values())


def test_the_document_says_what_everything_is(served: Served) -> None:
    with served.client() as client:
        told = client.get("/openapi.json").json()
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], path
            assert operation["description"], path
            if method == "post" and path not in WITHOUT_BODY:
                assert operation["requestBody"]["content"], path
    assert not any("requestBody" in told["paths"][path]["post"] for path in WITHOUT_BODY)
    known = {f"#/components/{kind}/{name}" for kind, named in told["components"].items() for name in named}
    assert set(references(told)) <= known


def references(value: Any) -> list[str]:  # noqa: ANN401 - any JSON
    """Return every reference in a document."""
    match value:
        case dict():
            here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return here + [found for each in value.values() for found in references(each)]
        case list():
            return [found for each in value for found in references(each)]
        case _:
            return []
