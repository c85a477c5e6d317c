"""Structs: the values that stand within documents, a hundred of them in a certificate.

A `Struct` is one of `msgspec`: its members lie in slots, it is made, compared and freed in C, and texts are read into it and written of it
without a step between (`schemas.spelling`).  Where people or other programs write, pydantic reads it, as strictly as a document, and says
what is wrong (ADR 0015).

Rules: a struct is frozen; its members are given by name, and those that may be absent are None then, and left out of the text.  Its
constructor checks nothing: what is given to it was computed, or read.  What strangers give goes through `validated`, or a document's door.  One that
is kept by itself (an issuer, a plant) has a text of its own, with one spelling.

What this module does not do: it reads no document (`schemas.document` does).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, Self, cast, dataclass_transform

import msgspec
from msgspec.json import encode
from msgspec.structs import fields
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import core_schema

from schemas.door.faults import problems
from schemas.problem import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetCoreSchemaHandler
    from pydantic.fields import FieldInfo
    from pydantic_core import CoreSchema

STRICT: Final = ConfigDict(
    strict=True,
    extra="forbid",
    serialize_by_alias=True,
    validate_by_alias=True,
    regex_engine="rust-regex",
)
"""How pydantic reads documents and structs."""


class _StructType(msgspec.StructMeta):
    """The type of structs: each is frozen and has its members by name, without saying so in every class.

    Options in a class statement are for type checkers, and change nothing.
    """

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: bool) -> _StructType:
        told = {
            member: _always_written(namespace[member])
            for member in namespace.get("__annotations__", ())
            if member in namespace
        }
        return super().__new__(
            cls, name, bases, namespace | told, frozen=True, kw_only=True, omit_defaults=True, gc=False
        )

    @property
    def __pydantic_fields__(self) -> Mapping[str, FieldInfo]:
        """What pydantic knows of the members, as of a model."""
        known: Mapping[str, FieldInfo] = checked(cast("type[Struct]", self)).__pydantic_fields__
        return known


def _always_written(default: Any) -> Any:  # noqa: ANN401 - a default is of any type
    """Return a default such that a member with it is left out of texts only if that is None; `msgspec` would leave out any."""
    if default is None:
        return None
    name, factory = None, lambda: default
    if isinstance(default, type(msgspec.field())):
        name, make = default.name, default.default_factory
        if make is msgspec.NODEFAULT:
            return default
        factory = lambda: make()  # noqa: E731, PLW0108 - it leaves out what is empty and made by `dict` itself
    return msgspec.field(default_factory=factory, name=name)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Struct(msgspec.Struct, metaclass=_StructType, frozen=True):
    """A value that stands within documents; subclass it for each kind."""

    @classmethod
    def validated(cls, **members: object) -> Self:
        """Return one with members that strangers gave; raise pydantic's ValidationError for what may not be."""
        made: Self = _reader(cls).validate_python(checked(cls)(**members))
        return made

    def to_text(self) -> str:
        """Return the one spelling, of one that is kept by itself."""
        return encode(self).decode()

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the struct whose one spelling is `text`, or raise InputError."""
        given = text.encode(errors="surrogatepass")
        try:
            read: Self = _reader(cls).validate_json(given)
        except ValidationError as error:
            raise InputError(*problems(error, within=cls)) from error
        check_spelling(given, encode(read))
        return read

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return how pydantic reads and writes one: as the dataclass of the same members, of which it is made."""
        names = cls.__struct_fields__
        read = core_schema.no_info_after_validator_function(
            lambda value: cls(**{name: getattr(value, name) for name in names}), handler.generate_schema(checked(cls))
        )
        return core_schema.json_or_python_schema(
            read,
            core_schema.no_info_wrap_validator_function(
                lambda value, reader: value if isinstance(value, cls) else reader(value), read
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(plain, return_schema=None),
        )


@cache
def _reader(kind: type[Struct]) -> Any:  # noqa: ANN401 - pydantic has no public name for it
    return TypeAdapter(kind).validator


def check_spelling(given: bytes, written: bytes) -> None:
    """Hold that a text is what is written again of what was read in it; raise InputError `document.spelling`."""
    if written == given:
        return
    same = next(
        (i for i, (a, b) in enumerate(zip(given, written, strict=False)) if a != b), min(len(given), len(written))
    )
    raise InputError.at(
        "document.spelling",
        position=str(same),
        given=given[same : same + 20].decode(errors="replace"),
        written=written[same : same + 20].decode(errors="replace"),
    )


@cache
def checked(kind: type[Struct]) -> Any:  # noqa: ANN401 - a class that is made here
    """Return the pydantic dataclass with the members of a kind of struct, by which what people write is read."""
    members = fields(kind)
    blank = {
        "__annotations__": {each.name: each.type for each in members},
        "__doc__": kind.__doc__,
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
    }
    told = dict(filter(None, map(_told, members)))
    return dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)(type(kind.__name__, (), blank | told))


def _told(member: msgspec.structs.FieldInfo) -> tuple[str, object] | None:
    """Return what a class says of a member besides its type: its name in texts, or what it is where it is absent."""
    if member.encode_name != member.name:
        return member.name, Field(alias=member.encode_name)
    if member.default is not msgspec.NODEFAULT:
        return member.name, member.default
    if member.default_factory is msgspec.NODEFAULT:
        return None
    empty = member.default_factory()
    hashable = isinstance(empty, tuple | str)
    return member.name, empty if hashable else Field(default_factory=member.default_factory, kw_only=True)


def plain(value: Struct) -> dict[str, Any]:
    """Return a struct as the dictionary that its text is of."""
    written = cast("dict[str, Any]", msgspec.to_builtins(value, enc_hook=_plain_document))
    return {name: member for name, member in written.items() if member is not None}


def _plain_document(value: Any) -> Any:  # noqa: ANN401 - whatever a struct may hold
    """Return a document that stands in a struct as the dictionary that its text is of."""
    return value.model_dump(mode="json", by_alias=True, exclude_none=True)
