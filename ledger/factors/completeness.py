"""What each step owes: lines without which a figure can't be whole, as data.

The table has one row for each step and kind of line, with exactly these columns:

``step, item, when``
    a step (or ``any``), a slug that declared absences name, and conditions that all hold for the row, joined by ``;``.
``satisfied_by, per``
    what is counted (`Measure`) and what it is divided by (`Basis`); ``presence`` only asks whether there is any.
``reject_below, flag_below, typical, flag_above, unit``
    bounds in the unit, each may be empty; ``typical`` is a number or ``low..high``.
``missing, absent_reasons``
    ``reject`` or ``flag``, and the reasons for which the line may be absent, joined by ``;``.  ``reason@condition``
    allows a reason only under a condition.
``rule``
    the older rule that judges this row, if there is one: then the bounds are told for people, and only `Q-ODD` and
    `Q-JOINT` read them.
``groups``
    the groups of lines that can satisfy it, joined by ``;``: a declared absence also answers a profile that asks for
    such a group.
``spread_of``
    the lines whose amount, where nobody read it, lies anywhere from ``flag_below`` to ``flag_above`` (else in
    ``typical``), joined by ``;``: a group, ``materials:`` and a flow, or ``direct:`` and a gas.
``where``
    where to read the amount at the plant.
``status, source, note``
    how the bounds are known: ``read``, ``derived``, ``method`` or ``memory``.

A new row is data, not code; a new word of a vocabulary is code (`ledger.plausibility.amounts`).  A run names a version
of the engine, and a changed bound judges only runs of a new version.  This module reads no file (`ledger.tables` does).
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.factors.factor import cell_choice, cell_error, cell_words, table_lines
from ledger.factors.products import Known
from schemas.problem import InputError
from schemas.quantity import trillionths
from schemas.vocabulary import GROUPS, AbsenceReason, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.factors.factor import Choice
    from schemas.vocabulary import Group

COLUMNS: Final = (
    "step", "item", "when", "satisfied_by", "per", "reject_below", "flag_below", "typical", "flag_above", "unit",
    "missing", "absent_reasons", "rule", "groups", "spread_of", "where", "status", "source", "note",
)  # fmt: skip

_PRECISION: Final = Context(prec=50)
ANY: Final = "any"
"""The step of rows that every step owes."""

Condition = Literal[
    "always",
    "flotation",
    "gravity",
    "dry-product",
    "oxide-made",
    "proportions-change",
    "proportions-stay",
    "evaporator",
    "salt-leaves",
    "fluorine-in",
    "nitrogen-lost",
    "alloy-in",
    "powder-in",
    "magnets-only-in",
    "sintered",
    "powder-made",
    "bonded",
    "hot-deformed",
    "reduced",
    "goods-moved",
    "waste-disposed",
    "lean-feed",
    "no-carbon-anode",
    "carbon-anode",
    "ground-in",
]
"""When a row, or a reason, applies."""

Measure = Literal[
    "electricity",
    "power-and-fuel",
    "energy",
    "process-heat",
    "heat-and-power",
    "site-fuels",
    "acid",
    "alkali",
    "cations",
    "base",
    "scrubber-base",
    "hydrogen",
    "shield-gas",
    "extractant",
    "fluorine",
    "reagents",
    "nitrate",
    "carbon",
    "anode-co2",
    "perfluorocarbons",
    "nitrous-oxide",
    "second-nitrous-oxide",
    "evaporator",
    "transport",
    "treated-waste",
    "work",
    "none",
]
"""What is counted."""

Basis = Literal[
    "presence",
    "reo",
    "chloride",
    "oxide",
    "goods",
    "magnets",
    "sintered-magnets",
    "bonded-magnets",
    "hot-deformed-magnets",
    "powder",
    "rare-earth",
    "rare-earth-moles",
    "dissolved-moles",
    "fluorine-moles",
    "nitrogen",
    "water-evaporated",
    "salt",
    "tonnes-moved",
]
"""What the count is divided by."""

Verdict = Literal["reject", "flag"]


@dataclass(frozen=True, slots=True)
class OwedRow:
    """A kind of line that a step owes; bounds are scaled, None for none; `reasons` map to their condition."""

    step: Step | Literal["any"]
    item: str
    conditions: tuple[Condition, ...]
    measure: Measure
    basis: Basis
    reject_below: int | None
    flag_below: int | None
    typical: tuple[int, int] | None
    flag_above: int | None
    unit: str
    missing: Verdict
    reasons: Mapping[AbsenceReason, Condition]
    rule: str
    groups: tuple[Group, ...]
    spread_of: tuple[str, ...]
    where: str
    status: Known
    source: str
    typical_text: str
    note: str

    @property
    def floor(self) -> int:
        """The least amount for one unit of the basis, 0 if none is known."""
        return self.reject_below or 0

    @property
    def spread(self) -> str | None:
        """The GSD2 of an amount of which 95 % lie in the usual range: the root of high / low, None without a range."""
        low = self.flag_below or (self.typical[0] if self.typical else 0)
        high = self.flag_above or (self.typical[1] if self.typical else 0)
        return f"{_PRECISION.sqrt(_PRECISION.divide(Decimal(high), Decimal(low))):.2f}" if low and high else None


def parse_completeness(content: bytes, name: str = "completeness") -> Mapping[str, tuple[OwedRow, ...]]:
    """Parse the table to rows by step, those of every step under `ANY`; raise as `parse_factor_set`."""
    rows: dict[str, list[OwedRow]] = {}
    seen = set()
    for place, cells in table_lines(content, name, COLUMNS):
        row = _row(cells, place)
        if (key := (row.step, row.item, row.conditions)) in seen:
            raise InputError.at("factor.duplicate", place, id=f"{row.step}, {row.item}")
        seen.add(key)
        rows.setdefault(row.step, []).append(row)
    return MappingProxyType({step: tuple(each) for step, each in rows.items()})


def _row(cells: Mapping[str, str], place: str) -> OwedRow:
    row = OwedRow(
        step=cell_choice(cells, "step", (*get_args(Step), "any"), place),
        item=cell_words(cells, "item", place),
        conditions=tuple(_words(cells, "when", get_args(Condition), place)),
        measure=cell_choice(cells, "satisfied_by", get_args(Measure), place),
        basis=cell_choice(cells, "per", get_args(Basis), place),
        reject_below=_bound(cells, "reject_below", place),
        flag_below=_bound(cells, "flag_below", place),
        typical=_range(cells, "typical", place),
        flag_above=_bound(cells, "flag_above", place),
        unit=cell_words(cells, "unit", place),
        missing=cell_choice(cells, "missing", get_args(Verdict), place),
        reasons=MappingProxyType(dict(_reasons(cells, place))),
        rule=cells["rule"],
        groups=tuple(_words(cells, "groups", GROUPS, place)),
        spread_of=tuple(filter(None, cells["spread_of"].split(";"))),
        where=cell_words(cells, "where", place),
        status=cell_choice(cells, "status", get_args(Known), place),
        source=cell_words(cells, "source", place),
        typical_text=cells["typical"].replace("..", " to "),
        note=cells["note"],
    )
    bounds = [row.reject_below, row.flag_below, *(row.typical or ()), row.flag_above]
    told = [bound for bound in bounds if bound is not None]
    if told != sorted(told):
        raise cell_error(cells, "flag_below", "bounds in rising order", place)
    if any(each.partition(":")[0] not in row.groups for each in row.spread_of) or (row.spread_of and not row.spread):
        raise cell_error(cells, "spread_of", "lines of the row's groups, in a row with a low and a high bound", place)
    return row


def spreads(rows: Mapping[str, Iterable[OwedRow]]) -> Mapping[str, Mapping[str, str]]:
    """Return the GSD2 of amounts that nobody read, by step and by line as ``spread_of`` names it."""
    return {
        step: {line: row.spread for row in owed for line in row.spread_of if row.spread}
        for step, owed in rows.items()
        if any(row.spread_of for row in owed)
    }


def _reasons(cells: Mapping[str, str], place: str) -> list[tuple[AbsenceReason, Condition]]:
    reasons: list[tuple[AbsenceReason, Condition]] = []
    for each in filter(None, cells["absent_reasons"].split(";")):
        reason, _, condition = each.partition("@")
        reasons.append(
            (
                cell_choice({"absent_reasons": reason}, "absent_reasons", get_args(AbsenceReason), place),
                cell_choice({"absent_reasons": condition or "always"}, "absent_reasons", get_args(Condition), place),
            )
        )
    return reasons


def _words(cells: Mapping[str, str], column: str, words: Iterable[Choice], place: str) -> list[Choice]:
    words = tuple(words)
    return [cell_choice({column: each}, column, words, place) for each in cells[column].split(";")]


def _bound(cells: Mapping[str, str], column: str, place: str) -> int | None:
    return _number(cells, column, cells[column], place) if cells[column] else None


def _range(cells: Mapping[str, str], column: str, place: str) -> tuple[int, int] | None:
    low, _, high = cells[column].partition("..")
    if not low:
        return None
    return _number(cells, column, low, place), _number(cells, column, high or low, place)


def _number(cells: Mapping[str, str], column: str, text: str, place: str) -> int:
    try:
        number = trillionths(text)
    except InputError:
        raise cell_error(cells, column, "a decimal such as 0.3", place) from None
    if number < 0:
        raise cell_error(cells, column, "a number that is not negative", place)
    return number
