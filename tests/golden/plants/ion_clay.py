"""The record of `examples/ion-clay-magnesium`: magnesium sulphate in the ground, magnesium bicarbonate in the tank."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from schemas.door import parse_document
from schemas.record import ProductionRecord
from tests.golden.make_example import EXAMPLE
from tests.golden.plant_records import Masses, Run, exact, of_formula, solution, times

PRODUCER: Final = "did:web:magnesia-clay.example"
MADE: Final = Fraction(1000)
ROW: Final = "process_steps.csv, 2 ion-clay in-situ leach (BLEECAM, CN rows)"


def _sibling() -> ProductionRecord:
    """Return the record of the ammonium route, whose clay and oxide are the same."""
    return parse_document(ProductionRecord, (EXAMPLE / "07-ICL-2026-01.yaml").read_bytes(), media="yaml")


def _fractions(composition: dict[str, str]) -> Masses:
    return {element: Fraction(part) for element, part in composition.items()}


def runs() -> list[Run]:
    """Return the one run."""
    sibling = _sibling()
    run = Run(
        "IMG-2026-01", PRODUCER, "https://magnesia-clay.example/sites/1", "in-situ-leaching", ("2026-01-01", "2026-01-31"),
        "In-situ leaching of ion-adsorption clay with magnesium sulphate (invented site and amounts). The precipitant is\n"
        "magnesium bicarbonate, made on site of magnesia and captured kiln gas. No ammonium, so no nitrous oxide; the CO2\n"
        "that the bicarbonate gives up is counted here. The clay is that of examples/bayan-obo, 07.",
        note="not balanced, H of the clay's structural water (its O is listed)",
    )  # fmt: skip
    clay = _fractions(sibling.materials[0].composition)
    body = exact(MADE * Fraction(1700000, 1150))
    run.buy(
        "ore body leached in place (0.08 % REO)",
        body,
        "methods/no-burden.glo",
        clay,
        "assumed, in situ, not moved; 78 % recovery",
        basis="assumed",
        extracted_in="CN",
        local=True,
        places=9,
    )
    charge = Fraction("8.25") * of_formula("N2H8SO4")["S"] / of_formula("MgSO4")["S"]
    salt = exact(MADE * charge)
    run.buy(
        "magnesium sulphate heptahydrate",
        salt / Fraction("0.488354"),
        "placeholders/magnesium-sulphate.glo",
        solution("MgSO4", "0.488354"),
        f"the charge of ammonium sulphate 8.25 kg/kg in {ROW}; {float(salt):g} kg MgSO4",
        strength="0.488354",
    )
    bicarbonate = MADE * Fraction("3.35") * of_formula("NH4HCO3")["C"] / of_formula("MgC2H2O6")["C"]
    run.buy(
        "magnesium bicarbonate solution 2 %",
        bicarbonate / Fraction("0.02"),
        "placeholders/magnesium-bicarbonate.glo",
        solution("MgC2H2O6", "0.02"),
        f"the bicarbonate of NH4HCO3 3.35 kg/kg in {ROW}; made on site, its magnesia is delivered",
        strength="0.02",
        local=True,
    )
    run.buy(
        "sulphuric acid 98 %",
        MADE * Fraction("0.525") / Fraction("0.98"),
        "placeholders/sulphuric-acid.glo",
        solution("H2SO4", "0.98"),
        "BLEECAM, IAC Mining & Leaching, 1.113253/2.120482 x 1000 kg",
        strength="0.98",
    )
    run.buy(
        "limestone",
        MADE * Fraction("0.005"),
        "materials/limestone.cn.2025",
        of_formula("CaCO3"),
        "BLEECAM, IAC Mining & Leaching, 0.010602/2.120482 x 1000 kg",
    )
    run.water(
        MADE * 40, "assumed, 40 kg/kg beside the 152 kg/kg of the precipitant; 420 kg/kg of mother liquor returns"
    )
    run.burn_diesel(
        MADE * Fraction("0.1"), "assumed, 0.10 kg/kg, site vehicles, drilling, pumps; as examples/bayan-obo"
    )
    run.burn_gas(
        MADE * 12, "calcination, 12 MJ/kg oxide, process_steps.csv 4 (from memory, within 5 to 30)", basis="assumed"
    )
    run.power(MADE * Fraction("2.92"), "CN-JX", f"{ROW}, electricity 2.92 x 1000 kg")
    oxide = _fractions(sibling.outputs[0].composition)
    oxide["Mg"] = oxide.pop("Ca") / 2
    oxide["O"] += Fraction("0.003")
    run.put_out(
        "MG-2026-01",
        "mixed-compound",
        MADE,
        oxide,
        "mixed RE oxide 92 % from ion-adsorption clay, calcined carbonate",
        product="mixed-rare-earth-oxide",
        loss_on_ignition="0.0236",
    )
    lost = times(of_formula("MgSO4"), salt * Fraction("0.2"))
    run.waste(
        "magnesium sulphate in leachate that is not collected",
        lost,
        "to groundwater and streams",
        "outside",
        waste_class="in-water",
        note="20 % of the salt, assumed",
    )
    run.residue(
        "leached ore body left in place (recoverable RE and magnesium retained)",
        "in place, rinsed",
        "on-site",
        waste_class="in-place",
        oxygen=clay["O"] * body,
    )
    run.emit_carbon("CO2 of the bicarbonate", "carbon balance of the run: precipitation, calcination and excess")
    run.balance_water(
        "leachate and rinse water outside the collection ditch, estimated (demo); 27 % leaves as uncollected leachate, "
        "the pore water stays in the ground and is told as evaporated with ponds, dryer and kiln", discharged="54",
    )  # fmt: skip
    run.groups["untracked"] = ["H"]
    run.leave_out("land-use change, loss of vegetation, landslides", "not quantified", "open")
    run.leave_out("pipes and liners", "no data; BLEECAM has 0.095 kg PVC for 1 kg", "open")
    run.leave_out(
        "capture of the kiln gas", "its electricity is in the row of the site", "in-other-line", line="electricity"
    )
    run.leave_out_of_boundary("capital goods, offices")
    return [run]
