"""Two who make one thing at once: a key, a database, a registry.  Each is made once, and both are told the same."""

from __future__ import annotations

import json
import os
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import event

from ledger.admin.init import init, status_signer
from ledger.audit.everything import audit
from ledger.registry.folder import Home
from ledger.registry.registry import Runtime
from ledger.seal.signer import SoftwareSigner
from ledger.store.engine import reading
from ledger.store.migrate import REVISION, form, upgrade
from ledger.store.parties import registry
from ledger.witnessing.cosigners import make_cosigner, own_cosigner
from schemas.door import parse_document
from schemas.parties import Parties
from schemas.problem import OreprintError
from tests.faults.victim import FORKS
from tests.support.registries.two_homes import ANN, ONE, TABLES, party

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier
    from pathlib import Path

TIMES: Final = 5
PASSPHRASE: Final = b"a passphrase"
KID: Final = f"{ANN}#key-1"
AROUND: Final = Runtime(lambda: time.time_ns() // 1_000_000, os.urandom)


def _run(act: Callable[[int], Any], number: int, begun: Barrier, told: Queue[tuple[int, Any]]) -> None:
    begun.wait()
    try:
        told.put((number, act(number)))
    except OreprintError as refused:
        told.put((number, refused.code))


def both(act: Callable[[int], Any]) -> list[Any]:
    """Let two processes act at once, each with its number; return what each was told."""
    begun, told = FORKS.Barrier(2), FORKS.Queue()
    processes = [FORKS.Process(target=_run, args=(act, number, begun, told)) for number in range(2)]
    for each in processes:
        each.start()
    found = dict(told.get(timeout=300) for _ in processes)
    for each in processes:
        each.join()
    return [found[number] for number in range(2)]


def a_key(number: int) -> SoftwareSigner:
    return SoftwareSigner.from_raw(KID, bytes([number + 1]) * 32)


def _write(home: Home, number: int) -> str:
    home.write_key("ann", a_key(number), passphrase=PASSPHRASE)
    return "made"


def _key(home: Home, _number: int) -> bytes:
    return home.key("ann", kid=KID, passphrase=PASSPHRASE, random=os.urandom).public


def _cosigner(home: Home, _number: int) -> bytes:
    key, signer = make_cosigner(home, "w1.example", AROUND, passphrase=PASSPHRASE)
    return key.public if key.public == signer.public else b""


def _upgrade(home: Home, _number: int) -> str | None:
    return form(home.engine())


def _init(home: Home, _number: int) -> bytes:
    named = {"oreprint": "parties/1", "registry": ONE, "parties": [party(ANN)]}
    registry = init(
        home, parse_document(Parties, json.dumps(named).encode(), media="json"), AROUND, passphrase=PASSPHRASE
    )
    return status_signer(home, registry.did, passphrase=PASSPHRASE).public


def test_of_two_keys_written_at_once_one_is_refused_and_the_other_is_in_the_file(tmp_path: Path) -> None:
    for time_ in range(TIMES):
        home = Home(tmp_path / str(time_))
        told = both(partial(_write, home))
        assert sorted(told) == ["home.exists", "made"]
        kept = home.read_key("ann", kid=KID, passphrase=PASSPHRASE)
        assert kept.public == a_key(told.index("made")).public


@pytest.mark.parametrize("kind", ["party", "cosigner"])
def test_who_makes_a_key_at_once_gets_the_same_one(tmp_path: Path, kind: str) -> None:
    for time_ in range(TIMES):
        home = Home(tmp_path / str(time_))
        one, other = both(partial({"party": _key, "cosigner": _cosigner}[kind], home))
        kept = (
            home.read_key("ann", kid=KID, passphrase=PASSPHRASE).public
            if kind == "party"
            else own_cosigner(home, passphrase=PASSPHRASE)[0].public
        )
        assert one == other == kept


def test_a_new_database_that_two_open_at_once_is_made_once(tmp_path: Path, fresh_database: str | None) -> None:
    for time_ in range(1 if fresh_database else TIMES):
        assert both(partial(_upgrade, Home(tmp_path / str(time_), fresh_database))) == [REVISION, REVISION]


def test_all_migrations_are_one_transaction(tmp_path: Path, fresh_database: str | None) -> None:
    engine = Home(tmp_path, fresh_database).as_it_is()
    commits: list[str | None] = []
    event.listen(engine, "commit", lambda _connection: commits.append("one"))
    upgrade(engine)
    assert (form(engine), commits) == (REVISION, ["one"])


def test_a_registry_that_two_make_at_once_is_made_once(tmp_path: Path, fresh_database: str | None) -> None:
    for time_ in range(1 if fresh_database else 4):
        home = Home(tmp_path / str(time_), fresh_database)
        one, other = both(partial(_init, home))
        with reading(home.as_it_is()) as connection:
            known = registry(connection)
        assert one == other == known.status_public
        found = audit(home, tables=TABLES, progress=lambda _done, _all: None)
        assert (found.whole, found.faults) == (True, ())
