"""A run's lines of fuel by family and part, with the carbon and the heat in each.

Rules: a line has a family and holds one or several parts of its fuel: CO2, CH4 and N2O, supply
(`ledger.factors.fuels`).  Masses and energies are scaled.  A run computed without the table of fuels has no parts.

This module judges nothing (`ledger.plausibility.combustion`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import CO2_PER_CARBON
from ledger.factors.fuels import parts_of
from ledger.footprint.lines import factor_uses, line_results
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.factors.fuels import Family, FuelPart, FuelTable
    from ledger.factors.tables import FactorTables
    from ledger.footprint.lines import FactorUse
    from schemas.inventory import FuelLine, Fuels
    from schemas.vocabulary import FuelUse

HEATING: Final[tuple[FuelUse, ...]] = ("process-heat", "steam")
"""Uses of a fuel that heat the process; pumps, vehicles, buildings and generators do not."""

SHIPPED: Final = "fuels/"
"""The beginning of the names of the shipped factors of fuels."""

_CARBON_DIOXIDE: Final = frozenset({"CO2-fossil", "CO2-biogenic", "CO2e"})


class FuelPartOf(NamedTuple):
    """A line of fuel with its place, its family (None if nothing tells it) and the parts that it holds."""

    place: str
    line: FuelLine
    use: FactorUse
    family: Family | None
    parts: tuple[FuelPart, ...]

    @property
    def flow(self) -> str:
        """The flow of its factor."""
        return _flow(self.line)

    @property
    def blurred(self) -> bool:
        """Whether its factor holds burning and supply in one, and no shipped table tells them apart."""
        if self.family is None or "supply" not in self.parts or "co2" not in self.parts:
            return False
        return self.family.whole.get(self.flow, 0) is not None and not self.line.factor.startswith(SHIPPED)

    @property
    def shipped(self) -> bool:
        """Whether its carbon is that of a shipped factor, and not told by the plant."""
        told = self.line.value is not None or self.line.carbon_kg is not None
        return self.line.factor.startswith(SHIPPED) and not told

    @property
    def heats(self) -> bool:
        """Whether it heats the process; without a use and a family it does."""
        return (self.line.use or (self.family.use if self.family else "process-heat")) in HEATING

    @property
    def amount(self) -> int:
        """Its amount, scaled, in its own unit."""
        return trillionths(self.line.amount)

    @property
    def burns(self) -> int:
        """The part of its carbon that burns, scaled."""
        return trillionths(self.line.oxidation or "1")


def fuel_parts(fuels: Fuels, table: FuelTable) -> list[FuelPartOf]:
    """Return the lines of fuel with their families and parts, none without a table of fuels."""
    lines = fuels.lines
    if not lines or not table.families:
        return []
    found = []
    for index, use in enumerate(factor_uses(fuels)):
        line = lines[index]
        flow = _flow(line)
        family = table.family(flow, line.fuel)
        parts: tuple[FuelPart, ...] = ("co2",) if family is None else parts_of(family, flow)
        found.append(FuelPartOf(f"fuels[{index}]", line, use, family, parts))
    return found


def _flow(line: FuelLine) -> str:
    return line.factor.partition("/")[2].partition(".")[0]


def burnt_parts(parts: Sequence[FuelPartOf]) -> list[FuelPartOf]:
    """Return the lines that hold the CO2 of a fuel."""
    return [part for part in parts if "co2" in part.parts and part.amount]


def gases_of(part: FuelPartOf, tables: FactorTables) -> Sequence[tuple[str, int]]:
    """Return kg of each gas of a line (scaled), as it counts."""
    if part.line.value is not None:
        return [(item.gas, trillionths(item.mass_kg)) for item in part.line.value]
    return line_results(part.use, tables.factor(part.line.factor))


def carbon_of(part: FuelPartOf, tables: FactorTables) -> int:
    """Return the carbon (scaled kg) in a line of fuel: that of its CO2, as if all of it burnt.

    A producer's own whole row does not say what of it is supply, so all of it counts (`FuelPartOf.blurred`).
    """
    given = sum(mass for gas, mass in gases_of(part, tables) if gas in _CARBON_DIOXIDE)
    if "supply" in part.parts and part.family is not None and not part.blurred:
        supply = part.family.whole.get(part.flow)
        given -= given if supply is None else divide(part.use.amount * supply, part.use.scale)
    if part.burns not in {0, SCALE}:
        given = divide(given * SCALE, part.burns)
    return divide(given * CO2_PER_CARBON.denominator, CO2_PER_CARBON.numerator)
