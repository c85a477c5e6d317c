"""Room for files too large to hold in memory for many requests: bundles on their way out, uploads on their way in.

Rules: bytes lie in memory while they are few, else on disk, in a file without a name; all requests together have
`MOST_BYTES` and `MOST_FILES`, and whoever finds no room is told to come again. A place that was given back takes
nothing more, so a thread that still writes for a caller who is gone ends with its next line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from tempfile import SpooledTemporaryFile
from threading import Lock
from types import TracebackType
from typing import IO, Final, Self

import structlog

from schemas.bundle import MOST_BUNDLE_BYTES
from schemas.problem import StateError

MOST_BYTES: Final = MOST_BUNDLE_BYTES
"""Of all requests together: the longest bundle fits, if nothing else is there."""
MOST_FILES: Final = 256
IN_MEMORY_BYTES: Final = 256 * 1024
"""Of each: a bundle of some ten certificates."""
LOG: Final = structlog.get_logger("oreprint.api")


@dataclass(slots=True)
class Room:
    """The room left for all requests of one process."""

    bytes_left: int = MOST_BYTES
    files_left: int = MOST_FILES
    _lock: Lock = field(default_factory=Lock, compare=False)

    def take(self, *, size: int = 0, files: int = 0) -> None:
        """Take room; raise StateError `api.busy` where there isn't so much."""
        with self._lock:
            if size > self.bytes_left or files > self.files_left:
                raise StateError.at("api.busy")
            self.bytes_left -= size
            self.files_left -= files

    def give(self, *, size: int = 0, files: int = 0) -> None:
        """Give room back."""
        with self._lock:
            self.bytes_left += size
            self.files_left += files


class Spooled:
    """A file in the room of all requests: written once, then read; close it, or use it in a `with`."""

    def __init__(self, room: Room) -> None:
        room.take(files=1)
        self._room = room
        self._lock = Lock()
        self._open = True
        self.size = 0
        self.file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - it is closed with this

    def write(self, data: bytes) -> None:
        """Add bytes at the end; raise StateError `api.busy` where there is no room, or the file was closed."""
        with self._lock:
            if not self._open:
                raise StateError.at("api.busy")
            self._room.take(size=len(data))
            self.size += len(data)
            try:
                self.file.write(data)
            except OSError as error:
                LOG.exception("no room on disk for requests")
                raise StateError.at("api.busy") from error

    def close(self) -> None:
        """Give the room back."""
        with self._lock:
            if self._open:
                self._open = False
                self.file.close()
                self._room.give(size=self.size, files=1)

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()
