"""WB-11, WB-12 and WB-14: a withdrawal behind a cache, every state's machine value beside its words, and tables for
spreadsheets.
"""

from __future__ import annotations

import ast
import csv
import io
import re
import time
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import pytest
from openpyxl import load_workbook

from ledger.admin.tokens import create_token
from ledger.desk.leaving import party_files
from ledger.recipes.checked import checked_recipe
from ledger.recipes.made import recipe_of
from ledger.workbook.annotate import annotated_apart, note
from ledger.workbook.file_kinds import guarded_text
from ledger.workbook.recipe_sheets import recipe_workbook
from ledger.workbook.template import template
from schemas.problem import Problem
from tests.support.browser.showcase import STATES, page, shown
from tests.support.http.server import ANN
from tests.support.worlds.example_records import example_record

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.report import Report
    from tests.support.http.door import Door

STEP_OF_STATUS: Final = 6
VERDICTS: Final = {
    "genuine": "genuine", "public": "genuine", "withheld": "genuine", "custodial-demo": "genuine", "superseded": "superseded",
    "expired": "expired", "withdrawn": "withdrawn", "suspended": "withdrawn", "upstream-withdrawn": "withdrawn", "stale": "incomplete",
    "implausible": "do-not-rely", "unknown-issuer": "do-not-rely", "forged": "do-not-rely",
    "unknown-registry": "incomplete", "tampered-upstream": "do-not-rely", "no-word": "genuine", "hidden-withdrawn": "withdrawn",
}  # fmt: skip


@pytest.fixture(scope="module")
def reports() -> dict[str, Report]:
    now = time.time_ns() // 1_000_000
    return {name: shown(made(now)).report for name, made in STATES.items()}


def machine_value(report: Report) -> tuple[object, ...]:
    """Return what a program tells states apart by."""
    decided = {
        (check.code, check.result)
        for check in report.checks
        if check.step == STEP_OF_STATUS or check.result == "failed"
    }
    key = report.certificate.issuer_key if report.certificate else None
    return (
        report.verdict,
        report.chain.state,
        key,
        tuple(sorted(decided)),
        tuple(each.state for each in report.affected),
    )


def test_wb_12_every_state_has_a_machine_value_of_its_own(reports: dict[str, Report]) -> None:
    assert {name: report.verdict for name, report in reports.items()} == VERDICTS
    names: dict[tuple[object, ...], list[str]] = {}
    for name, report in reports.items():
        names.setdefault(machine_value(report), []).append(name)
    assert [each for each in names.values() if len(each) > 1] == []


def test_wb_12_a_key_that_the_registry_keeps_is_told_to_programs(reports: dict[str, Report]) -> None:
    keys = {name: report.certificate.issuer_key for name, report in reports.items() if report.certificate}
    assert {name for name, key in keys.items() if key == "custodial"} == {"custodial-demo"}
    assert {name for name, key in keys.items() if key == "unknown"} == {"unknown-issuer", "unknown-registry"}


def test_wb_12_every_state_says_what_it_does_not_prove(reports: dict[str, Report]) -> None:
    for name, report in reports.items():
        assert report.not_proven, name
        assert report.assurance in {"monitored", "witnessed", "registry-only"}, name
        if report.verdict not in {"genuine", "superseded", "expired"}:
            assert "genuine" not in report.headline.lower(), (name, report.headline)
        plain = report.headline.startswith("Genuine record.")
        assert plain == (report.verdict == "genuine"), (name, report.headline)
        unattested = {check.code for check in report.checks if check.result == "not-checked"}
        assert "attestations.none" in unattested or report.verdict == "do-not-rely", "no third-party check is told"


def test_wb_12_the_page_has_the_machine_value_of_the_report(reports: dict[str, Report]) -> None:
    now = time.time_ns() // 1_000_000
    for name, made in STATES.items():
        content = page(made(now)).decode()
        assert set(re.findall(r'data-verdict="([a-z-]+)"', content)) == {reports[name].verdict}, name


# -- WB-11 -------------------------------------------------------------------------------------------------------------


@dataclass
class Cache:
    """A cache between reader and server that keeps whatever RFC 9111 lets it keep, for as long as it lets it."""

    address: str
    now: float = 0
    kept: dict[str, tuple[float, bytes]] = field(default_factory=dict)
    reached: int = 0

    def get(self, path: str) -> bytes:
        """Return what a reader behind the cache gets at its time `now`, in seconds."""
        if path in self.kept and self.now < self.kept[path][0]:
            return self.kept[path][1]
        self.reached += 1
        with urllib.request.urlopen(self.address + path, timeout=10) as answer:  # noqa: S310 - our own server
            content, words = bytes(answer.read()), str(answer.headers["cache-control"])
        if "no-store" not in words and "no-cache" not in words:
            seconds = re.search(r"max-age=(\d+)", words)
            self.kept[path] = (self.now + (int(seconds[1]) if seconds else 86_400), content)
        return content


def test_wb_11_no_cache_shows_a_revoked_lot_as_genuine_after_a_minute(door: Door) -> None:
    digest = door.issue("WB-11-CACHE", "7 kg")["digest"]
    paths = (
        f"/c/{digest}",
        f"/v1/certificates/{digest}/verification",
        f"/v1/certificates/{digest}/bundle",
        "/status/revocation-0",
    )
    with door.served.running() as address:
        cache = Cache(address)
        before = {path: cache.get(path) for path in paths}
        assert b'data-verdict="genuine"' in before[paths[0]]
        said = {"statement": "withdraw", "lot": "WB-11-CACHE", "reason": "a test"}
        assert door.client.post("/v1/statements", json=said, headers=door.ann).status_code == 201
        cache.now += 2
        assert b'data-verdict="withdrawn"' in cache.get(paths[0])
        assert b'"verdict":"withdrawn"' in cache.get(paths[1])
        cache.now += 58
        after = {path: cache.get(path) for path in paths}
        assert all(after[path] != before[path] for path in paths), "a cache may keep it for longer than a minute"
        reached = cache.reached
        for path in (f"/v1/certificates/{digest}/label.svg", "/status/revocation-0"):
            cache.get(path)
            cache.get(path)
        assert cache.reached == reached + 1, "nothing was kept, so this test would see nothing"


# -- WB-14 -------------------------------------------------------------------------------------------------------------

FORMULAS: Final = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    '=HYPERLINK("http://evil.example")',
    "=cmd|' /C calc'!A0",
)
TABLES: Final = ("openpyxl", "xlsxwriter", "xlwt", "pandas")


def test_wb_14_only_figures_and_workbooks_are_written_for_a_spreadsheet(door: Door, root: Path) -> None:
    """Whoever adds another such export has to give this case its test."""
    paths: dict[str, dict[str, dict[str, object]]] = door.client.get("/openapi.json").json()["paths"]
    answers = ((path, each["responses"]) for path, operations in paths.items() for each in operations.values())
    tables = [path for path, responses in answers if "text/csv" in str(responses)]
    assert tables == ["/v1/certificates/{digest}/figures.csv"]
    writers = set()
    for package in ("schemas", "ledger", "api", "cli"):
        for file in (root / package).rglob("*.py"):
            text = file.read_text(encoding="utf-8")
            if not any(name in text for name in ("csv", *TABLES)):
                continue
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                    writers |= {str(file.relative_to(root)) for name in names if name.split(".")[0] in TABLES}
                if (
                    isinstance(node, ast.Attribute)
                    and node.attr in {"writer", "DictWriter"}
                    and ast.unparse(node.value) == "csv"
                ):
                    writers.add(str(file.relative_to(root)))
    reader = "ledger/workbook/child.py"
    assert writers == {
        "ledger/papers/figures.py",
        "ledger/workbook/template.py",
        "ledger/workbook/writing.py",
        "ledger/workbook/annotate.py",
        "ledger/workbook/recipe_sheets.py",
        "ledger/desk/export.py",
        "ledger/desk/leaving.py",
        "ledger/papers/leaving.py",  # members of our own schemas: nothing in it was typed by anybody
        "api/desk/routes/grids.py",  # shown on a page, to be filled in: nothing in it was typed by anybody
        "cli/demo_desk.py",  # the rows of the demo, which nobody else writes
        reader,
    }


def test_wb_14_a_label_that_is_a_formula_is_a_text_in_what_leaves(door: Door) -> None:
    registry = door.served.registry
    typed = {text for text in FORMULAS if text.isprintable()}
    for text in typed:
        create_token(registry, tenant=ANN, scopes=("read",), label=text)
    files = {name: b"".join(pieces) for name, pieces in party_files(registry, ANN)}
    table = io.StringIO(files["tables/tokens.csv"].decode(), newline="")
    labels = {row["label"] for row in csv.DictReader(table)}
    assert {guarded_text(text) for text in typed} <= labels
    assert labels.isdisjoint(typed)


@pytest.mark.usefixtures("forked_readers")
def test_wb_14_a_name_that_is_a_formula_is_a_text_in_a_workbook() -> None:
    rows = [(text, f"Runs!A{row}") for row, text in enumerate(FORMULAS, 4)]
    problems = [(text, Problem.at("workbook.run-twice", place, run=text, other=text)) for text, place in rows]
    notes = [note(problem, "problem", text, text) for text, problem in problems]
    copy = annotated_apart(template([]), "day.xlsx", notes, "en")
    cells = [cell for sheet in load_workbook(io.BytesIO(copy)) for row in sheet.iter_rows() for cell in row]
    assert {*FORMULAS} - {cell.value for cell in cells} == set()
    assert [cell.value for cell in cells if cell.data_type == "f"] == []


@pytest.mark.parametrize("text", [text for text in FORMULAS if text[0] not in "\t\r"], ids=ascii)
def test_wb_14_a_title_that_is_a_formula_is_a_text_in_a_recipe(text: str) -> None:
    recipe = checked_recipe(recipe_of(example_record("bayan-obo/12-SC-2026-05"), name="R-1", title=text))
    book = load_workbook(io.BytesIO(recipe_workbook(recipe, "en")))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert text in [cell.value for cell in cells]
    assert "f" not in {cell.data_type for cell in cells}


@pytest.mark.parametrize("text", [text for text in FORMULAS if text[0] not in "\t\r"], ids=ascii)
def test_wb_14_a_name_that_is_a_formula_is_a_text_in_the_figures(door: Door, text: str) -> None:
    record = door.record(f"WB-14-CSV-{FORMULAS.index(text)}")
    record["outputs"][0]["description"] = text
    answer = door.client.post("/v1/certificates", json=record, headers=door.ann)
    assert answer.status_code == 201, answer.text
    digest = answer.json()["certificates"][0]["digest"]
    found = door.client.get(f"/v1/certificates/{digest}/figures.csv", headers=door.ann)
    assert found.status_code == 200, found.text
    cells = [cell for row in csv.reader(io.StringIO(found.text.removeprefix("\ufeff"))) for cell in row]
    assert f"'{text}" in cells
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "@", "\t", "\r"}]
    assert all(_is_number(cell) for cell in cells if cell.startswith("-"))


def _is_number(cell: str) -> bool:
    return re.fullmatch(r"-[0-9]+(\.[0-9]+)?", cell) is not None


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_wb_14_a_name_that_is_a_formula_is_a_json_string_or_refused(door: Door, text: str) -> None:
    record = door.record(f"WB-14-{FORMULAS.index(text)}")
    record["outputs"][0]["description"] = text
    answer = door.client.post("/v1/certificates", json=record, headers=door.ann)
    if text[0] in "\t\r":
        assert answer.status_code in {400, 422}
        return
    assert answer.status_code == 201, answer.text
    digest = answer.json()["certificates"][0]["digest"]
    for path in ("", "/verification", "/chain", "/bundle"):
        kind = door.client.get(f"/v1/certificates/{digest}{path}").headers["content-type"]
        assert kind.partition(";")[0] in {
            "application/json",
            "application/vc+sd-jwt",
            "application/vnd.oreprint.bundle+jsonl",
        }
