"""A public class name has one meaning in the product, and none of the words that the field has a better name for."""

from __future__ import annotations

import re
from collections import defaultdict

from tests.architecture.sources import ROOT, python_files

PRIVATE_WORDS = {
    "Arrived", "Asked", "Bench", "Book", "Brought", "Desk", "Office", "Shelf", "Surroundings", "Told",
    "altered", "further", "given", "idle", "known",
}  # fmt: skip
"""Names that meant something to us alone; docs/glossary.md has the field's words for them."""


NAMED = re.compile(r"^\s*(class|(?:async )?def) (\w+)\s*[(:\[]", re.MULTILINE)
FILES = [path for package in ("schemas", "ledger", "api", "cli") for path in python_files(package)]


def named() -> list[tuple[str, str, str]]:
    """Return the kind, the name and the file of each class and function of the product."""
    return [(kind, name, path) for path in FILES for kind, name in NAMED.findall((ROOT / path).read_text("utf-8"))]


def test_a_public_class_name_has_one_meaning() -> None:
    found = defaultdict(list)
    for kind, name, path in named():
        if kind == "class" and not name.startswith("_"):
            found[name].append(path)
    assert len(found) > 500, "the product's classes were not found"
    assert {name: files for name, files in found.items() if len(files) > 1} == {}


def test_no_class_function_or_module_bears_a_word_of_ours_that_the_field_has_a_name_for() -> None:
    modules = [path for path in FILES if path.rpartition("/")[2].removesuffix(".py") in PRIVATE_WORDS]
    assert ([each for each in named() if each[1] in PRIVATE_WORDS], modules) == ([], [])
