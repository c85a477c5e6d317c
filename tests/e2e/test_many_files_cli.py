"""`oreprint verify` of many files and `oreprint recompute --year`: by one process, by several, and by a cluster."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.architecture.sources import ROOT
from tests.support.clusters import dask_cluster
from tests.support.http.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.terminal import Done, Files, Terminal
    from tests.support.clusters import DaskCluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskCluster]:
    with dask_cluster(tmp_path_factory.mktemp("workers"), workers=2) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def goods(files: Files, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with bundles, a certificate alone, a bundle that was changed, and a file that is something else."""
    folder = tmp_path_factory.mktemp("goods")
    for number in range(6):
        shutil.copy(files.bundle, folder / f"drum-{number}.oreprint")
    shutil.copy(files.certificate, folder / "drum-6.sdjwt")
    changed = (files.folder / "chain.oreprint").read_bytes().splitlines(keepends=True)
    (folder / "drum-7.oreprint").write_bytes(b"".join(line for line in changed if not line.startswith(b'{"t":"split"')))
    (folder / "drum-8.txt").write_text("no certificate")
    (folder / ".hidden").write_text("not looked at")
    return folder


def judged(terminal: Terminal, files: Files, *words: str) -> Done:
    return terminal.run("verify", *words, "--trust", files.trust, "--at", files.now, "--offline")


def test_a_folder_is_judged_file_by_file(terminal: Terminal, files: Files, goods: Path) -> None:
    done = judged(terminal, files, str(goods))
    assert (done.code, done.err) == (1, "")
    lines = [line for line in done.out.splitlines() if not line.startswith("    ")]
    assert lines[:6] == [f"DEMO (+) GENUINE RECORD  {goods}/drum-{number}.oreprint" for number in range(6)]
    assert lines[6] == f"DEMO <?> COULD NOT BE FULLY CHECKED  {goods}/drum-6.sdjwt"
    assert lines[7] == f"DEMO [X] DO NOT RELY ON THIS  {goods}/drum-7.oreprint"
    assert lines[8] == f"[!] UNREADABLE  {goods}/drum-8.txt"
    assert lines[9] == "9 files: 6 genuine, 1 do not rely on, 1 not fully checked, 1 unreadable"
    assert "[file.kind]" in done.out


def test_the_worst_file_decides_the_exit_code(terminal: Terminal, files: Files, goods: Path) -> None:
    bundle, alone = str(goods / "drum-0.oreprint"), str(goods / "drum-6.sdjwt")
    assert judged(terminal, files, bundle, bundle).code == 0
    assert judged(terminal, files, bundle, alone).code == 2
    assert judged(terminal, files, bundle, alone, str(goods / "drum-8.txt")).code == 3


def test_each_report_is_that_of_the_file_alone(terminal: Terminal, files: Files, goods: Path) -> None:
    several = judged(terminal, files, str(goods), "--json").out.splitlines()
    paths = sorted(path for path in goods.iterdir() if not path.name.startswith("."))
    for line, path in zip(several[:8], paths, strict=False):
        assert judged(terminal, files, str(path), "--json").out == line + "\n"
    assert json.loads(several[8])["problems"][0]["code"] == "file.kind"


def test_workers_give_the_same_answer_in_the_same_order(
    terminal: Terminal, files: Files, goods: Path, cluster: DaskCluster
) -> None:
    for form in ((), ("--json",)):
        alone = judged(terminal, files, str(goods), *form)
        assert judged(terminal, files, str(goods), "--cluster", cluster.address, *form) == alone
    assert judged(terminal, files, str(goods), "--jobs", "2") == judged(terminal, files, str(goods))


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("no-such-file", "."), "verify.several"),
        (("-", "-"), "verify.several"),
        ((".", ".", "--as", "did:web:cat.example", "--received", "1 kg"), "usage.idle"),
        ((".", "--jobs", "2", "--cluster", "tcp://127.0.0.1:1"), "cluster.both"),
        ((".", "--cluster", "nonsense://"), "cluster.address"),
    ],
)
def test_wrong_words_are_told(
    terminal: Terminal, files: Files, goods: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], code: str
) -> None:
    monkeypatch.chdir(goods)
    done = judged(terminal, files, *words)
    assert (done.code, done.problem) == (3, code)


def test_an_empty_folder_is_told(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    assert judged(terminal, files, str(tmp_path)).problem == "verify.no-files"


def test_a_scheduler_that_is_away_is_told(
    terminal: Terminal, files: Files, goods: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.cluster.dask_pool.SECONDS", 1)
    done = judged(terminal, files, str(goods), "--cluster", f"tcp://127.0.0.1:{free_port()}")
    assert (done.code, done.problem) == (3, "cluster.away")


def test_without_dask_it_is_said_how_to_install_it(files: Files, goods: Path) -> None:
    text = (
        "import sys, importlib.util as util; found = util.find_spec;"
        "util.find_spec = lambda name, *rest: None if name == 'distributed' else found(name, *rest);"
        "from cli.main import main; code = main();"
        "assert not {'dask', 'distributed'} & set(sys.modules); sys.exit(code)"
    )
    words = ["verify", str(goods), "--trust", files.trust, "--at", files.now]
    for jobs, code in (("1", 1), ("2", 3)):
        command = [sys.executable, "-c", text, *words, "--jobs", jobs]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, "pip install 'oreprint[scale]'" in done.stderr) == (code, jobs == "2"), done.stderr


def test_the_batches_of_a_year_are_computed_again(by_hand: Terminal, cluster: DaskCluster) -> None:
    (own,) = json.loads(by_hand.run("recompute", "--year", "2026", "--json").out)["batches"]
    assert not own["moved"]
    words = ("recompute", "--year", "2026", "--what-if", "grid/location.cn-nm.2023=0")
    alone = by_hand.run(*words, "--json")
    (moved,) = json.loads(alone.out)["batches"]
    assert (moved["moved"], moved["certificate"]) == (True, own["certificate"])
    by_hand.run("bundle", own["certificate"], "--for", "auditor", "-o", "lot.oreprint")
    bundle = by_hand.run("recompute", "lot.oreprint", "--what-if", "grid/location.cn-nm.2023=0", "--json")
    assert bundle == alone
    assert by_hand.run(*words, "--cluster", cluster.address, "--json") == alone
    assert by_hand.run("recompute", "--year", "1999").problem == "recompute.no-year"
    assert by_hand.run("recompute", "lot.oreprint", "--year", "2026").problem == "usage.idle"
    assert by_hand.run("recompute").problem == "recompute.bundle"
