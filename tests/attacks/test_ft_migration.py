"""FT-14: a process that dies inside the migration of its database; the next one finishes it, and nothing is lost."""

from __future__ import annotations

import shutil
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from ledger.audit.everything import audit
from ledger.registry.folder import Home
from ledger.store.engine import insert_rows, reading, writing
from ledger.store.migrate import REVISION, _run_migrations, form
from tests.faults.inspected import inspected
from tests.faults.place import Place, bought, filled
from tests.faults.tracing import SYNCS, calls, missing, traced
from tests.faults.victim import victim
from tests.support.http.server import ANN, tables
from tests.support.registries.databases import _rows, _tables

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

POINTS = 20


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A registry whose database has the form of the first release."""
    if reason := missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("old")
    place = filled(folder / "place", lots=5)
    first = Home(folder / "first")
    first.path.mkdir()
    engine = first.as_it_is()
    _run_migrations(engine, to="0001")
    with writing(engine) as new, reading(place.home.as_it_is()) as source:
        for table in _tables(new):
            insert_rows(new, table, _rows(source, table))
        new.commit()
    engine.dispose()
    for name in ("registry.db-wal", "registry.db-shm"):
        (place.home.path / name).unlink(missing_ok=True)
    shutil.copy(first.database, place.home.database)
    return place


def opened(place: Place, kill: str | None) -> list[tuple[str, int]]:
    """Open the registry with a command that may be killed at one of its calls; return the calls by which it writes."""
    words, log = ["holdings", "--as", ANN], place.folder / "log"
    with (
        victim(words, place.environment(), place.folder / "said") as process,
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


def test_ft_14_a_migration_that_is_killed_is_finished_by_the_next(old: Place, tmp_path: Path) -> None:
    counted = shutil.copytree(old.folder, tmp_path / "counted")
    points = opened(Place(counted), None)
    assert form(Place(counted).home.as_it_is()) == REVISION
    for number, (name, nth) in enumerate(points[:: max(1, len(points) // POINTS)]):
        place = Place(shutil.copytree(old.folder, tmp_path / str(number)))
        opened(place, f"{name}:signal=KILL:when={nth}")
        assert form(place.home.as_it_is()) in {"0001", REVISION}
        assert inspected(place, [bought("LOT-0"), bought("NEW")], []).broken == 0
        assert form(place.home.as_it_is()) == REVISION
        assert audit(place.home, tables=tables(), progress=lambda *_: None).whole
    assert number >= POINTS - 1
