"""The evidence for a chain's answer: the batch's certificate, its run's inputs, and their certificates.

Rules: all evidence is parsed already, from drafts at issue and from certificates at verification.  A withheld part is
None.  Only a verifier of the whole chain knows what lies further upstream (`Obstacles`).  This module judges nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, NamedTuple

from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.stoichiometry import re_mass
from ledger.claims.answer import ClaimFinding, finding, percent_text, stated_finding
from ledger.footprint.inventory import Inventory, PublishedFacts
from ledger.footprint.masses import element_masses, figure_text
from ledger.plausibility.accounting import WINNING
from schemas.claim import Stated
from schemas.figures import ElementShare
from schemas.frozen import Frozen
from schemas.quantity import trillionths
from schemas.vocabulary import STAGE_OF_STEP

_RARE: Final = frozenset(RARE_EARTHS)

Key = tuple[str, str | None, tuple[str, ...] | None]
"""The key of a claim in two certificates: rule, element and countries, not the threshold."""


class Obstacles(NamedTuple):
    """The obstacles to proving a figure, in a batch's certificate or upstream: the nearest of each kind, or None.

    `unseen` is a withheld run or input.  `placeholder` is a footprint on placeholder factors or on rare earth without a
    source.  `scrap` has, by element, recycled input without a certificate.
    """

    unseen: ClaimFinding | None = None
    placeholder: ClaimFinding | None = None
    scrap: Mapping[str, ClaimFinding] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class InputBranch:
    """A certified input: its batch, the rare earth (scaled kg) drawn from it, its chain's answers, its obstacles."""

    facts: PublishedFacts
    rare_earth: int
    answers: Mapping[Key, ClaimFinding]
    behind: Obstacles

    @property
    def lot(self) -> str:
        """The lot as printed."""
        return self.facts.batch.lot


class UncertifiedInputs(Frozen):
    """Inputs of a run without a certificate: materials with rare earth from no source, and the elements of scrap.

    Inputs at the start of a chain do not count: ore at a mine, anything at a recycling step, scrap at the scrap yard.
    """

    materials: tuple[str, ...]
    scrap: frozenset[str]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The disclosed evidence on a batch: `roots` is None if its run is withheld, a branch if that input is."""

    batch: PublishedFacts
    roots: UncertifiedInputs | None
    branches: Sequence[InputBranch | None]

    @property
    def withheld(self) -> str | None:
        """Return the reason why a part is withheld, or None if all is disclosed."""
        if self.roots is None:
            return "run-withheld"
        return "inputs-withheld" if None in self.branches else None


def uncertified_inputs(run: Inventory) -> UncertifiedInputs:
    """Return the inputs of a run without a certificate."""
    begins = run.step in WINNING or STAGE_OF_STEP[run.step] == "recycling"
    lines = [line for line in run.materials.lines if line.composition]
    rare = () if begins else tuple(line.name for line in lines if any(each in _RARE for each, _ in line.composition))
    scrap = () if run.step == "scrap-collection" else (line for line in lines if line.recycled is not None)
    return UncertifiedInputs(rare, frozenset(element for line in scrap for element, _ in line.composition))


def stated_key(stated: Stated) -> Key:
    """Return the key of a claim."""
    return stated.id, stated.element, stated.countries


def input_branch(
    facts: PublishedFacts,
    rare_earth: int,
    answers: Mapping[Key, ClaimFinding] | None = None,
    behind: Obstacles | None = None,
) -> InputBranch:
    """Return a certified input with the rare earth (scaled kg) drawn from it, and its answers."""
    if answers is None:
        answers = {stated_key(row): stated_finding(row) for row in facts.claims if row.scope == "chain"}
    return InputBranch(facts, rare_earth, answers, behind or Obstacles())


def rare_earth_in(facts: PublishedFacts, mass_mg: int) -> int:
    """Return the rare earth (scaled kg) in a mass of a batch."""
    return re_mass(element_masses({part.element: trillionths(part.fraction) for part in facts.composition}, mass_mg))


def recycled_part(part: ElementShare) -> int:
    """Return the recycled share (scaled) of an element."""
    return trillionths(part.pre) + trillionths(part.post)


def uncertified_scrap(facts: PublishedFacts, roots: UncertifiedInputs) -> dict[str, ClaimFinding]:
    """Return the elements whose recycled share rests on scrap without a certificate in this batch's own run."""
    return {
        part.element: finding("declared", "recycled-said", found=percent_text(share), element=part.element)
        for part in facts.composition
        if part.element in roots.scrap and (share := recycled_part(part))
    }


def placeholders(facts: PublishedFacts) -> ClaimFinding | None:
    """Return the finding that a batch's own lines rest on placeholder factors, or None."""
    lines = facts.footprint.placeholders
    if not lines:
        return None
    figure = figure_text(trillionths(facts.footprint.per_kg.location))
    return finding("declared", "footprint-placeholders", found=figure, lines=str(lines))
