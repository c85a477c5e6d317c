"""Validation cases run through the real engine: one adapter for each family, which renames and rescales; each figure is the engine's.

Rules: an adapter takes a case's ``inputs`` and returns an answer in the form of its ``expected``, with exact fractions
for numbers; `compare` tells where the two differ.  Chain cases are per kg and have up to 12 decimals, so they are run
for 10^6 kg.  A family or member that no adapter knows raises `UnsupportedError`, which counts as failed.

What this module does not do: reading files, or judging what it was not asked.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ledger.chemistry.elements import ATOMIC_WEIGHT
from ledger.chemistry.exact import SCALE
from ledger.chemistry.formula import parse_formula
from ledger.chemistry.stoichiometry import mass_ratio, metal_ceiling, of
from ledger.drafting.draft import CUSTODY
from ledger.footprint.allocation import allocate
from ledger.footprint.circular import Circular
from ledger.footprint.engine import Share, Terms, weights_of
from ledger.footprint.quality import BEST, Weighing, gsd2, variance_of
from ledger.holdings.split import check_parts
from schemas.problem import OreprintError
from schemas.quantity import trillionths, trillionths_text
from tests.validation.emissions import combustion, electrolysis
from tests.validation.forgeries import red_team
from tests.validation.power import electricity
from tests.validation.process import process_co2
from tests.validation.published import published
from tests.validation.runs import UNIT, chain, fraction_of, scaled_of
from tests.validation.verdicts import UnsupportedError, first

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ledger.factors.tables import FactorTables

Case: TypeAlias = "Mapping[str, Any]"
Answer: TypeAlias = "Mapping[str, Any]"


def answer(case: Case, tables: FactorTables) -> Answer:
    """Return what the engine says to a case; raise UnsupportedError."""
    family = str(case.get("family"))
    adapter = ADAPTERS.get(family)
    if adapter is None:
        raise UnsupportedError(f"family {family}")
    try:
        return adapter(case["inputs"], tables)
    except (KeyError, TypeError, AttributeError, IndexError, StopIteration) as error:
        raise UnsupportedError(f"{family}: {error}") from error


# -- adapters -----------------------------------------------------------------------------------------------------


def _stoichiometry(inputs: Case, _: FactorTables) -> Answer:
    if "formula" in inputs:
        for element, given in inputs.get("atomic_weights", {}).items():
            if trillionths(given) != ATOMIC_WEIGHT[element]:
                raise UnsupportedError(f"another atomic weight of {element}")
        compound, element = parse_formula(inputs["formula"]), inputs["element"]
        each = mass_ratio(compound.text, element, moles=1 / compound.count(element))
        return {"mass_fraction": compound.mass_fraction(element), "oxide_per_element": each}
    whole = scaled_of(inputs["oxide_kg"])
    charge = {formula: of(whole, Fraction(share)) for formula, share in inputs["composition"].items()}
    most = sum(metal_ceiling(charge).values())
    return {
        "max_metal_kg": fraction_of(most),
        "metal_kg": fraction_of(of(most, Fraction(str(inputs.get("recovery", "1"))))),
    }


def _allocation(inputs: Case, _: FactorTables) -> Answer:
    total = scaled_of(inputs["total_kgCO2e"])
    masses = {name: scaled_of(mass) for name, mass in inputs["outputs_kg"].items()}
    prices = {name: scaled_of(price) for name, price in inputs.get("price_per_kg", {}).items()}
    # In a case every kg counts the same by mass, whatever it is: as kg of one rare earth.
    outputs = [Share(mass, {"Nd": mass}, prices.get(name), allocated=True) for name, mass in masses.items()]
    found: dict[str, Any] = {}
    for method, shared in (("economic", bool(prices)), ("mass", True)):
        if not shared:
            continue
        weights = weights_of(Terms("separation", "AR6", "economic" if method == "economic" else "mass", "RE"), outputs)
        parts = _parts(total, weights)
        found[f"{method}_share"] = dict(zip(masses, _parts(SCALE, weights), strict=True))
        found[f"{method}_kgCO2e_per_kg"] = {
            name: part / fraction_of(mass) for (name, mass), part in zip(masses.items(), parts, strict=True) if mass
        }
        found[f"{method}_kgCO2e"] = dict(zip(masses, parts, strict=True))
        found[f"sum_check_{method}"] = sum(parts)
    return found


def _parts(total: int, weights: tuple[int, ...]) -> list[Fraction]:
    """Return a total shared out, for 10^6 units of it: what is small has as many digits as a case asks for."""
    return [fraction_of(part) / UNIT for part in allocate(total * UNIT, weights)]


def _custody(inputs: Case, _: FactorTables) -> Answer:
    """Return what is left of a batch that others draw on, or the weakest model of custody among inputs."""
    if "upstream" not in inputs:
        return _weakest(inputs)
    made = scaled_of(inputs["upstream"]["kg"])
    drawn = [
        scaled_of(next(value for name, value in item.items() if name.endswith("kg"))) for item in inputs["consumptions"]
    ]
    left = made
    try:
        for mass in drawn:
            if mass != left:  # what is used whole needs no split
                check_parts(left, [mass, left - mass])
            left -= mass
    except OreprintError as error:
        reason = f"sum of consumptions {trillionths_text(sum(drawn))} kg exceeds {trillionths_text(made)} kg issued"
        over = fraction_of(sum(drawn) - made)
        return {"verdict": "reject", "reason": reason, "excess_kg": over, "code": error.code, "rule": ("X-DOUBLE",)}
    return {"verdict": "accept", "left_kg": fraction_of(left), "rule": ("X-DOUBLE",)}


def _weakest(inputs: Case) -> Answer:
    """Return the model of custody that a batch of some inputs has (ISO 22095): what is no model, as book and claim, is no input."""
    items = next(value for value in inputs.values() if isinstance(value, list))
    models = [str(first(item, "model", "custody") if isinstance(item, dict) else item) for item in items]
    spelt = [model.casefold().replace(" ", "-").replace("_", "-") for model in models]
    if unknown := [model for model in spelt if model not in CUSTODY]:
        return {"verdict": "reject", "reason": f"{unknown[0]} is no model of custody of an input"}
    weakest = max(spelt, key=list[str](CUSTODY).index)
    return {"verdict": "accept", **dict.fromkeys(("model", "weakest", "output_model", "custody"), weakest)}


def _uncertainty(inputs: Case, _: FactorTables) -> Answer:
    """Combine uncertainty factors as GSD2: those of a line, or those of the parts of a total by their kg CO2e."""
    if "items" in inputs:
        weighing, total = Weighing(), 0
        for item in inputs["items"]:
            total += scaled_of(item["kgCO2e"])
            weighing.add(scaled_of(item["kgCO2e"]), SCALE, rating=BEST, variance=variance_of([item["GSD2"]]))
        whole = fraction_of(gsd2(trillionths(weighing.quality().variance)))
        return {"total": fraction_of(total), "GSD2_95": whole, "total_GSD2": whole, "GSD2": whole}
    return {"GSD2_95": fraction_of(gsd2(variance_of([inputs["basic_GSD2"], *inputs["indicator_GSD2"]])))}


def _data_quality(inputs: Case, _: FactorTables) -> Answer:
    weighing, total = Weighing(), 0
    for item in inputs["items"]:
        total += scaled_of(item["kgCO2e"])
        weighing.add(scaled_of(item["kgCO2e"]), scaled_of(item["primary"]), rating=BEST, variance=0)
    share = fraction_of(trillionths(weighing.quality().primary_share))
    return {"total": fraction_of(total), "PDS_percent": share * 100}


def _circular(inputs: Case, _: FactorTables) -> Answer:
    given = (scaled_of(inputs[name]) for name in ("Ev", "A", "Qsin_over_Qp"))
    formula, share, recycled = Circular(*given), scaled_of(inputs["R1"]), scaled_of(inputs["Erecycled"])
    return {
        "production_term": fraction_of(formula.production(share, recycled)),
        "cut_off_equivalent": fraction_of(formula.cut_off(share, recycled)),
    }


ADAPTERS: Final[Mapping[str, Callable[[Case, FactorTables], Answer]]] = {
    "stoichiometry": _stoichiometry,
    "combustion": combustion,
    "allocation": _allocation,
    "chain": chain,
    "electricity": electricity,
    "electrolysis": electrolysis,
    "process CO2": process_co2,
    "uncertainty": _uncertainty,
    "data quality": _data_quality,
    "published recompute": published,
    "recycled content": _circular,
    "chain of custody": _custody,
    "red team": red_team,
}
