"""Nobody gets a worse answer for seeing more: the answers of all audiences to one lot, over random honest histories."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from ledger.verify.chain import Policy
from ledger.verify.upstream import ended_upstream
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.audit import AuditState
from schemas.document import replace
from tests.support.audiences import AUDIENCES, worse
from tests.support.worlds.auditors import EVA, FAY, GUS, AuditedWorld, leaf
from tests.support.worlds.random_histories import HONEST_ACTS, History
from tests.support.worlds.recipe import tables
from tests.support.worlds.upstream import with_word
from tests.support.worlds.world import RepeatedMarkError, opened_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.seal.certificate import SealedCertificate
    from ledger.verify.chain import Chain
    from schemas.report import Report
    from schemas.upstream import EndedBatch
    from schemas.vocabulary import Audience

HISTORIES: Final = 200
SOAK: Final = 2000
ACTS: Final = 4
AUDITED: Final = 0.7
"""How often auditors have seen all of a history."""
STATES: Final = (*[AuditState.RIGHT] * 6, AuditState.RELIED, AuditState.REFUSED)


def played(random: Random) -> History:
    """Return a history of honest acts, withdrawals and suspensions, perhaps with auditors' records about all of it."""
    history = History(random, AuditedWorld())
    history.mine()
    for _ in range(ACTS):
        with suppress(RepeatedMarkError):
            random.choice((*HONEST_ACTS, History.mine, History.issue, History.change))(history)
    if random.random() < AUDITED:
        speak(history)
    return history


def speak(history: History) -> None:
    """Let one to three auditors make a record; one of them may rely on others, or find something wrong."""
    world = history.world
    assert isinstance(world, AuditedWorld)
    at_home = [made for made in history.issuances if world.records[made.digest].registry == "one.example"]
    places = [(made, number) for made in at_home for number, each in enumerate(made.certificates) if each]
    if not places:
        return
    for name in (EVA, FAY, GUS)[: history.random.randint(1, 3)]:
        state = history.random.choice(STATES)
        world.audit(name, [leaf(made, state, number=number) for made, number in places])


def behind(history: History, subject: SealedCertificate) -> set[bytes]:
    """Return the records that only the chain of a certificate needs: not those that it corrects, or that end it."""
    world, one, own = history.world, subject, set[bytes]()
    by_digest = {each.digest: each for made in history.issuances for each in made.certificates if each}
    while True:
        own |= {world.makers[one.digest], *world._ends.get(one.digest, ())}
        if one.record.follows is None:
            return world._needed(subject, ())[0] - own
        one = by_digest[one.record.follows.certificate]


def verified(history: History, subject: SealedCertificate, audience: Audience, **how: object) -> Chain:
    """Return the verification of what an audience sees."""
    world = history.world
    without = behind(history, subject) if audience == "public" else ()
    lines = world.bundle(subject, audience, without=without, **how)  # type: ignore[arg-type]
    policy = Policy(at_ms=world.now_ms + 60_000)
    return verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy, opening=opened_once)


def told(history: History, subject: SealedCertificate, audience: Audience, ended: Sequence[EndedBatch]) -> Report:
    """Return the report to an audience, with the registry's word, which names the ended lots that are shown."""
    shown = verified(history, subject, audience).cited if ended else ()
    word = [each if each.certificate in shown else replace(each, lot=None, certificate=None, path=()) for each in ended]
    said = with_word(history.world, subject, *word, registry=subject.record.registry)
    return report(verified(history, subject, audience, change=said))


def compared(seeds: range) -> Counter[str]:
    """Check that no audience gets a worse answer than one that sees less; return how often each state was met."""
    states = Counter[str]()
    for seed in seeds:
        random = Random(seed)  # noqa: S311 - the same in every run
        history = played(random)
        certified = [each for made in history.issuances for each in made.certificates if each]
        subject = random.choice(certified[-3:])
        whole = report(verified(history, subject, "auditor"))
        if whole.state == "do-not-rely":  # a lot was used after it was withdrawn: who sees that says so
            states["cheated"] += 1
            continue
        ended = [*map(ended_upstream, whole.affected)]
        found = {each: told(history, subject, each, ended) for each in AUDIENCES}
        states.update(each.state for each in found.values())
        states[found["public"].action.code] += 1
        assert worse(found) is None, (seed, worse(found))
    return states


@pytest.mark.slow
def test_no_audience_gets_a_worse_answer_than_one_that_sees_less() -> None:
    states = compared(range(HISTORIES))
    assert states["cheated"] < HISTORIES // 10
    assert min(states[each] for each in ("genuine", "withdrawn", "accept-ask", "ask-chain", "ask-whole-chain")) > 2


@pytest.mark.soak
def test_no_audience_gets_a_worse_answer_in_many_histories() -> None:
    assert sum(compared(range(SOAK)).values()) > SOAK
