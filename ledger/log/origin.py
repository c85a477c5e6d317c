"""How the logs of one registry are called, and where each is read.

Rules: ``<registry>/log`` is the first, ``<registry>/log/2`` the one that is opened when that is closed, and so on.  The first is read at the
registry's root, each later one under its number, so that of a later one the origin is the address without its scheme, as C2SP wants
it.  What was once published under a path never changes, so a log stays where it is when it is closed.

What this module does not do: it knows no key (the trust list does).
"""

from __future__ import annotations

import re
from typing import Final

_LATER: Final = re.compile(r"(?P<registry>[^/]+)/log/(?P<number>[1-9][0-9]{0,5})", re.ASCII)


def origin_of(registry: str, number: int) -> str:
    """Return the name of a registry's log of this number, the first being 1."""
    return f"{registry}/log" if number == 1 else f"{registry}/log/{number}"


def number_of(origin: str) -> int:
    """Return which of its registry's logs one is, by its name."""
    later = _LATER.fullmatch(origin)
    return int(later["number"]) if later else 1


def prefix_of(origin: str) -> str:
    """Return what the paths of a log's checkpoint, tiles and lists begin with; nothing for the first."""
    number = number_of(origin)
    return "" if number == 1 else f"log/{number}/"
