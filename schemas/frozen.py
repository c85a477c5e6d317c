"""Frozen values of the program, made by the hundred for a certificate and only read.

A `Frozen` value is like a `NamedTuple`, but not a tuple: a frozen `msgspec` struct with slots, made in C (hot path, see
bench/verifying.py). Use it for values of every line, part or record. A value that is made a few times, or taken apart
as a tuple, stays a `NamedTuple`. A value that has a text is a `schemas.struct.Struct`.
"""

from __future__ import annotations

from typing import dataclass_transform

import msgspec


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class Frozen(msgspec.Struct, frozen=True, gc=False):
    """A value; subclass it for each kind.  None holds what holds it, so no cycle is looked for in them."""
