r"""The one spelling of a kind of document, read and written at once.

To validate a text, and then to compare it with what is written again of its document, takes five times as long as to match a pattern
and to decode it.  So a text that matches all that its schema says (`schemas.grammar`) is read as it stands: into a struct with the document's
members, `msgspec` reading the structs that are its parts (`schemas.struct`).  One that does not match is validated and written
again, which tells whether it is right all the same, and what is wrong.  By the same struct a document is written.

Rules: a text with an escape is left to validation, so a string goes on to the next quotation mark.  What the pattern can't say is checked after
that, by the same validators.  To make a pattern takes as long as it saves in some hundred texts, so the first ones of a kind are left to
validation: most commands read a dozen.

What this module does not do: it says nothing about a text that does not match.
"""

from __future__ import annotations

import re
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec.structs import asdict
from pydantic import BaseModel

from schemas.frozen import Frozen
from schemas.grammar import OtherSchemaError, checker, grammar

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST_TEXTS: Final = 200
"""Texts of each kind that are left to validation before its pattern is made."""
PUT: Final = {f"_put{slot}": vars(BaseModel)[slot].__set__ for slot in BaseModel.__slots__}
"""What gives a blank document its members, and what pydantic keeps beside them."""
_PUT_MEMBERS: Final = PUT["_put__dict__"]
_PUT_NAMES: Final = PUT["_put__pydantic_fields_set__"]
_PUT_EXTRA: Final = PUT["_put__pydantic_extra__"]
_PUT_PRIVATE: Final = PUT["_put__pydantic_private__"]


class Spelling(Frozen):
    """How texts of a kind of document are read at once: `names` are its members, `check` holds them to what no pattern can say."""

    kind: type[BaseModel]
    names: set[str]
    decode: Callable[[bytes | str], msgspec.Struct]
    matches: Callable[[str], object]
    check: Callable[[msgspec.Struct], None]

    def read(self, given: bytes) -> BaseModel | None:
        """Return the document of a text that is surely right, and its one spelling; None of any other."""
        if b"\\" in given:
            return None
        try:
            text = given.decode()
            if self.matches(text) is None:
                return None
            decoded = self.decode(text)
            self.check(decoded)
        except (msgspec.MsgspecError, ValueError):
            return None
        return self._document(decoded)

    def glanced(self, given: bytes) -> BaseModel | None:
        """Return the document of a text that is read strictly elsewhere, held to no pattern; None where it is none at first sight."""
        try:
            decoded = self.decode(given)
            self.check(decoded)
        except (msgspec.MsgspecError, ValueError):
            return None
        return self._document(decoded)

    def _document(self, decoded: msgspec.Struct) -> BaseModel:
        document = object.__new__(self.kind)
        _PUT_MEMBERS(document, asdict(decoded))
        _PUT_NAMES(document, self.names)
        _PUT_EXTRA(document, None)
        _PUT_PRIVATE(document, None)
        return document


SPELLINGS: Final[dict[type[BaseModel], Spelling | None]] = {}
"""Those that were made, or can't be."""
_READ: Final[dict[type[BaseModel], int]] = {}
"""How many of the first texts of a kind were read."""
_BUILDING: Final = Lock()
"""Held while a decoder is built.  `msgspec` notes what it learns of a struct on the struct's class, member by member; a second thread that
builds a decoder with the same struct takes the half-filled note for a whole one, and the process ends with SIGSEGV."""


def spelling(model: type[BaseModel]) -> Spelling | None:
    """Return how texts of a kind are read at once; None until the first ones were read, or where no pattern is made of its schema."""
    try:
        return SPELLINGS[model]
    except KeyError:
        pass
    read = _READ[model] = _READ.get(model, 0) + 1
    if read <= FIRST_TEXTS:
        return None
    with _BUILDING:
        if model not in SPELLINGS:
            SPELLINGS[model] = _spelling(model)
    return SPELLINGS[model]


def _spelling(model: type[BaseModel]) -> Spelling | None:
    beside = struct(model)
    if beside is None:
        return None
    decode, matches = msgspec.json.Decoder(beside).decode, re.compile(grammar(model)).fullmatch
    return Spelling(model, set(model.model_fields), decode, matches, checker(model))


@cache
def struct(model: type[BaseModel]) -> type[msgspec.Struct] | None:
    """Return a struct with the members of a kind of document, of the same spelling; None where its schema has more than that can say."""
    try:
        grammar(model)
    except OtherSchemaError:
        return None
    members: list[tuple[str, Any] | tuple[str, Any, None]] = []
    renamed = {}
    for name, told in model.model_fields.items():
        absent = not told.is_required() and told.default is None
        members.append((name, told.annotation, None) if absent else (name, told.annotation))
        if told.alias:
            renamed[name] = told.alias
    return msgspec.defstruct(model.__name__, members, kw_only=True, omit_defaults=True, gc=False, rename=renamed)
