"""What a party holds or owns, in files named after its lots, whatever these are called."""

from __future__ import annotations

import errno
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.registries.example import EXAMPLE

if TYPE_CHECKING:
    from tests.e2e.terminal import Terminal


def test_a_lot_with_a_slash_is_no_folder(by_hand: Terminal, tmp_path: Path) -> None:
    """Hard use 21: a lot's name never becomes a path."""
    record = (EXAMPLE / "01-BEN-2026-01.yaml").read_text("utf-8").replace("CON-07", "../CON/07")
    Path("record.yaml").write_text(record.replace("BEN-2026-01", "BEN-2026-02"), "utf-8")
    assert by_hand.run("issue", "record.yaml", "--out", "out").code == 0
    producer = next(line.split()[1] for line in record.splitlines() if line.startswith("producer:"))
    done = by_hand.run("export", "holdings", "--as", producer, "-o", "held")
    assert done.code == 0, done.err
    assert "Not written" not in done.out
    assert sorted(path.name for path in (tmp_path / "held").iterdir()) == [
        "0001-con-7.oreprint",
        "0002-%2E.%2Fcon%2F7.oreprint",
    ]
    taker = "did:web:separation-a.example"
    assert by_hand.run("ship", "CON-07", "--as", producer, "--to", taker).code == 0
    done = by_hand.run("export", "holdings", "--as", producer, "-o", "offered")
    assert len([*Path("offered").iterdir()]) == 2, "what is offered is still the owner's"
    assert by_hand.run("accept", "CON-07", "--as", taker).code == 0
    done = by_hand.run("export", "holdings", "--as", producer, "-o", "rest")
    assert "Not written, nothing is left: CON-07." in done.out, "no lot is left out in silence"


def test_everything_leaves_whole_private_and_verifies_alone(by_hand: Terminal, tmp_path: Path) -> None:
    """Issue 35, point 9. What a crash left is removed; a folder that has something in it is refused."""
    party = "did:web:north-concentrate.example"
    left = tmp_path / ".away.new"
    (left / "bundles").mkdir(parents=True)
    (left / "bundles" / "half.oreprint").write_text("half")
    done = by_hand.run("export", "everything", "--party", party, "--out", "away")
    assert done.code == 0, done.err
    files = [path for path in Path("away").rglob("*") if path.is_file()]
    assert not left.exists()
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    folders = [path for path in (Path("away"), *Path("away").rglob("*")) if path.is_dir()]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
    checked = subprocess.run(
        ["sha256sum", "--strict", "-c", "SHA256SUMS"], cwd="away", capture_output=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert len(checked.stdout.splitlines()) == len(files) - 1
    (trust,) = Path("away/trust").iterdir()
    bundles = [*Path("away/bundles").iterdir()]
    assert bundles
    Path("home").rename("closed")
    for bundle in bundles:
        judged = by_hand.run("verify", str(bundle), "--trust", str(trust), "--offline")
        assert judged.code == 0, judged.err
    Path("closed").rename("home")
    again = by_hand.run("export", "everything", "--party", party, "--out", "away")
    assert (again.code, "[file.folder-taken]" in again.err) == (3, True)
    with Path("away/README.md").open("a") as file:
        file.write("changed")
    assert subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd="away", capture_output=True, check=False).returncode


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--party", "did:web:nobody.example", "--out", "away"), "issue.unknown-producer"),
        (("LOT", "--party", "did:web:north-concentrate.example", "--out", "away"), "usage.idle"),
        (("--party", "did:web:north-concentrate.example", "--out", "/dev/full/away"), "file.folder"),
    ],
)
def test_everything_of_nobody_or_to_nowhere_is_refused(by_hand: Terminal, words: tuple[str, ...], code: str) -> None:
    done = by_hand.run("export", "everything", *words)
    assert (done.code, f"[{code}]" in done.err) == (3, True), done.err
    assert not [path for path in Path.cwd().iterdir() if "away" in path.name]


def test_a_disk_that_is_full_leaves_nothing_that_looks_whole(
    by_hand: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        del descriptor
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    party = "did:web:north-concentrate.example"
    assert by_hand.run("export", "holdings", "--as", party, "-o", "held").code == 0  # whatever is due is signed
    with monkeypatch.context() as patched:
        patched.setattr("ledger.files.atomic.os.fsync", full)
        done = by_hand.run("export", "everything", "--party", party, "--out", "away")
    assert (done.code, "No space left on device" in done.err) == (3, True), done.err
    assert not [path for path in Path.cwd().iterdir() if "away" in path.name]
    assert by_hand.run("export", "everything", "--party", party, "--out", "away").code == 0
