"""Amounts: one text form, integers of the smallest unit, and the kind reader."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from pydantic import TypeAdapter, ValidationError

from schemas import quantity
from schemas.door import parse_document
from schemas.problem import InputError
from schemas.quantity import Quantity, read_quantity
from schemas.rate import HeatingValue
from schemas.record import ProductionRecord

ROOT: Final = Path(__file__).resolve().parents[3]

NEVER = ["", "00", "01", "1.", ".5", "1.0", "0.10", "+1", "1e3", "1E3", "1,5", "1 ", " 1", "1\n", "NaN", "Infinity"]
NEVER += ["1_0", "١", "１", "1000000000000", "-0", "--1", "0x1", "1.5.2", "-0.0", "1\u200b", "-01"]
SIX = ["1", "0.1", "0.000001", "999999999999.999999", "41.2"]
TWELVE = [*SIX, "0.000000000001"]


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        (quantity.Amount6, ["0", *SIX], ["-1", "0.0000001"]),
        (quantity.Amount12, ["0", *TWELVE], ["-1", "0.0000000000001"]),
        (quantity.PositiveAmount6, SIX, ["0", "-1", "0.0000001"]),
        (quantity.PositiveAmount12, TWELVE, ["0", "-1", "0.0000000000001"]),
        (quantity.SignedAmount12, ["0", *TWELVE, *(f"-{text}" for text in TWELVE)], ["-0.0000000000001"]),
        (quantity.Fraction6, ["0", "1", "0.5", "0.999999"], ["1.1", "1.000001", "2", "-0.5", "41.2", "0.0000001"]),
        (quantity.Fraction12, ["0", "1", "0.999999999999"], ["1.000000000001", "10", "-1"]),
    ],
)
def test_the_text_forms(kind: type[str], good: list[str], bad: list[str]) -> None:
    adapter = TypeAdapter(kind)
    assert [adapter.validate_json(f'"{text}"', strict=True) for text in good] == good
    for text in [*NEVER, *bad]:
        with pytest.raises(ValidationError):
            adapter.validate_python(text, strict=True)


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("1", 10**6), ("0.000001", 1), ("41.2", 41_200_000)])
def test_kilograms_are_whole_milligrams_inside(text: str, number: int) -> None:
    assert quantity.milligrams(text) == number
    assert quantity.kg_text(number) == text


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("-1.5", -15 * 10**11), ("-0.5", -5 * 10**11), ("0.000000000001", 1)]
)
def test_results_are_whole_trillionths_inside(text: str, number: int) -> None:
    assert quantity.trillionths(text) == number
    assert quantity.trillionths_text(number) == text


@pytest.mark.parametrize("text", [*NEVER, "-1", "0.0000001"])
def test_only_the_one_form_becomes_an_integer(text: str) -> None:
    with pytest.raises(InputError):
        quantity.milligrams(text)
    if text not in {"-1", "0.0000001"}:
        with pytest.raises(InputError):
            quantity.trillionths(text)


@pytest.mark.parametrize("number", [-1, 10**18])
def test_an_integer_out_of_range_has_no_text(number: int) -> None:
    with pytest.raises(InputError, match="out of range"):
        quantity.kg_text(number)


def test_a_result_out_of_range_has_no_text() -> None:
    with pytest.raises(InputError, match="out of range"):
        quantity.trillionths_text(-(10**24))


@pytest.mark.parametrize(
    ("text", "dimension", "read"),
    [
        ("1.2 t", "mass", Quantity("1200", "kg")),
        ("38.0 kg", "mass", Quantity("38", "kg")),
        ("850 g", "mass", Quantity("0.85", "kg")),
        ("1 mg", "mass", Quantity("0.000001", "kg")),
        ("999999999999.999999 kg", "mass", Quantity("999999999999.999999", "kg")),
        ("1.5 MWh", "electricity", Quantity("1500", "kWh")),
        ("2015.28 kWh", "electricity", Quantity("2015.28", "kWh")),
        ("0.5 GJ", "heat", Quantity("500", "MJ")),
        ("1 MJ", "heat", Quantity("1", "MJ")),
        ("1500 L", "volume", Quantity("1.5", "m3")),
        ("2 m3", "volume", Quantity("2", "m3")),
        ("10 Nm3(0C)", "gas-volume", Quantity("10", "Nm3(0C)")),
        ("10 Nm3(20C)", "gas-volume", Quantity("10", "Nm3(20C)")),
        ("2.5 t.km", "transport", Quantity("2.5", "t.km")),
        ("2500 kg.km", "transport", Quantity("2.5", "t.km")),
    ],
)
def test_what_people_write_is_read_exactly(text: str, dimension: quantity.Dimension, read: Quantity) -> None:
    assert read_quantity(text, dimension=dimension) == read


@pytest.mark.parametrize(
    ("text", "code", "suggestion"),
    [
        ("5 ton", "quantity.unit-unknown", "write t for 1000 kg"),
        ("5 Kg", "quantity.unit-unknown", "write kg"),
        ("5 stone", "quantity.unit-unknown", "write one of kg, t, g, mg"),
        ("5 Nm3", "quantity.basis", "Nm3(0C)"),
        ("5 kWh", "quantity.dimension", "kg, t, g, mg"),
        ("5", "quantity.no-unit", "38.5 kg"),
        ("5kg", "quantity.form", "5 kg"),
        (".5 kg", "quantity.form", "0.5 kg"),
        ("007 kg", "quantity.form", "7 kg"),
        ("+7 kg", "quantity.form", "7 kg"),
        ("kg", "quantity.form", "38.5 kg"),
        ("", "quantity.empty", "38.5 kg"),
        ("1,5 kg", "quantity.comma", "1.5 or 1500"),
        ("1 500 kg", "quantity.separator", "1500 kg"),
        ("-5 kg", "quantity.negative", "undo"),
        ("1e3 kg", "quantity.exponent", "digits"),
        ("nan kg", "quantity.not-a-number", "digits"),
        ("１ kg", "quantity.not-ascii", "1 kg"),
        ("−1 kg", "quantity.not-ascii", "38.5 kg"),
        ("0 kg", "quantity.zero", "leave the line out"),
        ("1" * 13 + " kg", "quantity.range", "12 digits"),
        ("1" * 40 + " mg", "quantity.range", "12 digits"),
        ("1" * 100, "quantity.too-long", "38.5 kg"),
        ("0.0000001 t", "quantity.decimals", "does not round it"),
        ("0.0001 g", "quantity.decimals", "does not round it"),
    ],
)
def test_every_refusal_has_a_suggestion(text: str, code: str, suggestion: str) -> None:
    with pytest.raises(InputError) as refusal:
        read_quantity(text, dimension="mass")
    assert refusal.value.code == code
    assert suggestion in str(refusal.value)


def test_zero_where_it_means_something() -> None:
    assert read_quantity("0.0 m3", dimension="volume", allow_zero=True) == Quantity("0", "m3")


def test_one_of_several_dimensions() -> None:
    assert read_quantity("3 GJ", dimension=("mass", "heat")).unit == "MJ"
    with pytest.raises(InputError, match="not in a unit of mass or heat"):
        read_quantity("3 L", dimension=("mass", "heat"))


@pytest.mark.parametrize(
    ("text", "share"), [("0.224", "0.224"), ("22.4 %", "0.224"), ("0.50", "0.5"), ("100 %", "1"), ("0", "0")]
)
def test_shares(text: str, share: str) -> None:
    assert quantity.read_share(text) == share


@pytest.mark.parametrize("number", ["75", "22.4", "0", "100", "0.0001", "99.5000"])
def test_a_percent_sign_stands_with_or_without_a_blank(number: str) -> None:
    """Hard use 31: `75%` is read as `75 %`, as a share and as a figure."""
    assert quantity.read_share(f"{number}%") == quantity.read_share(f"{number} %")
    assert (
        quantity.read_figure(f"{number}%") == quantity.read_figure(f"{number} %") == quantity.read_share(f"{number}%")
    )


def test_a_record_may_write_either() -> None:
    """Hard use 31: what a producer writes in a record is the same record with and without the blank."""
    text = (ROOT / "examples/bayan-obo/13-MAG-2026-06.yaml").read_text("utf-8")
    assert "threshold: 20 %" in text
    either = [
        parse_document(ProductionRecord, each.encode(), media="yaml") for each in (text, text.replace("20 %}", "20%}"))
    ]
    assert either[0] == either[1]


@pytest.mark.parametrize(
    "text",
    ["1.1", "100.1 %", "100.1%", "-0.1", "-5%", "", "0,5", "22,4%", "٥ %", "1e-1", "1e1%", "%", " %", "22.4  %", "22.4\t%", "22.4\u00a0%",
     "22.4 % ", "22.4%%", "22.4\uff05", "05%", "22.%", ".5%", "22.4 percent"],
)  # fmt: skip
def test_no_shares(text: str) -> None:
    for read in (quantity.read_share, quantity.read_figure):
        if text != "1.1" or read is quantity.read_share:  # a figure may be above 1
            with pytest.raises(InputError):
                read(text)


@pytest.mark.parametrize(
    "text",
    [
        "0 USD/kg",
        "0.00 USD/kg",
        "5",
        "5 usd/kg",
        "5 USD/lb",
        "0.0001 USD/t",
        "-5 USD/kg",
        "1e3 USD/kg",
        "1.0000001 USD/kg",
    ],
)
def test_no_prices(text: str) -> None:
    with pytest.raises(InputError):
        quantity.read_price(text)


def test_a_price_for_a_tonne_is_one_for_a_thousand_kilograms() -> None:
    assert quantity.read_price("591500 CNY/t") == quantity.Quantity("591.5", "CNY/kg")


@pytest.mark.parametrize(
    ("text", "dimension", "read"),
    [
        ("100 MMBtu", "heat", ("105505.585262", "MJ")),
        ("1 MMBtu", "heat", ("1055.055853", "MJ")),
        ("1.5 mmBtu", "heat", ("1582.583779", "MJ")),
        ("2.5 MWh", "heat", ("9000", "MJ")),
        ("1 TJ", "heat", ("1000000", "MJ")),
        ("12 m³", "volume", ("12", "m3")),
        ("7 l", "volume", ("0.007", "m3")),
        ("1 gal(US)", "volume", ("0.003785", "m3")),
        ("9 t·km", "transport", ("9", "t.km")),
        ("5 Nm³(20C)", "gas-volume", ("5", "Nm3(20C)")),
    ],
)
def test_units_of_other_bills_are_understood(text: str, dimension: quantity.Dimension, read: tuple[str, str]) -> None:
    assert read_quantity(text, dimension=dimension) == Quantity(*read)


@pytest.mark.parametrize("text", ["3 gal", "3 therm", "3 kcal", "3 Nm³", "١ m³", "3 ton", "3 lb", "3 tonne"])
def test_units_that_may_mean_two_things_are_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_quantity(text, dimension=("mass", "volume", "heat", "gas-volume"))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("10.8 kWh/m3", ("38.88", "m3")),
        ("36 MJ/L", ("36000", "m3")),
        ("11.9 kWh/kg", ("42.84", "kg")),
        ("42.7 GJ/t", ("42.7", "kg")),
    ],
)
def test_heating_values_as_bills_tell_them(text: str, kept: tuple[str, str]) -> None:
    assert TypeAdapter(HeatingValue).validate_python(text) == quantity.Quantity(*kept)


def test_gas_that_is_billed_in_kwh_is_heat() -> None:
    assert TypeAdapter(quantity.FuelAmount).validate_python("10 kWh") == quantity.Quantity("36", "MJ")
    assert TypeAdapter(quantity.SparedAmount).validate_python("10 kWh") == quantity.Quantity("10", "kWh")
