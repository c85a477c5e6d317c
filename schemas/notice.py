"""Notices: what happened that a party's people or programs want to know at once.

Rules: a kind never changes its meaning; a new one is added at the end. Facts are short texts by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, get_args

NoticeKind = Literal[
    "offered",
    "accepted",
    "refused",
    "approval-due",
    "upstream-withdrawn",
    "upstream-suspended",
    "upstream-restored",
    "link-opened",
    "key-expiring",
    "trust-list-expiring",
    "upload-finished",
    "hook-off",
    "test",
    "received",
    "token-expiring",
    "request-answered",
]
NOTICE_KINDS: Final[tuple[NoticeKind, ...]] = get_args(NoticeKind)


class Notice(NamedTuple):
    """A notice to one party: its id, kind, subject (such as a lot), facts, and the ms since 1970 UTC of its commit."""

    id: str
    party: str
    kind: NoticeKind
    subject: str
    facts: Mapping[str, str]
    at_ms: int
