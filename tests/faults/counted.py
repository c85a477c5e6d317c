"""What the harness counts: one line at the end says what was tried, what was promised, and whether any promise was
broken.
"""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Counts:
    """`acknowledged` issues; of them `lost`; lots `oversold`; `inconsistent` heads; answers `early`, before what
    they promise was on disk.

    `faults` is what `oreprint audit` found, `undone` how many writes could not be taken up again afterwards, and
    `uncaught` how many commands ended with our frames in place of a sentence.
    """

    runs: int = 0
    acknowledged: int = 0
    lost: int = 0
    oversold: int = 0
    inconsistent: int = 0
    early: int = 0
    faults: int = 0
    undone: int = 0
    uncaught: int = 0

    def __add__(self, other: Counts) -> Counts:
        sums = (getattr(self, each.name) + getattr(other, each.name) for each in fields(self))
        return Counts(*sums)

    @property
    def broken(self) -> int:
        """How many promises were not kept."""
        return self.lost + self.oversold + self.inconsistent + self.early + self.faults + self.undone + self.uncaught

    @property
    def sound(self) -> bool:
        """Whether every promise was kept, and there was one."""
        return self.runs > 0 and self.acknowledged > 0 and not self.broken

    @property
    def line(self) -> str:
        return (
            f"runs {self.runs}, acknowledged {self.acknowledged}, lost {self.lost}, oversold {self.oversold}, "
            f"inconsistent heads {self.inconsistent}, acknowledged before fsync {self.early}, audit faults {self.faults}, "
            f"not taken up again {self.undone}, uncaught {self.uncaught}"
        )
