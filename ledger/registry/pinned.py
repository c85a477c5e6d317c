"""The trust lists that a registry goes by: its own, and those that it has pinned of other registries."""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.registry.registry import OpenRegistry
from ledger.store.abroad import pinned_notes
from ledger.store.engine import reading
from ledger.store.reading import latest_published
from ledger.trust.pinned import Trust, open_trust
from ledger.trust.several import merged_trust
from schemas.problem import StateError


def trusted(registry: OpenRegistry) -> Trust:
    """Return this registry's own trust list with those that it has pinned; raise StateError `verify.trust-missing`."""
    with reading(registry.engine) as connection:
        return trust_in(connection)


def trust_in(connection: Connection) -> Trust:
    """Return, within a transaction, what `trusted` does."""
    own = latest_published(connection, "trust")
    if own is None:
        raise StateError.at("verify.trust-missing")
    others = dict.fromkeys(pinned_notes(connection).values())
    return merged_trust(open_trust(own.text), map(open_trust, others))


def own_trust(connection: Connection) -> Trust | None:
    """Return the trust list of this registry alone; None before it has published one."""
    listed = latest_published(connection, "trust")
    return None if listed is None else open_trust(listed.text)
