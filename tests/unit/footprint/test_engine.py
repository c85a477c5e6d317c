"""The engine on runs small enough to compute by hand."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from ledger.factors.figures import Pair, co2e_document, figure_rows, parsed_co2e, parsed_rows
from ledger.footprint.allocation import allocate
from ledger.footprint.engine import AllocationBasis, InputFigures, Terms, by_group, compute
from ledger.footprint.lines import own_lines
from schemas.document import replace
from schemas.figures import Co2e, Quality
from schemas.inventory import (
    CreditLine,
    Credits,
    Direct,
    DirectLine,
    Electricity,
    ElectricityLine,
    FuelLine,
    Fuels,
    GasMass,
    Instrument,
    MaterialLine,
    Materials,
)
from schemas.problem import MissingError, RefusedError
from tests.support.worlds import worked_example as example
from tests.support.worlds.factors import bare_tables

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables
    from schemas.figures import FigureRow
    from schemas.inventory import InventoryGroup

ONE = 10**12
UNKNOWN = Quality(primary_share="0", rating="5", variance="0")
TERMS = Terms("separation", "AR6", "economic", "REO")


def tables(**values: int) -> FactorTables:
    return bare_tables({name: (("CO2e", value),) for name, value in values.items()}, example.tables())


def material(amount: str, factor: str = "case/a", strength: str | None = None) -> Materials:
    line = MaterialLine(name="m", basis="weighed", meter="W-1", mass_kg=amount, factor=factor, strength=strength)
    return Materials(group="materials", lines=(line,))


def share(mass_kg: int, price: int | None = None, *, allocated: bool = True) -> AllocationBasis:
    return AllocationBasis(mass_kg * 10**6, {"Nd": mass_kg * ONE}, price, allocated)


def total_of(group: InventoryGroup, found: FactorTables) -> Pair:
    return compute(TERMS, [group], [], [share(1)], tables=found).outputs[0].total


def test_a_result_is_rounded_once_half_to_even() -> None:
    assert total_of(material("0.5"), tables(a=1)).location == 0
    assert total_of(material("1.5"), tables(a=1)).location == 2
    assert total_of(material("2.5"), tables(a=1)).location == 2


def test_a_strength_is_part_of_one_rounding() -> None:
    assert total_of(material("0.5", strength="0.999999999999"), tables(a=3)).location == 1


def test_a_factor_that_is_not_public_is_replaced_by_the_line_s_result() -> None:
    hidden = replace(material("3", factor="licensed/a").lines[0], value=(GasMass(gas="CO2-fossil", mass_kg="7.5"),))
    group = Materials(group="materials", lines=(hidden,))
    assert total_of(group, tables(a=1)) == Pair(75 * ONE // 10, 75 * ONE // 10)


def test_an_unknown_factor_is_told() -> None:
    with pytest.raises(MissingError, match="case/nothing"):
        total_of(material("1", factor="case/nothing"), tables(a=1))


def test_co_counts_as_the_co2_it_becomes() -> None:
    line = DirectLine(name="CO", basis="metered", meter="M-1", substance="CO", gas="CO", mass_kg="28.01")
    assert total_of(Direct(group="direct", lines=(line,)), tables()).location == 44_009_000_000_000


def test_a_substance_without_a_gwp_counts_in_balances_only() -> None:
    line = DirectLine(name="NH3", basis="metered", meter="M-1", substance="NH3", mass_kg="5")
    assert total_of(Direct(group="direct", lines=(line,)), tables()) == Pair(0, 0)


def test_a_credit_is_negative_and_in_no_total() -> None:
    line = CreditLine(name="salt", basis="assumed", amount="4", unit="kg", factor="case/a")
    group = Credits(group="credits", lines=(line,))
    assert [pair.location for pair in own_lines([group], tables=tables(a=ONE), gwp="AR6").rows.values()] == [-4 * ONE]
    assert total_of(group, tables(a=ONE)) == Pair(0, 0)


def power(*, covered: str = "0") -> Electricity:
    instruments = (
        (Instrument(scheme="s", statement="1", kwh=covered, grid="CN-NM", year="2026", factor="case/wind"),)
        if covered != "0"
        else ()
    )
    line = ElectricityLine(
        name="e",
        basis="metered",
        meter="M-1",
        amount_kwh="10",
        grid="CN-NM",
        factor="case/mean",
        uncovered="case/rest",
        instruments=instruments,
    )
    return Electricity(group="electricity", lines=(line,))


def test_electricity_has_two_columns() -> None:
    found = tables(mean=6 * ONE, rest=7 * ONE, wind=ONE)
    assert total_of(power(), found) == Pair(60 * ONE, 70 * ONE)
    assert total_of(power(covered="4"), found) == Pair(60 * ONE, (6 * 7 + 4) * ONE)


def test_scopes_are_what_was_burnt_bought_and_the_rest() -> None:
    shipped = example.tables()
    fuels = Fuels(
        group="fuels",
        lines=(
            FuelLine(
                name="d", basis="metered", meter="M-1", amount="1", unit="kg", factor="fuels/diesel-burnt.glo.2006"
            ),
            FuelLine(
                name="s", basis="metered", meter="M-1", amount="1", unit="kg", factor="fuels/diesel-upstream.cn.2024"
            ),
            FuelLine(
                name="h",
                basis="metered",
                meter="M-1",
                amount="1",
                unit="MJ",
                factor="fuels/purchased-heat-steam-default.cn",
            ),
        ),
    )
    output = compute(TERMS, [fuels], [], [share(1)], tables=shipped).outputs[0]
    assert output.scope_1 == 3_186_300_000_000
    assert output.scope_2 == Pair(110_000_000_000, 110_000_000_000)
    assert output.scope_3 == Pair(650_860_000_000, 650_860_000_000)
    assert output.total.location == output.scope_1 + output.scope_2.location + output.scope_3.location


def test_an_input_brings_its_part_of_every_row() -> None:
    rows: tuple[FigureRow, ...] = (("mining", "CF4", "0.3", "0.3"), ("mining", "CO2-fossil", "10", "8"))
    taken = InputFigures(1_000_000, 3_000_000, rows, Co2e(location="9", market="6"), (), (), UNKNOWN)
    result = compute(TERMS, [], [taken], [share(1)], tables=example.tables())
    assert result.upstream == {
        ("mining", "CO2-fossil"): Pair(3_333_333_333_333, 2_666_666_666_667),
        ("mining", "CF4"): Pair(100_000_000_000, 100_000_000_000),
    }
    assert next(iter(result.upstream)) == ("mining", "CO2-fossil"), "rows stand in the order of the word lists"
    assert result.total_alternative == Pair(3 * ONE, 2 * ONE)


def test_rows_that_are_zero_in_both_columns_are_dropped() -> None:
    taken = InputFigures(
        1, 10**12, (("mining", "CO2-fossil", "0.1", "0.1"),), Co2e(location="0", market="0"), (), (), UNKNOWN
    )
    assert compute(TERMS, [], [taken], [share(1)], tables=example.tables()).upstream == {}


def test_the_remainder_goes_to_the_largest_weight_and_of_equals_to_the_first() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(100, [1, 2, 4]) == [14, 29, 57]
    assert allocate(-100, [1, 1, 1]) == [-34, -33, -33]
    assert sum(allocate(1, [3, 3, 3])) == 1


def test_both_methods_are_carried() -> None:
    outputs = [share(1, 9 * ONE), share(3, ONE), share(5, allocated=False)]
    result = compute(TERMS, [material("12")], [], outputs, tables=tables(a=ONE))
    assert [output.total.location // ONE for output in result.outputs] == [9, 3, 0]
    assert [round(output.alternative.location, -3) // ONE for output in result.outputs] == [3, 9, 0]
    assert [output.per_kg.location for output in result.outputs][:2] == [9 * ONE, ONE]


def test_outputs_that_no_key_tells_apart_are_refused() -> None:
    with pytest.raises(RefusedError) as caught:
        compute(TERMS, [material("1")], [], [share(1), share(2)], tables=tables(a=ONE))
    assert caught.value.code == "footprint.no-weight"


def test_groups_and_upstream_make_up_an_output() -> None:
    found = tables(a=ONE, mean=ONE, rest=ONE, wind=ONE)
    taken = InputFigures(
        1_000_000, 2_000_000, (("mining", "CO2e", "4", "4"),), Co2e(location="4", market="4"), (), (), UNKNOWN
    )
    result = compute(TERMS, [material("3"), power()], [taken], [share(1)], tables=found)
    parts = by_group(result, 0, MappingProxyType(found.gwp.weights["AR6"]))
    assert {group: pair.location // ONE for group, pair in parts.items()} == {
        "materials": 3,
        "electricity": 10,
        "upstream": 2,
    }


def test_placeholders_are_counted_by_line() -> None:
    group = material("1", factor="placeholders/sodium-silicate.glo")
    assert own_lines([group, group], tables=example.tables(), gwp="AR6").placeholders == 2


def test_what_is_written_as_rows_reads_back() -> None:
    rows = example.drafts()["ELY-2026-04-A"].result.outputs[0].rows
    assert parsed_rows(figure_rows(rows)) == rows
    assert parsed_co2e(co2e_document(Pair(-1, ONE))) == Pair(-1, ONE)
