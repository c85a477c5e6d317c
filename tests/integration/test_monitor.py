"""A monitor over logs that are honest and logs that are not: what it cosigns, what it refuses, and what its evidence
convicts of.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ledger.log.entry import Entry, EntryKind, PurposeCode, blinded
from ledger.log.head import open_head
from ledger.log.merkle import Frontier
from ledger.log.witness import WitnessReply, signature_lines
from ledger.verify.chain import Policy
from ledger.verify.evidence import Conviction, convict
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.bundle import HeadLine
from schemas.document import replace
from schemas.evidence import read_evidence
from schemas.note import Note
from schemas.problem import CheckError, InputError, OreprintError
from schemas.trust import Voided
from tests.support.registries.frauds import FRAUDS, MARK, bit, twice
from tests.support.registries.public_log import LOG, MONITOR, NAME, PublicLog, monitor_of
from tests.support.worlds.broken_histories import drawn
from tests.support.worlds.parties import START_MS, cast
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World, cosign

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.witnessing.monitor import Monitor
    from schemas.bundle import BundleLine
    from schemas.report import Report


def cosigned(log: PublicLog, reply: WitnessReply | None) -> int:
    """Return the size of the head that an answer cosigns."""
    assert reply is not None
    assert reply.status == 200, reply
    note = Note.parse(log.note())
    head = open_head(Note(note.text, (*note.signatures, *signature_lines(reply))).to_text(), LOG, cosigners=[MONITOR])
    assert [found.key for found in head.cosignatures] == [MONITOR]
    return head.size


def convicted(monitor: Monitor) -> Conviction:
    """Return what the monitor's one file of evidence convicts the registry of, for whoever pinned the trust list."""
    (path,) = monitor.evidence()
    return convict(read_evidence(path.read_bytes()), cast().trust)


def test_an_honest_log_is_read_once_and_cosigned_at_every_size(tmp_path: Path) -> None:
    log = PublicLog()
    log.records(300)
    log.record("withdrawn", bits=[bit(7)])
    log.publish()
    monitor = monitor_of(log, tmp_path)
    assert cosigned(log, monitor.follow()) == 302
    assert monitor.follow() is None
    log.record("suspended", bits=[bit(8, PurposeCode.SUSPENSION)])
    log.publish("suspension")
    log.record("lifted", bits=[bit(8, PurposeCode.SUSPENSION, 0)])
    log.publish("suspension")
    log.records(500)
    log.asked.clear()
    assert cosigned(log, monitor_of(log, tmp_path).follow()) == 806
    assert "tile/entries/000" not in log.asked
    assert monitor.evidence() == []


def test_a_monitor_that_was_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    log = PublicLog()
    log.records(20_000)
    monitor, read = monitor_of(log, tmp_path), log.read
    left = [70]

    def cut(path: str) -> bytes:
        left[0] -= 1
        if left[0] < 0:
            raise ConnectionError
        return read(path)

    log.read = cut  # type: ignore[method-assign]
    with pytest.raises(ConnectionError):
        monitor_of(log, tmp_path).follow()
    log.read = read  # type: ignore[method-assign]
    assert monitor.followed.place().frontier.size == 64 * 256
    log.asked.clear()
    assert cosigned(log, monitor_of(log, tmp_path).follow()) == 20_000
    assert "tile/entries/063" not in log.asked


def test_the_registry_asks_and_the_monitor_looks_before_it_answers(tmp_path: Path) -> None:
    log = PublicLog()
    log.records(3)
    monitor = monitor_of(log, tmp_path)
    assert cosigned(log, monitor.add(log.request(0))) == 3
    log.records(3)
    assert monitor.add(log.request(1)).body == "3\n"
    assert cosigned(log, monitor.add(log.request(3))) == 6


@pytest.mark.parametrize("fraud", FRAUDS)
@pytest.mark.parametrize("before", [0, 300])
def test_a_fraud_is_never_cosigned_and_its_evidence_convicts(
    fraud: Callable[[PublicLog], str], before: int, tmp_path: Path
) -> None:
    log = PublicLog()
    log.records(before)
    monitor = monitor_of(log, tmp_path)
    if before:
        assert cosigned(log, monitor.follow()) == before
    code = fraud(log)
    log.records(300)
    for _ in range(2):  # however often it is asked, fetching or being sent
        reply = monitor.follow()
        assert reply is not None
        assert reply.status == 422
        assert code in reply.body
        assert monitor.add(log.request(before)).status == 422
    found = convicted(monitor)
    assert (found.registry, found.origin, found.size, found.problem.code) == (NAME, LOG.name, log.size, code)


@pytest.mark.parametrize("fraud", FRAUDS)
def test_evidence_that_was_changed_convicts_nobody(fraud: Callable[[PublicLog], str], tmp_path: Path) -> None:
    log = PublicLog()
    code = fraud(log)
    log.records(3)
    monitor = monitor_of(log, tmp_path)
    assert monitor.follow() is not None
    whole = json.loads(monitor.evidence()[0].read_text("utf-8"))
    assert convicted(monitor).problem.code == code
    changes = [
        {"checkpoint": PublicLog.note(_other())},
        {"registry": "two.example"},
        {"digest": "A" * 43},
        {"second": whole.get("first")},
        {"against": whole.get("entry")},
        {"log": []},
        {"credential": "e30.e30.e30"},
        {"entry": whole.get("entry", {}) | {"index": 1_000}},
    ]
    for change in changes:
        (member,) = change
        if member not in whole or (member == "entry" and "entry" not in whole):
            continue
        text = json.dumps(whole | change, separators=(",", ":"), ensure_ascii=False).encode()
        with pytest.raises((CheckError, InputError)):
            convict(read_evidence(text), cast().trust)


def _other() -> PublicLog:
    log = PublicLog()
    log.records(4)
    return log


def test_only_a_trust_list_that_voids_the_entry_lets_the_monitor_go_on(tmp_path: Path) -> None:
    log = PublicLog()
    twice(log)
    log.records(3)
    assert monitor_of(log, tmp_path).add(log.request(0)).status == 422
    second = next(n for n, raw in enumerate(log.raws) if n and MARK in Entry.parse(raw).marks)
    people = cast().changed(
        lambda listed: replace(
            listed,
            registries=tuple(
                replace(each, **{"voided": (Voided(origin=LOG.name, index=second),)} if each.id == NAME else {})
                for each in listed.registries
            ),
        )
    )
    assert cosigned(log, monitor_of(log, tmp_path, trust=people.trust).add(log.request(0))) == log.size


@pytest.mark.parametrize(
    ("ahead", "status"), [(0, 200), (100_000, 200), (200_000, 422), (-100_000, 200), (-200_000, 422)]
)
def test_a_time_that_cannot_be_right_by_the_monitors_clock_is_not_cosigned(
    ahead: int, status: int, tmp_path: Path
) -> None:
    log = PublicLog()
    log.records(3)
    early = monitor_of(log, tmp_path, ahead_ms=ahead)
    first = early.add(log.request(0))
    if ahead < -120_000:  # the entries are of a time that is yet to come
        assert (first.status, "monitor.time" in first.body) == (422, True)
        return
    assert first.status == 200
    log.records(1)  # bears a time just after the others, though the monitor cosigned so much later
    assert early.add(log.request(3)).status == status
    assert early.evidence() == []


def test_time_never_goes_back(tmp_path: Path) -> None:
    log = PublicLog()
    log.records(3)
    log.put(Entry(EntryKind.RECORD, START_MS - 1, blinded(bytes(32))).to_bytes())
    reply = monitor_of(log, tmp_path).add(log.request(0))
    assert (reply.status, "monitor.time" in reply.body) == (422, True)


@pytest.mark.parametrize("grown", [0, 1, 256, 700])
@pytest.mark.parametrize("size", [1, 7, 300])
def test_a_log_that_was_rebuilt_is_convicted_by_its_own_two_heads(size: int, grown: int, tmp_path: Path) -> None:
    log, fork = PublicLog(), PublicLog()
    log.records(size)
    fork.record("another history")
    fork.records(size - 1 + grown)
    monitor = monitor_of(log, tmp_path)
    assert cosigned(log, monitor.follow()) == size
    monitor_on_fork = monitor_of(fork, tmp_path)
    reply = monitor_on_fork.follow()
    assert reply is not None
    assert reply.status == 422
    found = convicted(monitor)
    assert found.problem.code == "evidence.rebuilt"
    text = monitor.evidence()[0].read_bytes()
    same = json.loads(text) | {"other": json.loads(text)["checkpoint"]}
    with pytest.raises(OreprintError):
        convict(read_evidence(json.dumps(same, separators=(",", ":"), ensure_ascii=False).encode()), cast().trust)


def test_a_list_that_is_withheld_or_swapped_is_not_cosigned(tmp_path: Path) -> None:
    log = PublicLog()
    log.records(1)
    index, other = log.publish(), log.publish()
    log.lists[index] = log.lists[other]
    assert "monitor.other-list" in monitor_of(log, tmp_path).add(log.request(0)).body
    del log.lists[index]
    assert monitor_of(log, tmp_path).add(log.request(0)).status == 503


def test_a_version_of_the_trust_list_that_comes_twice_or_is_withheld_is_not_cosigned(tmp_path: Path) -> None:
    log, listed = PublicLog(), cast().listed
    first = log.publish_trust(cast().note)
    monitor = monitor_of(log, tmp_path)
    assert cosigned(log, monitor.follow()) == 1
    again = log.publish_trust(cast().changed(lambda _: replace(listed, expires="2098-01-01T00:00:00Z")).note)
    assert "monitor.list-twice" in monitor.add(log.request(1)).body
    alone = PublicLog()
    alone.publish_trust(cast().note)
    for text in (log.lists[again], "no list"):
        alone.lists[first] = text
        assert "monitor.other-list" in monitor_of(alone, tmp_path / "another").add(alone.request(0)).body
    del alone.lists[first]
    assert monitor_of(alone, tmp_path / "another").add(alone.request(0)).status == 503


def test_tiles_that_do_not_lead_to_the_signed_head_convict_nobody_and_cosign_nothing(tmp_path: Path) -> None:
    log = PublicLog()
    log.records(10)
    log.raws[4] = log.raws[5]
    monitor = monitor_of(log, tmp_path)
    assert monitor.add(log.request(0)).status == 422
    assert monitor.evidence() == []
    assert monitor.followed.place().frontier == Frontier()


def public(world: World, lists: dict[int, str]) -> PublicLog:
    """Return the log of a world's registry as the public reads it."""
    log = PublicLog(lists=lists, time_ms=world.now_ms)
    log.put(*(entry.to_bytes() for entry in world.logs[NAME]))
    return log


def test_a_second_sale_never_verifies_as_genuine_where_a_monitor_must_cosign(tmp_path: Path) -> None:
    world = World()
    lump = drawn(world)
    sold = world.issue("ben", [lump], [Make(500_000)])
    before = world.bundle(sold.certificate)
    again = world.issue("ben", [lump], [Make(400_000)])  # the registry logs the same use once more
    lines = world.bundle(again.certificate)
    log = public(world, dict(pair for each in world._published.values() for pair in each.lists))
    log.lists |= {n: text for n, text in _lists(before).items() if n not in log.lists}
    monitor = monitor_of(log, tmp_path)
    reply = monitor.add(log.request(0))
    assert (reply.status, "evidence.repeat-mark" in reply.body) == (422, True)
    assert convicted(monitor).problem.code == "evidence.repeat-mark"

    def uncosigned(told: list[BundleLine]) -> list[BundleLine]:
        """Show the head as the registry can have it: with its witness, without the monitor that refused."""
        head = cosign(log.note(), f"witness.{NAME}", time_s=world.now_ms // 1000)
        return [HeadLine(t="head", registry=NAME, checkpoint=head) if isinstance(x, HeadLine) else x for x in told]

    assert judged(world, lines).verdict == "genuine"  # had the monitor cosigned, nobody would notice
    refused = judged(world, world.bundle(again.certificate, change=uncosigned))
    assert (refused.verdict, refused.assurance) == ("incomplete", "witnessed")


def judged(world: World, lines: list[bytes]) -> Report:
    policy = Policy(at_ms=world.now_ms + 60_000)
    return report(verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy))


def _lists(lines: list[bytes]) -> dict[int, str]:
    told = [json.loads(line) for line in lines if line.startswith(b'{"t":"status"')]
    return {each["proof"]["index"]: each["credential"] for each in told}
