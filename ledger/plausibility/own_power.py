"""Rules about electricity that the plant generates itself (E-OWN, E-OWN-PLANT, E-OWN-SHARE).

Rules: as in `ledger.plausibility.physics`.  Own power comes from the plant named, is no more than its fuel, its rated
power or daylight gives, and a meter reads it.  Whether a meter is real only a visit shows, so much of it is told.

This module does not judge the factors of own power (`ledger.plausibility.electricity`), nor whether other runs use the
same plant in the same days.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.exact import SCALE, divide
from ledger.factors.boundary import OWN_FUEL
from ledger.footprint.lines import burnt_energy
from ledger.footprint.masses import figure_text
from ledger.footprint.versions import GUARDED
from ledger.plausibility.amounts import UNTOLD_MJ
from ledger.plausibility.electricity import GENERATED
from ledger.plausibility.physics import burnt
from schemas.instant import date_of
from schemas.problem import Problem
from schemas.quantity import trillionths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.footprint.inventory import Inventory
    from schemas.inventory import ElectricityLine, FuelLine, OwnPlant
    from schemas.vocabulary import OwnPlantKind

FULL_HOURS: Final[Mapping[OwnPlantKind, int]] = {
    "solar": 25, "wind": 60, "hydro": 100, "geothermal": 100, "own-fuel": 100,
}  # fmt: skip
"""Percent of all hours that a plant can run at its rated power (set here; the best sites for sun and wind)."""

UNREAD_MOST: Final = 30
"""Percent of a run's electricity that may be own power without a meter or a named plant (set here)."""

SHOWN_FROM: Final = 30
"""Percent of a run's electricity from which on own sun, wind, water or heat of the earth is told to readers (set here).

It counts nothing or little, and only the plant's own meter shows it.
"""

RUNNING_THROUGH: Final = ("oxide-electrolysis", "separation", "acid-roasting", "chlorination", "in-situ-leaching")
"""Steps whose salt baths, mixers, kilns and pumps run by night as by day (set here)."""

DAYLIGHT_MOST: Final = 67
"""Percent of the electricity of such a run that the sun can give without a battery (set here).

Even loads take electricity at all hours, and a day of June at 50 degrees has 16 hours of sun, two thirds.
"""

_PERCENT: Final = 100


def own_fuel(run: Inventory) -> Iterator[Problem]:
    """E-OWN: electricity from the plant's own fuel is no more than the energy of the fuel."""
    lines = [line for line in run.power.lines if line.own and run.tables.factor(line.factor).flow.startswith(OWN_FUEL)]
    if not lines:
        return
    generated = divide(sum(trillionths(line.amount_kwh) for line in lines) * 36, 10)
    held = sum(burnt_energy(line) or _untold(run, line) for line in burnt(run))
    if generated > held:
        yield Problem.at("rule.e-own", "electricity", found=figure_text(generated), possible=figure_text(held))


def _untold(run: Inventory, line: FuelLine) -> int:
    """Return the energy (scaled MJ) that a fuel may hold which tells none; the first engine asks for it."""
    return trillionths(line.amount) * UNTOLD_MJ[line.unit] if run.engine in GUARDED else 0


def own_plant(run: Inventory) -> Iterator[Problem]:
    """E-OWN-PLANT: own power comes from the plant named, is no more than it can give, and is metered beyond 30 %."""
    lines = [(index, line) for index, line in enumerate(run.power.lines) if line.own is not None]
    if not lines:
        return
    generated: dict[OwnPlant, int] = {}
    for index, line in lines:
        if line.plant is None:
            continue
        generated[line.plant] = generated.get(line.plant, 0) + trillionths(line.amount_kwh)
        if not run.tables.factor(line.factor).flow.startswith(f"{GENERATED}{line.plant.kind}"):
            place = f"electricity[{index}].plant"
            yield Problem.at("rule.e-own-plant-kind", place, found=line.factor, possible=line.plant.kind)
    yield from _beyond_power(run, generated)
    yield from _by_night(run)
    unread = sum(trillionths(line.amount_kwh) for _, line in lines if not _read_by_meter(line))
    if unread * _PERCENT > run.kwh * UNREAD_MOST:
        found = figure_text(divide(unread * _PERCENT * SCALE, run.kwh))
        yield Problem.at("rule.e-own-plant", "electricity", found=found, possible=str(UNREAD_MOST))


def _beyond_power(run: Inventory, generated: Mapping[OwnPlant, int]) -> Iterator[Problem]:
    """Yield the plants that generated more than their rated power can; one plant in two lines is one."""
    days = _days(run)
    for plant, kwh in generated.items():
        if plant.power_kw is None:
            continue
        most = divide(trillionths(plant.power_kw) * 24 * days * FULL_HOURS[plant.kind], _PERCENT)
        if kwh > most:
            yield Problem.at(
                "rule.e-own-plant-more", "electricity", kind=plant.kind,
                found=figure_text(kwh), possible=figure_text(most), power=plant.power_kw,
            )  # fmt: skip


def _days(run: Inventory) -> int:
    return (date_of(run.period.end) - date_of(run.period.start)).days + 1


def _by_night(run: Inventory) -> Iterator[Problem]:
    """Yield that a step that runs through has more of the sun than its days are long and its batteries carry."""
    lines = [line for line in run.power.lines if _kind(run, line) == "solar"]
    if run.step not in RUNNING_THROUGH or not lines:
        return
    sun = sum(trillionths(line.amount_kwh) for line in lines)
    full = sum(trillionths(plant.battery_kwh or "0") for plant in {line.plant for line in lines if line.plant})
    most = divide(run.kwh * DAYLIGHT_MOST, _PERCENT) + full * _days(run)
    if sun > most:
        yield Problem.at("rule.e-own-plant-night", "electricity", found=figure_text(sun), possible=figure_text(most))


def _kind(run: Inventory, line: ElectricityLine) -> str | None:
    """Return what generated own power: the kind of its plant, else what its factor stands for."""
    if line.own is None:
        return None
    if line.plant is not None:
        return line.plant.kind
    flow = run.tables.factor(line.factor).flow.removeprefix(GENERATED)
    return next((kind for kind in FULL_HOURS if flow.startswith(kind)), None)


def much_own(run: Inventory) -> Iterator[Problem]:
    """E-OWN-SHARE, flag: more than 30 % of the electricity is own power that burns nothing."""
    free = [line for line in run.power.lines if line.own is not None and _kind(run, line) != "own-fuel"]
    made = sum(trillionths(line.amount_kwh) for line in free)
    if made * _PERCENT > run.kwh * SHOWN_FROM:
        found = figure_text(divide(made * _PERCENT * SCALE, run.kwh))
        yield Problem.at("rule.e-own-share", "electricity", found=found)


def unread_plant(run: Inventory) -> Iterator[Problem]:
    """E-OWN-PLANT, flag: nobody says what generated own power, or no meter read it."""
    for index, line in enumerate(run.power.lines):
        if line.own is not None and not _read_by_meter(line):
            yield Problem.at("rule.e-own-plant-unread", f"electricity[{index}].plant", found=line.name)


def _read_by_meter(line: ElectricityLine) -> bool:
    """Return whether a meter read own power, and the plant is named, with its rated power unless it burns fuel."""
    plant = line.plant
    if plant is None or line.meter is None or line.basis != "metered":
        return False
    return plant.power_kw is not None or plant.kind == "own-fuel"
