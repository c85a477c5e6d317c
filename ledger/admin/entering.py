"""Enter the parties of a file into a registry's database.

Rules: everything is checked before anything is kept; the caller commits, or leaves it and so has only asked.
"""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.admin.trust_list import Keys, check_wanted_auditors, other_uses
from ledger.registry.admission import check_keys, check_parties, signers_of
from ledger.registry.folder import Home
from ledger.registry.vault_keys import note_vault
from ledger.seal.digest import to_base64url
from ledger.store.parties import (
    StoredRegistry,
    facilities,
    issuers,
    keys,
    register_facility,
    register_party,
    register_registry,
    registry,
    rename_party,
)
from ledger.trust.roles import KeyUse
from schemas.certificate import Facility, Issuer
from schemas.parties import Parties, WrittenParty
from schemas.problem import MissingError, StateError


def enter(
    home: Home,
    connection: Connection,
    wanted: Parties,
    made: Keys,
    own: dict[str, bytes],
    now: int,
    *,
    demo: bool,
) -> None:
    """Check a parties file, and store the registry, its parties and their plants, without keys.

    `own` are the keys of the parties that sign for themselves, by DID; `now` is in ms.

    Raises:
        StateError: `home.other-registry`, `home.other-database`; InputError: `parties.*`, `trust.*`.
    """
    try:
        known = registry(connection)
    except MissingError:
        if home.trust.exists():
            raise StateError.at("home.other-database", path=home.path, database=home.where) from None
        known = StoredRegistry(wanted.registry, made.log.to_text(), made.status.kid, made.status.public, now)
        register_registry(connection, known)
        note_vault(connection, known.id, 1, now_ms=now)
    if known.id != wanted.registry:
        raise StateError.at("home.other-registry", path=home.path, registry=known.id)
    check_parties(wanted, issuers(connection), facilities(connection), _public_keys(connection))
    check_keys(wanted, own, _key_uses(connection, made))
    before = issuers(connection)
    for _, party in signers_of(wanted):
        custodial, issuer = party.did not in own, Issuer(did=party.did, names=party.names)
        register_party(connection, issuer, custodial=custodial, demo=demo and custodial)
        was = before.get(party.did)
        if was is not None and was.names != party.names:
            rename_party(connection, Issuer(did=was.did, names=party.names, registration=was.registration))
        for plant in party.facilities if isinstance(party, WrittenParty) else ():
            register_facility(
                connection,
                party.did,
                Facility(id=plant.id, name=plant.name, country=plant.country, region=plant.region),
            )
    check_wanted_auditors(home, connection, wanted)


def _public_keys(connection: Connection) -> dict[str, list[str]]:
    """Return the public keys of each party as the parties file writes them, ended ones too."""
    found: dict[str, list[str]] = {}
    for key in keys(connection):
        found.setdefault(key.party, []).append(to_base64url(key.public))
    return found


def _key_uses(connection: Connection, made: Keys) -> list[KeyUse]:
    """Return the purpose of each key that the registry has or names."""
    return [
        KeyUse.of("trust list", made.trust),
        KeyUse.of("log", made.log),
        KeyUse("status", made.status.kid, made.status.public),
        *other_uses(connection),
        *(KeyUse("issuer", key.kid, key.public) for key in keys(connection)),
    ]
