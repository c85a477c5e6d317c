"""FT-14: a process that dies inside the migration of its database; the next one finishes it, and nothing is lost."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ledger.store.forms import FORMS, REVISION, form
from tests.faults.inspected import inspected
from tests.faults.place import Place, bought, filled
from tests.faults.tracing import SYNCS, calls, missing, traced
from tests.faults.victim import victim
from tests.support.registries.next_release import NEXT, as_next_release, next_release

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

POINTS = 20


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A registry whose database has the form of the release before."""
    if reason := missing():
        pytest.skip(reason)
    return filled(tmp_path_factory.mktemp("old") / "place", lots=5)


def opened(place: Place, scripts: str, kill: str | None) -> list[tuple[str, int]]:
    """Open the registry with a command of the next release, which may be killed at a call; return the calls by which
    it writes.
    """
    words, log = ["migrate"], place.folder / "log"
    changed = {
        "ledger.store.forms.FORMS": (*FORMS, NEXT),
        "ledger.store.forms.REVISION": NEXT,
        "ledger.store.migrate.REVISION": NEXT,
        "ledger.store.migrate._SCRIPTS": scripts,
    }
    with (
        victim(words, place.environment(), place.folder / "said", changed=changed) as process,
        traced([process.pid], log, *([kill] if kill else [])),
    ):
        process.go()
        process.end()
    nth: Counter[str] = Counter()
    found = []
    for call in calls(log.read_text(errors="replace").splitlines()):
        if call.name in {"pwrite64", "ftruncate", *SYNCS}:
            nth[call.name] += 1
            found.append((call.name, nth[call.name]))
    return found


def test_ft_14_a_migration_that_is_killed_is_finished_by_the_next(
    old: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripts = next_release(tmp_path / "next")
    as_next_release(monkeypatch, scripts)
    counted = Place(shutil.copytree(old.folder, tmp_path / "counted"))
    points = opened(counted, scripts, None)
    assert form(counted.home.as_it_is()) == NEXT
    killed = points[:: max(1, len(points) // POINTS)]
    for number, (name, nth) in enumerate(killed):
        place = Place(shutil.copytree(old.folder, tmp_path / str(number)))
        opened(place, scripts, f"{name}:signal=KILL:when={nth}")
        assert form(place.home.as_it_is()) in {REVISION, NEXT}
        opened(place, scripts, None)
        assert inspected(place, [bought("LOT-0"), bought("NEW")], []).broken == 0
        assert form(place.home.as_it_is()) == NEXT
    assert len(killed) >= POINTS
