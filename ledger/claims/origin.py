"""Where the steps of a chain were done: whether that is known of all, and whether any was done in certain countries.

Rules: a certificate's origin is the union of the steps above it (`ledger.footprint.origin`), so every branch is in it; ``ZZ`` marks one
that nobody knows.  What this module does not do: it knows no law's exceptions, and believes a plant's registered country.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.claims.answer import ClaimFinding, finding
from ledger.footprint.origin import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from schemas.figures import OriginStep


def steps_known(steps: Sequence[OriginStep]) -> ClaimFinding:
    """Return whether it is known of every step where it was done."""
    unknown = next((step for step in steps if step.country == UNKNOWN), None)
    if unknown is not None:
        return finding("unknown", "step-unknown", step=unknown.step)
    return finding("proven", "steps-known")


def outside(steps: Sequence[OriginStep], countries: Collection[str]) -> ClaimFinding:
    """Return whether no step was done in some countries."""
    inside = next((step for step in steps if step.country in countries), None)
    if inside is not None:
        return finding("refuted", "step-in", step=inside.step, country=inside.country)
    known = steps_known(steps)
    return known if known.answer == "unknown" else finding("proven", "steps-outside", countries=", ".join(countries))
