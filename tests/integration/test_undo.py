"""Undo on a real home: while nothing has left the plant, once, and everything it gives back can be used again."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest

from ledger.changes.undo import undo
from ledger.changes.withdraw import lift, suspend, withdraw
from ledger.holdings.move import TIME_TO_LOG_MS
from ledger.issuing.correct import correct
from ledger.issuing.issue import issue
from ledger.lots.balance import balances_of
from ledger.store.engine import reading
from ledger.transfers.ship import Dispatch, accept, cancel, ship
from schemas.problem import OreprintError, RefusedError
from tests.support.registries.example import record
from tests.support.registries.lived_in import (
    BUYER,
    HYDROGEN,
    MAGNET_MAKER,
    SMELTER,
    TABLES,
    Life,
    a_life,
    code_of,
    copied,
    warnings,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from schemas.record import ProductionRecord

KG = 10**6
MAGNET_RUN = "13-MAG-2026-06"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return a_life(tmp_path_factory.mktemp("life") / "home")


@pytest.fixture
def life(made: Life, tmp_path: Path) -> Life:
    return copied(made, tmp_path / "home")


def undone(life: Life, name: str, producer: str = MAGNET_MAKER) -> str:
    return code_of(partial(undo, life.registry, name, producer=producer, status=life.status))


def left(life: Life, owner: str, lot: str) -> int:
    with reading(life.registry.engine) as connection:
        (found,) = balances_of(connection, life.registry.did, owner=owner, now_ms=life.clock.now, lot=lot)
    return found.left_mg


def renamed(name: str, more: str) -> ProductionRecord:
    """Return the record of a run that comes instead, with other names for its lots."""
    before = record(name)
    outputs = tuple(each.model_copy(update={"lot": f"{each.lot}{more}"}) for each in before.outputs)
    return before.model_copy(update={"outputs": outputs, "run": f"{before.run}{more}"})


@pytest.mark.parametrize("name", ["MG-88", "mg-088", "MAG-2026-06", "digest"])
def test_an_undo_gives_every_input_back_and_revokes(life: Life, name: str) -> None:
    before = left(life, MAGNET_MAKER, "AL-40")
    done = undo(
        life.registry, life.digests["MG-88"] if name == "digest" else name, producer=MAGNET_MAKER, status=life.status
    )
    taken = int(float(record(MAGNET_RUN).inputs[0].mass) * KG)
    assert (done.run, done.lots, done.certificates) == ("MAG-2026-06", ("MG-88",), (life.digests["MG-88"],))
    goods = [(each.lot, each.held.mass_mg) for each in done.returned if each.unit == "kg"]
    assert (goods, len(done.returned)) == ([("AL-40", taken)], 2)
    assert left(life, MAGNET_MAKER, "AL-40") == before + taken
    assert left(life, MAGNET_MAKER, "MG-88") == 0
    if name != "MG-88":  # however it was named, the same was done
        return
    found = life.verify("MG-88")
    assert found.verdict == "withdrawn"
    assert "undone" in found.headline
    assert life.faults() == []


def test_what_came_back_is_used_again_under_another_name(life: Life) -> None:
    undo(life.registry, "MG-88", producer=MAGNET_MAKER, status=life.status)
    for again in (record(MAGNET_RUN), renamed(MAGNET_RUN, "").model_copy(update={"run": "MAG-2026-07"})):
        (refused,) = issue(life.registry, [again], tables=TABLES)
        assert isinstance(refused, RefusedError)
        assert refused.code == "issue.lot-undone"
    life.issue(renamed(MAGNET_RUN, "-2"))
    found = life.verify("MG-88-2")
    assert (found.verdict, found.chain.state, found.chain.certificates) == ("genuine", "complete", 12)
    assert warnings(found) == [("status.undone", "MG-88")]
    assert undone(life, "MG-88-2") == "it was done"
    life.issue(renamed(MAGNET_RUN, "-3"))
    assert life.verify("MG-88-3").verdict == "genuine"
    assert life.faults() == []


def test_what_came_back_can_be_shipped(life: Life) -> None:
    undo(life.registry, "MG-88", producer=MAGNET_MAKER, status=life.status)
    ship(life.registry, Dispatch("AL-40", MAGNET_MAKER, BUYER, 600 * KG))
    accept(life.registry, consignee=BUYER)
    assert life.judge(life.lines("AL-40", holder=BUYER)).verdict == "genuine"
    assert life.faults() == []


def test_what_a_toll_plant_makes_is_the_owners_from_the_first(life: Life) -> None:
    undo(life.registry, "MG-88", producer=MAGNET_MAKER, status=life.status)
    toll = renamed(MAGNET_RUN, "-T")
    owned = tuple(each.model_copy(update={"owner": HYDROGEN}) for each in toll.outputs)
    life.issue(toll.model_copy(update={"outputs": owned}))
    assert left(life, HYDROGEN, "MG-88-T") == int(float(toll.outputs[0].mass) * KG)
    assert life.verify("MG-88-T").verdict == "genuine"
    assert undone(life, "MG-88-T") == "life.others"
    ship(life.registry, Dispatch("MG-88-T", HYDROGEN, SMELTER, KG))
    accept(life.registry, consignee=SMELTER)
    assert life.faults() == []


def test_nothing_is_made_for_a_stranger(life: Life) -> None:
    undo(life.registry, "MG-88", producer=MAGNET_MAKER, status=life.status)
    toll = renamed(MAGNET_RUN, "-T")
    owned = tuple(each.model_copy(update={"owner": "did:web:nobody.example"}) for each in toll.outputs)
    (refused,) = issue(life.registry, [toll.model_copy(update={"outputs": owned})], tables=TABLES)
    assert isinstance(refused, RefusedError)
    assert refused.code == "issue.unknown-owner"


def test_twice_is_once(life: Life) -> None:
    assert [undone(life, "MG-88") for _ in range(2)] == ["it was done", "life.undone"]


def test_nothing_is_undone_once_it_was_used_split_or_shipped(life: Life) -> None:
    assert undone(life, "AL-40") == "life.used"
    assert undone(life, "OX-16", "did:web:separation-a.example") == "life.used"
    ship(life.registry, Dispatch("MG-88", MAGNET_MAKER, BUYER, 100 * KG))
    cancel(life.registry, sender=MAGNET_MAKER)
    assert undone(life, "MG-88") == "life.used"
    assert life.verify("MG-88").verdict == "genuine"


def test_what_waits_to_be_accepted_is_cancelled_first_and_then_it_has_moved(life: Life) -> None:
    ship(life.registry, Dispatch("MG-88", MAGNET_MAKER, BUYER))
    assert undone(life, "MG-88") == "life.offered"
    life.clock.now += TIME_TO_LOG_MS + 60_000
    assert undone(life, "MG-88") == "it was done"
    assert code_of(partial(accept, life.registry, consignee=BUYER)) == "holding.offer-unknown"
    assert life.faults() == []


def test_an_accepted_lot_is_not_undone(life: Life) -> None:
    ship(life.registry, Dispatch("MG-88", MAGNET_MAKER, BUYER))
    accept(life.registry, consignee=BUYER)
    assert undone(life, "MG-88") == "life.used"


@pytest.mark.parametrize("first", ["undo", "ship", "both at once"])
def test_undo_and_shipment_race_and_one_wins(life: Life, first: str) -> None:
    outcomes: dict[str, str] = {}
    acts: dict[str, Callable[[], str]] = {
        "undo": partial(undone, life, "MG-88"),
        "ship": partial(code_of, partial(ship, life.registry, Dispatch("MG-88", MAGNET_MAKER, BUYER, KG))),
    }

    def do(name: str) -> None:
        outcomes[name] = acts[name]()

    if first == "both at once":
        threads = [threading.Thread(target=do, args=(name,)) for name in acts]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    else:
        for name in sorted(acts, key=lambda name: name != first):
            do(name)
    assert list(outcomes.values()).count("it was done") == 1
    assert set(outcomes.values()) <= {"it was done", "life.used", "holding.undone"}
    assert life.faults() == []


def test_only_the_producer_undoes_and_only_with_its_key(life: Life) -> None:
    assert undone(life, "MG-88", HYDROGEN) == "life.run-unknown"
    assert undone(life, life.digests["MG-88"], HYDROGEN) == "life.not-issuer"
    assert undone(life, "no such run") == "life.run-unknown"
    life.lose_key(MAGNET_MAKER)
    assert undone(life, "MG-88") == "issue.no-key"
    assert life.verify("MG-88").verdict == "genuine"


def test_what_has_ended_is_not_undone(life: Life) -> None:
    say = {"reason": "a test", "status": life.status}
    suspend(life.registry, "MG-88", issuer=MAGNET_MAKER, **say)  # type: ignore[arg-type]
    assert undone(life, "MG-88") == "life.suspended"
    lift(life.registry, "MG-88", issuer=MAGNET_MAKER, **say)  # type: ignore[arg-type]
    withdraw(life.registry, "MG-88", issuer=MAGNET_MAKER, **say)  # type: ignore[arg-type]
    assert undone(life, "MG-88") == "life.withdrawn"


def test_after_an_undo_nothing_is_said_of_the_lot_any_more(life: Life) -> None:
    undo(life.registry, "MG-88", producer=MAGNET_MAKER, status=life.status)
    act = partial(withdraw, life.registry, "MG-88", issuer=MAGNET_MAKER, reason="a test", status=life.status)
    assert code_of(act) == "life.undone"
    assert code_of(partial(ship, life.registry, Dispatch("MG-88", MAGNET_MAKER, BUYER, KG))) == "holding.undone"


def test_a_corrected_run_is_undone_with_its_latest_certificates(life: Life) -> None:
    first = life.digests["MG-88"]
    outputs = tuple(each.model_copy(update={"hs_code": "850511"}) for each in record(MAGNET_RUN).outputs)
    wanted = record(MAGNET_RUN).model_copy(update={"outputs": outputs})
    life.keep(correct(life.registry, wanted, tables=TABLES, status=life.status))
    done = undo(life.registry, "MG-88", producer=MAGNET_MAKER, status=life.status)
    assert done.certificates == (life.digests["MG-88"],)
    assert life.verify("MG-88").verdict == "withdrawn"
    assert life.verify(first).verdict == "superseded"
    life.issue(renamed(MAGNET_RUN, "-2"))
    assert life.verify("MG-88-2").verdict == "genuine"
    assert life.faults() == []


def test_a_run_of_several_inputs_gives_each_back_where_it_came_from(life: Life) -> None:
    undo(life.registry, "MG-88", producer=MAGNET_MAKER, status=life.status)
    before = {lot: left(life, MAGNET_MAKER, lot) for lot in ("ME-31", "DF-05")}
    assert undone(life, "AL-40") == "life.used"  # it was split for the magnet, though all of it is back
    done = undo(life.registry, "HS-02", producer=HYDROGEN, status=life.status)
    assert [each.lot for each in done.returned] == [each.lot for each in record("14-HSA-2026-05").inputs]
    assert {lot: left(life, MAGNET_MAKER, lot) for lot in before} == before
    (outcome,) = issue(life.registry, [renamed("14-HSA-2026-05", "-2")], tables=TABLES)
    assert not isinstance(outcome, OreprintError)
    assert life.faults() == []


def test_an_undo_of_an_input_that_was_withdrawn_gives_back_what_is_frozen(life: Life) -> None:
    withdraw(life.registry, "AL-40", issuer=MAGNET_MAKER, reason="wrong", status=life.status)
    assert undone(life, "MG-88") == "it was done"
    (refused,) = issue(life.registry, [renamed(MAGNET_RUN, "-2")], tables=TABLES)
    assert isinstance(refused, RefusedError)
    assert refused.code == "holding.withdrawn"
    assert life.faults() == []


def test_the_smelters_own_lots_are_untouched_by_another_plants_undo(life: Life) -> None:
    before = left(life, SMELTER, "OX-17")
    undo(life.registry, "MG-88", producer=MAGNET_MAKER, status=life.status)
    assert left(life, SMELTER, "OX-17") == before
