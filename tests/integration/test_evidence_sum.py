"""A split that makes more, or less, than it was made of: convicted by the two splits as the log has them."""

from __future__ import annotations

import json

import pytest

from ledger.holdings.mark import commitment, holding_text, mark, split_digest
from ledger.holdings.split import SplitPart, SplitRecord
from ledger.log.entry import Entry, EntryKind, blinded
from ledger.log.merkle import prove_inclusion
from ledger.seal.digest import to_base64url
from ledger.verify.evidence import convict
from schemas.bundle import Proof
from schemas.evidence import BrokenSum, LoggedSplit, read_evidence
from schemas.holding import Holder
from schemas.problem import CheckError
from tests.support.registries.public_log import NAME, PublicLog
from tests.support.worlds.parties import cast, did

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


@pytest.mark.parametrize(("parts", "convicts"), [((600, 401), True), ((600, 399), True), ((600, 400), False)])
def test_a_split_whose_parts_are_not_what_it_split(parts: tuple[int, int], convicts: bool) -> None:
    log = PublicLog()
    log.records(3)
    first = logged(log, bytes(32), TEXTS[0], (1000, TEXTS[1]), (500, TEXTS[2]))
    second = logged(log, split_digest(first[1]), TEXTS[1], (parts[0], TEXTS[3]), (parts[1], TEXTS[4]))
    log.records(2)
    made = evidence(log, first, second)
    assert read_evidence(made.to_bytes() + b"\n") == made
    if not convicts:
        with pytest.raises(CheckError, match="proves no fault"):
            convict(made, cast().trust)
        return
    found = convict(made, cast().trust).problem
    assert (found.code, found.facts["index"]) == ("evidence.sum", "4")
    assert found.facts["used"] == "0.001"
    unrelated = logged(log, bytes(32), TEXTS[3], (1, TEXTS[0]), (1, TEXTS[4]))
    for pair in ((first, first), (second, second), (first, unrelated)):
        with pytest.raises(CheckError):
            convict(evidence(log, *pair), cast().trust)
    changed = json.loads(made.to_text()) | {"split": json.loads(made.to_text())["creator"]}
    with pytest.raises(CheckError):
        convict(read_evidence(json.dumps(changed, separators=(",", ":"), ensure_ascii=False).encode()), cast().trust)
