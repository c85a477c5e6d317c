"""The page of a real registry in a real browser: the scan, the recall, a file that is dropped, a view behind a key."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from api.web.assets import VERSION
from api.web.words import words
from schemas.sentences import NOT_PROVEN
from tests.support.browser.chromium import PHONE, forget, violations
from tests.support.forked import command
from tests.support.http.desk import desk
from tests.support.http.server import ANN, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(tmp_path_factory.mktemp("page"))


@pytest.fixture(scope="module")
def address(served: Served) -> Iterator[str]:
    with served.running() as url:
        yield url


@pytest.fixture(scope="module")
def digest(served: Served, address: str) -> str:
    with served.client() as client:
        record = written("A-1", "100 kg", producer=ANN, plant=plant(ANN))
        answer = client.post("/v1/certificates", json=record, headers=served.token(ANN))
    return str(answer.json()["certificates"][0]["digest"])


@pytest.fixture(scope="module")
def kept(browser: Browser) -> Page:
    """The page of most tests, which goes from place to place."""
    return browser.new_context(viewport=PHONE).new_page()


@pytest.fixture
def page(kept: Page, address: str) -> Page:
    """A page of this registry in a browser that knows nothing of it."""
    kept.goto(f"{address}/static/{VERSION}/icon.svg")
    forget(kept, address, worker=True)
    return kept


def test_the_page_of_a_lot_is_genuine_in_both_judgements(page: Page, address: str, digest: str) -> None:
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.goto(f"{address}/c/{digest}")
    page.locator("#said", has_text="found the same").wait_for()
    assert page.inner_text("#verdict") == "Genuine record"
    assert page.get_attribute("#browser", "data-verdict") == "genuine"
    assert wrong == []


def test_a_key_behind_the_hash_opens_the_private_view_and_is_in_no_request_s_address(
    page: Page, served: Served, address: str, digest: str
) -> None:
    key = served.token(ANN)["Authorization"].removeprefix("Bearer ")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/c/{digest}#key={key}")
    page.locator(".own").wait_for()
    page.locator("#said", has_text="found the same").wait_for()
    assert key not in page.url
    assert not [url for url in asked if key in url]
    assert "Your delivery: 100\u00a0kg" in page.locator(".own").inner_text()
    page.click("nav >> text=Deutsch")
    page.locator("html[lang=de] .own").wait_for()
    assert page.url == f"{address}/c/{digest}?lang=de"
    assert not [url for url in asked if key in url]


def test_a_key_that_opens_nothing_leaves_the_public_page(page: Page, address: str, digest: str) -> None:
    page.goto(f"{address}/c/{digest}#key=ore_{'A' * 40}")
    page.locator("#said", has_text="found the same").wait_for()
    assert page.locator(".own").count() == 0


def test_a_private_link_opens_the_customer_s_view_until_it_is_revoked(
    page: Page, served: Served, address: str, digest: str
) -> None:
    with served.client() as client:
        mover = served.token(ANN, "move")
        wanted = {"lot": digest, "recipient": "Example Motors", "audience": "partner"}
        made = client.post("/v1/shares", json=wanted, headers=mover).json()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        key = made["link"].partition("#")[2]
        page.goto(f"{address}/c/{digest}#{key}")
        page.locator("#said", has_text="found the same").wait_for()
        report = page.evaluate("document.getElementById('page').dataset.digest")
        assert report == digest
        assert not [url for url in asked if key.removeprefix("key=") in url]
        assert page.locator("p.problem").count() == 0
        client.delete(f"/v1/shares/{made['shared']['id']}", headers=mover)
    page.goto(f"{address}/static/{VERSION}/icon.svg")  # else another hash loads nothing
    page.goto(f"{address}/c/{digest}#{key}")
    page.locator("p.problem", has_text="This private link has ended").wait_for()
    page.locator("#said", has_text="found the same").wait_for()


def test_what_is_downloaded_from_a_private_view_is_what_it_shows(
    page: Page, served: Served, address: str, digest: str
) -> None:
    with served.client() as client:
        wanted = {"lot": digest, "recipient": "Example Motors", "audience": "auditor"}
        made = client.post("/v1/shares", json=wanted, headers=served.token(ANN, "move")).json()
    key = made["link"].partition("#")[2]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/c/{digest}#{key}")
    page.locator("#said", has_text="found the same").wait_for()
    with page.expect_download() as private:
        page.locator(".away a", has_text="Figures (CSV)").click()
    assert "\nline," in private.value.path().read_text("utf-8-sig")
    assert private.value.suggested_filename.endswith("-figures.csv")
    assert not [url for url in asked if key.removeprefix("key=") in url]
    page.goto(f"{address}/static/{VERSION}/icon.svg")  # else another hash loads nothing
    page.goto(f"{address}/c/{digest}")
    with page.expect_download() as public:
        page.locator(".away a", has_text="Figures (CSV)").click()
    assert "\nline," not in public.value.path().read_text("utf-8-sig")


def test_a_pdf_that_is_dropped_is_judged_by_the_record_in_it(
    page: Page, address: str, digest: str, tmp_path: Path
) -> None:
    file = tmp_path / "lot.pdf"
    file.write_bytes(page.request.get(f"{address}/v1/certificates/{digest}/certificate.pdf").body())
    page.goto(address)
    page.set_input_files("#file", file)
    page.click("#drop button")
    page.locator("#said", has_text="found the same").wait_for()
    assert page.inner_text("#verdict") == "Genuine record"
    assert page.locator("#evidence ~ ul li").first.inner_text() == NOT_PROVEN["the-print"]
    page.click("nav >> text=日本語")
    page.locator("html[lang=ja] #said", has_text="同じ結果を得ました").wait_for()
    assert page.locator("#evidence ~ ul li").first.inner_text() == words("ja")(NOT_PROVEN["the-print"])


@pytest.mark.parametrize("kind", ["bundle", "certificate"])
def test_a_file_that_is_given_to_the_search_is_judged_here_and_there(
    page: Page, address: str, digest: str, kind: str, tmp_path: Path
) -> None:
    path = f"/v1/certificates/{digest}" + ("/bundle" if kind == "bundle" else "")
    file = tmp_path / "lot.oreprint"
    file.write_bytes(page.request.get(address + path).body())
    page.goto(address)
    page.set_input_files("#file", file)
    page.click("#drop button")
    page.locator("#said", has_text="found the same").wait_for()
    assert page.inner_text("#verdict") == "Genuine record"
    page.click("nav >> text=日本語")
    page.locator("html[lang=ja] #said", has_text="同じ結果を得ました").wait_for()
    assert page.inner_text("#verdict") == "真正な記録"


def altered(line: bytes) -> bytes:
    """Return a line with another letter in the middle of it, which leaves its form as it is."""
    at = len(line) // 2
    return line[:at] + (b"A" if line[at : at + 1] != b"A" else b"B") + line[at + 1 :]


def test_a_dropped_bundle_of_which_any_line_is_altered_is_judged_alike_here_and_there(
    page: Page, served: Served, address: str, tmp_path: Path
) -> None:
    with served.client() as client:
        records = [
            written("C-1", "100 kg", producer=ANN, plant=plant(ANN)),
            written("C-2", "60 kg", producer=ANN, plant=plant(ANN), inputs={"C-1": "60 kg"}),
        ]
        answers = [client.post("/v1/certificates", json=record, headers=served.token(ANN)) for record in records]
        assert [answer.status_code for answer in answers] == [201, 201]
        made = answers[-1].json()["certificates"][0]["digest"]
        lines = client.get(f"/v1/certificates/{made}/bundle", headers=served.token(ANN)).content.splitlines(
            keepends=True
        )
    assert sum(line.startswith(b'{"t":"certificate"') for line in lines) == 2, "the upstream certificate is shown"
    file, verdicts = tmp_path / "lot.oreprint", []
    for at in (None, *range(len(lines))):
        changed = [altered(line) if number == at else line for number, line in enumerate(lines)]
        file.write_bytes(b"".join(changed))
        page.goto(address)
        page.set_input_files("#file", file)
        page.click("#drop button")
        page.wait_for_selector("#browser[data-verdict]", timeout=10_000)
        if page.get_attribute("#page", "data-digest") or at is None:
            page.wait_for_selector("#browser[data-whole]")
        page.wait_for_function("document.getElementById('page').ariaBusy === null")
        verdicts.append(page.get_attribute("#page", "data-verdict"))
        told = (at, verdicts[-1], page.get_attribute("#browser", "data-whole"), page.inner_text("#said"))
        assert not page.query_selector("#browser.differs"), told
        judged = {page.get_attribute("#browser", "data-verdict"), page.get_attribute("#browser", "data-whole")}
        assert verdicts[-1] in judged, told
    assert verdicts[0] == "genuine"
    assert "genuine" not in verdicts[1:]
    assert verdicts.count("do-not-rely") >= len(lines) - 3


def test_without_javascript_the_search_leads_to_the_page_and_a_file_is_judged(
    browser: Browser, address: str, digest: str, tmp_path: Path
) -> None:
    context = browser.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(address)
    page.fill("#q", f"https://elsewhere.example/c/{digest}")
    page.click("text=Look")
    assert page.url == f"{address}/c/{digest}?lang=en"
    file = tmp_path / "lot.oreprint"
    file.write_bytes(page.request.get(f"{address}/v1/certificates/{digest}/bundle").body())
    page.goto(f"{address}/?lang=zh-Hans")
    page.set_input_files("#file", file)
    page.click("#drop button")
    assert page.inner_text("#verdict") == "真实记录"
    context.close()


def test_what_is_withdrawn_says_so_at_the_next_look_and_the_browser_agrees(
    page: Page, served: Served, address: str
) -> None:
    with served.client() as client:
        record = written("A-2", "5 kg", producer=ANN, plant=plant(ANN))
        made = client.post("/v1/certificates", json=record, headers=served.token(ANN)).json()["certificates"][0]
        page.goto(f"{address}/c/{made['digest']}")
        assert page.inner_text("#verdict") == "Genuine record"
        said = {"statement": "withdraw", "lot": "A-2", "reason": "a test"}
        assert client.post("/v1/statements", json=said, headers=served.token(ANN)).status_code < 300
    for _ in range(60):
        page.goto(f"{address}/c/{made['digest']}")
        if page.inner_text("#verdict") == "Withdrawn":
            break
        page.wait_for_timeout(500)
    assert page.inner_text("#verdict") == "Withdrawn"
    page.locator("#said", has_text="found the same").wait_for()
    assert page.get_attribute("#browser", "data-verdict") == "withdrawn"


def test_the_customer_presses_once_and_the_sender_is_told(page: Page, served: Served, address: str) -> None:
    """The whole way: a failed press, a double one, the sender's Today and shipment, and the same from a terminal."""
    with served.client() as client:
        token = served.token(ANN)
        record = written("A-3", "100 kg", producer=ANN, plant=plant(ANN))
        assert client.post("/v1/certificates", json=record, headers=token).status_code == 201
        client.post("/v1/contacts", json={"name": "Motor Works"}, headers=token)
        wanted = {"contact": "Motor Works", "lots": [{"lot": "A-3", "mass": "30 kg"}]}
        made = client.post("/v1/shipments", json=wanted, headers=token).json()
    (line,) = made["lots"]
    link = f"{address}/c/{line['certificate']}#{line['link'].partition('#')[2]}"
    page.goto(link)
    page.locator("#said", has_text="found the same").wait_for()
    assert not page.is_visible("#not-told")
    assert violations(page) == []
    page.route("**/v1/receipts", lambda route: route.abort())
    page.click("#received")
    page.locator("#not-told").wait_for()
    page.unroute("**/v1/receipts")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.locator("#received").dblclick(no_wait_after=True)
    page.locator("#page >> text=You told the sender on").wait_for()
    assert sent.count("POST") == 1
    assert page.evaluate("document.activeElement.id") == "delivery"
    assert page.locator("#received").count() == 0
    page.locator("#said", has_text="found the same").wait_for()
    assert violations(page) == []
    with desk(served, "sales", party=ANN) as at:
        assert "Motor Works says that your shipment came" in at.get("/desk").text
        assert f'href="/desk/shipments/{made["id"]}"' in at.get("/desk").text
        assert "The customer said on" in at.get(f"/desk/shipments/{made['id']}").text
    told = in_a_terminal("share", "--received", link)
    assert told.startswith("You have told the sender on ")
    verified = in_a_terminal("verify", link, "--ask", address, "--trust", str(served.home.trust))
    assert "Until it claims these goods, the registry could move them." in " ".join(verified.split())


def in_a_terminal(*words: str) -> str:
    """Return what a command prints."""
    done = subprocess.run([*command(), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
