"""Every cheat is found just the same when the records of a bundle are dealt out to several processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.verification import Task, verify_shared
from ledger.verify.verdict import report
from tests.breaks import BREAKS, Case
from tests.recipe import tables

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
