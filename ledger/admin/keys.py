"""Register and end the keys of a registry's parties.

Rules:

1. What was logged before a key ended, or before it leaked, counts for ever. What was logged later does not count,
   whoever signed it. The time of the log decides: the time within a signed document is whatever its signer wrote.
2. A key ends with the next whole second, so all that is logged by now is before its end. From the commit on this
   registry signs nothing with it. An end only moves back: later one may learn that a key that has ended leaked before
   its end.
3. One commit changes the row in the database and logs the trust list that says the same.
4. A party may have several keys in force; the registry signs with the newest. Keys are numbered (`#key-2`), and no
   number is given twice.

A change is sent to nobody: a reader with an older trust list goes on trusting that list.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Connection

from ledger.admin.init import key_name, list_signer, make_key, own_kids
from ledger.admin.trust_list import keep_trust, other_uses, trusted_keys
from ledger.files.atomic import refusals_told
from ledger.registry.append import append, behind_commit
from ledger.registry.folder import Home
from ledger.registry.lists import next_trust
from ledger.registry.registry import OpenRegistry
from ledger.seal.did import DidKey, did_document
from ledger.seal.digest import from_base64url, to_base64url
from ledger.seal.keys import check_public_key, key_number
from ledger.store.engine import reading
from ledger.store.events import EventRow, add_events
from ledger.store.parties import StoredKey, keys, keys_of, parties, register_key
from ledger.store.parties import end_key as keep_end
from ledger.store.reading import latest_published
from ledger.trust.guests import is_guest
from ledger.trust.pinned import open_trust
from ledger.trust.roles import KeyUse, check_distinct
from schemas.answers.did import DidDocument
from schemas.document import replace
from schemas.instant import MILLISECONDS, epoch_ms, instant_text, whole_second
from schemas.problem import InputError, MissingError, RefusedError
from schemas.trust import MOST_KEYS, TrustList

PartyKey: TypeAlias = StoredKey
"""A public key of a party and when it may be used, in ms since 1970 UTC."""


def list_keys(registry: OpenRegistry) -> list[StoredKey]:
    """Return the keys of all parties, ended ones too: by party, the newest last."""
    with reading(registry.engine) as connection:
        return [key for party in parties(connection) for key in keys_of(connection, party.issuer.did)]


class KeysOfParty(NamedTuple):
    """The keys of a party, the newest last, and whether the registry keeps them."""

    custodial: bool
    keys: tuple[StoredKey, ...]


def keys_of_party(registry: OpenRegistry, party: str) -> KeysOfParty:
    """Return the keys of a party, ended ones too, and who keeps them."""
    with reading(registry.engine) as connection:
        custodial = any(each.custodial for each in parties(connection) if each.issuer.did == party)
        return KeysOfParty(custodial, tuple(keys_of(connection, party)))


def own_document(home: Home, did: str, *, passphrase: bytes) -> DidDocument:
    """Return the document of a party that keeps its keys in its own home.

    Raises:
        StateError: `home.key-missing`; InputError: `seal.key-file` for a wrong passphrase.
    """
    signers = (home.read_key(key_name(kid), kid=kid, passphrase=passphrase) for kid in own_kids(home, did))
    return did_document(did, [DidKey(signer.kid, signer.public) for signer in signers])


def end_key(
    home: Home, registry: OpenRegistry, kid: str, *, compromised: str | None = None, passphrase: bytes
) -> StoredKey:
    """End a key now; with `compromised`, a time, say that it was in others' hands from then on.

    Return it as it is then.

    Raises:
        MissingError: `key.unknown`.
        RefusedError: `key.ended`, when it ended before; `key.before`, `key.future`.
        InputError: `quantity.instant`.
        StateError: as `ledger.registry.append.append`; `home.key-missing`.
        CheckError: `trust.threshold`, where others must sign the trust list too.
    """
    since = None if compromised is None else leak_time(compromised)

    def change(connection: Connection, now_ms: int) -> StoredKey:
        known = next((key for key in keys(connection) if key.kid == kid), None)
        if known is None:
            raise MissingError.at("key.unknown", "kid", kid=kid)
        check_end(known, since, now_ms)
        until = known.until_ms or whole_second(now_ms) + MILLISECONDS
        keep_end(connection, kid, until_ms=until, compromised_ms=since)
        return known._replace(until_ms=until, compromised_ms=since)

    return _changed(home, registry, change, f"key end {kid} {compromised or ''}", passphrase=passphrase)


def add_key(home: Home, registry: OpenRegistry, kid: str, *, public: str | None = None, passphrase: bytes) -> StoredKey:
    """Register and return the next key of a party: `public`, base64url, or one that is made here.

    The same again is harmless.

    Raises:
        InputError: `key.form`; `seal.base64url`, `seal.key-*` for a public key that is none; `trust.key-shared` for one
            with another role.
        RefusedError: `issue.unknown-producer`, `key.here`, `key.own`, `key.next`, `key.twice`, `key.many`.
        StateError, CheckError: as `end_key`.
    """
    did, number = key_number(kid, place="kid")
    given = None if public is None else from_base64url(public, place="public")
    if given is not None:
        check_public_key(given, place="public")
    with reading(registry.engine) as connection:
        known = _registered(connection, kid, did, number, given)
    if known is not None:
        keep_trust(home, registry.engine)
        return known
    # A crash after this: a key that signs nothing yet, and the next who asks for it takes it.
    made = make_key(home, kid, registry.runtime, passphrase=passphrase).public if given is None else given

    def change(connection: Connection, now_ms: int) -> StoredKey:
        added = _registered(connection, kid, did, number, given)  # another process may have been quicker
        if added is None:
            added = StoredKey(kid, did, made, whole_second(now_ms))
            register_key(connection, added)
        return added

    return _changed(home, registry, change, f"key add {kid} {to_base64url(made)}", passphrase=passphrase)


def _changed(
    home: Home,
    registry: OpenRegistry,
    change: Callable[[Connection, int], StoredKey],
    action: str,
    *,
    passphrase: bytes,
) -> StoredKey:
    """Change a key and log the trust list that says so (rule 3); return the key."""

    def listed(connection: Connection, now_ms: int, before: TrustList) -> tuple[StoredKey, dict[str, object]]:
        key = change(connection, now_ms)
        told = " ".join(action.split()[:2])
        add_events(connection, [EventRow(now_ms, key.party, "local", told, key.kid, _state(key))])
        registered = keys(connection)
        named = (
            each if is_guest(each) else replace(each, keys=trusted_keys(registered, each.did))
            for each in before.parties
        )
        return key, {"parties": tuple(named)}

    return list_anew(home, registry, listed, action, passphrase=passphrase)


Changed = TypeVar("Changed")


def list_anew(
    home: Home,
    registry: OpenRegistry,
    change: Callable[[Connection, int, TrustList], tuple[Changed, dict[str, object]]],
    action: str,
    *,
    passphrase: bytes,
) -> Changed:
    """Change the database and log the trust list with these members changed, in one commit (rule 3).

    `change` is given the time in ms and the list before; `action` names it alike each time (`ListSigner`). Raise as
    `end_key`.
    """
    signer = list_signer(home, registry.did, action, passphrase=passphrase)
    with append(registry) as transaction:
        connection = transaction.connection
        stored = latest_published(connection, "trust")
        if stored is None:
            raise MissingError.at("store.record-missing")
        known = open_trust(stored.text)
        now_ms = signer.time(known, transaction.now_ms)
        made, members = change(connection, now_ms, known.listed)
        _, posting = next_trust(known, members, signer.signed, now_ms=now_ms)
        transaction.log(posting)
    # A crash here: it is logged, and the home's own list is of before; whoever opens the registry to sign mends that.
    with behind_commit(registry), refusals_told(home.trust):
        keep_trust(home, registry.engine)
    return made


def leak_time(text: str) -> int:
    """Return the time from which others may have had a key; raise InputError `quantity.instant`."""
    try:
        return epoch_ms(text)
    except InputError as error:
        raise InputError(*(problem._replace(place="compromised") for problem in error.problems)) from error


def check_end(key: StoredKey, compromised_ms: int | None, now_ms: int) -> None:
    """Refuse a time that can't be right, and an end that doesn't move back (rule 2)."""
    if compromised_ms is not None:
        told = instant_text(compromised_ms)
        if compromised_ms > now_ms:
            raise RefusedError.at("key.future", "compromised", value=told)
        if compromised_ms < key.since_ms:
            raise RefusedError.at("key.before", "compromised", value=told, since=instant_text(key.since_ms))
    if key.end_ms is not None and (compromised_ms is None or compromised_ms >= key.end_ms):
        raise RefusedError.at("key.ended", "kid", kid=key.kid, ended=instant_text(key.end_ms))


def _registered(connection: Connection, kid: str, did: str, number: int, public: bytes | None) -> StoredKey | None:
    """Return the key that is registered as `kid` already, None where it may be; refuse what may not be (rule 4)."""
    party = next((each for each in parties(connection) if each.issuer.did == did), None)
    if party is None:
        raise RefusedError.at("issue.unknown-producer", "kid", producer=did)
    if party.custodial and public is not None:
        raise RefusedError.at("key.here", "public", did=did)
    if not party.custodial and public is None:
        raise RefusedError.at("key.own", "public", did=did, kid=kid)
    own = keys_of(connection, did)
    known = next((key for key in own if key.kid == kid), None)
    if known is not None and public in {None, known.public}:
        return known
    twice = next((key for key in keys(connection) if key.public == public), None)
    if twice is not None:
        raise RefusedError.at("key.twice", "public", kid=twice.kid)
    if public is not None:
        check_distinct([*other_uses(connection), KeyUse("issuer", kid, public, "public")])
    highest = max((key_number(key.kid)[1] for key in own), default=0)
    if number <= highest:
        raise RefusedError.at("key.next", "kid", did=did, next=f"{did}#key-{highest + 1}")
    if len(own) >= MOST_KEYS:
        raise RefusedError.at("key.many", "kid", did=did, limit=MOST_KEYS)
    return None


def _state(key: StoredKey) -> str:
    """Return how an event tells what became of a key."""
    if key.compromised_ms is not None:
        return f"compromised {instant_text(key.compromised_ms)}"
    return "registered" if key.until_ms is None else f"ended {instant_text(key.until_ms)}"
