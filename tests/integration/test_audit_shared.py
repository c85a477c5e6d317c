"""An audit that workers share, or that was stopped, answers as one process does that judges everything at once."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import Boolean

from ledger.audit.everything import ALONE, Audit, Sharing, audit
from ledger.audit.stretches import state_of
from ledger.cluster.workers import Workers, pool
from ledger.registry.folder import Home
from ledger.store.engine import reading, writing
from schemas.problem import InputError, StateError
from schemas.trust import TrustFile
from tests.support.clusters import dask_cluster
from tests.support.http.processes import ended
from tests.support.registries.databases import KINDS
from tests.support.registries.history import (
    COLUMNS,
    FILLED,
    TABLES,
    a_history,
    altered,
    changes,
    copied,
    rows_of,
    tampered,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Column, Table

    from tests.support.clusters import DaskCluster
    from tests.support.registries.databases import Postgresql

pytestmark = pytest.mark.no_cover

SHORT = 7
"""Entries of a stretch, so that a history of sixty is many stretches."""


class Stopped(Exception):  # noqa: N818 - no error: somebody stops an audit
    """An audit is stopped."""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = a_history(tmp_path_factory.mktemp("shared") / "home")
    with sqlite3.connect(home.database) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home


@pytest.fixture(scope="module")
def on_server(postgresql: Postgresql, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """Such a history on a server."""
    with postgresql.fresh() as url:
        yield a_history(tmp_path_factory.mktemp("on-server") / "home", url)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("workers"), workers=2) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def two(cluster: DaskCluster) -> Workers:
    """Two workers of a cluster that runs already."""
    return Workers(scheduler=cluster.address)


@pytest.fixture(scope="module")
def halfway(history: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that remembers of the history that its first six stretches hold."""
    path = tmp_path_factory.mktemp("kept") / "audit.state"
    stopped(history, remembered(path), after=6)
    return path


@pytest.fixture(scope="module")
def sound(history: Home) -> Audit:
    """What one process says of the history."""
    return audited(history)


def audited(
    home: Home, sharing: Sharing = ALONE, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Audit:
    return audit(home, tables=TABLES, progress=progress, sharing=sharing)


def remembered(path: Path) -> Sharing:
    """Return that one process audits, and remembers in a file how far it came."""
    return Sharing(resume=path, stretch=SHORT)


def stopped(home: Home, sharing: Sharing, *, after: int) -> None:
    """Begin an audit, and stop it after so many stretches."""
    left = [after]

    def progress(_done: int, _all: int) -> None:
        left[0] -= 1
        if not left[0]:
            raise Stopped

    with pytest.raises(Stopped):
        audited(home, sharing, progress)


def resumed(home: Home, file: Path, folder: Path, workers: Workers) -> Audit:
    """Go on with an audit where a copy of `file` says."""
    copy = folder / f"{home.path.name}.state"
    shutil.copy(file, copy)
    found = audited(home, Sharing(workers, copy, SHORT))
    assert not copy.exists()
    return found


# -- nothing changed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stretch", [1, SHORT, 40])
def test_the_answer_is_the_same_whatever_the_stretch(history: Home, sound: Audit, two: Workers, stretch: int) -> None:
    told: list[int] = []
    found = audited(history, Sharing(two, stretch=stretch), lambda done, whole: told.append(whole - done))
    assert found == sound
    assert told == sorted(told, reverse=True)
    assert told[-1] == 0


def test_the_answer_of_processes_that_are_started_for_it_is_the_same(history: Home, sound: Audit) -> None:
    told: list[int] = []
    found = audited(history, Sharing(Workers(2), stretch=SHORT), lambda done, whole: told.append(whole - done))
    assert found == sound
    assert told[-1] == 0


def test_the_answer_is_the_same_when_a_worker_is_killed(
    history: Home, sound: Audit, cluster: DaskCluster, two: Workers
) -> None:
    told: list[int] = []

    def progress(done: int, whole: int) -> None:
        told.append(whole - done)
        if len(told) == 5:
            cluster.kill_worker()

    assert audited(history, Sharing(two, stretch=SHORT), progress) == sound
    assert told[-1] == 0
    assert len(told) == -(-sound.counts["entries"] // SHORT)


def test_a_short_log_is_not_shared(history: Home) -> None:
    told: list[int] = []
    audited(history, Sharing(Workers(8)), lambda done, _whole: told.append(done))
    assert told == [*range(1, len(told) + 1)]


@pytest.mark.parametrize("shared", [False, True])
def test_an_audit_goes_on_where_it_was_stopped_and_says_so(
    history: Home, sound: Audit, two: Workers, tmp_path: Path, *, shared: bool
) -> None:
    file, whole = tmp_path / "audit.state", sound
    stopped(history, remembered(file), after=4)
    told: list[tuple[int, int]] = []
    workers = two if shared else Workers()
    found = audited(history, Sharing(workers, file, SHORT), lambda *far: told.append(far))
    left = whole.counts["entries"] - 4 * SHORT
    assert told[-1] == (left, left)
    assert (found.faults, found.whole, found.counts) == ((), True, whole.counts)
    (word,) = set(found.on_word) - set(whole.on_word)
    assert word.startswith(f"the records of {4 * SHORT} entries that an earlier audit checked")
    assert not file.exists()


def test_an_audit_that_was_done_but_for_its_answer_reads_every_row_again(
    history: Home, sound: Audit, two: Workers, tmp_path: Path
) -> None:
    file = tmp_path / "audit.state"
    stretches = -(-sound.counts["entries"] // SHORT)
    stopped(history, remembered(file), after=stretches)
    copy = copied(history, tmp_path / "copy")
    assert resumed(copy, file, tmp_path, two).faults == ()
    assert tampered(
        copy, ("UPDATE requests SET digest = ? WHERE digest = (SELECT min(digest) FROM requests)", (bytes(32),))
    )
    told: list[int] = []
    audited(copy, remembered(file), lambda _done, left: told.append(left))
    assert told[-1] == sound.counts["entries"]  # of another state nothing is passed by


def test_an_audit_that_is_killed_leaves_what_the_next_goes_on_from(history: Home, two: Workers, tmp_path: Path) -> None:
    file = tmp_path / "audit.state"
    text = (
        "import os, signal, sys; from pathlib import Path; from ledger.audit.everything import Sharing, audit;"
        "from ledger.cluster.workers import Workers; from ledger.registry.folder import Home;"
        "from ledger.tables import shipped_tables;"
        "told = [];"
        "progress = lambda *far: told.append(far) or (len(told) == 5 and os.kill(os.getpid(), signal.SIGKILL));"
        f"sharing = Sharing(Workers(scheduler=sys.argv[3]), Path(sys.argv[2]), {SHORT});"
        "audit(Home(Path(sys.argv[1])), tables=shipped_tables(), progress=progress, sharing=sharing)"
    )
    arguments = [str(history.path), str(file), str(two.scheduler)]
    killed = subprocess.run([sys.executable, "-c", text, *arguments], check=False, env=os.environ)
    assert killed.returncode == -signal.SIGKILL
    assert len(file.read_bytes().splitlines()) == 6
    found = audited(history, Sharing(two, file, SHORT))
    assert found.faults == ()
    assert any(word.startswith("the records of ") for word in found.on_word)


# -- something changed -----------------------------------------------------------------------------------------------

LAST = {table.name: column for table, column in COLUMNS}
"""A column of each table: what one process finds is tried for each column, and several are to find the same."""
TAKEN = FILLED[::3]
"""Tables that lose a row; the others have a value changed. All of both is in the soak."""


@pytest.mark.parametrize(
    ("table", "column"),
    [
        pytest.param(
            table,
            column,
            id=str(column),
            marks=() if column is LAST[table.name] and table not in TAKEN else pytest.mark.soak,
        )
        for table, column in COLUMNS
    ],
)
def test_what_was_changed_is_found_by_several_processes_and_after_a_stop(
    history: Home, halfway: Path, two: Workers, tmp_path: Path, table: Table, column: Column[object]
) -> None:
    with sqlite3.connect(history.database) as database:
        rows = rows_of(database, table)
    home = copied(history, tmp_path / "copy")
    change = next(each for each in changes(table, column, rows) if tampered(home, *each.statements))
    assert resumed(home, halfway, tmp_path, two) == audited(home), change


@pytest.mark.parametrize(
    "table",
    [pytest.param(table, marks=() if table in TAKEN else pytest.mark.soak) for table in FILLED],
    ids=str,
)
def test_a_row_that_was_taken_out_is_missed_by_several_processes_and_after_a_stop(
    history: Home, halfway: Path, two: Workers, tmp_path: Path, table: Table
) -> None:
    home = copied(history, tmp_path / "copy")
    (*keys,) = (key.name for key in table.primary_key.columns)
    with sqlite3.connect(home.database) as database:
        row = rows_of(database, table)[-1]
    where = " AND ".join(f"{key} = ?" for key in keys)
    assert tampered(home, (f"DELETE FROM {table.name} WHERE {where}", tuple(row[key] for key in keys)))  # noqa: S608
    assert resumed(home, halfway, tmp_path, two) == audited(home)


@pytest.mark.parametrize("column", ["holdings.mass_mg", "records.content", "offers.expires_ms", "heads.note"])
def test_a_value_of_another_type_is_named_by_several_processes_and_after_a_stop(
    history: Home, halfway: Path, two: Workers, tmp_path: Path, column: str
) -> None:
    home, (table, _, name) = copied(history, tmp_path / "copy"), column.partition(".")
    with sqlite3.connect(home.database) as database:
        value = "'text'" if name == "content" else "x'ff'"
        database.execute(f'UPDATE "{table}" SET "{name}" = {value}')  # noqa: S608 - names of ours
    alone = audited(home)
    assert alone.faults
    assert resumed(home, halfway, tmp_path, two) == alone


@pytest.mark.parametrize("every", [8, pytest.param(1, marks=pytest.mark.soak)])
def test_each_kind_of_change_is_found_on_a_server_too(
    history: Home,
    on_server: Home,
    postgresql: Postgresql,
    cluster: DaskCluster,
    two: Workers,
    tmp_path: Path,
    *,
    every: int,
) -> None:
    """Change every eighth table: the tests above show for each table that workers find what one process finds."""
    kept, sound = tmp_path / "audit.state", audited(on_server)
    assert sound.faults == ()
    left = [2]

    def kill(_done: int, _all: int) -> None:
        left[0] -= 1
        if not left[0]:
            cluster.kill_worker()

    assert audited(on_server, Sharing(two, stretch=SHORT), kill) == sound
    stopped(on_server, Sharing(two, kept, SHORT), after=4)
    with sqlite3.connect(history.database) as database:
        rows = {table.name: rows_of(database, table) for table in FILLED}
    assert on_server.server is not None
    for table in FILLED[::every]:
        column = [each for each in table.columns if rows[table.name][0][each.name] is not None][-1]
        with postgresql.copy(on_server.server) as other:
            if changed_on_server(other, table, column, rows[table.name][0]):
                home = Home(on_server.path, other)
                assert resumed(home, kept, tmp_path, two) == audited(home), table


def changed_on_server(url: str, table: Table, column: Column[object], row: dict[str, object]) -> bool:
    """Change a value on a server that asks for no foreign keys; return whether it lets it."""
    keys = [key.name for key in table.primary_key.columns]
    where = " AND ".join(f"{key} = %s" for key in keys)
    value = altered(column, row[column.name])
    value = bool(value) if isinstance(column.type, Boolean) else value
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        try:
            asked = f"UPDATE {table.name} SET {column.name} = %s WHERE {where}"  # noqa: S608 - names of ours
            done = connection.execute(asked.encode(), [value, *(row[key] for key in keys)])
        except psycopg.errors.IntegrityError:
            return False
    assert done.rowcount == 1
    return True


# -- the workers, and the file ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_workers_see_the_snapshot_and_nothing_that_is_written_later(
    history: Home, on_server: Home, postgresql: Postgresql, two: Workers, tmp_path: Path, kind: str
) -> None:
    assert on_server.server is not None
    with postgresql.copy(on_server.server) as url:
        home = Home(on_server.path, url) if kind == "postgresql" else copied(history, tmp_path / "home")
        whole = audited(home)

        def change(_done: int, _all: int) -> None:
            with writing(home.as_it_is()) as connection:
                connection.exec_driver_sql("UPDATE holdings SET mass_mg = mass_mg + 1")
                connection.commit()

        assert audited(home, Sharing(two, stretch=SHORT), change) == whole
        assert audited(home).faults


def test_the_state_is_of_every_row_the_trust_list_and_the_factors(history: Home, tmp_path: Path) -> None:
    copy = copied(history, tmp_path / "copy")
    note = TrustFile.from_text(copy.trust.read_text(encoding="utf-8").removesuffix("\n")).note
    fewer = TABLES.replaced(replace(next(iter(TABLES.sets.values())), digest="another"))
    with reading(history.as_it_is()) as connection:
        state = state_of(connection, note, TABLES)
    with reading(copy.as_it_is()) as connection:
        assert state_of(connection, note, TABLES) == state
        assert len({state, state_of(connection, "another", TABLES), state_of(connection, note, fewer)}) == 3
    assert tampered(copy, ("UPDATE offers SET audience = 'partner' WHERE audience = ?", ("customer",)))
    with reading(copy.as_it_is()) as connection:
        assert state_of(connection, note, TABLES) != state


def test_a_task_that_kills_its_workers_is_no_answer(tmp_path: Path) -> None:
    with (
        dask_cluster(tmp_path, workers=1, allowed_failures=0) as cluster,
        pool(Workers(scheduler=cluster.address), ended="audit.process-ended") as workers,
        pytest.raises(StateError, match="ended without an answer"),
    ):
        list(workers.results(dies, None, [1]))


def dies(_context: None, _item: int) -> None:
    """End the process that does this task."""
    os._exit(1)


@pytest.mark.parametrize("content", [b"a file of somebody's", b"oreprint-audit/1 00 7\n", b"\n1\n"])
def test_a_file_of_another_kind_is_left_as_it_is(history: Home, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        audited(history, remembered(path))
    assert caught.value.code == "audit.kept-form"
    assert path.read_bytes() == content


def test_a_line_that_was_not_written_to_its_end_counts_for_nothing(
    history: Home, halfway: Path, tmp_path: Path
) -> None:
    path = tmp_path / "audit.state"
    path.write_bytes(halfway.read_bytes() + b"1")
    stopped(history, remembered(path), after=2)
    lines = path.read_bytes().splitlines()
    assert lines[1:] == [b"%d" % number for number in range(8)]


def test_a_file_in_use_is_refused(history: Home, halfway: Path, tmp_path: Path) -> None:
    path = tmp_path / "audit.state"
    shutil.copy(halfway, path)
    holds = "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.lockf(f, fcntl.LOCK_EX); print('held', flush=True); input()"
    other = subprocess.Popen([sys.executable, "-c", holds, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with ended(other):
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(StateError) as caught:
            audited(history, remembered(path))
        other.communicate(b"\n")
    assert caught.value.code == "audit.kept-used"
    assert path.read_bytes() == halfway.read_bytes()


def test_a_file_that_cannot_be_made_is_told(history: Home, tmp_path: Path) -> None:
    with pytest.raises(StateError) as caught:
        audited(history, remembered(tmp_path / "nowhere" / "audit.state"))
    assert caught.value.code == "audit.kept-unwritable"
