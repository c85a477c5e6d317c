"""Uploaded workbooks: each row has a state, issuing goes on where it was cut off, and nothing is issued twice."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from ledger.desk import held_rows, uploads
from ledger.desk.approvals import approve, listed, set_two_persons
from ledger.desk.held_rows import ROUND
from ledger.desk.outbox import latest_notices
from ledger.desk.uploads import IssueWish, issue_upload, upload_runs, upload_state, upload_workbook
from ledger.registry.approval import OPERATOR
from ledger.tables import shipped_tables
from schemas.problem import InputError, MissingError, RefusedError
from tests.support.http.desk import person
from tests.support.http.server import ANN, BEN, Served, serve
from tests.support.registries.crashes import CrashError, crash
from tests.support.worlds.oxide_days import day, oxide_recipe, row, with_recipe

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("forked_readers")


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return with_recipe(serve(tmp_path, database))


def kept(served: Served, content: bytes, name: str = "day.xlsx") -> uploads.Upload:
    return upload_workbook(served.registry, ANN, name, content, tables=shipped_tables())


def issued(served: Served, upload: str, **how: object) -> list[str]:
    """Issue an upload; return the lots that were new."""
    rounds = issue_upload(served.registry, ANN, upload, tables=shipped_tables(), wish=IssueWish(**how))  # type: ignore[arg-type]
    return [
        each.lot
        for some in rounds
        for outcome in some
        if not isinstance(outcome.became, Exception) and not outcome.became.unchanged
        for each in outcome.became.certificates
    ]


def states(served: Served, upload: str) -> list[str]:
    return [each.state for each in upload_runs(served.registry, ANN, upload)]


def test_none_is_issued_until_all_fit_unless_the_fitting_ones_are_asked_for(served: Served) -> None:
    content = day([row(1), row(2, mass_kg=1000, **{"r:neodymium-oxide-bought": 1010}), row(3)])
    upload = kept(served, content)
    assert upload.counts == {"ready": 2, "problem": 1}
    (wrong,) = upload_runs(served.registry, ANN, upload.id, ["problem"])
    assert ("recipe.outside-band-meant", "Runs!D5") in {(each.code, each.place) for each in wrong.problems}
    with pytest.raises(RefusedError) as refused:
        issued(served, upload.id)
    assert refused.value.code == "upload.unfit"
    assert states(served, upload.id) == ["ready", "problem", "ready"]
    assert issued(served, upload.id, chosen="ready") == ["OX-1", "OX-3"]
    assert states(served, upload.id) == ["issued", "problem", "issued"]
    shown = upload_runs(served.registry, ANN, upload.id)
    assert [lot for each in shown for lot, _ in each.certificates] == ["OX-1", "OX-3"]
    again = kept(served, day([row(1), row(2), row(3)]))
    assert again.counts == {"unchanged": 2, "ready": 1}
    assert issued(served, again.id) == ["OX-2"]


def test_the_same_file_is_the_same_upload_and_nothing_is_issued_twice(served: Served) -> None:
    content = day([row(1), row(2)])
    first = kept(served, content)
    assert issued(served, first.id) == ["OX-1", "OX-2"]
    second = kept(served, content)
    assert (second.id, second.counts) == (first.id, {"unchanged": 2})
    assert issued(served, second.id) == []


def test_a_mass_as_shipped_must_agree_with_the_dry_one_and_the_moisture(served: Served) -> None:
    upload = kept(served, day([row(1, moisture=0.05, shipped_kg=105.3), row(2, moisture=0.05, shipped_kg=115.3)]))
    right, wrong = upload_runs(served.registry, ANN, upload.id)
    assert (right.state, right.problems) == ("ready", ())
    assert [(each.code, each.place) for each in wrong.problems] == [("rule.d-dry", "Runs!N5")]


def test_a_changed_row_is_told_with_its_difference_and_never_issued(served: Served) -> None:
    issued(served, kept(served, day([row(1)])).id)
    for changes, cell, words in (
        ({"mass_kg": 101}, "Runs!D4", "100 kg, now 101 kg"),
        ({"start": "2026-03-02"}, "Runs!E4", "2026-03-01, now 2026-03-02"),
        ({"lot": "OX-1b"}, "Runs!C4", "OX-1, now OX-1b"),
        ({"note": "wet"}, "Runs!R4", "nothing, now wet"),
    ):
        upload = kept(served, day([row(1, **changes)]))
        (changed,) = upload_runs(served.registry, ANN, upload.id)
        assert changed.state == "changed"
        (problem,) = changed.problems
        assert problem.code == "upload.changed"
        assert words in problem.words()
        assert "oreprint replace OX-1" in problem.words()
        assert issued(served, upload.id, chosen="ready") == []
        assert problem.place == cell


def test_a_run_that_was_issued_from_a_record_is_known_by_its_name(served: Served) -> None:
    record = oxide_recipe()["run"] | {"run": "R-1"}
    with served.client() as client:
        assert client.post("/v1/certificates", json=record, headers=served.token(ANN)).status_code == 201
    upload = kept(served, day([row(1, lot="A-1", mass_kg=99, end="2026-03-02")]))
    (changed,) = upload_runs(served.registry, ANN, upload.id)
    assert (changed.state, [each.place for each in changed.problems]) == ("changed", ["Runs!D4"])
    assert "100 kg, now 99 kg" in changed.problems[0].words()


@pytest.mark.parametrize("when", ["before", "after"])
def test_after_a_crash_in_any_round_the_rest_is_issued_once(
    served: Served, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "ROUND", 2)
    upload = kept(served, day([row(number) for number in range(1, 6)]))
    rounds = issue_upload(served.registry, ANN, upload.id, tables=shipped_tables(), wish=IssueWish())
    next(rounds)
    with monkeypatch.context() as broken:
        # before: the process dies before the round is logged; after: before its rows are marked
        broken.setattr(held_rows, "attempts" if when == "before" else "keep_states", crash)
        with pytest.raises(CrashError):
            next(rounds)
    assert states(served, upload.id) == ["issued"] * 2 + ["ready"] * 3
    assert issued(served, upload.id) == ["OX-3", "OX-4", "OX-5"]
    assert upload_state(served.registry, ANN, upload.id).counts == {"issued": 5}


def test_a_newer_recipe_keeps_a_workbook_from_being_issued(served: Served) -> None:
    upload = kept(served, day([row(1)]))
    with_recipe(served, version=2)
    with pytest.raises(RefusedError) as refused:
        issued(served, upload.id)
    assert (refused.value.code, "OX v2" in refused.value.problems[0].words()) == ("upload.recipe-newer", True)


def test_another_party_finds_no_upload_and_its_workbook_is_refused(served: Served) -> None:
    upload = kept(served, day([row(1)]))
    for call in (upload_state, upload_runs, uploads.upload_file):
        if call is upload_runs:
            assert call(served.registry, BEN, upload.id) == []
            continue
        with pytest.raises(MissingError):
            call(served.registry, BEN, upload.id)
    with pytest.raises(MissingError):
        [*issue_upload(served.registry, BEN, upload.id, tables=shipped_tables(), wish=IssueWish())]


def test_a_file_without_the_versions_of_its_recipes_needs_a_word(served: Served) -> None:
    text = "recipe,run,lot,mass_kg,start,r:neodymium-oxide-bought\nOX,R-1,OX-1,100,2026-03-01,101\n"
    upload = kept(served, text.encode(), "day.csv")
    assert "workbook.versions-unsaid" in {each.code for each in upload.notes}
    with pytest.raises(RefusedError) as refused:
        issued(served, upload.id)
    assert refused.value.code == "upload.unconfirmed"
    assert issued(served, upload.id, confirmed=True) == ["OX-1"]


def test_of_several_who_issue_at_once_nobody_issues_twice(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "ROUND", 2)
    upload = kept(served, day([row(number) for number in range(8)])).id
    new: list[str] = []
    gate = threading.Barrier(3)

    def run() -> None:
        gate.wait()
        new.extend(issued(served, upload))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(new) == [f"OX-{number}" for number in range(8)]
    assert set(states(served, upload)) <= {"issued", "unchanged"}


def test_what_is_no_workbook_keeps_nothing(served: Served) -> None:
    with pytest.raises(InputError):
        kept(served, b"nothing")
    assert uploads.latest_uploads(served.registry, ANN) == []


def test_a_program_uploads_issues_and_gets_the_annotated_copy(served: Served) -> None:
    headers = served.token(ANN, "issue")
    xlsx = {"content-type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
    with served.client() as client:
        content = day([row(1), row(2, mass_kg=1000, **{"r:neodymium-oxide-bought": 1010})])
        answer = client.post("/v1/uploads?name=day", content=content, headers=headers | xlsx)
        assert answer.status_code == 201, answer.text
        told = answer.json()
        assert (told["name"], told["counts"]["ready"], told["counts"]["problem"]) == ("day.xlsx", 1, 1)
        place = f"/v1/uploads/{told['id']}"
        (wrong,) = client.get(f"{place}?only=problems", headers=headers).json()["rows"]
        assert "Runs!D5" in {each["place"] for each in wrong["problems"]}
        refused = client.post(f"{place}/issue", json={}, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (409, "upload.unfit")
        held = client.post(f"{place}/issue", json={"rows": "ready"}, headers=headers).json()
        assert [(each["state"], each["due"] is None) for each in held["rows"]] == [("held", False), ("problem", True)]
        assert client.post(f"{place}/take-back", headers=headers).json()["counts"]["ready"] == 1
        client.post(f"{place}/issue", json={"rows": "ready"}, headers=headers).raise_for_status()
        issued_now = client.post(f"{place}/sign", headers=headers).json()
        assert [each["state"] for each in issued_now["rows"]] == ["issued", "problem"]
        digest = issued_now["rows"][0]["certificates"][0]["digest"]
        assert client.get(f"/v1/certificates/{digest}").status_code == 200
        book = load_workbook(io.BytesIO(client.get(f"{place}/annotated.xlsx", headers=headers).content))
        commented = {cell.coordinate for line in book["Runs"].iter_rows() for cell in line if cell.comment}
        assert commented == {each["place"].removeprefix("Runs!") for each in wrong["problems"]} >= {"D5"}
        assert [cell.value for cell in book["Runs"][4]][-2:] == ["issued", digest]
        rest = client.get(f"{place}/annotated.xlsx?rest=true", headers=headers)
        assert rest.headers["content-disposition"] == 'attachment; filename="day-rest.xlsx"'
        book = load_workbook(io.BytesIO(rest.content))
        assert [line[2].value for line in book["Runs"].iter_rows(min_row=4)] == ["OX-2"]
        moved = {cell.coordinate for line in book["Runs"].iter_rows() for cell in line if cell.comment}
        assert moved == {place.replace("5", "4") for place in commented}
        assert book["Problems"]["B2"].hyperlink.location == "'Runs'!D4"
        at_once = client.post(f"{place}/issue", json={"rows": "ready", "hold": False}, headers=headers).json()
        assert [each["state"] for each in at_once["rows"]] == ["issued", "problem"]
        again = client.post("/v1/uploads?name=rest", content=rest.content, headers=headers | xlsx).json()
        assert again["counts"]["problem"] == 1
        for other in (served.token(BEN, "issue"), served.token(ANN, "read")):
            for method, path in (
                ("GET", place),
                ("POST", f"{place}/issue"),
                ("POST", f"{place}/sign"),
                ("GET", f"{place}/annotated.xlsx"),
            ):
                denied = client.request(method, path, headers=other, json={} if method == "POST" else None)
                assert denied.status_code in {403, 404}


def test_rows_that_a_second_person_must_approve_wait_and_are_issued_once_they_are(served: Served) -> None:
    set_two_persons(served.registry, "all", party=ANN, by=OPERATOR)
    clerk, chief = person(served, "clerk"), person(served, "quality")
    upload = kept(served, day([row(1), row(2)]))
    assert issued(served, upload.id, by=clerk.author) == []
    shown = upload_runs(served.registry, ANN, upload.id)
    assert [(each.state, each.warnings[-1].code) for each in shown] == [("ready", "approval.needed")] * 2
    waiting = listed(served.registry, ANN, "waiting")
    assert [each.series for each in waiting] == ["OX", "OX"]
    approve(served.registry, waiting[0].id, party=ANN, by=chief.author)
    assert len(issued(served, upload.id, by=clerk.author)) == 1
    assert sorted(states(served, upload.id)) == ["issued", "ready"]


def test_the_party_is_told_once_all_rows_were_tried(served: Served) -> None:
    upload = kept(served, day([row(number) for number in range(1, ROUND + 3)]), "July.xlsx")
    assert len(issued(served, upload.id)) == ROUND + 2
    (told,) = [each for each in latest_notices(served.registry, ANN) if each.kind == "upload-finished"]
    assert (told.subject, told.facts) == ("July.xlsx", {"upload": upload.id, "issued": str(ROUND + 2)})
    assert issued(served, upload.id) == []
    assert len([each for each in latest_notices(served.registry, ANN) if each.kind == "upload-finished"]) == 1
