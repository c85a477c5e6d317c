"""Check which parties, plants and keys may be added to a registry (threat model: look-alikes, shared keys).

Rules: names are compared in whatever language, with all that are registered and with those in the same file: a party's
with parties' and the registry's domain (`schemas.name.party_key`), a plant's with the plants of others by what the eye
sees of them (`schemas.name.skeleton`). Plants of
several parties may have one and the same name ("Plant 1"), but not one that is only spelled otherwise. What is
registered stays so: names of parties, names and places of plants stand on their certificates, and a file that says
otherwise is refused. People find out who stands behind a name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

from ledger.seal.did import PARTIES
from ledger.seal.digest import from_base64url
from ledger.seal.keys import check_public_key, did_key_public
from ledger.trust.pinned import cosigner_key
from ledger.trust.roles import KeyUse, Role, check_distinct, check_quorum
from schemas.certificate import Facility, Issuer
from schemas.cosigners import WrittenQuorum
from schemas.name import Name, party_key, skeleton
from schemas.parties import Parties, WrittenSigner
from schemas.problem import InputError, Problem

Called = tuple[str, str, str]
"""A name: the place where it is written, the DID of whose it is, and the name itself."""


def own_keys(wanted: Parties) -> dict[str, bytes]:
    """Return the public key of each party that signs for itself, by DID. A ``did:key`` names its own.

    Raises:
        InputError: `seal.key-*`, `seal.did-key`, `parties.key`, for each that can't be one.
    """
    found: dict[str, bytes] = {}
    problems: list[Problem] = []
    for place, signer in signers_of(wanted):
        try:
            public = _own_key(signer, place)
        except InputError as error:
            problems += error.problems
            continue
        if public is not None:
            found[signer.did] = public
    if problems:
        raise InputError(*problems)
    return found


def _own_key(signer: WrittenSigner, place: str) -> bytes | None:
    written = None if signer.public is None else from_base64url(signer.public, place=f"{place}.public")
    if written is not None:
        check_public_key(written, place=f"{place}.public")
    if not signer.did.startswith("did:key:"):
        return written
    public = did_key_public(signer.did, place=f"{place}.did")
    if written not in {None, public}:
        raise InputError.at("parties.key", f"{place}.public", did=signer.did)
    return public


def signers_of(wanted: Parties) -> list[tuple[str, WrittenSigner]]:
    """Return parties and attestors, each with its place in the file."""
    return [
        *((f"parties[{index}]", party) for index, party in enumerate(wanted.parties)),
        *((f"attestors[{index}]", party) for index, party in enumerate(wanted.attestors)),
    ]


def check_keys(wanted: Parties, own: Mapping[str, bytes], known: Iterable[KeyUse]) -> None:
    """Refuse keys that have another role or owner already, in the file or among the `known` ones.

    And quorums that can't be reached.

    `own` are the keys of those who sign for themselves, by DID (`own_keys`).

    Raises:
        InputError: `trust.key-shared`, `trust.quorum`, `trust.twice`; `log.vkey*`, `seal.key*`.
    """
    asked: tuple[tuple[Role, str, WrittenQuorum | None], ...] = (
        ("witness", "witnesses", wanted.witnesses),
        ("monitor", "monitors", wanted.monitors),
    )
    replaced = {role for role, _, quorum in asked if quorum is not None}
    uses = [use for use in known if use.role not in replaced]
    registered = {(use.name.partition("#")[0], use.public) for use in uses if use.role == "issuer"}
    for place, signer in signers_of(wanted):
        public = own.get(signer.did)
        if public is not None and (signer.did, public) not in registered:
            uses.append(KeyUse("issuer", signer.did, public, f"{place}.public"))
    for role, place, quorum in asked:
        keys = [cosigner_key(each.key) for each in quorum.keys] if quorum is not None else []
        uses += [KeyUse.of(role, key, f"{place}.keys[{index}].key") for index, key in enumerate(keys)]
        if quorum is not None:
            check_quorum(role, quorum.least or 1, keys, place=place)
    check_distinct(uses)


def check_parties(
    wanted: Parties,
    known: Mapping[str, Issuer],
    plants: Mapping[str, tuple[str, Facility]],
    keys: Mapping[str, Collection[str]],
) -> None:
    """Refuse what can't be added.

    `known` are parties by DID, `plants` with whose they are by id, `keys` the public keys of each DID.

    Raises:
        InputError: `parties.twice`, `parties.did-place`, `parties.other-key`, `parties.other-names`,
            `parties.other-plant`, `parties.plant-taken`, `parties.look-alike`, for each of them.
    """
    problems = [
        *_twice(wanted),
        *_misplaced(wanted, known),
        *_rekeyed(wanted, keys),
        *_renamed(wanted, known),
        *_rebuilt(wanted, plants),
        *_taken(wanted, plants),
        *_taken_for_others(wanted, known, plants),
    ]
    if problems:
        raise InputError(*problems)


def _twice(wanted: Parties) -> Iterator[Problem]:
    for member, signers in (("parties", wanted.parties), ("attestors", wanted.attestors)):
        dids = [signer.did for signer in signers]
        for index, did in enumerate(dids):
            if dids.index(did) != index:
                yield Problem.at("parties.twice", f"{member}[{index}].did", did=did)


def _misplaced(wanted: Parties, known: Mapping[str, Issuer]) -> Iterator[Problem]:
    """Yield the new DIDs below the registry's own domain whose document nobody would find."""
    for place, signer in signers_of(wanted):
        below = signer.did.startswith(f"did:web:{wanted.registry}:")
        prefix = f"did:web:{wanted.registry}:{PARTIES}:"
        if below and signer.did not in known and not signer.did.startswith(prefix):
            yield Problem.at("parties.did-place", f"{place}.did", did=signer.did, prefix=prefix)


def _rekeyed(wanted: Parties, keys: Mapping[str, Collection[str]]) -> Iterator[Problem]:
    """Yield keys that a registered party doesn't have; they are registered by `ledger.admin.keys`."""
    for place, signer in signers_of(wanted):
        if signer.did in keys and signer.public is not None and signer.public not in keys[signer.did]:
            yield Problem.at("parties.other-key", f"{place}.public", did=signer.did, public=signer.public)


def _renamed(wanted: Parties, known: Mapping[str, Issuer]) -> Iterator[Problem]:
    """Yield the names that aren't those of a party that is registered, unless the file tells what it was called."""
    for place, signer in signers_of(wanted):
        party = known.get(signer.did)
        if party is not None and party.names not in {signer.names, signer.formerly}:
            was, now = (_named(names) for names in (party.names, signer.names))
            yield Problem.at("parties.other-names", f"{place}.names", did=signer.did, was=was, now=now)


def _named(names: Iterable[Name]) -> str:
    return ", ".join(f"{name.text} ({name.lang})" for name in names)


def _rebuilt(wanted: Parties, plants: Mapping[str, tuple[str, Facility]]) -> Iterator[Problem]:
    """Yield the members of a plant that differ from its registration. Members left out do not change."""
    for number, party in enumerate(wanted.parties):
        for index, plant in enumerate(party.facilities):
            owner, known = plants.get(plant.id, ("", None))
            if known is None or owner != party.did:
                continue
            for member in ("name", "country", "region"):
                was, now = getattr(known, member), getattr(plant, member)
                if now not in {None, was}:
                    place = f"parties[{number}].facilities[{index}].{member}"
                    yield Problem.at("parties.other-plant", place, plant=plant.id, member=member, was=was, now=now)


def _taken(wanted: Parties, plants: Mapping[str, tuple[str, Facility]]) -> Iterator[Problem]:
    """Yield the plants that are another party's, known or of the same file."""
    owners = {identifier: did for identifier, (did, _) in plants.items()}
    for number, party in enumerate(wanted.parties):
        for index, plant in enumerate(party.facilities):
            owner = owners.setdefault(plant.id, party.did)
            if owner != party.did:
                yield Problem.at(
                    "parties.plant-taken", f"parties[{number}].facilities[{index}].id", plant=plant.id, did=owner
                )


def _taken_for_others(
    wanted: Parties, known: Mapping[str, Issuer], plants: Mapping[str, tuple[str, Facility]]
) -> Iterator[Problem]:
    """Yield the names of new parties and plants that could be taken for another's."""
    names = (
        (f"{place}.names[{index}].text", signer.did, name.text)
        for place, signer in signers_of(wanted)
        for index, name in enumerate(signer.names)
        if signer.did not in known or name not in known[signer.did].names
    )
    named = (
        (f"parties[{number}].facilities[{index}].name", party.did, plant.name)
        for number, party in enumerate(wanted.parties)
        for index, plant in enumerate(party.facilities)
        if plant.id not in plants
    )
    registered = [("", did, name.text) for did, issuer in known.items() for name in issuer.names]
    registered.append(("", f"did:web:{wanted.registry}", wanted.registry))
    standing = (("", did, plant.name) for did, plant in plants.values())
    plants_alike = (
        each for each in _look_alikes(named, standing, skeleton) if each.facts["name"] != each.facts["other"]
    )
    yield from _look_alikes(names, registered, party_key)
    yield from plants_alike


def _look_alikes(new: Iterable[Called], known: Iterable[Called], key: Callable[[str], str]) -> Iterator[Problem]:
    """Yield the new names that look like one of somebody else, known or new."""
    seen: dict[str, tuple[str, str]] = {}
    for _, did, name in known:
        seen.setdefault(key(name), (did, name))
    for place, did, name in new:
        whose, other = seen.setdefault(key(name), (did, name))
        if whose != did:
            yield Problem.at("parties.look-alike", place, name=name, other=other, did=whose)
