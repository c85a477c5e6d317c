"""More production records of honest plants, of small scales and of grids that no table has: none is refused.

Rules: as `tests.support.worlds.honest_records`, whose words they use.  Many differ from a plant there in one thing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.support.worlds.honest_records import (
    CARBONATE,
    CLAY,
    FREE,
    GOODS,
    MONAZITE,
    NEO,
    ORE,
    PRICES,
    SCRAP,
    acid,
    american_hydrogen_alloy,
    bonded_magnets_in_thailand,
    bought,
    carbon_dioxide,
    carbon_in,
    coal,
    diesel,
    estonian_separation,
    exact,
    gas,
    german_magnets,
    ground_to_size,
    lorry,
    mix,
    none_of,
    out,
    own_gas_engine,
    power,
    record,
    solution,
    strip_casting_of_poor_yield,
    vietnamese_cells,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.worlds.honest_records import Written

ARGON = {"Ar": "1"}


def of(plant: Callable[[], Written], run: str, **changes: Any) -> Written:  # noqa: ANN401 - members of the record
    """Return a plant's record with other members, under another name."""
    return plant() | {"run": run} | changes


def own(kwh: float, grid: str, kind: str, **plant: str) -> list[Written]:
    """Generate electricity at the plant."""
    factor = f"methods/electricity-{kind}-direct.glo"
    meter = {"kind": kind, "meter": "G-1", **plant}
    return power(kwh, grid, name=f"own {kind}", own="attributes-kept", factor=factor, uncovered=factor, plant=meter)


def blasted(mass: float) -> tuple[Written, list[Written]]:
    """Return an explosive, and the gases that it leaves."""
    anfo = bought("ANFO", mass, "materials/explosives-anfo.cn", mix(NH4NO3=94, C12H26=6))
    nitrogen = f"{mass * float(anfo['composition']['N']):.3f} kg"
    gases = {"name": "N2", "substance": "N2", "mass": nitrogen, "elements": {"N": nitrogen}, "basis": "calculated"}
    return anfo, [carbon_dioxide(carbon_in(anfo), "CO2 of blasting"), gases]


def sulphuric(mass: float, strength: float) -> Written:
    parts = solution("H2SO4", strength)
    return bought("sulphuric acid", mass, "placeholders/sulphuric-acid.glo", parts, strength=f"{strength}")


def soda(mass: float) -> Written:
    return bought("soda ash", mass, "materials/soda-ash.cn.2014", mix(Na2CO3=1))


def caustic(mass: float) -> Written:
    return bought("caustic soda", mass, "materials/sodium-hydroxide.cn.2015", mix(NaOH=1))


def oxalic(mass: float) -> Written:
    return bought("oxalic acid", mass, "placeholders/oxalic-acid-dihydrate.glo", mix(H2C2O4=90, H2O=36))


def extractant(mass: float) -> Written:
    return bought("P507 make-up", mass, "placeholders/p507-extractant.glo", mix(C16H35O3P=1))


def argon(mass: float) -> Written:
    return bought("argon", mass, "placeholders/argon.glo", ARGON)


# -- ore and concentrate ----------------------------------------------------------------------------------------------


def californian_pit() -> Written:
    pit = bought("ore in the pit", 60_000_000, FREE, ORE, extracted_in="US")
    anfo, gases = blasted(16_000)
    return record(
        "mining", "US", "2026-05", materials=[pit, anfo], fuels=diesel(30_000), electricity=power(120_000, "US-CA"),
        transport=lorry(3000), direct=gases, outputs=[out("ORE-5", "ore", 60_000_000, ORE)],
    )  # fmt: skip


def electric_mine_in_south_africa() -> Written:
    """Underground, on a coal grid that no shipped table has."""
    lode = exact(
        {"O": 0.42, "Si": 0.12, "P": 0.06, "Ce": 0.08, "La": 0.04, "Nd": 0.03, "Pr": 0.01, "Fe": 0.15, "Ca": 0.09}
    )
    anfo, gases = blasted(2500)
    return record(
        "mining", "ZA", "2026-05", materials=[bought("lode", 3_000_000, FREE, lode, extracted_in="ZA"), anfo],
        fuels=diesel(900), electricity=power(60_000, "ZA"), transport=lorry(300), direct=gases,
        outputs=[out("ORE-Z", "ore", 3_000_000, lode)],
    )  # fmt: skip


def dredge_in_madagascar() -> Written:
    """Beach sand, spirals and magnets; diesel drives dredge and generators."""
    sand = exact({"O": 0.52, "Si": 0.43, "Ti": 0.02, "Zr": 0.004, "Ce": 0.001, "La": 0.0005, "Nd": 0.0004, "P": 0.0006})
    back = {"name": "quartz sand", "mass": "4994000 kg", "fate": "back in place", "destination": "on-site"}
    return record(
        "beneficiation", "MG", "2026-05", materials=[bought("beach sand", 5_000_000, FREE, sand, extracted_in="MG")],
        fuels=diesel(4000, use="power"), electricity=own(12_000, "MG", "own-fuel"), transport=lorry(300),
        absent=[none_of("flotation-reagent", "gravity and magnets"), none_of("drying-heat", "the sun")],
        wastes=[back | {"elements": {"Si": "2150000 kg"}}],
        outputs=[out("MZ", "concentrate", 6000, mix(CePO4=48, LaPO4=24, NdPO4=18, SiO2=10))],
    )  # fmt: skip


def heaps_in_the_tropics() -> Written:
    """Magnesium sulphate on heaps in Brazil; magnesia precipitates a hydroxide, which no kiln sees."""
    agent = bought("magnesium sulphate", 9000, "placeholders/magnesium-sulphate.glo", mix(MgSO4=1), strength="1")
    magnesia = bought("magnesia", 900, "materials/magnesia-light-burnt-gas.cn.2020", mix(MgO=1))
    made = mix(**{"La(OH)3": 32, "Nd(OH)3": 32, "Y(OH)3": 33, "Dy(OH)3": 3})
    return record(
        "in-situ-leaching", "BR", "2026-05", materials=[bought("clay", 1_200_000, FREE, CLAY, extracted_in="BR"), agent, magnesia],
        fuels=diesel(150), electricity=power(2600, "BR"), transport=lorry(4000), untracked=["H"],
        outputs=[out("HL-5", "mixed-compound", 700, made)],
    )  # fmt: skip


def clay_in_chile() -> Written:
    """Ammonium sulphate goes round; a roof gives a third of the power."""
    agent = bought("ammonium sulphate", 2500, "placeholders/ammonium-sulphate.glo", mix(**{"(NH4)2SO4": 1}))
    salt = bought("ammonium bicarbonate", 2200, "placeholders/ammonium-bicarbonate.glo", mix(NH4HCO3=1))
    made = mix(**{"La2(CO3)3": 30, "Nd2(CO3)3": 30, "Y2(CO3)3": 30, "H2O": 10})
    nitrogen = sum(float(each["mass"].split()[0]) * float(each["composition"]["N"]) for each in (agent, salt))
    laughing = {"name": "N2O", "substance": "N2O", "gas": "N2O", "mass": f"{nitrogen * 0.01 * 44 / 28:.3f} kg"}
    return record(
        "in-situ-leaching", "CL", "2026-05", materials=[bought("clay", 1_200_000, FREE, CLAY, extracted_in="CL"), agent, salt],
        fuels=diesel(250), electricity=[*power(1800, "CL"), *own(900, "CL", "solar", power="40 kWp")],
        direct=[laughing | {"basis": "calculated"}, carbon_dioxide(carbon_in(salt) - 1000 * float(made["C"]) * 3.664)],
        transport=lorry(4000), untracked=["H"], outputs=[out("IC-5", "mixed-compound", 1000, made, moisture="0.3")],
    )  # fmt: skip


# -- cracking and separation ------------------------------------------------------------------------------------------


def roaster_without_a_scrubber() -> Written:
    """Coal roasts monazite in Vietnam, and the sulphur dioxide leaves by the stack."""
    strong, soda_ash = sulphuric(80_000, 0.93), soda(42_000)
    magnesia = bought("magnesia", 4000, "materials/magnesia-light-burnt-coal.cn.2020", mix(MgO=1))
    made = mix(**{"Ce2(CO3)3": 48, "La2(CO3)3": 24, "Nd2(CO3)3": 18, "Pr2(CO3)3": 5, "H2O": 6})
    stack = {"name": "SO2", "substance": "SO2", "mass": "18000 kg", "elements": {"S": "9011 kg", "O": "8989 kg"}}
    return record(
        "acid-roasting", "VN", "2026-04", materials=[bought("concentrate", 50_000, GOODS, MONAZITE), strong, magnesia, soda_ash],
        fuels=coal(22_000), electricity=power(30_000, "VN"), transport=lorry(30_000),
        direct=[carbon_dioxide(carbon_in(soda_ash) - 43_000 * float(made["C"]) * 3.664), stack | {"basis": "calculated"}],
        outputs=[out("RC-4", "mixed-compound", 43_000, made, moisture="0.3")],
    )  # fmt: skip


def roaster_beside_a_lime_plant() -> Written:
    made = of(
        roaster_without_a_scrubber, "ACID-LIME", absent=[none_of("transport-in", "the belt of the works next door")]
    )
    made["materials"][2] = bought("quicklime", 6000, "materials/lime-cao.cn.2019", mix(CaO=1))
    made.pop("transport")
    return made


def cracking_on_canadian_water() -> Written:
    """Electric boilers heat the caustic soda."""
    feed, made = bought("monazite", 20_000, GOODS, MONAZITE), mix(CeCl3=48, LaCl3=24, NdCl3=18, PrCl3=5, H2O=3)
    return record(
        "alkaline-cracking", "CA", "2026-01", materials=[feed, caustic(16_000), acid(32_000)], transport=lorry(9000),
        electricity=power(70_000, "CA"), absent=[{"item": "process-heat", "reason": "met-by-electricity"}],
        outputs=[out("MC-1", "mixed-compound", 18_000, made, moisture="0.4")],
    )  # fmt: skip


def korean_evaporator() -> Written:
    """Vapour recompression leaves dry ammonium chloride; fresh water stands in the water balance alone."""
    feed, organic = bought("mixed carbonate", 6000, GOODS, CARBONATE), extractant(16)
    ammonia = bought("ammonia", 1800, "materials/ammonia-natural-gas-route.cn.2022", mix(NH3=1))
    salt = bought("ammonium bicarbonate", 6500, "placeholders/ammonium-bicarbonate.glo", mix(NH4HCO3=1))
    cubic = {"fresh": 60, "with_reagents": 15, "feed_moisture": 0, "formed": 2, "discharged": 0, "evaporated": 76, "in_products": 0, "in_wastes": 1, "recycled": 50, "evaporator": 50}  # fmt: skip
    return record(
        "separation", "KR", "2026-05", materials=[feed, acid(21_000), ammonia, salt, organic],
        allocation={"method": "economic", "mass_key": "REO", "prices": PRICES},
        fuels=gas(1300), electricity=power(26_000, "KR"), transport=lorry(9000),
        direct=[carbon_dioxide(carbon_in(feed, salt, organic))],
        water={name: f"{each} m3" for name, each in cubic.items()} | {"evaporator_electricity": "2000 kWh"},
        outputs=[
            out("PN-5", "oxide", 830, mix(Nd2O3=78, Pr6O11=22), price="83000 USD/t"),
            out("LA-5", "oxide", 960, mix(La2O3=1), price="1500 USD/t"),
            out("CE-5", "oxide", 1700, mix(CeO2=1), price="1500 USD/t"),
            out("SALT-5", "by-product", 8800, mix(NH4Cl=1), certify=False, allocate=False),
        ],
    )  # fmt: skip


def two_shifts_in_poland() -> Written:
    """A whole year of a small line, on a grid that no table has; cerium goes to whoever is paid to take it."""
    made = of(estonian_separation, "SEP-YEAR", period={"start": "2025-06-01", "end": "2026-05-27"})
    made["electricity"] = power(19_000, "PL")
    made["outputs"][2] |= {"price": "0.01 USD/kg", "note": "we pay to have it taken"}
    return made


def neodymium_from_lanthanum() -> Written:
    """Australian brine dries in a pond."""
    feed = bought("carbonate", 3000, GOODS, mix(**{"La2(CO3)3": 50, "Nd2(CO3)3": 40, "H2O": 10}))
    soda_ash, organic = soda(2600), extractant(8)
    return record(
        "separation", "AU", "2026-05", materials=[feed, acid(10_500), soda_ash, caustic(2600), organic],
        allocation={"method": "economic", "mass_key": "REO", "prices": PRICES},
        fuels=gas(700), electricity=power(9000, "AU"), transport=lorry(5000),
        direct=[carbon_dioxide(carbon_in(feed, soda_ash, organic))], absent=[none_of("evaporator", "a pond in the sun")],
        outputs=[
            out("ND-5", "oxide", 850, mix(Nd2O3=1), price="83 USD/kg"),
            out("LA-5", "oxide", 1050, mix(La2O3=1), price="1.3 USD/kg"),
        ],
    )  # fmt: skip


def chlorinated_by_hydrogen_chloride() -> Written:
    feed, made = bought("monazite", 5000, GOODS, MONAZITE), mix(CeCl3=48, LaCl3=24, NdCl3=18, PrCl3=5)
    dry = bought("HCl gas", 4600, "placeholders/hydrochloric-acid.glo", mix(HCl=1), strength="1")
    return record(
        "chlorination", "US", "2026-04", materials=[feed, dry], fuels=gas(900), electricity=power(2500, "US-TX"),
        transport=lorry(4000), outputs=[out("MC-4", "mixed-compound", 4900, made)],
    )  # fmt: skip


def raw_concentrate_in_tanzania() -> Written:
    feed = bought("bastnaesite", 8000, GOODS, mix(CeCO3F=49, LaCO3F=33, NdCO3F=12, PrCO3F=4, BaSO4=2))
    cold = [none_of("process-heat", "raw concentrate, never roasted"), none_of("off-gas-base", "no off-gas")]
    return record(
        "hydrochloric-leaching", "TZ", "2026-05", materials=[feed, acid(11_000), caustic(1500)], transport=lorry(8000),
        electricity=power(1500, "TZ"), direct=[carbon_dioxide(carbon_in(feed))], absent=cold,
        outputs=[out("CL-5", "mixed-compound", 5600, mix(LaCl3=36, CeCl3=48, NdCl3=12, PrCl3=4))],
    )  # fmt: skip


# -- metal, alloy and magnets -----------------------------------------------------------------------------------------


def dysprosium_for_its_owner() -> Written:
    """A toll plant reduces fluoride; slag is weighed in lumps, and the dust of it is lost."""
    fluoride, calcium = bought("dysprosium fluoride", 450, GOODS, mix(DyF3=1)), bought("calcium", 140, "placeholders/calcium.glo", {"Ca": "1"})  # fmt: skip
    slag = {"name": "slag", "mass": "265 kg", "fate": "sold", "destination": "recovery"}
    return record(
        "metallothermic-reduction", "CN", "2026-05", materials=[fluoride, calcium], electricity=power(500, "CN-JX"),
        transport=lorry(400), wastes=[slag | {"elements": {"Ca": "136 kg", "F": "113 kg", "Dy": "9 kg"}}],
        outputs=[out("DY-5", "metal", 323, {"Dy": "0.995", "Ca": "0.003", "O": "0.002"}, owner="did:web:owner.example")],
    )  # fmt: skip


def trial_of_twenty_kilograms() -> Written:
    """A laboratory cell in Germany takes twice the power of a plant."""
    small = {"by": "default", "factor": "placeholders/electrolysis-pfc-tier-1.glo.2019", "mass": "20 kg"}
    charge = [
        bought("neodymium oxide", 24.4, GOODS, mix(Nd2O3=1)), bought("neodymium fluoride", 1, GOODS, mix(NdF3=1)),
        bought("graphite", 6, "materials/artificial-graphite.cn.2015", {"C": "1"}),
        bought("lithium fluoride", 0.5, "placeholders/lithium-fluoride.glo", mix(LiF=1)),
    ]  # fmt: skip
    return record(
        "oxide-electrolysis", "DE", "2026-05", materials=charge, electricity=power(330, "DE"), transport=lorry(5),
        direct=[
            {"name": "CO2", "substance": "CO2", "gas": "CO2-fossil", "method": {"by": "anode-balance"}},
            *({"name": each, "substance": each, "gas": each, "basis": "assumed", "method": small} for each in ("CF4", "C2F6", "C3F8")),
        ],
        anodes={"used": "6 kg", "butts": "1.5 kg", "carbon": "1"},
        wastes=[{"name": "butts", "mass": "1.5 kg", "fate": "kept", "destination": "recovery", "elements": {"C": "1.5 kg"}}],
        outputs=[out("TR-5", "metal", 20, {"Nd": "0.998", "O": "0.002"})],
    )  # fmt: skip


def cells_on_estonian_oil_shale() -> Written:
    return of(vietnamese_cells, "ELY-EE", electricity=power(20_500, "EE"))


def strip_casting_in_france() -> Written:
    return of(strip_casting_of_poor_yield, "SC-FR", electricity=power(900, "FR"))


def hydrogen_alloy_in_india() -> Written:
    return of(american_hydrogen_alloy, "AB5-IN", electricity=power(700, "IN"))


def magnets_of_own_nitrogen() -> Written:
    """Nitrogen comes from the plant's own air separation, hydrogen by a pipeline; the flake was bought last year."""
    made = of(
        german_magnets, "MAG-N2", absent=[{"item": "shield-gas", "reason": "in-other-line", "line": "electricity[0]"}]
    )
    made["materials"] = [each for each in made["materials"] if each["name"] != "nitrogen"]
    made["materials"][0] |= {"note": "stock of 2025"}
    return made


def magnets_on_guaranteed_wind() -> Written:
    made = of(german_magnets, "MAG-GO")
    wind = {
        "scheme": "GO",
        "statement": "DE-2026-1",
        "amount": "8200 kWh",
        "grid": "DE",
        "year": "2026",
        "bundled": True,
    }
    made["electricity"][0]["instruments"] = [wind | {"factor": "methods/electricity-wind-direct.glo"}]
    return made


def twenty_magnets_in_slovenia() -> Written:
    materials = [
        bought("flake", 30, GOODS, NEO), argon(25),
        bought("hydrogen", 0.15, "materials/hydrogen-grey-smr.cn.2023", {"H": "1"}),
    ]  # fmt: skip
    return record(
        "magnet-production", "SI", "2026-03", materials=materials, electricity=power(420, "SI"), transport=lorry(3),
        outputs=[out("LB-3", "magnet", 22, NEO, product="sintered-ndfeb-magnet")],
    )  # fmt: skip


def swiss_samarium_cobalt() -> Written:
    alloy = bought("SmCo alloy", 120, GOODS, {"Sm": "0.36", "Co": "0.64"})
    return record(
        "magnet-production", "CH", "2026-03", materials=[alloy, argon(60)], electricity=power(900, "CH"), transport=lorry(3),
        absent=[none_of("hydrogen", "milled under hexane")],
        outputs=[out("SM-3", "magnet", 95, {"Sm": "0.36", "Co": "0.638", "O": "0.002"}, product="smco5-magnet")],
    )  # fmt: skip


def moulded_in_mexico() -> Written:
    return of(bonded_magnets_in_thailand, "BND-MX", electricity=power(550, "MX"))


def ground_in_italy() -> Written:
    """The swarf leaves wet, for a recycler."""
    swarf = {"name": "swarf", "mass": "115 kg", "moisture": "0.35", "fate": "sold", "destination": "recovery"}
    elements = {"Fe": "74 kg", "Nd": "34 kg", "B": "1 kg", "O": "4 kg"}
    return of(ground_to_size, "GRD-IT", electricity=power(700, "IT"), wastes=[swarf | {"elements": elements}])


def ground_by_kenyan_water() -> Written:
    return of(ground_to_size, "GRD-KE", electricity=own(700, "KE", "hydro", power="50 kW"))


def zinc_in_turkey() -> Written:
    zinc = bought("zinc anodes", 6, "placeholders/copper.glo", {"Zn": "1"}, proxy_for="zinc")
    sludge = {"name": "zinc sludge", "mass": "1 kg", "fate": "smelter", "destination": "recovery"}
    made = exact({element: float(part) * 300 for element, part in NEO.items()} | {"Zn": 5.0})
    return record(
        "coating", "TR", "2026-05", materials=[bought("magnets", 300, GOODS, NEO), zinc], electricity=power(330, "TR"),
        transport=lorry(80), wastes=[sludge | {"elements": {"Zn": "1 kg"}}], outputs=[out("ZN-5", "magnet", 305, made)],
    )  # fmt: skip


# -- recycling and stores ---------------------------------------------------------------------------------------------


def paid_for_its_scrap() -> Written:
    """Whoever brings the motors pays for it: scrap of negative value is as free of burden as any."""
    made = of(own_gas_engine, "REC-NEG")
    made["materials"][0] |= {"note": "the seller pays 0.2 EUR/kg to have it taken"}
    return made


def lamps_in_belgium() -> Written:
    phosphor = exact(
        {"Y": 0.15, "Eu": 0.01, "La": 0.02, "Ce": 0.01, "P": 0.08, "Ca": 0.2, "O": 0.4, "Al": 0.065, "Si": 0.065}
    )
    return record(
        "hydrometallurgical-recycling", "BE", "2026-05", fuels=gas(700), electricity=power(5000, "BE"), transport=lorry(3000),
        materials=[bought("lamp phosphor", 4000, SCRAP, phosphor, recycled="post-consumer"), acid(12_000), oxalic(1500)],
        direct=[carbon_dioxide(carbon_in(oxalic(1500)))], outputs=[out("YE-5", "oxide", 750, mix(Y2O3=94, Eu2O3=6))],
    )  # fmt: skip


def batteries_in_canada() -> Written:
    black = exact({"Ni": 0.45, "Co": 0.06, "La": 0.13, "Ce": 0.06, "Nd": 0.04, "Mn": 0.03, "O": 0.2, "K": 0.03})
    soda_ash, made = soda(2500), mix(**{"La2(CO3)3": 60, "Ce2(CO3)3": 28, "Nd2(CO3)3": 12})
    return record(
        "hydrometallurgical-recycling", "CA", "2026-05", electricity=power(9000, "CA"), transport=lorry(3000),
        materials=[bought("black mass", 5000, SCRAP, black, recycled="post-consumer"), sulphuric(9000, 0.98), soda_ash],
        direct=[carbon_dioxide(carbon_in(soda_ash) - 1700 * float(made["C"]) * 3.664)],
        outputs=[out("NM-5", "mixed-compound", 1700, made)],
    )  # fmt: skip


def yard_with_a_fork_lift() -> Written:
    scrap = bought("scanner magnets", 3000, SCRAP, NEO, recycled="post-consumer")
    return record(
        "scrap-collection", "NL", "2026-05", materials=[scrap], fuels=diesel(60), electricity=power(90, "NL"),
        transport=lorry(900), outputs=[out("SW-5", "scrap", 2950, NEO)],
    )  # fmt: skip


def two_oxides_in_one_drum() -> Written:
    oxides = [
        bought("neodymium oxide", 700, GOODS, mix(Nd2O3=1)),
        bought("praseodymium oxide", 300, GOODS, mix(Pr6O11=1)),
    ]
    made = out("PN-5", "oxide", 999, mix(Nd2O3=70, Pr6O11=30), product="praseodymium-neodymium-oxide")
    return record("blending", "EE", "2026-05", materials=oxides, electricity=power(15, "EE"), transport=lorry(300), outputs=[made])  # fmt: skip


ABROAD: Final[tuple[Callable[[], Written], ...]] = (
    californian_pit, electric_mine_in_south_africa, dredge_in_madagascar, heaps_in_the_tropics, clay_in_chile,
    roaster_without_a_scrubber, roaster_beside_a_lime_plant, cracking_on_canadian_water, korean_evaporator,
    two_shifts_in_poland, neodymium_from_lanthanum, chlorinated_by_hydrogen_chloride, raw_concentrate_in_tanzania,
    dysprosium_for_its_owner, trial_of_twenty_kilograms, cells_on_estonian_oil_shale, strip_casting_in_france,
    hydrogen_alloy_in_india, magnets_of_own_nitrogen, magnets_on_guaranteed_wind, twenty_magnets_in_slovenia,
    swiss_samarium_cobalt, moulded_in_mexico, ground_in_italy, ground_by_kenyan_water, zinc_in_turkey,
    paid_for_its_scrap, lamps_in_belgium, batteries_in_canada, yard_with_a_fork_lift, two_oxides_in_one_drum,
)  # fmt: skip
