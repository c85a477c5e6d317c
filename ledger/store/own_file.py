"""A SQLite file of one's own, apart from any registry's database: the memories of monitors and auditors.

Rules: a commit is durable when it returns.  Tables are made where they are missing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from ledger.files.atomic import make_private_file, make_private_folder
from schemas.problem import StateError

BUSY_SECONDS: Final = 30
CACHE_KIB: Final = 64 * 1024
"""The cache for pages of the tree of marks; marks are spread over all of it."""


@contextmanager
def own_file(path: Path, tables: str) -> Iterator[sqlite3.Connection]:
    """Open the file at `path` with its `tables` (statements of SQL); raise StateError `store.unreadable`."""
    try:
        make_private_folder(path.parent)
        make_private_file(path)
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
            connection.executescript(tables)
            yield connection
    except sqlite3.Error as error:
        raise StateError.at("store.unreadable", reason=error) from error
