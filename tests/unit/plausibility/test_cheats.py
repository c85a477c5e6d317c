"""Each cheat of the table is refused or flagged by its rule where a run is drafted; its honest record is not."""

from __future__ import annotations

import pytest

from schemas.problem import RefusedError
from tests.support.worlds import worked_example as example
from tests.support.worlds.cheats import CHEATS, Cheat

REFUSED = [cheat for cheat in CHEATS if cheat.verdict == "reject"]
FLAGGED = [cheat for cheat in CHEATS if cheat.verdict == "flag"]


def words(cheat: Cheat) -> str:
    return cheat.words


@pytest.mark.parametrize("cheat", REFUSED, ids=words)
def test_a_cheat_is_refused(cheat: Cheat) -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(cheat.written)
    assert cheat.code in {problem.code for problem in caught.value.problems}
    assert "<" not in str(caught.value), "a fact of the sentence is missing"


@pytest.mark.parametrize("cheat", FLAGGED, ids=words)
def test_a_cheat_is_flagged_once_more_than_its_honest_record(cheat: Cheat) -> None:
    before, after = (
        [finding.problem.code for finding in done.findings]
        for done in (example.drafts()[cheat.run], example.drafted(cheat.written))
    )
    assert after.count(cheat.code) > before.count(cheat.code)
