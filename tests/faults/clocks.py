"""`oreprint serve` while the clock of its machine jumps, by libfaketime: nothing is signed with a wrong time, and
service is back with the right one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ledger.log.entry import Entry
from ledger.store.engine import reading
from ledger.store.logs import entry, latest_head
from tests.faults.counted import Counts
from tests.faults.inspected import Acknowledged, inspected
from tests.faults.place import bought
from tests.faults.under_load import looked, posted, token
from tests.support.http.processes import ended, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.place import Place, Places

JUMPS: Final = ("-3600", "+315360000", "-86400", "+600")
"""Seconds: an hour back, ten years on, a day back, ten minutes on."""
START_SECONDS: Final = 60


def library() -> Path | None:
    """Return the library that tells processes another time, where it is installed (Debian: apt-get install
    faketime).
    """
    return next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)


@contextmanager
def served(place: Place, faked: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Serve with a clock that is off by what the file says."""
    found = library()
    assert found is not None
    environment = {
        **os.environ,
        **place.environment(),
        "LD_PRELOAD": str(found),
        "FAKETIME_TIMESTAMP_FILE": str(faked),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # or a killed process leaves its number in /dev/shm, and a later one of that number ends as it begins
        "FAKETIME_DISABLE_SHM": "1",
    }
    words = [sys.executable, "-m", "cli.main", "serve", "--port", str(port)]
    with (
        (place.folder / "said").open("wb") as said,
        ended(subprocess.Popen(words, env=environment, stderr=said)) as process,
    ):
        yield process


def run(places: Places, *, jumps: int) -> Iterator[tuple[str, Counts]]:
    """Serve one registry through so many jumps, there and back."""
    with places.fresh(lots=1) as place:
        secret, port = token(place), free_port()
        faked = place.folder / "clock"
        _set(faked, "+0")
        tried, told, wrong = [], [], 0
        with served(place, faked, port):
            _wait(port)
            for number in range(jumps):
                for offset, lot in ((JUMPS[number % len(JUMPS)], f"OFF-{number}"), ("+0", f"RIGHT-{number}")):
                    _set(faked, offset)
                    tried.append(bought(lot))
                    status, answer = posted(port, secret, tried[-1])
                    right = offset == "+0"
                    wrong += status != (201 if right else 503)
                    wrong += looked(port, "/readyz")[0] != (200 if right else 503)
                    wrong += looked(port, "/checkpoint")[0] != 200
                    if status == 201:
                        told += [Acknowledged(each["lot"], each["digest"]) for each in answer["certificates"]]
        yield f"{jumps} jumps", inspected(place, tried, told) + Counts(runs=jumps - 1, undone=wrong + _back(place))


def _set(faked: Path, offset: str) -> None:
    """Set the clock in one step: the library ends a process that reads half of it."""
    fresh = faked.with_suffix(".new")
    fresh.write_text(offset)
    fresh.replace(faked)


def _wait(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            looked(port, "/healthz")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(port)


def _back(place: Place) -> int:
    """Return how many entries have a time before that of the entry before them, or one that is not of these days."""
    registry = place.open()
    with reading(registry.engine) as connection:
        size = latest_head(connection).size
        times = [Entry.parse(entry(connection, index)).time_ms for index in range(size)]
    registry.engine.dispose()
    now = time.time_ns() // 1_000_000
    return (times != sorted(times)) + sum(abs(now - each) > 3_600_000 for each in times)
