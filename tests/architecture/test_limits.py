"""The table of limits says what the code does."""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ROW = re.compile(r"^\| [^|]+ \| (\d+)[^|]* \| `([a-z_.]+)\.([A-Z_]+)` \|$", re.MULTILINE)


def test_every_limit_in_the_table_is_the_codes(root: Path) -> None:
    table = (root / "docs" / "reference" / "limits.md").read_text("utf-8")
    rows = ROW.findall(table)
    assert len(rows) == table.count("| `")
    assert [(module, name, int(limit)) for limit, module, name in rows] == [
        (module, name, getattr(import_module(module), name)) for _, module, name in rows
    ]
