"""Gases that a run hides: as biogenic, as goods that are sold, as air; and what is honest beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from schemas.problem import RefusedError
from tests.support.worlds import worked_example as example
from tests.support.worlds.cheats import fired, sold_gas
from tests.support.worlds.record_changes import both, put

if TYPE_CHECKING:
    from collections.abc import Callable

SEP, MAG = "SEP-2026-03", "MAG-2026-06"
FREE = "methods/no-burden.glo"
BIOGENIC = put("direct", "CO2 of the bicarbonate", gas="CO2-biogenic")


def flags(run: str, change: Callable[[dict[str, Any]], object]) -> list[tuple[str, str]]:
    done = example.drafted(example.changed(run, change))
    return [(each.problem.code, each.problem.place.partition("[")[0]) for each in done.findings]


def test_kindling_makes_no_other_carbon_biogenic() -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(SEP, both(fired, BIOGENIC)))
    (problem,) = (each for each in caught.value.problems if each.code == "rule.b-tag-more")
    assert problem.place.startswith("direct[")
    assert problem.facts["possible"].startswith("0.48")


def test_as_much_biogenic_carbon_may_leave_as_was_burnt() -> None:
    smoke = {
        "name": "unburnt methane",
        "substance": "CH4",
        "gas": "CH4-biogenic",
        "mass": "0.6 kg",
        "basis": "calculated",
    }
    done = example.drafted(example.changed(SEP, both(fired, lambda value: value["direct"].append(smoke))))
    assert done.result.outputs


def test_carbon_dioxide_that_is_sold_is_shown() -> None:
    assert ("rule.c-run-caught", "wastes") in flags(SEP, sold_gas)


@pytest.mark.parametrize("gas", ["argon", "nitrogen"])
def test_a_pure_gas_is_no_air(gas: str) -> None:
    assert ("rule.g-free-gas", "materials") in flags(MAG, put("materials", gas, factor=FREE))


def test_air_is_air() -> None:
    air = {"N": "0.755", "O": "0.232", "Ar": "0.013"}
    breathed = {"name": "air", "mass": "100 kg", "factor": FREE, "composition": air}
    assert "rule.g-free-gas" not in dict(flags(MAG, lambda value: value["materials"].append(breathed)))
