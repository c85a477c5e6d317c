"""How long a run takes to compute: 6 inputs and 20 lines, the goal being 200 µs and the limit 350 µs.

Run it with ``python -m bench.footprint``; the fastest of several rounds counts, the one least disturbed.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ledger.footprint.engine import Share, Taken, Terms, compute
from ledger.tables import shipped_tables
from schemas.run import (
    Co2e,
    Direct,
    DirectLine,
    Electricity,
    ElectricityLine,
    FuelLine,
    Fuels,
    MaterialLine,
    Materials,
    Transport,
    TransportLine,
)

if TYPE_CHECKING:
    from ledger.footprint.factors import FactorTables
    from schemas.run import FigureRow, InventoryGroup

ROUNDS = 7
TIMES = 1000


def groups() -> list[InventoryGroup]:
    """Return 20 lines as a separation plant has them."""
    acid = MaterialLine(
        name="acid", basis="weighed", mass_kg="6283.65", factor="placeholders/hydrochloric-acid.glo", strength="0.3"
    )
    base = MaterialLine(name="base", basis="weighed", mass_kg="1675.64", factor="placeholders/ammonium-bicarbonate.glo")
    fuel = FuelLine(
        name="f", basis="metered", amount="323.066838", unit="m3", factor="fuels/natural-gas-combustion.cn.2025"
    )
    grid = "grid/location.cn-nm.2023"
    power = ElectricityLine(name="e", basis="metered", amount_kwh="6283.65", grid="CN-NM", factor=grid, uncovered=grid)
    gases = [
        DirectLine(name="CO2", basis="metered", substance="CO2", gas="CO2-fossil", mass_kg="117.579553"),
        DirectLine(name="CO", basis="metered", substance="CO", gas="CO", mass_kg="1.52724"),
        DirectLine(name="CF4", basis="metered", substance="CF4", gas="CF4", mass_kg="0.007017"),
    ]
    road = TransportLine(name="t", basis="assumed", amount_tkm="34", factor="transport/heavy-diesel-truck.cn.2024")
    return [
        Materials(group="materials", lines=(acid, base) * 5),
        Fuels(group="fuels", lines=(fuel,) * 3),
        Electricity(group="electricity", lines=(power,) * 2),
        Direct(group="direct", lines=tuple(gases)),
        Transport(group="transport", lines=(road,) * 2),
    ]


def inputs() -> list[Taken]:
    """Return 6 inputs with figures of three stages and three gases each."""
    rows: tuple[FigureRow, ...] = (
        ("mining", "CO2-fossil", "123.456789012345", "120.1"),
        ("mining", "CF4", "0.000123456789", "0.000123456789"),
        ("mining", "CO2e", "23.456789012345", "23.456789012345"),
        ("cracking", "CO2-fossil", "223.456789012345", "220.1"),
        ("cracking", "CF4", "0.000223456789", "0.000223456789"),
        ("cracking", "CO2e", "33.456789012345", "33.456789012345"),
        ("separation", "CO2-fossil", "323.456789012345", "320.1"),
        ("separation", "CF4", "0.000323456789", "0.000323456789"),
        ("separation", "CO2e", "43.456789012345", "43.456789012345"),
    )
    return [Taken(186_400_000, 855_900_000, rows, Co2e(location="1000.5", market="999.123456789012"))] * 6


def fastest(tables: FactorTables) -> float:
    """Return the shortest time of one computation, in µs."""
    lines, taken = groups(), inputs()
    outputs = [Share(233_900_000, {"Nd": 179_515_209_300_000}, 83 * 10**12, allocated=True)]
    terms = Terms("reduction", "AR6", "economic", "RE")
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(TIMES):
            compute(terms, lines, taken, outputs, tables=tables)
        times.append((time.perf_counter() - start) / TIMES * 1e6)
    return min(times)


if __name__ == "__main__":
    print(f"footprint of a run, 6 inputs and 20 lines: {fastest(shipped_tables()):.0f} µs (limit 350)")
