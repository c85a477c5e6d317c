"""The roles of keys: each public key of a trust list has one role and one owner.

Rules:

1. With a key for two roles or two owners, one signature says two things: a registry could witness itself, or one party
   sign for another.  So no public key appears in a trust list under two names or in two roles, ended keys included.
2. A quorum names each key once, and at least as many keys as must sign.  "0 of none" is a pilot; "0 of some" is a
   mistake.

A new role is one line in `key_uses`.  This module judges no signatures and no soundness of keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple, TypeAlias

from ledger.log.vkey import VerifierKey
from ledger.seal.digest import from_base64url
from ledger.trust.terms import terms_of, watching
from schemas.problem import InputError, Problem
from schemas.trust import TrustList

Role: TypeAlias = Literal["trust list", "issuer", "log", "status", "witness", "monitor"]


class KeyUse(NamedTuple):
    """The use of a public key: its role, and its name in that role; `place` is where a person wrote it."""

    role: Role
    name: str
    public: bytes
    place: str = ""

    @classmethod
    def of(cls, role: Role, key: VerifierKey, place: str = "") -> KeyUse:
        """Return the use of a verifier key."""
        return cls(role, key.name, key.public, place)


def key_uses(listed: TrustList) -> Iterator[KeyUse]:
    """Yield every key that a trust list names."""
    yield from (KeyUse.of("trust list", VerifierKey.parse(key)) for key in listed.keys)
    yield from (KeyUse.of("trust list", term.key) for term in terms_of(listed.keys, listed.dates).values())
    yield from (KeyUse("issuer", key.kid, from_base64url(key.public)) for party in listed.parties for key in party.keys)
    for each in listed.registries:
        yield from (KeyUse.of("log", VerifierKey.parse(log.key)) for log in each.logs)
        yield from (KeyUse("status", key.kid, from_base64url(key.public)) for key in each.all_status_keys())
        yield from (KeyUse.of("witness", term.key) for term in watching(each.witnesses).values())
        yield from (KeyUse.of("monitor", term.key) for term in watching(each.monitors).values())


def check_distinct(uses: Iterable[KeyUse]) -> None:
    """Check that no key has two roles or two names (rule 1), or raise.

    Raises:
        InputError: `trust.key-shared`, one for each such key.
    """
    first: dict[bytes, KeyUse] = {}
    problems = []
    for use in uses:
        other = first.setdefault(use.public, use)
        if (use.role, use.name) != (other.role, other.name):
            facts = {"role": use.role, "name": use.name, "other_role": other.role, "other": other.name}
            problems.append(Problem.at("trust.key-shared", use.place, **facts))
    if problems:
        raise InputError(*problems)


def check_quorum(role: Role, least: int, keys: Iterable[VerifierKey], *, place: str) -> None:
    """Check that a quorum can be reached and asks for at least one of the keys that it names (rule 2), or raise.

    Raises:
        InputError: `trust.quorum`, `trust.twice`.
    """
    publics: set[bytes] = set()
    for key in keys:
        if key.public in publics:
            raise InputError.at("trust.twice", place, name=key.name)
        publics.add(key.public)
    if least > len(publics) or (publics and not least):
        raise InputError.at("trust.quorum", place, role=role, least=least, named=len(publics))
