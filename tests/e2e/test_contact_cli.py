"""`oreprint contact`, and `oreprint ship --to` a customer's name."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Demo, Terminal

PLANT, SMELTER = "did:web:hydrogen-alloy-a.example", "did:web:metal-a.example"


@pytest.fixture
def home(demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A copy of the home that the demo leaves; a maker of alloys acts."""
    monkeypatch.setenv("OREPRINT_AS", PLANT)
    return str(demo.copy(tmp_path / "home"))


def left(terminal: Terminal, home: str, owner: str, lot: str = "HS-02") -> str:
    done = terminal.run("holdings", "--home", home, "--as", owner, "--json")
    return next(str(each["left_kg"]) for each in json.loads(done.out) if each["lot"] == lot)


def test_nobody_adds_contacts_for_who_is_no_party(terminal: Terminal, home: str) -> None:
    wrong = terminal.run("contact", "add", "Drives", "--as", "did:web:nobody.example", "--home", home)
    assert (wrong.code, wrong.problem) == (3, "issue.unknown-producer"), wrong


def test_a_guest_holds_sends_back_and_is_claimed(terminal: Terminal, home: str) -> None:
    added = terminal.run("contact", "add", "Drives", "--home", home)
    assert added.code == 0, added.err
    assert "  Drives  guest  did:key:z" in added.out
    done = terminal.run("ship", "HS-02", "--to", "drives", "--mass", "30 kg", "--home", home)
    assert (done.code, done.err) == (0, ""), done.err
    assert done.out == "Moved 30 kg of HS-02. This registry now holds it for your customer, who has no DID.\n"
    back = terminal.run("contact", "back", "HS-02", "--from", "Drives", "--mass", "10 kg", "--home", home)
    assert "10 kg of HS-02 came back  confirmed" in back.out
    settled = terminal.run("contact", "settle", "--home", home)
    assert settled.out.rstrip().endswith("moved  10 kg of HS-02"), settled
    code = terminal.run("contact", "code", "Drives", "--home", home).out.splitlines()[-1]
    assert code.startswith("orec_")
    claimed = terminal.run("contact", "claim", code, "--as", SMELTER, "--home", home)
    assert "claims everything  waiting" in claimed.out
    twice = terminal.run("contact", "claim", code, "--as", "did:web:north-concentrate.example", "--home", home)
    assert (twice.code, twice.problem) == (3, "contact.claimed")
    decided = terminal.run("contact", "decide", "Drives", "--claimant", SMELTER, "--confirm", "--home", home)
    assert "claims everything  confirmed" in decided.out
    assert "20 kg of HS-02" in terminal.run("contact", "settle", "--home", home).out
    assert left(terminal, home, SMELTER) == "20"
    assert "Drives  party here  did:web:metal-a.example" in terminal.run("contact", "list", "--home", home).out
    assert terminal.run("audit", "--home", home).code == 0
    assert terminal.run("contact", "settle", "--home", home).out == "Nothing is to be settled.\n"


def test_one_resolver_finds_contacts_and_parties(terminal: Terminal, home: str) -> None:
    unknown = terminal.run("ship", "HS-02", "--to", "Nobody", "--home", home)
    assert (unknown.code, unknown.problem) == (3, "party.unknown-name")
    party = terminal.run("ship", "HS-02", "--to", "example metal a", "--mass", "1 kg", "--home", home)
    assert f"Offered 1 kg of HS-02 to {SMELTER}" in party.out, party.err
    terminal.run("contact", "add", "Example Metal A", "--home", home)
    two = terminal.run("ship", "HS-02", "--to", "Example Metal A", "--mass", "1 kg", "--home", home)
    assert two.problem == "party.name-twice"
    assert terminal.run("contact", "end", "Example Metal A", "--home", home).code == 0
    again = terminal.run("ship", "HS-02", "--to", "Example Metal A", "--mass", "1 kg", "--home", home)
    assert f"to {SMELTER}" in again.out


def test_a_contact_with_a_did_of_its_own_is_offered_without_a_warning(terminal: Terminal, home: str) -> None:
    elsewhere = "did:web:drives.example"
    warned = terminal.run("ship", "HS-02", "--to", elsewhere, "--mass", "1 kg", "--home", home)
    assert "holding.consignee-unknown" in warned.err
    assert terminal.run("contact", "add", "Drives", "--did", elsewhere, "--home", home).code == 0
    done = terminal.run("ship", "HS-02", "--to", "Drives", "--mass", "1 kg", "--home", home)
    assert (done.err, done.out.startswith("Offered 1 kg of HS-02")) == ("", True)
