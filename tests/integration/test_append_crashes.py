"""A crash at each arrow of the append, and what is true afterwards."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ledger.log.head import open_head, sign_head
from ledger.log.merkle import leaf_hash, prove_inclusion, verify_inclusion
from ledger.registry import append as append_module
from ledger.registry.append import append, begin_log
from ledger.registry.readiness import check_head
from ledger.store import logs
from ledger.store.engine import reading as snapshot
from schemas.problem import StateError
from tests.faults.victim import FORKS
from tests.support.http.server import runtime
from tests.support.registries.crashes import CrashError, CrashingHeadStore, crash
from tests.support.registries.postings import digest, log, posting
from tests.support.registries.registry import Registry, log_each, open_registry

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.registry.registry import OpenRegistry


@pytest.fixture
def opened(tmp_path: Path, database: str | None) -> Registry:
    registry = open_registry(tmp_path / "home", database=database)
    log(registry, range(5))
    return registry


@pytest.fixture
def on_file(tmp_path: Path) -> Registry:
    """A registry whose database is a file, to be copied."""
    registry = open_registry(tmp_path / "home")
    log(registry, range(5))
    return registry


def size(registry: OpenRegistry) -> int:
    with snapshot(registry.engine) as connection:
        return logs.latest_head(connection).size


def assert_sound(registry: OpenRegistry, entries: int) -> None:
    """The log has so many entries, each proven to the head, and goes on."""
    with snapshot(registry.engine) as connection:
        head = open_head(logs.latest_head(connection).note, registry.log)
        assert head.size == entries
        for index in range(entries):
            leaf = leaf_hash(logs.entry(connection, index))
            path = prove_inclusion(logs.tile_hashes(connection, entries), index=index, size=entries)
            verify_inclusion(path, size=entries, root=head.root, index=index, leaf=leaf)
    logged = log_each(registry, (posting("after the crash"),))
    assert logged.places == {digest("record after the crash"): entries}
    assert registry.heads.read() == logged.head.note


@pytest.mark.parametrize("step", ["_judge", "_store", "grow_tiles", "sign_head", "insert_all"])
def test_a_crash_before_the_commit_leaves_nothing(opened: Registry, step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(append_module, step, crash)
        with pytest.raises(CrashError):
            log_each(opened.opened, (posting("lost"),))
    assert_sound(opened.opened, 5)
    assert log_each(opened.opened, (posting("lost"),)).refused == (None,)


def test_a_crash_in_what_was_asked_leaves_nothing(opened: Registry) -> None:
    with pytest.raises(CrashError), append(opened.opened):
        crash()
    assert_sound(opened.opened, 5)


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_after_the_commit_loses_nothing(opened: Registry, after: bool) -> None:
    registry = replace(opened.opened, heads=CrashingHeadStore(opened.opened.heads, after))
    with pytest.raises(CrashError):
        log_each(registry, (posting("kept"),))
    assert size(opened.opened) == 6
    assert log_each(opened.opened, (posting("kept"),)).refused[0] is not None
    assert_sound(opened.opened, 6)


def test_a_crash_while_the_log_begins_is_mended_by_beginning_again(tmp_path: Path) -> None:
    registry = open_registry(tmp_path / "home")
    first = registry.home.head.read_text()
    fresh = replace(registry.opened, engine=replace(registry.home, path=tmp_path / "other").engine())
    begin_log(fresh)
    begin_log(fresh)
    assert registry.home.head.read_text() == first
    assert_sound(fresh, 0)


def test_a_database_restored_from_an_old_copy_signs_nothing(on_file: Registry, tmp_path: Path) -> None:
    on_file.opened.engine.dispose()
    shutil.copytree(on_file.home.path, tmp_path / "backup")
    log(on_file, range(5, 8))
    on_file.opened.engine.dispose()
    for name in ("registry.db", "registry.db-wal", "registry.db-shm"):
        (on_file.home.path / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "backup" / "registry.db", on_file.home.database)
    restored = replace(on_file.opened, engine=on_file.home.engine())
    with pytest.raises(StateError) as refused:
        log_each(restored, (posting("on another history"),))
    assert refused.value.code == "home.behind-head"
    assert size(restored) == 5


def test_a_clone_that_went_another_way_signs_nothing(on_file: Registry, tmp_path: Path) -> None:
    on_file.opened.engine.dispose()
    shutil.copytree(on_file.home.path, tmp_path / "clone")
    clone = open_registry(tmp_path / "clone")
    log(on_file, range(10, 12))
    log(clone, range(20, 23))
    shutil.copy(on_file.home.head, clone.home.head)
    with snapshot(clone.opened.engine) as connection, pytest.raises(StateError) as refused:
        check_head(clone.opened, connection)
    assert refused.value.code == "home.behind-head"


def test_a_lost_head_file_is_not_guessed(opened: Registry) -> None:
    opened.home.head.unlink()
    with pytest.raises(StateError) as refused:
        log_each(opened.opened, (posting("unsafe"),))
    assert refused.value.code == "home.head-missing"
    assert size(opened.opened) == 5


def test_a_late_writer_does_not_put_an_older_head_back(opened: Registry) -> None:
    known = opened.opened.heads.read()
    log(opened, range(5, 7))
    newest = opened.opened.heads.read()
    older = sign_head(opened.opened.log, size=6, root=bytes(32), sign=opened.opened.sign_head)
    opened.opened.heads.advance(known, older)
    assert opened.opened.heads.read() == newest
    with pytest.raises(StateError):
        opened.opened.heads.advance(
            known, sign_head(opened.opened.log, size=9, root=bytes(32), sign=opened.opened.sign_head)
        )


def _append_many(folder: Path, database: str | None, worker: int, each: int) -> None:
    registry = replace(
        open_registry(folder, database=database).opened, runtime=replace(runtime(), vouched=True)
    )  # one clock for all of them
    for number in range(each):
        log_each(registry, (posting(f"{worker}/{number}"),), (posting(f"shared {number}"),))


@pytest.mark.parametrize("each", [20, pytest.param(2500, marks=pytest.mark.soak)])
def test_ft_08_processes_that_write_at_once_make_one_history(opened: Registry, each: int) -> None:
    place = (opened.home.path, opened.home.server)
    workers = [FORKS.Process(target=_append_many, args=(*place, n, each)) for n in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    opened.clock.now = runtime().now_ms()
    assert_sound(opened.opened, 5 + 3 * each + each)
