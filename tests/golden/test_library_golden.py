"""The public surface of `import oreprint`: every name and signature is agreed, explained and typed."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable

import pytest

import oreprint
from tests.golden.make_library import GOLDEN, surface

FUNCTIONS: dict[str, Callable[..., object]] = {
    "verify": oreprint.verify,
    "Client": oreprint.Client,
    **{
        name: value
        for name, value in inspect.getmembers(oreprint.Client, inspect.isfunction)
        if not name.startswith("_")
    },
}


def test_the_public_surface_is_the_one_agreed() -> None:
    assert GOLDEN.read_text("utf-8") == surface(), "python tests/golden/make_library.py writes it; say so in CHANGELOG"


def test_everything_public_is_named_and_nothing_else() -> None:
    assert sorted(oreprint.__all__, key=str.casefold) == sorted(
        {name for name in vars(oreprint) if not name.startswith("_")} - {"shadowed", "taken"}, key=str.casefold
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_says_arguments_result_errors_and_an_example(name: str) -> None:
    doc = inspect.getdoc(FUNCTIONS[name]) or ""
    sections = dict(re.findall(r"^(\w+):\n((?:(?: .*)?\n?)+)", doc, re.MULTILINE))
    given = [each for each in inspect.signature(FUNCTIONS[name]).parameters if each != "self"]
    assert re.findall(r"^    (\w+): ", sections["Args"], re.MULTILINE) == given
    wanted = {"Args", "Raises", "Example"} | ({"Returns"} if inspect.isfunction(FUNCTIONS[name]) else set())
    assert wanted <= sections.keys()
    assert ">>> " in sections["Example"]


@pytest.mark.parametrize("name", oreprint.__all__)
def test_every_public_class_says_what_it_is(name: str) -> None:
    value = getattr(oreprint, name)
    if inspect.isclass(value):
        assert re.match(r"[^\n]+[.;]", inspect.getdoc(value) or ""), "it begins with a sentence"
