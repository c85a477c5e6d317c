"""`oreprint keys` as an operator and a producer type it: a key that leaked is ended, and a next one signs; on both
databases.
"""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from schemas.instant import epoch_ms, instant_text
from tests.support.http.commands import ask, issue, lot, oreprint, running, token, told
from tests.support.http.server import ANN, CID, Served, plant, serve
from tests.support.registries.example import EXAMPLE
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from tests.e2e.terminal import Terminal

NORTH = "did:web:north-concentrate.example"
FIRST, SECOND = f"{NORTH}#key-1", f"{NORTH}#key-2"
NEXT_RUN = EXAMPLE / "02-CRK-2026-02.yaml"
LATE = "2026-01-01T00:00:00Z"


@pytest.fixture
def operator(fresh_database: str | None, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Terminal:
    """A terminal in a folder with a registry of the example's parties, and its first lot, made by North."""
    if fresh_database is not None:
        monkeypatch.setenv("OREPRINT_DATABASE_URL", fresh_database)
    made: Terminal = request.getfixturevalue("by_hand")
    return made


def keys(operator: Terminal) -> dict[str, dict[str, Any]]:
    return {each["kid"]: each for each in json.loads(operator.run("keys", "list", "--json").out)["keys"]}


def verdict(operator: Terminal, name: str, trust: str = "home/trust.json") -> tuple[int, str]:
    assert operator.run("bundle", f"out/{name}.sdjwt", "-o", f"{name}.oreprint").code == 0
    done = operator.run("verify", f"{name}.oreprint", "--trust", trust, "--offline", "--json")
    return done.code, json.loads(done.out)["verdict"]


def next_second() -> str:
    """Wait for the next whole second, and return it."""
    text = instant_text((time.time_ns() // 10**9 + 1) * 1000)
    time.sleep(epoch_ms(text) / 1000 - time.time() + 0.01)
    return text


def test_an_operator_ends_a_key_and_gives_its_party_the_next_one(operator: Terminal) -> None:
    Path("old.json").write_bytes(Path("home/trust.json").read_bytes())
    done = operator.run("keys", "end", FIRST)
    known = keys(operator)[FIRST]
    assert done.out.startswith(f"{FIRST}  valid from {known['since']} to {known['until']}\n")
    assert "Give home/trust.json to everyone who verifies" in done.out
    refused = operator.run("issue", str(NEXT_RUN), "--out", "out")
    assert refused.code == 3
    assert f"producer: The key {FIRST} of {NORTH} has ended" in refused.out
    assert [verdict(operator, "CON-07", trust) for trust in ("home/trust.json", "old.json")] == [(0, "genuine")] * 2
    added = json.loads(operator.run("keys", "add", SECOND, "--json").out)
    assert (added["kid"], added["party"], added["until"], added["compromised"]) == (SECOND, NORTH, None, None)
    assert keys(operator)[SECOND] == {name: value for name, value in added.items() if name != "trust"}
    assert operator.run("issue", str(NEXT_RUN), "--out", "out").code == 0
    assert verdict(operator, "RC-11") == (0, "genuine")
    assert verdict(operator, "RC-11", "old.json") == (1, "do-not-rely"), "the old list doesn't know the next key"
    audited = operator.run("audit")
    assert audited.code == 0, audited.out


def test_what_was_logged_since_a_key_leaked_is_not_to_be_relied_on(operator: Terminal) -> None:
    leaked = next_second()
    assert operator.run("issue", str(NEXT_RUN), "--out", "out").code == 0
    Path("old.json").write_bytes(Path("home/trust.json").read_bytes())
    done = operator.run("keys", "end", FIRST, "--compromised", leaked)
    assert (done.code, keys(operator)[FIRST]["compromised"]) == (0, leaked)
    assert f"entries logged since {leaked} do not count" in done.out
    assert verdict(operator, "CON-07") == (0, "genuine")
    assert verdict(operator, "RC-11") == (1, "do-not-rely")
    assert verdict(operator, "RC-11", "old.json") == (0, "genuine"), "who has only the old list doesn't know"
    audited = operator.run("audit")
    assert (audited.code, "RC-11" in audited.out, "CON-07" in audited.out) == (1, True, False)


BAD = (
    (("end", f"{NORTH}#key-2"), "key.unknown", "kid", f"{NORTH}#key-2"),
    (("end", "did:web:registry.oreprint.example#log"), "key.unknown", "kid", "#log"),
    (("end", FIRST, "--compromised", LATE), "key.before", "compromised", LATE),
    (("end", FIRST, "--compromised", "2126-01-01T00:00:00Z"), "key.future", "compromised", "2126-01-01T00:00:00Z"),
    *(
        (("end", FIRST, "--compromised", wrong), "quantity.instant", "compromised", wrong)
        for wrong in (
            "yesterday",
            "2026-02-30T00:00:00Z",
            "2026-03-31T17:05:00+08:00",
            "2026-03-31",
            "2026-03-31T17:05Z",
        )
    ),
    (("add", NORTH), "key.form", "kid", NORTH),
    (("add", f"{NORTH}#key-02"), "key.form", "kid", "#key-02"),
    (("add", "did:web:nobody.example#key-2"), "issue.unknown-producer", "kid", "did:web:nobody.example"),
    (("add", SECOND, "--public", "A" * 43), "seal.key-weak", "public", "00"),
    (("add", SECOND, "--public", "no key"), "seal.base64url", "public", "no key"),
    (("add", SECOND, "--public", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"), "key.here", "public", NORTH),
    (("create", f"{NORTH}#second"), "key.form", "", "#second"),
)


@pytest.mark.parametrize(("words", "code", "place", "value"), BAD)
def test_what_can_not_be_is_refused_in_a_sentence_and_changes_nothing(
    by_hand: Terminal, words: tuple[str, ...], code: str, place: str, value: str
) -> None:
    def state() -> tuple[object, ...]:
        folder = sorted(Path("home/keys").iterdir())
        return keys(by_hand), by_hand.run("log", "list", "--json").out, Path("home/trust.json").read_bytes(), folder

    before = state()
    done = by_hand.run("keys", *words)
    assert (done.code, done.problem, done.out) == (3, code, "")
    assert done.err.startswith(f"oreprint: {place}: " if place else "oreprint: ")
    assert value in done.err
    assert state() == before


def test_a_key_ends_once_and_keys_are_counted_up(operator: Terminal) -> None:
    assert operator.run("keys", "end", FIRST).code == 0
    assert operator.run("keys", "add", f"{NORTH}#key-3").code == 0
    before = keys(operator), Path("home/trust.json").read_bytes()
    again = operator.run("keys", "end", FIRST)
    assert (again.code, again.problem) == (3, "key.ended")
    assert before[0][FIRST]["until"] in again.err
    counted = operator.run("keys", "add", SECOND)
    assert (counted.code, counted.problem) == (3, "key.next")
    assert f"{NORTH}#key-4" in counted.err
    for known in (FIRST, f"{NORTH}#key-3"):
        assert operator.run("keys", "add", known).code == 0, "again is harmless"
    assert (keys(operator), Path("home/trust.json").read_bytes()) == before


def test_an_operator_replaces_the_keys_of_the_registry(operator: Terminal) -> None:
    added = operator.run("hooks", "add", "https://erp.example/hook", "--as", NORTH, "--json")
    hook, before = json.loads(added.out), Path("home/trust.json").read_bytes()
    told = json.loads(operator.run("keys", "rotate", "vault", "--json").out)
    (new,) = told["hooks"]
    assert (new["hook"], new["secret"] != hook["secret"]) == (hook["id"], True)
    assert Path("home/trust.json").read_bytes() == before
    done = operator.run("keys", "rotate", "status")
    assert done.out.startswith("did:web:registry.oreprint.example#status-2\n")
    assert "Give home/trust.json to everyone who verifies" in done.out
    assert json.loads(operator.run("keys", "rotate", "trust", "--json").out)["key"].startswith(
        "registry.oreprint.example/trust+"
    )
    rotated = Path("home/trust.json").read_bytes()
    assert operator.run("init", str(EXAMPLE / "parties.yaml"), "--yes").code == 0
    assert Path("home/trust.json").read_bytes() == rotated, "a parties file says nothing of these keys"
    assert verdict(operator, "CON-07") == (0, "genuine")
    assert operator.run("audit").code == 0
    refused = operator.run("keys", "rotate", "vault", "--compromised", LATE)
    assert (refused.code, refused.problem) == (3, "key.not-leaked")
    assert operator.run("doctor").code == 0
    for key in Path("home/keys").glob("vault*.pem"):
        key.unlink()
    told_missing = operator.run("doctor")
    assert (told_missing.code, told_missing.problem) == (3, "home.vault-missing")
    assert "vault-2 is missing in home/keys" in told_missing.err


# -- a registry that is served -----------------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path: Path, database: str | None, monkeypatch: pytest.MonkeyPatch) -> Served:
    made = serve(tmp_path, database)
    made.registry.engine.dispose()
    if database is not None:
        monkeypatch.setenv("OREPRINT_DATABASE_URL", database)
    return made


def seen(address: str, made: dict[str, Any]) -> str:
    (certificate,) = made["certificates"]
    return str(json.loads(ask(address, f"/v1/certificates/{certificate['digest']}/verification")[1])["verdict"])


@pytest.mark.slow
def test_a_server_that_runs_stops_signing_with_an_ended_key_and_takes_the_next(served: Served) -> None:
    secret = token(served, "read", "issue")
    with running(served) as address:
        status, first = issue(address, secret, lot("A", "100 kg"))
        assert (status, seen(address, first)) == (201, "genuine")
        told(served, "keys", "end", f"{ANN}#key-1")
        status, refused = issue(address, secret, lot("B", "10 kg"))
        assert (status, refused["code"]) == (409, "issue.key-ended")
        assert ask(address, "/readyz")[0] == 200
        (certificate,) = first["certificates"]
        assert ask(address, f"/v1/certificates/{certificate['digest']}/label.svg", token=secret)[0] == 200
        told(served, "keys", "add", f"{ANN}#key-2")
        status, second = issue(address, secret, lot("B", "10 kg", {"A": "10 kg"}))
        assert (status, seen(address, second), seen(address, first)) == (201, "genuine", "genuine")
        since = told(served, "keys", "list")["keys"][1]["since"]
        told(served, "keys", "end", f"{ANN}#key-2", "--compromised", since)
        assert (seen(address, second), seen(address, first)) == ("do-not-rely", "genuine"), "also what was looked up"
        assert json.loads(ask(address, "/trust.json")[1])["note"] == json.loads(served.home.trust.read_text())["note"]


@pytest.mark.slow
def test_a_producer_with_its_own_key_gets_a_new_one(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OREPRINT_TOKEN", token(served, "read", "issue", party=CID))
    own = ("--home", str(served.own.path))
    record, out = tmp_path / "record.json", tmp_path / "out"

    def issued(name: str) -> tuple[int, str]:
        record.write_text(json.dumps(written(name, "10 kg", producer=CID, plant=plant(CID))))
        words = ("issue", str(record), "--server", address, "--out", str(out), *own)
        done = oreprint(served, *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        _, err = done.communicate(timeout=300)
        return done.returncode, err.decode()

    with running(served) as address:
        assert issued("C-1") == (0, "")
        told(served, "keys", "end", f"{CID}#key-1")
        next_second()
        sent = set(out.glob("*.signed.json"))
        code, err = issued("C-2")
        assert (code, "(403, issue.unsound): C-2: The signed run is not valid: The signing key" in err) == (
            3,
            True,
        )
        made = told(served, "keys", "create", f"{CID}#key-2", *own)
        assert told(served, "keys", "create", f"{CID}#key-2", *own) == made
        assert made["kid"] == f"{CID}#key-2"
        for wrong, problem in ((told(served, "keys", "create", CID, *own)["public"], "key.twice"), (None, "key.own")):
            words = ("keys", "add", f"{CID}#key-2", *(("--public", wrong) if wrong else ()))
            assert told(served, *words)["problems"][0]["code"] == problem
        added = told(served, "keys", "add", f"{CID}#key-2", "--public", made["public"])
        assert (added["public"], added["until"]) == (made["public"], None)
        refused = set(out.glob("*.signed.json")) - sent
        assert issued("C-3") == (0, "")
        assert issued("C-2")[0] == 3, "what was signed is sent as it is, and that key has ended"
        for signed in refused:
            signed.unlink()
        assert issued("C-2") == (0, "")
        for name in ("C-1", "C-2", "C-3"):
            (file,) = out.glob(f"{name}.sdjwt")
            judged = told(served, "verify", str(file), "--trust", str(served.home.trust), "--offline")
            assert [each for each in judged["checks"] if each["result"] == "failed"] == []
    assert told(served, "audit")["faults"] == []
