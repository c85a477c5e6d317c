"""A split that makes more, or less, than it was made of: convicted by the two splits as the log has them."""

from __future__ import annotations

import json

import pytest

from ledger.holdings.mark import split_digest
from ledger.verify.evidence import convict
from schemas.evidence import read_evidence
from schemas.problem import CheckError
from tests.support.registries.broken_sum import TEXTS, evidence, logged
from tests.support.registries.public_log import PublicLog
from tests.support.worlds.parties import cast


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
