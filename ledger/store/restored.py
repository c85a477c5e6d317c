"""Hold the secrets of a restored database: one that was revoked after the backup must open nothing.

Rules: a held token or private link acts again when its owner resumes it (`ledger.store.tokens`, `ledger.store.shares`).
"""

from __future__ import annotations

from sqlalchemy import Connection, func, select, update

from ledger.store.desk_schema import GUESTS, SHARES, TOKENS


def hold_secrets(connection: Connection, *, taken_ms: int) -> None:
    """Hold all tokens and private links of a restored database, and end the codes that claim a guest's goods."""
    for table in (TOKENS, SHARES):
        connection.execute(update(table).where(table.c.revoked_ms.is_(None)).values(held_ms=taken_ms))
    connection.execute(update(GUESTS).values(claim=None))


def held_counts(connection: Connection) -> tuple[int, int]:
    """Return the numbers of tokens and of private links that are held since a restore."""
    tokens_held, shares_held = (
        int(
            connection.scalar(select(func.count()).where(table.c.held_ms.is_not(None), table.c.revoked_ms.is_(None)))
            or 0
        )
        for table in (TOKENS, SHARES)
    )
    return tokens_held, shares_held
