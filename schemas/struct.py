"""Structs: the values that sealed documents are made of, and that they are.

A `Struct` is one of `msgspec`: its members lie in slots; C makes, compares and frees it, decodes texts into it and
encodes it (`schemas.codec`). Where people or other programs write one, its pydantic twin reads it: a dataclass with the
same members (ADR 0026).

Rules: a struct is frozen, and its members are given by name.  A member that may be absent is None then, and left out of
the text; any other member is always written.  The constructor checks nothing: what it is given was computed, or read.
Values of strangers go through `validated` or `from_text`; computed ones that are signed, through `read_back`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Final, NamedTuple, Self, TypeVar, dataclass_transform, get_args

import msgspec
from msgspec.json import encode
from msgspec.structs import fields
from pydantic import ConfigDict, Field, GetCoreSchemaHandler, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from schemas.codec import codec
from schemas.door.faults import problems
from schemas.door.limits import MAX_BYTES
from schemas.problem import InputError

Kind = TypeVar("Kind", bound="Struct")

STRICT: Final = ConfigDict(
    strict=True,
    extra="forbid",
    serialize_by_alias=True,
    validate_by_alias=True,
    regex_engine="rust-regex",
)
"""How pydantic reads structs."""


class _StructType(msgspec.StructMeta):
    """The type of structs: each is frozen and has its members by name, without saying so in every class.

    Of the options in a class statement only `weakref` counts; the others are for type checkers.
    """

    def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: bool) -> _StructType:
        defaults = {
            member: _always_written(namespace[member])
            for member, annotation in namespace.get("__annotations__", {}).items()
            if member in namespace and not str(annotation).startswith("ClassVar")
        }
        return super().__new__(
            cls,
            name,
            bases,
            namespace | defaults,
            frozen=True,
            kw_only=True,
            omit_defaults=True,
            gc=options.get("weakref", False),
            weakref=options.get("weakref", False),
        )

    @property
    def model_fields(self) -> Mapping[str, FieldInfo]:
        """The members as pydantic describes those of a model."""
        return _model_fields(self)


def _always_written(default: Any) -> Any:  # noqa: ANN401 - a default is of any type
    """Return a default that `msgspec` leaves out of texts only if it is None."""
    if default is None:
        return None
    name, factory = None, lambda: default
    if isinstance(default, type(msgspec.field())):
        name, make = default.name, default.default_factory
        if make is msgspec.NODEFAULT:
            return default
        factory = lambda: make()  # noqa: E731, PLW0108 - `msgspec` leaves out what is empty and made by `dict` itself
    return msgspec.field(default_factory=factory, name=name)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Struct(msgspec.Struct, metaclass=_StructType, frozen=True):
    """A value of a sealed document, or such a document; subclass it for each kind."""

    max_text_bytes: ClassVar[int] = MAX_BYTES
    """The longest text that `from_text` reads; a subclass may narrow or widen it."""

    @classmethod
    def validated(cls, **members: object) -> Self:
        """Return a struct with members that strangers gave; raise InputError if one of them is not valid."""
        try:
            pydantic_twin(cls)(**members)
        except ValidationError as error:
            raise InputError(*problems(error, within=cls)) from error
        return cls(**members)  # no validator of a member changes it: it has one spelling

    def read_back(self) -> tuple[Self, bytes]:
        """Return the struct as it is read from its own text, and the text; raise InputError if no reader takes it."""
        text = self.to_bytes()
        return self.from_text(text), text

    def to_bytes(self) -> bytes:
        """Return the one spelling as UTF-8."""
        return encode(self)

    def to_text(self) -> str:
        """Return the one spelling."""
        return encode(self).decode()

    @classmethod
    def from_text(cls, text: bytes | str, *, trusted: bool = False) -> Self:
        """Return the struct whose one spelling is `text`, or raise InputError.

        A `trusted` text was read strictly before: its values are not checked again, nor its spelling.
        """
        given = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
        if len(given) > cls.max_text_bytes:
            raise InputError.at("document.too-long-text", size=str(len(given)), limit=str(cls.max_text_bytes))
        quick = codec(cls)
        read: Self | None = (quick.read_trusted(given) if trusted else quick.read(given)) if quick else None
        return _explained(cls, given, trusted=trusted) if read is None else read

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return how pydantic reads and writes a struct: as its twin."""
        read = core_schema.no_info_after_validator_function(
            lambda twin: _of_twin(cls, twin), handler.generate_schema(pydantic_twin(cls))
        )
        return core_schema.json_or_python_schema(
            read,
            core_schema.no_info_wrap_validator_function(
                lambda value, reader: value if isinstance(value, cls) else reader(value), read
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(msgspec.to_builtins, return_schema=None),
        )


class Tagged(NamedTuple):
    """Annotates a union of structs that a member tells apart: its words are the tags."""

    member: str

    def __get_pydantic_core_schema__(self, union: Any, handler: GetCoreSchemaHandler) -> CoreSchema:  # noqa: ANN401 - a type
        """Return how pydantic reads the union: by the tag."""
        choices = {
            tag: handler.generate_schema(kind)
            for kind in get_args(union)
            for tag in get_args(kind.model_fields[self.member].annotation)
        }
        return core_schema.tagged_union_schema(choices, self.member)


def _of_twin(kind: type[Kind], twin: object) -> Kind:
    return kind(**{name: getattr(twin, name) for name in kind.__struct_fields__})


def _explained(kind: type[Kind], given: bytes, *, trusted: bool) -> Kind:
    """Return the struct of a text as pydantic reads it; raise InputError that says what is wrong with the text."""
    try:
        read: Kind = _adapter(kind).validate_json(given)
    except ValidationError as error:
        raise InputError(*problems(error, within=kind)) from error
    if not trusted:
        _check_spelling(given, read.to_bytes())
    return read


@cache
def _adapter(kind: type[Kind]) -> TypeAdapter[Kind]:
    return TypeAdapter(kind)


def _check_spelling(given: bytes, written: bytes) -> None:
    """Check that a text is the spelling of the struct read from it, or raise InputError `document.spelling`."""
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
def pydantic_twin(kind: type[Struct]) -> Any:  # noqa: ANN401 - a class that is made here
    """Return the pydantic dataclass with the members of a struct, by which what people write is read."""
    members = fields(kind)
    body = {
        "__annotations__": {each.name: each.type for each in members},
        "__doc__": kind.__doc__,
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
    }
    defaults = dict(filter(None, map(_field_of, members)))
    return dataclass(frozen=True, slots=True, kw_only=True, config=STRICT)(type(kind.__name__, (), body | defaults))


def _field_of(member: msgspec.structs.FieldInfo) -> tuple[str, object] | None:
    """Return what a class says of a member besides its type: its name in texts, or what it is where it is absent."""
    if member.encode_name != member.name:
        return member.name, Field(alias=member.encode_name, kw_only=True)
    if member.default is not msgspec.NODEFAULT:
        return member.name, member.default
    if member.default_factory is msgspec.NODEFAULT:
        return None
    empty = member.default_factory()
    hashable = not isinstance(empty, dict)
    return member.name, empty if hashable else Field(default_factory=member.default_factory, kw_only=True)


@cache
def _model_fields(kind: type[Struct]) -> Mapping[str, FieldInfo]:
    return {
        each.name: FieldInfo.from_annotated_attribute(each.type, Field(alias=each.encode_name)) for each in fields(kind)
    }


def plain(value: Struct) -> dict[str, Any]:
    """Return a struct as the dictionary of its text."""
    members: dict[str, Any] = msgspec.to_builtins(value)
    return members
