"""What a party issued, received, has at hand and shipped, by `GET /v1/certificates`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.changes.withdraw import withdraw
from ledger.desk.listing import ListFilter, list_certificates
from tests.support.http.server import ANN, BEN, ORIGIN, Served, plant, serve
from tests.support.registries import two_homes
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from starlette.testclient import TestClient

MASSES = ("left", "offered", "shipped", "used")
STRANGER = "did:web:stranger.example"


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client


def issue(
    client: TestClient, headers: dict[str, str], lot: str, *, by: str = ANN, inputs: Mapping[str, str] | None = None
) -> None:
    mass = f"{sum(int(each.split()[0]) for each in inputs.values())} kg" if inputs else "10 kg"
    record = written(lot, mass, producer=by, plant=plant(by), inputs=inputs)
    answer = client.post("/v1/certificates", json=record, headers=headers)
    assert answer.status_code == 201, answer.text


def say(client: TestClient, headers: dict[str, str], **statement: str) -> None:
    answer = client.post("/v1/statements", json=statement, headers=headers)
    assert answer.status_code == 201, answer.text


def listed(client: TestClient, headers: dict[str, str], query: str = "") -> dict[str, Any]:
    """Return the masses of each listed lot, in the order of the list."""
    answer = client.get(f"/v1/certificates?{query}", headers=headers)
    assert answer.status_code == 200, answer.text
    return {each["lot"]: tuple(each[name] for name in MASSES) for each in answer.json()["certificates"]}


def test_what_became_of_each_mass_is_told_to_who_had_it(served: Served, client: TestClient) -> None:
    ann, ben = served.token(ANN), served.token(BEN)
    for lot in ("A-1", "A-2", "A-3"):
        issue(client, ann, lot)
    say(client, ann, statement="move", lot="A-1", to=BEN, mass="4 kg")
    say(client, ben, statement="accept", lot="A-1")
    say(client, ann, statement="move", lot="A-1", to=BEN, mass="1 kg")  # offered, not accepted
    issue(client, ann, "A-4", inputs={"A-2": "3 kg"})
    say(client, ann, statement="move", lot="A-3", to=BEN)
    say(client, ann, statement="cancel", lot="A-3")  # taken back: not shipped
    issue(client, ben, "B-1", by=BEN, inputs={"A-1": "3 kg"})
    say(client, ben, statement="move", lot="A-1", to=STRANGER, mass="1 kg")
    assert listed(client, ann) == {
        "A-4": ("3", "0", "0", "0"),
        "A-3": ("10", "0", "0", "0"),
        "A-2": ("7", "0", "0", "3"),
        "A-1": ("5", "1", "4", "0"),
    }
    assert listed(client, ben, "whose=all") == {"B-1": ("3", "0", "0", "0"), "A-1": ("0", "1", "0", "3")}
    assert listed(client, ben, "whose=received") == {"A-1": ("0", "1", "0", "3")}
    assert list(listed(client, ann, "shipped=true")) == ["A-1"]
    assert list(listed(client, ann, f"customer={BEN}")) == ["A-1"]
    assert listed(client, ann, f"customer={STRANGER}") == {}, "Ann does not see whom her customers sell to"
    say(client, ann, statement="undo", lot="A-4")
    assert listed(client, ann, "lot=A-2") == {"A-2": ("10", "0", "0", "0")}
    assert listed(client, ann, "lot=A-4&state=withdrawn") == {"A-4": ("0", "0", "0", "0")}
    assert list(listed(client, ann, "at_hand=true")) == ["A-3", "A-2", "A-1"]
    assert list(listed(client, ann, "q=a-1")) == ["A-1"]
    assert listed(client, ann, "q=%25") == {}, "a wildcard of the database is a character like any other"


def test_pages_of_issued_and_received_lots_are_one_list(served: Served, client: TestClient) -> None:
    ann, ben = served.token(ANN), served.token(BEN)
    for number in range(3):
        issue(client, ann, f"A-{number}")
        issue(client, ben, f"B-{number}", by=BEN)
        say(client, ann, statement="move", lot=f"A-{number}", to=BEN, mass="2 kg")
        say(client, ben, statement="accept", lot=f"A-{number}")
        say(client, ann, statement="move", lot=f"A-{number}", to=BEN, mass="1 kg")
        say(client, ben, statement="accept", lot=f"A-{number}")  # the same lot again: it is listed once
    told, address = [], "/v1/certificates?whose=all&limit=2"
    while address:
        answer = client.get(address, headers=ben)
        told += [each["lot"] for each in answer.json()["certificates"]]
        link = answer.headers.get("link", "")
        address = link[1 : link.index(">")].removeprefix(ORIGIN) if link else ""
    assert told == ["A-2", "B-2", "A-1", "B-1", "A-0", "B-0"]


def test_lots_of_another_registry_are_listed_with_their_own_state(tmp_path: Path) -> None:
    one, two = two_homes.two_shops(tmp_path)
    one.blend("OX-1", "10 kg", by=two_homes.ANN)
    two.take(one.send("OX-1", two_homes.ANN, two_homes.BEN, two, 4 * two_homes.KG), two_homes.BEN, log=one)
    two.take(one.send("OX-1", two_homes.ANN, two_homes.BEN, two, 2 * two_homes.KG), two_homes.BEN, log=one)

    def told(shop: two_homes.Shop, party: str, **wanted: Any) -> list[tuple[str, ...]]:  # noqa: ANN401 - any filter
        page = list_certificates(shop.registry, party, ListFilter(**wanted), limit=10, cursor=None, origin=ORIGIN)
        return [(each.lot, each.left, each.shipped, each.issuer, each.state) for each in page.certificates]

    assert told(two, two_homes.BEN, whose="all") == [("OX-1", "6", "0", two_homes.ANN, "current")]
    assert told(one, two_homes.ANN, shipped=True) == [("OX-1", "4", "6", two_homes.ANN, "current")]
    assert told(two, two_homes.BEN, whose="received", state="withdrawn") == []
    withdraw(one.registry, "OX-1", issuer=two_homes.ANN, reason="the assay was wrong", status=one.status)
    two.refresh(one)
    assert told(two, two_homes.BEN, whose="received", state="withdrawn") == [
        ("OX-1", "6", "0", two_homes.ANN, "withdrawn")
    ]
