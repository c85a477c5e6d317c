"""The how-to pages' commands, run as they are written, each page for itself, at a port that is free."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.beside import free_port

ROOT = Path(__file__).resolve().parents[2]
COMMAND = re.compile(r"^    (.+)$", re.MULTILINE)
PAGES = {
    "attest-a-certificate": (
        "Attested: figure, closed-branch",
        "of them looked Verifier V",
        "limited assurance",
        "Not counted: what Verifier V",
    ),
    "factors-and-what-if": (
        "7 of 12 batches moved",
        "0.6479 -> CO2-fossil=0.45",
        "what if: 0.492400158",
        "mine/location.cn-nm.2023",
    ),
    "issue-from-an-erp": ('"digest":"zQm', '"left_kg":"165"'),
    "keep-a-registry": (
        "log/2: open, with 1 entry; witnesses and a monitor have cosigned",
        "0 objects are new",
        "Put it at https://metal-a.example/.well-known/did.json",
        "signs again",
        "Everything holds",
        "is revoked",
        "did:web:metal-a.example#key-2 good from",
        "compromised: nothing counts that was logged from",
    ),
    "keep-your-own-key": (
        '{"ready":true',
        "https://smelter-z.example/.well-known/did.json",
        "issued Z-1 at 127.0.0.1",
        "Smelter Z",
        "Offered 2 kg of Z-1 to did:web:metal-y.example; it is theirs when they accept it.",
        "Took back 2 kg of Z-1, offered to did:web:metal-y.example.",
        "Accepted 1 kg of Z-1 from did:web:smelter-z.example.",
        "Z-1: 1 kg left",
        "corrected Z-1 zQm",
        "unchanged Z-1 zQm",
        "which made X-1; its certificates are revoked.",
        "Suspended: Z-1.",
        "Lifted: Z-1 can be used again",
        "Withdrawn for ever: Z-1.",
        "Z-1 (withdrawn):",
        "issued Y-1 at",
        "#key-2 good from",
    ),
    "print-labels": ("HTTP/1.1 307", "/01/04006381333931/10/OX-17"),
    "use-electricity-certificates": (
        "issued Example attributes: EX-2",
        "Accepted 2000 kWh of Example attributes: EX-2",
        "Example attributes: EX-2: 2000 kWh left",
    ),
    "verify-incoming-goods": ("GENUINE RECORD", "What came differs by", '"verdict":"genuine"'),
    "withdraw-a-lot": ("Withdrawn for ever: OX-16", "12.3 % of its Nd is affected."),
}
"""A page, and what its commands must have printed."""
ELSEWHERE = {"postgresql", "witness-and-monitor"}
"""Pages that need servers of somebody else's; other tests run what they say (`tests/e2e/test_witness_cli.py`)."""


def test_every_page_is_run() -> None:
    assert {path.stem for path in (ROOT / "docs" / "how-to").glob("*.md")} == PAGES.keys() | ELSEWHERE


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_works_as_written(page: str, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is missing, with which these pages speak HTTP")
    commands = COMMAND.findall((ROOT / "docs" / "how-to" / f"{page}.md").read_text("utf-8"))
    script = "\n".join(commands).replace("8080", str(free_port()))
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / "build").mkdir()
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "oreprint").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cli.main "$@"\n', "utf-8")
    (folder / "oreprint").chmod(0o755)
    environment = {"PATH": f"{folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    # a server that a page leaves behind when it fails ends with its shell
    ending = "set -m\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", ending + script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=400,
    )
    log = tmp_path / "build" / "serve.log"
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:] + (log.read_text() if log.exists() else "")
    printed = " ".join(done.stdout.split())
    assert not [words for words in PAGES[page] if words not in printed]
