"""What the chain's answer to a claim is made of: the batch's certificate, what its run takes in, and the certificates of its inputs.

Rules: it is made of what is parsed already, at issue of drafts, at verification of certificates that were shown.  What is
withheld is None; what is further up is known only to who sees the whole chain (`Obstacles`).  What this module does not do: judging.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.stoichiometry import re_mass
from ledger.claims.answer import finding, percent_text, stated_finding
from ledger.footprint.masses import figure_text, masses
from ledger.plausibility.accounting import WINNING
from schemas.frozen import Frozen
from schemas.quantity import trillionths
from schemas.vocabulary import STAGE_OF_STEP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.claims.answer import ClaimFinding
    from ledger.footprint.inventory import Inventory, PublishedFacts
    from schemas.claim import Stated
    from schemas.figures import ElementShare

_RARE: Final = frozenset(RARE_EARTHS)

Key = tuple[str, str | None, tuple[str, ...] | None]
"""By what a claim is the same in two certificates: the rule, the element, the countries; not the threshold."""


class Obstacles(NamedTuple):
    """What, in a batch's certificate or further up, keeps a figure from being proven: the nearest of each, none where nothing does.

    `unseen` is a run or an input that is not shown, `placeholder` a footprint on factors that are no evidence or on rare earth from
    nowhere, `scrap` by element what came in as recycled without a certificate.
    """

    unseen: ClaimFinding | None = None
    placeholder: ClaimFinding | None = None
    scrap: Mapping[str, ClaimFinding] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class InputBranch:
    """A certified input: its batch, the rare earth (scaled kg) drawn from it, its chain's answers, and what lies behind it."""

    facts: PublishedFacts
    rare_earth: int
    answers: Mapping[Key, ClaimFinding]
    behind: Obstacles

    @property
    def lot(self) -> str:
        """The lot as printed."""
        return self.facts.batch.lot


class UncertifiedInputs(Frozen):
    """What a run takes in without a certificate: materials that bring rare earth from nowhere, and the elements of scrap.

    Neither counts where a chain begins: ore where it is won, anything in recycling, scrap at the scrap yard.
    """

    materials: tuple[str, ...]
    scrap: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is shown of a batch: `roots` are None where its run is withheld, each of `branches` where that input is."""

    batch: PublishedFacts
    roots: UncertifiedInputs | None
    branches: Sequence[InputBranch | None]

    @property
    def withheld(self) -> str | None:
        """The reason why not everything is shown, None where all is."""
        if self.roots is None:
            return "run-withheld"
        return "inputs-withheld" if None in self.branches else None


def uncertified_inputs(run: Inventory) -> UncertifiedInputs:
    """Return what a run takes in without a certificate."""
    begins = run.step in WINNING or STAGE_OF_STEP[run.step] == "recycling"
    lines = [line for line in run.materials.lines if line.composition]
    rare = () if begins else tuple(line.name for line in lines if any(each in _RARE for each, _ in line.composition))
    scrap = () if run.step == "scrap-collection" else (line for line in lines if line.recycled is not None)
    return UncertifiedInputs(rare, frozenset(element for line in scrap for element, _ in line.composition))


def stated_key(stated: Stated) -> Key:
    """Return by what a claim is found again."""
    return stated.id, stated.element, stated.countries


def input_branch(
    facts: PublishedFacts,
    rare_earth: int,
    answers: Mapping[Key, ClaimFinding] | None = None,
    behind: Obstacles | None = None,
) -> InputBranch:
    """Return a certified input of which so much rare earth (scaled kg) is drawn; where no answers are given, by what its certificate says."""
    if answers is None:
        answers = {stated_key(row): stated_finding(row) for row in facts.claims if row.scope == "chain"}
    return InputBranch(facts, rare_earth, answers, behind or Obstacles())


def rare_earth_in(facts: PublishedFacts, mass_mg: int) -> int:
    """Return the rare earth (scaled kg) in a mass of a batch."""
    return re_mass(masses({part.element: trillionths(part.fraction) for part in facts.composition}, mass_mg))


def recycled_part(part: ElementShare) -> int:
    """Return the share (scaled) of an element that is recycled."""
    return trillionths(part.pre) + trillionths(part.post)


def uncertified_scrap(facts: PublishedFacts, roots: UncertifiedInputs) -> dict[str, ClaimFinding]:
    """Return the elements whose recycled share rests on scrap that this batch's own run took in without a certificate."""
    return {
        part.element: finding("declared", "recycled-said", found=percent_text(share), element=part.element)
        for part in facts.composition
        if part.element in roots.scrap and (share := recycled_part(part))
    }


def placeholders(facts: PublishedFacts) -> ClaimFinding | None:
    """Return that a batch's own lines rest on factors that are no evidence, if they do."""
    lines = facts.footprint.placeholders
    if not lines:
        return None
    figure = figure_text(trillionths(facts.footprint.per_kg.location))
    return finding("declared", "footprint-placeholders", found=figure, lines=str(lines))
