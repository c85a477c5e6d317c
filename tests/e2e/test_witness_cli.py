"""Witnesses, a monitor and evidence as their operators type them: real processes, real HTTP, and a registry that
cheats.
"""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ledger.holdings.mark import split_digest
from ledger.log.tile import new_tiles
from ledger.remote.client import RemoteServer
from schemas.problem import OreprintError
from schemas.trust import TrustFile
from tests.support.forked import command
from tests.support.http.processes import ended, free_port
from tests.support.registries.broken_sum import TEXTS, logged
from tests.support.registries.broken_sum import evidence as broken_sum
from tests.support.registries.frauds import FRAUDS
from tests.support.registries.public_log import PublicLog
from tests.support.worlds.parties import cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.e2e.terminal import Terminal

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "bayan-obo"
MARK = sha256(b"sold twice").digest()


@pytest.fixture(autouse=True)
def passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "for a test alone")


@pytest.fixture
def cheat(tmp_path: Path) -> Path:
    """The folder in which a registry has published a log that uses one mark twice, and the trust list of who follows
    it.
    """
    log = PublicLog(time_ms=time.time_ns() // 1_000_000 - 60_000)
    log.records(2)
    log.record("sale", [MARK])
    log.record("sale again", [MARK])
    publish(log, tmp_path)
    return tmp_path


def publish(log: PublicLog, folder: Path) -> None:
    """Put a log and its newest head into a folder, and the trust list of who follows it beside it."""
    lists = (f"published/{index}" for index in log.lists)
    for path in ["checkpoint", *lists, *(tile.to_path() for tile in new_tiles(0, log.size))]:
        (folder / "public" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "public" / path).write_bytes(log.read(path))
    (folder / "trust.json").write_bytes(TrustFile(note=cast().note).to_bytes() + b"\n")


def test_a_registry_that_logs_one_use_twice_is_convicted_by_the_monitors_file(cheat: Path, terminal: Terminal) -> None:
    home, trust = str(cheat / "monitor"), str(cheat / "trust.json")
    assert terminal.run("keys", "cosigner", "m.example", "--home", home).code == 0
    words = ("monitor", str(cheat / "public"), "--home", home, "--trust", trust, "--once")
    assert terminal.run(*words).problem == "monitor.which"
    for other in (words, ("audit", "--log", *words[1:-1])):
        refused = terminal.run(*other, "--registry", "nobody.example")
        assert (refused.code, refused.problem) == (3, "trust.registry-unknown"), (
            "a name that was mistyped is no finding"
        )
    done = terminal.run(*words, "--registry", "one.example")
    assert done.code == 1
    assert "Entries 2 and 3 left the same mark" in " ".join(done.out.split())
    told = json.loads(terminal.run(*words, "--registry", "one.example", "--json").out)
    assert (told["holds"], told["cosigned"]) == (False, 0)
    (evidence,) = told["evidence"]
    verdict = terminal.run("verify", evidence, "--trust", trust)
    assert verdict.code == 1
    assert verdict.out.startswith("PROVEN FAULT of the registry one.example\n")
    found = json.loads(terminal.run("verify", evidence, "--trust", trust, "--json").out)
    assert (found["convicted"], found["code"], found["size"]) == (True, "evidence.repeat-mark", 4)


@pytest.mark.parametrize("fraud", FRAUDS)
def test_what_a_monitor_found_convicts_by_the_command(
    fraud: Callable[[PublicLog], str], tmp_path: Path, terminal: Terminal
) -> None:
    log = PublicLog(time_ms=time.time_ns() // 1_000_000 - 60_000)
    code = fraud(log)
    log.records(2)
    assert convicted(log, tmp_path, terminal) == code


def test_two_histories_convict_by_the_command(tmp_path: Path, terminal: Terminal) -> None:
    log, fork = (PublicLog(time_ms=time.time_ns() // 1_000_000 - 60_000) for _ in range(2))
    log.records(3)
    publish(log, tmp_path)
    assert monitored(tmp_path, terminal) == []
    fork.record("another history")
    fork.records(3)
    assert convicted(fork, tmp_path, terminal) == "evidence.rebuilt"


def test_a_broken_sum_convicts_by_the_command(tmp_path: Path, terminal: Terminal) -> None:
    log = PublicLog()
    first = logged(log, bytes(32), TEXTS[0], (1000, TEXTS[1]), (500, TEXTS[2]))
    second = logged(log, split_digest(first[1]), TEXTS[1], (600, TEXTS[3]), (401, TEXTS[4]))
    publish(log, tmp_path)
    (tmp_path / "sum.json").write_bytes(broken_sum(log, first, second).to_bytes() + b"\n")
    assert verdict(tmp_path / "sum.json", tmp_path, terminal) == "evidence.sum"
    refused = terminal.run("verify", str(tmp_path / "sum.json"), "--at", "2026-03-31T17:05:00Z", "--require-chain")
    assert (refused.code, refused.problem) == (3, "usage.idle")
    assert "--at, --require-chain: This has no effect with evidence" in refused.err


def monitored(folder: Path, terminal: Terminal) -> list[str]:
    """Let a monitor with a memory in the folder look at the log there once; return the files of evidence that it
    wrote.
    """
    home = str(folder / "monitor")
    terminal.run("keys", "cosigner", "m.example", "--home", home)
    words = ("monitor", str(folder / "public"), "--home", home, "--trust", str(folder / "trust.json"))
    found: list[str] = json.loads(terminal.run(*words, "--once", "--registry", "one.example", "--json").out)["evidence"]
    return found


def verdict(path: Path | str, folder: Path, terminal: Terminal) -> str:
    """Return what `oreprint verify` says that a file convicts of."""
    done = terminal.run("verify", str(path), "--trust", str(folder / "trust.json"), "--json")
    told = json.loads(done.out)
    assert (done.code, told["convicted"]) == (1, True)
    return str(told["code"])


def convicted(log: PublicLog, folder: Path, terminal: Terminal) -> str:
    """Publish a log, have it monitored, and return what the evidence convicts of."""
    publish(log, folder)
    (evidence,) = monitored(folder, terminal)
    return verdict(evidence, folder, terminal)


def test_an_audit_of_a_public_log_needs_no_key_and_keeps_evidence(cheat: Path, terminal: Terminal) -> None:
    home, trust = str(cheat / "auditor"), str(cheat / "trust.json")
    words = ("audit", "--log", str(cheat / "public"), "--trust", trust, "--registry", "one.example", "--home", home)
    done = terminal.run(*words)
    assert done.code == 1
    assert done.out.startswith("FAULT FOUND")
    told = json.loads(terminal.run(*words, "--json").out)
    assert (told["holds"], told["whole"], told["faults"][0]["code"]) == (False, False, "evidence.repeat-mark")
    (evidence,) = told["evidence"]
    assert terminal.run("verify", evidence, "--trust", trust).out.startswith("PROVEN FAULT")


def test_an_audit_of_a_public_log_goes_on_where_it_was(tmp_path: Path, terminal: Terminal) -> None:
    log = PublicLog(time_ms=time.time_ns() // 1_000_000 - 3_600_000)
    log.records(300)
    publish(log, tmp_path)
    words = ("audit", "--log", str(tmp_path / "public"), "--trust", str(tmp_path / "trust.json"))
    of = (*words, "--registry", "one.example", "--json", "--home")
    first = json.loads(terminal.run(*of, str(tmp_path / "one")).out)
    assert (first["holds"], first["rows"]) == (True, {"entries": 300})
    assert any("too few witnesses" in each for each in first["on_word"])
    log.records(300)
    publish(log, tmp_path)
    (tmp_path / "public" / "tile" / "entries" / "000").unlink()  # read already
    again = json.loads(terminal.run(*of, str(tmp_path / "one")).out)
    assert (again["holds"], again["rows"]) == (True, {"entries": 600})
    other = terminal.run(*of, str(tmp_path / "two"))
    assert (other.code, json.loads(other.out)["rows"]) == (2, {"entries": 0})
    rebuilt = PublicLog(time_ms=log.time_ms)
    rebuilt.records(1)
    rebuilt.record("another")
    rebuilt.records(700)
    publish(rebuilt, tmp_path)
    last = terminal.run(*of, str(tmp_path / "one"))
    assert (last.code, json.loads(last.out)["faults"][0]["code"]) == (1, "log.consistency")


def test_evidence_that_shows_nothing_is_told_apart_from_one_that_can_not_be_read(
    cheat: Path, terminal: Terminal
) -> None:
    home, trust = str(cheat / "monitor"), str(cheat / "trust.json")
    terminal.run("keys", "cosigner", "m.example", "--home", home)
    terminal.run(
        "monitor", str(cheat / "public"), "--home", home, "--trust", trust, "--registry", "one.example", "--once"
    )
    (path,) = (cheat / "monitor").glob("evidence-*.json")
    whole = json.loads(path.read_text("utf-8"))
    changed = cheat / "changed.json"
    changed.write_text(
        json.dumps(whole | {"second": whole["first"]}, separators=(",", ":"), ensure_ascii=False), "utf-8"
    )
    done = terminal.run("verify", str(changed), "--trust", trust)
    assert (done.code, done.out.splitlines()[0]) == (2, "NOT SHOWN")
    assert json.loads(terminal.run("verify", str(changed), "--trust", trust, "--json").out)["convicted"] is False
    changed.write_text(json.dumps(whole | {"shows": "nothing"}, separators=(",", ":")), "utf-8")
    assert terminal.run("verify", str(changed), "--trust", trust).problem == "evidence.kind"
    changed.write_text(json.dumps(whole), "utf-8")  # another spelling
    assert terminal.run("verify", str(changed), "--trust", trust).problem == "file.kind"


def test_a_witness_needs_a_key_and_a_log(terminal: Terminal, tmp_path: Path) -> None:
    home = str(tmp_path / "w")
    assert terminal.run("witness", "--home", home).problem == "home.key-missing"
    first = terminal.run("keys", "cosigner", "w.example", "--home", home)
    assert first.out.startswith("w.example+")
    assert terminal.run("keys", "cosigner", "w.example", "--home", home).out == first.out
    assert terminal.run("keys", "cosigner", "other.example", "--home", home).problem == "home.cosigner-other"
    assert terminal.run("keys", "cosigner", "w.example", "--home", home).out == first.out, (
        "who pinned it knows it still"
    )
    assert terminal.run("witness", "--home", home).problem == "witness.no-logs"


@contextmanager
def running(*words: str) -> Iterator[None]:
    """Run `oreprint` beside the test."""
    words = (*command(), *words)
    with ended(subprocess.Popen(words, cwd=ROOT, stderr=subprocess.DEVNULL)):
        yield


@pytest.mark.slow
def test_four_witnesses_a_monitor_and_a_registry_each_a_process_of_its_own(tmp_path: Path, terminal: Terminal) -> None:
    names = [f"w{number}.example" for number in range(1, 5)] + ["monitor.example"]
    ports = {name: free_port() for name in (*names, "registry")}
    keys = {name: terminal.run("keys", "cosigner", name, "--home", str(tmp_path / name)).out.strip() for name in names}
    at = [f'  - {{key: "{keys[name]}", at: "http://127.0.0.1:{ports[name]}"}}\n' for name in names]
    parties = tmp_path / "parties.yaml"
    text = (EXAMPLE / "parties.yaml").read_text("utf-8")
    parties.write_text(f"{text}\nwitnesses:\n  keys:\n{_in(at[:4])}monitors:\n  keys:\n{_in(at[4:])}", "utf-8")
    home, trust = str(tmp_path / "home"), str(tmp_path / "home" / "trust.json")
    assert terminal.run("init", str(parties), "--home", home).code == 0
    address = f"http://127.0.0.1:{ports['registry']}"
    with ExitStack() as stack:
        for name in names[:4]:
            words = ("--home", str(tmp_path / name), "--trust", trust, "--port", str(ports[name]))
            stack.enter_context(running("witness", *words))
        words = ("--home", str(tmp_path / names[4]), "--trust", trust, "--port", str(ports[names[4]]))
        stack.enter_context(running("monitor", address, *words))
        stack.enter_context(running("serve", "--home", home, "--port", str(ports["registry"])))
        remote, until, note = RemoteServer.public(address), time.monotonic() + 60, ""
        while note.count("\N{EM DASH}") < 5 and time.monotonic() < until:
            time.sleep(0.3)
            try:
                note = remote.get("/checkpoint").decode()
            except OreprintError:
                continue
        assert note.count("\N{EM DASH}") >= 5, note
        record = ("issue", str(EXAMPLE / "01-BEN-2026-01.yaml"), "--home", home, "--out", str(tmp_path), "--json")
        made = terminal.run(*record)
        assert (made.code, made.err) == (0, "")
        digest = json.loads(made.out)["issued"][0]["certificates"][0]["digest"]
        bundle = tmp_path / "whole.oreprint"
        assert terminal.run("bundle", digest, "--for", "auditor", "-o", str(bundle), "--home", home).code == 0
        found = json.loads(terminal.run("verify", str(bundle), "--trust", trust, "--offline", "--json").out)
        assert (found["verdict"], found["assurance"]) == ("genuine", "monitored")


def _in(lines: list[str]) -> str:
    return "".join(f"  {line}" for line in lines)
