"""What holds for every run: nothing is lost or gained by computing, and order and scale don't matter."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from ledger.factors.figures import sum_rows, total_of
from ledger.footprint.allocation import allocate
from ledger.footprint.engine import AllocationBasis, InputFigures, Terms, compute
from ledger.footprint.lines import electricity_results, own_lines
from schemas.figures import Co2e, Quality
from schemas.inventory import ElectricityLine, FuelLine, Fuels, Instrument, MaterialLine, Materials
from schemas.quantity import millionths_text, plain, trillionths, trillionths_text
from schemas.rate import HeatingValue
from tests.support.worlds import worked_example as example
from tests.support.worlds.factors import bare_tables

if TYPE_CHECKING:
    from schemas.figures import FigureRow

ONE = 10**12
UNKNOWN = Quality(primary_share="0", rating="5", variance="0")
TERMS = Terms("separation", "AR6", "economic", "REO")
WHOLE = st.integers(-(10**24), 10**24)
WEIGHTS = st.lists(st.integers(0, 10**30), min_size=1, max_size=8).filter(any)
AMOUNTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=6)
FIGURES = st.integers(1, 10**20).map(trillionths_text)
ROWS = st.lists(
    st.tuples(
        st.sampled_from(["mining", "cracking"]), st.sampled_from(["CO2-fossil", "CF4", "CO2e"]), FIGURES, FIGURES
    ),
    max_size=5,
    unique_by=lambda row: row[:2],
).map(tuple)


@given(WHOLE, WEIGHTS)
def test_the_parts_equal_the_whole(whole: int, weights: list[int]) -> None:
    parts = allocate(whole, weights)
    assert sum(parts) == whole
    total = sum(weights)
    largest = weights.index(max(weights))
    for at, (part, weight) in enumerate(zip(parts, weights, strict=True)):
        assert at == largest or abs(part * total - whole * weight) * 2 <= total


@given(WHOLE, WEIGHTS, st.integers(1, 10**6))
def test_only_the_ratio_of_weights_counts(whole: int, weights: list[int], times: int) -> None:
    assert allocate(whole, weights) == allocate(whole, [weight * times for weight in weights])


def materials(amounts: list[int]) -> Materials:
    return Materials(
        group="materials",
        lines=tuple(
            MaterialLine(name="m", basis="weighed", meter="W-1", mass_kg=millionths_text(amount), factor="case/a")
            for amount in amounts
        ),
    )


def outputs(masses: list[int]) -> list[AllocationBasis]:
    return [
        AllocationBasis(mass * 10**6, {"Nd": mass * ONE}, (place + 1) * ONE, allocated=True)
        for place, mass in enumerate(masses)
    ]


TABLES = bare_tables({"a": (("CO2-fossil", 123_456_789_013), ("CF4", 7))}, example.tables())
MASSES = st.lists(st.integers(1, 10**6), min_size=1, max_size=5)


@given(AMOUNTS, ROWS, MASSES)
def test_what_is_shared_out_is_what_came_in(amounts: list[int], rows: tuple[FigureRow, ...], masses: list[int]) -> None:
    taken = InputFigures(3, 7, rows, Co2e(location="1", market="2"), (), (), UNKNOWN)
    result = compute(TERMS, [materials(amounts)], [taken, taken], outputs(masses), tables=TABLES)
    shared = sum_rows(output.rows for output in result.outputs)
    assert {key: pair for key, pair in shared.items() if any(pair)} == dict(result.total)
    own = sum(pair.location for pair in result.own.values())
    upstream = sum(pair.location for pair in result.upstream.values())
    assert own + upstream == sum(pair.location for pair in result.total.values())
    assert sum(output.alternative.market for output in result.outputs) == result.total_alternative.market
    assert sum(output.scope_1 for output in result.outputs) == 0


@given(AMOUNTS, ROWS, MASSES, st.randoms())
def test_the_order_of_lines_and_inputs_does_not_matter(
    amounts: list[int], rows: tuple[FigureRow, ...], masses: list[int], dice: object
) -> None:
    inputs = [InputFigures(mass, 11, rows, Co2e(location="1", market="2"), (), (), UNKNOWN) for mass in (1, 2, 5)]
    shuffled = sorted(amounts, key=lambda _: dice.random())  # type: ignore[attr-defined]
    one = compute(TERMS, [materials(amounts)], inputs, outputs(masses), tables=TABLES)
    two = compute(TERMS, [materials(shuffled)], inputs[::-1], outputs(masses), tables=TABLES)
    assert one.total == two.total
    assert one.outputs == two.outputs


@given(ROWS, st.integers(1, 10**9))
def test_taking_all_of_a_batch_brings_all_of_it(rows: tuple[FigureRow, ...], mass: int) -> None:
    taken = InputFigures(mass, mass, rows, Co2e(location="1", market="2"), (), (), UNKNOWN)
    result = compute(TERMS, [], [taken], outputs([1]), tables=TABLES)
    assert {(stage, gas, trillionths_text(pair.location)) for (stage, gas), pair in result.upstream.items()} == {
        (stage, gas, location) for stage, gas, location, _ in rows
    }


@given(st.integers(0, 10**10), st.integers(1, 1000))
def test_a_thousand_times_the_amount_is_a_thousand_times_the_result(amount: int, times: int) -> None:
    amount *= 10**6
    one = compute(TERMS, [materials([amount])], [], outputs([1]), tables=TABLES)
    many = (
        compute(TERMS, [materials([amount * times])], [], outputs([1]), tables=TABLES)
        if amount * times < 10**18
        else one
    )
    times = times if amount * times < 10**18 else 1
    assert many.outputs[0].total.location == one.outputs[0].total.location * times


# -- fuels, power and rates ---------------------------------------------------------------------------------------

FUEL_TABLES = bare_tables(
    {"f": (("CO2-fossil", 56_100_000_000),), "g": (("CO2-fossil", 600_000_000_000),)}, example.tables()
)
DECIMALS = st.integers(1, 10**9).map(lambda number: trillionths_text(number * 10**6))
PARTS = st.integers(1, 10**12).map(trillionths_text)


def fuel_co2(**members: str) -> int:
    line = FuelLine(name="f", basis="metered", meter="M-1", factor="case/f", **members)  # type: ignore[arg-type] # texts of numbers
    own = own_lines([Fuels(group="fuels", lines=(line,))], tables=FUEL_TABLES, gwp="AR6")
    return total_of(own.rows.values()).location


@given(DECIMALS, st.integers(1, 10**6))
def test_a_heating_value_is_the_energy_told_at_once(amount: str, tenths: int) -> None:
    by_value = fuel_co2(amount=amount, unit="kg", heating_value_mj=trillionths_text(tenths * 10**11))
    energy = Fraction(amount) * Fraction(tenths, 10)
    assert abs(by_value - energy * 56_100_000_000) * 2 <= 1


@given(DECIMALS, PARTS)
def test_the_part_that_burns_and_the_part_that_does_not_make_up_the_fuel(amount: str, part: str) -> None:
    rest = trillionths_text(ONE - trillionths(part))
    burnt, left = (fuel_co2(amount=amount, unit="kg", oxidation=each) if each != "0" else 0 for each in (part, rest))
    assert abs(burnt + left - fuel_co2(amount=amount, unit="kg")) <= 1


@given(st.integers(1, 10**9), st.integers(0, 100))
def test_by_market_lies_between_the_instrument_and_what_is_left(milli: int, covered: int) -> None:
    kwh = milli * 100
    text, part = trillionths_text(kwh * 10**9), trillionths_text(kwh * covered // 100 * 10**9)
    instrument = Instrument(scheme="s", statement="1", kwh=part, grid="CN-NM", year="2026", factor="case/f")
    line = ElectricityLine(
        name="e", basis="metered", meter="M-1", amount_kwh=text, grid="CN-NM", factor="case/g", uncovered="case/g",
        instruments=(instrument,) if covered else (),
    )  # fmt: skip
    pair = dict(electricity_results(line, FUEL_TABLES))["CO2-fossil"]
    assert kwh * 56_100_000 <= pair.market <= pair.location == kwh * 600_000_000


@given(st.integers(1, 10**8), st.sampled_from([("GJ/t", "MJ/kg"), ("MJ/kg", "GJ/t")]))
def test_a_rate_is_the_same_in_equal_units(number: int, units: tuple[str, str]) -> None:
    text = plain(Decimal(number) / 10**6)
    one, other = (TypeAdapter(HeatingValue).validate_python(f"{text} {unit}") for unit in units)
    assert one == other
    assert (one.amount, one.unit) == (text, "kg")
