"""The mutation run over the engine's rules: with any one taken away, a case or a test fails.

All mutants are `make soak`; `make test` takes every twenty-fourth.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from ledger.plausibility.rules import AFTER, BEFORE

if TYPE_CHECKING:
    from pathlib import Path

RULES: Final = (*BEFORE, *AFTER)
EVERY: Final = 24
NOT_ALL_PASSED: Final = 1
"""What pytest ends with when tests failed; 2 and above would be a mutant that could not be run."""


@pytest.mark.slow
@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.soak)])
def test_a_rule_that_is_gone_is_missed(root: Path, every: int) -> None:
    places = [str(place) for place in range(0, len(RULES), every)]
    words = [sys.executable, "-m", "tests.mutation.mutants", *places]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    lines = [line.split() for line in done.stdout.splitlines() if line.startswith("mutant ")]
    assert [place for _, place, _ in lines] == places, done.stdout[-400:] + done.stderr[-400:]
    unnoticed = [(RULES[int(place)].id, code) for _, place, code in lines if int(code) != NOT_ALL_PASSED]
    assert not unnoticed, done.stdout[-2000:]
