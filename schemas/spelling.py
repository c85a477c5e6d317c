r"""The one spelling of a kind of document, as a pattern of its texts.

To compare a text with what is written again of its document takes twice as long as to match it.  So a text that matches is not
written again; one that does not may be right all the same, which writing it tells.  To make a pattern takes as long as it saves in some
hundred texts, so the first ones of a kind are left to writing: most commands read a dozen.

Rules: the pattern is for a text that was read already, so it holds no value to anything.  It holds that members stand in the order of
the schema, each once; that those that may be absent are absent and not null, and all others there; that there are no blanks and no
second way to write a whole number.  A text with an escape is left to writing, so that a string goes on to the next quotation mark.
A validator of a document refuses or returns what it was given.

What this module does not do: it says nothing about a text that does not match.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pydantic import BaseModel

Schema: TypeAlias = "Mapping[str, Any]"
"""A schema as `pydantic_core.core_schema` defines them."""

FIRST_TEXTS: Final = 200
"""Texts of each kind that are left to writing before its pattern is made."""
_STRING: Final = '"[^"]*+"'
_CHANGING: Final = {"strip_whitespace", "to_lower", "to_upper"}
"""What makes another text of one that is read."""


class _OtherSchemaError(Exception):
    """A schema that no pattern is made of here."""


def surely_spelt(model: type[BaseModel], text: bytes) -> bool:
    """Say whether a text, which was read as a document of this kind, is the one spelling by the pattern; where not, it may be so still."""
    matching = _MATCHING.get(model) or _made(model)
    return b"\\" not in text and matching(text) is not None


_MATCHING: Final[dict[type[BaseModel], Callable[[bytes], object]]] = {}
"""What matches the texts of a kind."""
_READ: Final[dict[type[BaseModel], int]] = {}
"""How many of the first texts of a kind were read."""


def _made(model: type[BaseModel]) -> Callable[[bytes], object]:
    """Return what matches the texts of a kind; nothing does until the first ones were read, or where no pattern is made of its schema."""
    read = _READ.get(model, 0)
    if read < FIRST_TEXTS:
        _READ[model] = read + 1
        return _nothing
    pattern = _spelling(model)
    return _MATCHING.setdefault(model, pattern.fullmatch if pattern else _nothing)


def _nothing(_: bytes) -> None:
    """Match no text."""


def _spelling(model: type[BaseModel]) -> re.Pattern[bytes] | None:
    """Return the pattern of the texts of a kind of document; None where none is made of its schema."""
    try:
        return re.compile(_pattern(model.__pydantic_core_schema__, {}).encode())
    except _OtherSchemaError:
        return None


def _pattern(schema: Schema, named: dict[str, Schema]) -> str:
    """Return the pattern of a value; `named` are the schemas that others refer to."""
    form = _FORMS.get(schema["type"])
    if form is None or "serialization" in schema:
        raise _OtherSchemaError
    return form(schema, named)


def _string(schema: Schema, _: dict[str, Schema]) -> str:
    """Return the pattern of a text; a list of one word is that word, as for a tag."""
    if schema.keys() & _CHANGING:
        raise _OtherSchemaError
    words = schema.get("expected", ())
    return f'"{re.escape(words[0])}"' if len(words) == 1 else _STRING


def _definitions(schema: Schema, named: dict[str, Schema]) -> str:
    named |= {each["ref"]: each for each in schema["definitions"]}
    return _pattern(schema["schema"], named)


def _union(schema: Schema, _: dict[str, Schema]) -> str:
    if {each["type"] for each in schema["choices"]} <= {"str", "literal"}:
        return _STRING
    raise _OtherSchemaError


def _tagged(schema: Schema, named: dict[str, Schema]) -> str:
    """Return the pattern of one of several objects, each of which has its own word for a tag."""
    objects = {tag: _pattern(each, named) for tag, each in schema["choices"].items()}
    if not all(f'"{schema["discriminator"]}":"{re.escape(tag)}"' in pattern for tag, pattern in objects.items()):
        raise _OtherSchemaError
    return f"(?:{'|'.join(objects.values())})"


def _array(schema: Schema, named: dict[str, Schema]) -> str:
    items = [_pattern(each, named) for each in schema["items_schema"]]
    if "variadic_item_index" not in schema:
        return rf"\[{','.join(items)}\]"
    if len(items) > 1:
        raise _OtherSchemaError
    return rf"\[(?:{items[0]}(?:,{items[0]})*+)?+\]"


def _object(schema: Schema, named: dict[str, Schema]) -> str:
    """Return the pattern of an object that has at least one member that is always there: commas stand on its side of the others."""
    if schema.get("root_model") or schema["schema"].get("computed_fields"):
        raise _OtherSchemaError
    before, after, sure = "", "", False
    for name, field in _members(schema["schema"]["fields"]):
        value, optional = field["schema"], False
        if value["type"] == "default":
            optional, value = value.get("default", ...) is None, value["schema"]
        if value["type"] == "nullable":
            value = value["schema"]
        member = f'"{re.escape(field.get("serialization_alias", name))}":{_pattern(value, named)}'
        if not sure:
            before += f"(?:{member},)?+" if optional else member
        else:
            after += f"(?:,{member})?+" if optional else f",{member}"
        sure = sure or not optional
    if not sure:
        raise _OtherSchemaError
    return rf"\{{{before}{after}\}}"


def _members(fields: Mapping[str, Schema] | Sequence[Schema]) -> Iterable[tuple[str, Schema]]:
    """Return the members by name; a dataclass lists them, a model maps their names to them."""
    return fields.items() if isinstance(fields, Mapping) else [(each["name"], each) for each in fields]


_FORMS: Final[dict[str, Callable[[Schema, dict[str, Schema]], str]]] = {
    "str": _string,
    "literal": _string,
    "int": lambda *_: "(?:0|[1-9][0-9]*+)",
    "bool": lambda *_: "(?:true|false)",
    "nullable": lambda schema, named: f"(?:{_pattern(schema['schema'], named)}|null)",
    "function-after": lambda schema, named: _pattern(schema["schema"], named),
    "definition-ref": lambda schema, named: _pattern(named[schema["schema_ref"]], named),
    "definitions": _definitions,
    "union": _union,
    "tagged-union": _tagged,
    "tuple": _array,
    "model": _object,
    "dataclass": _object,
}
"""What makes the pattern of each form of a schema."""
