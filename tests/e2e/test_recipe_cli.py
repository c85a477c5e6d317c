"""`oreprint recipe`: from a past run to a recipe, to the facts of the next run, to its record."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from openpyxl import load_workbook

from tests.support.worlds.example_records import EXAMPLES
from tests.support.worlds.workbooks import filled, right_row

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Demo, Terminal

SCRAP = EXAMPLES / "bayan-obo" / "05-SCR-2026-02.yaml"


@pytest.fixture
def recipe(terminal: Terminal, tmp_path: Path) -> Path:
    """A recipe made of the example of a scrap yard."""
    path = tmp_path / "recipe.yaml"
    made = terminal.run("recipe", "from", str(SCRAP), "--name", "SCR", "--out", str(path))
    assert made.code == 0, made.err
    return path


def test_a_recipe_makes_a_record_that_can_be_computed(terminal: Terminal, recipe: Path, tmp_path: Path) -> None:
    told = terminal.run("recipe", "check", str(recipe))
    assert "magnet-swarf-dry (magnet swarf, dry basis (pre-consumer)): 612 kg to 828 kg, typically 720 kg" in told.out
    facts, record = tmp_path / "facts.yaml", tmp_path / "record.yaml"
    assert terminal.run("recipe", "facts", str(recipe), "--out", str(facts)).code == 0
    typed = yaml.safe_load(facts.read_text(encoding="utf-8"))
    typed["outputs"][0] = {"lot": "SC-22", "mass": "1.212 t"}
    typed["readings"] = {"magnet-swarf-dry": "727.2 kg", "end-of-life": "494.9 kg"}
    facts.write_text(yaml.safe_dump(typed), encoding="utf-8")
    made = terminal.run("recipe", "record", str(recipe), str(facts), "--out", str(record))
    assert made.code == 0, made.err
    assert made.err == ""
    assert terminal.run("footprint", str(record)).out.startswith("SC-22: 1212 kg scrap")


def test_programs_are_told_in_one_document_each_time(terminal: Terminal, recipe: Path, tmp_path: Path) -> None:
    """A document itself where there is no file, else the file; what looks odd stands in it too."""

    def told(*words: str) -> Any:  # noqa: ANN401 - whatever the document says
        return json.loads(terminal.run("recipe", *words, "--json").out)

    facts, record = str(tmp_path / "facts.yaml"), str(tmp_path / "record.yaml")
    asked = {each["key"]: each["typical"] for each in told("check", str(recipe))["asked"]}
    assert asked == {"output-1": "1200 kg", "magnet-swarf-dry": "720 kg", "end-of-life": "490 kg"}
    assert told("facts", str(recipe))["readings"] == {key: amount for key, amount in asked.items() if key != "output-1"}
    assert told("facts", str(recipe), "--out", facts) == {"file": facts}
    made = told("record", str(recipe), facts, "--out", record)
    assert (made["file"], {each["code"] for each in made["notes"]}) == (record, {"recipe.same-as-typical"})
    day = str(tmp_path / "day.xlsx")
    assert told("template", str(recipe), "--out", day) == {"file": day}
    empty = told("read", day, str(recipe), "--out", str(tmp_path / "none"))
    assert [each["code"] for each in empty["problems"]] == ["workbook.no-rows"]


def test_a_slip_is_told_at_its_field_and_writes_nothing(terminal: Terminal, recipe: Path, tmp_path: Path) -> None:
    facts, record = tmp_path / "facts.yaml", tmp_path / "record.yaml"
    terminal.run("recipe", "facts", str(recipe), "--out", str(facts))
    facts.write_text(facts.read_text(encoding="utf-8").replace("720 kg", "7200 kg"), encoding="utf-8")
    refused = terminal.run("recipe", "record", str(recipe), str(facts), "--out", str(record))
    assert (refused.code, refused.problem) == (3, "recipe.outside-band-meant")
    assert "readings.magnet-swarf-dry: " in refused.err
    assert "Was 720 kg meant?" in refused.err
    assert not record.exists()


def test_what_a_new_line_lacks_is_told_where_it_was_typed(terminal: Terminal, recipe: Path, tmp_path: Path) -> None:
    facts = tmp_path / "facts.yaml"
    terminal.run("recipe", "facts", str(recipe), "--out", str(facts))
    text = facts.read_text(encoding="utf-8")
    facts.write_text(
        text + "departures:\n- {group: materials, name: oil, amount: 3 kg, note: a trial}\n", encoding="utf-8"
    )
    refused = terminal.run("recipe", "record", str(recipe), str(facts))
    assert (refused.code, refused.problem) == (3, "recipe.departs-factor")
    assert "departures[0].factor" in refused.err


def test_a_rest_of_elements_asks_for_the_certificates_of_the_inputs(
    terminal: Terminal, demo: Demo, tmp_path: Path
) -> None:
    path, facts = tmp_path / "recipe.yaml", tmp_path / "facts.yaml"
    alloy = EXAMPLES / "bayan-obo" / "12-SC-2026-05.yaml"
    terminal.run("recipe", "from", str(alloy), "--name", "SC", "--out", str(path))
    recipe = yaml.safe_load(path.read_text(encoding="utf-8"))
    recipe["amounts"] = [{"place": "wastes[0].mass", "rule": "rest", "low": "5 kg", "high": "20 kg"}]
    path.write_text(yaml.safe_dump(recipe), encoding="utf-8")
    terminal.run("recipe", "facts", str(path), "--out", str(facts))
    refused = terminal.run("recipe", "record", str(path), str(facts))
    assert (refused.code, refused.problem) == (3, "recipe.input-unknown")
    certificates = demo.home / "certificates"
    given = [part for lot in ("ME-31", "DF-05") for part in ("--with", str(certificates / f"{lot}.sdjwt"))]
    made = terminal.run("recipe", "record", str(path), str(facts), *given)
    assert made.code == 0, made.err
    assert float(yaml.safe_load(made.out)["wastes"][0]["mass"].split()[0]) == pytest.approx(10, abs=0.1)


def test_what_is_no_record_makes_no_recipe(terminal: Terminal, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text("- a list\n", encoding="utf-8")
    refused = terminal.run("recipe", "from", str(wrong), "--name", "X")
    assert (refused.code, refused.problem) == (3, "document.missing-member")


def test_a_workbook_is_written_filled_in_and_read(terminal: Terminal, recipe: Path, tmp_path: Path) -> None:
    day, records = tmp_path / "day.xlsx", tmp_path / "records"
    written = terminal.run("recipe", "template", str(recipe), "--out", str(day), "--lang", "zh-Hans")
    assert written.code == 0, written.err
    day.write_bytes(filled([right_row(31), right_row(32)], before=day.read_bytes()))
    made = terminal.run("recipe", "read", str(day), str(recipe), "--out", str(records))
    assert made.code == 0, made.err
    assert sorted(each.name for each in records.iterdir()) == ["SC-31.yaml", "SC-32.yaml"]
    assert terminal.run("footprint", str(records / "SC-32.yaml")).out.startswith("SC-32: 1212 kg scrap")


def test_a_workbook_with_a_mistake_writes_no_record_but_a_copy_that_shows_it(
    terminal: Terminal, recipe: Path, tmp_path: Path
) -> None:
    day, records, copy = tmp_path / "day.xlsx", tmp_path / "records", tmp_path / "copy.xlsx"
    terminal.run("recipe", "template", str(recipe), "--out", str(day))
    day.write_bytes(filled([right_row(31), right_row(32, mass_kg=12120)], before=day.read_bytes()))
    words = (str(day), str(recipe), "--out", str(records), "--annotated", str(copy))
    refused = terminal.run("recipe", "read", *words)
    assert (refused.code, refused.problem) == (3, "recipe.outside-band-meant")
    assert "Runs!D5: " in refused.err
    assert not records.exists()
    assert "Was 1212 kg meant?" in load_workbook(copy)["Runs"]["D5"].comment.text
    assert (
        terminal.run("recipe", "template", str(recipe), "--out", str(day), "--lang", "fr").problem
        == "workbook.language"
    )
