"""One of several structs, told apart by a word: a type that `msgspec`, which knows no such unions, leaves to us.

Rules: the member with the word is the first of each struct, and a text of it.  To type checkers such a type is the
union of its structs.  `schemas.codec` reads it, and pydantic as a tagged union.
"""

from __future__ import annotations

from abc import ABC, ABCMeta
from collections.abc import Mapping
from typing import Any, ClassVar, TypeGuard, cast, get_args

from msgspec import Struct, convert
from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class OneOf(ABC):
    """One of several structs; subclass it with the `member` that has the word, and register each by its word."""

    member: ClassVar[str]
    kinds: ClassVar[Mapping[str, type[Struct]]]
    """The structs, by their words."""

    @classmethod
    def read(cls, value: dict[str, Any]) -> Struct:
        """Return the struct of decoded members; raise ValueError for a word that none has."""
        kind = cls.kinds.get(value[cls.member])
        if kind is None:
            raise ValueError(value)
        return convert(value, kind)

    @classmethod
    def __get_pydantic_core_schema__(cls, _: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return how pydantic reads one: by its word."""
        choices = {word: handler.generate_schema(kind) for word, kind in cls.kinds.items()}
        return core_schema.tagged_union_schema(choices, cls.member)


def one_of(name: str, member: str, *kinds: Any) -> type[OneOf]:  # noqa: ANN401 - types of structs
    """Return the type of one of some structs, told apart by a member whose only words are theirs."""
    by_word = {word: kind for kind in kinds for word in get_args(kind.model_fields[member].annotation)}
    made = ABCMeta(name, (OneOf,), {"member": member, "kinds": by_word})
    for kind in kinds:
        made.register(kind)
    return cast("type[OneOf]", made)


def is_one_of(hint: object) -> TypeGuard[type[OneOf]]:
    """Return whether a type is that of one of several structs; these are registered, and count as its subclasses."""
    return isinstance(hint, type) and OneOf in hint.__mro__
