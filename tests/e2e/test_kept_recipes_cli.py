"""Recipes that are kept: drafts, approval, trials, starters and workbooks, from the command line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from openpyxl import load_workbook

from tests.support.worlds.example_records import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Terminal

SCRAP = EXAMPLES / "bayan-obo" / "05-SCR-2026-02.yaml"
YARD = "did:web:scrap-yard-a.example"


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The parties file of a registry whose only party is the scrap yard."""
    path = tmp_path_factory.mktemp("yard") / "parties.yaml"
    written = yaml.safe_load((EXAMPLES / "bayan-obo" / "parties.yaml").read_text(encoding="utf-8"))
    own = [party for party in written["parties"] if party["did"] == YARD]
    path.write_text(yaml.safe_dump({**written, "parties": own, "attestors": []}), encoding="utf-8")
    return path


@pytest.fixture
def home(terminal: Terminal, yard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home of the scrap yard, with one certified run."""
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "for a test alone")
    assert terminal.run("init", str(yard)).code == 0


def test_a_recipe_of_a_certified_lot_is_drafted_tried_and_approved(
    terminal: Terminal, home: None, tmp_path: Path
) -> None:
    del home
    issued = terminal.run("issue", str(SCRAP), "--out", str(tmp_path / "certificates"))
    assert issued.code == 0, issued.err
    lot = issued.out.split()[1]
    file = tmp_path / "recipe.yaml"
    made = terminal.run("recipe", "from", lot, "--name", "SCR", "--out", str(file))
    assert made.code == 0, made.err
    kept = terminal.run("recipe", "import", str(file), "--draft")
    assert kept.out == f"Kept as a draft: SCR v1 of {YARD}.\n"
    assert "SCR v1" in terminal.run("recipe", "list").out
    assert "  draft since " in terminal.run("recipe", "list").out
    assert terminal.run("recipe", "bands", "SCR").out == "No other band is proposed for SCR.\n"
    assert terminal.run("recipe", "bands", "SCR", "--draft").problem == "recipe.no-bands"
    tried = json.loads(terminal.run("recipe", "try", "SCR", "--json").out)
    assert (tried["lot"], tried["after"], tried["differences"]) == (lot, tried["before"], [])
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    written["run"]["electricity"][0]["amount"] = "900 kWh"
    file.write_text(yaml.safe_dump(written), encoding="utf-8")
    told = terminal.run("recipe", "try", str(file)).out.splitlines()
    assert told[0].startswith(f"{lot}: ")
    assert told[1].startswith("  with this recipe: ")
    assert any(each.strip().startswith("electricity[") and each.endswith("-> 900 kWh") for each in told)
    assert terminal.run("recipe", "import", str(file), "--draft").code == 0
    approved = terminal.run("recipe", "approve", "SCR", "--yes")
    assert approved.out.splitlines()[-1] == f"Approved: SCR v1 of {YARD}. Runs follow it from now on."
    again = terminal.run("recipe", "approve", "SCR", "--yes")
    assert (again.code, again.problem) == (3, "recipe.not-sent")
    written["version"] = 2
    written["run"]["electricity"][0]["amount"] = "800 kWh"
    file.write_text(yaml.safe_dump(written), encoding="utf-8")
    assert terminal.run("recipe", "import", str(file), "--draft").code == 0
    shown = terminal.run("recipe", "approve", "SCR", "--yes").out
    assert "900 kWh -> 800 kWh" in shown


def test_a_recipe_goes_out_as_a_workbook_and_comes_back(terminal: Terminal, home: None, tmp_path: Path) -> None:
    del home
    file, book = tmp_path / "recipe.yaml", tmp_path / "recipe.xlsx"
    terminal.run("recipe", "from", str(SCRAP), "--name", "SCR", "--out", str(file))
    terminal.run("recipe", "import", str(file))
    wrote = terminal.run("recipe", "export", "SCR", "--out", str(book), "--lang", "zh-Hans")
    assert wrote.out == f"Wrote {book}. Import it with: oreprint recipe import {book}\n"
    assert terminal.run("recipe", "import", str(book)).out == f"Unchanged: SCR v1 of {YARD}.\n"
    opened = load_workbook(book)
    sheet = opened["清单行"]
    sheet["C4"].value = "12 kg"
    opened.save(book)
    refused = terminal.run("recipe", "import", str(book))
    assert (refused.code, refused.problem) == (3, "workbook.cell-unit")
    assert refused.err.startswith(f"oreprint: {book}: 清单行!C4: ")


def test_a_starter_certifies_nothing_before_it_is_the_plants_own(
    terminal: Terminal, home: None, tmp_path: Path
) -> None:
    del home
    file, facts = tmp_path / "starter.yaml", tmp_path / "facts.yaml"
    assert terminal.run("recipe", "starter", "scrap-collection", "--out", str(file)).code == 0
    assert terminal.run("recipe", "facts", str(file), "--out", str(facts)).code == 0
    refused = terminal.run("recipe", "record", str(file), str(facts))
    assert (refused.code, refused.problem) == (3, "recipe.example")
    written = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert written["run"]["producer"] == YARD
    assert "materials[0]" in written["examples"]
    kept = terminal.run("recipe", "import", str(file))
    assert "parts still hold numbers of a shipped example." in kept.out
    written["examples"] = []
    file.write_text(yaml.safe_dump(written), encoding="utf-8")
    assert terminal.run("recipe", "record", str(file), str(facts)).code == 0


def test_without_a_past_run_there_is_nothing_to_try_on(terminal: Terminal, home: None, tmp_path: Path) -> None:
    del home
    file = tmp_path / "recipe.yaml"
    terminal.run("recipe", "from", str(SCRAP), "--name", "SCR", "--out", str(file))
    assert terminal.run("recipe", "try", str(file)).problem == "recipe.no-run"
    assert terminal.run("recipe", "from", "AL-41", "--name", "SCR").problem == "recipe.no-lot"


def test_a_workbook_is_made_of_recipes_that_are_kept(terminal: Terminal, home: None, tmp_path: Path) -> None:
    del home
    file, day = tmp_path / "recipe.yaml", tmp_path / "day.xlsx"
    assert terminal.run("recipe", "from", str(SCRAP), "--name", "SCR", "--out", str(file)).code == 0
    assert terminal.run("recipe", "import", str(file)).code == 0
    made = terminal.run("recipe", "template", "SCR", "--lang", "zh-Hans", "--out", str(day))
    assert (made.code, made.err) == (0, "")
    hidden = {tuple(each.value for each in row[:2]) for row in load_workbook(day)["_oreprint"].iter_rows()}
    assert {("party", YARD), ("recipe", "SCR"), ("runs", "生产")} <= hidden
    assert terminal.run("recipe", "template", "NONE", "--out", str(day)).problem == "recipe.unknown"
    assert terminal.run("recipe", "template", "none.yaml", "--out", str(day)).problem == "file.missing"
