"""Public cases that are no runs: formulas of the engine, called directly.

Those of stoichiometry are in `tests/golden/test_stoichiometry.py`.
"""

from __future__ import annotations

from fractions import Fraction

from ledger.chemistry.exact import SCALE
from ledger.footprint.circular import Circular
from ledger.footprint.uncertainty import gsd2, variance_of
from schemas.quantity import trillionths
from tests.validation.records import case


def test_cff_1_the_circular_footprint_formula_beside_cut_off() -> None:
    told = case("CFF-1")
    virgin, taken, quality = (trillionths(told.inputs[name]) for name in ("Ev", "A", "Qsin_over_Qp"))
    formula, share = Circular(virgin, taken, quality), Fraction(told.inputs["R1"]) * SCALE
    recycled = trillionths(told.inputs["Erecycled"])
    assert told.agrees(Fraction(formula.production(int(share), recycled), SCALE), "production_term")
    assert told.agrees(Fraction(formula.cut_off(int(share), recycled), SCALE), "cut_off_equivalent")


def test_unc_1_uncertainty_factors_that_multiply() -> None:
    told = case("UNC-1")
    factors = [told.inputs["basic_GSD2"], *told.inputs["indicator_GSD2"]]
    assert told.agrees(Fraction(gsd2(variance_of(factors)), SCALE), "GSD2_95")
