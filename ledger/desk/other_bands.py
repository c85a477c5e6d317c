"""Propose other bands of a recipe whose runs need an approval too often, and write them into a draft.

Rules: the runs of the last 30 days count, issued or waiting. Where more than a fifth of at least ten needed an
approval, and values leave a band, another band is proposed. Nothing changes by itself: the draft goes to a second
person, who reads the reason.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from ledger.desk.past_runs import PastRun, last_runs
from ledger.desk.recipe_versions import propose_recipe
from ledger.desk.recipes import KeptRecipe, any_recipe
from ledger.factors.tables import FactorTables
from ledger.recipes.another_band import OtherBand, other_bands
from ledger.registry.registry import OpenRegistry
from ledger.store.approvals import asked_since
from ledger.store.engine import reading
from schemas.answers.recipes import RecipeBand, RecipeBands
from schemas.instant import DAY_MS, epoch_ms
from schemas.problem import MissingError, RefusedError

DAYS: Final = 30
OFTEN: Final = Fraction(20, 100)
"""The share of runs with an approval above which another band is proposed (the producer's desk, `Persons`)."""
LEAST_RUNS: Final = 10
"""Our choice: percentiles of fewer values say little."""
MOST_RUNS: Final = 200


class BandProposal(NamedTuple):
    """Other bands of a recipe: how many of the runs of the last 30 days needed an approval, and the bands."""

    needed: int
    runs: int
    bands: tuple[OtherBand, ...]

    def reason(self, band: OtherBand) -> str:
        """Return why a band is proposed, as the approver reads it."""
        return (
            f"{self.needed} of {self.runs} runs in {DAYS} days needed an approval; "
            f"5 % of the values are up to {band.lowest.text}, 95 % up to {band.highest.text}, median {band.median.text}"
        )

    def answer(self) -> RecipeBands:
        """Return other bands as programs read them."""
        bands = (
            RecipeBand(
                line=each.line,
                label=each.label,
                low=each.band.low.text,
                high=each.band.high.text,
                proposed_low=each.low.text,
                proposed_high=each.high.text,
                lowest=each.lowest.text,
                median=each.median.text,
                highest=each.highest.text,
                outside=each.outside,
                runs=each.runs,
                reason=self.reason(each),
            )
            for each in self.bands
        )
        return RecipeBands(needed=self.needed, runs=self.runs, bands=tuple(bands))


def proposals_of(
    registry: OpenRegistry, recipes: Sequence[KeptRecipe], *, party: str, tables: FactorTables
) -> list[BandProposal | None]:
    """Return the bands proposed for each version of a recipe, or None."""
    since = registry.runtime.now_ms() - DAYS * DAY_MS
    with reading(registry.engine) as connection:
        asked = asked_since(connection, party, since)
    often = [len(asked.get(each.checked.recipe.recipe, ())) > OFTEN * LEAST_RUNS for each in recipes]
    alike = [each.checked.record for each, some in zip(recipes, often, strict=True) if some]
    found = iter(last_runs(registry, alike, most=MOST_RUNS, tables=tables) if alike else ())
    return [
        _proposal(each, [run for run in next(found) if epoch_ms(run.certificate.issued) >= since], asked)
        if some
        else None
        for each, some in zip(recipes, often, strict=True)
    ]


def proposal_of(registry: OpenRegistry, found: KeptRecipe, *, party: str, tables: FactorTables) -> BandProposal | None:
    """Return the bands proposed for one version of a recipe, or None."""
    return proposals_of(registry, [found], party=party, tables=tables)[0]


def draft_other_bands(
    registry: OpenRegistry, party: str, name: str, *, digest: str, by: str, tables: FactorTables
) -> KeptRecipe:
    """Save a draft of a recipe with the bands that are proposed; `digest` is that of the version that was read.

    Raises:
        MissingError: `recipe.unknown`, `recipe.no-bands`; RefusedError: `recipe.not-as-read`, as `propose_recipe`.
    """
    found = any_recipe(registry, party, name)
    if found.digest != digest:
        raise RefusedError.at("recipe.not-as-read", recipe=name, version=found.checked.recipe.version)
    proposal = proposal_of(registry, found, party=party, tables=tables)
    if proposal is None:
        raise MissingError.at("recipe.no-bands", recipe=name)
    document = _with_bands(found, proposal)
    return propose_recipe(registry, document, party=party, by=by, tables=tables, base=digest)


def _with_bands(found: KeptRecipe, proposal: BandProposal) -> dict[str, Any]:
    checked = found.checked
    document = copy.deepcopy(dict(checked.document))
    document["version"] = checked.recipe.version + (found.state == "approved")
    rules = {each["place"]: each for each in document["amounts"]}
    for each in proposal.bands:
        if each.line in checked.rules:
            bounds = {"low": each.low.text, "high": each.high.text}
            rules[checked.rules[each.line].place] |= bounds | {"reason": proposal.reason(each)}
        else:
            number = int(each.line.partition("[")[2][:-1])
            bounds = {"low": each.low.text.partition(" ")[0], "high": each.high.text.partition(" ")[0]}
            document["outputs"][number] |= bounds | {"reason": proposal.reason(each)}
    return document


def _proposal(found: KeptRecipe, runs: Sequence[PastRun], asked: dict[str, dict[str, bool]]) -> BandProposal | None:
    subjects = asked[found.checked.recipe.recipe]
    lots = {lot for subject in subjects for lot in subject.split(", ")}
    waiting = sum(not used for used in subjects.values())
    needed = waiting + sum(run.certificate.batch.lot in lots for run in runs)
    total = waiting + len(runs)
    if total < LEAST_RUNS or needed <= OFTEN * total:
        return None
    bands = other_bands(found.checked, [each.record for each in runs])
    return BandProposal(needed, total, tuple(bands)) if bands else None
