"""The records of `examples/further-steps`: steps that no chain of the examples has, each complete for itself."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from tests.golden.plant_records import (
    Masses,
    Run,
    added,
    exact,
    mass_of,
    mixed,
    moles,
    of_formula,
    solution,
    times,
    total,
)

PRODUCER: Final = "did:web:further-steps.example"
SITE: Final = "https://further-steps.example/plants/"
GRID: Final = "CN-GD"
LIGHT: Final = {
    "CePO4": "0.46",
    "LaPO4": "0.23",
    "NdPO4": "0.18",
    "PrPO4": "0.05",
    "SmPO4": "0.03",
    "GdPO4": "0.02",
    "YPO4": "0.03",
}
"""Monazite without thorium, parts by mass: assumed, as light monazite is commonly told."""
RARE: Final[tuple[str, ...]] = ("La", "Ce", "Pr", "Nd", "Sm", "Gd", "Y")
MAGNET: Final[Masses] = {
    "Fe": Fraction("0.652"), "Nd": Fraction("0.232"), "Pr": Fraction("0.060"), "Dy": Fraction("0.020"), "B": Fraction("0.0098"),
    "Co": Fraction("0.0102"), "Al": Fraction("0.003"), "Cu": Fraction("0.002"), "O": Fraction("0.008"), "C": Fraction("0.001"),
    "Ni": Fraction("0.002"),
}  # fmt: skip


def _monazite(thoria: str) -> Masses:
    rest = 1 - Fraction(thoria)
    return added(times(mixed(LIGHT), rest), times(of_formula("ThO2"), Fraction(thoria)))


def sands() -> Run:
    run = Run(
        "HMS-2026-01", PRODUCER, f"{SITE}sands", "beneficiation", ("2026-01-05", "2026-01-31"),
        "Heavy mineral sands (invented plant): spirals, magnets and electrostatic drums take monazite from a sand whose\n"
        "ilmenite and zircon others sell. No flotation reagent.",
    )  # fmt: skip
    feed = Fraction(110000)
    ore = added(times(_monazite("0.05"), Fraction("0.04")), mixed({"FeTiO3": "0.55", "ZrSiO4": "0.25", "SiO2": "0.16"}))
    run.buy(
        "heavy mineral sand (4 % monazite)",
        feed,
        "placeholders/iron-ore-tailings-rare-earth.glo",
        ore,
        "weighed; factor of tailings as a proxy for dredged sand",
        basis="weighed",
        extracted_in="CN",
        local=True,
    )
    made = Fraction(4300)
    run.power(feed * Fraction("0.01"), GRID, "assumed, 0.01 kWh/kg sand, pumps, magnets, drums", basis="assumed")
    run.burn_gas(feed * Fraction("0.05"), "assumed, 0.05 MJ/kg sand, drying before the drums", basis="assumed")
    con = added(times(_monazite("0.05"), Fraction("0.96")), mixed({"ZrSiO4": "0.02", "FeTiO3": "0.02"}))
    run.put_out("MZ-2026-01", "concentrate", made, con, "monazite concentrate", product="rare-earth-concentrate")
    run.residue("ilmenite, zircon and quartz", "sold apart by the owner of the sand, without burden here", "recovery")
    run.do_without("flotation-reagent", "gravity, magnetic and electrostatic separation, no flotation")
    run.do_without("transport-in", "the sand is dredged at the plant")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def cracking(before: Run) -> Run:
    run = Run(
        "ALK-2026-02", PRODUCER, f"{SITE}cracking", "alkaline-cracking", ("2026-02-02", "2026-02-27"),
        "Alkaline cracking of monazite (invented plant): hot caustic soda turns the phosphate into hydroxide, dilute acid\n"
        "dissolves the rare earths, and thorium stays in a cake that is stored.",
    )  # fmt: skip
    taken = Fraction(4000)
    run.take(before, "MZ-2026-01", "4000", km="60")
    con = times(before.made["MZ-2026-01"], taken)
    alkali = exact(taken * Fraction("0.9"))
    run.buy(
        "caustic soda, NaOH of a 50 % lye",
        alkali,
        "materials/sodium-hydroxide.cn.2015",
        of_formula("NaOH"),
        "process_steps.csv 3, alkali cracking, NaOH 0.6 to 1.5, here 0.9 x 4000 kg concentrate (from memory); the lye is "
        "told by its content, as the factor stands for NaOH",
        basis="assumed",
    )
    run.water(alkali, "water of the 50 % lye, as much as its NaOH")
    dissolved = {each: con[each] * Fraction("0.95") for each in RARE}
    chloride = added(dissolved, {"Cl": mass_of("Cl", 3 * moles(dissolved, *RARE))})
    acid = mass_of("Cl", 3 * moles(dissolved, *RARE)) / of_formula("HCl")["Cl"] * Fraction("1.05")
    run.buy(
        "hydrochloric acid 30 %",
        acid / Fraction("0.3"),
        "placeholders/hydrochloric-acid.glo",
        solution("HCl", "0.3"),
        "RE(OH)3 + 3 HCl, 1.05 times (assumed)",
        strength="0.3",
    )
    run.water(taken * 8, "assumed, 8 kg/kg, washing of the hydroxide")
    run.power(taken * Fraction("0.4"), GRID, "assumed, 0.4 kWh/kg, mill, filters, pumps", basis="assumed")
    run.burn_gas(
        taken * 6, "assumed, 6 MJ/kg, digestion at 140 C and evaporation of the phosphate liquor", basis="assumed"
    )
    salt = total(chloride)
    run.put_out(
        "MC-2026-02",
        "mixed-compound",
        salt,
        times(chloride, 1 / salt),
        "mixed rare-earth chloride in solution",
        product="mixed-rare-earth-chloride",
        moisture="0.6",
    )
    phosphate = exact(con["P"] * Fraction("0.97") / of_formula("Na3PO4")["P"])
    run.put_out(
        "phosphate ALK-2026-02",
        "by-product",
        phosphate,
        of_formula("Na3PO4"),
        "trisodium phosphate",
        certify=False,
        allocate=False,
        price="0.5",
        note="price assumed; no credit taken",
    )
    brine = {"Cl": run.given["Cl"] - run.left["Cl"], "Na": run.given["Na"] - run.left["Na"]}
    rest = moles(brine, "Na") - moles(brine, "Cl")
    brine["O"], brine["H"] = mass_of("O", rest), mass_of("H", rest)
    run.waste("sodium chloride and spent caustic", brine, "evaporated, sold as salt liquor", "recovery", moisture="0.5")
    run.residue(
        "thorium and zirconium cake",
        "licensed store",
        "on-site",
        moisture="0.3",
        waste_class="radioactive",
        factor="placeholders/fluoride-residue-landfill.glo",
    )
    run.balance_water("assumed; washings are evaporated with the phosphate, no outfall")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def decrepitation() -> Run:
    run = Run(
        "HDR-2026-01", PRODUCER, f"{SITE}recycling", "hydrogen-recycling", ("2026-01-05", "2026-01-30"),
        "Hydrogen processing of magnet scrap (invented plant): magnets of old motors are stripped of their coating,\n"
        "fall to powder in hydrogen and are degassed and sieved into two lots.",
        mass_key="RE", prices="assumed; both lots have one price, no publication was read",
    )  # fmt: skip
    run.buy(
        "end-of-life magnets, post-consumer",
        "1000",
        "methods/scrap-cut-off.glo",
        MAGNET,
        "weighed",
        basis="weighed",
        recycled="post-consumer",
        local=True,
    )
    hydrogen = run.buy(
        "hydrogen",
        "4.7",
        "materials/hydrogen-grey-smr.cn.2023",
        of_formula("H2"),
        "0.0047 kg/kg by Nd2Fe14BH5; process_steps.csv 7 has 0.0055",
    )
    argon = run.buy("argon", "50", "placeholders/argon.glo", of_formula("Ar"), "assumed, 0.05 kg/kg", basis="assumed")
    run.power("1800", GRID, "process_steps.csv 10, 1 to 3 kWh/kg (from memory), 1.8 x 1000 kg", basis="assumed")
    run.journey("road, collection of magnets", Fraction(1000), "400", "assumed")
    powder = {element: part for element, part in MAGNET.items() if element != "Ni"}
    for lot, words, mass in (("HP-2026-01", "coarse", "565"), ("HQ-2026-01", "fine", "400")):
        run.put_out(
            lot,
            "powder",
            mass,
            times(powder, 1 / total(powder)),
            f"NdFeB powder, degassed, {words}",
            product="ndfeb-powder",
            price="35",
            note="price assumed",
        )
    run.emit("hydrogen burnt at the flare, as water vapour", "H2", hydrogen, "burnt to water; no GWP")
    run.emit("argon to air", "Ar", argon, "inert, vented; no GWP")
    run.residue("coating flakes and fines", "to a nickel smelter", "recovery", carbon=True)
    run.leave_out("dismantling of the motors", "by the scrap dealer, before this gate; no figure is known", "open")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def blend(before: Run) -> Run:
    run = Run(
        "BLD-2026-02", PRODUCER, f"{SITE}blending", "blending", ("2026-02-02", "2026-02-04"),
        "Blending (invented plant): two lots of one powder become one lot. Nothing is made, so a tumbler's electricity is all.",
        mass_key="RE",
    )  # fmt: skip
    run.take(before, "HP-2026-01", "300", km="15")
    run.take(before, "HQ-2026-01", "300", km="15")
    run.power("12", GRID, "assumed, 0.02 kWh/kg, tumbler", basis="assumed")
    run.put_out("HB-2026-02", "powder", "600", before.made["HP-2026-01"], "NdFeB powder, blended")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def runs() -> list[Run]:
    """Return the runs."""
    monazite, powder = sands(), decrepitation()
    return [monazite, cracking(monazite), powder, blend(powder)]
