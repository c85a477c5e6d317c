"""Amounts for each unit of something else, as people write them: ``42.7 GJ/t``, ``15.3 kg/GJ``, ``1.8 min/d``.

Rules: a plain number, one space, one unit of a closed list; converted exactly, at most 12 decimals once converted,
never rounded. A share has no unit and is none of these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

from schemas.problem import InputError
from schemas.quantity import Quantity, plain, reading

_ONE: Final = Decimal(1)
_THOUSANDTH: Final = Decimal("0.001")
_THOUSAND: Final = Decimal(1000)
_MJ_PER_KWH: Final = Decimal("3.6")

_HEATING: Final[Mapping[str, tuple[str, Decimal]]] = {
    "MJ/kg": ("kg", _ONE),
    "GJ/t": ("kg", _ONE),
    "MJ/m3": ("m3", _ONE),
    "MJ/Nm3(20C)": ("m3", _ONE),
    "MJ/L": ("m3", _THOUSAND),
    "kWh/m3": ("m3", _MJ_PER_KWH),
    "kWh/kg": ("kg", _MJ_PER_KWH),
}
"""Net calorific values; kept as MJ for one of the unit named."""

_CARBON: Final[Mapping[str, tuple[str, Decimal]]] = {
    "kg/kg": ("kg", _ONE),
    "t/t": ("kg", _ONE),
    "kg/m3": ("m3", _ONE),
    "kg/Nm3(20C)": ("m3", _ONE),
    "kg/GJ": ("MJ", _THOUSANDTH),
    "t/TJ": ("MJ", _THOUSANDTH),
}
"""Carbon contents; kept as kg of carbon for one of the unit named."""

_SLOPE: Final[Mapping[str, tuple[str, Decimal]]] = {"kg/t/(min/d)": ("kg/t/(min/d)", _ONE)}
_MINUTES: Final[Mapping[str, tuple[str, Decimal]]] = {"min/d": ("min/d", _ONE)}

MINUTES_PLACES: Final = 6
"""Decimals of minutes of anode effect, as they are sealed."""

_WRITTEN: Final = re.compile(r"((?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,9})?) (\S{1,20})", re.ASCII)


def read_rate(text: str, known: Mapping[str, tuple[str, Decimal]]) -> Quantity:
    """Return a written rate, or raise InputError (``quantity.rate``) with the units that are known."""
    written = _WRITTEN.fullmatch(text)
    unit = known.get(written[2]) if written else None
    if written is None or unit is None or not (number := Decimal(written[1])):
        raise InputError.at("quantity.rate", value=text, known=", ".join(known))
    return Quantity(plain(number * unit[1]), unit[0])


def _rate(known: Mapping[str, tuple[str, Decimal]]) -> PlainValidator:
    return PlainValidator(reading(lambda text: read_rate(text, known)))


def _coefficient(text: str) -> str:
    return read_rate(text, _SLOPE).amount


def _minutes(text: str) -> str:
    amount = read_rate(text, _MINUTES).amount
    if len(amount.partition(".")[2]) > MINUTES_PLACES:
        raise InputError.at("quantity.decimals", value=text)
    return amount


_AS_TEXT: Final = PlainSerializer(lambda rate: f"{rate.amount} {rate.unit}")


def _example(text: str) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "examples": [text]})


HeatingValue = Annotated[Quantity, _rate(_HEATING), _AS_TEXT, _example("42.7 GJ/t")]
"""A net calorific value above zero."""
CarbonContent = Annotated[Quantity, _rate(_CARBON), _AS_TEXT, _example("0.72 kg/kg")]
"""Carbon in a fuel, above zero: by its mass, its volume or its net calorific energy."""
SlopeCoefficient = Annotated[str, PlainValidator(reading(_coefficient)), _example("0.14 kg/t/(min/d)")]
"""kg of gas for a t of metal and a minute of anode effect in a cell and day."""
Minutes = Annotated[str, PlainValidator(reading(_minutes)), _example("1.8 min/d")]
"""Minutes of anode effect in a cell and day."""
