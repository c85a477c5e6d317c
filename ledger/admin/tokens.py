"""Tokens: who may do what over HTTP, for which party.

Rules:

1. A token is 256 random bits, shown once and kept as SHA-256; it
   acts for one tenant, a party by its DID, and may do what its scopes say and nothing else.
2. A revoked token, one that never was and one that is misspelled are told apart for nobody.
3. Making and revoking a token are events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger.registry.registry import OpenRegistry
from ledger.seal.bearer import is_secret, new_secret, secret_digest
from ledger.store.desk import EventRow, TokenRow, add_events, add_token, end_token
from ledger.store.desk import tokens as stored_tokens
from ledger.store.engine import reading, writing
from ledger.store.parties import issuers
from ledger.store.watch import Watch
from schemas.person import SCOPES, Scope
from schemas.problem import InputError, MissingError, RefusedError

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


def create_token(registry: OpenRegistry, *, tenant: str, scopes: Sequence[str], label: str = "") -> tuple[Token, str]:
    """Make a token for a registered party; return it with its secret, which nobody can be told again.

    Raises:
        InputError: `token.scope`; RefusedError: `issue.unknown-producer`.
    """
    chosen = tuple(scope for scope in SCOPES if scope in scopes)
    if not chosen or len(chosen) != len(set(scopes)):
        raise InputError.at("token.scope", scopes=", ".join(scopes), known=", ".join(SCOPES))
    now = registry.runtime.now_ms()
    secret = new_secret(PREFIX, registry.runtime.random)
    row = TokenRow(
        secret_digest(secret), registry.runtime.random(_ID_BYTES).hex(), tenant, label, " ".join(chosen), now
    )
    with writing(registry.engine) as connection:
        if tenant not in issuers(connection):
            raise RefusedError.at("issue.unknown-producer", producer=tenant)
        add_token(connection, row)
        add_events(connection, [EventRow(now, tenant, "local", "token create", row.id, row.scopes)])
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


def list_tokens(registry: OpenRegistry) -> list[Token]:
    """Return all tokens, revoked ones too, the oldest first."""
    with reading(registry.engine) as connection:
        return list(map(_token, stored_tokens(connection)))


def find_token(watch: Watch, secret: str) -> Token | None:
    """Return the token of this secret, or None if there is none that is in force (rule 2)."""
    if not is_secret(secret, PREFIX):
        return None
    row = watch.token(secret_digest(secret))
    return None if row is None or row.revoked_ms is not None else _token(row)


def _token(row: TokenRow) -> Token:
    known = row.scopes.split(" ")
    chosen = tuple(scope for scope in SCOPES if scope in known)
    return Token(row.id, row.tenant, row.label, chosen, row.created_ms, row.revoked_ms)
