"""Balances, amounts and inputs over HTTP: MB-01, 02, 05, 06, 07, 09, 11, 13, 19, 20 and 22, by the statuses that a
plant's program sees.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import pytest

from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from tests.support.http.server import ANN, BEN, plant
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response

    from tests.support.http.door import Door

RACES: Final = 3
"""Of the case's twenty rounds; processes race at the ledger itself."""
AT_ONCE: Final = 16


def draw(door: Door, lot: str, of: str, mass: str, *, party: str = ANN) -> Response:
    """Issue a lot that uses a mass of another one."""
    record = written(lot, mass, producer=party, plant=plant(party), inputs={of: mass})
    return door.client.post("/v1/certificates", json=record, headers=door.ann if party == ANN else door.ben)


def left(door: Door, lot: str, *, party: str = ANN) -> str:
    found = door.client.get("/v1/holdings", params={"lot": lot}, headers=door.ann if party == ANN else door.ben).json()
    return str(found["holdings"][0]["left_kg"])


def say(door: Door, token: dict[str, str], kind: str, lot: str, **more: str) -> Response:
    return door.client.post("/v1/statements", json={"statement": kind, "lot": lot, **more}, headers=token)


def test_mb_01_a_lot_is_used_up_exactly_and_no_further(door: Door) -> None:
    door.issue("MB-01", "100 kg")
    answers = [draw(door, f"MB-01-{at}", "MB-01", mass) for at, mass in enumerate(("60 kg", "40 kg", "0.000001 kg"))]
    assert [answer.status_code for answer in answers] == [201, 201, 409]
    assert answers[2].json()["code"] == "holding.too-little"
    assert left(door, "MB-01") == "0"


def test_mb_02_of_many_that_draw_60_percent_at_once_one_wins(door: Door) -> None:
    print(f"N = {RACES} rounds of {AT_ONCE}")  # noqa: T201 - the size is told
    for number in range(RACES):
        lot = f"MB-02-{number}"
        door.issue(lot, "100 kg")
        found: list[int] = []
        start = threading.Barrier(AT_ONCE)

        def one(at: int, lot: str = lot, found: list[int] = found, start: threading.Barrier = start) -> None:
            start.wait()
            found.append(draw(door, f"{lot}-{at}", lot, "60 kg").status_code)

        racing = [threading.Thread(target=one, args=(at,)) for at in range(AT_ONCE)]
        for each in racing:
            each.start()
        for each in racing:
            each.join()
        assert sorted(found) == [201] + [409] * (AT_ONCE - 1)
        assert left(door, lot) == "40"


@pytest.mark.parametrize("mass", ["0 kg", "-5 kg", "", "-0 kg", "0.0000001 kg", "5", "kg"])
def test_mb_05_nothing_and_less_change_nothing(door: Door, mass: str) -> None:
    lot = "MB-05"
    door.issue(lot, "100 kg")
    before = left(door, lot)
    good = written("MB-05-X", "1 kg", producer=ANN, plant=plant(ANN), inputs={lot: "1 kg"})
    wrong: list[Response] = [
        door.client.post("/v1/splits", json={"lot": lot, "mass": mass}, headers=door.ann),
        say(door, door.ann, "move", lot, to=BEN, mass=mass),
        door.client.post("/v1/certificates", json={**good, "inputs": [{"lot": lot, "mass": mass}]}, headers=door.ann),
        door.client.post("/v1/certificates", json=door.record("MB-05-Y", mass), headers=door.ann),
    ]
    for answer in wrong:
        assert answer.status_code == 422, answer.text
        assert any(each["place"].endswith("mass") for each in answer.json()["problems"])
    assert left(door, lot) == before


@pytest.mark.parametrize(
    "unit", ["Kg", "KG", "ton", "kt", "lbs", "kg ", "\uff4b\uff47", "mG", "", "1 kg", "kWh", "kg\u200b"]
)
def test_mb_06_a_unit_is_never_guessed(door: Door, unit: str) -> None:
    for answer in (
        door.client.post("/v1/splits", json={"lot": "A-1", "mass": f"1 {unit}"}, headers=door.ann),
        door.client.post("/v1/certificates", json=door.record("MB-06", f"1 {unit}"), headers=door.ann),
    ):
        assert answer.status_code == 422, answer.text
        assert answer.json()["code"].startswith("quantity.")


def test_mb_06_equal_amounts_are_stored_as_one(door: Door) -> None:
    for at, mass in enumerate(("0.0012 t", "1.2 kg", "1200 g", "1200000 mg", "1.200000 kg")):
        door.issue(f"MB-06-{at}", mass)
        assert left(door, f"MB-06-{at}") == "1.2"


def test_mb_07_thirds_and_the_rest_are_the_whole(door: Door) -> None:
    door.issue("MB-07", "1 kg")
    for at in range(3):
        assert draw(door, f"MB-07-{at}", "MB-07", "0.333333 kg").status_code == 201
    assert left(door, "MB-07") == "0.000001"
    for mass in ("0.0000001 kg", "0.0000010000001 kg", "1.0000000 mg"):
        answer = door.client.post("/v1/splits", json={"lot": "MB-07", "mass": mass}, headers=door.ann)
        assert answer.status_code == 422, "rounded"
    assert draw(door, "MB-07-3", "MB-07", "1 mg").status_code == 201
    assert left(door, "MB-07") == "0"


def test_mb_09_a_batch_may_not_name_itself_nor_close_a_ring(door: Door) -> None:
    answer = draw(door, "MB-09", "MB-09", "1 kg")
    assert answer.status_code in {403, 404, 409, 422}
    door.issue("MB-09-A", "10 kg")
    assert draw(door, "MB-09-B", "MB-09-A", "4 kg").status_code == 201
    ring = written("MB-09-A", "10 kg", producer=ANN, plant=plant(ANN), inputs={"MB-09-B": "4 kg"})
    closing = door.client.post("/v1/certificates", json=ring, headers=door.ann)
    assert closing.status_code == 409, closing.text
    assert left(door, "MB-09-B") == "4"


HASHES: Final[dict[str, Callable[[str], str]]] = {
    "one bit": lambda digest: certificate_digest_text(
        bytes([certificate_digest_bytes(digest)[0] ^ 1, *certificate_digest_bytes(digest)[1:]])
    ),
    "never logged": lambda _: certificate_digest_text(bytes(32)),
    "upper case": str.upper,
    "cut": lambda digest: digest[:-1],
    "md5": lambda _: "d41d8cd98f00b204e9800998ecf8427e",
    "sha-1": lambda _: "da39a3ee5e6b4b0d3255bfef95601890afd80709",
}


@pytest.mark.parametrize("name", HASHES)
def test_mb_11_an_input_is_a_logged_certificate_or_nothing(door: Door, name: str) -> None:
    lot = f"MB-11-{list(HASHES).index(name)}"
    made = door.issue(lot, "10 kg")
    record = written("MB-11-X", "1 kg", producer=ANN, plant=plant(ANN), inputs={"x": "1 kg"})
    record["inputs"] = [{"certificate": HASHES[name](made["digest"]), "mass": "1 kg"}]
    answer = door.client.post("/v1/certificates", json=record, headers=door.ann)
    assert answer.status_code in {403, 404, 422}, answer.text
    assert left(door, lot) == "10"
    record["inputs"][0]["certificate"], record["outputs"][0]["lot"], record["run"] = (
        made["digest"],
        f"{lot}-X",
        f"{lot}-R",
    )
    assert door.client.post("/v1/certificates", json=record, headers=door.ann).status_code == 201


def test_mb_13_another_ones_lot_can_not_be_used_before_it_is_accepted(door: Door) -> None:
    lot = "MB-13"
    door.issue(lot, "100 kg")

    def take(mass: str) -> int:
        return draw(door, "MB-13-B", lot, mass, party=BEN).status_code

    assert take("1 kg") == 403
    assert say(door, door.ann, "move", lot, to=BEN, mass="5 kg").status_code == 201
    assert take("1 kg") == 403, "offered is not accepted"
    assert say(door, door.ann, "cancel", lot).status_code == 201
    assert say(door, door.ben, "accept", lot).status_code in {404, 409}
    assert take("1 kg") == 403, "cancelled"
    assert say(door, door.ann, "move", lot, to=BEN, mass="5 kg").status_code == 201
    assert say(door, door.ben, "accept", lot).status_code == 201
    assert take("5.000001 kg") == 409
    assert take("5 kg") == 201
    assert left(door, lot) == "95"
    assert left(door, lot, party=BEN) == "0"


def changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return a blending record of Ann's with something changed."""
    record = written("MB-2X", "1 kg", producer=ANN, plant=plant(ANN))
    change(record)
    return record


WRONG: Final[dict[str, tuple[int, Callable[[dict[str, Any]], object]]]] = {
    "mb-19 a share of its own": (422, lambda r: r["outputs"][0].update(share="0.9999")),
    "mb-19 a share as text": (422, lambda r: r["outputs"][0].update(allocation="1/3")),
    "mb-20 a total of its own": (422, lambda r: r.update(total_kg_co2e="0.1")),
    "mb-20 a footprint of its own": (422, lambda r: r["outputs"][0].update(footprint="0.1")),
    "mb-20 a negative line": (422, lambda r: r["materials"][0].update(mass="-1 kg")),
    "mb-20 a line in t CO2e": (422, lambda r: r["materials"][0].update(mass="1 t CO2e")),
    "mb-20 no line at all": (409, lambda r: r.update(materials=[])),
    "mb-22 an unknown factor": (409, lambda r: r["materials"][0].update(factor="materials/tap-water.cn.2099")),
    "mb-22 a retired factor": (409, lambda r: r["materials"][0].update(factor="retired/tap-water.cn.2009")),
    "mb-22 a factor of another unit": (409, lambda r: r["materials"][0].update(factor="grid/location.cn-nm.2023")),
    "mb-22 an unknown set": (422, lambda r: r.update(gwp="AR4")),
}


@pytest.mark.parametrize("name", WRONG)
def test_mb_19_20_22_a_record_that_says_or_uses_what_it_may_not_is_refused(door: Door, name: str) -> None:
    status, change = WRONG[name]
    size = door.client.get("/checkpoint").text
    answer = door.client.post("/v1/certificates", json=changed(change), headers=door.ann)
    assert answer.status_code == status, answer.text
    assert door.client.get("/checkpoint").text == size, "something was logged"


def test_mb_20_a_certificate_has_the_footprint_that_is_recomputed(door: Door) -> None:
    made = door.issue("MB-20", "3 kg")
    report = door.client.get(f"/v1/certificates/{made['digest']}/verification", headers=door.ann).json()
    assert report["verdict"] == "genuine"
    footprint = report["footprint"]
    assert footprint["difference"] == "0"
    assert footprint["recomputed"] == footprint["kg_co2e_per_kg"] != "0"
