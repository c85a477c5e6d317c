"""The records of `examples/smco-calcium`: calcium reduces samarium oxide into cobalt; magnets, parts, plated parts."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from tests.golden.plant_records import Masses, Run, exact, mass_of, moles, of_formula, solution, times, total

PRODUCER: Final = "did:web:samarium-magnets.example"
SITE: Final = "https://samarium-magnets.example/plants/"
GRID: Final = "CN-ZJ"
PRICES: Final = "assumed: finished goods 90 to 110 USD/kg, swarf 12 USD/kg for its cobalt; no publication was read"
ALLOY: Final[Masses] = {
    "Sm": Fraction("0.345"),
    "Co": Fraction("0.652"),
    "O": Fraction("0.002"),
    "Ca": Fraction("0.001"),
}


def reduction() -> Run:
    run = Run(
        "RED-2026-01", PRODUCER, f"{SITE}reduction", "metallothermic-reduction", ("2026-01-05", "2026-01-30"),
        "Reduction-diffusion (invented plant): calcium takes the oxygen of samarium oxide at 1150 C, samarium goes into\n"
        "cobalt powder, and water washes the lime out. The oxide has no certificate: its factor is a cautious default.",
        mass_key="RE",
    )  # fmt: skip
    made = Fraction(1000)
    samarium = made * ALLOY["Sm"] / Fraction("0.97")
    oxide = run.buy(
        "samarium oxide",
        samarium / of_formula("Sm2O3")["Sm"],
        "placeholders/samarium-oxide.glo",
        of_formula("Sm2O3"),
        "Sm balance, 97 % yield (assumed)",
        basis="weighed",
    )
    run.buy(
        "cobalt powder",
        made * ALLOY["Co"] / Fraction("0.985"),
        "placeholders/cobalt.glo",
        of_formula("Co"),
        "Co balance, 98.5 % yield (assumed)",
        basis="weighed",
    )
    need = moles(times(of_formula("Sm2O3"), oxide), "O")
    calcium = run.buy(
        "calcium granules",
        mass_of("Ca", need) * Fraction("1.3"),
        "placeholders/calcium.glo",
        of_formula("Ca"),
        "Sm2O3 + 3 Ca -> 2 Sm + 3 CaO, 1.3 times (assumed)",
        basis="weighed",
    )
    argon = run.buy(
        "argon",
        made * Fraction("0.3"),
        "placeholders/argon.glo",
        of_formula("Ar"),
        "assumed, 0.3 kg/kg",
        basis="assumed",
    )
    run.buy(
        "hydrochloric acid 30 %",
        made * Fraction("0.08") / Fraction("0.3"),
        "placeholders/hydrochloric-acid.glo",
        solution("HCl", "0.3"),
        "assumed, 0.08 kg HCl/kg, last wash",
        basis="assumed",
        strength="0.3",
    )
    run.water(made * 40, "assumed, 40 kg/kg, slaking and washing")
    run.power(made * 4, GRID, "assumed, 4 kWh/kg: furnace at 1150 C, slaking, vacuum drying; no row", basis="assumed")
    run.put_out("SMA-2026-01", "alloy", made, ALLOY, "SmCo5 alloy powder by reduction-diffusion")
    run.emit("argon to air", "Ar", argon, "inert, vented; no GWP")
    spare = calcium - mass_of("Ca", need)
    run.emit(
        "hydrogen of slaking",
        "H2",
        mass_of("H", 2 * moles({"Ca": spare}, "Ca")),
        "Ca + 2 H2O -> Ca(OH)2 + H2, vented; no GWP",
    )
    lost = {
        "Ca": run.given["Ca"] - run.left["Ca"], "Cl": run.given["Cl"],
        "Sm": run.given["Sm"] - run.left["Sm"], "Co": run.given["Co"] - run.left["Co"],
    }  # fmt: skip
    hydroxide = 2 * moles(lost, "Ca") - moles(lost, "Cl") + 3 * moles(lost, "Sm")
    lost |= {"O": mass_of("O", hydroxide), "H": mass_of("H", hydroxide)}
    run.waste(
        "calcium hydroxide sludge with lost metal",
        lost,
        "to a recycler of cobalt",
        "disposal",
        moisture="0.5",
        factor="placeholders/fluoride-residue-landfill.glo",
    )
    run.balance_water("assumed; wash water is treated and discharged", discharged="30")
    run.leave_out_small("treatment of the wash water", "below 1 % of the result (0.03 m3/kg x 0.9 kg/m3)")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def magnets(before: Run) -> Run:
    run = Run(
        "MAG-2026-02", PRODUCER, f"{SITE}magnets", "magnet-production", ("2026-02-02", "2026-02-27"),
        "SmCo5 magnets (invented plant): jet mill, press, sinter, age. Electricity of milling, pressing and sintering is\n"
        "that of a published inventory for NdFeB, without decrepitation.",
        mass_key="RE", prices=PRICES,
    )  # fmt: skip
    run.take(before, "SMA-2026-01", "1000", km="20")
    made = Fraction(880)
    nitrogen = run.buy(
        "nitrogen",
        made * 2,
        "placeholders/nitrogen.glo",
        of_formula("N2"),
        "assumed, 2 kg/kg, jet mill",
        basis="assumed",
    )
    argon = run.buy(
        "argon",
        made * Fraction("0.1"),
        "placeholders/argon.glo",
        of_formula("Ar"),
        "assumed, 0.1 kg/kg, sintering furnace",
        basis="assumed",
    )
    run.power(
        made * Fraction("5.9202"),
        GRID,
        "process_steps.csv 7, jet mill 2.3166 + press 0.5148 + sinter 3.0888 kWh/kg (BLEECAM)",
    )
    run.power(made * Fraction("0.45"), GRID, "assumed, 0.45 kWh/kg, ageing at 850 C", basis="assumed")
    magnet = {"Sm": Fraction("0.342"), "Co": Fraction("0.6525"), "O": Fraction("0.0045"), "Ca": Fraction("0.001")}
    run.put_out(
        "SM-2026-02",
        "magnet",
        made,
        magnet,
        "SmCo5 magnet blocks, sintered and aged",
        product="smco5-magnet",
        price="90",
        note="price assumed",
    )
    swarf = {"Sm": Fraction("0.35"), "Co": Fraction("0.62"), "O": Fraction("0.03")}
    run.put_out(
        "SW-2026-02",
        "scrap",
        "110",
        swarf,
        "SmCo fines and rejects",
        certify=False,
        price="12",
        note="price assumed, cobalt content",
    )
    run.emit("nitrogen to air", "N2", nitrogen, "inert, vented; no GWP")
    run.emit("argon to air", "Ar", argon, "inert, vented; no GWP")
    run.residue("furnace and filter dust", "to a recycler of cobalt", "recovery")
    run.do_without("hydrogen", "alloy powder goes straight to the jet mill, without decrepitation")
    run.leave_out_small("press lubricant, furnace parts", "below 1 % of mass, assumed below 1 % of the result")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def parts(before: Run) -> Run:
    run = Run(
        "MCH-2026-03", PRODUCER, f"{SITE}magnets", "machining", ("2026-03-02", "2026-03-20"),
        "Machining (invented plant): blocks are sliced and ground to parts; the swarf is sold for its cobalt.",
        mass_key="RE", prices=PRICES,
    )  # fmt: skip
    run.take(before, "SM-2026-02", "800")
    made = Fraction(690)
    run.water(made * 2, "assumed, 2 kg/kg, cooling lubricant make-up")
    run.power(
        made * Fraction("0.6"),
        GRID,
        "assumed, 0.6 kWh/kg, slicing and grinding; half of process_steps.csv 8",
        basis="assumed",
    )
    run.put_out(
        "SP-2026-03",
        "magnet",
        made,
        before.made["SM-2026-02"],
        "SmCo5 parts, ground",
        product="smco5-magnet",
        price="105",
        note="price assumed",
    )
    run.put_out(
        "SW-2026-03",
        "scrap",
        "100",
        before.made["SM-2026-02"],
        "SmCo grinding swarf, dry basis",
        certify=False,
        price="12",
        moisture="0.3",
        note="price assumed, cobalt content",
    )
    run.residue("filter sludge", "to a recycler of cobalt", "recovery", moisture="0.4")
    run.balance_water("assumed; closed loop, no outfall")
    run.do_without("transport-in", "blocks come from the same site; only water is bought")
    run.leave_out_small("grinding wheels, coolant concentrate", "below 1 % of mass, assumed below 1 % of the result")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def plated(before: Run) -> Run:
    run = Run(
        "COA-2026-04", PRODUCER, f"{SITE}plating", "coating", ("2026-04-01", "2026-04-10"),
        "Nickel plating of SmCo5 parts (invented plant): barrel plating, rinse, drying.",
        mass_key="RE",
    )  # fmt: skip
    run.take(before, "SP-2026-03", "600", km="12")
    nickel = Fraction("6.6")
    run.buy(
        "nickel anodes",
        nickel / Fraction("0.95"),
        "materials/nickel-metal.cn.2015",
        of_formula("Ni"),
        "coating mass / 0.95",
    )
    run.water("6000", "assumed, 10 kg/kg, rinsing")
    run.power(
        Fraction(600) * Fraction("1.26"),
        GRID,
        "process_steps.csv 8, machining + coating 1.26 kWh/kg, taken for plating alone",
    )
    bare = times(before.made["SP-2026-03"], Fraction(600) * Fraction("0.998"))
    whole = bare | {"Ni": nickel}
    run.put_out(
        "SN-2026-04",
        "magnet",
        exact(total(whole)),
        times(whole, 1 / total(whole)),
        "SmCo5 parts, nickel-plated",
        product="smco5-magnet",
        coating={"kind": "Ni", "mass": "6.6 kg"},
        note="2 parts in 1,000 rejected (assumed)",
    )
    run.residue("rejects and plating sludge", "to a recycler of nickel and cobalt", "recovery", moisture="0.4")
    run.balance_water("assumed; rinse water is treated and discharged", discharged="5.5")
    run.leave_out_small("plating salts, degreasing, treatment of 5.5 m3 rinse water", "below 1 % of the result")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def runs() -> list[Run]:
    """Return the four runs, each on the one before."""
    alloy = reduction()
    blocks = magnets(alloy)
    cut = parts(blocks)
    return [alloy, blocks, cut, plated(cut)]
