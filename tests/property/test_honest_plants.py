"""Honest plants, drawn around the usual amounts of the table: no rule of completeness refuses one."""

from __future__ import annotations

from typing import Final, get_args

import pytest

from ledger.plausibility.rules import COMPLETENESS, MENDED, judge
from schemas.vocabulary import CANCELLATION, Step
from tests.support.worlds.honest_plants import honest_plant

PLANTS: Final = 1000
RULES: Final = (*COMPLETENESS, *MENDED)


@pytest.mark.parametrize("step", [step for step in get_args(Step) if step != CANCELLATION])
def test_no_honest_plant_of_a_thousand_is_refused(step: Step) -> None:
    for seed in range(PLANTS):
        found = judge(honest_plant(step, seed), RULES)
        refused = [each.problem.sentence() for each in found if each.rule.severity == "reject"]
        assert refused == [], f"{step}, plant {seed}"
