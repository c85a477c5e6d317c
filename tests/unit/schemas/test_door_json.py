"""The strict door for JSON: each rule refuses with its code and the place."""

from __future__ import annotations

from decimal import Decimal

import pytest

from schemas.door import parse_json
from schemas.door.limits import MAX_DEPTH, MAX_MEMBERS, MAX_SAFE_INTEGER, MAX_STRING_BYTES
from schemas.problem import InputError

GOOD: list[tuple[bytes, object]] = [
    (b'{"lot":"OX-17","inputs":[{"mass":"38.0 kg"}]}', {"lot": "OX-17", "inputs": [{"mass": "38.0 kg"}]}),
    (b" [1, -0, 9007199254740991] \n", [1, 0, MAX_SAFE_INTEGER]),
    (b"[0.1, 1E22, 123e65]", [Decimal("0.1"), Decimal("1E22"), Decimal("123e65")]),
    (b'"\\u00e9\\ud83d\\ude00"', "é😀"),
    ('"氧化镨钕"'.encode(), "氧化镨钕"),
    (b"null", None),
    (b'{"":{"":""}}', {"": {"": ""}}),
]


@pytest.mark.parametrize(("data", "value"), GOOD)
def test_good_json_arrives_as_it_stands(data: bytes, value: object) -> None:
    assert parse_json(data) == value


def test_a_real_number_is_exact() -> None:
    number = parse_json(b"9007199254740993.0000001")
    assert isinstance(number, Decimal)
    assert str(number) == "9007199254740993.0000001"


BAD: list[tuple[bytes, str, str]] = [
    (b"", "json.empty", "line 1, column 1"),
    (b" \n ", "json.empty", "line 2, column 2"),
    (b'{"a":1,\n "b":{"c":1,\n  "c":2}}', "json.duplicate-member", "b.c (line 3, column 3)"),
    (b'{"mass_kg":1,"\\u006dass_kg":2}', "json.duplicate-member", "mass_kg (line 1, column 14)"),
    (b'{"inputs":[{},{},{"mass":NaN}]}', "json.not-finite", "inputs[2].mass (line 1, column 26)"),
    (b'{"x":-Infinity}', "json.not-finite", "x (line 1, column 6)"),
    (b"[1,9007199254740992]", "json.number-range", "[1] (line 1, column 4)"),
    (b"[-9007199254740992]", "json.number-range", "[0] (line 1, column 2)"),
    (b"[1e400]", "json.exponent", "[0] (line 1, column 2)"),
    (b"[1e-400]", "json.exponent", "[0] (line 1, column 2)"),
    (b"[1e99999999999999999999]", "json.exponent", "[0] (line 1, column 2)"),
    (b"[0." + b"1" * 200 + b"]", "json.number-length", "[0] (line 1, column 2)"),
    (b"\xef\xbb\xbf{}", "json.bom", "line 1, column 1"),
    ("{}".encode("utf-16"), "json.encoding", "line 1, column 1"),
    ("{}".encode("utf-16-be"), "json.encoding", "line 1, column 1"),
    ("[1]".encode("utf-32"), "json.encoding", "line 1, column 1"),
    ("[1]".encode("utf-32-le"), "json.encoding", "line 1, column 1"),
    (b'["ab\xff"]', "json.encoding", "line 1, column 5"),
    (b'["\\ud800"]', "json.lone-surrogate", "[0] (line 1, column 2)"),
    (b'{"\\udc00\\ud800":1}', "json.lone-surrogate", '["\\udc00\\ud800"] (line 1, column 2)'),
    (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "json.too-deep", ""),
    (b"[" * 5000, "json.too-deep", ""),
    (b'["' + b"x" * (MAX_STRING_BYTES + 1) + b'"]', "json.string-too-long", "[0] (line 1, column 2)"),
    (b'{"' + b"x" * (MAX_STRING_BYTES + 1) + b'":1}', "json.string-too-long", ""),
    (b'["\\n' + b"x" * MAX_STRING_BYTES + b'"]', "json.string-too-long", "[0] (line 1, column 2)"),
    (b"{} {}", "json.trailing", "line 1, column 4"),
    (b"[1]\n]", "json.trailing", "line 2, column 1"),
    (b'["a\nb"]', "json.control-character", "[0] (line 1, column 4)"),
    (b'["a', "json.truncated", "[0] (line 1, column 2)"),
    (b'{"a":{"b":', "json.truncated", "a.b (line 1, column 11)"),
    (b'{"a" 1}', "json.syntax", "line 1, column 6"),
    (b"{'a':1}", "json.syntax", "line 1, column 2"),
    (b"[1,]", "json.syntax", "[1] (line 1, column 4)"),
    (b"[01]", "json.syntax", "[0] (line 1, column 3)"),
    (b'["\\x"]', "json.syntax", "[0] (line 1, column 3)"),
    (b'"a":1', "json.trailing", "line 1, column 4"),
    (b'["a":1]', "json.syntax", "[0] (line 1, column 5)"),
    (b"\x1f\x8b\x08\x00", "json.compressed", "line 1, column 1"),
]


@pytest.mark.parametrize(("data", "code", "place"), BAD)
def test_bad_json_is_refused_with_code_and_place(data: bytes, code: str, place: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_json(data)
    problem = refusal.value.problems[0]
    assert problem.code == code
    assert place in {problem.place, ""}
    assert "<" not in problem.sentence()


def test_the_last_allowed_depth_and_string_pass() -> None:
    assert parse_json(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert parse_json(b'["' + b"x" * MAX_STRING_BYTES + b'"]') == ["x" * MAX_STRING_BYTES]


def test_brackets_inside_strings_are_no_depth() -> None:
    assert parse_json(b'["' + b"[" * 200 + b'"]') == ["[" * 200]


def test_too_many_members() -> None:
    members = ",".join(f'"{i}":0' for i in range(MAX_MEMBERS + 1))
    with pytest.raises(InputError) as refusal:
        parse_json(b"{" + members.encode() + b"}")
    assert refusal.value.code == "json.too-many-members"
    assert len(parse_json(("{" + members.rpartition(",")[0] + "}").encode())) == MAX_MEMBERS  # type: ignore[arg-type]


def test_size_is_looked_at_first() -> None:
    with pytest.raises(InputError) as refusal:
        parse_json(b"x" * 11, max_bytes=10)
    assert refusal.value.code == "json.too-large"


def test_a_place_stays_short() -> None:
    with pytest.raises(InputError) as refusal:
        parse_json(b'{"' + b"long" * 30 + b'":' + b'{"abcdefgh":' * 40 + b"NaN")
    assert len(refusal.value.problems[0].place) < 260


def test_what_a_message_repeats_is_visible() -> None:
    with pytest.raises(InputError) as refusal:
        parse_json(b'{"\\u001b[31mred\\n":1,"\\u001b[31mred\\n":2}')
    assert str(refusal.value).isprintable()
