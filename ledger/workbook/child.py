"""Read the cells of the workbook on standard input; print them as JSON. Runs as a process of its own, with limits."""

from __future__ import annotations

import io
import sys
from datetime import date, datetime, time
from typing import Any

import orjson

from ledger.files.confined import confine


def main() -> None:
    """Print ``[[sheet, [[row, column, kind, value, number format], ...]], ...]``."""
    # openpyxl would load these where they are: cells hold no numbers of the one, and pictures are not read
    for name in ("numpy", "PIL"):
        sys.modules[name] = None  # type: ignore[assignment]
    from openpyxl import load_workbook  # noqa: PLC0415 - after that

    confine(int(sys.argv[1]))
    book = load_workbook(io.BytesIO(sys.stdin.buffer.read()), read_only=True, data_only=True, keep_links=False)
    told: list[Any] = []
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # a sheet may declare fewer rows than it has
        told.append([sheet.title, [_told(cell) for row in sheet.iter_rows() for cell in row if cell.value is not None]])
    sys.stdout.buffer.write(orjson.dumps(told))


def _told(cell: Any) -> list[Any]:  # noqa: ANN401 - openpyxl has no types
    value = cell.value
    match value:
        case bool():
            kind, text = "boolean", "true" if value else "false"
        case int() | float():
            kind, text = "number", f"{value:.15g}"
        case datetime() if value.time() == time():
            kind, text = "date", value.date().isoformat()
        case datetime():
            kind, text = "date", value.isoformat(timespec="seconds")
        case date() | time():
            kind, text = "date", value.isoformat()
        case _ if cell.data_type == "e":
            kind, text = "error", str(value)
        case _:
            kind, text = "text", str(value)
    return [cell.row, cell.column, kind, text, cell.number_format or "General"]


if __name__ == "__main__":
    # whatever the reader meets ends this process with a traceback, of which the parent tells the last line
    main()
