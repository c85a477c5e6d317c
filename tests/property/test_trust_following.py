"""The rule by which a change of watchers is harmless agrees with true containment, over 6,561 pairs of policies."""

from __future__ import annotations

from itertools import combinations, product
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.trust.following import harmless

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
