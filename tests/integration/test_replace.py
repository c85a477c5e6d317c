"""Replace a run before shipment: one commit, the next free name, and everything made of it later is genuine."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.app_state import Parts
from ledger.changes.share import create_share
from ledger.desk.replace import ReplacedRun, replace_run, same_goods, successor_of_lot
from ledger.lots.balance import balances_of
from ledger.lots.issuance import IssuedText
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading, writing
from ledger.store.shares import count_opening
from ledger.transfers.ship import Dispatch, cancel, ship
from schemas.instant import Period
from schemas.problem import OreprintError
from schemas.quantity import Quantity
from schemas.requests import ShareRequest
from schemas.written import WrittenPrices
from tests.support.http.server import ORIGIN
from tests.support.registries.example import record
from tests.support.registries.lived_in import BUYER, MAGNET_MAKER, TABLES, Life, a_life, code_of, copied, warnings

if TYPE_CHECKING:
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


def corrected(**changes: object) -> ProductionRecord:
    """Return the magnet's record with a slip put right."""
    return record(MAGNET_RUN).model_copy(update={"note": "weighed again", **changes})


def replaced(life: Life, wanted: ProductionRecord | None = None, name: str = "MG-88") -> ReplacedRun:
    return replace_run(
        life.registry,
        name,
        wanted or corrected(),
        producer=MAGNET_MAKER,
        tables=TABLES,
        status=life.status,
    )


def refusal(life: Life, wanted: ProductionRecord | None = None) -> str:
    return code_of(partial(replaced, life, wanted))


def left(life: Life, lot: str) -> int:
    with reading(life.registry.engine) as connection:
        (found,) = balances_of(connection, life.registry.did, owner=MAGNET_MAKER, now_ms=life.clock.now, lot=lot)
    return found.left_mg


def test_a_run_with_certified_inputs_is_replaced_under_the_next_free_name(life: Life) -> None:
    before = left(life, "AL-40")
    old = life.digests["MG-88"]
    done = replaced(life)
    assert (done.undone.lots, [each.lot for each in done.issued]) == (("MG-88",), ["MG-88-2"])
    assert left(life, "AL-40") == before
    assert open_certificate(done.issued[0].text).run is not None
    life.digests["MG-88-2"] = done.issued[0].digest
    found = life.verify("MG-88-2")
    assert (found.verdict, found.chain.state) == ("genuine", "complete")
    assert warnings(found) == [("status.undone", "MG-88")]
    assert life.verify("MG-88").verdict == "withdrawn"
    successor = successor_of_lot(life.registry, old)
    assert successor is not None
    assert (successor.lot, successor.digest) == ("MG-88-2", done.issued[0].digest)
    assert successor_of_lot(life.registry, done.issued[0].digest) is None
    assert life.faults() == []


def test_the_page_of_the_old_certificate_leads_to_the_new_one_and_its_link_opens_no_other(life: Life) -> None:
    old = life.digests["MG-88"]
    new = replaced(life).issued[0].digest
    app = create_app(Parts(life.registry, TABLES, life.status, ORIGIN))
    with TestClient(app, base_url=ORIGIN, raise_server_exceptions=False) as client:
        page = client.get(f"/c/{old}", headers={"accept": "text/html"})
        assert page.status_code == 200
        assert "Replaced before shipment by lot MG-88-2." in page.text
        assert f'href="/c/{new}' in page.text
        assert "Replaced before shipment" not in client.get(f"/c/{new}", headers={"accept": "text/html"}).text


def test_it_is_one_commit_or_none(life: Life) -> None:
    wrong = corrected(inputs=tuple(each.model_copy(update={"mass": "999999"}) for each in record(MAGNET_RUN).inputs))
    assert refusal(life, wrong).startswith(("holding.", "footprint."))
    assert life.verify("MG-88").verdict == "genuine"
    assert successor_of_lot(life.registry, life.digests["MG-88"]) is None
    assert life.faults() == []


def test_it_can_be_done_again_and_names_count_up(life: Life) -> None:
    replaced(life)
    again = replaced(life, corrected(note="and once more"), name="MG-88-2")
    assert [each.lot for each in again.issued] == ["MG-88-3"]
    assert refusal(life, corrected(note="too late")) == "life.undone"
    assert life.faults() == []


def test_the_very_same_record_is_refused(life: Life) -> None:
    assert refusal(life, record(MAGNET_RUN)) == "replace.same"
    assert life.verify("MG-88").verdict == "genuine"


def test_what_was_offered_or_split_is_not_replaced(life: Life) -> None:
    ship(life.registry, Dispatch("MG-88", MAGNET_MAKER, BUYER, 10 * KG))
    assert refusal(life) in {"life.offered", "life.used"}
    cancel(life.registry, sender=MAGNET_MAKER)
    assert refusal(life) == "life.used"


def test_what_a_customer_has_opened_is_not_replaced(life: Life) -> None:
    wanted = ShareRequest(lot="MG-88", recipient="Motor Works", audience="customer", days=30)
    link = create_share(life.registry, wanted, party=MAGNET_MAKER, origin="https://registry.example")
    with writing(life.registry.engine) as connection:
        count_opening(connection, link.shared.id, now_ms=life.clock.now)
        connection.commit()
    assert refusal(life) == "replace.opened"
    assert life.verify("MG-88").verdict == "genuine"


def test_a_name_that_has_no_room_for_a_number_is_refused(life: Life) -> None:
    long = "M" * 64
    outputs = tuple(each.model_copy(update={"lot": long}) for each in record(MAGNET_RUN).outputs)
    assert [each.lot for each in replaced(life, corrected(outputs=outputs)).issued] == [long]
    again = partial(replaced, life, corrected(outputs=outputs, note="once more"), long)
    assert code_of(again) == "document.lot-length"
    assert life.faults() == []


def test_each_old_certificate_leads_to_that_of_the_same_goods_whatever_the_order() -> None:
    issued = [IssuedText(lot, f"digest of {lot}", "", "") for lot in ("CE-7-2", "ND-7-3")]
    before = {b"nd": "ND-7-2", b"ce": "CE-7", b"la": "LA-7", b"n": "ND-77"}
    found = same_goods(before, [("CE-7", "CE-7-2"), ("ND-7", "ND-7-3")], issued)
    assert {old: new.lot for old, new in found.items()} == {b"nd": "ND-7-3", b"ce": "CE-7-2"}


@pytest.mark.parametrize("turned", [False, True])
def test_a_lot_whose_name_looks_like_a_later_form_of_another_leads_to_its_own_goods(turned: bool) -> None:
    issued = [IssuedText(lot, f"digest of {lot}", "", "") for lot in ("AL-41-3", "AL-41-2-2")]
    names = [("AL-41", "AL-41-3"), ("AL-41-2", "AL-41-2-2")]
    found = same_goods({b"one": "AL-41", b"two": "AL-41-2"}, names[::-1] if turned else names, issued)
    assert {old: new.lot for old, new in found.items()} == {b"one": "AL-41-3", b"two": "AL-41-2-2"}


def test_a_new_name_is_none_that_another_output_has(life: Life) -> None:
    (whole,) = record(MAGNET_RUN).outputs
    half = {"mass": "250", "coating": whole.coating and whole.coating.model_copy(update={"mass": "3.05"})}
    price = Quantity(amount="83", unit="USD/kg")
    two = tuple(whole.model_copy(update={"lot": lot, "price": price, **half}) for lot in ("MG-88", "MG-88-2"))
    prices = WrittenPrices(period=Period(start="2020-01-01", end="2024-12-31"), currency="USD", source="assumed")
    allocation = record(MAGNET_RUN).allocation.model_copy(update={"prices": prices})
    done = replaced(life, corrected(outputs=two, allocation=allocation))
    assert [each.lot for each in done.issued] == ["MG-88-3", "MG-88-2"]


def test_a_record_of_another_producer_is_refused(life: Life) -> None:
    assert refusal(life, record("09-ELY-2026-04-A")) == "replace.other-producer"


def test_of_replacing_and_shipping_at_once_one_wins(life: Life) -> None:
    outcomes: list[str] = []
    acts = [
        partial(replaced, life),
        partial(ship, life.registry, Dispatch("MG-88", MAGNET_MAKER, BUYER, 10 * KG)),
    ] * 3
    gate = threading.Barrier(len(acts))

    def run(act: partial[object]) -> None:
        gate.wait()
        try:
            act()
        except OreprintError as error:
            outcomes.append(error.code)
        else:
            outcomes.append("done")

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    is_replaced = successor_of_lot(life.registry, life.digests["MG-88"]) is not None
    assert is_replaced == (life.verify("MG-88").verdict == "withdrawn")
    assert "done" in outcomes
    assert life.faults() == []
