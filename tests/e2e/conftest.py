"""Fixtures of the tests of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.terminal import Demo, Files, Terminal, run_demo, write_chain
from tests.support.forked import serving
from tests.support.registries.example import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A chain's files, written once."""
    return write_chain(tmp_path_factory.mktemp("chain"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, run once; its home is copied before it is changed."""
    return run_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The text of the command `oreprint` that is forked off a server, for tests that type many."""
    with serving(tmp_path_factory.mktemp("forked")) as script:
        yield script


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    """A terminal whose home is an empty folder."""
    monkeypatch.setenv("OREPRINT_HOME", str(tmp_path / "home"))
    return Terminal(monkeypatch, capsys)


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    """A terminal in a folder with a registry of the example's parties in it, and its first lot."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OREPRINT_HOME", "home")
    monkeypatch.setenv("OREPRINT_PASSPHRASE", "for a test alone")
    made = Terminal(monkeypatch, capsys)
    assert made.run("init", str(EXAMPLE / "parties.yaml")).code == 0
    assert made.run("issue", str(EXAMPLE / "01-BEN-2026-01.yaml"), "--out", "out").code == 0
    return made
