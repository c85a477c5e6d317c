"""The same digits whatever the hash seed, and under another Python where one is at hand with what Oreprint needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import hashlib
from tests.support.worlds import worked_example as example
found = hashlib.sha256()
for run, done in example.drafts().items():
    for part in (done.groups, done.own, done.upstream, done.inputs, done.outputs, done.certified, done.quality):
        found.update(repr(part).encode())
print(found.hexdigest())
"""


def digits(root: Path, python: str, seed: str) -> str:
    done = subprocess.run(
        [python, "-c", SCRIPT],
        cwd=root,
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_no_digit_depends_on_the_hash_seed(root: Path) -> None:
    assert len({digits(root, sys.executable, seed) for seed in ("0", "1", "4242")}) == 1


def test_another_python_gives_the_same_digits(root: Path) -> None:
    ours = f"{sys.version_info.major}.{sys.version_info.minor}"
    there = [shutil.which(f"python3.{minor}") for minor in range(11, 16) if f"3.{minor}" != ours]
    others = [path for path in (os.environ.get("OREPRINT_SECOND_PYTHON"), *there) if path]
    able = [
        python
        for python in others
        if subprocess.run(
            [python, "-c", "import pydantic, orjson, pybase64, yaml"], capture_output=True, check=False
        ).returncode
        == 0
    ]
    if not able:
        pytest.skip(
            f"no second Python with what Oreprint needs is at hand (found {others or 'none'}); name one with OREPRINT_SECOND_PYTHON"
        )
    for python in able:
        assert digits(root, python, "0") == digits(root, sys.executable, "0")
