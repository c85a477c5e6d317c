"""Which key does what: a trust list in which one key has two roles, or two owners, or in which a quorum can't be
reached, isn't opened.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, get_args

import pytest

from ledger.trust.pinned import open_trust
from ledger.trust.roles import Role, key_uses
from ledger.trust.several import merged_trust
from schemas.document import replace
from schemas.problem import InputError
from tests.support.worlds.key_places import PLACES, quorum, with_registry
from tests.support.worlds.parties import cast, cast_of, key, vkey

if TYPE_CHECKING:
    from schemas.trust import Quorum, TrustList


def refusal(listed: TrustList) -> str:
    with pytest.raises(InputError) as refused:
        cast_of(listed)
    return refused.value.code


def test_every_role_has_a_place_here() -> None:
    """Hard use 9: who adds a role adds its line here, too."""
    assert set(get_args(Role)) == {name.removeprefix("another ") for name in PLACES}
    assert {use.role for use in key_uses(cast().listed)} == set(get_args(Role))


@pytest.mark.parametrize(("one", "other"), list(combinations(PLACES, 2)), ids="+".join)
def test_no_key_has_two_roles_or_two_owners(one: str, other: str) -> None:
    """Hard use 9: issuer, log, status, trust list, witness and monitor are different keys, and so are those of two
    parties.
    """
    shared = key("shared").public
    alone = PLACES[one](cast().listed, shared)
    cast_of(alone)
    assert refusal(PLACES[other](alone, shared)) == "trust.key-shared"


def test_a_party_can_not_bring_back_an_ended_key_under_another_id() -> None:
    """Hard use 9: one key is one entry, also of one party: an end would end nothing."""
    listed = cast().listed
    (own,) = listed.parties[0].keys
    twice = (own, replace(own, kid=f"{listed.parties[0].did}#key-2"))
    parties = (replace(listed.parties[0], keys=twice), *listed.parties[1:])
    assert refusal(replace(listed, parties=parties)) == "trust.key-shared"


def test_one_witness_may_watch_two_registries() -> None:
    """Hard use 9: the same role under the same name is the same witness."""
    witness = quorum("w1.example", key("w1").public)
    cast_of(with_registry(with_registry(cast().listed, 0, witnesses=witness), 1, witnesses=witness))


def _asked(role: str, asked: Quorum) -> TrustList:
    listed = cast().listed
    return with_registry(listed, witnesses=asked) if role == "witness" else with_registry(listed, monitors=asked)


@pytest.mark.parametrize("role", ["witness", "monitor"])
@pytest.mark.parametrize(("least", "count"), [(2, 1), (4, 3), (0, 1), (0, 3), (1, 0)])
def test_a_quorum_that_can_not_be_reached_is_refused(role: str, least: int, count: int) -> None:
    """Hard use 9: more than are named, or nobody of those that are; nobody of none is a pilot."""
    keys = [key(f"own {number}").public for number in range(count)]
    assert refusal(_asked(role, quorum("w.example", *keys, least=least))) == "trust.quorum"
    cast_of(_asked(role, quorum("w.example", *keys, least=count)))


def test_a_key_that_is_named_twice_is_no_two_witnesses() -> None:
    """Hard use 9: 2 of 2 names of one key is 2 of 1."""
    one = key("w1").public
    assert refusal(with_registry(cast().listed, witnesses=quorum("w.example", one, one, least=2))) == "trust.twice"


def test_two_pinned_lists_are_held_to_it_together() -> None:
    """Hard use 9: a registry's own party is no witness of another registry that it has pinned."""
    own = cast(("ann",), ("one.example",))
    other = cast_of(replace(cast(("ben",), ("two.example",)).listed, schemes=None))
    merged_trust(own.trust, [other.trust])
    public = key("ann").public
    shared = cast_of(with_registry(other.listed, witnesses=quorum("w.example", public)))
    with pytest.raises(InputError) as refused:
        merged_trust(own.trust, [shared.trust])
    assert refused.value.code == "trust.key-shared"
    assert open_trust(shared.note).listed == shared.listed
    assert vkey("w.example").public != public
