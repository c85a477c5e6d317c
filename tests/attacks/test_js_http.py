"""Bodies over HTTP that are too large, packed, of another type or in another encoding: JS-10, JS-12, JS-15."""

from __future__ import annotations

import gzip
import json
import os
import time
import zlib
from contextlib import suppress
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Final

import pytest

from api import guard
from api.request_body import BUNDLE, MOST_STREAMED_BYTES
from ledger.seal.sdjwt import MOST_TEXT_BYTES
from ledger.workbook.guard import MOST_BYTES
from schemas.person import SCOPES
from tests.support.http.operations import filled
from tests.support.http.server import ANN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.http.door import Door

ROUTES: Final = {
    "/v1/certificates": "application/json",
    "/v1/splits": "application/json",
    "/v1/status-entries": "application/json",
    "/v1/statements": "application/json",
    "/v1/attestations": "application/json",
    "/v1/verify": "application/vc+sd-jwt",
}
GROWTH: Final = 20 * 1024 * 1024


def resident() -> int:
    """Return the memory of this process, server and client together, in bytes."""
    with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - no file of ours
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // 65536):
        yield b" " * 65536


@pytest.fixture(scope="module")
def address(door: Door) -> Iterator[str]:
    with door.served.running() as address:
        yield address.removeprefix("http://")


def send(address: str, path: str, headers: dict[str, str], *, size: int, declared: bool) -> tuple[int, bytes]:
    """Send a body piece by piece, by its length or in chunks; return status and body of the answer."""
    connection = HTTPConnection(address, timeout=20)
    connection.putrequest("POST", path)
    sent = {**headers, **({"Content-Length": str(size)} if declared else {"Transfer-Encoding": "chunked"})}
    for name, value in sent.items():
        connection.putheader(name, value)
    connection.endheaders()
    with suppress(OSError):  # a server may answer and hang up before it has read all
        for piece in pieces(size):
            connection.send(piece if declared else b"10000\r\n" + piece + b"\r\n")
        connection.send(b"" if declared else b"0\r\n\r\n")
    answer = connection.getresponse()
    told = answer.read()
    connection.close()
    return answer.status, told


def post(address: str, path: str, headers: dict[str, str], *, size: int, declared: bool) -> tuple[int, str]:
    """Send a long body; return status and code of the answer."""
    status, told = send(address, path, headers, size=size, declared=declared)
    return status, json.loads(told)["code"]


def test_js_10_what_is_too_large_is_refused_before_it_is_kept(door: Door, address: str) -> None:
    """Every route that reads a body; a certificate may be longer than other documents, and is read within the same
    memory. An auditor's record may be as long as many certificates, and is read of auditors only.
    """
    token = door.served.token(ANN, *SCOPES)
    wanted = {"lot": door.digest, "recipient": "A customer"}
    link = door.client.post("/v1/shares", json=wanted, headers=token).json()["link"]
    held = {"Authorization": f"Bearer {link.partition('#key=')[2]}"}
    document = door.client.get("/openapi.json").json()["paths"]
    kinds = {
        path: next(iter(methods["post"]["requestBody"]["content"]))
        for path, methods in document.items()
        if "requestBody" in methods.get("post", ())
    }
    assert set(ROUTES) <= set(kinds)
    before, growth = resident(), GROWTH
    for path, kind in kinds.items():
        if path == "/v1/uploads":
            growth += 2 * MOST_BYTES  # a workbook is read whole; sender and receiver are this one process
        for megabytes in (2, 10, 50):
            for declared in (True, False):
                headers = {"content-type": kind, **(held if path == "/v1/hooks" else token)}
                found = post(address, filled(path), headers, size=megabytes * 1024 * 1024, declared=declared)
                if path == "/v1/audit/records":
                    due = (403, "audit.not-named")
                elif path == "/v1/verify" and megabytes * 1024 * 1024 <= MOST_TEXT_BYTES:
                    due = (400, "seal.text-form")
                elif path == "/v1/uploads" and megabytes * 1024 * 1024 <= MOST_BYTES:
                    due = (422, "workbook.not-one")
                else:
                    due = (413, "api.body-size")
                assert found == due, (path, megabytes, declared)
        assert resident() - before < growth, path


@pytest.mark.parametrize("declared", [True, False])
def test_js_10_a_file_for_the_page_is_bounded_too(address: str, declared: bool) -> None:
    before = resident()
    headers = {"content-type": "multipart/form-data; boundary=x"}
    status, page = send(address, "/check", headers, size=50 * 1024 * 1024, declared=declared)
    assert status == 413
    assert b"16 MB" in page
    assert resident() - before < GROWTH


def test_js_10_a_long_bundle_is_read_without_being_held(
    door: Door, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "ANSWER_SECONDS", 300)  # a busy machine takes longer than the 30 seconds of an answer
    line = b'{"t":"split","registry":"registry.example","split":"' + b"x" * 60_000 + b'"}\n'
    head = b'{"t":"bundle/1","audience":"public","subject":"zQm","registries":["registry.example"],"records":0}\n'

    body = [head, *[line] * 500]
    before = resident()
    connection = HTTPConnection(address, timeout=300)
    connection.request("POST", "/v1/verify", iter(body), {"content-type": BUNDLE}, encode_chunked=True)
    answer = connection.getresponse()
    told = json.loads(answer.read())
    assert (answer.status, told.get("verdict")) == (200, "do-not-rely"), told
    connection.close()
    assert resident() - before < GROWTH
    found = post(address, "/v1/verify", {"content-type": BUNDLE}, size=MOST_STREAMED_BYTES + 65536, declared=False)
    assert found == (413, "api.body-size")


def test_a_bundle_about_no_certificate_is_judged_where_a_lot_has_ended_too(door: Door) -> None:
    lot = door.issue("A-JS10")
    said = {"statement": "withdraw", "lot": lot["digest"], "reason": "a wrong assay"}
    assert door.client.post("/v1/statements", json=said, headers=door.ann).status_code == 201
    head = b'{"t":"bundle/1","audience":"public","subject":"zQm","registries":["registry.example"],"records":0}\n'
    answer = door.client.post("/v1/verify", content=head, headers={"content-type": BUNDLE})
    assert (answer.status_code, answer.json().get("verdict")) == (200, "do-not-rely"), answer.text


def test_js_10_a_bundle_of_nothing_but_empty_lines_is_given_up_soon(door: Door) -> None:
    head = b'{"t":"bundle/1","audience":"public","subject":"zQm","registries":["registry.example"],"records":0}\n'
    started = time.process_time()
    answer = door.client.post("/v1/verify", content=head + b"\n" * 1_000_000, headers={"content-type": BUNDLE})
    assert (answer.status_code, answer.json()["code"]) == (400, "bundle.refused")
    assert time.process_time() - started < 2


@pytest.mark.parametrize("path", ROUTES)
def test_js_12_nothing_packed_comes_in(door: Door, path: str) -> None:
    bomb = gzip.compress(b" " * 10_000_000)
    packed = {
        "gzip": bomb,
        "deflate": zlib.compress(b"{}"),
        "br": b"\x0b",
        "gzip,gzip": gzip.compress(bomb),
        "zstd": b"x",
    }
    for encoding, body in packed.items():
        headers = {"content-type": ROUTES[path], "content-encoding": encoding, **door.ann}
        answer = door.client.post(path, content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (415, "api.content-encoding")
    headers = {"content-type": ROUTES[path], **door.ann}
    assert door.client.post(path, content=bomb, headers=headers).status_code in {400, 422}


@pytest.mark.parametrize("path", ROUTES)
def test_js_15_other_types_and_encodings_are_refused(door: Door, path: str) -> None:
    for kind in (
        "text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "",
        f"{ROUTES[path]}; charset=latin1", f"{ROUTES[path]}; charset=utf-16", "application/json5", "*/*",
    ):  # fmt: skip
        answer = door.client.post(path, content=b"{}", headers={"content-type": kind, **door.ann})
        assert (answer.status_code, answer.json()["code"]) == (415, "api.content-type"), kind
    for body in (
        '{"a":1}'.encode("utf-16"), '{"a":1}'.encode("utf-32"), b"\xef\xbb\xbf{}", '{"a":1}'.encode("utf-16-be"), b"\xff",
    ):  # fmt: skip
        answer = door.client.post(path, content=body, headers={"content-type": ROUTES[path], **door.ann})
        assert answer.status_code == 400, (body, answer.text)
