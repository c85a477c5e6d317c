"""Tests are a house too: what several test modules share is in `tests/support`."""

from __future__ import annotations

import ast

from tests.architecture.sources import places, python_files

FILES = [path for folder in ("tests", "bench") for path in python_files(folder) if "node_modules" not in path]


def _imported(node: ast.AST) -> str:
    return (node.module or "") if isinstance(node, ast.ImportFrom) else ""


def test_no_module_imports_from_a_test_module() -> None:
    found = {place: _imported(node) for path in FILES for place, node in places(path, ast.ImportFrom)}
    assert not [
        f"{place}: {module}"
        for place, module in found.items()
        if module.startswith("tests.") and module.rpartition(".")[2].startswith(("test_", "conftest"))
    ]
