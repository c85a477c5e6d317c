"""LG-10 and LG-14: who must have cosigned a head, when, and how old it may be; judged by the verifier alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from ledger.log.vkey import KeyType, VerifierKey
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.bundle import HeadLine, read_line
from schemas.document import replace
from schemas.note import Cosignature, Note, Signature
from schemas.problem import InputError
from schemas.trust import Quorum
from tests.support.worlds.broken_histories import mined
from tests.support.worlds.parties import key, vkey
from tests.support.worlds.recipe import tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from schemas.report import Report

HOUR_S: Final = 60 * 60
WITNESSES: Final = tuple(f"witness-{number}.example" for number in (1, 2, 3))
MONITOR: Final = "monitor.one.example"
ALIAS: Final = VerifierKey("alias.example", vkey(WITNESSES[0]).public, KeyType.COSIGNATURE)
"""A second name, and so a second key id, of the first witness's key."""


def by(name: str) -> VerifierKey:
    return vkey(name, KeyType.COSIGNATURE)


def cosigned(text: str, signer: VerifierKey, time_s: int) -> Signature:
    """Cosign as the owner of that key would, whatever it is called."""
    owner = WITNESSES[0] if signer == ALIAS else signer.name
    raw = Cosignature(time_s, key(owner).sign(Cosignature(time_s, bytes(64)).message(text))).to_bytes()
    return Signature(signer.name, signer.key_id, raw)


def judged(*signers: tuple[VerifierKey, int], later_s: int = 0) -> Report:
    """Return the report on a bundle whose head is cosigned by these, each so many seconds after it was made, and by
    the monitor.

    Two of three witnesses are asked for.
    """
    world = World()
    first, second = world.people.listed.registries
    asked = replace(first, witnesses=quorum(*map(by, WITNESSES)))
    world.people = world.people.changed(lambda listed: replace(listed, registries=(asked, second)))
    lines = [read_line(line, "") for line in world.bundle(mined(world).certificate)]
    now_s = world.now_ms // 1000

    def anew(line: HeadLine) -> HeadLine:
        note = Note.parse(line.checkpoint)
        own = [each for each in note.signatures if each.name == "one.example/log"]
        found = [cosigned(note.text, signer, now_s + after) for signer, after in (*signers, (by(MONITOR), 0))]
        return replace(line, checkpoint=Note(note.text, (*own, *found)).to_text())

    changed = [anew(line) if isinstance(line, HeadLine) else line for line in lines]
    policy = Policy(world.now_ms + 1000 * later_s)
    raw = [line.to_bytes() + b"\n" for line in changed]
    return report(verify_bundle(raw, trust=world.people.trust, tables=tables(), policy=policy))


def quorum(*keys: VerifierKey) -> Quorum:
    return Quorum(least=2, keys=tuple(each.to_text() for each in keys))


W1, W2, W3 = map(by, WITNESSES)


def test_lg_10_a_witness_that_is_named_twice_would_be_two_of_three() -> None:
    people = World().people
    first, second = people.listed.registries
    asked = replace(first, witnesses=quorum(W1, W2, ALIAS))
    with pytest.raises(InputError) as refusal:
        people.changed(lambda listed: replace(listed, registries=(asked, second)))
    assert refusal.value.code == "trust.twice"


@pytest.mark.parametrize("two", [(W1, W2), (W1, W3), (W3, W2)], ids=lambda two: "+".join(each.name for each in two))
def test_lg_10_two_of_three_witnesses_are_enough(two: tuple[VerifierKey, VerifierKey]) -> None:
    found = judged(*((each, 0) for each in two))
    assert (found.verdict, found.assurance) == ("genuine", "monitored"), found.headline


@pytest.mark.parametrize(
    "signers",
    [
        [],
        [(W1, 0)],
        [(W1, 0), (W1, 1)],
        [(W1, 0), (ALIAS, 0)],
        [(W1, 0), (by("stranger.example"), 0)],
        [(by("stranger.example"), 0), (by("another.example"), 0)],
        [(W1, 0), (by(MONITOR), 1)],
        [(W1, 0), (W2, 2 * HOUR_S)],
        [(W1, 0), (W2, -25 * HOUR_S)],
        [(W1, -25 * HOUR_S), (W2, -25 * HOUR_S)],
    ],
    ids=[
        "nobody",
        "one",
        "one twice",
        "one by two names",
        "one and a stranger",
        "two strangers",
        "one and the monitor",
        "one of in two hours",
        "one of the day before",
        "both of the day before",
    ],
)
def test_lg_10_fewer_are_not(signers: list[tuple[VerifierKey, int]]) -> None:
    found = judged(*signers)
    assert found.verdict == "incomplete", found.headline
    assert "have not cosigned" in found.headline


def test_lg_10_a_false_cosignature_of_a_known_witness_is_no_missing_one() -> None:
    """A good quorum beside it doesn't help: somebody forged a name that the verifier trusts."""
    other = VerifierKey(W3.name, W3.public, KeyType.COSIGNATURE)
    world_key = VerifierKey(other.name, vkey("stranger.example").public, KeyType.COSIGNATURE)
    assert world_key.key_id != W3.key_id
    assert judged((W1, 0), (W2, 0), (world_key, 0)).verdict == "genuine", "a name alone is nobody"


@pytest.mark.parametrize(("hours", "verdict"), [(0, "genuine"), (23, "genuine"), (25, "incomplete")])
def test_lg_14_yesterdays_head_and_lists_are_stale_and_their_age_is_told(hours: int, verdict: str) -> None:
    found = judged((W1, 0), (W2, 0), later_s=hours * HOUR_S)
    assert found.verdict == verdict, found.headline
    if verdict == "genuine":
        assert found.status_age_s is not None
        assert 0 <= found.status_age_s - hours * HOUR_S < HOUR_S
    else:
        stale = {each.code: each.sentence for each in found.checks if each.result == "not-checked"}
        assert "have not cosigned within a day" in stale["log.included"]
        assert any("counts for a day" in each.sentence for each in found.checks if each.code == "status.list")
