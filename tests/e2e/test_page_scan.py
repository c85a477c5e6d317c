"""The scan on the page: chromium's own fake camera, with the decoder under `vendor/`, and with a stand-in for a
browser's own reader of symbols.

The camera, its permission, the video and the page's policies are the browser's own.  Only `BarcodeDetector` is stood in
for: chromium on Linux has none, since it leaves the reading of symbols to the system (Shape Detection API), so what it
would find is given here.
"""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from PIL import Image

from tests.support.browser.chromium import PHONE, browsers, violations
from tests.support.browser.pictures import photo, saved
from tests.support.http.server import ANN, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

CAMERA: Final = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
READER: Final = """
globalThis.BarcodeDetector = class {
  static getSupportedFormats() { return Promise.resolve(["qr_code"]); }
  async detect(view) {
    globalThis.looked = [...(globalThis.looked ?? []), [view.videoWidth, view.srcObject.getVideoTracks()[0].readyState]];
    return globalThis.looked.length < 8 ? [{ rawValue: "https://elsewhere.example/menu" }] : [{ rawValue: "%s" }];
  }
};
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(tmp_path_factory.mktemp("scan"))


@pytest.fixture(scope="module")
def address(served: Served) -> Iterator[str]:
    with served.running() as url:
        yield url


@pytest.fixture(scope="module")
def digest(served: Served, address: str) -> str:
    del address
    with served.client() as client:
        record = written("A-1", "100 kg", producer=ANN, plant=plant(ANN))
        answer = client.post("/v1/certificates", json=record, headers=served.token(ANN))
    return str(answer.json()["certificates"][0]["digest"])


@pytest.fixture(scope="module")
def page_of() -> Iterator[Callable[..., Page]]:
    """Return a new page with a script of its own, in the browser that has these flags."""
    with browsers() as start:
        started = cache(start)

        def page_of(script: str, *flags: str) -> Page:
            context = started(*flags).new_context(viewport=PHONE)
            context.add_init_script(script)
            return context.new_page()

        yield page_of


def looked(opened: Page, times: int) -> list[list[object]]:
    """Return what the reader was given once it has looked so often: a string to be evaluated is against the page's
    policy.
    """
    for _ in range(200):
        found: list[list[object]] = opened.evaluate("() => globalThis.looked ?? []")
        if len(found) >= times:
            return found
        opened.wait_for_timeout(50)
    pytest.fail("nothing looks")


def test_a_symbol_before_the_camera_leads_to_its_page_and_its_seal_to_no_server(
    page_of: Callable[..., Page], address: str, digest: str
) -> None:
    opened = page_of(READER % f"https://registry.example/c/{digest}#2oRDseal", *CAMERA)
    wrong: list[str] = []
    asked: list[str] = []
    opened.on("console", lambda message: wrong.append(message.text))
    opened.on("request", lambda request: asked.append(request.url))
    opened.goto(address)
    opened.locator("#scan").wait_for(state="visible")
    assert violations(opened) == []
    opened.click("#scan")
    opened.locator("#view").wait_for(state="visible")
    first = looked(opened, 1)[0]
    assert first[0]  # a picture
    assert first[1] == "live"
    opened.wait_for_url(f"{address}/c/{digest}?lang=en")
    opened.locator("#said", has_text="found the same").wait_for()
    assert not [url for url in asked if "2oRDseal" in url]
    assert wrong == []


def test_a_label_before_the_camera_is_read_without_a_reader_of_the_browser_s_own(
    page_of: Callable[..., Page], served: Served, address: str, digest: str, tmp_path: Path
) -> None:
    with served.client() as client:
        label = Image.open(io.BytesIO(client.get(f"/v1/certificates/{digest}/label.png").content)).convert("RGB")
    frames = tmp_path / "label.mjpeg"
    frames.write_bytes(saved(photo([label], size=(1280, 960)), "JPEG") * 3)
    opened = page_of("delete globalThis.BarcodeDetector;", *CAMERA, f"--use-file-for-fake-video-capture={frames}")
    opened.goto(address)
    opened.click("#scan")
    opened.wait_for_url(f"{address}/c/{digest}?lang=en", timeout=60_000)


def test_a_camera_that_is_refused_is_told_and_pressing_again_ends_a_scan(
    page_of: Callable[..., Page], address: str, digest: str
) -> None:
    del digest
    opened = page_of(READER % "nothing of ours")  # no flags: nobody grants the camera
    opened.goto(address)
    opened.click("#scan")
    opened.locator("#blind").wait_for(state="visible")
    assert opened.get_attribute("#scan", "aria-pressed") == "false"
    opened = page_of(READER % "nothing of ours", *CAMERA)
    opened.goto(address)
    opened.click("#scan")
    looked(opened, 4)
    opened.click("#scan")
    opened.locator("#view").wait_for(state="hidden")
    assert opened.evaluate("document.getElementById('view').srcObject.getVideoTracks()[0].readyState") == "ended"


def test_without_a_camera_there_is_no_button(page_of: Callable[..., Page], address: str) -> None:
    opened = page_of("Object.defineProperty(navigator, 'mediaDevices', { value: undefined });", *CAMERA)
    opened.goto(address)
    opened.locator("#q").wait_for()
    assert opened.locator("#scan").is_hidden()


def test_only_the_search_field_may_ask_for_the_camera(served: Served, digest: str) -> None:
    with served.client() as client:
        policies = {
            path: client.get(path).headers["permissions-policy"].partition(",")[0]
            for path in ("/", "/?q=nothing", f"/c/{digest}", "/c/unknown")
        }
    assert policies == {
        "/": "camera=(self)",
        "/?q=nothing": "camera=(self)",
        f"/c/{digest}": "camera=()",
        "/c/unknown": "camera=()",
    }
