"""What the form of a new run offers as inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.desk.recipes import keep_recipe, kept_recipe
from ledger.desk.suggest import Stock, stock_of
from ledger.issuing.issue import issue
from ledger.transfers.ship import Dispatch, ship
from schemas.problem import OreprintError
from schemas.quantity import milligrams
from tests.support.http.server import ANN, BEN, Served, plant, serve, tables
from tests.support.registries.desk_runs import blend
from tests.support.worlds.blends import read, written

if TYPE_CHECKING:
    from pathlib import Path


LIME = {"Ca": "0.714", "O": "0.286"}


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return serve(tmp_path)


def make(served: Served, lot: str, mass: str, *, inputs: dict[str, str] | None = None, **output: object) -> str:
    """Issue a run of Ann's; return the digest of its first certificate."""
    run = written(lot, mass, producer=ANN, inputs=inputs, plant=plant(ANN))
    run["outputs"][0] |= output
    (made,) = issue(served.registry, [read(run)], tables=tables())
    if isinstance(made, OreprintError):
        raise made
    return made.certificates[0].digest


def offered(served: Served) -> list[Stock]:
    keep_recipe(served.registry, blend(), party=ANN)
    return stock_of(served.registry, ANN, kept_recipe(served.registry, ANN, "BL").checked)


def test_what_the_recipe_usually_takes_comes_first_even_when_its_own_lot_is_used_up(served: Served) -> None:
    make(served, "M-1", "30 kg", product="neodymium-oxide")
    make(served, "A-1", "50 kg")
    make(served, "A-2", "40 kg")
    make(served, "B-0", "50 kg", inputs={"A-1": "50 kg"}, product="neodymium-oxide")
    assert [each.lot for each in offered(served)] == ["A-2", "M-1", "B-0"]


def test_a_lot_of_which_more_than_half_is_offered_can_still_be_used(served: Served) -> None:
    digest = make(served, "A-1", "100 kg")
    ship(served.registry, Dispatch(digest, ANN, BEN, milligrams("60")))
    assert offered(served) == [Stock("A-1", "neodymium oxide", "40")]


def test_a_lot_without_a_certificate_is_not_offered(served: Served) -> None:
    run = written("A-1", "100 kg", producer=ANN, plant=plant(ANN))
    lime = {"name": "lime", "mass": "1 kg", "factor": "materials/lime-cao.cn.2019", "composition": LIME}
    run["materials"].append(lime)
    rest = {"lot": "A-2", "kind": "by-product", "description": "lime", "mass": "1 kg", "composition": LIME}
    run["outputs"].append(rest | {"certify": False, "allocate": False})
    (made,) = issue(served.registry, [read(run)], tables=tables())
    assert not isinstance(made, OreprintError), made
    assert [each.lot for each in offered(served)] == ["A-1"]
