"""The page: once seen and cold over a bare FastAPI route of the same bytes; and on a phone with a slow line and a
slow processor, where the browser checks the whole chain of the magnet, too.

Rules: the phone is chromium with "slow 4G" (1.6 Mbit/s down, 750 kbit/s up, 150 ms a round trip) and a processor four
times slower, both set by its own developer protocol; a verdict is there when its words are painted. Nothing here
asserts.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from api.web.assets import VERSION
from bench.load import process
from bench.serving import body, issue_unwarmed, magnet, never_seen, oreprint, seen_and_first, serving, token
from bench.table import Row
from tests.support.browser.chromium import FLAGS, PHONE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VISITS = 5
SLOW_4G = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
SLOWER = 4
LEAST_BUNDLE = 200_000
"""Bytes that the magnet's bundle has at least where its whole chain is shown."""
MAKER = "did:web:magnet-a.example"
CHECK = """async ([base, path, key]) => {
  const get = async (at, headers = {}) => (await fetch(at, { headers })).text();
  const [bundle, trust] = [await get(path, { authorization: `Bearer ${key}` }), await get("/trust.json")];
  const [{ verify }, { verifyWhole }] = [await import(`${base}/verify.js`), await import(`${base}/whole.js`)];
  const start = performance.now();
  const own = await verify({ bundle, trust, now: Date.now() });
  const rest = await verifyWhole(own.seen);
  return [performance.now() - start, own.verdict, rest.verdict, bundle.length];
}"""
"""The check of a whole bundle as the page makes it: milliseconds, verdicts of both parts, length of the bundle."""
FIRST_SCREEN = ("document", "stylesheet")
"""The requests between a scan and the verdict; scripts come after it."""


def rows() -> list[Row]:
    """Measure on a demo home made for it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "demo"
        oreprint("demo", "--home", str(home))
        return [
            *seen_and_first(home, Path(folder), "page", "/c/{}".format),
            *_on_a_phone(home, magnet(home)),
            never_seen(home, Path(folder), "page", "/c/{}".format, issue_unwarmed(home)),
        ]


def _on_a_phone(home: Path, digest: str) -> list[Row]:
    path = shutil.which("chromium")
    if path is None:
        return [Row("verdict on a phone", "chromium is missing", "", "", "2 s", "")]
    words, port, environment = serving(home)
    with process(words, port, environment), sync_playwright() as started:
        body(port, f"/c/{digest}")
        browser = started.chromium.launch(executable_path=path, args=list(FLAGS))
        visits = [_visit(browser, f"http://127.0.0.1:{port}/c/{digest}") for _ in range(VISITS)]
        key = token(home, MAKER, "read")
        whole = [_check(browser, f"http://127.0.0.1:{port}", digest, key) for _ in range(VISITS)]
        browser.close()
    told = "slow 4G, 4x slower processor"
    verdict, own, wire, everything = (median(column) for column in zip(*visits, strict=True))
    return [
        Row("server's verdict painted", f"{verdict / 1000:.2f} s", told, "", "2 s", ""),
        Row("browser's own verdict", f"{own / 1000:.2f} s", told, "", "2 s", ""),
        Row(
            "browser's check of the whole chain", f"{median(whole) / 1000:.2f} s", "4x slower processor", "", "1 s", ""
        ),
        Row("first screen over the wire", f"{wire / 1000:.1f} kB", f"all: {everything / 1000:.1f} kB", "", "30 kB", ""),
    ]


def _visit(browser: Browser, url: str) -> tuple[float, float, int, int]:
    """Return ms to the painted verdict, ms to the browser's own, and bytes of the first screen and of everything."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    developer = context.new_cdp_session(page)
    sizes: dict[str, int] = {}
    kinds: dict[str, str] = {}

    def response(event: dict[str, Any]) -> None:
        kinds[event["requestId"]] = event["type"].lower()

    def finished(event: dict[str, Any]) -> None:
        sizes[event["requestId"]] = int(event["encodedDataLength"])

    developer.on("Network.responseReceived", response)
    developer.on("Network.loadingFinished", finished)
    developer.send("Network.enable")
    developer.send("Network.emulateNetworkConditions", SLOW_4G)
    developer.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(url)
    page.wait_for_selector("#browser[data-verdict]")
    painted = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    own = page.evaluate("performance.now()")
    page.wait_for_timeout(200)
    first = sum(size for each, size in sizes.items() if kinds.get(each) in FIRST_SCREEN)
    context.close()
    return painted, own, first, sum(sizes.values())


def _check(browser: Browser, origin: str, digest: str, key: str) -> float:
    """Return ms to a check of the magnet with its whole chain, by modules that this page has not run before."""
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(origin)
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    spent, *verdicts, length = page.evaluate(CHECK, [f"/static/{VERSION}", f"/v1/certificates/{digest}/bundle", key])
    context.close()
    if set(verdicts) != {"genuine"} or length < LEAST_BUNDLE:
        raise RuntimeError(verdicts, length)
    return float(spent)


if __name__ == "__main__":
    for each in rows():
        print(each)
