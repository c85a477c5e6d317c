"""Check a batch's stated properties against its composition and its mass.

Rules: TREO follows from the composition.  Loss on ignition is at most what can leave as gas.  A coating is part of the
net mass.  Wet goods are never all water.  This module does not redo assays (nobody can), and does not compare moisture
with the shipped mass (rule D-DRY).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE
from ledger.chemistry.stoichiometry import reo_mass
from schemas.problem import Problem
from schemas.quantity import millionths, trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from schemas.certificate import Batch
    from schemas.vocabulary import Kind

OXIDIC: Final[frozenset[Kind]] = frozenset({"ore", "concentrate", "mixed-compound", "oxide"})
"""Kinds with rare earths stated as oxides (TREO)."""

VOLATILE: Final = ("H", "C", "N", "O", "F", "S", "Cl")
"""Elements that leave as gas on ignition."""


def treo_of(kind: Kind, fractions: Mapping[str, int]) -> str | None:
    """Return the rare earths of an oxidic kind as a mass fraction of oxides; None if there are none."""
    if kind not in OXIDIC:
        return None
    treo = reo_mass(fractions)
    # a pure oxide's composition, rounded to 6 decimals, may slightly exceed 1
    return trillionths_text(min(treo, SCALE)) if treo else None


def batch_faults(batch: Batch, fractions: Mapping[str, int]) -> Iterator[Problem]:
    """Yield the impossible properties of a batch of this composition (scaled fractions), with their places."""
    due = treo_of(batch.kind, fractions)
    if batch.treo != due:
        yield Problem.at("batch.treo", "treo", found=batch.treo or "none", possible=due or "none")
    if batch.loss_on_ignition is not None:
        volatile = sum(fractions.get(element, 0) for element in VOLATILE)
        if trillionths(batch.loss_on_ignition) > volatile:
            found, possible = batch.loss_on_ignition, trillionths_text(volatile)
            yield Problem.at("batch.loss-on-ignition", "loss_on_ignition", found=found, possible=possible)
    if trillionths(batch.moisture) >= SCALE:
        yield Problem.at("batch.moisture", "moisture", found=batch.moisture)
    if batch.coating is not None and millionths(batch.coating.mass_kg) >= millionths(batch.net_mass_kg):
        found, possible = batch.coating.mass_kg, batch.net_mass_kg
        yield Problem.at("batch.coating", "coating", found=found, possible=possible)
