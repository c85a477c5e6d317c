"""What all tests share: where outside vectors are, and what the machine must have for some tests."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import structlog
from hypothesis import settings
from structlog.dev import ConsoleRenderer, plain_traceback
from structlog.processors import add_log_level

from tests.support import forked
from tests.support.http.seaweed import s3
from tests.support.registries.compiled import share_compiled_statements
from tests.support.registries.databases import database, fresh_database, postgresql
from tests.support.registries.opened_keys import share_opened_keys

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["database", "fresh_database", "postgresql", "s3"]  # fixtures for all

ROOT = Path(__file__).parent.parent

MEASURED: Final = {"conformance", "golden", "unit", "validation"}
"""Folders whose tests run under the coverage tracer, which makes Python up to twice as slow: those that must reach the
pure rooms by themselves. Not so tests that are marked `slow`, and those that try a rule on hundreds of inputs, marked
`no_cover`."""

DOORS: Final = {"api", "cli", "web"}
"""Folders of `unit` that are not about the pure rooms: what they reach there by the way doesn't count, either."""

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of Linux; what is made in it has names of its own
MEMORY_BYTES: Final = 2 << 30
"""Room that must be free there: a run of all tests takes at most a quarter of it at once."""


def _keep_files_in_memory() -> None:
    """Let tests, and the processes they start, make their files in memory where it has room: two minutes in three of a
    run are waits for a disk, which only the tests in `tests/faults` are about, and they mount disks of their own.

    A folder that `TMPDIR` names stays.
    """
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    there = os.statvfs(MEMORY)
    if there.f_bavail * there.f_frsize >= MEMORY_BYTES and not there.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


gc.disable()  # until the tests are collected (`pytest_collection_finish`)
_keep_files_in_memory()
share_compiled_statements()
share_opened_keys()
structlog.configure(processors=[add_log_level, ConsoleRenderer(exception_formatter=plain_traceback)])
"""A failure in a server is told at once: structlog's own traceback shows every local, which takes a minute."""
settings.register_profile("house", derandomize=True, deadline=None)
settings.register_profile("search", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))


def pytest_configure(config: pytest.Config) -> None:
    """Let the processes that share the tests share one server of forked commands, too."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        os.environ[forked.SHARED] = forked.started()


@pytest.hookimpl(wrapper=True)
def pytest_sessionstart(session: pytest.Session) -> Generator[None, object, object]:
    """Stop the coverage tracers that have nothing to look at.

    Each process that shares in the tests has one as it starts, which saw the imports above and would go on to its end:
    the controller runs no test, and pytest-cov starts a worker's own beside it. All workers read the same tests; one
    of them sees the modules that this imports.
    """
    plugin = session.config.pluginmanager.get_plugin("_cov")
    worker = getattr(session.config, "workerinput", {}).get("workerid")
    shared = worker or session.config.getoption("numprocesses", None)
    if shared and plugin and plugin.cov_controller:
        plugin.cov_controller.cov.stop()
    done = yield
    if worker not in {None, "gw0"} and plugin and plugin.cov_controller:
        plugin.cov_controller.pause()
    return done


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the long forms of tests the hours that they may take; put files with slow tests first, so that no worker
    ends late.
    """
    for item in items:
        if item.get_closest_marker("soak"):
            item.add_marker(pytest.mark.timeout(0))
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (_measured(item), item.path not in slow))


def pytest_collection_finish() -> None:
    """Take the tests and all modules out of the garbage collector's rounds, which begin here.

    They live as long as the process, and looking at half a million objects again and again costs a twentieth of a run.
    What little of them is garbage stays: finding it takes longer than any later round.
    """
    gc.freeze()
    gc.enable()


def pytest_sessionfinish() -> None:
    """Take all that the tests left out of pytest's search for garbage at the end.

    It looks five times, a second each, and finds connections that the collector closes: nothing that fails a test.
    """
    gc.freeze()


def _measured(item: pytest.Item) -> bool:
    """Return whether the coverage of a test counts."""
    folder, room = _folders(item.path)
    if folder not in MEASURED or room in DOORS:
        return False
    return not (item.get_closest_marker("slow") or item.get_closest_marker("no_cover"))


@cache
def _folders(path: Path) -> tuple[str, str]:
    _, folder, room, *_ = path.relative_to(ROOT).parts
    return folder, room


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Stop the coverage tracer before a test that is not measured, with its fixtures, and start it again before one
    that is.
    """
    plugin = item.config.pluginmanager.get_plugin("_cov")
    coverage = plugin and plugin.cov_controller
    if coverage and coverage.started != _measured(item):
        (coverage.resume if _measured(item) else coverage.pause)()
    return (yield)


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of outside vectors, facts and standards; a test that asks for it is skipped where there is none."""
    path = Path(os.environ.get("OREPRINT_SHARED", ROOT.parent / "shared"))
    if not path.is_dir():
        pytest.skip(f"no outside vectors at {path}; say where they are with OREPRINT_SHARED")
    return path


@pytest.fixture(scope="session")
def npm_checkers() -> Path:
    """The folder where `node` finds the JavaScript checkers."""
    folder = ROOT / "tests" / "conformance" / "npm"
    if shutil.which("node") is None or not (folder / "node_modules").is_dir():
        pytest.skip("node or the JavaScript checkers are missing; `make test` installs them where npm exists")
    return folder


@pytest.fixture(scope="session")
def empty_network() -> list[str]:
    """The words before a command that run it in a network namespace with nothing in it."""
    words = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    if shutil.which("unshare") is None or subprocess.run([*words, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine does not let us make an empty network namespace (unshare -n)")
    return words


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests counted (`record_property("counted", ...)`), whatever process they ran in."""
    reports = (report for name in ("passed", "failed") for report in terminalreporter.stats.get(name, ()))
    for report in reports:
        for name, said in report.user_properties:
            if name == "counted" and report.when == "call":
                terminalreporter.write_line(f"counted: {said}")
