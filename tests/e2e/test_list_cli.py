"""`oreprint list`: the certificates that a party issued."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

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
