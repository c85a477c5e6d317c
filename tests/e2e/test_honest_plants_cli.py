"""Honest plants of many countries, fuels and scales are computed by the command as their engineers run it: none is
refused.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from schemas.vocabulary import CANCELLATION, Step
from tests.support.worlds.honest_abroad import ABROAD, moulded_in_mexico, swiss_samarium_cobalt
from tests.support.worlds.honest_records import PLANTS, Written

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.terminal import Terminal


def name(plant: Callable[[], Written]) -> str:
    return plant.__name__


@pytest.mark.parametrize("plant", [*PLANTS, *ABROAD], ids=name)
def test_an_honest_plant_is_computed(terminal: Terminal, tmp_path: Path, plant: Callable[[], Written]) -> None:
    record = tmp_path / "record.json"
    record.write_text(json.dumps(plant()), encoding="utf-8")
    done = terminal.run("footprint", str(record), "--json")
    assert done.code == 0, done.out + done.err
    assert all(each["footprint"]["total_kg_co2e"] for each in json.loads(done.out)["outputs"])


@pytest.mark.parametrize(
    ("plant", "undue"),
    [(moulded_in_mexico, "rule.m-tre"), (swiss_samarium_cobalt, "rule.q-absent")],
    ids=["resin in a bonded magnet", "hydrogen that no magnet of samarium owes"],
)
def test_what_is_usual_for_a_plant_is_no_flag(
    terminal: Terminal, tmp_path: Path, plant: Callable[[], Written], undue: str
) -> None:
    record = tmp_path / "record.json"
    record.write_text(json.dumps(plant()), encoding="utf-8")
    flags = json.loads(terminal.run("footprint", str(record), "--json").out)["flags"]
    assert undue not in {each["code"] for each in flags}


def test_the_plants_are_of_nearly_every_step() -> None:
    assert set(get_args(Step)) - {plant()["step"] for plant in PLANTS} == {CANCELLATION}
