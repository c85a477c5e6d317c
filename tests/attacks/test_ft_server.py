"""A server that is stopped, starved or spoken to badly while it issues: nothing acknowledged is lost, nothing is
issued twice.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import time
from contextlib import ExitStack
from math import inf
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from ledger.admin.backup import back_up, restore
from ledger.audit.everything import audit
from ledger.log.head import open_head
from ledger.registry.folder import Home
from ledger.store import schema
from ledger.store.engine import reading
from ledger.store.logs import latest_head
from ledger.store.whole import count
from tests.faults.inspected import Acknowledged, inspected
from tests.faults.place import Place, bought, filled, kept
from tests.faults.under_load import Load, looked, posted, token
from tests.faults.victim import victim
from tests.support.http.loaded_server import memory_mb, served
from tests.support.http.server import runtime, tables

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.slow

STOP_SECONDS = 15
LIMIT_MB = 512


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return filled(tmp_path / "place")


def test_ft_16_a_server_told_to_stop_under_load_ends_in_good_order(place: Place) -> None:
    with served(place) as (process, port):
        load = Load(token(place), "1", port)
        with load.clients():
            time.sleep(0.5)
            begun = time.monotonic()
            os.kill(process.pid, signal.SIGTERM)
            assert process.end() in {0, 130, 143, -signal.SIGTERM}
            assert time.monotonic() - begun < STOP_SECONDS
    assert load.told, "something was answered before"
    assert load.answers <= {201, 409, 503}
    assert json.loads(process.said()[-1])["event"] == "stopped"
    assert inspected(place, load.tried, load.told).sound


@pytest.mark.parametrize(("seconds", "answers"), [(60, 400), pytest.param(600, inf, marks=pytest.mark.soak)])
def test_ft_20_a_server_under_load_stays_small(tmp_path: Path, seconds: int, answers: float) -> None:
    place = filled(tmp_path / "place", lots=0)
    with served(place) as (process, port):
        secret, until = token(place), time.monotonic() + seconds
        turn = told = 0
        while time.monotonic() < until and told < answers:
            turn += 1
            load = Load(secret, str(turn), port, shared=False)
            with load.clients():
                load.wait(answers, seconds=min(5, max(0, until - time.monotonic())))
            assert load.answers == {201}
            told += len(load.told)
        assert memory_mb(process.pid, "VmHWM") < LIMIT_MB


@pytest.mark.parametrize("clients_ask", [40, pytest.param(1000, marks=pytest.mark.soak)])
def test_ft_21_clients_that_break_off_and_ask_again_get_one_entry_each(tmp_path: Path, clients_ask: int) -> None:
    place = filled(tmp_path / "place", lots=0)
    random = Random(21)  # noqa: S311 - a test repeats
    with served(place) as (_, port):
        secret = token(place)
        broken = sum(_asked_until_answered(port, secret, bought(f"F-{n}"), random) for n in range(clients_ask))
    assert broken > 0, "somebody broke off"
    registry = place.open()
    with reading(registry.engine) as connection:
        issuances = select(schema.RECORDS.c.digest).where(schema.RECORDS.c.kind == "issuance")
        assert len(connection.execute(issuances).all()) == clients_ask
        assert count(connection, schema.CERTIFICATES) == clients_ask
    registry.engine.dispose()
    assert audit(place.home, tables=tables(), progress=lambda *_: None).faults == ()


def _asked_until_answered(port: int, secret: str, record: object, random: Random) -> int:
    """Ask, breaking off one time of four at any byte of the request or of the answer; return how often that was."""
    body = json.dumps(record).encode()
    head = (
        f"POST /v1/certificates HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {secret}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    whole = head.encode() + body
    for broken in range(10):
        breaks = random.random() < 0.25
        with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
            if breaks and random.random() < 0.5:
                client.sendall(whole[: random.randrange(len(whole))])
                continue
            client.sendall(whole)
            if breaks:
                client.recv(random.randrange(1, 200))
                continue
            answer = b"".join(iter(lambda: client.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 201"), answer[:500]
        return broken
    pytest.fail("never answered in ten times")


def test_ft_23_a_backup_under_load_is_a_registry_of_that_moment(place: Place, tmp_path: Path) -> None:
    with served(place) as (_, port):
        load = Load(token(place), "1", port)
        with load.clients(4):
            time.sleep(0.5)
            registry = place.open()
            back_up(place.home, registry.engine, runtime(), tmp_path / "backup.tar")
            registry.engine.dispose()
    there = Home(tmp_path / "elsewhere")
    newest = place.home.head.read_text()
    manifest, signs = restore(tmp_path / "backup.tar", there, newest_head=newest)
    assert not signs or manifest.head == newest
    with reading(there.engine()) as connection:
        kept = latest_head(connection)
    assert (kept.size, kept.note) == (manifest.size, manifest.head)
    registry = place.open()
    later = open_head(newest, registry.log)
    registry.engine.dispose()
    assert kept.size < later.size, "it was issued on"
    codes = {fault.code for fault in audit(there, tables=tables(), progress=lambda *_: None).faults}
    assert codes <= {"audit.head-file"}, "nothing but that a newer head is known"
    assert inspected(place, load.tried, load.told, heads=[kept.note]).sound


def test_ft_18_a_server_with_few_open_files_is_back_when_they_are_free(place: Place) -> None:
    with served(place) as (process, port):
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (64, 64))
        secret = token(place)
        with ExitStack() as many:
            for _ in range(80):
                try:
                    many.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
                except OSError:
                    break
            time.sleep(1)
            assert process.process.is_alive()
        status, answer = _posted_in_time(port, secret, bought("AFTER"))
        assert status == 201, answer
        assert looked(port, "/readyz")[0] == 200
    told = [Acknowledged(each["lot"], each["digest"]) for each in answer["certificates"]]
    assert inspected(place, [bought("AFTER")], told).sound


def _posted_in_time(port: int, secret: str, record: object) -> tuple[int, Any]:
    until = time.monotonic() + 30
    while True:
        try:
            return posted(port, secret, record)
        except OSError:
            assert time.monotonic() < until
            time.sleep(0.5)


@pytest.mark.parametrize("closed", ["registry/keys", "registry/registry.db", "registry/head", "registry"])
def test_ft_18_what_may_not_be_read_is_told_in_a_sentence(place: Place, closed: str) -> None:
    words = ["issue", *kept([bought("A")], place.folder / "given"), "--out", str(place.folder / "out")]
    environment = {**place.environment(), "WITHOUT_POWER": "yes"}
    (place.folder / closed).chmod(0)
    try:
        with victim(words, environment, place.folder / "said") as process:
            process.go()
            code = process.end()
    finally:
        (place.folder / closed).chmod(0o700)
    said = process.said()
    assert code == 3, said
    assert said[0].startswith("oreprint: "), said
    assert not any("Traceback" in line for line in said)
    assert inspected(place, [bought("A")], []).undone == 0, "no half state"
