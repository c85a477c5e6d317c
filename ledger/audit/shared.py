"""An audit shared by several processes, and remembered for the case that it is stopped.

Rules:

1. Each process judges stretches of the log in a snapshot of its own (`ledger.audit.stretches`).  All must have seen the same state of the
   database, which is its rows, one and all; else, and where anything in any stretch does not hold, one process judges everything, so that
   the answer is the same whatever the number of processes.
2. A file remembers which stretches hold, of one state.  Of another state it says nothing, so what it lets an audit pass by are rows that
   are to the last byte those that were judged.  It goes when the audit ends by itself.

What this module does not do: it can't tell who wrote that file, which is for who audits to keep where nobody else can write.
"""

from __future__ import annotations

import fcntl
import os
import re
from fractions import Fraction
from functools import partial
from itertools import accumulate, pairwise
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from ledger.audit.stretches import STRETCH
from ledger.files.workers import CAN_SHARE, Processes, received
from schemas.problem import InputError, OreprintError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from multiprocessing.connection import Connection
    from pathlib import Path
    from typing import Self

    from ledger.audit.stretches import Share

FOLLOWING: Final = Fraction(2, 5)
"""What it takes to follow an entry that another process judges, to judging it."""
LEAST: Final = 2
"""Stretches for which a further process is begun: fewer are judged in the time that it takes to begin."""
_HEADER: Final = re.compile(rb"oreprint-audit/1 ([0-9a-f]{64}) ([1-9][0-9]{0,8})")


class Plan(NamedTuple):
    """How an audit is done: by so many processes, in stretches of so many entries, remembered in the file `kept`, if there is one."""

    processes: int = 1
    kept: Path | None = None
    stretch: int = STRETCH


ALONE: Final = Plan()


class Kept:
    """Which stretches of a state hold, in a file that is this audit's alone while it is open."""

    def __init__(self, path: Path, state: bytes, length: int) -> None:
        """Open or make the file.

        Raises:
            InputError: `audit.kept-form`, for a file of another kind, which stays as it is.
            StateError: `audit.kept-used`, where another audit has it open; `audit.kept-unwritable`.

        """
        self.path, self.state = path, state
        try:
            self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+b", buffering=0)
        except OSError as error:
            raise StateError.at("audit.kept-unwritable", path=str(path), reason=error.strerror) from error
        try:
            self.stretches = self._begun(b"oreprint-audit/1 %s %d" % (state.hex().encode(), length))
        except (InputError, StateError):
            self._file.close()
            raise

    def _begun(self, header: bytes) -> set[int]:
        """Return the stretches that the file names; of another state it is begun anew."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # for this process, not for those that it begins
        except BlockingIOError as error:
            raise StateError.at("audit.kept-used", path=str(self.path)) from error
        self._file.seek(0)
        content = self._file.read()
        first, *lines = content.split(b"\n")
        if content and not _HEADER.fullmatch(first):
            raise InputError.at("audit.kept-form", path=str(self.path))
        # the last line was not written to its end
        known = {int(line) for line in lines[:-1] if line.isdigit()} if first == header else set()
        self._file.truncate(0)
        self._file.write(b"\n".join([header, *(b"%d" % number for number in sorted(known)), b""]))
        return known

    def add(self, number: int) -> None:
        """Remember that a stretch holds."""
        self._file.write(b"%d\n" % number)

    def close(self) -> None:
        """Leave the file as it is, for an audit that goes on from there."""
        self._file.close()

    def end(self) -> None:
        """Take the file away: the audit has its answer."""
        self.path.unlink(missing_ok=True)


class Shares:
    """The processes of an audit of `size` entries; a context in which they work.

    They begin before this process opens the database: what SQLite knows of its own locks must not be inherited.
    """

    def __init__(self, share: Share, plan: Plan, size: int, progress: Callable[[int, int], None]) -> None:
        """Decide who judges what; what a file remembers, nobody.

        Raises:
            OreprintError: as `Kept`.

        """
        self._share, self._size, self._progress = share, size, progress
        self._kept = None if plan.kept is None else Kept(plan.kept, share.state(), share.length)
        whole = range(-(-size // share.length))
        left = [number for number in whole if self._kept is None or number not in self._kept.stretches]
        self.carried = size - self._entries(left)
        self._done = 0
        processes = min(plan.processes, len(left) // LEAST) if CAN_SHARE else 1
        self._parts = [share._replace(stretches=part) for part in _divided(left, max(1, processes))]
        self._others = Processes()

    @property
    def worth(self) -> bool:
        """Whether this is anything else than that one process judges everything."""
        return self._kept is not None or len(self._parts) > 1

    def __enter__(self) -> Self:
        """Begin the processes, if there are several; where the system begins no more, this one judges all parts."""
        begins = len(self._parts) > 1
        if begins and not all(self._others.begin(partial(_work, part)) for part in self._parts):
            self._others.end()
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        self._others.end()
        if self._kept is not None:
            self._kept.close()

    def hold(self, state: bytes) -> bool:
        """Return whether every stretch holds in this state of the database.

        Raises:
            StateError: `audit.process-ended`, when a process ended without an answer; `store.unreadable`.

        """
        if self._kept is not None and self._kept.state != state:
            return False
        waited = self._others.connections
        if not waited:
            return all(part.judge(begins=state.__eq__, holds=self._holds) for part in self._parts)
        while waited:
            ready = wait(waited)
            for connection in [each for each in waited if each in ready]:
                match cast("bytes | int | bool", received(connection, ended="audit.process-ended")):
                    case bytes() as seen:
                        if seen != state:
                            return False
                    case False:
                        return False
                    case True:
                        waited.remove(connection)
                    case int() as number:
                        self._holds(number)
        return True

    def end(self) -> None:
        """Forget what was remembered: the audit has its answer."""
        if self._kept is not None:
            self._kept.end()

    def _holds(self, number: int) -> None:
        """Remember that a stretch holds, and tell how far the audit is."""
        if self._kept is not None:
            self._kept.add(number)
        self._done += self._entries([number])
        self._progress(self._done, self._size - self.carried)

    def _entries(self, stretches: Iterable[int]) -> int:
        """Return how many entries these stretches have; the last one may be shorter."""
        length = self._share.length
        return sum(min(length, self._size - number * length) for number in stretches)


def _divided(left: Sequence[int], parts: int) -> list[Sequence[int]]:
    """Divide stretches so that all parts take the same time: a later one follows more, and so judges less."""
    lengths = [Fraction(1)]
    while len(lengths) < parts:
        lengths.append(1 - FOLLOWING * sum(lengths))
    ends = [0, *(int(len(left) * each / sum(lengths)) for each in accumulate(lengths[:-1])), len(left)]
    return [left[first:after] for first, after in pairwise(ends) if first < after]


def _work(share: Share, connection: Connection) -> None:
    """Judge a share in a process of its own; send the state it saw, each stretch that holds, and at last whether all do."""

    def begins(state: bytes) -> bool:
        connection.send(state)
        return True

    try:
        connection.send(share.judge(begins=begins, holds=connection.send))
    except OreprintError:
        connection.send(False)  # noqa: FBT003 - one who judges all will say what it is
