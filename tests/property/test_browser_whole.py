"""The browser's whole check comes to the verdict of the verification in Python, and says which rules it leaves to it.

Shown on a broken history for every rule, and on random histories with cheats in every audience's view.
"""

from __future__ import annotations

import sys
from collections import Counter
from inspect import getmembers, isfunction, signature
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from tests.golden.make_browser import honest
from tests.support.browser.judged import Given, judged_in_browser, verdict
from tests.support.worlds import random_histories
from tests.support.worlds.broken_histories import BREAKS, Case
from tests.support.worlds.random_histories import History, play
from tests.support.worlds.recipe import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from schemas.report import Report

AUDIENCES: Final = ("auditor", "auditor", "partner", "customer", "public")
CHEATS: Final[tuple[Callable[[History], object], ...]] = (
    *(
        act
        for name, act in getmembers(random_histories, isfunction)
        if act.__module__ == random_histories.__name__
        and name[0] != "_"
        and [*signature(act).parameters] == ["history"]
    ),
    History.change,
    History.follow,
)
"""Every cheat that random histories know, and what is honest but ends certificates."""


def judged(case: Case) -> Report:
    return report(verify_bundle(case.lines, trust=case.cast.trust, tables=tables(), policy=case.policy))


def in_browser(cases: Sequence[Case], root: Path) -> list[dict[str, Any]]:
    """Return what the browser's modules find in each case."""
    return judged_in_browser([Given(each.lines, each.cast.note, each.policy.at_ms) for each in cases], root)


def failed(of: Report) -> set[str]:
    return {check.code for check in of.checks if check.result == "failed" and check.step < 11}


def test_an_honest_bundle_is_genuine_in_the_browser(root: Path) -> None:
    audiences = ("public", "customer", "partner", "auditor")
    for audience, found in zip(audiences, in_browser([honest(each) for each in audiences], root), strict=True):
        assert verdict(found) == "genuine", (audience, found)
        assert found["failed"] == [], audience


def test_every_rule_is_judged_in_the_browser_or_named_as_left(root: Path) -> None:
    cases = {rule: make() for rule, make in BREAKS.items()}
    missed = []
    *broken, sound = in_browser([*cases.values(), honest("public")], root)
    for rule, case, found in zip(cases, cases.values(), broken, strict=True):
        due = judged(case)
        codes = failed(due)
        if codes and not codes <= set(found["left"]):
            assert found["failed"], (rule, codes)
        if codes and not found["failed"]:
            missed.append(rule.value)
        if not codes:
            assert found["failed"] == [], (rule, found)
    left = set(sound["left"])
    assert set(missed) <= left, set(missed) - left
    sys.stdout.write(f"{len(BREAKS)} rules broken, {len(missed)} left to the server: {', '.join(missed)}\n")


@pytest.mark.parametrize(("count", "first"), [(40, 1), pytest.param(1500, 1000, marks=pytest.mark.soak)])
def test_random_histories_come_to_the_same_verdict(count: int, first: int, root: Path) -> None:
    cases: list[Case] = []
    for seed in range(first, first + count):
        random = Random(seed)  # noqa: S311 - the same in every run
        history = play(random, CHEATS, acts=random.randint(3, 9), honest=0.7)
        world = history.world
        made = [each for issuance in history.issuances for each in issuance.certificates if each]
        for subject in random.sample(made, min(2, len(made))):
            lines = world.bundle(subject, show=random.choice(AUDIENCES))
            cases.append(Case(lines, world.people, Policy(world.now_ms + 60_000)))
    verdicts: Counter[str] = Counter()
    for case, found in zip(cases, in_browser(cases, root), strict=True):
        due = judged(case)
        verdicts[due.verdict] += 1
        if verdict(found) != due.verdict:
            assert due.reason is not None

            assert failed(due) <= set(found["left"]), (found["failed"], failed(due))
    sys.stdout.write(f"{len(cases)} bundles: {dict(verdicts)}\n")
    assert {"genuine", "do-not-rely"} <= set(verdicts)
