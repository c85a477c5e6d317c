"""Computing a run: 6 inputs and 20 lines, against its bare multiplications in Decimal, parsed beforehand and
rounded.
"""

from __future__ import annotations

import time
from decimal import Context, Decimal
from statistics import median
from typing import TYPE_CHECKING, Final

from bench.table import Row, in_turn, ratio
from ledger.footprint.engine import AllocationBasis, InputFigures, Terms, compute
from ledger.footprint.lines import factor_uses
from ledger.tables import shipped_tables
from schemas.figures import Co2e, Quality
from schemas.inventory import (
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
    from ledger.factors.tables import FactorTables
    from schemas.figures import FigureRow, IndicatorRow
    from schemas.inventory import InventoryGroup

ROUNDS: Final = 7
TIMES: Final = 300
_PLACES: Final = Decimal("1e-12")
_CONTEXT: Final = Context(prec=80)


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


def inputs() -> list[InputFigures]:
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
    quality = Quality(primary_share="0.62", rating="2.4", variance="0.038")
    total = Co2e(location="1000.5", market="999.123456789012")
    further: tuple[IndicatorRow, ...] = (
        ("energy", "51234.5"),
        ("water-withdrawn", "12.25"),
        ("waste-non-hazardous", "81.5"),
    )
    return [InputFigures(186_400_000, 855_900_000, rows, total, further, (), quality)] * 6


def multiplications(tables: FactorTables) -> list[tuple[Decimal, Decimal]]:
    """Return every pair of numbers that the run multiplies, parsed beforehand.

    These are lines by factors and by GWPs, what the lines are worth, and rows and indicators of inputs by shares of
    mass.
    """
    pairs = []
    for group in groups():
        for line in factor_uses(group):
            pairs += [(Decimal(line.amount), Decimal(value)) for _, value in tables.factor(line.factor).values]
    power = tables.factor("grid/location.cn-nm.2023").values
    pairs += [(Decimal("6283.65"), Decimal(value)) for _, value in power] * 2
    pairs += [(Decimal("117.579553"), Decimal(1))] * 3
    pairs += pairs  # each result once more by its GWP
    pairs += [(Decimal("3987.123456789012"), Decimal(worth)) for worth in ("1", "2.8", "0.0380123")] * (20 + 6)
    pairs += [(Decimal("6283.65"), Decimal("3.6"))] * 2
    for item in inputs():
        share = Decimal(item.mass_mg) / Decimal(item.net_mass_mg)
        pairs += [(Decimal(mass), share) for *_, location, market in item.rows for mass in {location, market}]
        pairs += [(Decimal(location), Decimal(1)) for _, _, location, _ in item.rows]
        pairs += [(Decimal(amount), share) for _, amount in item.indicators]
    return pairs


def bare(pairs: list[tuple[Decimal, Decimal]]) -> Decimal:
    """Multiply, round to 12 places and add up: the floor."""
    return sum(((one * other).quantize(_PLACES, context=_CONTEXT) for one, other in pairs), Decimal())


def row() -> Row:
    """Measure the computation of one run."""
    tables = shipped_tables()
    lines, taken = groups(), inputs()
    outputs = [AllocationBasis(233_900_000, {"Nd": 179_515_209_300_000}, 83 * 10**12, allocated=True)]
    terms = Terms("reduction", "AR6", "economic", "RE")
    pairs = multiplications(tables)

    def ours() -> None:
        for _ in range(TIMES):
            compute(terms, lines, taken, outputs, tables=tables)

    def floor() -> None:
        for _ in range(TIMES):
            bare(pairs)

    times, floors = in_turn(ROUNDS, ours, floor, clock=time.process_time)
    return Row(
        f"compute a run of 6 inputs and 20 lines ({len(pairs)} multiplications)",
        f"{median(times) / TIMES * 1e6:.0f} µs",
        f"{median(floors) / TIMES * 1e6:.0f} µs, bare Decimal",
        f"{ratio(times, floors):.2f}x",
        "350 µs",
        "200 µs",
    )


if __name__ == "__main__":
    print(row())
