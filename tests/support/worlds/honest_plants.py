"""Honest plants of any step: goods of random proportions, and a line for each row that the step owes.

Amounts lie around the usual ones, and were measured or calculated from a source; some plants take a usual variant and
declare what it lacks.  What is drawn is a pure inventory: its elements need not balance.
"""

from __future__ import annotations

from functools import cache
from random import Random
from typing import TYPE_CHECKING, Final

from ledger.chemistry.elements import ATOMIC_WEIGHT
from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.formula import parse_formula
from ledger.factors.completeness import ANY
from ledger.footprint.inventory import Incoming, Inventory, Outgoing
from ledger.footprint.masses import PARTS, compound_elements
from ledger.plausibility.changes import holds
from ledger.plausibility.divisors import basis_of
from ledger.plausibility.reduction import carbon_floor
from schemas.determination import Measured
from schemas.instant import Period
from schemas.inventory import (
    Credits,
    Direct,
    DirectLine,
    Electricity,
    ElectricityLine,
    FuelLine,
    Fuels,
    MaterialLine,
    Materials,
    Transport,
    TransportLine,
    Waste,
    WasteLine,
    Water,
)
from schemas.quantity import trillionths_text
from schemas.run import Absent, Allocation
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ledger.factors.completeness import OwedRow
    from schemas.vocabulary import Kind, Step

LIGHT: Final = ("La", "Ce", "Pr", "Nd")
ALL: Final = (*LIGHT, "Sm", "Gd", "Dy", "Y")
ACIDS: Final = {"HCl": 1, "H2SO4": 2, "HNO3": 1}
AGENTS: Final = {"(NH4)2SO4": 2, "MgSO4": 2, "NaCl": 1, "NH4Cl": 1, "Al2(SO4)3": 6, "CaCl2": 2}
PRECIPITANTS: Final = {"H2C2O4": 2, "NH4HCO3": 1, "Na2CO3": 2, "MgO": 2, "NaOH": 1}
BASES: Final = {"NH3": 1, "NaOH": 1, "CaO": 2, "MgO": 2}

COMPOUNDS: Final = {
    "acid": ACIDS, "alkali": {"NaOH": 1, "Na2CO3": 2}, "cations": AGENTS, "base": BASES, "scrubber-base": BASES,
    "none": PRECIPITANTS,
}  # fmt: skip
SUBSTANCES: Final = {
    "fluorine": "LiF", "carbon": "C", "hydrogen": "H2", "shield-gas": "Ar", "extractant": "C16H35O3P", "reagents": "Na2SiO3",
}  # fmt: skip

Elements = dict[str, int]


class Plant:
    """One plant while it is drawn: what came in, what left, its lines and its absences."""

    def __init__(self, step: Step, seed: int) -> None:
        self.step = step
        self.random = Random(f"{step} {seed}")  # noqa: S311 - it draws plants, no keys
        self.incoming: list[Incoming] = []
        self.outgoing: list[Outgoing] = []
        self.materials: list[MaterialLine] = []
        self.fuels: list[FuelLine] = []
        self.power: list[ElectricityLine] = []
        self.direct: list[DirectLine] = []
        self.transport: list[TransportLine] = []
        self.waste: list[WasteLine] = []
        self.absent: list[Absent] = []
        self.water: Water | None = None
        self.anode_carbon: str | None = None

    # -- goods --

    def proportions(self, elements: Sequence[str]) -> dict[str, float]:
        drawn = {element: self.random.uniform(0.05, 1) for element in elements}
        return {element: part / sum(drawn.values()) for element, part in drawn.items()}

    def takes(self, kind: Kind, elements: Elements, mass: int) -> None:
        self.incoming.append(
            Incoming(
                f"inputs[{len(self.incoming)}]", f"IN-{len(self.incoming)}", kind, mass * 10**6, elements,
                Period(start="2026-01-01", end="2026-01-31"), "AR6", "mass", "direct", str(len(self.incoming)),
            )
        )  # fmt: skip

    def makes(self, kind: Kind, elements: Elements, mass: int, product: str | None = None) -> None:
        at = len(self.outgoing)
        allocated = kind != "by-product"
        self.outgoing.append(
            Outgoing(f"outputs[{at}]", f"OUT-{at}", kind, mass * 10**6, elements, allocated, product=product)
        )

    # -- lines --

    def how(self) -> dict[str, str]:
        """Return how an amount was found: by a meter or scale that is named, or calculated from a source."""
        basis = self.random.choice(("metered", "weighed", "metered", "calculated"))
        if basis == "calculated":
            return {"basis": basis, "note": "from the plant's own balance of the month"}
        return {"basis": basis, "meter": "M-1"}

    def buys(self, formula: str, mass: int, factor: str = "placeholders/iron.glo") -> None:
        parts = tuple((element, trillionths_text(part)) for element, part in compound_elements(formula, SCALE).items())
        self.bought(formula, parts, mass, factor)

    def digs(self, elements: Elements, mass: int, factor: str) -> None:
        """Take ore or scrap without a certificate."""
        parts = tuple((element, trillionths_text(part)) for element, part in elements.items())
        self.bought("feed", parts, mass * SCALE, factor)

    def bought(self, name: str, parts: tuple[tuple[str, str], ...], mass: int, factor: str) -> None:
        self.materials.append(
            MaterialLine(name=name, mass_kg=trillionths_text(mass), factor=factor, composition=parts, **self.how())  # type: ignore[arg-type] # a basis
        )

    def electricity(self, kwh: int) -> None:
        self.power.append(
            ElectricityLine(
                name="electricity", amount_kwh=trillionths_text(kwh), grid="CN-NM", factor="grid/location.cn-nm.2023",
                uncovered="grid/location.cn-nm.2023", **self.how(),  # type: ignore[arg-type] # a basis
            )
        )  # fmt: skip

    def heat(self, megajoule: int) -> None:
        factor = self.random.choice(("fuels/natural-gas-burnt.glo.2006", "fuels/purchased-heat-steam-default.cn"))
        amount = trillionths_text(megajoule)
        self.fuels.append(FuelLine(name="heat", amount=amount, unit="MJ", factor=factor, **self.how()))  # type: ignore[arg-type] # a basis

    def gas(self, name: str, mass: int, **members: object) -> None:
        line = {
            "name": name,
            "substance": name,
            "gas": name,
            "mass_kg": trillionths_text(mass),
            **self.how(),
            **members,
        }
        self.direct.append(DirectLine(**line))  # type: ignore[arg-type] # members by name

    def inventory(self) -> Inventory:
        groups = (
            Materials(group="materials", lines=tuple(self.materials)),
            Fuels(group="fuels", lines=tuple(self.fuels)),
            Electricity(group="electricity", lines=tuple(self.power)),
            Direct(group="direct", lines=tuple(self.direct), anode_carbon_kg=self.anode_carbon),
            Transport(group="transport", lines=tuple(self.transport)),
            Waste(group="waste", lines=tuple(self.waste), water=self.water),
            Credits(group="credits", lines=()),
        )
        return Inventory(
            step=self.step,
            period=Period(start="2026-02-01", end="2026-02-20"),
            gwp="AR6",
            electricity="direct",
            allocation=Allocation(method="mass", mass_key="REO"),
            groups=groups,
            incoming=self.incoming,
            outgoing=self.outgoing,
            untracked=(),
            tables=example.tables(),
            absent=self.absent,
        )


@cache
def molar(element: str) -> float:
    return ATOMIC_WEIGHT[element] / SCALE


def bound(shares: Mapping[str, float], anion: Mapping[str, float], grade: float = 1.0) -> Elements:
    """Return scaled fractions of a compound: kg shares of rare earths, mol of other elements for a mol of them."""
    moles_ = sum(share / molar(element) for element, share in shares.items())
    held = {element: each * moles_ * molar(element) for element, each in anion.items()}
    whole = sum(shares.values()) + sum(held.values())
    parts = {**shares, **held}
    made = {element: int(part / whole * grade * SCALE) for element, part in parts.items()}
    return made | ({"Si": made.get("Si", 0) + int((1 - grade) * SCALE)} if grade < 1 else {})


OXIDE: Final = {"O": 1.5}
CARBONATE: Final = {"C": 1.5, "O": 4.5}
CHLORIDE: Final = {"Cl": 3.0}
FLUORIDE: Final = {"F": 3.0}
MAGNET: Final = {"Fe": 5.5}
FLUOROCARBONATE: Final = {"C": 1.0, "O": 3.0, "F": 1.0}


# -- what each step takes and makes -------------------------------------------------------------------------------


def mined(plant: Plant, shares: Mapping[str, float], mass: int) -> None:
    plant.makes("ore", bound(shares, OXIDE, 0.06), mass * 1000)


def floated(plant: Plant, shares: Mapping[str, float], mass: int) -> None:
    plant.digs(bound(shares, OXIDE, 0.06), mass * 12, "methods/no-burden.glo")
    plant.makes("concentrate", bound(shares, FLUOROCARBONATE, 0.6), mass)


def leached(plant: Plant, shares: Mapping[str, float], mass: int) -> None:
    plant.digs(bound(shares, OXIDE, 0.001), mass * 1200, "methods/no-burden.glo")
    plant.makes("mixed-compound", bound(shares, plant.random.choice((OXIDE, CARBONATE))), mass)


def cracked(plant: Plant, shares: Mapping[str, float], mass: int) -> None:
    plant.takes("concentrate", bound(shares, FLUOROCARBONATE, 0.6), mass * 2)
    plant.makes("mixed-compound", bound(shares, plant.random.choice((CARBONATE, CHLORIDE))), mass)


def digested(plant: Plant, shares: Mapping[str, float], mass: int) -> None:
    """Roast bastnaesite and leach it with hydrochloric acid; half of the plants leave the cerium, as a concentrate."""
    plant.takes("concentrate", bound(shares, FLUOROCARBONATE, 0.6), mass * 2)
    leaves = plant.random.random() < 0.5
    rest = {element: share for element, share in shares.items() if element != "Ce"} if leaves else shares
    plant.makes("mixed-compound", bound(rest, plant.random.choice((CARBONATE, CHLORIDE))), mass)
    if leaves:
        plant.makes("concentrate", bound({"Ce": 1.0}, {"O": 2.0}, 0.8), max(1, int(mass * shares["Ce"])))


def chlorinated(plant: Plant, shares: Mapping[str, float], mass: int) -> None:
    """Turn concentrate into dry chloride in hot chlorine."""
    plant.takes("concentrate", bound(shares, FLUOROCARBONATE, 0.6), mass * 2)
    plant.makes("mixed-compound", bound(shares, CHLORIDE), mass)


def reduced(plant: Plant, shares: Mapping[str, float], mass: int) -> None:
    oxide = plant.step == "oxide-electrolysis"
    plant.takes("oxide" if oxide else "mixed-compound", bound(shares, OXIDE if oxide else FLUORIDE), mass * 2)
    plant.makes("metal", bound(shares, {}), mass)


def alloyed(plant: Plant, shares: Mapping[str, float], mass: int) -> None:
    plant.takes("metal", bound(shares, {}), mass)
    plant.makes("alloy", bound(shares, MAGNET), mass * 3)


def shaped(plant: Plant, shares: Mapping[str, float], mass: int) -> None:
    plant.takes("magnet", bound(shares, MAGNET), mass + 1)
    plant.makes("magnet", bound(shares, MAGNET), mass)


def collected(plant: Plant, shares: Mapping[str, float], mass: int) -> None:
    plant.digs(bound(shares, MAGNET), mass, "methods/scrap-cut-off.glo")
    plant.makes("scrap", bound(shares, MAGNET), mass)


def decrepitated(plant: Plant, shares: Mapping[str, float], mass: int) -> None:
    plant.takes("scrap", bound(shares, MAGNET), mass + 1)
    plant.makes("powder", bound(shares, MAGNET), mass)


def separated(plant: Plant, shares: Mapping[str, float], mass: int) -> None:
    """Take carbonate, chloride or scrap apart into up to eight oxides or carbonates, or only calcine it."""
    if plant.step == "separation":
        alone = plant.random.random() < 0.15
        feed = CARBONATE if alone else plant.random.choice((CARBONATE, CHLORIDE))
        plant.takes("mixed-compound", bound(shares, feed), mass * 3)
        if alone:
            plant.makes("oxide", bound(shares, OXIDE), mass)
            return
    else:
        plant.takes("scrap", bound(shares, MAGNET), mass * 4)
    elements = list(shares)
    cut = plant.random.randint(1, 3)
    for group in (elements[:cut], elements[cut : cut + 2], elements[cut + 2 :]):
        made = {element: shares[element] for element in group}
        oxide = plant.random.random() < 0.7
        kind: Kind = "oxide" if oxide else "mixed-compound"
        plant.makes(kind, bound(made, OXIDE if oxide else CARBONATE), max(1, int(mass * sum(made.values()))))
    if plant.random.random() < 0.5:
        plant.makes("by-product", compound_elements("NH4Cl", SCALE), mass)


def magnets(plant: Plant, shares: Mapping[str, float], mass: int) -> None:
    """Make sintered, bonded or hot-deformed magnets, or powder, of alloy, powder or magnets."""
    metal = bound(shares, MAGNET)
    of, made, product = plant.random.choice(
        (
            ("alloy", "magnet", "sintered-ndfeb-magnet"),
            ("alloy", "magnet", None),
            ("powder", "magnet", "sintered-ndfeb-magnet"),
            ("alloy", "powder", "ndfeb-powder"),
            ("powder", "magnet", "bonded-ndfeb-magnet"),
            ("powder", "magnet", "hot-deformed-ndfeb-magnet"),
            ("magnet", "magnet", "sintered-ndfeb-magnet"),
        )
    )
    plant.takes(of, metal, mass + 1)  # type: ignore[arg-type] # a kind
    plant.makes(made, metal, mass, product)  # type: ignore[arg-type] # a kind
    if made == "magnet" and plant.random.random() < 0.3:
        plant.makes("in-process", metal, mass)


def blended(plant: Plant, _: Mapping[str, float], mass: int) -> None:
    one, other = plant.proportions(LIGHT), plant.proportions(LIGHT)
    parts = plant.random.randint(1, 9)
    plant.takes("oxide", bound(one, OXIDE), mass * parts)
    plant.takes("oxide", bound(other, OXIDE), mass * (10 - parts))
    first, second = (item.elements for item in plant.incoming)
    whole = {element: first.get(element, 0) + second.get(element, 0) for element in {*first, *second}}
    total = sum(whole.values())
    plant.makes("oxide", {element: part * SCALE // total for element, part in whole.items()}, mass * 10)


MAKERS: Final[Mapping[str, Callable[[Plant, Mapping[str, float], int], None]]] = {
    "mining": mined,
    "beneficiation": floated,
    "in-situ-leaching": leached,
    "acid-roasting": cracked,
    "alkaline-cracking": cracked,
    "hydrochloric-leaching": digested,
    "chlorination": chlorinated,
    "separation": separated,
    "hydrometallurgical-recycling": separated,
    "oxide-electrolysis": reduced,
    "metallothermic-reduction": reduced,
    "strip-casting": alloyed,
    "alloy-melting": alloyed,
    "magnet-production": magnets,
    "machining": shaped,
    "coating": shaped,
    "scrap-collection": collected,
    "hydrogen-recycling": decrepitated,
    "blending": blended,
}


# -- the lines that the rows ask for ------------------------------------------------------------------------------


def lines_of(plant: Plant) -> None:
    """Write a line for each row that the goods owe, around its usual amount, or declare what the variant lacks."""
    bare, random = plant.inventory(), plant.random
    table = example.tables().completeness
    salt = any(item.kind == "by-product" for item in plant.outgoing)
    if salt or (plant.step == "separation" and random.random() < 0.3):
        made = sum(item.net_mass_mg for item in plant.outgoing) * 10**6
        cubic = trillionths_text(int(made * random.uniform(0.004, 0.03)))
        zero = dict.fromkeys(
            ("fresh", "with_reagents", "feed_moisture", "formed", "discharged", "evaporated", "in_products",
             "in_wastes", "recycled"), "0",
        )  # fmt: skip
        plant.water = Water(**zero, evaporator=cubic)  # type: ignore[arg-type] # members by name
        bare = plant.inventory()
    if plant.step == "beneficiation" and random.random() < 0.3:
        plant.absent.append(Absent(item="flotation-reagent", reason="not-in-process", variant="magnetic route"))
        bare = plant.inventory()
    for row in (*table[plant.step], *table[ANY]) if plant.step in table else table[ANY]:
        if holds(bare, row.conditions):
            _line(plant, bare, row)


def _line(plant: Plant, bare: Inventory, row: OwedRow) -> None:
    basis = basis_of(bare, row.basis)
    amount = divide(_each(plant.random, row) * basis, SCALE) if basis else plant.random.randint(1, 100) * SCALE
    if any(each.item == row.item for each in plant.absent):
        return
    if row.measure in COMPOUNDS:
        if row.measure == "none":  # a precipitant, which an older rule counts: twice what it needs
            amount = 6 * basis_of(bare, "rare-earth-moles")
        _moles(plant, COMPOUNDS[row.measure], amount)
    elif row.measure in SUBSTANCES:
        plant.buys(SUBSTANCES[row.measure], amount)
    elif row.measure in OTHERS:
        OTHERS[row.measure](plant, bare, row, amount)


def _power(plant: Plant, _: Inventory, row: OwedRow, amount: int) -> None:
    plant.electricity(amount * 10 // 36 if row.measure == "heat-and-power" else amount)


def _site_fuel(plant: Plant, *_: object) -> None:
    plant.fuels.append(
        FuelLine(
            name="diesel", amount="10", unit="kg", factor="fuels/diesel-burnt.glo.2006", basis="weighed", meter="W-1"
        )
    )


def _anodes(plant: Plant, bare: Inventory, _: OwedRow, amount: int) -> None:
    """Give off the CO2 of the anodes, more than what the oxide's oxygen takes."""
    least = carbon_floor(bare.metal_rare_earths) * 44 // 12
    amount = max(amount, int(least * plant.random.uniform(1.01, 2)))
    plant.gas("CO2-fossil", amount)
    plant.anode_carbon = trillionths_text(amount)


def _cells(plant: Plant, _: Inventory, __: OwedRow, amount: int) -> None:
    plant.gas(
        "CF4", amount, basis="metered", meter="M-1", method=Measured(by="measured", monitor="FTIR", continuous=True)
    )


def _each(random: Random, row: OwedRow) -> int:
    """Return an amount for one unit: around the usual one, or between the flags."""
    if row.typical is not None:
        low, high = row.typical
        return int(random.uniform(0.6, 1) * low + random.uniform(0, 1) * (high - low + low * 0.5))
    low = row.flag_below or int((row.reject_below or SCALE) * 1.5)
    return int(random.uniform(1, 1.5) * low)


def _moles(plant: Plant, compounds: Mapping[str, int], charge: int) -> None:
    """Buy a compound that has a charge in parts of a kmol."""
    formula = plant.random.choice(list(compounds))
    weight = int(parse_formula(formula).molar_mass * SCALE)
    plant.buys(formula, charge * weight // (PARTS * compounds[formula]) + SCALE)


def _diesel_or_power(plant: Plant, _: Inventory, __: OwedRow, megajoule: int) -> None:
    """Run a pit on diesel alone, or on both."""
    if plant.random.random() < 0.5:
        plant.absent.append(Absent(item="electricity", reason="not-in-process", variant="diesel alone"))
    else:
        plant.electricity(megajoule * 10 // 72)
    plant.fuels.append(
        FuelLine(
            name="diesel",
            amount=trillionths_text(megajoule),
            unit="MJ",
            factor="fuels/natural-gas-burnt.glo.2006",
            basis="metered",
            meter="M-1",
        )
    )


def _kiln(plant: Plant, _: Inventory, row: OwedRow, megajoule: int) -> None:
    """Burn or buy the heat, take it from electricity that is metered, from an acid plant, or from another run."""
    choice = plant.random.random()
    if choice < 0.7 or "met-by-electricity" not in row.reasons:
        plant.heat(megajoule)
    elif choice < 0.8:
        plant.absent.append(Absent(item=row.item, reason="met-by-electricity"))
        plant.electricity(megajoule * 10 // 36)
        plant.power[-1] = ElectricityLine(
            name="kiln", amount_kwh=plant.power[-1].amount_kwh, grid="CN-NM", factor="grid/location.cn-nm.2023",
            uncovered="grid/location.cn-nm.2023", basis="metered", meter="M-1",
        )  # fmt: skip
    elif choice < 0.9 and "recovered-heat" in row.reasons:
        heat = trillionths_text(megajoule)
        plant.absent.append(Absent(item=row.item, reason="recovered-heat", run="ACID-1", heat_mj=heat))
    else:
        plant.absent.append(Absent(item=row.item, reason="other-run", run="KILN-1"))


OTHERS: Final[Mapping[str, Callable[[Plant, Inventory, OwedRow, int], None]]] = {
    "electricity": _power,
    "power-and-fuel": _power,
    "heat-and-power": _power,
    "energy": _diesel_or_power,
    "process-heat": _kiln,
    "fuels-burnt": _site_fuel,
    "anode-co2": _anodes,
    "perfluorocarbons": _cells,
}
"""How to write the line of a measure; those that are missing only flag, or follow from the others."""


def finished(plant: Plant) -> Inventory:
    """Return the plant with what follows from its lines: nitrous oxide, transport."""
    plant.transport.append(
        TransportLine(name="road", amount_tkm="100", factor="transport/heavy-diesel-truck.cn.2024", basis="assumed")
    )
    run = plant.inventory()
    lost = basis_of(run, "nitrogen")
    if plant.step == "in-situ-leaching" and lost:
        each = plant.random.uniform(0.006, 0.025)
        plant.gas("N2O", int(lost * each * 44.013 / 28.014))
    if not plant.power and not any(each.item == "electricity" for each in plant.absent):
        plant.electricity(SCALE)
    return plant.inventory()


def honest_plant(step: Step, seed: int) -> Inventory:
    """Return the plant of a step that a seed draws."""
    plant = Plant(step, seed)
    MAKERS[step](plant, plant.proportions(ALL), plant.random.randint(10, 5000))
    lines_of(plant)
    return finished(plant)
