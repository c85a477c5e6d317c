"""Every rule of verification finds the cheat that it is there for, and nothing else stands in for it silently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.verify.findings import Findings, Outcome
from ledger.verify.rule import Rule
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.sentences import CHECKS
from tests.support.worlds.broken_histories import BREAKS, Case
from tests.support.worlds.recipe import tables

if TYPE_CHECKING:
    from ledger.verify.chain import Chain

BESIDE: dict[Rule, set[Rule]] = {
    Rule.STATUS_LIST: set(),
    Rule.SIGNED: {Rule.PRODUCER_SIGNED},
    Rule.PRODUCER_SIGNED: {Rule.SIGNED},
    Rule.ISSUER_KEY: {Rule.PRODUCER_SIGNED},
    Rule.ELEMENTS: {Rule.PHYSICS},
    Rule.ENDED_BY: {Rule.NOT_WITHDRAWN},
    Rule.SOURCE_STANDS: {Rule.NOT_WITHDRAWN},
}
"""What is broken together with a rule, by the nature of the cheat."""

STILL: dict[Rule, set[Rule]] = {
    Rule.FIRST_RUN: {Rule.LOT_ONCE},
    Rule.PRODUCER_SIGNED: {Rule.SIGNED},
    Rule.ELEMENTS: {Rule.GAINS, Rule.PHYSICS},
    Rule.ENDED_BY: {Rule.NOT_WITHDRAWN},
    Rule.SOURCE_STANDS: {Rule.NOT_WITHDRAWN},
}
"""What still finds a cheat when the rule against it is off: what it breaks besides, and what covers that rule."""


TOLD = {
    Rule.FLAGGED,
    Rule.LATE,
    Rule.CAPACITY,
    Rule.ATTESTOR,
    Rule.ATTESTED,
    Rule.INDEPENDENT,
    Rule.ATTESTATION_STANDS,
    Rule.OPINION,
}
"""What is only told leaves a record genuine: flags, and attestations that don't count (`test_attestations`)."""


def judged(case: Case, *off: Rule) -> Chain:
    findings = Findings(off=frozenset(off))
    return verify_bundle(case.lines, trust=case.cast.trust, tables=tables(), policy=case.policy, findings=findings)


def found(chain: Chain) -> set[str]:
    return {each.code for each in chain.findings.all if each.outcome not in {Outcome.WITHHELD, Outcome.WARNING}}


def test_every_rule_has_a_cheat_and_a_sentence() -> None:
    assert set(BREAKS) | TOLD == set(Rule)
    for rule in Rule:
        assert CHECKS[rule.value].passed
        assert CHECKS[rule.value].failed


@pytest.mark.parametrize("rule", BREAKS, ids=lambda rule: rule.value)
def test_the_cheat_is_found_by_its_rule_and_by_no_other(rule: Rule) -> None:
    case = BREAKS[rule]()
    chain = judged(case)
    result = report(chain)
    assert result.verdict == case.verdict
    assert found(chain) == {each.value for each in {rule} | BESIDE.get(rule, set())}
    sentences = [check.sentence for check in result.checks if check.code == rule.value and check.result != "passed"]
    assert sentences
    assert all(sentences)
    assert not any("{" in sentence for sentence in sentences)


@pytest.mark.parametrize("rule", BREAKS, ids=lambda rule: rule.value)
def test_a_rule_that_is_switched_off_says_nothing(rule: Rule) -> None:
    case = BREAKS[rule]()
    chain = judged(case, rule)
    still = STILL.get(rule, set())
    assert found(chain) == {each.value for each in still}
    if not still:
        assert report(chain).verdict == "genuine"
