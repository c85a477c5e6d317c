"""The reference page of documents: each member with its type and its description, from the JSON Schemas.

Rules: a part that several documents have stands once, where it is needed first; later documents link to it.

What it does not do: it describes nothing itself; the classes in `schemas/` do.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from cli.commands.schema import DOCUMENTS, schema_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    Schema = dict[str, Any]

_MOST_WORDS: Final = 12
"""Words of a closed list that a cell shows; more are in the JSON Schema."""
_PLAIN: Final = {"string": "text", "boolean": "true or false", "array": "row", "object": "map"}
"""Types in plain words."""
_REF: Final = "#/$defs/"


class Tables:
    """The tables of all documents, made one after the other."""

    def __init__(self) -> None:
        self._shown: dict[str, Schema] = {}
        """Every part by its heading."""
        self._parts: dict[str, Schema] = {}
        self._headings: dict[str, str] = {}
        """Headings of the parts of the document at hand; two parts of one name have two."""

    def document(self, name: str) -> Iterator[str]:
        """Yield the lines of one document and of the parts that no document before it has."""
        schema = json.loads(schema_text(name))
        self._parts = schema.get("$defs", {})
        self._headings = {part: self._heading(name, part) for part in self._parts}
        yield from (f"\n## {name}\n", f"{schema['description']}\n")
        if "properties" in schema:
            yield from self._members(schema)
        else:
            variants = [each["$ref"].removeprefix(_REF) for each in schema.get("oneOf", schema.get("anyOf", ()))]
            yield f"One of {', '.join(map(self._link, variants))}."
        for part, inner in self._parts.items():
            heading = self._headings[part]
            if "properties" in inner and heading not in self._shown:
                self._shown[heading] = inner
                yield from (f"\n### {heading}\n", f"{inner['description']}\n")
                yield from self._members(inner)

    def _heading(self, document: str, part: str) -> str:
        """Return the heading of a part: its name, and the document's where another part has that name."""
        return part if self._shown.get(part, self._parts[part]) == self._parts[part] else f"{part} of {document}"

    def _link(self, part: str) -> str:
        heading = self._headings[part]
        return f"[{heading}](#{heading.lower().replace(' ', '-')})"

    def _members(self, schema: Schema) -> Iterator[str]:
        yield from ("| member | type | description |", "|---|---|---|")
        required = schema.get("required", ())
        for name, member in schema["properties"].items():
            optional = "" if name in required else ", optional"
            yield f"| `{name}` | {self._type(member)}{optional} | {_cell(member['description'])} |"

    def _type(self, schema: Schema) -> str:  # noqa: PLR0911 - one for each form of a schema
        """Return what a member is, in a few words."""
        match schema:
            case {"$ref": str(part)}:
                name = part.removeprefix(_REF)
                return self._link(name) if "properties" in self._parts[name] else self._type(self._parts[name])
            case {"const": value}:
                return f"`{value}`"
            case {"enum": list(words)}:
                more = ", ..." if len(words) > _MOST_WORDS else ""
                return ", ".join(f"`{word}`" for word in words[:_MOST_WORDS]) + more
            case {"anyOf": list(kinds)} | {"oneOf": list(kinds)}:
                return " or ".join(self._type(each) for each in kinds if each.get("type") != "null")
            case {"type": "array", "items": dict(items)}:
                return f"list of {self._type(items)}"
            case {"type": "object", "additionalProperties": dict(values)}:
                return f"map to {self._type(values)}"
            case {"type": "string", "examples": [example, *_]}:
                return f"text such as `{example}`"
            case _:
                kind: str = schema["type"]
                return _PLAIN.get(kind, kind)


def document_lines() -> Iterator[str]:
    """Yield the lines of the page below its heading."""
    tables = Tables()
    for name in DOCUMENTS:
        yield from tables.document(name)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
