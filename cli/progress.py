"""Progress on a terminal: numbers done and in all, rate and time left; never into a file or a pipe."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Final

SECONDS: Final = 0.5
"""Between two lines: more often would flicker."""


def counted(what: str) -> Callable[[int, int], None]:
    """Return a reporter of progress on a terminal: call it with the number done and the number in all."""
    begun = time.monotonic()
    told = begun

    def progress(done: int, whole: int) -> None:
        nonlocal told
        now = time.monotonic()
        if not sys.stderr.isatty() or (now - told < SECONDS and done < whole):
            return
        told, rate = now, done / max(now - begun, 0.001)
        left = f", {(whole - done) / rate:.0f} s left" if done < whole else ""
        end = "\n" if done == whole else ""
        print(f"\r\x1b[K{done} of {whole} {what}, {rate:.0f}/s{left}", end=end, file=sys.stderr, flush=True)

    return progress


def cleared() -> None:
    """Take away what was last told on the terminal, before other lines are printed there."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
