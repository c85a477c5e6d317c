"""All measurements, and their table: ``make bench`` or ``python -m bench``. It takes some minutes; a quiet machine helps."""

from __future__ import annotations

import platform
import sys

from bench import commands, footprint, issuing, recomputing, serving, verifying
from bench.table import printed


def main() -> None:
    """Measure, and print the table."""
    rows = [*issuing.rows(), *verifying.rows(), footprint.row(), *recomputing.rows(), *commands.rows(), *serving.rows()]
    print(f"Python {platform.python_version()}, {platform.machine()}, {sys.platform}\n")
    print(printed(rows))


if __name__ == "__main__":
    main()
