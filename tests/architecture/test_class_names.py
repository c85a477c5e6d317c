"""A public class name has one meaning in the product, and none of the words that the field has a better name for."""

from __future__ import annotations

import ast
from collections import defaultdict

import pytest

from tests.architecture.sources import python_files, tree

PRIVATE_WORDS = {
    "Arrived", "Asked", "Bench", "Book", "Brought", "Desk", "Office", "Shelf", "Surroundings", "Told",
    "altered", "further", "given", "idle", "known",
}  # fmt: skip
"""Names that meant something to us alone; docs/glossary.md has the field's words for them."""


def classes() -> dict[str, list[str]]:
    """Return the files that define each public class."""
    found = defaultdict(list)
    for package in ("schemas", "ledger", "api", "cli"):
        for path in python_files(package):
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found[node.name].append(path)
    return found


def test_a_public_class_name_has_one_meaning() -> None:
    assert len(classes()) > 500, "the product's classes were not found"
    assert {name: files for name, files in classes().items() if len(files) > 1} == {}


@pytest.mark.parametrize("package", ["schemas", "ledger", "api", "cli"])
def test_no_class_function_or_module_bears_a_word_of_ours_that_the_field_has_a_name_for(package: str) -> None:
    named = {
        f"{path}:{node.lineno}"
        for path in python_files(package)
        for node in ast.walk(tree(path))
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name in PRIVATE_WORDS
    }
    modules = {path for path in python_files(package) if path.rpartition("/")[2].removesuffix(".py") in PRIVATE_WORDS}
    assert (named, modules) == (set(), set())
