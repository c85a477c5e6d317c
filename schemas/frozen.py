"""Values of the program: what is made by the hundred for a certificate, and only read.

A `Frozen` value is what a `NamedTuple` is, but for the tuple: a `msgspec` struct with slots, frozen, made in C in a
quarter of the time and read in half of it.  It is for what is made for every line, part or record; what is made a few
times, or taken apart as a tuple, stays a `NamedTuple`.

What this module does not do: no value has a text; one that has is a `schemas.struct.Struct`.
"""

from __future__ import annotations

from typing import dataclass_transform

import msgspec


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class Frozen(msgspec.Struct, frozen=True, gc=False):
    """A value; subclass it for each kind.  None holds what holds it, so no cycle is looked for in them."""
