"""`oreprint demo --serve`: the story, then its pages on this machine until Ctrl-C."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from cli.listening import address, listening, own_address
from ledger.carrier.link import resolver_of
from schemas.sentences import NOT_PROVEN
from tests.support.browser.chromium import SMALL, chromium
from tests.support.browser.labels import drawn, read
from tests.support.browser.showcase import judged
from tests.support.forked import command
from tests.support.http.processes import ended

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]


def two_free_ports() -> int:
    """Return a port that is free, as is the next one."""
    while True:
        with socket.create_server(("127.0.0.1", 0)) as one:
            port = int(one.getsockname()[1])
            try:
                with socket.create_server(("127.0.0.1", port + 1)):
                    return port
            except OSError:
                continue


def verdict(address: str, key: str = "") -> str:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=60) as answer:  # noqa: S310
        found = re.search(r'<main id="page" class="v-([a-z-]+)"', answer.read().decode())
    assert found is not None
    return found[1]


def look_in_german(page: Page, magnet: str) -> None:
    """See what rests on a word alone, which the browser finds, too."""
    page.goto(f"{magnet}?lang=de")
    judged(page)
    assert "allein auf der Angabe des Herstellers: Strom 37 %, direkte Emissionen" in page.inner_text(".worth")
    assert page.locator("#browser.differs").count() == 0, page.get_attribute("#browser", "title")


def look_at_the_desk(page: Page, link: str) -> None:
    """Sign in by the link, which works once, and see the lot that waits."""
    page.goto(link)
    page.click("main button")
    page.wait_for_url("**/desk")
    assert "ME-34 was offered to you" in page.inner_text("main")
    assert "Sinter Works says that your shipment came" in page.inner_text("main")
    page.click("text=1 request waits for your decision")
    page.click("main ul a")
    assert "Reason: assay in doubt" in page.inner_text("main")
    page.goto(link)
    assert page.locator("main button").count() == 0


def mistakes(folder: Path) -> set[str]:
    """Return the cells of the demo's workbook with a mistake."""
    settings = {"PYTHONPATH": str(ROOT), "OREPRINT_AS": "did:web:magnet-a.example"}
    words = [*command(), "issue", "demo/day.xlsx", "--dry-run", "--home", "demo"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, env=settings)
    return set(re.findall(r"Runs![A-Z]+\d+", done.stdout))


def test_the_pages_are_served_until_ctrl_c(tmp_path: Path) -> None:
    port = two_free_ports()
    words = [*command(), "demo", "--home", "demo", "--serve", "--port", str(port)]
    demo = subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}
    )
    with ended(demo):
        assert demo.stdout is not None
        printed = ""
        until = time.monotonic() + 300
        while "/desk/link/" not in printed and time.monotonic() < until:
            printed += demo.stdout.readline()
        magnet, private, affected, withdrawn, search, api, customer, desk = re.findall(
            r"http://127\.0\.0\.1:\d+/\S*", printed
        )
        assert verdict(magnet) == "genuine"
        address, _, key = private.partition("#key=")
        assert (address, verdict(address, key)) == (magnet, "genuine")
        assert [verdict(affected), verdict(withdrawn)] == ["affected", "withdrawn"]
        assert magnet.rpartition("/")[2] == affected.rpartition("/")[2]
        (scanned,) = read(drawn((tmp_path / "demo" / "labels" / "MG-88.svg").read_bytes(), suffix="svg"))
        assert scanned.startswith(f"{magnet}#"), "the label leads to this machine, and holds the seal"
        with chromium() as browser:
            page = browser.new_context(viewport=SMALL).new_page()
            page.goto(scanned)
            page.locator("#said", has_text="found the same").wait_for()
            assert page.inner_text("#verdict") == "Genuine record"
            assert page.inner_text("[data-question=chain]").split("\n")[-1].startswith("Audited by 3 of 3. ")
            assert "Before you use the figure, ask Example Magnet A about:" in page.inner_text(".action")
            assert page.evaluate("document.querySelector('.action').getBoundingClientRect().bottom") <= SMALL["height"]
            look_in_german(page, magnet)
            page.goto(affected)
            assert "Quarantine 18\u00a0kg" in page.inner_text(".action")
            assert page.evaluate("document.querySelector('.action').getBoundingClientRect().bottom") <= SMALL["height"]
            wish = ("sheet", "demo/magnet.oreprint", "--trust", "demo/trust.json", "--format", "pdf", "-o", "MG-88.pdf")
            subprocess.run([*command(), *wish], cwd=tmp_path, check=True, env={"PYTHONPATH": str(ROOT)})
            page.goto(search)
            page.set_input_files("#file", tmp_path / "MG-88.pdf")
            page.click("#drop button")
            page.locator("#said", has_text="found the same").wait_for()
            assert page.inner_text("#verdict") == "Genuine record"
            assert page.locator("#evidence ~ ul li").first.inner_text() == NOT_PROVEN["the-print"]
            page.goto(customer)
            page.click("text=We received it")
            page.locator("text=You told the sender on").wait_for()
            assert "AL-40 6 kg" in page.inner_text("#page").replace("\u00a0", " ")
            assert "Held by the registry for the customer." in page.inner_text("#page")
            look_at_the_desk(page, desk)
        assert mistakes(tmp_path) == {"Runs!D5", "Runs!E6", "Runs!H7"}
        for each in (search, api):
            with urllib.request.urlopen(each, timeout=60) as answer:  # noqa: S310 - our own server
                assert answer.status == 200
        demo.send_signal(signal.SIGINT)
        rest, errors = demo.communicate(timeout=120)
    assert (demo.returncode, rest.strip()) == (0, "Stopped.")
    assert "Traceback" not in errors


def test_for_the_network_the_labels_lead_to_this_machine_s_address_in_it() -> None:
    host = own_address()
    assert resolver_of(address(8080, host)) in {f"http://{host}:8080", None}
    with listening(0, host) as found, socket.create_connection(found.getsockname()):
        pass


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*command(), "demo", "--home", "demo", "--serve", "--port", port],
            cwd=tmp_path, capture_output=True, text=True, check=False, env={"PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    assert done.returncode == 3
    assert f"cannot listen on port {port} at 127.0.0.1" in done.stderr.replace("\n", " ")
