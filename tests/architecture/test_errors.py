"""No failure is swallowed, and every code that is raised is in the catalogue."""

from __future__ import annotations

import ast
import re
from functools import cache

from schemas.sentences import CODES
from tests.architecture.sources import ROOT, python_files, tree

BROAD = re.compile(r"\b(?:Base)?Exception\b|\bexcept\s*:")
CODED = re.compile(r"\b(?:at|Problem)\(\s*\"([^\"\\]*)\"")
"""What makes a problem, and the code in it."""
CODE = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+")


@cache
def files() -> list[str]:
    return [path for folder in ("schemas", "ledger", "api", "cli", "bench", "tests") for path in python_files(folder)]


def test_no_broad_handler_that_goes_on() -> None:
    # To read the syntax of files that can't hold a handler of everything takes ten seconds.
    catching = [path for path in files() if BROAD.search((ROOT / path).read_text("utf-8"))]
    assert catching
    swallowed = [
        f"{path}:{node.lineno}"
        for path in catching
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler) and mute(node)
    ]
    assert not swallowed, "name the exception you expect, or let it through"


def test_codes_in_the_source_are_in_the_catalogue() -> None:
    raised = {
        (path, code)
        for path in files()
        if not path.startswith("tests/")
        for code in CODED.findall((ROOT / path).read_text("utf-8"))
    }
    assert raised, "the rule looks at nothing"
    assert not [(place, code) for place, code in raised if code not in CODES]


def test_every_code_of_the_catalogue_is_used() -> None:
    source = "\n".join(
        (ROOT / path).read_text()
        for path in files()
        if not path.startswith("tests/") and path != "schemas/sentences.toml"
    )
    # A door that reads two syntaxes writes f"{syntax}.bom".
    assert not [code for code in CODES if f'"{code}"' not in source and f'}}.{code.split(".", 1)[1]}"' not in source]


def test_codes_are_spelled_alike() -> None:
    assert not [code for code in CODES if not CODE.fullmatch(code)]
    assert not [code for code, sentence in CODES.items() if not sentence.strip().endswith((".", "}", '"', "?"))]


def mute(handler: ast.ExceptHandler) -> bool:
    """Tell whether a handler catches everything and does nothing with it; a log that gets the trace is something."""
    names = (
        {node.id for node in ast.walk(handler.type) if isinstance(node, ast.Name)}
        if handler.type
        else {"BaseException"}
    )
    broad = bool(names & {"Exception", "BaseException"})
    told = any(ast.unparse(line).startswith("LOG.exception(") for line in handler.body)
    return broad and not told and all(isinstance(line, ast.Pass | ast.Continue | ast.Expr) for line in handler.body)


def test_a_mute_handler_is_told_from_one_that_logs_the_trace() -> None:
    bodies = {"pass": True, "LOG.warning('no')": True, "continue": True, "LOG.exception('no')": False, "raise": False}
    for body, found in bodies.items():
        (loop,) = ast.parse(f"while True:\n try: do()\n except Exception: {body}").body
        (handler,) = [node for node in ast.walk(loop) if isinstance(node, ast.ExceptHandler)]
        assert mute(handler) is found, body
