"""The codec reads what pydantic reads, in its one spelling; anything else is left to pydantic."""

from __future__ import annotations

import importlib
import json
import pkgutil
import random
import types
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, get_args

import msgspec
import pytest
from msgspec import Meta
from pydantic import AfterValidator, Field, StringConstraints, TypeAdapter, ValidationError

import schemas
from ledger.seal.disclosure import value_text
from ledger.seal.sdjwt import open_certificate
from schemas.attestation import Attestation
from schemas.certificate import CertificateRecord, Detail
from schemas.codec import Codec, codec
from schemas.determination import Measured, Slope
from schemas.document import Document
from schemas.instant import Period
from schemas.inventory import Credits, Direct, Electricity, Fuels, Materials, Transport, Waste
from schemas.lot import Lot
from schemas.problem import InputError
from schemas.run import Input, Output, Run, Source
from schemas.struct import Struct, Tagged
from tests.support.worlds.sample_records import attestation, sealed_certificate

if TYPE_CHECKING:
    from collections.abc import Iterator

_MODELS: Final[dict[str, type[Document]]] = {
    "run": Run,
    "run/inputs": Input,
    "run/outputs": Output,
    "details": Detail,
    "source": Source,
    "materials": Materials,
    "fuels": Fuels,
    "electricity": Electricity,
    "direct": Direct,
    "transport": Transport,
    "waste": Waste,
    "credits": Credits,
}
_CHECKS: Final = {"_lot", "_name", "_in_order", "_rows_in_order"}
"""Validators of documents, which return what they are given: the codec only shows values to them."""
_METHODS: Final = (
    b'{"by":"measured","monitor":"CEMS 1","continuous":true,"document":"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"}',
    b'{"by":"measured","monitor":"CEMS 1","continuous":false}',
    b'{"by":"slope","coefficient":"0.1","minutes_per_cell_day":"2","metal_kg":"3"}',
    b'{"by":"ratio","to":"CF4","ratio":"0.1"}',
    b'{"by":"default","factor":"methods/n2o.glo","mass_kg":"3","strength":"0.5"}',
    b'{"by":"anode-balance"}',
    b'{"by":"decomposition","compound":"CaCO3","mass_kg":"1","purity":"1","decomposed":"1","burnt":true,"recovered":"0"}',
    b'{"by":"refill","added_kg":"3","removed_kg":"1"}',
)
"""One emission's method after the other: one of several structs."""


def _documents() -> dict[type[Document], bytes]:
    """Return a text of each kind of document that a certificate is made of."""
    opened = open_certificate(sealed_certificate().text)
    found: dict[type[Document], bytes] = {
        CertificateRecord: opened.record.to_bytes(),
        Attestation: attestation(opened.digest).to_bytes(),
    }
    for place, shown in opened.shown.items():
        parent, _, last = place.rpartition("/")
        found[_MODELS.get(last) or _MODELS[parent]] = value_text(shown)
    lines = [
        b'{"name":"n","basis":"metered","substance":"CO2","mass_kg":"1","elements":[],"method":%b}' % each
        for each in _METHODS
    ]
    found[Direct] = b'{"group":"direct","lines":[%b]}' % b",".join(lines)
    return found


_DOCUMENTS: Final = _documents()
_QUICK: Final = list(_DOCUMENTS)


def _objects(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(each)


def _other_members(text: bytes) -> Iterator[bytes]:
    """Yield the text with one member elsewhere, absent, null, or new, and so for each member."""
    for number, each in enumerate(_objects(json.loads(text))):
        for name in each:
            for change in ("last", "absent", "null", "new"):
                whole = json.loads(text)
                changed = list(_objects(whole))[number]
                value = changed.pop(name) if change in ("last", "absent") else changed[name]
                if change != "absent":
                    changed[{"new": f"{name}s"}.get(change, name)] = None if change == "null" else value
                yield json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


def _other_bytes(text: bytes) -> Iterator[bytes]:
    """Yield the text with more in each place, and with each byte escaped; with a member more in each object."""
    for at in range(0, len(text), 3):
        yield text[:at] + (b" ", b"0", b"-", b"null,", text[at : at + 1])[at % 5] + text[at:]
        yield text[:at] + b"\\u%04x" % text[at] + text[at + 1 :]
    for member in (b'"lines":[],', b'"oreprint":"run/1",', b'"note":null,'):
        yield text.replace(b"{", b"{" + member)


def _other_values(text: bytes) -> Iterator[bytes]:
    """Yield the text with another value of a member, and so for each: of another form, or type, or none of its list."""
    for number, each in enumerate(_objects(json.loads(text))):
        for name, value in each.items():
            for other in (*_like(value), 1, -1, True, None, "", " ", "0", "x" * 700, [], {}, [value], [value, value]):
                whole = json.loads(text)
                list(_objects(whole))[number][name] = other
                yield json.dumps(whole, separators=(",", ":"), ensure_ascii=False).encode()


def _like(value: object) -> list[object]:
    """Return values like one: nearly the same, some of them right."""
    match value:
        case bool() | None:
            return [not value]
        case int():
            return [value + 1, 10**9, 10**18, 10**30, 0.5]
        case str():
            return [value + "1", value[:-1], value + "\u200b", "包" + value, value.swapcase(), "1" + value]
        case list():
            return [value[1:], [*reversed(value)], value + value, [*value, 1]]
        case _:
            return []


def _model(kind: Any) -> type[Document]:  # noqa: ANN401 - any annotation
    body = {"__annotations__": {"a": kind}, "__module__": __name__}
    return types.new_class("Model", (Document,), exec_body=lambda names: names.update(body))


def _quick(model: type[Document]) -> Codec:
    found = codec(model)
    assert found is not None
    return found


@cache
def _adapter(model: type[Document]) -> TypeAdapter[Document]:
    return TypeAdapter(model)


def _read(model: type[Document], text: bytes) -> Document | None:
    """Return what pydantic reads in a text that is the one spelling of it."""
    try:
        read = _adapter(model).validate_json(text)
    except ValidationError:
        return None
    return read if read.to_bytes() == text else None


@pytest.mark.no_cover
@pytest.mark.parametrize("model", _QUICK, ids=lambda model: model.__name__)
def test_what_is_read_at_once_is_what_pydantic_reads(model: type[Document]) -> None:
    text, quick = _DOCUMENTS[model], _quick(model)
    assert quick.read(text) == model.from_text(text) == _read(model, text)
    assert model.from_text(text).to_bytes() == text
    same = 0
    for other in (*_other_members(text), *_other_bytes(text), *_other_values(text)):
        read, due = quick.read(other), _read(model, other)
        assert read is None or read == due, other
        same += read is not None
        if due is None:
            with pytest.raises(InputError):
                model.from_text(other)
        else:
            assert model.from_text(other) == due
    assert same > 0


_FRAGMENTS: Final = (
    b'"', b'",', b",", b"{", b"}", b"[", b"]", b":", b"null", b"true", b"0", b"-", b"9" * 12, b".", b" ", b"\\u0041", b"e1", b"\n",
    b'"note":"x",', b'"value":[],', "包".encode(), "\u200b".encode(), b"\0", b"\xff", b"\xef\xbb\xbf", b'""', b"[]", b"{}",
)  # fmt: skip


def _scrambled(text: bytes, rnd: random.Random) -> bytes:
    """Return a text with one to three changes: something put in, left out or doubled, or its pieces between
    quotation marks mixed.
    """
    for _ in range(rnd.choice((1, 1, 2, 3))):
        at = rnd.randrange(len(text) + 1)
        pieces = text.split(b'"')
        one, other = rnd.randrange(len(pieces)), rnd.randrange(len(pieces))
        match rnd.randrange(5):
            case 0:
                text = text[:at] + rnd.choice(_FRAGMENTS) + text[at:]
            case 1:
                text = text[:at] + text[at + rnd.randrange(1, 6) :]
            case 2:
                text = text[:at] + text[rnd.randrange(at + 1) : at][:200] + text[at:]
            case 3:
                pieces[one], pieces[other] = pieces[other], pieces[one]
                text = b'"'.join(pieces)
            case _:
                pieces[one] = rnd.choice((pieces[one] + rnd.choice(_FRAGMENTS), pieces[one][:-1], pieces[one] * 2))
                text = b'"'.join(pieces)
    return text


def test_what_is_changed_at_random_is_read_the_same_both_ways() -> None:
    rnd, at_once = random.Random(15), 0  # noqa: S311 - it changes texts
    for _ in range(20_000):
        model = rnd.choice(_QUICK)
        text = _scrambled(_DOCUMENTS[model], rnd)
        read, due = _quick(model).read(text), _read(model, text)
        assert read == due or b"\\" in text, text
        at_once += read is not None
    assert at_once > 200


@pytest.mark.parametrize("model", _QUICK, ids=lambda model: model.__name__)
def test_of_a_trusted_text_the_same_document_is_read(model: type[Document]) -> None:
    text = _DOCUMENTS[model]
    assert model.from_text(text, trusted=True) == model.from_text(text)
    with pytest.raises(InputError):
        model.from_text(text[:-1], trusted=True)


def test_both_write_the_same() -> None:
    """Of every character: `msgspec` and pydantic."""

    class Kind(Document):
        name: str

    for code in (*range(0xD800), *range(0xE000, 0x11000), 0x1F600, 0x10FFFF):
        document = Kind(name=f"a{chr(code)}b")
        assert document.to_bytes() == _adapter(Kind).dump_json(document)


_WIDE: Final[dict[str, object]] = {
    "a quotation mark": Annotated[str, StringConstraints(pattern='^a"?$')],
    "any character": Annotated[str, StringConstraints(pattern="^a.$")],
    "no blank": Annotated[str, StringConstraints(pattern=r"^a\S$")],
    "a range": Annotated[str, StringConstraints(pattern="^[ -~]$")],
    "no anchor": Annotated[str, StringConstraints(pattern="a$")],
    "stripped": Annotated[str, StringConstraints(strip_whitespace=True)],
    "multiples": Annotated[int, Field(multiple_of=2)],
    "bounds for pydantic alone": Annotated[int, Field(ge=1, le=11)],
    "other bounds for pydantic": Annotated[int, Field(ge=1, le=11), Meta(ge=1, le=12)],
    "any members": dict[str, str],
    "two types": str | int,
    "a real number": float,
    "null or not": str | None,
    "one of two structs": Annotated[Measured | Slope, Tagged("by")],
    "words that are numbers": Literal[1, 2],
    "a validator that is told more": Annotated[str, AfterValidator(lambda value, _: value)],
}


@pytest.mark.parametrize("kind", _WIDE.values(), ids=_WIDE)
def test_a_type_that_says_more_than_a_codec_can_check_has_none(kind: object) -> None:
    assert codec(_model(kind)) is None


_HELD: Final[tuple[tuple[object, list[str], list[str]], ...]] = (
    (Annotated[str, StringConstraints(min_length=2)], ['"ab"', '"包头"'], ['"a"', '""']),
    (Annotated[str, StringConstraints(max_length=2)], ['""', '"包头"'], ['"abc"']),
    (Annotated[str, StringConstraints(pattern="^[a-z]{1,3}$", max_length=2)], ['"ab"'], ['"abc"', '"A"']),
    (Annotated[str, StringConstraints(pattern="^[^a]{1,2}$")], ['"bc"', '"头"'], ['"ab"', '"bcd"']),
    (Annotated[int, Field(ge=1, le=11), Meta(ge=1, le=11)], ["1", "11"], ["0", "12", "-1", "01", "1.0", "1e0"]),
    (Annotated[tuple[int, ...], Field(min_length=1, max_length=2)], ["[1]", "[1,2]"], ["[]", "[1,2,3]"]),
    (tuple[int, ...], ["[]", "[1,2,3]"], ["[1,]", "1"]),
    (tuple[int, bool], ["[1,true]"], ["[1]", "[1,true,1]", "[1,0]"]),
    (Literal["a", "b"], ['"a"', '"b"'], ['"c"', "null"]),
    (tuple[Literal["a"] | None, ...], ['["a",null]'], ['["b"]']),
    (Period, ['{"start":"2026-01-01","end":"2026-01-02"}'], ['{"start":"2026-01-02","end":"2026-01-01"}']),
    (Lot, ['"L1"', '"批"'], ['""', '" L"', '"L\u202e"']),
)


@pytest.mark.parametrize(("kind", "good", "bad"), _HELD, ids=[str(number) for number in range(len(_HELD))])
def test_it_holds_a_text_to_all_that_its_schema_says(kind: object, good: list[str], bad: list[str]) -> None:
    model = _model(kind)
    for value in good:
        text = f'{{"a":{value}}}'.encode()
        assert _quick(model).read(text) == _read(model, text) is not None
    for value in bad:
        text = f'{{"a":{value}}}'.encode()
        assert _quick(model).read(text) is None is _read(model, text)


def test_validators_of_documents_change_nothing() -> None:
    """Those of values are named here, so that who adds one looks at this rule."""
    modules = [importlib.import_module(each.name) for each in pkgutil.walk_packages(schemas.__path__, "schemas.")]
    kinds = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type(Struct))}
    found = {name for kind in kinds if kind is not Struct for name in _validators(kind)}
    assert found == _CHECKS


def _validators(hint: Any) -> Iterator[str]:  # noqa: ANN401 - any annotation
    if isinstance(hint, AfterValidator):
        yield hint.func.__name__
    if isinstance(hint, type(Struct)):
        for member in msgspec.structs.fields(hint):
            yield from _validators(member.type)
    for each in (*get_args(hint), *getattr(hint, "__metadata__", ())):
        yield from _validators(each)
