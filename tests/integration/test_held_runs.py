"""Drafts and held runs on both databases: nothing typed is lost, and nothing is issued twice."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from ledger.audit.everything import audit
from ledger.desk.approvals import approve, listed, set_two_persons
from ledger.desk.drafts import RunDraft, discard_draft, drafts_of, find_draft, new_draft, save_draft
from ledger.desk.held import hold_draft, hold_minutes, set_hold_minutes, sign_draft, sign_due, sign_lots
from ledger.desk.preview import preview_draft
from ledger.desk.recipes import keep_recipe
from schemas.problem import MissingError, OreprintError
from tests.support.http.desk import person
from tests.support.http.server import ANN, BEN, Served, serve, tables
from tests.support.registries.databases import KINDS
from tests.support.registries.desk_runs import ME, READING, blend, draft, held, issued, recipe, typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.registries.databases import Postgresql


@pytest.fixture(scope="module", params=KINDS)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One registry for all tests here: each has lots of its own."""
    with ExitStack() as open_:
        server: Postgresql | None = request.getfixturevalue("postgresql") if request.param != "sqlite" else None
        database = open_.enter_context(server.fresh()) if server is not None else None
        made = serve(tmp_path_factory.mktemp("held"), database)
        keep_recipe(made.registry, recipe(), party=ANN)
        keep_recipe(made.registry, blend(), party=ANN)
        yield made
        assert audit(made.home, tables=tables(), progress=lambda *_: None).faults == ()


def code_of(act: Any) -> str:  # noqa: ANN401 - any act
    with pytest.raises(OreprintError) as refused:
        act()
    return refused.value.code


def test_what_was_typed_is_kept_and_of_two_writers_one_is_told(served: Served) -> None:
    made = draft(served, " odd lot ", "4,47 or so", note="<script>")
    found = find_draft(served.registry, ANN, made.row.id)
    assert found.typed == typed(" odd lot ", "4,47 or so") | {"note": "<script>"}
    outcomes: list[str] = []
    gate = threading.Barrier(4)

    def write(number: int) -> None:
        gate.wait()
        try:
            save_draft(served.registry, ANN, made.row.id, typed(f"A-{number}"), revision=1, by=ME)
        except OreprintError as error:
            outcomes.append(error.code)
        else:
            outcomes.append("kept")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == [*["draft.changed"] * 3, "kept"]
    assert find_draft(served.registry, ANN, made.row.id).row.revision == 2


def test_a_draft_is_its_partys_alone(served: Served) -> None:
    made = draft(served, "A-7")
    with pytest.raises(MissingError):
        find_draft(served.registry, BEN, made.row.id)
    with pytest.raises(MissingError):
        save_draft(served.registry, BEN, made.row.id, {}, revision=1, by=ME)
    with pytest.raises(MissingError):
        discard_draft(served.registry, BEN, made.row.id, revision=1, by=ME)
    with pytest.raises(MissingError):
        sign_draft(served.registry, BEN, made.row.id, tables=tables())
    assert drafts_of(served.registry, BEN) == []
    discard_draft(served.registry, ANN, made.row.id, revision=1, by=ME)
    assert made not in drafts_of(served.registry, ANN)


def test_a_held_run_is_unsigned_until_it_is_due(served: Served) -> None:
    made = held(served, "H-7")
    assert (made.row.state, issued(served, "H-7")) == ("held", 0)
    assert sign_due(served.registry, tables=tables()) == []
    done = sign_draft(served.registry, ANN, made.row.id, tables=tables())
    assert (done.row.state, issued(served, "H-7")) == ("issued", 1)
    assert code_of(lambda: save_draft(served.registry, ANN, made.row.id, {}, revision=3, by=ME)) == "draft.issued"
    again = sign_draft(served.registry, ANN, made.row.id, tables=tables())
    assert (again.row, issued(served, "H-7")) == (done.row, 1)


def test_a_held_run_can_be_put_right_and_its_name_is_free(served: Served) -> None:
    made = held(served, "P-7", "110")
    back = save_draft(served.registry, ANN, made.row.id, typed("P-8", "101"), revision=2, by=ME)
    assert (back.row.state, back.row.due_ms, back.row.record) == ("draft", None, None)
    other = held(served, "P-7", "100", minutes=0)
    assert other.row.state == "issued"
    hold_draft(served.registry, ANN, made.row.id, revision=3, tables=tables(), by=ME, minutes=0)
    assert issued(served, "P-7", "P-8") == 2


def test_a_draft_that_could_not_be_issued_is_not_held(served: Served) -> None:
    made = draft(served, "A-7", "1000")
    with pytest.raises(OreprintError) as refused:
        hold_draft(served.registry, ANN, made.row.id, revision=1, tables=tables(), by=ME)
    told = [(each.code, each.place) for each in refused.value.problems]
    assert told == [("recipe.outside-band-meant", place) for place in ("mass_kg", f"r:{READING}")]
    assert find_draft(served.registry, ANN, made.row.id) == made


def test_due_runs_are_judged_anew_and_what_no_longer_fits_goes_back(served: Served) -> None:
    first, second = held(served, "D-7", minutes=0), held(served, "D-8")
    assert first.row.state == "issued"
    taken = draft(served, "d-7")
    shown = preview_draft(served.registry, taken, tables=tables())
    assert [each.place for each in shown.rehearsed.problems] == ["lot"]
    # another run takes the name while the second one is held
    rival = held(served, "D-8", "99", minutes=0)
    assert rival.row.state == "issued"
    done = sign_draft(served.registry, ANN, second.row.id, tables=tables())
    assert done.row.state == "draft"
    assert [each.code for each in done.notice] == ["issue.lot-taken"]
    assert find_draft(served.registry, ANN, second.row.id).typed == second.typed
    assert issued(served, "D-7", "D-8") == 2


def test_a_newer_version_of_the_recipe_stops_a_draft_and_a_held_run(served: Served) -> None:
    keep_recipe(served.registry, recipe(name="NEW"), party=ANN)
    waiting, made = held(served, "V-7", recipe="NEW"), draft(served, "V-8", recipe="NEW")
    keep_recipe(served.registry, recipe(2, "Oxide, new furnace", "NEW"), party=ANN)
    back = sign_draft(served.registry, ANN, waiting.row.id, tables=tables())
    assert [each.code for each in back.notice] == ["draft.recipe-changed"]

    def hold() -> RunDraft:
        return hold_draft(served.registry, ANN, made.row.id, revision=1, tables=tables(), by=ME)

    assert code_of(hold) == "draft.recipe-changed"
    shown = preview_draft(served.registry, made, tables=tables())
    assert shown.differences == (("title", "Oxide", "Oxide, new furnace"),)
    save_draft(served.registry, ANN, made.row.id, made.typed, revision=1, by=ME, version=2)
    after = hold_draft(served.registry, ANN, made.row.id, revision=2, tables=tables(), by=ME, minutes=0)
    assert after.row.state == "issued"


def test_what_a_held_run_makes_can_be_used_and_is_signed_first(served: Served) -> None:
    source = held(served, "U-7")
    user = held(served, "B-7", "50", "BL", input1_lot="u-7", input1_kg="50")
    assert issued(served, "U-7", "B-7") == 0
    done = sign_lots(served.registry, ANN, ["b-7"], tables=tables())
    assert [each.row.state for each in done] == ["issued", "issued"]
    assert find_draft(served.registry, ANN, source.row.id).row.state == "issued"
    assert find_draft(served.registry, ANN, user.row.id).row.issuance is not None


def test_two_processes_sign_each_due_run_once(served: Served) -> None:
    runs = [held(served, f"T-{number}") for number in range(6)]
    sides = (served.registry, served.beside().registry)
    gate = threading.Barrier(4)

    def sign(number: int) -> None:
        gate.wait()
        for each in runs if number % 2 else runs[::-1]:
            sign_draft(sides[number % 2], ANN, each.row.id, tables=tables())

    threads = [threading.Thread(target=sign, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert {find_draft(served.registry, ANN, each.row.id).row.state for each in runs} == {"issued"}
    assert issued(served, *(each.lot for each in runs)) == len(runs)


def test_a_reading_that_was_not_taken_again_is_told(served: Served) -> None:
    held(served, "R-7", "101", minutes=0)
    shown = preview_draft(served.registry, draft(served, "R-8", "101"), tables=tables())
    assert shown.last is not None
    assert ("recipe.same-as-before", f"r:{READING}") in {(each.code, each.place) for each in shown.warnings}


def test_the_party_says_how_long_runs_are_held(served: Served) -> None:
    assert hold_minutes(served.registry, BEN) == 30
    set_hold_minutes(served.registry, 0, party=BEN, by=ME)
    assert hold_minutes(served.registry, BEN) == 0
    assert code_of(lambda: set_hold_minutes(served.registry, 1441, party=BEN, by=ME)) == "draft.hold-minutes"


def test_where_two_persons_are_needed_the_second_is_asked_at_once(served: Served) -> None:
    clerk, chief = (person(served, role).author for role in ("clerk", "quality"))
    set_two_persons(served.registry, "all", party=ANN, by="operator")
    made = new_draft(served.registry, ANN, "OX", typed("Q-7"), by=clerk)

    def hold(revision: int) -> RunDraft:
        return hold_draft(served.registry, ANN, made.row.id, revision=revision, tables=tables(), by=clerk)

    back = hold(1)
    assert (back.row.state, [each.code for each in back.notice]) == ("draft", ["approval.needed"])
    (asked,) = [each for each in listed(served.registry, ANN) if each.subject == "Q-7"]
    approve(served.registry, asked.id, party=ANN, by=chief)
    assert hold(back.row.revision).row.state == "issued"
    set_two_persons(served.registry, "off", party=ANN, by="operator")
