"""Workbooks that were changed at random: bytes of the file, and bytes and elements of its parts."""

from __future__ import annotations

import io
import random
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.worlds.workbooks import filled, right_row

if TYPE_CHECKING:
    from collections.abc import Iterator

PLACE: Final = Path(__file__).resolve().parents[2].parent / "shared" / "attacks" / "workbooks"
_TAG: Final = re.compile(rb"<[^>]+>")
_STRANGE: Final = (
    b"", b"\x00", b"&amp;", b"&x;", b"1e999", b"-1", b"99999999999", b'"', b"]]>", b"<v>", b"#REF!", b"\xff\xfe",
    b"XFD1048576", b"A1:XFD1048576", b'count="4000000000"', b"<!DOCTYPE a>",
)  # fmt: skip


def hostile() -> list[Path]:
    """Return the hostile workbooks of the attack catalogue; skip where it is not at hand."""
    if not PLACE.is_dir():
        pytest.skip("the attack catalogue is not beside the project")
    return sorted(PLACE.glob("*.xlsx"))


def mutated(count: int, seed: int = 1) -> Iterator[bytes]:
    """Yield so many changed workbooks, the same ones each time."""
    chance = random.Random(seed)  # noqa: S311 - they repeat
    whole = filled([right_row(number) for number in range(1, 4)])
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    for _ in range(count):
        if chance.random() < 0.25:
            yield _bytes_changed(whole, chance)
            continue
        name = chance.choice([*parts])
        change = chance.choice((_bytes_changed, _tag_changed, _number_changed))
        changed = {**parts, name: change(parts[name], chance)}
        if chance.random() < 0.1:
            del changed[chance.choice([*parts])]
        yield _packed(changed)


def _packed(parts: dict[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return held.getvalue()


def _bytes_changed(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 3, 20))):
        at = chance.randrange(len(changed) or 1)
        changed[at : at + chance.choice((0, 1, 1, 8))] = bytes([chance.randrange(256)]) * chance.choice((0, 1, 1, 4))
    return bytes(changed)


def _tag_changed(content: bytes, chance: random.Random) -> bytes:
    tags = [*_TAG.finditer(content)]
    if not tags:
        return content
    tag = chance.choice(tags)
    other = chance.choice((b"", tag[0] * 2, chance.choice(tags)[0], chance.choice(_STRANGE)))
    return content[: tag.start()] + other + content[tag.end() :]


def _number_changed(content: bytes, chance: random.Random) -> bytes:
    numbers = [*re.finditer(rb"[0-9]+", content)]
    if not numbers:
        return content
    number = chance.choice(numbers)
    return content[: number.start()] + chance.choice(_STRANGE) + content[number.end() :]
