"""`revoke`, `suspend`, `lift`, `correct`, `undo` as people type them, on a demo's home."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from tests.e2e.terminal import Demo, Terminal

ROOT = Path(__file__).resolve().parents[2]
MAKER, MAGNET_MAKER = "did:web:separation-a.example", "did:web:magnet-a.example"


class Shop(NamedTuple):
    """A folder with a demo's home in it, and a terminal there."""

    folder: Path
    terminal: Terminal

    def run(self, *words: str, code: int = 0) -> str:
        """Run `oreprint` there, which must end with `code`; return what it printed."""
        done = self.terminal.run(*words)
        assert done.code == code, done.out + done.err
        return done.out + done.err

    def verdict(self, lot: str, *options: str, code: int) -> str:
        """Bundle a lot anew, and return the report as it is printed."""
        digest = self.digest(lot)
        self.run("bundle", digest, "--for", "auditor", "-o", "now.oreprint")
        return self.run("verify", "now.oreprint", "--trust", "home/trust.json", "--offline", *options, code=code)

    def digest(self, lot: str) -> str:
        """Return the digest in a lot's certificate."""
        shown = self.run("verify", f"home/certificates/{lot}.sdjwt", "--trust", "home/trust.json", "--json", code=2)
        return str(json.loads(shown)["certificate"]["digest"])


@pytest.fixture
def shop(demo: Demo, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shop:
    demo.copy(tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OREPRINT_HOME", "home")
    return Shop(tmp_path, terminal)


def test_a_revoked_lot_shows_on_the_magnet_and_the_old_file_stays_what_it_was(shop: Shop) -> None:
    said = shop.run("revoke", "OX-16", "--as", MAKER, "--reason", "wrong assay")
    assert said.startswith("Withdrawn: OX-16.")
    page = " ".join(shop.verdict("MG-88", code=1).split())
    assert page.startswith(
        "Demo record. All of it is invented. [~] GENUINE RECORD, PARTLY AFFECTED: MG-88, 500 kg magnet"
    )
    assert "OX-16: withdrawn; 12.3 % of its Nd, 12.5 % of its Pr" in page
    assert 'path OX-16 -> ME-31 -> AL-40 -> MG-88; reason: "wrong assay"' in page
    assert "OX-16 is withdrawn; path: OX-16 -> ME-31 -> AL-40 -> MG-88." in shop.verdict("MG-88", "--all", code=1)
    again = shop.run("revoke", "OX-16", "--as", MAKER, "--reason", "wrong assay", code=3)
    assert "life.withdrawn" in again
    assert "holding.withdrawn" not in again
    shop.run("verify", "home/magnet.oreprint", "--trust", "home/trust.json", "--offline")
    shop.run("audit")


def test_a_suspension_is_lifted(shop: Shop) -> None:
    told = json.loads(shop.run("suspend", "OX-16", "--as", MAKER, "--reason", "under review", "--json"))
    assert (told["lot"], told["kind"], len(told["statements"])) == ("OX-16", "suspend", 1)
    assert "(suspended)" in shop.run("holdings", "OX-16", "--as", MAKER)
    shop.verdict("MG-88", code=1)
    assert shop.run("lift", "OX-16", "--as", MAKER, "--reason", "confirmed").startswith("Lifted: OX-16")
    shop.verdict("MG-88", code=0)
    assert "life.not-suspended" in shop.run("lift", "OX-16", "--as", MAKER, "--reason", "again", code=3)


def test_a_record_is_corrected(shop: Shop) -> None:
    source = ROOT / "examples" / "bayan-obo" / "03-SEP-2026-02.yaml"
    text = source.read_text("utf-8")
    record = shop.folder / "fixed.yaml"
    record.write_text(text.replace("description: ", "description: corrected ", 1), "utf-8")
    refused = shop.run("issue", "fixed.yaml", "--out", "new", code=3)
    assert "oreprint correct" in refused
    assert "[file.folder]" in shop.run("correct", "fixed.yaml", "--out", "fixed.yaml/new", code=3)
    told = json.loads(shop.run("correct", "fixed.yaml", "--out", "new", "--json"))
    assert told["state"] == "corrected"
    assert (shop.folder / "new" / "OX-16.sdjwt").is_file()
    assert shop.run("correct", "fixed.yaml", "--out", "new").startswith("unchanged OX-16")
    page = shop.verdict("OX-16", code=1)
    assert "GENUINE RECORD, BUT SUPERSEDED" in page
    assert told["certificates"][0]["digest"] in page
    assert "status.corrected" in shop.verdict("MG-88", "--all", code=0)
    shop.run("audit")


def test_a_run_is_undone(shop: Shop) -> None:
    assert "life.used" in shop.run("undo", "MG-88", "--as", MAGNET_MAKER, code=3)
    told = json.loads(shop.run("undo", "HSA-2026-05", "--as", "did:web:hydrogen-alloy-a.example", "--json"))
    assert (told["run"], told["lots"]) == ("HSA-2026-05", ["HS-02"])
    assert told["returned"]
    assert "undone" in shop.verdict("HS-02", code=1)
    shop.run("audit")


VERIFIER = "did:web:verifier-v.example"
FIGURE = ("--as", VERIFIER, "--scope", "figure", "--level", "limited", "--by", "ISO 14064-3:2019")


@pytest.fixture
def vouched(shop: Shop) -> Shop:
    """A shop whose registry names an attestor."""
    attestor = (
        f"attestors: [{{did: {VERIFIER}, names: [{{lang: en, text: Verifier V}}], scopes: [figure, closed-branch]}}]"
    )
    parties = (ROOT / "examples/bayan-obo/parties.yaml").read_text("utf-8")
    (shop.folder / "parties.yaml").write_text(f"{parties}\n{attestor}\n", "utf-8")
    shop.run("init", "parties.yaml", "--yes")
    return shop


def test_a_verifier_attests_a_file_and_a_digest_and_takes_its_word_back(vouched: Shop) -> None:
    told = json.loads(vouched.run("attest", "home/certificates/MG-88.sdjwt", *FIGURE, "--json"))
    assert told["digest"].startswith("zQm")
    assert vouched.run("attest", vouched.digest("AL-40"), *FIGURE, "--run").startswith("Attested: figure, until")
    page = " ".join(vouched.verdict("MG-88", "--all", code=0).split())
    for lot in ("MG-88", "AL-40"):  # the registry keeps its key
        assert (
            f"Not counted: the attestation of Verifier V (did:web:verifier-v.example), because a registry keeps its key and signs in its name. of {lot}"
            in page
        )
    assert "attest.already" in vouched.run("attest", "home/magnet.oreprint", *FIGURE, code=3)
    shown = vouched.run("show", "now.oreprint")
    assert "Attestations by others" in shown
    (said,) = json.loads(vouched.run("show", "now.oreprint", "--json"))["attestations"]
    assert said["digest"] == told["digest"]
    ended = vouched.run("revoke", told["digest"], "--as", VERIFIER, "--reason", "a second look")
    assert ended.startswith(f"Withdrawn: {told['digest']} no longer counts")
    page = vouched.verdict("MG-88", "--all", code=0)
    assert "Not counted: the attestation of Verifier V (did:web:verifier-v.example)" in page
    vouched.run("audit")


def test_nobody_attests_what_was_not_shown_or_does_not_verify(vouched: Shop) -> None:
    """Hard use 22: from the command line, too, figures are attested only by who was shown the run whole."""
    branch = ("--as", VERIFIER, "--scope", "closed-branch", "--level", "limited", "--by", "a standard", "--behind", "7")
    assert "attest.shown" in vouched.run("attest", "home/magnet.oreprint", *branch, code=3)
    for audience in ("public", "customer", "partner"):
        vouched.run("bundle", vouched.digest("MG-88"), "--for", audience, "-o", "less.oreprint")
        unseen = vouched.run("attest", "less.oreprint", *FIGURE, code=3)
        assert "attest.unseen" in unseen
        assert "you were not shown" in " ".join(unseen.split())
    vouched.run("suspend", "OX-16", "--as", MAKER, "--reason", "under review")
    digest = vouched.digest("MG-88")
    assert "attest.not-genuine" in vouched.run("attest", digest, *FIGURE, code=3)
    assert vouched.run("attest", digest, *FIGURE, "--opinion", "adverse").startswith("Attested: figure")
    assert "attest.not-named" in vouched.run(
        "attest", digest, "--as", MAKER, *FIGURE[2:], "--opinion", "adverse", code=3
    )
