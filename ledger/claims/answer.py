"""What was found of a claim: the answer, the reason, the figure, and the lots that lead to where it was decided.

Rules: of several answers the weakest decides, refuted < unknown < declared < proven; of equal ones the first.  A reason is a
code of `schemas.sentences` with its facts.  What this module does not do: judging.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.exact import SCALE, divide
from schemas.claim import WEAKEST_FIRST, Claim
from schemas.quantity import trillionths, trillionths_text
from schemas.sentences import REASONS, filled

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from schemas.claim import Answer, ClaimScope, Stated

_MILLIONTH: Final = SCALE // 10**6
_STRENGTH: Final = {answer: number for number, answer in enumerate(WEAKEST_FIRST)}


class Found(NamedTuple):
    """An answer with its reason; `value` is scaled.

    `path` names the lots upstream that lead to the one that decides, none if it is the batch itself.
    """

    answer: Answer
    reason: str
    facts: Mapping[str, str] = MappingProxyType({})
    value: int | None = None
    path: tuple[str, ...] = ()

    @property
    def strength(self) -> int:
        """The place of the answer, from 0 for the weakest."""
        return _STRENGTH[self.answer]

    def behind(self, lot: str) -> Found:
        """Return what this is for who used the lot."""
        return self._replace(path=(lot, *self.path))

    def sentence(self) -> str:
        """Return the reason in words."""
        return filled(REASONS[self.reason], self.facts)


class Answered(NamedTuple):
    """A claim, the scope, and what was found."""

    stated: Stated
    scope: ClaimScope
    found: Found

    def row(self) -> Claim:
        """Return it as a certificate holds it."""
        stated, value = self.stated, self.found.value
        return Claim(
            id=stated.id,
            element=stated.element,
            threshold=stated.threshold,
            countries=stated.countries,
            baseline=stated.baseline,
            scope=self.scope,
            answer=self.found.answer,
            value=None if value is None else trillionths_text(value),
        )


def share_told(share: int) -> str:
    """Return a scaled share as a sentence tells it, in percent to 4 decimals."""
    return f"{trillionths_text(divide(share, _MILLIONTH) * _MILLIONTH * 100)} %"


def found(answer: Answer, reason: str, value: int | None = None, **facts: str) -> Found:
    """Return an answer with its reason and the facts of its sentence."""
    return Found(answer, reason, facts, value)


def weakest(several: Iterable[Found]) -> Found:
    """Return the weakest of several answers, the first of equal ones."""
    return min(several, key=lambda each: each.strength)


def said(row: Claim) -> Found:
    """Return what a certificate says of a claim, as far as its rows tell."""
    return Found(row.answer, "as-stated", value=None if row.value is None else trillionths(row.value))
