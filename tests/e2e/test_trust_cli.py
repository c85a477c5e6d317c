"""Who may change the watchers: a registry that drops them, watchers who agree, holders who sign, readers who accept."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pkcs11
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from cli.parts import open_to_read
from ledger.registry.lists import published_trust
from ledger.trust.pinned import open_trust, succeed
from schemas.door.yaml_text import parse_yaml
from schemas.problem import CheckError
from schemas.trust import TrustFile
from tests.support.http.javascript import node
from tests.support.registries.two_homes import ANN, BEN, CAT, ONE, TWO, party
from tests.support.registries.two_homes_cli import a_home, run

if TYPE_CHECKING:
    from tests.e2e.terminal import Demo, Done, Terminal

EDWARDS25519: Final = b"\x13\x0cedwards25519"
"""The name of the curve, as PKCS#11 encodes it."""
ROOT: Final = Path(__file__).resolve().parents[2]


def note_of(file: Path) -> str:
    return TrustFile.from_text(file.read_text().rstrip("\n")).note


def follows(pinned: str, given: str | Path) -> str | None:
    """Return why a reader doesn't follow, the same in both verifiers; None where it does.

    It is given a note, or a home that publishes its newest list.
    """
    after = published_trust(open_to_read(given)) if isinstance(given, Path) else TrustFile(note=given)
    try:
        succeed(open_trust(pinned), after.note, after.logged)
        found = None
    except CheckError as error:
        found = error.code
    browser = node("follows.mjs", {"before": pinned, "after": after.to_text()}, ROOT / "tests/golden/browser")
    assert browser["follows"] == (found is None)
    return found


@pytest.fixture
def demo_home(demo: Demo, tmp_path: Path) -> Path:
    return demo.copy(tmp_path / "demo")


@pytest.fixture
def dropping(demo_home: Path, tmp_path: Path, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A parties file of the demo's registry that replaces four witnesses and the monitor by one of each of its own."""
    monkeypatch.setenv("OREPRINT_PASSPHRASE", (demo_home / "keys/passphrase").read_text().strip())
    parties: Any = parse_yaml((ROOT / "examples/bayan-obo/parties.yaml").read_bytes())
    for kind, place in (("witnesses", "w"), ("monitors", "m")):
        made = ok(terminal.run("keys", "cosigner", f"{place}.evil.example", "--home", str(demo_home / place)))
        parties[kind] = {"keys": [{"key": made.out.strip(), "at": place}]}
    (tmp_path / "drop.json").write_text(json.dumps(parties))
    return tmp_path / "drop.json"


def ok(done: Done) -> Done:
    assert done.code == 0, done
    return done


def test_a_registry_that_swaps_its_watchers_is_followed_by_nobody(
    demo_home: Path, dropping: Path, terminal: Terminal
) -> None:
    pinned = note_of(demo_home / "trust.json")
    parties: Any = parse_yaml((ROOT / "examples/bayan-obo/parties.yaml").read_bytes())
    parties["operator"] = "A Society"
    harmless = demo_home.parent / "harmless.json"
    harmless.write_text(json.dumps(parties))
    ok(terminal.run("init", str(harmless), "--home", str(demo_home), "--yes"))
    assert follows(pinned, note_of(demo_home / "trust.json")) == "trust.unproven"
    assert follows(pinned, demo_home) is None, "it is in the log, which the watchers have seen"
    pinned = note_of(demo_home / "trust.json")
    told = terminal.run("init", str(dropping), "--home", str(demo_home), "--yes")
    assert told.code == 0, told
    assert told.err.count("[list.readers-refuse]") == 2, "witnesses and monitors"
    assert "witness-1.oreprint.example" in told.err, told.err
    assert follows(pinned, demo_home) == "trust.harmful"


def test_watchers_who_agree_let_a_change_pass(demo_home: Path, dropping: Path, terminal: Terminal) -> None:
    before = demo_home.parent / "pinned.json"
    shutil.copy(demo_home / "trust.json", before)
    home = ("--home", str(demo_home))
    told = json.loads(ok(terminal.run("trust", "propose", str(dropping), *home, "--json")).out)
    assert [each["code"] for each in told["warnings"]] == ["list.readers-refuse"] * 2
    assert note_of(demo_home / "trust.json") == note_of(before), "nothing else changed"
    copy = demo_home.parent / "copy.json"
    shutil.copy(told["list"], copy)
    endorse = ("witness", "endorse", str(copy), "--trust", str(before))
    assert terminal.run(*endorse, "--home", str(demo_home / "w"), "--yes").problem == "list.not-watcher"
    asked = terminal.run(*endorse, "--home", str(demo_home / "monitor"))
    assert asked.problem == "list.agree", "a person must see it"
    assert "witness-4.oreprint.example" in asked.out
    for place in ("witnesses/1", "witnesses/2", "monitor"):
        ok(terminal.run(*endorse, "--home", str(demo_home / place), "--yes"))
    assert follows(note_of(before), note_of(copy)) == "trust.harmful", "two of the three witnesses needed"
    ok(terminal.run(*endorse, "--home", str(demo_home / "witnesses/3"), "--yes"))
    ok(terminal.run("trust", "publish", str(copy), *home))
    published = note_of(demo_home / "trust.json")
    assert follows(note_of(before), demo_home) is None
    assert not list((demo_home / "proposal").iterdir())
    assert "w.evil.example" in published


def test_one_key_is_told_by_the_doctor(tmp_path: Path) -> None:
    a_home(tmp_path, ONE, [ANN])
    assert "One key signs the trust list" in run(tmp_path, ONE, "doctor")
    assert "One key signs the trust list" in run(tmp_path, ONE, "trust", "holders")
    key = tmp_path / ONE / "keys/trust.pem"
    kept = key.read_bytes()
    key.unlink()
    assert "[home.key-missing]" in run(tmp_path, ONE, "doctor", code=3)
    holder(tmp_path, "another")
    shutil.copy(tmp_path / "another/keys/holder.pem", key)
    assert "[home.list-key]" in run(tmp_path, ONE, "doctor", code=3), "it is another key"
    key.write_bytes(kept)
    assert "can sign" in run(tmp_path, ONE, "doctor")


def holder(folder: Path, name: str) -> str:
    return run(folder, name, "keys", "holder", f"{name}.example").strip()


def held(folder: Path) -> Path:
    """Make a registry whose list needs two of three holders, one of them its home; return a copy of its list."""
    a_home(folder, ONE, [ANN])
    keys = [holder(folder, name) for name in ("society", "customer")]
    added = run(folder, ONE, "trust", "holders", "--add", keys[0], "--add", keys[1], "--least", "2", code=3)
    assert "[list.holders-wait]" in added, "a new holder shows that it has its key"
    shutil.copy(folder / ONE / "trust.json", folder / "pinned.json")
    run(folder, "society", "trust", "sign", proposed(folder), "--trust", "pinned.json", "--yes")
    run(folder, ONE, "trust", "publish", "copy.json")
    shutil.copy(folder / ONE / "trust.json", folder / "pinned.json")
    return folder / "pinned.json"


def with_party(folder: Path, did: str) -> str:
    """Write a parties file with one party more; return its name."""
    named = json.loads((folder / f"{ONE}.json").read_text())
    named["parties"].append(party(did))
    (folder / "more.json").write_text(json.dumps(named))
    return "more.json"


def proposed(folder: Path) -> str:
    (found,) = (folder / ONE / "proposal").glob("trust-*.json")
    shutil.copy(found, folder / "copy.json")
    return "copy.json"


def test_two_of_three_holders_sign_a_list(tmp_path: Path) -> None:
    before = note_of(held(tmp_path))
    more = with_party(tmp_path, CAT)
    told = run(tmp_path, ONE, "init", more, "--yes", code=3)
    assert "[list.holders-wait]" in told
    assert "society.example, customer.example" in told
    assert CAT not in run(tmp_path, ONE, "keys", "list"), "nothing was entered"
    copy = proposed(tmp_path)
    assert "[list.holders-wait]" in run(tmp_path, ONE, "trust", "publish", copy, code=3)
    holder(tmp_path, "bank")
    assert "[list.not-holder]" in run(
        tmp_path,
        "society",
        "trust",
        "sign",
        copy,
        "--key",
        "bank/keys/holder.pem",
        "--trust",
        "pinned.json",
        "--yes",
        code=1,
    )
    run(tmp_path, "society", "trust", "sign", copy, "--trust", "pinned.json", "--yes")
    run(tmp_path, "society", "trust", "sign", copy, "--trust", "pinned.json", "--yes")
    run(tmp_path, ONE, "trust", "publish", copy)
    after = note_of(tmp_path / ONE / "trust.json")
    assert follows(before, after) is None
    assert CAT in run(tmp_path, ONE, "keys", "list")
    assert "No fault" in run(tmp_path, ONE, "audit")


def test_a_holder_is_replaced_and_one_that_has_ended_signs_no_more(tmp_path: Path) -> None:
    held(tmp_path)
    bank = holder(tmp_path, "bank")
    change = ("trust", "holders", "--end", "society.example", "--add", bank)
    assert "[list.holders-wait]" in run(tmp_path, ONE, *change, code=3)
    copy = proposed(tmp_path)
    run(tmp_path, "bank", "trust", "sign", copy, "--trust", "pinned.json", "--yes")
    assert "[list.holders-wait]" in run(tmp_path, ONE, "trust", "publish", copy, code=3), "the old ones must sign, too"
    run(tmp_path, "customer", "trust", "sign", copy, "--trust", "pinned.json", "--yes")
    run(tmp_path, ONE, "trust", "publish", copy)
    assert "society.example" not in run(tmp_path, ONE, "trust", "holders")
    shutil.copy(tmp_path / ONE / "trust.json", tmp_path / "pinned.json")
    run(tmp_path, ONE, "init", with_party(tmp_path, CAT), "--yes", code=3)
    copy = proposed(tmp_path)
    sign = ("trust", "sign", copy, "--trust", "pinned.json", "--yes")
    assert "[list.not-holder]" in run(tmp_path, "society", *sign, code=1)


def test_a_key_is_ended_once_the_holders_have_signed(tmp_path: Path) -> None:
    held(tmp_path)
    end = ("keys", "end", f"{ANN}#key-1")
    assert "[list.holders-wait]" in run(tmp_path, ONE, *end, code=3)
    copy = proposed(tmp_path)
    run(tmp_path, "customer", "trust", "sign", copy, "--trust", "pinned.json", "--yes")
    assert "Run the command" in run(tmp_path, ONE, "trust", "publish", copy)
    run(tmp_path, ONE, *end)
    for _ in range(2):
        assert "[list.holders-wait]" in run(tmp_path, ONE, "keys", "rotate", "trust", code=3)
    assert len(list((tmp_path / ONE / "keys").glob("trust*.pem"))) == 2, "no new key on each run"
    assert "No fault" in run(tmp_path, ONE, "audit")


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of an Ed25519 key on a PKCS#11 token, whose PIN is the passphrase."""
    library = next(Path("/usr/lib").rglob("libsofthsm2.so"), None)
    if library is None:
        pytest.skip("softhsm2 is missing; `make test` installs it where it may")
    (tmp_path / "tokens").mkdir()
    (tmp_path / "token.conf").write_text(f"directories.tokendir = {tmp_path / 'tokens'}\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "token.conf"))
    found = pkcs11.lib(str(library))
    subprocess.run(
        ["softhsm2-util", "--init-token", "--free", "--label", "t", "--pin", "a passphrase", "--so-pin", "12345678"],
        check=True,
        capture_output=True,
    )
    found.reinitialize()
    found_token = found.get_token(token_label="t")  # noqa: S106 - a name
    with found_token.open(rw=True, user_pin="a passphrase") as session:
        curve = EDWARDS25519
        domain = session.create_domain_parameters(
            pkcs11.KeyType.EC_EDWARDS, {pkcs11.Attribute.EC_PARAMS: curve}, local=True
        )
        domain.generate_keypair(mechanism=pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN, store=True, label="holder")
    return f"pkcs11:token=t;object=holder?module-path={library}"


def test_the_key_of_a_holder_stays_on_its_token(tmp_path: Path, token: str) -> None:
    a_home(tmp_path, ONE, [ANN])
    shutil.copy(tmp_path / ONE / "trust.json", tmp_path / "pinned.json")
    holder_key = ("keys", "holder", "society.example", "--key")
    key = run(tmp_path, "nowhere", *holder_key, token).strip()
    wrong = {
        "list.token-uri": "pkcs11:token=t",
        "list.token-key": token.replace("object=holder", "object=other"),
        "list.token-away": token.replace("token=t", "token=other"),
    }
    for code, uri in wrong.items():
        assert f"[{code}]" in run(tmp_path, "nowhere", *holder_key, uri, code=3)
    run(tmp_path, ONE, "trust", "holders", "--add", key, "--least", "2", code=3)
    copy = proposed(tmp_path)
    run(tmp_path, "nowhere", "trust", "sign", copy, "--trust", "pinned.json", "--yes", "--key", token)
    run(tmp_path, ONE, "trust", "publish", copy)
    assert "2 holders of 2 must sign" in run(tmp_path, ONE, "trust", "holders")
    assert not (tmp_path / "nowhere").exists()


def test_another_device_signs_the_bytes(tmp_path: Path) -> None:
    held(tmp_path)
    run(tmp_path, ONE, "init", with_party(tmp_path, CAT), "--yes", code=3)
    copy = proposed(tmp_path)
    run(tmp_path, "society", "trust", "sign", copy, "--text", "text")
    key = load_pem_private_key((tmp_path / "society/keys/holder.pem").read_bytes(), b"a passphrase")
    (tmp_path / "signature").write_bytes(key.sign((tmp_path / "text").read_bytes()))  # type: ignore[union-attr, call-arg]
    signed = ("trust", "sign", copy, "--trust", "pinned.json", "--yes", "--signature")
    assert "[list.not-holder]" in run(tmp_path, "society", *signed, "text", code=1)
    run(tmp_path, "society", *signed, "signature")
    run(tmp_path, ONE, "trust", "publish", copy)


def test_a_changed_proposal_is_not_published(tmp_path: Path) -> None:
    held(tmp_path)
    more = with_party(tmp_path, CAT)
    run(tmp_path, ONE, "init", more, "--yes", code=3)
    shutil.copy(tmp_path / proposed(tmp_path), tmp_path / "first.json")
    named = json.loads((tmp_path / more).read_text())
    named["operator"] = "Somebody Else"
    (tmp_path / more).write_text(json.dumps(named))
    run(tmp_path, ONE, "init", more, "--yes", code=3)
    run(tmp_path, "society", "trust", "sign", "first.json", "--trust", "pinned.json", "--yes")
    assert "[list.proposal-unknown]" in run(tmp_path, ONE, "trust", "publish", "first.json", code=3)


def test_a_reader_accepts_on_its_own_word_and_forgets(tmp_path: Path) -> None:
    a_home(tmp_path, ONE, [ANN])
    a_home(tmp_path, TWO, [BEN])
    run(tmp_path, TWO, "pin", f"{ONE}/trust.json")
    run(tmp_path, ONE, "init", with_party(tmp_path, CAT), "--yes")
    named = json.loads((tmp_path / "more.json").read_text()) | {"operator": "Others"}
    (tmp_path / "more.json").write_text(json.dumps(named))
    run(tmp_path, ONE, "init", "more.json", "--yes")
    assert "[trust.skipped]" in run(tmp_path, TWO, "pin", f"{ONE}/trust.json", code=1)
    asked = run(tmp_path, TWO, "trust", "accept", f"{ONE}/trust.json", code=3)
    assert "[list.agree]" in asked
    assert CAT in asked, "it shows what changes"
    run(tmp_path, TWO, "trust", "accept", f"{ONE}/trust.json", "--yes")
    assert "[abroad.not-pinned]" in run(tmp_path, TWO, "unpin", "nobody.example", code=3)
    run(tmp_path, TWO, "unpin", ONE)
    assert "[abroad.not-pinned]" in run(tmp_path, TWO, "unpin", ONE, code=3)


def watched_home(folder: Path, *names: str) -> None:
    """Make the first registry, or change who witnesses it: two of these must cosign, which it runs by itself."""
    made = [run(folder, f"{ONE}/{name}", "keys", "cosigner", f"{name}.example").strip() for name in names]
    keys = [{"key": key, "at": name} for key, name in zip(made, names, strict=True)]
    named = {"oreprint": "parties/1", "registry": ONE, "parties": [party(ANN)]}
    (folder / "watched.json").write_text(json.dumps(named | {"witnesses": {"least": 2, "keys": keys}}))
    run(folder, ONE, "init", "watched.json", "--yes")


def test_watchers_object_to_a_list_that_a_reader_took_on_its_own_word(tmp_path: Path) -> None:
    watched_home(tmp_path, "w1", "w2", "w3")
    a_home(tmp_path, TWO, [BEN])
    run(tmp_path, TWO, "pin", f"{ONE}/trust.json")
    shutil.copy(tmp_path / ONE / "trust.json", tmp_path / "pinned.json")
    watched_home(tmp_path, "evil", "evil2")
    pin, accept = ("pin", f"{ONE}/trust.json"), ("trust", "accept", f"{ONE}/trust.json")
    assert "[trust.harmful]" in run(tmp_path, TWO, *pin, code=1)
    run(tmp_path, TWO, *accept, "--yes")
    assert "Pinned" in run(tmp_path, TWO, *pin), "it is the one in use"
    objection = ("witness", "object", f"{ONE}/trust.json", "--trust", "pinned.json", "-o")
    assert "[list.not-watcher]" in run(tmp_path, f"{ONE}/evil", *objection, "evil.objection", code=1)
    for name in ("w1", "w2"):
        run(tmp_path, f"{ONE}/{name}", *objection, f"{name}.objection")
    assert "[list.few-objections]" in run(tmp_path, TWO, "trust", "object", "w1.objection", "w1.objection", code=1)
    (tmp_path / "forged").write_text(
        (tmp_path / "w1.objection").read_text().replace("objection/1\n2", "objection/1\n3")
    )
    assert "[list.no-objection]" in run(tmp_path, TWO, "trust", "object", "forged", "w2.objection", code=1)
    assert "[log.note-form]" in run(tmp_path, TWO, "trust", "object", "watched.json", code=3)
    run(tmp_path, TWO, "trust", "object", "w1.objection", "w2.objection")
    assert "[trust.harmful]" in run(tmp_path, TWO, *pin, code=1), "the list before is in force again"
    assert "[list.not-accepted]" in run(tmp_path, TWO, "trust", "object", "w1.objection", code=3)
    told = run(tmp_path, TWO, *accept, "--objection", "w1.objection", code=3)
    assert "w1.example objects to this version" in told
    both = ("--objection", "w1.objection", "--objection", "w2.objection", "--yes")
    assert "[list.objected]" in run(tmp_path, TWO, *accept, *both, code=1)
