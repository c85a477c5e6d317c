"""Kept recipes and replacements on both databases, also when two write at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from ledger.admin.init import status_signer
from ledger.desk.recipe_versions import approve_recipe, propose_recipe, return_recipe, send_recipe
from ledger.desk.recipes import any_recipe, keep_recipe, kept_recipe, kept_recipes
from ledger.desk.replace import replace_run, successor_of_lot
from ledger.recipes.made import recipe_of
from ledger.tables import shipped_tables
from schemas.door import validated
from schemas.problem import AccessError, MissingError, OreprintError, RefusedError
from schemas.record import ProductionRecord
from tests.support.http.server import ANN, BEN, PASSPHRASE, Served, plant, serve
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


def recipe(version: int = 1, title: str = "Oxide") -> dict[str, Any]:
    run = dict(written("A-1", "100 kg", producer=ANN, plant=plant(ANN)))
    return recipe_of(run, name="OX", title=title) | {"version": version}


def test_versions_are_kept_apart_and_by_party(served: Served) -> None:
    registry = served.registry
    assert keep_recipe(registry, recipe(), party=ANN)
    assert not keep_recipe(registry, recipe(), party=ANN)
    assert keep_recipe(registry, recipe(2, "Oxide, new furnace"), party=ANN)
    assert [each.title for each in kept_recipes(registry, ANN)] == ["OX v2  Oxide, new furnace"]
    assert kept_recipe(registry, ANN, "OX", 1).checked.document == recipe()
    assert kept_recipes(registry, BEN) == []
    with pytest.raises(MissingError):
        kept_recipe(registry, BEN, "OX")


def test_of_two_who_write_the_next_version_one_wins(served: Served) -> None:
    keep_recipe(served.registry, recipe(), party=ANN)
    outcomes: list[str] = []
    gate = threading.Barrier(4)

    def write(number: int) -> None:
        gate.wait()
        try:
            keep_recipe(served.registry, recipe(2, f"Oxide {number}"), party=ANN)
        except OreprintError as error:
            outcomes.append(error.code)
        else:
            outcomes.append("kept")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["kept", *["recipe.version"] * 3]


ENGINEER, QUALITY = "person:1", "person:2"


def test_runs_follow_approved_versions_only(served: Served) -> None:
    registry = served.registry
    draft = propose_recipe(registry, recipe(), party=ANN, by=ENGINEER)
    assert (draft.state, draft.author) == ("draft", ENGINEER)
    assert kept_recipes(registry, ANN) == []
    assert [each.state for each in kept_recipes(registry, ANN, drafts=True)] == ["draft"]
    with pytest.raises(RefusedError) as refused:
        kept_recipe(registry, ANN, "OX", 1)
    assert refused.value.code == "recipe.not-approved"
    with pytest.raises(RefusedError) as refused:
        approve_recipe(registry, ANN, "OX", digest=draft.digest, by=QUALITY)
    assert refused.value.code == "recipe.not-sent"
    send_recipe(registry, ANN, "OX", digest=draft.digest, by=ENGINEER)
    with pytest.raises(AccessError) as own:
        approve_recipe(registry, ANN, "OX", digest=draft.digest, by=ENGINEER)
    assert own.value.code == "approval.own"
    done = approve_recipe(registry, ANN, "OX", digest=draft.digest, by=QUALITY)
    assert (done.state, done.approver) == ("approved", QUALITY)
    assert kept_recipe(registry, ANN, "OX").checked.document == recipe()


def test_an_approved_version_never_changes(served: Served) -> None:
    registry = served.registry
    keep_recipe(registry, recipe(), party=ANN)
    standing = kept_recipe(registry, ANN, "OX")
    for wanted, code in ((recipe(title="Other"), "recipe.version"), (recipe(3), "recipe.version")):
        with pytest.raises(RefusedError) as refused:
            propose_recipe(registry, wanted, party=ANN, by=ENGINEER, base=standing.digest)
        assert refused.value.code == code
    for act in (send_recipe, approve_recipe):
        with pytest.raises(RefusedError):
            act(registry, ANN, "OX", digest=standing.digest, by=QUALITY)
    assert kept_recipe(registry, ANN, "OX") == standing
    propose_recipe(registry, recipe(2, "Next"), party=ANN, by=ENGINEER)
    assert kept_recipe(registry, ANN, "OX") == standing


def test_a_draft_is_replaced_only_by_who_knows_it(served: Served) -> None:
    registry = served.registry
    first = propose_recipe(registry, recipe(), party=ANN, by=ENGINEER)
    second = propose_recipe(registry, recipe(title="Mine"), party=ANN, by=ENGINEER, base=first.digest)
    with pytest.raises(RefusedError) as refused:
        propose_recipe(registry, recipe(title="Yours"), party=ANN, by=QUALITY, base=first.digest)
    assert refused.value.code == "recipe.changed-meanwhile"
    assert "title (Mine there, Yours here)" in refused.value.problems[0].sentence()
    with pytest.raises(RefusedError) as kept:
        keep_recipe(registry, recipe(title="Yours"), party=ANN)
    assert kept.value.problems == refused.value.problems
    assert any_recipe(registry, ANN, "OX") == second


def test_what_changed_after_it_was_sent_is_a_draft_again(served: Served) -> None:
    registry = served.registry
    draft = propose_recipe(registry, recipe(), party=ANN, by=ENGINEER)
    send_recipe(registry, ANN, "OX", digest=draft.digest, by=ENGINEER)
    changed = propose_recipe(registry, recipe(title="Other"), party=ANN, by=ENGINEER, base=draft.digest)
    for digest, code in ((draft.digest, "recipe.not-as-read"), (changed.digest, "recipe.not-sent")):
        with pytest.raises(RefusedError) as refused:
            approve_recipe(registry, ANN, "OX", digest=digest, by=QUALITY)
        assert refused.value.code == code
    send_recipe(registry, ANN, "OX", digest=changed.digest, by=ENGINEER)
    returned = return_recipe(registry, ANN, "OX", digest=changed.digest, note="the band is wide", by=QUALITY)
    assert (returned.state, returned.note) == ("draft", "the band is wide")


def test_of_two_who_save_one_draft_one_wins(served: Served) -> None:
    first = propose_recipe(served.registry, recipe(), party=ANN, by=ENGINEER)
    outcomes: list[str] = []
    gate = threading.Barrier(4)

    def save(number: int) -> None:
        gate.wait()
        try:
            propose_recipe(served.registry, recipe(title=f"{number}"), party=ANN, by=ENGINEER, base=first.digest)
        except OreprintError as error:
            outcomes.append(error.code)
        else:
            outcomes.append("saved")

    threads = [threading.Thread(target=save, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == [*["recipe.changed-meanwhile"] * 3, "saved"]


def test_a_run_is_replaced_on_either_database(served: Served) -> None:
    run = written("A-1", "100 kg", producer=ANN, plant=plant(ANN))
    with served.client() as client:
        answer = client.post("/v1/certificates", json=run, headers=served.token(ANN))
        old = str(answer.json()["certificates"][0]["digest"])
        corrected = validated(ProductionRecord, {**run, "note": "weighed again"})
        status = status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)
        done = replace_run(served.registry, "A-1", corrected, producer=ANN, tables=shipped_tables(), status=status)
        assert [each.lot for each in done.issued] == ["A-1-2"]
        successor = successor_of_lot(served.registry, old)
        assert successor is not None
        assert successor.digest == done.issued[0].digest
        assert "Replaced before shipment by lot A-1-2." in client.get(f"/c/{old}", headers={"accept": "text/html"}).text
