"""Make the pictures of the desk in `docs/images`: the served demo in a real browser, used as its reader would.

Usage: PYTHONPATH=. python docs/make_desk_pictures.py

It makes a demo home of its own, follows the printed link, and works through a day. Figures, names and lots are the
demo's.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from make_pictures import keep
from PIL import Image
from playwright.sync_api import sync_playwright

from tests.support.browser.chromium import FLAGS, PHONE

if TYPE_CHECKING:
    from playwright.sync_api import Page, ViewportSize

PORT: Final = 8460
WINDOW: Final[ViewportSize] = {"width": 1120, "height": 640}
"""Wide enough for a table, and small enough to be read in a page of text."""
MOST_HEIGHT: Final = 900
RUN: Final = {
    "lot": "AL-45", "mass_kg": "1650", "start": "2026-06-10", "input1_lot": "ME-32", "input1_kg": "35.8",
    "input2_lot": "ME-33", "input2_kg": "13.8",
}  # fmt: skip
"""A run whose mass has a digit too many."""


def main() -> int:
    """Make all pictures."""
    chromium = shutil.which("chromium")
    if chromium is None:
        print("chromium is missing (Debian: apt-get install chromium)")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "cli.main", "demo", "--home", f"{folder}/demo", "--serve", "--port", str(PORT)]
        demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)  # noqa: S603
        try:
            with sync_playwright() as started:
                browser = started.chromium.launch(executable_path=chromium, args=list(FLAGS))
                page = browser.new_context(viewport=WINDOW, locale="en").new_page()
                link = link_of(demo)
                page.goto(link)
                page.click("main button")
                page.wait_for_url("**/desk")
                a_day(page, link.partition("/desk")[0], Path(folder) / "demo" / "day.xlsx")
                browser.close()
        finally:
            demo.terminate()
            demo.wait(60)
    return 0


def link_of(demo: subprocess.Popen[str]) -> str:
    """Wait until the demo prints the link that signs in, and return it."""
    for line in demo.stdout or ():
        if found := re.search(r"http://\S+/desk/link/\S+", line):
            return found[0]
    message = "the demo printed no link to its desk"
    raise RuntimeError(message)


def a_day(page: Page, origin: str, workbook: Path) -> None:
    """Work through a day at the desk, and photograph its screens."""
    picture(page, "desk-today")
    page.goto(f"{origin}/desk/runs/new?recipe=SC-2026-05")
    for name, value in RUN.items():
        page.fill(f"[name={name}]", value)
    press(page, "text=Add an input")
    page.fill("[name=input3_lot]", "DF-05")
    page.fill("[name=input3_kg]", "2.5")
    press(page, "main form .buttons button >> nth=0")
    picture(page, "desk-run-phone", PHONE)
    page.fill("[name=mass_kg]", "165")
    press(page, "main form .buttons button >> nth=0")
    picture(page, "desk-preview")
    press(page, "button[value=labels]")
    picture(page, "desk-labels")
    page.goto(f"{origin}/desk/uploads")
    page.set_input_files("#f-file", workbook)
    press(page, "main form button")
    picture(page, "desk-upload")
    page.goto(f"{origin}/desk/lots")
    picture(page, "desk-lots")
    page.goto(f"{origin}/desk/contacts")
    page.fill("[name=name]", "Motor Works")
    press(page, "main form button")
    page.goto(f"{origin}/desk/ship")
    page.select_option("[name=contact]", label="Motor Works (held by this registry)")
    page.check("[name=lot] >> nth=0")
    picture(page, "desk-ship")
    page.goto(f"{origin}/desk/approvals")
    press(page, "main ul a")
    picture(page, "desk-approval")


def press(page: Page, button: str) -> None:
    """Press what leads to another page, and wait for that."""
    with page.expect_navigation():
        page.click(button)


def picture(page: Page, name: str, size: ViewportSize = WINDOW) -> None:
    """Save the page in a window, as high as its content but no higher than a screen."""
    page.set_viewport_size(size)
    page.evaluate("document.activeElement.blur()")
    height = page.evaluate("document.querySelector('main').getBoundingClientRect().bottom + scrollY")
    clip = {"x": 0, "y": 0, "width": size["width"], "height": min(height, MOST_HEIGHT)}
    keep(Image.open(io.BytesIO(page.screenshot(full_page=True, clip=clip))), name)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
