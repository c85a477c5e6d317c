"""A report of each state, in `examples/reports/`: what a verification says today, by its schema."""

from __future__ import annotations

import json
from typing import get_args

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from cli.commands.schema import schema_text
from schemas.report import Report, ReportState
from tests.golden.make_reports import CASES, FOLDER, stale


def test_there_is_a_report_of_each_state_and_each_is_fresh() -> None:
    assert set(CASES) == set(get_args(ReportState))
    assert stale() == [], "run python -m tests.golden.make_reports"


def test_each_is_a_report_of_its_state_by_the_published_schema() -> None:
    schema = Draft202012Validator(json.loads(schema_text("report")))
    for state in CASES:
        value = json.loads((FOLDER / f"{state}.json").read_text("utf-8"))
        assert [f"{each.json_path}: {each.message}" for each in schema.iter_errors(value)] == [], state
        found = Report.from_text(json.dumps(value, separators=(",", ":"), ensure_ascii=False))
        assert found.state == state
