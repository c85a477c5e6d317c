"""Q-ABSENT: what a run declares absent is owed by its step, for a reason of the row, and what the reason names holds.

Rules: a reason that this run's own documents can show is checked here: another line carries both amounts, a certified
input holds the charge, the electricity carries both floors.  A reason that lies elsewhere (another run, recovered heat,
another variant of the process) is flagged, so that whoever reads the figure sees it.  `not-in-process` of a row that
only flags is no flag of its own: it is the answer that the row asks for.

This module does not judge amounts that are there (`ledger.plausibility.completeness`) or other runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.chemistry.elements import ATOMIC_WEIGHT
from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.stoichiometry import mass_ratio, of
from ledger.footprint.masses import KG_PER_M3, PARTS, emitted, figure_text, kmol_text, moles
from ledger.plausibility.amounts import acid_charge, bought, counted
from ledger.plausibility.changes import holds
from ledger.plausibility.completeness import assessed, burden
from schemas.determination import Measured
from schemas.inventory import DirectLine, MaterialLine
from schemas.problem import Problem
from schemas.quantity import trillionths
from schemas.vocabulary import GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ledger.factors.completeness import Measure, OwedRow
    from ledger.footprint.inventory import Inventory
    from ledger.plausibility.completeness import Due
    from schemas.run import Absent

ELSEWHERE: Final = ("other-run", "recovered-heat", "regenerated-in-run")
"""Reasons that this run's documents can't show."""

PYROHYDROLYSIS_MJ: Final = 3
ELECTRODIALYSIS_TENTH_KWH: Final = 8
"""MJ, and tenths of a kWh, that win back 1 kg of HCl (from memory)."""
COKE_MJ: Final = 33
"""MJ of 1 kg of carbon that stands among the materials, rounded up from 32.8 (from memory)."""

LEAST_EVAPORATION: Final = (3, 100)
"""MJ that evaporate 1 kg of water with vapour recompression at its best (the row `evaporator-energy`)."""

_HELD: Final[Mapping[Measure, Callable[[Mapping[str, int]], int]]] = {
    "hydrogen": lambda held: held.get("H", 0),
    "shield-gas": lambda held: sum(held.get(each, 0) for each in ("N", "Ar", "He")),
    "fluorine": lambda held: held.get("F", 0),
    "carbon": lambda held: held.get("C", 0),
    "nitrate": lambda held: sum(held.values()) if held.get("N") else 0,
    "extractant": lambda held: sum(held.values()) if held.get("P") else 0,
    "reagents": lambda held: sum(held.values()),
    "base": lambda held: moles(held, "N", "Na", "K") + 2 * moles(held, "Ca", "Mg"),
    "scrubber-base": lambda held: moles(held, "N", "Na", "K") + 2 * moles(held, "Ca", "Mg"),
}
"""How much of a measure another material holds: a gas mixture holds hydrogen, forming gas nitrogen."""

_HCL_PER_CL: Final = mass_ratio("HCl", "Cl")
_HEAT: Final[tuple[Measure, ...]] = ("process-heat", "heat-and-power", "energy", "power-and-fuel")
_MJ_PER_KWH: Final = (36, 10)


def declared(run: Inventory) -> Iterator[Problem]:
    """Q-ABSENT: each declared absence is of an owed item, once, for an allowed reason, and what it names holds."""
    if not run.absent or not run.tables.completeness:
        return
    owed = {each.row.item: each for each in assessed(run)}
    seen = set()
    for index, absent in enumerate(run.absent):
        place = f"absent[{index}]"
        if absent.item in seen:
            yield Problem.at("rule.q-absent-twice", place, item=absent.item)
        elif absent.item in owed:
            yield from _checked(run, owed, absent, place)
        elif absent.item not in GROUPS and absent.item not in _known(run):
            possible = ", ".join(sorted({*_known(run), *GROUPS}))
            yield Problem.at("rule.q-absent-item", place, item=absent.item, step=run.step, possible=possible)
        seen.add(absent.item)


def unseen(run: Inventory) -> Iterator[Problem]:
    """Q-ABSENT, flag: an absence that this run's own documents can't show."""
    if not run.absent or not run.tables.completeness:
        return
    owed = {each.row.item: each for each in assessed(run)}
    for index, absent in enumerate(run.absent):
        rows = [owed[absent.item].row] if absent.item in owed else _rows(run, absent.item)
        variant = absent.reason == "not-in-process" and (not rows or any(row.missing == "reject" for row in rows))
        if variant or absent.reason in ELSEWHERE or _too_little_fuel(run, owed, absent) or _unheld(run, owed, absent):
            told = absent.variant or absent.run or absent.line or "nothing more"
            yield Problem.at("rule.q-absent", f"absent[{index}]", item=absent.item, reason=absent.reason, found=told)


def _too_little_fuel(run: Inventory, owed: Mapping[str, Due], absent: Absent) -> bool:
    """Return whether electricity is said to be in a fuel that gives less than what is usual for all that it serves."""
    named, own = absent.line or "", owed.get(absent.item)
    if absent.reason != "in-other-line" or not named.startswith("fuels") or own is None:
        return False
    if own.row.measure != "electricity":
        return False
    served = [each for each in owed.values() if each is own or any(line.place == named for line in each.lines)]
    has = sum(each.amount for each in counted(run, "heat-and-power") if each.place == named)
    return has < sum(_usual_mj(each) for each in served)


def _unheld(run: Inventory, owed: Mapping[str, Due], absent: Absent) -> bool:
    """Return whether something is said to be in another line that holds less of it than is usual."""
    named, own = absent.line or "", owed.get(absent.item)
    line = _line_at(run, named) if absent.reason == "in-other-line" and own is not None else None
    if line is None or own is None:
        return False
    measure = own.row.measure
    if measure in _HELD:
        elements: Mapping[str, int] = next((each for at, _, each in bought(run) if at == named), {})
        return _HELD[measure](elements) < divide(_least(own.row) * own.basis, SCALE)
    if measure == "second-nitrous-oxide":
        return _nitrous_nitrogen(line) < _usual_nitrogen(run, owed)
    if measure == "transport":
        return 2 * _mass_of(run, line) < _carried(run)
    if measure == "treated-waste":
        return not burden(run, line)
    served = [each for each in owed.values() if each is not own and any(at.place == named for at in each.lines)]
    return _energy_at(run, named) <= sum(map(_floor_mj, served))


def _least(row: OwedRow) -> int:
    """Return the least of a row that is usual."""
    return row.flag_below or row.floor or (row.typical or (0, 0))[0]


def _nitrous_nitrogen(line: object) -> int:
    """Return the nitrogen (scaled kg) that leaves as N2O in a line."""
    return emitted(line).get("N", 0) if isinstance(line, DirectLine) and line.gas == "N2O" else 0


def _usual_nitrogen(run: Inventory, owed: Mapping[str, Due]) -> int:
    """Return N2O-N of the nitrogen lost, and of what left with water or as ammonia once more, at its least usual."""
    direct = owed.get("n2o")
    if direct is None:
        return 0
    wastes = zip(run.waste.lines, run.elements_of_wastes, strict=True)
    moved = sum(elements.get("N", 0) for line, elements in wastes if line.waste_class == "in-water")
    moved += sum(emitted(line).get("N", 0) for line in run.direct.lines if line.gas is None)
    return divide(_least(direct.row) * (direct.basis + moved), SCALE)


def _mass_of(run: Inventory, line: object) -> int:
    return trillionths(line.mass_kg) if isinstance(line, MaterialLine) and burden(run, line) else 0


def _carried(run: Inventory) -> int:
    """Return the mass (scaled kg) of all that was bought: what is free of burden was not carried."""
    return sum(_mass_of(run, line) for line in run.materials.lines)


def _energy_at(run: Inventory, place: str) -> int:
    """Return the energy of a line in MJ (scaled)."""
    has = sum(each.amount for each in counted(run, "heat-and-power") if each.place == place)
    return has or sum(each.amount for each in counted(run, "energy") if each.place == place)


def _usual_mj(owed: Due) -> int:
    """Return what is usual of a row of energy in MJ (scaled), its least where nothing is known, 0 of another row."""
    usual = owed.row.typical[0] if owed.row.typical else owed.row.flag_below or owed.row.floor
    return _in_mj(owed.row, divide(usual * owed.basis, SCALE))


def _known(run: Inventory) -> set[str]:
    table = run.tables.completeness
    return {row.item for step in (run.step, "any") for row in table.get(step, ())}


def _rows(run: Inventory, item: str) -> list[OwedRow]:
    """Return the rows of an item that the run does not owe here."""
    table = run.tables.completeness
    return [row for step in (run.step, "any") for row in table.get(step, ()) if row.item == item]


def _checked(run: Inventory, owed: Mapping[str, Due], absent: Absent, place: str) -> Iterator[Problem]:
    own = owed[absent.item]
    condition = own.row.reasons.get(absent.reason)
    if condition is None or not holds(run, [condition]):
        possible = ", ".join(own.row.reasons) or "none"
        yield Problem.at(
            "rule.q-absent-reason", place, item=absent.item, reason=absent.reason, possible=possible, step=run.step
        )
        return
    match absent.reason:
        case "in-other-line":
            yield from _in_line(run, owed, own, absent, place)
        case "in-input":
            yield from _in_input(run, own, absent, place)
        case "met-by-electricity":
            yield from _by_electricity(run, owed, own, place)
        case "measured-zero":
            yield from _measured_zero(run, absent, place)
        case "regenerated-in-run":
            yield from _regenerated(run, owed, own, place)
        case _:
            if absent.line is not None and _line_at(run, absent.line) is None:
                yield Problem.at("rule.q-absent-line", place, item=absent.item, found=absent.line)


def _line_at(run: Inventory, place: str) -> object | None:
    """Return the line at a place of the record, or None."""
    name, _, number = place.rstrip("]").partition("[")
    wanted = "waste" if name == "wastes" else name
    lines: tuple[object, ...] = next((group.lines for group in run.groups if group.group == wanted), ())
    return lines[int(number)] if int(number) < len(lines) else None


def _in_line(run: Inventory, owed: Mapping[str, Due], own: Due, absent: Absent, place: str) -> Iterator[Problem]:
    """Yield a line that isn't there, or that is too small for this row and for the rows that it satisfies itself."""
    named = absent.line or ""
    if _line_at(run, named) is None:
        yield Problem.at("rule.q-absent-line", place, item=absent.item, found=named)
        return
    if own.row.measure == "evaporator":
        water = divide(_least(own.row) * own.basis, SCALE) * KG_PER_M3
        served = [each for each in owed.values() if any(line.place == named for line in each.lines)]
        need = sum(map(_floor_mj, served)) + divide(water * LEAST_EVAPORATION[0], LEAST_EVAPORATION[1])
        yield from _short(absent.item, place, _energy_at(run, named), need)
    if not own.row.floor or own.row.measure not in {"electricity", *_HEAT}:
        return
    if own.row.measure == "process-heat" and named.startswith("electricity"):
        yield Problem.at("rule.q-absent-electricity", place, item=absent.item, found=named)
        return
    others = [each for each in owed.values() if each is not own and any(line.place == named for line in each.lines)]
    need = sum(_floor_mj(each) for each in (own, *others))
    has = sum(each.amount for each in counted(run, "heat-and-power") if each.place == named)
    has += sum(elements.get("C", 0) for at, _, elements in bought(run) if at == named) * COKE_MJ
    yield from _short(absent.item, place, has, need)


def _floor_mj(owed: Due) -> int:
    """Return the floor of a row of energy in MJ (scaled), 0 of another row."""
    return _in_mj(owed.row, divide(owed.row.floor * owed.basis, SCALE))


def _in_mj(row: OwedRow, amount: int) -> int:
    if row.unit.startswith("kWh"):
        return divide(amount * _MJ_PER_KWH[0], _MJ_PER_KWH[1])
    return amount if row.unit.startswith("MJ") else 0


def _short(item: str, place: str, has: int, need: int) -> Iterator[Problem]:
    if has < need:
        found, possible = f"{figure_text(has)} MJ", f"{figure_text(need)} MJ"
        yield Problem.at("rule.q-absent-short", place, item=item, found=found, possible=possible)


def _in_input(run: Inventory, own: Due, absent: Absent, place: str) -> Iterator[Problem]:
    """Yield a lot that is no input of the run, or that holds less than the floor of what is owed."""
    lot = next((item for item in run.incoming if item.name == absent.lot), None)
    if lot is None:
        possible = ", ".join(item.name for item in run.incoming) or "none"
        yield Problem.at("rule.q-absent-lot", place, item=absent.item, found=absent.lot or "", possible=possible)
        return
    if not own.row.floor or own.row.measure not in {"acid", "alkali", "cations"}:
        return
    elements = lot.elements
    held = {
        "acid": moles(elements, "Cl") + 2 * moles(elements, "S") + acid_charge({**elements, "S": 0, "Cl": 0}),
        "alkali": moles(elements, "Na", "K") + 2 * moles(elements, "Ca", "Mg"),
        "cations": moles(elements, "N", "Na", "K") + 2 * moles(elements, "Ca", "Mg"),
    }[own.row.measure]
    need = divide(own.row.floor * own.basis, SCALE)
    has = held + sum(each.amount for each in own.lines)
    if has < need:
        yield Problem.at("rule.q-absent-short", place, item=absent.item, found=kmol_text(has), possible=kmol_text(need))


def _by_electricity(run: Inventory, owed: Mapping[str, Due], own: Due, place: str) -> Iterator[Problem]:
    """Yield electricity that can't carry both floors; what nobody metered carries the usual electricity too."""
    power = owed.get("electricity")
    need = _floor_mj(own)
    if power is not None:
        usual = power.row.typical
        least = power.row.floor if power.measured or usual is None else usual[0]
        need += divide(divide(least * power.basis, SCALE) * _MJ_PER_KWH[0], _MJ_PER_KWH[1])
    heat = sum(each.amount for each in own.lines)
    yield from _short(own.row.item, place, heat + divide(run.kwh * _MJ_PER_KWH[0], _MJ_PER_KWH[1]), need)


def _measured_zero(run: Inventory, absent: Absent, place: str) -> Iterator[Problem]:
    """Yield a line that is no N2O, or not nothing, or whose monitor did not run all the time or has no report."""
    line = _line_at(run, absent.line or "")
    method = getattr(line, "method", None)
    zero = isinstance(line, DirectLine) and line.gas == "N2O" and not trillionths(line.mass_kg)
    if not zero or not isinstance(method, Measured) or not method.continuous or method.document is None:
        yield Problem.at("rule.q-absent-monitor", place, item=absent.item, found=absent.line or "")


def _regenerated(run: Inventory, owed: Mapping[str, Due], own: Due, place: str) -> Iterator[Problem]:
    """Yield energy that can't have won the acid back: heat of a pyrohydrolysis, or power of an electrodialysis."""
    missing = max(0, divide(own.row.floor * own.basis, SCALE) - sum(each.amount for each in own.lines))
    # three charges are three Cl; the mass of that much HCl
    acid = of(_chlorine(missing), _HCL_PER_CL)
    rows = [each for each in owed.values() if each.row.measure in {"electricity", "process-heat"}]
    least = min(acid * PYROHYDROLYSIS_MJ, divide(acid * ELECTRODIALYSIS_TENTH_KWH * _MJ_PER_KWH[0], 100))
    has = sum(each.amount for each in counted(run, "heat-and-power"))
    yield from _short(own.row.item, place, has, least + sum(map(_floor_mj, rows)))


def _chlorine(charge: int) -> int:
    """Return kg (scaled) of chlorine of a charge in parts of a kmol."""
    return divide(charge * ATOMIC_WEIGHT["Cl"], PARTS)


def excused(run: Inventory, item: str, *reasons: str) -> bool:
    """Return whether an item is declared absent for one of some reasons (any, if none are named).

    Whether the declaration holds is judged by `declared`.
    """
    return any(each.item == item and (not reasons or each.reason in reasons) for each in run.absent)


def answered_groups(run: Inventory) -> set[str]:
    """Return the groups of lines that declared absences answer: by their name, or as those of a row's lines."""
    if not run.absent:
        return set()
    told = {each.item for each in run.absent}
    rows = [row for each in (run.step, "any") for row in run.tables.completeness.get(each, ()) if row.item in told]
    return told.intersection(GROUPS).union(*[row.groups for row in rows])
