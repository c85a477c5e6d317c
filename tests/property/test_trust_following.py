"""The rule by which a change of watchers is harmless agrees with true containment, over 6,561 pairs of policies, and
of keys that count for a time.
"""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.log.vkey import KeyType
from ledger.trust.following import harmless
from ledger.trust.terms import KeyTerm
from tests.support.worlds.parties import vkey

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS: Final = 5


class Policy(NamedTuple):
    """A quorum: how many of which keys must sign."""

    least: int
    keys: frozenset[int]

    def accepts(self, signed: frozenset[int]) -> bool:
        return len(signed & self.keys) >= self.least


def subsets(size: int = KEYS) -> Iterator[frozenset[int]]:
    for count in range(size + 1):
        yield from map(frozenset, combinations(range(size), count))


def policies() -> Iterator[Policy]:
    """Yield nobody, and every quorum of some of the keys that can be reached."""
    yield Policy(0, frozenset())
    yield from (Policy(least, keys) for keys in subsets() for least in range(1, len(keys) + 1))


ALL: Final = list(policies())
SIGNED: Final = list(subsets())
ACCEPTED: Final = {policy: {signed for signed in SIGNED if policy.accepts(signed)} for policy in ALL}


def rule(before: Policy, after: Policy) -> bool:
    return harmless(before=before.least, after=after.least, new=len(after.keys - before.keys))


def test_harmless_is_what_the_policy_of_before_contains() -> None:
    pairs = list(product(ALL, ALL))
    assert len(pairs) == 6561
    assert [pair for pair in pairs if rule(*pair) != (ACCEPTED[pair[1]] <= ACCEPTED[pair[0]])] == []


def test_harmless_steps_add_up_to_a_harmless_change() -> None:
    follow = {before: [after for after in ALL if rule(before, after)] for before in ALL}
    assert [(a, c) for a in ALL for b in follow[a] for c in follow[b] if not rule(a, c)] == []


# -- keys that count before a day, from it, or always; the others don't count --------------------------------------

TIMES: Final = {"early": frozenset({0}), "late": frozenset({1}), "always": frozenset({0, 1})}


class Dated(NamedTuple):
    """A quorum of keys that each count at some times."""

    least: int
    keys: tuple[frozenset[int], ...]

    def accepts(self, signed: frozenset[tuple[int, int]]) -> bool:
        return len({key for key, time in signed if time in self.keys[key]}) >= self.least


def dated() -> Iterator[Dated]:
    for keys in product((frozenset[int](), *TIMES.values()), repeat=3):
        named = sum(map(bool, keys))
        yield from (Dated(least, keys) for least in range(min(named, 1), named + 1))


def test_a_key_with_wider_dates_is_a_new_one() -> None:
    signed = [frozenset(each) for count in range(4) for each in combinations(product(range(3), (0, 1)), count)]
    accepted = {policy: {each for each in signed if policy.accepts(each)} for policy in dated()}
    wrong = []
    for before, after in product(accepted, repeat=2):
        new = sum(not later <= earlier for earlier, later in zip(before.keys, after.keys, strict=True))
        if harmless(before=before.least, after=after.least, new=new) and not accepted[after] <= accepted[before]:
            wrong.append((before, after))
    assert wrong == []


def test_dates_are_compared_as_they_count() -> None:
    key, ends = (
        vkey("w", KeyType.COSIGNATURE),
        {"early": (0, 1), "late": (1, None), "always": (0, None), "never": (0, 0)},
    )
    terms = {name: KeyTerm(key, *each) for name, each in ends.items()}
    within = {(one, other) for one, other in product(terms, repeat=2) if terms[one].within(terms[other])}
    times = TIMES | {"never": frozenset()}
    assert within == {(one, other) for one, other in product(times, repeat=2) if times[one] <= times[other]}
    assert {name: {at for at in (0, 1) if term.holds(at)} for name, term in terms.items()} == times
