"""What a process asks of the kernel, read from strace, and how to make the kernel refuse it.

`Disk` follows what a power cut now would take away: writes not yet synced, and renames whose folder isn't.  An answer
given while there is any of that was given too early; a refusal promises nothing.  The map of SQLite's shared memory is
left out (`-shm`): it is made anew at each start.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from tests.support.http.processes import ended

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

WRITES: Final = ("write", "pwrite64", "writev", "pwritev", "ftruncate", "fallocate")
SYNCS: Final = ("fsync", "fdatasync")
RENAMES: Final = ("rename", "renameat", "renameat2")
SENDS: Final = ("sendto", "sendmsg")
UNLINKS: Final = ("unlink", "unlinkat")
WATCHED: Final = (*WRITES, *SYNCS, *RENAMES)
"""The calls by which a disk is changed for good; what was unlinked and is there again after a power cut is in
nobody's way.
"""
ANSWERS: Final = ('"HTTP/1.1 201', '"issued ', '"unchanged ')
NAMING: Final = (*RENAMES, *UNLINKS)
_CALL: Final = re.compile(r"^(?P<pid>\d+) +(?P<name>\w+)\((?P<rest>.*)$")
_RESUMED: Final = re.compile(r"^(?P<pid>\d+) +<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)$")
_FILE: Final = re.compile(r"^\d+<(?P<path>[^>]*)>")
_NAMES: Final = re.compile(r'"(?P<name>[^"]*)"')
_RESULT: Final = re.compile(r"= (?P<result>-?\d+)(?: |$)")


class Call(NamedTuple):
    """One call of a thread: its name, the paths it names, and what came of it (None where it never came back)."""

    thread: int
    name: str
    paths: tuple[str, ...]
    text: str
    result: int | None


def calls(lines: Iterable[str]) -> Iterator[Call]:
    """Yield the calls of a log of `strace -f -y` in the order in which they ended; an answer counts from its
    beginning.
    """
    begun: dict[tuple[str, str], str] = {}
    for line in lines:
        if resumed := _RESUMED.match(line):
            rest = begun.pop((resumed["pid"], resumed["name"]), None)
            if rest is not None and resumed["name"] not in SENDS:
                yield _call(resumed["pid"], resumed["name"], rest + resumed["rest"])
        elif found := _CALL.match(line):
            whole = not found["rest"].endswith("<unfinished ...>")
            if not whole:
                begun[found["pid"], found["name"]] = found["rest"].removesuffix("<unfinished ...>")
            if whole or found["name"] in SENDS:
                yield _call(found["pid"], found["name"], found["rest"])
    for (pid, name), rest in begun.items():
        yield _call(pid, name, rest)


def _call(pid: str, name: str, rest: str) -> Call:
    opened, result = _FILE.match(rest), _RESULT.search(rest)
    paths = (opened["path"],) if opened else tuple(_NAMES.findall(rest)) if name in NAMING else ()
    return Call(int(pid), name, paths, rest, int(result["result"]) if result else None)


@dataclass
class Disk:
    """What of the files with one of `roots` in their path isn't on disk yet; an answer is a line written into `out`,
    or a 201 sent.
    """

    roots: tuple[str, ...]
    out: str
    unsynced: set[str] = field(default_factory=set)
    early: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    synced: set[str] = field(default_factory=set)
    answers: int = 0

    def see(self, call: Call) -> None:
        if call.name in SENDS or (call.name == "write" and call.paths == (self.out,)):
            if any(each in call.text for each in ANSWERS):
                self._answered(call)
        elif call.result is None or call.result < 0:
            return
        elif call.name in UNLINKS:
            self.unsynced.discard(call.paths[0])
        elif call.name in SYNCS:
            self.unsynced.discard(call.paths[0])
            self.synced.add(call.paths[0])
        elif call.name in RENAMES:
            old, new = call.paths
            if old in self.unsynced:
                self.unsynced.discard(old)
                self._changed(new)
            self._changed(str(PurePath(new).parent))
        elif call.name in WRITES and call.paths:
            self._changed(call.paths[0])

    def _changed(self, path: str) -> None:
        if any(root in path for root in self.roots) and not path.endswith("-shm"):
            self.unsynced.add(path)

    def _answered(self, call: Call) -> None:
        self.answers += 1
        if self.unsynced:
            self.early.append((call.text[:60], frozenset(self.unsynced)))


def missing() -> str | None:
    """Return why nothing can be traced here, or None."""
    if shutil.which("strace") is None:
        return "strace is not installed (Debian: apt-get install strace)"
    done = subprocess.run(
        ["strace", "-o", "/dev/null", "-e", "inject=getpid:error=EIO", "true"], check=False, capture_output=True
    )
    return f"strace can't trace here: {done.stderr.decode()[:100]}" if done.returncode else None


@contextmanager
def traced(pids: Iterable[int], log: Path, *inject: str, also: tuple[str, ...] = ()) -> Iterator[None]:
    """Trace running processes, with all that they start, into `log`; each `inject` is strace's own word for a fault."""
    words = ["strace", "-f", "-y", "-s", "24", "-o", str(log), "-e", f"trace={','.join((*WATCHED, *UNLINKS, *also))}"]
    words += [word for each in inject for word in ("-e", f"inject={each}")]
    pids = list(pids)
    words += [word for pid in pids for word in ("-p", str(pid))]
    with ended(subprocess.Popen(words, stderr=subprocess.PIPE, text=True)) as tracer:
        assert tracer.stderr is not None
        for _ in pids:
            _wait_attached(tracer.stderr)
        try:
            yield
        finally:
            tracer.terminate()
            tracer.communicate(timeout=300)


def _wait_attached(told: IO[str]) -> None:
    line = told.readline()
    assert "attached" in line, f"strace: {line}"
