"""The names of a registry's logs, and their addresses.

Rules: ``<registry>/log`` is the first log, ``<registry>/log/2`` the one opened when the first is closed, and so on.
The first is published at the registry's root, each later one under its number.  So the origin of a later log is its
address without the scheme, as C2SP asks.  Published paths never change: a closed log keeps its address.

This module knows no keys (the trust list does).
"""

from __future__ import annotations

import re
from typing import Final

_LATER: Final = re.compile(r"(?P<registry>[^/]+)/log/(?P<number>[1-9][0-9]{0,5})", re.ASCII)


def origin_of(registry: str, number: int) -> str:
    """Return the name of a registry's log with this number; the first has number 1."""
    return f"{registry}/log" if number == 1 else f"{registry}/log/{number}"


def number_of(origin: str) -> int:
    """Return the number of a log from its name."""
    later = _LATER.fullmatch(origin)
    return int(later["number"]) if later else 1


def prefix_of(origin: str) -> str:
    """Return the prefix of the paths of a log's checkpoint, tiles and lists; empty for the first log."""
    number = number_of(origin)
    return "" if number == 1 else f"log/{number}/"
