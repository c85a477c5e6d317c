"""Private links: what one customer may see of a certificate, opened by whoever has the link.

Rules:

1. A link is for one certificate and one audience. The chain behind it is shown as far as each supplier granted it to
   the issuer, and never wider than the link.
2. The secret has 256 random bits and comes after the `#` of the link, so that browsers send it to no server in an
   address. The registry keeps its SHA-256 only, so the link is shown once.
3. A link ends on its day, or when its issuer revokes it. What somebody has read cannot be called back.
4. Each opening of the page is counted. Making and revoking a link are events.
5. A link of a restored backup is held until its issuer opens it again: it may have been revoked since.
6. The hooks of a link end with it (`ledger.desk.hooks`).
"""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from sqlalchemy import Connection

from ledger.changes.withdraw import own_lot
from ledger.lots.lineage import lineage
from ledger.registry.notices import notify
from ledger.registry.registry import OpenRegistry
from ledger.seal.bearer import is_secret, new_secret, secret_digest
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, is_certificate_digest
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.outbox import hooks, remove_hook
from ledger.store.shares import ShareRow, add_share, count_opening, end_share, shares_of
from ledger.store.shares import resume_share as resume
from ledger.store.watch import Watch
from schemas.answers.life import NewLink, SharedLink, SharedLinks
from schemas.instant import DAY_MS, time_text
from schemas.problem import AccessError, MissingError
from schemas.requests import ShareRequest
from schemas.vocabulary import Audience

PREFIX: Final = "orev_"
"""So that a scanner of leaked secrets can know one, and nobody takes it for a token."""
HOLDER: Final = "link "
"""The start of the name of whoever holds a private link, among those who are told things."""
_ID_BYTES: Final = 6


def holder_of(share_id: str) -> str:
    """Return who is told what a private link shows: whoever holds it, under a name that is no DID."""
    return f"{HOLDER}{share_id}"


def link_of(reader: str) -> str | None:
    """Return the id of the private link that a reader of notices holds, or None of a party."""
    return reader.removeprefix(HOLDER) if reader.startswith(HOLDER) else None


class Share(NamedTuple):
    """The scope of a private link: one certificate, by its digest, for an audience; `id` is the link's name."""

    id: str
    certificate: str
    audience: Audience


def create_share(
    registry: OpenRegistry, wanted: ShareRequest, *, party: str, origin: str, by: str = "local"
) -> NewLink:
    """Make a private link to a certificate that `party` issued, under the registry's address `origin` (rule 2).

    Of a lot it is the latest certificate. `by` is the id of the token that asks, for the list of events.

    Raises:
        MissingError: `life.lot-unknown`; RefusedError: `life.not-issuer`, `holding.ambiguous`.
    """
    with writing(registry.engine) as connection:
        made = new_share(registry, connection, wanted, party=party)
        event = EventRow(made.row.created_ms, party, by, "share create", made.row.id, wanted.audience)
        add_events(connection, [event])
        connection.commit()
    return NewLink(link=made.link(origin), shared=_told(made.row, made.row.created_ms))


class NewShare(NamedTuple):
    """A private link that was just made: what is stored of it, and its secret, which is not."""

    row: ShareRow
    secret: str

    def link(self, origin: str) -> str:
        """Return the address under that of the registry."""
        return f"{origin}/c/{certificate_digest_text(self.row.certificate)}#key={self.secret}"


def new_share(registry: OpenRegistry, connection: Connection, wanted: ShareRequest, *, party: str) -> NewShare:
    """Make a private link within a transaction; raise as `create_share`."""
    now, random = registry.runtime.now_ms(), registry.runtime.random
    secret = new_secret(PREFIX, random)
    lot = own_lot(connection, party, wanted.lot)
    if is_certificate_digest(wanted.lot):
        certificate = certificate_digest_bytes(wanted.lot)
    else:
        certificate = lineage(connection, lot).latest
    row = ShareRow(
        secret_digest(secret),
        random(_ID_BYTES).hex(),
        party,
        certificate,
        wanted.audience,
        wanted.recipient,
        now,
        now + wanted.days * DAY_MS,
    )
    add_share(connection, row)
    return NewShare(row, secret)


def list_shares(registry: OpenRegistry, party: str) -> SharedLinks:
    """Return all private links that a party has made, the newest first, ended ones too."""
    now = registry.runtime.now_ms()
    with reading(registry.engine) as connection:
        return SharedLinks(links=tuple(_told(row, now) for row in shares_of(connection, party)))


def revoke_share(registry: OpenRegistry, share_id: str, *, party: str, by: str = "local") -> None:
    """End a party's private link at once and permanently; raise MissingError `share.unknown`."""
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        if not end_share(connection, share_id, party=party, now_ms=now):
            raise MissingError.at("share.unknown", share=share_id)
        for hook in hooks(connection, holder_of(share_id)):
            remove_hook(connection, hook.id)
        add_events(connection, [EventRow(now, party, by, "share revoke", share_id, "revoked")])
        connection.commit()


def resume_share(registry: OpenRegistry, share_id: str, *, party: str, by: str = "local") -> None:
    """Let a party's private link open again that is held since a restore; raise MissingError `share.not-held`."""
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        if not resume(connection, share_id, party=party):
            raise MissingError.at("share.not-held", share=share_id)
        add_events(connection, [EventRow(now, party, by, "share resume", share_id, "open")])
        connection.commit()


def find_share(watch: Watch, secret: str, *, now_ms: int) -> Share | None:
    """Return the private link of this secret that still opens its certificate, or None if there is none.

    Raises:
        AccessError: for who has the secret, `share.ended` of a link that has expired or was revoked, `share.held` of
            one that is held since a restore.
    """
    if not is_secret(secret, PREFIX):
        return None
    row = watch.share(secret_digest(secret))
    if row is None:
        return None
    state = state_of(row, now_ms)
    if state == "held":
        raise AccessError.at("share.held")
    if state != "open":
        ended_ms = min(row.expires_ms, row.revoked_ms or row.expires_ms)
        raise AccessError.at("share.ended", ended=time_text(ended_ms))
    return Share(row.id, certificate_digest_text(row.certificate), row.audience)


def count_share(registry: OpenRegistry, share_id: str) -> None:
    """Count one opening of the page behind a private link (rule 4); tell its maker of the first one."""
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        row = count_opening(connection, share_id, now_ms=now)
        if row.opened == 1:
            facts = {"recipient": row.recipient, "certificate": certificate_digest_text(row.certificate)}
            notify(connection, party=row.party, kind="link-opened", subject=share_id, facts=facts, now_ms=now)
        connection.commit()


def state_of(row: ShareRow, now_ms: int) -> Literal["open", "held", "expired", "revoked"]:
    """Return whether a private link opens its certificate at a time, or why not."""
    if row.revoked_ms is not None:
        return "revoked"
    if row.expires_ms <= now_ms:
        return "expired"
    return "open" if row.held_ms is None else "held"


def _told(row: ShareRow, now_ms: int) -> SharedLink:
    return SharedLink(
        id=row.id,
        certificate=certificate_digest_text(row.certificate),
        recipient=row.recipient,
        audience=row.audience,
        created=time_text(row.created_ms),
        expires=time_text(row.expires_ms),
        state=state_of(row, now_ms),
        opened=row.opened,
        last_opened=time_text(row.last_ms),
    )
