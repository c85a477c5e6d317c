"""As many digits as the uncertainty supports."""

from __future__ import annotations

from decimal import Context, Decimal

import pytest

from ledger.footprint.digits import digits_of, shown, shown_figure
from schemas.figures import Quality


def quality(gsd2: str) -> Quality:
    """Return a quality with this GSD2."""
    logarithm = Context(prec=30).ln(Decimal(gsd2))
    variance = (logarithm * logarithm).quantize(Decimal("1e-12"))
    return Quality(primary_share="0", rating="3", variance=format(variance.normalize(), "f"))


@pytest.mark.parametrize(("gsd2", "digits"), [("1.05", 3), ("1.19", 3), ("1.21", 2), ("3", 2)])
def test_a_wider_spread_has_fewer_digits(gsd2: str, digits: int) -> None:
    assert digits_of(quality(gsd2)) == digits


@pytest.mark.parametrize(
    ("figure", "digits", "text"),
    [
        ("44.113349603462", 3, "44.1"),
        ("44.113349603462", 2, "44"),
        ("22056.67", 3, "22100"),
        ("9.996", 3, "10.0"),
        ("99.96", 3, "100"),
        ("0.000918", 2, "0.00092"),
        ("0", 3, "0"),
        ("-1.2349", 3, "-1.23"),
        ("7", 3, "7.00"),
    ],
)
def test_a_figure_is_rounded_to_significant_digits(figure: str, digits: int, text: str) -> None:
    assert shown(figure, digits) == text


def test_a_figure_follows_its_own_quality() -> None:
    assert shown_figure("73.935316", quality("1.15")) == "73.9"
    assert shown_figure("73.935316", quality("1.5")) == "74"
