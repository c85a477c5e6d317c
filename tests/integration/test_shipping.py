from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from ledger.holdings.mark import commitment, mark, open_holding
from ledger.holdings.move import TIME_TO_LOG_MS
from ledger.holdings.split import SplitRecord
from ledger.lots.balance import LotBalance, balances_of
from ledger.seal.keys import did_key_public
from ledger.seal.statement import open_statement
from ledger.store import schema
from ledger.store.engine import reading as snapshot
from ledger.store.reading import path_of
from ledger.transfers.ship import Dispatch, accept, cancel, ship
from schemas.problem import InputError, MissingError, OreprintError, RefusedError
from schemas.statement import Move
from tests.support.registries.registry import REGISTRY, Registry, bare_lot, open_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KG = 1_000_000


@pytest.fixture
def opened(tmp_path: Path) -> Registry:
    return open_registry(tmp_path / "home")


def left(opened: Registry, owner: str) -> dict[str, int]:
    with snapshot(opened.opened.engine) as connection:
        found = balances_of(connection, REGISTRY, owner=owner, now_ms=opened.clock.now)
    return {each.lot.lot: each.left_mg for each in found}


def test_a_shipment_is_the_consignees_once_it_is_accepted(opened: Registry) -> None:
    ann, bob = opened.producer("Ann"), opened.producer("Bob", "https://plant.example/2")
    lot = bare_lot(opened, "OX-17", 100 * KG, owner=ann)
    offered = ship(opened.opened, Dispatch("ox-017", ann, bob, 38 * KG))
    assert (offered.mass_mg, offered.lot.issuance) == (38 * KG, lot.issuance)
    assert left(opened, ann) == {"OX-17": 62 * KG}
    assert left(opened, bob) == {}
    with snapshot(opened.opened.engine) as connection:
        (row,) = balances_of(connection, REGISTRY, owner=ann, now_ms=opened.clock.now, lot="OX-17")
    assert row == LotBalance(lot, 62 * KG, 38 * KG, ())
    (accepted,) = accept(opened.opened, consignee=bob, lot="OX-17")
    assert accepted == offered
    assert left(opened, ann) == {"OX-17": 62 * KG}
    assert left(opened, bob) == {"OX-17": 38 * KG}


def test_every_record_on_the_path_says_what_the_next_needs(opened: Registry) -> None:
    ann, bob = opened.producer("Ann"), opened.producer("Bob", "https://plant.example/2")
    lot = bare_lot(opened, "OX-17", 100 * KG, owner=ann)
    ship(opened.opened, Dispatch("OX-17", ann, bob, KG))
    (accepted,) = accept(opened.opened, consignee=bob)
    with snapshot(opened.opened.engine) as connection:
        path = path_of(connection, commitment(accepted.texts[0]))
        marks = set(connection.scalars(select(schema.MARKS.c.mark)))
    assert (path.issuance, path.output) == (lot.issuance, 0)
    assert [record.kind for record in path.records] == ["split", "split", "move"]
    creator, mass = lot.issuance, 100 * KG
    for record in path.records[:-1]:
        said = SplitRecord.parse(record.text)
        assert sum(piece.mass_mg for piece in said.pieces) == mass
        assert said.creator == creator
        assert mark(creator, said.holding) in marks
        creator, mass = record.digest, said.pieces[0].mass_mg
    move = open_statement(path.records[-1].text, kind="move")
    move.jws.verify(did_key_public(ann))
    assert isinstance(move.value, Move)
    assert open_holding(move.value.uses.holding).owner == ann
    assert open_holding(accepted.texts[0]).owner == bob
    assert move.value.creates.mass_kg == "1"


def test_a_shipment_can_need_several_holdings(opened: Registry) -> None:
    ann, bob = opened.producer("Ann"), opened.producer("Bob", "https://plant.example/2")
    bare_lot(opened, "OX-17", 100 * KG, owner=ann)
    ship(opened.opened, Dispatch("OX-17", ann, bob, 60 * KG))
    ship(opened.opened, Dispatch("OX-17", ann, bob, 30 * KG))
    accept(opened.opened, consignee=bob)
    back = ship(opened.opened, Dispatch("OX-17", bob, ann, 70 * KG))
    assert len(back.moves) == 2
    assert accept(opened.opened, consignee=ann)[0].mass_mg == 70 * KG
    assert (left(opened, ann), left(opened, bob)) == ({"OX-17": 80 * KG}, {"OX-17": 20 * KG})


def test_everything_that_is_left_can_be_shipped(opened: Registry) -> None:
    ann, bob = opened.producer("Ann"), opened.producer("Bob", "https://plant.example/2")
    bare_lot(opened, "OX-17", 100 * KG, owner=ann)
    assert ship(opened.opened, Dispatch("OX-17", ann, bob)).mass_mg == 100 * KG
    with pytest.raises(RefusedError) as refused:
        ship(opened.opened, Dispatch("OX-17", ann, bob))
    assert refused.value.code == "holding.offered"


def test_nobody_ships_to_itself(opened: Registry) -> None:
    ann = opened.producer("Ann")
    bare_lot(opened, "OX-17", 100 * KG, owner=ann)
    with pytest.raises(RefusedError) as refused:
        ship(opened.opened, Dispatch("OX-17", ann, ann, 38 * KG))
    assert refused.value.code == "holding.to-yourself"
    assert left(opened, ann) == {"OX-17": 100 * KG}


def test_a_cancelled_shipment_is_the_senders_again(opened: Registry) -> None:
    ann, bob = opened.producer("Ann"), opened.producer("Bob", "https://plant.example/2")
    bare_lot(opened, "OX-17", 100 * KG, owner=ann)
    ship(opened.opened, Dispatch("OX-17", ann, bob, 38 * KG))
    (cancelled,) = cancel(opened.opened, sender=ann)
    assert cancelled.mass_mg == 38 * KG
    assert left(opened, ann) == {"OX-17": 100 * KG}
    with pytest.raises(MissingError) as refused:
        accept(opened.opened, consignee=bob)
    assert refused.value.code == "holding.offer-unknown"


def test_an_offer_that_ran_out_can_not_be_accepted_and_holds_nothing(opened: Registry) -> None:
    ann, bob = opened.producer("Ann"), opened.producer("Bob", "https://plant.example/2")
    bare_lot(opened, "OX-17", 100 * KG, owner=ann)
    ship(opened.opened, Dispatch("OX-17", ann, bob))
    opened.clock.now += TIME_TO_LOG_MS
    with pytest.raises(MissingError):
        accept(opened.opened, consignee=bob)
    assert ship(opened.opened, Dispatch("OX-17", ann, bob)).mass_mg == 100 * KG
    assert accept(opened.opened, consignee=bob)[0].mass_mg == 100 * KG


@pytest.mark.parametrize("mass", [0, -5 * KG])
def test_mb_05_nothing_and_less_can_not_be_shipped(opened: Registry, mass: int) -> None:
    ann, bob = opened.producer("Ann"), opened.producer("Bob", "https://plant.example/2")
    bare_lot(opened, "OX-17", 100 * KG, owner=ann)
    with pytest.raises(InputError) as refused:
        ship(opened.opened, Dispatch("OX-17", ann, bob, mass))
    assert refused.value.code == "quantity.zero"
    assert left(opened, ann) == {"OX-17": 100 * KG}


def test_mb_13_what_was_not_accepted_or_was_cancelled_is_not_yours(opened: Registry) -> None:
    ann, bob = opened.producer("Ann"), opened.producer("Bob", "https://plant.example/2")
    bare_lot(opened, "OX-17", 100 * KG, owner=ann)
    steal = Dispatch("OX-17", bob, bob, KG)
    for before in (
        lambda: None,
        lambda: ship(opened.opened, Dispatch("OX-17", ann, bob, KG)),
        lambda: cancel(opened.opened, sender=ann),
    ):
        before()
        with pytest.raises(RefusedError) as refused:
            ship(opened.opened, steal)
        assert refused.value.code == "holding.not-yours"
    with pytest.raises(MissingError):
        cancel(opened.opened, sender=bob)
    with pytest.raises(MissingError):
        accept(opened.opened, consignee=ann)


def test_two_lots_of_one_name_are_told_apart_by_who_holds_them(opened: Registry) -> None:
    ann, bob = opened.producer("Ann"), opened.producer("Bob", "https://plant.example/2")
    bare_lot(opened, "OX-17", 100 * KG, owner=ann)
    registry_of_bob = bare_lot(opened, "ox-17", 7 * KG, owner=bob, plant="https://plant.example/2")
    assert ship(opened.opened, Dispatch("OX-17", bob, ann)).lot == registry_of_bob
    accept(opened.opened, consignee=ann)
    with pytest.raises(RefusedError) as refused:
        ship(opened.opened, Dispatch("OX-17", ann, bob, KG))
    assert refused.value.code == "holding.ambiguous"


def test_a_lot_that_nobody_has_is_unknown(opened: Registry) -> None:
    with pytest.raises(MissingError) as refused:
        ship(opened.opened, Dispatch("OX-99", opened.producer("Ann"), "did:web:bob.example", KG))
    assert refused.value.code == "holding.unknown"


def test_who_has_no_key_here_can_not_ship(opened: Registry) -> None:
    bare_lot(opened, "OX-17", 100 * KG, owner="did:web:carl.example", plant=_plant(opened))
    with pytest.raises(RefusedError) as refused:
        ship(opened.opened, Dispatch("OX-17", "did:web:carl.example", "did:web:bob.example"))
    assert refused.value.code == "issue.no-key"


def _plant(opened: Registry) -> str:
    opened.producer("Ann")
    return "https://plant.example/1"


def _refusal_of(action: Callable[[], object]) -> str | None:
    try:
        action()
    except OreprintError as error:
        return error.code
    return None


def _at_once(*actions: Callable[[], object]) -> list[str]:
    """Run the actions at the same moment; return "done" or the refusal's code for each."""
    barrier = threading.Barrier(len(actions))
    results = [""] * len(actions)

    def run(at: int, action: Callable[[], object]) -> None:
        barrier.wait()
        results[at] = _refusal_of(action) or "done"

    threads = [threading.Thread(target=run, args=each) for each in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_accept_and_cancel_race_and_one_of_them_happens(opened: Registry) -> None:
    ann, bob = opened.producer("Ann"), opened.producer("Bob", "https://plant.example/2")
    bare_lot(opened, "OX-17", 100 * KG, owner=ann)
    for _ in range(10):
        before = left(opened, bob).get("OX-17", 0)
        ship(opened.opened, Dispatch("OX-17", ann, bob, KG))
        results = _at_once(lambda: accept(opened.opened, consignee=bob), lambda: cancel(opened.opened, sender=ann))
        assert sorted(results) == ["done", "holding.offer-unknown"]
        arrived = left(opened, bob).get("OX-17", 0) - before
        assert arrived == (KG if results[0] == "done" else 0)


def test_of_many_who_draw_most_of_one_holding_at_once_one_wins(opened: Registry) -> None:
    ann, bob = opened.producer("Ann"), opened.producer("Bob", "https://plant.example/2")
    for number in range(3):
        lot = f"OX-{number}"
        bare_lot(opened, lot, 100 * KG, owner=ann)
        results = _at_once(*[lambda lot=lot: ship(opened.opened, Dispatch(lot, ann, bob, 60 * KG))] * 8)
        assert results.count("done") == 1
        # a bare lot has no certificate that the refusal could name an element of
        assert set(results) == {"done", "holding.not-certified"}
        assert left(opened, ann)[lot] == 40 * KG


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.data())
def test_balances_never_exceed_what_there_was(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    opened = open_registry(tmp_path_factory.mktemp("balances") / "home")
    parties = [opened.producer(name, f"https://plant.example/{name}") for name in ("a", "b", "c")]
    bare_lot(opened, "OX-17", 1000, owner=parties[0], plant="https://plant.example/a")
    for _ in range(data.draw(st.integers(1, 12))):
        one, other = data.draw(st.permutations(parties))[:2]
        mass = data.draw(st.integers(1, 1200))
        actions: list[Callable[[], object]] = [
            partial(ship, opened.opened, Dispatch("OX-17", one, other, mass)),
            partial(accept, opened.opened, consignee=one),
            partial(cancel, opened.opened, sender=one),
        ]
        action = data.draw(st.sampled_from(actions))
        refusal = _refusal_of(action)
        assert refusal is None or refusal.startswith("holding.")
        with snapshot(opened.opened.engine) as connection:
            held = [
                each
                for owner in parties
                for each in balances_of(connection, REGISTRY, owner=owner, now_ms=opened.clock.now)
            ]
            marks = set(connection.scalars(select(schema.MARKS.c.mark)))
            rows = connection.execute(
                select(
                    schema.HOLDINGS.c.creator, schema.HOLDINGS.c.text, schema.HOLDINGS.c.used, schema.HOLDINGS.c.mass_mg
                )
            ).all()
        assert sum(each.left_mg + each.offered_mg for each in held) == 1000
        assert sum(row.mass_mg for row in rows if row.used is None) == 1000
        assert all((mark(row.creator, row.text) in marks) == (row.used is not None) for row in rows)
