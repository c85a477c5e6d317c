"""A filled-in workbook becomes records, and each problem stands at its very cell."""

from __future__ import annotations

import io
import random
import re
import zipfile
from datetime import datetime, time
from typing import TYPE_CHECKING, Any, Final

import pytest
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from api.desk.words import told_in
from ledger.recipes.checked import checked_recipe
from ledger.recipes.made import recipe_of
from ledger.workbook import cells, guard, runs
from ledger.workbook.annotate import annotated_apart, notes_of
from ledger.workbook.cells import read_cells
from ledger.workbook.runs import ReadWorkbook, read_runs
from ledger.workbook.template import template
from schemas.door import validated
from schemas.problem import InputError, Problem
from schemas.record import ProductionRecord
from tests.support.worlds.example_records import example_record
from tests.support.worlds.workbooks import filled, read, right_row, saved, scrap_recipe

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schemas.columns import Language

pytestmark = pytest.mark.usefixtures("forked_readers")

HEADS = {"recipe": "A", "run": "B", "lot": "C", "mass_kg": "D", "start": "E", "end": "F", "moisture": "M",
         "input1_lot": "G", "input1_kg": "H"}  # fmt: skip
SWARF = "S"


def shown(form: str) -> Callable[[Any], None]:
    def put(cell: Any) -> None:  # noqa: ANN401
        cell.value, cell.number_format = 1212, form

    return put


def percent(cell: Any) -> None:  # noqa: ANN401 - openpyxl has no types
    cell.value, cell.number_format = 0.05, "0.00%"


def text(value: str) -> Callable[[Any], None]:
    def put(cell: Any) -> None:  # noqa: ANN401
        cell.value, cell.data_type = value, "s"

    return put


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_right_rows_become_records(language: Language) -> None:
    dates = ["2026-07-01", "2026/7/1", "2026.7.1", "2026年7月1日", "20260701", datetime(2026, 7, 1)]  # noqa: DTZ001
    found = read(filled([right_row(number, start=day) for number, day in enumerate(dates)], language))
    assert found.all_problems == []
    for each in found.runs:
        assert each.made is not None
        record = validated(ProductionRecord, each.made.record)
        assert (record.run, record.outputs[0].mass, record.period.start) == (each.run, "1212", "2026-07-01")
        assert record.materials[0].mass == "727.2"


WRONG: list[tuple[str, Any, str]] = [
    ("start", "03/04/2026", "workbook.cell-date"),
    ("start", "soon", "workbook.cell-date"),
    ("start", "2026-02-30", "quantity.day"),
    ("end", "2026-06-30", "quantity.period"),
    ("lot", 5, "workbook.cell-lot"),
    ("lot", datetime(2026, 3, 5), "workbook.cell-lot"),  # noqa: DTZ001
    ("mass_kg", "1212 kg", "workbook.cell-unit"),
    ("mass_kg", "1,212", "workbook.cell-separator"),
    ("mass_kg", "1 212", "workbook.cell-separator"),
    ("mass_kg", "1'212", "workbook.cell-separator"),
    ("mass_kg", "much", "workbook.cell-number"),
    ("mass_kg", True, "workbook.cell-number"),
    ("mass_kg", -3, "workbook.cell-negative"),
    ("mass_kg", 1e300, "workbook.cell-number"),
    ("mass_kg", percent, "workbook.cell-percent"),
    ("mass_kg", "1.2E3", "workbook.cell-number"),
    ("mass_kg", "0x4BC", "workbook.cell-number"),
    ("mass_kg", "1212 (gross)", "workbook.cell-number"),
    ("mass_kg", shown('0.0" t"'), "workbook.cell-shows"),
    ("mass_kg", shown(r"0\ \t"), "workbook.cell-shows"),
    ("mass_kg", shown('0"%"'), "workbook.cell-shows"),
    ("mass_kg", shown("#,##0.0,"), "workbook.cell-scaled"),
    ("r:magnet-swarf-dry", shown('0" lb"'), "workbook.cell-shows"),
    ("start", time(3, 4), "workbook.cell-date"),
    ("lot", "铝 41", "recipe.run-unnamed"),
    ("mass_kg", 12120, "recipe.outside-band-meant"),
    ("moisture", percent, "workbook.cell-percent"),
    ("moisture", 5, "workbook.cell-fraction"),
    ("recipe", "SCX", "workbook.recipe-unknown"),
    ("r:magnet-swarf-dry", 72.72, "recipe.outside-band-meant"),
    ("r:magnet-swarf-dry", "#REF!", "workbook.cell-error"),
    ("r:magnet-swarf-dry", None, "recipe.reading-missing"),
    ("r:magnet-swarf-dry", "=700+27.2", "workbook.cell-uncomputed"),
    ("mass_kg", None, "workbook.cell-empty"),
    ("run", text("=cmd|' /C calc'!A0"), "document.pattern"),
    ("lot", "x" * 200, "lot.too-long"),
]


@pytest.fixture(scope="module")
def wrong_rows() -> ReadWorkbook:
    """A workbook with a row for each fault, the first in row 4, and a right row at its end."""
    rows = [right_row(100 + number, **{key: value}) for number, (key, value, _) in enumerate(WRONG)]
    return read(filled([*rows, right_row(1)]))


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_each_fault_stands_at_its_cell(wrong_rows: ReadWorkbook, number: int) -> None:
    key, _, code = WRONG[number]
    row = number + 4
    cell = f"Runs!{HEADS.get('run' if code == 'recipe.run-unnamed' else key, SWARF)}{row}"
    told = [
        (each.code, each.place)
        for each in wrong_rows.all_problems
        if re.sub(r"^Runs![A-Z]+", "", each.place) == str(row)
    ]
    assert cell in {place for _, place in told}, told
    if code != "document.pattern":
        assert (code, cell) in told or code.startswith(("quantity.", "lot.")), told


def test_half_an_input_is_told_at_its_empty_cell() -> None:
    found = read(filled([right_row(1, input1_kg=5), right_row(2, input1_lot="OX-1")]))
    assert [(each.code, each.place) for each in found.all_problems] == [
        ("workbook.cell-empty", "Runs!G4"),
        ("workbook.cell-empty", "Runs!H5"),
    ]


def test_formats_that_show_the_number_and_its_own_unit_are_read() -> None:
    forms = [
        '0.0" kg"',
        r"0\ \k\g",
        "#,##0.00",
        "_ * #,##0.00_ ;_ * -#,##0.00_ ",
        "[Red]0",
        "[$¥-804]#,##0",
        "0.00E+00",
    ]
    found = read(filled([right_row(number, mass_kg=shown(form)) for number, form in enumerate(forms)]))
    assert found.all_problems == []


def test_a_time_of_day_behind_a_written_day_is_cut_and_told() -> None:
    days = [
        "2026-07-01 08:30:00",
        "2026/7/1 0:00",
        "2026-07-01T00:00:00",
        "2026年7月1日 14:05",
        datetime(2026, 7, 1, 9),  # noqa: DTZ001
    ]
    found = read(filled([right_row(number, start=day, end=None) for number, day in enumerate(days)]))
    assert found.all_problems == []
    assert {each.facts["period"]["start"] for each in found.runs} == {"2026-07-01"}
    assert [each.place for each in found.notes if each.code == "workbook.time-cut"] == ["Runs!E4", "Runs!E7", "Runs!E8"]


def test_a_column_without_a_heading_is_told() -> None:
    found = read(_changed(lambda sheet: setattr(sheet["Z4"], "value", "Li Wei")))
    assert [(each.code, each.place) for each in found.notes] == [("workbook.cells-beside", "Runs!Z4")]


def test_a_workbook_without_rows_says_so() -> None:
    found = read(filled([]))
    assert [(each.code, each.place) for each in found.all_problems] == [("workbook.no-rows", "Runs!A1")]


def test_two_runs_cannot_make_one_lot_and_unread_names_are_not_one_run() -> None:
    found = read(
        filled([right_row(1, run="A"), right_row(2, run="B", lot="sc-01"), right_row(3, lot=3), right_row(4, lot=4)])
    )
    assert [(each.code, each.place) for each in found.all_problems] == [
        ("workbook.lot-twice", "Runs!C5"),
        ("workbook.cell-lot", "Runs!C6"),
        ("workbook.cell-lot", "Runs!C7"),
    ]


def test_two_plants_may_number_their_lots_alike() -> None:
    there = example_record("bayan-obo/05-SCR-2026-02") | {"facility": "https://id.gs1.org/414/4012345000108"}
    recipes = {"SCR": scrap_recipe(), "THERE": checked_recipe(recipe_of(there, name="THERE", title="scrap"))}
    rows = [right_row(1, run="A"), right_row(1, run="B", recipe="THERE"), right_row(1, run="C", recipe="THERE")]
    found = read_runs(read_cells(filled(rows, before=template([*recipes.values()]))), recipes)
    assert [(each.code, each.place) for each in found.all_problems] == [("workbook.lot-twice", "Runs!C6")]


def test_every_fault_can_be_told_in_the_language_of_the_workbook(wrong_rows: ReadWorkbook) -> None:
    told = {each.code: each.sentence for each in notes_of(wrong_rows, told_in("zh-Hans"))}
    assert len(told) > 15
    assert [code for code, sentence in told.items() if not re.search("[\u4e00-\u9fff]", sentence)] == []


def test_beside_wrong_rows_the_right_one_is_read(wrong_rows: ReadWorkbook) -> None:
    assert [each.run for each in wrong_rows.runs if each.made is not None] == ["SC-1"]


def test_a_reading_that_equals_the_one_of_the_row_above_is_told() -> None:
    rows = [right_row(1), right_row(2), right_row(3, **{"r:end-of-life": 495.1})]
    warned = [each for run in read(filled(rows)).runs for each in run.warnings]
    repeated = [each.place for each in warned if each.code == "recipe.same-as-before"]
    assert [place[-1] for place in repeated] == ["5", "5", "6"]
    assert len({*repeated}) == 3


def test_full_width_digits_and_odd_blanks_are_folded() -> None:
    found = read(filled([right_row(1, mass_kg="\u3000１２１２．０\u00a0", lot=" SC-1\u00a0")]))
    assert found.all_problems == []
    made = found.runs[0].made
    assert made is not None
    assert (made.record["outputs"][0]["mass"], made.record["outputs"][0]["lot"]) == ("1212 kg", "SC-1")


def test_sheets_of_inputs_outputs_and_lines_belong_to_their_run() -> None:
    lines = [
        {"run": "SC-1", "group": "materials", "name": "bags", "amount": 3, "unit": "kg", "factor": "placeholders/iron.glo", "note": "new"},
        {"run": "SC-9", "group": "materials", "name": "bags", "amount": 3, "unit": "kg", "note": "new"},
    ]  # fmt: skip
    found = read(filled(lines, sheet=3, before=filled([right_row(1)])))
    assert [(each.code, each.place) for each in found.all_problems] == [("workbook.run-unknown", "Lines!A5")]
    made = found.runs[0].made
    assert made is not None
    assert made.record["materials"][-1]["name"] == "bags"
    wrong = read(filled([lines[0] | {"unit": "kWh"}], sheet=3, before=filled([right_row(1)])))
    assert [each.place for each in wrong.all_problems] == ["Lines!D4"]


def test_a_run_with_a_faulty_row_in_another_sheet_is_not_made() -> None:
    for sheet, row, cell in (
        (1, {"run": "SC-1", "lot": "X-1"}, "Inputs!C4"),
        (2, {"run": "SC-1", "mass_kg": 3}, "Outputs!B4"),
        (3, {"run": "SC-1", "group": "materials", "name": "bags"}, "Lines!D4"),
    ):
        found = read(filled([row], sheet=sheet, before=filled([right_row(1), right_row(2)])))
        assert ("workbook.cell-empty", cell) in {(each.code, each.place) for each in found.all_problems}
        assert [each.run for each in found.runs if each.made is not None] == ["SC-2"]


def test_readings_of_meters_become_part_of_the_water_and_each_fault_lands_in_its_cell() -> None:
    recipe = checked_recipe(recipe_of(example_record("bayan-obo/13-MAG-2026-06"), name="MAG", title="magnets"))
    run = {
        "recipe": "MAG", "lot": "MG-1", "mass_kg": 500, "start": "2026-07-01", "input1_lot": "AL-40", "input1_kg": 643.5,
    }  # fmt: skip
    runs = filled([run], before=template([recipe]))
    name = "fm-mag-2026-06-1"  # the recipe's meter, in small letters
    right = [{"run": "MG-1", "meter": name, "reading_m3": 4.25}, {"run": "MG-1", "meter": "outfall", "reading_m3": 0}]

    def read_meters(meters: list[dict[str, Any]]) -> ReadWorkbook:
        return read_runs(read_cells(filled(meters, sheet=4, before=runs)), {"MAG": recipe})

    found = read_meters(right)
    assert found.all_problems == []
    record = found.runs[0].record
    assert record is not None
    assert record.water is not None
    assert [(each.meter, each.reading) for each in record.water.discharge_meters] == [(name, "4.25"), ("outfall", "0")]
    problem = Problem("document.pattern", "water.discharge_meters[1].reading", {})
    assert found.runs[0].at_cell(problem).place == "Meters!C5"
    for wrong, code, cell in (
        ({"reading_m3": "1 m3"}, "workbook.cell-unit", "Meters!C6"),
        ({"reading_m3": None}, "workbook.cell-empty", "Meters!C6"),
        ({"meter": "OUTFALL"}, "recipe.meter-twice", "Meters!B6"),
        ({"meter": "x" * 3000}, "", "Meters!B6"),
        ({"run": "MG-2"}, "workbook.run-unknown", "Meters!A6"),
    ):
        (told,) = read_meters([*right, {"run": "MG-1", "meter": "third", "reading_m3": 1} | wrong]).all_problems
        assert (told.code == code or not code, told.place) == (True, cell)
    dry = example_record("bayan-obo/13-MAG-2026-06")
    del dry["water"]
    waterless = {"MAG": checked_recipe(recipe_of(dry, name="MAG", title="magnets"))}
    (told,) = read_runs(read_cells(filled(right[:1], sheet=4, before=runs)), waterless).all_problems
    assert (told.code, told.place) == ("recipe.no-water", "Meters!B4")


@pytest.mark.parametrize("column", range(1, 20))
def test_whatever_column_of_the_runs_is_deleted_the_fault_is_told(column: int) -> None:
    found = read(_changed(lambda sheet: sheet.delete_cols(column)))
    required = column in {1, 3, 4, 5, 19}  # recipe, lot, mass, first day, and an amount that the recipe asks for
    assert bool(found.all_problems) == required
    assert bool([each for each in found.runs if each.made is not None]) != required


@pytest.mark.parametrize("sheet", [1, 2, 3])
def test_a_deleted_column_of_another_sheet_is_told(sheet: int) -> None:
    before = filled(
        [{"run": "SC-1", "lot": "X-1"} if sheet < 3 else {"run": "SC-1"}], sheet=sheet, before=filled([right_row(1)])
    )
    for column in (1, 2, 3):
        book = load_workbook(io.BytesIO(before))
        book.worksheets[sheet].delete_cols(column)
        found = read(saved(book))
        assert "workbook.column-missing" in {each.code for each in found.all_problems}
        assert not [each for each in found.runs if each.made is not None]


def test_a_workbook_of_an_older_version_of_the_recipe_makes_nothing() -> None:
    def older(sheet: Any) -> None:  # noqa: ANN401
        hidden = sheet.parent["_oreprint"]
        (cell,) = [row[2] for row in hidden.iter_rows() if row[0].value == "recipe"]
        cell.value = 7

    found = read(_changed(older))
    assert [(each.code, each.place) for each in found.all_problems] == [("recipe.other-version", "Runs!A4")]
    assert found.runs[0].made is None


def test_more_runs_than_one_workbook_may_have_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "MOST_RUNS", 2)
    found = read(filled([right_row(number) for number in range(3)]))
    assert [each.code for each in found.all_problems] == ["workbook.too-many-runs"]


def test_a_run_that_stands_twice_is_told() -> None:
    found = read(filled([right_row(1), right_row(1)]))
    assert [(each.code, each.place) for each in found.all_problems] == [("workbook.run-twice", "Runs!C5")]


def test_a_reason_lets_an_odd_amount_pass() -> None:
    found = read(filled([right_row(1, **{"r:magnet-swarf-dry": 500, "reason": "sorted again"})]))
    assert found.all_problems == []
    assert "recipe.reasoned" in {each.code for each in found.runs[0].warnings}


def _changed(change: Callable[[Any], None]) -> bytes:
    book = load_workbook(io.BytesIO(filled([right_row(1)])))
    change(book.worksheets[0])
    return saved(book)


@pytest.mark.parametrize("stars", ["with stars", "without stars"])
def test_columns_are_found_by_heading_where_the_keys_are_gone(stars: str) -> None:
    for language in ("en", "zh-Hans"):
        book = load_workbook(io.BytesIO(filled([right_row(1)], language)))
        book.worksheets[0].delete_rows(1)
        for column in book.worksheets[0][1]:
            if stars == "without stars":
                column.value = str(column.value).removesuffix(" *")
        found = read(saved(book))
        assert found.all_problems == []
        assert [each.run for each in found.runs] == ["SC-1"]


def test_a_renamed_sheet_is_known_by_its_keys() -> None:
    def rename(sheet: Any) -> None:  # noqa: ANN401
        book = sheet.parent
        for number, each in enumerate(book.worksheets[:5]):
            each.title = f"July {number}"
        book.copy_worksheet(book.worksheets[3]).title = "copy of the lines"

    lines = [{"run": "SC-9", "group": "materials", "name": "bags", "amount": 3, "unit": "kg", "note": "new"}]
    book = load_workbook(io.BytesIO(filled(lines, sheet=3, before=filled([right_row(1)]))))
    rename(book.worksheets[0])
    found = read(saved(book))
    assert [each.run for each in found.runs] == ["SC-1"]
    assert [(each.code, each.place) for each in found.all_problems] == [("workbook.run-unknown", "July 3!A4")]
    assert [(each.code, each.place) for each in found.notes] == [("workbook.sheet-unread", "copy of the lines!A1")]


def test_days_of_a_workbook_that_counts_from_1904_are_the_same() -> None:
    def count(sheet: Any) -> None:  # noqa: ANN401
        sheet.parent.epoch = CALENDAR_MAC_1904
        sheet["E4"] = datetime(2026, 7, 1)  # noqa: DTZ001

    (run,) = read(_changed(count)).runs
    assert run.record is not None
    assert run.record.period.start == "2026-07-01"


def test_a_new_workbook_is_ready_to_be_typed_into() -> None:
    book = load_workbook(io.BytesIO(filled([right_row(1)])))
    assert [each.title for each in book.worksheets] == [
        "Runs",
        "Inputs",
        "Outputs",
        "Lines",
        "Meters",
        "Lists",
        "_oreprint",
    ]
    assert [each.sheet_state for each in book.worksheets] == ["visible"] * 5 + ["hidden"] * 2
    assert book.security.lockStructure
    assert not book.security.workbookPassword
    for sheet in book.worksheets[:5]:
        assert sheet.freeze_panes == "A4"
        assert sheet.auto_filter.ref.startswith("A3:")
        assert sheet.row_dimensions[1].hidden
        for number, column in enumerate(sheet.iter_cols(max_row=3), 1):
            key, heading, _ = (str(each.value) for each in column)
            dimension = sheet.column_dimensions[get_column_letter(number)]
            assert heading.endswith(" *") == (dimension.fill.fgColor.rgb == "00FFF2CC"), key
            assert (dimension.number_format == "@") == (key in {"recipe", "run", "lot", "start", "end", "customer", "reason", "note", "group", "name", "basis", "factor", "meter"} or key.endswith("_lot")), key  # fmt: skip
    offered = {
        str(each.sqref).split(":")[0]: (each.formula1, each.errorStyle)
        for each in book["Runs"].data_validations.dataValidation
    }
    assert offered["A4"][0] == "oreprint_recipes"
    assert offered["G4"] == ("oreprint_stock", "warning")
    assert offered["O4"] == ("oreprint_customers", "warning")
    assert {*book.defined_names} >= {"oreprint_recipes", "oreprint_customers", "oreprint_stock", "oreprint_units"}


def unknown_column(sheet: Any) -> None:  # noqa: ANN401
    sheet["Z1"].value, sheet["Z4"].value = "x", 3


def unknown_heading(sheet: Any) -> None:  # noqa: ANN401
    sheet["Z2"].value, sheet["Z4"].value = "Operator", "Li Wei"


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (lambda sheet: sheet.merge_cells("D4:D5"), "workbook.cell-merged", "Runs!D4"),
        (lambda sheet: setattr(sheet["D3"], "value", "t, dry"), "workbook.unit-changed", "Runs!D3"),
        (lambda sheet: sheet.delete_cols(4), "workbook.column-missing", "Runs!A1"),
        (unknown_column, "workbook.column-unknown", "Runs!Z1"),
        (unknown_heading, "workbook.column-unknown", "Runs!Z2"),
        (lambda sheet: setattr(sheet["B1"], "value", "lot"), "workbook.column-twice", "Runs!A1"),
        (lambda sheet: sheet.delete_rows(1, 3), "workbook.no-head", "Runs!A1"),
        (lambda sheet: sheet.delete_rows(3), "workbook.no-units", "Runs!D2"),
    ],
)  # fmt: skip
def test_a_changed_head_is_told_never_ignored(change: Callable[[Any], None], code: str, place: str) -> None:
    found = read(_changed(change))
    assert (code, place) in {(each.code, each.place) for each in found.all_problems}
    assert not found.runs, "where the head is wrong, no row means what it says"


def test_hidden_rows_and_columns_and_formulas_are_counted_aloud() -> None:
    def hide(sheet: Any) -> None:  # noqa: ANN401
        sheet.row_dimensions[4].hidden = True
        sheet.column_dimensions["D"].hidden = True

    found = read(_changed(hide))
    assert {each.code for each in found.notes} == {"workbook.hidden-rows", "workbook.hidden-columns"}
    assert len(found.runs) == 1


def test_the_annotated_copy_has_a_comment_in_each_faulty_cell_and_reads_the_same() -> None:
    rows = [right_row(1), right_row(2, mass_kg=12120), right_row(3, start="3/4/2026", note=text("=1+1"))]
    workbook = filled(rows)
    found = read(workbook)
    copy = annotated_apart(workbook, "day.xlsx", notes_of(found), "en")
    book = load_workbook(io.BytesIO(copy))
    runs, problems = book["Runs"], book["Problems"]
    commented = {cell.coordinate for row in runs.iter_rows() for cell in row if cell.comment}
    assert (
        commented
        == {each.place.partition("!")[2] for each in found.all_problems}
        == {"D5", "S5", "T5", "E6"} & commented | {"D5", "E6"} & commented
    )
    assert problems.max_row == 1 + len(notes_of(found))
    for cell in [row[1] for row in problems.iter_rows(min_row=2)]:
        assert cell.hyperlink is not None
        assert cell.hyperlink.location == f"'Runs'!{cell.value}"
    assert runs["R6"].value == "=1+1" and runs["R6"].data_type == "s"  # noqa: PT018 - one cell
    again = read(copy)
    assert [(each.code, each.place) for each in again.all_problems] == [
        (each.code, each.place) for each in found.all_problems
    ]


# -- hostile files -----------------------------------------------------------------------------------------------


def packed(parts: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()


def unpacked(workbook: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def with_part(name: str, content: bytes) -> bytes:
    return packed(unpacked(filled([right_row(1)])) | {name: content})


def in_part(name: str, old: bytes, new: bytes) -> bytes:
    before = unpacked(filled([right_row(1)]))[name]
    assert old in before, before
    return with_part(name, before.replace(old, new, 1))


def in_sheet(old: bytes, new: bytes) -> bytes:
    return in_part("xl/worksheets/sheet1.xml", old, new)


RELATIONS: Final = "xl/_rels/workbook.xml.rels"
OVERRIDE: Final = (
    b'<Override PartName="/other.xml"'
    b' ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
)


def decoyed(rows: bytes = b"", **moved: str) -> bytes:
    """Return a workbook whose parts have other names, with a harmless copy at each usual place."""
    parts = unpacked(filled([right_row(1)]))
    texts = {
        name: parts[name] for name in ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/worksheets/sheet1.xml")
    }
    book, relations, sheet = texts.values()
    types = parts["[Content_Types].xml"].replace(b"/xl/workbook.xml", b"/other/book.xml")
    relations = relations.replace(b"/xl/worksheets/sheet1.xml", b"/other/" + moved.get("sheet", "one.xml").encode())
    sheet = sheet.replace(b"</sheetData>", rows + b"</sheetData>", 1)
    real = {
        "other/book.xml": book,
        "other/_rels/book.xml.rels": relations,
        f"other/{moved.get('sheet', 'one.xml')}": sheet,
    }
    return packed(parts | {"[Content_Types].xml": types} | real)


FAR: Final = b'<row r="60000"><c r="A60000"/></row>'
DTD: Final = "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"

HOSTILE: list[tuple[str, Callable[[], bytes]]] = [
    ("workbook.old-or-encrypted", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
    ("workbook.html", lambda: b"<html><table><tr><td>1</td></tr></table></html>"),
    ("workbook.not-one", lambda: b"nothing"),
    ("workbook.not-one", lambda: b""),
    ("workbook.cut-off", lambda: filled([right_row(1)])[:-500]),
    ("workbook.not-xlsx", lambda: packed({"a.txt": b"x"})),
    ("workbook.not-xlsx", lambda: packed({})),
    ("workbook.macros", lambda: with_part("xl/vbaProject.bin", b"x")),
    ("workbook.external-links", lambda: with_part("xl/externalLinks/externalLink1.xml", b"<a/>")),
    ("workbook.too-many-parts", lambda: with_part("x", b"") and packed({f"x{n}": b"" for n in range(201)})),
    ("workbook.document-type", lambda: with_part("docProps/app.xml", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")),
    ("workbook.document-type", lambda: with_part("xl/media/image1.png", DTD.encode())),
    ("workbook.document-type", lambda: with_part("xl/printerSettings/a.bin", f"\ufeff {DTD}".encode())),
    ("workbook.document-type", lambda: with_part("a", f"\ufeff{DTD}".encode("utf-16-be"))),
    ("workbook.unreadable", lambda: with_part("a", DTD.encode("utf-32-le"))),
    ("workbook.unreadable", lambda: with_part("a.bin", b"\x4c\x6f\xa7\x94" + f"<?xm{DTD}".encode("cp037"))),
    ("workbook.too-many-rows", lambda: decoyed(FAR)),
    ("workbook.too-many-rows", lambda: decoyed(FAR, sheet="one.bin")),
    ("workbook.document-type", lambda: packed(unpacked(decoyed()) | {"other/book.xml": DTD.encode()})),
    ("workbook.unreadable", lambda: in_part("[Content_Types].xml", b"</Types>", OVERRIDE + b"</Types>")),
    ("workbook.unreadable", lambda: in_part("xl/workbook.xml", b"<sheet ", b'<sheet xmlns:a="a" a:id="rId2" ')),
    ("workbook.unreadable", lambda: in_part("xl/workbook.xml", b"</sheets>", b'<sheet name="Runs" sheetId="99" r:id="rId2"/></sheets>')),
    ("workbook.unreadable", lambda: in_part(RELATIONS, b"</Relationships>", b'<Relationship Id="rId1" Type="a" Target="b"/></Relationships>')),
    ("workbook.external-links", lambda: in_part("xl/workbook.xml", b"</sheets>", b"</sheets><externalReferences><externalReference/></externalReferences>")),
    ("workbook.macros", lambda: in_part("[Content_Types].xml", b"</Types>", b'<Default Extension="x" ContentType="application/vnd.ms-office.vbaProject"/></Types>')),
    ("workbook.strict", lambda: with_part("xl/styles.xml", b'<a xmlns="http://purl.oclc.org/ooxml/x"/>')),
    ("workbook.inflates", lambda: with_part("xl/media/a.png", bytes(guard.MOST_IN_PART + 1))),
    ("workbook.too-many-rows", lambda: in_sheet(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"/></row></sheetData>')),
    ("workbook.too-many-columns", lambda: in_sheet(b"</sheetData>", b'<row r="9"><c r="XFD9"/></row></sheetData>')),
    ("workbook.unreadable", lambda: in_sheet(b"</sheetData>", b'<row r="9"><c r="??"/></row></sheetData>')),
    ("workbook.unreadable", lambda: in_sheet(b"</sheetData>", b"<a>" * 100 + b"</a>" * 100 + b"</sheetData>")),
    ("workbook.unreadable", lambda: in_sheet(b"</sheetData>", b"<row></sheetData>")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "make"), HOSTILE, ids=map(str, range(len(HOSTILE))))
def test_a_hostile_file_is_refused_in_one_sentence(code: str, make: Callable[[], bytes]) -> None:
    with pytest.raises(InputError) as refused:
        read_cells(make())
    assert refused.value.code == code


def test_a_workbook_is_found_by_its_content_type_and_relationships() -> None:
    assert len(read(decoyed()).runs) == 1
    (first, *_) = read_cells(decoyed(b'<row r="99" hidden="1"/>'))
    assert first.facts.hidden_rows[-1] == 99


def test_a_declared_dimension_is_not_believed() -> None:
    name = "xl/worksheets/sheet1.xml"
    parts = unpacked(filled([right_row(1), right_row(2)]))
    parts[name] = re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1"', parts[name])
    assert len(read(packed(parts)).runs) == 2


def test_too_large_a_file_is_not_unpacked() -> None:
    with pytest.raises(InputError) as refused:
        read_cells(bytes(guard.MOST_BYTES + 1))
    assert refused.value.code == "workbook.too-large"


def test_a_workbook_that_takes_too_long_is_refused_by_that_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()  # a forked reader is done before its time is looked at
    monkeypatch.setattr(cells, "SECONDS", 0)
    with pytest.raises(InputError) as refused:
        read_cells(filled([right_row(1)]))
    assert (refused.value.code, refused.value.problems[0].facts["limit"]) == ("workbook.too-slow", "0")


def test_the_hostile_workbooks_at_hand_are_refused_or_read_calmly(shared: Path) -> None:
    files = sorted((shared / "attacks" / "workbooks").glob("*.xlsx"))
    assert len(files) == 8
    told: dict[str, str] = {}
    for path in files:
        try:
            told[path.stem] = f"{sum(len(each.cells) for each in read_cells(path.read_bytes()))} cells"
        except InputError as error:
            told[path.stem] = error.code
    assert told == {
        "h_bomb": "workbook.inflates",
        "h_float": "7 cells",
        "h_lol": "workbook.document-type",
        "h_ok": "1 cells",
        "h_sparse": "workbook.too-many-rows",
        "h_sparse2": "workbook.too-many-rows",
        "h_sst": "workbook.unreadable",
        "h_xxe": "workbook.document-type",
    }


def _mutants(count: int) -> None:
    chance = random.Random(19)  # noqa: S311 - a test's own chance
    parts = unpacked(filled([right_row(number) for number in range(3)]))
    names = [name for name in parts if name.endswith((".xml", ".rels"))]
    for _ in range(count):
        name = chance.choice(names)
        content = bytearray(parts[name])
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(content))
            match chance.randrange(3):
                case 0:
                    content[place] = chance.randrange(256)
                case 1:
                    del content[place : place + chance.randint(1, 30)]
                case _:
                    content[place:place] = content[chance.randrange(len(content)) :][:30]
        try:
            read(packed(parts | {name: bytes(content)}))
        except InputError as error:
            assert error.code.startswith("workbook.")  # noqa: PT017 - most mutants are refused, some are read


def test_mutants_are_refused_or_read_never_a_crash() -> None:
    _mutants(12)


@pytest.mark.soak
def test_ten_thousand_mutants_are_refused_or_read() -> None:
    _mutants(10_000)
