"""The promise of the label: scan the magnet, and learn of a withdrawal upstream, from a server that another process
withdrew beside.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from cli.parts import runtime, tables_of
from cli.story import PASSPHRASE
from ledger.admin.init import open_book
from ledger.bundles.gather import BundleView
from ledger.bundles.verification import LocalVerifier
from ledger.registry.folder import Home
from ledger.verify.verdict import report
from tests.support.audiences import AUDIENCES, worse
from tests.support.browser.labels import drawn, read
from tests.support.forked import command
from tests.support.http.processes import ended, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.terminal import Demo

BUNDLE = "application/vnd.oreprint.bundle+jsonl"
ROOT = Path(__file__).resolve().parents[2]
MAKER, BUYER = "did:web:magnet-a.example", "did:web:motor-works.example"


class Shop(NamedTuple):
    """A demo's home, and the address of the server that serves it."""

    home: Path
    address: str

    def run(self, *words: str) -> str:
        """Run `oreprint` on the home."""
        done = oreprint(*words, "--home", str(self.home))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def path(self, lot: str) -> str:
        """Return the path that the label of a lot leads to, as a scanner reads it."""
        (text,) = read(drawn((self.home / "labels" / f"{lot}.svg").read_bytes(), suffix="svg"))
        return urlsplit(text).path

    def ask(self, path: str, token: str = "") -> str:
        """Return what the server answers."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = urllib.request.Request(self.address + path, headers=headers)  # noqa: S310 - our own server
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return str(answer.read().decode())

    def page(self, lot: str, token: str = "") -> tuple[str, str]:
        """Return the state of the page of a lot, and its first screen as text."""
        html = self.ask(self.path(lot), token)
        state = re.search(r'<main id="page" class="v-([a-z-]+)"', html)
        first = re.search(r'<div class="first">(.*?)</div>\s*<section class="level', html, re.DOTALL)
        assert state is not None
        assert first is not None
        return state[1], " ".join(re.sub("<[^>]+>", "", first[1]).split())

    def fetch(self, path: str) -> bytes:
        """Return a file of the server, as everybody gets it."""
        with urllib.request.urlopen(self.address + path, timeout=60) as answer:  # noqa: S310 - our own server
            return bytes(answer.read())

    def post(self, path: str, content: bytes, media: str) -> Any:  # noqa: ANN401 - a document
        """Return what the server answers to a file."""
        request = urllib.request.Request(self.address + path, content, {"Content-Type": media})  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return json.loads(answer.read())

    def upload(self, content: bytes) -> str:
        """Return the page of a file that is given to the search field."""
        head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        media = {"Content-Type": "multipart/form-data; boundary=b"}
        request = urllib.request.Request(f"{self.address}/check", head + content + b"\r\n--b--\r\n", media)  # noqa: S310
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return str(answer.read().decode())

    def verify(self, *words: str) -> Any:  # noqa: ANN401 - a document
        """Return what `oreprint verify` finds, whatever it is."""
        return json.loads(oreprint("verify", *words).stdout)

    def withdraw_oxide(self) -> None:
        """Withdraw a lot upstream of the magnet, if no test before has done so."""
        if self.page("OX-16")[0] == "genuine":
            self.run("revoke", "OX-16", "--as", "did:web:separation-a.example", "--reason", "wrong assay")

    def report(self, lot: str, token: str = "") -> Any:  # noqa: ANN401 - a document
        """Return the report on a lot."""
        return json.loads(self.ask(f"/v1/certificates{self.path(lot).removeprefix('/c')}/verification", token))


def oreprint(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command(), *words], capture_output=True, text=True, check=False, env={**os.environ})


@pytest.fixture(scope="module")
def shop(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    home = demo.copy(tmp_path_factory.mktemp("shop") / "demo")
    port = free_port()
    words = [*command(), "serve", "--home", str(home), "--port", str(port)]
    with (home.parent / "log").open("wb") as log, ended(subprocess.Popen(words, stderr=log)):
        shop = Shop(home, f"http://127.0.0.1:{port}")
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                shop.ask("/readyz")
                break
            except OSError:
                time.sleep(0.1)
        yield shop


@pytest.fixture(scope="module")
def before(shop: Shop) -> dict[str, bytes]:
    """Return files of the magnet from before any withdrawal."""
    base = f"/v1/certificates{shop.path('MG-88').removeprefix('/c')}"
    return {"bundle": shop.fetch(f"{base}/bundle"), "paper": shop.fetch(f"{base}/certificate.pdf")}


@pytest.mark.usefixtures("before")
def test_the_label_leads_to_genuine_and_after_a_withdrawal_upstream_to_its_share(shop: Shop) -> None:
    for _ in range(2):  # the second time it comes from what is kept
        assert shop.page("MG-88")[0] == "genuine"
        assert shop.report("MG-88")["chain"]["state"] == "none"  # the chain is withheld from the public
        assert shop.page("OX-16")[0] == "genuine"
    key = json.loads(shop.run("tokens", "create", "--as", MAKER, "--scope", "read", "--json"))["token"]
    assert shop.page("MG-88", key)[0] == "genuine"

    shop.withdraw_oxide()

    assert shop.page("OX-16")[0] == "withdrawn"
    state, first = shop.page("MG-88")
    assert state == "affected"
    assert "Part of it: 3.6 %. 18 kg of this lot comes from a withdrawn batch." in first
    assert "12.3 % Nd" in first
    assert "Reason of the issuer: wrong assay, " in first
    assert "Quarantine 18 kg. Ask Example Magnet A which part that is." in first
    html = shop.ask(shop.path("MG-88"))
    assert "OX-16" not in html
    report = shop.report("MG-88")
    assert report["verdict"] == "withdrawn"
    told = report["affected"][0]
    assert (told["elements"]["Nd"], told["mass_percent"], told["mass_kg"], told["reason"]) == (
        "12.3", "3.6", "18", "wrong assay",
    )  # fmt: skip
    assert len(told["since"]) == len("2026-11-29"), "who is not shown the chain learns the day alone"
    assert "OX-16" not in json.dumps(report)

    private = shop.report("MG-88", key)
    assert private["affected"][0]["path"] == ["OX-16", "ME-31", "AL-40", "MG-88"]
    assert private["affected"][0]["reason"] == "wrong assay"
    assert private["affected"][0]["since"].endswith("Z")
    assert "OX-16" in shop.ask(shop.path("MG-88"), key)
    chinese = shop.ask(f"{shop.path('MG-88')}?lang=zh-Hans")
    assert '本批中有 <bdi data-fact="mass">18\u00a0kg</bdi> 来自一个<bdi>已撤回</bdi>的批次' in chinese


def test_the_recall_behind_a_hidden_chain_has_one_answer_at_every_door(shop: Shop, before: dict[str, bytes]) -> None:
    """The page, the API, the terminal, files of before and after, and papers tell the same state and advice."""
    shop.withdraw_oxide()
    digest = shop.path("MG-88").removeprefix("/c/")
    base = f"/v1/certificates/{digest}"
    bundle, paper = shop.fetch(f"{base}/bundle"), shop.fetch(f"{base}/certificate.pdf")
    trust = ("--trust", str(shop.home / "trust.json"), "--json")
    files = {"after.oreprint": bundle, "after.pdf": paper}
    for name, content in files.items():
        (shop.home / name).write_bytes(content)
    told = {
        "the verification": shop.report("MG-88"),
        "the bundle": shop.verify(str(shop.home / "after.oreprint"), *trust, "--offline"),
        "the paper": shop.verify(str(shop.home / "after.pdf"), *trust, "--offline"),
        "the address": shop.verify(f"{shop.address}/c/{digest}", *trust, "--ask", shop.address),
        "the bundle, posted": shop.post("/v1/verify", bundle, BUNDLE),
        "the paper, posted": shop.post("/v1/verify", paper, "application/pdf"),
        "the bundle of before, posted": shop.post("/v1/verify", before["bundle"], BUNDLE),
        "the paper of before, posted": shop.post("/v1/verify", before["paper"], "application/pdf"),
    }
    answers = {door: (each["state"], each["action"]["sentence"]) for door, each in told.items()}
    due = ("affected", "Quarantine 18 kg. Ask Example Magnet A which part that is. If nobody knows, quarantine all.")
    assert answers == dict.fromkeys(told, due)
    assert not any("OX-16" in json.dumps(each) for each in told.values())
    for content in (bundle, before["bundle"], paper):
        page = shop.upload(content)
        assert 'data-state="affected"' in page
        assert "Quarantine" in page


def test_a_file_of_before_says_as_of_when_it_speaks(shop: Shop, before: dict[str, bytes]) -> None:
    """Nobody can know offline what was withdrawn since; so the answer says as of when, and is no bare No."""
    (shop.home / "before.oreprint").write_bytes(before["bundle"])
    trust = ("--trust", str(shop.home / "trust.json"), "--json")
    found = shop.verify(str(shop.home / "before.oreprint"), *trust, "--offline")
    assert found["state"] == "genuine"
    assert found["replies"]["withdrawn"]["sentence"].endswith(f"as of {found['upstream_as_of'][:10]}.")


def test_no_audience_gets_a_worse_answer_for_any_lot(shop: Shop) -> None:
    """Whoever sees more gets the same answer or a better one, before and after a withdrawal."""
    digests = {each.stem: shop.path(each.stem).removeprefix("/c/") for each in (shop.home / "labels").glob("*.svg")}
    assert len(digests) >= 15
    registry = open_book(Home(shop.home), runtime(), passphrase=PASSPHRASE)
    verifier = LocalVerifier(registry, tables_of(shop.home))
    for lot, digest in digests.items():
        now = registry.runtime.now_ms()
        views = {each: BundleView(each, as_granted=each == "public") for each in AUDIENCES}
        found = {each: report(verifier.verify(digest, view, now_ms=now).chain) for each, view in views.items()}
        assert worse(found) is None, (lot, worse(found))
        assert all(
            each.audited and each.audited.state == "audited" for each in found.values() if each.state == "genuine"
        )
        assert not any(
            "rely on the producer" in each.replies.chain.sentence for each in found.values() if each.state == "genuine"
        )


def test_a_public_certificate_that_is_brought_to_the_registry_is_judged_by_all_that_it_knows(shop: Shop) -> None:
    shop.withdraw_oxide()
    digest = shop.path("MG-88").removeprefix("/c/")
    text = shop.ask(f"/v1/certificates/{digest}")
    request = urllib.request.Request(  # noqa: S310
        f"{shop.address}/v1/verify", text.encode(), {"Content-Type": "application/vc+sd-jwt"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        report = json.loads(answer.read())
    assert (report["verdict"], "lot" in report["affected"][0]) == ("withdrawn", False)
