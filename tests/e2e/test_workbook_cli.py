"""A plant keeps its recipe, fills in a workbook, and issues it: each refusal lands in its cell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.support.worlds.example_records import EXAMPLES
from tests.support.worlds.workbooks import filled, right_row

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.usefixtures("forked_readers")

SCRAP = EXAMPLES / "bayan-obo" / "05-SCR-2026-02.yaml"
YARD = "did:web:scrap-yard-a.example"


@pytest.fixture
def home(terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A registry whose only party is the scrap yard."""
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "for a test alone")
    parties = tmp_path / "parties.yaml"
    written = yaml.safe_load((EXAMPLES / "bayan-obo" / "parties.yaml").read_text(encoding="utf-8"))
    own = [party for party in written["parties"] if party["did"] == YARD]
    parties.write_text(yaml.safe_dump({**written, "parties": own, "attestors": []}), encoding="utf-8")
    place = str(tmp_path / "home")
    made = terminal.run("init", str(parties), "--home", place)
    assert made.code == 0, made.err
    return place


@pytest.fixture
def recipe(terminal: Terminal, home: str, tmp_path: Path) -> Path:
    """The recipe of the scrap yard, kept in its home."""
    path = tmp_path / "recipe.yaml"
    terminal.run("recipe", "from", str(SCRAP), "--name", "SCR", "--out", str(path))
    kept = terminal.run("recipe", "import", str(path), "--home", home)
    assert kept.out == f"Kept: SCR v1 of {YARD}.\n"
    return path


def test_a_version_never_changes_and_follows_the_newest(terminal: Terminal, home: str, recipe: Path) -> None:
    assert terminal.run("recipe", "import", str(recipe), "--home", home).out == f"Unchanged: SCR v1 of {YARD}.\n"
    text = recipe.read_text(encoding="utf-8")
    recipe.write_text(text.replace("title: ", "title: New "), encoding="utf-8")
    changed = terminal.run("recipe", "import", str(recipe), "--home", home)
    assert (changed.code, changed.problem) == (3, "recipe.version")
    recipe.write_text(text.replace("version: 1", "version: 2").replace("title: ", "title: New "), encoding="utf-8")
    assert terminal.run("recipe", "import", str(recipe), "--home", home).out == f"Kept: SCR v2 of {YARD}.\n"
    told = json.loads(terminal.run("recipe", "list", "--home", home, "--json").out)
    assert [(each["recipe"], each["version"]) for each in told] == [("SCR", 2)]
    assert "New magnet swarf" in terminal.run("recipe", "list", "--home", home).out
    first = terminal.run("recipe", "export", "SCR", "--version", "1", "--home", home)
    kept = yaml.safe_load(first.out)
    assert kept.pop("pinned")["tables"], "the factor tables of today"
    assert kept == yaml.safe_load(text)
    unknown = terminal.run("recipe", "export", "XYZ", "--home", home)
    assert (unknown.code, unknown.problem) == (3, "recipe.unknown")


def test_a_recipe_of_another_producer_is_not_kept(terminal: Terminal, home: str, recipe: Path) -> None:
    recipe.write_text(recipe.read_text(encoding="utf-8").replace(YARD, "did:web:other.example"), encoding="utf-8")
    refused = terminal.run("recipe", "import", str(recipe), "--home", home)
    assert (refused.code, refused.problem) == (3, "recipe.not-yours")


def weighed_again(number: int) -> dict[str, object]:
    """Return a right row whose readings differ a little from those of the row above."""
    more = (number - 30) / 10
    return right_row(number, **{"r:magnet-swarf-dry": 727.2 + more, "r:end-of-life": 494.9 - more})


@pytest.mark.usefixtures("recipe")
def test_a_workbook_is_tried_issued_and_unchanged_the_second_time(
    terminal: Terminal, home: str, tmp_path: Path
) -> None:
    day, out = tmp_path / "day.xlsx", tmp_path / "certificates"
    day.write_bytes(filled([weighed_again(number) for number in range(31, 34)]))
    words = ("issue", str(day), "--home", home, "--out", str(out))
    tried = terminal.run(*words, "--dry-run")
    assert tried.code == 0, tried.err
    assert not out.exists()
    issued = terminal.run(*words)
    assert (issued.code, issued.err) == (0, "")
    assert sorted(each.stem for each in out.iterdir()) == ["SC-31", "SC-32", "SC-33"]
    assert "unchanged 3, failed 0" in terminal.run(*words).out


@pytest.mark.usefixtures("recipe")
def test_refusals_of_the_workbook_and_of_issuing_stand_at_their_cells(
    terminal: Terminal, home: str, tmp_path: Path
) -> None:
    day, out = tmp_path / "day.xlsx", tmp_path / "certificates"
    rows = [right_row(31), right_row(32, mass_kg=12120), right_row(33, start="soon")]
    day.write_bytes(filled(rows))
    words = ("issue", str(day), "--home", home, "--out", str(out))
    refused = terminal.run(*words)
    assert refused.code == 3
    assert "day.xlsx: Runs!D5: " in refused.err
    assert "day.xlsx: Runs!E6: " in refused.err
    assert not out.exists()
    heavy = {"mass_kg": 1290, "reason": "so it was"}  # more nickel and copper than went in
    day.write_bytes(filled([right_row(31), right_row(32, **heavy)]))
    refused = terminal.run(*words)
    assert (refused.code, "rule.m-elem" in refused.err) == (3, True)
    assert "day.xlsx: Runs!C5: " in refused.err
    skipped = terminal.run(*words, "--skip-invalid")
    assert [each.stem for each in out.iterdir()] == ["SC-31"]
    assert skipped.code == 3


@pytest.mark.usefixtures("recipe")
def test_what_looks_odd_is_told_when_a_workbook_is_issued(terminal: Terminal, home: str, tmp_path: Path) -> None:
    day = tmp_path / "day.xlsx"
    typical = {"mass_kg": 1200, "r:magnet-swarf-dry": 720, "r:end-of-life": 490}
    day.write_bytes(filled([right_row(31, **typical), right_row(32), right_row(33)]))
    issued = terminal.run("issue", str(day), "--home", home, "--out", str(tmp_path / "certificates"))
    assert issued.code == 0, issued.err
    assert issued.err.count("[recipe.same-as-typical]") == 2
    assert "day.xlsx: Runs!S4: 720 kg equals the typical amount" in issued.err
    assert issued.err.count("[recipe.same-as-before]") == 2
    assert "day.xlsx: Runs!S6: 727.2 equals the reading of the run before" in issued.err


@pytest.mark.usefixtures("recipe")
def test_a_folder_of_csv_files_is_issued_and_what_is_listed_reads_back(
    terminal: Terminal, home: str, tmp_path: Path
) -> None:
    folder, out = tmp_path / "day", tmp_path / "certificates"
    folder.mkdir()
    head = "recipe,lot,mass_kg,start,r:magnet-swarf-dry,r:end-of-life"
    (folder / "Runs.csv").write_text(f"{head}\nSCR,SC-51,1212,2026-07-01,727.2,494.9\n", encoding="utf-8")
    lines = "run,group,name,amount,unit,factor,note\nSC-51,materials,bags,3,kg,placeholders/iron.glo,new\n"
    (folder / "Lines.csv").write_text(lines, encoding="utf-8")
    words = ("--home", home, "--out", str(out))
    unsaid = terminal.run("issue", str(folder), *words)
    assert (unsaid.code, "[upload.unconfirmed]" in unsaid.err) == (3, True)
    assert "SCR v1" in unsaid.err
    issued = terminal.run("issue", str(folder), *words, "--yes")
    assert (issued.code, [each.stem for each in out.iterdir()]) == (0, ["SC-51"])
    for form in ("xlsx", "csv"):
        file = tmp_path / f"all.{'zip' if form == 'csv' else form}"
        written = terminal.run("list", "--format", form, "--out", str(file), "--home", home)
        assert written.out == f"Wrote {file}. Runs: 1.\n"
        again = terminal.run("issue", str(file), *words, "--yes")
        assert (again.code, "issued 0, unchanged 1, failed 0" in again.out) == (0, True)
    wrong = terminal.run("list", "--format", "pdf", "--home", home)
    assert (wrong.code, wrong.problem) == (3, "document.not-one-of")


@pytest.mark.usefixtures("recipe")
def test_a_workbook_ships_its_lots_once_and_says_what_could_not_be_shipped(
    terminal: Terminal, home: str, tmp_path: Path
) -> None:
    added = terminal.run("contact", "add", "Motor Works", "--home", home)
    assert added.code == 0, added.err
    day, out = tmp_path / "day.xlsx", tmp_path / "certificates"
    day.write_bytes(filled([weighed_again(31) | {"customer": "Motor Works", "ship_kg": 447.2}, weighed_again(32)]))
    words = ("issue", str(day), "--home", home, "--out", str(out))
    both = terminal.run(*words, "--to", YARD)
    assert (both.code, both.problem, out.exists()) == (3, "upload.both-ship", False)
    assert "would ship SC-31: 447.2 kg to Motor Works\n" in terminal.run(*words, "--dry-run").out
    record = tmp_path / "record.yaml"
    record.write_text(SCRAP.read_text(encoding="utf-8"), encoding="utf-8")
    mixed = terminal.run(*words, str(record))
    assert (mixed.code, "upload.ships-alone" in mixed.err) == (3, True)
    issued = terminal.run(*words)
    assert issued.code == 0, issued.err
    assert "shipped SC-31: 447.2 kg to Motor Works, shipment " in issued.out
    again = terminal.run(*words, "--json")
    told = json.loads(again.out)["shipped"]
    assert [(each["run"], each["mass_kg"]) for each in told] == [("SC-31", "447.2")]
    assert f"shipment {told[0]['shipment']}" in issued.out
    left = json.loads(terminal.run("holdings", "SC-31", "--home", home, "--json").out)
    assert "764.8" in json.dumps(left)
