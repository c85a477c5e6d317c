"""Every verb of a batch's life with `--server` and one's own key, as people type it, against a real `oreprint serve`
on both databases.
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.support.forked import command
from tests.support.http.commands import wait_for
from tests.support.http.processes import ended, free_port
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
DORA, EGON, FAY = (f"did:web:{name}.example" for name in ("dora", "egon", "fay"))
"""Dora and Egon keep their own keys; the registry keeps Fay's."""
PASSPHRASE = "a test has no secrets"  # noqa: S105


@dataclass
class Town:
    """A registry with its server, and the homes of those who keep their own keys."""

    folder: Path
    database: str | None
    terminal: Terminal
    address: str = ""
    tokens: dict[str, str] | None = None

    def run(self, *words: str, code: int = 0, token: str = "", registry: bool = False) -> str:
        """Run `oreprint`, which must end with `code`; return what it printed."""
        environment = self.terminal.monkeypatch
        environment.setenv("OREPRINT_TOKEN", token)
        if registry and self.database:
            environment.setenv("OREPRINT_DATABASE_URL", self.database)
        else:
            environment.delenv("OREPRINT_DATABASE_URL", raising=False)
        done = self.terminal.run(*words)
        assert done.code == code, (words, done.out + done.err)
        return done.out + done.err

    def at_registry(self, *words: str, code: int = 0) -> str:
        """Run `oreprint` in the registry's own home."""
        return self.run(*words, "--home", "registry", code=code, registry=True)

    def own(self, did: str, *words: str, code: int = 0) -> str:
        """Run `oreprint` in a party's own home, with its token, at the server."""
        assert self.tokens is not None
        name = did.removeprefix("did:web:").removesuffix(".example")
        return self.run(*words, "--home", name, "--server", self.address, code=code, token=self.tokens[did])

    def left(self, did: str) -> dict[str, str]:
        """Return what a party has left, lot by lot."""
        found = json.loads(self.own(did, "holdings", "--as", did, "--json"))
        return {each["lot"]: each["left_kg"] for each in found}

    def verdict(self, lot: str, folder: str = "certificates") -> str:
        """Return what the registry finds of the certificate in a party's folder."""
        digest = json.loads(self.run("show", f"{folder}/{lot}.sdjwt", "--json"))["digest"]
        self.at_registry("bundle", digest, "--for", "auditor", "-o", "now.oreprint")
        done = self.terminal.run("verify", "now.oreprint", "--trust", "registry/trust.json", "--offline", "--json")
        return str(json.loads(done.out)["verdict"])

    def record(self, did: str, lot: str, mass: str, *, inputs: dict[str, str] | None = None, **change: Any) -> str:  # noqa: ANN401
        """Write a record; return its file."""
        said = written(lot, mass, producer=did, plant=plant(did), inputs=inputs) | change
        (self.folder / f"{lot}.json").write_text(json.dumps(said))
        return f"{lot}.json"


def plant(did: str) -> str:
    return f"https://{did.removeprefix('did:web:')}/plants/1"


@pytest.fixture
def town(tmp_path: Path, database: str | None, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Town]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OREPRINT_HOME")
    monkeypatch.setenv("OREPRINT_PASSPHRASE", PASSPHRASE)
    town = Town(tmp_path, database, terminal)
    parties = []
    for did in (DORA, EGON, FAY):
        name = did[8:12]
        party = {
            "did": did,
            "names": [{"lang": "en", "text": name.title()}],
            "facilities": [{"id": plant(did), "name": "Plant 1", "country": "CN", "region": "CN-NM"}],
            "kinds": ["oxide"],
        }
        if did != FAY:
            made = town.run(
                "keys", "create", did, "--home", did.removeprefix("did:web:").removesuffix(".example"), "--json"
            )
            party["public"] = json.loads(made)["public"]
        parties.append(party)
    said = {"oreprint": "parties/1", "registry": "registry.example", "parties": parties}
    (tmp_path / "parties.yaml").write_text(yaml.safe_dump(said))
    town.at_registry("init", "parties.yaml")
    scopes = [word for scope in ("read", "issue", "move", "withdraw") for word in ("--scope", scope)]
    town.tokens = {
        did: json.loads(town.at_registry("tokens", "create", "--as", did, *scopes, "--json"))["token"]
        for did in (DORA, EGON, FAY)
    }
    with served(town):
        yield town


@contextmanager
def served(town: Town) -> Iterator[None]:
    """Run `oreprint serve`, as a process of its own."""
    port = free_port()
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if town.database:
        environment["OREPRINT_DATABASE_URL"] = town.database
    words = [*command(), "serve", "--home", "registry", "--port", str(port)]
    with (town.folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(words, cwd=town.folder, env=environment, stdout=log, stderr=log)
        with ended(process):
            wait_for(f"http://127.0.0.1:{port}/readyz")
            town.address = f"http://127.0.0.1:{port}"
            yield


def test_a_life_with_ones_own_key(town: Town) -> None:
    """Hard use 31: correct, ship, accept, cancel, undo, suspend, lift, revoke, holdings take --server with one's own
    key.
    """
    kept = {path.name for path in (town.folder / "registry" / "keys").iterdir()}
    assert not [name for name in kept if "dora" in name or "egon" in name], "the registry has neither key"
    town.own(DORA, "issue", town.record(DORA, "D-1", "100 kg"))

    # two parties with keys of their own
    said = town.own(DORA, "ship", "D-1", "--as", DORA, "--to", EGON, "--mass", "30 kg")
    assert said == f"Offered 30 kg of D-1 to {EGON}. It is theirs once they accept it.\n"
    assert town.own(DORA, "holdings", "--as", DORA).startswith("D-1: 70 kg left (30 kg offered): Nd 60.0")
    assert town.own(EGON, "accept", "--as", EGON) == f"Accepted 30 kg of D-1 from {DORA}.\n"
    assert (town.left(DORA), town.left(EGON)) == ({"D-1": "70"}, {"D-1": "30"})
    town.own(EGON, "issue", town.record(EGON, "E-1", "30 kg", inputs={"D-1": "30 kg"}))
    assert town.verdict("E-1") == "genuine"

    # an offer that is taken back, and can't be accepted any more
    town.own(DORA, "ship", "D-1", "--as", DORA, "--to", EGON, "--mass", "5 kg")
    assert town.own(DORA, "cancel", "d-1", "--as", DORA) == f"Cancelled the offer of 5 kg of D-1 to {EGON}.\n"
    assert "holding.offer-unknown" in town.own(EGON, "accept", "--as", EGON, code=3)
    assert "holding.offer-unknown" in town.own(DORA, "cancel", "--as", DORA, code=3)

    # a party whose key the registry keeps, there and back
    town.own(DORA, "ship", "D-1", "--as", DORA, "--to", FAY, "--mass", "20 kg", "--for", "auditor")
    assert town.at_registry("accept", "--as", FAY) == f"Accepted 20 kg of D-1 from {DORA}.\n"
    town.at_registry("ship", "D-1", "--as", FAY, "--to", DORA)
    assert town.own(DORA, "accept", "D-1", "--as", DORA) == f"Accepted 20 kg of D-1 from {FAY}.\n"
    assert town.left(DORA) == {"D-1": "70"}

    # words corrected; the same again changes nothing
    better = town.record(DORA, "D-1", "100 kg", excluded=[{"what": "electricity", "why": "it is mixed by hand"}])
    assert town.own(DORA, "correct", better, "--out", "better").startswith("corrected D-1 zQm")
    assert town.own(DORA, "correct", better, "--out", "better").startswith("unchanged D-1 zQm")
    assert town.own(DORA, "correct", better, "--out", "elsewhere").startswith("unchanged D-1 zQm")
    assert (town.verdict("D-1"), town.verdict("D-1", "better"), town.verdict("E-1")) == (
        "superseded",
        "genuine",
        "genuine",
    )

    # a run undone: its input comes back
    town.own(DORA, "issue", town.record(DORA, "D-2", "40 kg", inputs={"D-1": "40 kg"}))
    assert town.left(DORA) == {"D-1": "30", "D-2": "40"}
    undone = town.own(DORA, "undo", "D-2", "--as", DORA)
    assert undone.splitlines()[1:] == ["  40 kg of D-1 is back."]
    assert town.left(DORA) == {"D-1": "70", "D-2": "0"}
    assert town.verdict("D-2") == "withdrawn"

    # suspended, lifted, withdrawn
    reason = ("--as", DORA, "--reason", "assay under review")
    assert town.own(DORA, "suspend", "D-1", *reason).startswith("Suspended: D-1. ")
    assert "holding.suspended" in town.own(DORA, "ship", "D-1", "--as", DORA, "--to", EGON, code=3)
    assert town.own(DORA, "lift", "D-1", *reason).startswith("Lifted: D-1 can be used again")
    told = json.loads(town.own(DORA, "revoke", "D-1", *reason, "--json"))
    assert (told["lot"], told["kind"], len(told["certificates"])) == ("D-1", "withdraw", 2)
    assert town.own(DORA, "holdings", "D-1", "--as", DORA).startswith("D-1 (withdrawn): 70 kg left")
    assert {town.verdict("D-1"), town.verdict("D-1", "better")} == {"withdrawn"}

    assert list((town.folder / "dora" / "outbox").iterdir()) == [], "what the registry has is let go of"
    assert "No fault in" in town.at_registry("audit")


def test_what_nothing_would_look_at_and_what_is_anothers_is_refused(town: Town) -> None:
    """Hard use 31: options that go without effect are refused, and so is a token of somebody else."""
    town.own(DORA, "issue", town.record(DORA, "D-1", "100 kg"))
    away = ("--registry", "other.example", "-o", "file.oreprint")
    assert "usage.idle" in town.own(DORA, "ship", "D-1", "--as", DORA, "--to", EGON, *away, code=3)
    assert "usage.idle" in town.own(DORA, "accept", "--as", DORA, "--from", "D-1.json", code=3)
    assert town.tokens is not None
    mine = ("--home", "egon", "--server", town.address)
    for words in (("holdings", "--as", EGON), ("accept", "--as", EGON), ("ship", "D-1", "--as", EGON, "--to", DORA)):
        assert "remote.tenant" in town.run(*words, *mine, code=3, token=town.tokens[DORA])
    stranger = town.own(DORA, "ship", "D-1", "--as", DORA, "--to", "did:web:nobody.example", "--mass", "1 kg")
    assert "holding.consignee-unknown" in stranger
