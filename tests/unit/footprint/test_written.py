"""From what people write to what is sealed: whatever the door takes is refused in words, or sealed so that the
strict reader reads it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from ledger.drafting.draft import draft
from ledger.drafting.written import sealed_groups, unsealable
from ledger.tables import shipped_tables
from schemas.certificate import Facility
from schemas.door import parse_value, validated
from schemas.parties import Parties
from schemas.problem import OreprintError, RefusedError
from schemas.record import ProductionRecord
from tests.support.registries.example import EXAMPLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.inventory import InventoryGroup
    from schemas.run import Output

EVERY_LINE = "09-ELY-2026-04-A"
NAMES = sorted(path.stem for path in EXAMPLE.glob("[0-9]*.yaml"))
AMOUNT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?= |$)")
METHODS: list[dict[str, str]] = [
    {"by": "slope", "coefficient": "0.14 kg/t/(min/d)", "minutes": "1.8 min/d", "metal": "233.9 kg"},
    {"by": "ratio", "to": "CF4", "ratio": "0.1"},
    {"by": "decomposition", "compound": "Na2CO3", "mass": "12 kg", "purity": "0.9", "decomposed": "0.8", "recovered": "0.1"},
    {"by": "refill", "added": "3 kg", "removed": "1 g"},
]  # fmt: skip
RATES: list[dict[str, str]] = [
    {"heating_value": "42.7 GJ/t", "oxidation": "0.99"},
    {"carbon": "0.72 kg/kg", "energy": "1.5 GJ"},
]
OTHERS = (
    "0",
    "0.4000001",
    "0.400000000001",
    "0.000001",
    "1",
    "1.000001",
    "999999999999.999999",
    "123456789.123456789012",
)


def written(name: str) -> dict[str, Any]:
    value: Any = parse_value((EXAMPLE / f"{name}.yaml").read_bytes(), media="yaml")
    value["excluded"] = [*value.get("excluded", []), {"what": "a part", "why": "too small", "share": "0.01"}]
    if name == EVERY_LINE:
        gas = {"name": "gas", "substance": "gas", "mass": "1 g"}
        value["direct"] += [gas | {"method": each} for each in METHODS]
        fuel = {"name": "diesel", "amount": "3 kg", "factor": "fuels/diesel-burnt.glo.2006"}
        value["fuels"] = [fuel | each for each in RATES]
        value["outputs"][0] |= {"coating": {"kind": "zinc", "mass": "1 kg"}, "loss_on_ignition": "0.01"}
    assert isinstance(value, dict)
    return value


def changed(value: Any, put: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:  # noqa: ANN401 - JSON
    """Yield every amount in a value with the way to it."""
    match value:
        case dict():
            for name, each in value.items():
                yield from changed(each, put, (*path, name))
        case list():
            for number, each in enumerate(value):
                yield from changed(each, put, (*path, number))
        case str() if AMOUNT.match(value):
            yield path, AMOUNT.sub(put, value, count=1)


def variants(value: dict[str, Any]) -> Iterator[tuple[tuple[str | int, ...], dict[str, Any]]]:
    """Yield the record itself with one amount after the other put otherwise, until the next is asked for."""
    for put in OTHERS:
        for path, text in list(changed(value, put)):
            place: Any = value
            for step in path[:-1]:
                place = place[step]
            held, place[path[-1]] = place[path[-1]], text
            yield path, value
            place[path[-1]] = held


def sealed(record: ProductionRecord) -> tuple[tuple[InventoryGroup, ...], tuple[Output, ...]]:
    """Return what is sealed of a run: all of it where nothing certified went into it, else its lines."""
    tables = shipped_tables()
    if record.inputs:
        if problems := list(unsealable(record, tables)):
            raise RefusedError(*problems)
        return sealed_groups(record, tables), ()
    made = draft(record, (), facility=PLANTS[record.facility], tables=tables)
    return made.groups, made.outputs


def _plants() -> dict[str, Facility]:
    value = parse_value((EXAMPLE / "parties.yaml").read_bytes(), media="yaml")
    return {
        plant.id: Facility(**plant.model_dump(include=set(Facility.__struct_fields__)))
        for party in validated(Parties, value).parties
        for plant in party.facilities
    }


PLANTS = _plants()


@pytest.mark.no_cover
@pytest.mark.parametrize("name", NAMES)
def test_whatever_the_door_takes_is_refused_in_words_or_reads(name: str) -> None:
    counted = 0
    for path, value in variants(written(name)):
        try:
            groups, outputs = sealed(validated(ProductionRecord, value))
        except OreprintError:
            continue
        counted += 1
        for each in (*groups, *outputs):
            assert type(each).from_text(each.to_text()) == each, path
    assert counted > 20


@pytest.mark.parametrize(
    ("place", "path"),
    [("wastes[0].moisture", ("wastes", 0, "moisture")), ("excluded[8].share", ("excluded", 8, "share"))],
)
def test_a_fraction_that_is_too_fine_is_named(place: str, path: tuple[str, int, str]) -> None:
    value = written("01-BEN-2026-01")
    group, number, member = path
    value[group][number][member] = "0.4000001"
    found = list(unsealable(validated(ProductionRecord, value), shipped_tables()))
    assert [(each.code, each.place, each.facts["value"]) for each in found] == [
        ("footprint.fraction", place, "0.4000001")
    ]
