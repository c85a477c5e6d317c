"""Tokens: who may do what over HTTP, for which party.

Rules:

1. A token is 256 random bits, shown once and kept as SHA-256; it
   acts for one tenant, a party by its DID, and may do what its scopes say and nothing else.
2. A revoked token, one that never was and one that is misspelled are told apart for nobody.
3. Making and revoking a token are events.
4. A token of a restored backup is held until the operator resumes it: it may have been revoked since.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.registry.registry import OpenRegistry
from ledger.seal.bearer import is_secret, new_secret, secret_digest
from ledger.store.desk import EventRow, TokenRow, add_events, add_token, end_token
from ledger.store.desk import resume_token as resume
from ledger.store.desk import tokens as stored_tokens
from ledger.store.engine import reading, writing
from ledger.store.parties import issuers
from ledger.store.watch import Watch
from schemas.person import SCOPES, Scope
from schemas.problem import AccessError, InputError, MissingError, RefusedError

PREFIX: Final = "ore_"
"""So that a scanner of leaked secrets can know one."""
_ID_BYTES: Final = 6


class Token(NamedTuple):
    """The public data of a token: id, party, scopes, and `revoked_ms` once it is revoked."""

    id: str
    tenant: str
    label: str
    scopes: tuple[Scope, ...]
    created_ms: int
    revoked_ms: int | None = None
    made_by: str = "operator"
    held: bool = False

    @property
    def author(self) -> str:
        """Who does what is done with it: the person who made it, else the token itself."""
        return self.made_by if self.made_by.startswith("person:") else f"token:{self.id}"


def create_token(
    registry: OpenRegistry, *, tenant: str, scopes: Sequence[str], label: str = "", by: str = "operator"
) -> tuple[Token, str]:
    """Make a token for a registered party; return it with its secret, which nobody can be told again.

    `by` is who makes it: what is done with a person's token, that person does.

    Raises:
        InputError: `token.scope`; RefusedError: `issue.unknown-producer`.
    """
    chosen = tuple(scope for scope in SCOPES if scope in scopes)
    if not chosen or len(chosen) != len(set(scopes)):
        raise InputError.at("token.scope", scopes=", ".join(scopes), known=", ".join(SCOPES))
    now = registry.runtime.now_ms()
    secret = new_secret(PREFIX, registry.runtime.random)
    token_id = registry.runtime.random(_ID_BYTES).hex()
    row = TokenRow(secret_digest(secret), token_id, tenant, label, " ".join(chosen), now, author=by)
    with writing(registry.engine) as connection:
        if tenant not in issuers(connection):
            raise RefusedError.at("issue.unknown-producer", producer=tenant)
        add_token(connection, row)
        add_events(connection, [EventRow(now, tenant, "local", "token create", row.id, row.scopes, by)])
        connection.commit()
    return _token(row), secret


def revoke_token(registry: OpenRegistry, token_id: str) -> None:
    """Revoke a token, from now on and for ever; raise MissingError `token.unknown`, also for one that was revoked."""
    now = registry.runtime.now_ms()
    with writing(registry.engine) as connection:
        tenants = {row.id: row.tenant for row in stored_tokens(connection)}
        if not end_token(connection, token_id, now_ms=now):
            raise MissingError.at("token.unknown", token=token_id)
        add_events(connection, [EventRow(now, tenants[token_id], "local", "token revoke", token_id, "revoked")])
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


def list_tokens(registry: OpenRegistry) -> list[Token]:
    """Return all tokens, revoked ones too, the oldest first."""
    with reading(registry.engine) as connection:
        return list(map(_token, stored_tokens(connection)))


def find_token(watch: Watch, secret: str) -> Token | None:
    """Return the token of this secret, or None if there is none that is in force (rule 2).

    Raises:
        AccessError: `token.held`, for who has the secret of a token that is held since a restore.
    """
    if not is_secret(secret, PREFIX):
        return None
    row = watch.token(secret_digest(secret))
    if row is None or row.revoked_ms is not None:
        return None
    if row.held_ms is not None:
        raise AccessError.at("token.held")
    return _token(row)


def _token(row: TokenRow) -> Token:
    known = row.scopes.split(" ")
    chosen = tuple(scope for scope in SCOPES if scope in known)
    return Token(
        row.id, row.tenant, row.label, chosen, row.created_ms, row.revoked_ms, row.author, row.held_ms is not None
    )
