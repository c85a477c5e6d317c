"""A process of Oreprint that may be killed, traced or cut off at any moment.

It is forked off a server that has everything loaded already, and runs the command `oreprint` as it is; what it prints
goes into a file, which outlives it.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import resource
import signal
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess
    from pathlib import Path

FORKS: Final = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.faults.loaded"])
PATIENCE_SECONDS: Final = 120
UNWARMED: Final = {"api.web.pages.WARM_MS": 0}
"""Nobody here looks at a page, and to make those of all lots takes a server longer than the rest of its start."""


_CAPABILITIES_3: Final = 0x20080522
_READS_ALL: Final = 1 << 1 | 1 << 2
"""CAP_DAC_OVERRIDE and CAP_DAC_READ_SEARCH, by which root reads and writes whatever there is."""


@dataclass
class Victim:
    """A process that waits for `go`; `out` is the file of what it prints."""

    process: BaseProcess
    out: Path
    _start: Connection

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    def go(self) -> None:
        self._start.send(None)

    def kill(self) -> None:
        if self.process.is_alive():
            os.kill(self.pid, signal.SIGKILL)
        self.end()

    def end(self) -> int:
        """Wait for the end; return the exit code, below zero for a signal."""
        self.process.join(PATIENCE_SECONDS)
        assert self.process.exitcode is not None, "the process does not end"
        return self.process.exitcode

    def said(self) -> list[str]:
        return self.out.read_text().splitlines() if self.out.exists() else []


@contextmanager
def victim(
    words: list[str], environment: Mapping[str, str], out: Path, *, changed: Mapping[str, object] | None = None
) -> Iterator[Victim]:
    """Give a process that will run `oreprint` with these words; `changed` are constants of modules that are other
    ones there.
    """
    theirs, ours = FORKS.Pipe(duplex=False)
    process = FORKS.Process(
        target=_run, args=(theirs, words, dict(environment), str(out), UNWARMED | dict(changed or {}))
    )
    process.start()
    theirs.close()
    made = Victim(process, out, ours)
    try:
        yield made
    finally:
        made.kill()
        ours.close()


def _run(
    start: Connection, words: list[str], environment: dict[str, str], out: str, changed: dict[str, object]
) -> None:
    from cli.main import main

    for name, value in changed.items():
        module, _, constant = name.rpartition(".")
        vars(import_module(module))[constant] = value
    if environment.pop("WITHOUT_POWER", None):
        _give_up_power()
    if (most := environment.pop("MOST_BYTES_A_FILE", None)) is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), resource.RLIM_INFINITY))
    os.environ.update(environment)
    file = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for standard in (1, 2):
        os.dup2(file, standard)
    sys.argv = ["oreprint", *words]
    start.recv()
    code = main()
    sys.stdout.flush()
    os._exit(code)


def _give_up_power() -> None:
    """Make this process, where it is root's, one to which the modes of files apply (capabilities(7), capset(2))."""
    kernel = ctypes.CDLL(None, use_errno=True)
    version, words = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0), (ctypes.c_uint32 * 6)()
    for call in (kernel.capget, kernel.capset):
        if call(version, words):
            raise OSError(ctypes.get_errno(), "this root reads everything")
        for at in range(2):  # of what it may do, and of what it might allow itself
            words[at] &= ~_READS_ALL
