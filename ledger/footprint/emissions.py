"""Process emissions, by the method that determined them.

Rules: a method gives one mass, rounded once to 12 places; a line may state it rounded to the milligram (rule X-METHOD).
The carbon of the anodes is their use less butts and dust, times their carbon content.  Carbon in perfluorocarbons
leaves in no other gas, and a part of the rest leaves as CO (IPCC tier 3).  A carbonate gives up all its carbon as CO2;
an oxalate half as CO2 and half as CO, or all as CO2 if it is burnt.  Recovered gas is no emission; it leaves as a
product or a waste.

This module does not judge (`ledger.plausibility.accounting`, `ledger.plausibility.reduction`) or weight gases.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.formula import FORMULAS_KEPT, parse_formula
from ledger.chemistry.stoichiometry import CO2_PER_CARBON, CO_PER_CARBON, mass_ratio
from ledger.footprint.masses import emitted
from schemas.determination import AnodeBalance, Decomposition, Default, Measured, Ratio, Refill, Slope
from schemas.document import replace
from schemas.problem import InputError
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from ledger.factors.tables import FactorTables
    from schemas.inventory import Direct, DirectLine

PFCS: Final = ("CF4", "C2F6", "C3F8")
"""Perfluorocarbons of an electrolysis in a fluoride melt."""

_IN_TURN: Final = ((Slope, Default, Decomposition, Refill), (Ratio,), (AnodeBalance,))
"""Methods in order: first those that depend on no other line, then those that depend on lines before them."""
_CUBE: Final = SCALE**3
_KG_PER_T: Final = 1000
_SUBSTANCE: Final = {"CO2-fossil": "CO2", "CO2-biogenic": "CO2", "CO": "CO"}


def mass_by_method(line: DirectLine, group: Direct, tables: FactorTables) -> int | None:  # noqa: PLR0911 - one for each method
    """Return the mass (scaled kg) by a line's method, or None if the line itself is the finding.

    It is 0 for a gas that the method does not give, and negative if more was taken out than there was.

    Raises:
        MissingError: ``factor.unknown``.
        InputError: as `gas_per_compound`.

    """
    method = line.method
    match method:
        case None | Measured():
            return None
        case Slope():
            product = _product(method.coefficient, method.minutes_per_cell_day, method.metal_kg)
            return divide(product, SCALE * SCALE * _KG_PER_T)
        case Ratio():
            given_off = sum(trillionths(other.mass_kg) for other in group.lines if other.gas == method.to)
            return divide(given_off * trillionths(method.ratio), SCALE)
        case Default():
            each = next((value for gas, value in tables.factor(method.factor).values if gas == line.gas), 0)
            return divide(_product(method.mass_kg, method.strength or "1") * each, SCALE * SCALE)
        case AnodeBalance():
            return _of_anodes(line, group)
        case Decomposition():
            return _of_compound(line, method)
        case Refill():
            return trillionths(method.added_kg) - trillionths(method.removed_kg)


def with_masses(group: Direct, without: Sequence[int], tables: FactorTables) -> Direct:
    """Return a group with masses by method for its lines `without` one; 0 for a negative one, which a rule refuses."""
    for methods in _IN_TURN:
        masses = {
            index: max(0, mass_by_method(group.lines[index], group, tables) or 0)
            for index in without
            if isinstance(group.lines[index].method, methods)
        }
        if masses:
            lines = list(group.lines)
            for index, mass in masses.items():
                lines[index] = replace(lines[index], mass_kg=trillionths_text(mass))
            group = replace(group, lines=tuple(lines))
    return group


def net_anode_carbon(group: Direct) -> int | None:
    """Return the carbon (scaled kg) that the anodes lost to the melt, or None if it is not stated."""
    anodes = group.anodes
    if anodes is None:
        return None if group.anode_carbon_kg is None else trillionths(group.anode_carbon_kg)
    used = trillionths(anodes.used_kg) - trillionths(anodes.butts_kg) - trillionths(anodes.dust_kg)
    return divide(used * trillionths(anodes.carbon), SCALE)


def gas_carbon(group: Direct, gases: tuple[str, ...]) -> int:
    """Return the carbon (scaled kg) in some of the emitted gases."""
    return sum([emitted(line).get("C", 0) for line in group.lines if line.gas in gases])


def _of_anodes(line: DirectLine, group: Direct) -> int:
    if group.anodes is None:
        return 0
    oxidised = (net_anode_carbon(group) or 0) - gas_carbon(group, PFCS)
    as_co = trillionths(group.anodes.as_co)
    match line.gas:
        case "CO2-fossil":
            part, ratio = SCALE - as_co, CO2_PER_CARBON
        case "CO":
            part, ratio = as_co, CO_PER_CARBON
        case _:
            return 0
    return divide(oxidised * part * ratio.numerator, SCALE * ratio.denominator)


def _of_compound(line: DirectLine, method: Decomposition) -> int:
    ratio = gas_per_compound(method.compound, _SUBSTANCE.get(line.gas or "", ""), burnt=method.burnt)
    decomposed = _product(method.mass_kg, method.purity, method.decomposed) * (SCALE - trillionths(method.recovered))
    return divide(decomposed * ratio.numerator, _CUBE * ratio.denominator)


@lru_cache(FORMULAS_KEPT)
def gas_per_compound(compound: str, substance: str, *, burnt: bool) -> Fraction:
    """Return the kg of CO2 or CO (0 of anything else) from 1 kg of a carbonate or oxalate.

    Raises:
        InputError: ``formula.*``; ``formula.no-gas`` for a compound that is neither.

    """
    carbon = parse_formula(compound).count("C")
    oxalate = "C2O4" in compound
    if not oxalate and "CO3" not in compound:
        raise InputError.at("formula.no-gas", value=compound)
    as_co = carbon / 2 if oxalate and not burnt else carbon - carbon
    moles = {"CO2": carbon - as_co, "CO": as_co}.get(substance, carbon - carbon)
    return mass_ratio(substance, compound, moles=moles) if moles else moles


def _product(*amounts: str) -> int:
    product = 1
    for amount in amounts:
        product *= trillionths(amount)
    return product


def formula_text(line: DirectLine, group: Direct) -> str:  # noqa: PLR0911 - one for each method
    """Return the determination of a line's mass, as a formula in words."""
    method = line.method
    match method:
        case None:
            return f"{line.mass_kg} kg {line.substance}"
        case Measured():
            how = "all the time" if method.continuous else "at times"
            return f"measured {how} by {method.monitor}"
        case Slope():
            minutes = f"{method.minutes_per_cell_day} min in a cell and day"
            return f"{method.coefficient} kg/t and min x {minutes} x {method.metal_kg} kg metal / 1000"
        case Ratio():
            return f"{method.ratio} x kg {method.to}"
        case Default():
            strength = f" x {method.strength}" if method.strength else ""
            return f"{method.mass_kg} kg{strength} x {method.factor}"
        case AnodeBalance() if group.anodes:
            each = group.anodes
            net = f"({each.used_kg} used - {each.butts_kg} butts - {each.dust_kg} dust) kg x {each.carbon} C"
            return f"({net} - C in PFC), {each.as_co} of it as CO"
        case AnodeBalance():
            return "no anodes told"
        case Decomposition():
            way = "burnt" if method.burnt else "vented"
            part = f"{method.purity} x {method.decomposed} x (1 - {method.recovered} recovered)"
            return f"{method.mass_kg} kg {method.compound} x {part}, {way}"
        case Refill():
            return f"{method.added_kg} kg filled in - {method.removed_kg} kg taken out"
