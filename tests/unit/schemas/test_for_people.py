"""Amounts in sentences are those that a person would write; no sentence shows a pattern or a wrong plural."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from cli.terminal import plural
from schemas.certificate import CertificateRecord
from schemas.door import parse_document
from schemas.identifier import FORMS, UNNAMED
from schemas.patterns import CODE_OF_PATTERN
from schemas.problem import InputError, Problem
from schemas.sentences import CODES, for_people

PATTERN = re.compile(r"\\[dsw]|\[[^\]]*-[^\]]*\][*+{]|\(\?[:=!]|^\^|\$$")


@pytest.mark.parametrize(
    ("exact", "told"),
    [
        ("47.377867031823", "47.3779"),
        ("1501607142.857143 kg", "1501607 t"),
        ("1501607142.857143 mg", "1501.61 kg"),
        ("0.000123 kg", "123 mg"),
        ("0.012345678 kg", "12.3457 g"),
        ("-0.012345678 kg", "-12.3457 g"),
        ("500 g", "500 g"),
        ("0.05 kg", "0.05 kg"),
        ("0.000001234567891", "0.00000123457"),
        ("999.9999999 kg", "1000 kg"),
        ("12.5", "12.5"),
        ("0.690", "0.690"),
        ("1000000 kg", "1000000 kg"),
        ("-0.123456789012", "-0.123457"),
        ("0.1 to 0.123456789", "0.1 to 0.123457"),
        ("did:web:a.example/1.234567890", "did:web:a.example/1.234567890"),
        ("2026-07-01", "2026-07-01"),
        ("10.0.3.123456789", "10.0.3.123456789"),
    ],
)
def test_a_computed_amount_has_six_digits(exact: str, told: str) -> None:
    assert for_people({"found": exact})["found"] == told


def test_amounts_that_differ_stay_different() -> None:
    assert for_people({"found": "1000.00001 kg", "possible": "1000.00002 kg"}) == {
        "found": "1000.00001 kg",
        "possible": "1000.00002 kg",
    }


def test_masses_of_a_sentence_have_one_unit() -> None:
    told = for_people({"found": "0.0000123 kg", "possible": "5000 kg", "none": "0 kg", "given": "0.000001 kg"})
    assert told == {"found": "0.0000123 kg", "possible": "5000 kg", "none": "0 kg", "given": "0.000001 kg"}
    small = for_people({"found": "0.0000123 kg", "none": "0 kg"})
    assert small == {"found": "12.3 mg", "none": "0 mg"}


def test_what_a_person_wrote_is_repeated_as_written() -> None:
    assert for_people({"value": "47.377867031823"}) == {"value": "47.377867031823"}


def test_a_refusal_tells_an_amount_that_people_can_read_and_keeps_the_exact_fact() -> None:
    problem = Problem.at("rule.g-floor", "outputs", found="47.377867031823", possible="60.123456789012")
    assert "47.3779 kg CO2e" in problem.words()
    assert problem.facts["found"] == "47.377867031823"


def test_no_pattern_stands_in_what_people_are_asked_to_write() -> None:
    asked = [*FORMS.values(), UNNAMED, *CODES.values()]
    assert not [text for text in asked if PATTERN.search(text)]
    assert all(code in CODES for code in CODE_OF_PATTERN.values())


def test_a_wrong_text_in_a_document_is_refused_without_its_pattern() -> None:
    with pytest.raises(InputError) as refused:
        parse_document(CertificateRecord, b'{"oreprint": "certificate/9", "id": "?", "registry": "?", "output": "?"}')
    for problem in refused.value.problems:
        assert not PATTERN.search(problem.words()), problem
        assert "pattern" not in problem.facts


@pytest.mark.parametrize(
    ("number", "one", "told"),
    [
        (1, "study", "1 study"),
        (2, "study", "2 studies"),
        (0, "entry", "0 entries"),
        (2, "day", "2 days"),
        (2, "batch", "2 batches"),
    ],
)
def test_a_plural_is_spelt_right(number: int, one: str, told: str) -> None:
    assert plural(number, one) == told


def test_each_form_after_a_count_is_a_right_plural() -> None:
    text = files("schemas").joinpath("sentences.toml").read_text("utf-8")
    forms = re.findall(r"\{\w+:([^{}|]*)\|([^{}|]*)\}", text)
    assert len(forms) > 20
    assert not [many for _, many in forms if re.search(r"[^aeiou]ys\b|(?:ch|sh|x)s\b", many)]
