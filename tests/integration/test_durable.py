"""Files that are there as a whole or not at all: whoever fails, waits or dies meanwhile."""

from __future__ import annotations

import errno
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from cli.files import write_lines
from ledger.files.atomic import replacing, write_durably
from schemas.problem import InputError
from tests.faults.victim import FORKS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.synchronize import Barrier, Event
    from pathlib import Path

PARTS = 200
PART = 4096


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_a_writer_left_undone_is_gone_and_the_old_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    write_durably(path, b"old")

    def broken_off() -> None:
        with replacing(path) as file:
            file.write(b"half of it")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken_off()
    assert (names(tmp_path), path.read_bytes()) == (["kept"], b"old")


def test_who_had_an_unfinished_file_open_does_not_see_the_next_one(tmp_path: Path) -> None:
    path, left = tmp_path / "secret", tmp_path / "secret.new"
    left.write_bytes(b"left by a crash")
    left.chmod(0o644)
    with left.open("rb") as opened:
        write_durably(path, b"a secret", mode=0o600)
        assert opened.read() == b"left by a crash"
    assert (names(tmp_path), path.read_bytes(), path.stat().st_mode & 0o777) == (["secret"], b"a secret", 0o600)


@pytest.mark.parametrize("there", ["folder", "pipe"])
def test_what_is_no_file_is_not_replaced_and_told_before_anything_is_written(tmp_path: Path, there: str) -> None:
    path = tmp_path / there
    path.mkdir() if there == "folder" else os.mkfifo(path)

    def lines() -> Iterator[bytes]:
        pytest.fail("nothing can be written, so nothing is asked for")
        yield b""

    with pytest.raises(InputError, match="something that is no file is there") as refused:
        write_lines(path, lines())
    assert refused.value.code == "file.unwritable"
    assert names(tmp_path) == [there]


def _fill(path: Path, begun: Barrier, value: int, times: int) -> None:
    begun.wait()
    for _ in range(times):
        with replacing(path, synced=False) as file:
            for _ in range(PARTS):
                file.write(bytes([value]) * PART)


def test_of_several_who_write_one_file_each_writes_all_of_it(tmp_path: Path) -> None:
    path, begun = tmp_path / "kept", FORKS.Barrier(3)
    writers = [FORKS.Process(target=_fill, args=(path, begun, value, 40)) for value in (1, 2)]
    for each in writers:
        each.start()
    begun.wait()
    seen = set()
    while any(each.is_alive() for each in writers):
        if path.exists():
            content = path.read_bytes()
            assert len(content) == PARTS * PART
            assert len(set(content)) == 1, "one file has what two have written"
            seen.add(content[0])
    for each in writers:
        each.join()
        assert each.exitcode == 0
    assert (seen <= {1, 2}, bool(seen), names(tmp_path)) == (True, True, ["kept"])


def _hold(path: Path, begun: Event) -> None:
    with replacing(path) as file:
        file.write(b"half of it")
        file.flush()
        begun.set()
        time.sleep(60)


def test_what_a_killed_writer_left_is_removed_by_the_next(tmp_path: Path) -> None:
    path, begun = tmp_path / "kept", FORKS.Event()
    writer = FORKS.Process(target=_hold, args=(path, begun))
    writer.start()
    assert begun.wait(30)
    assert writer.pid is not None
    os.kill(writer.pid, signal.SIGKILL)
    writer.join()
    assert names(tmp_path) == ["kept.new"]
    write_durably(path, b"whole")
    assert (names(tmp_path), path.read_bytes()) == (["kept"], b"whole")


def test_a_link_in_place_of_the_unfinished_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"somebody's")
    (tmp_path / "kept.new").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links") as refused:
        write_durably(tmp_path / "kept", b"a secret")
    assert refused.value.errno == errno.ELOOP
    assert (tmp_path / "elsewhere").read_bytes() == b"somebody's"
