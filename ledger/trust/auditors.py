"""The auditors that trust lists name: each independent of whom it judges.

Rules:

1. A registry names each of its auditors once, as a party of the same list, and needs 1 to all of them.
2. An auditor may attest the scope `chain`.  It keeps its own key, is not for demonstration, and has no plants and no
   kinds of products.
3. It shares its operator and its domain with no other auditor, no registry and no producer.  Rules 2 and 3 hold over
   all lists that a reader has pinned.  Whoever has a DID, a name or a domain is its operator, whether stated or not.
4. Its name doesn't look like that of any other party or registry of these lists: nobody takes one for the other.

Names, operators, DIDs and domains are compared by `schemas.name.party_key`.  A common owner under another name is not
seen: who signs a list asks for it.  The page's `trust.js` compares operators and DIDs by their letters, and leaves
look-alikes to the server, which has the tables for them.

This module judges no record (`ledger.verify.audits`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from schemas.name import domain_of, nested_domain, party_key
from schemas.problem import InputError, Problem
from schemas.trust import Auditors, Party, TrustList


class AuditedRegistry(NamedTuple):
    """A registry as far as its auditors ask: its domain, its auditors, and who runs it."""

    id: str
    auditors: Auditors | None
    operator: str | None


class Roster(NamedTuple):
    """The parties and registries of one trust list."""

    parties: tuple[Party, ...]
    registries: tuple[AuditedRegistry, ...]

    @classmethod
    def of(cls, listed: TrustList) -> Roster:
        """Return those of a list."""
        found = tuple(AuditedRegistry(each.id, each.auditors, each.operator) for each in listed.registries)
        return cls(listed.parties, found)


def check_auditors(lists: Sequence[Roster]) -> None:
    """Check the auditors of all registries of these lists, which a reader relies on together, or raise.

    Raises:
        InputError: `trust.auditor-twice`, `trust.auditors-least`, `trust.auditor-unlisted`, `trust.auditor-scope`,
            `trust.auditor-custodial`, `trust.auditor-demo`, `trust.auditor-produces`, `trust.auditor-operator`,
            `trust.auditor-look-alike`.
    """
    problems = [problem for listed in lists for registry in listed.registries for problem in _named(registry, listed)]
    named = {did for listed in lists for registry in listed.registries for did in _auditors(registry)}
    parties = [party for listed in lists for party in listed.parties]
    for party in parties:
        problems += _unfit(party) if party.did in named else ()
    if named:
        problems += _shared(lists, parties, named)
        problems += _look_alikes(lists, parties, named)
    if problems:
        raise InputError(*problems)


def _auditors(registry: AuditedRegistry) -> tuple[str, ...]:
    return registry.auditors.parties if registry.auditors else ()


def _named(registry: AuditedRegistry, listed: Roster) -> Iterator[Problem]:
    """Yield what breaks rule 1."""
    auditors, known = registry.auditors, {party.did for party in listed.parties}
    if auditors is None:
        return
    if len(set(auditors.parties)) < len(auditors.parties):
        twice = next(did for did in auditors.parties if auditors.parties.count(did) > 1)
        yield Problem.at("trust.auditor-twice", registry.id, did=twice)
    elif auditors.least > len(auditors.parties):
        count = len(auditors.parties)
        yield Problem.at("trust.auditors-least", registry.id, least=auditors.least, named=count)
    for did in auditors.parties:
        if did not in known:
            yield Problem.at("trust.auditor-unlisted", registry.id, did=did)


def _unfit(party: Party) -> Iterator[Problem]:
    """Yield what breaks rule 2."""
    if party.attests is None or "chain" not in party.attests.scopes:
        yield Problem.at("trust.auditor-scope", party.did)
    if party.custodial:
        yield Problem.at("trust.auditor-custodial", party.did)
    if party.demo:
        yield Problem.at("trust.auditor-demo", party.did)
    if party.facilities or party.kinds:
        yield Problem.at("trust.auditor-produces", party.did)


class _Taker(NamedTuple):
    """Somebody who takes part: a party by its DID, or a registry by its domain, with the keys of what it is called."""

    called: str
    domain: str | None
    did: str
    operator: str
    names: Mapping[str, str]

    @classmethod
    def of(cls, called: str, did: str, names: Sequence[str], operator: str | None) -> _Taker:
        """Return who takes part under a DID; without a stated operator it is its own."""
        keys = {party_key(name): name for name in names}
        return cls(called, domain_of(did), party_key(did), party_key(operator or did), keys)

    def is_run_with(self, other: _Taker) -> bool:
        """Return whether whoever runs this one runs the other, too, by what both are called or say."""
        mine, others = {self.did, self.operator}, {other.did, other.operator}
        if mine & (others | other.names.keys()) or (others - {other.did}) & self.names.keys():
            return True
        return self.domain is not None and other.domain is not None and nested_domain(self.domain, other.domain)


def _party(party: Party) -> _Taker:
    return _Taker.of(party.did, party.did, [name.text for name in party.names], party.operator)


def _registries(lists: Sequence[Roster]) -> list[_Taker]:
    return [
        _Taker.of(each.id, f"did:web:{each.id}", (), each.operator) for listed in lists for each in listed.registries
    ]


def _shared(lists: Sequence[Roster], parties: Sequence[Party], named: set[str]) -> Iterator[Problem]:
    """Yield what breaks rule 3: who runs an auditor runs nobody else that takes part."""
    takers = [_party(each) for each in parties if each.did in named or each.facilities or each.kinds]
    takers += _registries(lists)
    for auditor in (each for each in takers if each.called in named):
        others = [each.called for each in takers if each.called != auditor.called and auditor.is_run_with(each)]
        if others:
            yield Problem.at("trust.auditor-operator", auditor.called, other=min(others))


def _look_alikes(lists: Sequence[Roster], parties: Sequence[Party], named: set[str]) -> Iterator[Problem]:
    """Yield what breaks rule 4."""
    takers = [*map(_party, parties), *_registries(lists)]
    called: dict[str, dict[str, str]] = {}
    for each in takers:
        for key, name in {each.did: each.called, **each.names}.items():
            called.setdefault(key, {}).setdefault(each.called, name)
    for auditor in (each for each in takers if each.called in named):
        for key, name in auditor.names.items():
            for other in sorted(called[key].keys() - {auditor.called})[:1]:
                alike = called[key][other]
                yield Problem.at("trust.auditor-look-alike", auditor.called, name=name, other=alike, did=other)
