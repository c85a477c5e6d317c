"""Backup and restore: everything but the passphrase, and no signature over a history that others know more of."""

from __future__ import annotations

import io
import tarfile
from functools import partial
from typing import TYPE_CHECKING

import pytest

from ledger.admin.backup import back_up, restore, tell_head
from ledger.admin.init import open_book, status_signer
from ledger.audit.everything import audit
from ledger.changes.withdraw import withdraw
from ledger.registry.folder import Home
from ledger.store.engine import reading
from ledger.store.logs import latest_head
from schemas.problem import OreprintError
from tests.support.registries.lived_in import PASSPHRASE, SEPARATION, TABLES, Life, a_life, copied

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return a_life(tmp_path_factory.mktemp("life") / "home")


@pytest.fixture
def life(made: Life, tmp_path: Path) -> Life:
    return copied(made, tmp_path / "home")


def faults(home: Home) -> tuple[object, ...]:
    return tuple(audit(home, tables=TABLES, progress=lambda *_: None).faults)


def head_of(home: Home) -> str:
    with reading(home.engine()) as connection:
        return latest_head(connection).note


def saved(life: Life, tmp_path: Path) -> Path:
    file = tmp_path / "backup.tar"
    back_up(life.home, life.registry.engine, life.registry.runtime, file)
    return file


def withdrawn(home: Home, life: Life, lot: str) -> None:
    registry = open_book(home, life.registry.runtime, passphrase=PASSPHRASE)
    withdraw(
        registry,
        lot,
        issuer=SEPARATION,
        reason="wrong assay",
        status=status_signer(home, registry.did, passphrase=PASSPHRASE),
    )


def code(act: Callable[[], object]) -> str:
    with pytest.raises(OreprintError) as refused:
        act()
    assert "<" not in str(refused.value)
    return refused.value.code


def test_a_registry_made_of_a_backup_and_the_newest_head_is_the_registry(life: Life, tmp_path: Path) -> None:
    file, again = saved(life, tmp_path), Home(tmp_path / "again")
    manifest, signs = restore(file, again, newest_head=head_of(life.home))
    assert signs
    assert head_of(again) == manifest.head == head_of(life.home)
    assert not faults(again)
    assert again.trust.read_bytes() == life.home.trust.read_bytes()
    withdrawn(again, life, "OX-16")
    assert not faults(again)


def test_without_a_head_it_reads_and_signs_nothing(life: Life, tmp_path: Path) -> None:
    again = Home(tmp_path / "again")
    assert not restore(saved(life, tmp_path), again)[1]
    assert code(partial(withdrawn, again, life, "OX-16")) == "home.head-missing"
    assert head_of(again) == head_of(life.home)
    assert tell_head(again, head_of(life.home))
    withdrawn(again, life, "OX-16")


def test_over_what_others_have_seen_it_signs_nothing(life: Life, tmp_path: Path) -> None:
    file, again = saved(life, tmp_path), Home(tmp_path / "again")
    withdrawn(life.home, life, "OX-16")
    newest = head_of(life.home)
    assert not restore(file, again, newest_head=newest)[1]
    assert code(partial(withdrawn, again, life, "OX-17")) == "home.behind-head"
    assert head_of(again) != newest


def test_a_head_that_is_older_or_of_another_log_is_not_the_newest(life: Life, made: Life, tmp_path: Path) -> None:
    withdrawn(life.home, life, "OX-16")
    file = saved(life, tmp_path)
    assert code(partial(restore, file, Home(tmp_path / "a"), newest_head=head_of(made.home))) == "backup.older-head"
    other = head_of(life.home).replace("registry.", "elsewhere.", 1)
    assert code(partial(restore, file, Home(tmp_path / "b"), newest_head=other)) == "backup.other-log"
    assert not (tmp_path / "a").exists()


def test_the_passphrase_and_the_live_head_are_in_no_backup(life: Life, tmp_path: Path) -> None:
    (life.home.path / "keys" / "passphrase").write_bytes(PASSPHRASE)
    file = saved(life, tmp_path)
    with tarfile.open(file) as archive:
        names = archive.getnames()
    assert file.stat().st_mode & 0o077 == 0
    assert "keys/passphrase" not in names
    assert "head" not in names
    assert names[:2] == ["backup.json", "registry.db"]
    assert sum(name.startswith("keys/") for name in names) > 3


def test_a_backup_that_fails_leaves_the_one_before_and_nothing_unfinished(life: Life, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    before = saved(life, folder).read_bytes()
    (life.home.path / "keys" / "broken.pem").symlink_to("/proc/self/mem")  # a disk that gives an error when it is read
    assert code(partial(saved, life, folder)) == "backup.unwritable"
    assert ([path.name for path in folder.iterdir()], (folder / "backup.tar").read_bytes()) == (["backup.tar"], before)


def test_what_a_backup_left_undone_is_not_what_others_may_read(life: Life, tmp_path: Path) -> None:
    left = tmp_path / "backup.tar.new"
    left.touch(mode=0o644)
    assert saved(life, tmp_path).stat().st_mode & 0o077 == 0
    assert not left.exists()


def test_nothing_is_restored_over_something(life: Life, tmp_path: Path) -> None:
    file = saved(life, tmp_path)
    assert code(partial(restore, file, life.home, newest_head=head_of(life.home))) == "home.exists"
    assert code(partial(tell_head, life.home, head_of(life.home))) == "backup.head-known"


def changed(file: Path, change: Callable[[str, bytes], list[tuple[str, bytes]]]) -> Path:
    """Write a backup anew with its members changed."""
    with tarfile.open(file) as archive:
        members = [(each.name, (archive.extractfile(each) or io.BytesIO()).read()) for each in archive]
    with tarfile.open(file, "w") as archive:
        for name, content in (new for old in members for new in change(*old)):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file


@pytest.mark.parametrize(
    "change",
    [
        lambda name, content: [] if name == "registry.db" else [(name, content)],
        lambda name, content: [(name, content[:-4096] if name == "registry.db" else content)],
        lambda name, content: [(name, content), *([("../evil", b"x")] if name == "backup.json" else [])],
        lambda name, content: [(name, content), *([("keys/../../evil", b"x")] if name == "backup.json" else [])],
        lambda name, content: [(name, content), *([("keys/passphrase", b"x")] if name == "backup.json" else [])],
        lambda name, content: [(name, content)] * (2 if name == "trust.json" else 1),
        lambda name, content: [] if name == "backup.json" else [(name, content)],
    ],
    ids=["no database", "shorter", "outside", "outside by a key", "passphrase", "twice", "no manifest"],
)
def test_a_backup_that_was_changed_restores_nothing(
    life: Life, tmp_path: Path, change: Callable[[str, bytes], list[tuple[str, bytes]]]
) -> None:
    file = changed(saved(life, tmp_path), change)
    assert code(partial(restore, file, Home(tmp_path / "again"))) == "backup.file"
    assert not (tmp_path / "again").exists()
    assert not list(tmp_path.parent.glob("evil"))


def test_a_file_that_is_no_backup_is_told(tmp_path: Path) -> None:
    file = tmp_path / "x.tar"
    file.write_bytes(b"not a tar file" * 100)
    assert code(partial(restore, file, Home(tmp_path / "again"))) == "backup.file"
    assert code(partial(restore, tmp_path / "none", Home(tmp_path / "again"))) == "backup.file"
