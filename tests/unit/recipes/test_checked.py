"""A recipe that could hide a typing error, or names what its run does not have, is refused."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ledger.recipes.amounts import amounts_of
from ledger.recipes.checked import checked_recipe
from ledger.recipes.made import recipe_of
from schemas import quantity
from schemas.problem import InputError
from schemas.record import ProductionRecord
from tests.support.worlds.example_records import example_record

STRIP_CASTING = "bayan-obo/12-SC-2026-05"


def recipe(**changes: object) -> dict[str, Any]:
    return recipe_of(example_record(STRIP_CASTING), name="R-1", title="Example") | changes


def amount(place: str, kind: str, **more: object) -> dict[str, Any]:
    return {"place": place, "rule": kind} | more


def asked(low: str, high: str, **more: object) -> dict[str, Any]:
    return amount("electricity[0].amount", "asked", key="power", low=low, high=high) | more


def found(document: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as refused:
        checked_recipe(document)
    return [(each.code, each.place) for each in refused.value.problems]


@pytest.mark.parametrize(
    ("rules", "code", "place"),
    [
        ([amount("electricity[3].amount", "fixed")], "recipe.place", "amounts[0]"),
        ([amount("wastes[0].elements", "fixed")], "recipe.place", "amounts[0]"),
        ([amount("outputs[0].mass", "fixed")], "recipe.place", "amounts[0]"),
        ([amount("electricity[0].amount", "asked", low="500 kWh", high="550 kWh")], "recipe.key", "amounts[0]"),
        ([amount("electricity[0].amount", "fixed", key="power")], "recipe.key", "amounts[0]"),
        ([amount("electricity[0].amount", "asked", key="power")], "recipe.no-band", "amounts[0]"),
        ([amount("wastes[0].mass", "rest")], "recipe.no-band", "amounts[0]"),
        ([amount("wastes[0].mass", "rest", low="9 kg")], "recipe.no-band", "amounts[0]"),
        ([amount("materials[0].mass", "rest", low="400 kg", high="420 kg")], "recipe.rest-place", "amounts[0]"),
        ([amount("water.recycled", "rest", low="65 m3", high="66 m3")], "recipe.rest-place", "amounts[0]"),
        ([asked("530 kWh", "550 kWh")], "recipe.band", "amounts[0]"),
        ([asked("300 kWh", "550 kWh")], "recipe.wide-band", "amounts[0]"),
        ([asked("500 kWh", "700 kWh")], "recipe.wide-band", "amounts[0]"),
        ([asked("500 kg", "550 kg")], "recipe.other-unit", "amounts[0]"),
        ([amount("wastes[0].mass", "rest", low="0 kg", high="70 kg")], "recipe.wide-band", "amounts[0]"),
        ([asked("500 kWh", "550 kWh"), asked("500 kWh", "550 kWh")], "recipe.rule-twice", "amounts[1].place"),
        (
            [
                asked("500 kWh", "550 kWh"),
                amount("materials[6].mass", "asked", key="power", low="30 kg", high="36 kg"),
            ],
            "recipe.key-twice",
            "amounts[1].key",
        ),
        (
            [
                amount("water.evaporated", "rest", low="0.6 m3", high="0.7 m3"),
                amount("water.fresh", "rest", low="0.6 m3", high="0.7 m3"),
            ],
            "recipe.rest-twice",
            "amounts[1].rule",
        ),
    ],
)
def test_a_rule_that_hides_errors_or_names_nothing_is_refused(
    rules: list[dict[str, Any]], code: str, place: str
) -> None:
    assert (code, place) in found(recipe(amounts=rules))


def test_a_wide_band_with_its_reason_is_taken() -> None:
    rules = [asked("300 kWh", "700 kWh", reason="two furnaces of different age")]
    assert checked_recipe(recipe(amounts=rules)).asked == {"power": "electricity[0]"}


@pytest.mark.parametrize(
    ("outputs", "code", "place"),
    [
        ([{"low": "670 kg", "high": "700 kg"}], "recipe.band", "outputs[0]"),
        ([{"low": "600 kg", "high": "700 kg", "asked": ["Nd"]}], "recipe.balance", "outputs[0].balance"),
        (
            [{"low": "600 kg", "high": "700 kg", "asked": ["Nd"], "balance": "Nd"}],
            "recipe.balance",
            "outputs[0].balance",
        ),
        ([{"low": "600 kg", "high": "700 kg", "asked": ["Tb"], "balance": "Fe"}], "recipe.element", "outputs[0]"),
        ([{"low": "600 kg", "high": "700 kg"}] * 2, "recipe.outputs", "outputs"),
    ],
)
def test_a_rule_of_an_output_that_does_not_fit_is_refused(outputs: list[Any], code: str, place: str) -> None:
    assert (code, place) in found(recipe(outputs=outputs))


def test_a_fault_of_the_typical_run_is_told_at_its_place() -> None:
    document = recipe()
    document["run"]["materials"][0]["mass"] = "416.6"
    assert found(document) == [("quantity.no-unit", "run.materials[0].mass")]


_GROWS = {
    "Mass", "FineMass", "Load", "Kwh", "Energy", "Cubic", "TonneKm", "FuelAmount", "SparedAmount", "BoundAmount",
}  # fmt: skip
_STANDS = {"electricity.instruments.whole", "electricity.plant.battery", "inputs.mass", "instrument.amount"}
"""A whole statement and a battery do not grow with the run; the mass of an input is typed; people write no
`instrument`.
"""


def test_every_amount_of_the_schema_is_known_to_grow_or_to_stand() -> None:
    run = example_record(STRIP_CASTING)
    places = {_without_numbers(each.place) for each in amounts_of(_full(run))}
    missing = {each for each in _amount_fields(ProductionRecord) if each not in places | _STANDS}
    assert not missing
    assert _amount_fields(ProductionRecord)


def _without_numbers(place: str) -> str:
    return re.sub(r"\[\d+\]", "", re.sub(r"elements\..*", "elements", place))


def _full(run: dict[str, Any]) -> dict[str, Any]:
    """Return a run that has each amount that a record can have."""
    water: dict[str, Any] = dict.fromkeys(
        (
            "fresh", "with_reagents", "feed_moisture", "formed", "discharged", "evaporated", "in_products", "in_wastes",
            "recycled", "evaporator",
        ),
        "1 m3",
    )  # fmt: skip
    water |= {"evaporator_electricity": "1 kWh", "fluoride": "1 kg", "ammonia_nitrogen": "1 kg"}
    water["discharge_meters"] = [{"meter": "W", "reading": "1 m3"}]
    run["water"] = water
    run["fuels"] = [{"amount": "1 kg", "energy": "1 MJ", "ash_carbon": "1 kg"}]
    run["electricity"][0]["instruments"] = [{"amount": "1 kWh"}]
    run["direct"] = [
        {"mass": "1 kg", "elements": {"N": "1 kg"}, "method": {"mass": "1 kg"}},
        {"method": {"metal": "1 kg"}},
        {"method": {"added": "1 kg", "removed": "1 kg"}},
    ]
    run["credits"] = [{"amount": "1 kg"}]
    run["anode_carbon"] = "1 kg"
    run["anodes"] = {"used": "1 kg", "butts": "1 kg", "dust": "1 kg"}
    run["outputs"][0] |= {"shipped_mass": "1 kg", "coating": {"mass": "1 kg"}, "sold": {"mass": "1 kg"}}
    run["absent"] = [{"heat": "1 MJ"}]
    return run


def _amount_fields(model: type[BaseModel], before: str = "") -> set[str]:
    found_ones: set[str] = set()
    for name, field in model.model_fields.items():
        place = f"{before}{name}"
        if _is_amount(field):
            found_ones.add(place)
        for inner in _models(field.annotation):
            found_ones |= _amount_fields(inner, f"{place}.")
    return found_ones


def _is_amount(field: FieldInfo) -> bool:
    wanted = [getattr(quantity, name) for name in _GROWS]
    metas = [each for kind in wanted for each in get_args(kind)[1:]]

    def held(annotation: object) -> bool:
        extras = getattr(annotation, "__metadata__", ())
        return any(each is meta for each in extras for meta in metas) or any(map(held, get_args(annotation)))

    return any(each is meta for each in field.metadata for meta in metas) or held(field.annotation)


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models(inner)]
