"""The harness itself: at a hundredth of its size in every run of the tests, whole in `make soak`; and that it fails
where it must.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from ledger.log.head import sign_head
from tests.faults import tracing
from tests.faults.answers import answered
from tests.faults.at_calls import issued
from tests.faults.counted import Counts
from tests.faults.inspected import Acknowledged, inspected
from tests.faults.place import bought, drawing, filled
from tests.faults.tracing import Disk, calls

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ("--kills", "3", "--calls", "4", "--cuts", "2", "--disks", "1", "--jumps", "2", "--answers", "4")
WHOLE = ("--kills", "300", "--calls", "all", "--cuts", "90", "--disks", "20", "--jumps", "40", "--answers", "400")

SAID = Callable[[str, object], None]


@pytest.mark.parametrize(
    "words", [pytest.param(SMALL, marks=pytest.mark.slow), pytest.param(WHOLE, marks=pytest.mark.soak)]
)
def test_ft_01_nothing_acknowledged_is_lost_and_nothing_sold_twice(
    words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], record_property: SAID
) -> None:
    """It runs as ``python -m tests.faults`` does, in this process."""
    monkeypatch.setattr(sys, "argv", ["faults", *words])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("tests.faults", run_name="__main__")
    said = capsys.readouterr().out
    *parts, last = said.splitlines()
    record_property("counted", f"fault harness: {last}")
    for part in parts:
        if "SKIPPED" in part:
            record_property("counted", f"fault harness: {part}")
    assert ended.value.code == 0, said
    assert "lost 0, oversold 0, inconsistent heads 0, acknowledged before fsync 0" in last


@pytest.fixture
def traceable() -> None:
    if reason := tracing.missing():
        pytest.skip(reason)


@pytest.mark.slow
@pytest.mark.usefixtures("traceable")
def test_a_database_that_does_not_wait_for_the_disk_is_found_out(tmp_path: Path) -> None:
    """The harness has the sound one: none of its runs tells anything early."""
    counts, _ = issued(filled(tmp_path, lots=1), weak=True)
    assert counts.acknowledged == 2
    assert counts.early == 1, "what was told could be gone after a power cut"
    assert not counts.sound
    assert (counts.lost, counts.oversold, counts.faults) == (0, 0, 0), "a kill alone shows nothing"


@pytest.mark.slow
@pytest.mark.usefixtures("traceable")
def test_a_server_whose_database_does_not_wait_for_the_disk_is_found_out(tmp_path: Path) -> None:
    """The harness has the sound one: none of its answers is early."""
    assert answered(filled(tmp_path, lots=2), 2, weak=True).early == 2


HEAD = (
    "7 write(3</home/head.new>, ..., 188) = 188",
    "7 fsync(3</home/head.new>) = 0",
    '7 rename("/home/head.new", "/home/head") = 0',
    "7 fsync(4</home>) = 0",
    '7 write(1</out>, "issued A zQm", 24) = 24',
)


@pytest.mark.parametrize(
    ("left_out", "unsynced"), [(None, set()), (1, {"/home/head"}), (3, {"/home"})], ids=["none", "file", "folder"]
)
def test_a_head_that_was_not_brought_to_disk_is_found_out(left_out: int | None, unsynced: set[str]) -> None:
    disk = Disk(("/home",), "/out")
    for call in calls(line for number, line in enumerate(HEAD) if number != left_out):
        disk.see(call)
    assert disk.answers == 1
    assert set().union(*(names for _, names in disk.early)) == unsynced


def test_a_call_that_ends_after_the_answer_has_begun_is_too_late() -> None:
    disk = Disk(("/home",), "/out")
    lines = [
        "7 pwrite64(3</home/db-wal>, ..., 24, 0) = 24",
        "7 fdatasync(3</home/db-wal> <unfinished ...>",
        '8 sendto(5<socket:[1]>, "HTTP/1.1 201 Created", 20, 0, NULL, 0 <unfinished ...>',
        "7 <... fdatasync resumed>) = 0",
        "8 <... sendto resumed>) = 20",
        '8 sendto(5<socket:[1]>, "HTTP/1.1 201 Created", 20, 0, NULL, 0) = 20',
    ]
    for call in calls(lines):
        disk.see(call)
    assert (disk.answers, len(disk.early)) == (2, 1)


def test_what_was_told_and_is_not_there_is_counted(tmp_path: Path) -> None:
    place = filled(tmp_path, lots=2)
    tried = [bought("A"), drawing("B", "LOT-1")]
    counts = inspected(place, tried, [Acknowledged("A", "zQm-never")])
    assert (counts.lost, counts.sound) == (1, False)


def test_a_head_from_another_history_is_counted(tmp_path: Path) -> None:
    place = filled(tmp_path, lots=2)
    registry = place.open()
    forged = sign_head(registry.log, size=3, root=bytes(32), sign=registry.sign_head)
    registry.engine.dispose()
    assert inspected(place, [bought("A")], [], heads=[forged]).inconsistent == 1


def test_a_run_that_promised_nothing_is_not_sound() -> None:
    assert not Counts(runs=1).sound
    assert Counts(runs=1, acknowledged=1).sound
    assert not (Counts(runs=1, acknowledged=1) + Counts(oversold=1)).sound
