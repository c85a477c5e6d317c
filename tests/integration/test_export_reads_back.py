"""What is exported as a workbook or as comma-separated files is read back as unchanged, in both languages."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from ledger.desk.contacts import add_contact
from ledger.desk.export import export_file
from ledger.desk.recipes import keep_recipe
from ledger.desk.uploads import IssueWish, issue_upload, upload_runs, upload_workbook
from ledger.recipes.checked import checked_recipe
from ledger.tables import shipped_tables
from ledger.workbook.template import template
from schemas.contact import ContactRequest
from tests.support.http.made_once import MadeOnce
from tests.support.http.server import ANN, Served, serve
from tests.support.worlds.oxide_days import day, oxide_recipe, row, with_recipe
from tests.support.worlds.workbooks import filled, saved

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("forked_readers")


@pytest.fixture
def issued(tmp_path: Path, database: str | None) -> Served:
    """A registry with runs from a workbook, of which one has odd texts, and one run from a record."""
    return ISSUED.copied(tmp_path, database)


def _issue(served: Served) -> None:
    with_recipe(served)
    odd = {"lot": "=1+1", "note": '-5 degrees, "cold"; ＝x', "end": "2026-03-02"}
    rows = [
        row(1),
        row(2, mass_kg=99.5, lot="'L"),
        row(3, **odd),
        row(4, **{"r:neodymium-oxide-bought": 130, "reason": "@dust"}),
    ]
    upload = upload_workbook(served.registry, ANN, "day.xlsx", day(rows), tables=shipped_tables())
    assert upload.counts == {"ready": len(rows)}, upload_runs(served.registry, ANN, upload.id)
    for _ in issue_upload(served.registry, ANN, upload.id, tables=shipped_tables(), wish=IssueWish()):
        pass
    record = oxide_recipe()["run"] | {"run": "BY-HAND"}
    with served.client() as client:
        assert client.post("/v1/certificates", json=record, headers=served.token(ANN)).status_code == 201


ISSUED = MadeOnce(_issue)


@pytest.mark.parametrize("form", ["xlsx", "zip"])
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_an_export_reads_back_as_unchanged(issued: Served, form: str, language: str) -> None:
    made = export_file(issued.registry, ANN, form, language)
    upload = upload_workbook(issued.registry, ANN, f"all.{form}", made, tables=shipped_tables())
    rows = upload_runs(issued.registry, ANN, upload.id)
    told = [each for each in rows if each.state != "unchanged" or each.problems]
    assert (told, upload.problems, upload.counts) == ([], (), {"unchanged": 5})


def test_an_export_reads_back_as_unchanged_after_the_recipe_has_changed(issued: Served) -> None:
    keep_recipe(issued.registry, oxide_recipe(2), party=ANN)
    made = export_file(issued.registry, ANN, "xlsx", "en")
    assert upload_workbook(issued.registry, ANN, "all.xlsx", made, tables=shipped_tables()).counts == {"unchanged": 5}


@pytest.mark.parametrize("form", ["xlsx", "zip"])
def test_an_export_reads_back_as_unchanged_where_the_recipe_no_longer_asks_for_an_amount(
    issued: Served, form: str
) -> None:
    keep_recipe(issued.registry, oxide_recipe(2) | {"amounts": []}, party=ANN)
    made = export_file(issued.registry, ANN, form, "en")
    upload = upload_workbook(issued.registry, ANN, f"all.{form}", made, tables=shipped_tables())
    assert upload.counts == {"unchanged": 5}


def test_customers_and_readings_of_meters_read_back_as_unchanged(tmp_path: Path, database: str | None) -> None:
    served = serve(tmp_path, database)
    recipe = oxide_recipe()
    recipe["run"]["water"] = dict.fromkeys(
        ("fresh", "with_reagents", "feed_moisture", "formed", "discharged", "evaporated", "in_products", "in_wastes"),
        "0 m3",
    )
    keep_recipe(served.registry, recipe, party=ANN)
    add_contact(served.registry, ContactRequest(name="Motor Works"), party=ANN)
    scale = {"moisture": 0.05, "shipped_kg": 105.26}
    runs = filled([row(1, customer="Motor Works", ship_kg=40.5, **scale)], before=template([checked_recipe(recipe)]))
    content = filled([{"run": "R-1", "meter": "FM-1", "reading_m3": 2.5}], sheet=4, before=runs)
    upload = upload_workbook(served.registry, ANN, "day.xlsx", content, tables=shipped_tables())
    assert upload.counts == {"ready": 1}, upload_runs(served.registry, ANN, upload.id)
    for _ in issue_upload(served.registry, ANN, upload.id, tables=shipped_tables(), wish=IssueWish()):
        pass
    for form in ("xlsx", "zip"):
        made = export_file(served.registry, ANN, form, "zh-Hans")
        again = upload_workbook(served.registry, ANN, f"all.{form}", made, tables=shipped_tables())
        assert (again.counts, again.problems) == ({"unchanged": 1}, ())
    book = load_workbook(io.BytesIO(export_file(served.registry, ANN, "xlsx", "en")))
    assert [cell.value for cell in book["Meters"][4]] == ["R-1", "FM-1", 2.5]
    assert [cell.value for cell in book["Runs"][4]][12:16] == [0.05, 105.26, "Motor Works", 40.5]


def test_a_changed_export_is_told_at_its_cell(issued: Served) -> None:
    book = load_workbook(io.BytesIO(export_file(issued.registry, ANN, "xlsx", "en")))
    sheet = book["Runs"]
    places = {sheet.cell(at, 3).value: at for at in range(4, 9)}
    for lot in ("OX-4", "A-1"):
        sheet.cell(places[lot], 4).value = 98
    upload = upload_workbook(issued.registry, ANN, "all.xlsx", saved(book), tables=shipped_tables())
    changed = upload_runs(issued.registry, ANN, upload.id, ["changed"])
    assert {each.problems[0].place for each in changed} == {f"Runs!D{places[lot]}" for lot in ("OX-4", "A-1")}


def test_text_that_begins_like_a_formula_is_guarded_and_numbers_are_not(issued: Served) -> None:
    with zipfile.ZipFile(io.BytesIO(export_file(issued.registry, ANN, "zip", "en"))) as archive:
        raw = archive.read("Runs.csv")
    assert raw.startswith(b"\xef\xbb\xbf")
    text = raw.decode("utf-8-sig")
    assert "'=1+1" in text
    assert "''L" in text
    assert "'@dust" in text
    assert ",99.5," in text
    book = load_workbook(io.BytesIO(export_file(issued.registry, ANN, "xlsx", "en")))
    assert "f" not in {cell.data_type for sheet in book for line in sheet.iter_rows() for cell in line}
