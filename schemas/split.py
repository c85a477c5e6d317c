"""A split: one holding used, 2 to 64 parts created, owner and registry unchanged.

Rules: one line of ASCII JSON with members in this order; signed by nobody, since nothing changes hands; parts
sum exactly to the holding used (checked where the mass is known, `ledger.verify.paths`).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from schemas import patterns
from schemas.document import Document
from schemas.holding import Part, Use
from schemas.identifier import DIGEST, HOLDING_TEXT

MOST_PARTS = 64
"""Parts of one split (design of the ledger: a path stays short and its siblings hide what others took)."""

_PART: Final = rf'\{{"mass_kg":"{patterns.unsigned(6)}","holding":"{DIGEST}"\}}'
SPLIT_TEXT: Final = (
    rf'\{{"oreprint":"split/1","uses":\{{"creator":"{DIGEST}","holding":"{HOLDING_TEXT}"\}},'
    rf'"parts":\[{_PART}(?:,{_PART}){{1,{MOST_PARTS - 1}}}+\]\}}'
)
"""The pattern of the one spelling of a split, without anchors."""


class Split(Document):
    """The record of a split, exactly as it is hashed."""

    oreprint: Literal["split/1"]
    """Format and version of this document."""
    uses: Use
    """Holding that is used, whole."""
    parts: Annotated[tuple[Part, ...], Field(min_length=2, max_length=MOST_PARTS)]
    """Holdings that are created, with the same owner and registry. Their masses sum exactly to the holding used."""
