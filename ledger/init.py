"""Making a home: a registry with its log, its keys, the parties it serves, and a trust list that names them all.

Rules: it may be done again, and adds only what is new; of several who do it at once each waits for the one before; no key is ever made
twice or overwritten; log, status and trust keys are different keys, and each party has its own.  Where nobody says who witnesses and
monitors the log, the trust list names none: it is a pilot, and every report says so.  What this module does not do: it reads no clock and no environment.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Final

from ledger.admission import check_parties, own_keys, signers_of
from ledger.append import begin_log
from ledger.book import Book, Pen
from ledger.cosigned import FileCosigned
from ledger.cosigners import keep_cosigners, quorum
from ledger.durable import locked, write_durably
from ledger.log.origin import number_of, origin_of
from ledger.log.vkey import VerifierKey
from ledger.publish import TRUST_YEARS_MS, publish_status, publish_trust
from ledger.seal.digest import to_base64url
from ledger.seal.keys import did_key_kid, numbered
from ledger.store.engine import reading, writing
from ledger.store.parties import (
    StoredKey,
    StoredRegistry,
    facilities,
    issuers,
    kept_keys,
    keys,
    keys_of,
    parties,
    register_facility,
    register_key,
    register_party,
    register_registry,
    registry,
)
from ledger.store.reading import latest_published
from ledger.trust.pinned import open_trust, sign_trust, succeed
from schemas.attestation import in_order
from schemas.certificate import Facility, Issuer
from schemas.instant import instant_text, whole_second
from schemas.lot import normal_lot
from schemas.parties import WrittenParty
from schemas.problem import MissingError, OreprintError, StateError
from schemas.trust import Attesting, Log, Party, PartyKey, Plant, Quorum, Registry, Scheme, TrustFile, TrustList, Voided

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Connection, Engine

    from ledger.book import Surroundings
    from ledger.home import Home
    from ledger.seal.signer import Signer, SoftwareSigner
    from ledger.trust.pinned import Trust
    from schemas.parties import Parties
    from schemas.vocabulary import Kind, StatementKind

STATEMENTS: Final[tuple[StatementKind, ...]] = ("move", "undo", "withdraw", "suspend", "lift")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a registry itself."""

    log: VerifierKey
    status: SoftwareSigner
    trust: VerifierKey
    trust_signer: SoftwareSigner


def is_registry(home: Home) -> bool:
    """Say whether there is a registry in a home; one that was being made when its process ended has none yet, and is made by `init`."""
    if not home.made:
        return False
    engine = home.engine()
    try:
        with reading(engine) as connection:
            registry(connection)
    except MissingError:
        return False
    finally:
        engine.dispose()
    return True


def open_book(home: Home, around: Surroundings, *, passphrase: bytes | None) -> Book:
    """Return the registry of a home, ready to read; with `passphrase` also to sign.

    Raises:
        StateError: `home.missing`, `home.key-missing`, `store.*`.
        InputError: `seal.key-file` for a wrong passphrase.

    """
    if not home.made:
        raise StateError.at("home.missing", path=home.where)
    engine = home.engine()
    with reading(engine) as connection:
        try:
            known = registry(connection)
        except MissingError as error:  # its making was cut off
            raise StateError.at("home.missing", path=home.where) from error
        kept = kept_keys(connection)
    log = VerifierKey.parse(known.log_key)
    signers: dict[str, Signer] = {}
    sign_head: Callable[[bytes], bytes] = _cannot_sign
    if passphrase is not None:
        newest = {key.party: key.kid for key in kept}
        signers = {did: home.read_key(key_name(kid), kid=kid, passphrase=passphrase) for did, kid in newest.items()}
        sign_head = log_signer(home, log.name, passphrase=passphrase).sign
        # a list that can't be kept now, the next who signs keeps; what is wrong with it, an audit says
        with suppress(OSError, OreprintError):
            keep_trust(home, engine)
    later, further = cache(partial(_pen, home, passphrase)), partial(_further, home, passphrase, {})
    cosigned = FileCosigned(home.path)
    return Book(known.id, engine, home.heads(log), log, sign_head, signers, around, cosigned, later, further)


def _pen(home: Home, passphrase: bytes | None, log: VerifierKey) -> Pen:
    return Pen(log, _cannot_sign if passphrase is None else log_signer(home, log.name, passphrase=passphrase).sign)


def _further(home: Home, passphrase: bytes | None, read: dict[str, Signer], key: StoredKey) -> Signer | None:
    """Return what signs by a key that was registered since the registry was opened, `read` once; None where it isn't in the home."""
    if passphrase is not None and key.kid not in read:
        with suppress(StateError):
            read[key.kid] = home.read_key(key_name(key.kid), kid=key.kid, passphrase=passphrase)
    return read.get(key.kid)


def log_signer(home: Home, origin: str, *, passphrase: bytes) -> SoftwareSigner:
    """Return the key that signs the heads of a log; raise as `Home.read_key`."""
    name, kid = _log_key(origin)
    return home.read_key(name, kid=kid, passphrase=passphrase)


def _log_key(origin: str) -> tuple[str, str]:
    """Return under which name, and as whose, the key of a log is kept."""
    number = number_of(origin)
    name = "log" if number == 1 else f"log-{number}"
    return name, f"did:web:{origin.partition('/')[0]}#{name}"


def make_log_key(home: Home, origin: str, around: Surroundings, *, passphrase: bytes) -> VerifierKey:
    """Return the key of a log that is to be opened, made where there is none."""
    name, kid = _log_key(origin)
    return VerifierKey(origin, home.key(name, kid=kid, passphrase=passphrase, random=around.random).public)


def _cannot_sign(_message: bytes) -> bytes:
    raise StateError.at("home.locked")


def status_signer(home: Home, name: str, *, passphrase: bytes) -> SoftwareSigner:
    """Return the key that signs the status lists of the registry `name`."""
    return home.read_key("status", kid=f"did:web:{name}#status", passphrase=passphrase)


def refresh_status(home: Home, book: Book, *, passphrase: bytes) -> int:
    """Publish the status lists that are due; return how many."""
    signer = status_signer(home, book.registry, passphrase=passphrase)
    return publish_status(book, signer=signer, public=signer.public)


def init(home: Home, wanted: Parties, around: Surroundings, *, passphrase: bytes, demo: bool = False) -> Book:
    """Make the home of a registry, or add to it what is new: parties, plants, keys; write and log its trust list.

    Raises:
        StateError: `home.other-registry`, when the home is of another registry.
        InputError: `home.passphrase`, `seal.key-file`; `parties.*`, and then nothing was added.

    """
    own = own_keys(wanted)
    home.path.mkdir(parents=True, exist_ok=True)
    with locked(home.path / "init.lock"):
        made = _registry_keys(home, wanted.registry, around, passphrase=passphrase)
        _register(home, wanted, made, own, around, passphrase=passphrase, demo=demo)
        book = open_book(home, around, passphrase=passphrase)
        begin_log(book)
        _write_trust(home, book, made, wanted)
        keep_cosigners(home, wanted)
    return book


def _registry_keys(home: Home, name: str, around: Surroundings, *, passphrase: bytes) -> Keys:
    """Return the registry's own keys, made where they are not there yet; of its logs the first one's."""
    log = make_log_key(home, origin_of(name, 1), around, passphrase=passphrase)
    status, trust = (
        home.key(key, kid=f"did:web:{name}#{key}", passphrase=passphrase, random=around.random)
        for key in ("status", "trust")
    )
    return Keys(log, status, trust_key(name, trust), trust)


def trust_signer(home: Home, name: str, *, passphrase: bytes) -> SoftwareSigner:
    """Return the key that signs the trust list of the registry `name`."""
    return home.read_key("trust", kid=f"did:web:{name}#trust", passphrase=passphrase)


def trust_key(name: str, signer: SoftwareSigner) -> VerifierKey:
    """Return the key of the trust list of the registry `name`, as others pin it."""
    return VerifierKey(f"{name}/trust", signer.public)


def first_kid(did: str) -> str:
    """Return the id of a party's first key: of a `did:key` the only one."""
    return did_key_kid(did) if did.startswith("did:key:") else f"{did}#key-1"


def make_key(home: Home, name: str, around: Surroundings, *, passphrase: bytes) -> SoftwareSigner:
    """Return a key in the home of who keeps it, made where there is none: the one that `name` is the id of, or a party's first.

    No registry is needed for it.  Raises InputError `key.form`.
    """
    if "#" in name:
        numbered(name)
    kid = name if "#" in name else first_kid(name)
    return home.key(key_name(kid), kid=kid, passphrase=passphrase, random=around.random)


def newest_kid(home: Home, did: str) -> str:
    """Return the id of the newest key that a party keeps in its own home; of its first, where there is none."""
    begin = key_name(f"{did}#key-")
    counted = [name.removeprefix(begin) for name in home.key_names() if name.startswith(begin)]
    numbers = [int(each) for each in counted if each.isdecimal()]
    return f"{did}#key-{max(numbers)}" if numbers else first_kid(did)


def key_name(kid: str) -> str:
    """Return the name under which a party's key is kept."""
    return kid.removeprefix("did:").replace(":", ".").replace("%3A", ".").replace("#", ".")


def _register(
    home: Home,
    wanted: Parties,
    made: Keys,
    own: dict[str, bytes],
    around: Surroundings,
    *,
    passphrase: bytes,
    demo: bool,
) -> None:
    """Write down the registry and its parties, each with its plants and its key: its `own`, or one that is kept here."""
    now, engine = whole_second(around.now_ms()), home.engine()
    with writing(engine) as connection:
        try:
            known = registry(connection)
        except MissingError:
            known = StoredRegistry(wanted.registry, made.log.to_text(), made.status.kid, made.status.public, now)
            register_registry(connection, known)
        if known.id != wanted.registry:
            raise StateError.at("home.other-registry", path=home.path, registry=known.id)
        check_parties(wanted, issuers(connection), facilities(connection), _public_keys(connection))
        for _, party in signers_of(wanted):
            public = own.get(party.did)
            register_party(connection, Issuer(did=party.did, names=party.names), custodial=public is None, demo=demo)
            for plant in party.facilities if isinstance(party, WrittenParty) else ():
                register_facility(
                    connection,
                    party.did,
                    Facility(id=plant.id, name=plant.name, country=plant.country, region=plant.region),
                )
            if not keys_of(connection, party.did):
                public = public or make_key(home, party.did, around, passphrase=passphrase).public
                register_key(connection, StoredKey(first_kid(party.did), party.did, public, now))
        connection.commit()
    engine.dispose()  # the registry is opened as anybody opens it


def _public_keys(connection: Connection) -> dict[str, list[str]]:
    """Return the public keys of each party as the parties file writes them, ended ones too."""
    found: dict[str, list[str]] = {}
    for key in keys(connection):
        found.setdefault(key.party, []).append(to_base64url(key.public))
    return found


def _write_trust(home: Home, book: Book, made: Keys, wanted: Parties) -> None:
    """Sign, log and write the next trust list, unless the last one says the same."""
    now = whole_second(book.around.now_ms())
    kinds = {party.did: party.kinds for party in wanted.parties}
    before = keep_trust(home, book.engine)
    if before is not None:
        kinds = {party.did: party.kinds for party in before.parties} | kinds
    attests = _attesting(wanted, before, instant_text(now))
    with reading(book.engine) as connection:
        listed = TrustList(
            oreprint="trust/1",
            number=1 if before is None else before.number + 1,
            issued=instant_text(now),
            expires=instant_text(now + TRUST_YEARS_MS),
            threshold=1,
            keys=(made.trust.to_text(),),
            parties=tuple(_trusted_parties(connection, kinds, attests)),
            registries=(_trusted_registry(book, made, now, wanted, before),),
            plants=_trusted_plants(wanted, before),
            schemes=_trusted_schemes(now, wanted, before),
        )
    if before is not None and _members(before) == _members(listed):
        return
    note = sign_trust(listed, [(made.trust, made.trust_signer.sign)])
    publish_trust(book, note, number=listed.number)
    keep_trust(home, book.engine)


def keep_trust(home: Home, engine: Engine) -> TrustList | None:
    """Keep the trust list that was published last as the home's own, if it follows that; return what it says, or None before there is one.

    A crash may come between the two; whoever opens the registry to sign mends it.

    Raises:
        CheckError: `trust.threshold`, where it isn't signed by the list that is there.

    """
    with reading(engine) as connection:
        stored = latest_published(connection, "trust")
    if stored is None:
        return None
    published = open_trust(stored.text).listed
    known = _kept_trust(home)
    if known is not None and known.listed.number >= published.number:
        return known.listed
    with locked(home.trust.with_name("trust.lock")):
        known = _kept_trust(home)  # another process may have been quicker
        if known is None or known.listed.number < published.number:
            if known is not None:
                succeed(known, stored.text)
            write_durably(home.trust, TrustFile(note=stored.text).to_bytes() + b"\n")
    return published


def _kept_trust(home: Home) -> Trust | None:
    if not home.trust.is_file():
        return None
    return open_trust(TrustFile.from_text(home.trust.read_bytes().rstrip(b"\n")).note)


def _members(listed: TrustList) -> tuple[object, ...]:
    """Return what a trust list says, apart from when it says so."""
    return listed.parties, listed.registries, listed.plants, listed.schemes


def _trusted_plants(wanted: Parties, before: TrustList | None) -> tuple[Plant, ...] | None:
    """Return what the trust list says of plants: what is wanted now, else what it said before; None where that is nothing."""
    known = {plant.facility: plant for plant in (before.plants if before else None) or ()}
    for each in (plant for party in wanted.parties for plant in party.facilities):
        known.pop(each.id, None)
        if each.since is not None or each.capacity_per_year is not None:
            known[each.id] = Plant(facility=each.id, since=each.since, capacity_kg_per_year=each.capacity_per_year)
    return tuple(known[facility] for facility in sorted(known)) or None


def _trusted_schemes(now: int, wanted: Parties, before: TrustList | None) -> tuple[Scheme, ...] | None:
    """Return the schemes that have a home: those wanted, else as before; one whose home doesn't change has it since it had it."""
    known = (before.schemes if before else None) or ()
    if wanted.schemes is None:
        return known or None
    since = {(normal_lot(each.scheme), each.registry): each.since for each in known}
    named = ((each.scheme, each.registry or wanted.registry, each.agents) for each in wanted.schemes)
    return tuple(
        Scheme(
            scheme=scheme,
            registry=registry,
            since=since.get((normal_lot(scheme), registry), instant_text(now)),
            agents=agents,
        )
        for scheme, registry, agents in named
    )


def _attesting(wanted: Parties, before: TrustList | None, now: str) -> dict[str, Attesting | None]:
    """Return for what each attestor is named, since it was first: as is wanted now, else as before."""
    known = {party.did: party.attests for party in before.parties} if before else {}
    found = dict(known)
    for each in wanted.attestors:
        was = known.get(each.did)
        found[each.did] = Attesting(
            scopes=in_order(each.scopes),
            accreditation=each.accreditation,
            since=was.since if was else now,
            until=each.until,
        )
    return found


def _trusted_parties(
    connection: Connection, kinds: dict[str, tuple[Kind, ...]], attests: dict[str, Attesting | None]
) -> Iterator[Party]:
    """Yield every registered party as the trust list names it."""
    plants = facilities(connection)
    registered = keys(connection)
    for party in parties(connection):
        did = party.issuer.did
        yield Party(
            did=did,
            names=party.issuer.names,
            registration=party.issuer.registration,
            keys=trusted_keys(registered, did),
            facilities=tuple(plant for plant, (owner, _) in plants.items() if owner == did),
            kinds=kinds.get(did, ()),
            statements=STATEMENTS,
            custodial=party.custodial,
            demo=party.demo,
            attests=attests.get(did),
        )


def trusted_keys(registered: Iterable[StoredKey], did: str) -> tuple[PartyKey, ...]:
    """Return those registered keys that are a party's, as the trust list names them."""
    return tuple(
        PartyKey(
            kid=key.kid,
            public=to_base64url(key.public),
            since=instant_text(key.since_ms),
            until=None if key.until_ms is None else instant_text(key.until_ms),
            compromised=None if key.compromised_ms is None else instant_text(key.compromised_ms),
        )
        for key in registered
        if key.party == did
    )


def _trusted_registry(book: Book, made: Keys, now: int, wanted: Parties, before: TrustList | None) -> Registry:
    """Return the registry as its own trust list names it: with the witnesses and monitors that are wanted, else as before."""
    with reading(book.engine) as connection:
        since = registry(connection).since_ms
    known = next((each for each in before.registries if each.id == book.registry), None) if before else None
    nobody = Quorum(least=0, keys=())
    witnesses, monitors = (known.witnesses, known.monitors) if known else (nobody, nobody)
    return Registry(
        id=book.registry,
        logs=known.logs if known else (Log(origin=made.log.name, key=made.log.to_text()),),
        status_key=PartyKey(
            kid=made.status.kid, public=to_base64url(made.status.public), since=instant_text(min(since, now))
        ),
        witnesses=quorum(wanted.witnesses, majority=True) if wanted.witnesses else witnesses,
        monitors=quorum(wanted.monitors, majority=False) if wanted.monitors else monitors,
        voided=_voided(book, known, wanted),
    )


def _voided(book: Book, known: Registry | None, wanted: Parties) -> tuple[Voided, ...]:
    """Return the entries that don't count: those that didn't before, and those that are wanted, which are of the open log if they are new."""
    before = known.voided if known else ()
    named = {each.index for each in before}
    new = (Voided(origin=book.log.name, index=index) for index in wanted.voided if index not in named)
    return tuple(sorted((*before, *new), key=lambda each: (number_of(each.origin), each.index)))
