"""The circular footprint formula beside cut-off."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.chemistry.exact import SCALE
from ledger.footprint.circular import Circular

SHARES = st.integers(1, SCALE)
FIGURES = st.integers(0, 500 * SCALE)


def test_a_third_recycled_at_a_fifth() -> None:
    formula = Circular(virgin=60 * SCALE, allocation=SCALE // 5, quality=SCALE)
    assert formula.production(3 * SCALE // 10, 9 * SCALE) == Fraction("56.94") * SCALE


@given(SHARES, FIGURES, FIGURES)
def test_all_of_it_the_takers_at_full_quality_is_cut_off(share: int, virgin: int, recycled: int) -> None:
    formula = Circular(virgin, SCALE, SCALE)
    assert formula.production(share, recycled) == formula.cut_off(share, recycled)


@given(SHARES, FIGURES, FIGURES, st.integers(0, SCALE))
def test_it_lies_between_virgin_and_cut_off(share: int, virgin: int, recycled: int, allocation: int) -> None:
    formula = Circular(virgin, allocation, SCALE)
    low, high = sorted((virgin, formula.cut_off(share, recycled)))
    assert low - 1 <= formula.production(share, recycled) <= high + 1


@given(st.integers(SCALE // 100, SCALE), FIGURES, FIGURES)
def test_what_was_recycled_is_found_again(share: int, virgin: int, recycled: int) -> None:
    formula = Circular(virgin, SCALE, SCALE)
    assert formula.recycled_of(share, formula.cut_off(share, recycled)) == pytest.approx(recycled, abs=200)
