"""What the records of `examples/every-product` share: one invented producer, bought feeds, usual lines.

Rules: each run stands alone, so its feed is bought without a certificate and counts by a cautious default.  Amounts a
kilogram are those of `ledger/factors/data/completeness.csv`, or assumed; each line says which.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from tests.golden.plant_records import Masses, Run, exact, mass_of, mixed, moles, of_formula, solution, times

if TYPE_CHECKING:
    from collections.abc import Mapping

PRODUCER: Final = "did:web:every-product.example"
SITE: Final = "https://every-product.example/plants/"
GOODS: Final = "defaults/rare-earth-goods.glo"
GRIDS: Final[Mapping[str, str]] = {"hydromet": "CN-NM", "metal": "CN-JX", "magnet": "CN-ZJ", "recycling": "CN-GD"}
"""The plants of the producer, with the region of their grid."""
AMMONIA, BICARBONATE = "materials/ammonia-coal-route.cn.2022", "placeholders/ammonium-bicarbonate.glo"
SODA, OXALIC = "materials/soda-ash.cn.2014", "placeholders/oxalic-acid-dihydrate.glo"
CAUSTIC, LIME = "materials/sodium-hydroxide.cn.2015", "materials/lime-cao.cn.2019"
LINES: Final = "completeness.csv"
PRICES: Final = "price_ranges.csv, means of 2020 to 2024 (USGS, SMM), or assumed; the note of each output says which"
METALS: Final = "prices assumed; no publication was read"
RARE: Final = ("La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Y")
OXIDES: Final[Mapping[str, str]] = {
    **{element: f"{element}2O3" for element in ("La", "Nd", "Sm", "Eu", "Gd", "Dy", "Y")},
    "Ce": "CeO2", "Pr": "Pr6O11", "Tb": "Tb4O7",
}  # fmt: skip
PRICE: Final[Mapping[str, str]] = {
    "La": "1.32", "Ce": "1.5", "Pr": "83", "Nd": "83", "Sm": "2.04", "Eu": "29.6", "Gd": "41.6", "Tb": "1235", "Dy": "328.6",
    "Y": "6.8", "Pr;Nd": "83", "La;Ce": "1.5",
}  # fmt: skip
"""USD for a kg of oxide: the mean of 2020 to 2024 in price_ranges.csv."""


def parts(**shares: str | float) -> Masses:
    """Return mass fractions from shares of elements or formulas."""
    return mixed({formula: Fraction(str(share)) for formula, share in shares.items()})


def oxides(**shares: str | float) -> Masses:
    """Return the composition of an oxide from the shares of its oxides, by element."""
    return mixed({OXIDES[element]: Fraction(str(share)) for element, share in shares.items()})


def begin(step: str, name: str, plant: str, head: str, *, priced: str | None = None) -> Run:
    """Return an empty run of a step, of one month of 2026."""
    key = "REO" if plant == "hydromet" or step == "hydrometallurgical-recycling" else "RE"
    period = ("2026-05-04", "2026-05-29")
    return Run(name, PRODUCER, f"{SITE}{plant}", step, period, head, mass_key=key, prices=priced)


def grid(run: Run) -> str:
    """Return the grid of the plant of a run."""
    return GRIDS[run.facility.rsplit("/", 1)[1]]


def feed(run: Run, name: str, mass: Fraction | str | int, composition: Masses) -> Fraction:
    """Buy rare-earth goods without a certificate."""
    return run.buy(
        name, Fraction(mass), GOODS, composition, "weighed; the supplier has no certificate", basis="weighed"
    )


def scrap(run: Run, name: str, mass: str, composition: Masses, source: str = "post-consumer") -> Fraction:
    """Take in scrap, free of burden."""
    note = "weighed; scrap enters free of burden (cut-off)"
    factor = "methods/scrap-cut-off.glo"
    return run.buy(name, mass, factor, composition, note, basis="weighed", recycled=source)


def buy(  # noqa: PLR0917 - the members of a line
    run: Run, name: str, mass: Fraction | str, formula: str, factor: str, note: str, strength: str | None = None
) -> Fraction:
    """Buy a pure compound or element."""
    return run.buy(name, mass, factor, of_formula(formula), note, basis="weighed", strength=strength)


def acid(run: Run, need: Fraction, note: str) -> None:
    """Buy hydrochloric acid that holds an amount of HCl (as `moles` counts)."""
    pure = mass_of("Cl", need) / of_formula("HCl")["Cl"]
    name, factor = "hydrochloric acid 31 %", "placeholders/hydrochloric-acid.glo"
    run.buy(name, pure / Fraction("0.31"), factor, solution("HCl", "0.31"), note, basis="weighed", strength="0.31")


def power(run: Run, made: Fraction, each: str, note: str) -> None:
    """Draw electricity of the plant's grid, metered."""
    run.power(made * Fraction(each), grid(run), f"metered; {each} kWh/kg, {note}", basis="metered")


def shield(run: Run, made: Fraction, *, argon: str = "0", nitrogen: str = "0", hydrogen: str = "0") -> None:
    """Buy the gases of a furnace or a mill, kg for a kg made, and give them off."""
    for name, formula, each, factor in (
        ("argon", "Ar", argon, "placeholders/argon.glo"),
        ("nitrogen", "N2", nitrogen, "placeholders/nitrogen.glo"),
        ("hydrogen", "H2", hydrogen, "materials/hydrogen-grey-smr.cn.2023"),
    ):
        if Fraction(each):
            mass = buy(run, name, made * Fraction(each), formula, factor, f"{LINES}: about {each} kg/kg")
            how = "burnt to water" if formula == "H2" else "inert, vented"
            run.emit(f"{name} to air", formula, mass, f"{how}; no GWP")


def brine(run: Run, name: str, fate: str = "lined pond", destination: str = "on-site") -> None:
    """Let the salts that are left leave as a thin liquor."""
    held = {each: run.given.get(each, Fraction()) - run.left.get(each, Fraction()) for each in ("N", "Na", "Cl", "S")}
    held = {each: mass for each, mass in held.items() if mass > exact("0.001")}
    held |= {"O": mass_of("O", 4 * moles(held, "S")), "H": mass_of("H", 4 * moles(held, "N"))}
    factor = "placeholders/fluoride-residue-landfill.glo"
    run.waste(name, held, fate, destination, moisture="0.7", factor=None if destination == "recovery" else factor)


def close(run: Run, waste: str, fate: str, destination: str, *, small: str, discharged: str = "0", **more: Any) -> None:  # noqa: ANN401 - what `waste` takes
    """Let what is left of every element leave as a waste, and close the balances."""
    landfill = None if destination == "recovery" else "placeholders/fluoride-residue-landfill.glo"
    run.residue(waste, fate, destination, factor=landfill, **more)
    if run.fresh or run.dissolving:
        run.balance_water("assumed; what is not discharged evaporates", discharged=discharged)
    run.leave_out_small(small, "below 1 % of mass, assumed below 1 % of the result")
    run.leave_out_of_boundary("capital goods, offices")


def rare_earths(elements: Masses) -> Masses:
    """Return the rare earths of some masses."""
    return {element: mass for element, mass in elements.items() if element in RARE}


def as_oxide(held: Masses) -> Masses:
    """Return the oxides of some rare earths, by element."""
    made: Masses = {}
    for element, mass in held.items():
        for part, each in times(of_formula(OXIDES[element]), mass / of_formula(OXIDES[element])[element]).items():
            made[part] = made.get(part, Fraction()) + each
    return made


def as_salt(held: Masses, anion: str) -> Masses:
    """Return the carbonate or chloride of some rare earths, by element."""
    amount = moles(held, *held)
    if anion == "chloride":
        return held | {"Cl": mass_of("Cl", 3 * amount)}
    return held | {"C": mass_of("C", amount * 3 / 2), "O": mass_of("O", amount * 9 / 2)}
