"""Time in the log: a clock that goes back, an offer that runs out while it is taken, a lot that is offered for ever."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import insert, select

from ledger.holdings.spending import MOST_STEPS
from ledger.log.entry import Entry
from ledger.store import schema
from ledger.store.engine import reading, writing
from ledger.store.lots import open_offers
from ledger.transfers.ship import Dispatch, accept, cancel, ship
from schemas.instant import instant_text
from schemas.problem import MissingError, StateError
from tests.support.registries.registry import Registry, bare_lot, open_registry

if TYPE_CHECKING:
    from pathlib import Path

KG = 1_000_000
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


@pytest.fixture
def opened(tmp_path: Path) -> Registry:
    return open_registry(tmp_path / "home")


def two(opened: Registry) -> tuple[str, str]:
    return opened.producer("Ann"), opened.producer("Bob", "https://plant.example/2")


def entries(opened: Registry) -> list[Entry]:
    with reading(opened.opened.engine) as connection:
        rows = connection.scalars(select(schema.ENTRIES.c.content).order_by(schema.ENTRIES.c.position))
        return [Entry.parse(raw) for raw in rows]


def test_times_in_the_log_never_go_back_when_the_clock_does(opened: Registry) -> None:
    ann, bob = two(opened)
    bare_lot(opened, "OX-1", 100 * KG, owner=ann)
    opened.clock.now -= MINUTE_MS
    ship(opened.opened, Dispatch("OX-1", ann, bob, 38 * KG))
    accept(opened.opened, consignee=bob)
    times = [entry.time_ms for entry in entries(opened)]
    assert times == sorted(times)


def test_ft_12_a_clock_an_hour_behind_the_log_signs_nothing_until_it_is_right(opened: Registry) -> None:
    ann, bob = two(opened)
    bare_lot(opened, "OX-1", 100 * KG, owner=ann)
    before = entries(opened)
    opened.clock.now -= HOUR_MS
    with pytest.raises(StateError) as refused:
        ship(opened.opened, Dispatch("OX-1", ann, bob, 38 * KG))
    assert refused.value.code == "home.clock-behind"
    assert instant_text(before[-1].time_ms // 1000 * 1000) in str(refused.value), (
        "it says which time the log has reached"
    )
    assert entries(opened) == before
    opened.clock.now += HOUR_MS
    ship(opened.opened, Dispatch("OX-1", ann, bob, 38 * KG))


@pytest.mark.parametrize("jump", [-HOUR_MS, 10 * 365 * 24 * HOUR_MS])
def test_ft_12_a_clock_that_jumps_while_the_process_runs_signs_nothing_until_it_is_back(
    opened: Registry, jump: int
) -> None:
    ann, bob = two(opened)
    bare_lot(opened, "OX-1", 100 * KG, owner=ann)
    before = entries(opened)
    runtime = replace(opened.opened.runtime, now_ms=lambda: opened.clock() + jump, drift_ms=lambda: jump)
    jumped = replace(opened.opened, runtime=runtime)
    with pytest.raises(StateError) as refused:
        ship(jumped, Dispatch("OX-1", ann, bob, 38 * KG))
    assert refused.value.code == "home.clock-jumped"
    assert f"{jump // 1000} seconds" in str(refused.value)
    assert entries(opened) == before
    ship(opened.opened, Dispatch("OX-1", ann, bob, 38 * KG))


def test_an_offer_is_judged_at_the_time_of_its_entry(opened: Registry) -> None:
    ann, bob = two(opened)
    bare_lot(opened, "OX-1", 100 * KG, owner=ann)
    ship(opened.opened, Dispatch("OX-1", ann, bob, 38 * KG))
    with reading(opened.opened.engine) as connection:
        until = connection.scalars(select(schema.OFFERS.c.expires_ms)).one()
    opened.clock.now = until - 1500  # the clock goes on by a second at each look
    accept(opened.opened, consignee=bob)
    assert entries(opened)[-1].time_ms <= until


def test_a_lot_that_is_offered_and_taken_back_for_ever_can_still_be_drawn(opened: Registry) -> None:
    ann, bob = two(opened)
    bare_lot(opened, "OX-1", 100 * KG, owner=ann)
    for _ in range(MOST_STEPS):
        ship(opened.opened, Dispatch("OX-1", ann, bob))
        cancel(opened.opened, sender=ann)
    ship(opened.opened, Dispatch("OX-1", ann, bob, KG))
    (shipment,) = accept(opened.opened, consignee=bob)
    assert shipment.mass_mg == KG


def test_who_takes_several_offers_is_told_which_of_them_are_its_own(opened: Registry) -> None:
    ann, bob = two(opened)
    for lot in ("OX-1", "OX-2"):
        bare_lot(opened, lot, 10 * KG, owner=ann)
        ship(opened.opened, Dispatch(lot, ann, bob))
    with writing(opened.opened.engine) as connection:
        used = open_offers(connection, now_ms=opened.clock.now, consignee=bob)[0]
        connection.execute(insert(schema.MARKS).values(mark=used.held.mark, entry=0))
        connection.commit()
    (taken,) = accept(opened.opened, consignee=bob)
    assert taken.lot.lot != used.lot.lot
    with pytest.raises(MissingError) as caught:
        accept(opened.opened, consignee=bob)
    assert caught.value.code == "holding.offer-unknown"
