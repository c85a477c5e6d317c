"""Whole processes: how soon a command answers, and how much memory a very deep chain takes.

The time is that of the process from its start to its end, as a person waits for it; the floor is the Python interpreter
that does nothing, or, for a chain, the raw verification of its signatures.
"""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bench.table import Row, in_turn, ratio, seconds
from bench.verifying import PRODUCER, Chain, signatures, verify_raw
from schemas.instant import instant_text
from schemas.trust import TrustFile
from tests.support.worlds.parties import key

if TYPE_CHECKING:
    from collections.abc import Sequence

ROUNDS: Final = 15
OREPRINT: Final = str(Path(sys.executable).with_name("oreprint"))
DEEP: Final = (1000, 10_000)
KIB: Final = 1024
AND_PEAK: Final = """
import sys
from cli.main import main
code = main()
with open("/proc/self/status") as status:
    print(status.read().partition("VmHWM:")[2].split()[0], file=sys.stderr)
sys.exit(code)
"""
"""The command in a process that tells its own peak of memory in KiB: what is told of a child includes its parent's."""


def run(command: Sequence[str], *, expected: int = 0) -> str:
    """Run a command and return what it told on stderr; its output is thrown away."""
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != expected:
        raise subprocess.CalledProcessError(done.returncode, command, stderr=done.stderr)
    return done.stderr


def rows() -> list[Row]:
    """Measure the start of a command, one certificate, and a deep chain."""
    Path("build").mkdir(exist_ok=True)
    with TemporaryDirectory(dir="build") as folder:
        return [_version(), _one_certificate(Path(folder)), *_deep(Path(folder))]


def _version() -> Row:
    version, nothing = in_turn(
        ROUNDS, partial(run, [OREPRINT, "--version"]), partial(run, [sys.executable, "-c", "pass"])
    )
    return Row(
        "oreprint --version",
        f"{median(version) * 1000:.0f} ms",
        f"{median(nothing) * 1000:.0f} ms, python -c pass",
        f"{ratio(version, nothing):.2f}x",
        "< 3x",
        "",
    )


def _one_certificate(folder: Path) -> Row:
    chain = Chain(1, full=True)
    file = folder / "certificate.sd-jwt"
    file.write_text(f"{chain.subject.text}\n", encoding="ascii")
    command = _verify(chain, file, folder)
    one, nothing = in_turn(ROUNDS, partial(run, command, expected=2), partial(run, [sys.executable, "-c", "pass"]))
    return Row(
        "oreprint verify, one certificate",
        f"{median(one) * 1000:.0f} ms",
        f"{median(nothing) * 1000:.0f} ms, python -c pass",
        f"{ratio(one, nothing):.1f}x",
        "< 600 ms",
        "",
    )


def _deep(folder: Path) -> list[Row]:
    """Verify the beginning of a very deep chain and all of it: time and memory must grow with its length, and no
    faster.
    """
    chain = Chain(DEEP[-1], full=False)
    public = Ed25519PublicKey.from_public_bytes(key(PRODUCER).public)
    found = []
    for length in DEEP:
        lines = chain.whole(length)
        file = folder / f"{length}.oreprint"
        file.write_bytes(b"".join(lines))
        peak: list[str] = []
        command = [sys.executable, "-c", AND_PEAK, *_verify(chain, file, folder)[1:]]
        taken = seconds(lambda: peak.append(run(command)))  # noqa: B023 - called at once
        raw = seconds(partial(verify_raw, public, list(signatures(lines))))
        found.append(
            Row(
                f"oreprint verify, a chain of {length} certificates one below the other",
                f"{taken:.1f} s, {int(peak[0]) // KIB} MiB at most",
                f"{raw:.2f} s, raw signatures",
                f"{taken / raw:.1f}x",
                "linear, no recursion",
                "",
            )
        )
    return found


def _verify(chain: Chain, file: Path, folder: Path) -> list[str]:
    trust = folder / "trust.json"
    trust.write_bytes(TrustFile(note=chain.world.people.note).to_bytes() + b"\n")
    time = instant_text(chain.world.now_ms - chain.world.now_ms % 1000)
    return [OREPRINT, "verify", str(file), "--trust", str(trust), "--at", time, "--offline"]


if __name__ == "__main__":
    for each in rows():
        print(each)
