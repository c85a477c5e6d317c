"""Make the pictures in `docs/images`: of the page (magnet, recall, search) in a real browser, and of a paper.

Usage: PYTHONPATH=. python docs/make_pictures.py

It makes a demo home of its own, serves it, and photographs with Debian's chromium. Figures, names and lots are the
demo's.
"""

from __future__ import annotations

import contextlib
import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pypdfium2
from PIL import Image
from playwright.sync_api import sync_playwright

from api.app import create_app
from api.app_state import Parts
from api.web.words import words
from cli.papers import PaperWish, paper_of
from cli.parts import runtime
from cli.story import MAGNET, PASSPHRASE, RECALLED, Story
from ledger.admin.init import open_book, status_signer
from ledger.changes.withdraw import withdraw
from ledger.registry.folder import Home
from ledger.tables import shipped_tables
from tests.support.browser.chromium import DESKTOP, FLAGS, PHONE, SMALL
from tests.support.http.server import listening

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

IMAGES: Final = Path(__file__).parent / "images"
PAPER_SCALE: Final = 1.5
"""Pixels of a point: a page of 893 x 1263."""
COLOURS: Final = 128
"""A page is flat colours and text: a palette keeps a picture below 150 kB."""


def main() -> int:
    """Make all pictures."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("chromium is missing (Debian: apt-get install chromium)")
        return 1
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder) / "demo")
        with contextlib.redirect_stdout(io.StringIO()):
            story = Story.begin(home, None)
            story.tell()
        paper(home.path / "magnet.oreprint", home.path / "trust.json")
        registry = open_book(home, runtime(), passphrase=PASSPHRASE)
        status = status_signer(home, registry.did, passphrase=PASSPHRASE)
        app = create_app(Parts(registry, shipped_tables(), status, f"https://{registry.did}"))
        with listening(app) as address, sync_playwright() as started:
            browser = started.chromium.launch(executable_path=chromium, args=list(FLAGS))
            _photograph(browser, address, home.path / "magnet.oreprint", f"{address}/c/{story.digests[MAGNET]}")
            oxide = story.digests[RECALLED]
            withdraw(registry, oxide, issuer=story.producer(RECALLED), reason="wrong assay", status=status)
            _picture(browser, "page-affected", SMALL, f"{address}/c/{story.digests[MAGNET]}")
            browser.close()
    return 0


def paper(bundle: Path, trust: Path) -> None:
    """Draw the first page of the magnet's certificate in PDF."""
    made = paper_of(PaperWish(str(bundle), "pdf", "2026-11-29", "public", trust, None), words("en"))
    keep(pypdfium2.PdfDocument(made.content)[0].render(scale=PAPER_SCALE).to_pil(), "paper")


def _photograph(browser: Browser, address: str, bundle: Path, record: str) -> None:
    _picture(browser, "page-phone", SMALL, record)
    _picture(browser, "page-phone-zh", SMALL, f"{record}?lang=zh-Hans")
    _picture(browser, "page-desktop", DESKTOP, record)
    _picture(browser, "page-desktop-dark", DESKTOP, record, dark=True)
    _picture(browser, "search-phone", PHONE, address)
    context = browser.new_context(viewport=DESKTOP, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address)
    page.set_input_files("#file", bundle)
    page.click("#drop button")
    page.wait_for_selector("#browser[data-verdict]")
    _save(page, "page-bundle")
    for level in ("facts", "evidence"):
        page.evaluate(f"document.getElementById('{level}').closest('section').scrollIntoView()")
        _save(page, f"page-{level}")
    page.set_viewport_size(SMALL)
    page.evaluate("document.getElementById('chain').scrollIntoView()")
    _save(page, "page-chain")
    context.close()


def _picture(browser: Browser, name: str, size: ViewportSize, url: str, *, dark: bool = False) -> None:
    context = browser.new_context(viewport=size, color_scheme="dark" if dark else "light")
    page = context.new_page()
    page.goto(url)
    if page.query_selector("#browser"):
        page.wait_for_selector("#browser[data-verdict]")
    _save(page, name)
    context.close()


def _save(page: Page, name: str) -> None:
    """Save what is on the screen, with few colours."""
    keep(Image.open(io.BytesIO(page.screenshot())), name)


def keep(shot: Image.Image, name: str) -> None:
    """Save a picture, with few colours."""
    shot.convert("RGB").quantize(COLOURS).save(IMAGES / f"{name}.png", optimize=True)
    print(f"docs/images/{name}.png")


if __name__ == "__main__":
    sys.exit(main())
