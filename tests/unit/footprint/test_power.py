"""Electricity: both bases, own generation, instruments and suppliers' factors, and the units of eGRID."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.chemistry.exact import SCALE
from ledger.drafting.draft import draft
from ledger.factors.factor import COLUMNS, parse_factor_set, per_kwh
from schemas.problem import RefusedError
from schemas.quantity import trillionths
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.drafting.draft import Draft

MAG = "MAG-2026-06"
WIND = "methods/electricity-wind-direct.glo"
SOLAR = "methods/electricity-solar-direct.glo"
OWN_FUEL = "methods/electricity-own-fuel-direct.glo"
SUPPLIER = {
    "flow": "supplier-huadong", "label": "Huadong, all customers", "geography": "CN-ZJ", "year": "2026", "per": "kWh",
    "values": "CO2-fossil=0.2", "set": "direct", "boundary": "generation", "status": "read", "quality": "2",
    "licence": "shown to customers", "source": "disclosure of the supplier",
}  # fmt: skip


def drafted(change: Callable[[dict[str, Any]], object], **supplier: str) -> Draft:
    """Return the magnet run with a change, computed with the shipped tables and a supplier's."""
    cells = SUPPLIER | supplier
    text = "\n".join((",".join(COLUMNS), ",".join(f'"{cells.get(column, "")}"' for column in COLUMNS), ""))
    record = example.read(example.changed(MAG, change))
    upstream = [example.lots()[item.lot or ""] for item in record.inputs]
    tables = example.tables().joined(parse_factor_set(text.encode(), "power"))
    return draft(record, upstream, facility=example.facilities()[record.facility], tables=tables)


def power(index: int = 1, **members: object) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["electricity"][index].update(members)


def instrument(**members: object) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["electricity"][0]["instruments"][0].update(members)


def kwh(done: Draft, basis: str) -> int:
    """Return kg CO2-fossil of the run's electricity by one basis, scaled."""
    return sum(getattr(pair, basis) for key, pair in done.result.own.items() if key == ("electricity", "CO2-fossil"))


def test_a_kwh_that_is_not_covered_takes_the_residual_and_both_bases_are_carried() -> None:
    done = drafted(lambda value: value)
    location, residual = trillionths("0.4974"), trillionths("0.6096")
    used, covered = trillionths("3879.45"), 1200
    assert kwh(done, "location") == used * location // SCALE
    assert kwh(done, "market") == (used - covered * SCALE) * residual // SCALE


def test_own_solar_power_is_nothing_on_both_bases_and_no_scope_2() -> None:
    done = drafted(power(own="attributes-kept", factor=SOLAR, uncovered=SOLAR))
    plain = drafted(lambda value: value)
    assert kwh(plain, "location") - kwh(done, "location") == 630 * trillionths("0.4974")
    assert kwh(plain, "market") - kwh(done, "market") == 630 * trillionths("0.6096")
    line = done.inventory.power.lines[1]
    assert (line.own, line.factor, line.uncovered) == ("attributes-kept", SOLAR, SOLAR)


def test_own_power_whose_attributes_were_sold_takes_the_residual_by_market() -> None:
    def change(value: dict[str, Any]) -> None:
        value["electricity"][1].pop("uncovered")
        value["electricity"][1].update(own="attributes-sold", factor=SOLAR)

    done, plain = drafted(change), drafted(lambda value: value)
    assert done.inventory.power.lines[1].uncovered == "grid/residual.cn.2023"
    assert kwh(done, "market") == kwh(plain, "market")
    assert kwh(done, "location") < kwh(plain, "location")


def test_own_power_of_fuel_counts_in_the_fuel_line_alone() -> None:
    def change(value: dict[str, Any]) -> None:
        value["electricity"][1].update(own="attributes-kept", factor=OWN_FUEL, uncovered=OWN_FUEL)
        value.setdefault("fuels", []).append(
            {"name": "gas engine", "amount": "200 m3", "energy": "7780 MJ", "basis": "metered", "meter": "M-1",
             "factor": "fuels/natural-gas-whole.cn.2024"}
        )  # fmt: skip

    done = drafted(change)
    assert done.result.own["fuels", "CO2e"].location == 200 * trillionths("2.768")


def test_a_supplier_s_own_factor_counts_for_what_was_bought_of_it_and_for_all_its_customers() -> None:
    def change(value: dict[str, Any]) -> None:
        for line in value["electricity"]:
            line["instruments"] = [
                {"kind": "supplier", "scheme": "supplier rate", "statement": "2026", "amount": line["amount"],
                 "grid": "CN-ZJ", "year": "2026", "factor": "power/supplier-huadong.cn-zj.2026"}
            ]  # fmt: skip

    done = drafted(change)
    assert kwh(done, "market") == trillionths("3879.45") * trillionths("0.2") // SCALE
    assert all(line.single_use == [] for line in done.inventory.power.lines)


def supplied(value: dict[str, Any]) -> None:
    instrument(kind="supplier", factor="power/supplier-huadong.cn-zj.2026")(value)


def spelt_otherwise(value: dict[str, Any]) -> None:
    """The same certificate in two lines, once in capitals and once not."""
    value["electricity"][1]["instruments"] = [
        value["electricity"][0]["instruments"][0] | {"statement": "gec\u2010demo\u20100001", "amount": "1 kWh"}
    ]


REFUSED = [
    ("rule.e-own", power(own="attributes-kept", factor=OWN_FUEL, uncovered=OWN_FUEL)),
    ("rule.e-set-attribute", power(own="attributes-kept", factor="grid/location.cn-zj.2023", uncovered="grid/location.cn-zj.2023")),
    ("rule.e-set-attribute", instrument(factor="grid/location.cn-yn.2023")),
    ("rule.e-set-attribute", instrument(kind="supplier")),
    ("rule.e-set-foreign", instrument(factor="grid/location.cn-yn.2023")),
    ("rule.e-set-uncovered", power(own="attributes-kept", factor=SOLAR, uncovered=WIND)),
    ("rule.e-set-uncovered", power(own="attributes-sold", factor=SOLAR, uncovered=SOLAR)),
    ("rule.e-set-sold", power(own="attributes-sold", grid="ZA-GP", factor=SOLAR, uncovered=SOLAR)),
    ("footprint.own-factor", lambda value: [power(own="attributes-kept")(value), value["electricity"][1].pop("factor")]),
    ("rule.e-set", instrument(factor="grid/electricity-wind.cn.2024")),
    ("rule.x-double", spelt_otherwise),
    ("factor.unknown", instrument(factor="grid/electricity-tide.cn.2024")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "change"), REFUSED, ids=[f"{code}-{at}" for at, (code, _) in enumerate(REFUSED)])
def test_power_that_is_told_better_than_it_is_is_refused(code: str, change: Callable[[dict[str, Any]], object]) -> None:
    with pytest.raises(RefusedError) as caught:
        drafted(change)
    assert code in {problem.code for problem in caught.value.problems}, str(caught.value)
    assert "<" not in str(caught.value), "a fact of the sentence is missing"


def test_own_power_has_no_instrument() -> None:
    def change(value: dict[str, Any]) -> None:
        power(0, own="attributes-kept", factor=SOLAR, uncovered=SOLAR)(value)

    with pytest.raises(RefusedError) as caught:
        drafted(change)
    assert "rule.e-set-own-instrument" in {problem.code for problem in caught.value.problems}


def test_a_supplier_s_factor_of_another_year_is_refused() -> None:
    def change(value: dict[str, Any]) -> None:
        instrument(kind="supplier", factor="power/supplier-huadong.cn-zj.2024")(value)

    with pytest.raises(RefusedError) as caught:
        drafted(change, year="2024")
    assert "rule.e-set-supplier" in {problem.code for problem in caught.value.problems}


def test_all_that_is_wrong_with_an_instrument_is_told_at_once() -> None:
    change = instrument(grid="CN-NM", year="2024", amount="999999 kWh", factor="grid/location.cn-yn.2023")
    with pytest.raises(RefusedError) as caught:
        drafted(change)
    found = {problem.code for problem in caught.value.problems}
    assert found >= {"rule.e-set-instrument", "rule.e-set-more", "rule.e-set-attribute", "rule.e-set-foreign"}


def test_pounds_for_a_megawatt_hour() -> None:
    assert per_kwh(trillionths("531.7")) == trillionths("0.241175063129")
    assert per_kwh(1000 * SCALE) == trillionths("0.45359237")


def test_a_table_in_pounds_for_a_megawatt_hour_is_read_as_kg_for_a_kwh() -> None:
    cells = SUPPLIER | {"flow": "location", "geography": "US-GRID-CAMX", "year": "2018", "per": "lb/MWh",
                        "values": "CO2-fossil=531.7;CH4-fossil=0.031;N2O=0.004"}  # fmt: skip
    text = "\n".join((",".join(COLUMNS), ",".join(f'"{cells.get(column, "")}"' for column in COLUMNS), ""))
    found = parse_factor_set(text.encode(), "egrid").rows["egrid/location.us-grid-camx.2018"]
    assert found.per == "kWh"
    assert found.values[0] == ("CO2-fossil", trillionths("0.241175063129"))
