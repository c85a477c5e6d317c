"""Splits: one holding becomes 2 to 64 parts of the same owner in the same registry.  Nobody needs to sign.

Rules:

1. The parts sum exactly to the holding used; none is negative or empty.
2. The owner and registry of each part are those of the holding used.
3. The text is one line of ASCII JSON in the order of `schemas.split`.  Parsing and writing again gives the same bytes.

Masses are whole mg.  This module does not select the holding, make the texts of the parts, or verify
(`ledger.verify.paths`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Self

from ledger.seal.digest import digests_bytes, to_base64url
from schemas.frozen import Frozen
from schemas.problem import InputError
from schemas.quantity import kg_text, millionths
from schemas.split import MOST_PARTS, SPLIT_TEXT, Split

_SPLIT: Final = re.compile(SPLIT_TEXT)
"""The split as a text pattern; hot path, see bench."""
_CREATOR, _HOLDING, _MASSES, _COMMITMENTS = 9, 13, slice(19, None, 8), slice(23, None, 8)
"""Positions of the values, counted in quotation marks."""


class SplitPart(Frozen):
    """One part of a split: `mass_mg`, and the `commitment` (SHA-256) of the text of the new holding."""

    mass_mg: int
    commitment: bytes


class SplitRecord(Frozen):
    """The content of a split: the holding used (digest of its `creator`, and its text), and the new `pieces`."""

    creator: bytes
    holding: str
    pieces: tuple[SplitPart, ...]

    def to_text(self) -> str:
        """Return the canonical text; written by hand because it is on the hot path of bulk issuing."""
        parts = ",".join(
            f'{{"mass_kg":"{kg_text(piece.mass_mg)}","holding":"{to_base64url(piece.commitment)}"}}'
            for piece in self.pieces
        )
        uses = f'{{"creator":"{to_base64url(self.creator)}","holding":"{self.holding}"}}'
        return f'{{"oreprint":"split/1","uses":{uses},"parts":[{parts}]}}'

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse the text of a split.

        Raises:
            InputError: `document.*` if it is malformed; `holding.split-empty` for a part without mass.
        """
        if not _SPLIT.fullmatch(text):
            text = Split.from_text(text).to_text()  # raises the error that names the fault
        values = text.split('"')
        masses = list(map(millionths, values[_MASSES]))
        if 0 in masses:
            raise InputError.at("holding.split-empty", "parts")
        creator, *commitments = digests_bytes([values[_CREATOR], *values[_COMMITMENTS]])
        return cls(creator, values[_HOLDING], tuple(map(SplitPart, masses, commitments)))


def check_parts(mass_mg: int, parts: Sequence[int]) -> None:
    """Check that `parts` are 2 to 64 positive masses with the sum `mass_mg`, or raise.

    Raises:
        InputError: `holding.split-count`, `holding.split-empty`, `holding.split-sum`.
    """
    if not 2 <= len(parts) <= MOST_PARTS:
        raise InputError.at("holding.split-count", count=len(parts), limit=MOST_PARTS)
    if min(parts) <= 0:
        raise InputError.at("holding.split-empty", "parts")
    if sum(parts) != mass_mg:
        raise InputError.at("holding.split-sum", "parts", total=kg_text(sum(parts)), used=kg_text(mass_mg))
