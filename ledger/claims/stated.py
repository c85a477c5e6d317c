"""The claims of a record: check that they may be stated, and answer them.

Rules: a claim is in the table, for a step that may have it, stated once, with exactly the members that its rule leaves
to the producer.  A claim that no certificate can carry is refused with the reason.  All faults are reported at once.

This module does not judge (`ledger.claims.run` and `ledger.claims.chain` do).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ledger.chemistry.exact import SCALE
from ledger.claims.answer import ClaimFinding, JudgedClaim
from ledger.claims.chain import chain_finding
from ledger.claims.evidence import Evidence, stated_key
from ledger.claims.rules import REFUSED, RULES, ClaimRule, Needed
from schemas.claim import Stated
from schemas.document import replace
from schemas.problem import Problem
from schemas.quantity import trillionths
from schemas.vocabulary import Step

_NEEDED: Final[tuple[Needed, ...]] = ("element", "countries", "threshold", "baseline")
_MAY_BE_LEFT_OUT: Final = "baseline"


def claim_faults(claims: Sequence[Stated], step: Step) -> Iterator[Problem]:
    """Yield the faults of a run's claims, each with its place in the record."""
    seen: set[object] = set()
    for index, stated in enumerate(claims):
        place = f"claims[{index}]"
        rule = RULES.get(stated.id)
        if rule is None:
            yield _unknown(stated.id, place)
            continue
        if stated_key(stated) in seen:
            yield Problem.at("claim.twice", place, claim=stated.id)
        seen.add(stated_key(stated))
        if rule.steps and step not in rule.steps:
            yield Problem.at("claim.step", place, claim=stated.id, found=step, possible=", ".join(sorted(rule.steps)))
        yield from _given(rule, stated, place)


def _unknown(name: str, place: str) -> Problem:
    refused = REFUSED.get(name)
    if refused is not None:
        return Problem.at("claim.refused", place, claim=refused.title, why=refused.why, source=refused.source)
    return Problem.at("claim.unknown", place, claim=name, possible=", ".join(RULES))


def _given(rule: ClaimRule, stated: Stated, place: str) -> Iterator[Problem]:
    """Yield missing and superfluous members of a claim."""
    for name in _NEEDED:
        present = bool(getattr(stated, name))
        if present and name not in rule.needs:
            yield Problem.at("claim.too-much", f"{place}.{name}", claim=rule.id, member=name)
        optional = name == _MAY_BE_LEFT_OUT or (name == "threshold" and rule.threshold is not None)
        if not present and name in rule.needs and not optional:
            yield Problem.at("claim.lacks", f"{place}.{name}", claim=rule.id, member=name, rule=rule.holds)
    if (bound := _says_nothing(rule, stated)) is not None:
        yield Problem.at("claim.lacks", f"{place}.threshold", claim=rule.id, member=bound, rule=rule.holds)


def _says_nothing(rule: ClaimRule, stated: Stated) -> str | None:
    """Return the required range of a threshold that is always met: a share of at least 0, or a fall to 1 or more."""
    threshold = trillionths(stated.threshold or rule.threshold or "1")
    if rule.holds == ">= threshold" and not threshold:
        return "a threshold above 0"
    return "a threshold below 1" if rule.judged == "intensity" and threshold >= SCALE else None


def with_threshold(stated: Stated) -> Stated:
    """Return a faultless claim with its rule's own limit if the producer chose none."""
    own = RULES[stated.id].threshold
    return stated if stated.threshold is not None or own is None else replace(stated, threshold=own)


def judged_claims(
    claims: Sequence[Stated], own_answers: Sequence[ClaimFinding], evidence: Evidence
) -> list[JudgedClaim]:
    """Return the answers to faultless claims, each in the scopes of its rule, the run's before the chain's."""
    done: list[JudgedClaim] = []
    engine = evidence.batch.footprint.engine
    for stated, own in zip(claims, own_answers, strict=True):
        scopes = RULES[stated.id].scopes
        if "run" in scopes:
            done.append(JudgedClaim(stated, "run", own, engine))
        if "chain" in scopes:
            done.append(JudgedClaim(stated, "chain", chain_finding(stated, own, evidence), engine))
    return done
