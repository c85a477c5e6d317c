"""What a code means in general: plain English, with what to do, and nothing of the machinery."""

from __future__ import annotations

import re

import pytest

from schemas.meaning import ALWAYS, FACTS, meaning_of
from schemas.sentences import CHECKS, CODES


def test_every_code_has_a_meaning_and_a_remedy_in_plain_english() -> None:
    """Hard use 32: no raw placeholder is left, both are whole sentences, and each says what to do."""
    for code in (*CODES, *CHECKS):
        found = meaning_of(code)
        assert found is not None
        for text in (found.meaning, found.remedy):
            assert text.endswith((".", "!", "?")), (code, text)
            assert not re.search(r"[{}]", text), (code, text)
            assert not text[0].islower(), (code, text)
        assert found.sentence == f"{found.meaning} {found.remedy}"


def test_what_stands_after_the_fault_is_what_to_do() -> None:
    found = meaning_of("json.too-large")
    assert found is not None
    assert found.meaning == "The document has [how many] bytes, more than [the limit]."
    assert found.remedy == "Split it."


def test_where_the_catalogue_says_no_more_there_is_what_always_helps() -> None:
    found = meaning_of("seal.signature")
    assert found is not None
    assert found.remedy == ALWAYS


def test_a_check_of_a_report_is_explained_too() -> None:
    found = meaning_of("inputs.mass")
    assert found is not None
    assert "If it passed: Every input has exactly the mass of its holding." in found.meaning
    assert "do not rely on the certificate" in found.remedy


@pytest.mark.parametrize("code", ["no.such-code", "", "../x"])
def test_of_anything_else_there_is_none(code: str) -> None:
    assert meaning_of(code) is None


def test_the_words_for_values_are_of_values_that_there_are() -> None:
    known = {name for text in CODES.values() for name in re.findall(r"{([a-z_]+)}", text)}
    assert set(FACTS) <= known
