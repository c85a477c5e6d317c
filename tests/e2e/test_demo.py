"""The demo as a newcomer runs it, the README's claims about it, and the files it leaves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from cli.parts import runtime
from ledger.admin.init import open_book
from ledger.bundles.views import shown_text
from ledger.log.entry import Entry, EntryKind
from ledger.log.tile import ENTRIES, parse_bundle, tile_at
from ledger.registry.folder import Home
from ledger.seal.sdjwt import open_certificate
from tests.e2e.pages import readme_block
from tests.support.forked import command
from tests.support.shown_members import SHOWN, names_shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.e2e.terminal import Demo

MASKS = (
    (re.compile(r"zQm\w{44}"), "zQm…"),
    (re.compile(r"urn:uuid:[0-9a-f-]{36}"), "urn:uuid:…"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "DAY"),
)


class Place(NamedTuple):
    """The folder that a demo was run in, and what it printed."""

    folder: Path
    printed: str

    def run(self, *words: str, before: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        """Run `oreprint` in the same folder; after words that change the process, as one of its own."""
        oreprint = (*before, sys.executable, "-m", "cli.main") if before else command()
        return subprocess.run(
            [*oreprint, *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
            env={"PYTHONPATH": str(ROOT)},
        )


ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def place(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A folder with what the demo leaves in it."""
    folder = tmp_path_factory.mktemp("place")
    demo.copy(folder / "build" / "demo")
    return Place(folder, demo.printed)


def _masked(text: str) -> str:
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return text.strip()


def test_readme_shows_what_the_demo_prints(place: Place) -> None:
    assert _masked(readme_block("demo output")) == _masked(place.printed)


def test_readme_shows_what_verify_prints(place: Place) -> None:
    done = place.run("verify", "build/demo/magnet.oreprint", "--trust", "build/demo/trust.json", "--offline")
    assert done.returncode == 0
    assert _masked(done.stdout).startswith(_masked(readme_block("verify output")))


def test_the_magnet_verifies_in_an_empty_network(place: Place, empty_network: list[str]) -> None:
    words = ("verify", "build/demo/magnet.oreprint", "--trust", "build/demo/trust.json", "--offline", "--json")
    done = place.run(*words, before=empty_network)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["verdict"] == "genuine"
    assert found["assurance"] == "monitored"
    assert found["chain"] == {"state": "complete", "certificates": 12, "tiers": 6, "withheld": 0}
    assert found["footprint"]["difference"] == "0"
    assert found["footprint"]["recomputed"] == found["footprint"]["kg_co2e_per_kg"]
    assert len(found["mass"]) == 12
    assert not [check for check in found["checks"] if check["result"] == "failed"]


def test_the_buyer_compares_what_came(place: Place) -> None:
    words = ("verify", "build/demo/magnet.oreprint", "--trust", "build/demo/trust.json", "--json")
    done = place.run(*words, "--received", "498.2 kg", "--as", "did:web:motor-works.example")
    received = json.loads(done.stdout)["received"]
    assert (received["holding_kg"], received["received_kg"]) == ("500", "498.2")
    assert received["difference_percent"] == "-0.36"


def test_what_the_demo_leaves(place: Place) -> None:
    home = place.folder / "build" / "demo"
    lots = {path.stem for path in (home / "certificates").glob("*.sdjwt")}
    assert len(lots) == 19
    assert {"MG-88", "HS-02", "ME-32"} <= lots
    assert set(json.loads((home / "trust.json").read_text("utf-8"))) == {"note"}


def test_a_stranger_counts_in_the_public_log_what_the_how_to_says(place: Place) -> None:
    public = place.folder / "public"
    assert place.run("publish", str(public), "--home", "build/demo").returncode == 0
    (path,) = (public / "tile" / "entries" / "000.p").iterdir()
    tile = tile_at(ENTRIES, 0, int(path.name))
    entries = [Entry.parse(each) for each in parse_bundle(path.read_bytes(), tile)]
    records = [each for each in entries if each.kind is EntryKind.RECORD]
    marks = [len(each.marks) for each in records]
    counts = (len(records), sum(marks), sum(each > 1 for each in marks), sum(len(each.bits) for each in records))
    how_to = (ROOT / "docs/how-to/keep-a-registry.md").read_text("utf-8").split("<!-- counts")[1]
    assert tuple(map(int, re.findall(r"\| (\d+) \|\n", how_to))) == counts
    assert (len(records), sum(marks)) > (19, 19), "runs are fewer than records, since splits and shipments look alike"


def test_the_demo_starts_afresh_and_touches_nothing_else(place: Place, tmp_path: Path) -> None:
    def audit_published(public: str) -> None:
        place.run("publish", public, "--home", "build/demo")
        audited = place.run("audit", "--log", public, "--home", "build/demo")
        assert audited.returncode == 0, "an audit remembers nothing of the log that was here before: " + audited.stdout

    audit_published("public")
    again = place.run("demo", "--home", "build/demo")
    assert (again.returncode, again.stdout) == (0, place.printed)
    audit_published("public-again")
    (tmp_path / "mine.txt").write_text("mine", "utf-8")
    refused = place.run("demo", "--home", str(tmp_path))
    assert refused.returncode == 3
    assert "demo.not-empty" in refused.stderr
    assert (tmp_path / "mine.txt").read_text("utf-8") == "mine"


def test_a_folder_with_a_demo_in_it_is_no_demo(place: Place, tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "registry.db").write_text("mine", "utf-8")
    for home in (tmp_path, tmp_path / "registry.db"):
        assert "demo.not-empty" in place.run("demo", "--home", str(home)).stderr
    assert (tmp_path / "registry.db").read_text("utf-8") == "mine"
    assert (tmp_path / "demo").is_dir()


def test_the_forged_oxide_breaks_the_mass_balance(place: Place) -> None:
    assert "Signature: good. Verdict: do-not-rely." in place.printed
    assert '"Mass balance broken: 60.9879 kg of Dy out of 40.0002 kg in."' in place.printed


def test_a_customer_sees_less_and_is_told_so(place: Place) -> None:
    certificate = "build/demo/certificates/MG-88.sdjwt"
    shown = place.run("present", certificate, "--for", "public", "-o", "public.sdjwt")
    assert shown.returncode == 0, shown.stderr
    assert (place.folder / "public.sdjwt").read_text("ascii").count("~") == 1
    alone = place.run("verify", "public.sdjwt", "--trust", "build/demo/trust.json", "--json")
    assert alone.returncode == 2
    assert json.loads(alone.stdout)["chain"]["state"] == "none"


def test_every_certified_lot_has_a_label(place: Place) -> None:
    home = place.folder / "build" / "demo"
    labels = {path.stem for path in (home / "labels").glob("*.svg")}
    assert labels == {path.stem for path in (home / "certificates").glob("*.sdjwt")}
    assert "registry.oreprint.example" in (home / "labels" / "MG-88.svg").read_text("utf-8")


def test_the_public_sees_of_the_demo_what_the_table_of_audiences_says(demo: Demo) -> None:
    """Every member of the public view of every certificate is public in the table; what only its issuer sees is not."""
    registry = open_book(Home(demo.home), runtime(), passphrase=None)
    files = sorted((demo.home / "certificates").glob("*.sdjwt"))
    assert len(files) > 15
    for file in files:
        text = file.read_text("ascii").strip()
        digest = open_certificate(text).digest
        shown = names_shown(shown_text(registry, digest, None))
        assert {name for name in names_shown(text) if "public" in SHOWN[name]} == shown, file.name
