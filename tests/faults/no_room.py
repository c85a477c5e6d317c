"""A disk that fills up while much is issued, or a limit on the size of a file: what was told before is there, the
rest is issued once there is room.
"""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tests.faults.at_calls import acknowledged
from tests.faults.counted import Counts
from tests.faults.disks import NoDiskError, small_disk
from tests.faults.inspected import inspected
from tests.faults.place import Place, bought, filled, kept
from tests.faults.victim import victim

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MANY: Final = 60
"""Records: more than there is room for."""
LOTS: Final = 3
SIZE_KIB: Final = 2048
CODES: Final = {
    "[store.unwritable]",
    "[store.in-doubt]",
    "[store.logged]",
    "[home.unwritable]",
    "[file.unwritable]",
    "[store.unreadable]",
}
"""How a command may say that there is no room."""


def run(folder: Path, *, runs: int) -> Iterator[tuple[str, Counts]]:
    """Fill so many disks, each a little smaller than the one before; where none can be mounted, say so and limit
    files in its place.
    """
    for number in range(runs):
        less = 37 * number % 480
        try:
            with disk_place(folder / f"disk-{number}", SIZE_KIB - less) as place:
                yield f"a disk of {SIZE_KIB - less} KiB", crowded(place, {})
        except NoDiskError as error:
            yield f"({error}; files are limited instead)", Counts()
        with file_place(folder / f"limited-{number}") as place:
            most = place.home.database.stat().st_size + 4096 * (40 + less // 4)
            yield f"files of {most} bytes", crowded(place, {"MOST_BYTES_A_FILE": str(most)})


@contextmanager
def disk_place(folder: Path, kib: int) -> Iterator[Place]:
    """Give a registry on a small disk; afterwards the disk has room."""
    with small_disk(folder, f"{kib}k") as disk:
        place = filled(disk.path / "place", lots=LOTS)
        disk.leave(kib * 1024 // 4)
        yield place


@contextmanager
def file_place(folder: Path) -> Iterator[Place]:
    try:
        yield filled(folder, lots=LOTS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def crowded(place: Place, limits: Mapping[str, str]) -> Counts:
    """Issue more than there is room for; return what became of it once there is."""
    tried = [bought(f"MANY-{n}") for n in range(MANY)]
    before = place.home.head.read_text()
    elsewhere = place.folder.parent.parent / f"{place.folder.parent.name}-{place.folder.name}-given"
    words = ["issue", *kept(tried, elsewhere), "--out", str(elsewhere / "out")]
    changed = {"cli.commands.issue.RECORDS_AT_ONCE": 4}
    with victim(words, {**place.environment(), **limits}, elsewhere / "said", changed=changed) as process:
        process.go()
        code = process.end()
    said = process.said()
    assert code == 3, said[-3:]
    assert said[-1].rpartition(" ")[2] in CODES, said[-1]
    ballast = place.folder.parent / "ballast"
    ballast.unlink(missing_ok=True)
    uncaught = sum("Traceback" in line for line in said)
    found = inspected(place, tried, list(acknowledged(said)), heads=[before]) + Counts(uncaught=uncaught)
    shutil.rmtree(elsewhere)
    return found
