"""Attacks on masses, allocation and factors, as records that an issuance must refuse (ids of the list of attack
cases).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ledger.factors.figures import Pair
from ledger.footprint.engine import AllocationBasis, Contribution, Terms, share_out
from ledger.footprint.indicators import NOTHING
from ledger.footprint.lines import OwnLines
from ledger.footprint.quality_sum import QualitySum
from ledger.plausibility.rules import judge
from schemas.problem import InputError, OreprintError, RefusedError
from tests.support.worlds import worked_example as example
from tests.validation.cells import CELL, cell
from tests.validation.records import codes, pure

if TYPE_CHECKING:
    from collections.abc import Callable

ELY = "ELY-2026-04-A"
SEP = "SEP-2026-03"


@pytest.mark.parametrize("mass", ["0 kg", "-5 kg", "", "0.0000001 kg", "1", "5"])
@pytest.mark.parametrize("member", ["inputs", "outputs", "materials"])
def test_mb_05_no_mass_that_is_none(mass: str, member: str) -> None:
    value = example.written(ELY)
    value[member][0]["mass"] = mass
    with pytest.raises(InputError) as caught:
        example.read(value)
    assert caught.value.problems[0].place.startswith(f"{member}[0].mass")


@pytest.mark.parametrize("pair", [("0.1864 t", "186.4 kg"), ("186400 g", "186.4 kg"), ("186400000 mg", "186.400 kg")])
def test_mb_06_equal_amounts_are_one_amount(pair: tuple[str, str]) -> None:
    readings = []
    for text in pair:
        value = example.written(ELY)
        value["inputs"][0]["mass"] = text
        readings.append(example.read(value).inputs[0].mass)
    assert readings[0] == readings[1] == "186.4"


@pytest.mark.parametrize(
    "unit", ["Kg", "KG", "ton", "kt", "lbs", "mG", "T", "G", "", "kg ", "\uff4b\uff47", "kilo", "kWh", "Nm3", "kgce"]
)
def test_mb_06_a_unit_that_is_not_listed_is_refused_and_told(unit: str) -> None:
    value = example.written(ELY)
    value["inputs"][0]["mass"] = f"1 {unit}"
    with pytest.raises(InputError) as caught:
        example.read(value)
    assert caught.value.code.startswith("quantity.")


def test_mb_06_every_error_of_a_record_is_told_at_once() -> None:
    value = example.written(ELY)
    value["inputs"][0]["mass"] = "1 ton"
    value["outputs"][0]["composition"]["Nd"] = "120 %"
    value["surprise"] = "x"
    value["direct"][0].pop("substance")
    with pytest.raises(InputError) as caught:
        example.read(value)
    places = " ".join(problem.place for problem in caught.value.problems)
    for place in ("inputs[0].mass", "composition.Nd", "surprise", "direct[0].substance"):
        assert place in places


@pytest.mark.parametrize(
    ("oxide", "metal", "above", "below"),
    [("Nd2O3", "Nd", "858", "857.3"), ("Dy2O3", "Dy", "872", "871.3"), ("Pr6O11", "Pr", "828", "827.7"),
     ("Tb4O7", "Tb", "851", "850.2")],
)  # fmt: skip
@pytest.mark.parametrize("times", ["1", "1000"])
def test_mb_08_no_more_metal_than_the_oxide_holds(oxide: str, metal: str, above: str, below: str, times: str) -> None:
    def refusals(mass: str) -> set[str]:
        return codes(CELL, **cell(metal, oxide=pure(oxide), oxide_kg="1000", metal_kg=mass, kwh="9000000"))

    assert "rule.m-oxmet" in refusals(str(float(above) * int(times)))
    assert not refusals(below)


@pytest.mark.parametrize("share", ["0.9999", "1.0001", "0", "-1", "33.33", "1/3"])
def test_mb_19_a_record_has_no_shares_to_be_wrong(share: str) -> None:
    value = example.written(SEP)
    value["outputs"][0]["share"] = share
    with pytest.raises(InputError) as caught:
        example.read(value)
    assert caught.value.code in {"document.foreign-member", "document.unknown-member"}


@pytest.mark.parametrize("off", [1, -1, 10**12])
def test_mb_19_shares_that_do_not_sum_to_the_whole_are_refused(off: int) -> None:
    inventory = example.drafts()[SEP].inventory
    rows = [dict(each) for each in inventory.declared]
    key = next(iter(rows[1]))
    rows[1][key] = Pair(rows[1][key].location + off, rows[1][key].market)
    problems = {finding.problem.code for finding in judge(replace(inventory, declared=rows))}
    assert "rule.a-sum" in problems


def test_mb_19_thirds_make_up_the_whole() -> None:
    own = OwnLines({("direct", "CO2-fossil"): Pair(100, 100)}, 0, Pair(0, 0), 0, 0, QualitySum())
    outputs = [AllocationBasis(1, {"Nd": 1}, 10**12, allocated=True)] * 3
    terms = Terms("separation", "AR6", "mass", "RE")
    gwp = example.tables().gwp.weights["AR6"]
    shared = share_out(terms, own, Contribution.of([], "mass", gwp), outputs, further=NOTHING, gwp=gwp)
    assert [output.rows["separation", "CO2-fossil"].location for output in shared.outputs] == [34, 33, 33]


def test_mb_20_a_share_that_was_moved_to_a_sibling_is_refused_with_both_figures() -> None:
    inventory = example.drafts()[SEP].inventory
    rows = [dict(each) for each in inventory.declared]
    key = next(iter(rows[0]))
    half = rows[0][key].location // 2
    rows[0][key] = Pair(rows[0][key].location - half, rows[0][key].market)
    rows[1][key] = Pair(rows[1][key].location + half, rows[1][key].market)
    problems = [finding.problem for finding in judge(replace(inventory, declared=rows))]
    assert "rule.a-sum" not in {problem.code for problem in problems}, "the sum still holds"
    moved = next(problem for problem in problems if problem.code == "rule.a-sum-share")
    assert moved.facts["found"] != moved.facts["possible"]


def test_mb_20_a_negative_line_has_no_place_but_the_credits() -> None:
    value = example.written(ELY)
    value["materials"][0]["mass"] = "-1 kg"
    with pytest.raises(InputError):
        example.read(value)


MB_22: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("factor.unknown", lambda value: value["materials"][0].update(factor="materials/artificial-graphite.cn.2099")),
    ("factor.unknown", lambda value: value["materials"][0].update(factor="retired/artificial-graphite.cn.2015")),
    ("rule.x-unit", lambda value: value["materials"][0].update(factor="grid/location.cn-nm.2023")),
    ("rule.x-gwp", lambda value: value.update(gwp="AR5")),
]


@pytest.mark.parametrize(("code", "change"), MB_22, ids=["unknown", "retired", "unit", "gwp"])
def test_mb_22_unknown_factors_wrong_units_and_mixed_gwps_are_refused(
    code: str, change: Callable[[dict[str, Any]], object]
) -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(ELY, change))
    assert code in {problem.code for problem in caught.value.problems}


def test_mb_22_an_unknown_gwp_set_is_refused() -> None:
    with pytest.raises(OreprintError) as caught:
        example.drafted(example.changed(ELY, lambda value: value.update(gwp="AR4")))
    assert caught.value.code == "document.not-one-of"


def test_mb_22_oxide_shared_out_by_kg_of_element_is_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(SEP, lambda value: value["allocation"].update(mass_key="RE")))
    assert "rule.a-sum-key" in {problem.code for problem in caught.value.problems}


def test_mb_05_an_input_is_named_once() -> None:
    for names in ({}, {"lot": "OX-17", "certificate": "zQm" + "1" * 44}):
        value = example.written(ELY)
        value["inputs"][0] = {"mass": "1 kg", **names}
        with pytest.raises(InputError) as caught:
            example.read(value)
        assert (caught.value.code, caught.value.problems[0].place) == ("record.input-name", "inputs[0]")


def test_an_apportioned_amount_says_its_period_and_key() -> None:
    value = example.written(ELY)
    value["materials"][0]["basis"] = "apportioned"
    with pytest.raises(InputError) as caught:
        example.read(value)
    assert caught.value.code == "record.basis-key"
