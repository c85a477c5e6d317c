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
import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec
from pydantic import BaseModel, ConfigDict

from schemas.struct import Struct

if TYPE_CHECKING:
    from collections.abc import Iterator

Value = TypeVar("Value")

MOST_PASSED_OVER: Final = 500_000
"""Objects that the collector passes over (`gc_paused`) before it looks through all there are."""


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


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the cyclic garbage collector while documents are read or made by the thousand (see bench/verifying.py).

    They are trees, which reference counts free.  Only the thread that found the collector on turns it off, and on
    again: it is as it was in the end, however many threads do so at once.
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
            count = gc.get_count()[0]
            # to count what is frozen takes a server 10 ms, so it is asked only where so much was made that collecting
            # is due
            if count > gc.get_threshold()[0] and not gc.get_freeze_count():
                # what was made meanwhile counts as old at once; else all of it would be looked through on the way out
                gc.freeze()
                gc.unfreeze()
                _passed_over[0] += count
            gc.enable()


_passed_over = [0]
"""How many objects grew old so.  The collector doesn't count them, and looks through the old ever less often for it:
without `MOST_PASSED_OVER`, cycles that a caller makes before or between would stay for ever."""
