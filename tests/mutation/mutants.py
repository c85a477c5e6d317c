"""Run the tests of the engine once for each rule that is taken away: ``python -m tests.mutation.mutants 0 12 24`` takes
the rules at these places of the table.

The tests are collected once; a process forked off for each rule runs them. A line for each tells its place and how
pytest ended: 0 if no test noticed, 1 if one did.
"""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Sequence

TESTS: Final = (
    "tests/unit/footprint",
    "tests/unit/plausibility",
    "tests/attacks/test_cheap_figures.py",
    "tests/validation",
)
RULE_BY_RULE: Final = {"test_cheats.py", "test_prices.py", "test_rules.py"}
"""Files that try one rule after another. They come first, and then those of the rules: a mutant ends with the first
test that notices.
"""
OPTIONS: Final = ("-q", "-x", "--tb=no", "-n0", "-p", "no:cacheprovider", "-m", "not no_cover")
"""Tests that try hundreds of inputs (`no_cover`) are left out: a rule needs a test of its own."""


@dataclass(frozen=True)
class Mutants:
    """A plugin of pytest that runs the collected tests once for each place, in a process of its own."""

    places: Sequence[int]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Let the tests begin that find most mutants."""
        items.sort(key=lambda item: (item.path.name not in RULE_BY_RULE, item.path.parent.name != "plausibility"))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Fork a process for each place, which goes on with the tests; this one only waits for them."""
        terminal = session.config.get_terminal_writer()
        for place in self.places:
            terminal.flush()
            gc.freeze()
            if (pid := os.fork()) == 0:
                take_away(place)
                return None
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            terminal.line(f"\nmutant {place} {code}")
        return True


def take_away(place: int) -> None:
    """Let one rule of the engine find nothing any more, in whatever table it stands."""
    from ledger.plausibility.rules import AFTER, BEFORE

    object.__setattr__((*BEFORE, *AFTER)[place], "judge", lambda _run: ())


if __name__ == "__main__":
    sys.exit(pytest.main([*OPTIONS, *TESTS], plugins=[Mutants([int(each) for each in sys.argv[1:]])]))
