"""Files that are there as a whole or not at all, and stay there after a crash.

Rules: a file is written beside its place, under a name that one writer at a time has, and then renamed. A program that
reads a file and writes it back holds a lock meanwhile (`locked`).  Files and folders are their owner's alone as soon as
they exist, whatever the umask; a writer names the mode of a file that is for others.  No other module makes a file
that stays (`tests/architecture/test_files.py`).
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from schemas.problem import StateError

PRIVATE: Final = 0o600
"""The mode of a file for its owner alone: of all that a registry keeps, and of all that shows what a plant does."""
READABLE: Final = 0o644
"""The mode of a file that is for anybody; the umask of whoever writes it may close it."""


def make_private_folder(path: Path) -> None:
    """Make a folder that only its owner can enter, and its missing parents; one that is there stays as it is."""
    if not path.is_dir():
        make_private_folder(path.parent)
        path.mkdir(mode=0o700, exist_ok=True)


def make_private_file(path: Path) -> None:
    """Make an empty file that only its owner can read, where there is none, for a library that writes it then.

    A file that is there isn't even opened: closing it would end the locks that SQLite holds on it in this process.
    """
    with suppress(FileExistsError):
        os.close(os.open(path.resolve(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE))


def write_durably(path: Path, content: bytes, *, mode: int = PRIVATE) -> None:
    """Replace a file as a whole. On return it is on disk; after a crash it has its old content or the new one."""
    with replacing(path, mode=mode) as file:
        file.write(content)


@contextmanager
def replacing(path: Path, *, mode: int = PRIVATE, synced: bool = True) -> Iterator[BinaryIO]:
    """Give a new file that replaces `path` as a whole when the caller is done.

    It is then on disk, unless `synced` is false. The file is created before anything is written, so a caller who may
    not write learns it first. Other writers of the same file wait. If the caller or the disk fails, the new file is
    removed and `path` stays as it was.

    Raises:
        OSError: when the file can't be created, written or renamed; also where something at `path` is no file.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EEXIST, "something that is no file is there", str(path))
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(_made(fresh, mode), "wb") as file:
        if os.geteuid() == 0:  # what an operator replaces stays that of the user who serves
            with suppress(FileNotFoundError):
                before = path.lstat()
                os.fchown(file.fileno(), before.st_uid, before.st_gid)
        try:
            yield file
            file.flush()
            if synced:
                os.fsync(file.fileno())
            # A crash up to here: `path` is as it was, and the next writer removes the unfinished file.
            fresh.replace(path)
        except BaseException:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)
            raise
    # A crash here: the new file is at `path`, or the old one if the power went too.
    if synced:
        _sync_folder(path.parent)


def _made(fresh: Path, mode: int) -> int:
    """Return a new file, with its lock held; wait for a writer that has it."""
    while True:
        try:
            descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        except FileExistsError:
            _clear(fresh)
            continue
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is_at(fresh, descriptor):
            return descriptor
        os.close(descriptor)  # another had its lock first, and took it for one that a crash left


def _clear(fresh: Path) -> None:
    """Remove a file that a crash left: a writer would hold its lock."""
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is_at(fresh, descriptor):
            fresh.unlink()
    finally:
        os.close(descriptor)


def _is_at(path: Path, descriptor: int) -> bool:
    """Return whether an open file is still the one at `path`, after its lock was waited for."""
    with suppress(FileNotFoundError):
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    return False


@contextmanager
def making_folder(folder: Path) -> Iterator[Path]:
    """Give a private folder that becomes `folder` when the caller is done: it is there as a whole, or not at all.

    What a crash left of an earlier try is removed.

    Raises:
        BlockingIOError: while another process makes it. OSError: when it can't be made, or something is at `folder`.
    """
    fresh = folder.with_name(f".{folder.name}.new")
    make_private_folder(folder.parent)
    lock = _made_folder(fresh)
    try:
        yield fresh
        _sync_folder(fresh)
        fresh.rename(folder)
        # A crash before this: the next try removes what is there. After it, `folder` is whole.
        _sync_folder(folder.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
        os.close(lock)


def _made_folder(fresh: Path) -> int:
    """Return a new folder, with its lock held; what is there without a lock, a crash left."""
    if fresh.exists():
        left = _folder_lock(fresh)
        shutil.rmtree(fresh)
        os.close(left)
    fresh.mkdir(mode=0o700)
    return _folder_lock(fresh)


def _folder_lock(folder: Path) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of the file at `path`. A process that dies releases it."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE), "a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def refusals_told(path: Path) -> Iterator[None]:
    """Raise the disk's errors as StateError `home.unwritable`, naming the file at `path`."""
    try:
        yield
    except OSError as error:
        raise StateError.at("home.unwritable", path=str(path), reason=error.strerror or str(error)) from error
