"""The catalogue is plain English: short sentences, correct plurals, one voice."""

from __future__ import annotations

import re

import pytest

from schemas.sentences import (
    ASSURANCES,
    CHECKS,
    CODES,
    HEADLINES,
    NOT_COUNTED,
    NOT_PROVEN,
    REASONS,
    WITHHELD,
    agreed,
    filled,
)

CATALOGUE = {
    **CODES,
    **{f"{code} {number}": text for code, words in CHECKS.items() for number, text in enumerate(words)},
    **ASSURANCES,
    **HEADLINES,
    **NOT_COUNTED,
    **NOT_PROVEN,
    **REASONS,
    "withheld": WITHHELD,
}
MOST_WORDS = 25
"""Words of one sentence; a reader of a third language loses a longer one (a fact counts as one word)."""
OURS = re.compile(
    r"\b(told|stands?|bears?|brought|whoever|comes? of|mends?)\b|(?<!here )\b(is|are) no\b(?! longer)|n't\b|\(s\)"
)
"""Words that send a reader back to the start of the sentence, contractions, and plurals in brackets."""
FACT = re.compile(r"\{[^}]*\}")
COUNTED = re.compile(r"\{(\w+)\} (entries|certificates|inputs|outputs|lines|marks|days|times|hashes|meters|groups)\b")


def test_no_sentence_is_longer_than_a_reader_can_hold() -> None:
    long = [
        (code, sentence)
        for code, text in CATALOGUE.items()
        for sentence in re.split(r"(?<=[.!?:])\s+", agreed(text, {}))
        if len(sentence.split()) > MOST_WORDS
    ]
    assert not long, "make two sentences of it"


def test_no_sentence_has_a_word_that_only_we_understand() -> None:
    assert not [
        (code, found[0], text) for code, text in CATALOGUE.items() if (found := OURS.search(FACT.sub("…", text)))
    ]


def test_a_count_has_its_plural_from_the_catalogue() -> None:
    above_one = {"bundle.refused", "evidence.rebuilt", "holding.path-long", "rule.x-time-campaign"}
    loose = {code for code, text in CATALOGUE.items() if COUNTED.search(text)}
    assert loose <= above_one, "write {lines:line|lines}"


@pytest.mark.parametrize(
    ("count", "shown"), [("1", "1 line is left."), ("2", "2 lines are left."), ("0", "0 lines are left.")]
)
def test_the_words_agree_with_the_count(count: str, shown: str) -> None:
    assert filled("{lines} {lines:line is|lines are} left.", {"lines": count}) == shown


def test_a_message_never_fails_for_a_fact_that_is_missing() -> None:
    assert filled("{lines} {lines:line|lines} of {lot}", {}, missing="<{}>") == "<lines> lines of <lot>"
    assert filled("{lot}.", {}) == "."


def test_a_fact_is_never_read_as_a_template() -> None:
    assert filled("{value}", {"value": "{lot:a|b} {lot}", "lot": "1"}) == "{lot:a|b} {lot}"
