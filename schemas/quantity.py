"""Amounts: the one text form in sealed documents, integers of the smallest unit, and the kind reader for people.

Rules: a sealed amount is text, ``0|[1-9][0-9]{0,11}`` with at most 6 decimals (masses and other amounts: a
kilogram to the milligram) or at most 12 (factors, results, fractions); no trailing zeros, no exponent, ASCII digits,
a sign only where the name says so.  Sums are made of integers, never of floats.  `read_quantity` takes what people
write with a unit from a closed list, converts it exactly or refuses it, and never guesses a unit.  Only units that no
amount of 6 decimals can hold exactly (gallons, MMBtu) are rounded, once, to the sixth decimal.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, NamedTuple, NoReturn, TypeAlias

from pydantic import AfterValidator, PlainSerializer, PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from schemas import patterns
from schemas.door.faults import as_pydantic
from schemas.phrases import UNIT_CASE, UNIT_KNOWN
from schemas.problem import InputError

Amount6 = Annotated[str, StringConstraints(pattern=patterns.AMOUNT_6)]
"""Zero or more, at most 6 decimals."""
Amount12 = Annotated[str, StringConstraints(pattern=patterns.AMOUNT_12)]
"""Zero or more, at most 12 decimals."""
PositiveAmount6 = Annotated[str, StringConstraints(pattern=patterns.POSITIVE_6)]
"""More than zero, at most 6 decimals."""
PositiveAmount12 = Annotated[str, StringConstraints(pattern=patterns.POSITIVE_12)]
"""More than zero, at most 12 decimals."""
SignedAmount12 = Annotated[str, StringConstraints(pattern=patterns.SIGNED_12)]
"""Any sign, at most 12 decimals; there is no minus zero."""
Fraction6 = Annotated[str, StringConstraints(pattern=patterns.FRACTION_6)]
"""0 to 1, at most 6 decimals."""
Fraction12 = Annotated[str, StringConstraints(pattern=patterns.FRACTION_12)]
"""0 to 1, at most 12 decimals."""

_MILLION: Final = 10**6
_TRILLION: Final = 10**12
_LARGEST_WHOLE: Final = 10**12
_LIMIT_6: Final = _LARGEST_WHOLE * _MILLION
_LIMIT_12: Final = _LARGEST_WHOLE * _TRILLION
"""Whole parts have at most 12 digits (`schemas.patterns`): a billion tonnes in kg."""
_PARSED_KEPT: Final = 2**14
"""Amounts that stay parsed: the rules, the engine and the balances of one run each read the same few hundred texts."""
_AMOUNT_6: Final = re.compile(patterns.AMOUNT_6)
_AMOUNT_12: Final = re.compile(patterns.AMOUNT_12)
_SIGNED_12: Final = re.compile(patterns.SIGNED_12)


def kg_text(milligrams: int) -> str:
    """Return whole milligrams as the text of a mass in kg."""
    return millionths_text(milligrams)


@lru_cache(_PARSED_KEPT)
def millionths(text: str) -> int:
    """Return an amount of at most 6 decimals as an integer of its millionth; inverse of `millionths_text`."""
    if not _AMOUNT_6.fullmatch(text):
        raise InputError.at("quantity.amount-6", value=text)
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(6, "0"))


milligrams: Final[Callable[[str], int]] = millionths
"""A mass text in kg as whole milligrams."""


def millionths_text(number: int) -> str:
    """Return an integer of millionths as text; raise InputError below zero or above 12 whole digits."""
    if not 0 <= number < _LIMIT_6:
        raise InputError.at("quantity.range", value=str(number))
    whole, part = divmod(number, _MILLION)
    return f"{whole}.{part:06d}".rstrip("0") if part else str(whole)


@lru_cache(_PARSED_KEPT)
def trillionths(text: str) -> int:
    """Return a result, factor or fraction of at most 12 decimals, of any sign, as an integer of its 10^-12."""
    if not _SIGNED_12.fullmatch(text):
        raise InputError.at("quantity.signed-12", value=text)
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(12, "0"))


def trillionths_text(number: int) -> str:
    """Return an integer of 10^-12 as text; inverse of `trillionths`."""
    if not 0 <= number < _LIMIT_12:
        if -_LIMIT_12 < number < 0:
            return f"-{trillionths_text(-number)}"
        raise InputError.at("quantity.range", value=str(number))
    whole, part = divmod(number, _TRILLION)
    return f"{whole}.{part:012d}".rstrip("0") if part else str(whole)


Dimension: TypeAlias = Literal["mass", "electricity", "power", "heat", "volume", "gas-volume", "transport"]


class Quantity(NamedTuple):
    """An amount in the unit Oreprint keeps it in: `amount` is canonical text of at most 6 decimals."""

    amount: str
    unit: str


class _Unit(NamedTuple):
    dimension: Dimension
    kept_as: str
    factor: Decimal
    rounded: bool = False


_ONE: Final = Decimal(1)
_UNITS: Final[dict[str, _Unit]] = {
    "kg": _Unit("mass", "kg", _ONE),
    "t": _Unit("mass", "kg", Decimal(1000)),
    "g": _Unit("mass", "kg", Decimal("0.001")),
    "mg": _Unit("mass", "kg", Decimal("0.000001")),
    "kWh": _Unit("electricity", "kWh", _ONE),
    "MWh": _Unit("electricity", "kWh", Decimal(1000)),
    "kW": _Unit("power", "kW", _ONE),
    "kWp": _Unit("power", "kW", _ONE),
    "MW": _Unit("power", "kW", Decimal(1000)),
    "MWp": _Unit("power", "kW", Decimal(1000)),
    "GWh": _Unit("electricity", "kWh", Decimal(1_000_000)),
    "MJ": _Unit("heat", "MJ", _ONE),
    "GJ": _Unit("heat", "MJ", Decimal(1000)),
    "TJ": _Unit("heat", "MJ", Decimal(1_000_000)),
    "MMBtu": _Unit("heat", "MJ", Decimal("1055.05585262"), rounded=True),
    "m3": _Unit("volume", "m3", _ONE),
    "L": _Unit("volume", "m3", Decimal("0.001")),
    "gal(US)": _Unit("volume", "m3", Decimal("0.003785411784"), rounded=True),
    "Nm3(0C)": _Unit("gas-volume", "Nm3(0C)", _ONE),
    "Nm3(15C)": _Unit("gas-volume", "Nm3(15C)", _ONE),
    "Nm3(20C)": _Unit("gas-volume", "Nm3(20C)", _ONE),
    "t.km": _Unit("transport", "t.km", _ONE),
    "kg.km": _Unit("transport", "t.km", Decimal("0.001")),
}
"""Every unit people may write.  MJ is not turned into kWh (1/3.6 has no end), but kWh of heat are MJ (x 3.6); no gas
basis is turned into another.  A Btu is the one of the International Table, 1055.05585262 J (ISO 80000-5:2019); a US
gallon is 231 cubic inches of 2.54 cm (NIST SP 811).  A mass is never guessed: pounds and tonnes are asked back.  The
bases are 101.325 kPa at the temperature named (DIN 1343: 0 C, ISO 13443: 15 C, GB/T 11062: 20 C)."""

_ALIASES: Final = {
    "l": "L", "m³": "m3", "m^3": "m3", "cbm": "m3", "tkm": "t.km", "t·km": "t.km",
    "t*km": "t.km", "mmBtu": "MMBtu", "MMBTU": "MMBtu", "Nm³(0C)": "Nm3(0C)", "Nm³(15C)": "Nm3(15C)", "Nm³(20C)": "Nm3(20C)",
}  # fmt: skip
"""Other spellings of a unit that can mean nothing else."""
_MJ_PER_KWH: Final = Decimal("3.6")
_EXACT: Final = Context(prec=60)
"""Enough digits for any amount times any factor."""

AMBIGUOUS: Final = {
    "ton": "a ton may be 907, 1000 or 1016 kg; write t for 1000 kg, or kg",
    "tons": "a ton may be 907, 1000 or 1016 kg; write t for 1000 kg, or kg",
    "tonne": "write t",
    "tonnes": "write t",
    "lb": "convert it (x 0.45359237) and write kg",
    "lbs": "convert it (x 0.45359237) and write kg",
    "gal": "a gallon may be 3.785 or 4.546 L; write gal(US) or L",
    "therm": "therms differ by country; write MMBtu (a tenth of the therms) or MJ",
    "kt": "write the amount in t",
    "Mg": "1 Mg is a tonne; write t, or mg if you mean milligrams",
    "kgce": "coal equivalent is no mass; write the fuel's own mass in kg or its energy in MJ",
    "tce": "coal equivalent is no mass; write the fuel's own mass in kg or its energy in MJ",
    "kcal": "calories differ; write MJ",
    "Gcal": "calories differ; write MJ",
}
"""What to write instead of a unit that is read in several ways."""
_BASIS: Final = frozenset({"Nm3", "Nm³", "Sm3", "Nm3(25C)"})

_WRITTEN: Final = re.compile(r"(0|[1-9][0-9]*)(?:\.([0-9]+))? (\S+)")
_WRITTEN_PLACES: Final = 6
_WHOLE_DIGITS: Final = 12
_WRITTEN_DIGITS: Final = 18
"""12 digits of kilograms, written in milligrams; with 6 decimals and any factor still exact as Decimal."""
_MOST_CHARACTERS: Final = 64


def read_quantity(
    text: str, *, dimension: Dimension | tuple[Dimension, ...], allow_zero: bool = False, places: int = 6
) -> Quantity:
    """Return what a person wrote, such as ``1.2 t`` or ``38.0 kg``, in the unit Oreprint keeps.

    Raise InputError with a ``quantity.*`` code and a suggestion for whatever is not one plain number, one space and
    one known unit of `dimension`; for more than 6 decimals as written, or `places` once converted; and for zero unless
    allowed.
    """
    written = _WRITTEN.fullmatch(text) if len(text) <= _MOST_CHARACTERS else None
    if not written or not (text.isascii() or written[3] in _ALIASES):
        _refuse_form(text)
    whole, decimals, name = written.groups()
    unit = _unit(text, name, (dimension,) if isinstance(dimension, str) else dimension)
    if len(decimals or "") > _WRITTEN_PLACES:
        raise InputError.at("quantity.decimals", value=text)
    canonical = _kept(text, whole, decimals or "", unit, places)
    if canonical == "0" and not allow_zero:
        raise InputError.at("quantity.zero", value=text)
    return Quantity(canonical, unit.kept_as)


def read_lot_amount(text: str) -> Quantity:
    """Return some of a lot as a person wrote it: a mass in kg, or electricity in kWh.  Errors: as `read_quantity`."""
    return read_quantity(text, dimension=("mass", "electricity"))


def _kept(text: str, whole: str, decimals: str, unit: _Unit, places: int) -> str:
    """Return a number in the unit in which it is kept."""
    if unit.factor is _ONE and len(whole) <= _WHOLE_DIGITS and len(decimals) <= places:
        part = decimals.rstrip("0")
        return f"{whole}.{part}" if part else whole
    if len(whole) > _WRITTEN_DIGITS:
        raise InputError.at("quantity.range", value=text)
    amount = _EXACT.multiply(Decimal(f"{whole}.{decimals or 0}"), unit.factor)
    if unit.rounded:
        amount = amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN, _EXACT)
    if amount >= _LARGEST_WHOLE:
        raise InputError.at("quantity.range", value=text)
    canonical = plain(amount)
    if len(canonical.partition(".")[2]) > places:
        raise InputError.at("quantity.decimals", value=text)
    return canonical


def plain(amount: Decimal) -> str:
    """Return a decimal without exponent and without closing zeros."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def plain_fraction(share: Fraction) -> str:
    """Return a share as text with at most twelve decimals, rounded half to even."""
    return plain(Decimal(round(share * _TRILLION)) / _TRILLION)


def _unit(text: str, name: str, dimensions: tuple[Dimension, ...]) -> _Unit:
    if name in _BASIS:
        raise InputError.at("quantity.basis", value=text)
    name = _ALIASES.get(name, name)
    unit = _UNITS.get(name)
    if (
        unit is not None
        and unit.dimension == "electricity"
        and "heat" in dimensions
        and "electricity" not in dimensions
    ):
        return _Unit("heat", "MJ", unit.factor * _MJ_PER_KWH)
    if unit is None:
        raise InputError.at(
            "quantity.unit-unknown", value=text, unit=name, suggestion=_unit_suggestion(name, dimensions)
        )
    if unit.dimension not in dimensions:
        raise InputError.at(
            "quantity.dimension", value=text, dimension=" or ".join(dimensions), known=_known(dimensions)
        )
    return unit


def _known(dimensions: tuple[Dimension, ...]) -> str:
    return ", ".join(name for name, unit in _UNITS.items() if unit.dimension in dimensions)


def _unit_suggestion(name: str, dimensions: tuple[Dimension, ...]) -> str:
    if name in AMBIGUOUS:
        return AMBIGUOUS[name]
    near = [known for known in _UNITS if known.casefold() == name.casefold() and _UNITS[known].dimension in dimensions]
    if near:
        return UNIT_CASE.format(known=" or ".join(near))
    return UNIT_KNOWN.format(known=_known(dimensions))


def read_price(text: str) -> Quantity:
    """Return a price such as ``62.50 USD/kg``, its amount canonical, or raise InputError.

    A price for a tonne, as many markets quote it, becomes that for a kilogram.
    """
    written = _PRICE.fullmatch(text)
    amount = plain(Decimal(written[1]) / (1000 if written[3] == "t" else 1)) if written else "0"
    if not written or amount == "0" or len(amount.partition(".")[2]) > _WRITTEN_PLACES:
        raise InputError.at("quantity.price", value=text)
    return Quantity(amount, f"{written[2]}/kg")


def read_share(text: str) -> str:
    """Return a share (``0.224``, ``22.4 %`` or ``22.4%``) as a canonical fraction of 0 to 1, or raise InputError.

    The percent sign may follow at once or after one blank: SI writes a blank (SI Brochure, 5.4.7), most people write
    none.  It is the only unit that may.
    """
    if _PLAIN_SHARE.fullmatch(text):
        return text
    written = _SHARE.fullmatch(text)
    if not written:
        raise InputError.at("quantity.share", value=text)
    share = Decimal(written[1]) / (100 if written[2] else 1)
    if share > 1:
        raise InputError.at("quantity.share", value=text)
    return plain(share)


def read_figure(text: str) -> str:
    """Return a number of zero or more, or a share with its percent sign as `read_share`; or raise InputError."""
    if text.endswith("%"):
        return read_share(text)
    plain = text.rstrip("0").rstrip(".") if "." in text else text
    if not _AMOUNT_12.fullmatch(plain):
        raise InputError.at("quantity.amount-12", value=text)
    return plain


_PRICE: Final = re.compile(r"((?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,6})?) ([A-Z]{3})/(kg|t)")
_PLAIN_SHARE: Final = re.compile(patterns.fraction(10))
_SHARE: Final = re.compile(r"((?:0|[1-9][0-9]{0,2})(?:\.[0-9]{1,10})?)( ?%)?")
_NUMBER_THEN: Final = r"(?:\s.*)?"
_FORMS: Final = (
    ("quantity.empty", re.compile(r"\s*")),
    ("quantity.not-a-number", re.compile(r"[+-]?(?:nan|inf|infinity)\b.*", re.IGNORECASE)),
    ("quantity.negative", re.compile(r"-\s?[0-9].*")),
    ("quantity.exponent", re.compile(r"\+?[0-9.]+[eE][+-]?[0-9]+" + _NUMBER_THEN)),
    ("quantity.comma", re.compile(r"[0-9]{1,20}(?:[.,][0-9]{1,20})*,[0-9.,]*" + _NUMBER_THEN)),
    ("quantity.separator", re.compile(r"[0-9]{1,3}(?:[ '_][0-9]{3})+(?:\.[0-9]*)?" + _NUMBER_THEN)),
    ("quantity.no-unit", re.compile(r"[0-9]+(?:\.[0-9]+)?\s*")),
)
"""Forms that people do write, told apart so that each gets its own remedy; the first that fits is named."""


def _refuse_form(text: str) -> NoReturn:
    """Say what is wrong with a text that is not number, space and unit."""
    if len(text) > _MOST_CHARACTERS:
        raise InputError.at("quantity.too-long", value=text, limit=str(_MOST_CHARACTERS))
    if not text.isascii():
        raise InputError.at("quantity.not-ascii", value=text, suggestion=_in_ascii(text))
    for code, form in _FORMS:
        if form.fullmatch(text):
            raise InputError.at(code, value=text)
    raise InputError.at("quantity.form", value=text, suggestion=_tidied(text))


def _in_ascii(text: str) -> str:
    """Return a text with digits and letters of other forms as plain ones, or an example where that is not enough."""
    plain = "".join(str(unicodedata.decimal(c, c)) for c in unicodedata.normalize("NFKC", text))
    return plain if plain.isascii() and plain.isprintable() else "38.5 kg"


_LOOSE: Final = re.compile(r"\s*\+?0*([0-9]+(?:\.[0-9]+)?|\.[0-9]+)\.?\s*([A-Za-z][A-Za-z0-9.()]*)\s*")


def _tidied(text: str) -> str:
    """Return the nearest text that would be read, or an example."""
    loose = _LOOSE.fullmatch(text)
    if not loose:
        return "38.5 kg"
    number, unit = loose.groups()
    return f"0{number} {unit}" if number.startswith(".") else f"{number} {unit}"


# What people write in a record, read while the record is validated.


def reading(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a reader as pydantic wants it: its InputError as an error of the member read."""

    def checked(text: str) -> Any:  # noqa: ANN401 - whatever the reader gives
        if not isinstance(text, str):
            raise PydanticCustomError("document.not-text", "not text")
        try:
            return read(text)
        except InputError as error:
            raise as_pydantic(error) from error

    return checked


_AS_KEPT: Final = ContextVar("as_kept", default=False)


@contextmanager
def as_kept() -> Iterator[None]:
    """Read amounts as a document keeps them: a number alone, in the unit that its type says."""
    before = _AS_KEPT.set(True)
    try:
        yield
    finally:
        _AS_KEPT.reset(before)


def _amount(dimension: Dimension, *, allow_zero: bool = False, places: int = 6) -> Callable[[str], Any]:
    """Return a reader that keeps the amount alone: the type's name says the unit.

    What is written just as it is kept, with the unit after it, is read at a glance: most amounts are.  So is one with
    zeros at its end.
    """
    unit = next(unit.kept_as for unit in _UNITS.values() if unit.dimension == dimension)
    above = "" if allow_zero else "(?!0 )"
    plain = re.compile(rf"{above}{patterns.unsigned(_WRITTEN_PLACES)} {re.escape(unit)}")
    short = rf"(?![0-9]+\.[0-9]{{{_WRITTEN_PLACES + 1}}})"
    padded = re.compile(rf"{short}(0|[1-9][0-9]{{0,{_WHOLE_DIGITS - 1}}})(?:(\.[0-9]*[1-9])0+|\.0+) {re.escape(unit)}")
    kept = re.compile(patterns.unsigned(places))
    behind = len(unit) + 1

    def read(text: str) -> str:
        if plain.fullmatch(text):
            return text[:-behind]
        found = padded.fullmatch(text)
        if found and (allow_zero or found[1] != "0" or found[2]):
            return found[1] + (found[2] or "")
        if _AS_KEPT.get() and kept.fullmatch(text):
            return text
        try:
            return read_quantity(text, dimension=dimension, allow_zero=allow_zero, places=places).amount
        except InputError as error:
            raise as_pydantic(error) from error

    return read


_FUEL_DIMENSIONS: Final[tuple[Dimension, ...]] = ("mass", "volume", "gas-volume", "heat")


def _schema(example: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "examples": [example]})


def _written(quantity: Quantity) -> str:
    return f"{quantity.amount} {quantity.unit}"


Mass = Annotated[str, AfterValidator(_amount("mass")), _schema("38.0 kg")]
"""A mass above zero; kept as kg with at most 6 decimals."""
FineMass = Annotated[str, AfterValidator(_amount("mass", allow_zero=True, places=12)), _schema("0.125 g")]
"""An emission: a mass that may be smaller than a milligram, or zero where a meter read none; kept as kg."""
Load = Annotated[str, AfterValidator(_amount("mass", allow_zero=True)), _schema("0.35 kg")]
"""A load of discharged water: a mass, zero allowed; kept as kg with at most 6 decimals."""
Kwh = Annotated[str, AfterValidator(_amount("electricity")), _schema("2015.28 kWh")]
"""Electricity above zero; kept as kWh."""
Kilowatts = Annotated[str, AfterValidator(_amount("power")), _schema("500 kWp")]
"""Rated power above zero; kept as kW."""
Energy = Annotated[str, AfterValidator(_amount("heat")), _schema("1.5 GJ")]
"""Heat or energy content above zero; kept as MJ."""
Cubic = Annotated[str, AfterValidator(_amount("volume", allow_zero=True)), _schema("12.5 m3")]
"""A volume of liquid, zero allowed; kept as m3."""
TonneKm = Annotated[str, AfterValidator(_amount("transport")), _schema("125.4 t.km")]
"""Mass times distance above zero; kept as t.km."""
Share = Annotated[str, AfterValidator(reading(read_share)), _schema("0.224")]
"""A share of a whole, with or without percent sign; kept as a fraction."""
Figure = Annotated[str, AfterValidator(reading(read_figure)), _schema("20 %")]
"""A figure whose unit stands elsewhere, with at most 12 decimals; a share may have its percent sign."""
FuelAmount = Annotated[
    Quantity,
    PlainValidator(reading(lambda text: read_quantity(text, dimension=_FUEL_DIMENSIONS))),
    PlainSerializer(_written),
    _schema("850 kg"),
]
"""An amount of fuel above zero: a mass, a volume or heat; kept with its unit.  Gas in kWh is heat, kept as MJ."""
SparedAmount = Annotated[
    Quantity,
    PlainValidator(reading(lambda text: read_quantity(text, dimension=(*_FUEL_DIMENSIONS, "electricity")))),
    PlainSerializer(_written),
    _schema("850 kg"),
]
"""An amount above zero of what is spared elsewhere: as of a fuel, or electricity; kept with its unit."""
BoundAmount = Annotated[
    Quantity,
    PlainValidator(
        reading(lambda text: read_quantity(text, dimension=(*_FUEL_DIMENSIONS, "electricity", "transport")))
    ),
    PlainSerializer(_written),
    _schema("120 t.km"),
]
"""An amount above zero of something left out: as of a fuel, or mass times distance; kept with its unit."""
LotAmount = Annotated[Quantity, PlainValidator(reading(read_lot_amount)), PlainSerializer(_written), _schema("38.0 kg")]
"""Some of a lot, above zero: a mass, or electricity; kept as kg or kWh."""
UnitPrice = Annotated[Quantity, PlainValidator(reading(read_price)), PlainSerializer(_written), _schema("62.50 USD/kg")]
"""A price above zero for a kilogram; its unit is ``<currency>/kg``."""
