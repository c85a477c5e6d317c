r"""The kinds of value: which is for what, and what all documents have in common.

- `Document` (a `schemas.struct.Struct`): everything that is sealed, stored or answered as a text with one spelling.
  `Struct`: a value in it.
- `Written` (pydantic): what people write and the API takes, with as many spellings as its readers allow.
- `schemas.frozen.Frozen` (msgspec): a value of the program that is made for every line, part or record.
- `NamedTuple` or dataclass: any other value of the program.

Rules: a document's text is its compact JSON in the order of its members; a member that is absent is left out, never
null; sequences are tuples. `from_text` accepts that one spelling and no other (`schemas.codec`).

What is escaped: the quotation mark, the backslash, and U+0000 to U+001F (as \b, \t, \n, \f, \r where these exist,
else as \u00xx in lower case).  Everything else, "/" and U+2028 and all non-ASCII included, stands as UTF-8.

What this does not do: it reads nothing that people write; `schemas.door.parse_document` does.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict

from schemas.struct import Struct

Value = TypeVar("Value")


class Document(Struct):
    """A struct that has a text of its own, which is signed, stored or answered."""


class Written(BaseModel):
    """A value that people write: as strict and as closed, but with as many spellings as its readers allow."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


def replace(value: Value, /, **members: Any) -> Value:  # noqa: ANN401 - members of any type
    """Return a struct or a dataclass with other members; nothing checks those of a struct, so they must be valid."""
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(value, **members)
    return dataclasses.replace(value, **members)  # type: ignore[type-var] # whatever else has members
