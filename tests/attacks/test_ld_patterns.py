"""LD-09 for every pattern there is: no text, however long and repetitive, costs one more than a tenth of a second."""

from __future__ import annotations

import importlib
import json
import pkgutil
import re
import time
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Final

import pytest
from pydantic import TypeAdapter

import api
import cli
import ledger
import schemas
from schemas import quantity
from schemas.document import Document, Written
from schemas.door import parse_document
from schemas.problem import InputError
from schemas.quantity import read_quantity
from schemas.record import ProductionRecord
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from collections.abc import Iterator

LONG: Final = 50_000
SECONDS: Final = 0.1
GUARDED: Final = {quantity._LOOSE.pattern: quantity._MOST_CHARACTERS}
"""Patterns that are slow on long texts and are met by short ones only, and how short."""
BITS: Final = (
    "a",
    "0",
    ".",
    "-",
    "%",
    "/",
    "0.",
    "a-",
    "zQm1",
    "did:web:a",
    "%41",
    " ",
    "1 kg ",
    "2026-",
    "\u6c27",
    "a:",
    "~",
)


def modules() -> Iterator[object]:
    """Yield every module of the four packages."""
    for package in (schemas, ledger, api, cli):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in found.name:
                yield importlib.import_module(found.name)


def strings(schema: object) -> Iterator[str]:
    """Yield every `pattern` in a JSON Schema."""
    match schema:
        case dict():
            if isinstance(schema.get("pattern"), str):
                yield schema["pattern"]
            for each in schema.values():
                yield from strings(each)
        case list():
            for each in schema:
                yield from strings(each)
        case _:
            return


@cache
def patterns() -> dict[str, re.Pattern[str]]:
    """Return the patterns that modules hold, and those that documents declare, each once."""
    found: dict[str, re.Pattern[str]] = {}
    documents: set[type[Document]] = set()
    for module in modules():
        for value in vars(module).values():
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                found[value.pattern] = value
            elif isinstance(value, type) and issubclass(value, Document) and value not in {Document, Written}:
                documents.add(value)
    for document in documents:
        for text in strings(TypeAdapter(document).json_schema()):
            found.setdefault(text, re.compile(text))
    return found


def attacks(size: int) -> Iterator[str]:
    """Yield repetitions of each kind, also where the end or the beginning is another."""
    for bit in BITS:
        text = (bit * size)[:size]
        yield text
        yield text + "!"
        yield f"zQm{text}\n"


def test_ld_09_there_are_patterns_to_try() -> None:
    assert len(patterns()) > 30, sorted(patterns())


def slow(pattern: re.Pattern[str], *, size: int, seconds: float) -> list[tuple[str, float]]:
    """Return the attacks of a size that take a pattern longer."""
    found = []
    for attack in attacks(size):
        started = time.process_time()
        pattern.fullmatch(attack)
        if (took := time.process_time() - started) > seconds:
            found.append((attack[:9], round(took, 2)))
    return found


def test_ld_09_no_pattern_is_slow_on_any_repetition() -> None:
    """First a short one, since a pattern that is slow on that would take for ever on the long one."""
    for text, pattern in patterns().items():
        size = GUARDED.get(text, LONG)
        assert slow(pattern, size=min(size, 2000), seconds=0.02) == [], text
        assert slow(pattern, size=size, seconds=SECONDS) == [], text


def test_ld_09_what_only_short_texts_may_meet_meets_no_others() -> None:
    for bit in BITS:
        started = time.process_time()
        with pytest.raises(InputError):
            read_quantity((bit * LONG)[:LONG], dimension="mass")
        assert time.process_time() - started < SECONDS, bit


@pytest.mark.parametrize("bit", BITS)
def test_ld_09_no_document_is_slow_on_a_repetition_in_any_member(bit: str) -> None:
    """The whole way of a record through its model, with the repetition in each of its texts in turn."""
    record = example.written("ELY-2026-04-A")
    text = (bit * LONG)[: 4000 // len(bit.encode())]  # what the door lets through of one string
    for path in texts(record):
        at = changed = json.loads(json.dumps(record))
        for step in path[:-1]:
            at = at[step]
        at[path[-1]] = text
        started = time.process_time()
        with suppress(InputError):  # a description may be like that
            parse_document(ProductionRecord, json.dumps(changed).encode())
        assert time.process_time() - started < SECONDS, path


def texts(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield where a JSON value has texts."""
    if isinstance(value, str):
        yield path
    for name, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from texts(each, (*path, name))
