"""Making a home: a registry with its log, its keys and the parties it serves; and opening what was made.

Rules: it may be done again, and adds only what is new; of several who do it at once each waits for the one before; no
key is ever made twice or overwritten; log, status and trust keys are different keys, and each party has its own.  Where
nobody says who witnesses and monitors the log, the trust list names none: it is a pilot, and every report says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache, partial
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.admin.entering import enter
from ledger.admin.holders import PARTIES_CHANGE, Endorser, ListSigner
from ledger.admin.trust_list import Keys, check_signed, keep_trust, kept_trust, next_trust, write_trust
from ledger.files.atomic import locked
from ledger.log.origin import number_of, origin_of
from ledger.log.vkey import VerifierKey
from ledger.registry.admission import own_keys, signers_of
from ledger.registry.append import begin_log
from ledger.registry.cosignature_store import FileCosigned
from ledger.registry.folder import Home
from ledger.registry.guest_keys import HomeGuestKeys
from ledger.registry.head_store import head_place
from ledger.registry.lists import publish_status, published_trust
from ledger.registry.readiness import check_clock, check_head, later_entries
from ledger.registry.registry import NoGuestKeys, OpenRegistry, Pen, Runtime
from ledger.registry.vault_keys import VaultKeys, vault_name
from ledger.seal.keys import did_key_kid, key_number
from ledger.seal.signer import Signer, SoftwareSigner
from ledger.store.engine import reading, writing
from ledger.store.logs import latest_head, log_started
from ledger.store.parties import (
    StoredKey,
    kept_keys,
    keys_of,
    register_key,
    registry,
)
from ledger.store.reading import latest_published
from ledger.trust.changes import TrustChange, changes, listed_facts
from ledger.trust.pinned import harm_in, harm_of, open_trust
from ledger.witnessing.cosigners import addresses, keep_cosigners, wanted_addresses
from schemas.identifier import is_trial
from schemas.instant import whole_second
from schemas.parties import Parties
from schemas.problem import MissingError, OreprintError, Problem, StateError
from schemas.trust import TrustList

_TRUST_KEY: Final = re.compile(r"trust(?:-[0-9]+)?")


def is_registry(home: Home) -> bool:
    """Return whether there is a registry in a home.

    One that was being made when its process ended has none yet, and is made by `init`.

    Raises:
        StateError: `home.emptied`, `store.*`.
    """
    engine = home.opened()
    if engine is None:
        nothing = home.no_registry()
        if nothing.code == "home.emptied":
            raise nothing
        return False
    try:
        with reading(engine) as connection:
            registry(connection)
    except MissingError:
        return False
    finally:
        engine.dispose()
    return True


def open_book(home: Home, runtime: Runtime, *, passphrase: bytes | None) -> OpenRegistry:
    """Return the registry of a home, ready to read; with `passphrase` also to sign.

    Raises:
        StateError: `home.missing`, `home.emptied`, `home.key-missing`, `home.key-other`, `home.trust-damaged`,
            `store.*`.
        InputError: `seal.key-file` for a wrong passphrase, `seal.key-damaged`.
    """
    engine = home.opened()
    if engine is None:
        raise home.no_registry()
    with reading(engine) as connection:
        try:
            known = registry(connection)
        except MissingError as error:  # its making was cut off
            raise home.no_registry() from error
        kept = kept_keys(connection)
    log = VerifierKey.parse(known.log_key)
    signers: dict[str, Signer] = {}
    sign_head: Callable[[bytes], bytes] = _cannot_sign
    status: SoftwareSigner | None = None
    if passphrase is not None:
        newest = {key.party: key for key in kept}
        signers = {did: _party_signer(home, key, passphrase) for did, key in newest.items()}
        sign_head = log_signer(home, log, passphrase=passphrase).sign
        status = _status_named(home, passphrase, known.status_kid, known.status_public)
        kept_trust(home)  # parties pin it, so nothing is signed beside one that can't be read
        # a list that can't be kept now, the next who signs keeps; what is wrong with it, an audit says
        with suppress(OSError, OreprintError):
            keep_trust(home, engine)
    later, further = cache(partial(_pen, home, passphrase)), partial(_further, home, passphrase, {})
    cosigned = FileCosigned(home.path)
    guests = NoGuestKeys() if passphrase is None else HomeGuestKeys(home, passphrase, runtime.random)
    opened = OpenRegistry(
        known.id,
        engine,
        home.heads(log),
        log,
        sign_head,
        signers,
        runtime,
        cosigned,
        later,
        further,
        guests=guests,
        status=status,
    )
    if passphrase is None:
        return opened
    vault = VaultKeys(home, engine, known.id, passphrase)
    return replace(opened, status_named=cache(partial(_status_named, home, passphrase)), vault=vault)


def _pen(home: Home, passphrase: bytes | None, log: VerifierKey) -> Pen:
    return Pen(log, _cannot_sign if passphrase is None else log_signer(home, log, passphrase=passphrase).sign)


def _further(home: Home, passphrase: bytes | None, read: dict[str, Signer], key: StoredKey) -> Signer | None:
    """Return the signer of a key registered since the registry was opened; None if the home lacks it."""
    if passphrase is not None and key.kid not in read and home.has_key(key_name(key.kid)):
        read[key.kid] = _party_signer(home, key, passphrase)
    return read.get(key.kid)


def _party_signer(home: Home, key: StoredKey, passphrase: bytes) -> SoftwareSigner:
    return home.read_key(key_name(key.kid), kid=key.kid, passphrase=passphrase, public=key.public)


def check_keys(home: Home, opened: OpenRegistry) -> None:
    """Check the files of the keys that a registry signs by, as far as that needs no passphrase.

    Raises as `Home.check_keys`.
    """
    with reading(opened.engine) as connection:
        kept = {key.party: key_name(key.kid) for key in kept_keys(connection)}
        status = _own_name(registry(connection).status_kid)
    listed = [name for name in home.key_names() if _TRUST_KEY.fullmatch(name)] or ["trust"]
    home.check_keys([_log_key(opened.log.name)[0], status, *listed, *kept.values()])


def log_signer(home: Home, log: VerifierKey, *, passphrase: bytes) -> SoftwareSigner:
    """Return the key that signs the heads of a log; raise as `Home.read_key`."""
    name, kid = _log_key(log.name)
    return home.read_key(name, kid=kid, passphrase=passphrase, public=log.public)


def _log_key(origin: str) -> tuple[str, str]:
    """Return under which name, and as whose, the key of a log is kept."""
    number = number_of(origin)
    name = "log" if number == 1 else f"log-{number}"
    return name, f"did:web:{origin.partition('/')[0]}#{name}"


def make_log_key(home: Home, origin: str, runtime: Runtime, *, passphrase: bytes) -> VerifierKey:
    """Return the key of a log that is to be opened, made where there is none."""
    name, kid = _log_key(origin)
    return VerifierKey(origin, home.key(name, kid=kid, passphrase=passphrase, random=runtime.random).public)


def _cannot_sign(_message: bytes) -> bytes:
    raise StateError.at("home.locked")


def status_signer(home: Home, name: str, *, passphrase: bytes) -> SoftwareSigner:
    """Return the first key that signed the status lists of the registry `name`."""
    return _status_named(home, passphrase, f"did:web:{name}#status")


def _status_named(home: Home, passphrase: bytes, kid: str, public: bytes | None = None) -> SoftwareSigner:
    return home.read_key(_own_name(kid), kid=kid, passphrase=passphrase, public=public)


def _own_name(kid: str) -> str:
    """Return the name under which a key of the registry itself is kept."""
    return kid.partition("#")[2]


def refresh_status(home: Home, this_registry: OpenRegistry, *, passphrase: bytes) -> int:
    """Publish the status lists that are due; return how many."""
    return publish_status(this_registry, signer=status_signer(home, this_registry.did, passphrase=passphrase))


def init(home: Home, wanted: Parties, runtime: Runtime, *, passphrase: bytes, demo: bool = False) -> OpenRegistry:
    """Return the registry of `init_told`."""
    return init_told(home, wanted, runtime, passphrase=passphrase, demo=demo).registry


class Begun(NamedTuple):
    """The result of `init`: the open registry, its changes, and whether it is new.

    `renewed_until` is the end of a trust list that says what the one before said, for longer (RFC 3339); None where
    none was renewed.  `harm` are changes that readers take only on their own word.
    """

    registry: OpenRegistry
    changes: list[TrustChange]
    new: bool
    renewed_until: str | None
    harm: list[Problem]


def init_told(home: Home, wanted: Parties, runtime: Runtime, *, passphrase: bytes, demo: bool = False) -> Begun:
    """Create the home of a registry, or add new parties, plants and keys to it. Write and log its trust list.

    Raises:
        StateError: `home.other-registry`, `home.other-database`, when the home is of another registry, or has its
            database elsewhere; `home.head-missing`, `home.behind-*`, when its last head isn't where it is looked for,
            or isn't of this database; `home.clock-*`, `home.trust-expired`, `home.dated-later`, when a clock must be
            set or vouched for.  Nothing was added then.
        InputError: `home.passphrase`, `seal.key-file`; `parties.*`, `trust.*`, `home.bucket`, and then nothing was
            added.
    """
    own = _own_keys(home, wanted)
    if home.bucket is not None:
        head_place(home.bucket)
    home.make()
    with locked(home.path / "init.lock"):
        known = is_registry(home)
        if known:
            _check_head(home, runtime)
            _check_clock(home, wanted, runtime)
        else:
            kid = f"did:web:{wanted.registry}#{vault_name(1)}"
            home.key(vault_name(1), kid=kid, passphrase=passphrase, random=runtime.random)
        made = _registry_keys(home, wanted.registry, runtime, passphrase=passphrase)
        signer = _signer(home, made, wanted)
        now = signer.time(kept_trust(home), runtime.now_ms())
        if known:  # whatever others must sign, they sign before anything is entered
            lists = _planned(home, wanted, made, own, runtime, now=now, passphrase=passphrase)
            check_signed(home, signer, *lists, runtime)
        _register(home, wanted, made, own, now, runtime, passphrase=passphrase, demo=demo)
        this_registry = open_book(home, runtime, passphrase=passphrase)
        begin_log(this_registry)
        asked = addresses(home)
        before, after = write_trust(home, this_registry, made, wanted, signer)
        keep_cosigners(home, wanted)
        told = changes(listed_facts(before) | asked, listed_facts(after) | addresses(home))
    renewed = before is not None and before.number < after.number and not told
    harm = (
        [] if before is None or before == after else harm_in(before, published_trust(this_registry, after.number).note)
    )
    return Begun(this_registry, told, before is None, after.expires if renewed else None, harm)


class Planned(NamedTuple):
    """The changes that a parties file would make, and those among them that readers take only on their own word.

    `file` holds the list as it was proposed; None where nothing was.
    """

    changes: list[TrustChange]
    harm: list[Problem]
    file: Path | None


def planned(home: Home, wanted: Parties, runtime: Runtime, *, passphrase: bytes, propose: bool = False) -> Planned:
    """Return what `init_told` would change in the trust list of a registry that exists, and change nothing.

    With `propose` the list is kept as a proposal, which others can sign.

    Raises:
        StateError, InputError: as `init_told`, for all that it would refuse.
    """
    own = _own_keys(home, wanted)
    with locked(home.path / "init.lock"):
        _check_head(home, runtime)
        _check_clock(home, wanted, runtime)
        made = _registry_keys(home, wanted.registry, runtime, passphrase=passphrase)
        signer = _signer(home, made, wanted)
        now = signer.time(kept_trust(home), runtime.now_ms())
        keys_of_home = passphrase if propose else None
        before, after = _planned(home, wanted, made, own, runtime, now=now, passphrase=keys_of_home)
        place = signer.propose(after) if propose else None
    asked = addresses(home)
    found = changes(listed_facts(before) | asked, listed_facts(after) | wanted_addresses(home, wanted))
    harm = [] if before is None else harm_of(before, after)
    return Planned(found, harm, place)


def _planned(
    home: Home,
    wanted: Parties,
    made: Keys,
    own: dict[str, bytes],
    runtime: Runtime,
    *,
    now: int,
    passphrase: bytes | None,
) -> tuple[TrustList | None, TrustList]:
    """Return the trust list of a home, and the next one by a parties file, of which nothing stays in the database.

    With `passphrase` the keys of new parties are made, and are in the list.  A key that nobody lists signs nothing, and
    whoever next enters its party takes it.
    """
    this_registry = open_book(home, runtime, passphrase=None)
    with writing(this_registry.engine) as connection:  # left without a commit
        enter(home, connection, wanted, made, own, whole_second(now), demo=False)
        if passphrase is not None:
            _register_keys(home, connection, wanted, own, whole_second(now), runtime, passphrase=passphrase)
        lists = next_trust(home, this_registry, connection, made, wanted, now=now)
    this_registry.engine.dispose()
    return lists


def _signer(home: Home, made: Keys, wanted: Parties) -> ListSigner:
    """Return what signs the next list for a parties file."""
    text = wanted.model_dump_json(indent=2, by_alias=True, exclude_none=True).encode() + b"\n"
    change = f"{PARTIES_CHANGE} {sha256(text).hexdigest()}"
    return ListSigner(home, made.endorsers, change, text)


def _check_head(home: Home, runtime: Runtime) -> None:
    """Refuse to add to a registry whose last signed head isn't where it is looked for, or isn't of its database."""
    this_registry = open_book(home, runtime, passphrase=None)
    with writing(this_registry.engine) as connection:
        if log_started(connection):
            check_head(this_registry, connection)
    this_registry.engine.dispose()


def _check_clock(home: Home, wanted: Parties, runtime: Runtime) -> None:
    """Refuse a clock that cannot be used for signing, before anything is written.

    Who vouches for it names the entries that it contradicts.

    Raises:
        StateError: as `ledger.registry.readiness.entry_time`; `home.dated-later`.
    """
    this_registry = open_book(home, runtime, passphrase=None)
    check_clock(this_registry)
    if runtime.vouched:
        with reading(this_registry.engine) as connection:
            head, stored = latest_head(connection), latest_published(connection, "trust")
            later = later_entries(connection, head, runtime.now_ms())
        known = open_trust(stored.text).registry(this_registry.did).logs[head.origin].voided if stored else frozenset()
        if unnamed := [index for index in later if index not in known | {*wanted.voided}]:
            raise StateError.at("home.dated-later", entries=", ".join(map(str, unnamed)))
    this_registry.engine.dispose()


def _registry_keys(home: Home, name: str, runtime: Runtime, *, passphrase: bytes) -> Keys:
    """Return the registry's own keys, made where they are not there yet; of its logs the first one's."""
    log = make_log_key(home, origin_of(name, 1), runtime, passphrase=passphrase)
    status, trust = (
        home.key(key, kid=f"did:web:{name}#{key}", passphrase=passphrase, random=runtime.random)
        for key in ("status", "trust")
    )
    return Keys(log, status, trust_key(name, trust), endorsers(home, name, passphrase=passphrase))


def list_signer(home: Home, name: str, change: str, *, passphrase: bytes) -> ListSigner:
    """Return what signs the next trust list of the registry `name` for a change, with the keys in its home."""
    return ListSigner(home, endorsers(home, name, passphrase=passphrase), change)


def endorsers(home: Home, name: str, *, passphrase: bytes) -> list[Endorser]:
    """Return all that sign the trust list of the registry `name`: its present key, and those before.

    So whoever pinned a list of an earlier key can follow to the newest.
    """
    keys = [
        home.read_key(key, kid=f"did:web:{name}#{key}", passphrase=passphrase)
        for key in home.key_names()
        if _TRUST_KEY.fullmatch(key)
    ]
    return [(trust_key(name, key), key.sign) for key in keys]


def check_list_key(home: Home, name: str, *, passphrase: bytes | None) -> None:
    """Check that the home has the key of its own that its trust list names, as far as that can be seen, or raise.

    A list that only others sign names none.

    Raises:
        StateError: `home.list-key`; InputError: `seal.key-file` for a wrong passphrase.
    """
    known = kept_trust(home)
    keys = [] if known is None else [VerifierKey.parse(key) for key in known.listed.keys]
    own = {key.public for key in keys if key.name == f"{name}/trust"}
    if passphrase is None:
        there = own if any(map(_TRUST_KEY.fullmatch, home.key_names())) else set()
    else:
        there = own & {key.public for key, _ in endorsers(home, name, passphrase=passphrase)}
    if own and not there:
        raise StateError.at("home.list-key", str(home.trust), path=home.path)


def trust_key(name: str, signer: SoftwareSigner) -> VerifierKey:
    """Return the key of the trust list of the registry `name`, as others pin it."""
    return VerifierKey(f"{name}/trust", signer.public)


def first_kid(did: str) -> str:
    """Return the id of a party's first key: of a `did:key` the only one."""
    return did_key_kid(did) if did.startswith("did:key:") else f"{did}#key-1"


def make_key(home: Home, name: str, runtime: Runtime, *, passphrase: bytes) -> SoftwareSigner:
    """Return the key of an id `name`, or a party's first; make it where there is none.

    No registry is needed for it.  Raises InputError `key.form`.
    """
    kid = name if "#" in name else first_kid(name)
    if not name.startswith("did:key:"):
        key_number(kid)
    return home.key(key_name(kid), kid=kid, passphrase=passphrase, random=runtime.random)


def own_kids(home: Home, did: str) -> list[str]:
    """Return the ids of the keys that a party keeps in its own home, the newest last; else its first key's id."""
    begin = key_name(f"{did}#key-")
    counted = [name.removeprefix(begin) for name in home.key_names() if name.startswith(begin)]
    numbers = sorted(int(each) for each in counted if each.isdecimal())
    return [f"{did}#key-{number}" for number in numbers] or [first_kid(did)]


def newest_kid(home: Home, did: str) -> str:
    """Return the id of the newest key that a party keeps in its own home; of its first, where there is none."""
    return own_kids(home, did)[-1]


def key_name(kid: str) -> str:
    """Return the name under which a party's key is kept."""
    return kid.removeprefix("did:").replace(":", ".").replace("%3A", ".").replace("#", ".")


def _own_keys(home: Home, wanted: Parties) -> dict[str, bytes]:
    """Return the keys of those who sign for themselves; the party of a trial is a `did:key` whose key is kept here."""
    own = own_keys(wanted)
    if not is_trial(wanted.registry):
        return own
    return {did: public for did, public in own.items() if not home.has_key(key_name(first_kid(did)))}


def _register(  # noqa: PLR0913 - what `enter` needs, and who keeps the keys
    home: Home,
    wanted: Parties,
    made: Keys,
    own: dict[str, bytes],
    now_ms: int,
    runtime: Runtime,
    *,
    passphrase: bytes,
    demo: bool,
) -> None:
    """Store the registry and its parties, each with its plants and its key."""
    now, engine = whole_second(now_ms), home.engine()
    with writing(engine) as connection:
        enter(home, connection, wanted, made, own, now, demo=demo)
        _register_keys(home, connection, wanted, own, now, runtime, passphrase=passphrase)
        connection.commit()
    engine.dispose()  # the registry is opened as anybody opens it


def _register_keys(
    home: Home,
    connection: Connection,
    wanted: Parties,
    own: dict[str, bytes],
    now: int,
    runtime: Runtime,
    *,
    passphrase: bytes,
) -> None:
    """Store the first key of each party that has none: its own, or one that is made here."""
    for _, party in signers_of(wanted):
        if not keys_of(connection, party.did):
            public = own.get(party.did) or make_key(home, party.did, runtime, passphrase=passphrase).public
            register_key(connection, StoredKey(first_kid(party.did), party.did, public, now))
