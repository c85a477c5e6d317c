"""`oreprint init` without a file: six answers make a home, with a domain or as a trial."""

from __future__ import annotations

import json
import subprocess
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from cli.commands.init import ALONE
from ledger.trust.pinned import note_in, open_trust, proposed_list
from schemas.trust import TrustFile
from tests.support.forked import command
from tests.support.http.commands import wait_for
from tests.support.http.desk import form_token
from tests.support.http.processes import ended, free_port

if TYPE_CHECKING:
    from tests.e2e.terminal import Done, Terminal

ROOT = Path(__file__).resolve().parents[2]
ANSWERS = ("Example Alloys", "", "CN-ZJ", "Plant A", "8", "1,2")
"""Company, no domain, place, plant, strip casting, NdFeB flake and AB5 alloy."""


@pytest.fixture
def terminal(terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terminal:
    """A terminal in an empty folder, with no passphrase set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OREPRINT_HOME", "home")
    monkeypatch.delenv("OREPRINT_PASSPHRASE", raising=False)
    return terminal


def answered(terminal: Terminal, *answers: str, options: tuple[str, ...] = ()) -> Done:
    """Run `oreprint init` without a file, and type these answers."""
    terminal.monkeypatch.setattr("sys.stdin", StringIO("".join(f"{answer}\n" for answer in answers)))
    return terminal.run("init", *options)


def only_party() -> tuple[str, str]:
    """Return the DID and the plant of the one party in the answers that were kept."""
    (party,) = json.loads(Path("home/parties.json").read_text())["parties"]
    return party["did"], party["facilities"][0]["id"]


def issued_flake(terminal: Terminal) -> str:
    """Issue the shipped example of strip casting for this home's plant; return its lot."""
    did, plant = only_party()
    written = terminal.run("example", "strip-casting").out.replace("CN-JX", "CN-ZJ").replace("cn-jx", "cn-zj")
    written = written.replace("did:web:every-product.example", did)
    Path("run.yaml").write_text(written.replace("https://every-product.example/plants/metal", plant))
    assert terminal.run("issue", "run.yaml", "--out", "out").code == 0
    (certificate,) = Path("out").glob("*.sdjwt")
    return certificate.stem


def test_no_domain_makes_a_trial_whose_label_says_so_and_whose_goods_stay(terminal: Terminal) -> None:
    done = answered(terminal, *ANSWERS)
    assert done.code == 0
    assert "This is a trial: labels say TRIAL, and nothing can be shipped." in " ".join(done.out.split())
    did, plant = only_party()
    assert did.startswith("did:key:z6Mk")
    assert plant.endswith(".invalid/plants/1")
    assert Path("home/keys/passphrase").stat().st_mode & 0o777 == 0o600
    lot = issued_flake(terminal)
    assert terminal.run("label", f"out/{lot}.sdjwt", "--out", "labels").code == 0
    assert "TRIAL: not for shipment" in Path(f"labels/{lot}.svg").read_text()
    refused = terminal.run("ship", lot, "--to", "did:web:motor-works.example")
    assert (refused.code, refused.problem) == (3, "holding.trial")
    assert "make a home with your own domain: oreprint init --home DIR" in refused.err
    assert terminal.run("audit").code == 0


def test_a_domain_makes_a_home_that_serves_the_did_document_and_ships(terminal: Terminal) -> None:
    terminal.monkeypatch.setenv("OREPRINT_PASSPHRASE", "a passphrase")
    keys = [terminal.run("keys", "holder", f"{name}.example", "--home", name).out.strip() for name in ("a", "b")]
    terminal.monkeypatch.delenv("OREPRINT_PASSPHRASE")
    answers = (
        "示例合金",
        "1",
        "Oreprint.Alloys.Example",
        "china",
        "一号工厂",
        "8",
        "1,2",
        "no key",
        ", ".join(keys),
        "",
    )
    done = answered(terminal, *answers)
    assert done.code == 0
    assert "These are in every certificate and stay for ever." in done.err
    assert "[list.holders-wait]" in done.err, "each holder shows that it has its key"
    assert "a.example, b.example" in done.err
    proposed = proposed_list(note_in(Path("home/proposal/trust-2.json").read_bytes()))
    assert (proposed.threshold, len(proposed.keys)) == (2, 3)
    assert "TRIAL" not in done.out
    assert " ".join(ALONE.split()) in " ".join(done.out.split())
    did, plant = only_party()
    assert did == "did:web:oreprint.alloys.example:parties:shilihejin"
    assert plant == "https://oreprint.alloys.example/plants/1"
    assert "https://oreprint.alloys.example/parties/shilihejin/did.json" in done.out
    listed = open_trust(TrustFile.from_text(Path("home/trust.json").read_bytes().rstrip(b"\n")).note).listed
    assert [(name.lang, name.text) for name in listed.parties[0].names] == [("zh-Hans", "示例合金")]
    assert not listed.parties[0].demo


@pytest.mark.parametrize(
    ("company", "language", "more", "told"),
    [
        ("Müller GmbH", "en", ("",), "muller-gmbh"),
        ("信越化学工業株式会社", "ja", ("Shin Etsu", "shin-etsu"), "shin-etsu"),
        ("株式会社トーキン", "ja", ("tokin",), "tokin"),
        ("희토류 주식회사", "ko", ("",), "huitolyu-jusighoesa"),
    ],
)
def test_a_name_of_any_script_has_its_language_and_an_id_that_a_person_saw(
    terminal: Terminal, company: str, language: str, more: tuple[str, ...], told: str
) -> None:
    """*Müller* became `m-ller`, and a Japanese company was Chinese and called `company` for ever."""
    han = ("4", "1,3", "3") if company.startswith("信") else ()
    done = answered(terminal, company, *han, "oreprint.alloys.example", "DE", "Plant A", "8", "1", "", *more)
    assert done.code == 0, done.err
    assert only_party()[0] == f"did:web:oreprint.alloys.example:parties:{told}"
    (party,) = json.loads(Path("home/parties.json").read_text())["parties"]
    assert party["names"] == [{"lang": language, "text": company}]


def test_who_sees_a_wrong_id_can_stop_before_anything_is_made(terminal: Terminal) -> None:
    assert answered(terminal, "Alloys", "oreprint.alloys.example", "CN-ZJ", "Plant A", "8", "1", "").code != 0
    assert not Path("home").exists()


def test_a_wrong_answer_is_asked_for_again(terminal: Terminal) -> None:
    answers = ("", "Example Alloys", "alloys", "", "XX", "CN-ZJ", "Plant A", "0", "8", "1 2 99", "1,2")
    done = answered(terminal, *answers)
    assert done.code == 0
    assert "XX is not a country" in done.err
    assert "alloys is not a domain" in done.err
    assert done.err.count("Write numbers from 1 to") == 2


def test_answers_that_end_early_leave_nothing_behind(terminal: Terminal) -> None:
    assert answered(terminal, *ANSWERS[:3]).code != 0
    assert not Path("home").exists()


def test_a_home_that_exists_is_not_asked_about_again(terminal: Terminal) -> None:
    answered(terminal, *ANSWERS)
    before = Path("home/parties.json").read_bytes()
    again = answered(terminal, *ANSWERS)
    assert (again.code, again.problem) == (3, "init.no-file")
    assert Path("home/parties.json").read_bytes() == before


def test_the_kept_answers_are_a_file_that_init_takes(terminal: Terminal) -> None:
    answered(terminal, *ANSWERS)
    assert "Nothing to do" in terminal.run("init", "home/parties.json").out
    written = json.loads(Path("home/parties.json").read_text())
    written["parties"][0]["kinds"].append("powder")
    Path("more.json").write_text(json.dumps(written))
    trust = Path("home/trust.json").read_bytes()
    shown = terminal.run("init", "more.json")
    assert (shown.code, shown.problem) == (3, "init.confirm")
    assert "Change: kinds of" in shown.out
    assert Path("home/trust.json").read_bytes() == trust
    assert "Changed: kinds of" in terminal.run("init", "more.json", "--yes").out
    assert Path("home/trust.json").read_bytes() != trust


def test_the_link_that_init_prints_opens_the_desk_once(terminal: Terminal, tmp_path: Path) -> None:
    done = answered(terminal, *ANSWERS)
    secret = done.out.split()[-1].removeprefix("http://localhost:8080")
    assert secret.startswith("/desk/link/orei_")
    assert "oreprint serve --home home" in done.out
    port = free_port()
    words = [*command(), "serve", "--home", str(tmp_path / "home"), "--port", str(port)]
    process = subprocess.Popen(
        words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={"PYTHONPATH": str(ROOT)}
    )
    with ended(process), httpx2.Client(base_url=f"http://localhost:{port}") as browser:
        wait_for(f"http://127.0.0.1:{port}/readyz")
        token = form_token(browser.get(secret).text)
        own = {"origin": f"http://localhost:{port}", "sec-fetch-site": "same-origin"}
        assert browser.post(secret, data={"csrf": token}, headers=own).status_code == 303
        assert "Administrator" in browser.get("/desk").text
        assert "Nothing is shipped from it" in browser.get("/desk/ship").text
        assert "strip-casting" in browser.get("/desk/recipes").text
        assert browser.get(secret).status_code == 410


RUN = ("AL-1", "1001", "AL-2", "25", "2026-07-01", "52.4", "317", "648", "10.42", "3.13", "1.56", "9.4", "60", "901")
"""Lot and mass of flake and of scrap, the day, and the readings of the starter recipe of strip casting."""


def test_the_chosen_products_have_starter_recipes_that_make_a_run_in_a_trial(terminal: Terminal) -> None:
    done = answered(terminal, *ANSWERS)
    named = "strip-casting, strip-casting-ab5-hydrogen-storage-alloy. A trial takes them as they are."
    assert named in " ".join(done.out.split())
    terminal.monkeypatch.setattr("sys.stdin", StringIO("\n".join((*RUN, "y", ""))))
    made = terminal.run("new", "strip-casting", "--out", "certificates")
    assert made.code == 0, made.err
    assert "[recipe.example]" in made.err
    assert [path.name for path in Path("certificates").iterdir()] == ["AL-1.sdjwt"]


def test_outside_a_trial_the_numbers_of_an_example_certify_nothing(terminal: Terminal) -> None:
    answers = ("Alloys", "oreprint.alloys.example", "CN-ZJ", "Plant A", "8", "1", "", "")
    done = answered(terminal, *answers, options=("--json",))
    assert json.loads(done.out)["recipes"] == ["strip-casting"]
    terminal.monkeypatch.setattr("sys.stdin", StringIO("\n".join((*RUN, "y", ""))))
    made = terminal.run("new", "strip-casting", "--out", "certificates")
    assert made.code == 3
    assert "[recipe.example]" in made.err
    assert not Path("certificates").exists()
