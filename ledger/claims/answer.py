"""The finding on a claim: answer, reason, figure, and the lots on the path to the decisive run.

Rules: the weakest of several answers decides, refuted < unknown < declared < proven; the first of equal ones.  A reason
is a code of `schemas.sentences` with its facts.  This module judges nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from ledger.chemistry.exact import SCALE, divide
from ledger.claims.rules import RULES, by_records
from ledger.footprint.versions import GUARDED
from schemas.claim import WEAKEST_FIRST, Answer, Claim, ClaimScope, Stated
from schemas.quantity import trillionths, trillionths_text
from schemas.sentences import REASONS, filled

_MILLIONTH: Final = SCALE // 10**6
_STRENGTH: Final = {answer: number for number, answer in enumerate(WEAKEST_FIRST)}


class ClaimFinding(NamedTuple):
    """An answer with its reason; `value` is scaled.

    `path` names the lots upstream that lead to the decisive one; empty if it is the batch itself.
    """

    answer: Answer
    reason: str
    facts: Mapping[str, str] = MappingProxyType({})
    value: int | None = None
    path: tuple[str, ...] = ()

    @property
    def strength(self) -> int:
        """The rank of the answer, 0 for the weakest."""
        return _STRENGTH[self.answer]

    def behind(self, lot: str) -> ClaimFinding:
        """Return this finding for a user of the lot."""
        return self._replace(path=(lot, *self.path))

    def sentence(self) -> str:
        """Return the reason in words."""
        return filled(REASONS[self.reason], self.facts)


class JudgedClaim(NamedTuple):
    """A claim with its scope and finding, and the version of the engine that says how a certificate states it."""

    stated: Stated
    scope: ClaimScope
    finding: ClaimFinding
    engine: str

    @property
    def answer(self) -> Answer:
        """The answer in the certificate; engine 1 called what rests on readings or places proven."""
        found = self.finding.answer
        return by_records(self.stated.id, found) if self.engine in GUARDED else found

    def sentence(self) -> str:
        """Return the reason in words, and that nobody attested the readings or places that decide it."""
        rests = RULES[self.stated.id].rests
        alone = "" if self.answer == self.finding.answer else f" {REASONS[f'{rests}-unattested']}"
        return f"{self.finding.sentence()}{alone}"

    def row(self) -> Claim:
        """Return the claim as in a certificate."""
        stated, value = self.stated, self.finding.value
        return Claim(
            id=stated.id,
            element=stated.element,
            threshold=stated.threshold,
            countries=stated.countries,
            baseline=stated.baseline,
            scope=self.scope,
            answer=self.answer,
            value=None if value is None else trillionths_text(value),
        )


def percent_text(share: int) -> str:
    """Return a scaled share as text for a sentence, in percent with up to 4 decimals."""
    return f"{trillionths_text(divide(share, _MILLIONTH) * _MILLIONTH * 100)} %"


def finding(answer: Answer, reason: str, value: int | None = None, **facts: str) -> ClaimFinding:
    """Return an answer with its reason and the facts of its sentence."""
    return ClaimFinding(answer, reason, facts, value)


def weakest(several: Iterable[ClaimFinding]) -> ClaimFinding:
    """Return the weakest of several answers, the first of equal ones."""
    return min(several, key=lambda each: each.strength)


def stated_finding(row: Claim) -> ClaimFinding:
    """Return the finding that a certificate states for a claim, as far as its row tells."""
    return ClaimFinding(row.answer, "as-stated", value=None if row.value is None else trillionths(row.value))
