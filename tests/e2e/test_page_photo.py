"""Labels in photos, in PDF files and before the camera, read by the page in a browser without a reader of its own.

Every picture that the page reads, zxing reads the same. Chromium on Linux has no `BarcodeDetector`, so this is the
decoder under `vendor/`.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pypdfium2  # type: ignore[import-untyped]
import pytest
from PIL import Image

from tests.support.browser.chromium import PHONE, forget, violations
from tests.support.browser.labels import read
from tests.support.browser.pictures import (
    label,
    noise,
    pdf_bomb,
    pdf_locked,
    pdf_of_itself,
    pdf_with,
    photo,
    png_of,
    saved,
    symbol,
)
from tests.support.http.server import ANN, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

LOTS: Final = ("A-1", "B-2", "C-3")
MOST_READING_MS: Final = 20_000
"""After which the page itself ends a reading (`api/web/static/scan.js`)."""
MOST_MS: Final = 60_000
"""How long a test waits for a sentence."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(tmp_path_factory.mktemp("photo"))


@pytest.fixture(scope="module")
def address(served: Served) -> Iterator[str]:
    with served.running() as url:
        yield url


@pytest.fixture(scope="module")
def digests(served: Served, address: str) -> list[str]:
    del address
    with served.client() as client:
        records = [written(lot, "100 kg", producer=ANN, plant=plant(ANN)) for lot in LOTS]
        answers = [client.post("/v1/certificates", json=record, headers=served.token(ANN)) for record in records]
    return [str(answer.json()["certificates"][0]["digest"]) for answer in answers]


@pytest.fixture(scope="module")
def labels(served: Served, digests: list[str]) -> list[Image.Image]:
    with served.client() as client:
        files = [client.get(f"/v1/certificates/{digest}/label.png").content for digest in digests]
    return [Image.open(io.BytesIO(file)).convert("RGB") for file in files]


@pytest.fixture(scope="module")
def kept(browser: Browser) -> Page:
    """The page of all tests, which goes from place to place."""
    return browser.new_context(viewport=PHONE).new_page()


@pytest.fixture
def page(kept: Page, address: str) -> Page:
    """The search, in a browser that knows nothing of it."""
    forget(kept, address, worker=True)
    kept.goto(address)
    return kept


@pytest.fixture(scope="module")
def picture(labels: list[Image.Image]) -> Image.Image:
    """A photo of the first label."""
    return photo(labels[:1])


def give(page: Page, content: bytes | Path, name: str = "photo.jpg", kind: str = "") -> None:
    """Give the page a file; a large one by its path, which saves sending it to the browser as text."""
    if isinstance(content, Path):
        page.set_input_files("#file", content)
    else:
        page.set_input_files("#file", {"name": name, "mimeType": kind, "buffer": content})
    page.click("#drop button[type=submit]")


def tells(page: Page, begins: str) -> None:
    page.locator("#unread-said", has_text=begins).wait_for(timeout=MOST_MS)
    assert page.locator("#verdict").count() == 0


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_of_a_label_leads_to_its_page_and_is_sent_to_nobody(
    page: Page, address: str, digests: list[str], picture: Image.Image, form: str, tmp_path: Path
) -> None:
    file = tmp_path / f"photo.{form.lower()}"
    file.write_bytes(saved(picture, form))
    assert [each.partition("#")[0][-47:] for each in read(Image.open(file))] == digests[:1]
    sent: list[int] = []
    page.on("request", lambda request: sent.append(len(request.post_data_buffer or b"")))
    give(page, file)
    page.wait_for_url(f"{address}/c/{digests[0]}?lang=en", timeout=MOST_MS)
    assert not any(sent)


def test_of_several_labels_in_a_photo_the_reader_chooses_one(
    page: Page, address: str, digests: list[str], labels: list[Image.Image]
) -> None:
    picture = photo(labels, size=(3600, 2000))
    assert len(read(picture)) == len(LOTS)
    give(page, saved(picture, "JPEG"))
    page.locator("#choice button").nth(2).wait_for(timeout=MOST_MS)
    assert page.locator("#choice button").count() == len(LOTS)
    assert violations(page) == []
    start = digests[1][3:7]
    page.locator("#choice button", has_text=start).click()
    page.wait_for_url(f"{address}/c/{digests[1]}?lang=en")


def test_a_label_and_a_record_in_a_pdf_file_are_found(
    page: Page, served: Served, address: str, digests: list[str], labels: list[Image.Image]
) -> None:
    with served.client() as client:
        certificate = client.get(f"/v1/certificates/{digests[0]}").content
    give(page, saved(labels[0], "PDF"), "scan.pdf")
    page.wait_for_url(f"{address}/c/{digests[0]}?lang=en", timeout=MOST_MS)
    page.goto(address)
    give(page, pdf_with({"lot.sdjwt": certificate}), "certificate.pdf")
    page.wait_for_selector("main[data-verdict]", timeout=MOST_MS)
    assert page.inner_text("#verdict") == "Genuine record"


def test_the_project_s_own_pdf_label_is_read(page: Page) -> None:
    made = label(form="pdf", sealed=True)
    assert read(pypdfium2.PdfDocument(made.content)[0].render(scale=4).to_pil()) == [made.link]
    give(page, made.content, "label.pdf")
    page.wait_for_selector("h1:has-text('There is no such record here')", timeout=MOST_MS)


def test_a_label_of_another_registry_is_not_known_here_and_never_called_changed(page: Page) -> None:
    made = label(resolver="elsewhere.example")
    give(page, saved(photo([Image.open(io.BytesIO(made.content)).convert("RGB")]), "JPEG"))
    page.wait_for_selector("h1:has-text('Not known to this verifier')", timeout=MOST_MS)
    assert "no sign that anybody changed it" in page.inner_text("main")


@pytest.mark.parametrize(
    "text",
    [
        "https://elsewhere.example/menu",
        "javascript:alert(1)",
        "https://registry.ex\u0430mple/c/zQmcxTgrrRbgTNAKdFD15EdjevJeLfwRMW4y88wPJYyQWbq",
        "https://registry.example@evil.example/c/zQmcxTgrrRbgTNAKdFD15EdjevJeLfwRMW4y88wPJYyQWbq",
        "https://registry.example:99999999/c/zQmcxTgrrRbgTNAKdFD15EdjevJeLfwRMW4y88wPJYyQWbq",
        "A" * 900,
    ],
    ids=["menu", "script", "homoglyph", "userinfo", "port", "long"],
)
def test_a_symbol_of_somebody_else_opens_nothing(page: Page, address: str, text: str) -> None:
    picture = symbol(text)
    assert read(picture) == [text]
    give(page, saved(picture, "PNG"))
    tells(page, "The symbol is not a label of Oreprint")
    assert page.url == f"{address}/"


HOSTILE: Final[dict[str, tuple[Callable[[], bytes], str]]] = {
    "no symbol": (lambda: saved(Image.new("RGB", (800, 600), "white"), "PNG"), "No symbol could be read"),
    "huge picture": (lambda: png_of(60_000, 60_000), "The picture has more than 64 million pixels"),
    "empty picture": (lambda: png_of(0, 0), "The picture has more than 64 million pixels"),
    "cut picture": (lambda: saved(Image.new("RGB", (800, 600)), "JPEG")[:400], "The file could not be read"),
    "picture that lies": (lambda: noise(4000, begins=png_of(100, 100)[:40]), "The file could not be read"),
    "drawing": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This browser cannot read this kind of picture"),
    "heif": (lambda: b"\x00\x00\x00\x18ftypheic" + bytes(400), "This browser cannot read this kind of picture"),
    "no pdf": (lambda: noise(20_000, begins=b"%PDF-1.7\n"), "The file could not be read"),
    "locked pdf": (pdf_locked, "The PDF asks for a password"),
    "pdf of itself": (pdf_of_itself, "No symbol could be read"),
    "records in a pdf": (
        lambda: pdf_with({"a.sdjwt": b"one", "b.oreprint": b"two"}),
        "This PDF has several records attached",
    ),
    "pdf in a pdf": (lambda: pdf_with({"inner.pdf": pdf_of_itself()}), "No symbol could be read"),
    "too long": (lambda: bytes(16 * 1024 * 1024 + 1), "The file is larger than 16 MB"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_a_calm_sentence(page: Page, name: str, tmp_path: Path) -> None:
    make, begins = HOSTILE[name]
    content = make()
    if name == "too long":
        (tmp_path / name).write_bytes(content)
    give(page, tmp_path / name if name == "too long" else content, name, "image/svg+xml" if name == "drawing" else "")
    tells(page, begins)


def test_a_pdf_that_takes_for_ever_is_ended_and_the_next_file_is_read(
    browser: Browser, address: str, digests: list[str], labels: list[Image.Image]
) -> None:
    bomb = pdf_bomb()
    assert len(bomb) < 1_000_000
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(address)
    page.clock.install()
    give(page, bomb, "bomb.pdf")
    page.locator("#unread-said", has_text="is reading the file").wait_for()
    assert page.evaluate("1 + 1") == 2  # the page itself goes on
    page.clock.fast_forward(MOST_READING_MS - 3000)
    assert "is reading the file" in page.inner_text("#unread-said"), "it is ended before its time"
    page.clock.fast_forward(3000)
    tells(page, "Reading the file took too long")
    give(page, saved(labels[0], "PNG"))
    page.wait_for_url(f"{address}/c/{digests[0]}?lang=en", timeout=MOST_MS)
    context.close()


def test_many_symbols_offer_at_most_twenty_labels(page: Page) -> None:
    sheet = Image.new("RGB", (3000, 2400), "white")
    for number in range(30):
        link = f"https://registry.example/01/09506000134352/10/LOT-{number}"
        sheet.paste(symbol(link, squares_px=8), (number % 6 * 490 + 40, number // 6 * 470 + 40))
    assert len(read(sheet)) == 30
    give(page, saved(sheet, "PNG"))
    page.locator("#choice button").first.wait_for(timeout=MOST_MS)
    assert 2 <= page.locator("#choice button").count() <= 20
