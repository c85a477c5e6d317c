"""Two hundred workbooks with one fault each: the fault is told at its very cell, and no other row is blamed."""

from __future__ import annotations

import io
import random
import resource
import subprocess
import sys
import tracemalloc
import zipfile
from collections import Counter
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import load_workbook

from bench.table import memory_mib
from ledger.files.confined import MEMORY_BYTES
from ledger.workbook.annotate import annotated_apart, notes_of
from ledger.workbook.cells import Cell, Sheet
from ledger.workbook.file_kinds import read_file
from ledger.workbook.guard import MOST_BYTES, MOST_COLUMNS, SheetFacts, cell_name, guarded
from ledger.workbook.runs import ReadWorkbook, extra_columns, read_runs
from schemas.columns import SHEET_NAMES, SHEETS
from schemas.problem import InputError
from tests.attacks.mutated_workbooks import hostile, mutated
from tests.support.worlds.workbooks import filled, right_row, scrap_recipe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.columns import Language

NUMBERS = ("mass_kg", "r:magnet-swarf-dry", "r:end-of-life")
BAD_NUMBERS: list[tuple[str, str, str]] = [
    ("text", "1212 kg", "workbook.cell-unit"),
    ("text", "1212千克", "workbook.cell-unit"),
    ("text", "1,212", "workbook.cell-separator"),
    ("text", "1.212,5", "workbook.cell-separator"),
    ("text", "1 212", "workbook.cell-separator"),
    ("text", "1'212", "workbook.cell-separator"),
    ("text", "12l2", "workbook.cell-unit"),
    ("text", "1e5", "workbook.cell-number"),
    ("text", "=1+1", "workbook.cell-number"),
    ("text", "about", "workbook.cell-number"),
    ("text", "１２１２千克", "workbook.cell-unit"),
    ("text", "－３", "workbook.cell-negative"),
    ("number", "-3", "workbook.cell-negative"),
    ("number", "1e+300", "workbook.cell-number"),
    ("boolean", "true", "workbook.cell-number"),
    ("date", "2026-07-01", "workbook.cell-number"),
    ("error", "#REF!", "workbook.cell-error"),
    ("error", "#DIV/0!", "workbook.cell-error"),
    ("%", "0.5", "workbook.cell-percent"),
]
BAD_DAYS = [
    "03/04/2026",
    "3.4.2026",
    "01-02-03",
    "2026-13-01",
    "2026-02-30",
    "July",
    "2026年13月1日",
    "46204",
    "26/7/1",
]
BAD_LOTS: list[tuple[str, str, str]] = [
    ("number", "5", "workbook.cell-lot"),
    ("number", "100000", "workbook.cell-lot"),
    ("date", "2026-03-05", "workbook.cell-lot"),
    ("boolean", "true", "workbook.cell-lot"),
    ("error", "#N/A", "workbook.cell-error"),
]
ROWS = 3


def cases() -> list[tuple[str, str, str, str, Language]]:
    """Return key, kind, value, code and language of every faulty cell."""
    found: list[tuple[str, str, str, str]] = []
    found += ((key, kind, value, code) for key, (kind, value, code) in product(NUMBERS, BAD_NUMBERS))
    found += (("moisture", kind, value, code) for kind, value, code in BAD_NUMBERS)
    found += ((key, "text", day, "") for key, day in product(("start", "end"), BAD_DAYS))
    found += ((key, kind, value, code) for key, (kind, value, code) in product(("lot", "run"), BAD_LOTS))
    found += ((key, "", "", "") for key in ("recipe", "lot", "mass_kg", "start", *NUMBERS[1:]))
    return [(*each, language) for each in found for language in ("en", "zh-Hans")]


def sheet(rows: Sequence[Mapping[str, Any]], language: Language, wrong: tuple[int, str, str, str]) -> tuple[Sheet, str]:
    """Return the cells of a sheet of runs with one wrong cell, and the name of that cell."""
    columns = [*SHEETS["runs"], *extra_columns([scrap_recipe()])["runs"]]
    at, key, kind, value = wrong
    name, place = SHEET_NAMES["runs"][language], ""
    cells = [Cell(1, number, "text", each.key, "@") for number, each in enumerate(columns, 1)]
    for row, values in enumerate(rows, 4):
        for number, each in enumerate(columns, 1):
            text = values.get(each.key)
            if row == at and each.key == key:
                place = f"{name}!{cell_name(row, number)}"
                if kind:
                    form = "0.00%" if kind == "%" else "General"
                    cells.append(Cell(row, number, "number" if kind == "%" else kind, value, form))  # type: ignore[arg-type]
            elif text is not None:
                plain = "text" if isinstance(text, str) else "number"
                cells.append(Cell(row, number, plain, str(text), "General"))  # type: ignore[arg-type]
    return Sheet(name, SheetFacts(name), cells), place


def read(sheets: list[Sheet]) -> ReadWorkbook:
    return read_runs(sheets, {"SCR": scrap_recipe()})


def test_there_are_two_hundred_of_them() -> None:
    assert len(cases()) >= 200


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_each_fault_is_told_at_its_very_cell(language: Language) -> None:
    chance = random.Random(5)  # noqa: S311 - the rows repeat
    for key, kind, value, code, spoken in cases():
        if spoken != language:
            continue
        at = chance.randrange(4, 4 + ROWS)
        rows = [right_row(number) for number in range(1, ROWS + 1)]
        made, place = sheet(rows, language, (at, key, kind, value))
        found = read([made])
        places = {each.place for each in found.all_problems}
        assert places == {place}, (key, kind, value, places)
        assert not code or code in {each.code for each in found.all_problems}, (key, kind, value)
        assert [each.row for each in found.runs if each.made is None] == [at]


@pytest.mark.parametrize("value", [datetime(2026, 7, 1, 14, 30)])  # noqa: DTZ001 - a cell has no zone
def test_a_time_of_day_is_cut_and_told(value: datetime) -> None:
    found = read(read_file(filled([right_row(1, start=value)])))
    assert found.all_problems == []
    assert [(each.code, each.place) for each in found.notes] == [("workbook.time-cut", "Runs!E4")]


# -- comma-separated files ---------------------------------------------------------------------------------------------

CSV = "recipe,lot,mass_kg,start,r:magnet-swarf-dry,r:end-of-life,note\nSCR,SC-1,1212,2026-07-01,727.2,494.9,{}\n"


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (CSV.format("x").encode(), None),
        (b"\xef\xbb\xbf" + CSV.format("x").encode(), None),
        (CSV.format("x").replace(",", ";").encode(), "workbook.csv-mark"),
        (CSV.format("x").replace(",", "\t").encode(), "workbook.csv-mark"),
        (CSV.format("炉渣").encode("gb18030"), "workbook.csv-encoding"),
        (CSV.format("x").replace("\n", "\r\n").encode(), None),
    ],
)
def test_a_csv_file_is_read_and_what_is_odd_about_it_is_told(content: bytes, note: str | None) -> None:
    found = read(read_file(content, "day.csv"))
    assert found.all_problems == []
    assert [each.run for each in found.runs if each.made] == ["SC-1"]
    assert {each.code for each in found.notes} == {"workbook.versions-unsaid", *([note] if note else [])}
    assert "炉渣" not in CSV
    if note == "workbook.csv-encoding":
        assert found.runs[0].facts["note"] == "炉渣"


def test_a_decimal_comma_is_refused_at_its_cell() -> None:
    found = read(read_file(CSV.format("x").replace(",", ";").replace("727.2", "727,2").encode(), "day.csv"))
    assert [(each.code, each.place) for each in found.all_problems] == [("workbook.cell-separator", "Runs!E2")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfe\x00", "workbook.csv-encoding-unknown"),
        (b'a,"b\nc', "workbook.csv-unreadable"),
        (b"a" * 200_000 + b",b", "workbook.csv-unreadable"),
        (b"," * 400 + b"x", "workbook.too-many-columns"),
        (b"\n" * 50_001, "workbook.too-many-rows"),
        (b"x,y\n" * 20, None),
    ],
)
def test_a_hostile_csv_file_is_refused_in_one_sentence(content: bytes, code: str | None) -> None:
    if code is None:
        assert [each.code for each in read(read_file(content, "day.csv")).all_problems] == ["workbook.no-head"]
        return
    with pytest.raises(InputError) as refused:
        read_file(content, "day.csv")
    assert refused.value.code == code


def test_a_csv_file_has_one_name_for_its_sheet_in_every_process() -> None:
    names = ["runs.csv", "RUNS.csv", "Runs.csv"]
    words = [
        "from ledger.workbook.file_kinds import read_file",
        f"print(*(read_file(b'a,b', name)[0].name for name in {names}))",
    ]
    for seed in map(str, range(4)):
        told = subprocess.run(
            [sys.executable, "-c", "; ".join(words)], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        assert told.stdout.split() == [b"Runs"] * 3


def zipped(parts: Sequence[tuple[str, bytes]]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            archive.writestr(name, content)
    return held.getvalue()


def test_two_files_of_an_archive_that_are_the_same_sheet_are_told() -> None:
    found = read(read_file(zipped([("a/Runs.csv", CSV.encode()), ("b/Runs.csv", CSV.encode())]), "day.zip"))
    assert [(each.code, each.place) for each in found.all_problems] == [("workbook.sheet-twice", "Runs!A1")]


@pytest.mark.parametrize("name", ["day.csv", "day.zip"])
def test_a_text_of_millions_of_empty_rows_takes_little_memory(name: str) -> None:
    content = b"\n" * 2**22
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as refused:
            read_file(content if name == "day.csv" else zipped([("Runs.csv", content)]), name)
        assert tracemalloc.get_traced_memory()[1] < 12 * len(content)
    finally:
        tracemalloc.stop()
    assert refused.value.code == "workbook.too-many-rows"


def test_an_archive_of_texts_unpacks_to_no_more_than_one_text_may_have() -> None:
    with pytest.raises(InputError) as refused:
        read_file(zipped([("Runs.csv", b"x," * MOST_BYTES)]), "day.zip")
    assert refused.value.code == "workbook.inflates"


@pytest.mark.usefixtures("forked_readers")
def test_a_file_is_copied_by_what_it_holds_whatever_its_name_says() -> None:
    archive = zipped([("Runs.csv", CSV.format("x").encode()), ("old [1].csv", b"a,b\x0bc\n")])
    for content, name in ((archive, "day.xlsx"), (filled([right_row(1)]), "day.zip")):
        found = read(read_file(content, name))
        copy = annotated_apart(content, name, notes_of(found), "en", written={"Runs!C4": "12"})
        again = load_workbook(io.BytesIO(copy))
        assert "Runs" in again.sheetnames
        assert again["Runs"]["C4"].value == "12"
        assert (again["_oreprint"].sheet_state == "hidden") if name == "day.zip" else ("old _1_" in again.sheetnames)


# -- hostile workbooks -------------------------------------------------------------------------------------------------


def survived(workbook: bytes) -> str:
    """Return how a workbook was taken: its refusal, or that it was read. Anything else is a defect."""
    try:
        found = read(read_file(workbook, "day.xlsx"))
    except InputError as error:
        return error.code
    assert all(each.words() for each in found.all_problems)
    return "read"


def test_the_hostile_workbooks_are_refused_or_read() -> None:
    told = {path.name: survived(path.read_bytes()) for path in hostile()}
    expected = {"h_ok.xlsx": "read"}
    assert {name: code for name, code in told.items() if name in expected} == {
        name: code for name, code in expected.items() if name in told
    }
    assert all(code.startswith(("workbook.", "read")) for code in told.values())


def repeated(part: str, after: bytes, piece: bytes) -> bytes:
    """Return a workbook that says one thing very often."""
    with zipfile.ZipFile(io.BytesIO(filled([right_row(1)]))) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    return zipped([(name, raw.replace(after, after + piece * 50_000) if name == part else raw) for name, raw in parts])


def test_columns_that_are_hidden_very_often_are_counted_once() -> None:
    column = b'<col min="1" max="300" hidden="1"/>'
    facts = guarded(repeated("xl/worksheets/sheet1.xml", b"<cols>", column))
    assert len(facts[0].hidden_columns) == MOST_COLUMNS


def test_more_sheets_than_parts_are_refused() -> None:
    with pytest.raises(InputError) as refused:
        guarded(repeated("xl/workbook.xml", b"<sheets>", b'<sheet name="x"/>'))
    assert refused.value.code == "workbook.too-many-parts"


def survivors(count: int, seed: int) -> Counter[str]:
    """Read changed workbooks one after the other; return how each was taken. What reads them must not grow by it."""
    before = memory_mib(now=True)
    told = Counter(survived(each) for each in mutated(count, seed))
    assert {code.partition(".")[0] for code in told} == {"read", "workbook"}, told
    assert memory_mib(now=True) - before < 64
    return told


@pytest.mark.usefixtures("forked_readers")
def test_mutated_workbooks_are_refused_or_read() -> None:
    assert survivors(40, seed=1).total() == 40


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_ten_thousand_mutated_workbooks_are_refused_or_read(capsys: pytest.CaptureFixture[str]) -> None:
    told = survivors(10_000, seed=7)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    assert most < MEMORY_BYTES // 2**20
    with capsys.disabled():
        print(f" {told.most_common()}, a reader had at most {most} MiB ", end="")  # noqa: T201


def test_a_name_that_lies_about_its_kind_is_refused() -> None:
    with pytest.raises(InputError):
        read_file(filled([right_row(1)])[:100], "day.csv")
    with pytest.raises((InputError, zipfile.BadZipFile)):
        read_file(b"PK\x03\x04junk", "day.xlsx")
