"""A split: one holding used, 2 to 64 parts created, owner and registry unchanged.

Rules: one line of ASCII JSON with members in this order; signed by nobody, since nothing changes hands; parts
sum exactly to the holding used (checked where the mass is known, `ledger.verify.paths`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.document import Document
from schemas.holding import Part, Use

MOST_PARTS = 64
"""Parts of one split (design of the ledger: a path stays short and its siblings hide what others took)."""


class Split(Document):
    """The record of a split, exactly as it is hashed."""

    oreprint: Literal["split/1"]
    uses: Use
    parts: Annotated[tuple[Part, ...], Field(min_length=2, max_length=MOST_PARTS)]
