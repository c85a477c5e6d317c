"""The records of `examples/every-product` for blending: each product that step makes."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Final

from tests.golden.plant_records import Masses, Run, added, mixed, times, total
from tests.golden.plants.shop import (
    begin,
    feed,
    oxides,
    parts,
    power,
)

if TYPE_CHECKING:
    pass


CATALYST: Final = added(
    times(oxides(La="0.7", Ce="0.3"), Fraction("0.03")),
    times(mixed({"Al2O3": "0.45", "SiO2": "0.55"}), Fraction("0.97")),
)
BLENDS: Final[tuple[tuple[str, str, str, str, Masses], ...]] = (
    ("rare-earth-oxide", "GD-2026-21", "oxide", "gadolinium oxide", oxides(Gd="1")),
    ("praseodymium-neodymium-oxide", "PN-2026-22", "oxide", "PrNd oxide", oxides(Nd="0.75", Pr="0.25")),
    ("neodymium-oxide", "ND-2026-23", "oxide", "neodymium oxide", oxides(Nd="1")),
    ("dysprosium-oxide", "DY-2026-24", "oxide", "dysprosium oxide", oxides(Dy="1")),
    ("terbium-oxide", "TB-2026-25", "oxide", "terbium oxide", oxides(Tb="1")),
    ("lanthanum-oxide", "LA-2026-26", "oxide", "lanthanum oxide", oxides(La="1")),
    ("lanthanum-cerium-oxide", "LC-2026-27", "oxide", "LaCe oxide", oxides(La="0.35", Ce="0.65")),
    ("cerium-oxide", "CE-2026-28", "oxide", "cerium oxide", oxides(Ce="1")),
    ("samarium-oxide", "SM-2026-29", "oxide", "samarium oxide", oxides(Sm="1")),
    ("rare-earth-metal", "PM-2026-30", "metal", "praseodymium metal", parts(Pr="0.997", Fe="0.002", O="0.001")),
    ("praseodymium-neodymium-metal", "PN-2026-31", "metal", "PrNd metal", parts(Nd="0.748", Pr="0.249", Fe="0.002", O="0.001")),
    ("lanthanum-metal", "LM-2026-32", "metal", "lanthanum metal", parts(La="0.997", Fe="0.002", O="0.001")),
    ("lanthanum-cerium-metal", "LC-2026-33", "metal", "LaCe metal", parts(La="0.35", Ce="0.647", Fe="0.002", O="0.001")),
    ("mischmetal", "MM-2026-34", "metal", "mischmetal", parts(Ce="0.5", La="0.28", Nd="0.16", Pr="0.05", Fe="0.009", O="0.001")),
    ("dysprosium-metal", "DM-2026-35", "metal", "dysprosium metal", parts(Dy="0.997", Fe="0.002", O="0.001")),
    ("samarium-metal", "SM-2026-36", "metal", "samarium metal", parts(Sm="0.998", La="0.001", O="0.001")),
    ("cerium-polishing-powder", "PP-2026-37", "powder", "cerium polishing powder", mixed({"CeO2": "0.62", "LaOF": "0.38"})),
    ("cerium-zirconium-oxide", "CZ-2026-38", "oxide", "cerium-zirconium oxide", mixed({"CeO2": "0.4", "ZrO2": "0.55", "La2O3": "0.05"})),
    ("rare-earth-cracking-catalyst", "CC-2026-39", "powder", "cracking catalyst, 3 % REO", CATALYST),
)  # fmt: skip


def blended(product: str, lot: str, kind: str, words: str, composition: Masses) -> Run:
    """Blend bought goods of one product to one lot."""
    run = begin(
        "blending", f"BLEND-{lot[:2]}-{lot[-2:]}", "hydromet" if kind != "metal" else "metal",
        f"Blending and packing (invented plant): several drums of {words} become one lot. Nothing is made, so the\n"
        "mixer's electricity and the journey are all.",
    )  # fmt: skip
    taken = feed(run, words, 1000, composition)
    power(run, taken, "0.02", "mixer, filling line, dust filter (assumed)")
    made = taken * Fraction("0.998")
    run.put_out(lot, kind, made, times(run.given, 1 / total(run.given)), f"{words}, blended", product=product)
    rest = {each: mass - run.left[each] for each, mass in run.given.items() if mass - run.left[each] > 0}
    run.waste("dust of the filter", rest, "returned to the supplier", "recovery")
    run.leave_out_small("drums, liners", "below 1 % of mass, assumed below 1 % of the result")
    run.leave_out_of_boundary("capital goods, offices")
    return run


def runs() -> list[Run]:
    """Return the runs, each alone."""
    return [blended(*each) for each in BLENDS]
