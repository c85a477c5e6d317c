"""Fixtures of the tests of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.terminal import Files, Terminal, write_chain

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A chain's files, written once."""
    return write_chain(tmp_path_factory.mktemp("chain"))


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    """A terminal whose home is an empty folder."""
    monkeypatch.setenv("OREPRINT_HOME", str(tmp_path / "home"))
    return Terminal(monkeypatch, capsys)
