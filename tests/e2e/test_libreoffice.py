"""LibreOffice opens what we write, keeps its comments, and what it saves is read the same."""

from __future__ import annotations

import io
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from ledger.workbook.annotate import annotated_apart, notes_of
from tests.support.worlds.workbooks import filled, read, right_row

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.columns import Language

pytestmark = pytest.mark.slow


def saved_by_libreoffice(workbook: bytes, folder: Path) -> bytes:
    """Return a workbook as LibreOffice saves it; skip where that is missing."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice is missing (Debian: apt-get install libreoffice-calc-nogui)")
    file, out = folder / "in.xlsx", folder / "out"
    file.write_bytes(workbook)
    profile = f"-env:UserInstallation=file://{folder}/profile"
    words = [program, profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(out)]
    subprocess.run([*words, str(file)], check=True, capture_output=True, timeout=120)
    return (out / "in.xlsx").read_bytes()


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_an_annotated_copy_is_opened_and_saved_with_its_comments(tmp_path: Path, language: Language) -> None:
    workbook = filled([right_row(1), right_row(2, mass_kg=12120), right_row(3, start="3/4/2026")], language)
    found = read(workbook)
    copy = annotated_apart(workbook, "day.xlsx", notes_of(found), language)
    saved = saved_by_libreoffice(copy, tmp_path)
    places = {each.place for each in found.all_problems}
    sheet = load_workbook(io.BytesIO(saved)).worksheets[0]
    commented = {f"{sheet.title}!{cell.coordinate}" for line in sheet.iter_rows() for cell in line if cell.comment}
    assert places <= commented
    again = read(saved)
    assert {(each.code, each.place) for each in again.all_problems} == {
        (each.code, each.place) for each in found.all_problems
    }
    assert [each.run for each in again.runs if each.made] == ["SC-1"]
