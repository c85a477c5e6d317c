r"""A kind of document as a pattern of its texts and as a function that checks the rest: together all that its schema says.

Rules: the pattern holds that members stand in the order of the schema, each once; that those that may be absent are absent and not null,
and all others there; that there are no blanks and no second way to write a whole number; and each text to its own pattern.  It is for texts without an
escape, so a string goes on to the next quotation mark.  Words of a list are left to the decoder, to which the types say them.  What no
pattern can say - bounds of numbers, names, orders - is checked in what was decoded, by the validators of the schema itself; each refuses or
returns what it was given.  A schema that says more than both can has neither.

What this module does not do: it reads nothing (`schemas.spelling` does).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import count
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    import msgspec
    from pydantic import BaseModel

Schema: TypeAlias = "Mapping[str, Any]"
"""A schema as `pydantic_core.core_schema` defines them."""

_STRING: Final = '"[^"]*+"'
_SAID: Final = {"type", "strict", "metadata", "ref"}
_OF_TEXT: Final = {"pattern", "max_length", "min_length", *_SAID}
"""What a schema of texts may say; anything else might make another text of one that is read."""
_BOUNDS: Final = {"ge": "<", "gt": "<=", "le": ">", "lt": ">="}
"""Bounds of numbers, and how one beyond them compares."""
_INDENT: Final = " "


class OtherSchemaError(Exception):
    """A schema that no pattern is made of here."""


@cache
def grammar(model: type[BaseModel]) -> str:
    """Return the pattern of the texts of a kind of document; raise OtherSchemaError where none is made of its schema."""
    named: dict[str, Schema] = {}
    return _object(_root(model, named), named)


def _root(model: type[BaseModel], named: dict[str, Schema]) -> Schema:
    """Return the schema of a document's members; `named` takes those that others refer to."""
    schema: Schema = model.__pydantic_core_schema__
    if schema["type"] == "definitions":
        named |= {each["ref"]: each for each in schema["definitions"]}
        schema = schema["schema"]
    if schema["type"] != "model" or schema.get("root_model") or "serialization" in schema or schema.get("post_init"):
        raise OtherSchemaError
    return schema


def _pattern(schema: Schema, named: dict[str, Schema]) -> str:
    """Return the pattern of a value; `named` are the schemas that others refer to."""
    form = _FORMS.get(schema["type"])
    if form is None or ("serialization" in schema and schema["type"] != "json-or-python"):
        raise OtherSchemaError
    return form(schema, named)


def _string(schema: Schema, _: dict[str, Schema]) -> str:
    """Return the pattern of a text that is held to one, as far as its closing quotation mark and no further."""
    if not schema.keys() <= _OF_TEXT:
        raise OtherSchemaError
    pattern, least, most = schema.get("pattern"), schema.get("min_length", 0), schema.get("max_length")
    if not (pattern or least or most):
        return _STRING
    length = f'(?=[^"]{{{least},{"" if most is None else most}}}+")' if least or most else ""
    inner = _inner(pattern) if pattern else '[^"]*+'
    return f'(?>"{length}{inner}")'


_PIECE: Final = re.compile(r"\\.|\[\^?(?:\\.|[^\]\\])*\]|\.")
"""What stands for more than one character in a pattern."""


def _inner(pattern: str) -> str:
    """Return a pattern without its anchors, if nothing in it can match a quotation mark."""
    if not (pattern.startswith("^") and pattern.endswith("$")) or '"' in pattern:
        raise OtherSchemaError
    inner = pattern[1:-1].replace("[^", '[^"')
    if any(re.fullmatch(piece, '"') for piece in _PIECE.findall(inner)):
        raise OtherSchemaError
    return f"(?:{inner})"


def _word(schema: Schema, _: dict[str, Schema]) -> str:
    """Return the pattern of a word of a list, which the decoder holds to it; a list of one word is that word, as for a tag."""
    words = schema["expected"]
    if not all(isinstance(word, str) for word in words):
        raise OtherSchemaError
    return f'"{re.escape(words[0])}"' if len(words) == 1 else _STRING


def _whole(schema: Schema, _: dict[str, Schema]) -> str:
    """Return the pattern of a number; its bounds are checked after that."""
    if not schema.keys() <= _BOUNDS.keys() | _SAID:
        raise OtherSchemaError
    return "(?:0|[1-9][0-9]{0,17}+)"


def _validated(schema: Schema, named: dict[str, Schema]) -> str:
    if schema["function"]["type"] != "no-info":
        raise OtherSchemaError
    return _pattern(schema["schema"], named)


def _array(schema: Schema, named: dict[str, Schema]) -> str:
    items = [_pattern(each, named) for each in schema["items_schema"]]
    if "variadic_item_index" not in schema:
        return rf"\[{','.join(items)}\]"
    (item,) = items
    least, most = schema.get("min_length", 0), schema.get("max_length", "")
    # each goes on to a comma that something follows, or to the end: written once, it is made into a pattern once
    return rf"\[(?:{item}(?:,(?!\])|(?=\]))){{{least},{most}}}+\]"


def _object(schema: Schema, named: dict[str, Schema]) -> str:
    """Return the pattern of an object that has at least one member that is always there: commas stand on its side of the others."""
    if schema["schema"].get("computed_fields"):
        raise OtherSchemaError
    before, after, sure = "", "", False
    for name, field in _members(schema):
        value, optional = field["schema"], False
        if value["type"] == "default":
            optional, value = value.get("default", ...) is None, value["schema"]
        if value["type"] == "nullable":
            if not optional:  # one that is always there is left out where it is null, and then no text can be read
                raise OtherSchemaError
            value = value["schema"]
        member = f'"{re.escape(field.get("serialization_alias", name))}":{_pattern(value, named)}'
        if not sure:
            before += f"(?:{member},)?+" if optional else member
        else:
            after += f"(?:,{member})?+" if optional else f",{member}"
        sure = sure or not optional
    if not sure:
        raise OtherSchemaError
    return rf"\{{{before}{after}\}}"


def _members(schema: Schema) -> Iterable[tuple[str, Schema]]:
    """Return the members by name; a dataclass lists them, a model maps their names to them."""
    members: Mapping[str, Schema] | Sequence[Schema] = schema["schema"]["fields"]
    return members.items() if isinstance(members, Mapping) else [(each["name"], each) for each in members]


def _part(schema: Schema, named: dict[str, Schema]) -> Schema:
    """Return the schema of the dataclass by which pydantic reads a struct."""
    read: Schema = schema["json_schema"]["schema"]
    return named[read["schema_ref"]] if read["type"] == "definition-ref" else read


def _union(schema: Schema, _: dict[str, Schema]) -> str:
    if {each["type"] for each in schema["choices"]} <= {"literal"}:
        return _STRING
    raise OtherSchemaError


_FORMS: Final[dict[str, Callable[[Schema, dict[str, Schema]], str]]] = {
    "str": _string,
    "literal": _word,
    "int": _whole,
    "bool": lambda *_: "(?:true|false)",
    "function-after": _validated,
    "nullable": lambda schema, named: f"(?:{_pattern(schema['schema'], named)}|null)",
    "union": _union,
    "tuple": _array,
    "json-or-python": lambda schema, named: _object(_part(schema, named), named),
}
"""What makes the pattern of each form of a schema."""


def checker(model: type[BaseModel]) -> Callable[[msgspec.Struct], None]:
    """Return what checks of a decoded document all that its pattern does not say; it raises ValueError.

    It is written as a text, as `dataclasses` writes constructors: most members need no check, and to walk past them takes longer than the rest.
    """
    named: dict[str, Schema] = {}
    names: dict[str, object] = {"_Refused": ValueError}
    lines = list(_object_checks(_root(model, named), "_value", _Checks(named, names, count()), _INDENT))
    exec("\n".join(["def check(_value):", *(lines or [" pass"])]), names)  # noqa: S102 - the names in it are those of our own members
    return names["check"]  # type: ignore[return-value] # it is the function


class _Checks(NamedTuple):
    """What the lines of a checker are written with: schemas that others refer to, functions by name, and numbers for new names."""

    named: dict[str, Schema]
    names: dict[str, object]
    number: count[int]


def _object_checks(schema: Schema, value: str, used: _Checks, indent: str) -> Iterator[str]:
    for name, field in _members(schema):
        yield from _value_checks(field["schema"], f"{value}.{name}", used, indent)


def _value_checks(schema: Schema, value: str, used: _Checks, indent: str) -> Iterator[str]:
    """Yield the lines that check a value."""
    match schema["type"]:
        case "default":
            yield from _value_checks(schema["schema"], value, used, indent)
        case "nullable":
            checks = _value_checks(schema["schema"], value, used, indent + _INDENT)
            yield from _below(f"if {value} is not None:", checks, indent)
        case "json-or-python":
            yield from _object_checks(_part(schema, used.named), value, used, indent)
        case "tuple":
            yield from _array_checks(schema, value, used, indent)
        case "function-after":
            yield from _value_checks(schema["schema"], value, used, indent)
            yield indent + _call(schema["function"], value, used)
        case "int":
            yield from _bounds(schema, value, indent)
        case _:
            pass


def _array_checks(schema: Schema, value: str, used: _Checks, indent: str) -> Iterator[str]:
    items = schema["items_schema"]
    if "variadic_item_index" in schema:
        item = f"_each{next(used.number)}"
        yield from _below(f"for {item} in {value}:", _value_checks(items[0], item, used, indent + _INDENT), indent)
    else:
        for place, each in enumerate(items):
            yield from _value_checks(each, f"{value}[{place}]", used, indent)


def _call(function: Schema, value: str, used: _Checks) -> str:
    """Return the line that has a validator look at a value."""
    name = f"_check{next(used.number)}"
    used.names[name] = function["function"]
    return f"{name}({value})"


def _below(head: str, checks: Iterator[str], indent: str) -> Iterator[str]:
    """Yield lines below their head, if there are any."""
    lines = [*checks]
    if lines:
        yield f"{indent}{head}"
        yield from lines


def _bounds(schema: Schema, value: str, indent: str) -> Iterator[str]:
    for bound, beyond in _BOUNDS.items():
        if bound in schema:
            yield f"{indent}if {value} {beyond} {schema[bound]}: raise _Refused"
