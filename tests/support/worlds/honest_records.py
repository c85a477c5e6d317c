"""Production records of honest plants all over the world, as their engineers would write them: none is refused.

Rules: each is a whole record with nothing certified behind it, so anybody can compute it alone.  Amounts are round
numbers of the right size, some metered, some from bills, some from a design; what a plant does not have it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ledger.chemistry.formula import parse_formula

if TYPE_CHECKING:
    from collections.abc import Callable

Written = dict[str, Any]
Composition = dict[str, str]

GOODS, FREE, SCRAP = "defaults/rare-earth-goods.glo", "methods/no-burden.glo", "methods/scrap-cut-off.glo"
DOCUMENT = "A" * 43
PRICES = {"period": {"start": "2020-01-01", "end": "2024-12-31"}, "currency": "USD", "source": "USGS MCS 2025, means"}


# -- compositions -----------------------------------------------------------------------------------------------------


def mix(**parts: float) -> Composition:
    """Return a composition of formulas by mass, such as ``mix(Nd2O3=3, Pr6O11=1)``."""
    found: dict[str, float] = {}
    whole = sum(parts.values())
    for formula, share in parts.items():
        for element, _ in (compound := parse_formula(formula)).atoms:
            found[element] = found.get(element, 0) + share / whole * float(compound.mass_fraction(element))
    return exact(found)


def exact(parts: dict[str, float]) -> Composition:
    """Return fractions of six digits that make up one."""
    millionths = {element: round(part / sum(parts.values()) * 10**6) for element, part in parts.items()}
    millionths[max(millionths, key=lambda each: millionths[each])] += 10**6 - sum(millionths.values())
    return {element: f"{each / 10**6:.6f}" for element, each in millionths.items() if each}


def solution(formula: str, strength: float) -> Composition:
    return mix(**{formula: strength, "H2O": 1 - strength})


CARBONATE = mix(**{"La2(CO3)3": 27, "Ce2(CO3)3": 49, "Pr2(CO3)3": 5, "Nd2(CO3)3": 18, "H2O": 8})
NEO = {"Fe": "0.669", "Nd": "0.31", "B": "0.01", "Co": "0.01", "O": "0.001"}


# -- lines ------------------------------------------------------------------------------------------------------------


def plain(number: float) -> str:
    return f"{number:.6f}".rstrip("0").rstrip(".")


def record(step: str, country: str, month: str, **groups: Any) -> Written:  # noqa: ANN401 - members of the record
    """Return a record of a month; `month` is as `2026-05`."""
    made: Written = {
        "oreprint": "production-record/1",
        "run": f"{step.upper()[:6]}-{country}-{month}",
        "producer": f"did:web:plant.{country.lower()}.example",
        "facility": f"https://plant.{country.lower()}.example/1",
        "step": step,
        "period": {"start": f"{month}-01", "end": f"{month}-27"},
        "allocation": {"method": "economic", "mass_key": "RE" if step in METAL else "REO"},
    }
    return made | {name: value for name, value in groups.items() if value}


METAL = frozenset({
    "oxide-electrolysis", "metallothermic-reduction", "strip-casting", "alloy-melting", "magnet-production", "machining",
    "coating", "hydrogen-recycling", "scrap-collection",
})  # fmt: skip


def bought(name: str, mass: float, factor: str, composition: Composition | None = None, **more: str) -> Written:
    made: Written = {
        "name": name,
        "mass": f"{plain(mass)} kg",
        "factor": factor,
        "basis": "weighed",
        "meter": "W-1",
        **more,
    }
    return made | ({"composition": composition} if composition else {})


def acid(mass: float, strength: float = 0.31) -> Written:
    parts = solution("HCl", strength)
    return bought("hydrochloric acid", mass, "placeholders/hydrochloric-acid.glo", parts, strength=f"{strength}")


def power(kwh: float, grid: str, **more: Any) -> list[Written]:  # noqa: ANN401 - members of the line
    return [
        {"name": "electricity", "amount": f"{plain(kwh)} kWh", "grid": grid, "basis": "metered", "meter": "M-1", **more}
    ]


def gas(cubic_metres: float, **more: str) -> list[Written]:
    whole = {"name": "natural gas", "amount": f"{plain(cubic_metres)} m3", "energy": f"{plain(cubic_metres * 36.5)} MJ"}
    return [whole | {"factor": "fuels/natural-gas-whole.cn.2024", "basis": "metered", "meter": "M-1", **more}]


def diesel(mass: float, **more: str) -> list[Written]:
    return [
        {
            "name": "diesel",
            "amount": f"{plain(mass)} kg",
            "factor": "fuels/diesel-whole.cn.2024",
            "basis": "metered",
            "meter": "M-1",
            **more,
        }
    ]


def coal(mass: float) -> list[Written]:
    """Burn bituminous coal of 23 MJ/kg."""
    energy, kind = f"{plain(mass * 23)} MJ", "other-bituminous-coal-burnt"
    return [
        {
            "name": "coal",
            "amount": energy,
            "factor": f"fuels/{kind}-energy.glo.2006",
            "basis": "weighed",
            "meter": "W-1",
        },
        {
            "name": "coal, CH4 and N2O",
            "amount": energy,
            "factor": f"placeholders/{kind}-ch4-n2o-energy.glo.2006",
            "basis": "weighed",
            "meter": "W-1",
        },
    ]


def steam(megajoule: float) -> list[Written]:
    factor = "fuels/purchased-heat-steam-default.cn"
    return [
        {
            "name": "steam of the park",
            "amount": f"{plain(megajoule)} MJ",
            "factor": factor,
            "basis": "metered",
            "meter": "M-1",
        }
    ]


def lorry(tonne_km: float) -> list[Written]:
    return [{"name": "lorries", "amount": f"{plain(tonne_km)} t.km", "factor": "transport/heavy-diesel-truck.cn.2024"}]


def carbon_dioxide(mass: float, name: str = "CO2 of the carbonates") -> Written:
    return {"name": name, "substance": "CO2", "gas": "CO2-fossil", "mass": f"{mass:.4f} kg", "basis": "calculated"}


def out(lot: str, kind: str, mass: float, composition: Composition, **more: Any) -> Written:  # noqa: ANN401
    return {
        "lot": lot,
        "kind": kind,
        "description": f"{kind} {lot}",
        "mass": f"{plain(mass)} kg",
        "composition": composition,
    } | more


def none_of(item: str, variant: str) -> Written:
    return {"item": item, "reason": "not-in-process", "variant": variant}


def carbon_in(*materials: Written) -> float:
    """Return kg CO2 of the carbon in some materials."""
    return (
        sum(float(each["mass"].split()[0]) * float(each["composition"].get("C", 0)) for each in materials)
        * 44.009
        / 12.011
    )


# -- ore and concentrate ----------------------------------------------------------------------------------------------

ORE = exact(
    {
        "O": 0.45,
        "Si": 0.2,
        "Fe": 0.1,
        "Ca": 0.13,
        "P": 0.02,
        "F": 0.03,
        "La": 0.018,
        "Ce": 0.033,
        "Nd": 0.012,
        "Pr": 0.004,
    }
)
MONAZITE = mix(CePO4=48, LaPO4=24, NdPO4=18, PrPO4=5, SiO2=5)
CLAY = exact(
    {
        "O": 0.55,
        "Si": 0.29,
        "Al": 0.12,
        "Fe": 0.03,
        "La": 0.0003,
        "Nd": 0.0003,
        "Y": 0.0003,
        "Dy": 0.00004,
        "Pr": 0.00008,
    }
)


def australian_pit_on_diesel() -> Written:
    """An open pit without a grid."""
    pit = bought("ore in the pit", 5_000_000, FREE, ORE, extracted_in="AU")
    return record(
        "mining", "AU", "2026-07", materials=[pit], fuels=diesel(2600),
        absent=[none_of("explosives", "free-digging laterite"), none_of("electricity", "no grid, no generator")],
        outputs=[out("ORE-7", "ore", 5_000_000, ORE)],
    )  # fmt: skip


def brazilian_flotation() -> Written:
    dug = bought("ore", 800_000, FREE, ORE, extracted_in="BR")
    collector = bought("hydroxamate", 2600, "placeholders/flotation-collector.glo", mix(C8H17NO2=1))
    made = mix(CePO4=40, LaPO4=22, NdPO4=14, PrPO4=5, SiO2=8, CaF2=6, Fe2O3=5)
    return record(
        "beneficiation", "BR", "2026-03", materials=[dug, collector], electricity=power(22_000, "BR"),
        direct=[], fuels=gas(900, use="process-heat"), transport=lorry(900),
        wastes=[{"name": "tailings", "mass": "760000 kg", "fate": "dam", "destination": "on-site", "elements": {"C": "1568.9 kg"}}],
        outputs=[out("CON-3", "concentrate", 40_000, made)],
    )  # fmt: skip


def ion_clay_on_generators() -> Written:
    """Leaching in the hills of Myanmar: diesel makes all power."""
    clay = bought("clay in place", 900_000, FREE, CLAY, extracted_in="MM")
    agent = bought("ammonium sulphate", 5200, "placeholders/ammonium-sulphate.glo", mix(**{"(NH4)2SO4": 1}))
    salt = bought("ammonium bicarbonate", 2300, "placeholders/ammonium-bicarbonate.glo", mix(NH4HCO3=1))
    nitrogen = 5200 * 0.212 + 2300 * 0.17718
    return record(
        "in-situ-leaching", "MM", "2026-02", materials=[clay, agent, salt],
        fuels=diesel(900, use="power"),
        electricity=power(2600, "MM", own="attributes-kept", factor="methods/electricity-own-fuel-direct.glo",
                          uncovered="methods/electricity-own-fuel-direct.glo", plant={"kind": "own-fuel", "meter": "G-1"}),
        direct=[
            {"name": "N2O of the clay", "substance": "N2O", "gas": "N2O", "mass": f"{nitrogen * 0.01 * 44 / 28:.3f} kg", "basis": "calculated"},
            carbon_dioxide(carbon_in(salt) - 640 * 0.06 * 3.664),
        ],
        transport=lorry(3000), untracked=["H"],
        outputs=[out("IC-2", "mixed-compound", 640, exact({"La": 0.19, "Nd": 0.19, "Y": 0.18, "Pr": 0.05, "C": 0.06, "O": 0.33}))],
    )  # fmt: skip


# -- cracking and separation ------------------------------------------------------------------------------------------


def malaysian_roaster() -> Written:
    """Concentrate without a certificate, sulphuric acid, rotary kilns on gas."""
    feed = bought("concentrate", 100_000, GOODS, MONAZITE)
    strong = bought(
        "sulphuric acid 98 %", 170_000, "placeholders/sulphuric-acid.glo", solution("H2SO4", 0.98), strength="0.98"
    )
    magnesia = bought("magnesia", 9000, "materials/magnesia-light-burnt-gas.cn.2020", mix(MgO=1))
    soda = bought("soda ash", 80_000, "materials/soda-ash.cn.2014", mix(Na2CO3=1))
    made = mix(**{"Ce2(CO3)3": 48, "La2(CO3)3": 24, "Nd2(CO3)3": 18, "Pr2(CO3)3": 5, "H2O": 6})
    return record(
        "acid-roasting", "MY", "2026-04", materials=[feed, strong, magnesia, soda], fuels=gas(30_000),
        electricity=power(70_000, "MY"), transport=lorry(40_000),
        direct=[carbon_dioxide(carbon_in(soda) - 85_000 * float(made["C"]) * 3.664)],
        outputs=[out("RC-4", "mixed-compound", 85_000, made, moisture="0.3")],
    )  # fmt: skip


def estonian_separation() -> Written:
    """Bought carbonate becomes oxides; the works' steam dries, gas calcines, and the grid is oil shale."""
    feed = bought("mixed carbonate", 6000, GOODS, CARBONATE)
    soda = bought("soda ash", 5200, "materials/soda-ash.cn.2014", mix(Na2CO3=1))
    base = bought("ammonia", 1800, "materials/ammonia-natural-gas-route.cn.2022", mix(NH3=1))
    extractant = bought("P507 make-up", 16, "placeholders/p507-extractant.glo", mix(C16H35O3P=1))
    held = carbon_in(feed, soda, extractant)
    return record(
        "separation", "EE", "2026-05", materials=[feed, acid(21_000), soda, base, extractant],
        allocation={"method": "economic", "mass_key": "REO", "prices": PRICES},
        fuels=[*gas(1300), *steam(30_000)], electricity=power(19_000, "EE"), transport=lorry(9000),
        direct=[carbon_dioxide(held)],
        absent=[none_of("evaporator", "the salt liquor goes to the sea under the works' permit")],
        outputs=[
            out("PN-5", "oxide", 830, mix(Nd2O3=78, Pr6O11=22), price="83 USD/kg"),
            out("LA-5", "oxide", 960, mix(La2O3=1), price="1.5 USD/kg"),
            out("CE-5", "oxide", 1700, mix(CeO2=1), price="1.5 USD/kg", certify=False),
        ],
    )  # fmt: skip


def kilogram_of_terbium() -> Written:
    """A pilot in France makes 1 kg of 5N terbium oxide of 1.1 kg of bought 2N; its meter is the laboratory's."""
    feed = bought("terbium oxide 2N", 1.1, GOODS, mix(Tb4O7=98, Dy2O3=2))
    oxalic = bought("oxalic acid", 3, "placeholders/oxalic-acid-dihydrate.glo", mix(H2C2O4=126, H2O=0))
    return record(
        "separation", "FR", "2026-01", materials=[feed, acid(12), oxalic], electricity=power(140, "FR"), transport=lorry(1),
        direct=[carbon_dioxide(carbon_in(oxalic))],
        absent=[
            {"item": "process-heat", "reason": "met-by-electricity"},
            none_of("base", "straight acid"), none_of("extractant", "a chromatographic column"),
            none_of("evaporator", "1 L of liquor goes to a waste company"),
        ],
        outputs=[out("TB-1", "oxide", 1, mix(Tb4O7=1))],
    )  # fmt: skip


def indian_toll_calciner() -> Written:
    """A coal-fired tunnel kiln burns an owner's carbonate to oxide, with no separation."""
    feed = bought("lanthanum-cerium carbonate", 14_000, GOODS, mix(**{"La2(CO3)3": 40, "Ce2(CO3)3": 60, "H2O": 8}))
    return record(
        "separation", "IN", "2026-08", materials=[feed], fuels=coal(4200), electricity=power(1500, "IN"), transport=lorry(5000),
        direct=[carbon_dioxide(carbon_in(feed))],
        outputs=[out("LC-8", "oxide", 9000, mix(La2O3=42, CeO2=62))],
    )  # fmt: skip


def own_gas_engine() -> Written:
    """Recycling in Germany: a gas engine gives power and the kiln's heat; citric acid leaches, soda precipitates."""
    scrap = bought("motor magnets", 900, SCRAP, NEO, recycled="post-consumer")
    oxalic = bought("oxalic acid", 700, "placeholders/oxalic-acid-dihydrate.glo", mix(H2C2O4=90, H2O=36))
    return record(
        "hydrometallurgical-recycling", "DE", "2026-09", materials=[scrap, acid(3600), oxalic], fuels=gas(1300),
        electricity=power(2100, "DE", own="attributes-kept", factor="methods/electricity-own-fuel-direct.glo",
                          uncovered="methods/electricity-own-fuel-direct.glo", plant={"kind": "own-fuel", "meter": "BHKW"}),
        transport=lorry(600), direct=[carbon_dioxide(carbon_in(oxalic))],
        outputs=[out("RX-9", "oxide", 300, mix(Nd2O3=1))],
    )  # fmt: skip


def phosphogypsum_in_the_cold() -> Written:
    """Phosphogypsum of an old stack in Poland: thin sulphuric acid leaches it cold, soda precipitates."""
    gypsum = exact({"Ca": 0.24, "S": 0.18, "O": 0.555, "H": 0.019, "La": 0.0012, "Ce": 0.0022, "Nd": 0.001})
    stack = bought("phosphogypsum", 400_000, GOODS, gypsum)
    thin = bought("sulphuric acid", 24_000, "placeholders/sulphuric-acid.glo", solution("H2SO4", 0.6), strength="0.6")
    soda = bought("soda ash", 4000, "materials/soda-ash.cn.2014", mix(Na2CO3=1))
    made = mix(**{"La2(CO3)3": 26, "Ce2(CO3)3": 48, "Nd2(CO3)3": 20, "H2O": 9})
    return record(
        "acid-roasting", "PL", "2026-06", materials=[stack, thin, soda], electricity=power(6000, "PL"), transport=lorry(9000),
        direct=[carbon_dioxide(carbon_in(soda) - 2000 * float(made["C"]) * 3.664)],
        absent=[none_of("process-heat", "leached cold, in heaps")],
        outputs=[out("PG-6", "mixed-compound", 2000, made)],
    )  # fmt: skip


def monazite_and_rice_husk() -> Written:
    """Hot caustic soda on bought monazite in India; a husk boiler gives the steam, with proof of its origin."""
    feed = bought("monazite", 10_000, GOODS, MONAZITE)
    caustic = bought("caustic soda", 9500, "materials/sodium-hydroxide.cn.2015", mix(NaOH=1))
    husk = {"name": "rice husk", "amount": "3200 kg", "energy": "44800 MJ", "carbon": "0.4 kg/kg", "fuel": "biomass",
            "factor": "fuels/carbon-burnt-biogenic.glo", "basis": "weighed", "meter": "W-1", "proof": DOCUMENT}  # fmt: skip
    made = mix(CeCl3=48, LaCl3=24, NdCl3=18, PrCl3=5, H2O=3)
    return record(
        "alkaline-cracking", "IN", "2026-01", materials=[feed, caustic, acid(15_000)], fuels=[husk],
        electricity=power(4000, "IN"), transport=lorry(9000),
        wastes=[{"name": "thorium cake", "mass": "900 kg", "waste_class": "radioactive", "fate": "store", "destination": "on-site", "elements": {"Si": "230 kg"}}],
        outputs=[out("MC-1", "mixed-compound", 9000, made, moisture="0.4")],
    )  # fmt: skip


def bastnaesite_by_hydrochloric_acid() -> Written:
    """Roasted and leached in Nevada; cerium stays behind."""
    feed = bought("bastnaesite concentrate", 20_000, GOODS, mix(CeCO3F=49, LaCO3F=33, NdCO3F=12, PrCO3F=4, BaSO4=2))
    lime = bought("lime", 900, "materials/lime-cao.cn.2019", mix(CaO=1))
    made = mix(LaCl3=66, NdCl3=24, PrCl3=8, CeCl3=2)
    return record(
        "hydrochloric-leaching", "US", "2026-10", materials=[feed, acid(14_500), lime], fuels=gas(3600),
        electricity=power(4500, "US-NV"), transport=lorry(8000), direct=[carbon_dioxide(carbon_in(feed))],
        allocation={"method": "economic", "mass_key": "REO", "prices": PRICES},
        outputs=[
            out("CL-10", "mixed-compound", 9500, made, moisture="0.5", price="10.9 USD/kg"),
            out("CE-10", "concentrate", 7000, mix(CeO2=88, CeF3=12), price="1.2 USD/kg", certify=False),
        ],
    )  # fmt: skip


def chlorinated_dry() -> Written:
    """Carbochlorination in Japan: chlorine and carbon on hot monazite."""
    feed = bought("monazite", 5000, GOODS, MONAZITE)
    chlorine = bought(
        "chlorine", 4200, "placeholders/hydrochloric-acid.glo", {"Cl": "1"}, proxy_for="chlorine", strength="1"
    )
    carbon = bought("anode carbon, crushed", 700, "materials/carbon-anode.cn.2013", {"C": "1"})
    return record(
        "chlorination",
        "JP",
        "2026-04",
        materials=[feed, chlorine, carbon],
        fuels=gas(900),
        electricity=power(2500, "JP"),
        transport=lorry(4000),
        direct=[carbon_dioxide(carbon_in(carbon), "CO2 of the carbon, CO burnt")],
        outputs=[out("MC-4", "mixed-compound", 4900, mix(CeCl3=48, LaCl3=24, NdCl3=18, PrCl3=5))],
    )


# -- metal ------------------------------------------------------------------------------------------------------------


def vietnamese_cells() -> Written:
    """Bought neodymium oxide in open cells; anode effects are counted, no gas monitor."""
    oxide = bought("neodymium oxide", 2440, GOODS, mix(Nd2O3=1))
    anodes = bought("graphite anodes", 520, "materials/artificial-graphite.cn.2015", {"C": "1"})
    fluoride = bought("lithium fluoride", 20, "placeholders/lithium-fluoride.glo", mix(LiF=1))
    salt = bought("neodymium fluoride", 60, GOODS, mix(NdF3=1))
    tools = bought("iron tools that wear", 5, "placeholders/iron.glo", {"Fe": "1"})
    default = {"by": "default", "factor": "placeholders/electrolysis-pfc-tier-1.glo.2019", "mass": "2000 kg"}
    return record(
        "oxide-electrolysis", "VN", "2026-06", materials=[oxide, anodes, fluoride, salt, tools], electricity=power(20_500, "VN"),
        transport=lorry(1500),
        direct=[
            {"name": "CO2 of the anodes", "substance": "CO2", "gas": "CO2-fossil", "method": {"by": "anode-balance"}},
            *({"name": each, "substance": each, "gas": each, "basis": "assumed", "method": default} for each in ("CF4", "C2F6", "C3F8")),
        ],
        anodes={"used": "520 kg", "butts": "80 kg", "carbon": "1"},
        wastes=[{"name": "butts", "mass": "80 kg", "fate": "sold", "destination": "recovery", "elements": {"C": "80 kg"}}],
        outputs=[out("ND-6", "metal", 2000, {"Nd": "0.998", "Fe": "0.0015", "O": "0.0005"})],
    )  # fmt: skip


def norwegian_chloride_cells() -> Written:
    """Lanthanum from its molten chloride, on water power: chlorine leaves, and neither CO2 nor fluorocarbons do."""
    chloride = bought("lanthanum chloride", 1840, GOODS, mix(LaCl3=1))
    chlorine = {
        "name": "chlorine, to the scrubber",
        "substance": "Cl2",
        "mass": "765 kg",
        "elements": {"Cl": "765 kg"},
        "basis": "calculated",
    }
    return record(
        "oxide-electrolysis", "NO", "2026-08", materials=[chloride], electricity=power(12_000, "NO"), transport=lorry(2000),
        direct=[chlorine],
        absent=[none_of("anode-co2", "chloride melt, no oxide"), none_of("pfc", "no fluoride in the melt"), none_of("fluoride", "chloride melt")],
        outputs=[out("LA-8", "metal", 1000, {"La": "1"})],
    )  # fmt: skip


def gas_fired_retort() -> Written:
    """Samarium by lanthanum in a retort that gas heats: hardly any electricity."""
    oxide = bought("samarium oxide", 600, "placeholders/samarium-oxide.glo", mix(Sm2O3=1))
    metal = bought("lanthanum metal", 560, GOODS, {"La": "1"})
    return record(
        "metallothermic-reduction", "CN", "2026-10", materials=[oxide, metal], fuels=gas(800), transport=lorry(400),
        electricity=power(60, "CN-HN"),
        outputs=[out("SM-10", "metal", 490, {"Sm": "0.999", "O": "0.001"})],
    )  # fmt: skip


def american_hydrogen_alloy() -> Written:
    """AB5 in an induction furnace in California."""
    metals = [
        bought("lanthanum-cerium metal", 320, GOODS, {"La": "0.6", "Ce": "0.4"}),
        bought("nickel", 600, "materials/nickel-metal.cn.2015", {"Ni": "1"}),
        bought("cobalt", 60, "placeholders/cobalt.glo", {"Co": "1"}),
        bought("aluminium", 20, "placeholders/aluminium.glo", {"Al": "1"}),
    ]
    made = exact({"La": 0.19, "Ce": 0.127, "Ni": 0.6, "Co": 0.06, "Al": 0.02})
    return record(
        "alloy-melting", "US", "2026-11", materials=metals, electricity=power(650, "US-CA"), transport=lorry(900),
        outputs=[out("AB-11", "alloy", 985, made, product="ab5-hydrogen-storage-alloy")],
    )  # fmt: skip


def ingot_for_own_magnets() -> Written:
    """Book-mould ingot in Shanxi: a vacuum furnace, no flake."""
    metals = [
        bought("PrNd metal", 320, GOODS, {"Nd": "0.75", "Pr": "0.25"}),
        bought("pure iron", 660, "placeholders/iron.glo", {"Fe": "1"}),
        bought("ferroboron", 52, "placeholders/ferroboron.glo", {"Fe": "0.8", "B": "0.195", "Si": "0.005"}),
    ]
    made = exact({"Nd": 0.229, "Pr": 0.0763, "Fe": 0.684, "B": 0.0097})
    return record(
        "alloy-melting",
        "CN",
        "2026-03",
        materials=metals,
        electricity=power(1100, "CN-SX"),
        transport=lorry(300),
        outputs=[out("IG-3", "alloy", 1000, made)],
    )


def strip_casting_of_poor_yield() -> Written:
    """A new furnace in Japan: 70 % of the charge becomes flake, the rest is sold as scrap."""
    metals = [
        bought("PrNd metal", 310, GOODS, {"Nd": "0.75", "Pr": "0.25"}),
        bought("pure iron", 660, "placeholders/iron.glo", {"Fe": "1"}),
        bought("ferroboron", 52, "placeholders/ferroboron.glo", {"Fe": "0.8", "B": "0.195", "Si": "0.005"}),
    ]
    made = exact({"Nd": 0.2275, "Pr": 0.0758, "Fe": 0.686, "B": 0.0099})
    skull = {"Nd": "70 kg", "Pr": "23 kg", "Fe": "211 kg", "B": "3 kg"}
    return record(
        "strip-casting", "JP", "2026-05", materials=metals, electricity=power(900, "JP"), transport=lorry(300),
        wastes=[{"name": "skull and poor flake", "mass": "307 kg", "fate": "sold", "destination": "recovery", "elements": skull}],
        absent=[none_of("shield-gas", "a vacuum furnace")],
        outputs=[out("SC-5", "alloy", 710, made)],
    )  # fmt: skip


# -- magnets ----------------------------------------------------------------------------------------------------------


def german_magnets() -> Written:
    alloy = bought("strip-cast flake", 1500, GOODS, NEO)
    gases = [
        bought("hydrogen", 8, "materials/hydrogen-grey-smr.cn.2023", {"H": "1"}),
        bought("argon", 200, "placeholders/argon.glo", {"Ar": "1"}),
        bought("nitrogen", 1600, "placeholders/nitrogen.glo", {"N": "1"}),
    ]
    return record(
        "magnet-production", "DE", "2026-03", materials=[alloy, *gases], electricity=power(8200, "DE"), transport=lorry(1400),
        outputs=[out("MG-3", "magnet", 1100, NEO, product="sintered-ndfeb-magnet")],
    )  # fmt: skip


def bonded_magnets_in_thailand() -> Written:
    """Powder and nylon: pressed, not sintered."""
    powder = bought("NdFeB powder", 930, GOODS, {"Fe": "0.7", "Nd": "0.26", "B": "0.01", "Co": "0.03"})
    resin = bought("polyamide", 70, "placeholders/epoxy-resin.glo", mix(C12H23NO=1), proxy_for="polyamide")
    made = exact({"Fe": 0.651, "Nd": 0.2418, "B": 0.0093, "Co": 0.0279, "C": 0.051, "H": 0.008, "N": 0.005, "O": 0.006})
    return record(
        "magnet-production", "TH", "2026-12", materials=[powder, resin], electricity=power(550, "TH"), transport=lorry(800),
        outputs=[out("BM-12", "magnet", 1000, made, product="bonded-ndfeb-magnet")],
    )  # fmt: skip


def magnets_for_their_owner() -> Written:
    """A toll plant sinters alloy that stays another firm's."""
    made = german_magnets() | {"run": "MAG-TOLL"}
    made["outputs"][0]["owner"] = "did:web:owner.example"
    return made


def magnets_on_the_own_roof() -> Written:
    """A plant in Zhejiang with a roof and a battery; the grid does the rest."""
    made = german_magnets() | {"run": "MAG-ROOF", "electricity": []}
    roof = {"kind": "solar", "power": "400 kWp", "meter": "PV-2"}
    made["electricity"] = [
        *power(5200, "CN-ZJ"),
        *power(3000, "CN-ZJ", name="own roof, by the battery", own="attributes-kept", factor="methods/electricity-solar-direct.glo",
               uncovered="methods/electricity-solar-direct.glo", plant=roof),
    ]  # fmt: skip
    return made


def coated_for_others() -> Written:
    """Epoxy on magnets that somebody else made."""
    magnets = bought("magnets to coat", 400, GOODS, NEO)
    epoxy = bought("epoxy", 6, "placeholders/epoxy-resin.glo", mix(C21H24O4=1))
    made = exact({element: float(part) * 400 for element, part in NEO.items()} | {"C": 4.0, "H": 0.4, "O": 1.3})
    return record(
        "coating", "VN", "2026-02", materials=[magnets, epoxy], electricity=power(210, "VN"), transport=lorry(80),
        direct=[carbon_dioxide(0.4459 * 44.009 / 12.011, "CO2 of burnt solvent and overspray")],
        outputs=[out("CM-2", "magnet", 405.5, made)],
    )  # fmt: skip


def ground_to_size() -> Written:
    blocks = bought("magnet blocks", 500, GOODS, NEO)
    return record(
        "machining", "SI", "2026-04", materials=[blocks], electricity=power(700, "SI"), transport=lorry(100),
        outputs=[out("PT-4", "magnet", 380, NEO)],
    )  # fmt: skip


# -- recycling and stores ---------------------------------------------------------------------------------------------


def hydrogen_and_scrap() -> Written:
    scrap = bought("hard-disk magnets", 600, SCRAP, NEO, recycled="post-consumer")
    hydrogen = bought("hydrogen", 3, "materials/hydrogen-grey-smr.cn.2023", {"H": "1"})
    return record(
        "hydrogen-recycling", "GB", "2026-06", materials=[scrap, hydrogen], electricity=power(700, "GB"), transport=lorry(150),
        outputs=[out("HP-6", "powder", 570, NEO)],
    )  # fmt: skip


def collected_by_cart() -> Written:
    scrap = bought("loudspeaker magnets", 250, SCRAP, NEO, recycled="post-consumer")
    return record(
        "scrap-collection", "IN", "2026-07", materials=[scrap],
        absent=[none_of("work", "sorted by hand, brought by cart"), none_of("electricity", "daylight"), none_of("transport-in", "carts")],
        outputs=[out("SW-7", "scrap", 245, NEO)],
    )  # fmt: skip


def filled_into_drums() -> Written:
    """A trader fills bought oxide into smaller drums."""
    oxide = bought("dysprosium oxide", 500, GOODS, mix(Dy2O3=1))
    return record(
        "blending", "NL", "2026-09", materials=[oxide], transport=lorry(50), electricity=power(5, "NL"),
        outputs=[out("DY-9A", "oxide", 300, mix(Dy2O3=1), price="300 USD/kg"), out("DY-9B", "oxide", 199, mix(Dy2O3=1), price="300 USD/kg")],
        allocation={"method": "economic", "mass_key": "REO", "prices": PRICES},
    )  # fmt: skip


PLANTS: Final[tuple[Callable[[], Written], ...]] = (
    australian_pit_on_diesel, brazilian_flotation, ion_clay_on_generators, malaysian_roaster, estonian_separation,
    phosphogypsum_in_the_cold, monazite_and_rice_husk, bastnaesite_by_hydrochloric_acid, chlorinated_dry, norwegian_chloride_cells,
    magnets_for_their_owner, kilogram_of_terbium, indian_toll_calciner, own_gas_engine, vietnamese_cells, gas_fired_retort,
    american_hydrogen_alloy, strip_casting_of_poor_yield, ingot_for_own_magnets, german_magnets, bonded_magnets_in_thailand,
    magnets_on_the_own_roof, coated_for_others, ground_to_size, hydrogen_and_scrap, collected_by_cart, filled_into_drums,
)  # fmt: skip
