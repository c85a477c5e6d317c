"""The amounts of a written record: which there are, to which line each belongs, and how one is scaled.

Rules: an amount that grows with a run is in `_MEMBERS`, `_WITHIN` or `SINGLE`; prices, rates, strengths and
fractions don't grow. Scaled amounts are rounded once, to the sixth decimal of their unit, half to even. Two
differences of one line keep their ratio.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from schemas.line_names import LINE_NAMES
from schemas.problem import InputError
from schemas.quantity import Dimension, millionths_text, read_quantity, trillionths_text

Run = dict[str, Any]
"""A written record as the door has parsed it."""

GROUPS: Final = ("materials", "fuels", "electricity", "direct", "transport", "wastes", "credits")
"""The groups of lines."""
WATER_IN: Final = ("fresh", "with_reagents", "feed_moisture", "formed")
WATER_OUT: Final = ("discharged", "evaporated", "in_products", "in_wastes")
"""The two sides of the balance of water."""
_MEMBERS: Final = {
    "materials": ("mass",),
    "fuels": ("amount", "energy", "ash_carbon"),
    "electricity": ("amount",),
    "direct": ("mass",),
    "transport": ("amount",),
    "wastes": ("mass",),
    "credits": ("amount",),
    "outputs": ("mass", "shipped_mass"),
    "excluded": ("at_most",),
    "absent": ("heat",),
}
"""The amounts of each list; the first one decides its line."""
_WITHIN: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "electricity": {"instruments": ("amount",)},
    "direct": {"method": ("metal", "mass", "added", "removed")},
    "outputs": {"coating": ("mass",), "sold": ("mass",)},
}
"""Amounts within parts of a line."""
SINGLE: Final = {
    "anodes": ("used", "butts", "dust"),
    "water": (
        *WATER_IN, *WATER_OUT, "recycled", "evaporator", "evaporator_electricity", "fluoride", "ammonia_nitrogen"
    ),
}  # fmt: skip
"""Amounts that are once in a record; each decides for itself."""
_FINE: Final = re.compile(r"direct\[\d+\]\.(?:mass|method\.removed)|anodes\.(?:butts|dust)")
"""Masses that may be smaller than a milligram (`schemas.quantity.FineMass`)."""
_ANY_DIMENSION: Final[tuple[Dimension, ...]] = (
    "mass",
    "electricity",
    "power",
    "heat",
    "volume",
    "gas-volume",
    "transport",
)
_NAMES: Final = ("name", "description", "meter", "what", "item")
"""The members that name a line, in this order."""
_MILLION: Final = 10**6


class RunAmount(NamedTuple):
    """One amount of a record: its line, its place, and where it is held."""

    line: str
    place: str
    holder: dict[str, Any]
    member: str

    @property
    def text(self) -> str:
        """The amount as written."""
        return str(self.holder[self.member])


class Measure(NamedTuple):
    """A number exact to the last digit, and its unit."""

    number: Fraction
    unit: str

    @property
    def text(self) -> str:
        """The measure as a record writes it, with at most six decimals."""
        return f"{_decimal(self.number)} {self.unit}"


def measured(text: object) -> Measure:
    """Return an amount with its unit; raise InputError with the door's own reason."""
    if not isinstance(text, str):
        raise InputError.at("document.not-text", value=str(text))
    read = read_quantity(text, dimension=_ANY_DIMENSION, allow_zero=True, places=12)
    return Measure(Fraction(read.amount), read.unit)


def measured_like(text: str, typical: Measure) -> Measure:
    """Return an amount in the unit of the typical one; raise InputError for another dimension."""
    read = measured(text)
    if read.unit != typical.unit:
        raise InputError.at("recipe.other-unit", value=text, unit=typical.unit)
    return read


def amounts_of(run: Run) -> Iterator[RunAmount]:
    """Yield every amount of a record that grows with the run, line by line."""
    for group, members in _MEMBERS.items():
        for number, line in enumerate(run.get(group, ())):
            yield from _of_line(group, f"{group}[{number}]", line, members)
    if "anode_carbon" in run:
        yield RunAmount("anode_carbon", "anode_carbon", run, "anode_carbon")
    for part, members in SINGLE.items():
        for member in _present(run.get(part), members):
            yield RunAmount(f"{part}.{member}", f"{part}.{member}", run[part], member)
    for number, meter in enumerate((run.get("water") or {}).get("discharge_meters", ())):
        place = f"water.discharge_meters[{number}]"
        yield RunAmount(place, f"{place}.reading", meter, "reading")


def _of_line(group: str, place: str, line: dict[str, Any], members: Sequence[str]) -> Iterator[RunAmount]:
    for member in _present(line, members):
        yield RunAmount(place, f"{place}.{member}", line, member)
    for part, within in _WITHIN.get(group, {}).items():
        held = line.get(part)
        for number, each in enumerate(held if isinstance(held, list) else [held]):
            step = f"{place}.{part}[{number}]" if isinstance(held, list) else f"{place}.{part}"
            for member in _present(each, within):
                yield RunAmount(place, f"{step}.{member}", each, member)
    for element in line.get("elements") or {}:
        yield RunAmount(place, f"{place}.elements.{element}", line["elements"], element)


def _present(holder: object, members: Sequence[str]) -> list[str]:
    return [member for member in members if member in holder] if isinstance(holder, dict) else []


def line_at(run: Mapping[str, Any], line: str) -> dict[str, Any]:
    """Return a line of one of the lists by its place; nothing for an amount that is there once."""
    group, _, number = line.partition("[")
    held: Any = run
    for member in group.split(".") if number else ():
        held = held[member]
    return held[int(number[:-1])] if number else {}


def nearest(place: str, known: Container[str]) -> str:
    """Return the longest part of a place that is known, or nothing."""
    while place and place not in known:
        place = place[: max(place.rfind("."), place.rfind("["), 0)]
    return place


def line_label(run: Run, line: str) -> str:
    """Return the name of a line of a record: its own name, or that of the amount that is there once."""
    if line in LINE_NAMES:
        return LINE_NAMES[line]["en"]
    told = line_at(run, line)
    return next((str(told[name]) for name in _NAMES if told.get(name)), line)


def deciding(run: Run) -> dict[str, RunAmount]:
    """Return the amount that decides each line, by line: the first that the line has."""
    found: dict[str, RunAmount] = {}
    for each in amounts_of(run):
        found.setdefault(each.line, each)
    return found


def scale(amount: RunAmount, ratio: Fraction) -> None:
    """Multiply an amount in its place; an element that becomes less than a milligram is left out."""
    if ratio == 1:
        return
    whole = measured(amount.text)
    text = (
        _fine(whole.number * ratio)
        if _FINE.fullmatch(amount.place)
        else (Measure(whole.number * ratio, whole.unit).text)
    )
    if ".elements." in amount.place and text.startswith("0 "):
        del amount.holder[amount.member]
    else:
        amount.holder[amount.member] = text


def _decimal(number: Fraction) -> str:
    return millionths_text(round(number * _MILLION))


def _fine(kilograms: Fraction) -> str:
    """Return a mass in kg or, where kg would lose digits of it, in mg."""
    exact = _MILLION * kilograms
    if exact.denominator == 1:
        return f"{_decimal(kilograms)} kg"
    return f"{trillionths_text(round(exact * _MILLION) * _MILLION)} mg"


def total(texts: Sequence[str]) -> Fraction:
    """Return the sum of masses, in kg."""
    return sum((measured(text).number for text in texts), Fraction(0))
