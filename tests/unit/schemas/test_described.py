"""Every member of every document says what it means, and the exported schemas carry it."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any, Final

import pytest

import ledger
import schemas
from cli.commands.schema import DOCUMENTS, schema_text
from schemas.answers import AnswerDocument
from schemas.described import descriptions
from schemas.document import Document, Written
from schemas.struct import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

BASES: Final = (Document, Written, Struct, AnswerDocument)
MOST_CHARACTERS: Final = 260
"""A description is one or two short sentences."""


def documents() -> list[type]:
    """Return every class of a document and of its parts."""
    for package in (schemas, ledger):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            if ".migrations" not in module.name:  # alembic alone can import those
                import_module(module.name)
    found: dict[str, type] = {}
    left: list[type] = list(BASES)
    kind: type
    while left:
        for kind in left.pop().__subclasses__():
            left.append(kind)
            if kind.__module__.partition(".")[0] in {"schemas", "ledger"}:
                found[f"{kind.__module__}.{kind.__qualname__}"] = kind
    return [found[name] for name in sorted(found)]


def properties(value: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each property in a JSON Schema, at any depth, with its name."""
    if isinstance(value, dict):
        if isinstance(value.get("properties"), dict):
            yield from value["properties"].items()
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from properties(each)


def says_something(name: str, text: str) -> bool:
    """Tell whether a description says more than the name that it describes."""
    words = set(re.findall(r"[a-z0-9]+", text.lower())) - {"a", "an", "the", "of", "its", "this"}
    return bool(words - set(re.findall(r"[a-z0-9]+", name.lower())))


def test_every_member_of_every_document_has_one_description() -> None:
    kinds = documents()
    assert len(kinds) > 150
    silent, poor = [], []
    for kind in kinds:
        known = descriptions(kind)
        for name in kind.model_fields:  # type: ignore[attr-defined] # models and structs have it
            place, text = f"{kind.__module__}.{kind.__qualname__}.{name}", known.get(name, "")
            if not text:
                silent.append(place)
            elif not (says_something(name, text) and text.endswith(".") and len(text) <= MOST_CHARACTERS):
                poor.append(f"{place}: {text}")
    assert not silent, "write what it means, its unit and its source as a string under the member"
    assert not poor, "one or two short sentences that say more than the name"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_schema_describes_every_property(name: str) -> None:
    found = list(properties(json.loads(schema_text(name))))
    assert found
    assert [member for member, schema in found if not schema.get("description")] == []


def test_a_description_is_inherited_and_goes_by_the_name_in_texts() -> None:
    run = json.loads(schema_text("run"))
    assert run["$defs"]["Hidden"]["properties"]["..."]["description"] == "SHA-256 of the disclosure's text."
    assert run["properties"]["period"]["description"].startswith("First and last day of the run")
