"""The records of `examples/every-product` for separation and recycling."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.golden.plant_records import Masses, Run, added, mass_of, mixed, moles, of_formula, times, total
from tests.golden.plants.shop import (
    AMMONIA,
    BICARBONATE,
    CAUSTIC,
    LIME,
    LINES,
    OXALIC,
    PRICE,
    PRICES,
    acid,
    as_oxide,
    as_salt,
    begin,
    brine,
    buy,
    close,
    feed,
    oxides,
    parts,
    power,
    rare_earths,
    scrap,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GAIN: Final = Fraction("0.97")
MAGNET: Final = parts(Fe="0.66", Nd="0.226", Pr="0.07", Dy="0.012", Tb="0.004", Co="0.0103", B="0.0097", O="0.008")


class Cut(NamedTuple):
    """An output of a separation: its elements, what it becomes, and the product that it is."""

    lot: str
    elements: tuple[str, ...]
    becomes: str
    product: str
    words: str
    price: str

    def made(self, held: Masses) -> Masses:
        """Return the output's elements from those that the feed gives for it."""
        return as_oxide(held) if self.becomes == "oxide" else as_salt(held, self.becomes)

    @property
    def kind(self) -> str:
        """The kind of the output."""
        return "mixed-compound" if self.product.startswith("mixed") else "oxide"


def reagents(run: Run, rare: Masses, cuts: Sequence[Cut], *, dissolve: bool, precipitant: str) -> None:
    """Buy what dissolves, extracts, strips and precipitates, by the amount of rare earth."""
    amount = moles(rare, *rare)
    reo = total(as_oxide(rare))
    dissolved = Fraction("3.1") if dissolve else Fraction(0)
    stripped = Fraction(5)
    acid(run, amount * (dissolved + stripped), "RE3+ takes 3 HCl, stripping 5 (assumed); 5 % spare")
    base = mass_of("N", amount * stripped) / of_formula("NH3")["N"]
    buy(run, "ammonia (liquid)", base, "NH3", AMMONIA, "saponification, as much as stripping takes (assumed)")
    fixed = [each for each in cuts if each.becomes != "chloride"]
    held = {each: mass for cut in fixed for each, mass in rare.items() if each in cut.elements}
    if held and precipitant == "bicarbonate":
        mass = mass_of("N", moles(held, *held) * Fraction("3.3")) / of_formula("NH4HCO3")["N"]
        buy(run, "ammonium bicarbonate", mass, "NH4HCO3", BICARBONATE, "3 for each RE3+, 10 % spare")
    elif held:
        mass = mass_of("C", moles(held, *held) * Fraction("3.3")) / of_formula("H6C2O6")["C"]
        buy(run, "oxalic acid dihydrate", mass, "H6C2O6", OXALIC, "1.5 for each RE3+, 10 % spare")
    buy(
        run,
        "P507 make-up",
        reo * Fraction("0.005"),
        "C16H35O3P",
        "placeholders/p507-extractant.glo",
        f"{LINES}: 0.005 kg/kg REO",
    )
    buy(
        run,
        "kerosene make-up",
        reo * Fraction("0.02"),
        "C12H26",
        "placeholders/kerosene-upstream.glo",
        "published inventory: 0.02 kg/kg REO",
    )
    run.water(reo * 10, "assumed, 10 kg/kg REO; the rest is reused")


def separated(
    run: Run, cuts: Sequence[Cut], *, each: str, dissolve: bool = True, precipitant: str = "bicarbonate"
) -> None:
    """Take a feed apart into cuts, with all that it takes, and close the balances."""
    rare = {element: mass * GAIN for element, mass in rare_earths(run.given).items()}
    rare = {element: mass for element, mass in rare.items() if any(element in cut.elements for cut in cuts)}
    reagents(run, rare, cuts, dissolve=dissolve, precipitant=precipitant)
    held = {cut.lot: cut.made({each: mass for each, mass in rare.items() if each in cut.elements}) for cut in cuts}
    power(run, total(as_oxide(rare)), each, f"{LINES}, extraction, filters, pumps")
    if kiln := sum((total(held[cut.lot]) for cut in cuts if cut.becomes == "oxide"), Fraction()):
        run.burn_gas(kiln * 8, f"{LINES}: 8 MJ/kg oxide (5 to 30), calcination", basis="metered")
    for cut in cuts:
        whole = held[cut.lot]
        run.put_out(
            cut.lot, cut.kind, total(whole), times(whole, 1 / total(whole)), cut.words, product=cut.product,
            price=cut.price if len(cuts) > 1 else None, moisture="0.6" if cut.becomes == "chloride" else None,
            note=f"price {cut.price} USD/kg by price_ranges.csv, or assumed" if len(cuts) > 1 else None,
        )  # fmt: skip
    organic = times(of_formula("C16H35O3P"), run.given["P"] / of_formula("C16H35O3P")["P"])
    run.waste(
        "spent organic phase", organic, "burnt by a licensed firm", "disposal",
        factor="placeholders/fluoride-residue-landfill.glo", note="the extractant lost",
    )  # fmt: skip
    brine(run, "ammonium chloride liquor", "sold to a maker of fertiliser", "recovery")
    run.emit_carbon("CO2 of carbonates, precipitant and lost kerosene", "carbon balance of the run")


# -- separation -------------------------------------------------------------------------------------------------------


def light_oxides() -> Run:
    run = begin(
        "separation", "SEP-LIGHT", "hydromet",
        "Light rare earths taken apart one by one (invented plant): mixed carbonate, solvent extraction with P507,\n"
        "precipitation with bicarbonate, calcination.", priced=PRICES,
    )  # fmt: skip
    carbonate = {
        "La2(CO3)3": "0.26",
        "Ce2(CO3)3": "0.47",
        "Pr2(CO3)3": "0.05",
        "Nd2(CO3)3": "0.16",
        "Sm2(CO3)3": "0.02",
    }
    feed(run, "mixed rare-earth carbonate", 20000, mixed(carbonate | {"H2O": "0.04"}))
    cuts = [
        Cut("LA-2026-01", ("La",), "oxide", "lanthanum-oxide", "lanthanum oxide 3N", PRICE["La"]),
        Cut("CE-2026-01", ("Ce",), "oxide", "cerium-oxide", "cerium oxide 3N", PRICE["Ce"]),
        Cut("PR-2026-01", ("Pr",), "oxide", "rare-earth-oxide", "praseodymium oxide", PRICE["Pr"]),
        Cut("ND-2026-01", ("Nd",), "oxide", "neodymium-oxide", "neodymium oxide", PRICE["Nd"]),
        Cut("SM-2026-01", ("Sm",), "oxide", "samarium-oxide", "samarium oxide", PRICE["Sm"]),
    ]
    separated(run, cuts, each="6")
    close(run, "raffinate sludge", "returned to the leach", "on-site", small="flocculant, filter cloth", moisture="0.4")
    return run


def grouped_oxides() -> Run:
    run = begin(
        "separation", "SEP-GROUP", "hydromet",
        "One cut between cerium and praseodymium (invented plant): carbonate without middle rare earths becomes\n"
        "praseodymium-neodymium oxide for magnets and lanthanum-cerium oxide.", priced=PRICES,
    )  # fmt: skip
    carbonate = {"La2(CO3)3": "0.27", "Ce2(CO3)3": "0.48", "Pr2(CO3)3": "0.05", "Nd2(CO3)3": "0.16", "H2O": "0.04"}
    feed(run, "mixed rare-earth carbonate", 20000, mixed(carbonate))
    cuts = [
        Cut("PN-2026-02", ("Pr", "Nd"), "oxide", "praseodymium-neodymium-oxide", "PrNd oxide", PRICE["Pr;Nd"]),
        Cut("LC-2026-02", ("La", "Ce"), "oxide", "lanthanum-cerium-oxide", "LaCe oxide", PRICE["La;Ce"]),
    ]
    separated(run, cuts, each="4")
    close(run, "raffinate sludge", "returned to the leach", "on-site", small="flocculant, filter cloth", moisture="0.4")
    return run


def heavy_oxides() -> Run:
    run = begin(
        "separation", "SEP-HEAVY", "hydromet",
        "Middle and heavy rare earths of ion-adsorption clay (invented plant): bought mixed oxide is dissolved, taken\n"
        "apart by P507, precipitated with oxalic acid and calcined.", priced=PRICES,
    )  # fmt: skip
    clay = oxides(Sm="0.09", Eu="0.02", Gd="0.13", Tb="0.025", Dy="0.145", Y="0.59")
    feed(run, "mixed oxide of middle and heavy rare earths", 5000, clay)
    cuts = [
        Cut("TB-2026-03", ("Tb",), "oxide", "terbium-oxide", "terbium oxide", PRICE["Tb"]),
        Cut("DY-2026-03", ("Dy",), "oxide", "dysprosium-oxide", "dysprosium oxide", PRICE["Dy"]),
        Cut("SM-2026-03", ("Sm",), "oxide", "samarium-oxide", "samarium oxide", PRICE["Sm"]),
        Cut("EU-2026-03", ("Eu",), "oxide", "rare-earth-oxide", "europium oxide", PRICE["Eu"]),
        Cut("GD-2026-03", ("Gd",), "oxide", "rare-earth-oxide", "gadolinium oxide", PRICE["Gd"]),
        Cut("YT-2026-03", ("Y",), "oxide", "rare-earth-oxide", "yttrium oxide", PRICE["Y"]),
    ]
    separated(run, cuts, each="7", precipitant="oxalic")
    close(run, "raffinate sludge", "returned to the leach", "on-site", small="flocculant, filter cloth", moisture="0.4")
    return run


def mixed_products() -> Run:
    run = begin(
        "separation", "SEP-MIXED", "hydromet",
        "Two cuts only (invented plant): bought mixed chloride becomes lanthanum-cerium chloride, praseodymium-neodymium\n"
        "carbonate and an oxide of the middle rare earths, for plants that separate further.", priced=PRICES,
    )  # fmt: skip
    chloride = {"LaCl3": "0.27", "CeCl3": "0.48", "PrCl3": "0.05", "NdCl3": "0.16", "SmCl3": "0.03", "GdCl3": "0.01"}
    feed(run, "mixed rare-earth chloride", 20000, mixed(chloride))
    cuts = [
        Cut("LC-2026-04", ("La", "Ce"), "chloride", "mixed-rare-earth-chloride", "LaCe chloride, in solution", "0.95"),
        Cut("PN-2026-04", ("Pr", "Nd"), "carbonate", "mixed-rare-earth-carbonate", "PrNd carbonate", "54"),
        Cut("SG-2026-04", ("Sm", "Gd"), "oxide", "mixed-rare-earth-oxide", "Sm-Gd oxide", "7.5"),
    ]
    separated(run, cuts, each="2", dissolve=False)
    close(run, "raffinate sludge", "returned to the leach", "on-site", small="flocculant, filter cloth", moisture="0.4")
    return run


def polishing_powder() -> Run:
    run = begin(
        "separation", "SEP-POLISH", "hydromet",
        "Cerium polishing powder (invented plant): lanthanum-cerium carbonate is fluorinated with hydrofluoric acid,\n"
        "calcined at 950 C, milled and classified. Nothing is separated.",
    )  # fmt: skip
    carbonate = {"La2(CO3)3": "0.34", "Ce2(CO3)3": "0.58", "H2O": "0.08"}
    mass = feed(run, "lanthanum-cerium carbonate", 10000, mixed(carbonate))
    held = times(rare_earths(run.given), Fraction("0.985"))
    fluoride = mass_of("F", moles(held, "La"))
    buy(run, "hydrogen fluoride", fluoride / of_formula("HF")["F"] * Fraction("1.03"), "HF", "placeholders/hydrogen-fluoride.glo",
        "LaOF: 1 F for each La, 3 % spare")  # fmt: skip
    buy(run, "lime of the scrubber", mass_of("Ca", moles(run.given, "F") * Fraction("0.04")) / of_formula("CaO")["Ca"], "CaO", LIME,
        "binds the fluorine that leaves the kiln as CaF2")  # fmt: skip
    run.water(mass * 3, "assumed, 3 kg/kg, slurry and washing")
    whole = added(as_oxide({"Ce": held["Ce"]}), {"La": held["La"], "O": mass_of("O", moles(held, "La")), "F": fluoride})
    power(run, total(whole), "1.2", "kiln fans, wet mill, classifier, spray dryer (assumed)")
    run.burn_gas(total(whole) * 14, f"{LINES}: 5 to 30 MJ/kg, here calcination and drying", basis="metered")
    run.put_out("PP-2026-05", "powder", total(whole), times(whole, 1 / total(whole)), "cerium polishing powder, fluorinated",
                product="cerium-polishing-powder")  # fmt: skip
    run.emit_carbon("CO2 of the carbonates", "carbon balance of the run")
    close(run, "filter cake and scrubber sludge", "landfill", "disposal", small="dispersant", moisture="0.4")
    return run


def cerium_zirconium() -> Run:
    run = begin(
        "separation", "SEP-CEZR", "hydromet",
        "Cerium-zirconium oxide for three-way catalysts (invented plant): cerium chloride and zirconium oxychloride are\n"
        "precipitated together with caustic soda, filtered, washed and calcined at 700 C.",
    )  # fmt: skip
    feed(run, "cerium chloride", 5000, mixed({"CeCl3": "0.96", "LaCl3": "0.04"}))
    run.buy(
        "zirconium oxychloride", Fraction(6100), "placeholders/lithium-fluoride.glo", of_formula("ZrOCl2H16O8"),
        "weighed; no row ships, so the dearest of its class stands for it, and a quarter more", basis="weighed",
        proxy_for="zirconium oxychloride",
    )  # fmt: skip
    chlorine = moles(run.given, "Cl")
    base = mass_of("Na", chlorine * Fraction("1.05")) / of_formula("NaOH")["Na"]
    buy(run, "caustic soda, as NaOH", base, "NaOH", CAUSTIC, "one for each Cl, 5 % spare; told by its content")
    run.water(Fraction(60000), "assumed, 10 kg/kg oxide, washing out of chloride")
    held = times(rare_earths(run.given), Fraction("0.985"))
    zirconium = run.given["Zr"] * Fraction("0.985")
    whole = added(as_oxide(held), times(of_formula("ZrO2"), zirconium / of_formula("ZrO2")["Zr"]))
    power(run, total(whole), "1.2", "precipitation, filter press, kiln fans, mill (assumed)")
    run.burn_gas(total(whole) * 10, f"{LINES}: 5 to 30 MJ/kg oxide, drying and calcination", basis="metered")
    run.put_out("CZ-2026-06", "oxide", total(whole), times(whole, 1 / total(whole)), "cerium-zirconium oxide, 40 % CeO2",
                product="cerium-zirconium-oxide")  # fmt: skip
    brine(run, "sodium chloride liquor")
    close(run, "filter losses", "returned to the feed", "recovery", small="filter cloth", moisture="0.4")
    return run


# -- recycling --------------------------------------------------------------------------------------------------------


def recycled(
    name: str, head: str, taken: Sequence[tuple[str, str, Masses]], cuts: Sequence[Cut], *, precipitant: str = "oxalic"
) -> Run:
    """Dissolve scrap and take its rare earths apart."""
    run = begin("hydrometallurgical-recycling", name, "recycling", head, priced=PRICES if len(cuts) > 1 else None)
    for words, mass, composition in taken:
        scrap(run, words, mass, composition)
    separated(run, cuts, each="3", precipitant=precipitant)
    close(run, "iron and base-metal residue", "to a smelter", "recovery", small="filter cloth", moisture="0.4")
    return run


def recyclings() -> Iterator[Run]:
    yield recycled(
        "REC-MAGNET", "Magnets of old motors (invented plant): oxidised by roasting, leached with hydrochloric acid while iron stays\n"
        "behind, separated by P507, precipitated with oxalic acid and calcined.", [("magnets of old motors", "10000", MAGNET)],
        [
            Cut("PN-2026-11", ("Pr", "Nd"), "oxide", "praseodymium-neodymium-oxide", "recycled PrNd oxide", PRICE["Pr;Nd"]),
            Cut("DY-2026-11", ("Dy",), "oxide", "dysprosium-oxide", "recycled dysprosium oxide", PRICE["Dy"]),
            Cut("TB-2026-11", ("Tb",), "oxide", "terbium-oxide", "recycled terbium oxide", PRICE["Tb"]),
        ],
    )  # fmt: skip
    disks = parts(Fe="0.667", Nd="0.305", Co="0.0103", B="0.0097", O="0.008")
    yield recycled(
        "REC-DISK", "Magnets of hard disks, of neodymium alone (invented plant): roasted, leached, purified, precipitated, calcined.",
        [("magnets of hard disks", "5000", disks)],
        [Cut("ND-2026-12", ("Nd",), "oxide", "neodymium-oxide", "recycled neodymium oxide", PRICE["Nd"])],
    )  # fmt: skip
    lamps = added(
        times(oxides(Y="0.55", Eu="0.04", La="0.12", Ce="0.10", Tb="0.05"), Fraction("0.4")),
        parts(SiO2="0.3", Al2O3="0.216", CaO="0.14"),
    )
    lamps = times(lamps, 1 / total(lamps))
    yield recycled(
        "REC-LAMP", "Phosphor of old lamps (invented plant): leached after alkaline melting, taken apart into five oxides.",
        [("phosphor powder of old lamps", "6000", lamps)],
        [
            Cut("YT-2026-13", ("Y", "Eu"), "oxide", "rare-earth-oxide", "recycled yttrium-europium oxide", "8"),
            Cut("LA-2026-13", ("La",), "oxide", "lanthanum-oxide", "recycled lanthanum oxide", PRICE["La"]),
            Cut("CE-2026-13", ("Ce",), "oxide", "cerium-oxide", "recycled cerium oxide", PRICE["Ce"]),
            Cut("TB-2026-13", ("Tb",), "oxide", "terbium-oxide", "recycled terbium oxide", PRICE["Tb"]),
        ],
    )  # fmt: skip
    cells = parts(Ni="0.53", La="0.2", Ce="0.1", Co="0.09", Mn="0.045", Al="0.02", O="0.015")
    yield recycled(
        "REC-NIMH", "Powder of nickel-metal-hydride cells (invented plant): leached, nickel and cobalt go to a refinery, the rare earths\n"
        "are precipitated together and calcined.", [("black mass of NiMH cells", "6000", cells)],
        [Cut("LC-2026-14", ("La", "Ce"), "oxide", "lanthanum-cerium-oxide", "recycled LaCe oxide", PRICE["La;Ce"])],
    )  # fmt: skip
    cobalt = parts(Co="0.5", Sm="0.255", Fe="0.165", Cu="0.05", Zr="0.025", O="0.005")
    yield recycled(
        "REC-SMCO", "Samarium-cobalt magnets (invented plant): dissolved, samarium precipitated with oxalic acid and calcined; cobalt\n"
        "goes to a refinery.", [("samarium-cobalt magnets", "2000", cobalt)],
        [Cut("SM-2026-15", ("Sm",), "oxide", "samarium-oxide", "recycled samarium oxide", PRICE["Sm"])],
    )  # fmt: skip
    grades = [
        ("magnets of old motors", "6000", MAGNET),
        ("black mass of NiMH cells", "3000", cells),
        ("samarium-cobalt magnets", "500", cobalt),
    ]
    yield recycled(
        "REC-GROUP", "Scrap of several kinds, for plants that separate further (invented plant): heavy rare earths leave as chloride, light\n"
        "magnet metals as carbonate, lanthanum, cerium and samarium as mixed oxide.", grades,
        [
            Cut("DT-2026-16", ("Dy", "Tb"), "chloride", "mixed-rare-earth-chloride", "recycled DyTb chloride", "280"),
            Cut("PN-2026-16", ("Pr", "Nd"), "carbonate", "mixed-rare-earth-carbonate", "recycled PrNd carbonate", "58"),
            Cut("LC-2026-16", ("La", "Ce", "Sm"), "oxide", "mixed-rare-earth-oxide", "recycled LaCeSm oxide", "1.45"),
        ], precipitant="bicarbonate",
    )  # fmt: skip


def runs() -> list[Run]:
    """Return the runs, each alone."""
    return [
        light_oxides(),
        grouped_oxides(),
        heavy_oxides(),
        mixed_products(),
        polishing_powder(),
        cerium_zirconium(),
        *recyclings(),
    ]
