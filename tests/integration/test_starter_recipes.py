"""Starter recipes: one for each step, which a trial can issue from at once and nobody else before it is his own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest

from ledger.desk.examples import chosen, example_products
from ledger.issuing.dry_run import rehearsal
from ledger.recipes.checked import checked_recipe
from ledger.recipes.expand import expand
from ledger.recipes.made import facts_of
from ledger.recipes.starter import starter_recipe
from ledger.tables import shipped_tables
from schemas.certificate import Facility
from schemas.door import parse_value, validated
from schemas.line_names import EXAMPLE_NAMES, line_name_in
from schemas.problem import InputError
from schemas.recipe import Facts
from schemas.record import ProductionRecord
from schemas.vocabulary import CANCELLATION, Step
from tests.support.registries.registry import PLANT, open_registry

if TYPE_CHECKING:
    from typing import Any

    from tests.support.registries.registry import Registry

STEPS = [step for step in get_args(Step) if step != CANCELLATION]
HERE = Facility(id=PLANT, name="Plant of ann", country="CN", region="CN-NM")


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    return open_registry(tmp_path_factory.mktemp("starters"))


@pytest.fixture(scope="module")
def party(registry: Registry) -> str:
    return registry.producer("ann")


def starter(step: str, party: str, plant: Facility = HERE) -> dict[str, Any]:
    example = parse_value(chosen(step, None).text.encode(), media="yaml")
    assert isinstance(example, dict)
    return starter_recipe(example, producer=party, plant=plant, name=step, tables=shipped_tables())


@pytest.mark.parametrize("step", STEPS)
def test_every_step_has_a_starter_that_a_trial_can_issue_from(registry: Registry, party: str, step: str) -> None:
    recipe = starter(step, party)
    assert recipe["examples"]
    facts = validated(Facts, facts_of(recipe))
    made = expand(checked_recipe(recipe, trial=True), facts)
    assert "recipe.example" in {each.code for each in made.warnings}
    record = validated(ProductionRecord, made.record)
    with rehearsal(registry.opened, tables=shipped_tables(), used=()) as made_of:
        assert made_of(record) is not None
    with pytest.raises(InputError) as refused:
        expand(checked_recipe(recipe), facts)
    assert {each.code for each in refused.value.problems} == {"recipe.example"}
    own = checked_recipe({**recipe, "examples": []})
    assert expand(own, facts).record == made.record


def test_the_grid_of_a_starter_is_that_of_the_plant(party: str) -> None:
    for country, region, grid in (("MY", None, "MY"), ("CN", "CN-ZJ", "CN-ZJ")):
        plant = Facility(id=PLANT, name="Plant", country=country, region=region)
        run = starter("strip-casting", party, plant)["run"]
        assert {each["grid"] for each in run["electricity"]} == {grid}


def test_every_line_of_a_starter_has_a_chinese_name() -> None:
    groups = ("materials", "fuels", "electricity", "direct", "transport", "wastes", "credits")
    names = set()
    for step, products in example_products().items():
        for product in products or (None,):
            run: Any = parse_value(chosen(step, product).text.encode(), media="yaml")
            names |= {str(line["name"]) for group in groups for line in run.get(group, ())}
    assert len(names) > 150
    assert {name for name in names if line_name_in(name, "zh-Hans") == name} == set()
    assert names >= EXAMPLE_NAMES.keys(), "a name that no example has is gone from the table"
