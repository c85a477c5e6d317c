"""Write a notice in the commit of what it tells of, so that neither is there without the other.

Nothing is sent here (`ledger.desk.outbox`).
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from sqlalchemy import Connection

from ledger.store.outbox import NoticeRow, add_notice, noticed
from schemas.notice import NoticeKind


def notify(
    connection: Connection, *, party: str, kind: NoticeKind, subject: str, facts: Mapping[str, str], now_ms: int
) -> None:
    """Tell a party, by its DID, what happens in the caller's transaction; `subject` is what it is about, as a lot."""
    add_notice(connection, _row(party, kind, subject, facts, now_ms))


def notify_once(
    connection: Connection, *, party: str, kind: NoticeKind, subject: str, facts: Mapping[str, str], now_ms: int
) -> bool:
    """Do as `notify` unless the party was told the same before; return whether it was told now."""
    row = _row(party, kind, subject, facts, now_ms)
    if noticed(connection, row):
        return False
    add_notice(connection, row)
    return True


def _row(party: str, kind: NoticeKind, subject: str, facts: Mapping[str, str], now_ms: int) -> NoticeRow:
    return NoticeRow(party, kind, subject, facts_text(facts), now_ms)


def facts_text(facts: Mapping[str, str]) -> str:
    """Return facts as they are stored: one text for the same facts."""
    return orjson.dumps(dict(facts), option=orjson.OPT_SORT_KEYS).decode()
