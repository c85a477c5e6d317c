"""How often: counted up to the limit, for each by itself, and anew after a minute."""

from __future__ import annotations

import pytest

import api.rates
from api.rates import MINUTE, WRONG_TOKENS_A_MINUTE, Rates
from schemas.problem import AccessError


def test_up_to_the_limit_for_each_and_anew_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(api.rates, "monotonic", lambda: now)
    rates = Rates()
    for _ in range(WRONG_TOKENS_A_MINUTE):
        rates.count("wrong token", "one")
    now += MINUTE - 0.5
    with pytest.raises(AccessError) as refused:
        rates.count("wrong token", "one")
    assert refused.value.problems[0].facts == {"seconds": "1"}
    rates.count("wrong token", "another")
    rates.count("write", "one")
    now += 0.5
    rates.count("wrong token", "one")
