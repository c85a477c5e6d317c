"""Cases that are in no file of cases: what `validate` finds is what arithmetic of its own finds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import worked_example as example
from tests.validation.compare import Outcome, validate
from tests.validation.own_arithmetic import FIGURES, Cases
from tests.validation.own_verdicts import VERDICTS


def every_case() -> list[dict[str, Any]]:
    cases = Cases()
    for family in (*FIGURES, *VERDICTS):
        family(cases)
    return cases.made


CASES = every_case()


def outcomes(cases: list[dict[str, Any]]) -> list[Outcome]:
    return validate(json.dumps({"cases": cases}).encode(), tables=example.tables())


def test_every_unseen_case_comes_to_what_its_rule_says() -> None:
    failed = [each for each in outcomes(CASES) if not each.passed]
    assert not failed
    assert len({case["family"] for case in CASES}) == 13


@pytest.mark.parametrize("verdict", ["reject", "flag", "accept"])
def test_a_case_that_asks_for_another_verdict_fails(verdict: str) -> None:
    cases = [case for case in CASES if case["expected"].get("verdict") not in {None, verdict}]
    turned = [{**case, "expected": {**case["expected"], "verdict": verdict}} for case in cases]
    assert cases
    assert not [each.id for each in outcomes(turned) if each.passed]


def test_a_figure_that_is_moved_by_a_millionth_fails() -> None:
    told = [case for case in CASES if case["kind"] == "must_equal" and case["family"] == "electrolysis"]
    moved = [{**case, "expected": {name: spoilt(value) for name, value in case["expected"].items()}} for case in told]
    assert told
    assert not [each.id for each in outcomes(moved) if each.passed]


def spoilt(value: str) -> str:
    return repr(float(value) * 1.000001 + 1e-9)
