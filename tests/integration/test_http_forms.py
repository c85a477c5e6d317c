"""`GET /v1/certificates/{digest}` in the form that `Accept` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.seal.sdjwt import open_certificate
from schemas.certificate import CertificateDocument
from tests.support.http.door import Door
from tests.support.http.operations import UNKNOWN
from tests.support.http.server import ANN, ORIGIN, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    served = serve(tmp_path_factory.mktemp("forms"))
    with served.client() as client:
        opened = Door(served, client, served.token(ANN), {}, "")
        yield Door(served, client, opened.ann, {}, opened.issue("A-1")["digest"])


@pytest.mark.parametrize("accept", [None, "*/*", "application/vc+sd-jwt", "application/json;q=0.5, */*"])
def test_the_text_is_the_usual_answer(door: Door, accept: str | None) -> None:
    headers = {} if accept is None else {"accept": accept}
    answer = door.client.get(f"/v1/certificates/{door.digest}", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/vc+sd-jwt")
    assert "Accept" in answer.headers["vary"].split(", ")
    assert open_certificate(answer.text).digest == door.digest


def test_json_has_the_text_and_its_record_as_far_as_the_caller_sees_it(door: Door) -> None:
    path = f"/v1/certificates/{door.digest}"
    for token in ({}, door.ann):
        text = door.client.get(path, headers=token).text
        answer = door.client.get(path, headers={**token, "accept": "application/json"})
        assert answer.headers["content-type"] == "application/json"
        shown = CertificateDocument.from_text(answer.text)
        assert (shown.digest, shown.certificate) == (door.digest, text)
        assert shown.record == open_certificate(text).record


def test_a_browser_is_led_to_the_page(door: Door) -> None:
    answer = door.client.get(f"/v1/certificates/{door.digest}", headers={"accept": BROWSER}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ORIGIN}/c/{door.digest}")
    assert door.client.get(f"/c/{door.digest}", headers={"accept": BROWSER}).status_code == 200


def test_another_type_is_refused_and_what_is_not_here_is_missing_in_every_form(door: Door) -> None:
    answer = door.client.get(f"/v1/certificates/{door.digest}", headers={"accept": "image/png, text/html;q=0"})
    assert (answer.status_code, answer.json()["code"]) == (406, "api.not-acceptable")
    assert "application/vc+sd-jwt, application/json, text/html" in answer.json()["detail"]
    for accept in ("*/*", "application/json", BROWSER):
        missing = door.client.get(f"/v1/certificates/{UNKNOWN}", headers={"accept": accept}, follow_redirects=False)
        assert (missing.status_code, missing.json()["code"]) == (404, "store.record-missing"), accept
