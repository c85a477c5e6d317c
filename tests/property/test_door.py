"""The door agrees with a reader of another make, gives back what it was given, and never fails otherwise."""

from __future__ import annotations

import json
from decimal import Decimal

import orjson
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.door import JsonValue, parse_json
from schemas.door.json_text import _Walk
from schemas.door.limits import MAX_SAFE_INTEGER
from schemas.door.yaml_text import parse_yaml
from schemas.problem import InputError

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
scalars = st.none() | st.booleans() | st.integers(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER) | texts
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5))
pieces = st.lists(
    st.sampled_from(
        [
            *("{", "}", "[", "]", ",", ":", '"', '"a"', '"a":', '"\\u0061":', "1", "-", "0.5", "1e9", "1e999", "true"),
            *("null", "NaN", "\\", "\\n", "\\ud800", " ", "\n", "\t", "é", "\u2028", "\x00", "9007199254740993", "01"),
        ]
    ),
    max_size=25,
).map("".join)


@given(values)
def test_json_comes_back_identical(value: JsonValue) -> None:
    assert parse_json(json.dumps(value).encode()) == value
    assert parse_json(orjson.dumps(value)) == value
    assert parse_json(json.dumps(value, indent=2, ensure_ascii=False).encode()) == value


@given(pieces)
@example('{"a":"a":1}')
@example('"a":')
@example('["a":1,"a":')
@example('{"a":1,"a"')
def test_what_the_door_accepts_another_reader_accepts_alike(text: str) -> None:
    data = text.encode()
    try:
        value = parse_json(data)
    except InputError as error:
        assert error.code.startswith("json.")  # noqa: PT017 - both outcomes are checked
        return
    assert _as_float(value) == orjson.loads(data)


@given(pieces)
def test_the_walk_finds_nothing_in_what_the_grammar_and_the_quick_look_accept(text: str) -> None:
    try:
        parse_json(text.encode())
    except InputError:
        return
    _Walk(text, max_depth=64).until(len(text))


@given(st.binary(max_size=60))
def test_any_bytes_get_a_clean_answer(data: bytes) -> None:
    for parse, area in ((parse_json, "json."), (parse_yaml, "yaml.")):
        try:
            parse(data)
        except InputError as error:
            assert error.code.startswith(area)  # noqa: PT017 - both outcomes are checked


yaml_texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"], exclude_characters="\ufeff"), max_size=20
)
yaml_values = st.recursive(
    st.none() | st.booleans() | yaml_texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(yaml_texts, inner, max_size=4),
)


@given(yaml_values)
def test_yaml_means_what_json_means(value: JsonValue) -> None:
    written = yaml.safe_dump(value, default_style='"', allow_unicode=True, width=10_000)
    # PyYAML writes quoted words with a tag where the word alone would be something else
    untagged = (
        written.replace('!!null "null"', "null").replace('!!bool "true"', "true").replace('!!bool "false"', "false")
    )
    assert parse_yaml(untagged.encode()) == value
    assert parse_json(json.dumps(value).encode()) == value


def _as_float(value: JsonValue) -> object:
    match value:
        case Decimal():
            return float(value)
        case list():
            return [_as_float(item) for item in value]
        case dict():
            return {name: _as_float(item) for name, item in value.items()}
        case _:
            return value
