"""Q rules of completeness: what a step owes is there, in an amount that a plant can have.

Q-LINE
    an owed line is missing and not declared absent: refused or flagged, as the row says.
Q-LEAST
    an amount is below what nature or any plant needs.
Q-ODD
    an unusually low amount that nobody measured: an odd plant has measured. Flagged where each line has a note, or is
    a share of a main meter.
Q-RANGE
    an amount is outside the usual range.
Q-STEP
    what was changed owes rows that the step's name does not.
Q-JOINT
    all amounts together are far below the usual ones; more so where named meters gave most of them.
Q-MEASURED
    a monitor found far less than the floor or the usual amount, or nothing, and a report shows it.
Q-METER
    an amount is called metered or weighed, and names no meter, scale or document.

The rows are data (`ledger.factors.completeness`).  All rules read one assessment of a run, made once.  Declared
absences are judged in `ledger.plausibility.absence`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

from ledger.chemistry.exact import SCALE, divide
from ledger.factors.completeness import ANY
from ledger.factors.grid import weight
from ledger.footprint.lines import fuel_use, material_use
from ledger.footprint.masses import PARTS
from ledger.plausibility.amounts import counted, once
from ledger.plausibility.changes import acts, holds, unmixed
from ledger.plausibility.divisors import basis_of
from schemas.determination import Measured
from schemas.frozen import Frozen
from schemas.inventory import READ, DirectLine, ElectricityLine, FuelLine, MaterialLine, names_something
from schemas.phrases import AT_LEAST, HERE_ABOUT, NO_USUAL, USUALLY, USUALLY_LEAST, USUALLY_MOST
from schemas.problem import Problem, Sentence
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ledger.factors.completeness import OwedRow
    from ledger.footprint.inventory import Inventory
    from ledger.plausibility.amounts import Counted
    from schemas.run import Absent

    Code = Literal[
        "rule.q-line",
        "rule.q-line-flag",
        "rule.q-least",
        "rule.q-odd",
        "rule.q-odd-flag",
        "rule.q-range",
        "rule.q-step",
        "rule.q-measured",
    ]

EVIDENT: Final = ("read", "derived")
"""How a row must be known for Q-ODD: what is from memory refuses no plant that calculates."""

FAR_BELOW: Final = 100
"""A monitor that finds a hundredth of the usual amount is flagged."""

ELECTRIC: Final = ("electricity", "power-and-fuel")
"""Measures of electricity."""

JOINT: Final = (6, 10)
"""The run below 0.6 of its typical self, which named meters don't show."""
JOINT_METERED: Final = (4, 10)
"""The run below 0.4 of its typical self, whatever its meters show.

Of 55 honest plants of the tests the leanest two lie at 0.41, the next at 0.66 (`tests/support/worlds`).
"""

_TOGETHER: Final = 2
_DIGITS: Final = 3


class Due(Frozen):
    """A row that a run owes, the lines behind it, what they are divided by, and the amount of one unit.

    `basis` is 0 where only presence is asked; `change` is what was changed if the step's name does not owe the row.
    """

    row: OwedRow
    lines: Sequence[Counted]
    basis: int
    each: int
    absent: Absent | None
    change: str = ""

    @property
    def place(self) -> str:
        """The place in the record: the first line behind it, or the group."""
        if self.lines:
            return self.lines[0].place
        return {"waste": "wastes"}.get(self.row.groups[0], self.row.groups[0])

    @property
    def measured(self) -> bool:
        """Whether a line behind it was metered or weighed."""
        return any(getattr(each.line, "basis", "") in READ for each in self.lines)

    @property
    def monitored(self) -> bool:
        """Whether monitors found all of it."""
        return bool(self.lines) and all(isinstance(getattr(each.line, "method", None), Measured) for each in self.lines)

    @property
    def documented(self) -> bool:
        """Whether monitors found all of it, and a report shows what each of them found."""
        methods = [getattr(each.line, "method", None) for each in self.lines]
        return bool(methods) and all(isinstance(each, Measured) and each.document is not None for each in methods)


@once
def assessed(run: Inventory) -> list[Due]:
    """Return all that a run owes."""
    return list(_assess(run))


def _assess(run: Inventory) -> Iterator[Due]:
    table = run.tables.completeness
    if not table:
        return
    for row in (*table.get(run.step, ()), *table.get(ANY, ())):
        if holds(run, row.conditions):
            yield _owed(run, row)
    for act in acts(run):
        for row in table.get(act.step, ()):
            if row.missing == "reject" and row.item in act.items and holds(run, row.conditions):
                yield _owed(run, row, act.change)


def _owed(run: Inventory, row: OwedRow, change: str = "") -> Due:
    lines, basis, absent = counted(run, row.measure), basis_of(run, row.basis), None
    total = sum([each.amount for each in lines])
    if run.absent:
        if row.measure in ELECTRIC and any(each.reason == "met-by-electricity" for each in run.absent):
            row = replace(row, flag_above=None)  # the heat is among it
        absent = _absences(run).get(row.item)
        if absent is not None and absent.heat_mj is not None:
            total += trillionths(absent.heat_mj)
    return Due(row, lines, basis, divide(total * SCALE, basis) if basis else 0, absent, change)


@once
def _absences(run: Inventory) -> dict[str, Absent]:
    """Return the first declared absence of each item."""
    return {each.item: each for each in reversed(run.absent)}


@once
def _verdicts(run: Inventory) -> dict[Code, list[Due]]:
    """Return what breaks a rule, by the code of its sentence."""
    broken: dict[Code, list[Due]] = {}
    for owed in assessed(run):
        code = _verdict(owed)
        if code is not None:
            broken.setdefault(code, []).append(owed)
    return broken


def found(run: Inventory, *, code: Code) -> Sequence[Problem]:
    """Return the problems of one of the rules, by the code of its sentence."""
    return [_problem(run, owed, code) for owed in _verdicts(run).get(code, ())]


def _verdict(owed: Due) -> Code | None:
    """Return which rule a row breaks."""
    row, heat = owed.row, owed.absent is not None and owed.absent.heat_mj is not None
    if (owed.absent is not None and not heat) or (row.rule and not owed.change):
        return _unusual(owed) if owed.absent is None else _excused(owed.absent)
    if not owed.lines and not heat:
        if owed.change:
            return "rule.q-step"
        return "rule.q-line" if row.missing == "reject" else "rule.q-line-flag"
    if owed.basis and owed.each < row.floor:
        if owed.documented:
            return "rule.q-measured"
        return "rule.q-step" if owed.change else "rule.q-least"
    return _unusual(owed)


def _excused(absent: Absent) -> Code | None:
    """Return which rule a declared absence breaks: a monitor that found nothing is shown."""
    return "rule.q-measured" if absent.reason == "measured-zero" else None


def _unusual(owed: Due) -> Code | None:
    """Return which rule an amount breaks that a plant could have."""
    row, usual = owed.row, owed.row.typical
    low = row.flag_below is not None and owed.each < row.flag_below
    little = usual is not None and owed.each * 2 <= usual[0]
    much = row.flag_above is not None and owed.each > row.flag_above
    if not (low or little or much) or not owed.basis or owed.change or not owed.lines:
        return None
    if owed.monitored:
        return "rule.q-measured" if usual is not None and owed.each * FAR_BELOW <= usual[0] else None
    if row.status in EVIDENT and not owed.measured:
        if low:
            return "rule.q-odd-flag" if all(map(_sourced, owed.lines)) else "rule.q-odd"
        if usual is not None and owed.each * 2 < usual[0]:
            return "rule.q-odd-flag"
    if row.rule:
        return None
    return "rule.q-range" if low or much else None


def _sourced(each: Counted) -> bool:
    """Return whether a note names a source, or the line the main meter that an amount is a share of."""
    line = each.line
    return bool(getattr(line, "note", None)) or names_something(getattr(line, "meter", None))


def _problem(run: Inventory, owed: Due, code: Code) -> Problem:
    row = owed.row
    return Problem.at(
        code,
        owed.place,
        step=run.step,
        item=row.item,
        found=f"{rounded(owed.each)} {row.unit}",
        possible=f"{trillionths_text(bound_of(row, code))} {row.unit}",
        usual=Sentence(usual_text(owed)),
        where=Sentence(row.where),
        reasons=Sentence(", ".join(row.reasons) or "none"),
        change=owed.change,
        source=Sentence(row.source),
        times=str(row.typical[0] // owed.each) if row.typical and owed.each else "",
    )


def bound_of(row: OwedRow, code: Code) -> int:
    """Return the bound that a sentence names."""
    if code in {"rule.q-least", "rule.q-step"}:
        return row.floor
    low = row.flag_below or row.floor
    return low if code != "rule.q-measured" else row.floor or (row.typical or (0, 0))[0]


def usual_text(owed: Due) -> str:
    """Return the usual amount in words, for a unit and for this run."""
    row = owed.row
    each = usually(row)
    least = (row.typical or (row.flag_below or row.floor,))[0]
    if not owed.basis or not least:
        return each
    due, unit = divide(least * owed.basis, SCALE), row.unit.partition("/")[0]
    if unit.startswith("mol"):
        due, unit = divide(due * SCALE, PARTS), f"k{unit}"
    return HERE_ABOUT.format(usual=each, known=f"{rounded(due)} {unit}")


def usually(row: OwedRow) -> str:
    """Return the usual amount of a row for a unit, or its bounds where none is known, in words."""
    low, high = row.flag_below or row.reject_below, row.flag_above
    if row.typical is not None:
        return USUALLY.format(known=f"{row.typical_text} {row.unit}")
    if low is None and high is None:
        return NO_USUAL
    if high is None:
        phrase = USUALLY_LEAST if row.flag_below else AT_LEAST
        return phrase.format(known=f"{trillionths_text(low or 0)} {row.unit}")
    if low is None:
        return USUALLY_MOST.format(known=f"{trillionths_text(high)} {row.unit}")
    return USUALLY.format(known=f"{trillionths_text(low)} to {trillionths_text(high)} {row.unit}")


def rounded(amount: int) -> str:
    """Return a scaled amount with three digits, as text for a sentence."""
    step = 10 ** max(0, len(str(abs(amount))) - _DIGITS)
    return trillionths_text(divide(amount, step) * step)


def unread(run: Inventory) -> Iterator[Problem]:
    """Q-METER: what is called metered or weighed names its meter, its scale or a document, and every name tells one."""
    for group in run.groups:
        place = {"waste": "wastes"}.get(group.group, group.group)
        for index, line in enumerate(group.lines):
            if (line.basis in READ or line.meter is not None) and not names_something(line.meter):
                yield Problem.at("rule.q-meter", f"{place}[{index}]", found=line.name, basis=line.basis)


# -- what was changed, and all amounts together -------------------------------------------------------------------


def only_mixed(run: Inventory) -> Iterator[Problem]:
    """Q-STEP: a blending puts out what came in: kinds that came, and proportions that mixing can make."""
    if run.step == "blending" and run.tables.completeness and (item := unmixed(run)) is not None:
        yield Problem.at("rule.q-step-blend", item.place, lot=item.lot, found=item.kind)


def joint(run: Inventory) -> Iterator[Problem]:
    """Q-JOINT, flag: the run has below 0.6 of its rows at their usual amounts; below 0.4 where it measured half of it.

    Named meters make one low amount believable.  Where all are low together, a reader is told.
    """
    rows = [
        each
        for each in assessed(run)
        if each.row.typical and each.basis and each.lines and each.each and not each.change and each.absent is None
    ]
    less, whole = JOINT
    # where no row alone is below, all together are not
    if not any(owed.each * whole < (owed.row.typical or (0, 0))[0] * less for owed in rows):
        return
    has = measured = typical = kinds = 0
    seen: set[str] = set()
    for owed in rows:
        fresh = [each for each in owed.lines if each.place not in seen]
        seen.update([each.place for each in fresh])
        burdens = [(burden(run, each.line), getattr(each.line, "basis", "") in READ) for each in fresh]
        given_off = sum([kg for kg, _ in burdens])
        usual = divide(given_off * (owed.row.typical or (0, 0))[0], owed.each)
        has += min(given_off, usual)  # much of one thing does not make up for little of another
        typical += usual
        kinds += bool(usual)
        measured += sum([kg for kg, was_measured in burdens if was_measured])
    read = measured * 2 >= has
    less, whole = JOINT_METERED if read else JOINT
    if has * whole < typical * less and (kinds >= _TOGETHER or not read):
        share = trillionths_text(divide(has * 100, typical) * (SCALE // 100))
        facts = {"step": run.step, "found": share, "possible": trillionths_text(divide(SCALE * less, whole))}
        yield Problem.at("rule.q-joint-metered" if read else "rule.q-joint", "electricity", **facts)


def burden(run: Inventory, line: object) -> int:
    """Return kg CO2e (scaled) of a line with a factor or a gas."""
    weights = run.tables.gwp.weights[run.gwp]
    match line:
        case MaterialLine() | FuelLine():
            if line.value is not None:
                return sum(divide(trillionths(each.mass_kg) * weights[each.gas], SCALE) for each in line.value)
            use = material_use(line) if isinstance(line, MaterialLine) else fuel_use(line)
            return divide(use.amount * weight(run.tables.factor(use.factor), run.tables, run.gwp), use.scale)
        case ElectricityLine():
            factor = weight(run.tables.factor(line.factor), run.tables, run.gwp)
            return divide(trillionths(line.amount_kwh) * factor, SCALE)
        case DirectLine(gas=gas) if gas is not None:
            counted_as = "CO2-fossil" if gas == "CO" else gas
            return divide(trillionths(line.mass_kg) * weights[counted_as], SCALE)
        case _:
            return 0
