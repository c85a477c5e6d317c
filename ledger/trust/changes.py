"""Compare two versions of a trust list, for the person who changed it.

This module does not judge a change, and knows only the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, TypeAlias

from ledger.log.vkey import VerifierKey
from schemas.trust import Attesting, KeyDates, Log, PartyKey, Plant, Quorum, Registry, TrustList

ListedFacts: TypeAlias = "Mapping[tuple[str, str], str]"
"""Facts of a list: subject and name, which read as one (``kinds of``, ``did:web:…``), and the value in words."""


class TrustChange(NamedTuple):
    """One addition, change or removal: its subject `what`, the `name`, and the value before and after."""

    kind: Literal["added", "changed", "removed"]
    what: str
    name: str
    was: str | None
    now: str | None


def changes(before: ListedFacts, after: ListedFacts) -> list[TrustChange]:
    """Return the differences, in the order of `after`; removals come last."""
    differences = []
    for what, name in dict.fromkeys((*after, *before)):
        was, now = before.get((what, name)), after.get((what, name))
        if was != now:
            kind: Literal["added", "changed", "removed"] = (
                "added" if was is None else "removed" if now is None else "changed"
            )
            differences.append(TrustChange(kind, what, name, was, now))
    return differences


def listed_facts(listed: TrustList | None) -> dict[tuple[str, str], str]:
    """Return the facts that a trust list states about registries, parties, plants and schemes; none without a list."""
    return {} if listed is None else dict(_said(listed))


def signed_facts(listed: TrustList) -> dict[tuple[str, str], str]:
    """Return `listed_facts` and every key, for a person who signs the list or takes it on its own word."""
    return listed_facts(listed) | dict(_keys(listed))


def _keys(listed: TrustList) -> Iterator[tuple[tuple[str, str], str]]:
    yield ("holders of", "the trust list"), _quorum(Quorum(least=listed.threshold, keys=listed.keys))
    yield from _dated(listed.dates)
    for registry in listed.registries:
        yield from ((("log", log.origin), _log(log)) for log in registry.logs)
        yield from ((("status key", key.kid), _key(key)) for key in registry.all_status_keys())
        yield from _dated(registry.witnesses.dates)
        yield from _dated(registry.monitors.dates)
    yield from ((("key", key.kid), _key(key)) for party in listed.parties for key in party.keys)


def _dated(dates: Iterable[KeyDates] | None) -> Iterator[tuple[tuple[str, str], str]]:
    for each in dates or ():
        key = VerifierKey.parse(each.key)
        yield ("key", f"{key.name}+{key.key_id.hex()}"), _term(each)


def _term(key: KeyDates | PartyKey) -> str:
    words = (("since", key.since), ("until", key.until), ("in others' hands since", key.compromised))
    return ", ".join(f"{word} {time}" for word, time in words if time)


def _key(key: PartyKey) -> str:
    return f"{key.public}, {_term(key)}"


def _log(log: Log) -> str:
    ends = "" if log.final_size is None else f", ended with {log.final_size} entries"
    leaked = "" if log.compromised is None else f", in others' hands since {log.compromised}"
    return f"{log.key}{ends}{leaked}"


def _said(listed: TrustList) -> Iterator[tuple[tuple[str, str], str]]:
    for registry in listed.registries:
        yield from _of_registry(registry)
    for party in listed.parties:
        yield ("party", party.did), ", ".join(name.text for name in party.names)
        for former in party.former_names or ():
            yield ("name before of", f"{party.did} until {former.until}"), ", ".join(each.text for each in former.names)
        yield from ((("plant", plant), f"of {party.did}") for plant in party.facilities)
        if party.kinds:
            yield ("kinds of", party.did), ", ".join(party.kinds)
        if party.attests is not None:
            yield ("scopes of attestor", party.did), _attesting(party.attests)
        if party.operator is not None:
            yield ("operator of", party.did), party.operator
        if party.address is not None:
            yield ("address of", party.did), party.address
    yield from ((("limits of plant", plant.facility), _limits(plant)) for plant in listed.plants or ())
    for scheme in listed.schemes or ():
        yield ("scheme", scheme.scheme), f"at {scheme.registry}, entered by {', '.join(scheme.agents) or 'everybody'}"


def _of_registry(registry: Registry) -> Iterator[tuple[tuple[str, str], str]]:
    yield ("registry", registry.id), ", ".join(log.origin for log in registry.logs)
    for what, asked in (("witnesses of", registry.witnesses), ("monitors of", registry.monitors)):
        if asked.keys:
            yield (what, registry.id), _quorum(asked)
    if registry.auditors is not None:
        yield ("auditors of", registry.id), f"{registry.auditors.least} of {', '.join(registry.auditors.parties)}"
        yield ("releases accepted by", registry.id), ", ".join(registry.auditors.rules)
    if registry.operator is not None:
        yield ("operator of", registry.id), registry.operator
    yield from ((("voided entry", f"{entry.origin} {entry.index}"), "counts for nothing") for entry in registry.voided)


def _quorum(asked: Quorum) -> str:
    # the id in a key's text separates two keys of one name
    names = (f"{key.name}+{key.key_id.hex()}" for key in map(VerifierKey.parse, asked.keys))
    return f"{asked.least} of {', '.join(names)}"


def _attesting(found: Attesting) -> str:
    by = f"accredited by {found.accreditation}" if found.accreditation else ""
    until = f"until {found.until}" if found.until else ""
    return "; ".join(filter(None, (", ".join(found.scopes), by, until)))


def _limits(plant: Plant) -> str:
    since = f"since {plant.since}" if plant.since else ""
    most = f"{plant.capacity_kg_per_year} kg a year" if plant.capacity_kg_per_year else ""
    return ", ".join(filter(None, (since, most)))
