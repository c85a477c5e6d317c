"""What the tests of commands share: a command run in this process, and the files of a small world."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from cli.main import main
from schemas.instant import instant_text
from schemas.trust import TrustFile
from tests.support import forked
from tests.support.registries.example import EXAMPLE
from tests.support.worlds.recipe import Make
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from tests.support.worlds.drafts import Issuance

ROOT: Final = Path(__file__).resolve().parents[2]
BY_HAND: Final = {"OREPRINT_HOME": "home", "OREPRINT_PASSPHRASE": "for a test alone"}
"""The settings of a registry that is made by hand, in the folder that it lies in."""


class Done(NamedTuple):
    """How a command ended: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def problem(self) -> str:
        """The code of the first problem told."""
        assert self.err.startswith("oreprint: "), self.err
        return self.err.splitlines()[0].rpartition("[")[2].rstrip("]")


@dataclass(frozen=True)
class Terminal:
    """A terminal in this process."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def run(self, *words: str) -> Done:
        """Run `oreprint` with these words."""
        self.monkeypatch.setattr(sys, "argv", ["oreprint", *words])
        self.capsys.readouterr()
        code = main()
        return Done(code, *self.capsys.readouterr())


class Demo(NamedTuple):
    """A demo that was run: its home, and what it printed."""

    home: Path
    printed: str

    @classmethod
    def of(cls, folder: Path) -> Demo:
        """Return the demo that was run in a folder; raise FileNotFoundError if none was run to its end."""
        return cls(folder / "build" / "demo", (folder / "build" / "demo.txt").read_text("utf-8"))

    def copy(self, home: Path) -> Path:
        """Copy the home to a place where a test may change it; return the place."""
        shutil.copytree(self.home, home)
        return home


@dataclass(frozen=True)
class Files:
    """A chain of three batches, with a split and moves on the way, as files; `now` is the time to judge them at."""

    world: World
    last: Issuance
    folder: Path
    now: str

    @property
    def trust(self) -> str:
        return str(self.folder / "trust.json")

    @property
    def bundle(self) -> str:
        return str(self.folder / "chain.oreprint")

    @property
    def certificate(self) -> str:
        return str(self.folder / "L3.sdjwt")

    def judged(self, source: str) -> tuple[str, ...]:
        """Return the words that verify `source` offline with the pinned list at the right time."""
        return ("verify", source, "--trust", self.trust, "--at", self.now, "--offline")


def run_demo(folder: Path) -> Demo:
    """Run `oreprint demo` with the README's words, in an empty folder; `test_demo` starts a Python for it, too."""
    home = Path("build", "demo")
    done = subprocess.run(
        [*forked.command(), "demo", "--home", str(home)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    (folder / "build" / "demo.txt").write_text(done.stdout, "utf-8")
    return Demo.of(folder)


def run_alone(*words: str) -> str:
    """Run `oreprint` with these words where no test has a terminal yet; return what it printed."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        patch.setattr(sys, "argv", ["oreprint", *words])
        assert main() == 0
    return printed.getvalue()


def write_by_hand(folder: Path) -> None:
    """Make a registry of the example's parties in a folder, and its first lot."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, value in BY_HAND.items():
            patch.setenv(name, value)
        run_alone("init", str(EXAMPLE / "parties.yaml"))
        run_alone("issue", str(EXAMPLE / "01-BEN-2026-01.yaml"), "--out", "out")


def write_chain(folder: Path) -> Files:
    """Make the chain and write its files."""
    world = World(full=True)
    first = world.issue("ann", makes=(Make(1_000_000), Make(2_000_000)))
    part, rest = world.split(first.lumps[0], 400_000, 600_000)
    second = world.issue("ben", [world.move(part, "ben")], [Make(400_000)])
    third = world.issue("cat", [world.move(second.lumps[0], "cat"), world.move(rest, "cat")], [Make(1_000_000)])
    files = Files(world, third, folder, instant_text(world.now_ms + 60_000))
    (folder / "trust.json").write_bytes(TrustFile(note=world.people.note).to_bytes() + b"\n")
    (folder / "chain.oreprint").write_bytes(b"".join(world.bundle(third.certificate, own=third.lumps[0])))
    (folder / "L3.sdjwt").write_text(third.certificate.text + "\n")
    return files
