"""Guests in a trust list: keys with which a registry holds for customers who have no DID.

A guest has no name of a customer, no plant and no kind of product. It may sign moves and nothing else, and the registry
keeps its key. It is listed before its first own move, since nobody believes a move whose signer is not listed.
"""

from __future__ import annotations

from typing import Final

from ledger.seal.digest import to_base64url
from ledger.seal.keys import did_key_kid, did_key_public
from schemas.document import replace
from schemas.instant import instant_text
from schemas.name import Name
from schemas.trust import Party, PartyKey, TrustList

GUEST_NAMES: Final = (Name(lang="en", text="Guest of this registry"),)


def is_guest(party: Party) -> bool:
    """Return whether a listed party is a guest."""
    may = (party.names, party.facilities, party.kinds, party.statements, party.custodial)
    return party.did.startswith("did:key:") and may == (GUEST_NAMES, (), (), ("move",), True)


def listed_guest(did: str, *, since_ms: int) -> Party:
    """Return a guest as a trust list names it; `since_ms` is the whole second from which its moves count."""
    key = PartyKey(kid=did_key_kid(did), public=to_base64url(did_key_public(did)), since=instant_text(since_ms))
    return Party(did=did, names=GUEST_NAMES, keys=(key,), facilities=(), kinds=(), statements=("move",), custodial=True)


def guests_in(listed: TrustList | None) -> tuple[Party, ...]:
    """Return the guests that a trust list names, in its order; none without a list."""
    return tuple(filter(is_guest, listed.parties)) if listed else ()


def with_guests(listed: TrustList, dids: tuple[str, ...], *, since_ms: int) -> dict[str, object]:
    """Return what changes in a trust list that names these guests, too."""
    new = tuple(listed_guest(did, since_ms=since_ms) for did in dids)
    return {"parties": (*listed.parties, *new)}


def with_guest_ended(listed: TrustList, did: str, *, until_ms: int) -> dict[str, object]:
    """Return what changes in a trust list in which a guest's key is good until a whole second."""

    def ended(party: Party) -> Party:
        if party.did != did:
            return party
        return replace(party, keys=tuple(replace(key, until=instant_text(until_ms)) for key in party.keys))

    return {"parties": tuple(map(ended, listed.parties))}
