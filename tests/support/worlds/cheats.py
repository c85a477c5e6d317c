"""Cheats: each changes an honest record of the example to a lower figure, in one of the ways that producers have.

Rules: a family is one idea; its members are mirror images of each other, or the same thing moved to another place.
Each names the code that meets it, and whether that refuses the record or flags it.  What draws them through the doors
of a registry is `tests/integration/test_cheats_at_every_door.py`; single bounds have tests of their own beside each
rule.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from tests.support.worlds import own_tables as own
from tests.support.worlds import worked_example as example
from tests.support.worlds.record_changes import absent, both, drop, each_line, line, output, put, top

if TYPE_CHECKING:
    from tests.support.worlds.record_changes import Change

BEN, CRK, SEP, ICL, SCR = "BEN-2026-01", "CRK-2026-02", "SEP-2026-03", "ICL-2026-01", "SCR-2026-02"
REC, ELY, SC, MAG = "REC-2026-03", "ELY-2026-04-A", "SC-2026-05", "MAG-2026-06"
OX, LC, CE, SEG, SALT = range(5)
"""The outputs of the separation: PrNd oxide and LaCe oxide, unsold cerium oxide, a samarium concentrate, a salt."""

FREE, WATER, IRON = "methods/no-burden.glo", "materials/tap-water.cn.2019", "placeholders/iron.glo"
RARE_EARTHS, SCRAP = "defaults/rare-earth-goods.glo", "methods/scrap-cut-off.glo"
DOCUMENT = "A" * 43
MONITOR = {"by": "measured", "monitor": "FTIR", "continuous": True}


class Cheat(NamedTuple):
    """A cheat: what it is, the run of the example that it changes and how, and the code that it meets."""

    words: str
    run: str
    code: str
    change: Change
    verdict: Literal["reject", "flag"] = "reject"

    @property
    def written(self) -> dict[str, Any]:
        """The record with the cheat, as it is written."""
        return example.changed(self.run, self.change)


def flagged(words: str, run: str, code: str, change: Change) -> Cheat:
    return Cheat(words, run, code, change, "flag")


# -- changes ----------------------------------------------------------------------------------------------------------


def unnamed(value: dict[str, Any]) -> None:
    """Leave out which products a run makes."""
    for each in value["outputs"]:
        each.pop("product", None)


def called(step: str, **power: object) -> Change:
    """Call a run by another step's name, with little electricity."""
    return both(unnamed, top(step=step), each_line("electricity", basis="metered", meter="M-1", **power))


def bought(mass: str, factor: str, composition: dict[str, str] | None = None, **members: object) -> Change:
    """Buy one more material."""
    made = {"name": "goods", "mass": mass, "factor": factor, **members}
    return lambda value: value["materials"].append(made | ({"composition": composition} if composition else {}))


def priced(**prices: str) -> Change:
    """Give lots other prices, in USD for a kg; a lot is written with `_` for `-`."""

    def change(value: dict[str, Any]) -> None:
        for each in value["outputs"]:
            if (price := prices.get(each["lot"].replace("-", "_"))) is not None:
                each["price"] = f"{price} USD/kg"

    return change


def sold(place: int, mass: str, price: str) -> Change:
    """Price an output, and show a sale of it at that price."""
    year = {"start": "2024-01-01", "end": "2024-12-31"}
    sale = {"mass": mass, "price": f"{price} USD/kg", "period": year, "documents": [DOCUMENT]}
    return output(place, price=f"{price} USD/kg", sold=sale)


def parted(value: dict[str, Any]) -> None:
    """Part a lot into two at the same high price."""
    half = value["outputs"][CE] | {"mass": "734 kg", "price": "60 USD/kg"}
    value["outputs"][CE:SEG] = [half, half | {"lot": "CE-05"}]


def left_out(**members: str) -> Change:
    return lambda value: value["excluded"].append({"what": "small things", "why": "small", **members})


def gas(amount: str, energy: str, **members: str) -> Change:
    """Burn another amount of gas, and supply as much."""

    def change(value: dict[str, Any]) -> None:
        for each in value["fuels"]:
            each.update(amount=amount, **members, **({"energy": energy} if "energy" in each else {}))

    return change


def burnt(**members: str) -> Change:
    """Burn one other fuel instead."""
    return top(fuels=[{"name": "kiln", "basis": "metered", "meter": "M-1", **members}])


def fired(value: dict[str, Any]) -> None:
    """Burn a kilogram of wood more."""
    value["fuels"].append(KINDLING | {"factor": "fuels/carbon-burnt-biogenic.glo", "basis": "weighed", "meter": "W-1"})


def own_power(kind: str, **members: object) -> Change:
    """Call all electricity the plant's own."""
    factor = f"methods/electricity-{kind}-direct.glo"
    return each_line("electricity", own="attributes-kept", factor=factor, uncovered=None, **members)


def a_part_from_the_roof(bought_kwh: str, made_kwh: str, **members: object) -> Change:
    """Call a part of the electricity the plant's own sun."""

    def change(value: dict[str, Any]) -> None:
        (line_,) = value["electricity"]
        value["electricity"] = [line_ | {"amount": f"{kwh} kWh"} for kwh in (bought_kwh, made_kwh)]
        factor = "methods/electricity-solar-direct.glo"
        value["electricity"][1].update(own="attributes-kept", factor=factor, uncovered=None, **members)

    return change


def from_elsewhere(composition_of: str) -> Change:
    """Buy what goes in without a certificate instead of drawing it."""
    run, lot = composition_of.split("/")
    made = next(each for each in example.written(run)["outputs"] if each["lot"] == lot)

    def change(value: dict[str, Any]) -> None:
        taken = next(each for each in value["inputs"] if each["lot"] == lot)
        value["inputs"].remove(taken)
        value.pop("claims")
        bought(taken["mass"], RARE_EARTHS, made["composition"])(value)

    return change


def no_evaporator(value: dict[str, Any]) -> None:
    """Sell crystals that nothing crystallised."""
    for each in ("evaporator", "evaporator_electricity"):
        value["water"].pop(each)
    value["electricity"].pop()


def carbon_in_salt(value: dict[str, Any]) -> None:
    """Say that the carbon of the bicarbonate stays in a salt instead of leaving as CO2."""
    drop("direct", "CO2 of the bicarbonate")(value)
    salt = line(value, "wastes", "mixed ammonium")
    salt["elements"] |= {"C": "984.4 kg"}
    salt["mass"] = "1341.47 kg"


def sold_gas(value: dict[str, Any]) -> None:
    """Say that most of the carbon dioxide is sold to a bottler."""
    left = line(value, "direct", "CO2 of the bicarbonate")
    whole = Decimal(left["mass"].removesuffix(" kg"))
    caught = (whole * Decimal("0.9")).quantize(Decimal("0.001"))
    left["mass"] = f"{whole - caught:f} kg"
    carbon = (caught * Decimal("0.272916")).quantize(Decimal("0.001"))
    elements = {"C": f"{carbon:f} kg", "O": f"{caught - carbon:f} kg"}
    gas_ = {"name": "CO2 for a bottler", "mass": f"{caught:f} kg", "fate": "sold", "destination": "recovery"}
    value["wastes"].append(gas_ | {"elements": elements, "basis": "weighed", "meter": "W-1"})


def padded(place: int, part: str, element: str) -> Change:
    """Let a lot weigh more by a part of its mass, of an element that nobody weighed in."""

    def change(value: dict[str, Any]) -> None:
        made, more = value["outputs"][place], Decimal(part)
        made["mass"] = f"{Decimal(made['mass'].removesuffix(' kg')) * (1 + more):.3f} kg"
        parts = {
            each: (Decimal(held) / (1 + more)).quantize(Decimal("0.000001"))
            for each, held in made["composition"].items()
        }
        rest = 1 - sum(parts.values())
        made["composition"] = {
            each: f"{held:f}" for each, held in (parts | {element: parts.get(element, 0) + rest}).items()
        }
        value["untracked"] = ["H", "C", "N", "O"]

    return change


def to_the_sister(value: dict[str, Any]) -> None:
    """Let a fifth of the magnets leave as waste."""
    made = value["outputs"][0]
    made.update(mass="400 kg", coating=None)
    elements = {element: f"{Decimal(part) * 100:f} kg" for element, part in made["composition"].items()}
    waste = {"name": "magnets for the sister", "mass": "100 kg", "fate": "sold", "destination": "recovery"}
    value["wastes"].append(waste | {"elements": elements})


def to_the_other_hall(value: dict[str, Any]) -> None:
    """Let half of the product leave as sludge, for a hall that recycles it."""
    made = value["outputs"][OX]
    half = (Decimal(made["mass"].removesuffix(" kg")) / 2).quantize(Decimal("0.001"))
    made["mass"] = f"{half:f} kg"
    elements = {
        each: f"{(half * Decimal(part)).quantize(Decimal('0.0001')):f} kg" for each, part in made["composition"].items()
    }
    lantha = value["outputs"][LC]
    rest = (Decimal(lantha["mass"].removesuffix(" kg")) / 2).quantize(Decimal("0.001"))
    lantha["mass"] = f"{rest:f} kg"
    more = {
        each: f"{(rest * Decimal(part)).quantize(Decimal('0.0001')):f} kg"
        for each, part in lantha["composition"].items()
    }
    sludge = {"fate": "recycled", "destination": "recovery", "basis": "weighed", "meter": "W-1"}
    value["wastes"].append({"name": "sludge", "mass": f"{half:f} kg", "elements": elements} | sludge)
    value["wastes"].append({"name": "other sludge", "mass": f"{rest:f} kg", "elements": more} | sludge)


def as_oxygen(value: dict[str, Any]) -> None:
    """Say that the cells give off oxygen, as inert anodes do."""
    gas_ = {"name": "O2", "substance": "O2", "mass": "20 kg", "elements": {"O": "20 kg"}, "basis": "calculated"}
    value["direct"] = [each for each in value["direct"] if "CO" not in each["substance"]] + [gas_]


NEODYMIUM, OXIDE = {"Nd": "1"}, {"Nd": "0.857361", "O": "0.142639"}
THIN_ACID = {"H": "0.1095", "O": "0.8614", "Cl": "0.0291"}
ACID_WITH_NEODYMIUM = {"H": "0.08", "O": "0.58", "Cl": "0.291705524", "Nd": "0.048294476"}
SUN_OF_A_FIELD = {"basis": "metered", "plant": {"kind": "solar", "power": "2 MWp", "meter": "PV-1"}}
SOLAR_OF = {"basis": "metered", "plant": {"kind": "solar", "power": "100 kWp", "meter": "PV-1"}}
WOOD = {"name": "pellets", "amount": "3050 kg", "energy": "48800 MJ", "carbon": "0.48 kg/kg", "fuel": "biomass"}
KINDLING = {
    "name": "kindling",
    "amount": "1 kg",
    "energy": "16 MJ",
    "carbon": "0.48 kg/kg",
    "fuel": "biomass",
    "proof": DOCUMENT,
}
GAS_AS_GOODS = {"C": "0.7487", "H": "0.2513"}
QUOTE = {"day": "2025-03-01", "document": DOCUMENT}

# -- families ---------------------------------------------------------------------------------------------------------

PRICES: Final = (
    Cheat("unsold by-products priced up", SEP, "rule.a-price", priced(CE_04="60", SEG_05="60")),
    Cheat("by-products priced halfway up", SEP, "rule.a-price", priced(LC_09="20", CE_04="20")),
    Cheat("the product priced down", SEP, "rule.a-price", priced(OX_17="10")),
    Cheat("a salt that takes a share at a price it never had", SEP, "rule.a-price", output(SALT, allocate=True, price="10 USD/kg")),
    Cheat("a by-product parted into two lots", SEP, "rule.a-price", parted),
    Cheat("a sister firm buys all cerium dear", SEP, "rule.a-price", sold(CE, "1468 kg", "60")),
    Cheat("a sister firm buys all product cheap", SEP, "rule.a-price", sold(OX, "855.9 kg", "10")),
    Cheat("mass for the product, price for the rest of the chain", SEP, "rule.a-sum-prices", top(allocation={"method": "mass", "mass_key": "REO"})),
    flagged("a quotation from a friend", SEP, "rule.a-price-low", output(CE, price="60 USD/kg", quote=QUOTE)),
    flagged("a tenth shaved off", SEP, "rule.a-price-low", output(CE, price="8 USD/kg")),
    flagged("the rest at half its price again", SEP, "rule.a-price-ref", priced(SEG_05="36", LC_09="2.4", CE_04="2.4")),
    flagged("burden parked in process", SEP, "rule.x-stock", output(CE, kind="in-process")),
)  # fmt: skip

NITROUS_OXIDE: Final = (
    Cheat("nitrous oxide deleted", ICL, "rule.q-line", drop("direct", "N2O")),
    Cheat("nitrous oxide of a kilogram", ICL, "rule.q-least", put("direct", "N2O", mass="1 kg")),
    Cheat("nitrous oxide called nitrogen", ICL, "rule.q-line", put("direct", "N2O", gas=None, substance="N2")),
    Cheat("nitrous oxide counted as carbon dioxide", ICL, "rule.q-line", put("direct", "N2O", gas="CO2-fossil")),
    Cheat("nitrous oxide as an exclusion", ICL, "rule.x-cut-line", both(drop("direct", "N2O"), left_out(what="N2O of ammonium", kind="no-ghg"))),
    Cheat("nitrous oxide not in the process", ICL, "rule.q-absent-reason", both(drop("direct", "N2O"), absent("n2o", "not-in-process", variant="dry ground"))),
    Cheat("a leaching called mining", ICL, "rule.q-step", both(called("mining", amount="700 kWh"), drop("direct", "N2O"))),
    Cheat("a leaching called beneficiation", ICL, "rule.q-step", both(called("beneficiation", amount="700 kWh"), drop("direct", "N2O"))),
    flagged("a monitor that found a hundredth", ICL, "rule.q-measured", put("direct", "N2O", mass="0.3 kg", basis="metered", method=MONITOR | {"document": DOCUMENT})),
    flagged("nitrous oxide of half the usual", ICL, "rule.q-range", put("direct", "N2O", mass="17 kg")),
)  # fmt: skip

MISSING: Final = (
    Cheat("electricity left out in words", SEP, "rule.q-line", both(top(electricity=[]), left_out(what="electricity of all", kind="open"))),
    Cheat("electricity of a kilowatt-hour", SEP, "rule.q-least", each_line("electricity", amount="1 kWh", basis="metered", meter="M-1")),
    Cheat("electricity in a transport line", SEP, "rule.q-absent-short", both(top(electricity=[]), absent("electricity", "in-other-line", line="transport[0]"))),
    Cheat("electricity in a fuel that heats a kiln", SEP, "rule.q-absent-short", both(top(electricity=[]), gas("400 m3", "15560 MJ"), absent("electricity", "in-other-line", line="fuels[0]"))),
    Cheat("an electric kiln on unchanged electricity", SEP, "rule.q-absent-short", both(top(fuels=[]), absent("process-heat", "met-by-electricity"))),
    Cheat("a roaster that needs no heat", CRK, "rule.q-absent-reason", both(top(fuels=[]), absent("process-heat", "not-in-process", variant="cold"))),
    Cheat("inert anodes that burn carbon", ELY, "rule.c-run", both(as_oxygen, absent("anode-co2", "not-in-process", variant="inert"))),
    Cheat("the crystalliser forgotten", SEP, "rule.q-line", lambda value: value["water"].pop("evaporator")),
    Cheat("perfluorocarbons dropped", ELY, "rule.f-pfc", lambda value: value.update(direct=value["direct"][:2])),
    Cheat("carbon of the bicarbonate nowhere", SEP, "rule.c-run", drop("direct", "CO2 of the bicarbonate")),
    flagged("the evaporator of a cracking forgotten", CRK, "rule.q-line-flag", no_evaporator),
    flagged("carbon of the bicarbonate in a salt", SEP, "rule.c-run-kept", carbon_in_salt),
    flagged("electricity of another run", SEP, "rule.q-absent", both(top(electricity=[]), absent("electricity", "other-run", run=CRK))),
    flagged("a kilowatt-hour here, the rest in another run", SEP, "rule.q-absent", both(each_line("electricity", amount="1 kWh"), absent("electricity", "other-run", run=CRK))),
    flagged("a crystalliser of another run", SEP, "rule.q-absent", both(lambda value: value["water"].pop("evaporator"), absent("evaporator", "other-run", run=CRK))),
    flagged("every amount at its flag, calculated", SEP, "rule.q-joint", both(each_line("electricity", amount="6500 kWh", basis="calculated"), gas("540 m3", "21006 MJ"))),
    flagged("a share of no main meter", SEP, "rule.q-odd-flag", each_line("electricity", amount="3500 kWh", basis="apportioned", basis_key="month, by mass")),
    flagged("half the electricity, assumed", SEP, "rule.q-odd-flag", each_line("electricity", amount="12200 kWh", basis="assumed")),
    flagged("electricity in the gas of a kiln", SEP, "rule.q-absent", both(top(electricity=[]), absent("electricity", "in-other-line", line="fuels[0]"))),
    flagged("anodes that nobody supplies", ELY, "rule.q-line-flag", both(drop("materials", "anode"), top(water=None, excluded=[]))),
    flagged("ore that nobody dug", BEN, "rule.q-line-flag", put("materials", "tailings", factor=FREE)),
    flagged("pumps and drills forgotten beside the kiln's gas", ICL, "rule.q-line-flag", lambda value: value.update(fuels=value["fuels"][2:])),
)  # fmt: skip

NAMES: Final = (
    Cheat("a separation called blending", SEP, "rule.q-step-blend", both(called("blending", amount="400 kWh"), top(fuels=[]))),
    Cheat("a separation called machining", SEP, "rule.q-step", both(called("machining", amount="400 kWh"), top(fuels=[]))),
    Cheat("a separation called alkaline cracking", SEP, "rule.q-step", both(called("alkaline-cracking", amount="400 kWh"), top(fuels=[]))),
    Cheat("magnets called machined parts", MAG, "rule.q-step", called("machining", amount="30 kWh", instruments=[])),
    Cheat("magnets called coated parts", MAG, "rule.q-step", called("coating", amount="30 kWh", instruments=[])),
    Cheat("an electrolysis called melting", ELY, "rule.m-oxmet-step", called("alloy-melting", amount="300 kWh")),
    Cheat("a casting called reduction", SC, "rule.q-step", called("metallothermic-reduction", amount="30 kWh")),
    Cheat("a roasting called scrap collection", CRK, "rule.m-oxmet-ore", both(called("scrap-collection", amount="150 kWh"), top(fuels=[]))),
)  # fmt: skip

ACIDS: Final = (
    Cheat("acid of 3 % whose composition says 30 %", SEP, "rule.m-strong", put("materials", "hydrochloric", strength="0.03")),
    Cheat("sulphuric acid of a tenth", CRK, "rule.m-strong", put("materials", "sulphuric", strength="0.098")),
    Cheat("acid that is water", SEP, "rule.p-acid-charge", put("materials", "hydrochloric", strength="0.03", composition=THIN_ACID)),
    Cheat("acid by the factor of water", SEP, "rule.m-fit", put("materials", "hydrochloric", factor=WATER, strength=None)),
    Cheat("acid that holds rare earth", SEP, "rule.m-fit-rare", bought("2000 kg", "placeholders/hydrochloric-acid.glo", ACID_WITH_NEODYMIUM, strength="0.3")),
    Cheat("acid of a lot that holds none", SEP, "rule.q-absent-short", both(drop("materials", "hydrochloric"), absent("acid", "in-input", lot="RC-11"))),
)  # fmt: skip

FACTORS: Final = (
    Cheat("neodymium by the factor of iron", SC, "rule.m-fit-rare", bought("10 kg", IRON, NEODYMIUM)),
    Cheat("neodymium as five hundredths of iron", SC, "rule.m-fit-rare", bought("100 kg", IRON, {"Fe": "0.951", "Nd": "0.049"})),
    Cheat("dysprosium as a metal like gallium", SC, "rule.m-fit-rare", bought("10 kg", "placeholders/gallium.glo", {"Dy": "1"}, proxy_for="dysprosium")),
    Cheat("PrNd as ferrosilicon", SC, "rule.m-fit", bought("100 kg", "materials/rare-earth-ferrosilicon.cn.2013", {"Nd": "0.22", "Pr": "0.08", "Si": "0.4", "Fe": "0.3"})),
    Cheat("neodymium oxide by the factor of tap water", SEP, "rule.m-fit-rare", bought("100 kg", WATER, OXIDE)),
    Cheat("neodymium oxide as ground", SEP, "rule.m-fit-rare", bought("100 kg", FREE, OXIDE)),
    Cheat("cobalt by the factor of iron", SC, "rule.m-fit", put("materials", "cobalt", factor=IRON)),
    Cheat("cobalt called iron by its number", SC, "rule.m-fit-cas", bought("10 kg", IRON, cas="7440-48-4")),
    Cheat("ammonia as air", SEP, "rule.m-fit", put("materials", "ammonia", factor=FREE)),
    Cheat("hydrogen as air", MAG, "rule.m-fit", put("materials", "hydrogen", factor=FREE)),
    Cheat("a leaching agent as ground", ICL, "rule.q-line", put("materials", "ammonium sulphate", factor=FREE)),
    Cheat("a precipitant as ground", ICL, "rule.m-fit", put("materials", "bicarbonate", factor=FREE)),
    Cheat("a leaching agent with a grain of ore", ICL, "rule.m-fit", put("materials", "ammonium sulphate", factor=FREE, composition={"O": "0.484326518", "S": "0.242632479", "N": "0.212012048", "H": "0.060028955", "Nd": "0.001"})),
    Cheat("a proxy of another family", CRK, "rule.m-fit-proxy", put("materials", "bicarbonate", factor="materials/soda-ash.cn.2014", proxy_for="ammonium bicarbonate")),
    Cheat("lime by the gas of its limestone", CRK, "rule.m-fit-role", put("materials", "lime", factor="materials/caco3-process-co2.cn")),
    flagged("argon as air", MAG, "rule.g-free-gas", put("materials", "argon", factor=FREE)),
    flagged("nitrogen as air", MAG, "rule.g-free-gas", put("materials", "nitrogen", factor=FREE)),
    flagged("a salt below its ammonia", CRK, "rule.m-floor", put("materials", "bicarbonate", factor="materials/ammonium-bicarbonate-nh4hco3.cn.2005")),
    flagged("metal bought from who has no certificate", SC, "rule.m-proxy-default", from_elsewhere("ELY-2026-04-A/ME-31")),
    flagged("alloy bought from who has no certificate", MAG, "rule.m-proxy-default", from_elsewhere("SC-2026-05/AL-40")),
)  # fmt: skip

SCRAPS: Final = (
    Cheat("new metal called scrap where none is recycled", SC, "rule.s-scrap-step", bought("10 kg", SCRAP, NEODYMIUM, recycled="pre-consumer")),
    Cheat("new metal among the swarf", SCR, "rule.s-scrap", put("materials", "swarf", composition={"Nd": "0.75", "Pr": "0.25"})),
    Cheat("oxide among the scrap", REC, "rule.s-scrap", bought("10 kg", SCRAP, OXIDE, recycled="pre-consumer")),
    flagged("new metal thinned with iron as old magnets", SCR, "rule.s-scrap-boron", bought("100 kg", SCRAP, {"Nd": "0.255", "Pr": "0.085", "Fe": "0.66"}, recycled="post-consumer")),
    flagged("half of the oxides as sludge that the other hall recycles", SEP, "rule.s-scrap-goods", to_the_other_hall),
    flagged("magnets that leave as waste", MAG, "rule.s-scrap-waste", to_the_sister),
)  # fmt: skip

BALLAST: Final = (
    Cheat("oxide padded with half its mass of oxygen", SEP, "rule.m-light", both(unnamed, padded(OX, "0.6", "O"))),
    Cheat("metal padded with carbon", ELY, "rule.m-light", padded(0, "0.5", "C")),
    flagged("magnets padded with resin that nobody bought", MAG, "rule.m-light-flag", padded(0, "0.2", "C")),
    flagged("concentrate padded with oxygen", BEN, "rule.m-light-flag", padded(0, "0.15", "O")),
    flagged("oxide padded with some water", SEP, "rule.m-light-flag", both(unnamed, padded(OX, "0.08", "H"))),
    flagged("iron among the alloy of magnets", MAG, "rule.m-dilute", bought("60 kg", IRON, {"Fe": "1"})),
    flagged("sintered magnets called bonded", MAG, "rule.v-prod-resin", output(0, product="bonded-ndfeb-magnet")),
    flagged("concentrate with some water", BEN, "rule.m-light-flag", padded(0, "0.01", "H")),
    flagged("metal with a little oxygen", ELY, "rule.m-light-flag", padded(0, "0.05", "O")),
)  # fmt: skip
"""A figure is for a kilogram of goods: what pads them lowers it."""

FUELS: Final = (
    Cheat("gas bought but never burnt", SEP, "rule.f-whole-burnt", lambda value: value.update(fuels=value["fuels"][1:])),
    Cheat("gas burnt but never bought", SEP, "rule.f-whole", lambda value: value.update(fuels=value["fuels"][:1])),
    Cheat("ten times as much gas burnt as bought", SEP, "rule.f-whole", put("fuels", "supply", amount="125 m3")),
    Cheat("gas as a material that nobody burns", SEP, "rule.m-fit-role", both(top(fuels=[]), bought("900 kg", "fuels/carbon-burnt-fossil.glo", GAS_AS_GOODS))),
    Cheat("gas of more heat than gas has", SEP, "rule.f-carbon-window", put("fuels", "burnt", energy="60000 MJ")),
    Cheat("diesel bought but never burnt", ICL, "rule.f-whole-burnt", drop("fuels", "diesel burnt")),
    Cheat("oxidation of 1 %", SEP, "rule.f-oxid", put("fuels", "burnt", oxidation="1 %")),
    Cheat("oxidation of 97 % in a gas flame", SEP, "rule.f-oxid", put("fuels", "burnt", oxidation="97 %")),
    Cheat("coal that is called wood", SEP, "rule.f-heat", burnt(amount="1900 kg", energy="49020 MJ", factor="fuels/carbon-burnt-biogenic.glo", carbon="0.66 kg/kg", fuel="biomass")),
    Cheat("gas that counts as biogenic", SEP, "rule.f-bio", burnt(amount="1254 m3", energy="48780 MJ", factor="fuels/carbon-burnt-biogenic.glo", carbon="0.595 kg/m3", fuel="natural-gas")),
    Cheat("the diesel of pumps as the heat of a kiln", SEP, "rule.q-line", burnt(amount="1135 kg", energy="48805 MJ", factor="fuels/diesel-whole.cn.2024")),
    Cheat("kindling that makes the carbonate's gas biogenic", SEP, "rule.b-tag-more", both(fired, put("direct", "CO2 of the bicarbonate", gas="CO2-biogenic"))),
    flagged("carbon dioxide sold to a bottler", SEP, "rule.c-run-caught", sold_gas),
    flagged("a kiln on pellets that nobody proves", SEP, "rule.f-bio-proof", burnt(factor="fuels/carbon-burnt-biogenic.glo", **WOOD)),
    flagged("bought heat that no meter read", SEP, "rule.f-heat-bought", burnt(amount="48805 MJ", factor="fuels/purchased-heat-steam-default.cn", basis="assumed")),
    flagged("heat of an acid plant", SEP, "rule.q-absent", both(top(fuels=[]), absent("process-heat", "recovered-heat", run=CRK, heat="48805 MJ"))),
)  # fmt: skip

LEFT_OUT: Final = (
    Cheat("30 % left out", MAG, "rule.x-cut", left_out(kind="bounded", share="0.3")),
    Cheat("thirty times 1 % left out", MAG, "rule.x-cut", lambda value: [left_out(what=f"thing {n}", kind="bounded", share="0.01")(value) for n in range(30)]),
    Cheat("the furnace's electricity left out as no gas", MAG, "rule.x-cut-line", left_out(what="electricity of the furnaces", kind="no-ghg")),
    Cheat("left out because of a line that is not there", MAG, "rule.x-cut-other", left_out(kind="in-other-line", line="everything else")),
    flagged("30 % left out in words", MAG, "rule.x-open", left_out(kind="open")),
    flagged("30 % called outside the boundary", MAG, "rule.x-open-boundary", left_out(kind="boundary")),
    flagged("a furnace that gives off no gas", MAG, "rule.x-open-no-ghg", left_out(what="the ageing furnace", kind="no-ghg")),
    flagged("a furnace that gives off no gas, in Chinese", MAG, "rule.x-open-no-ghg", left_out(what="时效炉的用电", kind="no-ghg")),
    flagged("gas of a dryer as a credit that is not taken", MAG, "rule.x-open", left_out(what="gas of the dryer", kind="no-credit")),
    flagged("a tonne bounded by what counts nothing", MAG, "rule.x-open", left_out(kind="bounded", at_most="1000 kg", factor=FREE)),
    flagged("a bound of nothing", MAG, "rule.x-open", left_out(kind="bounded", share="0")),
)  # fmt: skip

POWER: Final = (
    Cheat("the country's average in a coal province", SEP, "rule.e-set-finer", each_line("electricity", factor="grid/location.cn.2023", uncovered="grid/location.cn.2023")),
    Cheat("the grid of a cleaner province", SEP, "rule.e-set-plant", each_line("electricity", grid="CN-YN", factor="grid/location.cn-yn.2023", uncovered="grid/residual.cn.2023")),
    Cheat("the lower of two sets", SEP, "rule.e-set", each_line("electricity", factor="grid/life-cycle.cn.2024", uncovered="grid/life-cycle.cn.2024")),
    Cheat("grid power called own sun, calculated", SEP, "rule.e-own-plant", own_power("solar", basis="calculated")),
    Cheat("own wind without a plant", SEP, "rule.e-own-plant", own_power("wind", basis="metered", meter="M-1")),
    Cheat("more sun than the roof gives", SEP, "rule.e-own-plant-more", own_power("solar", **SOLAR_OF)),
    Cheat("own sun by day and by night", SEP, "rule.e-own-plant-night", own_power("solar", **SUN_OF_A_FIELD)),
    Cheat("own power of a fuel that is not burnt", SEP, "rule.e-own", own_power("own-fuel", basis="metered", plant={"kind": "own-fuel", "meter": "G-1"})),
    flagged("half of the power by own sun", SEP, "rule.e-own-share", a_part_from_the_roof("12000", "12402.702", **SUN_OF_A_FIELD)),
    flagged("a little sun that no meter read", SEP, "rule.e-own-plant-unread", a_part_from_the_roof("17500", "6902.702")),
)  # fmt: skip

OWN_TABLES: Final = (
    Cheat("a salt of an own table below its ammonia", CRK, "rule.m-floor-own", put("materials", "bicarbonate", factor="plant/salt.cn.2024")),
    Cheat("acid of an own table by the tonne", SEP, "rule.x-unit", own.acid("acid-of-a-tonne")),
    Cheat("acid free of burden by an own table", SEP, "rule.m-fit-free", own.acid("no-burden")),
    Cheat("neodymium of an own table as no rare earth", SC, "rule.m-fit-rare-supplier", own.neodymium),
    Cheat("steam of an own table under the name of the shipped row", SEP, "rule.m-floor-own", own.heated),
    Cheat("the grid by an own table", SEP, "rule.e-set-grid", own.power("location.cn-nm.2023")),
    Cheat("the grid by an own table, with a publication", SEP, "rule.e-set-grid", own.power("location.cn-nm.2023", declared=own.PUBLISHED)),
    Cheat("a cleaner province by an own table", SEP, "rule.e-set-grid", own.power("location.cn-yn.2023", declared=own.PUBLISHED)),
    Cheat("the grid of ten years ago by an own table", SEP, "rule.x-time-factor", own.power("location.cn-nm.2016", declared=own.PUBLISHED | {"year": "2016"})),
    flagged("acid of half the usual by an own table", SEP, "rule.m-own", own.acid("acid")),
    flagged("acid of a fifth under the name of the shipped row", SEP, "rule.m-own", own.acid("hydrochloric-acid")),
    flagged("acid of fifteen years ago by an own table", SEP, "rule.x-time-vintage", put("materials", "hydrochloric", factor="plant/acid-once.cn.2009")),
    flagged("a train of an own table for every journey", SEP, "rule.m-own", own.carried),
)  # fmt: skip
"""What stands in a table that others do not see (`tests.support.worlds.own_tables`)."""

CHEATS: Final = (
    *PRICES, *NITROUS_OXIDE, *MISSING, *NAMES, *ACIDS, *FACTORS, *SCRAPS, *BALLAST, *FUELS, *LEFT_OUT, *POWER, *OWN_TABLES,
)  # fmt: skip
