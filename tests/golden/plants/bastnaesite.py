"""The records of `examples/bastnaesite-us`: pit, mill, hydrochloric leaching and separation at one American site."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from ledger.chemistry.stoichiometry import CO2_PER_CARBON
from tests.golden.plant_records import (
    Masses,
    Run,
    added,
    exact,
    mass_of,
    mixed,
    moles,
    of_formula,
    own_plant,
    oxygen_in,
    solution,
    times,
    total,
)

PRODUCER: Final = "did:web:desert-rare-earths.example"
SITE: Final = "https://desert-rare-earths.example/plants/"
GRID: Final = "US-CA"
PRICES: Final = "USGS Mineral Commodity Summaries 2025, means of 2020 to 2024, or assumed; see the note of each output"
REO: Final = {
    "La2O3": "0.332", "CeO2": "0.491", "Pr6O11": "0.0434", "Nd2O3": "0.1212", "Sm2O3": "0.0082", "Eu2O3": "0.0012",
    "Gd2O3": "0.0020", "Y2O3": "0.0010",
}  # fmt: skip
"""Parts by mass of the rare-earth oxides: assumed, as bastnaesite of California is commonly told."""
RARE: Final[tuple[str, ...]] = ("La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Y")
DISSOLVED: Final = {
    "La": "0.62", "Ce": "0.06", "Pr": "0.60", "Nd": "0.60", "Sm": "0.65", "Eu": "0.70", "Gd": "0.70", "Y": "0.75",
}  # fmt: skip
"""Part of each rare earth that the dilute acid takes from the roasted concentrate: assumed."""
PRICE: Final = {"La": "1.5", "Ce": "1.5", "Pr": "83", "Nd": "83", "Sm": "20", "Eu": "20", "Gd": "20", "Y": "20"}
"""USD for 1 kg of oxide."""
OWN: Final = "own combined heat and power on natural gas, 42 % of its net energy as electricity (assumed)"
ENGINE: Final = own_plant("500 kW", "gas engine GE-1, generator meter")
BLEECAM: Final = "BLEECAM 0.1.0b1 mining_2.xlsx (US rows)"


def mineral(grade: str, gangue: dict[str, str], rest: str) -> Masses:
    """Return ore or concentrate of a grade (REO): REFCO3, gangue, and one mineral that takes the rest."""
    oxides = mixed(REO)
    rare = {element: oxides[element] * Fraction(grade) for element in RARE}
    amount = moles(rare, *RARE)
    parts = added(rare, {"F": mass_of("F", amount), "C": mass_of("C", amount), "O": mass_of("O", 3 * amount)})
    parts = added(parts, mixed(gangue))
    return added(parts, times(of_formula(rest), 1 - total(parts)))


def worth(elements: Masses, payable: str) -> str:
    """Return the price of a mixture: the value of the oxides it holds, as far as it is paid."""
    oxide = {each: of_formula(formula)[each] for formula in REO for each in RARE if each in of_formula(formula)}
    value = sum((elements.get(each, Fraction()) / oxide[each] * Fraction(PRICE[each]) for each in RARE), Fraction())
    return f"{float(round(value * Fraction(payable), 2)):g}"


def mine() -> Run:
    run = Run(
        "MIN-2026-01", PRODUCER, f"{SITE}mine", "mining", ("2026-01-01", "2026-01-31"),
        "Open pit (invented site and amounts): one month, 1 t of waste rock for each t of ore. Explosive and diesel are\n"
        "those of a published inventory. The CO2 of blasting is a direct line, the rest of the ore is mineral.",
    )  # fmt: skip
    ore = mineral("0.08", {"BaSO4": "0.22", "SiO2": "0.10", "Fe2O3": "0.02", "ThO2": "0.0002"}, "CaCO3")
    rock = mixed({"SiO2": "0.66", "Al2O3": "0.16", "CaO": "0.06", "Fe2O3": "0.06", "K2O": "0.04", "Na2O": "0.02"})
    ground = "assumed; ground is free until it is moved, and the diesel moves it"
    run.buy(
        "ore in the pit (8 % REO)",
        "2000000",
        "methods/no-burden.glo",
        ore,
        ground,
        basis="weighed",
        extracted_in="US",
        local=True,
    )
    run.buy(
        "waste rock in the pit",
        "2000000",
        "methods/no-burden.glo",
        rock,
        ground,
        basis="apportioned",
        basis_key="January, by truck loads",
        local=True,
    )
    anfo = run.buy(
        "ANFO explosive", "1000", "materials/explosives-anfo.cn", mixed({"NH4NO3": "0.94", "C12H26": "0.06"}),
        f"{BLEECAM}, Bastanasite Mining, blasting 0.0005 x 2000000 kg ore",
    )  # fmt: skip
    run.burn_diesel(
        Fraction(70000, 43),
        f"{BLEECAM}, Bastanasite Mining, diesel 0.035 x 2000000 kg ore, read as MJ as its data set counts (as kg it "
        "would be 1500 MJ/t); 43 MJ/kg; 10 % of it for the generator",
    )
    run.power(
        "700",
        GRID,
        "own diesel generator, 0.35 kWh/t ore, pumps and light (assumed)",
        basis="metered",
        own=own_plant("20 kW", "generator panel G-1"),
    )
    carbon = anfo * mixed({"C12H26": "0.06"})["C"]
    run.emit(
        "CO2 of blasting", "CO2", carbon * CO2_PER_CARBON, "carbon of the fuel oil in the explosive", gas="CO2-fossil"
    )
    run.emit("N2 of blasting", "N2", anfo * mixed({"NH4NO3": "0.94"})["N"], "nitrogen of the explosive; no GWP")
    run.put_out("ORE-2026-01", "ore", "2000000", ore, "bastnaesite ore, 8 % REO", moisture="0.02")
    run.residue("waste rock", "dump at the pit", "on-site")
    run.leave_out_of_boundary("capital goods, roads, offices")
    return run


def mill(before: Run) -> Run:
    run = Run(
        "BEN-2026-02", PRODUCER, f"{SITE}mill", "beneficiation", ("2026-02-01", "2026-02-28"),
        "Flotation (invented plant): warm pulp, sodium silicate and a fatty acid, concentrate with 60 % REO. Power and\n"
        "steam come from the site's own gas engine.",
    )  # fmt: skip
    made = Fraction(181000)
    run.take(before, "ORE-2026-01", "2000000", moisture="0.02")
    row = f"{BLEECAM}, Bastanasite Beneficiation, {{}} x 181000 kg concentrate"
    run.buy(
        "sodium silicate",
        made * Fraction("0.068"),
        "placeholders/sodium-silicate.glo",
        of_formula("Na2SiO3"),
        row.format("sodium silicate 0.068"),
    )
    run.buy(
        "soda ash",
        made * Fraction("0.032"),
        "materials/soda-ash.cn.2014",
        of_formula("Na2CO3"),
        row.format("chemical, inorganic 0.032") + ", taken as soda ash",
    )
    collector = run.buy(
        "fatty-acid collector (as oleic acid)",
        made * Fraction("0.047"),
        "placeholders/flotation-collector.glo",
        of_formula("C18H34O2"),
        row.format("chemical, organic 0.047"),
    )
    run.water(made * 3, "assumed, 3 kg/kg make-up of some 20 in circulation")
    fuel = run.power(
        made * Fraction("0.333"), GRID, f"{row.format('electricity 0.333')}; {OWN}", basis="metered", own=ENGINE
    )
    run.burn_gas(fuel, f"for the electricity of this run; {OWN}; its heat warms the pulp")
    con = mineral("0.60", {"BaSO4": "0.05", "SiO2": "0.02", "Fe2O3": "0.01", "ThO2": "0.0004"}, "CaCO3")
    run.put_out(
        "CON-2026-02",
        "concentrate",
        made,
        con,
        "bastnaesite concentrate, 60 % REO",
        product="rare-earth-concentrate",
        moisture="0.08",
        note="68 % of the ore's REO (assumed)",
    )
    run.waste(
        "collector on the tailings",
        times(of_formula("C18H34O2"), collector),
        "goes with the tailings",
        "on-site",
        note="all of the collector, its part on the concentrate left out",
    )
    run.residue("tailings", "dry stack", "on-site", carbon=True, moisture="0.15")
    run.balance_water(
        "assumed, 3 kg/kg make-up; water stays in the stacked tailings and the concentrate, the rest "
        "evaporates; no outfall"
    )
    run.leave_out_small("grinding steel and liners", "below 1 % of mass, assumed below 1 % of the result")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def leach(before: Run) -> Run:
    run = Run(
        "HCL-2026-03", PRODUCER, f"{SITE}leach", "hydrochloric-leaching", ("2026-03-01", "2026-03-31"),
        "Oxidising roast and hydrochloric leach (invented plant): at 620 C bastnaesite gives up its CO2 and cerium turns\n"
        "tetravalent. Dilute acid then takes the trivalent rare earths; cerium and the fluoride stay and are sold.",
        prices=PRICES,
    )  # fmt: skip
    taken = Fraction(90000)
    run.take(before, "CON-2026-02", "90000", moisture="0.08")
    con = times(before.made["CON-2026-02"], taken)
    dissolved = {each: con[each] * Fraction(DISSOLVED[each]) for each in RARE}
    chloride = added(dissolved, {"Cl": mass_of("Cl", 3 * moles(dissolved, *RARE))})
    salt = total(chloride)
    impure = added(chloride, times(of_formula("CaCl2"), salt * Fraction("0.02")))
    acid = exact(salt)
    run.buy(
        "hydrochloric acid 30 %",
        acid / Fraction("0.3"),
        "placeholders/hydrochloric-acid.glo",
        solution("HCl", "0.3"),
        f"{BLEECAM}, Bastanasite HCL Digestion, HCl 1 kg without water x {float(round(salt, 1))} kg RE chloride",
        strength="0.3",
    )
    free = moles(times(of_formula("HCl"), acid), "Cl") - 3 * moles(dissolved, *RARE) - 2 * moles(con, "Ca")
    soda = mass_of("Na", free) / of_formula("Na2CO3")["Na"]
    run.buy(
        "soda ash",
        soda,
        "materials/soda-ash.cn.2014",
        of_formula("Na2CO3"),
        f"what the free acid takes; {BLEECAM}, Bastanasite HCL Digestion, has 1 kg/kg, more than there is acid for",
    )
    run.water(salt * 12, "assumed, 12 kg/kg RE chloride for leach and washing")
    heat = taken * Fraction("6.59")
    fuel = run.power(
        taken * Fraction("0.6") * Fraction("0.3"),
        GRID,
        f"0.3 kWh/kg REO (assumed, as case CHAIN-A); {OWN}",
        basis="metered",
        own=ENGINE,
    )
    run.burn_gas(
        heat + fuel, f"{BLEECAM}, Bastanasite Roasting, heat 6.59 MJ x 90000 kg concentrate, and the gas engine; {OWN}"
    )
    run.put_out(
        "RCL-2026-03",
        "mixed-compound",
        total(impure),
        times(impure, 1 / total(impure)),
        "mixed rare-earth chloride in solution, without most cerium",
        product="mixed-rare-earth-chloride",
        moisture="0.6",
        price=worth(times(impure, 1 / total(impure)), "0.65"),
        note="price assumed, 65 % of the value of its oxides (USGS means 2020 to 2024, SEG 20 USD/kg assumed)",
    )
    lime = mass_of("Ca", moles(con, "Ca"))
    kept = {each: con[each] - dissolved.get(each, Fraction()) for each in (*RARE, "F", "Ba", "S", "Si", "Fe", "Th")}
    cake = added(kept, {"O": oxygen_in(kept) + mass_of("O", moles(kept, "Ce") / 2)})
    run.put_out(
        "CEC-2026-03",
        "concentrate",
        total(cake),
        times(cake, 1 / total(cake)),
        "cerium concentrate, roasted, with the fluoride",
        certify=False,
        price=worth(times(cake, 1 / total(cake)), "0.65"),
        moisture="0.1",
        note="price assumed, 65 % of the value of its oxides; holds the thorium of the concentrate",
    )
    brine = {
        "Ca": lime - run.left.get("Ca", Fraction()),
        "Na": run.given["Na"],
        "Cl": run.given["Cl"] - run.left["Cl"],
    }
    run.waste(
        "calcium and sodium chloride of the evaporation pond",
        brine,
        "lined pond",
        "on-site",
        moisture="0.3",
        factor="placeholders/fluoride-residue-landfill.glo",
    )
    run.emit_carbon(
        "CO2 of bastnaesite, calcite and soda ash", "carbon balance of the run; roast, leach and neutralisation"
    )
    run.balance_water("assumed; wash water returns, the pond evaporates, no outfall")
    run.leave_out_small("flocculants, filter cloth", "below 1 % of mass, assumed below 1 % of the result")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def separation(before: Run) -> Run:
    run = Run(
        "SEP-2026-04", PRODUCER, f"{SITE}separation", "separation", ("2026-04-01", "2026-04-30"),
        "Solvent extraction with P507, precipitation and calcination (invented plant): the chloride becomes oxides of\n"
        "praseodymium-neodymium, lanthanum and the middle rare earths. Reagents are those of a published inventory.",
        prices=PRICES,
    )  # fmt: skip
    lot = before.groups["outputs"][0]
    mass = Fraction(lot["mass"].split()[0])
    run.take(before, "RCL-2026-03", lot["mass"].split()[0], moisture="0.6")
    feed = times(before.made["RCL-2026-03"], mass)
    gain = Fraction("0.97")
    cuts = {"PN-2026-04": ("Pr", "Nd"), "LA-2026-04": ("La", "Ce"), "SEG-2026-04": ("Sm", "Eu", "Gd", "Y")}
    formulas = {each: formula for formula in REO for each in RARE if each in of_formula(formula)}
    oxides = {name: {each: feed[each] * gain for each in cut} for name, cut in cuts.items()}
    whole = {
        name: added(
            *[times(of_formula(formulas[each]), held / of_formula(formulas[each])[each]) for each, held in cut.items()]
        )
        for name, cut in oxides.items()
    }
    reo = exact(sum(map(total, whole.values()), Fraction()))
    row = f"{BLEECAM}, Bastanasite SX, {{}} x {float(reo):g} kg REO"
    run.buy(
        "hydrochloric acid 30 %",
        reo * 6,
        "placeholders/hydrochloric-acid.glo",
        solution("HCl", "0.3"),
        row.format("HCl 6") + ", read as kg of 30 % solution, so that acid and base of the row balance",
        strength="0.3",
    )
    run.buy(
        "ammonia (liquid)",
        reo * Fraction("0.6"),
        "materials/ammonia-natural-gas-route.cn.2022",
        of_formula("NH3"),
        row.format("ammonia 0.6") + "; gas route, as American plants have it",
    )
    run.buy(
        "ammonium bicarbonate",
        reo * Fraction("1.6"),
        "placeholders/ammonium-bicarbonate.glo",
        of_formula("NH4HCO3"),
        row.format("ammonium bicarbonate 1.6"),
    )
    run.buy(
        "soda ash",
        reo * Fraction("0.6624"),
        "materials/soda-ash.cn.2014",
        of_formula("Na2CO3"),
        row.format("sodium bicarbonate 1.05") + ", as soda ash of the same sodium",
    )
    solvent = run.buy(
        "kerosene make-up (as C12H26)",
        reo * Fraction("0.02"),
        "placeholders/kerosene-upstream.glo",
        of_formula("C12H26"),
        row.format("kerosene 0.02"),
    )
    extractant = run.buy(
        "P507 make-up (C16H35O3P)",
        reo * Fraction("0.005"),
        "placeholders/p507-extractant.glo",
        of_formula("C16H35O3P"),
        row.format("P2O5 0.005") + ", as P507",
    )
    run.water(reo * Fraction("9.9"), "assumed, as examples/bayan-obo: 56 kg/kg gross, the rest reused")
    fuel = run.power(
        reo * 6,
        GRID,
        row.format("electricity 6") + f"; {OWN}; 0.8 kWh/kg of it for the evaporator",
        basis="metered",
        own=ENGINE,
    )
    run.burn_gas(reo * 8 + fuel, f"calcination 8 MJ/kg REO (assumed, within 5 to 30) and the gas engine; {OWN}")
    words = {
        "PN-2026-04": ("praseodymium-neodymium-oxide", "PrNd oxide", "83", "USGS, mean of Nd2O3 2020 to 2024"),
        "LA-2026-04": ("lanthanum-cerium-oxide", "La-rich LaCe oxide", "1.5", "USGS, La and Ce oxides, mid-range"),
        "SEG-2026-04": ("rare-earth-oxide", "Sm-Eu-Gd oxide", "20", "assumed, as case ALLOC-1"),
    }
    for name, held in whole.items():
        product, description, price, source = words[name]
        run.put_out(
            name,
            "oxide",
            total(held),
            times(held, 1 / total(held)),
            description,
            product=product,
            price=price,
            note=f"price {source}",
            certify=name != "SEG-2026-04",
        )
    nitrogen = run.given["N"]
    run.emit(
        "NH3 to air",
        "NH3",
        mass_of("N", moles({"N": nitrogen}, "N")) * Fraction("0.02") / of_formula("NH3")["N"],
        "2 % of the nitrogen, assumed; no GWP, counted in the balance only",
        basis="assumed",
    )
    salt = of_formula("NH4Cl")
    crystals = (nitrogen - run.left["N"]) * Fraction("0.97") / salt["N"]
    run.put_out(
        "salt SEP-2026-04",
        "by-product",
        crystals,
        salt,
        "recovered ammonium chloride",
        certify=False,
        allocate=False,
        price="0.07",
        note="97 % of the ammonium is crystallised (assumed); price assumed, no credit taken",
    )
    bleed = {"N": run.given["N"] - run.left["N"], "Na": run.given["Na"], "Cl": run.given["Cl"] - run.left["Cl"]}
    bleed["H"] = mass_of("H", 4 * moles(bleed, "N"))
    run.waste(
        "sodium and ammonium chloride of the bleed",
        bleed,
        "lined pond",
        "on-site",
        moisture="0.05",
        factor="placeholders/fluoride-residue-landfill.glo",
    )
    organic = added(times(of_formula("C16H35O3P"), extractant), times(of_formula("C12H26"), solvent / 2))
    run.waste(
        "spent organic phase",
        organic,
        "burnt by a licensed firm",
        "disposal",
        factor="placeholders/fluoride-residue-landfill.glo",
        note="extractant lost and half of the kerosene (assumed)",
    )
    run.residue("raffinate sludge", "returned to the leach", "on-site", moisture="0.4")
    run.emit_carbon(
        "CO2 of bicarbonate, soda ash and lost kerosene",
        "carbon balance of the run; half of the kerosene is lost to air (assumed)",
    )
    run.balance_water(
        "assumed, as examples/bayan-obo; the brine is evaporated, no outfall",
        evaporator=f"{float(exact(reo * 26 / 1000)):g} m3",
        evaporator_electricity=f"{float(exact(reo * Fraction('0.8'))):g} kWh",
    )
    run.leave_out_of_boundary("capital goods, offices")
    return run


def runs() -> list[Run]:
    """Return the four runs, each on the one before."""
    pit = mine()
    con = mill(pit)
    chloride = leach(con)
    return [pit, con, chloride, separation(chloride)]
