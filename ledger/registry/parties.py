"""The parties of a registry, as they name themselves on what they sign."""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading
from ledger.store.parties import facilities, issuers
from schemas.answers.life import Membership
from schemas.problem import RefusedError


def check_registered(connection: Connection, did: str) -> None:
    """Check that a DID is that of a party here; raise RefusedError `issue.unknown-producer`."""
    if did not in issuers(connection):
        raise RefusedError.at("issue.unknown-producer", producer=did)


def membership(registry: OpenRegistry, did: str) -> Membership:
    """Return the registry's name, and the names and plants of the party `did`; raise as `check_registered`."""
    with reading(registry.engine) as connection:
        check_registered(connection, did)
        plants = tuple(plant for owner, plant in facilities(connection).values() if owner == did)
        return Membership(registry=registry.did, issuer=issuers(connection)[did], facilities=plants)


def names_of_parties(registry: OpenRegistry) -> dict[str, list[str]]:
    """Return the names of each party, by DID, in the order of the DIDs."""
    with reading(registry.engine) as connection:
        return {did: [name.text for name in issuer.names] for did, issuer in sorted(issuers(connection).items())}
