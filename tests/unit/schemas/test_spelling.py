"""The pattern of a spelling matches what is written of a document, and nothing else that can be read."""

from __future__ import annotations

import importlib
import json
import pkgutil
from typing import TYPE_CHECKING, Any, Final

import pytest
from pydantic import ValidationError

import schemas
from ledger.seal.disclosure import value_text
from ledger.seal.sdjwt import open_certificate
from schemas import spelling
from schemas.attestation import Attestation
from schemas.certificate import CertificateRecord, Detail
from schemas.document import Document
from schemas.inventory import Credits, Direct, Electricity, Fuels, Materials, Transport, Waste
from schemas.problem import InputError
from schemas.run import Input, Output, Run, Source
from schemas.spelling import _spelling, surely_spelt
from tests.samples import attestation, sealed_certificate

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
_CHECKS: Final = {"_lot", "_name", "_in_order", "_rows_in_order", "_in_itself"}
"""Validators of documents, which return what they are given: the pattern takes their word for it."""


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
    return found


_DOCUMENTS: Final = _documents()


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


@pytest.fixture
def patterns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have patterns made at once."""
    monkeypatch.setattr(spelling, "FIRST_TEXTS", 0)


@pytest.mark.usefixtures("patterns")
@pytest.mark.parametrize("model", _DOCUMENTS, ids=lambda model: model.__name__)
def test_what_matches_is_what_is_written(model: type[Document]) -> None:
    text = _DOCUMENTS[model]
    assert surely_spelt(model, text)
    assert model.from_text(text).to_bytes() == text
    read = 0
    for other in (*_other_members(text), *_other_bytes(text)):
        try:
            written = model.__pydantic_validator__.validate_json(other).to_bytes()
        except ValidationError:
            continue
        read += 1
        assert surely_spelt(model, other) <= (written == other), other
        if written != other:
            with pytest.raises(InputError, match="spell"):
                model.from_text(other)
    assert read > 0


def test_a_pattern_is_made_when_many_texts_were_read() -> None:
    class Kind(Document):
        name: str

    texts = spelling.FIRST_TEXTS * [b'{"name":"a"}']
    assert [surely_spelt(Kind, text) for text in texts].count(True) == 0
    assert surely_spelt(Kind, b'{"name":"a"}')
    assert not surely_spelt(Kind, b'{"name": "a"}')


def test_validators_of_documents_change_nothing() -> None:
    """Those of values are named here, so that who adds one looks at this rule."""
    for module in pkgutil.walk_packages(schemas.__path__, "schemas."):
        importlib.import_module(module.name)
    kinds = [kind for kind in _kinds(Document) if not kind.__module__.startswith("tests.") and _spelling(kind)]
    found = {name for kind in kinds for name in _checks(kind.__pydantic_core_schema__)}
    assert found <= _CHECKS


def _kinds(kind: type[Document]) -> Iterator[type[Document]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


def _checks(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        if schema.get("type") == "function-after":
            yield schema["function"]["function"].__name__
        for each in schema.values():
            yield from _checks(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _checks(each)
