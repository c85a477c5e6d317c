from __future__ import annotations

from hashlib import sha256
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from ledger.holdings.mark import commitment, holding_text
from ledger.holdings.spending import MOST_STEPS, Holding, UnusedHoldings, split_plan
from ledger.holdings.split import SplitRecord
from schemas.holding import Holder

ANN = Holder(owner="did:web:ann.example", registry="registry.example")
MASS = st.integers(1, 10**18 - 1)


@given(MASS, MASS)
def test_a_drawing_plan_loses_nothing_and_ends_at_what_is_wanted(one: int, other: int) -> None:
    mass, wanted = max(one, other), min(one, other)
    plan = split_plan(mass, wanted)
    for parts in plan:
        assert sum(parts) == mass
        assert min(parts) > 0
        assert 2 <= len(parts) <= 16
        mass = parts[0]
    assert mass == wanted
    assert len(plan) <= 16  # 10^18 mg is below 16^15


@given(st.integers(1, 10**9), st.lists(st.integers(1, 10**8), max_size=12))
def test_what_is_drawn_and_what_is_left_is_always_the_whole(mass: int, draws: list[int]) -> None:
    numbers = count()

    def new_salt() -> bytes:
        return sha256(str(next(numbers)).encode()).digest()

    text = holding_text(new_salt(), ANN)
    shelf = UnusedHoldings.of(ANN, [Holding(commitment(text), text, bytes(32), None, mass, 0)])
    used: list[bytes] = []
    taken = 0
    for wanted in draws:
        chosen = shelf.select(wanted)
        if chosen is None:
            assert wanted > mass - taken
            continue
        assert sum(chosen) == wanted
        drawn = [shelf.spend(part, new_salt) for part in chosen]
        assert [each.held.mass_mg for each in drawn] == list(chosen)
        assert all(each.held.steps <= MOST_STEPS for each in drawn)
        taken += wanted
        for each in drawn:
            for made in each.splits:
                assert sum(each.mass_mg for each in SplitRecord.parse(made.text).pieces) == made.uses.mass_mg
            used += [each.held.mark, *(made.uses.mark for made in each.splits)]
    assert shelf.left_mg == mass - taken
    assert len(set(used)) == len(used)
