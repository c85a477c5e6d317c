"""Every cheat is found just the same when the records of a bundle are dealt out to several processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.verification import Task, verify_shared
from ledger.verify.verdict import report
from tests.attested import Vouched
from tests.breaks import BREAKS, Case, case, drawn
from tests.recipe import Make, tables

if TYPE_CHECKING:
    from ledger.verify.rule import Rule
    from schemas.report import Report


def judged(case: Case, processes: int) -> Report:
    return report(
        verify_shared(Task(lambda: iter(case.lines), case.cast.trust, tables(), case.policy), processes=processes)
    )


@pytest.mark.slow
@pytest.mark.parametrize("rule", BREAKS, ids=lambda rule: rule.value)
def test_a_cheat_is_found_whichever_process_judges_it(rule: Rule) -> None:
    case = BREAKS[rule]()
    alone = judged(case, 1)
    assert alone.verdict == case.verdict
    assert rule.value in {check.code for check in alone.checks if check.result != "passed"}
    for processes in (2, 3):
        assert judged(case, processes) == alone


@pytest.mark.parametrize("show", ["public", "auditor"])
def test_what_others_attest_is_told_the_same_by_several_processes(show: str) -> None:
    world = Vouched()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)])
    branches = [{"input": 0, "certificates": 1}]
    world.attest(batch.certificate, change={"scopes": ["closed-branch"], "branches": branches})
    world.attest(batch.certificate, "eve")
    found = case(world, batch, "genuine", show=show)
    alone = judged(found, 1)
    assert [each.counted for each in alone.attestations] == [True, False]
    for processes in (2, 3):
        assert judged(found, processes) == alone
