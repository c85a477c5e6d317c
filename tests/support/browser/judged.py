"""What the browser's own check finds in bundles, run by node."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from tests.support.http.javascript import node

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

WORST_FIRST: Final = ("do-not-rely", "withdrawn", "incomplete", "superseded", "expired", "genuine")
AT_A_TIME: Final = 200
"""Bundles that one run of node gets."""


class Given(NamedTuple):
    """What the browser gets: the lines of a bundle, the note of the trust list, and the time in ms."""

    lines: Sequence[bytes]
    trust: str
    now_ms: int


def judged_in_browser(bundles: Sequence[Given], root: Path) -> list[dict[str, Any]]:
    """Return what the browser's modules find in each bundle, or skip the test where there is no node."""
    if shutil.which("node") is None:
        pytest.skip("node is missing; `make test` installs it where it may")
    found: list[dict[str, Any]] = []
    for at in range(0, len(bundles), AT_A_TIME):
        cases = [
            {"bundle": b"".join(lines).decode(), "trust": trust, "now": now_ms}
            for lines, trust, now_ms in bundles[at : at + AT_A_TIME]
        ]
        found += node("whole.mjs", {"cases": cases}, root / "tests/golden/browser")
    return found


def verdict(found: dict[str, Any]) -> str:
    """Return the worse of the verdicts of both modules."""
    verdicts: tuple[str, str] = (found["own"], found["whole"] or "genuine")
    return min(verdicts, key=WORST_FIRST.index)
