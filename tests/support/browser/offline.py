"""A browser that has visited a server once, and then has no connection."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ledger.carrier.seal import make_seal
from ledger.seal.sdjwt import open_certificate
from ledger.seal.signer import SoftwareSigner
from tests.support.browser.chromium import SMALL
from tests.support.worlds.parties import did, key
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from playwright.sync_api import Browser, Page

READY = (
    "async () => (await navigator.serviceWorker.getRegistration())?.active?.state === 'activated'"
    " && (await (await caches.open('oreprint-trust')).match('/trust.json')) !== undefined"
)
"""The worker has installed itself, and the trust list is kept."""


@contextmanager
def installed(
    browser: Browser,
    address: str,
    state: str,
    *,
    offline: bool = True,
    lang: str = "en",
    at_ms: int | None = None,
) -> Iterator[Page]:
    """Give a page of a browser that has seen a state of the showcase; then it has no connection, if `offline`."""
    context = browser.new_context(viewport=SMALL, locale=lang)
    page = context.new_page()
    if at_ms is not None:
        page.clock.set_fixed_time(at_ms / 1000)
    page.goto(f"{address}/show/{state}")
    until(page, READY)
    page.reload()  # so that the worker controls it
    page.wait_for_selector("html[data-checked]")
    context.set_offline(offline)
    yield page
    context.close()


def until(page: Page, holds: str) -> None:
    """Wait until an asynchronous function says yes; `wait_for_function` would evaluate it against the page's policy."""
    for _ in range(400):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never: {holds}")


def without_scripts(page: Page) -> None:
    """Take JavaScript from a page whose worker is there already."""
    page.context.new_cdp_session(page).send("Emulation.setScriptExecutionDisabled", {"value": True})


def given(page: Page, lines: Sequence[bytes], name: str = "lot.oreprint") -> None:
    """Give the page a bundle."""
    page.set_input_files("#file", {"name": name, "mimeType": "", "buffer": b"".join(lines)})
    page.click("#drop button[type=submit]")


def label_link(origin: str, *, key_name: str = "k", tamper: bool = False) -> str:
    """Return the link of a label at an origin, with the seal of a producer; the trust list names its key `k`."""
    made = open_certificate(World(full=True).issue("ann").certificate.text)
    signer = SoftwareSigner(f"{did('ann')}#{key_name}", key("ann").key)
    seal = make_seal(made.record, made.digest, signer=signer)
    if tamper:
        seal = seal[:-10] + ("A" if seal[-10] != "A" else "B") + seal[-9:]
    return f"{origin}/c/{made.digest}#{seal}"
