"""All measurements, and their tables: ``make bench`` or ``python -m bench``.

It takes twenty minutes; a quiet machine helps.
"""

from __future__ import annotations

import platform
import sys

from bench import (
    auditing,
    commands,
    following,
    footprint,
    growth,
    issuing,
    judging,
    pages,
    peers,
    readers,
    recomputing,
    rules,
    scale,
    serving,
    uploads,
    verifying,
)
from bench.table import printed


def main() -> None:
    """Measure, print the tables, and draw the growth."""
    rows = [
        *issuing.rows(),
        *verifying.rows(),
        rules.row(),
        *auditing.rows(),
        footprint.row(),
        *recomputing.rows(),
        *commands.rows(),
        *serving.rows(),
        readers.row(),
        *peers.rows(),
        *following.rows(),
        *judging.rows(),
        *scale.rows(),
        *uploads.rows(),
        *pages.rows(),
    ]
    print(f"Python {platform.python_version()}, {platform.machine()}, {sys.platform}\n")
    print(printed(rows))
    print()
    print(printed(growth.rows(), growth.Row._fields))


if __name__ == "__main__":
    main()
