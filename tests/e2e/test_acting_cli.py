"""Who acts: the only party, the setting, a name; several parties are named, never guessed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.worlds.example_records import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Demo, Terminal

SEPARATION = "did:web:separation-a.example"


@pytest.fixture
def home(demo: Demo, tmp_path: Path) -> str:
    """A copy of the home that the demo leaves, with all parties of the example."""
    return str(demo.copy(tmp_path / "home"))


def names(home_parties: str) -> list[str]:
    parties = yaml.safe_load((EXAMPLES / "bayan-obo" / "parties.yaml").read_text(encoding="utf-8"))["parties"]
    return [name["text"] for party in parties if party["did"] == home_parties for name in party["names"]]


def test_a_party_acts_by_its_did_its_name_or_the_setting(
    terminal: Terminal, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_did = terminal.run("holdings", "--as", SEPARATION, "--home", home)
    assert by_did.code == 0, by_did.err
    name = names(SEPARATION)[0]
    assert terminal.run("holdings", "--as", name.upper(), "--home", home).out == by_did.out
    monkeypatch.setenv("OREPRINT_AS", name)
    assert terminal.run("holdings", "--home", home).out == by_did.out


def test_several_parties_are_named_and_nobody_is_chosen(terminal: Terminal, home: str) -> None:
    refused = terminal.run("holdings", "--home", home)
    assert (refused.code, refused.problem) == (3, "party.several")
    assert "Example Separation A (did:web:separation-a.example)" in refused.err
    assert " more. Say which one acts" in refused.err
    unknown = terminal.run("holdings", "--as", "Nobody", "--home", home)
    assert (unknown.code, unknown.problem) == (3, "party.unknown-name")
    remote = terminal.run("holdings", "--server", "http://127.0.0.1:1", "--home", home)
    assert (remote.code, remote.problem) == (3, "party.unsaid")


def test_the_only_party_acts_and_offers_by_name(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "for a test alone")
    parties = tmp_path / "parties.yaml"
    written = yaml.safe_load((EXAMPLES / "bayan-obo" / "parties.yaml").read_text(encoding="utf-8"))
    (one,) = [party for party in written["parties"] if party["did"] == "did:web:scrap-yard-a.example"]
    parties.write_text(yaml.safe_dump({**written, "parties": [one], "attestors": []}), encoding="utf-8")
    home = str(tmp_path / "one")
    assert terminal.run("init", str(parties), "--home", home).code == 0
    scrap = EXAMPLES / "bayan-obo" / "05-SCR-2026-02.yaml"
    assert terminal.run("issue", str(scrap), "--home", home, "--out", str(tmp_path)).code == 0
    held = terminal.run("holdings", "--home", home, "--json")
    assert [each["lot"] for each in json.loads(held.out)] == ["SC-21"]
    own_name = terminal.run("ship", "SC-21", "--to", one["names"][0]["text"], "--home", home)
    assert own_name.problem == "holding.to-yourself"
