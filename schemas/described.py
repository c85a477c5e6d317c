"""Descriptions of members: the string under each member in its class, written into the JSON Schemas.

Rules: a member is described once, by the string under it in the class that declares it; classes that inherit it have
the same description. The sources are read when a schema is exported and never before, so that no command starts slower
for them.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise
from types import ModuleType
from typing import Final

from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import DataclassSchema, ModelSchema

_OURS: Final = ("schemas", "ledger")
"""Packages whose classes are documents."""


class DescribedSchema(GenerateJsonSchema):
    """Pydantic's generator of JSON Schemas, which also writes the description of every member of a document."""

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:  # type: ignore[explicit-override] # `typing.override` is there from 3.12 on
        """Return the schema of a pydantic model."""
        return _described(schema["cls"], super().model_schema(schema))

    def dataclass_schema(self, schema: DataclassSchema) -> JsonSchemaValue:  # type: ignore[explicit-override] # as above
        """Return the schema of a struct, which pydantic reads as a dataclass of the same name."""
        kind = getattr(inspect.getmodule(schema["cls"]), schema["cls"].__name__)
        return _described(kind, super().dataclass_schema(schema))


def descriptions(kind: type) -> dict[str, str]:
    """Return the description of each member of a class, inherited members too, by the member's name."""
    found: dict[str, str] = {}
    for each in reversed(kind.__mro__):
        if each.__module__.partition(".")[0] in _OURS:
            found |= _in_module(inspect.getmodule(each)).get(each.__qualname__, {})
    return found


def _described(kind: type, made: JsonSchemaValue) -> JsonSchemaValue:
    """Write the descriptions of a class into its JSON Schema, in which members go by their names in texts."""
    members: Mapping[str, FieldInfo] = kind.model_fields  # type: ignore[attr-defined] # models and structs have it
    known = descriptions(kind)
    for name, field in members.items():
        if name in known:
            made["properties"][field.alias or name]["description"] = known[name]
    return made


@cache
def _in_module(module: ModuleType) -> Mapping[str, dict[str, str]]:
    """Return the descriptions in a module, by class and member."""
    parsed = ast.parse(inspect.getsource(module))
    return {each.name: dict(_in_class(each)) for each in parsed.body if isinstance(each, ast.ClassDef)}


def _in_class(parsed: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """Yield each member of a class that has a string under it, with that string as one line."""
    for member, below in pairwise(parsed.body):
        match member, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as text)):
                yield name, " ".join(text.split())
            case _:
                pass
