"""Kept recipes and replacements on both databases, also when two write at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from ledger.admin.init import status_signer
from ledger.desk.recipes import keep_recipe, kept_recipe, kept_recipes
from ledger.desk.replace import replace_run, successor_of_lot
from ledger.recipes.made import recipe_of
from ledger.tables import shipped_tables
from schemas.door import validated
from schemas.problem import MissingError, OreprintError
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
