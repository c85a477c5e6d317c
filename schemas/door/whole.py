"""Whole numbers in YAML, where a number and a text look alike.

Rules: a scalar without quotes that is written as JSON writes a whole number stays a text until the schema of its
document is known; where that asks for a whole number, it is one.  A lot named ``88`` stays a text, and a ``"3"`` in
quotes is never a number.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from typing import Final

from pydantic import ValidationError

from schemas.door.faults import steps_of
from schemas.door.json_text import JsonValue
from schemas.door.limits import MAX_SAFE_INTEGER

WHOLE: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,15})")
"""A whole number as JSON writes it; 16 digits reach beyond `MAX_SAFE_INTEGER`."""


class WholeText(str):
    """The text of a whole number that stood in YAML without quotes."""

    __slots__ = ()


def with_whole_numbers(value: JsonValue, error: ValidationError) -> JsonValue:
    """Return a value with whole numbers instead of texts, wherever `error` says that the document has whole numbers."""
    refused = (each for each in error.errors(include_url=False) if each["type"] == "int_type")
    places = {tuple(steps_of(each, value)) for each in refused}
    return _replaced(value, places, ()) if places else value


def _replaced(value: JsonValue, places: AbstractSet[tuple[int | str, ...]], at: tuple[int | str, ...]) -> JsonValue:
    match value:
        case WholeText() if at in places and abs(number := int(value)) <= MAX_SAFE_INTEGER:
            return number
        case dict():
            return {name: _replaced(member, places, (*at, name)) for name, member in value.items()}
        case list():
            return [_replaced(item, places, (*at, index)) for index, item in enumerate(value)]
        case _:
            return value
