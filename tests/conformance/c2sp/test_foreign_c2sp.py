"""Our log, our witness and our proofs against an implementation that is not ours: aics-tlog and aics-witness, from
the package index.

They need Python 3.12 or later, so they live in an environment of their own (`.ci/setup-outside` makes it where there is
such a Python); it may be named by OREPRINT_C2SP.
"""

from __future__ import annotations

import base64
import os
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from api.cosigner import create_cosigner
from ledger.log.merkle import prove_consistency
from ledger.log.tile import new_tiles
from ledger.log.vkey import KeyType, VerifierKey, open_note
from ledger.log.witness import AddCheckpoint, WitnessReply, cosigned_size, signature_lines
from ledger.remote.client import RemoteServer
from ledger.remote.cosigner import RemoteCosigner
from ledger.witnessing.witness import Witness
from schemas.note import Note
from schemas.problem import StateError
from tests.support.http.processes import ended, free_port
from tests.support.http.server import listening
from tests.support.registries.public_log import LOG, PublicLog
from tests.support.worlds.parties import key, vkey

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[3]
W1 = vkey("w1.example", KeyType.COSIGNATURE)


@pytest.fixture(scope="module")
def foreign() -> Path:
    """The folder of the other implementation's commands."""
    folder = Path(os.environ.get("OREPRINT_C2SP", ROOT / ".venv" / "c2sp")) / "bin"
    if not (folder / "aics-witness").exists():
        pytest.skip(f"aics-tlog and aics-witness are not in {folder}; they need Python 3.12 (.ci/setup-outside)")
    return folder


@pytest.fixture
def log() -> PublicLog:
    made = PublicLog()
    made.records(300)
    return made


def published(log: PublicLog, folder: Path) -> None:
    for path in ["checkpoint", *(tile.to_path() for tile in new_tiles(0, log.size))]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(log.read(path))


def run(command: Path, *words: str, cwd: Path) -> str:
    done = subprocess.run([command, *words], cwd=cwd, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_foreign_client_reads_our_log_from_its_tiles(foreign: Path, log: PublicLog, tmp_path: Path) -> None:
    published(log, tmp_path / "public")
    (tmp_path / "old").write_text(log.note(7), "utf-8")
    common = ("--tiles", "public", "--log-key", LOG.to_text())
    for index in (0, 255, 256, 299):
        (tmp_path / "leaf").write_bytes(log.raws[index])
        run(foreign / "aics-tlog", "verify-inclusion", *common, "--index", str(index), "--leaf", "leaf", cwd=tmp_path)
    (tmp_path / "leaf").write_bytes(log.raws[1])
    words = ("verify-inclusion", *common, "--index", "2", "--leaf", "leaf")
    refused = subprocess.run([foreign / "aics-tlog", *words], cwd=tmp_path, capture_output=True, check=False)
    assert refused.returncode != 0
    run(foreign / "aics-tlog", "verify-consistency", *common, "--old-checkpoint", "old", cwd=tmp_path)
    run(foreign / "aics-tlog", "verify-checkpoint", *common, cwd=tmp_path)


@contextmanager
def witness(foreign: Path, folder: Path) -> Iterator[RemoteCosigner]:
    """Run the foreign witness, which knows our log."""
    port = free_port()
    words = ("init", "--name", "foreign.example/w", "--listen", f"127.0.0.1:{port}")
    own = VerifierKey.parse(run(foreign / "aics-witness", *words, cwd=folder).strip())
    run(foreign / "aics-witness", "add-log", "--origin", LOG.name, "--vkey", LOG.to_text(), cwd=folder)
    serve = [str(foreign / "aics-witness"), "serve"]
    with ended(subprocess.Popen(serve, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)):
        yield RemoteCosigner(own, RemoteServer.public(f"http://127.0.0.1:{port}", seconds=5))


def first(cosigner: RemoteCosigner, body: bytes) -> WitnessReply:
    """Return the first answer of a witness that is still starting."""
    until = time.monotonic() + 20
    while True:
        try:
            return cosigner.add(body)
        except StateError:
            assert time.monotonic() < until, "the foreign witness does not answer"
            time.sleep(0.1)


def test_a_foreign_witness_cosigns_our_log(foreign: Path, log: PublicLog, tmp_path: Path) -> None:
    with witness(foreign, tmp_path) as cosigner:
        reply = first(cosigner, log.request(0))
        for _ in range(2):
            assert reply.status == 200, reply
            open_note(Note(Note.parse(log.note()).text, signature_lines(reply)), [cosigner.key])
            log.records(41)
            reply = cosigner.add(log.request(log.size - 41))
        stale = cosigner.add(log.request(7))
        assert (stale.status, cosigned_size(stale)) == (409, log.size)
        wrong = AddCheckpoint(log.size, (bytes(32),), Note.parse(log.note()))
        assert cosigner.add(wrong.to_text().encode()).status == 422


FEEDER = """
import base64, sys
from aics_witness import WitnessClient
address, vkey, note, proof, old = sys.argv[1:]
steps = [base64.b64decode(step) for step in proof.split()]
client = WitnessClient(address, vkey, max_age_seconds=None, max_future_seconds=None)
print(client.submit(open(note, "rb").read(), lambda first, second: steps))
"""


def test_a_foreign_client_gets_its_checkpoints_cosigned_by_our_witness(
    foreign: Path, log: PublicLog, tmp_path: Path
) -> None:
    signer = key(W1.name).sign
    own = Witness(tmp_path / "own", W1, signer, {LOG.name: LOG}, lambda: time.time_ns() // 1_000_000)
    with listening(create_cosigner(own.add)) as address:
        for old, size in ((0, 5), (5, 300), (300, 300)):
            proof = prove_consistency(log, old_size=old, new_size=size) if 0 < old < size else []
            (tmp_path / "note").write_text(log.note(size), "utf-8")
            steps = " ".join(base64.b64encode(step).decode() for step in proof)
            words = ("-c", FEEDER, address, W1.to_text(), "note", steps, str(old))
            told = run(foreign / "python", *words, cwd=tmp_path)
            assert "w1.example" in told
            head = own.latest(LOG.name)
            assert head is not None
            assert head.size == size
