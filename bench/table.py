"""What was measured, and how: rounds that alternate with their floor, medians, and one table.

Rules: a figure is the median of several rounds - of verifying and issuing the fastest of them, since what others do to
a machine can only slow a round - and its floor - the least that any program would have to do - is measured in the same
rounds, in turn with it and on the very same bytes, so that a busy machine slows both.  What counts is the ratio.
Nothing here asserts: a table is read by people, and tests don't time.
"""

from __future__ import annotations

import gc
import re
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Given = ParamSpec("Given")
Found = TypeVar("Found")

Clock: TypeAlias = "Callable[[], float]"
"""Tells seconds: `time.perf_counter`, or `time.process_time` for what only computes, so that waiting for a core
doesn't count.
"""


class Row(NamedTuple):
    """One line of the table: what was measured, its floor, their ratio, and what is required and hoped for."""

    name: str
    measured: str
    floor: str
    ratio: str
    required: str
    goal: str


HEADINGS = Row("what", "measured", "floor, same bytes", "ratio", "required", "goal")


def seconds(act: Callable[[], object], *, clock: Clock = time.perf_counter) -> float:
    """Return how long an act takes, in a process that has just collected its cycles."""
    gc.collect()
    start = clock()
    act()
    return clock() - start


def in_turn(rounds: int, *acts: Callable[[], object], clock: Clock = time.perf_counter) -> list[list[float]]:
    """Return the seconds of each act in each round; in a round they follow each other."""
    taken = [[seconds(act, clock=clock) for act in acts] for _ in range(rounds)]
    return [list(column) for column in zip(*taken, strict=True)]


def apart(act: Callable[Given, Found], *args: Given.args, **named: Given.kwargs) -> Found:
    """Return the result of an act in a process that has done nothing yet."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as apart:
        return apart.submit(act, *args, **named).result()


def memory_mib(process: int | str = "self", *, now: bool = False) -> int:
    """Return the most memory that a process has had, or what it has `now`.

    What `getrusage` tells is also that of whoever started it.
    """
    status = Path(f"/proc/{process}/status").read_text()
    return int(re.findall(rf"^{'VmRSS' if now else 'VmHWM'}:\s+(\d+) kB$", status, re.MULTILINE)[0]) // 1024


def ratio(over: Iterable[float], under: Iterable[float]) -> float:
    """Return the median of the rounds' own ratios."""
    return median(one / other for one, other in zip(over, under, strict=True))


def printed(rows: Sequence[Sequence[str]], headings: Sequence[str] = HEADINGS) -> str:
    """Return the table as Markdown."""
    widths = [max(len(row[column]) for row in (headings, *rows)) for column in range(len(headings))]
    ruled = [headings, ["-" * width for width in widths], *rows]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in ruled
    )
