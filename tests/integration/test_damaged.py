"""Files of a registry that are damaged or of before: it says what is wrong, and never that something was not there."""

from __future__ import annotations

import os
import shutil
import urllib.error
import urllib.request
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import delete

from api.app import create_app
from api.app_state import Parts
from ledger.admin.backup import tell_head
from ledger.admin.init import open_book, status_signer
from ledger.registry.folder import Home
from ledger.store import schema
from ledger.store.engine import writing
from ledger.store.logs import latest_head
from schemas.problem import StateError
from tests.faults.place import Place
from tests.faults.under_load import wait_ready
from tests.faults.victim import victim
from tests.support.http.processes import free_port
from tests.support.http.server import ANN, ORIGIN, PASSPHRASE, Served, listening, runtime, serve, tables
from tests.support.http.visitor import Visitor, first_lot, visited
from tests.support.registries.outside_witnesses import one_lot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.registries.databases import Postgresql


class Killed(NamedTuple):
    """The folder of a home, a token of its registry, and the digests of its first and its last lot."""

    folder: Path
    token: dict[str, str]
    first: str
    last: str


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Killed:
    """A home whose server was killed: its newest lots are in the write-ahead log alone."""
    served = serve(tmp_path_factory.mktemp("killed"))
    token = served.token(ANN)
    first = first_lot(served, token)
    served.registry.engine.dispose()
    folder, port = served.home.path.parent, free_port()
    with victim(["serve", "--port", str(port)], Place(folder).environment(), folder / "said") as running:
        running.go()
        wait_ready(running, port)
        visitor = Visitor(f"http://127.0.0.1:{port}", token)
        last = [visitor.issued(f"LOT-{number}") for number in range(12)][-1]
        running.kill()
    assert (served.home.path / "registry.db-wal").stat().st_size > 0
    return Killed(served.home.path, token, first, last)


WAL = {
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "zeroed": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "emptied": lambda path: path.write_bytes(b""),
    "removed": lambda path: path.unlink(),
}


@contextmanager
def served_again(home: Home, token: dict[str, str]) -> Iterator[Visitor]:
    """Start a server on a home, as it was left."""
    registry = open_book(home, runtime(), passphrase=PASSPHRASE)
    app = create_app(Parts(registry, tables(), status_signer(home, registry.did, passphrase=PASSPHRASE), ORIGIN))
    try:
        with listening(app) as address:
            yield Visitor(address, token)
    finally:
        app.state.server.watch.close()
        registry.engine.dispose()


@pytest.mark.parametrize("damage", WAL.values(), ids=WAL)
def test_a_server_whose_write_ahead_log_is_damaged_says_so(
    damage: Callable[[Path], object], killed: Killed, tmp_path: Path
) -> None:
    """Hard use 16: no smaller checkpoint, and no 404 for a certificate that was acknowledged."""
    kept, token, first, last = killed
    home = Home(shutil.copytree(kept, tmp_path / "home"))
    damage(home.path / "registry.db-wal")
    with served_again(home, token) as visitor:
        for path in ("/checkpoint", f"/v1/certificates/{last}", f"/v1/certificates/{last}/verification"):
            status, problem = visitor.get(path)
            assert (status, problem["code"]) == (503, "api.incomplete"), path
            assert "bring the latest database back" in problem["detail"]
        assert visitor.get("/no/such/path")[0] == 404
        assert visitor.get(f"/v1/certificates/{first}")[0] == 200, "what is there is answered"
        status, problem = visitor.issue("NOT-NOW")
        assert (status, problem["problems"][0]["facts"]) == (503, {"cause": "home.behind-head"})
        assert visitor.get("/readyz")[1]["checks"]["head"] == "home.behind-head"
        status, page = looked_at(f"{visitor.address}/c/{last}")
        assert (status, b"answer now" in page, b"no such record" in page) == (503, True, False)
    for damaged in home.path.glob("registry.db*"):
        damaged.unlink()
    for whole in kept.glob("registry.db*"):
        shutil.copy(whole, home.path)
    with served_again(home, token) as visitor:
        assert visitor.get(f"/v1/certificates/{last}")[0] == 200
        assert visitor.get("/checkpoint")[0] == 200


def looked_at(address: str) -> tuple[int, bytes]:
    """Return what a browser gets that follows a link."""
    request = urllib.request.Request(address, headers={"Accept": "text/html"})  # noqa: S310 - our own server
    try:
        with urllib.request.urlopen(request, timeout=40) as answer:  # noqa: S310 - as above
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


HEADS = {
    "emptied": lambda _: b"",
    "zeroed": lambda head: bytes(len(head)),
    "truncated": lambda head: head[: len(head) // 2],
    "garbage": lambda _: b"\xff\x00" * 100,
    "flipped": lambda head: head[:-10] + bytes([head[-10] ^ 1]) + head[-9:],
    "another registry's": lambda head: head.replace(b"registry.example", b"other.example"),
}


@pytest.mark.parametrize("damage", HEADS.values(), ids=HEADS)
def test_a_damaged_head_is_the_operators_to_mend(
    damage: Callable[[bytes], bytes], tmp_path: Path, database: str | None
) -> None:
    """Hard use 16: 503 and read-only with the cause, never 422, and back once the head is told anew."""
    served = serve(tmp_path, database)
    token = served.token(ANN)
    digest = first_lot(served, token)
    right = served.home.head.read_bytes()
    served.home.head.write_bytes(damage(right))
    with visited(served, token) as visitor:
        visitor.assert_read_only(digest, head="home.head-damaged", database="ok", clock="ok")
        assert visitor.issue("NOT-NOW")[1]["problems"][0]["facts"] == {"cause": "home.head-damaged"}
    with pytest.raises(StateError) as refused:
        one_lot(served.registry, "NOT-NOW")
    assert refused.value.code == "home.head-damaged"
    assert f"{served.home.head} is damaged" in str(refused.value)
    assert "Remove the file, and give the newest published head: oreprint restore --head CHECKPOINT." in str(
        refused.value
    )
    served.home.head.unlink()
    assert tell_head(served.home, right.decode())
    one_lot(served.registry, "BACK")


def test_a_database_of_before_tells_no_smaller_checkpoint(postgresql: Postgresql, tmp_path: Path) -> None:
    """Hard use 16: a server of PostgreSQL that was restored to an older state, while the head store is newer."""
    with postgresql.fresh() as url:
        served = serve(tmp_path, url)
        token = served.token(ANN)
        first = first_lot(served, token)
        served.registry.engine.dispose()
        with postgresql.copy(url) as older:
            with visited(served, token) as visitor:
                last = visitor.issued("LATER")
            before = replace(served, home=replace(served.home, server=older))
            with visited(before, token) as visitor:
                for path in ("/checkpoint", f"/v1/certificates/{last}"):
                    status, problem = visitor.get(path)
                    assert (status, problem["code"]) == (503, "api.incomplete"), path
                assert visitor.get(f"/v1/certificates/{first}")[0] == 200
                assert visitor.issue("NOT-NOW")[1]["problems"][0]["facts"] == {"cause": "home.behind-head"}
            with visited(served, token) as visitor:
                assert visitor.get("/checkpoint")[0] == 200


def test_a_database_that_shrinks_while_it_is_served_is_noticed(served: Served, tmp_path: Path) -> None:
    """Hard use 16: what a running server has told counts, whatever the head store says."""
    token = served.token(ANN)
    first_lot(served, token)
    server = served.app.state.server
    server.watch.check_whole()
    one_lot(served.registry, "SECOND")
    server.watch.check_whole()
    with writing(served.registry.engine) as connection:
        connection.execute(delete(schema.HEADS).where(schema.HEADS.c.size == latest_head(connection).end))
        connection.commit()
    with pytest.raises(StateError) as refused:
        server.watch.check_whole()
    assert refused.value.code == "api.incomplete"


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return serve(tmp_path / "home")
