"""The validation cases that the engine passes today, and the ways in which a case can fail."""

from __future__ import annotations

import json

import pytest

from tests import worked_example as example
from tests.golden.shared import shared
from tests.validation.compare import validate

PASSING = (
    "stoichiometry", "combustion", "electricity", "electrolysis", "process CO2", "published recompute", "chain", "allocation",
    "uncertainty", "data quality", "chain of custody", "red team",
)  # fmt: skip
CONTENT = shared("data/validation_cases_public.json").read_bytes()


@pytest.mark.parametrize("family", PASSING)
def test_every_case_of_a_family_passes(family: str) -> None:
    outcomes = [each for each in validate(CONTENT, tables=example.tables()) if each.family == family]
    assert outcomes
    assert not [each for each in outcomes if not each.passed]


def test_a_wrong_expectation_fails_in_every_passing_case() -> None:
    cases = json.loads(CONTENT)["cases"]
    passing = {each.id for each in validate(CONTENT, tables=example.tables()) if each.passed}
    for case in cases:
        case["expected"] = spoilt(case["expected"])
    outcomes = validate(json.dumps({"cases": cases}).encode(), tables=example.tables())
    assert not [each.id for each in outcomes if each.id in passing and each.passed]


def spoilt(value: object) -> object:
    """Return an expectation with every number moved by a millionth and every verdict turned."""
    match value:
        case dict():
            return {name: spoilt(inner) for name, inner in value.items()}
        case list():
            return [spoilt(inner) for inner in value]
        case "reject" | "flag":
            return "accept"
        case str() if value.replace(".", "", 1).isdigit():
            return repr(float(value) * 1.000001 + 1e-9)
        case _:
            return value


def test_a_family_without_an_adapter_fails_and_says_so() -> None:
    outcome = validate(
        b'{"cases": [{"id": "X", "family": "alchemy", "inputs": {}, "expected": {}}]}', tables=example.tables()
    )[0]
    assert not outcome.passed
    assert "alchemy" in str(outcome.refused)


def test_a_file_without_cases_is_refused() -> None:
    with pytest.raises(ValueError, match="no cases"):
        validate(b'{"schema": "x"}', tables=example.tables())
