"""`oreprint` on a server of PostgreSQL as people run it: two processes serve one registry, the database goes away
and comes back.
"""

from __future__ import annotations

import json
import subprocess
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from tests.support.http.commands import ask, oreprint, running, token
from tests.support.http.server import ANN, PASSPHRASE, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.terminal import Terminal
    from tests.support.registries.databases import Postgresql

pytestmark = pytest.mark.slow


@pytest.fixture
def served(tmp_path: Path, postgresql: Postgresql) -> Iterator[Served]:
    with postgresql.fresh() as url:
        made = serve(tmp_path, url)
        made.registry.engine.dispose()
        yield made


def record(lot: str, mass: str = "10 kg", inputs: dict[str, str] | None = None) -> dict[str, object]:
    return written(lot, mass, producer=ANN, plant=plant(ANN), inputs=inputs)


def audited(served: Served) -> dict[str, object]:
    words = ("audit", "--json", "--database-url", str(served.home.server))
    process = oreprint(served, *words, stdout=subprocess.PIPE)
    printed, _ = process.communicate(timeout=300)
    found: dict[str, object] = json.loads(printed)
    return found


def test_two_processes_serve_one_registry(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OREPRINT_DATABASE_URL", str(served.home.server))  # for `oreprint tokens`
    secret = token(served, "read", "issue", "move", "withdraw")
    with ExitStack() as both:
        one, other = (both.enter_context(running(served)) for _ in range(2))
        status, body = ask(one, "/v1/certificates", token=secret, body=record("A", "100 kg"))
        assert status == 201, body
        digest = json.loads(body)["certificates"][0]["digest"]
        assert json.loads(ask(other, f"/v1/certificates/{digest}/verification")[1])["verdict"] == "genuine"
        for number, address in enumerate((one, other) * 4):
            status, body = ask(
                address, "/v1/certificates", token=secret, body=record(f"B-{number}", "1 kg", {"A": "1 kg"})
            )
            assert status == 201, body
        assert ask(one, "/checkpoint") == ask(other, "/checkpoint")
        withdrawn = {"statement": "withdraw", "lot": "A", "reason": "wrong assay"}
        assert ask(one, "/v1/statements", token=secret, body=withdrawn)[0] == 201
        told = json.loads(ask(other, f"/v1/certificates/{digest}/verification")[1])
        assert told["verdict"] == "withdrawn", "what one process did, the other knows at once"
    assert audited(served)["faults"] == []


def test_a_database_that_goes_away_and_comes_back_needs_nobody(
    served: Served, postgresql: Postgresql, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OREPRINT_DATABASE_URL", str(served.home.server))
    secret = token(served, "read", "issue")
    with running(served) as address:
        assert ask(address, "/v1/certificates", token=secret, body=record("A"))[0] == 201
        with postgresql.away():
            status, body = ask(address, "/v1/certificates", token=secret, body=record("B"))
            problem = json.loads(body)
            assert (status, problem["code"]) == (503, "api.unavailable")
            assert "ry again" in problem["detail"]
            assert postgresql.sockets.encode() not in body, "a stranger learns no address"
            status, body = ask(address, "/readyz")
            assert (status, json.loads(body)["checks"]["database"]) == (503, "store.unreadable")
            assert ask(address, "/healthz")[0] == 200
        started = time.monotonic()
        status, body = ask(address, "/v1/certificates", token=secret, body=record("B"))
        assert status == 201, body
        assert time.monotonic() - started < 10
        assert ask(address, "/readyz")[0] == 200
    assert audited(served)["faults"] == []


def test_a_label_of_a_registry_on_a_server_bears_its_seal(
    served: Served, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OREPRINT_DATABASE_URL", str(served.home.server))
    monkeypatch.setenv("OREPRINT_HOME", str(served.home.path))
    monkeypatch.setenv("OREPRINT_PASSPHRASE", PASSPHRASE.decode())
    (tmp_path / "run.json").write_text(json.dumps(record("A", "100 kg")))
    made = terminal.run("issue", str(tmp_path / "run.json"), "--out", str(tmp_path / "out"))
    assert made.code == 0, made.err
    done = terminal.run("label", str(tmp_path / "out" / "A.sdjwt"), "--out", str(tmp_path / "labels"))
    assert (done.code, "with its seal" in done.out) == (0, True), done.err
