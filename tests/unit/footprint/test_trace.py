"""The trace shows how a figure was found: by which method, by which part of the market, by which path of a fuel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.drafting.trace import explain, lines_of
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from collections.abc import Callable


def traced(run: str, change: Callable[[dict[str, Any]], object] = lambda value: value) -> str:
    record = example.read(example.changed(run, change))
    upstream = [example.lots()[item.lot or ""] for item in record.inputs]
    done = example.drafted(example.changed(run, change))
    return "\n".join(lines_of(explain(done, upstream, 0, tables=example.tables())))


def test_an_emission_shows_its_method_down_to_what_went_in() -> None:
    text = traced("ELY-2026-04-A")
    assert "((39.763 used - 7.017 butts - 0 dust) kg x 1 C - C in PFC), 0.02 of it as CO" in text
    assert "measured all the time by FTIR" in text
    assert "210.5 kg x placeholders/electrolysis-pfc-tier-1.glo.2019" in traced("ELY-2026-05-L")


def test_electricity_shows_each_basis_and_each_instrument() -> None:
    text = traced("MAG-2026-06")
    assert "by location: 1504.36143 kg = 3024.45 kWh x 0.4974 kg CO2-fossil (grid/location.cn-zj.2023)" in text
    assert "by market, what no instrument covers: 1112.18472 kg = 1824.45 kWh x 0.6096 kg CO2-fossil" in text
    assert "by market, certificate green electricity certificate" in text
    assert "GEC-DEMO-0001: 0 kg = 1200 kWh x 0 kg CO2-fossil (methods/electricity-wind-direct.glo)" in text


def test_a_fuel_shows_its_path() -> None:
    def change(value: dict[str, Any]) -> None:
        value["fuels"] = [
            {"name": "gas", "amount": "263 kg", "basis": "metered", "meter": "M-1", "factor": "fuels/carbon-burnt-fossil.glo",
             "heating_value": "48 GJ/t", "carbon": "15.3 kg/GJ", "oxidation": "99 %", "fuel": "natural-gas"},
            {"name": "supply", "amount": "324.5 m3", "basis": "metered", "meter": "M-1", "factor": "fuels/natural-gas-upstream.cn.2024"},
        ]  # fmt: skip

    assert "kg-content (= 263 kg x 48 MJ x 0.0153 kg C x 0.99 burnt) x 3.664057946882 kg CO2-fossil" in traced(
        "SEP-2026-03", change
    )
