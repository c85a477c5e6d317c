"""Collect the findings of a verification: every check, and its outcome.

Rules: a failed check never hides a later one.  What was not checked is kept as such, apart by whether a signed marker
withholds it or whether it was promised and is absent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from operator import attrgetter
from typing import Final

from ledger.verify.rule import Rule
from schemas.frozen import Frozen
from schemas.problem import OreprintError


class Outcome(Enum):
    """The outcome of a check that did not pass."""

    FAILED = "failed"
    WITHDRAWN = "withdrawn"
    ABSENT = "absent"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    WITHHELD = "withheld"
    WARNING = "warning"

    __hash__ = object.__hash__
    """As of `Rule`."""


class Finding(Frozen):
    """One thing found: step 1 to 11, stable code, outcome, the place (a lot, a line), and facts for its sentence.

    `line` is the number of the line that was being checked; findings are put in the order of the lines.
    """

    step: int
    code: str
    outcome: Outcome
    place: str
    facts: Mapping[str, str]
    line: int = 0


_LINE: Final = attrgetter("line")


@dataclass(slots=True)
class Findings:
    """Collects `all` findings, and how often each check was `made`; `off` names checks that a test has switched off."""

    off: frozenset[Rule] = frozenset()
    made: dict[Rule, int] = field(default_factory=lambda: defaultdict(int))
    all: list[Finding] = field(default_factory=list)
    line: int = 0

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Discard the findings and counts made within this context."""
        made, found = self.made, self.all
        self.made, self.all = defaultdict(int), []
        try:
            yield
        finally:
            self.made, self.all = made, found

    def passed(self, rule: Rule, times: int = 1) -> None:
        """Record that `rule` was checked this many times and passed."""
        if times:
            self.made[rule] += times

    def require(self, rule: Rule, place: str, *, holds: bool, **facts: object) -> bool:
        """Record that `rule` was checked, and a failure unless it holds. Return whether to go on."""
        self.made[rule] += 1
        if holds or rule in self.off:
            return True
        self.add(rule, Outcome.FAILED, place, **facts)
        return False

    def add(self, rule: Rule, outcome: Outcome, place: str, **facts: object) -> None:
        """Record a finding under the code of a check, unless the check is switched off."""
        self.add_as(rule, rule.code, outcome, place, facts)

    def add_texts(self, rule: Rule, outcome: Outcome, place: str, facts: Mapping[str, str]) -> None:
        """Record a finding as `add` does, with facts that are texts already and that nobody changes."""
        if rule not in self.off:
            self.all.append(Finding(rule.step, rule.code, outcome, place, facts, self.line))

    def add_as(self, rule: Rule, code: str, outcome: Outcome, place: str, facts: Mapping[str, object]) -> None:
        """Add a finding under a more precise code than its check's own, unless the check is off."""
        if rule not in self.off:
            texts = {key: str(value) for key, value in facts.items()}
            self.all.append(Finding(rule.step, code, outcome, place, texts, self.line))

    def forget(self, findings: Iterable[Finding]) -> None:
        """Remove findings about parts that were withheld and are shown now."""
        gone = {id(finding) for finding in findings}
        if gone:
            self.all = [finding for finding in self.all if id(finding) not in gone]

    def refuse(self, step: int, place: str, error: OreprintError) -> None:
        """Record, as a failure of `step`, what a parser or a proof check refused."""
        for problem in error.problems:
            where = place if problem.place == place else f"{place} {problem.place}".strip()
            self.all.append(Finding(step, problem.code, Outcome.FAILED, where, problem.facts, self.line))

    def fails(self, rule: Rule, place: str, error: OreprintError) -> bool:
        """Record that `rule` was checked and failed with `error`, whose facts say why.

        Return False unless it is switched off.
        """
        return self.require(rule, place, holds=False, reason=error.problems[0].sentence())

    @property
    def failed(self) -> bool:
        """Return whether any check failed."""
        return any(finding.outcome is Outcome.FAILED for finding in self.all)

    def sort(self) -> None:
        """Put the findings in the order of the lines; those of one line stay in the order of the steps."""
        self.all.sort(key=_LINE)
