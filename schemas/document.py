r"""The bases of documents: sealed ones with one spelling, and those that people write.

A `Document` has a text of its own, which is signed, stored or answered; the values within it are structs (`schemas.struct`).

Rules: a document's text is its compact JSON in the order of its schema; a member that is absent is left out,
never null; sequences are tuples.  `from_text` accepts that one spelling and no other: the text matches the pattern of its kind
(`schemas.spelling`), or is validated and compared with what is written again of the document.  That replaces any check for duplicate
members, blanks, order, escapes or a second way to write a value.

What is escaped: the quotation mark, the backslash, and U+0000 to U+001F (as \b, \t, \n, \f, \r where these exist,
else as \u00xx in lower case).  Everything else, "/" and U+2028 and all non-ASCII included, stands as UTF-8.

What this does not do: it reads nothing that people write; `schemas.door.parse_document` does.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, ClassVar, Final, ParamSpec, Self, TypeVar, cast

import msgspec
from msgspec.json import encode
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import PydanticUndefined

from schemas.door.faults import problems
from schemas.door.limits import MAX_BYTES
from schemas.problem import InputError
from schemas.spelling import PUT, SPELLINGS, spelling, struct
from schemas.struct import STRICT, check_spelling

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Members = ParamSpec("Members")
Known = TypeVar("Known")
Value = TypeVar("Value")

MOST_PASSED_OVER: Final = 500_000
"""Objects that the collector passes over (`uncollected`) before it looks through all there are."""

_put = object.__setattr__


class Document(BaseModel):
    """A value with one text; subclass it for everything that is signed, stored or answered."""

    model_config = ConfigDict(frozen=True, **STRICT)

    max_text_bytes: ClassVar[int] = MAX_BYTES
    """The longest text `from_text` looks at; a subclass may narrow it."""

    def __eq__(self, other: object) -> bool:  # type: ignore[explicit-override] # `typing.override` is there from 3.12 on
        """Say whether `other` is a document of the same kind that says the same; pydantic's own takes five times as long."""
        return self.__class__ is other.__class__ and self.__dict__ == other.__dict__

    __hash__ = None  # type: ignore[assignment] # pydantic gives each subclass its own, as it is frozen

    def to_text(self) -> str:
        """Return the one spelling."""
        return self.to_bytes().decode()

    def to_bytes(self) -> bytes:
        """Return the one spelling as UTF-8."""
        beside = struct(self.__class__)
        if beside is not None:
            return encode(beside(**self.__dict__))
        # the serializer itself: `model_dump_json` adds a quarter to the time of a small document
        return self.__pydantic_serializer__.to_json(self, by_alias=True, exclude_none=True)

    @classmethod
    def from_text(cls, text: bytes | str, *, glance: bool = False) -> Self:
        """Return the document whose one spelling is `text`, or raise InputError; at a `glance` it may be another spelling."""
        given = text if isinstance(text, bytes) else text.encode(errors="surrogatepass")
        if len(given) > cls.max_text_bytes:
            raise InputError.at("document.too-long-text", size=str(len(given)), limit=str(cls.max_text_bytes))
        quick = SPELLINGS.get(cls) or spelling(cls)
        if quick is not None:
            read = quick.glanced(given) if glance else quick.read(given)
            if read is not None:
                return cast("Self", read)
        try:
            document: Self = cls.__pydantic_validator__.validate_json(given)
        except ValidationError as error:
            raise InputError(*problems(error, within=cls)) from error
        if glance:
            return document
        check_spelling(given, document.to_bytes())
        return document


def known(model: Callable[Members, Known]) -> Callable[Members, Known]:
    """Return what makes documents of one kind of members that are known to be right: the constructor in a quarter of its time.

    It checks nothing, so its members were computed, or come out of documents; what a user wrote goes through the constructor.
    A member that is spelt otherwise in the text goes by its own name here.  The function that makes a blank document and gives it its
    members, in the order of the schema, which is that of the text, is written as a text, as `dataclasses` writes constructors: to go through
    the members one by one takes three times as long.
    """
    kind = cast("type[Document]", model)
    fields = kind.model_fields
    left_out = {name: each.default for name, each in fields.items() if each.default is not PydanticUndefined}
    given = ", ".join(f"{name}=_left_out[{name!r}]" if name in left_out else name for name in fields)
    members = ", ".join(f"{name!r}: {name}" for name in fields)
    lines = (
        f"def make(*, {given}):",
        "_value = _blank(_kind)",
        f"_put__dict__(_value, {{{members}}})",
        "_put__pydantic_fields_set__(_value, _given)",
        "_put__pydantic_extra__(_value, None)",
        "_put__pydantic_private__(_value, None)",
        "return _value",
    )
    names = {"_blank": object.__new__, "_kind": kind, "_given": set(fields), "_left_out": left_out, **PUT}
    exec("\n ".join(lines), names)  # noqa: S102 - the names in it are those of our own members
    return cast("Callable[Members, Known]", names["make"])


def altered(value: Value, /, **members: object) -> Value:
    """Return a frozen value with other members that are known to be right; `dataclasses.replace` has the constructor check them.

    All that a value without slots keeps beside its members, such as what it worked out, the other has too.
    """
    if isinstance(value, msgspec.Struct):
        return replace(value, **members)
    made = copy(value)
    for name, member in members.items():
        _put(made, name, member)
    return made


class Written(BaseModel):
    """A value that people write: as strict and as closed, but with as many spellings as its readers allow."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


@contextmanager
def uncollected() -> Iterator[None]:
    """Set the collector of reference cycles aside while documents are read or made by the thousand.

    They are trees, which counting references frees.  Looking for cycles among them and all else that the process holds takes a fifth
    of a full verification and two fifths of a public one, in a process as large as a server's.  Only who found the
    collector on turns it off, and on again: so it is as it was in the end, however many threads do so at once.
    """
    found = gc.isenabled()
    if found:
        gc.disable()
        if _passed_over[0] > MOST_PASSED_OVER:  # now, since what was read before has mostly gone
            _passed_over[0] = 0
            gc.collect()
    try:
        yield
    finally:
        if found:
            made = gc.get_count()[0]
            # to count what is frozen takes a server 10 ms, so it is asked only where so much was made that collecting is due
            if made > gc.get_threshold()[0] and not gc.get_freeze_count():
                # what was made meanwhile counts as old at once; else all of it would be looked through on the way out
                gc.freeze()
                gc.unfreeze()
                _passed_over[0] += made
            gc.enable()


_passed_over = [0]
"""How many objects grew old so.  The collector doesn't count them, and looks through the old ever less often for it: without
`MOST_PASSED_OVER`, cycles that a caller makes before or between would stay for ever."""
