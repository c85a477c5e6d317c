"""A commit or a head that the disk refuses: what is told is true, and asking again settles it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.at_calls import acknowledged
from tests.faults.inspected import inspected
from tests.faults.place import Place, bought, filled, kept
from tests.faults.tracing import missing, traced
from tests.faults.victim import victim

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

LOT = bought("Q-1")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    if reason := missing():
        pytest.skip(reason)
    return filled(tmp_path / "place", lots=1)


def issued(place: Place, name: str, *faults: str) -> tuple[int, list[str]]:
    """Issue the lot while some calls are refused; return the exit code and what was printed."""
    words = ["issue", *kept([LOT], place.folder / "given"), "--out", str(place.folder / "out")]
    with (
        victim(words, place.environment(), place.folder / name) as process,
        traced([process.pid], place.folder / f"{name}.log", *faults),
    ):
        process.go()
        return process.end(), process.said()


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        ("fdatasync:error=EIO:when=1", "[store.in-doubt]"),
        ("fsync:error=EIO:when=1", "[store.logged]"),
        ("rename:error=EIO:when=1", "[store.logged]"),
        ("fsync:error=EIO:when=2", "[store.logged]"),
    ],
    ids=["commit synced", "head synced", "head renamed", "folder synced"],
)
def test_a_change_that_was_or_may_have_been_made_is_told_as_such(place: Place, refused: str, told: str) -> None:
    code, said = issued(place, "first", refused)
    assert (code, [line.rpartition(" ")[2] for line in said]) == (3, [told])
    code, said = issued(place, "again")
    assert code == 0, said
    (made,) = acknowledged(said)
    assert inspected(place, [LOT], [made]).sound


@pytest.mark.parametrize("how", ["EIO", "ENOSPC", "EROFS"])
def test_a_commit_that_can_not_be_written_changed_nothing(place: Place, how: str) -> None:
    before = place.home.head.read_text()
    code, said = issued(place, "first", f"pwrite64:error={how}:when=20+")
    assert code == 3
    assert said[-1].rpartition(" ")[2] in {"[store.unwritable]", "[store.in-doubt]"}
    assert place.home.head.read_text() == before
    code, said = issued(place, "again")
    assert said[0].startswith("issued Q-1"), "it was not issued before"
    assert inspected(place, [LOT], list(acknowledged(said))).sound
