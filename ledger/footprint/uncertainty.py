"""The uncertainty of a figure whose lines and inputs share factors.

Rules (`docs/explanation/quality.md`):

1. The variance of a line, ln^2 GSD2, has two parts: that of its amount (basis of the amount) and that of its factor
   (kind, status, time, place, technology).  Amounts are independent.  A factor that several lines use is wrong in all
   of them alike.
2. What a factor's error brings is carried by key, as ln GSD2: `grid:CN:direct` for the grid factors of a country and a
   set, which come from one statistic; else the group of the line and the flow of the factor, such as
   `materials:hydrochloric-acid`, or the group alone if the factor is not public.  Within a key, the lines of this run
   and all that its inputs carry add up before they are squared, at the largest variance of the lines.  Keys are
   independent of each other.
3. A certificate carries the variance of its amounts as well.  Several draws from one certificate add up before they are
   squared; different certificates are independent.
4. A certificate without these parts counts as if all were shared with everything: its ln GSD2 is added to the rest,
   and stays apart in what this run passes on.
5. All sums are exact integers.  Roots are rounded down, and each key has one division, rounded half to even.

Source: propagation of errors with full correlation within a key (JCGM 100:2008, 5.2.2, note 1; from memory).

This module scores no line (`ledger.footprint.quality`).
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache
from math import isqrt
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.exact import SCALE, divide
from schemas.frozen import Frozen
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.figures import Quality

_ROOTS_KEPT: Final = 4096
_PRECISION: Final = Context(prec=50)
UNSPLIT: Final = "unsplit"
"""The key of certificates of engine 1, which have no parts."""


class Spread(NamedTuple):
    """The variance of a figure in parts: ln GSD2 by key, in the order of the keys, and the variance of amounts.

    All are scaled.
    """

    shared: tuple[tuple[str, int], ...]
    amounts: int

    @property
    def variance(self) -> int:
        """ln^2 GSD2 of the whole (scaled)."""
        apart = dict(self.shared)
        unsplit = apart.pop(UNSPLIT, 0)
        parts = divide(sum([root * root for root in apart.values()]), SCALE) + self.amounts
        if not unsplit:
            return parts
        root = isqrt(parts * SCALE) + unsplit
        return divide(root * root, SCALE)


class LineSpread(Frozen):
    """A line: |kg CO2e|, the key of its factor (None without one), the variances of factor and amount (scaled)."""

    size: int
    key: str | None
    factor: int
    amount: int


class InputSpread(Frozen):
    """A certified input: |kg CO2e| that it brings, its certificate ("" if unknown), its variance and its parts."""

    size: int
    certificate: str
    variance: int
    spread: Spread | None


@lru_cache(_ROOTS_KEPT)
def _root(variance: int) -> int:
    """Return ln GSD2 (scaled) of a variance; the lines of a plant have the same few in all runs."""
    return isqrt(variance * SCALE)


def spread_of(lines: Iterable[LineSpread], inputs: Iterable[InputSpread], total: int) -> Spread:
    """Return the parts for a run; `total` is the sum of all |kg CO2e|, above 0, in the unit of the lines."""
    used: dict[str, tuple[int, int]] = {}
    amounts = 0
    for line in lines:
        size, key, factor = line.size, line.key, line.factor
        amounts += size * size * line.amount
        if key is not None:
            whole, most = used.get(key, (0, 0))
            used[key] = whole + size, max(most, factor)
    roots = {key: size * _root(factor) for key, (size, factor) in used.items()}
    drawn: dict[str, tuple[int, int]] = {}
    for number, each in enumerate(inputs):
        size, spread = each.size, each.spread
        for key, root in ((UNSPLIT, _root(each.variance)),) if spread is None else spread.shared:
            roots[key] = roots.get(key, 0) + size * root
        if spread is not None:
            whole, _ = drawn.get(each.certificate or str(number), (0, 0))
            drawn[each.certificate or str(number)] = whole + size, spread.amounts
    amounts += sum([size * size * amount for size, amount in drawn.values()])
    shared = [(key, divide(root, total)) for key, root in sorted(roots.items())]
    return Spread(tuple([each for each in shared if each[1]]), divide(amounts, total * total))


def parsed_spread(quality: Quality) -> Spread | None:
    """Return the parts of a sealed variance, None for one of engine 1."""
    if quality.shared is None or quality.amounts is None:
        return None
    return Spread(tuple([(key, trillionths(root)) for key, root in quality.shared]), trillionths(quality.amounts))


# -- uncertainty factors and bounds ------------------------------------------------------------------------------------


def variance_of(factors: Iterable[str]) -> int:
    """Return ln^2 GSD2 (scaled, each term rounded once) of uncertainty factors that multiply."""
    return sum(map(_ln_squared, factors))


@lru_cache(_ROOTS_KEPT)
def _ln_squared(factor: str) -> int:
    logarithm = _PRECISION.ln(Decimal(factor))
    return int(_PRECISION.to_integral_value(_PRECISION.multiply(_PRECISION.multiply(logarithm, logarithm), SCALE)))


def gsd2(variance: int) -> int:
    """Return GSD2 (scaled, rounded once) from ln^2 GSD2 (scaled); for display only."""
    root = _PRECISION.sqrt(_PRECISION.divide(Decimal(variance), SCALE))
    return int(_PRECISION.to_integral_value(_PRECISION.multiply(_PRECISION.exp(root), SCALE)))


def span(figure: str, quality: Quality) -> tuple[str, str]:
    """Return the bounds of 95 % of the results, for a figure of 12 decimals; for display only."""
    number, spread = trillionths(figure), gsd2(trillionths(quality.variance))
    ends = sorted((divide(number * SCALE, spread), divide(number * spread, SCALE)))
    return trillionths_text(ends[0]), trillionths_text(ends[1])
