"""Frauds of a registry that a monitor finds in its public log."""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.log.entry import PurposeCode, StatusBit
from ledger.trust.status import rebuild
from tests.support.worlds.wrong_status_lists import WRONG, relisted

if TYPE_CHECKING:
    from tests.support.registries.public_log import PublicLog

MARK = sha256(b"a holding").digest()


def bit(position: int, purpose: PurposeCode = PurposeCode.REVOCATION, value: int = 1) -> StatusBit:
    return StatusBit(0, position, purpose, value)


def twice(log: PublicLog) -> str:
    log.record("first", [MARK])
    log.records(5)
    log.record("second", [MARK, sha256(b"another").digest()])
    return "evidence.repeat-mark"


def one_record_twice(log: PublicLog) -> str:
    log.record("one")
    log.records(2)
    log.record("one")
    return "evidence.repeat-record"


def taken_back(log: PublicLog) -> str:
    log.record("withdrawn", bits=[bit(7)])
    log.record("not withdrawn", bits=[bit(7, value=0)])
    return "evidence.cleared"


def unreadable(log: PublicLog) -> str:
    log.put(b"\x01\x01 not an entry")
    return "evidence.malformed"


def hidden_withdrawal(log: PublicLog) -> str:
    log.record("withdrawn", bits=[bit(7)])
    log.publish(bits=rebuild([], purpose="revocation", list_number=0))
    return "evidence.list"


def hidden_suspension(log: PublicLog) -> str:
    log.record("suspended", bits=[bit(7, PurposeCode.SUSPENSION)])
    log.publish("suspension", bits=rebuild([], purpose="suspension", list_number=0))
    return "evidence.list"


def false_withdrawal(log: PublicLog) -> str:
    log.records(3)
    log.publish(bits=rebuild([bit(9)], purpose="revocation", list_number=0))
    return "evidence.list"


def wrong_size(log: PublicLog) -> str:
    log.records(3)
    log.publish(size=1)
    return "evidence.list"


def another_issuer(log: PublicLog) -> str:
    """Hard use 10: no monitor cosigns a status list whose issuer is not who signed it."""
    log.publish(relist=partial(relisted, **WRONG["another issuer"]))
    return "evidence.list"


def another_day(log: PublicLog) -> str:
    """Hard use 10: no monitor cosigns a status list whose times are not those of its entry."""
    log.publish(relist=partial(relisted, **WRONG["of another day"]))
    return "evidence.list"


FRAUDS = [
    twice,
    one_record_twice,
    taken_back,
    unreadable,
    hidden_withdrawal,
    hidden_suspension,
    false_withdrawal,
    wrong_size,
    another_issuer,
    another_day,
]
