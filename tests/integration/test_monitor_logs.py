"""A monitor of a registry that closed a log and opened the next: what it reads first, and what it shows that only
both logs show.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from ledger.log.entry import Entry, EntryKind, PurposeCode, StatusBit, blinded
from ledger.log.merkle import prove_consistency, prove_inclusion
from ledger.seal.digest import to_base64url
from ledger.trust.status import rebuild
from ledger.verify.evidence import convict
from schemas.bundle import Proof
from schemas.document import replace
from schemas.evidence import FalseList, Repeat, read_evidence
from schemas.problem import CheckError
from schemas.trust import Log, TrustList
from tests.support.registries.public_log import LOG, NAME, PublicLog, monitor_of
from tests.support.worlds.parties import cast, vkey

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.log.witness import WitnessReply
    from ledger.trust.pinned import Trust
    from ledger.witnessing.monitor import Monitor

NEXT = vkey(f"{NAME}/log/2")
MARK = sha256(b"a holding").digest()
BIT = StatusBit(0, 7, PurposeCode.REVOCATION, 1)


@dataclass
class Both:
    """A log of 300 entries and more, in which MARK was left and BIT set, and the one that was opened when it was
    closed.
    """

    first: PublicLog = field(default_factory=PublicLog)
    second: PublicLog = field(init=False)

    def __post_init__(self) -> None:
        """Close the first log."""
        self.first.records(300)
        self.first.record("used", [MARK])
        self.first.record("withdrawn", bits=[BIT])
        self.first.publish()
        self.second = PublicLog(time_ms=self.first.time_ms, log=NEXT, before=list(self.first.raws))
        self.second.record("the next log begins")

    @property
    def time_ms(self) -> int:
        return self.second.time_ms

    @property
    def trust(self) -> Trust:
        """What is pinned once the first log is closed."""
        logs = (
            Log(origin=LOG.name, key=LOG.to_text(), final_size=self.first.size),
            Log(origin=NEXT.name, key=NEXT.to_text()),
        )

        def closed(listed: TrustList) -> TrustList:
            one, *others = listed.registries
            return replace(listed, registries=(replace(one, logs=logs), *others))

        return cast().changed(closed).trust

    def read(self, path: str) -> bytes:
        later = path.removeprefix("log/2/")
        return self.first.read(path) if later == path else self.second.read(later)

    def monitor(self, folder: Path) -> Monitor:
        return monitor_of(self, folder, trust=self.trust)  # type: ignore[arg-type] # it has what is read of a log


def status(reply: WitnessReply | None) -> int:
    assert reply is not None
    return reply.status


def test_the_closed_log_is_read_first_and_both_are_cosigned(tmp_path: Path) -> None:
    both = Both()
    both.second.publish()
    monitor = both.monitor(tmp_path)
    assert status(monitor.follow()) == 200
    assert monitor.entries() == both.first.size + both.second.size
    assert {path.name for path in tmp_path.iterdir()} >= {sha256(log.name.encode()).hexdigest() for log in (LOG, NEXT)}
    assert monitor.follow() is None
    both.first.asked.clear()
    both.second.record("one more")
    assert status(monitor.follow()) == 200
    assert both.first.asked == [], "a closed log is read once"


def test_a_registry_that_asks_about_the_next_log_first_has_the_closed_one_read(tmp_path: Path) -> None:
    both = Both()
    monitor = both.monitor(tmp_path)
    assert status(monitor.add(both.second.request(0))) == 200
    assert monitor.entries() == both.first.size + both.second.size
    assert status(monitor.add(both.first.request(0))) == 200


def test_a_monitor_that_followed_the_log_while_it_was_open_goes_on(tmp_path: Path) -> None:
    both = Both()
    assert status(monitor_of(both.first, tmp_path).follow()) == 200
    both.first.asked.clear()
    monitor = both.monitor(tmp_path)
    assert status(monitor.follow()) == 200
    assert not [path for path in both.first.asked if "entries" in path], "what was read is not read again"
    both.second.record("used again", [MARK])
    assert status(monitor.follow()) == 422


def test_a_use_in_each_log_convicts(tmp_path: Path) -> None:
    both = Both()
    both.second.record("used again", [MARK])
    monitor = both.monitor(tmp_path)
    reply = monitor.follow()
    assert status(reply) == 422
    (path,) = monitor.evidence()
    evidence = read_evidence(path.read_bytes())
    assert isinstance(evidence, Repeat)
    found = convict(evidence, both.trust)
    assert (found.problem.code, found.origin) == ("evidence.repeat-mark", NEXT.name)
    assert evidence.earlier is not None
    assert evidence.earlier.startswith(f"{LOG.name}\n{both.first.size}\n")
    for wrong in (
        {"earlier": None},
        {"earlier": evidence.checkpoint},
        {"earlier": both.first.note(302)},
        {"second": evidence.first},
    ):
        with pytest.raises(CheckError):
            convict(replace(evidence, **wrong), both.trust)


def test_a_list_that_hides_what_the_closed_log_set_convicts(tmp_path: Path) -> None:
    both = Both()
    both.second.publish(bits=bytes(16384))
    monitor = both.monitor(tmp_path)
    assert status(monitor.follow()) == 422
    (path,) = monitor.evidence()
    evidence = read_evidence(path.read_bytes())
    assert isinstance(evidence, FalseList)
    assert evidence.earlier is not None
    assert convict(evidence, both.trust).problem.code == "evidence.list"
    with pytest.raises(CheckError):
        convict(replace(evidence, earlier=None), both.trust)


def test_a_list_of_what_nobody_set_is_not_cosigned(tmp_path: Path) -> None:
    both = Both()
    invented = [BIT, StatusBit(0, 9, PurposeCode.REVOCATION, 1)]
    both.second.publish(bits=rebuild(invented, purpose="revocation", list_number=0))
    monitor = both.monitor(tmp_path)
    assert status(monitor.follow()) == 422
    assert monitor.evidence() == []


def test_an_honest_list_of_the_next_log_is_convicted_by_nobody() -> None:
    both = Both()
    index = both.second.publish()
    both.second.record("after it")
    second = both.second
    path = prove_consistency(second, old_size=index, new_size=second.size)
    made = FalseList(
        oreprint="evidence/1",
        registry=NAME,
        checkpoint=second.note(),
        shows="list",
        credential=second.lists[index],
        entry=_proof(second, index),
        log=tuple(map(to_base64url, second.raws[:index])),
        consistency=tuple(map(to_base64url, path)),
    )
    with pytest.raises(CheckError) as refused:
        convict(made, both.trust)
    assert refused.value.code == "evidence.shows-nothing"


def _proof(log: PublicLog, index: int) -> Proof:
    path = prove_inclusion(log, index=index, size=log.size)
    return Proof(entry=to_base64url(log.raws[index]), index=index, path=tuple(map(to_base64url, path)))


def test_beyond_its_end_nothing_of_a_closed_log_is_cosigned(tmp_path: Path) -> None:
    both = Both()
    monitor = both.monitor(tmp_path)
    assert status(monitor.follow()) == 200
    both.first.record("logged after the end")
    reply = monitor.add(both.first.request(both.first.size - 1))
    assert (reply.status, "was closed at size 303. A head of size 304" in reply.body) == (400, True)


def test_the_next_log_is_not_cosigned_before_all_of_the_closed_one_was_read(tmp_path: Path) -> None:
    both = Both()
    trust, short = both.trust, PublicLog(time_ms=both.time_ms)
    short.put(*both.first.raws[:-1])
    both.first = short
    monitor = monitor_of(both, tmp_path, trust=trust)  # type: ignore[arg-type] # as above
    reply = monitor.add(both.second.request(0))
    assert (reply.status, "was closed at size 303. A head of size 302" in reply.body) == (400, True)


def test_an_entry_of_no_form_in_the_next_log_convicts_under_its_own_checkpoint(tmp_path: Path) -> None:
    both = Both()
    raw = Entry(EntryKind.RECORD, both.time_ms + 1, blinded(b"x" * 32), (), ()).to_bytes()
    both.second.put(b"\x02" + raw[1:])
    monitor = both.monitor(tmp_path)
    assert status(monitor.follow()) == 422
    (path,) = monitor.evidence()
    assert convict(read_evidence(path.read_bytes()), both.trust).origin == NEXT.name
