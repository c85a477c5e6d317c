"""Each sentence that the desk tells, and each of a rule, ends with what to do."""

from __future__ import annotations

import re
from typing import Final

import pytest

from docs.make_translations import DESK_AREAS
from schemas.sentences import CODES

ACTS: Final = frozenset(
    [
        "Accept",
        "Add",
        "Ask",
        "Blend",
        "Buy",
        "Cancel",
        "Certify",
        "Change",
        "Check",
        "Choose",
        "Clear",
        "Close",
        "Compare",
        "Complete",
        "Confirm",
        "Convert",
        "Copy",
        "Correct",
        "Count",
        "Decide",
        "Declare",
        "Delete",
        "Draw",
        "Edit",
        "Empty",
        "Enter",
        "File",
        "Fill",
        "Format",
        "Give",
        "Issue",
        "Keep",
        "Leave",
        "Let",
        "Lift",
        "List",
        "Look",
        "Make",
        "Measure",
        "Move",
        "Name",
        "Open",
        "Pick",
        "Prepare",
        "Press",
        "Put",
        "Read",
        "Register",
        "Remove",
        "Replace",
        "Round",
        "Run",
        "Save",
        "Say",
        "See",
        "Send",
        "Set",
        "Ship",
        "Shorten",
        "Sign",
        "Split",
        "Start",
        "Take",
        "Tick",
        "Try",
        "Type",
        "Undo",
        "Upload",
        "Use",
        "Wait",
        "Weigh",
        "Withdraw",
        "Write",
    ]
)
"""Verbs by which a sentence says what to do."""
_BEGINS: Final = re.compile(r"(?:^|([.?!:;,)}]) )([A-Za-z]+)")


def says_what_to_do(sentence: str) -> bool:
    """Return whether a sentence, or a part of one after a comma, begins with a verb that tells somebody to act."""
    return any(
        verb in ACTS or (mark and mark not in ".?!" and verb.capitalize() in ACTS)
        for mark, verb in _BEGINS.findall(sentence)
    )


@pytest.mark.parametrize(
    ("sentence", "says"),
    [
        ("There is no such person here: {person}.", False),
        ("You have no such passkey here.", False),
        ("The band is wide, so write the reason.", False),
        ("The lot is used. Choose another.", True),
        ("If a key is lost, ask the operator.", True),
        ("Returned with a note: {note} Correct it.", True),
        ("A token opens the door. Tokens are kept.", False),
    ],
)
def test_what_counts_as_a_remedy(sentence: str, *, says: bool) -> None:
    assert says_what_to_do(sentence) == says


def test_each_sentence_of_the_desk_says_what_to_do() -> None:
    told = {code: sentence for code, sentence in CODES.items() if code.startswith(DESK_AREAS)}
    assert len(told) > 200
    assert {code: sentence for code, sentence in told.items() if not says_what_to_do(sentence)} == {}


def test_each_sentence_of_a_rule_says_what_to_do() -> None:
    told = {code: sentence for code, sentence in CODES.items() if code.startswith("rule.")}
    assert len(told) > 190
    assert {code: sentence for code, sentence in told.items() if not says_what_to_do(sentence)} == {}


OPERATORS: Final = (
    "contact.elsewhere", "desk.plain-http", "holding.instrument-alone", "issue.key-ended", "issue.kind",
    "issue.not-your-plant", "issue.unknown-producer", "operator-request.unknown", "token.held", "token.not-held",
)  # fmt: skip
"""Sentences about what the desk cannot do, or what the registry's operator does."""


def test_a_remedy_that_names_a_command_names_the_desk_too() -> None:
    told = [code for code, sentence in CODES.items() if code.startswith(DESK_AREAS) and "`oreprint " in sentence]
    assert [code for code in told if code not in OPERATORS and " desk" not in CODES[code]] == []
    assert {*OPERATORS} <= {*told}, "what no longer names a command needs no exemption"
