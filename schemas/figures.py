"""Figures as they are sealed: rows of gases, totals, and what an element or a batch is made of.

Rules: amounts are strings: kg with at most 12 decimals where they were computed; rows are arrays, since there are a
hundred of them in a certificate.
"""

from __future__ import annotations

from functools import lru_cache
from operator import itemgetter
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, Field, StringConstraints

from schemas.door.faults import as_pydantic
from schemas.identifier import TABLE_NAME, Country, Digest, Element, Region
from schemas.name import Words
from schemas.patterns import RATING, SPREAD_KEY
from schemas.problem import InputError
from schemas.quantity import Amount12, Fraction6, Fraction12, PositiveAmount12, SignedAmount12, trillionths
from schemas.struct import Struct
from schemas.vocabulary import (
    INDICATORS,
    BesideFigure,
    BesideItem,
    Gas,
    Group,
    Indicator,
    InstrumentWord,
    Stage,
    Step,
)

FigureRow: TypeAlias = tuple[Stage, Gas, SignedAmount12, SignedAmount12]
"""kg of one gas from one stage of the chain, with location-based and with market-based electricity.

Rows are arrays, since there are a hundred of them in a certificate: half the bytes and half the time of objects.
"""

GroupRow: TypeAlias = tuple[Group, Gas, SignedAmount12, SignedAmount12]
"""kg of one gas from one group of the run's own lines, location- and market-based."""


IndicatorRow: TypeAlias = tuple[Indicator, PositiveAmount12]
"""One figure besides greenhouse gases, in the indicator's own unit; one that is 0 is left out."""

INDICATOR_PLACE: Final[dict[Indicator, int]] = {name: place for place, name in enumerate(INDICATORS)}
_NAME: Final = itemgetter(0)
_ORDERS_KEPT: Final = 1024
"""Orders that are known to be right: a plant's certificates all tell the same figures."""


@lru_cache(_ORDERS_KEPT)
def _in_order(names: tuple[Indicator, ...]) -> tuple[Indicator, ...]:
    """Refuse names that stand in another order, or twice: there is one spelling."""
    last = -1
    for name in names:
        place = INDICATOR_PLACE[name]
        if place <= last:
            raise as_pydantic(InputError.at("document.order", name=name))
        last = place
    return names


def _rows_in_order(rows: tuple[IndicatorRow, ...]) -> tuple[IndicatorRow, ...]:
    _in_order(tuple(map(_NAME, rows)))
    return rows


IndicatorRows = Annotated[tuple[IndicatorRow, ...], AfterValidator(_rows_in_order)]
"""Figures besides greenhouse gases, in the order of the words."""

IndicatorNames = Annotated[tuple[Indicator, ...], AfterValidator(_in_order)]
"""Some indicators, in the order of the words."""


SharedSpread: TypeAlias = tuple[Annotated[str, StringConstraints(pattern=SPREAD_KEY)], Amount12]
"""A key of shared uncertainty and its ln GSD2.

A key is the grid of a country with its set, a group of lines with the flow of a factor, the group alone for factors
that are not public, or `unsplit` for inputs of engine 1.
"""


ShareBounds: TypeAlias = tuple[Fraction12, Fraction12]
"""The least and the most that a share can be, from 0 to 1; equal where it is known exactly."""


MeasuredShare: TypeAlias = tuple[Fraction12, Fraction12, Fraction12, Fraction12, Fraction12]
"""Parts of the kg CO2e of a run that rest on certified inputs, on a named meter or scale, on a named document, on usual
and calculated amounts, and on placeholders: factors that are no evidence, or are not public."""

WordPart: TypeAlias = tuple[Annotated[str, StringConstraints(pattern=SPREAD_KEY)], Fraction12]
"""A key of what an amount was counted with, and its part of the figure.

A key is as in `shared`; `direct` is an emission without a factor, `unsplit` a certificate of engine 1.
"""


class Quality(Struct):
    """How good the figures of a run are; all its outputs share one set, as they share every row by the same weights."""

    primary_share: Fraction12
    """Part of the location-based kg CO2e, signs aside, that rests on the plants' own measurements, from 0 to 1."""
    rating: Annotated[str, StringConstraints(pattern=RATING)]
    """Mean data-quality rating of the lines, weighted by their kg CO2e, from 1 (best) to 5."""
    variance: Amount12
    """Square of ln GSD2, the square of the geometric standard deviation. 95 % of the results lie between total / GSD2
    and total x GSD2."""
    shared: tuple[SharedSpread, ...] | None = None
    """Uncertainty that lines and batches share, as rows of a key such as `grid:CN:direct` or `materials:caustic-soda`
    and its ln GSD2, sorted by key. Absent in records of engine 1."""
    amounts: Amount12 | None = None
    """Part of the variance that is the amounts' own, as a square of ln GSD2. Absent in records of engine 1."""
    pact: ShareBounds | None = None
    """Primary data share as PACT counts it (Methodology 3, 4.2.2): amount and factor are both primary. Least and most;
    they differ only where a certificate of engine 1 lies upstream. Absent in records of engine 1."""
    withheld: ShareBounds | None = None
    """Part of the location-based kg CO2e, signs aside, that rests on factors of tables that are not public. Least and
    most, as for `pact`. Absent in records of engine 1."""
    measured_share: MeasuredShare | None = None
    """Parts of the run's location-based kg CO2e, signs aside, by what shows them. Absent in records of engine 1."""
    word: tuple[WordPart, ...] | None = None
    """Parts of the figure, in the whole chain, whose amount no meter, scale or document shows, sorted by key. Absent in
    records of engine 1."""


MOST_OPEN: Final = 16
"""The most exclusions without a bound that a figure names; further ones make `open` a thing told in part."""
BesideRow: TypeAlias = tuple[BesideFigure, SignedAmount12, SignedAmount12]
"""A figure beside the total, in kg CO2e with location-based and with market-based electricity."""


class Beside(Struct):
    """What a reader is told beside the figure; all outputs of a run share all of it but the rows."""

    rows: tuple[BesideRow, ...]
    """Figures as rows of name, kg CO2e location-based and market-based: `aircraft` is a part of the total, and the
    others are what it would have more with other factors. Those that are 0 are left out."""
    free: tuple[Fraction12, Fraction12, Fraction12]
    """Parts of the rare earth, by mass, that entered the chain of the run free of burden: as pre-consumer scrap, as
    post-consumer scrap, and as other waste."""
    instruments: tuple[InstrumentWord, ...]
    """What the market-based figure rests on, in the chain of the run. Empty if no instrument covers anything."""
    partial: tuple[BesideItem, ...]
    """What is told only in part, because a certificate of engine 1 lies upstream, or no table has what it takes."""
    open: Annotated[tuple[Words, ...], Field(min_length=1, max_length=MOST_OPEN)] | None = None
    """What the run and those behind it leave out without a bound, each once, the run's own first. Absent if nothing."""


class Co2e(Struct):
    """An amount of CO2e under the run's GWP set, with both ways to count electricity."""

    location: SignedAmount12
    """kg CO2e with location-based electricity."""
    market: SignedAmount12
    """kg CO2e with market-based electricity."""


ElementMass: TypeAlias = tuple[Element, Amount12]
"""An element and its mass in kg."""

ElementFraction: TypeAlias = tuple[Element, Fraction12]
"""An element and its mass fraction in a material."""


class CountryShare(Struct):
    """The part of an element that was extracted in one country."""

    country: Country
    """Country of extraction, by ISO 3166-1. `ZZ` means unknown (CLDR)."""
    share: Fraction12
    """Part of the element that was extracted there, from 0 to 1."""
    recycled: Fraction12 | None = None
    """Part of what was extracted there that is recycled, pre- and post-consumer, from 0 to 1. Stated where an element
    has several countries and is recycled in part. Absent there if a certificate of engine 1 upstream leaves it open."""


ScrapShare: TypeAlias = tuple[Digest, Fraction12]
"""The part of an element that is recovered scrap of one process, named by a pseudonym (`ledger.footprint.scrap`)."""


class ElementShare(Struct):
    """One element of a dry product: its mass fraction, the recycled parts of it, and where it was extracted."""

    element: Element
    """Symbol of the element."""
    fraction: Fraction6
    """Mass fraction of the element in the dry product."""
    pre: Fraction12
    """Part of the element that is pre-consumer recycled, from 0 to 1 (ISO 14021:2016, 7.8.1.1)."""
    post: Fraction12
    """Part of the element that is post-consumer recycled, from 0 to 1 (ISO 14021:2016, 7.8.1.1)."""
    scrap: tuple[ScrapShare, ...] | None = None
    """Parts of `pre` whose process is known, as rows of a process's pseudonym and its share. Back in that process, such
    a part is rework and counts as nothing."""
    extracted: tuple[CountryShare, ...]
    """Shares by country of extraction. Stated for tracked elements (rare earths, B, Co, Ni), where they sum to 1; else
    empty."""

    @property
    def uniform(self) -> bool:
        """Whether every country's part is recycled as the element is: there is one, or all or nothing is recycled."""
        return len(self.extracted) <= 1 or trillionths(self.pre) + trillionths(self.post) in {0, trillionths("1")}


class OriginStep(Struct):
    """A step of the chain and where it was done."""

    step: Step
    """Process step."""
    country: Country
    """Country of the plant, by ISO 3166-1. `ZZ` marks a branch of unknown origin."""
    region: Region | None = None
    """Subdivision of the country, by ISO 3166-2. Absent if not stated."""


class FactorSetRef(Struct):
    """A factor table by name and by the SHA-256 of its bytes."""

    name: Annotated[str, StringConstraints(pattern=rf"^{TABLE_NAME}$")]
    """Name of the table, as it stands before the `/` of a factor."""
    digest: Digest
    """SHA-256 of the table's bytes."""
