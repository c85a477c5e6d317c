import pytest

from ledger.chemistry.composition import Composition
from ledger.chemistry.exact import SCALE
from schemas.problem import InputError, RefusedError
from schemas.quantity import trillionths, trillionths_text

MAGNET = {"Fe": "0.66", "Nd": "0.23", "Pr": "0.07", "Dy": "0.01", "Co": "0.02", "B": "0.01"}


def composition(texts: dict[str, str], place: str = "") -> Composition:
    return Composition.of(((element, trillionths(text)) for element, text in texts.items()), place)


def test_element_masses_are_exact_in_milligrams() -> None:
    oxide = composition({"Nd": "0.857355", "O": "0.142644", "Fe": "0.000001"})
    masses = oxide.element_masses(1_000_001)
    assert {element: trillionths_text(mass) for element, mass in masses.items()} == {
        "Nd": "0.857355857355",
        "O": "0.142644142644",
        "Fe": "0.000001000001",
    }
    assert sum(masses.values()) == trillionths("1.000001")


def test_shares_of_rare_earths_and_their_oxides() -> None:
    magnet = composition(MAGNET)
    assert trillionths_text(magnet.rare_earths) == "0.31"
    assert magnet.fraction("Co") == SCALE // 50
    assert magnet.fraction("La") == 0
    oxide = composition({"Nd": "0.857356", "O": "0.142644"})
    assert abs(oxide.treo - SCALE) < SCALE // 10**6


@pytest.mark.parametrize("iron", ["0.655", "0.66", "0.665"])
def test_the_sum_may_miss_one_by_half_a_percent(iron: str) -> None:
    assert composition(MAGNET | {"Fe": iron}).fraction("Fe") == trillionths(iron)


@pytest.mark.parametrize(("iron", "total"), [("0.654999", "0.994999"), ("0.665001", "1.005001")])
def test_a_sum_farther_off_is_refused(iron: str, total: str) -> None:
    with pytest.raises(RefusedError) as refused:
        composition(MAGNET | {"Fe": iron}, "outputs[0].composition")
    assert refused.value.code == "rule.m-sum"
    assert total in str(refused.value)


@pytest.mark.parametrize(
    ("change", "code"),
    [({"Xx": "0.01"}, "composition.element"), ({"La": "0"}, "composition.zero")],
)
def test_a_faulty_share_is_told_with_its_place(change: dict[str, str], code: str) -> None:
    with pytest.raises(InputError) as refused:
        composition(MAGNET | change, "composition")
    assert refused.value.code == code
    assert refused.value.problems[0].place.startswith("composition")


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(InputError) as refused:
        Composition.of([("Nd", SCALE), ("Xx", 1), ("Nd", 0)])
    assert [problem.code for problem in refused.value.problems] == [
        "composition.element",
        "composition.twice",
        "composition.zero",
    ]
