"""The part of a run's total that rests on flagged lines: how much of the figure a flag is about.

Rules: a line counts with its kg CO2e by location, emission or uptake, against the total of the run; every output has
the run's parts. A flag that names no line, such as one about prices, has no part: it is about all of the figure, or
about what is not there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.factors.figures import co2e
from ledger.footprint.lines import FactorUse, electricity_results, factor_uses, line_results, released_mass
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.footprint.inventory import Inventory
    from schemas.inventory import InventoryGroup
    from schemas.vocabulary import Gas

_LINE: Final = re.compile(r"^(materials|fuels|electricity|direct|transport|waste)s?\[([0-9]+)\]")
_PARTS: Final = 10_000
"""A part is told to a hundredth of a percent."""


def names_line(place: str) -> bool:
    """Return whether a place is that of a line."""
    return _LINE.match(place) is not None


def flagged_part(inventory: Inventory, places: Iterable[str]) -> str | None:
    """Return the part of a run's total that rests on the lines at these places, or None if they name none.

    The figures of the run must be known (`Inventory.shared`).
    """
    lines = {(found[1], int(found[2])) for place in places if (found := _LINE.match(place))}
    if not lines or inventory.shared is None:
        return None
    gwp = inventory.tables.gwp.weights[inventory.gwp]
    whole = abs(co2e(inventory.shared.total, gwp).location)
    masses = (each for group in inventory.groups for each in _masses(inventory, group, lines))
    amount = sum(abs(mass) * gwp[gas] for gas, mass in masses)
    return trillionths_text(divide(divide(amount * _PARTS, whole), SCALE) * (SCALE // _PARTS)) if whole else None


def _masses(inventory: Inventory, group: InventoryGroup, lines: set[tuple[str, int]]) -> Iterator[tuple[Gas, int]]:
    """Yield the scaled kg of each gas of those lines of a group that are named."""
    tables, named = inventory.tables, {index for name, index in lines if name == group.group}
    match group.group:
        case "electricity":
            for index in named:
                yield from ((gas, pair.location) for gas, pair in electricity_results(group.lines[index], tables))
        case "direct":
            yield from filter(None, [released_mass(group.lines[index]) for index in named])
        case _:
            flagged = {id(group.lines[index]) for index in named}
            for use in factor_uses(group):
                if id(use.line) in flagged:
                    yield from _results(use, inventory)


def _results(use: FactorUse, inventory: Inventory) -> list[tuple[Gas, int]]:
    if use.value is not None:
        return [(each.gas, trillionths(each.mass_kg)) for each in use.value]
    return line_results(use, inventory.tables.factor(use.factor))
