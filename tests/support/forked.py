"""`oreprint` without the start of a Python: a server that has loaded it forks a process for each command.

A command has what a process of its own has: arguments, folder, environment, the three streams, signals, and how it
ends. Its caller starts `command`, or types into a shell where `installed` wrote a script that takes its place. Killed
itself, the process that the caller started takes the command with it a moment later.

The readers of workbooks, which `ledger.files.confined` runs, can be forked likewise (`reader`): a workbook is read
fifty times in a test module, and nine tenths of its reader's time is the start of a Python. So can the scheduler and
the workers of a Dask cluster (`dask`).

``python -m tests.support.forked PLACE [readers | dask]`` serves at a socket; `tests/support/asking.py` asks there.
"""

from __future__ import annotations

import atexit
import marshal
import os
import select
import shlex
import signal
import socket
import subprocess
import sys
import traceback
from contextlib import ExitStack, suppress
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from tests.support.asking import NUMBER_BYTES, read

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT: Final = Path(__file__).resolve().parents[2]
ASKING: Final = Path(__file__).with_name("asking.py")
SHARED: Final = "TESTS_FORKED_BY"
"""The setting that tells the processes of a run of tests where their common server listens."""
BACKLOG: Final = 128
MOST_FILES: Final = 1 << 16


@cache
def command() -> tuple[str, ...]:
    """Return the words that run `oreprint`, before its own."""
    return (sys.executable, "-IS", str(ASKING), os.environ.get(SHARED) or started())


@cache
def reader() -> tuple[str, ...]:
    """Return the words that run a reader of workbooks, before the name of its module."""
    return (sys.executable, "-IS", str(ASKING), started("readers"))


@cache
def dask() -> tuple[str, ...]:
    """Return the words that run Dask's commands ``scheduler`` and ``worker``, before the name of one."""
    return (sys.executable, "-IS", str(ASKING), started("dask"))


def started(*more: str) -> str:
    """Start a server, which ends with this process, and loads what it runs once it is asked; return where it listens.

    It runs `oreprint`; with the word ``readers``, the readers of workbooks; with ``dask``, Dask's commands.
    """
    stack = ExitStack()
    atexit.register(stack.close)
    place = str(Path(stack.enter_context(TemporaryDirectory(prefix="oreprint-forks-"))) / "socket")
    words = [sys.executable, "-m", "tests.support.forked", place, *more]
    server = stack.enter_context(subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
    stack.callback(server.communicate)  # closes its standard input, and it ends
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"
    return place


def installed(words: Sequence[str], folder: Path) -> Path:
    """Write the command `oreprint` into a folder, which runs these words; return the folder, for ``PATH``."""
    folder.mkdir(parents=True)
    (folder / "oreprint").write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n', "utf-8")
    (folder / "oreprint").chmod(0o755)
    return folder


def _load() -> None:
    """Load every command, and what it takes long to make.

    A server that is forked makes no pages before somebody asks for them, which would take it longer than its start
    (`tests/integration/test_reports.py` has servers that do).
    """
    from importlib import import_module

    from api.web import pages
    from cli.application import COMMANDS

    for module in ("tests.faults.loaded", *(each.module for each in COMMANDS.values())):
        import_module(module)
    vars(pages)["WARM_MS"] = 0
    _warm()


def _warm() -> None:
    """Run the demo once, so that commands find compiled what every process compiles when it first needs it."""
    import gc
    from contextlib import redirect_stdout
    from io import StringIO

    from cli.main import main

    words, given = sys.argv, {name: os.environ.pop(name) for name in [*os.environ] if name.startswith("OREPRINT_")}
    with TemporaryDirectory(prefix="oreprint-warm-") as folder, redirect_stdout(StringIO()):
        sys.argv = ["oreprint", "demo", "--home", f"{folder}/demo"]
        assert main() == 0
    sys.argv = words
    os.environ.update(given)
    gc.collect()  # no command inherits an open database
    gc.freeze()  # and none looks for garbage in what it inherits, which would copy it


def _load_readers() -> None:
    """Load what the readers of workbooks load, and leave out what they all leave out."""
    import gc

    sys.modules["numpy"] = None  # type: ignore[assignment]
    import pypdf  # noqa: F401 - for those who are forked

    import ledger.files.attached
    import ledger.workbook.annotate
    import ledger.workbook.annotate_child
    import ledger.workbook.child  # noqa: F401 - likewise

    gc.freeze()


def _load_dask() -> None:
    """Load what the workers of an audit, and of a verification of many files, load."""
    import gc

    import distributed.cli.dask_scheduler
    import distributed.cli.dask_worker  # noqa: F401 - for those who are forked

    import cli.commands.audit
    import cli.commands.recompute
    import cli.commands.verify  # noqa: F401 - likewise
    import ledger.audit.everything  # noqa: F401 - likewise

    gc.collect()
    gc.freeze()


def _serve(place: str, load: Callable[[], None], run: Callable[[list[str]], int]) -> None:
    """Fork a process for each who asks, until standard input is closed; tell who asked how it ended.

    It runs the words of who asks. A command whose caller is gone is killed.
    """
    running: dict[int, _Command] = {}  # by the descriptor that tells of its end
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place)
        listener.listen(BACKLOG)
        print("ready", flush=True)  # noqa: T201 - to who started it
        if 0 in select.select([listener.fileno(), 0], [], [])[0]:
            return
        load()
        while True:
            callers = [each.caller.fileno() for each in running.values()]
            ready = {*select.select([0, listener.fileno(), *running, *callers], [], [])[0]}
            if 0 in ready:
                return
            for process in [each for each, command in running.items() if ready & {each, command.caller.fileno()}]:
                running.pop(process).end()
                os.close(process)
            if listener.fileno() in ready and (begun := _begin(listener.accept()[0], run)):
                running[os.pidfd_open(begun.pid)] = begun


class _Command(NamedTuple):
    """A command that runs, and the connection of who asked for it."""

    pid: int
    caller: socket.socket

    def end(self) -> None:
        """Kill the command if it runs still; tell its caller how it ended."""
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            os.kill(self.pid, signal.SIGKILL)
        _, status = os.waitpid(self.pid, 0)
        with self.caller, suppress(OSError):  # who is gone hears nothing
            self.caller.sendall(os.waitstatus_to_exitcode(status).to_bytes(NUMBER_BYTES, signed=True))


def _begin(caller: socket.socket, run: Callable[[list[str]], int]) -> _Command | None:
    """Fork a command and tell who asks its process; return None if who asks is gone."""
    raw, streams, _, _ = socket.recv_fds(caller, NUMBER_BYTES, 3)
    begun = None
    with suppress(EOFError, OSError):
        words, folder, environment = marshal.loads(read(caller, int.from_bytes(raw)))  # noqa: S302 - of a test
        pid = os.fork()
        if pid == 0:
            _become(streams, folder, environment, partial(run, words))
        begun = _Command(pid, caller)
        caller.sendall(pid.to_bytes(NUMBER_BYTES))
    for each in streams:
        os.close(each)
    return begun


def _become(streams: list[int], folder: str, environment: dict[str, str], run: Callable[[], int]) -> NoReturn:
    """Run the command with what its caller gave it."""
    os.setsid()
    for number, each in enumerate(streams):
        os.dup2(each, number)
    os.closerange(3, MOST_FILES)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    code = 1
    try:
        try:
            code = run()
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        sys.stdout.flush()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _command(words: list[str]) -> int:
    from cli.main import main

    sys.argv = ["oreprint", *words]
    return main()


def _reader(words: list[str]) -> int:
    """Run a module as Python does: whatever it raises ends it with a traceback."""
    from importlib import import_module

    sys.argv = words
    try:
        return import_module(words[0]).main() or 0
    except Exception:  # noqa: BLE001 - whatever a reader meets
        traceback.print_exc()
        return 1


def _dask(words: list[str]) -> int:
    """Run a command of Dask as ``python -m dask`` does, with the settings of its environment."""
    from importlib import import_module

    from dask import config

    config.refresh()
    import_module(f"distributed.cli.dask_{words[0]}").main(words[1:])
    return 0


if __name__ == "__main__":
    _serve(
        sys.argv[1],
        *{"readers": (_load_readers, _reader), "dask": (_load_dask, _dask)}.get(sys.argv[-1], (_load, _command)),
    )
