"""Who is registered: producers with their plants and public keys.

Rules: what is registered is never changed, only added to and, for a key, ended; the trust list says what others may believe.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select, update

from ledger.seal.keys import check_public_key
from ledger.store import schema
from ledger.store.engine import insert_rows
from schemas.certificate import Facility, Issuer
from schemas.problem import MissingError

if TYPE_CHECKING:
    from sqlalchemy import Connection


PROFILES_KEPT: Final = 4096
"""Profiles of parties and plants that stay read: every commit asks for all of them."""

_PARTIES: Final = select(schema.PARTIES.c.profile, schema.PARTIES.c.custodial, schema.PARTIES.c.demo).order_by(
    schema.PARTIES.c.did
)
_FACILITIES: Final = select(schema.FACILITIES.c.id, schema.FACILITIES.c.party, schema.FACILITIES.c.profile).order_by(
    schema.FACILITIES.c.id
)


class StoredParty(NamedTuple):
    """A party: how it names itself on certificates, whether its keys are kept here, and whether it is invented."""

    issuer: Issuer
    custodial: bool
    demo: bool


class StoredKey(NamedTuple):
    """A public key of a party and when it may be used, in ms since 1970 UTC."""

    kid: str
    party: str
    public: bytes
    since_ms: int
    until_ms: int | None = None
    compromised_ms: int | None = None

    @property
    def end_ms(self) -> int | None:
        """From when on nothing that it signed counts; None while it is in force."""
        return min((end for end in (self.until_ms, self.compromised_ms) if end is not None), default=None)

    def good(self, now_ms: int) -> bool:
        """Tell whether what it signed may be logged now."""
        return self.since_ms <= now_ms and (self.end_ms is None or now_ms < self.end_ms)


class StoredRegistry(NamedTuple):
    """The registry itself: its id, the vkey of its log, its status key."""

    id: str
    log_key: str
    status_kid: str
    status_public: bytes
    since_ms: int


def register_registry(connection: Connection, registry: StoredRegistry) -> None:
    """Write down whose database this is."""
    insert_rows(connection, schema.REGISTRY, [registry])


def registry(connection: Connection) -> StoredRegistry:
    """Return whose database this is; raise MissingError `store.record-missing` before it is written down."""
    found = connection.execute(select(schema.REGISTRY)).first()
    if found is None:
        raise MissingError.at("store.record-missing")
    return StoredRegistry(*found)


def register_party(connection: Connection, issuer: Issuer, *, custodial: bool, demo: bool = False) -> None:
    """Add a party, unless its DID is there."""
    if not connection.scalar(select(schema.PARTIES.c.did).where(schema.PARTIES.c.did == issuer.did)):
        insert_rows(connection, schema.PARTIES, [(issuer.did, issuer.to_text(), custodial, demo)])


def register_facility(connection: Connection, did: str, facility: Facility) -> None:
    """Add a plant of a party, unless its id is there."""
    if not connection.scalar(select(schema.FACILITIES.c.id).where(schema.FACILITIES.c.id == facility.id)):
        insert_rows(connection, schema.FACILITIES, [(facility.id, did, facility.to_text())])


def register_key(connection: Connection, key: StoredKey) -> None:
    """Add a public key of a party, unless its id is there; raise InputError `seal.key-*` for one that must be refused."""
    check_public_key(key.public, place=key.kid)
    if not connection.scalar(select(schema.PARTY_KEYS.c.kid).where(schema.PARTY_KEYS.c.kid == key.kid)):
        insert_rows(connection, schema.PARTY_KEYS, [key])


def end_key(connection: Connection, kid: str, *, until_ms: int, compromised_ms: int | None = None) -> None:
    """Say until when a key may be used, and from when on it is known to be in others' hands."""
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
    """Return how each party names itself on certificates, by DID."""
    return {party.issuer.did: party.issuer for party in parties(connection)}


def facilities(connection: Connection) -> dict[str, tuple[str, Facility]]:
    """Return each plant with the DID of its party, by the plant's id."""
    return {row.id: (row.party, _facility(row.profile)) for row in connection.execute(_FACILITIES)}


def keys(connection: Connection) -> list[StoredKey]:
    """Return all public keys by key id."""
    return [StoredKey(*row) for row in connection.execute(select(schema.PARTY_KEYS).order_by(schema.PARTY_KEYS.c.kid))]


def keys_of(connection: Connection, did: str) -> list[StoredKey]:
    """Return the public keys of a party, the newest last."""
    rows = connection.execute(select(schema.PARTY_KEYS).where(schema.PARTY_KEYS.c.party == did))
    return sorted((StoredKey(*row) for row in rows), key=_age)


def kept_keys(connection: Connection) -> list[StoredKey]:
    """Return the keys in force of the parties whose keys the registry keeps, of each party the newest last."""
    kept = {party.issuer.did for party in parties(connection) if party.custodial}
    return sorted((key for key in keys(connection) if key.party in kept and key.end_ms is None), key=_age)


def _age(key: StoredKey) -> tuple[int, int, str]:
    """Return what puts a party's keys in order: of one second the one that is counted higher is newer."""
    return key.since_ms, len(key.kid), key.kid
