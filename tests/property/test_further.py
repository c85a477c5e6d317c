"""What holds of every figure besides greenhouse gases, and of every figure's quality."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ledger.footprint.indicators import (
    indicator_rows,
    output_parts,
    parsed_indicators,
    upstream_part,
    vector_sum,
)
from ledger.footprint.quality import UNCERTAINTY
from ledger.footprint.quality_sum import GENERAL, INPUT, Inherited, QualitySum
from ledger.footprint.uncertainty import Spread, gsd2, variance_of
from schemas.quantity import trillionths, trillionths_text
from schemas.vocabulary import INDICATORS

ONE = 10**12
AMOUNTS = st.integers(0, 10**22)
VECTORS = st.tuples(*[AMOUNTS] * len(INDICATORS))
WEIGHTS = st.lists(st.integers(0, 10**24), min_size=1, max_size=6).filter(any)
PARTS = st.lists(
    st.tuples(
        st.integers(-(10**30), 10**30), st.integers(0, ONE), st.integers(10**6, 5 * 10**6), st.integers(0, 3 * ONE)
    ),
    min_size=1,
    max_size=8,
)
FACTORS = st.lists(st.sampled_from(sorted({factor for row in UNCERTAINTY for factor in row})), min_size=1, max_size=8)


@given(VECTORS, WEIGHTS)
def test_nothing_is_lost_when_it_is_shared_out(whole: tuple[int, ...], weights: list[int]) -> None:
    shares = output_parts(whole, weights)
    assert len(shares) == len(weights)
    assert vector_sum(shares) == whole
    for share, weight in zip(shares, weights, strict=True):
        assert weight or not any(share)
        assert min(share) >= -len(weights)  # the largest weight takes what rounding leaves


@given(VECTORS)
def test_rows_tell_a_vector(vector: tuple[int, ...]) -> None:
    rows = indicator_rows(vector)
    assert parsed_indicators(rows) == vector
    assert all(amount != "0" for _, amount in rows)


@given(VECTORS, st.integers(1, 10**12), st.integers(1, 10**12))
def test_an_input_brings_its_part_to_the_last_digit(vector: tuple[int, ...], mass: int, rest: int) -> None:
    found = upstream_part(indicator_rows(vector), mass, mass + rest)
    for whole, part in zip(vector, found, strict=True):
        assert abs(Fraction(whole * mass, mass + rest) - part) <= Fraction(1, 2)


@given(VECTORS, st.integers(1, 10**6))
def test_all_of_a_batch_brings_all_of_it(vector: tuple[int, ...], mass: int) -> None:
    assert upstream_part(indicator_rows(vector), mass, mass) == vector


def weighed(parts: list[tuple[int, int, int, int]]) -> QualitySum:
    weighing = QualitySum()
    for co2e, primary, rating, variance in parts:
        weighing.parts.append((co2e, Inherited(primary, rating, variance, Spread((), variance), ""), GENERAL, INPUT))
    return weighing


@given(PARTS)
def test_a_run_is_neither_better_nor_worse_than_its_lines(parts: list[tuple[int, int, int, int]]) -> None:
    told = [part for part in parts if part[0]]
    if not told:
        return
    quality = weighed(parts).quality()
    shares, ratings, variances = zip(*(part[1:] for part in told), strict=True)
    assert min(shares) <= trillionths(quality.primary_share) <= max(shares)
    assert 0 <= trillionths(quality.primary_share) <= ONE
    assert min(ratings) <= trillionths(quality.rating) // 10**6 <= max(ratings)
    assert trillionths(quality.variance) <= max(variances)


@given(PARTS, st.randoms(use_true_random=False))
def test_the_order_of_lines_and_inputs_does_not_matter(parts: list[tuple[int, int, int, int]], random: object) -> None:
    mixed = list(parts)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert weighed(mixed).quality() == weighed(parts).quality()


@given(PARTS, st.integers(1, 10**6))
def test_twice_as_much_of_everything_is_as_good(parts: list[tuple[int, int, int, int]], times: int) -> None:
    larger = [(co2e * times, *worth) for co2e, *worth in parts]
    assert weighed(larger).quality() == weighed(parts).quality()  # type: ignore[arg-type]


@given(FACTORS)
def test_uncertainty_is_no_less_than_that_of_any_part(factors: list[str]) -> None:
    spread = gsd2(variance_of(factors))
    assert spread >= ONE
    assert spread * 10**9 >= max(map(trillionths, factors)) * (10**9 - 1)


@given(FACTORS)
def test_the_order_of_factors_does_not_matter(factors: list[str]) -> None:
    assert variance_of(reversed(factors)) == variance_of(factors)


@given(st.integers(0, 4 * ONE))
def test_a_larger_variance_is_a_wider_range(variance: int) -> None:
    assert gsd2(variance) <= gsd2(variance + 10**4)
    assert trillionths(trillionths_text(gsd2(variance))) >= ONE
