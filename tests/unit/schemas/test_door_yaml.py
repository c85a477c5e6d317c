"""The strict door for YAML: a safe subset, text stays text."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field

from schemas.document import Written
from schemas.door import parse_document
from schemas.door.limits import MAX_MEMBERS, MAX_STRING_BYTES
from schemas.door.yaml_text import parse_yaml
from schemas.parties import Parties, Shipments
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


PARTIES = """\
oreprint: parties/1
registry: registry.example
parties:
  - did: did:web:ann.example
    names: [{lang: en, text: Ann}]
    facilities: [{id: "https://ann.example/1", name: Plant 1, country: CN}]
    kinds: [oxide]
witnesses:
  least: LEAST
  keys:
    - {key: "w1.example+00000000+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh", at: "https://w1.example"}
    - {key: "w2.example+00000000+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh", at: "https://w2.example"}
    - {key: "w3.example+00000000+AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAh", at: "https://w3.example"}
voided: [VOIDED]
"""


def _parties(least: str, voided: str = "17") -> Parties:
    text = PARTIES.replace("LEAST", least).replace("VOIDED", voided)
    return parse_document(Parties, text.encode(), media="yaml")


def test_whole_numbers_are_read_where_the_document_has_whole_numbers() -> None:
    """Hard use 26: parties in YAML take `least: 3` and `voided: [17]`, as the how-to pages write them."""
    read = _parties("3", "17, 0, 4")
    assert read.witnesses is not None
    assert read.witnesses.least == 3
    assert read.voided == (17, 0, 4)


@pytest.mark.parametrize("least", ['"3"', "3.0", "03", "+3", "three", "1e0", "9007199254740993", "-0x1"])
def test_what_json_would_not_call_a_whole_number_is_none_in_yaml_either(least: str) -> None:
    """Hard use 26: a number in quotes stays a text, and no other way to write a number is guessed at."""
    with pytest.raises(InputError) as refusal:
        _parties(least)
    assert [(each.code, each.place) for each in refusal.value.problems] == [
        ("document.not-whole-number", "witnesses.least")
    ]


def test_a_whole_number_that_is_out_of_range_is_refused_for_that() -> None:
    """Hard use 26: a whole number is held to its bounds, and told as what it is."""
    with pytest.raises(InputError) as refusal:
        _parties("0", "-1")
    assert [(each.code, each.place) for each in refusal.value.problems] == [
        ("document.too-small", "witnesses.least"),
        ("document.too-small", "voided[0]"),
    ]


def test_a_text_that_looks_like_a_number_stays_a_text() -> None:
    """Hard use 26: where the document has a text, a plain number is that text, with all of its digits."""
    shipments = b"oreprint: shipments/1\nshipments:\n  - {lot: 88, mass: 5 kg, from: did:web:a.example, to: did:web:b.example, before: 2026}"
    (shipment,) = parse_document(Shipments, shipments, media="yaml").shipments
    assert (shipment.lot, shipment.before) == ("88", "2026")


class Tagged(Written):
    kind: Literal["tagged"]
    counts: dict[str, tuple[int, ...]]


class Other(Written):
    kind: Literal["other"]
    count: int | None = None


class Holder(Written):
    parts: tuple[Annotated[Tagged | Other, Field(discriminator="kind")], ...]


def test_whole_numbers_are_found_in_unions_lists_and_mappings() -> None:
    """Hard use 26: wherever a schema has a whole number, however deep."""
    text = b"parts: [{kind: tagged, counts: {a: [1, 2], b: [-3]}}, {kind: other, count: 4}, {kind: other, count: null}]"
    first, second, third = parse_document(Holder, text, media="yaml").parts
    assert isinstance(first, Tagged)
    assert first.counts == {"a": (1, 2), "b": (-3,)}
    assert isinstance(second, Other)
    assert second.count == 4
    assert isinstance(third, Other)
    assert third.count is None
