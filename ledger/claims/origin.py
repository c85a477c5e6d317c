"""The countries of a chain's steps: whether all are known, and whether any is among certain countries.

Rules: a certificate's origin is the union of all steps upstream (`ledger.footprint.origin`), so it covers every branch;
``ZZ`` is an unknown country. This module knows no law's exceptions, and relies on a plant's registered country.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ledger.claims.answer import ClaimFinding, finding
from ledger.footprint.origin import UNKNOWN
from schemas.figures import OriginStep


def steps_known(steps: Sequence[OriginStep]) -> ClaimFinding:
    """Return whether the country of each step is known."""
    unknown = next((step for step in steps if step.country == UNKNOWN), None)
    if unknown is not None:
        return finding("unknown", "step-unknown", step=unknown.step)
    return finding("proven", "steps-known")


def outside_countries(steps: Sequence[OriginStep], countries: Collection[str]) -> ClaimFinding:
    """Return whether no step was in certain countries."""
    inside = next((step for step in steps if step.country in countries), None)
    if inside is not None:
        return finding("refuted", "step-in", step=inside.step, country=inside.country)
    all_known = steps_known(steps)
    if all_known.answer == "unknown":
        return all_known
    return finding("proven", "steps-outside", countries=", ".join(countries))
