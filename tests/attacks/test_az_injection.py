"""AZ-09: text that databases, templates and shells would run, in every path, query, header and body of the API."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.support.http.operations import BODIES, filled

if TYPE_CHECKING:
    from tests.support.http.door import Door

pytestmark = pytest.mark.no_cover

INJECTIONS = (
    "' OR 1=1 --", '"; DROP TABLE records; --', "1; SELECT pg_sleep(5)", "{{7*7}}", "${7*7}", "<%= 7*7 %>", "$(sleep 5)",
    "`sleep 5`", "| sleep 5", "; sleep 5", "%00", "%0d%0aX: 1", "../../etc/passwd", "..%2f..%2f", "<script>alert(1)</script>",
    "' UNION SELECT * FROM tokens --", "admin'--", "\\'; --", "1 AND SLEEP(5)", "a' || 'b", "*)(uid=*", "__import__('os')",
    "' OR '1'='1", '" OR ""="', "') OR ('1'='1", "1' ORDER BY 99--", "'; WAITFOR DELAY '0:0:5'--", "'; ATTACH DATABASE 'x' AS y;--",
    "x' AND randomblob(500000000) --", "1) UNION SELECT sqlite_version()--", "%27%20OR%201=1", "'/**/OR/**/1=1", "/*!50000 OR*/ 1", "\\x27 OR 1=1",
    "#{7*7}", "{%25 debug %25}", "{{config}}", "{{''.__class__.__mro__}}", "*{7*7}", "@(7*7)", "%{7*7}", "[[${7*7}]]", "&& sleep 5", "|| sleep 5",
    "$(touch /tmp/x)", "%0a sleep 5", "'; exec('import os') #", "${jndi:ldap://127.0.0.1:1/x}", "!!python/object/apply:os.system", "<!ENTITY x SYSTEM 'file:///x'>",
)  # fmt: skip


def test_az_09_there_are_fifty() -> None:
    assert len(set(INJECTIONS)) == 50


@pytest.fixture(scope="module")
def document(door: Door) -> dict[str, Any]:
    """The paths of the OpenAPI document."""
    paths: dict[str, Any] = door.client.get("/openapi.json").json()["paths"]
    return paths


@pytest.mark.parametrize("text", INJECTIONS)
def test_az_09_no_parameter_of_the_document_runs_it(door: Door, document: dict[str, Any], text: str) -> None:
    """Every path, query and header parameter that the OpenAPI document has, in turn."""
    header = text.encode("ascii", "ignore").decode()
    tried = 0
    for path, methods in document.items():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", []):
                name, place = parameter["name"], parameter["in"]
                asked = path.replace(f"{{{name}}}", quote(text, safe="")) if place == "path" else path
                kind, body = BODIES.get(path, ("application/json", b"{}"))
                started = time.process_time()
                answer = door.client.request(
                    method,
                    asked.replace("{digest}", door.digest) if place != "path" else filled(asked),
                    params={name: text} if place == "query" else None,
                    headers={**door.ann, "content-type": kind, **({name: header} if place == "header" else {})},
                    content=body if method == "post" else None,
                )
                assert 200 <= answer.status_code < 500, (path, name)
                assert answer.status_code != 200 or place != "path", (path, name)
                assert time.process_time() - started < 1, (path, name)
                tried += 1
    assert tried > 15


@pytest.mark.parametrize("text", INJECTIONS)
def test_az_09_text_that_others_would_run_is_only_text(door: Door, text: str) -> None:
    before = len(door.client.get("/v1/holdings", headers=door.ann).json()["holdings"])
    started = time.process_time()
    answers = [
        door.client.get("/v1/certificates/" + text),
        door.client.get("/status/" + text),
        door.client.get("/tile/" + text),
        door.client.get("/v1/holdings", params={"lot": text}, headers=door.ann),
        door.client.get("/v1/holdings", headers={"Authorization": f"Bearer {text}".encode("ascii", "ignore").decode()}),
        door.client.post("/v1/splits", json={"lot": text, "mass": text}, headers=door.ann),
        door.client.post("/v1/certificates", json=door.record(text, run=text, producer=text), headers=door.ann),
        door.client.post(
            "/v1/statements",
            json={"statement": "move", "lot": text, "to": text},
            headers={**door.ann, "Idempotency-Key": "k"},
        ),
    ]
    assert all(400 <= answer.status_code < 500 for answer in answers), [answer.text for answer in answers]
    assert time.process_time() - started < 2
    assert len(door.client.get("/v1/holdings", headers=door.ann).json()["holdings"]) == before
