"""The checks of a report: one line for each finding, each check that passed everywhere, and each that was not made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import starmap
from typing import Final

from ledger.verify.chain import Chain
from ledger.verify.findings import Finding, Outcome
from ledger.verify.rule import Rule
from ledger.verify.unseen import unseen
from schemas.report import Check, Result
from schemas.sentences import CHECKS, CODES, WITHHELD, filled

_RESULT: Final[dict[Outcome, Result]] = {
    Outcome.FAILED: "failed",
    Outcome.WITHDRAWN: "failed",
    Outcome.SUPERSEDED: "warning",
    Outcome.EXPIRED: "warning",
    Outcome.ABSENT: "not-checked",
    Outcome.WITHHELD: "not-checked",
    Outcome.WARNING: "warning",
}
_OTHER_WORDS: Final[dict[str, Rule]] = {
    "status.undone": Rule.NOT_WITHDRAWN,
    "inputs.path-unknown": Rule.PATH,
    "trust.registry-unknown": Rule.INCLUDED,
}
"""Findings of a check in other words than its own: the check has not passed."""
SENTENCES_KEPT: Final = 1024
"""Sentences that stay written: what is flagged of one batch is flagged of the next."""


def check_of(chain: Chain, finding: Finding) -> Check:
    """Return a finding as a check of the report."""
    return _check(finding, _places_elsewhere(chain))


def _check(finding: Finding, elsewhere: Callable[[str], bool]) -> Check:
    return Check(
        step=finding.step,
        code=finding.code,
        result=_RESULT[finding.outcome],
        sentence=sentence(finding),
        place=finding.place,
        facts=dict(finding.facts),
        elsewhere=elsewhere(finding.place) or None,
    )


def sentence(finding: Finding) -> str:
    """Return the plain sentence of a finding, from the catalogue."""
    return _sentence(finding.code, finding.outcome, tuple(finding.facts.items()))


@lru_cache(SENTENCES_KEPT)
def _sentence(code: str, outcome: Outcome, told: tuple[tuple[str, str], ...]) -> str:
    facts, words = dict(told), CHECKS.get(code)
    if words is None:
        return filled(CODES[code], facts)
    chosen = words.failed if outcome is Outcome.FAILED else words.open or words.failed
    return filled(chosen, facts).strip()


def checks_of(chain: Chain) -> Iterator[Check]:
    """List every check made: one line for those that passed everywhere, one for each finding."""
    findings = chain.findings
    found = {finding.code for finding in findings.all if finding.outcome is not Outcome.WITHHELD}
    found |= {_OTHER_WORDS[code].value for code in found & _OTHER_WORDS.keys()}
    elsewhere = _places_elsewhere(chain)
    for finding in findings.all:
        yield _check(finding, elsewhere)
    for rule in Rule:
        if rule in findings.made and rule.value not in found:
            yield _passed(rule, findings.made[rule])
    yield from starmap(_unseen, unseen(chain))
    yield from _not_made(chain)


def _places_elsewhere(chain: Chain) -> Callable[[str], bool]:
    """Return a function that tells whether a place is that of another record than the subject."""
    subject = chain.seen.get(chain.subject or "")
    if subject is None:
        return lambda _: False
    lots, line = {seen.place for seen in chain.seen.values()} - {subject.place}, f"line {subject.number}"
    return lambda place: place in lots or (place.startswith("line ") and place.split(" ")[:2] != line.split(" "))


@lru_cache(SENTENCES_KEPT)
def _passed(rule: Rule, times: int) -> Check:
    """Return the report's line of a check that passed everywhere. Cached, because most lines are such."""
    return Check(
        step=rule.step,
        code=rule.value,
        result="passed",
        sentence=CHECKS[rule.value].passed,
        facts={"times": str(times)},
    )


@lru_cache(SENTENCES_KEPT)
def _unseen(rule: Rule, runs: int, inputs: int) -> Check:
    """Return the report's line of a check that was not made because parts are withheld. Cached as well."""
    facts = {"runs": str(runs), "inputs": str(inputs)}
    return Check(
        step=rule.step,
        code=rule.value,
        result="not-checked",
        sentence=f"{filled(WITHHELD, facts)} {CHECKS[rule.value].passed}",
        facts=facts,
    )


def _not_made(chain: Chain) -> Iterator[Check]:
    """Yield, for each step without a check, that nothing was checked in it."""
    steps = {rule.step for rule in chain.findings.made} | {found.step for found in chain.findings.all}
    if 1 not in steps and chain.seen:
        yield Check(step=1, code="form.read", result="passed", sentence=CHECKS["form.read"].passed)
    for step, code in ((6, "status.none"), (10, "claims.none"), (11, "attestations.none")):
        if step not in steps:
            yield Check(step=step, code=code, result="not-checked", sentence=CHECKS[code].open)
