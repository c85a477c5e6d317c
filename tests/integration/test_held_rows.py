"""Rows of an uploaded workbook are held before they are signed, so that a mass typo burns no lot's name."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook
from sqlalchemy import update

from ledger.desk import held_rows
from ledger.desk.approvals import approve, listed, set_two_persons
from ledger.desk.approved import requests_of
from ledger.desk.drafts import discard_draft
from ledger.desk.held import hold_minutes, sign_due, sign_lots, sign_upload
from ledger.desk.outbox import latest_notices
from ledger.desk.recipes import keep_recipe
from ledger.desk.shipping import lots_to_ship
from ledger.desk.upload_copy import annotated_upload
from ledger.desk.upload_holds import hold_upload, take_back
from ledger.desk.uploads import IssueWish, issue_upload, upload_runs, upload_state, upload_workbook
from ledger.recipes.made import recipe_of
from ledger.registry.approval import OPERATOR, RULE
from ledger.store.approvals import RuleRow, put_rule
from ledger.store.desk_schema import UPLOAD_ROWS
from ledger.store.engine import writing
from tests.support.http.desk import desk, person
from tests.support.http.server import ANN, Served, serve, tables
from tests.support.registries.desk_runs import blend, held, issued
from tests.support.worlds.oxide_days import day, oxide_recipe, row, with_recipe

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("forked_readers")

CLERK = "person:7"


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    made = with_recipe(serve(tmp_path, database))
    keep_recipe(made.registry, blend(), party=ANN)
    return made


def kept(served: Served, content: bytes, name: str = "day.xlsx") -> str:
    return upload_workbook(served.registry, ANN, name, content, tables=tables()).id


def hold(served: Served, content: bytes, *, minutes: int = 30) -> str:
    """Upload a workbook and hold the rows that are ready."""
    upload = kept(served, content)
    wish = IssueWish("ready", by=CLERK)
    hold_upload(served.registry, ANN, upload, tables=tables(), wish=wish, minutes=minutes)
    return upload


def states(served: Served, upload: str) -> list[str]:
    return [each.state for each in upload_runs(served.registry, ANN, upload)]


def make_due(served: Served, number: int | None = None) -> None:
    """Let held rows be due now, or one of them."""
    due = update(UPLOAD_ROWS).where(UPLOAD_ROWS.c.due_ms.is_not(None))
    due = due if number is None else due.where(UPLOAD_ROWS.c.number == number)
    with writing(served.registry.engine) as connection:
        connection.execute(due.values(due_ms=0))
        connection.commit()


def sign_all_due(served: Served) -> int:
    """Sign what is due, as the worker of a server does; return how many rows it signed."""
    count = 0
    while signed := sign_due(served.registry, tables=tables()):
        count += len(signed)
    return count


def cells(content: bytes, line: int) -> list[object]:
    return [cell.value for cell in load_workbook(io.BytesIO(content))["Runs"][line]]


def mill(number: int, lot: str, kg: int = 50, **more: object) -> dict[str, object]:
    """Return a row that uses what another row makes."""
    typed = {"recipe": "BL", "run": f"M-{number}", "lot": f"BL-{number}", "mass_kg": kg, "start": "2026-05-01"}
    return typed | {"input1_lot": lot, "input1_kg": kg} | more


def test_the_preview_warns_of_a_lot_that_another_held_run_is_to_make(served: Served) -> None:
    def warned(upload: str) -> list[tuple[str, str]]:
        runs = upload_runs(served.registry, ANN, upload)
        return [(one.place, one.facts["lot"]) for each in runs for one in each.warnings if one.code == "draft.lot-held"]

    typed = held(served, "OX-1")
    upload = kept(served, day([row(1), row(2)]))
    assert warned(upload) == [("Runs!C4", "OX-1")]
    first = hold(served, day([row(2)]))
    assert warned(first) == [], "a row does not warn of itself"
    other = day([row(2), row(3, lot="ox-2")])
    upload = kept(served, other)
    assert states(served, upload) == ["held", "problem"], "the row above makes it"
    upload = kept(served, day([row(3, lot="ox-2")]))
    assert (states(served, upload), warned(upload)) == (["ready"], [("Runs!C4", "ox-2")])
    hold(served, day([row(2, mass_kg=101)]))
    assert warned(kept(served, day([row(2)]))) == [], "it is the same run, and replaces the held one"
    discard_draft(served.registry, ANN, typed.row.id, revision=typed.row.revision, by=CLERK)
    assert warned(kept(served, day([row(1), row(4)]))) == []


def test_rows_are_held_then_signed_when_they_are_due_and_told(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.desk.held.ROUND", 2)
    content = day([row(1), row(2), row(3)])
    upload = hold(served, content)
    state = upload_state(served.registry, ANN, upload)
    assert (state.counts, state.unfit) == ({"held": 3}, 0)
    now = served.registry.runtime.now_ms()
    assert state.due_ms is not None
    assert 29 * 60_000 < state.due_ms - now <= 30 * 60_000
    name, copy = annotated_upload(served.registry, ANN, upload)
    assert str(cells(copy, 4)[-2]).startswith("held until ")
    assert sign_due(served.registry, tables=tables()) == []
    assert issued(served, "OX-1", "OX-2", "OX-3") == 0  # the names are free
    assert [each.lot for each in lots_to_ship(served.registry, ANN)] == ["OX-1", "OX-2", "OX-3"]
    assert kept(served, content) == upload
    assert states(served, upload) == ["held"] * 3
    make_due(served)
    assert sign_all_due(served) == 3
    assert states(served, upload) == ["issued"] * 3
    (told,) = [each for each in latest_notices(served.registry, ANN) if each.kind == "upload-finished"]
    assert told.facts == {"upload": upload, "issued": "3"}
    name, copy = annotated_upload(served.registry, ANN, upload)
    shown = upload_runs(served.registry, ANN, upload)
    assert cells(copy, 4)[-2:] == ["issued", shown[0].certificates[0][1]]
    assert states(served, kept(served, copy, name)) == ["unchanged"] * 3


def test_a_corrected_copy_replaces_what_is_held(served: Served) -> None:
    first = hold(served, day([row(1), row(2), row(3)]))
    content = day([row(1), row(2, mass_kg=99), row(3)])
    second = kept(served, content, "corrected.xlsx")
    assert states(served, second) == ["held", "ready", "held"]
    assert states(served, first) == ["replaced", "held", "replaced"]  # the hold is taken over; what differs stays held
    warned = upload_runs(served.registry, ANN, second)[1].warnings
    assert ("upload.held-differs", "Runs!D5") in [(each.code, each.place) for each in warned]
    assert "100 kg, now 99 kg" in warned[-1].words()
    wish = IssueWish(by=CLERK)
    assert hold_upload(served.registry, ANN, second, tables=tables(), wish=wish, minutes=30) == 1
    assert (states(served, first), states(served, second)) == (["replaced"] * 3, ["held"] * 3)
    assert take_back(served.registry, ANN, second, by=CLERK, number=2) == 1
    assert states(served, second) == ["held", "held", "ready"]
    make_due(served)
    assert sign_all_due(served) == 2
    assert states(served, second) == ["issued", "issued", "ready"]
    assert issued(served, "OX-1", "OX-2", "OX-3") == 2
    # issued at once, as on the host: what is held of the run elsewhere is replaced as well
    third = hold(served, day([row(3)]))
    fourth = kept(served, day([row(3, mass_kg=98)]), "host.xlsx")
    [*issue_upload(served.registry, ANN, fourth, tables=tables(), wish=IssueWish())]
    assert (states(served, third), states(served, fourth)) == (["replaced"], ["issued"])
    make_due(served)
    assert sign_all_due(served) == 0


def test_what_a_row_uses_is_signed_before_it(served: Served) -> None:
    rows = [row(1), mill(1, "OX-1"), row(2), mill(2, "OX-2"), mill(3, "TYPED")]
    held(served, "TYPED")  # at the form
    upload = hold(served, day(rows, recipes=[blend()]))
    assert states(served, upload) == ["held"] * 5
    other = kept(served, day([mill(4, "OX-2")], recipes=[blend()]), "other.xlsx")
    assert states(served, other) == ["ready"]  # it may use what is held in another upload
    done = sign_lots(served.registry, ANN, ["BL-2"], tables=tables())
    assert [each.row.state for each in done] == ["issued", "issued"]
    assert states(served, upload) == ["held", "held", "issued", "issued", "held"]
    for some in sign_upload(served.registry, ANN, upload, tables=tables()):
        assert {each.row.state for each in some} == {"issued"}
    assert states(served, upload) == ["issued"] * 5
    assert issued(served, "TYPED", "OX-1", "OX-2", "BL-1", "BL-2", "BL-3") == 6
    alone = hold(served, day([row(5), mill(5, "OX-5")], recipes=[blend()]))
    last = kept(served, day([mill(6, "BL-5")], recipes=[blend()]), "last.xlsx")
    [*issue_upload(served.registry, ANN, last, tables=tables(), wish=IssueWish())]
    assert states(served, alone) + states(served, last) == ["issued"] * 3


def test_what_no_longer_fits_when_it_is_due_goes_back(served: Served) -> None:
    upload = hold(served, day([row(1), mill(1, "OX-1"), row(2)], recipes=[blend()]))
    lot = oxide_recipe()["run"] | {"run": "else", "outputs": [oxide_recipe()["run"]["outputs"][0] | {"lot": "OX-2"}]}
    with served.client() as client:
        assert client.post("/v1/certificates", json=lot, headers=served.token(ANN)).status_code == 201
    keep_recipe(served.registry, blend() | {"version": 2}, party=ANN)
    make_due(served)
    assert sign_all_due(served) == 3
    shown = upload_runs(served.registry, ANN, upload)
    assert [each.state for each in shown] == ["issued", "back", "back"]
    assert [(each.problems[0].code, each.problems[0].place) for each in shown[1:]] == [
        ("draft.recipe-changed", "Runs!A5"),
        ("issue.lot-taken", "Runs!C6"),
    ]
    (told,) = [each for each in latest_notices(served.registry, ANN) if each.kind == "upload-finished"]
    assert told.facts == {"upload": upload, "issued": "1", "back": "2"}


def test_a_rule_of_two_persons_holds_nothing_and_stops_what_is_held(served: Served) -> None:
    upload = hold(served, day([row(1)]))
    set_two_persons(served.registry, "all", party=ANN, by=OPERATOR)
    assert hold_minutes(served.registry, ANN) == 0
    make_due(served)
    assert sign_all_due(served) == 1
    (shown,) = upload_runs(served.registry, ANN, upload)
    assert (shown.state, shown.warnings[-1].code, shown.due_ms) == ("ready", "approval.needed", None)


def test_what_was_approved_is_issued_and_the_other_rows_stay_as_they_are(served: Served) -> None:
    with desk(served, "clerk") as at:
        content = day([row(1), row(2), row(3, lot="OX-3", mass_kg=0.5)])  # the last one fits no band
        upload = kept(served, content)
        wish = IssueWish("ready", by=at.person.author)
        hold_upload(served.registry, ANN, upload, tables=tables(), wish=wish, minutes=30)
        set_two_persons(served.registry, "all", party=ANN, by=OPERATOR)
        make_due(served, 0)
        assert sign_all_due(served) == 1
        assert states(served, upload) == ["ready", "held", "problem"]
        assert kept(served, content) == upload, "read again"
        assert states(served, upload) == ["ready", "held", "problem"]
        (asked,) = listed(served.registry, ANN, "waiting", author=at.person.author)
        (request,) = requests_of(served.registry, at.person)
        assert (request.workbook, request.rows, request.doable) == ("day.xlsx", 1, False)
        at.post(f"/desk/approvals/{asked.id}/do")
        assert states(served, upload) == ["ready", "held", "problem"], "it waits"
        approve(served.registry, asked.id, party=ANN, by=person(served, "quality").author)
        with writing(served.registry.engine) as connection:
            put_rule(connection, RuleRow(ANN, RULE, "off", 0, OPERATOR))
            connection.commit()
        answer = at.post(f"/desk/approvals/{asked.id}/do")
        assert answer.headers["location"] == f"/desk/uploads/{upload}"
        assert states(served, upload) == ["issued", "held", "problem"], "the other one has its time still"
        make_due(served)
        assert sign_all_due(served) == 1
        assert states(served, upload) == ["issued", "issued", "problem"]


def test_two_servers_sign_each_row_once(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("ledger.desk.held.ROUND", "ledger.desk.uploads.ROUND"):
        monkeypatch.setattr(place, 2)
    upload = hold(served, day([row(number) for number in range(8)]))
    make_due(served)
    sides, new = (served, served.beside()), list[str]()
    gate = threading.Barrier(4)

    def run(number: int) -> None:
        gate.wait()
        side = sides[number % 2]
        wish = IssueWish("ready", by=CLERK)
        if number == 3:
            signed = [
                one for some in issue_upload(side.registry, ANN, upload, tables=tables(), wish=wish) for one in some
            ]
        else:
            signed = []
            while some := sign_due(side.registry, tables=tables()):
                signed += [each for each in some if isinstance(each, held_rows.RowOutcome)]
        new.extend(
            each.lot
            for one in signed
            if not isinstance(one.became, Exception) and not one.became.unchanged
            for each in one.became.certificates
        )

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(new) == [f"OX-{number}" for number in range(8)]
    assert set(states(served, upload)) == {"issued"}


def test_a_rest_closes_on_a_lot_that_is_held(served: Served) -> None:
    """The rest needs the composition of a lot that is not certified yet: of the row above, or of another upload."""
    run = blend()["run"]
    run["outputs"][0]["mass"] = "49 kg"
    run["wastes"] = [
        {
            "name": "dust",
            "mass": "1 kg",
            "elements": {"Nd": "0.857361 kg"},
            "fate": "to recycler",
            "destination": "recovery",
        }
    ]
    rest = {"place": "wastes[0].mass", "rule": "rest", "low": "0.5 kg", "high": "1.5 kg"}
    sieve = recipe_of(run, name="BL", title="Sieved") | {"version": 2, "amounts": [rest]}
    keep_recipe(served.registry, sieve, party=ANN)
    rows = [row(1), mill(1, "OX-1", 49, input1_kg=50)]
    upload = hold(served, day(rows, recipes=[sieve]))
    assert states(served, upload) == ["held"] * 2
    other = hold(served, day([mill(2, "OX-1", 49, input1_kg=50)], recipes=[sieve]))
    assert states(served, other) == ["held"]
    make_due(served)
    assert sign_all_due(served) == 3
    assert states(served, upload) + states(served, other) == ["issued"] * 3
