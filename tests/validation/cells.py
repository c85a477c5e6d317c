"""An electrolysis as a production record: 1 t of a metal from its oxide, in a fluoride melt at graphite anodes."""

from __future__ import annotations

from typing import Any

from tests.validation.own import OXIDES, kg, part
from tests.validation.records import composition, pure

CELL = """
step: oxide-electrolysis
materials:
  - {name: oxide, mass: $oxide_kg kg, factor: materials/artificial-graphite.cn.2015, composition: $oxide}
  - {name: fluoride make-up, mass: $fluoride_kg kg, factor: placeholders/lithium-fluoride.glo, composition: {Li: 0.267557, F: 0.732443}}
  - {name: graphite anodes, mass: $carbon_kg kg, factor: materials/artificial-graphite.cn.2015, composition: {C: 1}}
electricity:
  - {name: cells, amount: $kwh kWh, grid: CN-NM}
direct:
  - {name: CO2, substance: CO2, gas: CO2-fossil, $co2}
  - {name: CO, substance: CO, gas: CO, method: {by: anode-balance}}
  - {name: CF4, substance: CF4, gas: CF4, $cf4}
  - {name: C2F6, substance: C2F6, gas: C2F6, $c2f6}
  $c3f8
anodes: {used: $carbon_kg kg, carbon: 1, as_co: $as_co}
outputs:
  - {lot: ME-1, kind: metal, description: metal, mass: $metal_kg kg, composition: $metal}
"""
BALANCED = "method: {by: anode-balance}"


def measured(mass_kg: str) -> str:
    """Return what a line says of a gas that a monitor weighed all the time."""
    return f"mass: {mass_kg} kg, method: {{by: measured, monitor: FTIR, continuous: true}}"


def cell(metal: str, **changes: object) -> dict[str, Any]:
    """Return what a cell that makes 1 t of a metal puts into the record, with changes."""
    ordinary: dict[str, Any] = {
        "oxide": pure(OXIDES[metal]), "oxide_kg": kg(1010 / part(OXIDES[metal], metal)), "fluoride_kg": "50", "carbon_kg": "150",
        "kwh": "9000", "co2": BALANCED, "cf4": measured("0.03"), "c2f6": measured("0.004"), "c3f8": "", "as_co": "0.02",
        "metal_kg": "1000", "metal": composition({metal: "1"}), "allocation": "{method: mass, mass_key: RE}",
    }  # fmt: skip
    return ordinary | changes
