"""The auditors that trust lists name: each independent of whom it judges.

Rules:

1. A registry names each of its auditors once, as a party of the same list, and needs 1 to all of them.
2. An auditor may attest the scope `chain`.  It keeps its own key, is not for demonstration, and has no plants and no
   kinds of products.
3. It shares its operator with no other auditor, no registry and no producer.  Rules 2 and 3 hold over all lists that a
   reader has pinned.
4. Its name doesn't look like that of any other party of these lists, so that nobody takes one for the other.

This module judges no record (`ledger.verify.audits`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from schemas.lot import normal_lot
from schemas.name import skeleton
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
        problems += _look_alikes(parties, named)
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


def _shared(lists: Sequence[Roster], parties: Sequence[Party], named: set[str]) -> Iterator[Problem]:
    """Yield what breaks rule 3: who runs an auditor runs nobody else that takes part."""
    run_by: dict[str, set[str]] = {}
    for party in parties:
        if party.did in named or party.facilities or party.kinds:
            for operator in _operators(party.did, party.operator):
                run_by.setdefault(operator, set()).add(party.did)
    for listed in lists:
        for registry in listed.registries:
            for operator in _operators(f"did:web:{registry.id}", registry.operator):
                run_by.setdefault(operator, set()).add(registry.id)
    for run in run_by.values():
        for did in sorted(run & named):
            others = sorted(run - {did})
            if others:
                yield Problem.at("trust.auditor-operator", did, other=others[0])


def _look_alikes(parties: Sequence[Party], named: set[str]) -> Iterator[Problem]:
    """Yield what breaks rule 4."""
    called: dict[str, dict[str, str]] = {}
    for party in parties:
        for name in party.names:
            called.setdefault(skeleton(name.text), {}).setdefault(party.did, name.text)
    for alike in called.values():
        for did in sorted(alike.keys() & named):
            for other in sorted(alike.keys() - {did})[:1]:
                yield Problem.at("trust.auditor-look-alike", did, name=alike[did], other=alike[other], did=other)


def _operators(did: str, operator: str | None) -> set[str]:
    """Return the names of whoever runs a party: its own, and the one stated, in whatever case and width."""
    return {normal_lot(did), normal_lot(operator or did)}
