"""Write a registry's own trust list: who may sign what, with which keys, and the log with its witnesses and monitors.

The list is signed, logged and kept in the home.

Rules: it names what is registered and what the parties file asks for. Where the file says nothing, the list says what
it said before, and guests stay.  A list that says the same as the last one is written only to renew it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection, Engine

from ledger.admin.holders import Endorser, ListSigner, forget_proposals
from ledger.files.atomic import locked, refusals_told, write_durably
from ledger.holdings.move import CLOCK_MS, TIME_TO_LOG_MS
from ledger.log.origin import number_of
from ledger.log.vkey import VerifierKey
from ledger.registry.append import behind_commit
from ledger.registry.folder import Home
from ledger.registry.lists import TRUST_RENEWED_MS, TRUST_YEARS_MS, publish_trust
from ledger.registry.pinned import others_pinned
from ledger.registry.registry import OpenRegistry, Runtime
from ledger.seal.digest import to_base64url
from ledger.seal.signer import SoftwareSigner
from ledger.store.engine import reading
from ledger.store.parties import StoredKey, facilities, keys, parties, registry
from ledger.store.reading import latest_published
from ledger.tables import release_digest
from ledger.trust.auditors import AuditedRegistry, Roster, check_auditors
from ledger.trust.guests import guests_in
from ledger.trust.pinned import Trust, list_digest, open_later, open_trust
from ledger.trust.roles import KeyUse, key_uses
from ledger.trust.terms import dates_after
from ledger.witnessing.cosigners import quorum
from schemas.cosigners import WrittenQuorum
from schemas.document import replace
from schemas.instant import epoch_ms, instant_text, whole_second
from schemas.lot import normal_lot
from schemas.name import Name
from schemas.parties import Parties
from schemas.problem import OreprintError, StateError
from schemas.trust import (
    Attesting,
    Auditors,
    FormerNames,
    Log,
    Party,
    PartyKey,
    Plant,
    Quorum,
    Registry,
    Scheme,
    TrustFile,
    TrustList,
    Voided,
)
from schemas.vocabulary import TRUSTED_SCOPES, Kind, StatementKind

STATEMENTS: Final[tuple[StatementKind, ...]] = ("move", "undo", "withdraw", "suspend", "lift")


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of a registry itself."""

    log: VerifierKey
    status: SoftwareSigner
    trust: VerifierKey
    endorsers: Sequence[Endorser]


def write_trust(
    home: Home, this_registry: OpenRegistry, made: Keys, wanted: Parties, signer: ListSigner
) -> tuple[TrustList | None, TrustList]:
    """Sign, log and write the next trust list, unless the last one says the same; return both."""
    keep_trust(home, this_registry.engine)
    now = signer.time(kept_trust(home), this_registry.runtime.now_ms())
    with reading(this_registry.engine) as connection:
        previous, listed = next_trust(home, this_registry, connection, made, wanted, now=now)
    note = check_signed(home, signer, previous, listed, this_registry.runtime)
    if note is None:
        return previous, listed if previous is None else previous
    publish_trust(this_registry, note, number=listed.number)
    with behind_commit(this_registry), refusals_told(home.trust):
        keep_trust(home, this_registry.engine)
    return previous, listed


def check_signed(
    home: Home, signer: ListSigner, previous: TrustList | None, listed: TrustList, runtime: Runtime
) -> str | None:
    """Return the note of the next list, signed by enough; None where the last one says the same.

    Raises:
        StateError, InputError, CheckError: as `ListSigner.signed`. Nothing is logged that nobody could open or follow.
    """
    same = previous is not None and _members(previous) == _members(listed) and not _to_renew(previous, runtime)
    return None if same else signer.signed(kept_trust(home), listed)


def next_trust(
    home: Home, this_registry: OpenRegistry, connection: Connection, made: Keys, wanted: Parties, *, now: int
) -> tuple[TrustList | None, TrustList]:
    """Return the home's trust list, None before there is one, and the next by what is registered and wanted."""
    now = whole_second(now)
    kept = kept_trust(home)
    previous = kept.listed if kept else None
    known = {party.did: party.kinds for party in previous.parties} if previous else {}
    kinds = known | {party.did: party.kinds for party in wanted.parties}
    attests, facts = _attesting(wanted, previous, instant_text(now)), _party_facts(wanted, previous)
    return previous, TrustList(
        oreprint="trust/1",
        number=1 if previous is None else previous.number + 1,
        issued=instant_text(now),
        expires=instant_text(now + TRUST_YEARS_MS),
        threshold=1 if previous is None else previous.threshold,
        keys=(made.trust.to_text(),) if previous is None else previous.keys,
        dates=None if previous is None else previous.dates,
        previous=None if previous is None else list_digest(previous),
        parties=(*_trusted_parties(connection, kinds, attests, facts, now=now), *guests_in(previous)),
        registries=(_trusted_registry(connection, this_registry, made, now, wanted, previous),),
        plants=_trusted_plants(wanted, previous),
        schemes=_trusted_schemes(now, wanted, previous),
    )


def check_wanted_auditors(home: Home, connection: Connection, wanted: Parties) -> None:
    """Check the auditors that the next trust list would name, also beside the pinned lists of other registries.

    The parties of the file are registered in this transaction already.

    Raises:
        InputError: `trust.auditor*`.
    """
    kept = kept_trust(home)
    before = kept.listed if kept else None
    known = next((each for each in before.registries if each.id == wanted.registry), None) if before else None
    kinds = {party.did: party.kinds for party in wanted.parties}
    attests, facts = _attesting(wanted, before, ""), _party_facts(wanted, before)
    own = AuditedRegistry(
        wanted.registry,
        _auditors(wanted, known.auditors if known else None),
        wanted.operator or (known.operator if known else None),
    )
    named = tuple(_trusted_parties(connection, kinds, attests, facts, now=epoch_ms(before.issued) if before else 0))
    check_auditors([Roster(named, (own,)), *(Roster.of(each.listed) for each in others_pinned(connection))])


def _to_renew(before: TrustList, runtime: Runtime) -> bool:
    """Return whether an unchanged trust list is renewed: it ends soon, or a person vouched for the clock."""
    return runtime.vouched or epoch_ms(before.expires) - runtime.now_ms() < TRUST_RENEWED_MS


def keep_trust(home: Home, engine: Engine) -> TrustList | None:
    """Keep the trust list that was published last as the home's own, if it follows that.

    Return what it says, or None before there is one.

    A crash may come between the two; whoever opens the registry to sign mends it.

    Raises:
        CheckError: `trust.threshold`, where it isn't signed by the list that is there.
    """
    with reading(engine) as connection:
        stored = latest_published(connection, "trust")
    if stored is None:
        return None
    published = open_trust(stored.text).listed
    own = kept_trust(home)
    if own is not None and own.listed.number >= published.number:
        return own.listed
    with locked(home.trust.with_name("trust.lock")):
        own = kept_trust(home)  # another process may have been quicker
        if own is None or own.listed.number < published.number:
            if own is not None:
                open_later(own, stored.text)
            write_durably(home.trust, TrustFile(note=stored.text).to_bytes() + b"\n")
            forget_proposals(home, published.number)
    return published


def other_uses(connection: Connection) -> list[KeyUse]:
    """Return the purpose of each key that the registry's own trust list names beside those of parties."""
    stored = latest_published(connection, "trust")
    return (
        [] if stored is None else [each for each in key_uses(open_trust(stored.text).listed) if each.role != "issuer"]
    )


def kept_trust(home: Home) -> Trust | None:
    """Return the trust list in a home, or None without one; raise StateError `home.trust-damaged`."""
    if not home.trust.exists():
        return None
    try:
        return open_trust(TrustFile.from_text(home.trust.read_bytes().rstrip(b"\n")).note)
    except (OSError, OreprintError) as error:
        raise StateError.at("home.trust-damaged", path=str(home.trust), reason=str(error)) from error


def _members(listed: TrustList) -> tuple[object, ...]:
    """Return the content of a trust list without its times."""
    return listed.parties, listed.registries, listed.plants, listed.schemes


def _trusted_plants(wanted: Parties, before: TrustList | None) -> tuple[Plant, ...] | None:
    """Return what the trust list says of plants, as wanted now, else as before; None where that is nothing."""
    known = {plant.facility: plant for plant in (before.plants if before else None) or ()}
    for each in (plant for party in wanted.parties for plant in party.facilities):
        known.pop(each.id, None)
        if each.since is not None or each.capacity_per_year is not None:
            known[each.id] = Plant(facility=each.id, since=each.since, capacity_kg_per_year=each.capacity_per_year)
    return tuple(known[facility] for facility in sorted(known)) or None


def _trusted_schemes(now: int, wanted: Parties, before: TrustList | None) -> tuple[Scheme, ...] | None:
    """Return the schemes that have a home: those wanted, else as before.

    One whose home doesn't change has it since it had it.
    """
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
            scopes=tuple(scope for scope in TRUSTED_SCOPES if scope in each.scopes),
            accreditation=each.accreditation,
            since=was.since if was else now,
            until=each.until,
        )
    return found


class _PartyFacts(NamedTuple):
    """What the trust list says of a party that the registry keeps nowhere else."""

    operator: str | None = None
    address: str | None = None
    before: Party | None = None

    def names_until(self, now: tuple[Name, ...], at_ms: int) -> tuple[str | None, tuple[FormerNames, ...] | None]:
        """Return since when the party has its names of `now`, and those that it had; it is renamed at `at_ms` at most.

        What was signed by an earlier name may be logged for as long as any record may wait.
        """
        if self.before is None or self.before.names == now:
            return (None, None) if self.before is None else (self.before.renamed, self.before.former_names)
        until = instant_text(at_ms + TIME_TO_LOG_MS + CLOCK_MS)
        ended = FormerNames(names=self.before.names, until=until)
        return instant_text(at_ms), (*(self.before.former_names or ()), ended)


def _party_facts(wanted: Parties, before: TrustList | None) -> dict[str, _PartyFacts]:
    """Return who runs each party and its postal address: as is wanted now, else as before."""
    found = {party.did: _PartyFacts(party.operator, party.address, party) for party in before.parties} if before else {}
    for each in (*wanted.parties, *wanted.attestors):
        known = found.get(each.did, _PartyFacts())
        found[each.did] = _PartyFacts(each.operator or known.operator, each.address or known.address, known.before)
    return found


def _auditors(wanted: Parties, known: Auditors | None) -> Auditors | None:
    """Return the auditors as wanted now, else as before; rules that were accepted stay so unless others are named."""
    if wanted.auditors is None:
        return known
    accepted = tuple(dict.fromkeys((*(known.rules if known else ()), release_digest())))
    named = wanted.auditors
    return Auditors(least=named.least, parties=named.parties, rules=named.rules or accepted)


def _trusted_parties(
    connection: Connection,
    kinds: dict[str, tuple[Kind, ...]],
    attests: dict[str, Attesting | None],
    facts: dict[str, _PartyFacts],
    *,
    now: int,
) -> Iterator[Party]:
    """Yield every registered party as the trust list names it."""
    plants = facilities(connection)
    registered = keys(connection)
    for party in parties(connection):
        did = party.issuer.did
        said = facts.get(did, _PartyFacts())
        renamed, former = said.names_until(party.issuer.names, now)
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
            operator=said.operator,
            address=said.address,
            renamed=renamed,
            former_names=former,
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


def _trusted_registry(
    connection: Connection,
    this_registry: OpenRegistry,
    made: Keys,
    now: int,
    wanted: Parties,
    before: TrustList | None,
) -> Registry:
    """Return the registry's entry in its own trust list, with the quorums that are wanted."""
    since = registry(connection).since_ms
    known = next((each for each in before.registries if each.id == this_registry.did), None) if before else None
    nobody = Quorum(least=0, keys=())
    witnesses, monitors = (known.witnesses, known.monitors) if known else (nobody, nobody)
    return Registry(
        id=this_registry.did,
        logs=known.logs if known else (Log(origin=made.log.name, key=made.log.to_text()),),
        status_key=known.status_key
        if known
        else PartyKey(
            kid=made.status.kid, public=to_base64url(made.status.public), since=instant_text(min(since, now))
        ),
        witnesses=_quorum(wanted.witnesses, witnesses, now, majority=True),
        monitors=_quorum(wanted.monitors, monitors, now, majority=False),
        voided=_voided(this_registry, known, wanted),
        auditors=_auditors(wanted, known.auditors if known else None),
        operator=wanted.operator or (known.operator if known else None),
        former_status_keys=known.former_status_keys if known else None,
    )


def _quorum(wanted: WrittenQuorum | None, before: Quorum, now: int, *, majority: bool) -> Quorum:
    """Return a quorum as wanted now, with dates for its later and its ended keys; else as before."""
    if wanted is None:
        return before
    named = quorum(wanted, majority=majority)
    return replace(named, dates=dates_after(before, named.keys, now_ms=now)) if before.keys else named


def _voided(this_registry: OpenRegistry, known: Registry | None, wanted: Parties) -> tuple[Voided, ...]:
    """Return the voided entries: those of before, and the new ones, which must be of the open log."""
    before = known.voided if known else ()
    named = {each.index for each in before}
    new = (Voided(origin=this_registry.log.name, index=index) for index in wanted.voided if index not in named)
    return tuple(sorted((*before, *new), key=lambda each: (number_of(each.origin), each.index)))
