"""DID documents that a registry knows: its own, and those of its parties with every key that they ever registered.

Rules: the registry serves its own document, and those of parties whose DID is ``did:web:<registry>:parties:<name>``; a
party with a domain of its own puts its document there itself.  A document says what the database says, as the trust
list does.  No verification here reads one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.registry.registry import OpenRegistry
from ledger.seal.did import PARTIES, DidKey, did_document, did_url
from ledger.seal.digest import from_base64url
from ledger.store.engine import reading
from ledger.store.parties import StoredKey, keys_of, parties, registry
from ledger.store.reading import latest_published
from ledger.trust.pinned import Trust, open_trust
from schemas.answers.did import DidDocument
from schemas.instant import instant_text
from schemas.problem import MissingError


class DidAddress(NamedTuple):
    """The address of a party's DID document, and whether this registry serves it there."""

    did: str
    url: str
    served: bool


def did_of(registry: str, *path: str) -> str:
    """Return the ``did:web`` of a registry, or one below it."""
    return ":".join(("did:web", registry, *path))


def registered_document(this_registry: OpenRegistry, did: str) -> DidDocument:
    """Return the document of the registry's own DID or of a party's; raise MissingError `did.unknown`."""
    with reading(this_registry.engine) as connection:
        return _registered(connection, did)


def hosted_documents(connection: Connection) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the text of each document that the registry serves."""
    name = registry(connection).id
    own = did_of(name)
    dids = [party.issuer.did for party in parties(connection) if party.issuer.did != own]
    for did in (own, *(each for each in dids if _served(name, each))):
        path = did_url(did).removeprefix(did_url(own).removesuffix(".well-known/did.json"))
        yield path, _registered(connection, did).to_json()


def addresses(this_registry: OpenRegistry) -> list[DidAddress]:
    """Return the addresses of the documents of all parties whose keys are kept here, by their DIDs."""
    with reading(this_registry.engine) as connection:
        custodial = [party.issuer.did for party in parties(connection) if party.custodial]
    return [
        DidAddress(did, did_url(did), is_served(this_registry, did)) for did in custodial if did.startswith("did:web:")
    ]


def is_served(this_registry: OpenRegistry, did: str) -> bool:
    """Return whether the registry serves the document of a DID that is registered."""
    return _served(this_registry.did, did)


def trusted_document(trust: Trust, did: str) -> DidDocument:
    """Return the document of a party by what a trust list names; raise MissingError `did.unknown`."""
    party = next((each for each in trust.listed.parties if each.did == did), None)
    if party is None:
        raise MissingError.at("did.unknown", did=did)
    return did_document(did, [DidKey(each.kid, from_base64url(each.public), each.compromised) for each in party.keys])


def _served(registry: str, did: str) -> bool:
    return did == did_of(registry) or did.startswith(f"{did_of(registry, PARTIES)}:")


def _registered(connection: Connection, did: str) -> DidDocument:
    known = registry(connection)
    keys = [_did_key(key) for key in keys_of(connection, did)]
    if did == did_of(known.id):
        former = [] if (stored := latest_published(connection, "trust")) is None else _former(stored.text, known.id)
        keys[:0] = [DidKey(known.status_kid, known.status_public), *former]
    if not keys:
        raise MissingError.at("did.unknown", did=did)
    return did_document(did, keys)


def _former(note: str, name: str) -> list[DidKey]:
    former = open_trust(note).registry(name).listed.former_status_keys or ()
    return [DidKey(key.kid, from_base64url(key.public), key.compromised) for key in former]


def _did_key(key: StoredKey) -> DidKey:
    revoked = None if key.compromised_ms is None else instant_text(key.compromised_ms)
    return DidKey(key.kid, key.public, revoked)
