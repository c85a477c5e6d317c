"""A disk that refuses behind a commit: each refusal says what is true of the change, and asking again settles it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from ledger.store.engine import reading
from ledger.store.schema import METADATA
from ledger.store.whole import count
from schemas.problem import StateError
from tests.support.http.server import ANN, Served, application, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

    from ledger.registry.registry import HeadStore

NEVER = 1_000_000


@dataclass
class FullDisk:
    """A head store whose disk is full after so many heads, until there is room again."""

    under: HeadStore
    room: int = NEVER
    readable: bool = True

    @property
    def where(self) -> str:
        return self.under.where

    def read(self) -> str:
        if not self.readable:
            raise StateError.at("home.unwritable", path=self.where, reason="Input/output error")
        return self.under.read()

    def begin(self, note: str) -> None:
        self.under.begin(note)

    def advance(self, known: str, note: str) -> None:
        self.room -= 1
        if self.room < 0:
            raise StateError.at("home.unwritable", path=self.where, reason="No space left on device")
        self.under.advance(known, note)

    def check_room(self) -> None:
        self.under.check_room()


def full_disk(served: Served) -> tuple[Served, FullDisk]:
    """Return a server like this one, and its head store."""
    disk = FullDisk(served.registry.heads)
    registry = replace(served.registry, heads=disk)
    return replace(served, registry=registry, app=application(served.home, registry)), disk


def state(served: Served) -> dict[str, int]:
    with reading(served.registry.engine) as connection:
        return {table.name: count(connection, table) for table in METADATA.sorted_tables}


Write = tuple[str, dict[str, Any]]


def issue(lot: str) -> Write:
    return "/v1/certificates", dict(written(lot, "100 kg", producer=ANN, plant=plant(ANN)))


def withdraw(lot: str) -> Write:
    return "/v1/statements", {"statement": "withdraw", "lot": lot, "reason": "The assay was wrong."}


def undo(lot: str) -> Write:
    return "/v1/statements", {"statement": "undo", "lot": lot}


def split(lot: str) -> Write:
    return "/v1/splits", {"lot": lot, "mass": "1 kg"}


def ship(lot: str) -> Write:
    return "/v1/shipments", {"contact": "Motor Works", "lots": [{"lot": lot, "mass": "1 kg"}]}


def said(answer: Response) -> str | int:
    return answer.json().get("code", 0) if answer.status_code >= 400 else answer.status_code


def check_told(served: Served, client: TestClient, disk: FullDisk, write: Write, headers: dict[str, str]) -> str | int:
    """Send a write while there is room for some heads only; return what was told, which must be true."""
    before, room = state(served), disk.room
    answer = client.post(write[0], json=write[1], headers=headers)
    changed = state(served) != before
    told = said(answer)
    assert changed == (told != "api.read-only"), (room, told)
    assert told in {201, "api.read-only", "api.logged"}, answer.text
    disk.room, disk.readable = NEVER, True
    again = client.post(write[0], json=write[1], headers=headers)
    assert again.status_code == 201, again.text
    if told == 201:
        assert again.content == answer.content
    once_more = client.post(write[0], json=write[1], headers=headers)
    assert once_more.content == again.content, "it was done once"
    return told


@pytest.mark.parametrize("room", range(5))
def test_a_full_disk_at_the_first_issue(tmp_path: Path, database: str | None, room: int) -> None:
    """The first certificate begins the status lists, which are published behind its commit."""
    served, disk = full_disk(serve(tmp_path, database))
    ann = served.token(ANN)
    with served.client() as client:
        disk.room = room
        told = check_told(served, client, disk, issue("A-1"), {**ann, "Idempotency-Key": "once"})
        assert told == (201 if room else "api.logged")


@pytest.mark.parametrize("write", [issue, withdraw, undo, split, ship])
def test_a_full_disk_at_each_step_is_told_as_it_is(
    tmp_path: Path, database: str | None, write: Callable[[str], Write]
) -> None:
    served, disk = full_disk(serve(tmp_path, database))
    ann = served.token(ANN, "read", "issue", "move", "withdraw", "share")
    with served.client() as client:
        client.post("/v1/contacts", json={"name": "Motor Works"}, headers=ann).raise_for_status()
        for room in range(-1, 3):
            lot = f"A-{room + 2}"
            if write is not issue:
                client.post("/v1/certificates", json=issue(lot)[1], headers=ann).raise_for_status()
            disk.room, disk.readable = max(room, 0), room >= 0
            told = check_told(served, client, disk, write(lot), {**ann, "Idempotency-Key": lot})
            if room <= 0 and write is not split:
                assert told == ("api.read-only" if room < 0 else "api.logged")
