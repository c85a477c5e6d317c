"""Merge the trust lists of several registries.

Rules: the reader pinned each list on its own.  A list speaks only for registries whose own list isn't pinned: what
another list says of those counts for nothing, so that nobody else's list stops a registry from changing.  Two lists
must agree on a key, an origin or another registry that both name, and a key has one role and one owner over all lists.
For a party or plant in several lists, the reader's own list decides.

This module signs nothing and admits nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeVar

from ledger.trust.auditors import Roster, check_auditors
from ledger.trust.pinned import Trust
from ledger.trust.roles import check_distinct, key_uses
from schemas.document import replace
from schemas.problem import CheckError

_Value = TypeVar("_Value")


def merged_trust(own: Trust, others: Iterable[Trust]) -> Trust:
    """Return `own` merged with the other lists; number and term are those of `own`.

    Raises:
        CheckError: `trust.contradiction` if two lists contradict each other.
        InputError: `trust.key-shared` if two lists give one key two roles or two owners; `trust.auditor*`.
    """
    others = tuple(speaking_for(each, each.registries.keys() - own.registries.keys()) for each in others)
    if others:
        check_distinct(use for each in (own, *others) for use in key_uses(each.listed))
        check_auditors([Roster.of(each.listed) for each in (own, *others)])
    merged = own
    for other in others:
        _agreeing(_publics(merged), _publics(other))
        _agreeing(_homes(merged), _homes(other))
        merged = Trust(
            own.listed,
            {**other.parties, **merged.parties},
            {**other.keys, **merged.keys},
            _agreeing(merged.registries, other.registries),
            {**other.plants, **merged.plants},
            {**other.schemes, **merged.schemes},
            (*merged.notes, *other.notes),
        )
    return merged


def speaking_for(trust: Trust, names: Collection[str]) -> Trust:
    """Return a list as it speaks for these registries alone."""
    if trust.registries.keys() <= set(names):
        return trust
    listed = replace(trust.listed, registries=tuple(each for each in trust.listed.registries if each.id in names))
    registries = {name: each for name, each in trust.registries.items() if name in names}
    return replace(trust, listed=listed, registries=registries)


def _publics(trust: Trust) -> dict[str, bytes]:
    """Return the public key of each named key and log."""
    logs = ((origin, log.key.public) for each in trust.registries.values() for origin, log in each.logs.items())
    return dict(logs) | {kid: key.public for kid, key in trust.keys.items()}


def _homes(trust: Trust) -> dict[str, str]:
    """Return the home registry of each scheme."""
    return {name: each.registry for name, each in trust.schemes.items()}


def _agreeing(one: Mapping[str, _Value], other: Mapping[str, _Value]) -> dict[str, _Value]:
    for name in one.keys() & other.keys():
        if one[name] != other[name]:
            raise CheckError.at("trust.contradiction", name=name)
    return {**one, **other}
