"""Honest plants of many countries, fuels and scales are computed by the command as their engineers run it: none is
refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from schemas.vocabulary import CANCELLATION, Step
from tests.support.worlds.honest_records import PLANTS, Written

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.terminal import Terminal


def name(plant: Callable[[], Written]) -> str:
    return plant.__name__


@pytest.mark.parametrize("plant", PLANTS, ids=name)
def test_an_honest_plant_is_computed(terminal: Terminal, tmp_path: Path, plant: Callable[[], Written]) -> None:
    record = tmp_path / "record.json"
    record.write_text(json.dumps(plant()), encoding="utf-8")
    done = terminal.run("footprint", str(record), "--json")
    assert done.code == 0, done.out + done.err
    assert all(each["footprint"]["total_kg_co2e"] for each in json.loads(done.out)["outputs"])


def test_the_plants_are_of_nearly_every_step() -> None:
    assert set(get_args(Step)) - {plant()["step"] for plant in PLANTS} == {CANCELLATION}
