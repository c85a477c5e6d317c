"""The trust lists of several registries, read as one.

Rules: each was pinned on its own.  A key, a registry or an origin that two of them name must be the same in both, and a key has one role
and one owner over all of them; of a party or plant that both
name, what the reader's own list says counts.  What this module does not do: it signs nothing, and admits nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from ledger.trust.pinned import Trust
from ledger.trust.roles import check_distinct, key_uses
from schemas.problem import CheckError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_Value = TypeVar("_Value")


def merged_trust(own: Trust, others: Iterable[Trust]) -> Trust:
    """Return `own` with what the other lists name besides; number and term are those of `own`.

    Raises:
        CheckError: `trust.contradiction`, where two lists say different things of one name.
        InputError: `trust.key-shared`, where two lists name one key in two roles, or of two owners.

    """
    others = tuple(others)
    if others:
        check_distinct(use for each in (own, *others) for use in key_uses(each.listed))
    found = own
    for other in others:
        _agreeing(_publics(found), _publics(other))
        _agreeing(_homes(found), _homes(other))
        found = Trust(
            own.listed,
            {**other.parties, **found.parties},
            {**other.keys, **found.keys},
            _agreeing(found.registries, other.registries),
            {**other.plants, **found.plants},
            {**other.schemes, **found.schemes},
        )
    return found


def _publics(trust: Trust) -> dict[str, bytes]:
    """Return what each name of a key, or of a log, stands for."""
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
