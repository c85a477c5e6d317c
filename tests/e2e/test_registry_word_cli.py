"""`oreprint verify`, `show` and `issue` say what the registry of the home knows of other runs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ledger.seal.sdjwt import open_certificate
from tests.support.http.server import ANN, PASSPHRASE, Served, plant, serve
from tests.support.worlds.kilns import calcined, elsewhere

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.terminal import Terminal


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Served:
    found = serve(tmp_path)
    monkeypatch.setenv("OREPRINT_HOME", str(found.home.path))
    monkeypatch.setenv("OREPRINT_PASSPHRASE", PASSPHRASE.decode())
    return found


def test_the_terminal_looks_up_what_a_run_says_of_another_one(
    served: Served, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OREPRINT_HOME", str(served.home.path))

    def issue(lot: str, mj: int, *absent: dict[str, str]) -> tuple[int, str]:
        file = tmp_path / f"{lot}.json"
        file.write_text(json.dumps(calcined(lot, mj=mj, producer=ANN, plant=plant(ANN), absent=absent)))
        done = terminal.run("issue", str(file), "--out", str(tmp_path / "out"))
        return done.code, " ".join((done.out + done.err).split())

    code, told = issue("B", 0, elsewhere("RUN-A"))
    assert (code, "[issue.run-unknown]" in told) == (3, True), told
    assert issue("A", 8000)[0] == 0
    assert issue("B", 0, elsewhere("RUN-A"))[0] == 0
    code, told = issue("C", 0, elsewhere("RUN-A"))
    assert (code, "That run has 8000 MJ. It needs at least 3000 MJ itself" in told) == (3, True), told

    digest = open_certificate((tmp_path / "out" / "B.sdjwt").read_text().strip()).digest
    for command, options in (("show", ()), ("verify", ("--all",))):
        told = " ".join(terminal.run(command, digest, *options).out.split())
        assert "What registry.example says from its memory: its word, unsigned" in told
        assert "1 of the 12 months to 2026-03 of this plant and product are certified." in told
        assert "nothing in other runs that speaks against the figure" in told
        said = json.loads(terminal.run(command, digest, "--json").out)
        assert said["registry_word"]["months"]["certified"] == 1
    file = json.loads(terminal.run("verify", str(tmp_path / "out" / "B.sdjwt"), "--json").out)
    assert "registry_word" not in file, "a file is judged by what it holds"
