"""`oreprint log` as an operator types it: a registry that is served goes on in the next log; backup, restore and
what verifiers see.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.http.commands import ask, issue, lot, running, token, told
from tests.support.http.server import PASSPHRASE, Served, serve

if TYPE_CHECKING:
    from tests.e2e.terminal import Demo, Terminal

ROOT = Path(__file__).resolve().parents[2]
RUNS = ROOT / "examples" / "bayan-obo"
NORTH = "did:web:north-concentrate.example"


# -- a registry that is served -----------------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path: Path, database: str | None, monkeypatch: pytest.MonkeyPatch) -> Served:
    made = serve(tmp_path, database)
    made.registry.engine.dispose()
    if database is not None:
        monkeypatch.setenv("OREPRINT_DATABASE_URL", database)
    return made


def origin(answer: dict[str, Any]) -> str:
    """Return the log that an issued certificate stands in."""
    (made,) = answer["certificates"]
    return str(made["proof"]["checkpoint"]).partition("\n")[0]


@pytest.mark.slow
def test_a_server_goes_on_in_the_next_log_and_what_was_issued_before_stays(served: Served, tmp_path: Path) -> None:
    secret = token(served, "read", "issue", "withdraw")
    with running(served) as address:
        status, first = issue(address, secret, lot("A", "100 kg"), key="one")
        assert (status, origin(first)) == (201, "registry.example/log")
        before = ask(address, "/tile/0/000.p/1")
        closed, opened = told(served, "log", "close", "1")["logs"]
        assert (closed["closed"], opened["closed"], opened["size"]) == (True, False, 1)
        status, second = issue(address, secret, lot("B", "60 kg", {"A": "60 kg"}))
        assert (status, origin(second)) == (201, "registry.example/log/2")
        status, refused = issue(address, secret, lot("C", "41 kg", {"A": "41 kg"}))
        assert (status, refused["code"]) == (409, "holding.too-little"), "what was drawn in either log is gone"
        assert issue(address, secret, lot("A", "100 kg"), key="one") == (201, first)
        status, again = issue(address, secret, lot("A", "100 kg"))
        assert (status, origin(again)) == (201, "registry.example/log")
        assert ask(address, "/tile/0/000.p/1") == before
        assert ask(address, "/checkpoint")[1].decode() == closed["checkpoint"]
        assert ask(address, "/log/2/checkpoint")[1].startswith(b"registry.example/log/2\n")
        assert ask(address, "/log/2/tile/entries/000.p/1")[0] == ask(address, "/log/2/published/0")[0] == 200
        assert {ask(address, path)[0] for path in ("/log/3/checkpoint", "/log/2/published/1")} == {404}
        assert ask(address, "/log/2/tile/0/0")[0] == 400
        for answer, name in ((first, "A"), (second, "B")):
            (made,) = answer["certificates"]
            assert (
                json.loads(ask(address, f"/v1/certificates/{made['digest']}/verification")[1])["verdict"] == "genuine"
            )
            assert b"Genuine" in ask(address, f"/c/{made['digest']}")[1]
            bundle = tmp_path / f"{name}.oreprint"
            bundle.write_bytes(ask(address, f"/v1/certificates/{made['digest']}/bundle", token=secret)[1])
            words = ("verify", str(bundle), "--trust", str(served.home.trust), "--offline")
            assert told(served, *words)["verdict"] == "genuine"
        monitored = told(served, "audit", "--log", address, "--trust", str(served.home.trust))
        assert monitored["holds"]
        said = {"statement": "withdraw", "lot": "A", "reason": "wrong assay"}
        assert ask(address, "/v1/statements", token=secret, body=said)[0] == 201
        (made,) = second["certificates"]
        found = json.loads(ask(address, f"/v1/certificates/{made['digest']}/verification")[1])
        assert found["verdict"] != "genuine", (
            "a withdrawal in the open log reaches what was made of a lot of the closed one"
        )
    assert told(served, "audit")["faults"] == []


# -- by hand -----------------------------------------------------------------------------------------------------------


def test_the_key_of_the_next_log_is_told_before_and_closing_again_changes_nothing(by_hand: Terminal) -> None:
    key = by_hand.run("log", "prepare").out.partition("\n")[0]
    assert json.loads(by_hand.run("log", "prepare", "--json").out) == {"key": key}
    assert len(json.loads(by_hand.run("log", "list", "--json").out)["logs"]) == 1
    done = by_hand.run("log", "close", "1")
    assert (done.code, done.out.splitlines()[0]) == (
        0,
        "1  registry.oreprint.example/log: closed at 3 entries; only the registry signed its last head",
    )
    assert key in done.out
    listed = by_hand.run("log", "list").out
    again = by_hand.run("log", "close", "1")
    assert (again.code, again.out.partition("\n\n")[0] + "\n") == (0, listed)
    assert (by_hand.run("log", "close", "3").code, by_hand.run("log", "close", "3").problem) == (3, "log.not-open")
    assert by_hand.run("log", "close", "0").code == 3
    assert by_hand.run("init", str(RUNS / "parties.yaml")).code == 0
    assert by_hand.run("log", "list").out == listed, "init goes on with the open log"
    assert by_hand.run("audit").code == 0


def test_a_chain_through_two_logs_is_verified_from_one_file_and_published_whole(by_hand: Terminal) -> None:
    assert by_hand.run("log", "close", "1").code == 0
    assert by_hand.run("issue", str(RUNS / "02-CRK-2026-02.yaml"), "--out", "out").code == 0
    assert by_hand.run("bundle", "out/RC-11.sdjwt", "--for", "auditor", "-o", "chain.oreprint").code == 0
    found = json.loads(by_hand.run("verify", "chain.oreprint", "--trust", "home/trust.json", "--offline", "--json").out)
    assert (found["verdict"], found["chain"]["state"], found["chain"]["certificates"]) == ("genuine", "complete", 2)
    heads = [line for line in Path("chain.oreprint").read_text().splitlines() if line.startswith('{"t":"head"')]
    assert len(heads) == 2
    assert by_hand.run("publish", "public").code == 0
    assert Path("public/checkpoint").read_text().startswith("registry.oreprint.example/log\n")
    assert Path("public/log/2/checkpoint").read_text().startswith("registry.oreprint.example/log/2\n")
    read = json.loads(by_hand.run("audit", "--log", "public", "--trust", "home/trust.json", "--json").out)
    assert (read["holds"], read["rows"]["entries"]) == (
        True,
        json.loads(by_hand.run("audit", "--json").out)["rows"]["entries"],
    )


def test_a_backup_is_restored_to_the_log_that_was_open(by_hand: Terminal) -> None:
    by_hand.run("backup", "before.tar")
    by_hand.run("log", "close", "1")
    by_hand.run("publish", "public")
    by_hand.run("backup", "after.tar")
    shutil.rmtree("home")
    wrong = by_hand.run("restore", "after.tar", "--head", "public/checkpoint")
    assert (wrong.code, wrong.problem) == (3, "backup.other-log")
    assert by_hand.run("restore", "before.tar", "--head", "public/log/2/checkpoint").problem == "home.behind-log"
    told = by_hand.run("restore", "before.tar", "--head", "public/checkpoint")
    assert "others have seen are missing" in told.out, (
        "the closed log has one entry more than the backup, which says that it is closed"
    )
    refused = by_hand.run("revoke", "CON-07", "--as", NORTH, "--reason", "wrong assay")
    assert (refused.code, refused.problem) == (3, "home.behind-head")
    shutil.rmtree("home")
    assert "signs again" in by_hand.run("restore", "after.tar", "--head", "public/log/2/checkpoint").out
    assert by_hand.run("revoke", "CON-07", "--as", NORTH, "--reason", "wrong assay").code == 0
    assert by_hand.run("audit").code == 0


@pytest.mark.slow
def test_with_witnesses_and_a_monitor_both_logs_are_monitored(
    by_hand: Terminal, demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OREPRINT_PASSPHRASE")
    demo.copy(Path("demo"))
    done = by_hand.run("log", "close", "1", "--home", "demo")
    assert (done.code, done.err) == (0, "")
    assert done.out.count("witnesses and a monitor have cosigned its last head") == 2
    words = ("bundle", "demo/certificates/MG-88.sdjwt", "--for", "auditor", "-o", "chain.oreprint", "--home", "demo")
    assert by_hand.run(*words).code == 0
    for bundle in ("chain.oreprint", "demo/magnet.oreprint"):  # the second was made before the log was closed
        found = json.loads(by_hand.run("verify", bundle, "--trust", "demo/trust.json", "--offline", "--json").out)
        assert (found["verdict"], found["assurance"]) == ("genuine", "monitored")
    assert (
        json.loads(by_hand.run("verify", "chain.oreprint", "--trust", "demo/trust.json", "--offline", "--json").out)[
            "footprint"
        ]["difference"]
        == "0"
    )


# -- proof for other programs ------------------------------------------------------------------------------------------


def test_a_certificates_entry_is_proven_to_whoever_reads_any_log(
    served: Served, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry is the proof's extra bytes; its leaf, path and checkpoint are recomputed here from RFC 6962 alone."""
    monkeypatch.setenv("OREPRINT_PASSPHRASE", PASSPHRASE.decode())
    made = [lot(name, "10 kg") for name in ("P-1", "P-2", "P-3", "P-4", "P-5")]
    (tmp_path / "records.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in made))
    home = ("--home", str(served.home.path))
    out = tmp_path / "out"
    assert terminal.run("issue", str(tmp_path / "records.jsonl"), "--out", str(out), *home).code == 0
    places = set()
    for number in range(1, 6):
        file = tmp_path / f"{number}.tlog-proof"
        done = terminal.run("log", "proof", str(out / f"P-{number}.sdjwt"), "-o", str(file), *home, "--json")
        found = json.loads(done.out)
        assert (done.code, found["proof"], found["log"]) == (0, str(file), f"{served.registry.did}/log")
        proof, _, note = file.read_text().partition("\n\n")
        first, extra, index, *path = proof.splitlines()
        assert (first, index) == ("c2sp.org/tlog-proof@v1", f"index {found['index']}")
        leaf = base64.b64decode(extra.removeprefix("extra "))
        origin, size, root, *_ = note.splitlines()
        assert (origin, size) == (found["log"], str(found["size"]))
        assert rooted(leaf, found["index"], found["size"], path) == root
        assert rooted(leaf + b" ", found["index"], found["size"], path) != root
        places.add(found["index"])
    assert len(places) == 5
    digest = json.loads(terminal.run("show", str(out / "P-1.sdjwt"), "--json").out)["digest"]
    said = terminal.run("log", "proof", digest, "-o", str(tmp_path / "again"), *home).out
    assert said.startswith(f"Wrote {tmp_path / 'again'}: entry ")
    assert (tmp_path / "again").read_text() == (tmp_path / "1.tlog-proof").read_text()
    unknown = terminal.run("log", "proof", f"zQm{'1' * 43}"[: len(digest)], "-o", str(tmp_path / "none"), *home)
    assert (unknown.code, (tmp_path / "none").exists()) == (3, False)


def rooted(leaf: bytes, index: int, size: int, path: list[str]) -> str:
    """Return the root that a path leads to from a leaf (RFC 9162, 2.1.3.2), in base64."""
    found, last = hashlib.sha256(b"\x00" + leaf).digest(), size - 1
    for step in map(base64.b64decode, path):
        assert last, "a path longer than the tree is high"
        if index & 1 or index == last:
            found = hashlib.sha256(b"\x01" + step + found).digest()
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            found = hashlib.sha256(b"\x01" + found + step).digest()
        index, last = index >> 1, last >> 1
    assert last == 0
    return base64.b64encode(found).decode()
