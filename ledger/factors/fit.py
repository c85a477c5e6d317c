"""What each shipped factor stands for: its substance, how much of what is in it, and what it may be a proxy for.

The table has one row for a factor (more, if it differs by step), with exactly these columns:

``flow, table, steps``
    the factors: a flow of a shipped table, at these steps (joined by ``;``; empty: all others).
``role``
    `Role`: what a line may use it for.
``substance, formula, cas``
    its name in words, its formula, and its CAS Registry Numbers joined by ``;``.
``content_element, content_per_kg``
    an element that tells the content, and its mass in 1 kg of the pure substance.
``composition``
    ``what=low..high`` mass fractions joined by ``;``; what is elements or ``RE`` (rare earths) joined by ``+``, or
    ``other`` (elements neither named here nor in the formula).  Of a factor per content, fractions are of the content.
    Where a row stands for several things, such as air and water, each has its windows, parted by ``|``.
``family, proxy_for``
    a word for what is alike, and the substances without a factor of their own that the row may stand for, each
    ``substance=formula`` (no formula: the row's own composition), or ``any metal``, ``any organic``, ``any inorganic``,
    ``any fluorocarbon``, ``any gas`` for the highest row of its class.
``floor, floor_source``
    kg CO2e of one unit below which no value can be, and why.
``status, note``
    how the row is known, as in `ledger.factors.products`, and words.

This module reads no file (`ledger.tables` does) and judges no line (`ledger.plausibility.fit` does).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.chemistry.elements import ATOMIC_WEIGHT, RARE_EARTHS
from ledger.chemistry.exact import SCALE, divide, scaled
from ledger.chemistry.formula import parse_formula
from ledger.factors.factor import cell_cas, cell_choice, cell_words, table_lines
from ledger.factors.products import Known
from schemas.problem import InputError
from schemas.quantity import trillionths, trillionths_text
from schemas.vocabulary import Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ledger.factors.factor import Factor

    Parts = Mapping[str, int]
    """Mass fractions by element, scaled."""

COLUMNS: Final = (
    "flow", "table", "steps", "role", "substance", "formula", "cas", "content_element", "content_per_kg",
    "composition", "family", "proxy_for", "floor", "floor_source", "status", "note",
)  # fmt: skip

RARE_EARTH: Final = "rare-earth"
"""The family of rare-earth goods, in the shipped table and in a producer's own; a role, too."""

Role = Literal["material", "rare-earth", "free", "scrap", "emission", "treatment", "heat", "transport"]
"""What a factor is for.

``material`` is the supply of one, ``rare-earth`` that of goods without certificate, ``free`` and ``scrap`` are without
burden by convention, ``emission`` is given off by a process, ``treatment`` is of wastes, ``heat`` is bought.
"""

OTHER: Final = "other"
_EVERY: Final = ("H", "O")
"""Elements of water, which a solution or a hydrate has more of than its formula."""
_RARE: Final = frozenset(RARE_EARTHS)
_ORGANIC_CARBON: Final = SCALE // 5
_FLUOROCARBON: Final = SCALE * 3 // 10
_NON_METALS: Final = frozenset({"H", "C", "N", "O", "F", "P", "S", "Cl", "Ar"})
_GASES: Final = ("H", "N", "O", "Ar")
_NEARLY_ALL: Final = SCALE * 9 // 10
_FOREIGN: Final = SCALE // 10
"""The most that a substance holds besides its formula, water apart."""
_FORMULA_TOLERANCE: Final = SCALE // 20
_HYDRATE: Final = 3
"""A salt with its crystal water has at least a third of the dry salt's elements (MgSO4.7H2O has half)."""


@dataclass(frozen=True, slots=True)
class Bound:
    """The range of a mass fraction, scaled: of the sum of some elements, or of all `OTHER` ones."""

    what: str
    elements: frozenset[str]
    low: int
    high: int

    def of(self, parts: Parts) -> int:
        """Return the fraction that it bounds."""
        if self.what == OTHER:
            return sum([each for element, each in parts.items() if element not in self.elements])
        return sum([each for element, each in parts.items() if element in self.elements])

    @property
    def text(self) -> str:
        """The range as text for a sentence."""
        return f"{trillionths_text(self.low)} to {trillionths_text(self.high)}"


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What a factor stands for; `content` is the marker's mass in 1 kg, `floor` kg CO2e of one unit, both scaled.

    A composition fits if all bounds of one of the `windows` hold.
    """

    flow: str
    table: str
    steps: tuple[Step, ...]
    role: Role
    substance: str
    formula: str
    cas: tuple[str, ...]
    marker: str
    content: int
    windows: tuple[tuple[Bound, ...], ...]
    family: str
    stands_for: Mapping[str, str]
    floor: int | None
    status: Known
    holds_rare_earths: bool = field(init=False)

    def __post_init__(self) -> None:
        """Tell whether rare earths are a part of the substance."""
        bounds = [bound for window in self.windows for bound in window]
        named = (bound.high for bound in bounds if bound.what != OTHER and _RARE & bound.elements)
        object.__setattr__(self, "holds_rare_earths", max(named, default=0) * 20 >= SCALE)


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """What all shipped factors stand for, by table and flow; `tables` are those whose factors have rows."""

    rows: Mapping[tuple[str, str], tuple[Fit, ...]]
    tables: frozenset[str]

    def of(self, factor: Factor, step: Step) -> Fit | None:
        """Return what a shipped factor stands for at a step, or None."""
        general = None
        for row in self.rows.get((factor.table, factor.flow), ()):
            if step in row.steps:
                return row
            if not row.steps:
                general = row
        return general


NO_FITS: Final = Fits(MappingProxyType({}), frozenset())


def parse_fits(content: bytes, name: str = "factor_fit") -> Fits:
    """Parse the table; raise as `parse_factor_set`."""
    rows: dict[tuple[str, str], tuple[Fit, ...]] = {}
    for place, cells in table_lines(content, name, COLUMNS):
        row = _fit(cells, place)
        before = rows.get((row.table, row.flow), ())
        if any(set(row.steps) & set(each.steps) or row.steps == each.steps for each in before):
            raise InputError.at("factor.duplicate", place, id=row.flow)
        rows[row.table, row.flow] = (*before, row)
    return Fits(MappingProxyType(rows), frozenset(table for table, _ in rows))


def _fit(cells: Mapping[str, str], place: str) -> Fit:
    formula = cells["formula"] and parse_formula(cells["formula"]).text
    marker = cell_choice(cells, "content_element", (*ATOMIC_WEIGHT, "RE"), place) if cells["content_element"] else ""
    return Fit(
        flow=cell_words(cells, "flow", place),
        table=cell_words(cells, "table", place),
        steps=tuple(cell_choice({"steps": each}, "steps", get_args(Step), place) for each in _many(cells["steps"])),
        role=cell_choice(cells, "role", get_args(Role), place),
        substance=cell_words(cells, "substance", place),
        formula=formula,
        cas=tuple(cell_cas({"cas": each}, place) for each in _many(cells["cas"])),
        marker=marker,
        content=trillionths(cells["content_per_kg"]) if marker else 0,
        windows=tuple(tuple(_bounds(each, formula, place)) for each in cells["composition"].split("|")),
        family=cells["family"],
        stands_for=MappingProxyType(dict(_proxy(each, place) for each in _many(cells["proxy_for"]))),
        floor=trillionths(cells["floor"]) if cells["floor"] else None,
        status=cell_choice(cells, "status", get_args(Known), place),
    )


def _many(cell: str) -> list[str]:
    return cell.split(";") if cell else []


def _bounds(cell: str, formula: str, place: str) -> Iterator[Bound]:
    written = [each.partition("=") for each in _many(cell)]
    elements = {what: _elements(what, place) for what, _, _ in written if what != OTHER}
    named = frozenset(of_formula(formula)).union(*elements.values())
    for what, _, range_ in written:
        low, _, high = range_.partition("..")
        yield Bound(what, elements.get(what, named), trillionths(low), trillionths(high))


def _elements(what: str, place: str) -> frozenset[str]:
    named = what.split("+")
    known = {cell_choice({"composition": each}, "composition", ATOMIC_WEIGHT, place) for each in named if each != "RE"}
    return frozenset(known | _RARE if "RE" in named else known)


def _proxy(text: str, place: str) -> tuple[str, str]:
    substance, _, formula = text.partition("=")
    words = cell_words({"proxy_for": substance}, "proxy_for", place)
    return words.casefold(), formula and parse_formula(formula).text


# -- compositions -------------------------------------------------------------------------------------------------


@lru_cache(256)
def of_formula(formula: str) -> Mapping[str, int]:
    """Return the mass fractions of a formula, scaled."""
    if not formula:
        return {}
    compound = parse_formula(formula)
    return MappingProxyType({element: scaled(compound.mass_fraction(element)) for element, _ in compound.atoms})


def of_solution(formula: str, strength: int) -> Mapping[str, int]:
    """Return the mass fractions of a substance in water, scaled; `strength` is its own fraction, scaled."""
    found = {element: divide(each * strength, SCALE) for element, each in of_formula(formula).items()}
    for element, each in of_formula("H2O").items():
        found[element] = found.get(element, 0) + divide(each * (SCALE - strength), SCALE)
    return {element: each for element, each in found.items() if each}


def misfit(fit: Fit, parts: Parts) -> tuple[Bound, int] | None:
    """Return the first bound that a composition breaks and its fraction there, or None if all of one window hold."""
    broken = None
    for window in fit.windows:
        fault = next(
            ((bound, found) for bound in window if not bound.low <= (found := bound.of(parts)) <= bound.high), None
        )
        if fault is None:
            return None
        broken = broken or fault
    return broken


def of_content(parts: Parts, strength: int | None) -> Parts:
    """Return the composition of what a solution holds, water left out; without a strength that of the whole."""
    if not strength:
        return parts
    return {element: divide(each * SCALE, strength) for element, each in parts.items() if element not in _EVERY}


def is_of(formula: str, parts: Parts) -> bool:
    """Return whether a composition is that of a formula, dry, with crystal water, or with some impurities."""
    return foreign(formula, parts) <= _FOREIGN and all(
        parts.get(element, 0) * _HYDRATE >= each
        for element, each in of_formula(formula).items()
        if element not in _EVERY
    )


def near(formula: str, parts: Parts) -> tuple[str, int, int] | None:
    """Return the first element whose fraction is over 5 points from a formula's, with both fractions, or None."""
    due = of_formula(formula)
    for element in dict.fromkeys([*due, *parts]):
        if element not in _EVERY and abs(parts.get(element, 0) - due.get(element, 0)) > _FORMULA_TOLERANCE:
            return element, parts.get(element, 0), due.get(element, 0)
    return None


def foreign(formula: str, parts: Parts) -> int:
    """Return the fraction of elements that are neither of a formula nor of water."""
    named = of_formula(formula)
    return sum([each for element, each in parts.items() if element not in named and element not in _EVERY])


def content_of(fit: Fit, parts: Parts) -> Fraction:
    """Return the part of a mass that is a fit's substance, told by its marker; at most 1."""
    return min(Fraction(1), Fraction(parts.get(fit.marker, 0), fit.content)) if fit.content else Fraction(1)


def class_of(parts: Parts) -> str:
    """Return the class of a composition, as ``proxy_for`` writes it."""
    if max(parts.get(element, 0) for element in _GASES) >= _NEARLY_ALL:
        return "any gas"
    if sum([each for element, each in parts.items() if element not in _NON_METALS]) >= _NEARLY_ALL:
        return "any metal"
    if parts.get("C") and parts.get("F", 0) >= _FLUOROCARBON:
        return "any fluorocarbon"
    return "any organic" if parts.get("C", 0) >= _ORGANIC_CARBON and parts.get("H") else "any inorganic"
