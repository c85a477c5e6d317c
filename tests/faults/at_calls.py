"""A fault at every single call by which an issue changes anything: the process dies before it, or the kernel refuses
it.

The calls are counted in a run without a fault; then each run has one fault, at one of them.  A refused call stays
refused for one time (a bad sector) or for good (a full disk).  What `oreprint issue` printed is what it acknowledged.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.faults.counted import Counts
from tests.faults.inspected import Acknowledged, inspected
from tests.faults.place import bought, drawing, kept
from tests.faults.tracing import SYNCS, WATCHED, Disk, calls, traced
from tests.faults.victim import victim

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.faults.place import Place, Places
    from tests.faults.tracing import Call

TRIED: Final = [drawing("P-1", "LOT-0"), drawing("P-2", "LOT-0"), bought("Q-1")]
"""Of the first two only one can be issued."""


WEAK: Final = {"ledger.store.engine._PRAGMAS": ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON")}
"""SQLite as it must never run here: a commit isn't waited for."""


class Fault(NamedTuple):
    """`how` at the `nth` call of a name, as strace says it: ``signal=KILL``, ``error=EIO``, ``error=ENOSPC``."""

    name: str
    nth: int
    how: str

    @property
    def word(self) -> str:
        lasting = "+" if self.how == "error=ENOSPC" else ""
        return f"{self.name}:{self.how}:when={self.nth}{lasting}"


def faults(places: Places) -> list[Fault]:
    """Return every fault there can be: what is printed can't be refused, all else can, and only what takes space for
    want of it.
    """
    with places.fresh(lots=1) as place:
        counts, seen = issued(place)
        assert counts.acknowledged == len(TRIED) - 1, "a drill in which nothing is issued shows nothing"
        assert counts.sound, counts.line
        said = str(place.folder / "said")
    nth: Counter[str] = Counter()
    found = []
    for call in (each for each in seen if each.name in WATCHED):
        nth[call.name] += 1
        found.append(Fault(call.name, nth[call.name], "signal=KILL"))
        if call.paths[:1] != (said,):
            found.append(Fault(call.name, nth[call.name], "error=EIO"))
            if call.name not in SYNCS:
                found.append(Fault(call.name, nth[call.name], "error=ENOSPC"))
    return found


def spread(found: Sequence[Fault], most: int | None) -> list[Fault]:
    """Return at most so many of the faults, evenly; those of syncs and renames first, since there are few of them."""
    if most is None or most >= len(found):
        return list(found)
    rare = [each for each in found if each.name in {*SYNCS, "rename"}]
    common = [each for each in found if each.name not in {*SYNCS, "rename"}]
    half = max(1, most // 2)
    return [*rare[:: -(-len(rare) // half)], *common[:: -(-len(common) // half)]]


def run(places: Places, *, most: int | None = None) -> Iterator[tuple[str, Counts]]:
    """Have one issue for each fault; yield each fault with what became of it."""
    for fault in spread(faults(places), most):
        with places.fresh(lots=1) as place:
            yield fault.word, issued(place, fault)[0]


def issued(place: Place, fault: Fault | None = None, *, weak: bool = False) -> tuple[Counts, list[Call]]:
    """Issue under one fault or none; return what became of it, and all calls.

    `weak` runs SQLite without waiting for the disk.

    Each record is a group of its own, so that it is acknowledged alone.
    """
    before = place.home.head.read_text()
    words = ["issue", "--skip-invalid", *kept(TRIED, place.folder / "records"), "--out", str(place.folder / "out")]
    log, said = place.folder / "log", place.folder / "said"
    changed = {"cli.commands.issue.RECORDS_AT_ONCE": 1, **(WEAK if weak else {})}
    with victim(words, place.environment(), said, changed=changed) as process:
        with traced([process.pid], log, *([fault.word] if fault else [])):
            process.go()
            process.end()
        told = list(acknowledged(process.said()))
    seen = list(calls(log.read_text(errors="replace").splitlines()))
    disk = Disk((f"{place.home.path}/",), str(said))
    for call in seen:
        disk.see(call)
    uncaught = sum("Traceback" in line for line in process.said())
    more = Counts(early=bool(disk.early and told), uncaught=uncaught)
    return inspected(place, TRIED, told, heads=[before]) + more, seen


def acknowledged(said: list[str]) -> Iterator[Acknowledged]:
    """Yield what the lines of `oreprint issue` acknowledge."""
    for line in said:
        match line.split():
            case ["issued" | "unchanged", lot, digest]:
                yield Acknowledged(lot, digest)
            case _:
                pass
