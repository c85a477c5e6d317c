"""Emission factors and GWPs: CSV tables addressed by the digest of their bytes.

A factor table has one factor a row, with exactly these columns:

``flow, label, geography, year``
    the flow (a slug and words), the place (ISO 3166 code, ``GLO``, or ``XX-GRID-NAME`` for a grid that is no
    subdivision) and the year (empty: undated).  They make the row's id, ``flow.geography[.year]`` in lower case;
    a factor's name is ``table/row``.
``per``
    the unit of the values; ``kg-content`` is 1 kg of the pure substance in a solution.  ``lb/MWh``, eGRID's unit
    of electricity, is converted to kg for a kWh (x 0.45359237 / 1000, rounded once).
``values``
    kg per gas, ``gas=decimal`` joined by ``;`` (at most 12 decimals).  Only uptake (biogenic, land use) is negative.
``gwp_set``
    the set of a sum in ``CO2e``; empty for true gases.  Such a factor is never re-weighted (rule X-GWP).
``set``
    for electricity ``direct`` or ``life-cycle`` (rule E-SET), else empty.
``boundary, status, quality, licence, source, note``
    `Status`, data quality from 1 (best) to 5, and words.

A producer's own table may have three more columns, each cell of which may be empty:

``formula, cas, family``
    the substance: its formula, its CAS Registry Number, and its family (as in `ledger.factors.fit`).

The GWP table has ``gas``, and for each set the value and its status.

This module reads no file (`ledger.tables` does), converts no other units and chooses no factor.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import re
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from operator import itemgetter
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, TypeVar, get_args

from ledger.chemistry.cas import is_cas
from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.formula import parse_formula
from schemas.problem import InputError, OreprintError, Problem
from schemas.quantity import trillionths
from schemas.vocabulary import GASES, ElectricitySet, Gas, GwpSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


Per = Literal["kg", "kg-content", "kWh", "m3", "MJ", "t.km"]

Status = Literal["read", "read-secondary", "derived", "method", "placeholder"]
"""How a value is known.

``read`` in its source; ``read-secondary`` in a work that quotes the source; ``derived`` by arithmetic from values read;
``method`` is a convention, not a measurement; ``placeholder`` is not evidence, and lowers the rating.
"""

Visibility = Literal["public", "withheld"]
"""Whether everybody may see a table's values; a licensed table stays with the producer and the auditor."""

MOST_BYTES: Final = 4 * 1024 * 1024
"""About 10,000 rows; a larger table is a database, not a factor table."""

MOST_PROBLEMS: Final = 50
"""Problems reported at once."""

COLUMNS: Final = (
    "flow", "label", "geography", "year", "per", "values", "gwp_set", "set",
    "boundary", "status", "quality", "licence", "source", "note",
)  # fmt: skip
SUBSTANCE_COLUMNS: Final = ("formula", "cas", "family")
"""The further columns of a table that says of what substances its rows are."""
GWP_COLUMNS: Final = ("gas", "AR5", "AR5_status", "AR6", "AR6_status", "source")

POUNDS: Final = "lb/MWh"
"""eGRID's unit of electricity factors."""

_LB: Final = Fraction("0.45359237")
"""kg in a pound: exact, by the international agreement of 1959."""
_KWH_PER_MWH: Final = 1000

_FLOW: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_GEOGRAPHY: Final = re.compile(r"GLO|[A-Z]{2}(?:-[A-Z0-9]{1,3}|-GRID-[A-Z]{2,12})?", re.ASCII)
_YEAR: Final = re.compile(r"(?:19|20)[0-9]{2}", re.ASCII)
_UPTAKE: Final = ("CO2-biogenic", "CO2-land-use")
_AGGREGATE: Final = "CO2e"

Choice = TypeVar("Choice", bound=str)
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class Factor:
    """One factor: `values` are kg of each gas per one `per`, as scaled numbers (x 10^12).

    Each row of a table is one object, so factors are compared by identity.  `table` is the name of its table, the start
    of its `id`.
    """

    id: str
    flow: str
    label: str
    geography: str
    year: int | None
    per: Per
    values: tuple[tuple[Gas, int], ...]
    gwp_set: GwpSet | None
    set: ElectricitySet | None
    boundary: str
    status: Status
    quality: int
    licence: str
    source: str
    note: str
    formula: str = ""
    cas: str = ""
    family: str = ""
    table: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Set the name of the table, which is asked for often."""
        object.__setattr__(self, "table", self.id.partition("/")[0])


@dataclass(frozen=True, slots=True)
class FactorSet:
    """A factor table: its name, the digest of its bytes (SHA-256, base64url), and its factors by full id.

    `vintages` are its factors with a year, by flow and place, newest first.
    """

    name: str
    digest: str
    visibility: Visibility
    rows: Mapping[str, Factor]
    vintages: Mapping[tuple[str, str], tuple[tuple[int, Factor], ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort the factors by year; each line of electricity asks for the newest."""
        dated: dict[tuple[str, str], list[tuple[int, Factor]]] = {}
        for factor in self.rows.values():
            if factor.year is not None:
                dated.setdefault((factor.flow, factor.geography), []).append((factor.year, factor))
        newest = {place: tuple(sorted(found, key=itemgetter(0), reverse=True)) for place, found in dated.items()}
        object.__setattr__(self, "vintages", MappingProxyType(newest))


@dataclass(frozen=True, slots=True)
class Gwp:
    """GWP over 100 years by set and gas: the weight (kg CO2e per kg, scaled) and its status.

    ``CO2e`` weighs 1 in every set; a caller refuses factors of another set first (rule X-GWP).
    """

    digest: str
    weights: Mapping[GwpSet, Mapping[Gas, int]]
    statuses: Mapping[GwpSet, Mapping[Gas, Status]]


def parse_factor_set(content: bytes, name: str, *, visibility: Visibility = "public") -> FactorSet:
    """Parse a factor table; all faulty rows are reported at once, with line, column and value.

    Raises:
        InputError: ``factor.large``, ``factor.encoding``, ``factor.columns``, ``factor.row``, ``factor.cell``,
            ``factor.gas``, ``factor.gwp-set``, ``factor.duplicate``, ``factor.sign``, and those of `trillionths`.

    """
    rows: dict[str, Factor] = {}
    problems: list[Problem] = []
    for place, cells in table_lines(content, name, COLUMNS, SUBSTANCE_COLUMNS):
        try:
            factor = _factor(name, cells, place)
            if factor.id in rows:
                raise InputError.at("factor.duplicate", place, id=factor.id)
            rows[factor.id] = factor
        except OreprintError as error:
            problems.extend(error.problems)
    if problems:
        raise InputError(*problems[:MOST_PROBLEMS])
    return FactorSet(name, table_digest(content), visibility, MappingProxyType(rows))


class _Weights(dict[Gas, int]):
    """The GWPs of one set; a gas that a former table does not have is an InputError, not a KeyError."""

    def __missing__(self, gas: Gas) -> int:
        raise InputError.at("factor.gwp-lacks", value=gas)


def parse_gwp(content: bytes, name: str = "gwp", *, former: bool = False) -> Gwp:
    """Parse the GWP table: each true gas once, each with a value in every set; raise as `parse_factor_set`.

    A `former` table may lack gases that joined the vocabulary later.
    """
    weights: dict[GwpSet, dict[Gas, int]] = {gwp_set: _Weights({_AGGREGATE: SCALE}) for gwp_set in get_args(GwpSet)}
    statuses: dict[GwpSet, dict[Gas, Status]] = {gwp_set: {} for gwp_set in get_args(GwpSet)}
    for place, cells in table_lines(content, name, GWP_COLUMNS):
        gas = cell_choice(cells, "gas", GASES, place)
        for gwp_set in get_args(GwpSet):
            if gas in weights[gwp_set]:
                raise InputError.at("factor.duplicate", place, id=gas)
            weights[gwp_set][gas] = _number(cells[gwp_set], f"{place}, column {gwp_set}")
            statuses[gwp_set][gas] = cell_choice(cells, f"{gwp_set}_status", get_args(Status), place)
    missing = sorted(set(GASES) - set(weights["AR6"]))
    if missing and not former:
        raise InputError.at("factor.gas", name, value=", ".join(missing), expected=", ".join(GASES))
    return Gwp(table_digest(content), _frozen(weights), _frozen(statuses))


def table_lines(
    content: bytes, name: str, columns: tuple[str, ...], further: tuple[str, ...] = ()
) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each row's place and its cells by column; a table may have the `further` columns or not."""
    reader = csv.reader(io.StringIO(_text(content, name), newline=""), strict=True)
    header = tuple(_next_row(reader, name))
    if not header:
        raise InputError.at("file.empty", name)
    if further and header == (*columns, *further):
        columns = header
    if header != columns:
        raise InputError.at("factor.columns", name, expected=", ".join(columns), found=", ".join(header))
    for cells in iter(partial(_next_row, reader, name), []):
        place = f"{name}, line {reader.line_num}"
        if len(cells) != len(columns):
            raise InputError.at("factor.row", place, found=str(len(cells)), expected=str(len(columns)))
        yield place, dict(zip(columns, cells, strict=True))


def _next_row(reader: Iterator[list[str]], name: str) -> list[str]:
    """Return the next row, or nothing at the end; an open quotation mark is the writer's mistake."""
    try:
        return next(reader, [])
    except csv.Error as error:
        raise InputError.at("factor.row", name, found="0", expected="all") from error


def _text(content: bytes, name: str) -> str:
    if len(content) > MOST_BYTES:
        raise InputError.at("factor.large", name, limit=str(MOST_BYTES))
    try:
        return content.decode("utf-8-sig")  # spreadsheets write the byte order mark; the digest covers it
    except UnicodeDecodeError as error:
        raise InputError.at("factor.encoding", name) from error


def _factor(table: str, cells: Mapping[str, str], place: str) -> Factor:
    flow = _matching(cells, "flow", _FLOW, "words in small letters and digits joined by hyphens", place)
    geography = _matching(cells, "geography", _GEOGRAPHY, "GLO or an ISO 3166 code such as CN or CN-NM", place)
    year = cells["year"] and _matching(cells, "year", _YEAR, "a year such as 2023, or nothing", place)
    values = _values(cells["values"], f"{place}, column values")
    if cells["per"] == POUNDS:
        cells = {**cells, "per": "kWh"}
        values = tuple((gas, per_kwh(value)) for gas, value in values)
    gwp_set = _optional(cells, "gwp_set", get_args(GwpSet), place)
    if (gwp_set is not None) != any(gas == _AGGREGATE for gas, _ in values):
        raise InputError.at("factor.gwp-set", f"{place}, column gwp_set")
    return Factor(
        id=f"{table}/{_row_id(flow, geography, year)}",
        flow=flow,
        label=cell_words(cells, "label", place),
        geography=geography,
        year=int(year) if year else None,
        per=cell_choice(cells, "per", get_args(Per), place),
        values=values,
        gwp_set=gwp_set,
        set=_optional(cells, "set", get_args(ElectricitySet), place),
        boundary=cell_words(cells, "boundary", place),
        status=cell_choice(cells, "status", get_args(Status), place),
        quality=int(cell_choice(cells, "quality", ("1", "2", "3", "4", "5"), place)),
        licence=cell_words(cells, "licence", place),
        source=cell_words(cells, "source", place),
        note=cells["note"],
        formula=_formula(cells, place),
        cas=cell_cas(cells, place) if cells.get("cas") else "",
        family=_matching(cells, "family", _FLOW, "words in small letters joined by hyphens", place)
        if cells.get("family")
        else "",
    )


def _formula(cells: Mapping[str, str], place: str) -> str:
    text = cells.get("formula", "")
    try:
        return parse_formula(text).text if text else ""
    except InputError as error:
        raise cell_error(cells, "formula", "a chemical formula, such as CaCO3", place) from error


def per_kwh(pounds_per_mwh: int) -> int:
    """Return kg/kWh from lb/MWh (both scaled), rounded once."""
    return divide(pounds_per_mwh * _LB.numerator, _LB.denominator * _KWH_PER_MWH)


def _row_id(flow: str, geography: str, year: str) -> str:
    return ".".join(filter(None, (flow, geography.lower(), year)))


def _values(text: str, place: str) -> tuple[tuple[Gas, int], ...]:
    """Parse ``gas=decimal;gas=decimal``, each gas once."""
    values: dict[Gas, int] = {}
    for pair in text.split(";"):
        name, _, decimal = pair.partition("=")
        gas = next((gas for gas in GASES if gas == name), None)
        if gas is None or gas in values:
            raise InputError.at("factor.gas", place, value=pair, expected=", ".join(GASES))
        values[gas] = _number(decimal, place)
        if values[gas] < 0 and gas not in _UPTAKE:
            raise InputError.at("factor.sign", place, value=pair)
    return tuple(values.items())


def _number(text: str, place: str) -> int:
    """Return a decimal as a scaled number; an error has the place."""
    try:
        return trillionths(text)
    except InputError as error:
        raise InputError.at(error.code, place, value=text) from error


def cell_choice(cells: Mapping[str, str], column: str, words: Iterable[Choice], place: str) -> Choice:
    """Return the cell as one word of a closed list."""
    words = tuple(words)
    choice = next((word for word in words if word == cells[column]), None)
    if choice is None:
        raise cell_error(cells, column, " or ".join(words), place)
    return choice


def _optional(cells: Mapping[str, str], column: str, words: Iterable[Choice], place: str) -> Choice | None:
    return cell_choice(cells, column, words, place) if cells[column] else None


def _matching(cells: Mapping[str, str], column: str, pattern: re.Pattern[str], expected: str, place: str) -> str:
    if pattern.fullmatch(cells[column]) is None:
        raise cell_error(cells, column, expected, place)
    return cells[column]


def cell_cas(cells: Mapping[str, str], place: str) -> str:
    """Return the cell ``cas`` as a CAS Registry Number."""
    if not is_cas(cells["cas"]):
        raise cell_error(cells, "cas", "a CAS Registry Number, such as 7647-01-0", place)
    return cells["cas"]


def cell_words(cells: Mapping[str, str], column: str, place: str) -> str:
    """Return a cell of words: not empty, printable, without blanks at the ends."""
    text = cells[column]
    if not text or not text.isprintable() or text != text.strip():
        raise cell_error(cells, column, "words on one line", place)
    return text


def cell_error(cells: Mapping[str, str], column: str, expected: str, place: str) -> InputError:
    """Return the error `factor.cell` of a cell that should be as `expected`."""
    return InputError.at(
        "factor.cell", f"{place}, column {column}", value=cells[column], column=column, expected=expected
    )


def table_digest(content: bytes) -> str:
    """Return the SHA-256 of a table's bytes in base64url without padding."""
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


def _frozen(table: Mapping[GwpSet, dict[Gas, Value]]) -> Mapping[GwpSet, Mapping[Gas, Value]]:
    return MappingProxyType({key: MappingProxyType(row) for key, row in table.items()})
