"""Validation cases of process CO2: carbonates, oxalates, and the routes by which an oxide is precipitated and calcined.

Rules: as in `tests.validation.adapters`.  A member's unit is in its name (``_t``, ``_kg``); what is told in t is the same number of t.
What this module does not do: arithmetic of its own.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.formula import parse_formula
from ledger.chemistry.stoichiometry import mass_ratio, of
from ledger.footprint.emissions import determined
from schemas.determination import Decomposition, Default
from schemas.inventory import Direct, DirectLine
from schemas.quantity import trillionths_text
from tests.validation.runs import case_tables, fraction_of, scaled_of
from tests.validation.verdicts import UnsupportedError, share_by

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.factors.tables import FactorTables
    from schemas.determination import Determination

Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"

COMPOUND: Final[Mapping[str, str]] = {
    "oxalic_acid_dihydrate": "H2C2O4\u00b72H2O",
    "oxalic_acid": "H2C2O4",
    "limestone": "CaCO3",
    "calcium_carbonate": "CaCO3",
    "calcite": "CaCO3",
    "soda": "Na2CO3",
    "soda_ash": "Na2CO3",
    "sodium_carbonate": "Na2CO3",
    "dolomite": "CaMg(CO3)2",
    "magnesite": "MgCO3",
    "magnesium_carbonate": "MgCO3",
    "sodium_bicarbonate": "NaHCO3",
    "ammonium_bicarbonate": "NH4HCO3",
    "ammonium_carbonate": "(NH4)2CO3",
    "barium_carbonate": "BaCO3",
    "lithium_carbonate": "Li2CO3",
}
"""Compounds as cases name them; any other name is read as a formula."""

GUIDELINE: Final[Mapping[str, str]] = {
    "H2C2O4\u00b72H2O": "materials/oxalic-acid-process-co2.cn",
    "CaCO3": "materials/caco3-process-co2.cn",
    "Na2CO3": "materials/na2co3-process-co2.cn",
}
"""The shipped factor of a compound's process CO2."""

BICARBONATE: Final = "0.5237"
"""kg CO2 for a kg of NaHCO3 by the same guideline, which no table that is shipped has (read beside its stoichiometric value, 0.52388)."""


def process_co2(inputs: Case, tables: FactorTables) -> Answer:
    """Return what compounds give up: by the guideline's factor, by formula, and with all their carbon burnt."""
    if "oxide" in inputs:
        return _carbonate_route(inputs)
    ways = {"guideline": 0, "stoichiometric": 0, "stoichiometric_1mol": 0, "if_CO_burnt_2mol": 0, "CO": 0}
    unit = ""
    for member, value in inputs.items():
        name, _, unit_ = member.rpartition("_")
        if unit_ not in {"t", "kg"} or not name:
            continue
        if unit and unit != unit_:
            raise UnsupportedError(f"process CO2 in {unit} and {unit_}")
        unit = unit_
        compound = COMPOUND.get(name, name)
        found = _given_up(compound, value, share_by(inputs, name, "purity", "fraction"), inputs, tables)
        ways = {way: total + found[way] for way, total in ways.items() if way in found}
    if not unit:
        raise UnsupportedError(f"process CO2: {', '.join(inputs)}")
    told = {way: fraction_of(total) for way, total in ways.items()}
    return {
        f"{unit}CO": told["CO"],
        f"{unit}CO2": told["stoichiometric"],
        f"CO2_{unit}": told["stoichiometric"],
        **{f"{unit}CO2_{way}": value for way, value in told.items()},
    }


def _given_up(compound: str, mass: str, purity: str, inputs: Case, tables: FactorTables) -> dict[str, int]:
    """Return the gas that a mass of a compound gives up, in its unit, by each way to determine it."""

    def by(burnt: bool, gas: str = "CO2-fossil") -> int:
        method = Decomposition(
            by="decomposition",
            compound=compound,
            mass_kg=trillionths_text(scaled_of(mass)),
            purity=purity,
            decomposed=share_by(inputs, "", "decomposed", "conversion", "calcination_degree"),
            burnt=burnt,
            recovered=share_by(inputs, "", "recovered", "recovery", default="0"),
        )
        return determined(_nothing(gas, method), Direct(group="direct", lines=()), tables) or 0

    vented = by(burnt=False)
    default = GUIDELINE.get(compound)
    if compound == "NaHCO3":
        default, tables = (
            "case/guideline",
            case_tables({"guideline": (("CO2-fossil", scaled_of(BICARBONATE)),)}, {}, tables),
        )
    guideline = {"guideline": _by_default(default, mass, purity, tables)} if default else {}
    return guideline | {
        "stoichiometric": vented,
        "stoichiometric_1mol": vented,
        "if_CO_burnt_2mol": by(burnt=True),
        "CO": by(burnt=False, gas="CO"),
    }


def _nothing(gas: Any, method: Determination) -> DirectLine:  # noqa: ANN401 - the gas of a case
    """Return a line whose mass its method is to give."""
    return DirectLine(name=gas, basis="metered", substance=gas, gas=gas, mass_kg="0", method=method)


def _by_default(factor: str, mass: str, purity: str, tables: FactorTables) -> int:
    method = Default(by="default", factor=factor, mass_kg=trillionths_text(scaled_of(mass)), strength=purity)
    return determined(_nothing("CO2-fossil", method), Direct(group="direct", lines=()), tables) or 0


def _carbonate_route(inputs: Case) -> Answer:
    """2 RECl3 + 6 NH4HCO3 -> RE2(CO3)3 + 6 NH4Cl + 3 CO2 + 3 H2O; RE2(CO3)3 -> RE2O3 + 3 CO2; the same by oxalate."""
    oxide = inputs["oxide"]
    mass = scaled_of(inputs["oxide_kg"]) if "oxide_kg" in inputs else scaled_of(inputs["oxide_t"]) * 1000
    atoms = sum(count for element, count in parse_formula(oxide).atoms if element in RARE_EARTHS)

    def each(compound: str, moles: Fraction) -> Fraction:
        return fraction_of(of(mass, mass_ratio(compound, oxide, moles=atoms * moles)))

    half = Fraction(3, 2)
    return {
        "CO2_calcination_kg": each("CO2", half),
        "CO2_precipitation_kg": each("CO2", half),
        "CO2_total_kg": each("CO2", 2 * half),
        "NH4HCO3_stoich_kg": each("NH4HCO3", 2 * half),
        "NH4Cl_kg": each("NH4Cl", 2 * half),
        "Na2CO3_stoich_kg": each("Na2CO3", half),
        "oxalic_acid_dihydrate_stoich_kg": each("H2C2O4\u00b72H2O", half),
        "CO2_oxalate_kg": each("CO2", half),
        "CO_oxalate_kg": each("CO", half),
        "CO2_oxalate_if_CO_burnt_kg": each("CO2", 2 * half),
    }
