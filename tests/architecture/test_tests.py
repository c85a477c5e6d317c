"""Tests are a house too: what several test modules share is in `tests/support`."""

from __future__ import annotations

import re

from tests.architecture.sources import ROOT, python_files

FILES = [path for folder in ("tests", "bench") for path in python_files(folder)]
_FROM_TESTS = re.compile(r"^\s*from (tests\.\S+) import", re.MULTILINE)


def test_no_module_imports_from_a_test_module() -> None:
    found = {(path, module) for path in FILES for module in _FROM_TESTS.findall((ROOT / path).read_text("utf-8"))}
    assert len(found) > len(FILES)
    assert not [each for each in found if each[1].rpartition(".")[2].startswith(("test_", "conftest"))]
