"""The mutation run over the engine's rules: with any one taken away, a case or a test fails.

Each mutant is a run of pytest of its own over the tests of the engine, with `WITHOUT_RULE` naming the place of the rule
that `tests/conftest.py` then takes out of the table.  All of them are `make soak`; `make test` takes every twelfth.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from ledger.plausibility.rules import AFTER, BEFORE

if TYPE_CHECKING:
    from pathlib import Path

RULES: Final = (*BEFORE, *AFTER)
TESTS: Final = (
    "tests/unit/footprint",
    "tests/unit/plausibility",
    "tests/attacks/test_cheap_figures.py",
    "tests/validation",
)
EVERY: Final = 12
NOT_ALL_PASSED: Final = 1
"""What pytest ends with when tests failed; 2 and above would be a mutant that could not be run."""


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(
            place, marks=[] if place % EVERY == 0 else pytest.mark.soak, id=f"{place}-{rule.id}-{rule.severity}"
        )
        for place, rule in enumerate(RULES)
    ],
)
def test_a_rule_that_is_gone_is_missed(root: Path, place: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", *TESTS],
        cwd=root,
        env=os.environ | {"WITHOUT_RULE": str(place)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == NOT_ALL_PASSED, f"{RULES[place].id}, {RULES[place].source}: {done.stdout[-400:]}"
