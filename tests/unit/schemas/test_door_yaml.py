"""The strict door for YAML: a safe subset, text stays text."""

from __future__ import annotations

import pytest

from schemas.door.limits import MAX_MEMBERS, MAX_STRING_BYTES
from schemas.door.yaml_text import parse_yaml
from schemas.problem import InputError

RECORD = b"""\
country: NO
mass: 1.50
date: 2026-01-01
time: 12:30:45
hex: 0x1F
octal: 010
real: 1e3
tilde: ~
switch: yes
truth: true
lie: false
none: null
quoted: "true"
single: 'null'
list: [1, two, {three: 3}]
block: |
  first
    second
folded: >-
  one
  line
nan: .nan
"""


def test_plain_scalars_stay_text() -> None:
    assert parse_yaml(RECORD) == {
        "country": "NO",
        "mass": "1.50",
        "date": "2026-01-01",
        "time": "12:30:45",
        "hex": "0x1F",
        "octal": "010",
        "real": "1e3",
        "tilde": "~",
        "switch": "yes",
        "truth": True,
        "lie": False,
        "none": None,
        "quoted": "true",
        "single": "null",
        "list": ["1", "two", {"three": "3"}],
        "block": "first\n  second\n",
        "folded": "one line",
        "nan": ".nan",
    }


def test_windows_line_ends_are_line_ends() -> None:
    assert parse_yaml(b"a: 1\r\nb:\r\n  - c\r\n") == {"a": "1", "b": ["c"]}


BAD: list[tuple[bytes, str, str]] = [
    (b"a: &x [1]\nb: *x", "yaml.alias", "a (line 1, column 4)"),
    (b"- *x", "yaml.alias", "[0] (line 1, column 3)"),
    (b"a: !!python/object/apply:os.system [ls]", "yaml.tag", "a (line 1, column 4)"),
    (b"a: !!int 3", "yaml.tag", "a (line 1, column 4)"),
    (b"!x a: 1", "yaml.tag", "line 1, column 1"),
    (b"a: 1\nb:\n  - c: 1\n    c: 2", "yaml.duplicate-key", "b[0].c (line 4, column 5)"),
    (b'a: 1\n"\\x61": 2', "yaml.duplicate-key", "a (line 2, column 1)"),
    (b"a: {<<: b}", "yaml.key-not-text", 'a["<<"] (line 1, column 5)'),
    (b"? [a]\n: b", "yaml.key-not-text", "line 1, column 3"),
    (b"true: b", "yaml.key-not-text", "true (line 1, column 1)"),
    (b"a:\nb: 1", "yaml.empty-value", "a (line 1, column 3)"),
    (b"a: 1\n---\nb: 1", "yaml.several-documents", "line 2, column 1"),
    (b"%YAML 1.1\n---\na: 1", "yaml.directive", "line 1, column 1"),
    (b"", "yaml.empty-document", "line 1, column 1"),
    (b"# nothing\n", "yaml.empty-document", "line 1, column 1"),
    (b"a: [1, 2", "yaml.syntax", "a[2] (line 2, column 1)"),
    (b"a:\n\t- b", "yaml.syntax", "a (line 2, column 1)"),
    (b'a: "\\ud800"', "yaml.syntax", "a (line 1, column 7)"),
    (b"a: 1\nb: \x00", "yaml.control-character", "line 2, column 4"),
    (b"a: \x1b[31m", "yaml.control-character", "line 1, column 4"),
    (b"\xef\xbb\xbfa: 1", "yaml.bom", "line 1, column 1"),
    ("a: 1".encode("utf-16"), "yaml.encoding", "line 1, column 1"),
    (b"a: \xff", "yaml.encoding", "line 1, column 4"),
    (b"PK\x03\x04", "yaml.compressed", "line 1, column 1"),
    (b"[" * 65 + b"]" * 65, "yaml.too-deep", ""),
    (b"[" * 5000, "yaml.too-deep", ""),
    (b"- " * 5000, "yaml.too-deep", ""),
    (b"a: " + b"x" * (MAX_STRING_BYTES + 1), "yaml.string-too-long", "a (line 1, column 4)"),
    ("\n".join(f"k{i}: 1" for i in range(MAX_MEMBERS + 1)).encode(), "yaml.too-many-members", ""),
    (b"x" * (1024 * 1024 + 1), "yaml.too-large", ""),
]


@pytest.mark.parametrize(("data", "code", "place"), BAD)
def test_bad_yaml_is_refused_with_code_and_place(data: bytes, code: str, place: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_yaml(data)
    problem = refusal.value.problems[0]
    assert problem.code == code
    assert place in {problem.place, ""}
    assert str(refusal.value).isprintable()
