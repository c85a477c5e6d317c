"""Notices of what ends soon: signing keys and tokens of a party, and the registry's trust list.

Rules: each party is told 30, 7 and 1 days before, once each; whoever asks often changes nothing.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection

from ledger.registry.notices import notify_once
from ledger.store.parties import issuers, keys
from ledger.store.reading import latest_published
from ledger.store.tokens import tokens
from ledger.trust.pinned import open_trust
from schemas.instant import DAY_MS, epoch_ms, time_text
from schemas.notice import NoticeKind

DAYS: Final = (1, 7, 30)
"""How long before its end each party is told, the last first."""


def notice_expiries(connection: Connection, *, now_ms: int) -> None:
    """Write the notices that are due."""
    parties = list(issuers(connection))
    for key in keys(connection):
        if key.until_ms is not None and key.compromised_ms is None:
            _tell(connection, [key.party], "key-expiring", key.kid, key.until_ms, now_ms)
    for token in tokens(connection):
        if token.expires_ms is not None and token.revoked_ms is None:
            name = token.label or token.id
            _tell(connection, [token.tenant], "token-expiring", name, token.expires_ms, now_ms)
    stored = latest_published(connection, "trust")
    if stored is not None:
        listed = open_trust(stored.text).listed
        _tell(
            connection, parties, "trust-list-expiring", f"trust list {listed.number}", epoch_ms(listed.expires), now_ms
        )


def _tell(connection: Connection, parties: list[str], kind: NoticeKind, subject: str, end_ms: int, now_ms: int) -> None:
    """Tell parties of an end that is near, by the nearest of `DAYS`."""
    days = next((days for days in DAYS if now_ms < end_ms <= now_ms + days * DAY_MS), None)
    if days is None:
        return
    facts = {"days": str(days), "ends": time_text(end_ms)}
    for party in parties:
        notify_once(connection, party=party, kind=kind, subject=subject, facts=facts, now_ms=now_ms)
