"""Pure rooms take time, randomness, settings and bytes as arguments; they fetch none of them."""

from __future__ import annotations

import ast

from tests.architecture.sources import ROOT, pure_files, tree

IMPURE_MODULES = {
    # clock
    "time", "sched", "zoneinfo",
    # randomness
    "random", "secrets",
    # environment, processes, files
    "os", "sys", "pathlib", "shutil", "tempfile", "glob", "fileinput", "subprocess", "multiprocessing", "mmap",
    "importlib", "pkgutil", "logging", "locale", "getpass", "platform", "signal", "atexit",
    # threads and loops
    "threading", "asyncio", "concurrent", "queue",
    # sockets
    "socket", "ssl", "http", "urllib.request", "ftplib", "smtplib", "socketserver", "requests", "httpx", "anyio",
    # SQL, servers, terminals
    "sqlite3", "sqlalchemy", "alembic", "psycopg", "fastapi", "starlette", "uvicorn", "typer", "rich", "argparse",
}  # fmt: skip

IMPURE_NAMES = {"open", "input", "print", "exec", "eval", "compile", "__import__", "breakpoint", "globals"}

IMPURE_ATTRIBUTES = {
    # clock: datetime.now, date.today
    "now", "utcnow", "today",
    # randomness: uuid, keys made on the spot
    "uuid1", "uuid4", "uuid6", "uuid7", "urandom", "token_bytes", "generate",
    # files
    "read_text", "read_bytes", "write_text", "write_bytes", "environ", "getenv",
    # a decimal context that another caller may have changed
    "getcontext", "setcontext",
}  # fmt: skip

IMPURE_ROOMS = {
    "admin", "audit", "bundles", "changes", "client", "cluster", "files", "issuing", "lots", "registry", "remote", "store",
    "transfers", "witnessing", "auditing", "workbook", "desk",
}  # fmt: skip
"""Rooms that open databases, files and sockets, or take what others opened."""

ALLOWED: dict[str, set[str]] = {
    "schemas/sentences.py": {"importlib.resources", "read_text"},  # its own data, part of the package, read once
    "ledger/claims/rules.py": {"importlib.resources", "read_text"},  # as above
    "ledger/papers/clause.py": {"importlib.resources", "read_text"},  # as above
    "ledger/papers/typeset.py": {"importlib.resources", "read_bytes"},  # its own template, as above
    "schemas/codec.py": {"threading"},  # a lock, since `msgspec` builds decoders in memory that threads share
}
"""File: what it may use all the same. Each entry needs a comment with the reason."""


def test_a_pure_room_reaches_for_nothing_outside() -> None:
    found = [
        f"{path}:{line} {what}"
        for path in pure_files()
        for line, what in impurities(tree(path))
        if what not in ALLOWED.get(path, set())
    ]
    assert found == [], "the core is pure: take it as an argument instead"


def test_the_rule_finds_what_it_is_for() -> None:
    code = """
import os, sqlalchemy.orm
from urllib import request
from urllib.request import urlopen
from datetime import datetime
from uuid import uuid4
import urllib.parse, io
def f(path):
    datetime.now(); open(path); uuid4(); path.read_text()
    from time import monotonic
"""
    found = [what for _, what in impurities(ast.parse(code))]
    assert sorted(found) == sorted(
        [
            "os",
            "sqlalchemy.orm",
            "urllib.request",
            "urllib.request",
            "now",
            "open",
            "uuid4",
            "uuid4",
            "read_text",
            "time",
        ]
    )


def test_every_room_of_the_ledger_is_pure_or_named_as_not() -> None:
    rooms = {path.name for path in (ROOT / "ledger").iterdir() if path.is_dir() and not path.name.startswith("_")}
    pure = {path.split("/")[1] for path in pure_files() if path.startswith("ledger/")}
    assert rooms - pure == IMPURE_ROOMS


def impurities(module: ast.Module) -> list[tuple[int, str]]:
    """Return line and name of each thing in a module that reaches outside."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(module):
        match node:
            case ast.Import(names=names):
                found += [(node.lineno, alias.name) for alias in names if impure(alias.name)]
            case ast.ImportFrom(module=str(name), names=names):
                if impure(name):
                    found.append((node.lineno, name))
                else:
                    full = [f"{name}.{alias.name}" for alias in names]
                    found += [(node.lineno, one) for one in full if one in IMPURE_MODULES]
                    found += [(node.lineno, alias.name) for alias in names if alias.name in IMPURE_ATTRIBUTES]
            case ast.Name(id=name, ctx=ast.Load()) if name in IMPURE_NAMES | {"uuid4", "uuid1"}:
                found.append((node.lineno, name))
            case ast.Attribute(attr=name, ctx=ast.Load()) if name in IMPURE_ATTRIBUTES:
                found.append((node.lineno, name))
    return found


def impure(module: str) -> bool:
    """Tell whether `module` or a package it is in is impure."""
    parts = module.split(".")
    return any(".".join(parts[:end]) in IMPURE_MODULES for end in range(1, len(parts) + 1))
