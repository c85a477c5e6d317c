"""Documents at the door: all problems at once, in the giver's own terms; and the one spelling of sealed ones."""

from __future__ import annotations

import gc
import json
import re
from decimal import Decimal
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Literal, get_args
from weakref import WeakSet

import pytest
from msgspec import field
from pydantic import BaseModel, Field, TypeAdapter

from schemas import garbage
from schemas.document import Document, Written
from schemas.door import JsonValue, parse_document, validated
from schemas.door.limits import MAX_PROBLEMS
from schemas.garbage import MOST_PASSED_OVER, gc_paused
from schemas.identifier import FORMS, Country
from schemas.instant import Instant, Period
from schemas.lot import FORM, Lot
from schemas.name import Name
from schemas.parties import Parties, Shipments
from schemas.patterns import CODE_OF_PATTERN
from schemas.problem import InputError, Problem, Sentence, shown
from schemas.quantity import Amount6, Cubic, FineMass, Fraction6, FuelAmount, Mass, Quantity, Share, UnitPrice
from schemas.record import InstrumentRecord, ProductionRecord
from schemas.struct import Tagged
from schemas.vocabulary import Kind, Step

if TYPE_CHECKING:
    from collections.abc import Iterator


class Drawn(Document):
    kind: Literal["drawn"]
    mass_kg: Amount6


class Mixed(Document):
    kind: Literal["mixed"]
    share: Fraction6


Input = Annotated[Drawn | Mixed, Tagged("kind")]


class Sample(Document):
    lot: Lot
    at: Instant
    period: Period
    names: tuple[Name, ...]
    inputs: Annotated[tuple[Input, ...], Field(min_length=1, max_length=4)]
    count: Annotated[int, Field(ge=1)] = field(name="n")
    note: Annotated[str, Field(min_length=2, max_length=5)] | None = None
    mode: Literal["x", "y"]
    final: bool = True
    by_plant: dict[str, Drawn] = field(default_factory=dict)


GOOD = (
    '{"lot":"OX-17","at":"2026-01-01T00:00:00Z","period":{"start":"2026-01-01","end":"2026-01-31"},'
    '"names":[{"lang":"zh-Hans","text":"包头"}],"inputs":[{"kind":"drawn","mass_kg":"1.5"}],"n":1,"mode":"x",'
    '"final":true,"by_plant":{}}'
)


def changed(**members: object) -> bytes:
    return json.dumps({**json.loads(GOOD), **members}).encode()


def refused(data: bytes) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as refusal:
        parse_document(Sample, data)
    assert all("<" not in problem.sentence() for problem in refusal.value.problems)
    return [(problem.code, problem.place) for problem in refusal.value.problems]


@pytest.mark.parametrize(
    ("members", "code", "place"),
    [
        ({"lot": 5}, "document.not-text", "lot"),
        ({"lot": ""}, "document.lot-length", "lot"),
        ({"lot": None}, "document.null", "lot"),
        ({"at": "2026-02-29T00:00:00Z"}, "quantity.instant", "at"),
        ({"period": {"start": "2026-01-02", "end": "2026-01-01"}}, "quantity.period", "period"),
        ({"period": []}, "document.not-object", "period"),
        ({"names": {}}, "document.not-list", "names"),
        ({"names": [{"lang": "zh_Hans", "text": "a"}]}, "document.language", "names[0].lang"),
        ({"names": [{"lang": "zh", "text": "a\u200b"}]}, "document.unseen-character", "names[0].text"),
        ({"inputs": []}, "document.too-few", "inputs"),
        ({"inputs": [{"kind": "drawn", "mass_kg": "1"}] * 5}, "document.too-many", "inputs"),
        ({"inputs": [{"kind": "drawn", "mass_kg": 1.5}]}, "document.not-text", "inputs[0].mass_kg"),
        ({"inputs": [{"kind": "drawn", "mass_kg": "1.50"}]}, "quantity.amount-6", "inputs[0].mass_kg"),
        ({"inputs": [{"kind": "mixed", "share": "1.1"}]}, "quantity.fraction", "inputs[0].share"),
        ({"inputs": [{"kind": "drawn"}]}, "document.missing-member", "inputs[0].mass_kg"),
        ({"inputs": [{"kind": "other"}]}, "document.unknown-tag", "inputs[0]"),
        ({"inputs": [{}]}, "document.missing-tag", "inputs[0]"),
        ({"n": 0}, "document.too-small", "n"),
        ({"n": "1"}, "document.not-whole-number", "n"),
        ({"n": True}, "document.not-whole-number", "n"),
        ({"mode": "z"}, "document.not-one-of", "mode"),
        ({"note": "a"}, "document.too-short", "note"),
        ({"note": "abcdef"}, "document.too-long", "note"),
        ({"final": "true"}, "document.not-true-false", "final"),
        ({"by_plant": []}, "document.not-object", "by_plant"),
        ({"by_plant": {"north": {"kind": "drawn", "mass_kg": "x"}}}, "quantity.amount-6", "by_plant.north.mass_kg"),
        ({"foreign": 1}, "document.foreign-member", "foreign"),
        ({"mod": "x"}, "document.unknown-member", "mod"),
    ],
)
def test_each_fault_has_code_and_place(members: dict[str, object], code: str, place: str) -> None:
    assert refused(changed(**members)) == [(code, place)]


def test_all_problems_come_together() -> None:
    found = refused(changed(lot="", mode="z", inputs=[{"kind": "drawn", "mass_kq": "1"}]))
    assert found == [
        ("document.lot-length", "lot"),
        ("document.missing-member", "inputs[0].mass_kg"),
        ("document.unknown-member", "inputs[0].mass_kq"),
        ("document.not-one-of", "mode"),
    ]


def test_an_unknown_member_names_the_nearest_known_one_at_its_place() -> None:
    with pytest.raises(
        InputError, match=r"inputs\[0\].mass_kq: There is no member mass_kq here. Did you mean mass_kg\?"
    ):
        parse_document(Sample, changed(inputs=[{"kind": "drawn", "mass_kg": "1", "mass_kq": "1"}]))


def test_a_flood_of_problems_is_counted() -> None:
    found = refused(changed(**{f"m{i}": 1 for i in range(MAX_PROBLEMS + 20)}))
    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1][0] == "document.more-problems"


def test_a_union_is_a_document_too() -> None:
    adapter: TypeAdapter[Drawn | Mixed] = TypeAdapter(Input)
    assert parse_document(adapter, b'{"kind":"mixed","share":"0.5"}') == Mixed(kind="mixed", share="0.5")
    with pytest.raises(InputError, match="Did you mean share"):
        parse_document(adapter, b'{"kind":"mixed","shares":"0.5","share":"1"}')


def test_a_collection_is_a_document_too() -> None:
    assert parse_document(tuple[str, ...], b'["a"]') == ("a",)


class Line(Written):
    mass: Mass
    fuel: FuelAmount | None = None
    price: UnitPrice | None = None
    share: Share = "0"
    water: Cubic = "0"
    emission: FineMass | None = None


def test_yaml_and_json_meet_in_the_same_document() -> None:
    yaml = b"mass: 1.20 t\nfuel: 10.0 GJ\nprice: 62.50 USD/kg\nshare: 22.4 %\nwater: 0 L\nemission: 0.125 mg\n"
    text = b'{"mass":"1.20 t","fuel":"10.0 GJ","price":"62.50 USD/kg","share":"22.4 %","water":"0 L","emission":"0.125 mg"}'
    line = parse_document(Line, yaml, media="yaml")
    assert line == parse_document(Line, text)
    assert line == Line(
        mass="1200 kg",
        fuel="10000 MJ",  # type: ignore[arg-type]
        price="62.5 USD/kg",  # type: ignore[arg-type]
        share="0.224",
        water="0 m3",
        emission="0.000125 g",
    )
    assert (line.mass, line.fuel, line.emission) == ("1200", Quantity("10000", "MJ"), "0.000000125")
    assert '"fuel":"10000 MJ"' in line.model_dump_json()
    assert Line.model_json_schema()["properties"]["mass"]["examples"] == ["38.0 kg"]


def test_written_amounts_are_refused_one_by_one() -> None:
    with pytest.raises(InputError) as refusal:
        parse_document(Line, b'{"mass":38.0,"fuel":3,"price":"0 USD/kg","share":"122 %","water":"-1 L"}')
    assert [(problem.code, problem.place) for problem in refusal.value.problems] == [
        ("document.not-text", "mass"),
        ("document.not-text", "fuel"),
        ("quantity.price", "price"),
        ("quantity.share", "share"),
        ("quantity.negative", "water"),
    ]


def test_a_document_is_its_text() -> None:
    sample = Sample.from_text(GOOD)
    assert sample.to_text() == GOOD
    assert Sample.from_text(GOOD.encode()) == sample
    assert sample == parse_document(Sample, GOOD.encode())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"n":1', '"n": 1'),
        ('"n":1', '"n":1,"note":null'),
        ("OX", "\\u004fX"),
        ("包", "\\u5305"),
        ('"mode":"x"', '"mode":"y","mode":"x"'),
        ('"n":1,"mode":"x"', '"mode":"x","n":1'),
        ('"n":1', '"n":1.0'),
        ("{}}", "{}}\n"),
    ],
)
def test_a_second_spelling_is_refused(old: str, new: str) -> None:
    assert GOOD.count(old) == 1
    with pytest.raises(InputError) as refusal:
        Sample.from_text(GOOD.replace(old, new))
    assert refusal.value.code in {"document.spelling", "document.not-json", "document.not-whole-number"}


def test_the_difference_is_shown() -> None:
    with pytest.raises(InputError, match=r'at byte 1 it has  "note":"é"} instead of "note":"é"}'):
        Words.from_text('{ "note":"é"}')


@pytest.mark.parametrize("text", [b"[[[", b"", b"\xff", '{"lot":"\ud800"}', b"[" * 100_000])
def test_broken_text_is_refused(text: bytes | str) -> None:
    with pytest.raises(InputError):
        Sample.from_text(text)


class Words(Document):
    note: str
    max_text_bytes = 40


def test_the_escapes_are_the_documented_ones() -> None:
    words = Words(note='"\\/\b\t\n\f\r\x00\x1f\x7f\u2028é😀')
    assert words.to_bytes() == b'{"note":"' + '\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\u2028é😀'.encode() + b'"}'


def test_a_long_text_is_not_looked_at() -> None:
    with pytest.raises(InputError) as refusal:
        Words.from_text('{"note":"' + "x" * 40 + '"}')
    assert refusal.value.code == "document.too-long-text"


def test_the_collector_is_aside_while_documents_are_read_and_then_as_it_was() -> None:
    assert gc.isenabled()
    with gc_paused():
        with pytest.raises(InputError), gc_paused():
            raise InputError.at("bundle.header")
        assert not gc.isenabled()
    assert gc.isenabled()
    gc.disable()
    try:
        with gc_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


class Pairs(Written):
    rows: tuple[tuple[str, str], ...]


@pytest.mark.parametrize(
    ("row", "places"),
    [(["a"], {"rows[1][1]"}), ([], {"rows[1][0]", "rows[1][1]"}), (["a", "b", "c"], {"rows[1]"})],
)
def test_a_row_of_another_length_is_told_by_its_place(row: list[JsonValue], places: set[str]) -> None:
    with pytest.raises(InputError) as refusal:
        validated(Pairs, {"rows": [["a", "b"], row]})
    assert {each.place for each in refusal.value.problems} == places


class Circle:
    """Something that only the collector can free."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def nothing_frozen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A process that has frozen nothing, which this one has (`tests/conftest.py`)."""
    monkeypatch.setattr(garbage, "_frozen", [False])
    frozen = gc.get_freeze_count()
    gc.unfreeze()
    yield
    if frozen:
        gc.freeze()


def test_what_is_frozen_is_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server freezes what it has loaded, and must not count it again with each answer."""
    counted: list[int] = []

    def count() -> int:
        counted.append(1)
        return 1

    monkeypatch.setattr(garbage, "_frozen", [False])
    monkeypatch.setattr(gc, "get_freeze_count", count)
    for _ in range(3):
        with gc_paused():
            read = [[number] for number in range(2 * gc.get_threshold()[0])]
        del read
    assert len(counted) == 1


@pytest.mark.usefixtures("nothing_frozen")
def test_cycles_that_are_made_beside_are_not_kept_for_ever() -> None:
    """A caller that reads again and again, and makes cycles of its own between."""
    circles = WeakSet[Circle]()
    made = MOST_PASSED_OVER // 50
    for _ in range(60):
        with gc_paused():
            circles.add(Circle())
            read = [[number] for number in range(made)]
        del read
    assert len(circles) < 30


def patterns(schema: object) -> Iterator[str]:
    if isinstance(schema, dict) and isinstance(pattern := schema.get("pattern"), str):
        yield pattern
    if isinstance(schema, dict | list):
        for each in schema.values() if isinstance(schema, dict) else schema:
            yield from patterns(each)


@pytest.mark.parametrize("model", [ProductionRecord, InstrumentRecord, Parties, Shipments])
def test_each_form_that_people_write_is_said_in_words(model: type[BaseModel]) -> None:
    # a lot's characters are told one by one (`schemas.lot.checked_lot`); its pattern only describes them
    used = set(patterns(model.model_json_schema())) - {*CODE_OF_PATTERN, FORM["pattern"]}
    assert used
    for pattern in used:
        form = FORMS[pattern]
        assert form == shown(form), "cut"
        example = form.partition("such as ")[2]
        assert not example or re.fullmatch(pattern, example), form


def test_a_text_of_another_form_is_told_what_belongs_there() -> None:
    with pytest.raises(InputError, match="two capital letters of ISO 3166-1, such as CN") as refusal:
        validated(TypeAdapter(Country), "China")
    assert "^" not in str(refusal.value)


def test_a_long_list_of_words_is_told_by_the_nearest_and_where_all_stand() -> None:
    with pytest.raises(InputError, match=r"'alkaline-cracking', .* others that `oreprint vocabulary steps` lists"):
        validated(TypeAdapter(Step), "alkaline-craking")
    with pytest.raises(InputError) as refusal:
        validated(TypeAdapter(Kind), "oxid")
    assert all(f"'{each}'" in str(refusal.value) for each in get_args(Kind))


def test_what_is_said_of_a_value_is_not_how_the_program_holds_it() -> None:
    period = Period(start="2026-01-05", end="2026-01-31")
    told = [shown(each) for each in (PurePosixPath("/a"), period, Decimal("1.50"), None, ("a", 2))]
    assert told == ["/a", "start 2026-01-05, end 2026-01-31", "1.50", "nothing", "a, 2"]


def test_a_value_is_cut_in_a_message_and_a_sentence_in_it_is_whole() -> None:
    long = "a" * 79 + "." + "b" * 900
    value = Problem.at("quantity.form", "mass", value=long)
    assert value.facts["value"] == "a" * 79 + "…"
    told = Problem.at("file.refused", "x", reason=Sentence(long))
    assert told.facts["reason"] == long
    assert len(Problem.at("file.refused", "x", reason=Sentence(long * 9)).facts["reason"]) == 1000
