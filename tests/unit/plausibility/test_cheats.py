"""Each cheat of the table is refused or flagged by its rule where a run is drafted; its honest record is not."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest

from ledger.factors.factor import parse_factor_set
from schemas.problem import RefusedError
from tests.support.worlds import worked_example as example
from tests.support.worlds.cheats import CHEATS, Cheat
from tests.support.worlds.own_tables import NAME, own_table

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables


@cache
def tables() -> FactorTables:
    """Return the shipped tables, and a producer's own with low numbers."""
    return example.tables().joined(parse_factor_set(own_table(), NAME, visibility="withheld"))


REFUSED = [cheat for cheat in CHEATS if cheat.verdict == "reject"]
FLAGGED = [cheat for cheat in CHEATS if cheat.verdict == "flag"]


def words(cheat: Cheat) -> str:
    return cheat.words


@pytest.mark.parametrize("cheat", REFUSED, ids=words)
def test_a_cheat_is_refused(cheat: Cheat) -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(cheat.written, other=tables())
    assert cheat.code in {problem.code for problem in caught.value.problems}
    assert "<" not in str(caught.value), "a fact of the sentence is missing"


@pytest.mark.parametrize("cheat", FLAGGED, ids=words)
def test_a_cheat_is_flagged_once_more_than_its_honest_record(cheat: Cheat) -> None:
    before, after = (
        [finding.problem.code for finding in done.findings]
        for done in (example.drafts()[cheat.run], example.drafted(cheat.written, other=tables()))
    )
    assert after.count(cheat.code) > before.count(cheat.code)
