"""How long processes take, in processor time: others use the machine too."""

from __future__ import annotations

import os
import resource
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def fastest(words: Sequence[str]) -> float:
    """Return the processor time of the quickest of several runs, in seconds."""
    times = []
    # A coverage hook in the child would be measured too.
    clean = {name: value for name, value in os.environ.items() if not name.startswith("COV_")}
    for _ in range(15):
        before = children_s()
        done = subprocess.run(words, check=False, capture_output=True, env=clean)
        times.append(children_s() - before)
        assert done.returncode == 0, done.stderr
    return min(times)


def children_s() -> float:
    """Return the processor time that processes started here have taken so far, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
