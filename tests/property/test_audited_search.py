"""A random search for certificates that auditors find right and a verification of the whole chain refuses.

Two auditors of three are needed and one lies, so one honest one decides. With every rule kept there is none. Without
any one of the rules below the search finds one.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.worlds.audited_histories import HonestAuditor, audited_wrongly, play_audited
from tests.support.worlds.lax_auditors import EVERY_CHEAT, LEFT_OUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.worlds.random_histories import History

HISTORIES: Final = 8
SOAK: Final = 20_000
BUDGET: Final = 200
"""Histories in which a rule that is left out must be missed."""


def searched(
    seed: int, auditors: list[HonestAuditor], cheats: tuple[Callable[[History], object], ...], *, honest: float
) -> tuple[str | None, int]:
    """Return what is wrong with what is audited in one history, and how many certificates are audited."""
    random = Random(seed)  # noqa: S311 - the same in every run
    history = play_audited(random, cheats, auditors, acts=random.randint(3, 9), honest=honest)
    return audited_wrongly(history, auditors)


def search(seeds: range) -> int:
    audited = 0
    for seed in seeds:
        wrong, found = searched(seed, [HonestAuditor(), HonestAuditor()], EVERY_CHEAT, honest=0.8)
        assert wrong is None, (seed, wrong)
        audited += found
    return audited


@pytest.mark.slow
def test_nothing_is_audited_that_a_whole_verification_refuses(record_property: Callable[[str, object], None]) -> None:
    audited = search(range(HISTORIES))
    record_property("counted", f"{HISTORIES} histories, {audited} certificates audited, none of them wrongly")
    assert audited > HISTORIES


@pytest.mark.soak
def test_nothing_is_audited_wrongly_in_a_long_search(capsys: pytest.CaptureFixture[str]) -> None:
    audited = 0
    for start in range(0, SOAK, 500):
        audited += search(range(start, start + 500))
        with capsys.disabled():
            print(f"{start + 500} histories, {audited} certificates audited", flush=True)  # noqa: T201
    assert audited > SOAK


def found_without(rule: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Return whether something is audited wrongly in a history without a rule, and nothing with it."""
    left_out = LEFT_OUT[rule]
    with monkeypatch.context() as patched:
        wrong, _ = searched(seed, [left_out.auditor(patched)], left_out.cheats, honest=0.6)
    return wrong is not None and searched(seed, [HonestAuditor()], left_out.cheats, honest=0.6)[0] is None


@pytest.mark.slow
@pytest.mark.parametrize("rule", LEFT_OUT)
def test_a_rule_that_is_left_out_is_missed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found_without(rule, LEFT_OUT[rule].seed, monkeypatch)


@pytest.mark.soak
@pytest.mark.parametrize("rule", LEFT_OUT)
def test_the_search_finds_what_is_missed_without_a_rule(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert any(found_without(rule, seed, monkeypatch) for seed in range(BUDGET))
