"""`oreprint verify --jobs`: the same report from several processes, and the same refusal of what was changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.terminal import Files, Terminal

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.mark.parametrize("jobs", ["2", "3", "16"])
def test_several_processes_give_the_report_of_one(terminal: Terminal, files: Files, jobs: str) -> None:
    alone = terminal.run(*files.judged(files.bundle), "--json", "--jobs", "1")
    assert alone.code == 0
    assert terminal.run(*files.judged(files.bundle), "--json", "--jobs", jobs) == alone


def test_several_processes_find_what_one_finds(terminal: Terminal, files: Files, tmp_path: Path) -> None:
    path = tmp_path / "changed.oreprint"
    path.write_bytes(Path(files.bundle).read_bytes().replace(b'"index":0', b'"index":1', 1))
    alone = terminal.run(*files.judged(str(path)), "--json", "--jobs", "1")
    assert alone.code == 1
    assert terminal.run(*files.judged(str(path)), "--json", "--jobs", "2") == alone


def test_no_processes_is_wrong_usage(terminal: Terminal, files: Files) -> None:
    assert terminal.run(*files.judged(files.bundle), "--jobs", "0").code == 3
