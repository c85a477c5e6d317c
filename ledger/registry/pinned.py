"""The trust lists that a registry goes by: its own, and those that it has pinned of other registries."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from ledger.registry.registry import OpenRegistry
from ledger.store.abroad import pinned_notes
from ledger.store.engine import reading
from ledger.store.reading import latest_published
from ledger.trust.pinned import Trust, open_trust
from ledger.trust.several import merged_trust, speaking_for
from schemas.problem import CheckError, InputError, Sentence, StateError


def trusted(registry: OpenRegistry) -> Trust:
    """Return this registry's own trust list with those that it has pinned; raise StateError `verify.trust-missing`."""
    with reading(registry.engine) as connection:
        return trust_in(connection)


def trust_in(connection: Connection) -> Trust:
    """Return, within a transaction, what `trusted` does."""
    own = latest_published(connection, "trust")
    if own is None:
        raise StateError.at("verify.trust-missing")
    return merged_trust(open_trust(own.text), others_pinned(connection))


def others_pinned(connection: Connection) -> Iterator[Trust]:
    """Yield each pinned trust list of others, as it speaks for the registries that it is pinned for."""
    pinned = pinned_notes(connection)
    for note in dict.fromkeys(pinned.values()):
        yield speaking_for(open_trust(note), {name for name, each in pinned.items() if each == note})


def check_pinned(registry: OpenRegistry) -> None:
    """Check that this registry's own trust list and the pinned ones can be read as one, or raise.

    Raises:
        StateError: `abroad.disagree`.
    """
    with reading(registry.engine) as connection:
        names = ", ".join(sorted(pinned_notes(connection)))
        try:
            if names:
                trust_in(connection)
        except (InputError, CheckError) as error:
            raise StateError.at(
                "abroad.disagree", reason=Sentence(error.problems[0].sentence()), names=Sentence(names)
            ) from error


def own_trust(connection: Connection) -> Trust | None:
    """Return the trust list of this registry alone; None before it has published one."""
    listed = latest_published(connection, "trust")
    return None if listed is None else open_trust(listed.text)
