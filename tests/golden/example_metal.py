"""Further metal runs of the worked example: the figures of one electrolysis per kg of metal, on other oxide.

Rules: what the facts give per kg of metal (power, anode, fluorides, emissions, water) is multiplied by the new net
mass; what follows from the oxide drawn is worked out: the metal keeps the oxide's own ratio of rare earths, what it
does not hold goes to slag, scrubber, anode butts and water, 0.1 % unaccounted as in the facts, and air brings the
oxygen that is missing.  Amounts are rounded to 6 decimals.  Applied to the original run it gives the original figures
(a test says so).
"""

from __future__ import annotations

from copy import deepcopy
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from ledger.chemistry.elements import RARE_EARTHS
from ledger.chemistry.stoichiometry import mass_ratio

GRAIN: Final = Decimal("0.000001")
ACCOUNTED: Final = Decimal("0.999")
CARBON_IN: Final = {"CO2": ("C", "CO2", 1), "CO": ("C", "CO", 1), "CF4": ("C", "CF4", 1), "C2F6": ("C", "C2F6", 2)}
OXYGEN_IN: Final = {"CO2": ("O", "CO2", 2), "CO": ("O", "CO", 1)}
PERIODS: Final[dict[str, str]] = {
    "ME-32": "2026-05-11/2026-05-15",
    "ME-33": "2026-05-16/2026-05-19",
    "ME-34": "2026-05-20/2026-05-24",
    "ME-35": "2026-05-25/2026-05-28",
    "ME-36": "2026-05-29/2026-05-31",
}

Masses = dict[str, Decimal]


def metal_run(model: dict[str, Any], oxide: dict[str, Any], row: dict[str, str]) -> dict[str, Any]:
    """Return the run of one row of the workbook: a lot of metal from one oxide, as intense as `model`."""
    drawn, net = Decimal(row["mass_taken_kg"]), Decimal(row["net_mass_kg"])
    scale = net / Decimal(model["outputs"][0]["mass_kg"])
    run = deepcopy(model)
    run |= {"id": f"ELY-{row['lot']}", "period": PERIODS[row["lot"]], "scaled": True}
    run["inputs"] = [{"lot": row["input"], "mass_kg": text(drawn)}]
    run["net_anode_carbon_kg"] = scaled_text(run["net_anode_carbon_kg"], scale)
    for line in run["uncertified_inputs"]:
        line["mass_kg"] = scaled_text(line["mass_kg"], scale)
        tell_scale(line, net)
    for line in run["direct_emissions"]:
        line["kg"] = scaled_text(line["kg"], scale)
    metal = metal_composition(model["outputs"][0]["composition"], oxide["composition"])
    run["outputs"] = [model["outputs"][0] | {"lot": row["lot"], "mass_kg": text(net), "composition": metal}]
    run["activities"] = activities(model, run, row)
    close(run, {element: Decimal(part) * drawn for element, part in oxide["composition"].items()}, scale)
    return run


def text(number: Decimal) -> str:
    return f"{number.quantize(GRAIN, ROUND_HALF_EVEN):f}"


def scaled_text(amount: str, scale: Decimal) -> str:
    return text(Decimal(amount) * scale)


def tell_scale(line: dict[str, Any], net: Decimal) -> None:
    """Write the new mass of metal into a cited source."""
    line["source"] = dict(line["source"])
    if "basis_amount" in line["source"]:
        line["source"]["basis_amount"] = f"{net}"


def metal_composition(model: dict[str, str], oxide: dict[str, str]) -> dict[str, str]:
    """Return the metal: impurities as in the model, the rest rare earths in the oxide's own ratio; sums to 1."""
    others = {element: Decimal(part) for element, part in model.items() if element not in RARE_EARTHS}
    charged = {element: Decimal(part) for element, part in oxide.items() if element in RARE_EARTHS}
    room, total = 1 - sum(others.values()), sum(charged.values())
    metal = {element: (part * room / total).quantize(GRAIN) for element, part in charged.items()} | others
    main = max(metal, key=lambda element: metal[element])
    metal[main] += 1 - sum(metal.values())
    return {element: f"{metal[element]:f}" for element in sorted(metal, key=lambda each: -metal[each])}


def activities(model: dict[str, Any], run: dict[str, Any], row: dict[str, str]) -> list[dict[str, Any]]:
    """Return power per kg of metal, and transport of the oxide and of what is delivered."""
    power, *oxides, delivered = deepcopy(model["activities"])
    oxide = next(each for each in oxides if each["what"].startswith(row["input"]))
    net = Decimal(row["net_mass_kg"])
    power["amount"] = scaled_text(power["amount"], net / Decimal(model["outputs"][0]["mass_kg"]))
    tell_scale(power, net)
    shipped = sum(Decimal(line["mass_kg"]) for line in run["uncertified_inputs"] if is_delivered(line["material"]))
    for line, mass in ((oxide, Decimal(row["mass_taken_kg"])), (delivered, Decimal(shipped))):
        line["shipped_mass_kg"] = text(mass)
        line["amount"] = text(mass * Decimal(line["distance_km"]) / 1000)
    return [power, oxide, delivered]


def is_delivered(material: str) -> bool:
    return not any(word in material for word in ("water", "air"))


def close(run: dict[str, Any], charged: Masses, scale: Decimal) -> None:
    """Work out slag, scrubber sludge, anode butts, the water that forms and the air that is drawn."""
    metal = {
        element: Decimal(part) * Decimal(run["outputs"][0]["mass_kg"])
        for element, part in run["outputs"][0]["composition"].items()
    }
    brought = {line["material"].split(" ")[0]: masses_of(line) for line in run["uncertified_inputs"]}
    slag, scrubber, butts = run["wastes"]
    left = {element: ACCOUNTED * (mass - metal.get(element, 0)) for element, mass in charged.items()}
    iron = ACCOUNTED * (charged["Fe"] + brought["iron"]["Fe"] - metal["Fe"])
    scaled = {element: Decimal(mass) * scale for element, mass in slag["elements_kg"].items()}
    slag["elements_kg"] = {
        element: text(iron if element == "Fe" else scaled[element] if element in {"F", "Li", "O"} else left[element])
        for element in slag["elements_kg"]
        if element in charged or element in {"F", "Li"}
    }
    scrubber["elements_kg"] = {
        "F": scaled_text(scrubber["elements_kg"]["F"], scale),
        "Cl": text(left["Cl"]),
        "Ca": text(ACCOUNTED * brought["lime"]["Ca"]),
    }
    carbon = charged["C"] + brought["graphite"]["C"] - metal["C"] - emitted(run, CARBON_IN)
    butts["elements_kg"] = {"C": text(ACCOUNTED * carbon)}
    for waste in run["wastes"]:
        waste["mass_kg"] = text(Decimal(sum(map(Decimal, waste["elements_kg"].values()))))
    hydrogen = ACCOUNTED * (charged["H"] + brought["hydrogen"]["H"])
    formed = hydrogen * ratio("H2O", "H", 1) / 2
    bound = metal["O"] + Decimal(slag["elements_kg"]["O"]) + emitted(run, OXYGEN_IN) + formed - hydrogen
    air = bound - charged["O"] - brought["lime"]["O"]
    next(line for line in run["uncertified_inputs"] if "air" in line["material"])["mass_kg"] = text(air)
    balance_water(run["water"], formed, Decimal(scrubber["mass_kg"]), scale)


def masses_of(line: dict[str, Any]) -> Masses:
    return {element: Decimal(part) * Decimal(line["mass_kg"]) for element, part in line["composition"].items()}


def ratio(numerator: str, denominator: str, moles: int) -> Decimal:
    exact = mass_ratio(numerator, denominator, moles=moles)
    return Decimal(exact.numerator) / Decimal(exact.denominator)


def emitted(run: dict[str, Any], parts: dict[str, tuple[str, str, int]]) -> Decimal:
    """Return kg of one element in the gases given off."""
    lines = [line for line in run["direct_emissions"] if line["gas"] in parts]
    return Decimal(sum(Decimal(line["kg"]) * ratio(*parts[line["gas"]]) for line in lines))


def balance_water(water: dict[str, Any], formed: Decimal, sludge: Decimal, scale: Decimal) -> None:
    """Scale the water and let what is left evaporate, so that the balance is exact."""
    for name in ("fresh_m3", "recycled_m3"):
        water[name] = scaled_text(water[name], scale)
    water["formed_m3"] = text(formed / 1000)
    water["in_wastes_m3"] = text(sludge * 2 / 3 / 1000)
    water["evaporated_m3"] = text(
        sum(map(Decimal, (water["fresh_m3"], water["formed_m3"]))) - Decimal(water["in_wastes_m3"])
    )
