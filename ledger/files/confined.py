"""A reader in a process of its own, so that a file that is made to harm its reader harms nothing else.

Rules: the process has no environment, little memory and little time. It writes no core, and no files unless it was
allowed to.  It gets the file on standard input and answers on standard output.  What the answer means is told by the
module that reads.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Final

MEMORY_BYTES: Final = 512 * 1024 * 1024
READER: Final = (sys.executable, "-I", "-m")
"""The words that run a module in a process of its own, before its name."""
WAITED_SECONDS: Final = 60
"""By the clock, since a busy machine gives a process little of its time."""


def read_apart(module: str, raw: bytes, *, seconds: int) -> subprocess.CompletedProcess[bytes]:
    """Run a module as the reader of `raw`, with so many seconds of the processor; it calls `confine` with its argument.

    Raises:
        TimeoutExpired: It used up its time, or did not end in a minute.
    """
    words = [*READER, module, str(seconds)]
    done = subprocess.run(  # noqa: S603 - a module of ours, no shell
        words, input=raw, capture_output=True, timeout=max(WAITED_SECONDS, 2 * seconds), env={}, check=False
    )
    if done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise subprocess.TimeoutExpired(words, seconds)
    return done


def confine(seconds: int, *, memory: int = MEMORY_BYTES, files: int = 0) -> None:
    """Bound this process, before it reads anything: its time, its memory, and the bytes of each file it may write."""
    import resource  # noqa: PLC0415 - in the reader alone

    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (files, files))
