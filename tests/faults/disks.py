"""A disk that is small, full or read-only: a file system in memory, mounted for a test."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BLOCK = 4096


class NoDiskError(Exception):
    """Nothing can be mounted here, and why."""


@dataclass(frozen=True)
class SmallDisk:
    """A mounted disk."""

    path: Path

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"

    def fill(self) -> None:
        """Leave not one block free."""
        file = os.open(self._ballast, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            with suppress(OSError):
                while True:
                    os.write(file, bytes(BLOCK))
        finally:
            os.close(file)

    def leave(self, free: int) -> None:
        """Leave so many bytes free."""
        there = os.statvfs(self.path)
        self._ballast.write_bytes(bytes(max(0, there.f_bavail * there.f_frsize - free)))

    def free(self) -> None:
        """Give the room back."""
        self._ballast.unlink()

    def remount(self, word: str) -> None:
        """Mount it again as ``ro`` or ``rw``; nobody may have a file open for writing."""
        subprocess.run(["mount", "-o", f"remount,{word}", str(self.path)], check=True)


@contextmanager
def small_disk(path: Path, size: str) -> Iterator[SmallDisk]:
    """Mount a disk of a size such as ``2m``; raise NoDiskError where that isn't allowed."""
    path.mkdir(parents=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)], check=False, capture_output=True
    )
    if done.returncode:
        raise NoDiskError(f"no disk can be mounted here: {done.stderr.decode().strip()}")
    try:
        yield SmallDisk(path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)
