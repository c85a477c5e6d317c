"""Who reads as much as there is on PostgreSQL: it may take longer than the time after which a forgotten transaction
is ended.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, text

import ledger.store.engine as engine_module
from ledger.admin.backup import back_up, restore
from ledger.audit.everything import ALONE, Sharing, audit
from ledger.bundles.build import bundle_lines
from ledger.cluster.workers import Workers
from ledger.issuing.dry_run import rehearsal
from ledger.registry.folder import Home
from ledger.remote.folder import Folder
from ledger.remote.objects import ObjectStore
from ledger.store.duplicate import duplicate
from ledger.store.engine import open_engine, reading, writing
from ledger.transfers.mirror import mirror
from schemas.problem import StateError
from tests.support.registries.registry import Clock
from tests.support.registries.two_homes import ANN, BEN, TABLES, a_shop, plant
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from sqlalchemy import Connection, Engine

    from tests.support.registries.databases import Postgresql
    from tests.support.registries.two_homes import Shop

FORGOTTEN_SECONDS = 1
SLOW_SECONDS = 2.5
"""How long somebody is slow: PostgreSQL ends a transaction that is forgotten for a second."""


@pytest.fixture
def shop(tmp_path: Path, postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A registry on PostgreSQL with a chain of three lots, whose transactions end after a second without a
    statement.
    """
    monkeypatch.setattr(engine_module, "BUSY_SECONDS", FORGOTTEN_SECONDS)
    with postgresql.fresh() as url:
        made = a_shop(tmp_path, "registry.example", [ANN, BEN], Clock(), seed=1, database=url)
        made.blend("A-1", "10 kg", by=ANN)
        made.blend("A-2", "9 kg", by=ANN, inputs={"A-1": "9 kg"})
        made.blend("A-3", "8 kg", by=ANN, inputs={"A-2": "8 kg"})
        yield made
        made.registry.engine.dispose()


def slow_once() -> Callable[..., None]:
    """Return what is slow the first time that it is called."""
    waits = [SLOW_SECONDS]

    def slow(*_: object) -> None:
        if waits:
            time.sleep(waits.pop())

    return slow


def forget(opened: AbstractContextManager[Connection]) -> None:
    """Ask something in a transaction, forget it for a while, and ask again."""
    with opened as connection:
        connection.execute(text("SELECT 1"))
        time.sleep(SLOW_SECONDS)
        connection.execute(text("SELECT 1"))


def test_a_forgotten_transaction_is_ended(shop: Shop) -> None:
    """Hard use 14: whoever isn't a long reader keeps the short time-out: it must hold no snapshot, and no lock, for
    ever.
    """
    for opened in (reading, writing):
        with pytest.raises(StateError) as refused:
            forget(opened(shop.registry.engine))
        assert refused.value.code in {"store.unreadable", "store.unwritable"}
    with pytest.raises(StateError, match="statement timeout"), reading(shop.registry.engine) as connection:
        connection.execute(text(f"SELECT pg_sleep({SLOW_SECONDS})"))


def test_a_long_transaction_has_times_of_its_own_and_leaves_none_behind(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hard use 14: a long reader's statements and its waiting end later, in that transaction alone."""
    with reading(shop.registry.engine, long=True) as connection:
        connection.execute(text(f"SELECT pg_sleep({SLOW_SECONDS})"))
        time.sleep(SLOW_SECONDS)
        assert connection.scalar(text("SHOW statement_timeout")) == "1h"
        assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "1h"
    for _ in range(shop.registry.engine.pool.size()):  # type: ignore[attr-defined]
        with reading(shop.registry.engine) as connection:
            assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "1s"
    monkeypatch.setattr(engine_module, "LONG_SECONDS", FORGOTTEN_SECONDS)
    with pytest.raises(StateError):
        forget(reading(shop.registry.engine, long=True))


@pytest.mark.parametrize("sharing", [ALONE, Sharing(Workers(2), stretch=2)], ids=["alone", "shared"])
def test_an_audit_takes_longer_than_the_time_out(sharing: Sharing, shop: Shop) -> None:
    """Hard use 14: an audit on PostgreSQL that takes longer than an idle transaction may is finished."""
    begun, slow = time.monotonic(), slow_once()
    found = audit(shop.home, tables=TABLES, progress=slow, sharing=sharing)
    assert time.monotonic() - begun > SLOW_SECONDS > FORGOTTEN_SECONDS
    assert (found.whole, found.faults) == (True, ())
    assert found.counts["entries"] > 4


def test_a_bundle_waits_for_who_reads_it(shop: Shop) -> None:
    """Hard use 14: a bundle is as slow as who takes its lines, such as a verification or a disk."""
    digest = shop.blend("A-4", "7 kg", by=ANN, inputs={"A-3": "7 kg"})
    slow, lines = slow_once(), list[bytes]()
    for line in bundle_lines(shop.registry, digest, audience="auditor"):
        lines.append(line)
        slow()
    assert lines[-1].startswith(b'{"t":"end"')


@dataclass(frozen=True, slots=True)
class SlowFolder(Folder):
    """A folder that takes its time over the first object."""

    slow: Callable[[], None] = field(default_factory=slow_once)

    def put(  # type: ignore[explicit-override] # it is there from Python 3.12 on
        self, path: str, content: bytes, *, new: bool = False, instead_of: str | None = None
    ) -> str | None:
        self.slow()
        return Folder.put(self, path, content, new=new, instead_of=instead_of)


def test_publishing_waits_for_the_place(shop: Shop, tmp_path: Path) -> None:
    """Hard use 14: a slow bucket ends no publication."""
    folder = tmp_path / "public"
    place = ObjectStore(str(folder), SlowFolder(Folder.at(folder).client))
    assert mirror(shop.registry, place).size > 4


def test_a_backup_and_a_restore_wait_for_the_disk(
    shop: Shop, tmp_path: Path, postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hard use 14: rows are copied from and to PostgreSQL however slow the other side is."""

    def slowly(source: Engine, target: Engine) -> object:
        slow, waited = slow_once(), list[str]()

        @event.listens_for(target, "before_cursor_execute")
        def inserting(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            if statement.startswith("INSERT"):  # both transactions are under way
                slow()
                waited.append(statement)

        copied = duplicate(source, target)
        assert waited
        return copied

    monkeypatch.setattr("ledger.admin.backup.duplicate", slowly)
    back_up(shop.home, shop.registry.engine, shop.registry.runtime, tmp_path / "backup")
    with postgresql.fresh("TEMPLATE template0") as url:
        restored = Home(tmp_path / "restored", url)
        restore(tmp_path / "backup", restored)
        assert audit(restored, tables=TABLES, progress=lambda *_: None).counts["entries"] > 4


def test_a_rehearsal_waits_for_who_reads_what_it_tells(shop: Shop) -> None:
    """Hard use 14: a dry run of many records may be read slowly."""
    slow = slow_once()
    with rehearsal(shop.registry, tables=TABLES, used=()) as made_of:
        for lot in ("B-1", "B-2"):
            assert made_of(blend(lot, "1 kg", producer=BEN, plant=plant(BEN))) is not None
            slow()


def test_a_migration_takes_the_time_it_takes(postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard use 14: a migration that computes for long between two statements is not ended."""
    from ledger.store.migrate import form, upgrade

    monkeypatch.setattr(engine_module, "BUSY_SECONDS", FORGOTTEN_SECONDS)
    with postgresql.fresh("TEMPLATE template0") as url:
        engine = open_engine(url)
        slow, statements = slow_once(), list[str]()

        @event.listens_for(engine, "before_cursor_execute")
        def computing(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            statements.append(statement)
            if statement.lstrip().startswith("CREATE TABLE") and len(statements) > 5:
                slow()

        upgrade(engine)
        assert form(engine) is not None
        assert any("CREATE TABLE" in each for each in statements)
        engine.dispose()
