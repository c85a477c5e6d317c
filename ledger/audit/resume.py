"""A file that remembers how far an audit came, in case it is stopped.

Rules: the file names the state of the database, and each stretch of its log that holds. It says nothing of another
state, so an audit skips only rows that are to the last byte those that were judged. The audit removes the file when it
ends by itself. The file does not say who wrote it. Keep it where nobody else can write.
"""

from __future__ import annotations

import fcntl
import os
import re
from pathlib import Path
from typing import Final

from schemas.problem import InputError, StateError

_HEADER: Final = re.compile(rb"oreprint-audit/1 ([0-9a-f]{64}) ([1-9][0-9]{0,8})")


class ResumeFile:
    """The stretches of a state that hold, in a file that only this audit uses while it is open."""

    def __init__(self, path: Path, state: bytes, length: int) -> None:
        """Open or create the file, for stretches of `length` entries.

        Raises:
            InputError: `audit.kept-form`, for a file of another kind, which stays as it is.
            StateError: `audit.kept-used`, where another audit has it open; `audit.kept-unwritable`.
        """
        self.path = path
        try:
            self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600), "a+b", buffering=0)
        except OSError as error:
            raise StateError.at("audit.kept-unwritable", path=str(path), reason=error.strerror) from error
        try:
            self.stretches = self._read(b"oreprint-audit/1 %s %d" % (state.hex().encode(), length))
        except (InputError, StateError):
            self._file.close()
            raise

    def _read(self, header: bytes) -> set[int]:
        """Return the stretches that the file names; begin a file of another state anew."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateError.at("audit.kept-used", path=str(self.path)) from error
        self._file.seek(0)
        content = self._file.read()
        first, *lines = content.split(b"\n")
        if content and not _HEADER.fullmatch(first):
            raise InputError.at("audit.kept-form", path=str(self.path))
        # the last line was not written to its end
        stretches = {int(line) for line in lines[:-1] if line.isdigit()} if first == header else set()
        self._file.truncate(0)
        self._file.write(b"\n".join([header, *(b"%d" % number for number in sorted(stretches)), b""]))
        return stretches

    def add(self, number: int) -> None:
        """Remember that a stretch holds."""
        self._file.write(b"%d\n" % number)

    def remove(self) -> None:
        """Remove the file: the audit has its answer."""
        self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Close the file, and leave it for an audit that goes on from there."""
        self._file.close()
