"""What the runs of a test world are made of: outputs, inventory lines, and the figures the engine gives them.

Plants, lots and amounts are invented. A light run has one line of electricity, and one of material where nothing
certified goes in; a full one has 20 lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Final

from ledger.chemistry.elements import RARE_EARTHS
from ledger.tables import shipped_tables
from schemas.document import replace
from schemas.instant import Period
from schemas.inventory import (
    Cancelled,
    Credits,
    Direct,
    DirectLine,
    Electricity,
    ElectricityLine,
    FuelLine,
    Fuels,
    Instrument,
    InventoryGroup,
    MaterialLine,
    Materials,
    Transport,
    TransportLine,
    Waste,
    WasteLine,
    Water,
)
from schemas.quantity import kg_text, milligrams
from schemas.run import PriceVector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.factors.tables import FactorTables

PERIOD: Final = Period(start="2026-05-01", end="2026-05-03")
Composition = tuple[tuple[str, str], ...]
DIDYMIUM: Final[Composition] = (("Nd", "0.6"), ("Pr", "0.25"), ("O", "0.15"))
PRICES: Final = PriceVector(period=Period(start="2021-01-01", end="2025-12-31"), currency="CNY", digest="A" * 43)
GRID: Final = "grid/location.cn-nm.2023"
OLDER: Final = "grid/location.cn-nm.2022"
WIND: Final = "methods/electricity-wind-direct.glo"
SCHEME: Final = "Green certificates (invented)"
"""A scheme whose home is ``one.example``."""
TRUCK: Final = "transport/heavy-diesel-truck.cn.2024"


@cache
def tables() -> FactorTables:
    """Return the shipped factor tables."""
    return shipped_tables()


@dataclass(frozen=True)
class Make:
    """An output to be made, or what is fed; its holding belongs to `owner` in `registry`, where they are not the
    run's own.

    `extracted_in` is where a feed was mined; `statement` is the scheme's, where a lot of electricity is entered
    (`mass_mg` are mWh).
    """

    mass_mg: int
    composition: Composition = DIDYMIUM
    certified: bool = True
    registry: str | None = None
    owner: str | None = None
    extracted_in: str | None = None
    statement: Cancelled | None = None


def decimal_text(number: Decimal) -> str:
    """Return a number in the one spelling of amounts."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def element_masses(make: Make) -> tuple[tuple[str, str], ...]:
    """Return the masses of the rare earths that a composition gives, exactly."""
    kg = Decimal(kg_text(make.mass_mg))
    return tuple(
        (element, decimal_text(Decimal(fraction) * kg))
        for element, fraction in make.composition
        if element in RARE_EARTHS
    )


def statement(number: str = "0001", scheme: str = SCHEME, after: str | None = None) -> Cancelled:
    """Return what a scheme says of electricity that may be used here."""
    return Cancelled(scheme=scheme, statement=number, grid="CN-NM", year="2026", factor=WIND, after=after)


def power(mwh: int, said: Cancelled) -> Make:
    """Return a lot of electricity to be made."""
    return Make(mwh, composition=(), statement=said)


def instrument(said: Cancelled, mwh: int) -> Instrument:
    """Return what a line says of kWh of a statement."""
    named = {name: getattr(said, name) for name in ("kind", "scheme", "statement", "grid", "year", "factor")}
    return Instrument(**named, kwh=kg_text(mwh))


def nothing() -> tuple[InventoryGroup, ...]:
    """Return the seven groups of a run that enters a statement."""
    dry = Water.validated(**dict.fromkeys(_DRY, "0"))
    groups = _groups((), (), (), (), (), ())
    return (*groups[:5], Waste(group="waste", lines=(), water=dry), groups[6])


_DRY: Final = {
    "fresh", "with_reagents", "feed_moisture", "formed", "discharged", "evaporated", "in_products", "in_wastes", "recycled",
}  # fmt: skip


def drawing(groups: tuple[InventoryGroup, ...], drawn: Sequence[tuple[Cancelled, int]]) -> tuple[InventoryGroup, ...]:
    """Return groups whose electricity is mWh of statements more."""
    power = groups[2]
    if not drawn or not isinstance(power, Electricity):
        return groups
    (line, *others) = power.lines
    mwh = milligrams(line.amount_kwh) + sum(mwh for _, mwh in drawn)
    named = tuple(instrument(said, mwh) for said, mwh in drawn)
    lines = (replace(line, amount_kwh=kg_text(mwh), instruments=named), *others)
    return (*groups[:2], replace(power, lines=lines), *groups[3:])


def inventory(feed: list[Make], *, full: bool) -> tuple[InventoryGroup, ...]:
    """Return the seven groups; `feed` is what goes in without a certificate."""
    ore = tuple(
        MaterialLine(
            name="Ore of the own mine",
            basis="weighed",
            meter="W-1",
            mass_kg=kg_text(make.mass_mg),
            factor="methods/no-burden.glo",
            composition=make.composition,
            extracted_in=make.extracted_in,
        )
        for make in feed
    )
    power = ElectricityLine(
        name="Furnace", basis="metered", meter="M-1", amount_kwh="125.5", grid="CN-NM", factor=GRID, uncovered=GRID
    )
    if not full:
        return _groups(ore, (), (power,), (), (), ())
    return _groups((*ore, *_reagents()), _fuels(), (power, power, power), (_emission(),), _journeys(), _wastes())


def _groups(
    materials: tuple[MaterialLine, ...],
    fuels: tuple[FuelLine, ...],
    power: tuple[ElectricityLine, ...],
    direct: tuple[DirectLine, ...],
    transport: tuple[TransportLine, ...],
    waste: tuple[WasteLine, ...],
) -> tuple[InventoryGroup, ...]:
    return (
        Materials(group="materials", lines=materials),
        Fuels(group="fuels", lines=fuels),
        Electricity(group="electricity", lines=power),
        Direct(group="direct", lines=direct),
        Transport(group="transport", lines=transport),
        Waste(group="waste", lines=waste),
        Credits(group="credits", lines=()),
    )


def _reagents() -> tuple[MaterialLine, ...]:
    flows = ("ammonium-bicarbonate-nh4hco3.cn.2005", "sodium-hydroxide.cn.2015", "lime-cao.cn.2019", "soda-ash.cn.2014")
    return tuple(
        MaterialLine(
            name=flow,
            basis="weighed",
            meter="W-1",
            mass_kg=f"{12 + n}.25",
            factor=f"materials/{flow}",
            note="delivery note and ticket",
        )
        for n, flow in enumerate((*flows, "limestone.cn.2025", "tap-water.cn.2019"))
    )


def _fuels() -> tuple[FuelLine, ...]:
    supplied, burnt = "natural-gas-upstream.cn.2024", "natural-gas-combustion.cn.2025"
    lines = ((supplied, "112.25", "4041"), (burnt, "60", "2160"), (burnt, "52.25", "1881"))
    return tuple(
        FuelLine(
            name="Natural gas",
            basis="metered",
            meter="M-1",
            amount=amount,
            unit="m3",
            factor=f"fuels/{row}",
            energy_mj=energy,
        )
        for row, amount, energy in lines
    )


def _emission() -> DirectLine:
    return DirectLine(name="Carbonates", basis="calculated", substance="CO2", gas="CO2-fossil", mass_kg="1.1")


def _journeys() -> tuple[TransportLine, ...]:
    return tuple(
        TransportLine(name=f"Supplier {n}", basis="calculated", amount_tkm=f"16{n}.25", factor=TRUCK) for n in range(4)
    )


def _wastes() -> tuple[WasteLine, ...]:
    return tuple(
        WasteLine(name=name, basis="weighed", meter="W-1", mass_kg="2.25", moisture="0", fate="stored on the site")
        for name in ("Slag", "Dust", "Sludge")
    )
