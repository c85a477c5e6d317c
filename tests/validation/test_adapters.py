"""Cases with the members and families of the public ones and other figures: the adapters carry rules, not cases.

The figures expected were worked out by hand from the inputs, or follow from atomic weights.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from tests import worked_example as example
from tests.validation.adapters import answer
from tests.validation.compare import Asked, compare, validate
from tests.validation.verdicts import UnsupportedError

PFC_GWP = {"CF4": "7380", "C2F6": "12400"}
TRACE_GWP = {"CH4_fossil": "29.8", "N2O": "273"}
POWER = {"kWh": "1000", "location_factor": "0.6", "residual_factor": "0.7", "contract_factor": "0"}

CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    # without a residual factor the uncovered half takes the location factor
    ("electricity", {"kWh": "1000", "green_share": "0.5", "location_factor": "0.6", "contract_factor": "0.1"},
     {"location_based_kgCO2e": "600", "market_based_kgCO2e": "350", "verdict": "accept"}),
    # a residual that is lower than the average is still the grid's own
    ("electricity", {**POWER, "residual_factor": "0.5", "green_share": "0.2"}, {"market_based_kgCO2e": "400", "verdict": "accept"}),
    ("electricity", {**POWER, "covered_kWh": "1500"}, {"verdict": "reject", "rule": "E-SET"}),
    ("electricity", {**POWER, "green_share": "0.5", "grid": "Inner Mongolia", "certificate_grid": "Yunnan"},
     {"verdict": "reject", "rule": "E-SET"}),
    ("electricity", {**POWER, "green_share": "0.5", "year": "2024", "certificate_year": "2023"},
     {"verdict": "reject", "rule": "E-SET"}),
    ("electricity", {**POWER, "claimed_factor": "0.5"}, {"verdict": "reject", "rule": "E-SET"}),
    ("electricity", {**POWER, "green_share": "0.5", "contract_factor_set": "life-cycle"}, {"verdict": "reject", "rule": "E-SET"}),
    ("electricity", {**POWER, "covered_kWh": "500", "statements": ["A", "A"]}, {"verdict": "reject", "rule": "X-DOUBLE"}),
    ("electricity", {**POWER, "year": "2026", "location_factor_year": "2019"}, {"verdict": "reject", "rule": "X-TIME"}),
    ("electricity", {"lbCO2_per_MWh": "1000", "lbCH4_per_MWh": "0", "lbN2O_per_MWh": "1", "GWP": TRACE_GWP},
     {"kgCO2e_per_kWh": "0.57742308701"}),
    ("electrolysis", {"metal": "La", "metal_kg": "500", "net_anode_carbon_kg": "80", "CF4_kg": "0", "GWP": PFC_GWP,
                      "fraction_of_oxidised_C_leaving_as_CO": "0.05"},
     {"CO2_direct_kg": "278.468403963", "CO_kg": "9.32811589376", "C_to_PFC_kg": "0"}),
    ("electrolysis", {"metal": {"Pr": "0.25", "Nd": "0.75"}, "metal_kg": "500", "anode_kg": "100", "butts_kg": "10",
                      "dust_kg": "2", "carbon_fraction": "0.98"}, {"CO2_direct_kg": "315.988357339", "CO_kg": "0"}),
    ("electrolysis", {"metal_t": "12", "slope_kg_per_t_per_AE_minute": "0.1", "AE_minutes_per_cell_day": "2",
                      "C2F6_CF4_ratio": "0.1", "GWP": PFC_GWP},
     {"CF4_kg": "2.4", "C2F6_kg": "0.24", "kgCO2e": "20688"}),
    ("process CO2", {"limestone_t": "10", "purity": "0.95"},
     {"tCO2_guideline": "4.17715", "tCO2_stoichiometric": "4.17726255420"}),
    ("process CO2", {"CaCO3_t": "10", "Na2CO3_t": "5"}, {"tCO2_guideline": "6.4715"}),
    ("process CO2", {"oxide": "CeO2", "oxide_kg": "1000"}, {"CO2_calcination_kg": "383.54520840838"}),
    ("combustion", {"mass_t": "2", "NCV_GJ_per_t": "25.8", "kgC_per_GJ": "25.8", "oxidation": "0.98"},
     {"energy_TJ": "0.0516", "kgCO2": "4783.7328"}),
    ("combustion", {"volume_m3": "100", "NCV_MJ_per_m3": "38.9", "kgCO2_per_TJ": "56100", "kgCH4_per_TJ": "1",
                    "kgN2O_per_TJ": "0.1", "GWP": TRACE_GWP}, {"kgCO2": "218.229", "kgCO2e": "218.451119"}),
    ("red team", {"metal": "Nd", "metal_kg": "1000", "CO2_kg": "100"},
     {"verdict": "reject", "rule": "C-ELY", "floor_CO2_kg": "228.82898185"}),
    ("red team", {"metal": "Nd", "metal_kg": "1000", "CO2_kg": "400"}, {"verdict": "accept", "rule": "C-ELY"}),
    ("red team", {"metal": "Nd", "metal_kg": "1000", "CF4_kg": "0"}, {"verdict": "reject", "rule": "F-PFC"}),
    ("red team", {"metal": "Nd", "metal_kg": "1000", "CF4_kg": "0", "continuous_monitoring": True}, {"verdict": "accept"}),
    ("red team", {"oxide": "Nd2O3", "oxide_kg": "1000", "oxalic_acid_dihydrate_kg": "900"},
     {"verdict": "reject", "rule": "P-PRECIP", "min_kg": "1123.96242284"}),
    ("red team", {"oxide": "Y2O3", "oxide_kg": "1000", "NH4HCO3_kg": "2101"}, {"verdict": "accept"}),
    ("red team", {"oxide": "Y2O3", "oxide_kg": "1000", "HCl_kg": "900"}, {"verdict": "reject", "rule": "P-ACID"}),
    ("red team", {"composition": {"Nd": "0.3", "Fe": "0.6"}}, {"verdict": "reject", "rule": "M-SUM", "sum": "0.9"}),
    ("red team", {"carbon_fraction": "0.7", "kgCO2_per_kg": "3.2"}, {"verdict": "reject", "rule": "C-BAL"}),
    ("red team", {"amount": "5 ton"}, {"verdict": "reject", "rule": "X-UNIT"}),
    ("red team", {"product": "La metal", "claimed_kgCO2e_per_kg": "0.87203", "grid": "0.5306"},
     {"verdict": "flag", "rule": "G-FLOOR"}),
    ("published recompute", {"reference": {"kWh_per_kg": "0.5", "gwp_CN": "1", "gwp_DE": "0.7"}, "target_kWh_per_kg": "2",
                             "target_gwp_CN": "2", "target_gwp_DE": "1"},
     {"implied_factor_difference_kgCO2e_per_kWh": "0.6", "predicted_delta": "1.2", "published_delta": "1"}),
    ("published recompute", {"HCl_La": "0.5", "La2O3_kg": "1", "HCl_Ce": "0.25", "CeO2_kg": "0.4"},
     {"ratio_inputs_per_kg_a": "0.5", "ratio_inputs_per_kg_b": "0.625", "difference": "-0.125"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("family", "inputs", "expected"), CASES, ids=[f"{at}-{case[0]}" for at, case in enumerate(CASES)]
)
def test_a_sibling_of_a_public_case(family: str, inputs: dict[str, Any], expected: dict[str, Any]) -> None:
    found = answer({"id": "X", "family": family, "inputs": inputs}, example.tables())
    assert not list(compare(expected, found, Asked(expected, Fraction(1, 10**9))))


@pytest.mark.parametrize("family", ["process CO2", "red team", "combustion", "electricity", "electrolysis"])
def test_members_that_no_adapter_knows_are_not_passed_over(family: str) -> None:
    with pytest.raises(UnsupportedError, match=family):
        answer({"id": "X", "family": family, "inputs": {"colour": "blue"}}, example.tables())


FOUND: dict[str, Any] = {
    "kg": Fraction(1234567, 1000),
    "rule": ("M-ELEM", "M-OXMET"),
    "reason": "1030 kg exceeds 1000 kg",
    "verdict": "reject",
}


@pytest.mark.parametrize(
    ("expected", "asked", "same"),
    [
        ({"kg": {"min": "1234", "max": "1235"}}, {}, True),
        ({"kg": {"max": "1234"}}, {}, False),
        ({"kg": "1234.57"}, {}, True),
        ({"kg": "1234.57"}, {"relative": Fraction(1, 10**9)}, False),
        ({"kg": "1234"}, {"absolute": Fraction(1)}, True),
        ({"kg": "1233"}, {"absolute": Fraction(1)}, False),
        ({"mass_by_another_name_kg": "1234.567"}, {}, False),
        ({"nothing_kg": "0"}, {}, False),
        ({"rule": "M-OXMET: no more metal than oxide"}, {}, True),
        ({"rule": "E-ELY: too little power"}, {}, False),
        ({"rule": "more than there was"}, {}, False),
        ({"reason": "only 1000 kg were issued, and 1030 kg were used"}, {}, True),
        ({"reason": "1031 kg were used of batch 7"}, {}, False),
        ({"reason": "1030 kg were used of batch 7"}, {"given": "{'batch': '7'}"}, True),
        ({"verdict": "flag"}, {}, False),
    ],
)
def test_what_a_case_expects_is_held_to_what_was_found(
    expected: dict[str, Any], asked: dict[str, Any], *, same: bool
) -> None:
    assert (not list(compare(expected, FOUND, Asked(expected, **asked)))) == same


def test_the_kind_of_a_case_is_a_verdict_and_a_refusal_rejects() -> None:
    over = {"upstream": {"kg": "1"}, "consumptions": [{"kg": "2"}]}
    told = {"amount": "5 t"}
    cases = [
        {"id": "over", "family": "chain of custody", "kind": "must_reject", "inputs": over, "expected": {}},
        {"id": "accepted", "family": "red team", "kind": "must_reject", "inputs": told, "expected": {}},
        {"id": "refused", "family": "allocation", "kind": "must_reject", "expected": {"rule": "A-SUM"},
         "inputs": {"total_kgCO2e": "1", "outputs_kg": {"a": "1", "b": "2"}, "price_per_kg": {"a": "0", "b": "0"}}},
        {"id": "unknown", "family": "red team", "kind": "must_reject", "inputs": {"colour": "blue"}, "expected": {}},
    ]  # fmt: skip
    outcomes = validate(json.dumps({"cases": cases}).encode(), tables=example.tables())
    assert [each.id for each in outcomes if each.passed] == ["over", "refused"]


def test_what_is_no_case_counts_as_failed() -> None:
    outcomes = validate(b'{"cases":[1,"x",null,{}]}', tables=example.tables())
    assert [(each.id, each.passed) for each in outcomes] == [(f"cases[{index}]", False) for index in range(4)]
