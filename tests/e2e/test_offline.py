"""The page without a connection: installed in a real browser, then cut off from the network."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pytest

from api.web.assets import ASSETS, VERSION
from api.web.offline import MOST_AT_ONCE, needed, worker_script
from ledger.trust.pinned import list_digest
from schemas.document import replace
from schemas.sentences import ACTIONS, NOT_PROVEN
from tests.support.browser.chromium import SMALL, forget, violations
from tests.support.browser.offline import given, installed, label_link, until, without_scripts
from tests.support.browser.pictures import pdf_of_itself, pdf_with, photo, saved, symbol
from tests.support.browser.showcase import Showcase, running
from tests.support.states_table import table
from tests.support.worlds.logged_lists import logged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

STATES_OFFLINE: Final = {
    "genuine": "genuine",
    "public": "genuine",
    "no-word": "genuine",
    "hidden-withdrawn": "affected",
    "implausible": "do-not-rely",
    "superseded": "superseded",
    "expired": "expired",
    "withdrawn": "withdrawn",
    "suspended": "suspended",
    "upstream-withdrawn": "affected",
    "stale": "incomplete",
    "unknown-registry": "unknown",
    "forged": "do-not-rely",
    "tampered-upstream": "do-not-rely",
    "unknown-issuer": "do-not-rely",
}
"""What a browser alone finds of a bundle of each state."""


@pytest.fixture(scope="module")
def address(showcase: Showcase) -> Iterator[str]:
    with running(showcase.app()) as url:
        yield url


@pytest.fixture(scope="module")
def cut_off(browser: Browser, showcase: Showcase, address: str) -> Iterator[Callable[[str], Page]]:
    """Return the page of a browser without a connection, which keeps the trust list of a state."""
    with ExitStack() as open_ones:

        @cache
        def keeping(trust: str) -> Page:
            state = next(name for name, each in showcase.cases.items() if each.cast.note == trust)
            return open_ones.enter_context(installed(browser, address, state))

        def page_of(state: str) -> Page:
            page = keeping(showcase.cases[state].cast.note)
            page.emulate_media(media="screen")
            return page

        yield page_of


@pytest.fixture(scope="module")
def connected(browser: Browser, address: str) -> Iterator[Page]:
    """The page of a browser with a connection, whose worker is there."""
    with installed(browser, address, "genuine", offline=False) as page:
        yield page


@pytest.mark.parametrize("state", STATES_OFFLINE)
def test_a_bundle_is_judged_without_a_connection(
    cut_off: Callable[[str], Page], showcase: Showcase, address: str, state: str
) -> None:
    page = cut_off(state)
    page.goto(f"{address}/c/anything")
    given(page, showcase.cases[state].lines)
    page.wait_for_selector(f"#answer[data-state={STATES_OFFLINE[state]}]:not([hidden])")
    assert violations(page) == []
    if state == "forged":
        assert page.locator("#match").is_hidden(), "what a failed record claims is not shown"
        assert page.inner_text("#figure") == "Not answered."
    page.emulate_media(media="print")
    assert violations(page) == []
    begin, *rest = re.split(r"\{\w+\}", ACTIONS[table()[state].offline])
    action = page.inner_text("#do")
    assert action.startswith(begin)
    assert all(each in action for each in rest)
    assert "{" not in action + page.inner_text("#why") + page.inner_text("#ended-why")
    if STATES_OFFLINE[state] == "genuine":
        hidden = "Not this lot, as of " if state == "no-word" else "No."
        assert page.inner_text("#ended").startswith(hidden)
        assert "as of" in page.inner_text("#ended") + page.inner_text("#ended-why")
    if STATES_OFFLINE[state] in {"genuine", "superseded", "expired", "withdrawn", "suspended", "affected"}:
        assert "cannot know of later withdrawals" in page.inner_text("#last")


def test_a_label_opened_by_the_camera_app_is_checked_by_its_seal(cut_off: Callable[[str], Page], address: str) -> None:
    page = cut_off("genuine")
    page.goto(label_link(address))
    page.wait_for_selector("#answer[data-state=incomplete]")
    assert "seal on the label" in page.inner_text("#why")
    assert page.inner_text("#ended") == "Not known."
    page.goto("about:blank")
    page.goto(label_link(address, tamper=True))
    page.wait_for_selector("#answer[data-state=do-not-rely]")
    page.goto("about:blank")
    page.goto(label_link(address, key_name="other"))
    page.wait_for_selector("#answer[data-state=unknown]")


def test_a_photo_of_a_label_is_checked_by_its_seal(cut_off: Callable[[str], Page], address: str) -> None:
    label = symbol(label_link("https://elsewhere.example"))
    page = cut_off("genuine")
    page.goto(address)
    page.set_input_files("#file", {"name": "label.jpg", "mimeType": "", "buffer": saved(photo([label]), "JPEG")})
    page.click("#drop button[type=submit]")
    page.wait_for_selector("#answer[data-state=incomplete]", timeout=60_000)
    assert page.inner_text("#mass") == "1 kg"
    assert "has no connection" in page.inner_text("#last") or "Without a connection" in page.inner_text("#last")


def test_a_pdf_needs_its_reader_kept_by_an_earlier_use(
    browser: Browser, cut_off: Callable[[str], Page], address: str
) -> None:
    with installed(browser, address, "genuine", offline=False) as page:
        page.goto(f"{address}/offline")
        for offline in (False, True):
            page.context.set_offline(offline)
            page.set_input_files("#file", {"name": "x.pdf", "mimeType": "", "buffer": pdf_of_itself()})
            page.click("#drop button[type=submit]")
            page.locator("#unread-said", has_text="No symbol could be read").wait_for(timeout=60_000)
    page = cut_off("genuine")
    page.goto(address)
    page.set_input_files("#file", {"name": "x.pdf", "mimeType": "", "buffer": pdf_of_itself()})
    page.click("#drop button[type=submit]")
    page.locator("#unread-said", has_text="could not load its reader").wait_for(timeout=60_000)


def test_of_a_pdf_the_record_in_it_is_judged_and_the_print_is_said_to_be_unread(
    connected: Page, showcase: Showcase, address: str
) -> None:
    page, lines = connected, showcase.cases["genuine"].lines
    page.goto(f"{address}/offline")
    for content, printed in ((pdf_with({"lot.oreprint": b"".join(lines)}), True), (b"".join(lines), False)):
        page.set_input_files("#file", {"name": "lot", "mimeType": "", "buffer": content})
        page.click("#drop button[type=submit]")
        page.wait_for_selector("#answer[data-state=genuine]:not([hidden])", timeout=60_000)
        assert page.locator("#print", has_text=NOT_PROVEN["the-print"]).is_visible() is printed


@pytest.mark.parametrize(
    ("typed", "begins"),
    [
        ("https://registry.example/c/zQmcxTgrrRbgTNAKdFD15EdjevJeLfwRMW4y88wPJYyQWbq", "This label has no seal"),
        ("XoyP W3kT 9vBa-7", "This code is mistyped"),
        ("hello", "This is not a link"),
        ("javascript:alert(1)", "This is not a link"),
    ],
)
def test_typed_text_that_leads_nowhere_is_told(
    cut_off: Callable[[str], Page], address: str, typed: str, begins: str
) -> None:
    page = cut_off("genuine")
    page.goto(address)
    page.fill("#q", typed)
    page.press("#q", "Enter")
    page.locator("#unread-said", has_text=begins).wait_for()
    assert page.locator("#answer").is_hidden()


def test_the_worker_keeps_files_and_empty_pages_alone(cut_off: Callable[[str], Page]) -> None:
    kept: list[str] = cut_off("genuine").evaluate(
        "async () => (await Promise.all((await caches.keys()).map(async (name) =>"
        " (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)))).flat()"
    )
    own = {f"/static/{VERSION}/{name}" for name in needed() if len(ASSETS[name].plain) <= MOST_AT_ONCE}
    assert set(kept) == {*own, "/offline", "/trust.json"}
    assert {"page.css", "offline.js", "whole.js", "vendor/qr/decode.js"} <= set(needed())
    assert not [name for name in needed() if name.startswith("vendor/swagger")]


def test_with_a_connection_every_answer_is_the_server_s(connected: Page, showcase: Showcase, address: str) -> None:
    page = connected
    page.goto(f"{address}/show/genuine")
    page.wait_for_selector("main.v-genuine")
    showcase.lie = lambda content: content.replace(b"v-genuine", b"v-withdrawn")
    try:
        page.reload()
        page.wait_for_selector("main.v-withdrawn")
    finally:
        showcase.lie = lambda content: content


def test_an_old_worker_leaves_when_the_registry_has_another(browser: Browser, showcase: Showcase, address: str) -> None:
    with installed(browser, address, "genuine", offline=False) as page:
        before = page.evaluate("caches.keys()")
        showcase.worker = worker_script().replace(b'const VERSION = "', b'const VERSION = "next-')
        try:
            page.reload()
            until(
                page,
                "async () => (await caches.keys()).some((name) => name.startsWith('oreprint-page-next-'))"
                " && (await caches.keys()).length === 2",
            )
            assert page.evaluate("caches.keys()") != before
        finally:
            showcase.worker = worker_script()


def test_a_worker_that_fails_leaves_the_page_as_it_was(browser: Browser, showcase: Showcase, address: str) -> None:
    context = browser.new_context(viewport=SMALL)
    page = context.new_page()
    try:
        for worker in (b"throw new Error('broken');", b"this is no script", b""):
            showcase.worker = worker
            forget(page, address, worker=True)
            page.goto(f"{address}/show/genuine")
            page.locator("#said", has_text="found the same").wait_for()
            page.reload()
            page.locator("#said", has_text="found the same").wait_for()
    finally:
        showcase.worker = worker_script()
        context.close()


def test_a_browser_that_keeps_nothing_checks_as_before(browser: Browser, address: str) -> None:
    denied = """
      for (const name of ["caches", "localStorage"]) {
        Object.defineProperty(globalThis, name, { get() { throw new DOMException("denied", "SecurityError"); } });
      }
      Object.defineProperty(navigator, "serviceWorker", { get() { return undefined; } });
    """
    context = browser.new_context(viewport=SMALL)
    context.add_init_script(denied)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/show/genuine")
    page.locator("#said", has_text="found the same").wait_for()
    page.goto(address)
    page.locator("#q").wait_for()
    assert page.locator("#offline").is_hidden()
    assert errors == []
    context.close()


def test_a_full_disk_keeps_nothing_and_the_page_checks_as_before(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=SMALL)
    page = context.new_page()
    context.new_cdp_session(page).send("Storage.overrideQuotaForOrigin", {"origin": address, "quotaSize": 1000})
    page.goto(f"{address}/show/genuine")
    page.locator("#said", has_text="found the same").wait_for()
    page.goto(address)
    page.wait_for_timeout(1000)
    assert page.locator("#offline").is_hidden()
    assert page.evaluate("async () => (await navigator.serviceWorker.getRegistration())?.active ?? null") is None
    context.close()


def test_a_list_that_does_not_follow_from_the_kept_one_is_told_and_taken_only_when_asked(
    browser: Browser, showcase: Showcase, address: str
) -> None:
    other = "unknown-registry"  # a list of the same number that is another one
    with installed(browser, address, "genuine", offline=False) as page:
        page.goto(f"{address}/show/genuine")
        page.locator("#said", has_text="found the same").wait_for()
        note, showcase.trust = showcase.cases["genuine"].cast.note, showcase.cases[other].cast.note
        assert note != showcase.trust
        try:
            page.reload()
            page.locator("#said", has_text="does not follow").wait_for()
            assert page.locator("#browser").get_attribute("role") == "alert"
            assert page.locator("#browser").get_attribute("data-verdict") is None
            page.locator("#pin-take").wait_for()
            assert violations(page) == []
            page.click("#pin-take")
            page.locator("#said", has_text="does not name the registry").wait_for()
            page.reload()
            page.locator("#said", has_text="does not name the registry").wait_for()
        finally:
            showcase.trust = None


def test_a_list_that_follows_from_the_kept_one_takes_its_place(
    browser: Browser, showcase: Showcase, address: str
) -> None:
    cast = showcase.cases["genuine"].cast
    later = cast.changed(lambda listed: replace(listed, number=listed.number + 1, previous=list_digest(listed)))
    kept = "async () => (await (await caches.open('oreprint-trust')).match('/trust.json')).text()"
    with installed(browser, address, "genuine", offline=False) as page:
        assert page.evaluate(kept) == cast.note
        showcase.trust = logged(later.note).to_text()
        try:
            page.goto(f"{address}/show/genuine")
            page.locator("#said", has_text="found the same").wait_for()
            assert page.evaluate(kept) == showcase.trust
            taken, showcase.trust = showcase.trust, cast.note  # an older one never comes back
            page.reload()
            page.locator("#said", has_text="does not follow").wait_for()
            assert page.evaluate(kept) == taken
        finally:
            showcase.trust = None


def test_the_empty_page_without_javascript_says_so(browser: Browser, address: str) -> None:
    with installed(browser, address, "genuine") as page:
        without_scripts(page)
        page.goto(f"{address}/c/anything")
        assert (
            page.locator("noscript").inner_text().strip().startswith("Without a connection, this page needs JavaScript")
        )
        assert page.locator("#drop").is_hidden()


def test_the_page_can_be_installed(browser: Browser, address: str) -> None:
    context = browser.new_context(viewport=SMALL)
    page = context.new_page()
    page.goto(address)
    session = context.new_cdp_session(page)
    found: dict[str, Any] = session.send("Page.getAppManifest")
    assert found["errors"] == []
    told = json.loads(found["data"])
    assert told["start_url"] == "/"
    base = found["url"].rpartition("/")[0]
    for icon in told["icons"]:
        answer = context.request.get(f"{base}/{icon['src']}")
        assert (answer.status, answer.headers["content-type"]) == (200, icon["type"])
    wrong = {each["errorId"] for each in session.send("Page.getInstallabilityErrors")["installabilityErrors"]}
    assert wrong <= {"in-incognito"}  # playwright's contexts are private windows
    context.close()
