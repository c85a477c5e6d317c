"""What the door lets through, at most.

Each limit has its origin beside it.  A limit is never silently applied: what exceeds one is refused with a code of
its own.
"""

from __future__ import annotations

from typing import Final

MAX_BYTES: Final = 1024 * 1024
"""One document, as bytes (threat model R2: body 1 MiB)."""

MAX_DEPTH: Final = 64
"""Arrays and objects inside one another (threat model R2)."""

MAX_MEMBERS: Final = 10_000
"""Members of one object (threat model R2: keys 10,000)."""

MAX_STRING_BYTES: Final = 4096
"""One string as UTF-8, or as it is written with its escapes (threat model R2: string 4 kB)."""

MAX_SAFE_INTEGER: Final = 2**53 - 1
"""The last integer that every JSON reader keeps exact (RFC 8259 section 6)."""

MAX_EXPONENT: Final = 100
"""Powers of ten a real number may reach, up or down; no physical amount needs more."""

MAX_NUMBER_CHARACTERS: Final = 128
"""One number as it is written; more digits mean nothing and cost time."""

MAX_PROBLEMS: Final = 100
"""Problems listed of one document; the rest is counted."""
