"""The records of `examples/every-product` for metals and alloys: electrolysis, reduction, melting, casting."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tests.golden.plant_records import Run, added, exact, mass_of, moles, of_formula, times, total
from tests.golden.plants.shop import (
    LINES,
    METALS,
    as_oxide,
    begin,
    buy,
    close,
    feed,
    parts,
    power,
    rare_earths,
    shield,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

GRAPHITE, IRON = "materials/artificial-graphite.cn.2015", "placeholders/iron.glo"
PFC: Final = "placeholders/electrolysis-pfc-tier-1.glo.2019"
PFCS: Final = {"CF4": "0.0001461", "C2F6": "0.0000146", "C3F8": "0.00000005"}
"""kg for a kg of metal, as that placeholder has them."""
METAL: Final[tuple[tuple[str, str, str, Mapping[str, str]], ...]] = (
    ("rare-earth-metal", "PM", "praseodymium metal", {"Pr": "1"}),
    ("praseodymium-neodymium-metal", "PN", "PrNd metal", {"Nd": "0.75", "Pr": "0.25"}),
    ("lanthanum-metal", "LA", "lanthanum metal", {"La": "1"}),
    ("lanthanum-cerium-metal", "LC", "LaCe metal", {"La": "0.35", "Ce": "0.65"}),
    ("mischmetal", "MM", "mischmetal", {"Ce": "0.5", "La": "0.28", "Nd": "0.17", "Pr": "0.05"}),
)
"""Metals that cells and calcium both make: product, letters of the lot, name, shares."""
IRON_ALLOYS: Final[tuple[tuple[str, str, str, dict[str, str]], ...]] = (
    ("dysprosium-iron-alloy", "DF", "dysprosium-iron alloy", {"Dy": "0.8"}),
    ("gadolinium-iron-alloy", "GF", "gadolinium-iron alloy", {"Gd": "0.72"}),
)


# -- electrolysis -----------------------------------------------------------------------------------------------------


def electrolysis(product: str, lot: str, words: str, shares: Mapping[str, str]) -> Run:
    """Make metal, or an alloy with the iron of the cathode, of bought oxide in fluoride cells."""
    alloy = words.endswith("alloy")
    run = begin(
        "oxide-electrolysis", f"CELLS-{lot[:2]}", "metal",
        f"Molten-salt electrolysis of {words} (invented plant): bought oxide in cells of fluoride, graphite anodes,\n"
        + ("an iron cathode that melts into the alloy." if alloy else "tungsten cathodes. Anode effects are counted by the default."),
    )  # fmt: skip
    made = Fraction(2000)
    rare = {each: made * Fraction(part) * (1 if alloy else Fraction("0.997")) for each, part in shares.items()}
    oxide = as_oxide({each: mass / Fraction("0.98") for each, mass in rare.items()})
    feed(run, "oxide", total(oxide), times(oxide, 1 / total(oxide)))
    salt = added(
        *[
            times(of_formula(f"{each}F3"), Fraction(part) / sum(map(Fraction, shares.values())))
            for each, part in shares.items()
        ]
    )
    feed(run, "fluoride of the melt", made * Fraction("0.03"), salt)
    buy(
        run,
        "lithium fluoride",
        made * Fraction("0.006"),
        "LiF",
        "placeholders/lithium-fluoride.glo",
        "assumed, 0.006 kg/kg",
    )
    used, butts = exact(made * Fraction("0.17")), exact(made * Fraction("0.03"))
    buy(run, "graphite anodes", used, "C", GRAPHITE, f"{LINES}: 0.15 to 0.20 kg/kg used up, without butts")
    if alloy:
        buy(
            run,
            "iron cathodes",
            made - total(rare) + made * Fraction("0.01"),
            "Fe",
            IRON,
            "what the alloy holds, 1 % spare",
        )
    else:
        buy(run, "iron of worn tools", made * Fraction("0.003"), "Fe", IRON, "assumed")
    power(run, total(rare), "9", f"{LINES}: 8.6 read, 5 to 14; rectifiers, fans, off-gas")
    run.add("direct", name="CO2 of the anodes", substance="CO2", gas="CO2-fossil", basis="calculated", method={"by": "anode-balance"},
            note="anode carbon used up; as CO2, since CO burns above the melt")  # fmt: skip
    for gas in PFCS:
        run.add("direct", name=f"{gas}, anode effect", substance=gas, gas=gas, basis="assumed",
                method={"by": "default", "factor": PFC, "mass": f"{int(made)} kg"}, note="IPCC 2019, default, a placeholder")  # fmt: skip
    run.groups["anodes"] = [{"used": f"{float(used):g} kg", "butts": f"{float(butts):g} kg", "carbon": "1"}]
    fluorocarbons = added(*[times(of_formula(gas), made * Fraction(each)) for gas, each in PFCS.items()])
    burnt = used - butts - fluorocarbons["C"]
    run.left = added(run.left, fluorocarbons, times(of_formula("CO2"), burnt / of_formula("CO2")["C"]))
    run.waste("anode butts", {"C": butts}, "sold as carbon scrap", "recovery", note="weighed with the anodes")
    metal = rare | (
        {"Fe": made - total(rare)} if alloy else {"Fe": made * Fraction("0.002"), "O": made * Fraction("0.001")}
    )
    run.put_out(lot, "alloy" if alloy else "metal", made, times(metal, 1 / made), words, product=product)
    close(
        run,
        "electrolyte waste, dust, sludge",
        "to a recycler of rare earths",
        "recovery",
        small="tungsten, refractories",
    )
    return run


# -- metallothermic reduction -----------------------------------------------------------------------------------------


def calcium(product: str, lot: str, words: str, shares: Mapping[str, str]) -> Run:
    """Reduce bought fluoride with calcium, with iron for an alloy."""
    alloy = words.endswith("alloy")
    run = begin(
        "metallothermic-reduction", f"RETORT-{lot[:2]}", "metal",
        f"Calcium reduction of {words} (invented plant): bought fluoride and calcium granules in a vacuum induction furnace\n"
        "under argon; the slag of calcium fluoride is poured off and the metal is melted again under vacuum.",
    )  # fmt: skip
    made = Fraction(500)
    rare = {each: made * Fraction(part) * (1 if alloy else Fraction("0.997")) for each, part in shares.items()}
    taken = {each: mass / Fraction("0.96") for each, mass in rare.items()}
    salt = added(
        *[times(of_formula(f"{each}F3"), mass / of_formula(f"{each}F3")[each]) for each, mass in taken.items()]
    )
    feed(run, "rare-earth fluoride", total(salt), times(salt, 1 / total(salt)))
    need = mass_of("Ca", moles(salt, "F") / 2)
    buy(
        run,
        "calcium granules",
        need * Fraction("1.1"),
        "Ca",
        "placeholders/calcium.glo",
        "2 REF3 + 3 Ca, 10 % spare (assumed)",
    )
    if alloy:
        buy(run, "pure iron", (made - total(rare)) * Fraction("1.01"), "Fe", IRON, "what the alloy holds, 1 % spare")
    shield(run, made, argon="0.2")
    power(
        run,
        total(rare),
        "5",
        f"{LINES}: 0.156 read for a sodium route, up to 10; induction furnace and vacuum melting (assumed)",
    )
    metal = rare | (
        {"Fe": made - total(rare)} if alloy else {"Ca": made * Fraction("0.002"), "O": made * Fraction("0.001")}
    )
    run.put_out(lot, "alloy" if alloy else "metal", made, times(metal, 1 / made), words, product=product)
    close(run, "slag of calcium fluoride", "landfill", "disposal", small="tantalum crucibles")
    return run


def lanthanothermic(product: str, lot: str) -> Run:
    """Reduce bought samarium oxide with lanthanum and distil the metal off."""
    run = begin(
        "metallothermic-reduction", "RETORT-SM", "metal",
        "Samarium metal (invented plant): lanthanum takes the oxygen of samarium oxide at 1300 C under vacuum; samarium\n"
        "distils off and condenses. The lanthanum oxide goes back to a maker of lanthanum metal.",
    )  # fmt: skip
    made = Fraction(500)
    samarium = made * Fraction("0.998")
    oxide = buy(run, "samarium oxide", samarium / Fraction("0.95") / of_formula("Sm2O3")["Sm"], "Sm2O3", "placeholders/samarium-oxide.glo",
                "Sm balance, 95 % yield (assumed); the supplier has no certificate")  # fmt: skip
    lanthanum = mass_of("La", moles(times(of_formula("Sm2O3"), oxide), "Sm"))
    feed(run, "lanthanum metal, turnings", lanthanum * Fraction("1.15"), parts(La="1"))
    power(run, samarium, "9", f"{LINES}: up to 10; vacuum furnace at 1300 C for a day, pumps (assumed)")
    metal = {"Sm": samarium, "La": made * Fraction("0.001"), "O": made * Fraction("0.001")}
    run.put_out(lot, "metal", made, times(metal, 1 / made), "samarium metal, distilled", product=product)
    close(
        run, "lanthanum oxide of the retort", "to a maker of lanthanum metal", "recovery", small="crucibles, pump oil"
    )
    return run


# -- melting and casting ----------------------------------------------------------------------------------------------

FACTOR: Final[Mapping[str, tuple[str, str]]] = {
    "Fe": ("pure iron", IRON), "Ni": ("nickel", "materials/nickel-metal.cn.2015"), "Co": ("cobalt", "placeholders/cobalt.glo"),
    "Al": ("aluminium", "materials/aluminium-primary.cn.2018"), "Mn": ("electrolytic manganese", "placeholders/manganese-electrolytic.glo"),
    "Mg": ("magnesium", "materials/magnesium-metal-pidgeon.cn.2015"), "Cu": ("copper", "materials/copper-refined.cn.2021"),
    "Ga": ("gallium", "placeholders/gallium.glo"),
}  # fmt: skip
PROXY: Final = {"Ti": "titanium", "Zr": "zirconium", "V": "vanadium"}
"""Metals without a row: the dearest minor metal stands for them, and a quarter more."""
FERROBORON: Final = parts(Fe="0.8", B="0.195", Si="0.005")


def charge(run: Run, alloy: Mapping[str, str], made: Fraction, keep: str = "0.985") -> None:
    """Buy the metals of an alloy, each in the mass that its yield asks for."""
    need = {each: made * Fraction(part) / Fraction(keep) for each, part in alloy.items() if each != "O"}
    if (boron := need.pop("B", None)) is not None:
        iron = exact(boron / FERROBORON["B"])
        run.buy("ferroboron", iron, "placeholders/ferroboron.glo", FERROBORON, "B of the recipe", basis="weighed")
        need["Fe"] -= iron * FERROBORON["Fe"]
        need.pop("Si", None)
    rare = rare_earths(need)
    if rare:
        feed(run, "rare-earth metal", total(rare), times(rare, 1 / total(rare)))
    for element, mass in need.items():
        if element in PROXY:
            run.buy(PROXY[element], mass, "placeholders/gallium.glo", of_formula(element), "recipe; no row ships", basis="weighed",
                    proxy_for=PROXY[element])  # fmt: skip
        elif element in FACTOR:
            name, factor = FACTOR[element]
            run.buy(name, mass, factor, of_formula(element), "recipe", basis="weighed")


NDFEB: Final = {"Fe": "0.6623", "Nd": "0.228", "Pr": "0.076", "Co": "0.01", "Al": "0.003", "Cu": "0.0015", "Ga": "0.009", "B": "0.0098", "Si": "0.0002",
                "O": "0.0002"}  # fmt: skip
AB5: Final = {"Ni": "0.535", "La": "0.21", "Ce": "0.115", "Co": "0.07", "Mn": "0.05", "Al": "0.0198", "O": "0.0002"}
A2B7: Final = {"Ni": "0.62", "La": "0.17", "Nd": "0.13", "Pr": "0.03", "Al": "0.03", "Mg": "0.0198", "O": "0.0002"}
AB2: Final = {"Mn": "0.5", "Ti": "0.28", "V": "0.12", "Fe": "0.06", "Zr": "0.03", "La": "0.0098", "O": "0.0002"}
CHARGES: Final[tuple[tuple[str, str, str, Mapping[str, str]], ...]] = (
    ("ab5-hydrogen-storage-alloy", "AB", "AB5 alloy", AB5),
    ("a2b7-hydrogen-storage-alloy", "AA", "A2B7 alloy", A2B7),
    ("ab2-hydrogen-storage-alloy", "AL", "AB2 alloy", AB2),
)


def melted(
    product: str, lot: str, words: str, alloy: Mapping[str, str], how: str, *, kind: str = "alloy", each: str = "1.5"
) -> Run:
    """Melt bought metals to an alloy."""
    run = begin("alloy-melting", f"MELT-{lot[:2]}", "metal", f"{words} (invented plant): {how}")
    made = Fraction(1000)
    charge(run, alloy, made)
    shield(run, made, argon="0.08")
    power(run, made, each, f"{LINES}: 1 to 2, furnace, annealing, crushing")
    run.put_out(lot, kind, made, {element: Fraction(part) for element, part in alloy.items()}, words, product=product)
    close(run, "slag, skull and fines", "to a smelter", "recovery", small="crucibles, refractories")
    return run


def cast(product: str, lot: str, words: str, alloy: Mapping[str, str]) -> Run:
    """Cast bought metals to flake; the skull is sold as scrap where it is one of NdFeB."""
    magnet = product.startswith("ndfeb")
    run = begin("strip-casting", f"CAST-{lot[:2]}", "metal",
                f"Strip casting of {words} (invented plant): bought metals are melted under argon and cast on a cold wheel.",
                priced=METALS if magnet else None)  # fmt: skip
    made = Fraction(1000)
    charge(run, alloy, made, "0.96")
    shield(run, made, argon="0.06")
    power(run, made, "0.9", f"{LINES}: 0.8 read, 0.6 to 1.6")
    fractions = {element: Fraction(part) for element, part in alloy.items()}
    run.put_out(
        lot,
        "alloy",
        made,
        fractions,
        words,
        product=product,
        price="40" if magnet else None,
        note="price assumed" if magnet else None,
    )
    if magnet:
        run.put_out("NS-2026-61", "scrap", made * Fraction("0.025"), fractions, "skull and poor flake", product="ndfeb-scrap", price="24",
                    note="price assumed, 60 % of the flake's")  # fmt: skip
    close(run, "slag, skull and fines", "to a smelter", "recovery", small="crucibles, refractories")
    return run


def runs() -> list[Run]:
    """Return the runs, each alone."""
    made: list[Run] = []
    every: Sequence[tuple[str, str, str, Mapping[str, str]]] = (*METAL, *IRON_ALLOYS)
    made += [
        electrolysis(product, f"{letters}-2026-{41 + at}", words, shares)
        for at, (product, letters, words, shares) in enumerate(every)
    ]
    every = (
        ("rare-earth-metal", "YM", "yttrium metal", {"Y": "1"}),
        *METAL[1:],
        ("dysprosium-metal", "DM", "dysprosium metal", {"Dy": "1"}),
        *IRON_ALLOYS,
    )
    made += [
        calcium(product, f"{letters}-2026-{50 + at}", words, shares)
        for at, (product, letters, words, shares) in enumerate(every)
    ]
    made.append(lanthanothermic("samarium-metal", "SM-2026-59"))
    furnace = "bought metals are melted in a vacuum induction furnace under argon, cast,\nannealed and crushed."
    for at, (product, letters, words, alloy) in enumerate(CHARGES):
        made += [
            melted(product, f"{letters}-2026-{62 + at}", words, alloy, furnace),
            cast(product, f"{letters}-2026-{65 + at}", words, alloy),
        ]
    for at, (product, letters, words, shares) in enumerate(IRON_ALLOYS):
        whole = shares | {"Fe": str(1 - Decimal(next(iter(shares.values()))))}
        made.append(
            melted(
                product,
                f"{letters}-2026-{68 + at}",
                words,
                whole,
                "bought rare-earth metal and iron are melted together under argon.",
                each="0.9",
            )
        )
    made.append(cast("ndfeb-strip-cast-alloy", "NF-2026-60", "strip-cast NdFeB flake", NDFEB))
    book = "bought metals are melted under argon and cast in a cooled book mould;\nthe ingot is broken for the decrepitation of a customer."
    made.append(melted("ndfeb-strip-cast-alloy", "NI-2026-70", "NdFeB alloy, book-mould ingot", NDFEB, book))
    quenched = "bought metals are melted, the melt is spun on a copper wheel, and\nthe ribbon is crushed and annealed to powder for bonded magnets."
    made.append(
        melted(
            "ndfeb-powder", "NQ-2026-71", "rapidly quenched NdFeB powder", NDFEB, quenched, kind="powder", each="2.5"
        )
    )
    return made
