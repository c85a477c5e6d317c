"""What the run that made a batch says of a claim: the answer in the scope *run*.

Rules: each way to judge (`Judged` of the table) has one function.  A claim of several parts is as strong as the weakest one that
may be stated of the step.  What this module does not do: looking upstream (`ledger.claims.chain`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.claims.answer import ClaimFinding, finding, percent_text, weakest
from ledger.claims.discharge import water_reuse, zero_discharge
from ledger.claims.energy import intensity_fall, renewable_share
from ledger.claims.origin import outside, steps_known
from ledger.claims.reagents import ammonia_free
from ledger.claims.rules import RULES, ClaimRule
from schemas.figures import OriginStep
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.footprint.inventory import Inventory, PublishedFacts
    from schemas.certificate import Batch
    from schemas.claim import Stated


@dataclass(frozen=True, slots=True)
class DisclosedRun:
    """A run that is shown, the batch it made, and certificates of earlier periods by digest."""

    run: Inventory
    batch: Batch
    earlier: Mapping[str, PublishedFacts]


def run_finding(stated: Stated, shown: DisclosedRun | None) -> ClaimFinding:
    """Return what the run says of a claim; the producer's word where it is withheld."""
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
            return outside(_own_step(shown.batch), rule.countries or stated.countries or ())
        case "parts":
            return _parts(rule, stated, shown)
        case "word" | "recycled" | "post-consumer" | "footprint":
            return finding("declared", "no-place")


def threshold(rule: ClaimRule, stated: Stated) -> int:
    """Return the figure a claim is held to, scaled: the producer's, else the rule's own."""
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
    """Return the weakest of the parts that may be stated of the step; its figure is that of the part that has a baseline."""
    parts = [RULES[name] for name in rule.parts]
    judged = {part.id: _judged(part, stated, shown) for part in parts if not part.steps or shown.run.step in part.steps}
    figure = next((judged[part.id].value for part in parts if "baseline" in part.needs), None)
    least = weakest(judged.values())
    if least.answer == "proven":
        return finding("proven", "parts", figure)
    return ClaimFinding(least.answer, least.reason, least.facts, figure)
