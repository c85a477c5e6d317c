"""Registered parties: producers with their plants and public keys.

Rules: registrations are added and never changed, except that a key ends and a party is renamed.  The trust list says
what others may believe.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from ledger.seal.keys import check_public_key
from ledger.store import schema
from ledger.store.engine import ask, insert_rows
from schemas.certificate import Facility, Issuer
from schemas.problem import MissingError

PROFILES_KEPT: Final = 4096
"""Parsed profiles of parties and plants in the cache; each commit asks for all of them."""

_PARTIES: Final = select(schema.PARTIES.c.profile, schema.PARTIES.c.custodial, schema.PARTIES.c.demo).order_by(
    schema.PARTIES.c.did
)
_FACILITIES: Final = select(schema.FACILITIES.c.id, schema.FACILITIES.c.party, schema.FACILITIES.c.profile).order_by(
    schema.FACILITIES.c.id
)


class StoredParty(NamedTuple):
    """A party: its name on certificates, whether the registry keeps its keys, and whether it is invented."""

    issuer: Issuer
    custodial: bool
    demo: bool


class StoredKey(NamedTuple):
    """A public key of a party with its period of use, in ms since 1970 UTC."""

    kid: str
    party: str
    public: bytes
    since_ms: int
    until_ms: int | None = None
    compromised_ms: int | None = None

    @property
    def end_ms(self) -> int | None:
        """The end of its use; None while it is in force."""
        return min((end for end in (self.until_ms, self.compromised_ms) if end is not None), default=None)

    def good(self, now_ms: int) -> bool:
        """Return whether a signature by it may be logged now."""
        return self.since_ms <= now_ms and (self.end_ms is None or now_ms < self.end_ms)


class StoredRegistry(NamedTuple):
    """The registry itself: its id, the vkey of its log, its status key."""

    id: str
    log_key: str
    status_kid: str
    status_public: bytes
    since_ms: int


def register_registry(connection: Connection, registry: StoredRegistry) -> None:
    """Store the identity of the registry of this database."""
    insert_rows(connection, schema.REGISTRY, [registry])


def change_status_key(connection: Connection, kid: str, public: bytes) -> None:
    """Store that another key signs the registry's status lists."""
    connection.execute(update(schema.REGISTRY).values(status_kid=kid, status_public=public))


def registry(connection: Connection) -> StoredRegistry:
    """Return the registry of this database; raise MissingError `store.record-missing` if it is not stored yet."""
    row = connection.execute(_REGISTRY).first()
    if row is None:
        raise MissingError.at("store.record-missing")
    return StoredRegistry(*row)


_REGISTRY: Final = select(schema.REGISTRY)


def register_party(connection: Connection, issuer: Issuer, *, custodial: bool, demo: bool = False) -> None:
    """Add a party, unless its DID exists."""
    if not connection.scalar(select(schema.PARTIES.c.did).where(schema.PARTIES.c.did == issuer.did)):
        insert_rows(connection, schema.PARTIES, [(issuer.did, issuer.to_text(), custodial, demo)])


def rename_party(connection: Connection, issuer: Issuer) -> None:
    """Store the names that a party has now; the trust list keeps those that it had."""
    named = update(schema.PARTIES).where(schema.PARTIES.c.did == issuer.did)
    connection.execute(named.values(profile=issuer.to_text()))


def register_facility(connection: Connection, did: str, facility: Facility) -> None:
    """Add a plant of a party, unless its id exists."""
    if not connection.scalar(select(schema.FACILITIES.c.id).where(schema.FACILITIES.c.id == facility.id)):
        insert_rows(connection, schema.FACILITIES, [(facility.id, did, facility.to_text())])


def register_key(connection: Connection, key: StoredKey) -> None:
    """Add a public key of a party, unless its id exists; raise InputError `seal.key-*` for a refused one."""
    check_public_key(key.public, place=key.kid)
    if not connection.scalar(select(schema.PARTY_KEYS.c.kid).where(schema.PARTY_KEYS.c.kid == key.kid)):
        insert_rows(connection, schema.PARTY_KEYS, [key])


def end_key(connection: Connection, kid: str, *, until_ms: int, compromised_ms: int | None = None) -> None:
    """Store the end of a key's use, and the time from which it is known to be compromised."""
    values = {"until_ms": until_ms, "compromised_ms": compromised_ms}
    connection.execute(update(schema.PARTY_KEYS).where(schema.PARTY_KEYS.c.kid == kid).values(values))


@lru_cache(maxsize=PROFILES_KEPT)
def _issuer(profile: str) -> Issuer:
    return Issuer.from_text(profile)


@lru_cache(maxsize=PROFILES_KEPT)
def _facility(profile: str) -> Facility:
    return Facility.from_text(profile)


def parties(connection: Connection) -> list[StoredParty]:
    """Return all parties by DID."""
    rows = connection.execute(_PARTIES)
    return [StoredParty(_issuer(row.profile), row.custodial, row.demo) for row in rows]


def issuers(connection: Connection) -> dict[str, Issuer]:
    """Return the name of each party on certificates, by DID."""
    return {party.issuer.did: party.issuer for party in parties(connection)}


def facilities(connection: Connection) -> dict[str, tuple[str, Facility]]:
    """Return each plant with the DID of its party, by the plant's id."""
    return {row.id: (row.party, _facility(row.profile)) for row in connection.execute(_FACILITIES)}


_KEYS: Final = select(schema.PARTY_KEYS).order_by(schema.PARTY_KEYS.c.kid)
_KEYS_OF: Final = select(schema.PARTY_KEYS).where(schema.PARTY_KEYS.c.party == bindparam("party"))


def keys(connection: Connection) -> list[StoredKey]:
    """Return all public keys by key id."""
    return [StoredKey(*row) for row in ask(connection, _KEYS)]


def keys_of(connection: Connection, did: str) -> list[StoredKey]:
    """Return the public keys of a party, the newest last."""
    return sorted((StoredKey(*row) for row in ask(connection, _KEYS_OF, did)), key=_age)


def kept_keys(connection: Connection) -> list[StoredKey]:
    """Return the keys in force of the custodial parties, the newest of each party last."""
    kept = {party.issuer.did for party in parties(connection) if party.custodial}
    return sorted((key for key in keys(connection) if key.party in kept and key.end_ms is None), key=_age)


def _age(key: StoredKey) -> tuple[int, int, str]:
    """Return the sort key of a party's keys; within one second the one with the higher number is newer."""
    return key.since_ms, len(key.kid), key.kid
