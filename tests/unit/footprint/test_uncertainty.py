"""The uncertainty of sums whose parts share factors, beside a calculation in floating point."""

from __future__ import annotations

from math import sqrt
from random import Random
from typing import Final

import pytest

from ledger.chemistry.exact import SCALE
from ledger.footprint.quality_sum import QualitySum
from ledger.footprint.uncertainty import UNSPLIT, InputSpread, LineSpread, Spread, gsd2, parsed_spread, spread_of
from schemas.figures import Quality
from schemas.quantity import trillionths
from tests.support.worlds import worked_example as example

GRID: Final = "grid:CN:direct"
ACID: Final = "materials:hydrochloric-acid"
AMMONIA: Final = "materials:ammonia"
KG: Final = 10**24


def scaled(number: float) -> int:
    return round(number * SCALE)


def lines(*parts: tuple[int, str | None, float, float]) -> list[LineSpread]:
    return [LineSpread(kg * KG, flow, scaled(factor), scaled(amount)) for kg, flow, factor, amount in parts]


def near(found: int, expected: float) -> bool:
    return abs(found / SCALE - expected) < 1e-9


def test_one_factor_in_two_lines_is_wrong_in_both_alike_and_two_factors_are_not() -> None:
    same = spread_of(lines((3, ACID, 0.01, 0), (1, ACID, 0.04, 0)), [], 4 * KG)
    assert near(same.variance, 0.04), "the larger variance of the flow counts for all of it"
    other = spread_of(lines((3, ACID, 0.01, 0), (1, AMMONIA, 0.04, 0)), [], 4 * KG)
    assert near(other.variance, (9 * 0.01 + 1 * 0.04) / 16)
    assert [key for key, _ in other.shared] == [AMMONIA, ACID]


def test_amounts_are_independent_of_each_other() -> None:
    found = spread_of(lines((1, GRID, 0, 0.04), (1, GRID, 0, 0.04), (2, None, 0, 0.01)), [], 4 * KG)
    assert found.shared == ()
    assert near(found.variance, (0.04 + 0.04 + 4 * 0.01) / 16)


def test_the_grid_of_an_input_is_the_grid_of_the_run() -> None:
    upstream = spread_of(lines((1, GRID, 0.04, 0)), [], KG)
    brought = [InputSpread(3 * KG, "a", upstream.variance, upstream)]
    assert near(spread_of(lines((1, GRID, 0.04, 0)), brought, 4 * KG).variance, 0.04)
    abroad = spread_of(lines((1, "grid:US:direct", 0.04, 0)), brought, 4 * KG)
    assert near(abroad.variance, (9 + 1) / 16 * 0.04)


def test_draws_from_one_certificate_add_up_before_they_are_squared() -> None:
    meters = Spread((), scaled(0.04))
    once = [InputSpread(2 * KG, "a", scaled(0.04), meters)]
    twice = [InputSpread(KG, "a", scaled(0.04), meters)] * 2
    assert spread_of([], twice, 2 * KG) == spread_of([], once, 2 * KG)
    two = [InputSpread(KG, name, scaled(0.04), meters) for name in ("a", "b")]
    assert near(spread_of([], two, 2 * KG).variance, 0.02)
    unknown = [InputSpread(KG, "", scaled(0.04), meters)] * 2
    assert spread_of([], unknown, 2 * KG) == spread_of([], two, 2 * KG)


def test_a_certificate_without_parts_counts_as_shared_with_everything() -> None:
    old = InputSpread(KG, "a", scaled(0.04), None)
    found = spread_of(lines((1, GRID, 0.01, 0.03)), [old], 2 * KG)
    assert near(found.variance, (sqrt((0.01 + 0.03) / 4) + 0.5 * 0.2) ** 2)
    assert [key for key, _ in found.shared] == ["grid:CN:direct", UNSPLIT]
    further = spread_of(lines((2, None, 0, 0.04)), [InputSpread(2 * KG, "b", found.variance, found)], 4 * KG)
    apart = (0.01 / 4 + 0.03 / 4) / 4 + 0.04 / 4
    assert near(further.variance, (sqrt(apart) + 0.25 * 0.2) ** 2)


@pytest.mark.parametrize("seed", range(20))
def test_sums_are_those_of_floating_point(seed: int) -> None:
    draw = Random(seed)  # noqa: S311 - no secret
    flows = [GRID, ACID, AMMONIA, "transport:truck", None]
    own = [(draw.randint(1, 90), draw.choice(flows), draw.random() / 9, draw.random() / 9) for _ in range(12)]
    first = spread_of(lines(*own), [], sum(part[0] for part in own) * KG)
    total = sum(part[0] for part in own)
    variance = sum((kg / total) ** 2 * amount for kg, _, _, amount in own)
    for key in {part[1] for part in own if part[1]}:
        sizes, variances = zip(*[(part[0], part[2]) for part in own if part[1] == key], strict=True)
        variance += (sum(sizes) / total) ** 2 * max(variances)
    assert near(first.variance, variance)


@pytest.mark.parametrize(
    ("run", "alone", "together"),
    [("SEP-2026-03", 1.1345, 1.4105), ("ELY-2026-04-A", 1.1002, 1.3107), ("MAG-2026-06", 1.0863, 1.2312)],
)
def test_the_example_is_wider_than_if_all_were_independent(run: str, alone: float, together: float) -> None:
    quality = example.drafts()[run].quality
    spread = parsed_spread(quality)
    assert spread is not None
    assert trillionths(quality.variance) == spread.variance
    assert UNSPLIT not in dict(spread.shared)
    assert alone < together - 0.02
    assert abs(gsd2(spread.variance) / SCALE - together) < 0.0002


def test_a_quality_of_engine_1_has_no_parts() -> None:
    assert parsed_spread(Quality(primary_share="0", rating="5", variance="0")) is None
    assert QualitySum("1").quality() == Quality(primary_share="0", rating="5", variance="0")
