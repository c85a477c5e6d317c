"""Fixtures of the tests of commands."""

from __future__ import annotations

import os
import shutil
from copy import copy
from fcntl import LOCK_EX, flock
from typing import TYPE_CHECKING

import pytest

from tests.e2e.terminal import BY_HAND, Demo, Files, Terminal, run_demo, write_by_hand, write_chain
from tests.support.browser.chromium import chromium
from tests.support.browser.showcase import Showcase
from tests.support.readers import forked_readers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

__all__ = ["forked_readers"]  # a fixture for all


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """A chain's files, written once."""
    return write_chain(tmp_path_factory.mktemp("chain"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, run once for all test processes, each with a copy; its home is copied again before it is changed."""
    own = tmp_path_factory.mktemp("demo")
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return run_demo(own)
    made = tmp_path_factory.getbasetemp().parent / "demo"
    made.mkdir(exist_ok=True)
    with (made / "lock").open("w") as lock:
        flock(lock, LOCK_EX)
        try:
            demo = Demo.of(made)
        except FileNotFoundError:
            demo = run_demo(made)
        shutil.copytree(demo.home.parent, own / "build")
    return Demo.of(own)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Terminal:
    """A terminal whose home is an empty folder."""
    monkeypatch.setenv("OREPRINT_HOME", str(tmp_path / "home"))
    return Terminal(monkeypatch, capsys)


@pytest.fixture(scope="session")
def handmade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of `by_hand`, made once."""
    folder = tmp_path_factory.mktemp("by-hand")
    write_by_hand(folder)
    return folder


@pytest.fixture
def by_hand(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Terminal:
    """A terminal in a folder with a registry of the example's parties in it, and its first lot."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OREPRINT_HOME", "home")
    monkeypatch.setenv("OREPRINT_PASSPHRASE", BY_HAND["OREPRINT_PASSPHRASE"])
    if "OREPRINT_DATABASE_URL" in os.environ:
        write_by_hand(tmp_path)
    else:
        shutil.copytree(request.getfixturevalue("handmade"), tmp_path, dirs_exist_ok=True)
    return Terminal(monkeypatch, capsys)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for the tests of one module."""
    with chromium() as started:
        yield started


@pytest.fixture(scope="session")
def all_states() -> Showcase:
    """The records and pages of every state, made once."""
    return Showcase()


@pytest.fixture(scope="module")
def showcase(all_states: Showcase) -> Showcase:
    """The pages of every state, for the tests of one module, which may let the server lie."""
    own = copy(all_states)
    own.cases = dict(own.cases)
    return own
