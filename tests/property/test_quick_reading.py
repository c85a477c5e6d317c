"""What is read quickly is read as strictly as all else: of a bundle line, and of the documents in a certificate.

The strict reading is pydantic's own validation, and then the comparison with what is written again; nothing quick takes
part in it.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest
from pydantic import TypeAdapter, ValidationError

from ledger.seal.disclosure import value_text
from ledger.seal.sdjwt import open_certificate
from schemas.bundle import AttestationLine, CertificateLine, SplitLine, StatementLine, read_line
from schemas.certificate import CertificateRecord
from schemas.codec import codec
from schemas.inventory import Credits, Electricity, Fuels, Materials, Transport, Waste
from schemas.problem import InputError
from schemas.run import Input, Output, Run, Source
from tests.support.worlds.attestations import Vouched
from tests.support.worlds.broken_histories import drawn
from tests.support.worlds.recipe import Make

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.bundle import BundleLine
    from schemas.codec import Codec
    from schemas.document import Document

SHORT, LONG = 6_000, 190_000
"""Mutants of lines in `make test`, and in `make soak`."""
CONTROL: Final = bytes([*range(32), 127])
TOKENS: Final = (
    b"\\u0041", b"\\/", b"\\n", b"\\\\", b'\\"', b"\\ud800", b" ", b"\n", b"\r\n", b"\t", b"null", b"true", b"1e1", b"-0", b"00", b"1.0",
    b"9999999999999999999", b'""', b"[]", b"{}", b",", b":", "é".encode(), "\u2028".encode(), "𝄞".encode(), b"\xc3", b"\xff", b"\xed\xa0\x80",
)  # fmt: skip
"""Spellings that JSON knows and no document has, and what no JSON is."""


def mutant(line: bytes, random: Random) -> bytes:
    """Return a text with one place of it changed: a byte, a few of them, or something that JSON would take there."""
    at, length = random.randrange(len(line)), random.choice((0, 0, 1, 1, 2, 5))
    match random.randrange(6):
        case 0:
            new = bytes([random.randrange(256)])
        case 1 | 2:
            new = bytes([random.choice(CONTROL)]) * random.choice((1, 1, 2))
        case 3:
            new = random.choice(TOKENS)
        case 4:
            start = random.randrange(len(line))
            new = line[start : start + random.choice((1, 3, 20))]
        case _:
            new = b""
    return line[:at] + new + line[at + length :]


def strictly(model: type[Document], text: bytes) -> Document | None:
    """Return the document of a text by pydantic alone, if it is its one spelling."""
    try:
        document = _adapter(model).validate_json(text)
    except ValidationError:
        return None
    return document if _adapter(model).dump_json(document) == text else None


@cache
def _adapter(model: type[Document]) -> TypeAdapter[Document]:
    return TypeAdapter(model)


@cache
def lines() -> tuple[tuple[type[Document], bytes], ...]:
    """Return bundle lines of each kind that a chain has many of, with the models of their kinds, in the public view
    and in the whole one.
    """
    world = Vouched()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)])
    world.attest(batch.certificate)
    found: dict[tuple[str, type], tuple[type[Document], bytes]] = {}
    for audience in ("auditor", "public"):
        for raw in world.bundle(batch.certificate, audience):
            read = read_line(raw, "")
            if isinstance(read, CertificateLine | SplitLine | StatementLine | AttestationLine):
                found[audience, type(read)] = (type(read), raw)
    return tuple(found.values())


def quickly(raw: bytes) -> BundleLine | None:
    with suppress(InputError):
        return read_line(raw, "")
    return None


def disagreements(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield the mutants of bundle lines of which the two readings say different things, by the kind of line."""
    random = Random(seed)  # noqa: S311 - the same in every run
    for turn in range(count):
        model, line = lines()[turn % len(lines())]
        changed = mutant(line, random)
        due = strictly(model, changed[:-1]) if changed.endswith(b"\n") else None
        if quickly(changed) != due:
            yield model.__name__, changed


def test_a_line_is_read_quickly_just_as_strictly() -> None:
    """Hard use 19: the quick reading of a bundle line and the strict one agree, on every mutant."""
    assert [(kind, changed[:80]) for kind, changed in disagreements(SHORT, 19)] == []


@pytest.mark.soak
def test_a_line_is_read_quickly_just_as_strictly_for_long() -> None:
    """Hard use 19: as many mutants as found it."""
    assert [(kind, changed[:80]) for kind, changed in disagreements(LONG, 1919)] == []


@pytest.mark.parametrize("control", CONTROL)
def test_no_control_character_is_read_in_a_line(control: int) -> None:
    """Hard use 19: a raw control character in any text of a line is refused by both readings, DEL by neither."""
    for model, line in lines():
        for at in range(len(b'{"t":"certificate","certificate":"') + 1, len(line) - 1, len(line) // 40):
            changed = line[:at] + bytes([control]) + line[at + 1 :]
            assert quickly(changed) == strictly(model, changed[:-1]), (model, at)


# -- documents within a certificate ------------------------------------------------------------------------------------

MODELS: Final[dict[str, type[Document]]] = {
    "run": Run, "inputs": Input, "source": Source, "outputs": Output, "materials": Materials, "fuels": Fuels,
    "electricity": Electricity, "transport": Transport, "waste": Waste, "credits": Credits,
}  # fmt: skip


@cache
def documents() -> tuple[tuple[Codec, type[Document], bytes], ...]:
    """Return the texts in a certificate that are read at once, each with how, and its model."""
    world = Vouched()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)])
    opened = open_certificate(batch.certificate.text)
    found: dict[type[Document], bytes] = {CertificateRecord: opened.record.to_bytes()}
    for place, shown in opened.shown.items():
        names = [name for name in place.split("/") if not name.isdigit()]
        if names[-1] in MODELS:
            found[MODELS[names[-1]]] = value_text(shown)
    quick = [(codec(model), model, text) for model, text in found.items()]
    return tuple((how, model, text) for how, model, text in quick if how is not None)


def wrongly_read(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield the mutants of documents that are read at once, though the strict reading refuses them or reads another
    thing.
    """
    random = Random(seed)  # noqa: S311 - the same in every run
    for turn in range(count):
        how, model, text = documents()[turn % len(documents())]
        changed = mutant(text, random)
        read: Any = how.read(changed)
        if read is not None and read != strictly(model, changed):
            yield model.__name__, changed


def test_a_document_is_read_at_once_just_as_strictly() -> None:
    """Hard use 19: what is read at once of the documents in a certificate, the strict reading reads, and as the
    same.
    """
    assert len(documents()) > 6
    assert list(wrongly_read(SHORT, 20)) == []


@pytest.mark.soak
def test_a_document_is_read_at_once_just_as_strictly_for_long() -> None:
    """Hard use 19: the same for long."""
    assert list(wrongly_read(LONG, 2020)) == []
