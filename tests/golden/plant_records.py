"""Build the production record of an assumed plant whose balances close.

Rules: the plant's amounts are given; what follows from them is computed: the carbon dioxide that the carbon balance
leaves, the residue that takes the rest of every element, the water that reactions form, and the journeys of what was
bought.  Air brings the oxygen that a run lacks, without a line.  All arithmetic is exact; texts have 6 decimals.  Each
line carries the source of its amount as its note.  What this module does not do: it knows no plant (`make_plants`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from ledger.chemistry.formula import parse_formula
from ledger.chemistry.stoichiometry import CO2_PER_CARBON

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.golden.plain_yaml import Tree

Masses = dict[str, Fraction]

AIR_AND_WATER: Final = ("H", "C", "N", "O")
GAS_MJ_PER_M3: Final = Fraction("38.9")
DIESEL_MJ_PER_KG: Final = 43
ROAD_KM: Final = 300
OWN_POWER_EFFICIENCY: Final = Fraction("0.42")
_OXYGEN: Final[Mapping[str, Fraction]] = {
    **dict.fromkeys(
        ("La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Y", "Al", "Fe"), Fraction(3, 2)
    ),
    **dict.fromkeys(("Ca", "Mg", "Ba", "Sr", "Mn", "Pb", "Ni", "Co"), Fraction(1)),
    **dict.fromkeys(("Na", "K", "Li"), Fraction(1, 2)),
    **dict.fromkeys(("Si", "Ti", "Th", "C", "Zr"), Fraction(2)),
    "P": Fraction(5, 2), "S": Fraction(3), "F": Fraction(-1, 2), "Cl": Fraction(-1, 2),
}  # fmt: skip
"""Oxygen atoms of each atom in a mineral residue: oxides, carbonates, sulphates; halogens replace oxygen."""


def text(number: Fraction, unit: str = "", places: int = 6) -> str:
    """Return a number with at most some decimals, and its unit."""
    rounded = Decimal(round(number * 10**places)) / 10**places
    plain = f"{rounded:f}".rstrip("0").rstrip(".") if "." in f"{rounded:f}" else f"{rounded:f}"
    return f"{plain} {unit}".strip()


def exact(number: str | int | Fraction, places: int = 6) -> Fraction:
    """Return a number rounded to the 6 decimals that a record holds, or to some others."""
    return Fraction(round(Fraction(number) * 10**places), 10**places)


def of_formula(formula: str) -> Masses:
    """Return the mass fraction of each element of a compound."""
    compound = parse_formula(formula)
    return {element: compound.mass_fraction(element) for element, _ in compound.atoms}


def mixed(parts: Mapping[str, str | Fraction]) -> Masses:
    """Return the composition of a mixture of compounds or elements by mass fraction."""
    mixture: Masses = {}
    for formula, share in parts.items():
        for element, fraction in of_formula(formula).items():
            mixture[element] = mixture.get(element, Fraction()) + fraction * Fraction(share)
    return mixture


def solution(formula: str, strength: str) -> Masses:
    """Return the composition of a compound dissolved in water."""
    return mixed({formula: Fraction(strength), "H2O": 1 - Fraction(strength)})


def rounded(composition: Masses, places: int = 6) -> Masses:
    """Return a composition with fractions of some decimals that sum to what they did; the largest takes the rest."""
    fractions = {element: exact(part, places) for element, part in composition.items() if exact(part, places)}
    largest = max(fractions, key=lambda element: fractions[element])
    fractions[largest] += exact(total(composition), places) - sum(fractions.values())
    return dict(sorted(fractions.items(), key=lambda item: (-item[1], item[0])))


INSTRUMENTS = {"metered": "main meter M-1", "weighed": "weighbridge W-1"}
"""Names of the invented plants' instruments, by basis."""


def added(*several: Masses) -> Masses:
    """Return the sum of element masses."""
    joined: Masses = {}
    for masses in several:
        for element, mass in masses.items():
            joined[element] = joined.get(element, Fraction()) + mass
    return joined


def oxygen_in(elements: Masses) -> Fraction:
    """Return the oxygen that these elements hold as oxides, carbonates, sulphates and halides."""
    atoms = sum((mass / _weight(each) * _OXYGEN.get(each, Fraction()) for each, mass in elements.items()), Fraction())
    return max(Fraction(), atoms * _weight("O"))


def moles(elements: Masses, *only: str) -> Fraction:
    """Return kmol x 10^12 of some elements; only ratios of it mean anything."""
    return sum((elements.get(each, Fraction()) / _weight(each) for each in only), Fraction())


def mass_of(element: str, amount: Fraction) -> Fraction:
    """Return the mass of an amount that `moles` gave."""
    return amount * _weight(element)


def total(elements: Masses) -> Fraction:
    """Return the sum of masses or fractions."""
    return sum(elements.values(), Fraction())


def own_plant(power: str, meter: str) -> dict[str, str]:
    """Return what a record says of a plant that generates from its own fuel: its rated power and its meter."""
    return {"kind": "own-fuel", "power": power, "meter": meter}


def times(composition: Masses, mass: Fraction) -> Masses:
    """Return the element masses in a mass."""
    return {element: part * mass for element, part in composition.items()}


@dataclass
class Run:
    """A record in the making; `made` are its outputs' compositions by lot, for the run that takes them."""

    name: str
    producer: str
    facility: str
    step: str
    period: tuple[str, str]
    head: str
    mass_key: str = "REO"
    prices: str | None = None
    note: str | None = None
    made: dict[str, Masses] = field(default_factory=dict)
    given: Masses = field(default_factory=dict)
    left: Masses = field(default_factory=dict)
    groups: dict[str, list[Any]] = field(default_factory=dict)
    carried: Fraction = Fraction()
    feed_water: Fraction = Fraction()
    fresh: Fraction = Fraction()
    dissolving: Fraction = Fraction()
    waste_water: Fraction = Fraction()

    def add(self, group: str, **line: object) -> None:
        """Add a line to a group, without the members that are empty; what was read names an instrument."""
        line |= {"meter": INSTRUMENTS[str(line["basis"])]} if line.get("basis") in INSTRUMENTS else {}
        self.groups.setdefault(group, []).append({name: value for name, value in line.items() if value is not None})

    def take(self, before: Run, lot: str, mass: str, *, moisture: str = "0", km: str | None = None) -> None:
        """Take in a certified lot of another run, with its moisture, by road unless it comes from the same site."""
        self.add("inputs", lot=lot, mass=f"{mass} kg")
        self.given = added(self.given, times(before.made[lot], Fraction(mass)))
        wet = Fraction(mass) / (1 - Fraction(moisture))
        self.feed_water += exact((wet - Fraction(mass)) / 1000)
        if km:
            self.journey(f"road, {lot}", wet, km, "assumed distance")

    def journey(self, name: str, kg: Fraction, km: str, note: str, factor: str = "heavy-diesel-truck.cn.2024") -> None:
        """Add a journey."""
        load = exact(kg * Fraction(km) / 1000)
        self.add(
            "transport", name=name, amount=text(load, "t.km"), factor=f"transport/{factor}", basis="assumed",
            note=f"{note}, {km} km x {text(kg)} kg",
        )  # fmt: skip

    def buy(  # noqa: PLR0913 - the members of a line
        self, name: str, mass: Fraction | str, factor: str, composition: Masses, note: str, *, basis: str = "calculated",
        strength: str | None = None, local: bool = False, places: int = 6, **more: object,
    ) -> Fraction:  # fmt: skip
        """Add a material; return its mass.  What is not `local` comes by road."""
        kg = exact(mass)
        fractions = rounded(composition, places)
        self.given = added(self.given, times(fractions, kg))
        self.add(
            "materials", name=name, mass=text(kg, "kg"), strength=strength, factor=factor, **more,
            composition={element: text(part, places=places) for element, part in fractions.items()}, basis=basis, note=note,
        )  # fmt: skip
        if factor.startswith("materials/tap-water"):
            self.fresh += exact(kg / 1000)
        elif strength:
            water = exact(kg * (1 - Fraction(strength)) / 1000)
            if local:  # dissolved on site
                self.fresh += water
            else:
                self.dissolving += water
        if not local:
            self.carried += kg
        return kg

    def water(self, mass: Fraction | str, note: str) -> None:
        """Add fresh water."""
        self.buy("process water, fresh", mass, "materials/tap-water.cn.2019", of_formula("H2O"), note, local=True)

    def burn_gas(self, energy: Fraction | str, note: str, *, basis: str = "calculated") -> None:
        """Add natural gas burnt, by its net energy in MJ, and its supply."""
        volume = exact(Fraction(energy) / GAS_MJ_PER_M3)
        held = text(volume * GAS_MJ_PER_M3, "MJ")
        value = "38.9 MJ/m3 net calorific value, m3 at 20 C and 101.325 kPa"
        for name, factor, heat in (
            ("natural gas burnt", "natural-gas-combustion.cn.2025", held),
            ("natural gas supply", "natural-gas-upstream.cn.2024", None),
        ):
            self.add(
                "fuels", name=name, amount=text(volume, "m3"), energy=heat, factor=f"fuels/{factor}", basis=basis,
                note=f"{note}; {value}" if heat else f"{note}; same gas, upstream",
            )  # fmt: skip

    def burn_diesel(self, kg: Fraction | str, note: str) -> None:
        """Add diesel burnt, with its methane and nitrous oxide, and its supply."""
        amount = exact(kg)
        for name, factor in (
            ("diesel burnt", "diesel-burnt.glo.2006"),
            ("diesel burnt, CH4 and N2O", "diesel-burnt-ch4-n2o.glo.2006"),
            ("diesel supply", "diesel-upstream.cn.2024"),
        ):
            energy = text(amount * DIESEL_MJ_PER_KG, "MJ") if factor.startswith("diesel-burnt.") else None
            self.add(
                "fuels", name=name, amount=text(amount, "kg"), energy=energy, factor=f"fuels/{factor}", basis="assumed",
                note=note,
            )  # fmt: skip

    def power(
        self,
        kwh: Fraction | str,
        grid: str,
        note: str,
        *,
        basis: str = "calculated",
        own: Mapping[str, str] | None = None,
    ) -> Fraction:
        """Add electricity of the grid or of an `own_plant`; return the net energy (MJ) of that plant's fuel."""
        amount = exact(kwh)
        line: dict[str, object] = {"name": "electricity", "amount": text(amount, "kWh"), "grid": grid}
        if own:
            factor = "methods/electricity-own-fuel-direct.glo"
            line |= {"own": "attributes-kept", "factor": factor, "uncovered": factor, "plant": own}
        self.add("electricity", **line, basis=basis, note=note)
        return amount * Fraction("3.6") / OWN_POWER_EFFICIENCY

    def emit(
        self, name: str, substance: str, mass: Fraction, note: str, *, gas: str | None = None, basis: str = "calculated",
        **more: object,
    ) -> None:  # fmt: skip
        """Add an emission of a substance with a formula."""
        kg = exact(mass)
        elements = times(of_formula(substance), kg)
        self.left = added(self.left, elements)
        named = None if gas else {element: text(part, "kg") for element, part in elements.items()}
        self.add(
            "direct", name=name, substance=substance, gas=gas, mass=text(kg, "kg"), elements=named, basis=basis,
            **more, note=note,
        )  # fmt: skip

    def emit_carbon(self, name: str, note: str, *, basis: str = "calculated") -> None:
        """Emit as fossil CO2 what the carbon balance leaves; every product and residue with carbon is told before."""
        carbon = self.given.get("C", Fraction()) - self.left.get("C", Fraction())
        self.emit(name, "CO2", carbon * CO2_PER_CARBON, note, gas="CO2-fossil", basis=basis)

    def waste(  # noqa: PLR0913 - the members of a line
        self, name: str, elements: Masses, fate: str, destination: str, *, moisture: str = "0", factor: str | None = None,
        waste_class: str | None = None, note: str = "what the element balance of the run leaves",
    ) -> None:  # fmt: skip
        """Add a waste by its elements."""
        held = {element: exact(mass) for element, mass in elements.items() if exact(mass)}
        mass = total(held)
        self.left = added(self.left, held)
        self.waste_water += mass / (1 - Fraction(moisture)) - mass
        self.add(
            "wastes", name=name, mass=text(mass, "kg"), moisture=None if moisture == "0" else moisture,
            waste_class=waste_class, fate=fate, destination=destination,
            elements={element: text(each, "kg") for element, each in held.items()}, factor=factor,
            basis="calculated", note=note,
        )  # fmt: skip

    def residue(
        self,
        name: str,
        fate: str,
        destination: str,
        *,
        carbon: bool = False,
        oxygen: Fraction | None = None,
        **more: Any,  # noqa: ANN401 - what `waste` takes
    ) -> None:
        """Add the waste that takes the rest of every element, as oxides, carbonates, sulphates and halides."""
        rest = {
            element: mass - self.left.get(element, Fraction())
            for element, mass in self.given.items()
            if (element not in AIR_AND_WATER or (carbon and element == "C"))
        }
        short = {element: mass for element, mass in rest.items() if mass < -exact("0.01")}
        if short:
            message = f"{self.name}: more left than came in: {short}"
            raise ValueError(message)
        rest = {element: mass for element, mass in rest.items() if mass > 0 and element != "Ar"}
        rest["O"] = oxygen_in(rest) if oxygen is None else oxygen
        self.waste(name, rest, fate, destination, **more)

    def put_out(  # noqa: PLR0913 - the members of a line
        self, lot: str, kind: str, mass: Fraction | str, composition: Masses, description: str, *,
        product: str | None = None, price: str | None = None, certify: bool = True, allocate: bool = True,
        moisture: str | None = None, **more: object,
    ) -> Fraction:  # fmt: skip
        """Add an output; return its mass."""
        kg, fractions = exact(mass), rounded(composition)
        self.made[lot] = fractions
        self.left = added(self.left, times(fractions, kg))
        self.add(
            "outputs", lot=lot, kind=kind, product=product, description=description, mass=text(kg, "kg"),
            moisture=moisture, composition={element: text(part) for element, part in fractions.items()},
            certify=None if certify else False, allocate=None if allocate else False, price=price and f"{price} USD/kg",
            **more,
        )  # fmt: skip
        return kg

    def leave_out(self, what: str, why: str, kind: str, **more: str) -> None:
        """Name what the result leaves out, why, and of which kind that is."""
        self.add("excluded", what=what, why=why, kind=kind, **more)

    def leave_out_of_boundary(self, what: str) -> None:
        """Name what lies outside the boundary."""
        self.leave_out(what, "outside the boundary", "boundary")

    def leave_out_small(self, what: str, why: str) -> None:
        """Name what is at most 1 % of the result."""
        self.leave_out(what, why, "bounded", share="0.01")

    def do_without(self, item: str, variant: str) -> None:
        """Name what the step owes and this variant of it does without."""
        self.add("absent", item=item, reason="not-in-process", variant=variant)

    def balance_water(self, note: str, *, discharged: str = "0", **more: object) -> None:
        """Add the water balance; what is formed follows from hydrogen, and what is left evaporates."""
        products = sum((_moist(each) for each in self.groups["outputs"]), Fraction())
        reagents = self.dissolving
        entered = self.fresh + reagents
        hydrogen = (
            self.given.get("H", Fraction()) - self.left.get("H", Fraction()) - entered * 1000 * of_formula("H2O")["H"]
        )
        formed = exact(hydrogen / of_formula("H2O")["H"] / 1000)
        consumed = min(formed, Fraction())
        wastes, products = exact(self.waste_water / 1000), exact(products)
        entered += self.feed_water + max(formed, Fraction())
        evaporated = entered - Fraction(discharged) - products - wastes + consumed
        members = {
            "fresh": self.fresh, "with_reagents": reagents, "feed_moisture": self.feed_water,
            "formed": max(formed, Fraction()), "discharged": Fraction(discharged), "evaporated": evaporated,
            "in_products": products, "in_wastes": wastes,
        }  # fmt: skip
        self.groups["water"] = [{name: text(value, "m3") for name, value in members.items()} | more | {"note": note}]
        leaving = Fraction(discharged) + evaporated + products + wastes
        moisture = times(of_formula("H2O"), self.feed_water * 1000)
        self.given = added(self.given, moisture)
        self.left = added(self.left, times(of_formula("H2O"), leaving * 1000))

    def record(self) -> dict[str, Tree]:
        """Return the record."""
        if self.carried:
            name = "road, reagents and materials, shipped mass (solutions as delivered)"
            self.journey(name, self.carried, str(ROAD_KM), "assumed")
            self.carried = Fraction()
        groups = self.groups
        allocation: dict[str, Any] = {"method": "economic", "mass_key": self.mass_key}
        if self.prices:
            period = {"start": "2020-01-01", "end": "2024-12-31"}
            allocation["prices"] = {"period": period, "currency": "USD", "source": self.prices}
        members: dict[str, Any] = {
            "oreprint": "production-record/1",
            "run": self.name,
            "producer": self.producer,
            "facility": self.facility,
            "step": self.step,
            "period": {"start": self.period[0], "end": self.period[1]},
            "gwp": "AR6",
            "electricity_set": "direct",
            "allocation": allocation,
            **{
                name: groups.get(name)
                for name in ("inputs", "materials", "fuels", "electricity", "direct", "transport", "wastes")
            },
            "anodes": groups["anodes"][0] if "anodes" in groups else None,
            "water": groups["water"][0] if "water" in groups else None,
            "outputs": groups["outputs"],
            "excluded": groups.get("excluded"),
            "untracked": groups.get("untracked"),
            "absent": groups.get("absent"),
            "note": self.note,
        }
        return {name: value for name, value in members.items() if value}


def _weight(element: str) -> Fraction:
    from ledger.chemistry.elements import ATOMIC_WEIGHT

    return Fraction(ATOMIC_WEIGHT[element])


def _moist(line: Mapping[str, str]) -> Fraction:
    """Return the water (m3) in an output as shipped."""
    dry, moisture = Fraction(line["mass"].split()[0]), Fraction(line.get("moisture", "0"))
    return (dry / (1 - moisture) - dry) / 1000
