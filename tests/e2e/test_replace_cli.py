"""`oreprint replace`: a mass was typed wrong, and nothing has left the plant yet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.worlds.example_records import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Demo, Terminal

ALLOY = EXAMPLES / "bayan-obo" / "14-HSA-2026-05.yaml"


@pytest.fixture
def home(demo: Demo, tmp_path: Path) -> str:
    """A copy of the home that the demo leaves."""
    return str(demo.copy(tmp_path / "home"))


def test_what_was_shipped_is_not_replaced(terminal: Terminal, home: str, tmp_path: Path) -> None:
    text = (EXAMPLES / "bayan-obo" / "12-SC-2026-05.yaml").read_text(encoding="utf-8")
    wanted = tmp_path / "alloy.yaml"
    wanted.write_text(f"{text}\nnote: weighed again\n", encoding="utf-8")
    refused = terminal.run("replace", "AL-40", str(wanted), "--home", home, "--out", str(tmp_path / "out"))
    assert (refused.code, refused.problem) == (3, "life.used")
    assert not list((tmp_path / "out").iterdir())


def test_a_run_is_replaced_and_the_old_certificate_says_by_what(terminal: Terminal, home: str, tmp_path: Path) -> None:
    wanted, out = tmp_path / "hydrogen.yaml", tmp_path / "out"
    wanted.write_text(f"{ALLOY.read_text(encoding='utf-8')}\nnote: weighed again\n", encoding="utf-8")
    done = terminal.run("replace", "HS-02", str(wanted), "--home", home, "--out", str(out), "--json")
    assert done.code == 0, done.err
    told = json.loads(done.out)
    assert (told["undone"], [each["lot"] for each in told["certificates"]]) == (["HS-02"], ["HS-02-2"])
    assert [each.name for each in out.iterdir()] == ["HS-02-2.sdjwt"]
    bundle = str(tmp_path / "new.oreprint")
    made = terminal.run("bundle", str(out / "HS-02-2.sdjwt"), "--home", home, "--output", bundle)
    assert made.code == 0, made.err
    found = terminal.run("verify", bundle, "--home", home)
    assert "GENUINE RECORD" in found.out.splitlines()[1], found.out
    again = terminal.run("replace", "HS-02", str(wanted), "--home", home, "--out", str(out))
    assert (again.code, again.problem) == (3, "life.undone")
