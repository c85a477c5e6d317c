"""Passkeys in a real browser, with an authenticator that its developer tools make."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ledger.registry.idempotency import happened
from tests.support.http.desk import DeskSite, form_token, person, site
from tests.support.http.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, CDPSession, Page

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskSite]:
    with site(serve(tmp_path_factory.mktemp("passkeys"))) as running:
        yield running


def authenticator(page: Page, *, verified: bool = True) -> tuple[CDPSession, str]:
    """Give a page's browser a device that makes passkeys."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options: dict[str, Any] = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": verified, "automaticPresenceSimulation": True,
    }  # fmt: skip
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return tools, str(made["authenticatorId"])


def add_passkey(page: Page, label: str) -> None:
    page.click("text=Account")
    page.fill("#f-label", label)
    page.click("button:has-text('Add a passkey')")
    page.wait_for_selector(f"th:has-text('{label}')")


def test_a_person_adds_a_passkey_signs_in_by_it_and_removes_it(desk: DeskSite, browser: Browser) -> None:
    with desk.page(browser, person(desk.served, "clerk", name="Li Wei")) as page:
        tools, device = authenticator(page)
        add_passkey(page, "office computer")
        before = page.context.cookies()
        page.click("text=Sign out")
        page.wait_for_url("**/desk/sign-in")
        page.click("text=Use a passkey")
        page.wait_for_url(f"{desk.origin}/desk")
        assert "Li Wei" in page.inner_text(".who")
        assert page.context.cookies() != before

        page.goto(f"{desk.origin}/desk/prove?next=/desk/account")
        page.click("text=Use a passkey")
        page.wait_for_url("**/desk/account")
        page.click("button:has-text('Remove')")
        page.wait_for_selector("#problems")
        assert "by this passkey alone" in page.inner_text("#problems")
        page.fill("#f-label", "again")
        page.click("button:has-text('Add a passkey')")  # the browser refuses: its device has one already
        page.wait_for_selector("form.passkey [role=alert]:not([hidden])")
        tools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": device})
        authenticator(page)
        add_passkey(page, "telephone")
        page.click("button:has-text('Remove office computer')")
        page.wait_for_selector("th:has-text('office computer')", state="detached")


def test_another_device_is_refused_and_nobody_learns_why(desk: DeskSite, browser: Browser) -> None:
    who = person(desk.served, "clerk", name="Wang Fang")
    with desk.page(browser, who) as page:
        tools, device = authenticator(page)
        add_passkey(page, "laptop")
        kept = tools.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
        page.click("text=Sign out")
        tools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
        page.click("text=Use a passkey")
        page.wait_for_selector("form.passkey [role=alert]:not([hidden])")
        assert page.url.endswith("/desk/sign-in")
        tools.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": True})
        # a counter that goes back is told, and locks nobody out
        tools.send("WebAuthn.removeCredential", {"authenticatorId": device, "credentialId": kept[0]["credentialId"]})
        tools.send("WebAuthn.addCredential", {"authenticatorId": device, "credential": {**kept[0], "signCount": 50}})
        page.click("text=Use a passkey")
        page.wait_for_url(f"{desk.origin}/desk")
        page.click("text=Sign out")
        tools.send("WebAuthn.removeCredential", {"authenticatorId": device, "credentialId": kept[0]["credentialId"]})
        tools.send("WebAuthn.addCredential", {"authenticatorId": device, "credential": {**kept[0], "signCount": 3}})
        page.click("text=Use a passkey")
        page.wait_for_url(f"{desk.origin}/desk")
        assert "passkey counter" in {each.action for each in happened(desk.served.registry, last=20)}


def test_an_answer_of_a_passkey_is_taken_once_and_from_its_own_browser(desk: DeskSite, browser: Browser) -> None:
    with desk.page(browser, person(desk.served, "clerk", name="Zhang Min")) as page:
        authenticator(page)
        add_passkey(page, "laptop")
        page.click("text=Sign out")
        sent: list[str] = []

        def listen(request: Any) -> None:  # noqa: ANN401
            if request.method == "POST" and request.url.endswith("/desk/sign-in"):
                sent.append(request.post_data)

        page.on("request", listen)
        page.click("text=Use a passkey")
        page.wait_for_url(f"{desk.origin}/desk")
        headers = {"content-type": "application/x-www-form-urlencoded", "origin": desk.origin}
        again = page.request.post(f"{desk.origin}/desk/sign-in", data=sent[0], headers=headers, max_redirects=0)
        assert again.status == 403, "a replay is refused"
        assert "not accepted" in again.text()


def test_damaged_answers_are_refused_calmly(desk: DeskSite, browser: Browser) -> None:
    with desk.page(browser, person(desk.served, "clerk")) as page:
        page.context.clear_cookies()
        found = page.request.get(f"{desk.origin}/desk/sign-in")
        token = form_token(found.text())
        answers: list[Any] = [
            "x", "{}", "[]", "null", "1", '{"id":1}', "[" * 5000,
            json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {}}),
            json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {
                "clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA"}}),
            json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {
                "clientDataJSON": "bnVsbA", "authenticatorData": "!", "signature": None}}),
        ]  # fmt: skip
        for answer in answers:
            done = page.request.post(
                f"{desk.origin}/desk/sign-in",
                form={"csrf": token, "passkey": answer, "next": "/desk"},
                headers={"origin": desk.origin},
                max_redirects=0,
            )
            assert done.status == 403, answer
