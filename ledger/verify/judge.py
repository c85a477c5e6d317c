"""The judge keeps what was found: every check made, and what came of it.

Rules: a failed check never hides a later one; what was not checked is kept as such, apart by whether a signed marker
withholds it or whether it was promised and is absent.  What this module does not do: it decides no verdict
(`ledger.verify.verdict`) and writes no sentence.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from schemas.frozen import Frozen

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.verify.rule import Rule
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

    __hash__ = object.__hash__
    """As of `Rule`."""


class Finding(Frozen):
    """One thing found: step 1 to 11, stable code, outcome, the place (a lot, a line), and facts for its sentence.

    `line` is the line of the bundle that was being judged; findings are put in the order of the lines.
    """

    step: int
    code: str
    outcome: Outcome
    place: str
    facts: Mapping[str, str]
    line: int = 0


_LINE: Final = attrgetter("line")


@dataclass(slots=True)
class Judge:
    """Collects findings, and how often each check was `made`; `off` names checks that a test has switched off.

    While `silent`, it looks at a `line` that another process judges: nothing is found, and what is counted is thrown away.
    """

    off: frozenset[Rule] = frozenset()
    made: dict[Rule, int] = field(default_factory=lambda: defaultdict(int))
    findings: list[Finding] = field(default_factory=list)
    line: int = 0
    silent: bool = False
    _counted: dict[Rule, int] = field(init=False)

    def __post_init__(self) -> None:
        """Begin by counting what is made."""
        self._counted = self.made

    def be_silent(self, *, silent: bool) -> None:
        """Fall silent, or speak again."""
        self.silent = silent
        self._counted = defaultdict(int) if silent else self.made

    def passed(self, rule: Rule, times: int = 1) -> None:
        """Record that `rule` was checked so many times, and holds."""
        if times:
            self._counted[rule] += times

    def require(self, rule: Rule, place: str, *, holds: bool, **facts: object) -> bool:
        """Record that `rule` was checked; record a failure unless it holds. Returns whether to go on."""
        self._counted[rule] += 1
        if holds or rule in self.off:
            return True
        self.note(rule, Outcome.FAILED, place, **facts)
        return False

    def note(self, rule: Rule, outcome: Outcome, place: str, **facts: object) -> None:
        """Record a finding under the name of a check, unless that is switched off."""
        self.tell(rule, rule.code, outcome, place, facts)

    def tell(self, rule: Rule, code: str, outcome: Outcome, place: str, facts: Mapping[str, object]) -> None:
        """Record a finding of a check under a code that says more than the check's own, unless the check is switched off."""
        if self.silent or rule in self.off:
            return
        told = {key: str(value) for key, value in facts.items()}
        self.findings.append(Finding(rule.step, code, outcome, place, told, self.line))

    def forget(self, findings: Iterable[Finding]) -> None:
        """Take findings back: of what was withheld, and is shown now."""
        gone = {id(finding) for finding in findings}
        if gone:
            self.findings = [finding for finding in self.findings if id(finding) not in gone]

    def refuse(self, step: int, place: str, error: OreprintError) -> None:
        """Record, as a failure of `step`, what a parser or a proof check refused."""
        if self.silent:
            return
        for problem in error.problems:
            where = place if problem.place == place else f"{place} {problem.place}".strip()
            self.findings.append(Finding(step, problem.code, Outcome.FAILED, where, problem.facts, self.line))

    def fails(self, rule: Rule, place: str, error: OreprintError) -> bool:
        """Record that `rule` was checked and `error` came of it; its facts say why. Returns False unless switched off."""
        return self.require(rule, place, holds=False, reason=error.problems[0].sentence())

    @property
    def failed(self) -> bool:
        """Whether anything failed."""
        return any(finding.outcome is Outcome.FAILED for finding in self.findings)

    def arrange(self) -> None:
        """Put the findings in the order of the lines; those of one line stay as they were found."""
        self.findings.sort(key=_LINE)
