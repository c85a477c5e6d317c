"""The judge keeps what was found: every check made, and what came of it.

Rules: a failed check never hides a later one; what was not checked is kept as such, apart by whether a signed marker
withholds it or whether it was promised and is absent.  What this module does not do: it decides no verdict
(`ledger.verify.verdict`) and writes no sentence.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from ledger.verify.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.problem import OreprintError


class Outcome(Enum):
    """What came of a check that did not simply pass."""

    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    ABSENT = "absent"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    WITHHELD = "withheld"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: step 1 to 11, stable code, outcome, the place (a lot, a line), and facts for its sentence."""

    step: int
    code: str
    outcome: Outcome
    place: str
    facts: Mapping[str, str]


@dataclass(slots=True)
class Judge:
    """Collects findings; `off` names checks that a test has switched off."""

    off: frozenset[Rule] = frozenset()
    made: Counter[Rule] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)

    def require(self, rule: Rule, place: str, *, holds: bool, **facts: object) -> bool:
        """Record that `rule` was checked; record a failure unless it holds. Returns whether to go on."""
        self.made[rule] += 1
        if holds or rule in self.off:
            return True
        self.note(rule, Outcome.FAILED, place, **facts)
        return False

    def note(self, rule: Rule, outcome: Outcome, place: str, **facts: object) -> None:
        """Record a finding under the name of a check, unless that is switched off."""
        if rule in self.off:
            return
        self.findings.append(
            Finding(rule.step, rule.value, outcome, place, {key: str(value) for key, value in facts.items()})
        )

    def refuse(self, step: int, place: str, error: OreprintError) -> None:
        """Record, as a failure of `step`, what a parser or a proof check refused."""
        for problem in error.problems:
            where = f"{place} {problem.place}".strip()
            self.findings.append(Finding(step, problem.code, Outcome.FAILED, where, problem.facts))

    def fails(self, rule: Rule, place: str, error: OreprintError) -> bool:
        """Record that `rule` was checked and `error` came of it; its facts say why. Returns False unless switched off."""
        return self.require(rule, place, holds=False, reason=error.problems[0].sentence())
