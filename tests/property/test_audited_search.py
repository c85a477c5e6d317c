"""A random search for certificates that auditors find right and a verification of the whole chain refuses.

Two auditors are needed and one lies, so one honest one decides. With every rule kept there is none. Without any one of
the rules below the search finds one.
"""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from tests.support.worlds.audited_histories import audited_wrongly, play_audited
from tests.support.worlds.honest_auditors import HonestAuditor
from tests.support.worlds.lax_auditors import EVERY_CHEAT, LEFT_OUT
from tests.support.worlds.random_histories import LOGS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.support.worlds.lax_auditors import Act

HISTORIES: Final = 20
SOAK: Final = 20_000
BUDGET: Final = 1000
"""Histories in which a rule that is left out must be missed."""


def searched(
    seed: int, auditors: Sequence[HonestAuditor], cheats: tuple[Act, ...], *, honest: float
) -> tuple[str | None, Counter[str]]:
    """Return what is wrong with what is audited in one history, and how many certificates are in which state."""
    random = Random(seed)  # noqa: S311 - the same in every run
    return audited_wrongly(play_audited(random, cheats, auditors, acts=random.randint(3, 9), honest=honest))


def mixed(seed: int) -> tuple[Act, ...]:
    """Return all cheats, and among them those that are there for some rule as often as all others."""
    random = Random(f"cheats of {seed}")  # noqa: S311
    rule = random.choice([*LEFT_OUT.values()])
    return (*EVERY_CHEAT, *random.choices(rule.cheats, k=len(EVERY_CHEAT)))


def search(seeds: range) -> Counter[str]:
    counts = Counter[str]()
    for seed in seeds:
        wrong, found = searched(seed, [*map(HonestAuditor, LOGS)], mixed(seed), honest=0.7)
        assert wrong is None, (seed, wrong)
        counts += found
    return counts


@pytest.mark.slow
def test_nothing_is_audited_that_a_whole_verification_refuses(record_property: Callable[[str, object], None]) -> None:
    counts = search(range(HISTORIES))
    record_property("counted", f"{HISTORIES} histories, certificates by what auditors say of them: {dict(counts)}")
    assert counts["audited"] > HISTORIES
    assert min(counts["relied"], counts["short"], counts["disputed"]) > 0


@pytest.mark.soak
def test_nothing_is_audited_wrongly_in_a_long_search(capsys: pytest.CaptureFixture[str]) -> None:
    counts = Counter[str]()
    for start in range(0, SOAK, 500):
        counts += search(range(start, start + 500))
        with capsys.disabled():
            print(f"{start + 500} histories, {dict(counts)}, none of them wrongly", flush=True)  # noqa: T201
    assert counts["audited"] > SOAK


def found_without(rule: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Return whether something is audited wrongly in a history without a rule, and nothing with it."""
    left_out = LEFT_OUT[rule]
    with monkeypatch.context() as patched:
        left_out.patch(patched)
        wrong, _ = searched(seed, left_out.auditors(), left_out.cheats, honest=0.6)
    return wrong is not None and searched(seed, [*map(HonestAuditor, LOGS)], left_out.cheats, honest=0.6)[0] is None


@pytest.mark.slow
@pytest.mark.parametrize("rule", LEFT_OUT)
def test_a_rule_that_is_left_out_is_missed(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert found_without(rule, LEFT_OUT[rule].seed, monkeypatch)


@pytest.mark.soak
@pytest.mark.parametrize("rule", LEFT_OUT)
def test_the_search_finds_what_is_missed_without_a_rule(rule: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert any(found_without(rule, seed, monkeypatch) for seed in range(BUDGET))
