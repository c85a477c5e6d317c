"""No float in what is signed, balanced or compared: Decimal, Fraction or integers of the smallest unit."""

from __future__ import annotations

import ast

from tests.architecture.sources import pure_files, python_files, tree

ALLOWED: dict[str, str] = {
    "schemas/door/faults.py": 'how alike two names must be for a "did you mean"; nothing is computed with it',
    "ledger/remote/exchange.py": "the sockets of the HTTP library take their time-outs as floats",
}
"""File: the reason why it may hold a float."""

FILES = sorted({*pure_files(), *python_files("ledger")})


def test_no_float_in_the_ledger() -> None:
    assert len(FILES) > 500
    checked = [path for path in FILES if path not in ALLOWED]
    assert [f"{path}:{line} {what}" for path in checked for line, what in floats(tree(path))] == []


def test_the_rule_finds_what_it_is_for() -> None:
    code = "x: float = 1\ny = float('2')\nz = 0.1\nw = 1e3\nok = Decimal('0.1')\nrefused = isinstance(y, float)\n"
    assert [line for line, _ in floats(ast.parse(code))] == [1, 2, 3, 4]


def floats(module: ast.Module) -> list[tuple[int, str]]:
    """Return line and text of each float; asking whether a value is one, in order to refuse it, is not one."""
    nodes = list(ast.walk(module))
    asked = {
        name
        for call in nodes
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "isinstance"
        for name in ast.walk(call.args[1])
    }
    patterns = {pattern.cls for pattern in nodes if isinstance(pattern, ast.MatchClass)}
    found: list[tuple[int, str]] = []
    for node in nodes:
        match node:
            case ast.Constant(value=float() as value):
                found.append((node.lineno, repr(value)))
            case ast.Name(id="float") if node not in asked and node not in patterns:
                found.append((node.lineno, "float"))
    return sorted(found)
