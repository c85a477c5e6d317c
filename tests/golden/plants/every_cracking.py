"""The records of `examples/every-product` for cracking and leaching."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tests.golden.plant_records import Run, added, mass_of, mixed, moles, of_formula, solution, times, total
from tests.golden.plants.shop import (
    BICARBONATE,
    CAUSTIC,
    LIME,
    LINES,
    PRICES,
    SODA,
    acid,
    as_oxide,
    as_salt,
    begin,
    brine,
    buy,
    close,
    feed,
    parts,
    power,
    rare_earths,
)

if TYPE_CHECKING:
    pass


def cracked(run: Run, cerium: bool, lots: tuple[str, str], dissolve: Fraction, base: str) -> None:
    """Turn what acid dissolved into carbonate, and a fifth of it into chloride."""
    rare = {each: mass * Fraction("0.93") for each, mass in rare_earths(run.given).items() if cerium or each != "Ce"}
    part = {"carbonate": times(rare, Fraction("0.8")), "chloride": times(rare, Fraction("0.2"))}
    amount = moles(part["carbonate"], *rare)
    factor, formula, note = (SODA, "Na2CO3", "1.5 for each RE3+, 10 % spare") if base == "soda" else (
        BICARBONATE, "NH4HCO3", "3 for each RE3+, 10 % spare")  # fmt: skip
    each = Fraction("1.65") if base == "soda" else Fraction("3.3")
    mass = mass_of("C", amount * each) / of_formula(formula)["C"]
    buy(run, "soda ash" if base == "soda" else "ammonium bicarbonate", mass, formula, factor, note)
    acid(
        run, moles(part["chloride"], *rare) * dissolve, "3 HCl for each RE3+ of the chloride, and what the leach takes"
    )
    for (becomes, held), lot in zip(part.items(), lots, strict=True):
        whole = as_salt(held, becomes)
        price = (
            {"carbonate": "6.5", "chloride": "6.2"}[becomes]
            if cerium
            else {"carbonate": "11", "chloride": "10.5"}[becomes]
        )
        run.put_out(
            lot, "mixed-compound", total(whole), times(whole, 1 / total(whole)), f"mixed rare-earth {becomes}",
            product=f"mixed-rare-earth-{becomes}", price=price, moisture="0.5" if becomes == "chloride" else "0.2",
            note="price assumed, a half to two thirds of the value of its oxides (USGS means 2020 to 2024)",
        )  # fmt: skip


BASTNAESITE: Final = mixed({
    "LaCO3F": "0.24", "CeCO3F": "0.39", "PrCO3F": "0.04", "NdCO3F": "0.13", "CaF2": "0.05", "BaSO4": "0.04", "Fe2O3": "0.05", "SiO2": "0.06",
})  # fmt: skip
MONAZITE: Final = mixed({
    "LaPO4": "0.22", "CePO4": "0.45", "PrPO4": "0.05", "NdPO4": "0.17", "SmPO4": "0.03", "GdPO4": "0.02", "SiO2": "0.03", "ThO2": "0.03",
})  # fmt: skip


def roasted() -> Run:
    run = begin(
        "acid-roasting", "ROAST", "hydromet",
        "Sulphuric-acid roasting (invented plant): bought concentrate is roasted with acid at 300 C and leached with water;\n"
        "magnesia takes iron and phosphorus out, soda precipitates. A part is dissolved again and sold as chloride.", priced=PRICES,
    )  # fmt: skip
    ore = added(times(BASTNAESITE, Fraction("0.7")), times(MONAZITE, Fraction("0.3")))
    taken = feed(run, "bastnaesite-monazite concentrate", 20000, ore)
    strong = taken * Fraction("1.1")
    run.buy("sulphuric acid 98 %", strong / Fraction("0.98"), "placeholders/sulphuric-acid.glo", solution("H2SO4", "0.98"),
            "1.1 kg/kg concentrate; 1.2 to 1.7 is told (from memory)", basis="weighed", strength="0.98")  # fmt: skip
    buy(
        run,
        "magnesia",
        taken * Fraction("0.08"),
        "MgO",
        "materials/magnesia-light-burnt-gas.cn.2020",
        "neutralises the leach liquor (assumed)",
    )
    buy(run, "lime of the scrubber", mass_of("Ca", moles(run.given, "F") / 2) / of_formula("CaO")["Ca"], "CaO", LIME,
        "CaF2 of the fluorine that leaves the kiln")  # fmt: skip
    run.water(taken * 12, "assumed, 12 kg/kg concentrate, leach and washing")
    cracked(run, cerium=True, lots=("RC-2026-07", "CL-2026-07"), dissolve=Fraction("3.2"), base="soda")
    power(run, taken * Fraction("0.6"), "0.9", f"{LINES}: for a kg REO")
    run.burn_gas(taken * Fraction("0.8") * 16, f"{LINES}: 16.5 MJ/kg RE chloride eq., here 16", basis="metered")
    run.emit_carbon("CO2 of bastnaesite and soda ash", "carbon balance of the run")
    brine(run, "sodium sulphate and chloride liquor")
    close(run, "leach residue, gypsum, scrubber sludge", "tailings dam for residues with thorium", "on-site",
          small="flocculant, filter cloth", moisture="0.4", waste_class="radioactive")  # fmt: skip
    return run


def hydrochloric() -> Run:
    run = begin(
        "hydrochloric-leaching", "HCL-LEACH", "hydromet",
        "Oxidising roast and hydrochloric leach of bastnaesite (invented plant): cerium stays behind as dioxide and is sold\n"
        "as a concentrate; the liquor becomes carbonate and chloride.", priced=PRICES,
    )  # fmt: skip
    taken = feed(run, "bastnaesite concentrate", 20000, BASTNAESITE)
    rare = {each: mass for each, mass in rare_earths(run.given).items() if each != "Ce"}
    acid(
        run, moles(rare, *rare) * Fraction("3.6"), f"{LINES}: 3.3 to 6.7 HCl for each RE3+ dissolved, with the calcite"
    )
    buy(run, "lime of the scrubber", mass_of("Ca", moles(run.given, "F") * Fraction("0.3")) / of_formula("CaO")["Ca"], "CaO", LIME,
        "CaF2 of the fluorine that leaves the roast (assumed)")  # fmt: skip
    run.water(taken * 8, "assumed, 8 kg/kg concentrate")
    cracked(run, cerium=False, lots=("RC-2026-08", "CL-2026-08"), dissolve=Fraction("0.2"), base="soda")
    power(run, taken * Fraction("0.6"), "0.3", f"{LINES}: for a kg REO of the feed")
    run.burn_gas(taken * Fraction("6.59"), "published inventory: 6.59 MJ/kg concentrate, roast", basis="metered")
    dioxide = times(of_formula("CeO2"), run.given["Ce"] / of_formula("CeO2")["Ce"])
    kept = {"F": run.given["F"] / 2, "Si": run.given["Si"] / 2}
    cake = added(dioxide, kept)
    run.put_out("CC-2026-08", "concentrate", total(cake), times(cake, 1 / total(cake)), "cerium concentrate, roasted",
                certify=False, price="0.7", note="price assumed, 60 % of the value of its oxide")  # fmt: skip
    run.emit_carbon("CO2 of bastnaesite and soda ash", "carbon balance of the run")
    brine(run, "sodium and calcium chloride liquor")
    close(run, "leach residue", "tailings dam", "on-site", small="flocculant, filter cloth", moisture="0.4")
    return run


def alkaline() -> Run:
    run = begin(
        "alkaline-cracking", "ALKALI", "hydromet",
        "Alkaline cracking of monazite (invented plant): hot caustic soda, washing out of the phosphate, hydrochloric leach\n"
        "at a pH that leaves thorium behind; carbonate, and a part as chloride.", priced=PRICES,
    )  # fmt: skip
    taken = feed(run, "monazite concentrate", 10000, MONAZITE)
    buy(
        run,
        "caustic soda, as NaOH",
        taken * Fraction("0.8"),
        "NaOH",
        CAUSTIC,
        "0.6 to 1.5 kg/kg concentrate (from memory), told by its content",
    )
    rare = rare_earths(run.given)
    acid(run, moles(rare, *rare) * Fraction("3.2"), "RE(OH)3 takes 3 HCl")
    run.water(taken * 12, "assumed, 12 kg/kg concentrate, washing of the hydroxide")
    cracked(run, cerium=True, lots=("RC-2026-09", "CL-2026-09"), dissolve=Fraction("0.1"), base="soda")
    power(run, taken * Fraction("0.6"), "0.6", "mill, filters, pumps (assumed), for a kg REO")
    run.burn_gas(taken * 6, "assumed, 6 MJ/kg, digestion at 140 C and evaporation of the phosphate", basis="metered")
    phosphate = run.given["P"] * Fraction("0.95")
    salt = times(of_formula("Na3PO4"), phosphate / of_formula("Na3PO4")["P"])
    run.put_out("phosphate ALKALI", "by-product", total(salt), of_formula("Na3PO4"), "trisodium phosphate", certify=False, allocate=False,
                price="0.5", note="price assumed; no credit taken", moisture="0.55")  # fmt: skip
    run.emit_carbon("CO2 of soda ash", "carbon balance of the run")
    brine(run, "sodium chloride liquor")
    close(
        run,
        "thorium cake",
        "licensed store",
        "on-site",
        small="flocculant, filter cloth",
        moisture="0.4",
        waste_class="radioactive",
    )
    return run


def leached_clay() -> Run:
    run = begin(
        "in-situ-leaching", "CLAY", "hydromet",
        "Ion-adsorption clay leached in the hill with magnesium sulphate (invented plant): lime takes aluminium out, soda\n"
        "precipitates a carbonate that is sold wet; nothing is calcined and no ammonium is used.",
    )  # fmt: skip
    clay = parts(O="0.55", Si="0.29", Al="0.12", Fe="0.0385", Y="0.0004", La="0.0003", Nd="0.0003", Gd="0.0001", Dy="0.00008", Pr="0.00007",
                 Sm="0.00007", Ce="0.00005", Tb="0.00001")  # fmt: skip
    hill = run.buy("clay in the hill", Fraction(8_000_000), "methods/no-burden.glo", clay, "surveyed; the ground is not moved",
                   basis="assumed", extracted_in="CN", local=True, places=8)  # fmt: skip
    held = {each: mass * Fraction("0.75") for each, mass in rare_earths(run.given).items()}
    amount = moles(held, *held)
    salt = mass_of("Mg", amount * 9) / of_formula("MgSO4")["Mg"]
    buy(
        run,
        "magnesium sulphate",
        salt,
        "MgSO4",
        "placeholders/magnesium-sulphate.glo",
        f"{LINES}: 18 mol charge/mol RE (6 to 60)",
        strength="1",
    )
    buy(run, "lime", salt * Fraction("0.05"), "CaO", LIME, "takes aluminium out of the liquor (assumed)")
    buy(
        run,
        "soda ash",
        mass_of("Na", amount * 4) / of_formula("Na2CO3")["Na"],
        "Na2CO3",
        SODA,
        "1.5 for each RE3+, a third spare",
    )
    run.water(salt * 20, "assumed, liquor of 5 % salt")
    whole = as_salt(held, "carbonate")
    reo = total(as_oxide(held))
    power(run, reo, "2.92", f"{LINES}, published inventory: injection and pumps")
    run.burn_diesel(reo * Fraction("0.1"), f"{LINES}: 0.1 kg/kg REO, drills and vehicles")
    run.put_out("RC-2026-10", "mixed-compound", total(whole), times(whole, 1 / total(whole)), "mixed carbonate of ion clay, wet",
                product="mixed-rare-earth-carbonate", moisture="0.3")  # fmt: skip
    run.emit_carbon("CO2 of soda ash", "carbon balance of the run")
    left = {each: run.given[each] - run.left.get(each, Fraction()) for each in ("Na", "Mg", "S", "Ca")}
    left["O"] = mass_of("O", 4 * moles(left, "S"))
    run.waste(
        "salts that stay in the hill",
        left,
        "washed down with water, wells are watched",
        "on-site",
        waste_class="in-place",
    )
    rest = {
        each: mass - run.left.get(each, Fraction()) for each, mass in run.given.items() if each in clay and each != "O"
    }
    rest["O"] = hill * clay["O"]
    run.waste("leached clay in the hill", rest, "stays where it is", "on-site", waste_class="in-place")
    run.balance_water("assumed; the liquor is used again, the rest stays in the hill")
    run.leave_out_small("wells, pipes of plastic", "below 1 % of the result (assumed)")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def chlorinated() -> Run:
    run = begin(
        "chlorination",
        "CHLORINE",
        "hydromet",
        "Carbochlorination (invented plant): briquettes of bought monazite and coke in a shaft furnace at 1000 C; chlorine\n"
        "takes the rare earths as a melt of dry chloride, phosphorus leaves as chloride and is washed out with lime.",
    )
    taken = feed(run, "monazite concentrate", 10000, MONAZITE)
    rare = {each: mass * Fraction("0.94") for each, mass in rare_earths(run.given).items()}
    need = mass_of("Cl", 3 * moles(rare, *rare) + 3 * moles(run.given, "P") / 2) * Fraction("1.03")
    run.buy(
        "chlorine", need, "placeholders/hydrochloric-acid.glo", of_formula("Cl2"),
        "3 Cl for each RE3+, and for the phosphorus, 3 % spare; no row ships, so hydrochloric acid stands for it", basis="weighed",
        strength="1", proxy_for="chlorine",
    )  # fmt: skip
    carbon = mass_of("C", 2 * moles(rare, *rare))
    buy(
        run,
        "coke, as carbon",
        carbon,
        "C",
        "materials/carbon-anode.cn.2013",
        "1.5 C for each RE3+, a third spare (assumed)",
    )
    buy(run, "lime of the scrubber", mass_of("Ca", 2 * moles(run.given, "P")) / of_formula("CaO")["Ca"], "CaO", LIME,
        "binds phosphorus and chlorine of the off-gas")  # fmt: skip
    run.water(taken * 4, "assumed, 4 kg/kg, scrubber")
    whole = as_salt(rare, "chloride")
    power(run, total(as_oxide(rare)), "1", f"{LINES}: 0.5 to 2, blowers, briquetting, scrubber")
    run.burn_gas(
        total(whole) * 5, f"{LINES}: 2 to 15 MJ/kg chloride, drying and heating up (set there)", basis="metered"
    )
    run.put_out("CL-2026-90", "mixed-compound", total(whole), times(whole, 1 / total(whole)), "mixed rare-earth chloride, dry",
                product="mixed-rare-earth-chloride")  # fmt: skip
    run.emit_carbon("CO2 of the coke, CO burnt", "carbon balance of the run")
    close(run, "scrubber sludge and furnace residue with thorium", "licensed store", "on-site", small="briquette binder", moisture="0.5",
          waste_class="radioactive")  # fmt: skip
    return run


def runs() -> list[Run]:
    """Return the runs, each alone."""
    return [roasted(), hydrochloric(), alkaline(), leached_clay(), chlorinated()]
