"""One rule tells lots apart: a blank never makes another lot, a dash always does; at issue, at search, at holdings
and at verification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.changes.withdraw import withdraw
from ledger.issuing.issue import IssuedRun, issue
from ledger.issuing.prepare import check_signable
from ledger.lots.balance import balances_of
from ledger.store.engine import reading
from ledger.transfers.ship import Dispatch, ship
from schemas.lot import normal_lot
from schemas.problem import OreprintError
from tests.support.registries.registry import Clock
from tests.support.registries.two_homes import ANN, BEN, PASSPHRASE, TABLES, a_shop, plant
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.registries.two_homes import Shop

SAME = ("LOT 007a", "LOT007a", "lot 7A", "ＬＯＴ ００７Ａ", "L O T 7 a")
OTHER = ("LOT-007a", "lot–7A", "LOT −7a", "lot - 7a")


@pytest.fixture
def shop(tmp_path: Path, database: str | None) -> Shop:
    return a_shop(tmp_path, "registry.example", [ANN, BEN], Clock(), seed=1, database=database)


def issued(shop: Shop, lot: str) -> str:
    (made,) = issue(shop.registry, [blend(lot, "10 kg", producer=ANN, plant=plant(ANN))], tables=TABLES)
    return made.certificates[0].lot if isinstance(made, IssuedRun) else made.code


def refused(act: Callable[[], object]) -> OreprintError:
    with pytest.raises(OreprintError) as told:
        act()
    return told.value


def held(shop: Shop, lot: str | None = None) -> list[str]:
    with reading(shop.registry.engine) as connection:
        found = balances_of(connection, shop.name, owner=ANN, now_ms=shop.clock.now, lot=lot)
    return sorted(each.lot.lot for each in found)


def test_the_rule() -> None:
    """Hard use 21: blanks, case, width, kinds of dash and leading zeros make no other lot; a dash does."""
    assert {normal_lot(each) for each in SAME} == {"lot7a"}
    assert {normal_lot(each) for each in OTHER} == {"lot-7a"}
    assert normal_lot("1-11") != normal_lot("11-1")


def test_at_issue_at_holdings_and_at_verification_it_is_one_rule(shop: Shop) -> None:
    """Hard use 21: everywhere "LOT 007a" and "LOT-007a" are two lots of a plant, and "LOT007A" is the first of them."""
    assert [issued(shop, lot) for lot in (SAME[0], OTHER[0])] == [SAME[0], OTHER[0]]
    for lot in (*SAME[1:], *OTHER[1:]):
        assert issued(shop, lot) == "issue.lot-taken", lot
    assert held(shop) == sorted([SAME[0], OTHER[0]])
    for names in (SAME, OTHER):
        for lot in names:
            assert held(shop, lot) == [names[0]]
            assert ship(shop.registry, Dispatch(lot, ANN, BEN, 1_000_000)).lot.lot == names[0]
    digest = shop.blend("BOTH", "6 kg", by=ANN, inputs={SAME[2]: "3 kg", OTHER[1]: "3 kg"})
    found = shop.judge(shop.bundle(digest))
    assert found.verdict == "genuine", found.headline
    assert shop.faults() == []


def test_who_errs_by_a_dash_is_told_the_name(shop: Shop) -> None:
    """Hard use 21: a search by the other name finds nothing, and says which lot there is; a stranger is told
    nothing.
    """
    shop.blend("LOT 007a", "10 kg", by=ANN)
    told = refused(lambda: held(shop, "LOT-007a"))
    assert (told.code, told.problems[1].code) == ("holding.unknown", "holding.alike")
    assert told.problems[1].sentence().startswith("LOT 007a is not the same lot as LOT-007a. A dash")
    used = refused(lambda: shop.blend("X", "1 kg", by=ANN, inputs={"LOT-007a": "1 kg"}))
    assert [each.code for each in used.problems] == ["holding.unknown", "holding.alike"]
    foreign = refused(lambda: shop.blend("X", "1 kg", by=BEN, inputs={"LOT-007a": "1 kg"}))
    assert [each.code for each in foreign.problems] == ["holding.unknown"]
    shop.blend("LOT-007a", "1 kg", by=BEN)
    known = refused(lambda: held(shop, "LOT-007a"))
    assert [each.code for each in known.problems] == ["holding.not-yours", "holding.alike"], "as where nobody has it"
    assert issued(shop, "LOT–7a") == "LOT–7a", "of another plant the name is free"


def test_a_withdrawal_takes_the_one_that_was_named(shop: Shop) -> None:
    """Hard use 21: a life event is about one lot, too."""
    from ledger.admin.init import status_signer

    for lot in ("LOT 007a", "LOT-007a"):
        shop.blend(lot, "10 kg", by=ANN)
    status = status_signer(shop.home, shop.name, passphrase=PASSPHRASE)
    withdraw(shop.registry, "lot7A", issuer=ANN, reason="wrong assay", status=status)
    assert refused(lambda: shop.blend("X", "1 kg", by=ANN, inputs={"LOT 7a": "1 kg"})).code == "holding.withdrawn"
    assert shop.blend("Y", "1 kg", by=ANN, inputs={"LOT-7a": "1 kg"})


def test_two_names_of_one_lot_are_no_two_outputs(shop: Shop) -> None:
    """Hard use 21: within one record as well."""
    record = blend("LOT 007a", "10 kg", producer=ANN, plant=plant(ANN))
    (one,) = record.outputs
    for lot, code in (("LOT007A", "issue.lot-twice"), ("LOT-007a", "")):
        both = record.model_copy(update={"outputs": (one, one.model_copy(update={"lot": lot}))})
        told = ""
        try:
            check_signable(both, now_ms=shop.clock.now)
        except OreprintError as error:
            told = error.code
        assert told == code
