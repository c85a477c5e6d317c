"""A server whose head store, disk, clock or database fails: it starts or goes on, answers what it has, says why it
takes nothing, and comes back by itself.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from structlog.testing import capture_logs

from api.app import create_app
from ledger.admin.init import open_book
from ledger.audit.everything import audit
from ledger.changes.withdraw import withdraw
from ledger.seal.signer import SoftwareSigner
from ledger.store.engine import reading
from ledger.store.reading import latest_published
from schemas.problem import StateError
from tests.faults.disks import NoDiskError, small_disk
from tests.support.http.server import ANN, PASSPHRASE, Served, listening, runtime, serve, tables
from tests.support.http.visitor import Visitor, first_lot, visited

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.registry.folder import Home
    from tests.faults.disks import SmallDisk

DAY_MS = 24 * 3_600_000


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return serve(tmp_path / "home")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    try:
        with small_disk(tmp_path / "disk", "4m") as mounted:
            yield mounted
    except NoDiskError as error:
        pytest.skip(str(error))


def faults(home: Home) -> list[object]:
    return list(audit(home, tables=tables(), progress=lambda *_: None).faults)


def test_a_server_without_the_last_head_starts_and_reads(served: Served) -> None:
    token = served.token(ANN)
    digest = first_lot(served, token)
    kept = served.home.head.rename(served.home.path / "kept")
    with visited(served, token) as visitor:
        visitor.assert_read_only(digest, head="home.head-missing", database="ok", disk="ok", clock="ok")
        kept.rename(served.home.head)
        visitor.assert_in_service("BACK")
    assert faults(served.home) == []


def test_a_server_on_a_restored_database_starts_and_reads(served: Served, tmp_path: Path) -> None:
    token = served.token(ANN)
    digest = first_lot(served, token)
    served.registry.engine.dispose()
    shutil.copy(served.home.database, tmp_path / "older")
    with visited(served, token) as visitor:
        visitor.issued("LATER")
    served.registry.engine.dispose()
    for name in ("registry.db", "registry.db-wal", "registry.db-shm"):
        (served.home.path / name).unlink(missing_ok=True)
    shutil.copy(tmp_path / "older", served.home.database)
    with visited(served, token) as visitor:
        visitor.assert_read_only(digest, whole=False, head="home.behind-head", database="ok")


def test_ft_05_a_full_disk_takes_nothing_until_there_is_room(disk: SmallDisk) -> None:
    served = serve(disk.path / "home")
    token = served.token(ANN)
    digest = first_lot(served, token)
    with visited(served, token) as visitor:
        visitor.assert_reads(digest)
        disk.fill()
        visitor.assert_read_only(digest, disk="home.unwritable", database="ok", head="ok")
        disk.free()
        visitor.assert_in_service("ROOM-AGAIN")
    assert faults(served.home) == []


def test_ft_18_a_server_on_a_read_only_disk_starts_and_reads(disk: SmallDisk) -> None:
    served = serve(disk.path / "home")
    token = served.token(ANN)
    digest = first_lot(served, token)
    served.registry.engine.dispose()
    disk.remount("ro")
    with visited(served, token) as visitor:
        visitor.assert_read_only(digest, disk="home.unwritable", database="ok", head="ok")
    disk.remount("rw")
    with visited(served, token) as visitor:
        visitor.assert_in_service("WRITABLE-AGAIN")
    assert faults(served.home) == []


def locked(_kid: str) -> SoftwareSigner:
    raise StateError.at("home.locked")


def test_a_mistake_of_ours_ends_no_publishing(served: Served) -> None:
    first_lot(served, served.token(ANN))
    before = newest_list(served)
    real, mistaken = runtime(), list[int]()

    def now_ms() -> int:
        if not starting and len(mistaken) < 3:
            mistaken.append(1)
            raise RuntimeError("a mistake of ours")
        return real.now_ms()

    starting = True
    registry = open_book(served.home, replace(real, now_ms=now_ms), passphrase=PASSPHRASE)
    with capture_logs() as told, listening(create_app(replace(served.app.state.server.parts, registry=registry))):
        starting = False
        another = SoftwareSigner("did:web:other.example#status", Ed25519PrivateKey.generate())
        with pytest.raises(
            StateError, match="keys of this home are locked"
        ):  # it is logged, and who did so publishes nothing
            withdraw(
                replace(served.registry, status_named=locked), "FIRST", issuer=ANN, reason="wrong assay", status=another
            )
        until = time.monotonic() + 30
        while newest_list(served) == before and time.monotonic() < until:
            time.sleep(0.1)
    assert newest_list(served) > before
    failed = [each["event"] for each in told if each["log_level"] == "error"]
    assert len(failed) == len(mistaken)
    assert set(failed) <= {"not published", "not delivered", "held runs not signed"}


def newest_list(served: Served) -> int:
    with reading(served.registry.engine) as connection:
        found = latest_published(connection, "status", "revocation/0")
    assert found is not None
    return found.entry


@pytest.mark.parametrize(("jump", "code"), [(3650 * DAY_MS, "home.clock-jumped"), (-DAY_MS, "home.clock-jumped")])
def test_ft_12_a_clock_that_jumps_stops_writing_until_it_is_back(served: Served, jump: int, code: str) -> None:
    token = served.token(ANN)
    digest = first_lot(served, token)
    off = [0]
    real = runtime()
    jumping = replace(real, now_ms=lambda: real.now_ms() + off[0], drift_ms=lambda: off[0])
    registry = open_book(served.home, jumping, passphrase=PASSPHRASE)
    app = create_app(replace(served.app.state.server.parts, registry=registry))
    with listening(app) as address:
        visitor = Visitor(address, token)
        visitor.issued("BEFORE")
        off[0] = jump
        status, problem = visitor.issue("NOT-NOW")
        assert (status, problem["code"], problem["problems"][0]["facts"]) == (503, "api.read-only", {"cause": code})
        assert visitor.get(f"/v1/certificates/{digest}")[0] == 200
        assert visitor.get("/readyz")[1]["checks"]["clock"] == code
        off[0] = 0
        visitor.assert_in_service("AFTER")
    assert faults(served.home) == []
