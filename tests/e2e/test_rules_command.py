"""`oreprint rules`: the operator sets what of a party needs a second person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.e2e.terminal import Terminal
from tests.support.http.server import ANN, serve

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_operator_sets_the_rule_of_two_persons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    at = Terminal(monkeypatch, capsys)
    home = str(serve(tmp_path).home.path)
    rules = ("rules", "--home", home, "--as", ANN)
    assert at.run(*rules).out.startswith("off: ")
    assert at.run(*rules, "--two-persons", "warnings").out.startswith("warnings: ")
    told = {
        "party": ANN,
        "two_persons": "warnings",
        "hold_minutes": 0,
        "scale_tolerance_percent": "0.5",
        "forget_days": None,
    }
    assert "by 0.5 %" in at.run(*rules, "--tolerance", "0.50").out
    assert json.loads(at.run(*rules, "--json").out) == told
    assert at.run(*rules, "--tolerance", "6").problem == "incoming.tolerance"
    assert at.run(*rules, "--two-persons", "sometimes").problem == "party-rule.mode"
    assert at.run(*rules, "--two-persons", "off").code == 0
    forget = ("forget", "--home", home, "--as", ANN)
    assert at.run(*forget).problem == "forget.no-time"
    assert at.run(*rules, "--forget-after", "soon").problem == at.run(*forget, "--after", "-1").problem == "forget.days"
    assert "replaced by numbers after 1 day." in at.run(*rules, "--forget-after", "1").out
    assert "the names of 0 people, 0 customers and 0 recipients" in at.run(*forget).out
    assert json.loads(at.run(*forget, "--after", "0", "--try", "--json").out)["kept"] is False
    assert "names of ended people and customers stay" in at.run(*rules, "--forget-after", "never").out.casefold()
    for nobody in (("--two-persons", "all"), ()):
        wrong = at.run("rules", "--home", home, "--as", "did:web:nobody.example", *nobody)
        assert wrong.problem == "issue.unknown-producer", "a rule of nobody would look like one that is set"
    events = at.run("tokens", "events", "--home", home, "--of", ANN).out
    assert "two persons: warnings -> off" in events
