"""The health of a registry, part by part: whether it can read, sign and store now."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ledger.registry.pinned import own_trust
from ledger.registry.readiness import check_cosigners, entry_time, proven_head, trust_expires
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading
from ledger.store.forms import check_form
from ledger.store.logs import StoredHead, latest_head
from ledger.store.parties import kept_keys
from schemas.problem import OreprintError


class Health(NamedTuple):
    """The state of each part (`ok` or the code of its fault), and the log's size, or None if its head is wrong."""

    checks: dict[str, str]
    log_size: int | None


class Summary(NamedTuple):
    """The number of entries of all logs, when the trust list ends in ms since 1970 UTC, and how many keys may sign it.

    The end is None, and the keys are 0, without a list.
    """

    entries: int
    trust_expires_ms: int | None
    keys_of_list: int


def health(registry: OpenRegistry) -> Health:
    """Check the database, the keys, the room for the next head, the head against the last one signed, and the clock."""
    checks = dict.fromkeys(("database", "keys", "head", "clock", "disk"), "not checked")
    sizes: list[int] = []
    try:
        check_form(registry.engine)  # another process may have changed it
        with reading(registry.engine) as connection:
            checks["database"] = "ok"
            checks["keys"] = "ok" if all(map(registry.signer_of, kept_keys(connection))) else "home.locked"
            checks["clock"] = _state(lambda: entry_time(registry, connection, latest_head(connection).end))
        checks["disk"] = _state(registry.heads.check_room)
        checks["head"] = _state(lambda: sizes.append(_head(registry).size))
    except OreprintError as error:
        checks["database"] = error.code
    return Health(checks, sizes[0] if sizes else None)


def summary(registry: OpenRegistry) -> Summary:
    """Return how long the registry's logs are and when its trust list ends; raise StateError `store.unreadable`."""
    with reading(registry.engine) as connection:
        own = own_trust(connection)
        keys = 0 if own is None else len(own.listed.keys)
        return Summary(latest_head(connection).end, trust_expires(registry, connection), keys)


def _head(registry: OpenRegistry) -> StoredHead:
    found = proven_head(registry)
    check_cosigners(registry, found)
    return found


def _state(check: Callable[[], object]) -> str:
    try:
        check()
    except OreprintError as error:
        return error.code
    return "ok"
