"""Write an annotated copy on standard output, as standard input asks. Runs as a process of its own, with limits."""

from __future__ import annotations

import sys

from ledger.files.confined import confine


def main() -> None:
    """Print the workbook."""
    sys.modules["numpy"] = None  # type: ignore[assignment]  # as in `ledger.workbook.child`
    from ledger.workbook.annotate import FILE_BYTES, MEMORY_BYTES, annotated_by  # noqa: PLC0415 - after that

    confine(int(sys.argv[1]), memory=MEMORY_BYTES, files=FILE_BYTES)
    sys.stdout.buffer.write(annotated_by(sys.stdin.buffer.read()))


if __name__ == "__main__":
    # whatever the writer meets ends this process with a traceback, of which the parent tells the last line
    main()
