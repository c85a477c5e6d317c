"""`oreprint new` asks for one run, tells what is wrong at once, and issues it."""

from __future__ import annotations

import shutil
import sys
from io import StringIO
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.worlds.example_records import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Demo, Done, Terminal

ANSWERS = ("SC-41", "1212", "2026-07-01", "727.2", "494.9")


@pytest.fixture
def home(terminal: Terminal, demo: Demo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The demo's registry, where the scrap yard keeps a recipe and acts."""
    place, recipe = str(tmp_path / "home"), str(tmp_path / "recipe.yaml")
    shutil.copytree(demo.home, place)
    monkeypatch.setenv("OREPRINT_AS", "did:web:scrap-yard-a.example")
    past = EXAMPLES / "bayan-obo" / "05-SCR-2026-02.yaml"
    terminal.run("recipe", "from", str(past), "--name", "SCR", "--out", recipe)
    assert terminal.run("recipe", "import", recipe, "--home", place).code == 0
    return place


def answered(terminal: Terminal, home: str, *words: str, answers: tuple[str, ...]) -> Done:
    terminal.monkeypatch.setattr(sys, "stdin", StringIO("\n".join(answers) + "\n"))
    return terminal.run("new", *words, "--home", home)


def test_a_run_is_asked_for_shown_and_issued(terminal: Terminal, home: str, tmp_path: Path) -> None:
    out = tmp_path / "certificates"
    done = answered(terminal, home, "SCR", "--out", str(out), answers=(*ANSWERS, "y"))
    assert done.code == 0, done.err
    assert done.out.strip().startswith("issued SC-41 zQm")
    assert "usual 612 kg to 828 kg" in done.err
    assert (out / "SC-41.sdjwt").exists()


def test_only_what_is_wrong_is_asked_again(terminal: Terminal, home: str, tmp_path: Path) -> None:
    wrong = ("SC-42", "1212 kg", "12120", "03/04/2026", "2026-07-01", "727.2", "494.9")
    done = answered(terminal, home, "--out", str(tmp_path / "certificates"), answers=(*wrong, "1212", "y"))
    assert done.code == 0, done.err
    assert "1212 kg has a unit in it" in done.err
    assert "03/04/2026 can be read as more than one date" in done.err
    assert "Was 1212 kg meant?" in done.err
    assert done.err.count("Net mass (typical") == 3


def test_the_record_is_saved_instead(terminal: Terminal, home: str, tmp_path: Path) -> None:
    path = tmp_path / "run.yaml"
    done = answered(terminal, home, "--save", str(path), answers=ANSWERS)
    assert done.code == 0, done.err
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["outputs"][0]["lot"] == "SC-41"
    assert terminal.run("footprint", str(path), "--home", home).code == 0


def test_who_stops_or_says_no_keeps_a_draft(terminal: Terminal, home: str, tmp_path: Path) -> None:
    stopped = answered(terminal, home, answers=ANSWERS[:2])
    assert stopped.code != 0
    assert "kept as a draft" in stopped.err
    refused = answered(terminal, home, "--out", str(tmp_path / "c"), answers=(*ANSWERS, "n"))
    assert (refused.code, "Nothing was issued" in refused.err) == (1, True)
    assert not (tmp_path / "c").exists()
    assert answered(terminal, home, "NONE", answers=()).problem == "recipe.unknown"


def test_the_time_that_runs_are_held_is_set_on_the_host(terminal: Terminal, home: str) -> None:
    told = terminal.run("rules", "--hold", "45", "--home", home)
    assert "Runs from the desk are held for 45 minutes before they are signed.\n" in told.out
    refused = terminal.run("rules", "--hold", "1441", "--home", home)
    assert (refused.code, refused.problem) == (3, "draft.hold-minutes")
