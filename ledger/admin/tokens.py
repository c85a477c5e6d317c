"""Tokens: who may do what over HTTP, for which party.

Rules:

1. A token is 256 random bits, shown once and kept as SHA-256; it
   acts for one tenant, a party by its DID, and may do what its scopes say and nothing else.
2. Nobody can tell a revoked token from one that has expired, never was, or is misspelled.
3. Making, rotating and revoking a token are events.
4. The author of an act by a token is the person who made the token or last rotated it. The desk makes and rotates
   no token that approves, because approving is a person's own word, and none with the scope `admin`, which reads the
   counts of the whole registry.
5. A token of a restored backup is held until the operator resumes it: it may have been revoked since.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.registry.approval import OPERATOR
from ledger.registry.registry import OpenRegistry
from ledger.seal.bearer import is_secret, new_secret, secret_digest
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.parties import issuers
from ledger.store.tokens import TokenRow, add_token, change_secret, end_token, note_uses
from ledger.store.tokens import resume_token as resume
from ledger.store.tokens import tokens as stored_tokens
from ledger.store.watch import Watch
from schemas.instant import DAY_MS
from schemas.person import SCOPES, Scope
from schemas.problem import AccessError, InputError, MissingError, RefusedError

PREFIX: Final = "ore_"
"""So that a scanner of leaked secrets can know one."""
DESK_SCOPES: Final[tuple[Scope, ...]] = tuple(scope for scope in SCOPES if scope not in {"approve", "admin"})
"""Scopes of a token that is made at the desk (rule 4)."""
DAYS: Final = 90
"""The days that a token of a person is good for, unless it says otherwise."""
MOST_DAYS: Final = 730
MOST_LABEL: Final = 80
"""Characters of a label."""
_ID_BYTES: Final = 6


class Token(NamedTuple):
    """The public data of a token: id, party, scopes and times in ms since 1970 UTC, and who made or last rotated it."""

    id: str
    tenant: str
    label: str
    scopes: tuple[Scope, ...]
    created_ms: int
    revoked_ms: int | None = None
    made_by: str = "operator"
    expires_ms: int | None = None
    rotated_ms: int | None = None
    used_ms: int | None = None
    held: bool = False

    @property
    def author(self) -> str:
        """The author of its acts: the person who made or last rotated it, else the token itself."""
        return self.made_by if self.made_by.startswith("person:") else f"token:{self.id}"

    def in_force(self, now_ms: int) -> bool:
        """Return whether it opens anything."""
        return self.revoked_ms is None and (self.expires_ms is None or now_ms < self.expires_ms)


def create_token(
    registry: OpenRegistry,
    *,
    tenant: str,
    scopes: Sequence[str],
    label: str = "",
    days: int | None = None,
    by: str = OPERATOR,
) -> tuple[Token, str]:
    """Make a token for a registered party; return it with its secret, which nobody can be told again.

    It ends after `days`, or never. `by` is who makes it: what is done with a person's token, that person does.

    Raises:
        InputError: `token.scope`, `token.days`, `token.label`; RefusedError: `issue.unknown-producer`.
    """
    chosen = tuple(scope for scope in SCOPES if scope in scopes)
    if not chosen or len(chosen) != len(set(scopes)):
        raise InputError.at("token.scope", "scopes", scopes=", ".join(scopes) or "none", known=", ".join(SCOPES))
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise InputError.at("token.days", "days", limit=MOST_DAYS)
    if len(label) > MOST_LABEL or not label.isprintable():
        raise InputError.at("token.label", "label", limit=MOST_LABEL)
    now = registry.runtime.now_ms()
    secret = new_secret(PREFIX, registry.runtime.random)
    token_id = registry.runtime.random(_ID_BYTES).hex()
    expires = None if days is None else now + days * DAY_MS
    row = TokenRow(secret_digest(secret), token_id, tenant, label, " ".join(chosen), now, author=by, expires_ms=expires)
    with writing(registry.engine) as connection:
        if tenant not in issuers(connection):
            raise RefusedError.at("issue.unknown-producer", producer=tenant)
        add_token(connection, row)
        add_events(connection, [_event(now, row, "token create", row.scopes, by)])
        connection.commit()
    return _token(row), secret


def rotate_token(
    registry: OpenRegistry, token_id: str, *, party: str | None = None, by: str = OPERATOR
) -> tuple[Token, str]:
    """Give a token another secret and return both; the earlier secret opens nothing from now on.

    It is good for as many days as before, from now. With `party`, it must be of that party.

    Raises:
        MissingError: `token.unknown`, also for one that is not in force; RefusedError: `token.operators`.
    """
    now = registry.runtime.now_ms()
    secret = new_secret(PREFIX, registry.runtime.random)
    with writing(registry.engine) as connection:
        row = _in_force(connection, token_id, party, now)
        if by != OPERATOR and not set(row.scopes.split()) <= set(DESK_SCOPES):
            raise RefusedError.at("token.operators", scopes=row.scopes, token=token_id)
        span = None if row.expires_ms is None else row.expires_ms - (row.rotated_ms or row.created_ms)
        changed = row._replace(
            digest=secret_digest(secret), author=by, rotated_ms=now, expires_ms=None if span is None else now + span
        )
        change_secret(connection, changed)
        add_events(connection, [_event(now, row, "token rotate", row.scopes, by)])
        connection.commit()
    return _token(changed), secret


def revoke_token(registry: OpenRegistry, token_id: str, *, party: str | None = None, by: str = OPERATOR) -> None:
    """Revoke a token, from now on and for ever; with `party`, one of that party.

    Raises:
        MissingError: `token.unknown`, also for one that was revoked.
    """
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        row = _found(connection, token_id, party)
        if not end_token(connection, token_id, now_ms=now):
            raise MissingError.at("token.unknown", token=token_id)
        add_events(connection, [_event(now, row, "token revoke", "revoked", by)])
        connection.commit()


def resume_token(registry: OpenRegistry, token_id: str) -> None:
    """Let a token act again that is held since a restore; raise MissingError `token.not-held`."""
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        tenants = {row.id: row.tenant for row in stored_tokens(connection)}
        if not resume(connection, token_id):
            raise MissingError.at("token.not-held", token=token_id)
        add_events(connection, [EventRow(now, tenants[token_id], "local", "token resume", token_id, "in force")])
        connection.commit()


def list_tokens(registry: OpenRegistry, party: str | None = None) -> list[Token]:
    """Return all tokens, or those of a party, revoked ones too, the oldest first."""
    with reading(registry.engine) as connection:
        return list(map(_token, stored_tokens(connection, party)))


def find_token(watch: Watch, secret: str, *, now_ms: int) -> Token | None:
    """Return the token of this secret, or None if there is none that is in force (rule 2).

    Raises:
        AccessError: `token.held`, for who has the secret of a token that is held since a restore.
    """
    if not is_secret(secret, PREFIX):
        return None
    row = watch.token(secret_digest(secret))
    found = None if row is None else _token(row)
    if found is None or not found.in_force(now_ms):
        return None
    if found.held:
        raise AccessError.at("token.held")
    return found


def keep_uses(registry: OpenRegistry, used_ms: Mapping[str, int]) -> None:
    """Store when tokens were used last, by their ids; a server tells it once a minute."""
    with writing(registry.engine) as connection:
        note_uses(connection, used_ms)
        connection.commit()


def _found(connection: Connection, token_id: str, party: str | None) -> TokenRow:
    row = next((each for each in stored_tokens(connection, party) if each.id == token_id), None)
    if row is None:
        raise MissingError.at("token.unknown", token=token_id)
    return row


def _in_force(connection: Connection, token_id: str, party: str | None, now_ms: int) -> TokenRow:
    row = _found(connection, token_id, party)
    if not _token(row).in_force(now_ms):
        raise MissingError.at("token.unknown", token=token_id)
    return row


def _event(now_ms: int, row: TokenRow, action: str, outcome: str, by: str) -> EventRow:
    """Return the event of a change of a token: `local` is the command line of the operator."""
    return EventRow(now_ms, row.tenant, "local" if by == OPERATOR else "", action, row.id, outcome, by)


def _token(row: TokenRow) -> Token:
    known = row.scopes.split(" ")
    chosen = tuple(scope for scope in SCOPES if scope in known)
    return Token(
        row.id,
        row.tenant,
        row.label,
        chosen,
        row.created_ms,
        row.revoked_ms,
        row.author,
        row.expires_ms,
        row.rotated_ms,
        row.used_ms,
        row.held_ms is not None,
    )
