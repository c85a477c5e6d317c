"""Tokens of the HTTP service, stored as SHA-256 only.

Rules: no certificate, mark or mass depends on them (`ledger.store.desk_schema`). This module judges nothing
(`ledger.admin.tokens`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection, LargeBinary, bindparam, select, update

from ledger.store.desk_schema import TOKENS
from ledger.store.engine import insert_rows


class TokenRow(NamedTuple):
    """A stored token."""

    digest: bytes
    id: str
    tenant: str
    label: str
    scopes: str
    created_ms: int
    revoked_ms: int | None = None
    author: str = "operator"
    expires_ms: int | None = None
    rotated_ms: int | None = None
    used_ms: int | None = None
    held_ms: int | None = None


def add_token(connection: Connection, token: TokenRow) -> None:
    """Store a new token."""
    insert_rows(connection, TOKENS, [token])


_TOKEN: Final = select(TOKENS)
FIND_TOKEN: Final = _TOKEN.where(TOKENS.c.digest == bindparam("digest", type_=LargeBinary))


def tokens(connection: Connection, tenant: str | None = None) -> list[TokenRow]:
    """Return all tokens, or those of one party, the oldest first."""
    query = _TOKEN if tenant is None else _TOKEN.where(TOKENS.c.tenant == tenant)
    return [TokenRow(*row) for row in connection.execute(query.order_by(TOKENS.c.created_ms, TOKENS.c.id))]


def end_token(connection: Connection, token_id: str, *, now_ms: int) -> bool:
    """Revoke a token; return whether it existed."""
    place = (TOKENS.c.id == token_id) & TOKENS.c.revoked_ms.is_(None)
    return connection.execute(update(TOKENS).where(place).values(revoked_ms=now_ms)).rowcount == 1


def resume_token(connection: Connection, token_id: str) -> bool:
    """Let a held token act again; return whether there was one."""
    place = (TOKENS.c.id == token_id) & TOKENS.c.revoked_ms.is_(None) & TOKENS.c.held_ms.is_not(None)
    return connection.execute(update(TOKENS).where(place).values(held_ms=None)).rowcount == 1


def change_secret(connection: Connection, row: TokenRow) -> None:
    """Give a token, by its id, the secret, author and times of `row`."""
    values = {
        "digest": row.digest,
        "author": row.author,
        "expires_ms": row.expires_ms,
        "rotated_ms": row.rotated_ms,
    }
    connection.execute(update(TOKENS).where(TOKENS.c.id == row.id).values(values))


def note_uses(connection: Connection, used_ms: Mapping[str, int]) -> None:
    """Store when tokens, by their ids, were used last; what is there may be newer."""
    for token_id, at_ms in sorted(used_ms.items()):
        older = TOKENS.c.used_ms.is_(None) | (TOKENS.c.used_ms < at_ms)
        connection.execute(update(TOKENS).where(TOKENS.c.id == token_id, older).values(used_ms=at_ms))
