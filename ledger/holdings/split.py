"""Splits: one holding becomes 2 to 64 parts of the same owner in the same registry, and nobody needs to sign.

Rules:

1. The parts sum exactly to the holding used; none is negative or empty.
2. Owner and registry of every part are those of the holding used.
3. The text is one line of ASCII JSON in the order of `schemas.split`; writing what was read gives the same bytes.

Masses are whole mg.  What this module does not do: choosing the holding, making the parts' texts, or verifying (`ledger.verify.paths`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from ledger.seal.digest import digests_bytes, to_base64url
from schemas import patterns
from schemas.identifier import DIGEST, HOLDING_TEXT
from schemas.problem import InputError
from schemas.quantity import kg_text, milligrams
from schemas.split import MOST_PARTS, Split

if TYPE_CHECKING:
    from collections.abc import Sequence

_PART: Final = re.compile(rf'{{"mass_kg":"({patterns.unsigned(6)})","holding":"({DIGEST})"}}')
_SPLIT: Final = re.compile(
    rf'{{"oreprint":"split/1","uses":{{"creator":"({DIGEST})","holding":"({HOLDING_TEXT})"}},'
    rf'"parts":\[({_PART.pattern}(?:,{_PART.pattern}){{1,{MOST_PARTS - 1}}}+)\]}}'
)
"""The one spelling of a split: quicker to hold a text to than to its model, which there are three of for each certificate."""


class Piece(NamedTuple):
    """A part of a split: `mass_mg`, and the `commitment` (SHA-256) of the text of the holding it creates."""

    mass_mg: int
    commitment: bytes


@dataclass(frozen=True, slots=True)
class SplitRecord:
    """What a split says: the holding used (its `creator`'s digest and its text), and the `pieces` it creates."""

    creator: bytes
    holding: str
    pieces: tuple[Piece, ...]

    def to_text(self) -> str:
        """Return the one spelling; by hand, since a bulk issue writes several splits for each certificate."""
        parts = ",".join(
            f'{{"mass_kg":"{kg_text(piece.mass_mg)}","holding":"{to_base64url(piece.commitment)}"}}'
            for piece in self.pieces
        )
        uses = f'{{"creator":"{to_base64url(self.creator)}","holding":"{self.holding}"}}'
        return f'{{"oreprint":"split/1","uses":{uses},"parts":[{parts}]}}'

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text of a split.

        Raises:
            InputError: `document.*` for the form; `holding.split-empty` for a part without mass.

        """
        spelled = _SPLIT.fullmatch(text)
        if spelled is not None:
            creator, holding, parts = spelled[1], spelled[2], _PART.findall(spelled[3])
        else:
            read = Split.from_text(text)
            creator, holding = read.uses.creator, read.uses.holding
            parts = [(part.mass_kg, part.holding) for part in read.parts]
        masses = [milligrams(mass) for mass, _ in parts]
        if 0 in masses:
            raise InputError.at("holding.split-empty", "parts")
        made_by, *commitments = digests_bytes([creator, *(commitment for _, commitment in parts)])
        return cls(made_by, holding, tuple(map(Piece, masses, commitments)))


def check_parts(mass_mg: int, parts: Sequence[int]) -> None:
    """Refuse parts that aren't 2 to 64 positive masses with the sum `mass_mg`.

    Raises:
        InputError: `holding.split-count`, `holding.split-empty`, `holding.split-sum`.

    """
    if not 2 <= len(parts) <= MOST_PARTS:
        raise InputError.at("holding.split-count", count=len(parts), limit=MOST_PARTS)
    if min(parts) <= 0:
        raise InputError.at("holding.split-empty", "parts")
    if sum(parts) != mass_mg:
        raise InputError.at("holding.split-sum", "parts", total=kg_text(sum(parts)), used=kg_text(mass_mg))
