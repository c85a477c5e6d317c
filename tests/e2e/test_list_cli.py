"""`oreprint list`: the certificates that a party issued."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ledger.issuing.issue import issue
from ledger.transfers.ship import Dispatch, accept, ship
from tests.support.http.server import ANN, BEN, plant, serve, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Demo, Terminal

SEPARATION = "did:web:separation-a.example"


@pytest.fixture
def home(demo: Demo, tmp_path: Path) -> str:
    """A copy of the home that the demo leaves."""
    return str(demo.copy(tmp_path / "home"))


def test_certificates_are_listed_narrowed_and_counted(terminal: Terminal, home: str) -> None:
    words = ("list", "--as", SEPARATION, "--home", home)
    told = json.loads(terminal.run(*words, "--json").out)
    lots = [each["lot"] for each in told]
    assert "OX-17" in lots
    shown = terminal.run(*words).out.splitlines()
    assert [line.split("  ")[0] for line in shown] == lots
    assert len(terminal.run(*words, "--most", "1").out.splitlines()) == 1
    (one,) = json.loads(terminal.run("list", "ox-17", "--as", SEPARATION, "--home", home, "--json").out)
    assert one["lot"] == "OX-17"
    states = {each["state"] for each in told}
    for state in states:
        narrowed = json.loads(terminal.run(*words, "--state", state, "--json").out)
        assert [each["lot"] for each in narrowed] == [each["lot"] for each in told if each["state"] == state]
    assert terminal.run(*words, "--product", "no-such").out == "No certificate fits.\n"
    wrong = terminal.run(*words, "--state", "gone")
    assert (wrong.code, wrong.problem) == (3, "document.not-one-of")


def test_a_registry_elsewhere_lists_for_the_owner_of_a_token(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve(tmp_path / "there")
    for lot in ("A-1", "A-2"):
        issue(served.registry, [blend(lot, "10 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    ship(served.registry, Dispatch("A-1", ANN, BEN))
    accept(served.registry, consignee=BEN)
    with served.running() as address:
        monkeypatch.setenv("OREPRINT_TOKEN", served.token(ANN)["Authorization"].removeprefix("Bearer "))

        def listed(party: str, *more: str) -> list[list[str]]:
            shown = terminal.run("list", "--as", party, "--server", address, *more).out.splitlines()
            return [line.split("  ")[:4] for line in shown if line.startswith("A-")]  # the server's log is there, too

        assert listed(ANN) == [
            ["A-2", "10 kg oxide", "10 kg left", "current"],
            ["A-1", "10 kg oxide", "0 kg left", "current"],
        ]
        assert [each[0] for each in listed(ANN, "--at-hand")] == ["A-2"]
        assert [each[0] for each in listed(ANN, "--customer", BEN)] == ["A-1"]
        assert [each[0] for each in listed(ANN, "--find", "a-1")] == ["A-1"]
        monkeypatch.setenv("OREPRINT_TOKEN", served.token(BEN)["Authorization"].removeprefix("Bearer "))
        assert listed(BEN, "--received") == [["A-1", "10 kg oxide", "10 kg left", "current"]]
