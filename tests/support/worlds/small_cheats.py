"""All small cheats at once: a chain in which every plant stays inside what each rule lets pass.

Rules: each amount is named as read from a meter; gas is at the flag line, the acid of the separation is half, prices
lie a tenth off, water is not told, and a part of the electricity is the plant's own sun.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from tests.support.worlds.record_changes import both, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.support.worlds.record_changes import Change

Written = dict[str, Any]
JUST_UNNOTICED, MOST_BY_DAY = "0.29", "0.66"
"""Parts of the electricity by own sun: below the flag, and the most that a step can have that runs by night."""
ROOF: Final = {"kind": "solar", "power": "5 MWp", "meter": "PV-1"}
HALF, MOST_OF_IT = "0.5", "0.9"
PRICED: Final = {"OX-17": "76", "CE-04": "1.9", "LC-09": "1.9", "SEG-05": "22"}


def scaled(written: Written, part: str, *names: str) -> None:
    """Take a part of some amounts."""
    for name in names:
        number, unit = written[name].split(" ", 1)
        written[name] = f"{(Decimal(number) * Decimal(part)).quantize(Decimal('0.000001')):f} {unit}"


def metered(value: Written) -> None:
    for group, basis in (("electricity", "metered"), ("fuels", "metered"), ("materials", "weighed")):
        for each in value.get(group, ()):
            each.update(basis=basis, meter="M-1")


def burning(part: str) -> Change:
    """Burn and buy a part of the gas."""

    def change(value: Written) -> None:
        for each in value["fuels"]:
            scaled(each, part, *({"amount", "energy"} & each.keys()))

    return change


def without_water(value: Written) -> None:
    value["materials"] = [each for each in value["materials"] if "water" not in each["name"]]


def without_wastes_driven(value: Written) -> None:
    """Leave out the bound of waste transport, which is now above 1 %."""
    value["excluded"] = [each for each in value["excluded"] if "treatment of wastes" not in each["what"]]


def lean_in_acid(value: Written) -> None:
    """Take half the acid, as much as the balance of the separation lets pass, and what follows from it."""
    for name, part in (("hydrochloric", HALF), ("ammonia (liquid)", HALF), ("bicarbonate", MOST_OF_IT)):
        scaled(line(value, "materials", name), part, "mass")
    scaled(line(value, "direct", "bicarbonate"), MOST_OF_IT, "mass")
    scaled(next(each for each in value["outputs"] if "salt" in each["lot"]), HALF, "mass")
    for group, name in (("wastes", "mixed ammonium"), ("wastes", "ammonia water"), ("direct", "NH3")):
        left = line(value, group, name)
        scaled(left["elements"], HALF, *(left["elements"].keys() - {"S"}))
        whole = sum(Decimal(mass.removesuffix(" kg")) for mass in left["elements"].values())
        left["mass"] = f"{whole:f} kg"
    scaled(value["water"], HALF, "fresh", "with_reagents", "evaporator", "evaporator_electricity")
    scaled(value["water"], "0.425", "evaporated")


def priced(value: Written) -> None:
    for each in value["outputs"]:
        if each["lot"] in PRICED:
            each["price"] = f"{PRICED[each['lot']]} USD/kg"


def a_roof_for(part: str) -> Change:
    """Let own sun make a part of all electricity."""

    def change(value: Written) -> None:
        value["electricity"] = [each for line_ in value["electricity"] for each in _divided(line_, part)]

    return change


def _divided(bought: Written, part: str) -> Iterable[Written]:
    made = {name: each for name, each in bought.items() if name != "instruments"} | {
        "own": "attributes-kept", "factor": "methods/electricity-solar-direct.glo", "uncovered": None,
        "basis": "metered", "meter": "PV-1", "plant": ROOF,
    }  # fmt: skip
    scaled(made, part, "amount")
    for each in (bought, *bought.get("instruments", ())):
        scaled(each, f"{1 - Decimal(part)}", "amount")
    return bought, made


_ELECTRIC: Final = both(metered, without_water)
_FIRED: Final = both(_ELECTRIC, burning("0.42"))
ALL_SMALL_CHEATS: Final[Mapping[str, Change]] = {
    "CRK-2026-02": both(_ELECTRIC, burning("0.31"), without_wastes_driven),
    "SEP-2026-02": _FIRED,
    "SEP-2026-03": both(lean_in_acid, _FIRED, priced),
    "REC-2026-03": _FIRED,
    "ELY-2026-04-A": _ELECTRIC,
    "SC-2026-05": _ELECTRIC,
    "MAG-2026-06": _ELECTRIC,
}
"""What each run of the magnet's chain does, in their order."""
