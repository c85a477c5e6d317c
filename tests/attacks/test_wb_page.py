"""WB and JS cases of the public list, as far as the page is concerned: hostile text, headers, caches, addresses, the
search field.
"""

from __future__ import annotations

import gzip
import json
import time
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

import pytest
from typing_extensions import override

from api.web.assets import ASSETS, VERSION
from api.web.page import PageContent, render
from api.web.words import LANGUAGES, words
from ledger.carrier.code import label_code
from tests.support.browser.labels import digest
from tests.support.browser.showcase import STATES, shown
from tests.support.http.hostile_texts import XSS, hostile
from tests.support.http.server import ORIGIN

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from tests.support.http.door import Door


class Skeleton(HTMLParser):
    """The tags of a page with the names of their attributes, and its text."""

    def __init__(self, page: bytes) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.text: list[str] = []
        self.isolated: list[str] = []
        self._bdi = 0
        self.feed(page.decode())

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(f"{tag} {sorted(name for name, _ in attrs)}")
        self._bdi += tag == "bdi"

    @override
    def handle_endtag(self, tag: str) -> None:
        self._bdi -= tag == "bdi"

    @override
    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._bdi:
            self.isolated.append(data)

    @override
    def handle_comment(self, data: str) -> None:
        self.tags.append(f"comment {data}")


def at(given: PageContent, tag: str = "en") -> bytes:
    return render(given, tag).at(checked_at="2026-11-25T12:00:00Z", log_size=7, status_age_s=60)


@pytest.fixture(scope="module")
def benign() -> PageContent:
    return shown(STATES["withheld"](time.time_ns() // 1_000_000))


@pytest.fixture(scope="module")
def plain_tags(benign: PageContent) -> list[str]:
    """The tags of the page when every text on it is a plain word."""
    return Skeleton(at(hostile(benign, "plain"))).tags


@pytest.fixture(scope="module")
def naughty(shared: Path) -> list[str]:
    blns = json.loads((shared / "vectors/strings/blns.json").read_text())
    assert len(blns) == 515
    return [str(each) for each in blns]


def held(benign: PageContent, plain_tags: list[str], text: str) -> None:
    """Hold that a text changes no tag of the page, and stands there whole, isolated from what is around it."""
    strange = Skeleton(at(hostile(benign, text)))
    assert strange.tags == plain_tags, text
    assert strange.isolated.count(text) >= 5 or "\r" in text or "\x00" in text or not text.strip(), text


def test_wb_01_thirty_scripts_in_every_field_stay_text(benign: PageContent, plain_tags: list[str]) -> None:
    assert len(XSS) == 30
    for text in XSS:
        held(benign, plain_tags, text)


TOGETHER: Final = 20
"""Naughty strings in one text: a page costs more than the text on it, and a tag that one of them makes shows."""


@pytest.mark.slow
def test_wb_01_js_13_the_naughty_strings_stay_text_and_are_isolated(
    benign: PageContent, plain_tags: list[str], naughty: list[str]
) -> None:
    words = [text for text in naughty if text.strip() and not {"\r", "\x00"} & {*text}]
    for text in filter(None, {*naughty} - {*words}):  # no name is empty
        held(benign, plain_tags, text)
    for first in range(0, len(words), TOGETHER):
        held(benign, plain_tags, " ".join(words[first : first + TOGETHER]))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_wb_01_no_inline_script_or_style_is_ever_in_a_page(benign: PageContent, lang: str) -> None:
    for each in (benign, hostile(benign, XSS[0])):
        page = at(each, lang).decode()
        tags = Skeleton(page.encode()).tags
        assert [tag for tag in tags if tag.startswith("script")] == ["script ['src', 'type']"]
        assert not [tag for tag in tags if tag.startswith("style") or "'style'" in tag or "'on" in tag]


def test_js_14_the_stable_identifier_stands_beside_every_name(benign: PageContent) -> None:
    text = " ".join(Skeleton(at(hostile(benign, "ААА Rare Earths"))).isolated)
    assert benign.record is not None
    assert benign.record.issuer.did in text


HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "x-frame-options": "DENY",
}


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/c/{digest}",
        "/c/nothing",
        "/offline",
        "/worker.js",
        f"/static/{VERSION}/page.css",
        f"/static/{VERSION}/page.js",
    ],
)
def test_wb_08_every_page_has_its_headers(door: Door, path: str) -> None:
    answer = door.client.get(path.format(digest=door.digest))
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    policy = dict(each.strip().partition(" ")[::2] for each in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in str(policy)
    assert answer.headers["content-type"].endswith("charset=utf-8")


def test_wb_08_a_packed_page_is_the_plain_one(door: Door) -> None:
    plain = door.client.get(f"/c/{door.digest}", headers={"accept-encoding": "identity"})
    with door.client.stream("GET", f"/c/{door.digest}", headers={"accept-encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        packed = b"".join(answer.iter_raw())
    unpacked = gzip.decompress(packed)
    assert Skeleton(unpacked).tags == Skeleton(plain.content).tags
    assert len(packed) + len(ASSETS["page.css"].packed) <= 30_000, "the first screen over the wire"


def test_wb_11_a_revoked_lot_is_withdrawn_at_the_next_look(door: Door) -> None:
    made = door.issue("WB-11", "7 kg")
    before = door.client.get(f"/c/{made['digest']}")
    assert 'data-verdict="genuine"' in before.text
    assert before.headers["cache-control"] == "no-cache"
    record = door.client.get(f"/v1/certificates/{made['digest']}")
    assert record.status_code == 200
    revoked = door.client.post(
        "/v1/statements",
        json={"statement": "withdraw", "lot": "WB-11", "reason": "a test"},
        headers=door.ann,
    )
    assert revoked.status_code in {200, 201}, revoked.text
    until = time.monotonic() + 60
    while 'data-verdict="withdrawn"' not in (found := door.client.get(f"/c/{made['digest']}").text):
        assert time.monotonic() < until, found[:3000]
        time.sleep(0.2)


UNKNOWN: Final = "zQmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"
"""The digest of no certificate."""
WRONG = (
    "zQm" + "1" * 44, "x", "<script>alert(1)</script>", "../../etc/passwd", "%2e%2e%2fetc%2fpasswd", "zQm" + "9" * 4000, "%00", "zQm%0d%0aX-A:1",
    "zqmlowercase", "a/b/c", "%F0%9F%92%A9", "' OR 1=1 --",
)  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("wrong", WRONG)
def test_wb_13_an_unknown_address_is_one_calm_page_without_the_caller_s_text(door: Door, wrong: str, lang: str) -> None:
    answer = door.client.get(f"/c/{wrong}?lang={lang}&msg=CALLERTEXT")
    assert answer.status_code == 404, answer.text
    if "text/html" in answer.headers["content-type"]:
        usual = door.client.get(f"/c/nothing?lang={lang}")
        assert answer.text == usual.text
    assert "CALLERTEXT" not in answer.text


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/somewhere", 404, "There is no such page"),
        (f"/c/{UNKNOWN}", 404, "There is no such record here"),
        (f"/c/{UNKNOWN[:-1]}", 404, "This address is mistyped"),
        ("/01/09506000134352/10/CALLERTEXT", 404, "There is no such record here"),
        ("/01/123/10/CALLERTEXT", 400, "This address is mistyped"),
        ("/414/4006381000000", 404, "There is no such record here"),
        ("/status/revocation-77", 404, "There is nothing at this address"),
        ("/problems/no.such-code", 404, "There is no such code"),
    ],
)
def test_wb_13_a_browser_that_is_led_to_nothing_sees_that_page_and_a_program_a_problem(
    door: Door, path: str, status: int, title: str
) -> None:
    """Hard use 32: each kind of nothing has a page of its own, in the reader's language, and says what to do."""
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for lang in LANGUAGES:
        page = door.client.get(path, headers=browser | {"accept-language": lang})
        assert page.status_code == status
        assert f"<h1>{words(lang)(title)}</h1>".replace("'", "&#39;") in page.text
        assert f'href="/?lang={lang}"' in page.text
        assert page.headers["content-language"] == lang
        assert {"Accept-Language", *([] if path.startswith("/c/") else ["Accept"])} <= set(
            page.headers["vary"].split(", ")
        )
        assert "CALLERTEXT" not in page.text
    if not path.startswith("/c/"):  # which is a page to everybody
        told = door.client.get(path)
        assert (told.status_code, told.headers["content-type"]) == (status, "application/problem+json")
    assert door.client.get("/v1/nothing", headers=browser).headers["content-type"] == "application/problem+json"


ASKED: tuple[tuple[str, Callable[[str], str], int], ...] = (
    ("a digest", lambda digest: digest, 303),
    ("a link", lambda digest: f"https://other.example/c/{digest}#x", 303),
    ("a link elsewhere", lambda digest: f"javascript:alert('{digest}')", 303),
    ("nothing of use", lambda _: "//evil.example", 400),
    ("markup", lambda _: "<script>alert(1)</script>", 400),
)


@pytest.mark.parametrize(("wish", "status"), [each[1:] for each in ASKED], ids=[each[0] for each in ASKED])
def test_wb_05_the_search_never_leads_elsewhere(door: Door, wish: Callable[[str], str], status: int) -> None:
    answer = door.client.get("/", params={"q": wish(door.digest)}, follow_redirects=False)
    assert answer.status_code == status
    if status == 303:
        assert answer.headers["location"] == f"/c/{door.digest}"
    assert "alert(" not in answer.text
    assert "evil" not in answer.text


def test_a_mistyped_code_is_told_from_one_that_is_not_known_here(door: Door) -> None:
    code = label_code(door.digest)
    assert door.client.get("/", params={"q": code}, follow_redirects=False).headers["location"] == f"/c/{door.digest}"
    mistyped = door.client.get("/", params={"q": code[:-1] + ("x" if code[-1] != "x" else "y")})
    assert (mistyped.status_code, "This code is mistyped" in mistyped.text) == (400, True)
    unknown = door.client.get("/", params={"q": label_code(digest(7))})
    assert (unknown.status_code, "typed correctly" in unknown.text) == (404, True)
    neither = door.client.get("/", params={"q": "OX-17"})
    assert (neither.status_code, "This is not a link" in neither.text) == (400, True)


@pytest.mark.parametrize("path", ["/c/{digest}", "/01/09506000134352/10/LOT-9"])
def test_a_label_of_another_registry_is_not_known_here_and_not_called_wrong(door: Door, path: str) -> None:
    path = path.format(digest=digest(7))
    elsewhere = door.client.get("/", params={"q": f"https://elsewhere.example{path}#seal"})
    assert (elsewhere.status_code, "Not known to this verifier" in elsewhere.text) == (404, True)
    own = door.client.get("/", params={"q": f"{ORIGIN}{path}"})
    assert (own.status_code, "There is no such record here" in own.text) == (404, True)
    assert "elsewhere" not in elsewhere.text


def checked(client: TestClient, content: bytes) -> Response:
    return client.post("/check", files={"file": ("lot.oreprint", content)})


def test_wb_12_a_file_that_is_brought_is_judged(door: Door) -> None:
    certificate = door.client.get(f"/v1/certificates/{door.digest}").content
    bundle = door.client.get(f"/v1/certificates/{door.digest}/bundle").content
    for content in (certificate, bundle):
        answer = checked(door.client, content)
        assert answer.status_code == 200
        assert 'data-verdict="genuine"' in answer.text
        assert answer.headers["cache-control"] == "no-store"
    tampered = bundle.replace(b'"path":["', b'"path":["AAAA', 1)
    assert 'data-verdict="do-not-rely"' in checked(door.client, tampered).text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff",
        b"<script>alert(1)</script>",
        b'{"t":"bundle/1"}\n',
        b"a.b.c~",
        b"x" * 70_000,
        b'{"t":"bundle/1"',
    ],
)
def test_wb_12_what_is_no_record_is_refused_calmly(door: Door, content: bytes) -> None:
    answer = checked(door.client, content)
    assert answer.status_code in {200, 400}
    assert 'data-verdict="genuine"' not in answer.text
    assert "alert(1)" not in answer.text
    assert "Traceback" not in answer.text


def test_js_10_a_file_that_is_too_long_is_refused_before_it_is_read(door: Door) -> None:
    answer = checked(door.client, b"x" * (17 * 1024 * 1024))
    assert answer.status_code == 413
    assert "16 MB" in answer.text


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data", "multipart/form-data; boundary=", "text/plain"]
)
def test_az_08_a_form_that_is_none_is_refused_calmly(door: Door, kind: str) -> None:
    answer = door.client.post("/check", content=b"--x\r\n", headers={"content-type": kind})
    assert answer.status_code == 400
    for leak in ("Traceback", "/work", "sqlalchemy", "starlette"):
        assert leak not in answer.text


@pytest.mark.parametrize("name", ["../page.py", "%2e%2e/page.py", "nothing.js", "vendor/../../page.py", ""])
def test_az_files_are_those_of_the_page_and_no_others(door: Door, name: str) -> None:
    assert door.client.get(f"/static/{VERSION}/{name}").status_code == 404
    assert door.client.get("/static/000000000000/page.css").status_code == 404


def test_az_a_page_with_a_token_shows_own_mass_and_is_kept_by_nobody(door: Door) -> None:
    answer = door.client.get(f"/c/{door.digest}", headers=door.ann)
    assert "Your delivery" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "Authorization" in answer.headers["vary"]
    assert "Your delivery" not in door.client.get(f"/c/{door.digest}").text
    assert door.client.get(f"/c/{door.digest}", headers={"authorization": "Bearer ore_wrong"}).status_code == 401
