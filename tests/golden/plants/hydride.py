"""The records of `examples/nimh-recycled`: spent hydrogen-storage alloy is collected and melted again."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from tests.golden.plant_records import Masses, Run, exact, of_formula, times, total

PRODUCER: Final = "did:web:hydride-again.example"
SITE: Final = "https://hydride-again.example/plants/"
GRID: Final = "CN-GD"
SPENT: Final[Masses] = {
    "Ni": Fraction("0.525"), "La": Fraction("0.207"), "Ce": Fraction("0.098"), "Co": Fraction("0.090"), "Mn": Fraction("0.044"),
    "Nd": Fraction("0.018"), "Al": Fraction("0.015"), "O": Fraction("0.002"), "K": Fraction("0.001"),
}  # fmt: skip
"""Spent AB5 alloy after washing: assumed, LaNi5 in which others stand for part of both."""


def collection() -> Run:
    run = Run(
        "COL-2026-01", PRODUCER, f"{SITE}yard", "scrap-collection", ("2026-01-05", "2026-01-30"),
        "Yard (invented plant): nickel-metal-hydride cells of old hybrid cars are opened, and the alloy powder of the negative\n"
        "electrode is washed, dried and sieved. Scrap enters free of burden (cut-off).",
        mass_key="RE",
    )  # fmt: skip
    run.buy(
        "spent negative-electrode alloy, post-consumer",
        "1040",
        "methods/scrap-cut-off.glo",
        SPENT,
        "weighed",
        basis="weighed",
        recycled="post-consumer",
        local=True,
    )
    run.water("3000", "assumed, 3 kg/kg, washing out potassium hydroxide")
    run.power(
        Fraction(1000) * Fraction("0.6"), GRID, "assumed, 0.6 kWh/kg, opening, washing, vacuum drying", basis="assumed"
    )
    run.journey("road, collection of cells", Fraction(5200), "400", "assumed, 5 kg of cells for 1 kg of alloy")
    clean = {element: part for element, part in SPENT.items() if element != "K"}
    run.put_out(
        "HY-2026-01",
        "scrap",
        "1000",
        times(clean, 1 / total(clean)),
        "spent AB5 alloy powder, washed",
        note="to be kept under argon",
    )
    run.residue("sieve fines and wash residue", "to a nickel smelter", "recovery", moisture="0.3")
    run.balance_water("assumed; wash water is neutralised and discharged", discharged="2.5")
    run.leave_out(
        "cases, separators, positive electrodes", "other goods of the yard, sold apart; not quantified", "open"
    )
    run.leave_out_of_boundary("capital goods, offices")
    return run


def melting(before: Run) -> Run:
    run = Run(
        "MLT-2026-02", PRODUCER, f"{SITE}melt-shop", "alloy-melting", ("2026-02-02", "2026-02-20"),
        "Vacuum induction melting (invented plant): the spent alloy is melted under argon, its oxide goes to the slag, and\n"
        "a little new manganese and aluminium sets the composition; casting, annealing, crushing.",
        mass_key="RE",
    )  # fmt: skip
    run.take(before, "HY-2026-01", "1000", km="30")
    row = "assumed, sets the composition"
    for name, mass, factor, element in (
        ("electrolytic manganese", "4", "placeholders/manganese-electrolytic.glo", "Mn"),
        ("aluminium", "2", "materials/aluminium-primary.cn.2018", "Al"),
    ):
        run.buy(name, mass, factor, of_formula(element), row, basis="weighed")
    argon = run.buy(
        "argon",
        "80",
        "placeholders/argon.glo",
        of_formula("Ar"),
        "assumed, 0.08 kg/kg, as case CHAIN-C-AB5",
        basis="assumed",
    )
    run.power(
        Fraction(970) * Fraction("1.5"),
        GRID,
        "process_steps.csv 9, electricity 1.5 x 970 kg alloy (from memory, range 1.0 to 2.0)",
        basis="assumed",
    )
    kept = {"La": "0.955", "Ce": "0.95", "Nd": "0.95", "Ni": "0.985", "Co": "0.985", "Mn": "0.96", "Al": "0.95"}
    alloy = {element: run.given[element] * Fraction(part) for element, part in kept.items()}
    alloy["O"] = Fraction("0.4")
    run.put_out(
        "HA-2026-02",
        "alloy",
        exact(total(alloy)),
        times(alloy, 1 / total(alloy)),
        "AB5 hydrogen-storage alloy powder of recycled metal",
        product="ab5-hydrogen-storage-alloy",
    )
    run.emit("argon to air", "Ar", argon, "inert, vented; no GWP")
    run.residue("slag, skull and fines", "to a nickel smelter", "recovery", oxygen=run.given["O"] - Fraction("0.4"))
    run.leave_out_small("crucibles and refractories", "below 1 % of mass, assumed below 1 % of the result")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def runs() -> list[Run]:
    """Return the two runs."""
    spent = collection()
    return [spent, melting(spent)]
