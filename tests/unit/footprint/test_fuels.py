"""Fuels by mass, by heating value and by carbon: the three paths agree, and none is better than its carbon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.chemistry.exact import divide
from schemas.problem import InputError, RefusedError
from schemas.quantity import trillionths
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.drafting.draft import Draft

SEP = "SEP-2026-03"
NET = "fuels/natural-gas-burnt-energy.glo.2006"
CARBON = "fuels/carbon-burnt-fossil.glo"
BASE = {
    "name": "gas",
    "amount": "263 kg",
    "basis": "metered",
    "meter": "M-1",
    "energy": "12567.3 MJ",
    "fuel": "natural-gas",
}
SUPPLY = {
    "name": "gas supply",
    "amount": "323.1 m3",
    "basis": "metered",
    "meter": "M-1",
    "factor": "fuels/natural-gas-upstream.cn.2024",
}


def burnt(**members: object) -> Callable[[dict[str, Any]], object]:
    def change(value: dict[str, Any]) -> None:
        value["fuels"] = [{**BASE, **members}, SUPPLY]

    return change


def fossil(done: Draft) -> int:
    return done.result.own["fuels", "CO2-fossil"].location


def drafted(**members: object) -> Draft:
    return example.drafted(example.changed(SEP, burnt(**members)))


def test_by_mass_by_heating_value_and_by_carbon_of_the_energy() -> None:
    by_mass = fossil(drafted(factor="fuels/natural-gas-burnt.glo.2006"))
    by_heat = fossil(drafted(factor=NET, heating_value="48 GJ/t"))
    by_carbon = fossil(drafted(factor=CARBON, heating_value="48 MJ/kg", carbon="15.3 kg/GJ"))
    assert by_mass == by_heat == 263 * trillionths("2.6928")
    # the IPCC counts 44/12 where the atomic weights give 44.009/12.011
    assert abs(by_carbon - by_mass) * 1000 < by_mass
    assert by_carbon == divide(263 * 48 * 153 * trillionths("3.664057946882"), 10_000)


def test_by_carbon_of_the_mass_and_what_of_it_burns() -> None:
    whole = fossil(drafted(factor=CARBON, carbon="0.72 kg/kg"))
    assert whole == divide(263 * 72 * trillionths("3.664057946882"), 100)
    assert fossil(drafted(factor=CARBON, carbon="0.72 t/t", oxidation="99 %")) == divide(whole * 99, 100)


def test_a_heating_value_is_energy_for_the_kiln_and_steam_is_bought_by_it() -> None:
    steam = {"name": "steam", "amount": "4500 kg", "heating_value": "2.7 GJ/t", "basis": "metered", "meter": "M-1"}
    done = example.drafted(
        example.changed(
            SEP, lambda value: value["fuels"].append(steam | {"factor": "fuels/purchased-heat-steam-default.cn"})
        )
    )
    assert done.result.own["fuels", "CO2-fossil"].location == 4500 * 27 * trillionths("0.011")


REFUSED = [
    ("rule.c-bal", burnt(factor=NET, heating_value="70 MJ/kg")),
    ("rule.c-bal-carbon", burnt(factor="placeholders/hydrochloric-acid.glo", carbon="0.72 kg/kg")),
    ("rule.c-bal-oxidation", burnt(factor=CARBON, carbon="0.72 kg/kg", oxidation="0.5", basis="assumed")),
    ("rule.x-unit", burnt(factor=CARBON)),
    ("rule.x-unit", burnt(factor="fuels/natural-gas-burnt.glo.2006", heating_value="48 MJ/kg")),
    ("footprint.unit", burnt(factor=NET, heating_value="38.9 MJ/m3")),
    ("footprint.unit", burnt(factor=CARBON, carbon="0.5 kg/m3")),
    ("footprint.unit", burnt(factor=CARBON, carbon="15.3 kg/GJ")),
]


@pytest.mark.parametrize(("code", "change"), REFUSED, ids=[f"{code}-{at}" for at, (code, _) in enumerate(REFUSED)])
def test_a_fuel_that_can_not_be_is_refused(code: str, change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(SEP, change))
    assert code in {problem.code for problem in caught.value.problems}, str(caught.value)
    assert "<" not in str(caught.value), "a fact of the sentence is missing"


@pytest.mark.parametrize(
    ("member", "text"),
    [
        ("heating_value", "48"),
        ("heating_value", "0 MJ/kg"),
        ("heating_value", "48 MJ/ton"),
        ("heating_value", "7000 kcal/kg"),
        ("carbon", "72 %"),
        ("carbon", "-0.7 kg/kg"),
        ("amount", "12 kgce"),
        ("amount", "12 ton"),
        ("amount", "12 Nm3"),
    ],
)
def test_a_rate_or_amount_in_no_known_unit_is_not_read(member: str, text: str) -> None:
    with pytest.raises(InputError) as caught:
        drafted(**{"factor": NET, member: text})
    assert caught.value.problems[0].place == f"fuels[0].{member}"
    assert caught.value.problems[0].code in {"quantity.rate", "quantity.unit-unknown", "quantity.basis"}


def test_a_rate_is_kept_in_one_unit() -> None:
    assert drafted(factor=NET, heating_value="48 GJ/t").groups == drafted(factor=NET, heating_value="48.0 MJ/kg").groups
