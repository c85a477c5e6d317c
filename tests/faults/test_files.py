"""Files that people keep: on disk, and in their folder's list, by the time that the command ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.place import Place, filled
from tests.faults.tracing import Disk, calls, missing, traced
from tests.faults.victim import victim
from tests.served import ANN

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path) -> Place:
    if reason := missing():
        pytest.skip(reason)
    return filled(tmp_path / "place", lots=1)


@pytest.mark.parametrize("command", ["backup", "export"])
def test_a_file_is_on_disk_when_it_is_said_to_be_written(place: Place, tmp_path: Path, command: str) -> None:
    folder, log = tmp_path / "kept", tmp_path / "log"
    folder.mkdir()
    export = ["export", "holdings", "--as", ANN, "-o", str(folder)]
    words = ["backup", str(folder / "registry.tar")] if command == "backup" else export
    with victim(words, place.environment(), tmp_path / "out") as process, traced([process.pid], log):
        process.go()
        assert process.end() == 0, process.said()
    disk = Disk((str(folder),), str(tmp_path / "out"))
    for call in calls(log.read_text().splitlines()):
        disk.see(call)
    assert disk.unsynced == set()
    (file,) = folder.iterdir()
    assert disk.synced >= {f"{file}.new", str(folder)}
