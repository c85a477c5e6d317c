"""A witness over real HTTP, killed and asked by many at once; and the registry that asks it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import pytest

from api.cosigner import create_cosigner
from ledger.log.merkle import Frontier, prove_consistency
from ledger.log.vkey import KeyType, open_note
from ledger.log.witness import AddCheckpoint, WitnessReply, cosigned_size, signature_lines
from ledger.registry.folder import Home
from ledger.remote.client import RemoteServer
from ledger.remote.cosigner import RemoteCosigner
from ledger.witnessing.cosigners import make_cosigner
from ledger.witnessing.witness import Witness
from schemas.note import Note
from schemas.problem import StateError
from tests.support.forked import command
from tests.support.http.processes import ended, free_port
from tests.support.http.server import listening, runtime
from tests.support.registries.public_log import LOG, PublicLog
from tests.support.worlds.parties import key, vkey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ENTRIES = 4000
W1 = vkey("w1.example", KeyType.COSIGNATURE)


def witness_in(folder: Path) -> Witness:
    return Witness(folder, W1, key(W1.name).sign, {LOG.name: LOG}, lambda: 1_790_000_000_000)


def checked(log: PublicLog, reply: WitnessReply) -> None:
    """Hold that an answer cosigns the log's head."""
    assert reply.status == 200, reply
    open_note(Note(Note.parse(log.note()).text, signature_lines(reply)), [W1])


def test_lg_07_over_http(tmp_path: Path) -> None:
    log, fork = PublicLog(), PublicLog()
    log.records(5)
    with listening(create_cosigner(witness_in(tmp_path).add)) as address:
        asked = RemoteCosigner(W1, RemoteServer.public(address))
        checked(log, asked.add(log.request(0)))
        log.records(4)
        checked(log, asked.add(log.request(5)))
        checked(log, asked.add(log.request(9)))
        stale = asked.add(log.request(5))
        assert (stale.status, cosigned_size(stale)) == (409, 9)
        fork.record("another")
        fork.records(8)
        assert asked.add(fork.request(9)).status == 422
        assert asked.add(b"old 9\n\n" + log.note().encode().replace(b"log\n", b"gol\n")).status == 404
        assert asked.add(b"x" * 100_000).status == 400
        host = address.removeprefix("http://")
        connection = http.client.HTTPConnection(host, timeout=5)
        connection.request("POST", "/add-checkpoint", log.request(5))
        answer = connection.getresponse()
        assert (answer.status, answer.headers["content-type"], answer.read()) == (409, "text/x.tlog.size", b"9\n")
        connection.request("GET", "/add-checkpoint")
        assert connection.getresponse().status == 405
        connection.close()


def test_what_is_not_written_down_is_not_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, signed = PublicLog(), list[bytes]()
    log.records(5)

    def sign(message: bytes) -> bytes:
        signed.append(message)
        return key(W1.name).sign(message)

    def full(*_: object) -> None:
        raise OSError(28, "no space left on device")

    witness = Witness(tmp_path, W1, sign, {LOG.name: LOG}, lambda: 0)
    with monkeypatch.context() as broken:
        broken.setattr("ledger.witnessing.witness.write_durably", full)
        with pytest.raises(OSError, match="no space"):
            witness.add(log.request(0))
    assert signed == []
    assert witness.latest(LOG.name) is None
    checked(log, witness.add(log.request(0)))


def test_what_was_written_down_and_not_answered_is_answered_when_asked_again(tmp_path: Path) -> None:
    log = PublicLog()
    log.records(5)

    def dies(_: bytes) -> bytes:
        raise SystemExit

    with pytest.raises(SystemExit):
        Witness(tmp_path, W1, dies, {LOG.name: LOG}, lambda: 0).add(log.request(0))
    witness = witness_in(tmp_path)
    again = witness.add(log.request(0))
    assert (again.status, cosigned_size(again)) == (409, 5)
    checked(log, witness.add(log.request(5)))


def request(log: PublicLog, old: int, size: int) -> bytes:
    proof = prove_consistency(log, old_size=old, new_size=size) if 0 < old < size else ()
    return AddCheckpoint(old, tuple(proof), Note.parse(log.note(size))).to_text().encode()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    except ConnectionResetError:  # a killed process closes the connections that it had not accepted yet
        return True
    return True


@contextmanager
def process(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run `oreprint witness` as its operator does; at its end nothing listens any more."""
    words = [*command(), "witness", "--home", str(folder), "--log", LOG.to_text(), "--port", str(port)]
    env = {"OREPRINT_PASSPHRASE": "for a test alone", "PATH": os.environ["PATH"]}
    with ended(subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)) as running:
        yield running
    while _listens(port):
        time.sleep(0.005)


def asked(cosigner: RemoteCosigner, body: bytes, until: float) -> WitnessReply | None:
    """Ask until there is an answer; None when the time is up."""
    while time.monotonic() < until:
        try:
            return cosigner.add(body)
        except StateError:
            time.sleep(0.05)
    return None


@pytest.mark.slow
def test_lg_08_killed_again_and_again_it_never_forgets_what_it_answered(tmp_path: Path) -> None:
    log = PublicLog()
    log.records(400)
    name = "killed.example"
    own, _ = make_cosigner(Home(tmp_path), name, runtime(), passphrase=b"for a test alone")
    port = free_port()
    cosigner = RemoteCosigner(own, RemoteServer.public(f"http://127.0.0.1:{port}", seconds=5))
    size, kills = 0, 4
    for round_ in range(kills):
        with process(tmp_path, port) as running:
            for _ in range(10 + round_):
                reply = asked(cosigner, request(log, size, size + 3), time.monotonic() + 120)
                assert reply is not None
                if reply.status == 409:  # written down, and killed before it could answer
                    size = cosigned_size(reply)
                    continue
                assert reply.status == 200, reply
                size += 3
            threading.Timer(0.01, running.send_signal, [signal.SIGKILL]).start()
            for _ in range(50):
                try:
                    reply = cosigner.add(request(log, size, size + 3))
                except StateError:
                    break
                assert reply.status == 200
                size += 3
        known = Witness(tmp_path, own, lambda _: b"", {LOG.name: LOG}, lambda: 0).latest(LOG.name)
        assert known is not None
        assert known.size in {size, size + 3}
        assert known.root == Frontier.read(log, known.size).root()
        size = known.size


@dataclass
class Crowd:
    """Clients of one witness who ask it for heads of two histories at once, and what it cosigned for them."""

    trees: tuple[PublicLog, ...]
    cosigner: RemoteCosigner
    answered: list[tuple[float, float, int, int]] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)

    def ask(self, number: int) -> None:
        """Ask for heads of any size until the end; keep when each that was cosigned was asked for and answered, its
        size and its tree.
        """
        dice, old = Random(number), 0  # noqa: S311 - a test repeats
        while not self.ended.is_set():
            tree, size = dice.randrange(len(self.trees)), min(ENTRIES, old + dice.randrange(1 if old == 0 else 0, 9))
            begun = time.monotonic()
            try:
                reply = self.cosigner.add(request(self.trees[tree], old, size))
            except StateError:
                self.ended.wait(0.02)  # it is dead just now
                continue
            self.statuses.add(reply.status)
            if reply.status == 200:
                self.answered.append((begun, time.monotonic(), size, tree))
                old = size
            elif reply.status == 409:
                old = cosigned_size(reply)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("seconds", "kills"), [(2, 3), pytest.param(60, 20, marks=pytest.mark.soak)], ids=["a thirtieth", "whole"]
)
def test_lg_08_of_fifty_who_ask_at_once_while_it_is_killed_none_rolls_the_witness_back(
    tmp_path: Path, seconds: int, kills: int
) -> None:
    log, fork = PublicLog(), PublicLog()
    log.records(ENTRIES)
    fork.record("another")
    fork.records(ENTRIES - 1)
    own, _ = make_cosigner(Home(tmp_path), "crowded.example", runtime(), passphrase=b"for a test alone")
    port = free_port()
    crowd = Crowd((log, fork), RemoteCosigner(own, RemoteServer.public(f"http://127.0.0.1:{port}", seconds=5)))
    kept = Witness(tmp_path, own, lambda _: b"", {LOG.name: LOG}, lambda: 0)
    threads = [threading.Thread(target=crowd.ask, args=(number,)) for number in range(50)]
    seen: list[int] = []
    for each in threads:
        each.start()
    try:
        for _ in range(kills + 1):
            with process(tmp_path, port):  # killed at its end
                begun, most = time.monotonic(), len(crowd.answered) + 5
                least = begun + seconds / (kills + 1)
                while time.monotonic() < least or (len(crowd.answered) < most and time.monotonic() < begun + 60):
                    head = kept.latest(LOG.name)
                    seen.append(head.size if head else 0)
                    time.sleep(0.01)
    finally:
        crowd.ended.set()
        for each in threads:
            each.join()
    assert len(crowd.answered) >= 5 * kills
    assert seen == sorted(seen), "its size never decreases"
    assert len({tree for *_, tree in crowd.answered}) == 1, "all that it cosigned is one history"
    for begun, _, size, _ in crowd.answered:
        before = [other for _, ended, other, _ in crowd.answered if ended < begun]
        assert size >= max(before, default=0), "what it answered once is the least that it answers later"
    assert {200, 409} <= crowd.statuses <= {200, 400, 409, 422}


@contextmanager
def listening_port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield int(probe.getsockname()[1])
