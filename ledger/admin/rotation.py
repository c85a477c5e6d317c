"""Replace the registry's own keys: of its status lists, of its trust list, and of its vault. End those of cosigners.

Rules:

1. What the key before signed or sealed counts and opens as before.  The trust list names each earlier key of its own,
   of its status lists, of a witness or of a monitor with its end.  A trust list is signed by its earlier keys, too, as
   long as the home has them.
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
from ledger.admin.trust_list import kept_trust
from ledger.desk.hooks import hook_secret, list_hooks
from ledger.log.vkey import VerifierKey
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
from ledger.trust.terms import dates_after, terms_of, watching
from ledger.witnessing.cosigners import forget_cosigner
from schemas.document import replace
from schemas.instant import MILLISECONDS, epoch_ms, instant_text, whole_second
from schemas.problem import MissingError, RefusedError, StateError
from schemas.trust import MOST_KEYS, KeyDates, PartyKey, Quorum, TrustList


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


def rotate_trust(home: Home, registry: OpenRegistry, *, compromised: str | None = None, passphrase: bytes) -> str:
    """Sign trust lists with another key from now on; return it as others pin it (vkey).

    `compromised` is as for `end_key`, of the key before.  Where others must sign the list too, the same again takes the
    same key.

    Raises:
        InputError: `quantity.instant`; StateError, CheckError: as `list_anew`.
    """
    leaked = None if compromised is None else instant_text(leak_time(compromised))
    own = {key.to_text() for key, _ in endorsers(home, registry.did, passphrase=passphrase)}
    numbers = [int(name.removeprefix("trust-")) for name in home.key_names() if name.startswith("trust-")]
    newest = f"did:web:{registry.did}#trust-{max(numbers, default=1)}"
    # A crash after this: a key that no list names, whose signature nobody counts, and the next run takes it.
    made = _made(home, registry, newest if numbers else _following(newest), passphrase=passphrase)
    known = kept_trust(home)
    if known is not None and made.public in terms_of(known.listed.keys, known.listed.dates):
        made = _made(home, registry, _following(newest), passphrase=passphrase)

    def change(connection: Connection, now_ms: int, before: TrustList) -> tuple[str, dict[str, object]]:
        _note(connection, registry, made.kid, now_ms)
        key = trust_key(registry.did, made).to_text()
        keys = (*(each for each in before.keys if each not in own), key)
        return key, {"keys": keys, "dates": dates_after(before, keys, now_ms=now_ms, leaked=leaked)}

    return list_anew(home, registry, change, f"key rotate trust {compromised or ''}", passphrase=passphrase)


def end_cosigner(
    home: Home, registry: OpenRegistry, name: str, *, compromised: str | None = None, passphrase: bytes
) -> StoredKey:
    """End the key of a witness or monitor, as `end_key` ends one of a party.  Return it as it is then.

    What it cosigned before counts, unless it leaked.

    Raises:
        MissingError: `key.unknown`; RefusedError: `key.quorum`, `key.ended`, `key.before`, `key.future`.
        InputError: `quantity.instant`; StateError, CheckError: as `list_anew`.
    """
    leaked_ms = None if compromised is None else leak_time(compromised)

    def change(_connection: Connection, now_ms: int, before: TrustList) -> tuple[StoredKey, dict[str, object]]:
        own = next(each for each in before.registries if each.id == registry.did)
        for role in ("witnesses", "monitors"):
            asked: Quorum = getattr(own, role)
            for term in watching(asked).values():
                if term.key.name == name:
                    key, quorum = _ended(registry.did, asked, term.key, leaked_ms, now_ms)
                    listed = replace(own, **{role: quorum})
                    return key, {
                        "registries": tuple(listed if each.id == own.id else each for each in before.registries)
                    }
        raise MissingError.at("key.unknown", "kid", kid=name)

    ended = list_anew(home, registry, change, f"key end {name} {compromised or ''}", passphrase=passphrase)
    forget_cosigner(home, name)
    return ended


def _ended(
    registry: str, asked: Quorum, key: VerifierKey, leaked_ms: int | None, now_ms: int
) -> tuple[StoredKey, Quorum]:
    """Return a key of a quorum as it is once it has ended now, and the quorum without it."""
    text, leaked = key.to_text(), None if leaked_ms is None else instant_text(leaked_ms)
    known = next((each for each in asked.dates or () if each.key == text), KeyDates(key=text))
    since, until, before = (
        None if each is None else epoch_ms(each) for each in (known.since, known.until, known.compromised)
    )
    stored = StoredKey(key.name, registry, key.public, since or 0, until, before)
    check_end(stored, leaked_ms, now_ms)
    kept = tuple(each for each in asked.keys if each != text)
    if len(kept) < asked.least:
        raise RefusedError.at("key.quorum", "kid", kid=key.name, left=len(kept), least=asked.least)
    if text in asked.keys:
        dates = dates_after(asked, kept, now_ms=now_ms, leaked=leaked)
    else:
        dates = tuple(replace(each, compromised=leaked) if each is known else each for each in asked.dates or ())
    end = until or whole_second(now_ms) + MILLISECONDS
    return stored._replace(until_ms=end, compromised_ms=leaked_ms), replace(asked, keys=kept, dates=dates)


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
