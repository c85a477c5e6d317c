"""Each way to a low figure that the demo shows is refused by the rule made for it, and its honest record is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cli.cheats import CHEATS, Cheat
from ledger.drafting.draft import draft
from schemas.problem import RefusedError
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from ledger.drafting.draft import Draft
    from schemas.record import ProductionRecord

CODES = ("rule.q-line", "rule.m-fit-rare", "rule.a-price", "rule.q-line", "rule.x-cut", "rule.e-set-finer")


def drafted(record: ProductionRecord) -> Draft:
    upstream = [example.lots()[each.lot or ""] for each in record.inputs]
    return draft(record, upstream, facility=example.facilities()[record.facility], tables=example.tables())


@pytest.mark.parametrize(("cheat", "code"), list(zip(CHEATS, CODES, strict=True)), ids=[each.words for each in CHEATS])
def test_a_cheat_is_refused_by_its_rule(cheat: Cheat, code: str) -> None:
    honest = example.read(example.written(cheat.file.removesuffix(".yaml")[3:]))
    drafted(honest)
    with pytest.raises(RefusedError) as caught:
        drafted(cheat.change(honest))
    assert code in {problem.code for problem in caught.value.problems}
