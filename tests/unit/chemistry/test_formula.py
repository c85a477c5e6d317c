from fractions import Fraction

import pytest

from ledger.chemistry.formula import parse_formula
from schemas.problem import InputError


def atoms(text: str) -> dict[str, Fraction]:
    return dict(parse_formula(text).atoms)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nd2O3", {"Nd": 2, "O": 3}),
        ("Co", {"Co": 1}),
        ("CO", {"C": 1, "O": 1}),
        ("Nd2(C2O4)3", {"Nd": 2, "C": 6, "O": 12}),
        ("Nd2(C2O4)3·10H2O", {"Nd": 2, "C": 6, "O": 22, "H": 20}),
        ("Nd2(CO3)3.4H2O", {"Nd": 2, "C": 3, "O": 13, "H": 8}),
        ("H2C2O4.2H2O", {"H": 6, "C": 2, "O": 6}),
        ("BaCl2.H2O", {"Ba": 1, "Cl": 2, "H": 2, "O": 1}),
        ("CaSO4·0.5H2O", {"Ca": 1, "S": 1, "O": Fraction(9, 2), "H": 1}),
        ("K2SO4·MgSO4·6H2O", {"K": 2, "S": 2, "O": 14, "Mg": 1, "H": 12}),
        (
            "La0.6Ce0.4Ni3.55Co0.75",
            {"La": Fraction(3, 5), "Ce": Fraction(2, 5), "Ni": Fraction(71, 20), "Co": Fraction(3, 4)},
        ),
        ("((Nd0.75Pr0.25)2O3)2", {"Nd": 3, "Pr": 1, "O": 6}),
    ],
)
def test_atoms_are_counted_exactly(text: str, expected: dict[str, Fraction]) -> None:
    assert atoms(text) == expected
    assert parse_formula(text).text == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "formula.spelling"),
        (" Nd2O3", "formula.spelling"),
        ("Nd 2", "formula.spelling"),
        ("Nd1", "formula.spelling"),
        ("Nd0O3", "formula.spelling"),
        ("Nd02", "formula.spelling"),
        ("Nd2.0O3", "formula.spelling"),
        ("Nd2.50O3", "formula.spelling"),
        ("2H2O", "formula.spelling"),
        ("nd2o3", "formula.spelling"),
        ("[Nd2]O3", "formula.spelling"),
        ("Nd\u2082O\u2083", "formula.spelling"),
        ("Nd2O3·", "formula.spelling"),
        ("Nd2O3·2", "formula.spelling"),
        ("Nd2O3·1H2O", "formula.spelling"),
        ("CaSO4.0.5H2O", "formula.spelling"),
        ("Nd2O3.0H2O", "formula.spelling"),
        ("2(NdO)", "formula.spelling"),
        ("(2NdO)", "formula.spelling"),
        ("Nd2O3\n", "formula.spelling"),
        ("H" * 101, "formula.spelling"),
        ("Nd+3", "formula.charge"),
        ("NO3-", "formula.charge"),
        ("NO3\u2212", "formula.charge"),
        ("Nd^3", "formula.charge"),
        ("RE2O3", "formula.element"),
        ("NdX3", "formula.element"),
        ("D2O", "formula.element"),
        ("(Nd2O3", "formula.parenthesis"),
        ("Nd2O3)", "formula.parenthesis"),
        ("Nd()2", "formula.parenthesis"),
        ("((((((Nd))))))", "formula.parenthesis"),
    ],
)
def test_what_is_not_a_neutral_formula_is_refused(text: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_formula(text)
    assert refused.value.code == code


def test_an_element_that_is_absent_counts_nothing() -> None:
    assert parse_formula("Nd2O3").mass_fraction("Fe") == 0
