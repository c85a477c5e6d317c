"""The records of `examples/every-product` for magnets: powder, magnets, parts, coatings, scrap."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.golden.plant_records import Masses, Run, added, of_formula, times, total
from tests.golden.plants.every_metal import charge
from tests.golden.plants.shop import LINES, METALS, begin, buy, close, feed, parts, power, scrap, shield

if TYPE_CHECKING:
    from collections.abc import Mapping

NEO: Final = parts(
    Fe="0.662",
    Nd="0.228",
    Pr="0.07",
    Dy="0.006",
    Co="0.01",
    Cu="0.0015",
    Al="0.003",
    Ga="0.0095",
    B="0.0098",
    O="0.0002",
)
SINTERED: Final = added(times(NEO, Fraction("0.9982")), parts(O="0.0018"))
QUENCHED: Final = parts(Fe="0.672", Nd="0.27", Pr="0.02", Co="0.028", B="0.0095", O="0.0005")
EPOXY: Final = of_formula("C21H24O4")
BONDED: Final = added(times(QUENCHED, Fraction("0.97")), times(EPOXY, Fraction("0.03")))
SMCO5: Final = parts(Sm="0.342", Co="0.6535", O="0.0045")
SM2CO17: Final[Mapping[str, str]] = {
    "Co": "0.5",
    "Sm": "0.255",
    "Fe": "0.165",
    "Cu": "0.05",
    "Zr": "0.027",
    "O": "0.003",
}
EPOXY_FACTOR: Final = "placeholders/epoxy-resin.glo"


class Magnet(NamedTuple):
    """A kind of magnet: product, letters of its lots, name, composition, prices, the electricity of shaping."""

    product: str
    letters: str
    words: str
    composition: Masses
    price: str
    scrap: str


MAGNETS: Final = (
    Magnet("sintered-ndfeb-magnet", "SN", "sintered NdFeB", SINTERED, "60", "18"),
    Magnet("bonded-ndfeb-magnet", "BN", "bonded NdFeB", BONDED, "45", "12"),
    Magnet("hot-deformed-ndfeb-magnet", "HN", "hot-deformed NdFeB", QUENCHED, "75", "18"),
    Magnet("smco5-magnet", "SC", "SmCo5", SMCO5, "95", "20"),
    Magnet("sm2co17-magnet", "SS", "Sm2Co17", {each: Fraction(part) for each, part in SM2CO17.items()}, "85", "18"),
)


def swarf(run: Run, magnet: Magnet, lot: str, mass: Fraction, words: str, *, moisture: str | None = None) -> None:
    """Sell what is cut off or rejected, as scrap of its kind."""
    neo = "NdFeB" in magnet.words
    run.put_out(lot, "scrap", mass, magnet.composition, words, product="ndfeb-scrap" if neo else None, certify=neo, price=magnet.scrap,
                moisture=moisture, note="price assumed, for its metals")  # fmt: skip


# -- powder and magnets -----------------------------------------------------------------------------------------------


def milled_powder() -> Run:
    run = begin("magnet-production", "POWDER", "magnet",
                "NdFeB powder (invented plant): bought flake is decrepitated in hydrogen, degassed and jet-milled in nitrogen\n"
                "to 4 micrometres; a magnet maker takes the powder under argon.")  # fmt: skip
    made = Fraction(1000)
    feed(run, "strip-cast flake", made * Fraction("1.02"), NEO)
    shield(run, made, hydrogen="0.0055", nitrogen="1.5", argon="0.05")
    power(run, made, "2", f"{LINES}: 1 to 2, decrepitation, jet mill")
    powder = added(times(NEO, Fraction("0.999")), parts(O="0.001"))
    run.put_out("NP-2026-72", "powder", made, powder, "NdFeB powder, jet-milled", product="ndfeb-powder")
    close(
        run,
        "superfine powder of the mill",
        "burnt off and sold to a recycler",
        "recovery",
        small="lubricant of the mill",
    )
    return run


def sintered() -> Run:
    run = begin("magnet-production", "SINTER", "magnet",
                "Sintered NdFeB magnets (invented plant): bought flake is decrepitated, jet-milled, pressed in a field, sintered\n"
                "at 1070 C and aged; blocks leave, and cut-offs are sold as scrap.", priced=METALS)  # fmt: skip
    made = Fraction(1000)
    feed(run, "strip-cast flake", made * Fraction("1.15"), NEO)
    shield(run, made, hydrogen="0.0055", nitrogen="1.5", argon="0.2")
    power(run, made, "6.05", f"{LINES}: 6.05 read, 4 to 12")
    run.put_out("SN-2026-73", "magnet", made, SINTERED, "sintered NdFeB magnets, blocks", product="sintered-ndfeb-magnet", price="60",
                note="price assumed")  # fmt: skip
    swarf(run, MAGNETS[0], "NS-2026-73", Fraction(120), "cut-offs and rejects")
    close(
        run,
        "filter and furnace dust",
        "to a recycler of rare earths",
        "recovery",
        small="press lubricant, sintering boats",
    )
    return run


def bonded() -> Run:
    run = begin("magnet-production", "BOND", "magnet",
                "Bonded NdFeB magnets (invented plant): rapidly quenched powder and 3 % of epoxy resin are pressed and cured at\n"
                "170 C. Nothing is sintered.")  # fmt: skip
    made = Fraction(1000)
    feed(run, "rapidly quenched NdFeB powder", made * Fraction("0.985"), QUENCHED)
    run.buy(
        "epoxy resin with hardener",
        made * Fraction("0.0306"),
        EPOXY_FACTOR,
        EPOXY,
        "3 % of the magnet, 2 % lost (assumed)",
        basis="weighed",
    )
    power(run, made, "0.7", f"{LINES}: 0.3 to 1, mixing, pressing, curing")
    run.put_out("BN-2026-74", "magnet", made, BONDED, "bonded NdFeB magnets, rings", product="bonded-ndfeb-magnet")
    close(
        run,
        "press flash and rejects",
        "to a recycler of rare earths",
        "recovery",
        small="solvent, die lubricant",
        carbon=True,
    )
    return run


def hot_deformed() -> Run:
    run = begin("magnet-production", "DEFORM", "magnet",
                "Hot-deformed NdFeB magnets (invented plant): rapidly quenched powder is pressed cold, pressed hot at 700 C under\n"
                "argon, and extruded to rings whose grains lie in one direction.")  # fmt: skip
    made = Fraction(1000)
    feed(run, "rapidly quenched NdFeB powder", made * Fraction("1.05"), QUENCHED)
    shield(run, made, argon="0.3")
    power(run, made, "2", f"{LINES}: 2, induction heating and presses (set there)")
    run.put_out(
        "HN-2026-75", "magnet", made, QUENCHED, "hot-deformed NdFeB magnets, rings", product="hot-deformed-ndfeb-magnet"
    )
    close(run, "flash and rejects", "to a recycler of rare earths", "recovery", small="graphite lubricant, dies")
    return run


def samarium(product: str, lot: str, words: str, alloy: Mapping[str, str], head: str, each: str) -> Run:
    """Melt bought metals and make samarium-cobalt magnets of them in one works."""
    run = begin("magnet-production", f"SMCO-{lot[:2]}", "magnet", head)
    made = Fraction(500)
    charge(run, alloy, made, "0.88")
    shield(run, made, nitrogen="1.5", argon="0.4")
    power(run, made, each, f"{LINES}: 4 to 12; melting 1, milling, pressing, sintering 6, and ageing (assumed)")
    run.do_without("hydrogen", "the ingot is crushed, without decrepitation")
    run.put_out(
        lot, "magnet", made, {element: Fraction(part) for element, part in alloy.items()}, words, product=product
    )
    close(run, "slag, dust, cut-offs", "to a recycler of cobalt", "recovery", small="crucibles, press lubricant")
    return run


# -- shaping and coating ----------------------------------------------------------------------------------------------


def machined(magnet: Magnet, number: int) -> Run:
    """Cut and grind bought magnets to parts."""
    run = begin("machining", f"PARTS-{magnet.letters}", "magnet",
                f"Machining of {magnet.words} magnets (invented plant): bought blocks are sliced and ground; the swarf is sold.",
                priced=METALS)  # fmt: skip
    bonded_ = magnet.letters == "BN"
    taken = feed(run, f"{magnet.words} magnets, blocks", 1000, magnet.composition)
    made = taken * Fraction("0.97" if bonded_ else "0.84")
    run.water(made * 2, "assumed, 2 kg/kg, make-up of the coolant")
    power(
        run, made, "0.15" if bonded_ else "0.6", f"{LINES}: part of 1.26 for machining and coating; slicing, grinding"
    )
    run.put_out(f"{magnet.letters}-2026-{number}", "magnet", made, magnet.composition, f"{magnet.words} parts, ground", product=magnet.product,
                price=magnet.price, note="price assumed")  # fmt: skip
    swarf(
        run,
        magnet,
        f"W{magnet.letters[0]}-2026-{number}",
        taken - made - Fraction(5),
        "grinding swarf, dry basis",
        moisture="0.3",
    )
    close(
        run,
        "filter sludge",
        "to a recycler of rare earths",
        "recovery",
        small="wheels, coolant concentrate",
        moisture="0.4",
        carbon=bonded_,
    )
    return run


def coated(magnet: Magnet, number: int) -> Run:
    """Plate bought parts with nickel, or dip bonded ones in epoxy."""
    dipped = magnet.letters == "BN"
    how = "an epoxy coat by electrophoresis, baked at 180 C" if dipped else "nickel in barrels, rinsed and dried"
    run = begin(
        "coating",
        f"COAT-{magnet.letters}",
        "magnet",
        f"Coating of {magnet.words} parts (invented plant): {how}.",
        priced=METALS,
    )
    taken = feed(run, f"{magnet.words} parts", 600, magnet.composition)
    if dipped:
        layer = times(
            EPOXY,
            run.buy(
                "epoxy resin",
                Fraction("7.5"),
                EPOXY_FACTOR,
                EPOXY,
                "6 kg of coat, a fifth lost (assumed)",
                basis="weighed",
            )
            * Fraction("0.8"),
        )
    else:
        layer = {
            "Ni": buy(run, "nickel anodes", Fraction("6.9"), "Ni", "materials/nickel-metal.cn.2015", "6.6 kg of coat")
            * Fraction("0.95")
        }
    run.water(taken * 10, "assumed, 10 kg/kg, rinsing")
    power(run, taken, "0.6" if dipped else "1.26", f"{LINES}: 1.26 read for machining and coating")
    whole = added(times(magnet.composition, taken * Fraction("0.99")), layer)
    run.put_out(f"{magnet.letters}-2026-{number}", "magnet", total(whole), times(whole, 1 / total(whole)), f"{magnet.words} parts, coated",
                product=magnet.product, price=magnet.price, coating={"kind": "epoxy" if dipped else "Ni", "mass": f"{float(total(layer)):g} kg"},
                note="price assumed")  # fmt: skip
    swarf(run, magnet, f"R{magnet.letters[0]}-2026-{number}", Fraction(5), "rejects, before coating")
    if dipped:
        run.emit_carbon(
            "CO2 of the resin that is baked off", "carbon of the fifth that is lost, burnt in the after-burner"
        )
    close(
        run,
        "rejects and sludge",
        "to a recycler of metals",
        "recovery",
        small="salts, degreasing",
        discharged="5",
        moisture="0.4",
        carbon=dipped,
    )
    return run


# -- scrap ------------------------------------------------------------------------------------------------------------


def pulverised() -> Run:
    run = begin("machining", "PULVERISE", "magnet",
                "Rejected sintered magnets are crushed and milled to powder (invented plant), for a maker of bonded magnets.")  # fmt: skip
    taken = feed(run, "sintered magnets, rejects", 1000, SINTERED)
    made = taken * Fraction("0.98")
    shield(run, made, nitrogen="0.5")
    power(run, made, "0.8", "jaw crusher, ball mill under nitrogen (assumed)")
    run.put_out("NP-2026-87", "powder", made, SINTERED, "NdFeB powder, milled", product="ndfeb-powder")
    close(run, "dust of the filter", "to a recycler of rare earths", "recovery", small="milling balls")
    return run


def decrepitated() -> Run:
    run = begin("hydrogen-recycling", "DECREPITATE", "recycling",
                "Old motor magnets become alloy again (invented plant): hydrogen breaks them, nickel flakes are sieved off, the\n"
                "powder is degassed, and coarse granules are sold for melting with new alloy.")  # fmt: skip
    used = added(times(SINTERED, Fraction("0.985")), parts(Ni="0.015"))
    taken = scrap(run, "magnets of old motors, with their nickel", "1000", used)
    made = taken * Fraction("0.96")
    shield(run, made, hydrogen="0.0047", argon="0.1")
    power(run, made, "1.5", f"{LINES}: 1 to 3, vacuum pumps, degassing at 600 C")
    run.put_out(
        "NA-2026-88",
        "alloy",
        made,
        SINTERED,
        "NdFeB alloy granules, degassed, of old magnets",
        product="ndfeb-strip-cast-alloy",
    )
    close(run, "nickel flakes and fines", "to a nickel smelter", "recovery", small="sieves, filters")
    return run


def collected() -> Run:
    run = begin("scrap-collection", "COLLECT", "recycling",
                "Motors of old appliances are taken apart and their magnets sorted (invented plant). Scrap enters free of burden.")  # fmt: skip
    taken = scrap(run, "magnets out of motors", "1000", SINTERED)
    power(run, taken, "0.3", "presses, demagnetising oven (assumed)")
    run.put_out("NS-2026-89", "scrap", taken, SINTERED, "sorted NdFeB magnets", product="ndfeb-scrap")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def runs() -> list[Run]:
    """Return the runs, each alone."""
    one = {"Co": "0.6535", "Sm": "0.342", "O": "0.0045"}
    five = "SmCo5 magnets (invented plant): bought samarium and cobalt are melted, milled, pressed in a field and sintered\nin one works."
    two = ("Sm2Co17 magnets (invented plant): bought samarium, cobalt, iron, copper and zirconium are melted, milled, pressed\n"
           "in a field, sintered at 1200 C and aged for a day at 800 C in one works.")  # fmt: skip
    return [
        milled_powder(), sintered(), bonded(), hot_deformed(),
        samarium("smco5-magnet", "SC-2026-76", "SmCo5 magnets", one, five, "7.5"),
        samarium("sm2co17-magnet", "SS-2026-77", "Sm2Co17 magnets", SM2CO17, two, "7.9"),
        *(machined(each, 77 + at) for at, each in enumerate(MAGNETS, 1)), *(coated(each, 82 + at) for at, each in enumerate(MAGNETS)),
        pulverised(), decrepitated(), collected(),
    ]  # fmt: skip
