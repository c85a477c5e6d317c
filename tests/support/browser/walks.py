"""Scripted walks from an empty folder to a label, at the pace of a person: in a terminal and in a real browser.

A walk counts what a person would have to do: fields, clicks, and words on a page that were not read before. It knows
how long each takes (`Pace`). With `live` it also waits that long, so that a clock measures the whole walk; without it,
the same walk runs as fast as the machine lets it, and only its plan is added up. The plan does not depend on the
machine.

It is a script: it knows where to click, and it misreads nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.support.http.processes import ended, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from playwright.sync_api import Browser, Page


class Pace(NamedTuple):
    """How long a person takes: seconds for a word read, a character typed, a click, and a number that is looked up."""

    word: float = 60 / 200
    character: float = 60 / (40 * 5)
    click: float = 1.5
    look_up: float = 10


PACE: Final = Pace()
"""200 words read and 40 words typed a minute, 1.5 s for each click, 10 s to look up a number in the plant's papers."""
LINE: Final = "https?://[^/]+/desk/link/[^ ]+"


@dataclass
class Stretch:
    """A part of a walk: what was done in it, the seconds that it takes by the pace, and those that a clock measured."""

    title: str
    fields: int = 0
    clicks: int = 0
    words: int = 0
    planned: float = 0
    measured: float = 0


@dataclass
class Walk:
    """One walk: its stretches, the lines that were read, and where pictures go, if anywhere."""

    live: bool = False
    pictures: Path | None = None
    stretches: list[Stretch] = field(default_factory=list)
    read_before: set[str] = field(default_factory=set)

    @property
    def planned(self) -> float:
        """The seconds of the whole walk by the pace."""
        return sum(each.planned for each in self.stretches)

    @contextmanager
    def stretch(self, title: str) -> Iterator[None]:
        """Begin a part of the walk."""
        self.stretches.append(Stretch(title))
        start = time.monotonic()
        yield
        self.stretches[-1].measured = time.monotonic() - start

    def take(self, seconds: float) -> None:
        """Let the time pass that a person needs."""
        self.stretches[-1].planned += seconds
        if self.live:
            time.sleep(seconds)

    def read(self, text: str) -> None:
        """Read the lines of a text that were not read before."""
        new = [line for line in dict.fromkeys(text.splitlines()) if line.strip() and line not in self.read_before]
        self.read_before.update(new)
        words = sum(len(line.split()) for line in new)
        self.stretches[-1].words += words
        self.take(words * PACE.word)

    def write(self, text: str, *, look_up: bool = False) -> None:
        """Type a text that is an answer."""
        self.stretches[-1].fields += 1
        self.take(len(text) * PACE.character + (PACE.look_up if look_up else 0))

    def fill(self, page: Page, name: str, text: str, *, look_up: bool = False) -> None:
        """Fill in a field of a page."""
        self.write(text, look_up=look_up)
        page.fill(f"[name='{name}']", text)

    def click(self, page: Page, what: str) -> None:
        """Click on something that leads nowhere else."""
        self.stretches[-1].clicks += 1
        self.take(PACE.click)
        page.click(what)

    def press(self, page: Page, what: str) -> None:
        """Press what leads to another page, and read that."""
        self.stretches[-1].clicks += 1
        self.take(PACE.click)
        with page.expect_navigation():
            page.click(what)
        self.look(page)

    def look(self, page: Page) -> None:
        """Read a page, and take its picture."""
        if self.pictures is not None:
            number = sum(1 for _ in self.pictures.glob("*.png"))
            page.screenshot(path=self.pictures / f"{number:02}.png", full_page=True)
        self.read(page.inner_text("main"))


@dataclass
class Host:
    """The machine of a registry: an empty folder, a terminal in it, and a browser that reaches its desk."""

    walk: Walk
    folder: Path
    browser: Browser
    oreprint: tuple[str, ...] = (sys.executable, "-m", "cli.main")
    port: int = field(default_factory=free_port)
    page: Page | None = None

    @property
    def home(self) -> Path:
        """Where the registry is made."""
        return self.folder / "home"

    @property
    def origin(self) -> str:
        """Where its desk is."""
        return f"http://localhost:{self.port}"

    def command(self, *words: str, answers: Sequence[str] = ()) -> str:
        """Type a command and its answers, read what it prints, and return that."""
        self.walk.write(" ".join(("oreprint", *words)))
        typed = "".join(f"{each}\n" for each in answers)
        for each in answers:
            self.walk.write(each)
        done = subprocess.run(
            [*self.oreprint, *words], input=typed, capture_output=True, text=True, check=False, env=self._environment()
        )
        assert done.returncode == 0, done.stderr
        self.walk.read(done.stderr + done.stdout)
        return done.stdout

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve the desk."""
        words = ("serve", "--port", str(self.port), "--origin", self.origin)
        self.walk.write(" ".join(("oreprint", *words)))
        server = subprocess.Popen(
            [*self.oreprint, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=self._environment()
        )
        with ended(server):
            yield

    def sign_in(self, told: str) -> Page:
        """Open the link that a command told, press its button, and return the page that follows: Today.

        Whoever was signed in before is so no longer.
        """
        found = re.search(LINE, told)
        assert found is not None, told
        if self.page is None:
            self.page = self.browser.new_context(locale="en", viewport={"width": 1120, "height": 900}).new_page()
        page = self.page
        page.context.clear_cookies()
        link = f"{self.origin}/desk/link/{found[0].rpartition('/')[2].strip()}"
        self.walk.take(PACE.click)
        _open(page, link)
        self.walk.look(page)
        self.walk.press(page, "main button")
        return page

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OREPRINT_")}
        return {**kept, "OREPRINT_HOME": str(self.home)}


def _open(page: Page, address: str) -> None:
    """Open an address as soon as the server is there."""
    from playwright.sync_api import Error

    until = time.monotonic() + 120
    while True:
        try:
            page.goto(address)
        except Error:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


# -- the walks ---------------------------------------------------------------------------------------------------------

STEP, PRODUCT = "8", "1"
"""Strip casting, and flake of NdFeB."""
RECIPE: Final = "strip-casting"
RUN: Final[Mapping[str, str]] = {
    "lot": "FL-1", "mass_kg": "1003", "outputs.2.lot": "SK-1", "outputs.2.mass_kg": "24.6", "r:ferroboron": "52.6",
    "r:rare-earth-metal": "317.9", "r:pure-iron": "649", "r:cobalt": "10.5", "r:aluminium": "3.2", "r:copper": "1.6",
    "r:gallium": "9.4", "r:argon": "61.2", "r:electricity": "921",
}  # fmt: skip
"""What the clerk's papers say about the run."""
OWN: Final[Mapping[str, str]] = {
    "ferroboron": "52.4 kg", "rare-earth metal": "317 kg", "pure iron": "648 kg", "cobalt": "10.4 kg",
    "aluminium": "3.13 kg", "copper": "1.56 kg", "gallium": "9.38 kg", "argon": "61 kg", "electricity": "912 kWh",
}  # fmt: skip
"""What the engineer's papers say about the usual run; the other numbers of the example are confirmed."""


def trial(walk: Walk, host: Host) -> str:
    """Go from an empty folder to a label of a trial; return the text of the page of labels."""
    with walk.stretch("`oreprint init`: six questions"):
        told = host.command("init", answers=("Example Alloys", "", "CN-ZJ", "Plant A", STEP, PRODUCT))
    with host.serving():
        with walk.stretch("open the link of `oreprint init`"):
            page = host.sign_in(told)
        return _issued(walk, page)


def own_plant(walk: Walk, host: Host) -> str:
    """Set up a plant of one's own, write its first recipe, and issue its first certificate; return as `trial`."""
    with walk.stretch("operator: `oreprint init`, and three invitations"):
        domain = "oreprint.alloys.example"
        host.command("init", answers=("Example Alloys", domain, "CN-ZJ", "Plant A", STEP, PRODUCT, "", ""))
        links = {
            role: host.command("users", "invite", name, "--role", role)
            for name, role in (("Chen Jie", "engineer"), ("Wang Fang", "quality"), ("Li Wei", "clerk"))
        }
    with host.serving():
        with walk.stretch("engineer: the plant's own numbers into the starter recipe"):
            _recipe(walk, host.sign_in(links["engineer"]))
        with walk.stretch("quality: approve the recipe"):
            page = host.sign_in(links["quality"])
            walk.press(page, "nav a:has-text('Recipes')")
            walk.press(page, f"main table a:has-text('{RECIPE}')")
            walk.press(page, "main button:has-text('Approve')")
        with walk.stretch("clerk: open the link of the invitation"):
            page = host.sign_in(links["clerk"])
        return _issued(walk, page)


def _recipe(walk: Walk, page: Page) -> None:
    """Write the next version of the starter with the plant's numbers, and send it for approval."""
    walk.press(page, "nav a:has-text('Recipes')")
    walk.press(page, f"main table a:has-text('{RECIPE}')")
    walk.press(page, "main button:has-text('Write the next version'), main a:has-text('Write the next version')")
    for tick in page.query_selector_all("fieldset#f-own input"):
        walk.click(page, f"fieldset#f-own input[value='{tick.get_attribute('value')}']")
    lines = page.locator("main form details")
    for number in range(lines.count()):
        line = lines.nth(number)
        name = line.locator("summary strong").inner_text()
        if line.get_attribute("open") is None:
            walk.click(page, f"main form details:nth-of-type({number + 1}) summary")
        own = OWN.get(name)
        if own is not None:
            value, _, unit = own.partition(" ")
            walk.fill(page, f"l{number}-amount", own, look_up=True)
            walk.fill(page, f"l{number}-low", f"{float(value) * 0.85:.4g} {unit}")
            walk.fill(page, f"l{number}-high", f"{float(value) * 1.15:.4g} {unit}")
        walk.fill(page, f"l{number}-note", "meter of May" if own else "our estimate")
        walk.click(page, f"[name=l{number}-own]")
    walk.press(page, "main form button:has-text('Save the draft')")
    walk.press(page, "main button:has-text('Send for approval')")


def _issued(walk: Walk, page: Page) -> str:
    """Type one run, look at the preview, issue it, and return the text of the page of its labels."""
    with walk.stretch("clerk: the run, from its papers"):
        walk.press(page, "main a:has-text('New run')")
        if "recipe=" not in page.url and "mass_kg" not in page.content():
            walk.press(page, f"main a:has-text('{RECIPE}')")
        for name, value in RUN.items():
            walk.fill(page, name, value, look_up=True)
    with walk.stretch("clerk: preview, issue and label"):
        walk.press(page, "main form .buttons button >> nth=0")
        walk.press(page, "button[value=labels]")
    return page.inner_text("main")
