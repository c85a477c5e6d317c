"""Judge a claim for the run that made a batch: the answer in the scope *run*.

Rules: each `JudgingMethod` has one function.  A claim with several parts is as strong as the weakest part for the step.
This module does not look upstream (`ledger.claims.chain` does).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.claims.answer import ClaimFinding, finding, percent_text, weakest
from ledger.claims.discharge import water_reuse, zero_discharge
from ledger.claims.energy import intensity_fall, renewable_share
from ledger.claims.origin import outside_countries, steps_known
from ledger.claims.reagents import ammonia_free
from ledger.claims.rules import RULES, ClaimRule
from ledger.footprint.inventory import Inventory, PublishedFacts
from schemas.certificate import Batch
from schemas.claim import Stated
from schemas.figures import OriginStep
from schemas.quantity import trillionths


@dataclass(frozen=True, slots=True)
class DisclosedRun:
    """A disclosed run, the batch that it made, and certificates of earlier periods by digest."""

    run: Inventory
    batch: Batch
    earlier: Mapping[str, PublishedFacts]


def run_finding(stated: Stated, shown: DisclosedRun | None) -> ClaimFinding:
    """Return the finding of the run on a claim; declared if the run is withheld."""
    return finding("declared", "run-withheld") if shown is None else _judged(RULES[stated.id], stated, shown)


def _judged(rule: ClaimRule, stated: Stated, shown: DisclosedRun) -> ClaimFinding:  # noqa: PLR0911 - one for each way to judge
    run = shown.run
    match rule.judged:
        case "discharge":
            return zero_discharge(run)
        case "reuse":
            return water_reuse(run, threshold(rule, stated))
        case "ammonia":
            return ammonia_free(run)
        case "intensity":
            return intensity_fall(run, stated, threshold(rule, stated), shown.earlier)
        case "renewable":
            return _renewable(run, threshold(rule, stated))
        case "known":
            return steps_known(_own_step(shown.batch))
        case "outside":
            return outside_countries(_own_step(shown.batch), rule.countries or stated.countries or ())
        case "parts":
            return _parts(rule, stated, shown)
        case "word" | "recycled" | "post-consumer" | "footprint":
            return finding("declared", "no-place")


def threshold(rule: ClaimRule, stated: Stated) -> int:
    """Return the limit of a claim, scaled: the producer's, else the rule's own."""
    return trillionths(stated.threshold or rule.threshold or "0")


def _renewable(run: Inventory, least: int) -> ClaimFinding:
    share = renewable_share(run)
    if share.value is not None and share.value < least:
        return finding(
            "refuted", "renewable-low", share.value, found=percent_text(share.value), possible=percent_text(least)
        )
    return share


def _own_step(batch: Batch) -> tuple[OriginStep, ...]:
    return (OriginStep(step=batch.step, country=batch.facility.country, region=batch.facility.region),)


def _parts(rule: ClaimRule, stated: Stated, shown: DisclosedRun) -> ClaimFinding:
    """Return the weakest finding among the parts for the step, with the figure of the part that has a baseline."""
    parts = [RULES[name] for name in rule.parts]
    judged = {part.id: _judged(part, stated, shown) for part in parts if not part.steps or shown.run.step in part.steps}
    figure = next((judged[part.id].value for part in parts if "baseline" in part.needs), None)
    least = weakest(judged.values())
    if least.answer == "proven":
        return finding("proven", "parts", figure)
    return ClaimFinding(least.answer, least.reason, least.facts, figure)
