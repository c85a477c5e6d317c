"""Separation without ammonia: find ammonia in reagents by their compositions.

Rules: nitrogen counts as ammonia by its mean oxidation state: -3 is all ammonia, +5 none, and a state between counts in
proportion, as in ammonium nitrate.  The state follows from the usual states of the other elements.  Nitrogen gas and
air (no hydrogen) bring none.  Organic nitrogen counts if there is at least one N for each C (urea), else not (amines).

This module does not use the names of reagents, which prove nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

from ledger.chemistry.elements import ATOMIC_WEIGHT, RARE_EARTHS
from ledger.chemistry.exact import divide
from ledger.claims.answer import ClaimFinding, finding
from ledger.footprint.inventory import Inventory
from ledger.footprint.masses import figure_text
from schemas.quantity import trillionths

AMMONIA, NITRATE = -3, 5
"""Oxidation states of nitrogen."""
STATES: Final[Mapping[str, int]] = {
    "H": 1, "O": -2, "C": 4, "S": 6, "P": 5, "Si": 4, "F": -1, "Cl": -1, "Na": 1, "K": 1, "Mg": 2, "Ca": 2, "Al": 3, "Fe": 3,
    **dict.fromkeys(RARE_EARTHS, 3),
}  # fmt: skip
"""Oxidation states in the salts, acids and bases that plants buy."""
OXIDISED: Final = Fraction(19, 10)
"""The least O for each C of carbonate or oxalate; below it carbon is organic (as in rule P-PRECIP)."""
LEAST: Final = Fraction(1, 100)
"""A smaller part of the nitrogen is rounding of the composition."""


def ammonia_free(run: Inventory) -> ClaimFinding:
    """Return the finding on the claim of buying no ammonia."""
    unclear = None
    for line in run.materials.lines:
        if not line.composition:
            unclear = unclear or finding("declared", "no-composition", material=line.name)
            continue
        fractions = {element: trillionths(fraction) for element, fraction in line.composition}
        share = ammonia_share(fractions)
        if share is None:
            unclear = unclear or finding("declared", "nitrogen-unclear", material=line.name)
        elif share > LEAST:
            nitrogen = Fraction(fractions["N"]) * share * trillionths(line.mass_kg) / 10**12
            mass = divide(nitrogen.numerator, nitrogen.denominator)
            return finding("refuted", "ammonia", mass, material=line.name, found=figure_text(mass))
    return unclear or finding("proven", "no-ammonia", 0)


def ammonia_share(fractions: Mapping[str, int]) -> Fraction | None:
    """Return the ammonia part of a material's nitrogen, 0 to 1; None if the other elements do not determine it."""
    # a forged composition may name what is no element: it has no atoms, and determines nothing
    atoms = {
        element: Fraction(each, ATOMIC_WEIGHT[element])
        for element, each in fractions.items()
        if element in ATOMIC_WEIGHT
    }
    nitrogen, carbon = atoms.get("N", Fraction()), atoms.get("C", Fraction())
    if not nitrogen or not atoms.get("H"):
        return Fraction()
    if carbon and atoms.get("O", Fraction()) < carbon * OXIDISED:
        return Fraction(nitrogen >= carbon)
    if fractions.keys() - STATES.keys() - {"N"}:
        return None
    state = -sum(each * STATES[element] for element, each in atoms.items() if element != "N") / nitrogen
    return min(Fraction(1), max(Fraction(), (NITRATE - state) / (NITRATE - AMMONIA)))
