from __future__ import annotations

import os
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ledger import verification
from ledger.seal.signer import SoftwareSigner
from ledger.verification import Task, verify_shared
from ledger.verify.chain import Policy
from ledger.verify.reading import FOLLOWING, Share
from ledger.verify.verdict import report
from schemas.problem import StateError
from tests.cast import key
from tests.draft import Cheat
from tests.recipe import Make, tables
from tests.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.report import Report

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
KG = 1_000_000


def history(world: World, *, cheat: Cheat | None = None, at: int = 5) -> list[bytes]:
    """Return the bundle of a chain of twelve runs with two outputs each, splits and moves on the way; one may cheat."""
    lumps = list(world.issue("ann", makes=[Make(1000 * KG), Make(500 * KG)]).lumps)
    made = None
    for number in range(12):
        taken = world.move(world.split(lumps[0], 100 * KG)[0], "ann")
        other = world.split(lumps[1], 50 * KG)[0]
        made = world.issue(
            "ann",
            [taken, other],
            [Make(900 * KG), Make(600 * KG)],
            feed_mg=1350 * KG,
            cheat=cheat if cheat and number == at else Cheat(),
        )
        lumps = list(made.lumps)
    assert made is not None
    return world.bundle(made.certificate)


def verified(world: World, lines: list[bytes], *, processes: int) -> Report:
    policy = Policy(world.now_ms)
    task = Task(lambda: iter(lines), world.people.trust, tables(), policy)
    return report(verify_shared(task, processes=processes))


@pytest.mark.parametrize("processes", [2, 3])
def test_a_shared_report_is_the_report_of_one_process(processes: int) -> None:
    world = World()
    lines = history(world)
    alone = verified(world, lines, processes=1)
    assert alone.verdict == "genuine"
    assert verified(world, lines, processes=processes) == alone


@pytest.mark.parametrize("audience", ["public", "customer", "partner"])
def test_what_is_withheld_is_told_as_by_one_process(audience: str) -> None:
    world = World()
    made = world.issue("ann", makes=[Make(10 * KG)])
    for _ in range(6):
        made = world.issue("ann", [world.split(made.lumps[0], KG)[0]], [Make(10 * KG)], feed_mg=9 * KG)
    lines = world.bundle(made.certificate, audience)  # type: ignore[arg-type] # one of the audiences
    assert verified(world, lines, processes=2) == verified(world, lines, processes=1)


def changed(number: int, change: Callable[[bytes], bytes]) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [*lines[:number], change(lines[number]), *lines[number + 1 :]]


def flip(line: bytes) -> bytes:
    middle = len(line) // 2
    return line[:middle] + (b"A" if line[middle : middle + 1] != b"A" else b"B") + line[middle + 1 :]


@pytest.mark.parametrize("number", range(24))
def test_a_changed_line_is_found_by_whichever_process_judges_it(number: int) -> None:
    world = World()
    lines = changed(-2 - number, flip)(history(world))
    alone = verified(world, lines, processes=1)
    assert alone.verdict != "genuine"
    assert verified(world, lines, processes=2) == alone


@pytest.mark.parametrize("missing", range(2, 20, 3))
def test_a_line_left_out_is_found(missing: int) -> None:
    world = World()
    lines = history(world)
    del lines[missing]
    alone = verified(world, lines, processes=1)
    assert alone.verdict == "do-not-rely"
    assert verified(world, lines, processes=2) == alone


def test_a_false_figure_is_found() -> None:
    world = World()
    cheat = Cheat(facts=lambda facts: facts.model_copy(update={"output": 1 - facts.output}))
    lines = history(world, cheat=cheat)
    alone = verified(world, lines, processes=1)
    assert alone.verdict == "do-not-rely"
    assert verified(world, lines, processes=3) == alone


@pytest.mark.parametrize("number", [4, 5])
def test_a_file_that_changes_while_it_is_read_is_judged_as_one(number: int) -> None:
    world, other = World(), World()
    cheat = Cheat(signer=SoftwareSigner(key("ann").kid, key("ben").key))  # only who judges the record sees it
    cheated, honest = history(world, cheat=cheat, at=number), history(other)
    parent = os.getpid()
    task = Task(
        lambda: iter(cheated if os.getpid() == parent else honest),
        world.people.trust,
        tables(),
        Policy(max(world.now_ms, other.now_ms)),
    )
    assert report(verify_shared(task, processes=2)) == report(task.judged())
    assert task.judged().judge.failed


def test_every_record_is_judged_by_exactly_one_process() -> None:
    world = World()
    lines = history(world)
    task = Task(lambda: iter(lines), world.people.trust, tables(), Policy(world.now_ms))
    alone = task.judged().judge.made
    shares = [Counter(task.judged(Share(number, 3)).judge.made) for number in range(3)]
    assert alone == sum(shares[1:], shares[0])
    assert all(shares)


def test_certificates_of_one_issuance_that_stand_far_apart_are_judged_by_one_process() -> None:
    world = World()
    made = first = world.issue("ann", makes=[Make(10 * KG), Make(5 * KG)])
    for _ in range(8):
        made = world.issue("ann", [made.lumps[0]], [Make(10 * KG)])
    made = world.issue("ann", [made.lumps[0], first.lumps[1]], [Make(15 * KG)])
    lines = world.bundle(made.certificate)
    number, second = [each for each in enumerate(lines) if each[1].startswith(b'{"t":"certificate"')][1]
    del lines[number]
    lines.insert(-2, second)  # before the last certificate, which uses it
    alone = verified(world, lines, processes=1)
    assert alone.verdict == "genuine", alone.headline
    assert verified(world, lines, processes=2) == alone
    task = Task(lambda: iter(lines), world.people.trust, tables(), Policy(world.now_ms))
    assert task.judged(Share(1, 2)).uneven
    assert not task.judged().uneven


def test_each_stretch_takes_the_same_time_with_what_is_followed_before_it() -> None:
    ends = [0, *Share(0, 3).ends(1_000_000), 1_000_000]
    times = [end - start + FOLLOWING * start for start, end in pairwise(ends)]
    assert max(times) - min(times) < 3
    assert times[0] < 520_000


def test_a_process_that_ends_without_an_answer_fails_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    lines = history(world)
    monkeypatch.setattr(verification, "_work", lambda *_: os._exit(1))
    with pytest.raises(StateError) as refused:
        verified(world, lines, processes=2)
    assert refused.value.code == "verify.process-ended"
