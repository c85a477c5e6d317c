"""Attacks with bad JSON, YAML, encodings, names and times, at the door (JS-...)."""

from __future__ import annotations

import bz2
import codecs
import gzip
import json
import lzma
import re
import time
import unicodedata
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

import pytest
from pydantic import TypeAdapter, ValidationError

from ledger.registry.admission import check_parties
from schemas.certificate import Facility, Issuer
from schemas.document import Document
from schemas.door import parse_document, parse_json, parse_value, validated
from schemas.door.limits import MAX_BYTES
from schemas.instant import Day, Instant, Period, date_of, epoch_ms
from schemas.lot import Lot, checked_lot
from schemas.name import Name, checked_name, skeleton
from schemas.parties import Parties
from schemas.problem import InputError, OreprintError
from schemas.quantity import Amount6, Mass, SignedAmount12

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schemas.door import JsonValue

LONGEST_ANSWER = 5.0
"""Seconds of this thread that any answer of the door may take (JS-09), also while coverage counts lines."""


@contextmanager
def soon() -> Iterator[None]:
    """Fail if what is inside takes longer than an answer may; own time, since tests share the machine."""
    start = time.thread_time()  # other threads of this process are other tests' servers
    yield
    assert time.thread_time() - start < LONGEST_ANSWER


def refusal(data: bytes, *, media: Literal["json", "yaml"] = "json") -> str:
    with soon(), pytest.raises(InputError) as refused:
        parse_value(data, media=media)
    assert str(refused.value).replace("\n", "").isprintable()
    return refused.value.code


def suite(shared: Path, start: str) -> list[Path]:
    return sorted((shared / "vectors/json/test_parsing").glob(f"{start}_*.json"))


def test_js_01_what_must_parse_parses(shared: Path) -> None:
    files = suite(shared, "y")
    assert len(files) == 95
    for file in files:
        with soon():
            if "duplicated_key" in file.name:
                assert refusal(file.read_bytes()) == "json.duplicate-member", file.name
            else:
                assert parse_json(file.read_bytes()) == json.loads(file.read_bytes(), parse_float=_exact), file.name


def _exact(text: str) -> JsonValue:
    return parse_json(text.encode())


def test_js_01_what_must_not_parse_is_refused(shared: Path) -> None:
    files = suite(shared, "n")
    assert len(files) == 188
    assert all(refusal(file.read_bytes()).startswith("json.") for file in files)


def test_js_01_what_may_parse_is_refused_cleanly(shared: Path) -> None:
    files = suite(shared, "i")
    assert len(files) == 35
    assert {refusal(file.read_bytes()) for file in files} == {
        "json.bom",
        "json.encoding",
        "json.exponent",
        "json.lone-surrogate",
        "json.number-length",
        "json.number-range",
        "json.too-deep",
    }


@pytest.mark.parametrize("path", ["", "proof", "credentialSubject", "inputs[2]"])
@pytest.mark.parametrize("second", ["mass_kg", "\\u006dass_kg", "mass\\u005fkg"])
def test_js_02_a_member_twice_is_refused_where_it_stands(path: str, second: str) -> None:
    inner = f'{{"mass_kg":"1","{second}":"2"}}'
    text = {"": inner, "inputs[2]": f'{{"inputs":[{{}},{{}},{inner}]}}'}.get(path, f'{{"{path}":{inner}}}')
    with pytest.raises(InputError) as refused:
        parse_json(text.encode())
    assert refused.value.code == "json.duplicate-member"
    assert refused.value.problems[0].place.startswith(f"{path}.mass_kg (line 1" if path else "mass_kg (line 1")


class Amounts(Document):
    mass_kg: Amount6
    change: SignedAmount12
    written: Mass


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity", "1e400", "-1e400"])
@pytest.mark.parametrize("member", ["mass_kg", "change", "written"])
def test_js_03_no_number_that_is_none(word: str, member: str) -> None:
    good = {"mass_kg": "1", "change": "-1", "written": "1 kg"}
    raw = json.dumps({**good, member: "@"}).replace('"@"', word)
    with pytest.raises(InputError) as refused:
        parse_document(Amounts, raw.encode())
    assert refused.value.code in {"json.not-finite", "json.exponent"}
    assert refused.value.problems[0].place.startswith(member)
    for text in (word, f"{word} kg", word.lower()):
        with pytest.raises(InputError) as refused:
            parse_document(Amounts, json.dumps({**good, member: text}).encode())
        assert [problem.place for problem in refused.value.problems] == [member]


def test_js_05_integers_stay_exact_or_are_refused() -> None:
    assert parse_json(b"[9007199254740991,-9007199254740991]") == [2**53 - 1, -(2**53) + 1]
    for number in ("9007199254740992", "9007199254740993", "-9007199254740993", "1" + "0" * 400, "-1" + "0" * 5000):
        assert refusal(f'{{"free":{number}}}'.encode()) == "json.number-range"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (lambda: b"[" * 100_000, "json.too-deep"),
        (lambda: b"[" * 900 + b"]" * 900, "json.too-deep"),
        (lambda: b'{"a":' * 65 + b"1" + b"}" * 65, "json.too-deep"),
        (lambda: b"{" + b",".join(b'"%d":0' % i for i in range(100_000)) + b"}", "json.too-many-members"),
        (lambda: b"[" + b"1," * (MAX_BYTES // 2 - 2) + b"]", "json.syntax"),
        (lambda: b"[" + b"{}," * (MAX_BYTES // 3 - 2) + b"]", "json.syntax"),
        (lambda: b"[" + b'{"a":1},' * (MAX_BYTES // 8 - 4) + b'{"a":1,"a":2}]', "json.duplicate-member"),
        (lambda: b'["' + b"\\" * (MAX_BYTES - 4) + b'"]', "json.string-too-long"),
        (lambda: b'["' + b"\\n" * (MAX_BYTES // 2 - 4), "json.truncated"),
        (lambda: b"[" + b"1" * (MAX_BYTES - 2) + b"]", "json.number-range"),
        (lambda: b"[1e" + b"9" * (MAX_BYTES - 4) + b"]", "json.number-length"),
        (lambda: b"[" + b"-" * (MAX_BYTES - 2) + b"]", "json.syntax"),
        (lambda: b" " * MAX_BYTES, "json.empty"),
        (lambda: b'"\\"":' * (MAX_BYTES // 6), "json.trailing"),
        (lambda: b"x" * (50 * MAX_BYTES), "json.too-large"),
    ],
    ids=[
        "open",
        "nested",
        "objects",
        "members",
        "items",
        "empties",
        "last",
        "slashes",
        "unclosed",
        "digits",
        "exponent",
        "minus",
        "blanks",
        "colons",
        "size",
    ],
)
def test_js_09_large_and_deep_json_is_refused_soon(data: Callable[[], bytes], code: str) -> None:
    assert refusal(data()) == code


@pytest.mark.parametrize(
    "data",
    [
        lambda: b"[" * 100_000,
        lambda: b"{" * 100_000,
        lambda: b"- " * 100_000,
        lambda: b"? " * 100_000,
        lambda: b"&a " * 100_000,
        lambda: b"".join(b" " * depth + b"a:\n" for depth in range(1400)),
        lambda: (
            b"a: &a [x,x]\n" + b"".join(b"%c: &%c [*%c,*%c]\n" % (98 + i, 98 + i, 97 + i, 97 + i) for i in range(20))
        ),
        lambda: b"a: >\n" + b"  x\n\n" * 200_000,
        lambda: b"{" + b"a," * 500_000 + b"}",
        lambda: b"k: 1\n" * 100_000,
    ],
    ids=["flow-lists", "flow-maps", "lists", "keys", "anchors", "indents", "laughs", "folded", "valueless", "same-key"],
)
def test_js_09_large_and_deep_yaml_is_refused_soon(data: Callable[[], bytes]) -> None:
    assert refusal(data(), media="yaml").startswith("yaml.")


def test_js_09_large_and_good_documents_are_read_soon() -> None:
    for data in (b"[" + b"1," * 520_000 + b"1]", b'["\\n",' + b'"",' * 340_000 + b'""]'):
        with soon():
            assert len(parse_value(data, media="json")) > 300_000  # type: ignore[arg-type]
    with soon():
        assert len(parse_value(b"- 1\n" * 260_000, media="yaml")) == 260_000  # type: ignore[arg-type]


PACKED = [gzip.compress, bz2.compress, lzma.compress, lambda data: gzip.compress(gzip.compress(data)), zlib.compress]


@pytest.mark.parametrize("pack", PACKED, ids=["gzip", "bzip2", "xz", "gzip-gzip", "deflate"])
@pytest.mark.parametrize("media", ["json", "yaml"])
def test_js_12_a_packed_file_is_refused_unopened(
    pack: Callable[[bytes], bytes], media: Literal["json", "yaml"]
) -> None:
    bomb = pack(b'{"a":"' + b"x" * 10_000_000 + b'"}')
    assert refusal(bomb, media=media) in {f"{media}.compressed", f"{media}.encoding"}


def test_js_12_a_gzip_file_is_named_as_one() -> None:
    with pytest.raises(InputError, match=r"This is a gzip file, not JSON\. Unpack it first"):
        parse_json(gzip.compress(b"{}"))


def naughty(shared: Path) -> list[str]:
    blns = json.loads((shared / "vectors/strings/blns.json").read_text())
    names = json.loads((shared / "vectors/strings/names_unicode_injection.json").read_text())["names"]
    assert (len(blns), len(names)) == (515, 29)
    return [*blns, *names]


def test_js_13_a_naughty_name_is_kept_identical_or_refused_clearly(shared: Path) -> None:
    kept = 0
    for text in naughty(shared):
        given = json.dumps({"lang": "en", "text": text}).encode()
        try:
            name = parse_document(Name, given)
        except InputError as error:
            (problem,) = error.problems
            assert problem.code.startswith(("document.", "json.lone-surrogate"))
            assert problem.sentence().isprintable()
            assert problem.place.startswith("text")
        else:
            kept += 1
            assert name.text == text
            assert Name.from_text(name.to_text()) == name
            assert not any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text)
    assert kept > 350


def test_js_13_a_naughty_lot_is_kept_identical_or_refused_clearly(shared: Path) -> None:
    adapter = TypeAdapter(Lot)
    for text in naughty(shared):
        try:
            assert adapter.validate_python(text) == text
        except ValidationError:
            with pytest.raises(InputError):
                checked_lot(text)


EXISTING = "Acme Magnets Inc"


@pytest.mark.parametrize(
    "name",
    [
        "\u0410cme Magnets Inc",
        "Acme M\u0430gnets Inc",
        "Αcme Magnets Inc",
        "Acme\u200b Magnets Inc",
        "acme magnets inc",
        "ACME MAGNETS INC",
        "Acme Magnets Inc.",
        "Acme Magnets Inc ",
        "Acme Magnets, Inc.",
        "Ａｃｍｅ Ｍａｇｎｅｔｓ Ｉｎｃ",
        "Acme Magnets lnc",
        "Acme Magnets 1nc",
        "Acrne Magnets Inc",
        "Acme  Magnets Inc",
        "Acme\u00a0Magnets Inc",
        "Acme Magnets Inc\u202e",
    ],
)
def test_js_14_a_name_that_looks_like_another_is_not_registered(name: str) -> None:
    acme = Issuer(did="did:web:acme.example", names=(Name(lang="en", text=EXISTING),))
    plant = Facility(id="https://acme.example/plant", name=EXISTING, country="DE")
    fresh = party("did:web:other.example", name, f"{name} plant")
    placed = party("did:web:other.example", "Other", name)
    for wanted, place in ((fresh, "parties[0].names[0].text"), (placed, "parties[0].facilities[0].name")):
        try:
            read = validated(Parties, registry_of(wanted))
        except OreprintError:
            continue  # it is no name at all
        with pytest.raises(InputError) as refused:
            check_parties(read, {acme.did: acme}, {plant.id: (acme.did, plant)}, {})
        assert [(each.code, each.place) for each in refused.value.problems] == [("parties.look-alike", place)]


def test_js_14_names_of_one_file_are_told_apart_and_what_is_registered_stays() -> None:
    first, second = party("did:web:one.example", EXISTING, "One"), party("did:web:two.example", EXISTING.upper(), "Two")
    both = validated(Parties, registry_of(first, second))
    with pytest.raises(InputError, match="looks like"):
        check_parties(both, {}, {}, {})
    known = {each.did: Issuer(did=each.did, names=each.names) for each in both.parties}
    check_parties(both, known, {}, {})
    check_parties(validated(Parties, registry_of(first, party("did:web:two.example", "Two", "One"))), {}, {}, {})
    check_parties(validated(Parties, registry_of(first)), {}, {}, {})


def test_js_14_a_party_stands_once_and_a_plant_is_one_partys() -> None:
    one, other = party("did:web:one.example", "One", "Plant 1"), party("did:web:two.example", "Two", "Plant 2")
    other["facilities"] = [*other["facilities"], *one["facilities"]]
    with pytest.raises(InputError) as refused:
        check_parties(validated(Parties, registry_of(one, other, one)), {}, {}, {})
    assert [(each.code, each.place) for each in refused.value.problems] == [
        ("parties.twice", "parties[2].did"),
        ("parties.plant-taken", "parties[1].facilities[1].id"),
    ]


def test_js_14_two_normal_forms_of_a_name_are_one() -> None:
    decomposed = unicodedata.normalize("NFD", "Éclat Métaux")
    assert skeleton(decomposed) == skeleton("Éclat Métaux")
    with pytest.raises(InputError):
        checked_name(decomposed)


def party(did: str, name: str, plant: str) -> dict[str, Any]:
    facility = {"id": f"https://{did.rpartition(':')[2]}/plant", "name": plant, "country": "DE"}
    return {"did": did, "names": [{"lang": "en", "text": name}], "facilities": [facility], "kinds": ["oxide"]}


def registry_of(*parties: dict[str, Any]) -> dict[str, Any]:
    return {"oreprint": "parties/1", "registry": "registry.example", "parties": [*parties]}


@pytest.mark.parametrize("media", ["json", "yaml"])
@pytest.mark.parametrize(
    "encoding",
    ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "utf-8-sig", "latin-1", "gb18030"],
)
def test_js_15_other_encodings_are_refused(media: Literal["json", "yaml"], encoding: str) -> None:
    codecs.lookup(encoding)
    code = refusal('{"lot": "é氧"}'.replace("氧", "" if encoding == "latin-1" else "氧").encode(encoding), media=media)
    assert code == (f"{media}.bom" if encoding == "utf-8-sig" else f"{media}.encoding")


@pytest.mark.parametrize(
    "data", [b"<?xml version='1.0'?><a/>", b"a=1&b=2", b"--x\r\nContent-Disposition: form-data\r\n\r\n1"]
)
def test_js_15_other_media_are_no_json(data: bytes) -> None:
    assert refusal(data) == "json.syntax"


class Timed(Document):
    at: Instant
    day: Day
    period: Period


NO_INSTANTS: list[Any] = [
    *(0, 1767225600, 1767225600.5, True, None, "", "now", "1767225600", "2026-01-01", "00:00:00Z"),
    *("2026-01-01T00:00:00", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00-00:00", "2026-01-01T00:00:00+08:00"),
    *("2026-01-01T00:00Z", "2026-01-01T00Z", "20260101T000000Z", "2026-001T00:00:00Z", "2026-W01-1T00:00:00Z"),
    *("2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00,5Z", "2026-06-30T23:59:60Z", "2026-01-01T24:00:00Z"),
    *("2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z"),
    *("2026-04-31T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-01T00:60:00Z"),
    *("0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1999-12-31T23:59:59Z", "2200-01-01T00:00:00Z"),
    *("10000-01-01T00:00:00Z", "-2026-01-01T00:00:00Z", "+2026-01-01T00:00:00Z", "26-01-01T00:00:00Z"),
    *(
        "2026-01-01 00:00:00Z",
        "2026-01-01T00:00:00 Z",
        " 2026-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z ",
        "2026-01-01T00:00:00Z\n",
    ),
    *("2026-01-01t00:00:00Z", "2026-01-01T00:00:00z", "2026-01-01T00:00:00UTC", "2026-01-01T00:00:00ZZ"),
    *("２０２６-01-01T00:00:00Z", "2026-01-01T00:00:0０Z", "٢٠٢٦-01-01T00:00:00Z", "2026−01−01T00:00:00Z"),
    *("2026/01/01T00:00:00Z", "01.01.2026", "2026-1-1T0:0:0Z", "2026-01-01T00:00:00Z\x00", "2026-01-01T-1:00:00Z"),
]


@pytest.mark.parametrize("wrong", NO_INSTANTS, ids=repr)
def test_js_16_what_is_no_instant_is_refused_in_every_time_member(wrong: object) -> None:
    good = {"at": "2026-01-01T00:00:00Z", "day": "2026-01-01", "period": {"start": "2026-01-01", "end": "2026-01-31"}}
    assert parse_document(Timed, json.dumps(good).encode()).to_text() == json.dumps(good, separators=(",", ":"))
    no_day = "2026-01-01Z" if wrong == "2026-01-01" else wrong
    faults: dict[str, dict[str, object]] = {
        "at": {"at": wrong},
        "day": {"day": no_day},
        "period.start": {"period": {"start": no_day, "end": "2199-12-31"}},
        "period.end": {"period": {"start": "2000-01-01", "end": no_day}},
    }
    for place, fault in faults.items():
        with pytest.raises(InputError) as refused:
            parse_document(Timed, json.dumps({**good, **fault}).encode())
        assert [problem.place for problem in refused.value.problems] == [place]
    if isinstance(wrong, str):
        with pytest.raises(InputError):
            epoch_ms(wrong)
        with pytest.raises(InputError):
            date_of(str(no_day))


def test_js_16_an_accepted_time_is_written_as_it_came() -> None:
    text = '{"at":"2026-01-01T00:00:00Z","day":"2028-02-29","period":{"start":"2026-01-01","end":"2026-01-01"}}'
    assert Timed.from_text(text).to_text() == text
    assert re.search(r'"at":"[0-9TZ:-]{20}"', text)


def test_js_16_a_period_may_not_run_backwards() -> None:
    with pytest.raises(InputError, match="is not a period"):
        parse_document(Period, b'{"start":"2026-02-01","end":"2026-01-31"}')
