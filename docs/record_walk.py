"""Walk from an empty folder to a label at the pace of a person, and print how long it took, as a table.

Usage: PYTHONPATH=. python docs/record_walk.py [trial|own-plant] [--fast]

The walk, its pace and what it counts: `tests/support/browser/walks.py`. With `--fast` it doesn't wait, and the clock's
column shows the machine alone. The pictures of the pages go to build/walk/.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.table import printed
from tests.support.browser.chromium import chromium
from tests.support.browser.walks import Host, Walk, own_plant, trial

WALKS: Final = {"trial": trial, "own-plant": own_plant}
HEADINGS: Final = ("part", "fields", "clicks", "words read", "by the pace", "by the clock")


def main(words: list[str]) -> int:
    """Walk, and print the table of each walk."""
    chosen = [name for name in WALKS if name in words] or [*WALKS]
    for name in chosen:
        pictures = Path("build", "walk", name)
        shutil.rmtree(pictures, ignore_errors=True)
        pictures.mkdir(parents=True)
        walk = Walk(live="--fast" not in words, pictures=pictures)
        with chromium() as browser, tempfile.TemporaryDirectory() as folder:
            WALKS[name](walk, Host(walk, Path(folder), browser))
        print(f"{name}\n\n{table(walk)}\n", flush=True)
    return 0


def table(walk: Walk) -> str:
    """Return what was done in each part of a walk, and in all."""
    rows = [
        (each.title, str(each.fields), str(each.clicks), str(each.words), clock(each.planned), clock(each.measured))
        for each in walk.stretches
    ]
    every = walk.stretches
    total = (
        "all",
        str(sum(each.fields for each in every)),
        str(sum(each.clicks for each in every)),
        str(sum(each.words for each in every)),
        clock(walk.planned),
        clock(sum(each.measured for each in every)),
    )
    return printed([*rows, total], HEADINGS)


def clock(seconds: float) -> str:
    """Return a time in minutes and seconds."""
    return f"{int(seconds) // 60} min {int(seconds) % 60:02} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
