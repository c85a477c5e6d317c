"""The shipped tables are what the collected facts make, and the worked example's factors are in them."""

from fractions import Fraction

import pytest

from ledger.chemistry.exact import scaled
from ledger.factors.factor import Per
from ledger.tables import shipped_tables
from tests.golden import make_factor_tables as made
from tests.golden.shared import shared

shared("data")

UNITS: dict[str, Per] = {
    "kg CO2e/kg": "kg",
    "kg CO2/kg": "kg",
    "kg CO2e/kg 100 %": "kg-content",
    "kg CO2/kWh": "kWh",
    "kg CO2e/m3": "m3",
    "kg CO2e/tkm": "t.km",
}


def test_the_shipped_tables_are_what_the_facts_make() -> None:
    assert made.differences() == []


def test_every_factor_of_the_worked_example_resolves_to_its_value() -> None:
    tables = shipped_tables()
    uses = made.example_uses()
    assert len(uses) > 100
    for name, use in uses:
        factor = tables.factor(made.factor_id(name, use))
        assert [value for _, value in factor.values] == [scaled(Fraction(use["value"]))], (name, factor.id)
        assert factor.per == UNITS.get(use.get("unit", "kg CO2/kWh")), (name, factor.id)
        assert (factor.status == "placeholder") == use.get("placeholder", False), (name, factor.id)


@pytest.mark.parametrize(
    "words",
    ["from memory", "share-alike", "CC BY-SA", "OEFDB", "outlier", "REJECT", "validation only"],
)
def test_nothing_ships_that_the_rules_keep_out(words: str) -> None:
    for name, text in made.tables().items():
        if name not in ("placeholders", "gwp"):
            assert words not in text, name
