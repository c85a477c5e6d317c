"""How text gets into a workbook, and a workbook into bytes: for all that write one.

What this module does not do: it knows no column. So the process that annotates a copy loads nothing of recipes and runs
(`ledger.workbook.annotate_child`).
"""

from __future__ import annotations

import io
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE


def put_text(cell: Any, text: str) -> None:  # noqa: ANN401 - openpyxl has no types
    """Write text as text: one that begins with = is no formula. What no workbook can hold is replaced by a mark."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("\ufffd", text)
    cell.data_type = "s"


def saved(book: Workbook) -> bytes:
    """Return the bytes of a workbook."""
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()
