"""Families of fuels as data: which factor row is which part of a fuel, and the windows of its carbon and heat.

The table has one family a row, with exactly these columns:

``family, state``
    a `FuelFamily`, and ``gas``, ``liquid`` or ``solid``.
``co2_flows, ch4_n2o_flows, upstream_flows, whole_flows``
    the flows of shipped factors, joined by ``;``, by the part of the fuel that they hold.  A whole flow holds all
    parts.  Its supply is told as ``flow=kg`` CO2e for one unit; without that all of it is supply.
``carbon_low, carbon, carbon_high``
    kg of carbon for 1 GJ of net heat: the window and the usual figure.
``ncv, ncv_low, ncv_high`` and ``ncv_m3, ncv_m3_low, ncv_m3_high``
    net heating value in MJ/kg and in MJ/m3 at 20 C, empty where none is known.
``oxidation_least``
    the least part of the carbon that burns without a finding in ash or soot.
``co2_most_per_kg``
    the most kg of CO2 for 1 kg of fuel whose heat nobody tells.  It is empty for solid fuels: moisture and ash make
    their heating values so wide that ``carbon_high`` x ``ncv_high`` bounds them.
``biogenic, use, status, source, note``
    ``yes`` or ``no``; what a line burns it for unless it says so; how the figures are known.

A row of a producer's own table has its family from its line or from the beginning of its flow, and its part from the
end of its flow (`OWN_PARTS`).  This module reads no file (`ledger.tables` does) and judges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from ledger.factors.factor import cell_choice, cell_words, table_lines
from schemas.problem import InputError
from schemas.quantity import trillionths
from schemas.vocabulary import FuelFamily, FuelUse

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS: Final = (
    "family", "state", "co2_flows", "ch4_n2o_flows", "upstream_flows", "whole_flows",
    "carbon_low", "carbon", "carbon_high", "ncv", "ncv_low", "ncv_high", "ncv_m3", "ncv_m3_low", "ncv_m3_high",
    "oxidation_least", "co2_most_per_kg", "biogenic", "use", "status", "source", "note",
)  # fmt: skip

State = Literal["gas", "liquid", "solid"]
Known = Literal["read", "read-secondary", "derived", "method", "memory"]

FuelPart = Literal["co2", "ch4-n2o", "supply", "heat"]
"""A part of a fuel: what it gives off in burning, its supply, or heat that somebody else made."""

CARBON_TOLD: Final = ("carbon-burnt-fossil", "carbon-burnt-biogenic")
"""Flows of fuels that are told by their carbon; the line names the family."""

OWN_PARTS: Final[Mapping[str, tuple[FuelPart, ...]]] = MappingProxyType(
    {"-upstream": ("supply",), "-ch4-n2o": ("ch4-n2o",), "-whole": ("co2", "ch4-n2o", "supply")}
)
"""The parts of a producer's own row by the end of its flow; any other is CO2."""

_ALL: Final[tuple[FuelPart, ...]] = ("co2", "ch4-n2o", "supply")


class FuelWindow(NamedTuple):
    """A least, a usual and a largest figure, all scaled."""

    low: int
    usual: int
    high: int


@dataclass(frozen=True, slots=True)
class Family:
    """A family of fuels; figures are scaled.  `heating` has the window for each unit, `whole` the supply in a flow."""

    id: FuelFamily
    state: State
    parts: Mapping[str, tuple[FuelPart, ...]]
    whole: Mapping[str, int | None]
    carbon: FuelWindow | None
    heating: Mapping[str, FuelWindow]
    oxidation_least: int
    co2_most: int | None
    biogenic: bool
    use: FuelUse
    status: Known
    source: str

    @property
    def supply_shipped(self) -> bool:
        """Return whether a shipped row has the supply of this fuel."""
        return any("supply" in parts for parts in self.parts.values())


@dataclass(frozen=True, slots=True)
class FuelTable:
    """All families by name, and the family of each shipped flow."""

    families: Mapping[str, Family] = field(default_factory=dict)
    by_flow: Mapping[str, Family] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the families by flow; each fuel line asks."""
        flows = {flow: family for family in self.families.values() for flow in family.parts}
        object.__setattr__(self, "by_flow", MappingProxyType(flows))

    def family(self, flow: str, told: FuelFamily | None) -> Family | None:
        """Return the family of a line by the flow of its factor, else by what it says; None if neither tells."""
        found = self.by_flow.get(flow)
        if found is None and told is not None:
            return self.families[told]
        if found is None:
            names = [name for name in self.families if flow.startswith(f"{name}-")]
            return self.families[max(names, key=len)] if names else None
        return found

    def supply(self, flow: str) -> int | None:
        """Return the supply (scaled kg CO2e for one unit) in a whole flow, or None for any other flow."""
        family = self.by_flow.get(flow)
        return None if family is None else family.whole.get(flow)


def parts_of(family: Family, flow: str) -> tuple[FuelPart, ...]:
    """Return the parts of a fuel that a flow holds."""
    known = family.parts.get(flow)
    if known is not None:
        return known
    if family.id == "heat-bought":
        return ("heat",)
    return next((parts for end, parts in OWN_PARTS.items() if end in flow), ("co2",))


def parse_fuels(content: bytes, name: str = "fuel_fit") -> FuelTable:
    """Parse the table of fuels; raise as `parse_factor_set`."""
    families: dict[str, Family] = {}
    for place, cells in table_lines(content, name, COLUMNS):
        family = _family(cells, place)
        if family.id in families:
            raise InputError.at("factor.duplicate", place, id=family.id)
        families[family.id] = family
    return FuelTable(MappingProxyType(families))


def _family(cells: Mapping[str, str], place: str) -> Family:
    whole = dict(map(_whole, filter(None, cells["whole_flows"].split(";"))))
    identifier = cell_choice(cells, "family", get_args(FuelFamily), place)
    parts: dict[str, tuple[FuelPart, ...]] = {}
    columns: tuple[tuple[str, FuelPart], ...] = (
        ("co2_flows", "co2"),
        ("ch4_n2o_flows", "ch4-n2o"),
        ("upstream_flows", "supply"),
    )
    for column, part in columns:
        for flow in filter(None, cells[column].split(";")):
            parts[flow] = (*parts.get(flow, ()), part)
    parts |= dict.fromkeys(whole, ("heat",) if identifier == "heat-bought" else _ALL)
    heating = {unit: _window(cells, column, place) for unit, column in (("kg", "ncv"), ("m3", "ncv_m3"))}
    return Family(
        id=identifier,
        state=cell_choice(cells, "state", get_args(State), place),
        parts=MappingProxyType(parts),
        whole=MappingProxyType(whole),
        carbon=_window(cells, "carbon", place),
        heating=MappingProxyType({unit: window for unit, window in heating.items() if window is not None}),
        oxidation_least=trillionths(cells["oxidation_least"]),
        co2_most=trillionths(cells["co2_most_per_kg"]) if cells["co2_most_per_kg"] else None,
        biogenic=cell_choice(cells, "biogenic", ("yes", "no"), place) == "yes",
        use=cell_choice(cells, "use", get_args(FuelUse), place),
        status=cell_choice(cells, "status", get_args(Known), place),
        source=cell_words(cells, "source", place),
    )


def _whole(text: str) -> tuple[str, int | None]:
    flow, _, supply = text.partition("=")
    return flow, trillionths(supply) if supply else None


def _window(cells: Mapping[str, str], column: str, place: str) -> FuelWindow | None:
    """Return the window of three columns, None if they are empty."""
    low, usual, high = (cells[name] for name in (f"{column}_low", column, f"{column}_high"))
    if not (low or usual or high):
        return None
    window = FuelWindow(trillionths(low), trillionths(usual), trillionths(high))
    if not window.low <= window.usual <= window.high:
        raise InputError.at(
            "factor.cell", f"{place}, column {column}", value=usual, column=column, expected=f"{low} to {high}"
        )
    return window
