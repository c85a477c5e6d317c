import pytest

from ledger.chemistry.exact import SCALE, divide
from schemas.quantity import trillionths


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (5, 2, 2),
        (7, 2, 4),
        (-5, 2, -2),
        (-7, 2, -4),
        (1, 3, 0),
        (2, 3, 1),
        (-1, 3, 0),
        (-2, 3, -1),
        (0, 9, 0),
        (9, 3, 3),
    ],
)
def test_divide_goes_to_the_nearest_and_from_the_middle_to_even(
    numerator: int, denominator: int, expected: int
) -> None:
    assert divide(numerator, denominator) == expected


@pytest.mark.parametrize("denominator", [0, -3])
def test_divide_refuses_a_denominator_that_is_not_positive(denominator: int) -> None:
    with pytest.raises(ZeroDivisionError):
        divide(1, denominator)


def test_a_product_is_rounded_once_to_twelve_places() -> None:
    assert divide(trillionths("0.000001") * trillionths("0.0000005"), SCALE) == 0
    assert divide(trillionths("0.000001") * trillionths("0.0000015"), SCALE) == 2
    assert divide(trillionths("4980") * trillionths("0.6479"), SCALE) == trillionths("3226.542")
