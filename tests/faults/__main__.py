"""The fault harness: what is promised is kept, whatever fails. `python -m tests.faults --help`

    python -m tests.faults --kills 300 --calls all --cuts 90 --disks 10 --jumps 8 --answers 200

Every drill runs on each database that it concerns; each fault is told with what became of it where anything is wrong,
and the last line counts.  What can't run on this machine (no strace, no right to mount, no libfaketime, no server of
PostgreSQL) is said.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, TypeAlias

from tests.faults import answers, at_calls, clocks, cut_off, no_room, tracing, under_load
from tests.faults.counted import Counts
from tests.faults.place import Places
from tests.support.registries.databases import NoServerError, started

if TYPE_CHECKING:
    from collections.abc import Iterator

SEED: Final = 5
Drill: TypeAlias = "tuple[str, Iterator[tuple[str, Counts]]]"
"""What it is called, and each of its faults with what became of it."""


def main() -> int:
    """Run what was asked for; return 0 if every promise was kept."""
    wanted = _asked()
    total = Counts()
    with tempfile.TemporaryDirectory(prefix="oreprint-faults-") as folder, ExitStack() as running:
        for name, drill in _drills(wanted, Path(folder), running):
            begun, part = time.monotonic(), Counts()
            for what, counts in drill:
                part += counts
                if counts.broken:
                    say(f"BROKEN {name}: {what}: {counts.line}")
                elif not counts.runs:
                    say(f"{name}: {what}")
            say(f"{name}: {part.line} ({time.monotonic() - begun:.0f} s)")
            total += part
    say(total.line)
    return 0 if total.sound else 1


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=3, help="servers killed under load, on each database")
    parser.add_argument("--calls", default="8", help="calls of an issue that fail, each in a run of its own; or: all")
    parser.add_argument("--cuts", type=int, default=3, help="commits on PostgreSQL that are cut off")
    parser.add_argument("--disks", type=int, default=1, help="disks that fill up")
    parser.add_argument("--jumps", type=int, default=2, help="jumps of the clock")
    parser.add_argument("--answers", type=int, default=4, help="answers that are traced, on each database")
    parser.add_argument("--database", choices=["both", "sqlite", "postgresql"], default="both")
    parser.add_argument("--seed", type=int, default=SEED, help="of the moments at which servers are killed")
    return parser.parse_args()


def _drills(wanted: argparse.Namespace, folder: Path, running: ExitStack) -> Iterator[Drill]:
    untraceable = tracing.missing()
    if untraceable and (wanted.calls != "0" or wanted.answers):
        say(f"SKIPPED the drills that trace: {untraceable}")
        wanted.calls, wanted.answers = "0", 0
    if wanted.jumps and clocks.library() is None:
        say("SKIPPED the clocks: libfaketime is not installed (Debian: apt-get install faketime)")
        wanted.jumps = 0
    if wanted.database != "postgresql":
        yield from _on_sqlite(wanted, folder)
    if wanted.database != "sqlite":
        try:
            server = running.enter_context(started())
        except NoServerError as error:
            say(f"SKIPPED PostgreSQL: {error}")
        else:
            yield from _on_postgresql(wanted, Places(folder / "postgresql", server))


def _on_sqlite(wanted: argparse.Namespace, folder: Path) -> Iterator[Drill]:
    places = Places(folder / "sqlite")
    if wanted.calls != "0":
        most = None if wanted.calls == "all" else int(wanted.calls)
        yield "sqlite, a fault at each call", at_calls.run(places, most=most)
    if wanted.answers:
        yield "sqlite, answers after the sync", answers.run(places, requests=wanted.answers)
    if wanted.kills:
        yield "sqlite, killed under load", under_load.run(places, kills=wanted.kills, random=_random(wanted))
    if wanted.disks:
        yield "sqlite, no room", no_room.run(folder / "no-room", runs=wanted.disks)
    if wanted.jumps:
        yield "sqlite, the clock jumps", clocks.run(places, jumps=wanted.jumps)


def _on_postgresql(wanted: argparse.Namespace, places: Places) -> Iterator[Drill]:
    if wanted.answers:
        yield "postgresql, answers after the sync", answers.run(places, requests=wanted.answers)
    if wanted.cuts:
        yield "postgresql, commits cut off", cut_off.run(places, cuts=wanted.cuts)
    if wanted.kills:
        yield "postgresql, killed under load", under_load.run(places, kills=wanted.kills, random=_random(wanted))


def _random(wanted: argparse.Namespace) -> Random:
    return Random(wanted.seed)  # noqa: S311 - kills that repeat


if __name__ == "__main__":
    sys.exit(main())
