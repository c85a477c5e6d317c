"""The rows of a workbook name customers: once a lot has its certificate, it is shipped, and never twice."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from api.desk.words import told_in
from ledger.desk import held, held_rows, shipping_check, upload_shipping, uploads
from ledger.desk.contacts import add_contact, end_contact
from ledger.desk.export import export_file
from ledger.desk.shipping import list_shipments
from ledger.desk.upload_copy import annotated_upload
from ledger.desk.upload_holds import hold_upload
from ledger.desk.uploads import IssueWish, issue_upload, upload_runs, upload_workbook
from ledger.lots.balance import holdings_of
from ledger.tables import shipped_tables
from schemas.contact import ContactRequest
from schemas.problem import RefusedError
from tests.support.http.server import ANN, BEN, Served, serve
from tests.support.registries.crashes import CrashError, crash
from tests.support.worlds.oxide_days import day, row, with_recipe

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("forked_readers")


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    """A party with a recipe and two customers: a guest, and a party here."""
    made = with_recipe(serve(tmp_path, database))
    add_contact(made.registry, ContactRequest(name="Motor Works"), party=ANN)
    add_contact(made.registry, ContactRequest(name="Ben", did=BEN), party=ANN)
    return made


def kept(served: Served, content: bytes, name: str = "day.xlsx") -> uploads.Upload:
    return upload_workbook(served.registry, ANN, name, content, tables=shipped_tables())


def issue(served: Served, upload: str, **how: object) -> None:
    for _ in issue_upload(served.registry, ANN, upload, tables=shipped_tables(), wish=IssueWish(**how)):  # type: ignore[arg-type]
        pass


def shipped(served: Served) -> dict[str, list[tuple[str, str]]]:
    """Return what each contact was shipped: lot and mass, in the order of the shipments."""
    found: dict[str, list[tuple[str, str]]] = {}
    for each in reversed(list_shipments(served.registry, ANN).shipments):
        found.setdefault(each.contact.name, []).extend((line.lot, line.mass_kg) for line in each.lots)
    return found


def warned(served: Served, upload: str) -> list[tuple[str, str]]:
    rows = upload_runs(served.registry, ANN, upload)
    return [(one.code, one.place) for each in rows for one in each.warnings if one.code.startswith("upload.")]


DAY = [
    row(1, customer="motor works", ship_kg=40),
    row(2, customer="Motor Works"),
    row(3, customer="Ben", ship_kg=99.5),
    row(4),
]


def test_a_customer_gets_one_shipment_of_its_rows_and_nothing_is_shipped_twice(served: Served) -> None:
    upload = kept(served, day(DAY))
    assert upload.counts == {"ready": 4}
    assert shipped(served) == {}
    issue(served, upload.id)
    there = {"Motor Works": [("OX-1", "40"), ("OX-2", "100")], "Ben": [("OX-3", "99.5")]}
    assert shipped(served) == there
    assert len(list_shipments(served.registry, ANN).shipments) == 2
    shown = upload_shipping.shown_ships(served.registry, ANN, upload.id)
    assert [(each.customer, each.mass_kg, each.shipment is not None) for each in shown.values()] == [
        ("motor works", "40", True),
        ("Motor Works", "100", True),
        ("Ben", "99.5", True),
    ]
    for content, name in (
        (day(DAY), "day.xlsx"),  # the same file
        (day([*DAY, row(5)]), "more.xlsx"),  # another one with the same rows
        (export_file(served.registry, ANN, "xlsx", "zh-Hans"), "all.xlsx"),
        (export_file(served.registry, ANN, "zip", "en"), "all.zip"),
    ):
        again = kept(served, content, name)
        assert set(again.counts) <= {"unchanged", "ready"}, name
        issue(served, again.id, confirmed=True)
        assert shipped(served) == there, name
    other = kept(served, day([row(2, customer="Ben"), row(6, customer="Nobody Ltd")]))
    assert warned(served, other.id) == [("upload.shipped-before", "Runs!O4")]
    (refused,) = upload_runs(served.registry, ANN, other.id, ["refused"])
    assert [(each.code, each.place) for each in refused.problems] == [("contact.unknown", "Runs!O5")]


def test_a_row_that_cannot_be_shipped_stays_issued_and_says_why_until_it_is_shipped(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = kept(served, day(DAY))
    with pytest.raises(RefusedError) as refused:
        issue(served, upload.id, may_ship=False)
    assert (refused.value.code, upload_runs(served.registry, ANN, upload.id)[0].state) == (
        "upload.may-not-ship",
        "ready",
    )
    with monkeypatch.context() as first:
        first.setattr(uploads, "ship_if_signed", lambda *_, **__: None)
        issue(served, upload.id)
    end_contact(served.registry, "Ben", party=ANN)
    issue(served, upload.id)
    assert shipped(served) == {"Motor Works": [("OX-1", "40"), ("OX-2", "100")]}
    assert warned(served, upload.id) == [("upload.not-shipped", "Runs!O6")]
    assert [each.state for each in upload_runs(served.registry, ANN, upload.id)] == ["issued"] * 4
    _, copy = annotated_upload(served.registry, ANN, upload.id, says=told_in)
    assert kept(served, copy, "copy.xlsx").counts == {"unchanged": 4}
    add_contact(served.registry, ContactRequest(name="Ben", did=BEN), party=ANN)
    issue(served, upload.id)
    assert warned(served, upload.id) == []
    assert shipped(served)["Ben"] == [("OX-3", "99.5")]


def test_a_crash_or_a_second_server_ships_no_part_of_a_lot_twice(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = kept(served, day(DAY))
    for place, what in ((upload_shipping, "ship_lots"), (upload_shipping, "_keep_told")):
        with monkeypatch.context() as broken:
            broken.setattr(place, what, crash)
            with pytest.raises(CrashError):
                issue(served, upload.id)
    start, beside = threading.Barrier(2), [served.beside(), served.beside()]

    def ship(server: Served) -> None:
        start.wait()
        issue(server, upload.id)

    both = [threading.Thread(target=ship, args=(each,)) for each in beside]
    for each in both:
        each.start()
    for each in both:
        each.join()
    left = {each.lot.lot: each.left_mg for each in holdings_of(served.registry, ANN) if each.left_mg}
    assert left == {"OX-1": 60_000_000, "OX-3": 500_000, "OX-4": 100_000_000}
    assert sum(map(len, shipped(served).values())) == 3


def test_held_rows_are_shipped_once_the_last_of_them_is_signed(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (held, held_rows):
        monkeypatch.setattr(module, "ROUND", 2)
    registry, tables = served.registry, shipped_tables()
    upload = kept(served, day(DAY))
    hold_upload(registry, ANN, upload.id, tables=tables, wish=IssueWish(by="person:1"), minutes=30)
    held.sign_lots(registry, ANN, ["OX-1"], tables=tables)  # for its label, or to be used
    assert shipped(served) == {}
    for _ in held.sign_upload(registry, ANN, upload.id, tables=tables):
        assert shipped(served) == {}
    assert shipped(served) == {"Motor Works": [("OX-1", "40"), ("OX-2", "100")], "Ben": [("OX-3", "99.5")]}
    later = kept(served, day([row(7, customer="Ben"), row(8, customer="Ben"), row(9, customer="Ben")]))
    hold_upload(registry, ANN, later.id, tables=tables, wish=IssueWish(), minutes=0)
    while held.sign_due(registry, tables=tables):
        pass
    assert len(list_shipments(registry, ANN).shipments) == 3
    assert [lot for lot, _ in shipped(served)["Ben"]] == ["OX-3", "OX-7", "OX-8", "OX-9"]


def test_wrong_masses_and_customers_are_told_at_their_cells_before_anything_is_issued(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [
        row(1, ship_kg=40),
        row(2, customer="Ben", ship_kg=0),
        row(3, customer="Ben", ship_kg=100.5),
        row(4, customer="Bem"),
        row(5, customer="Ben", ship_kg=4.1234567),
    ]
    upload = kept(served, day(rows))
    told = {(one.code, one.place) for each in upload_runs(served.registry, ANN, upload.id) for one in each.problems}
    assert told == {
        ("workbook.ship-no-customer", "Runs!O4"),
        ("workbook.ship-nothing", "Runs!P5"),
        ("workbook.ship-too-much", "Runs!P6"),
        ("contact.unknown", "Runs!O7"),
        ("quantity.decimals", "Runs!P8"),
    }
    monkeypatch.setattr(shipping_check, "is_trial", lambda _: True)
    trial = kept(served, day([row(1, customer="Ben")]))
    (refused,) = upload_runs(served.registry, ANN, trial.id, ["refused"])
    assert [(each.code, each.place) for each in refused.problems] == [("holding.trial", "Runs!O4")]
