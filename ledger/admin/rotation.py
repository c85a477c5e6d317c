"""Replace the registry's own keys: of its status lists, of its trust list, and of its vault.

Rules:

1. What the key before signed or sealed counts and opens as before.  The trust list names each earlier status key with
   its end.  A trust list is signed by its earlier keys, too, as long as the home has them.
2. A number is given once, and no file of a key is overwritten or removed: who knows that a key leaked removes it.
3. One commit changes the database and logs the trust list that says the same.

The key of a log changes with the log (`ledger.admin.rollover`), those of parties by `ledger.admin.keys`. A guest's key
is its name.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

from sqlalchemy import Connection

from ledger.admin.init import endorsers, trust_key
from ledger.admin.keys import check_end, leak_time, list_anew
from ledger.desk.hooks import hook_secret, list_hooks
from ledger.registry.folder import Home
from ledger.registry.lists import publish_status
from ledger.registry.registry import OpenRegistry
from ledger.registry.vault_keys import newest_number, note_vault, vault_name
from ledger.seal.digest import from_base64url, to_base64url
from ledger.seal.signer import SoftwareSigner
from ledger.store.engine import reading, writing
from ledger.store.events import EventRow, add_events
from ledger.store.outbox import MAIL
from ledger.store.parties import StoredKey, change_status_key
from schemas.document import replace
from schemas.instant import MILLISECONDS, epoch_ms, instant_text, whole_second
from schemas.problem import RefusedError, StateError
from schemas.trust import MOST_KEYS, PartyKey, TrustList


def rotate_status(home: Home, registry: OpenRegistry, *, compromised: str | None = None, passphrase: bytes) -> PartyKey:
    """Sign status lists with another key from now on, and return it; `compromised` is as for `end_key`.

    Raises:
        RefusedError: `key.before`, `key.future`, `key.many`; InputError: `quantity.instant`.
        StateError, CheckError: as `list_anew`.
    """
    leaked_ms = None if compromised is None else leak_time(compromised)

    def change(connection: Connection, now_ms: int, before: TrustList) -> tuple[PartyKey, dict[str, object]]:
        own = next(each for each in before.registries if each.id == registry.did)
        last, former = own.status_key, own.former_status_keys or ()
        if len(former) >= MOST_KEYS:
            raise RefusedError.at("key.many", did=registry.did, limit=MOST_KEYS)
        stored = StoredKey(last.kid, registry.did, from_base64url(last.public), epoch_ms(last.since))
        check_end(stored, leaked_ms, now_ms)
        now, leaked = whole_second(now_ms), None if leaked_ms is None else instant_text(leaked_ms)
        ended = replace(last, until=instant_text(now + MILLISECONDS), compromised=leaked)
        made = _made(home, registry, _following(last.kid), passphrase=passphrase)
        present = PartyKey(kid=made.kid, public=to_base64url(made.public), since=instant_text(now))
        change_status_key(connection, made.kid, made.public)
        _note(connection, registry, made.kid, now_ms)
        listed = replace(own, status_key=present, former_status_keys=(*former, ended))
        return present, {"registries": tuple(listed if each.id == own.id else each for each in before.registries)}

    action = f"key rotate status {compromised or ''}"
    present = list_anew(home, registry, change, action, passphrase=passphrase)
    # A crash here: the lists are published anew when they change, or within half a day.
    publish_status(registry, signer=registry.status_named(present.kid), anew=leaked_ms is not None)
    return present


def rotate_trust(home: Home, registry: OpenRegistry, *, passphrase: bytes) -> str:
    """Sign trust lists with another key, too, from now on; return it as others pin it (vkey).

    Raises:
        StateError, CheckError: as `list_anew`.
    """
    own = {key.to_text() for key, _ in endorsers(home, registry.did, passphrase=passphrase)}
    numbers = [int(name.removeprefix("trust-")) for name in home.key_names() if name.startswith("trust-")]
    # A crash after this: a key that no list names, whose signature nobody counts.
    made = _made(home, registry, f"did:web:{registry.did}#trust-{max(numbers, default=1) + 1}", passphrase=passphrase)

    def change(connection: Connection, now_ms: int, before: TrustList) -> tuple[str, dict[str, object]]:
        _note(connection, registry, made.kid, now_ms)
        key = trust_key(registry.did, made).to_text()
        return key, {"keys": (*(each for each in before.keys if each not in own), key)}

    return list_anew(home, registry, change, "key rotate trust", passphrase=passphrase)


class HookSecret(NamedTuple):
    """The new secret of a webhook, for its receiver."""

    hook: str
    party: str
    address: str
    secret: str


def rotate_vault(home: Home, registry: OpenRegistry, *, passphrase: bytes) -> list[HookSecret]:
    """Seal secrets by another key from now on; return the new secrets of webhooks.

    Messages have a signature by each secret, so receivers have time to take the new one. Sealed secrets stay as they
    are: the key before opens them.
    """
    with suppress(StateError):  # `home.vault-missing`: the next key is the remedy
        registry.vault()  # a home of an earlier version gets its first key
    with reading(registry.engine) as connection:
        number = newest_number(home, connection, registry.did) + 1
    # A crash after this: the key counts from now on, and its loss would not be told.
    _made(home, registry, f"did:web:{registry.did}#{vault_name(number)}", passphrase=passphrase)
    with writing(registry.engine) as connection:
        note_vault(connection, registry.did, number, now_ms=registry.runtime.now_ms())
        connection.commit()
    return [
        HookSecret(each.id, each.party, each.address, hook_secret(registry, each.id))
        for each in list_hooks(registry)
        if not each.address.startswith(MAIL)
    ]


def _following(kid: str) -> str:
    """Return the id of the key after a registry's own key."""
    did, _, name = kid.partition("#")
    word, _, number = name.partition("-")
    return f"{did}#{word}-{int(number or 1) + 1}"


def _made(home: Home, registry: OpenRegistry, kid: str, *, passphrase: bytes) -> SoftwareSigner:
    return home.key(kid.partition("#")[2], kid=kid, passphrase=passphrase, random=registry.runtime.random)


def _note(connection: Connection, registry: OpenRegistry, kid: str, now_ms: int) -> None:
    add_events(connection, [EventRow(now_ms, registry.did, "local", "key rotate", kid, "registered")])
