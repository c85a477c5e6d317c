"""Files that people keep: on disk, and in their folder's list, by the time that the command ends; and had again
where it didn't come so far.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.faults.place import Place, filled
from tests.faults.tracing import Disk, calls, missing, traced
from tests.faults.victim import victim
from tests.support.http.server import ANN
from tests.support.registries.two_homes import ANN as SENDER
from tests.support.registries.two_homes import BEN, ONE, TWO
from tests.support.registries.two_homes_cli import AGAIN, left, run, sending, two_homes

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


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two registries, of which one has a lot to move to the other."""
    if reason := missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("two")
    two_homes(folder)
    return folder


def sent(folder: Path, *faults: str) -> tuple[int, str, Counter[str]]:
    """Move a mass while a call fails or kills; return the exit code, what was said, and how often each call was
    made.
    """
    environment = {"OREPRINT_HOME": str(folder / ONE), "OREPRINT_PASSPHRASE": "a passphrase"}
    out, log = folder / "out", folder / "log"
    with (
        victim([*sending(str(folder / "moved.oreprint"))], environment, out) as process,
        traced([process.pid], log, *faults),
    ):
        process.go()
        code = process.end()
    made = Counter(call.name for call in calls(log.read_text(errors="replace").splitlines()))
    return code, " ".join(process.said()), made


def offered(folder: Path, *faults: str) -> tuple[int, str, str]:
    """Offer a mass while a call fails; return the exit code, what was said, and how much is offered."""
    environment = {"OREPRINT_HOME": str(folder / ONE), "OREPRINT_PASSPHRASE": "a passphrase"}
    words = ["ship", "OX-1", "--as", SENDER, "--to", BEN, "--mass", "40 kg"]
    with victim(words, environment, folder / "out") as process, traced([process.pid], folder / "log", *faults):
        process.go()
        code = process.end()
    said = " ".join(process.said())
    (lot,) = json.loads(run(folder, ONE, "holdings", "OX-1", "--as", SENDER, "--json"))
    return code, said, lot["offered_kg"]


def taken_in(folder: Path) -> bool:
    """Write again what was moved, and take it in where it went; return whether anything was moved."""
    moved = left(folder, SENDER)["OX-1"] == "60"
    told = run(folder, ONE, *AGAIN, code=0 if moved else 3)
    if not moved:
        assert "[abroad.none-moved]" in told
        return False
    assert "Accepted 40 kg" in run(folder, TWO, "accept", "--from", "again/0001-ox-1.oreprint", "--as", BEN)
    return True


def test_a_mass_whose_sending_is_killed_is_still_here_or_its_file_is_had_again(two: Path, tmp_path: Path) -> None:
    counted = shutil.copytree(two, tmp_path / "counted")
    code, said, made = sent(counted)
    assert (code, "Moved 40 kg" in said) == (0, True), said
    for nth in range(1, made["rename"] + 1):
        folder = shutil.copytree(two, tmp_path / str(nth))
        assert sent(folder, f"rename:signal=KILL:when={nth}")[0] < 0
        assert not (folder / "moved.oreprint").exists()
        assert taken_in(folder)
    folder = shutil.copytree(two, tmp_path / "early")
    assert sent(folder, "pwrite64:signal=KILL:when=1")[0] < 0
    assert not taken_in(folder)


@pytest.mark.parametrize("last", [0, 1], ids=["folder synced", "file synced"])
def test_a_transfer_file_that_can_not_be_kept_says_how_it_is_had_again(two: Path, tmp_path: Path, last: int) -> None:
    made = sent(shutil.copytree(two, tmp_path / "counted"))[2]
    folder = shutil.copytree(two, tmp_path / "failed")
    code, said, _ = sent(folder, f"fsync:error=EIO:when={made['fsync'] - last}")
    assert (code, "[file.unwritable]" in said, "[abroad.moved]" in said) == (3, True, True), said
    assert f"oreprint export transfers OX-1 --as {BEN} --registry {TWO} -o DIR" in said
    assert (folder / "moved.oreprint").exists() == (last == 0)
    assert taken_in(folder)


def test_a_move_that_may_have_been_made_is_told_as_such(two: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(two, tmp_path / "failed")
    code, said, _ = sent(folder, "fdatasync:error=EIO:when=1")
    assert (code, "[abroad.in-doubt]" in said, "[store.in-doubt]" in said) == (3, True, False), said
    taken_in(folder)


def test_an_offer_that_may_have_been_made_is_told_as_such(two: Path, tmp_path: Path) -> None:
    code, said, kg = offered(shutil.copytree(two, tmp_path / "failed"), "fdatasync:error=EIO:when=1")
    assert (code, "[holding.in-doubt]" in said, "[store.in-doubt]" in said) == (3, True, False), said
    assert kg in {"0", "40"}


def test_a_move_that_was_made_is_told_as_such(two: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(two, tmp_path / "failed")
    code, said, _ = sent(folder, "rename:error=EIO:when=1")
    assert (code, "[abroad.moved]" in said, "[store.logged]" in said) == (3, True, False), said
    assert taken_in(folder)


def test_an_offer_that_was_made_is_told_as_such(two: Path, tmp_path: Path) -> None:
    code, said, kg = offered(shutil.copytree(two, tmp_path / "failed"), "rename:error=EIO:when=1")
    assert (code, "[holding.logged]" in said, "[store.logged]" in said, kg) == (3, True, False, "40"), said
    assert f"oreprint holdings OX-1 --as {SENDER}" in said
