"""Private links to certificates, whose secrets are stored as SHA-256 only.

Rules: no certificate, mark or mass depends on them (`ledger.store.desk_schema`). This module judges nothing
(`ledger.changes.share`).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, NamedTuple

from sqlalchemy import BigInteger, Connection, LargeBinary, Text, bindparam, select, update

from ledger.store.desk_schema import SHARES
from ledger.store.engine import insert_rows
from ledger.store.reading import MOST_ASKED
from schemas.vocabulary import Audience


class ShareRow(NamedTuple):
    """A stored private link: its maker, certificate, audience and recipient, its end, and how often it was opened."""

    digest: bytes
    id: str
    party: str
    certificate: bytes
    audience: Audience
    recipient: str
    created_ms: int
    expires_ms: int
    revoked_ms: int | None = None
    opened: int = 0
    last_ms: int | None = None
    held_ms: int | None = None


def add_share(connection: Connection, share: ShareRow) -> None:
    """Store a new private link."""
    insert_rows(connection, SHARES, [share])


_SHARE: Final = select(SHARES)
FIND_SHARE: Final = _SHARE.where(SHARES.c.digest == bindparam("digest", type_=LargeBinary))
_OPENED: Final = (
    update(SHARES)
    .where(SHARES.c.id == bindparam("which", type_=Text))
    .values(opened=SHARES.c.opened + 1, last_ms=bindparam("now", type_=BigInteger))
)


def shares_of(connection: Connection, party: str) -> list[ShareRow]:
    """Return the private links that a party has made, the newest first."""
    query = _SHARE.where(SHARES.c.party == party).order_by(SHARES.c.created_ms.desc(), SHARES.c.id)
    return [ShareRow(*row) for row in connection.execute(query)]


def share_named(connection: Connection, share_id: str) -> ShareRow | None:
    """Return the private link with an id, also one that has ended, or None."""
    row = connection.execute(_SHARE.where(SHARES.c.id == share_id)).first()
    return None if row is None else ShareRow(*row)


def shares_named(connection: Connection, share_ids: Collection[str]) -> list[ShareRow]:
    """Return the private links with these ids, also ended ones."""
    wanted = list(share_ids)
    chunks = (wanted[at : at + MOST_ASKED] for at in range(0, len(wanted), MOST_ASKED))
    return [ShareRow(*row) for some in chunks for row in connection.execute(_SHARE.where(SHARES.c.id.in_(some)))]


def end_share(connection: Connection, share_id: str, *, party: str, now_ms: int) -> bool:
    """Revoke a party's private link; return whether it had one with this id that was not revoked."""
    place = (SHARES.c.id == share_id) & (SHARES.c.party == party) & SHARES.c.revoked_ms.is_(None)
    return connection.execute(update(SHARES).where(place).values(revoked_ms=now_ms)).rowcount == 1


def resume_share(connection: Connection, share_id: str, *, party: str) -> bool:
    """Let a party's held private link open its certificate again; return whether it had one."""
    own = (SHARES.c.id == share_id) & (SHARES.c.party == party)
    place = own & SHARES.c.revoked_ms.is_(None) & SHARES.c.held_ms.is_not(None)
    return connection.execute(update(SHARES).where(place).values(held_ms=None)).rowcount == 1


def count_opening(connection: Connection, share_id: str, *, now_ms: int) -> ShareRow:
    """Count one opening of a private link, and return the link."""
    connection.execute(_OPENED, {"which": share_id, "now": now_ms})
    return ShareRow(*connection.execute(_SHARE.where(SHARES.c.id == share_id)).one())
