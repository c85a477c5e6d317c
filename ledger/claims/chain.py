"""Judge a claim for a whole chain: the answer in the scope *chain*, by the semantics of its rule.

Rules: the weakest of *every branch* decides; an input whose certificate does not state the claim is unknown.  A
*mass-weighted* share is the batch's own (its composition has the recycled content), or has bounds if an input does not
state its share.  A *figure* covers its chain already. A withheld part is unknown, or declared if the certificate has
the figure; so nothing withheld is ever proven.  An answer that another run decides has no figure, because the figure
belongs to that run's producer.

This module does not judge a run (`ledger.claims.run`).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context
from itertools import chain
from typing import Final

from ledger.chemistry.exact import SCALE, divide
from ledger.claims.answer import ClaimFinding, finding, percent_text, weakest
from ledger.claims.evidence import Evidence, placeholders, recycled_part, stated_key
from ledger.claims.origin import outside_countries, steps_known
from ledger.claims.rules import RULES, ClaimRule
from ledger.claims.run import threshold
from ledger.footprint.masses import figure_text
from schemas.claim import Stated
from schemas.quantity import trillionths

_LOGARITHM: Final = Context(prec=40, rounding=ROUND_HALF_EVEN)
"""All implementations of Decimal round correctly, so the digits are the same everywhere."""


def chain_finding(stated: Stated, own: ClaimFinding, evidence: Evidence) -> ClaimFinding:
    """Return the finding of the chain of a batch; `own` is that of its run."""
    rule = RULES[stated.id]
    match rule.judged:
        case "recycled" | "post-consumer":
            return _recycled(rule, stated, evidence)
        case "footprint":
            return _footprint(threshold(rule, stated), evidence)
        case "renewable":
            return _renewable(threshold(rule, stated), stated, own, evidence)
        case "known":
            return _shown(steps_known(evidence.batch.origin), evidence)
        case "outside":
            return _shown(outside_countries(evidence.batch.origin, rule.countries or stated.countries or ()), evidence)
        case "discharge" | "reuse" | "ammonia" | "intensity" | "parts" | "word":
            return weakest([own, *_branches(stated, evidence)])._replace(value=None)


def recycled_finding(element: str, evidence: Evidence) -> ClaimFinding:
    """Return whether the evidence proves both recycled shares of an element, whatever they are; the weaker answer."""
    rules = (rule for rule in RULES.values() if rule.judged in {"recycled", "post-consumer"})
    return weakest(_recycled(rule, Stated(id=rule.id, element=element, threshold="0"), evidence) for rule in rules)


# -- every branch --------------------------------------------------------------------------------------------------


def _branches(stated: Stated, evidence: Evidence) -> Iterator[ClaimFinding]:
    """Yield the finding of each branch upstream of the run."""
    for branch in evidence.branches:
        if branch is None:
            yield finding("unknown", "inputs-withheld")
            continue
        answer = branch.answers.get(stated_key(stated), finding("unknown", "not-stated"))
        yield answer.behind(branch.lot)
    for material in evidence.roots.materials if evidence.roots else ():
        yield finding("unknown", "open-branch", material=material)


def _shown(answer: ClaimFinding, evidence: Evidence) -> ClaimFinding:
    """Return a finding from the certificate itself; declared if a run or an input, here or upstream, is withheld."""
    if answer.answer != "proven":
        return answer
    if withheld := evidence.withheld:
        return finding("declared", withheld)
    return next(_unseen(evidence), answer)


def _unseen(evidence: Evidence) -> Iterator[ClaimFinding]:
    """Yield the withheld parts upstream of each input, on which its certificate rests."""
    return (each.behind.unseen.behind(each.lot) for each in evidence.branches if each and each.behind.unseen)


# -- mass-weighted -------------------------------------------------------------------------------------------------


def _recycled(rule: ClaimRule, stated: Stated, evidence: Evidence) -> ClaimFinding:
    """Return the finding on the recycled share of an element in the batch's composition."""
    part = next((each for each in evidence.batch.composition if each.element == stated.element), None)
    if part is None or stated.element is None:
        return finding("refuted", "no-element", element=stated.element or "")
    share = trillionths(part.post) + (trillionths(part.pre) if rule.judged == "recycled" else 0)
    least, facts = threshold(rule, stated), {"found": percent_text(share), "element": stated.element}
    if share < least:
        return finding("refuted", "recycled-low", share, **facts, possible=percent_text(least))
    if withheld := evidence.withheld:
        return finding("declared", withheld, share)
    upstream = next(_unsure(stated, evidence), None)
    if upstream is not None:
        return ClaimFinding("declared", upstream.reason, upstream.facts, share, upstream.path)
    if evidence.roots and stated.element in evidence.roots.scrap:
        return finding("declared", "recycled-said", share, **facts)
    return finding("proven", "recycled", share, **facts)


def _unsure(stated: Stated, evidence: Evidence) -> Iterator[ClaimFinding]:
    """Yield the inputs whose certificate only declares the share, or whose share rests on uncertified scrap."""
    for branch in filter(None, evidence.branches):
        answer = branch.answers.get(stated_key(stated))
        if answer is not None and answer.answer in {"declared", "unknown"}:
            yield answer.behind(branch.lot)
        brings = any(part.element == stated.element and recycled_part(part) for part in branch.facts.composition)
        against = branch.behind.scrap.get(stated.element or "") or branch.behind.unseen
        if brings and against:
            yield against.behind(branch.lot)


def _renewable(least: int, stated: Stated, own: ClaimFinding, evidence: Evidence) -> ClaimFinding:
    """Return the smaller of own share and inputs' mean share, weighted by rare earth; bounds if one is unknown."""
    findings = [branch.answers.get(stated_key(stated)) if branch else None for branch in evidence.branches]
    weights = [branch.rare_earth if branch else 0 for branch in evidence.branches]
    if own.value is None:
        return own
    low = high = own.value
    if sum(weights):
        low = min(low, _mean(findings, weights, otherwise=0))
        high = min(high, _mean(findings, weights, otherwise=SCALE))
    facts = {"found": percent_text(high), "possible": percent_text(least)}
    if high < least:
        return finding("refuted", "renewable-chain-low", high, **facts)
    if low < least or evidence.withheld:
        return finding("unknown", "renewable-open", low, found=percent_text(low), possible=percent_text(high))
    if evidence.roots and evidence.roots.materials:
        return finding("unknown", "open-branch", low, material=evidence.roots.materials[0])
    answers = [
        each.behind(branch.lot) for each, branch in zip(findings, evidence.branches, strict=True) if each and branch
    ]
    unsure = [each for each in (own, *answers) if each.answer in {"declared", "unknown"}]
    if unsure:
        decides = weakest(unsure)
        return ClaimFinding(decides.answer, decides.reason, decides.facts, low, decides.path)
    return finding("proven", "renewable-chain", low, found=percent_text(low))


def _mean(known: list[ClaimFinding | None], weights: list[int], *, otherwise: int) -> int:
    """Return the weighted mean of the inputs' shares; an unstated share counts as `otherwise`."""
    shares = [otherwise if each is None or each.value is None else each.value for each in known]
    return divide(sum(share * weight for share, weight in zip(shares, weights, strict=True)), sum(weights))


# -- a figure ------------------------------------------------------------------------------------------------------


def _footprint(limit: int, evidence: Evidence) -> ClaimFinding:
    """Return whether the larger of both footprints is below a figure by more than its uncertainty."""
    footprint = evidence.batch.footprint
    value = max(trillionths(footprint.per_kg.location), trillionths(footprint.per_kg.market))
    facts = {"found": figure_text(value), "possible": figure_text(limit)}
    if value >= limit:
        return finding("refuted", "footprint-high", max(value, 0), **facts)
    if withheld := evidence.withheld:
        return finding("declared", withheld, max(value, 0))
    if value <= 0 or not _beyond(value, limit, trillionths(footprint.quality.variance)):
        return finding("declared", "footprint-close", max(value, 0), **facts)
    if footprint.placeholders:
        return finding("declared", "footprint-placeholders", value, **facts, lines=str(footprint.placeholders))
    if evidence.roots and evidence.roots.materials:
        return finding("declared", "open-branch", value, material=evidence.roots.materials[0])
    upstream = next(chain(_placeholders(evidence), _unseen(evidence)), None)
    return upstream or finding("proven", "footprint-below", value, **facts)


def _placeholders(evidence: Evidence) -> Iterator[ClaimFinding]:
    """Yield the inputs whose figures rest on placeholder factors, there or further upstream if that is known."""
    for branch in filter(None, evidence.branches):
        against = placeholders(branch.facts) or branch.behind.placeholder
        if against:
            yield against.behind(branch.lot)


def _beyond(value: int, limit: int, variance: int) -> bool:
    """Return whether a limit is outside a figure's 95 % range: ln(limit / value) squared >= ln GSD2 squared."""
    distance = _LOGARITHM.ln(_LOGARITHM.divide(_LOGARITHM.create_decimal(limit), _LOGARITHM.create_decimal(value)))
    square = _LOGARITHM.multiply(distance, distance)
    return _LOGARITHM.multiply(square, _LOGARITHM.create_decimal(SCALE)) >= variance
