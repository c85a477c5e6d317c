"""A split whose parts weigh more than what was split, in a public log."""

from __future__ import annotations

from ledger.holdings.mark import commitment, holding_text, mark, split_digest
from ledger.holdings.split import SplitPart, SplitRecord
from ledger.log.entry import Entry, EntryKind, blinded
from ledger.log.merkle import prove_inclusion
from ledger.seal.digest import to_base64url
from schemas.bundle import Proof
from schemas.evidence import BrokenSum, LoggedSplit
from schemas.holding import Holder
from tests.support.registries.public_log import NAME, PublicLog
from tests.support.worlds.parties import did

HOLDER = Holder(owner=did("ann"), registry=NAME)


TEXTS = [holding_text(bytes([number]) * 32, HOLDER) for number in range(5)]


def logged(log: PublicLog, creator: bytes, used: str, *parts: tuple[int, str]) -> tuple[int, str]:
    """Log a split; return its entry and its text."""
    text = SplitRecord(creator, used, tuple(SplitPart(mass, commitment(made)) for mass, made in parts)).to_text()
    log.time_ms += 1000
    log.put(Entry(EntryKind.RECORD, log.time_ms, blinded(split_digest(text)), (mark(creator, used),)).to_bytes())
    return log.size - 1, text


def shown(log: PublicLog, index: int, text: str) -> LoggedSplit:
    path = prove_inclusion(log, index=index, size=log.size)
    raw = to_base64url(log.raws[index])
    return LoggedSplit(split=text, proof=Proof(entry=raw, index=index, path=tuple(map(to_base64url, path))))


def evidence(log: PublicLog, creator: tuple[int, str], split: tuple[int, str]) -> BrokenSum:
    return BrokenSum(
        oreprint="evidence/1",
        registry=NAME,
        checkpoint=log.note(),
        shows="sum",
        creator=shown(log, *creator),
        split=shown(log, *split),
    )
