"""How good a figure is: the share that rests on primary data, a data-quality rating, and its uncertainty.

Rules (`docs/formats.md`, Quality):

1. Each line is scored 1 (best) to 5 for reliability, completeness, time, geography and technology, the indicators of the pedigree
   matrix of Weidema & Wesnaes (1996).  The scores follow from the basis of the amount and from status, quality, year and place
   of the factor.  A producer may state them; what can be seen stays as it is seen: no better reliability than basis and
   status give, no better time and geography than the factor's row has.
2. A placeholder is 5 throughout, whatever is stated.  So is a factor that is not public, unless scores are stated.
3. The rating of a line is the mean of its five scores; of a run, the mean weighted by the lines' |kg CO2e|, location-based.
4. GSD2, the square of the geometric standard deviation, of a line: ln^2 GSD2 = ln^2 U_basic + sum of ln^2 U_i.  Of a run:
   ln^2 GSD2 = sum over its lines of (|c_i| / sum |c|)^2 x ln^2 GSD2_i, as if they did not depend on each other.
5. Primary is what was measured at the plant itself: electricity used, fuels burnt, heat bought and direct emissions whose amount
   is metered, weighed or apportioned from a meter; of materials, supply, transport and treatment what states a supplier's own value.
   A placeholder is never primary.
6. A certified input counts as one line with the primary share, rating and variance of its certificate.
7. Sums are exact integers; each of the three figures is rounded once.  Logarithms come from `decimal`, which rounds them
   correctly, so they have the same digits on every machine.

What this module does not do: verifying what a producer says of its data (nobody can from here), or uncertainty of GWPs.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from ledger.chemistry.exact import SCALE, divide
from schemas.figures import Quality
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ledger.factors.factor import Factor, Status
    from ledger.factors.figures import Pair, StageGas
    from schemas.certificate import Facility
    from schemas.instant import Period
    from schemas.vocabulary import Basis, Gas

Scores: TypeAlias = tuple[int, int, int, int, int]
"""Reliability, completeness, time, geography, technology."""


DIMENSIONS: Final = ("reliability", "completeness", "time", "geography", "technology")

UNCERTAINTY: Final[tuple[tuple[str, ...], ...]] = (
    ("1", "1.05", "1.1", "1.2", "1.5"),
    ("1", "1.02", "1.05", "1.1", "1.2"),
    ("1", "1.03", "1.1", "1.2", "1.5"),
    ("1", "1.01", "1.02", "1.02", "1.1"),
    ("1", "1", "1.2", "1.5", "2"),
)
"""Uncertainty factors (as GSD2) by dimension and score 1 to 5: ecoinvent's of 2005 (Frischknecht et al., ecoinvent report 1,
pedigree matrix), not from that report itself but read as `version_1` in biosteam_lca/_pedigree_matrix/data.py @c22fd345
(github.com/scyjth/biosteam_lca); status: read-secondary.  Where that table has no factor for a score it repeats the one before."""

BASIC_GOODS: Final = "1.05"
BASIC_TRANSPORT: Final = "2"
BASIC_CO2: Final = "1.05"
BASIC_OTHER_GAS: Final = "1.5"
"""Basic uncertainty (as GSD2) of what is used (energy, materials, treatment), of transport (t.km), and of what is given off: CO2, and
CH4, N2O and inorganic emissions otherwise; source and status as of `UNCERTAINTY`."""

NOT_CARBON_DIOXIDE: Final = frozenset(
    {"CH4-fossil", "CH4-biogenic", "N2O", "CF4", "C2F6", "C3F8", "SF6", "NF3"}
)  # the HFCs are goods that leak: as much is given off as was filled in

RELIABILITY: Final[Mapping[Basis, int]] = {"metered": 1, "weighed": 1, "apportioned": 2, "calculated": 3, "assumed": 4}
"""1: measured; 2: measured, and shared out by assumption; 3: worked out from other data; 4: an estimate."""

COMPLETENESS: Final[Mapping[Basis, int]] = {"metered": 1, "weighed": 1, "apportioned": 2, "calculated": 1, "assumed": 5}
"""1: the whole run; 2: its part of a longer time; 5: representativeness unknown."""

SOURCE: Final[Mapping[Status, int]] = {"read": 1, "derived": 2, "read-secondary": 2, "method": 1, "placeholder": 5}
"""Reliability of a factor by how its value is known."""

AGES: Final = (3, 6, 10, 15)
"""A factor less than so many years from production scores 1, 2, 3, 4 for time; older, or without a year, 5 (pedigree matrix)."""

PRIMARY: Final[frozenset[Basis]] = frozenset({"metered", "weighed", "apportioned"})
"""Bases of primary data: direct measurement, or worked out from it."""

WORST: Final[Scores] = (5, 5, 5, 5, 5)
BEST: Final = 10**6
"""The best rating, 1, as it is weighed."""

_MILLION: Final = 10**6
_PRECISION: Final = Context(prec=50)
APPRAISED_KEPT: Final = 4096
"""Appraisals that stay: a plant's lines score the same run after run."""


class Site(NamedTuple):
    """Where and when a run was: ISO 3166 code of its region, or else of its country, and the year of production."""

    place: str
    year: int


NOWHERE: Final = Site("ZZ", 0)
"""A site that is not known; no factor is near it."""


def site_of(facility: Facility, period: Period) -> Site:
    """Return where and when a run was, by its plant and its period."""
    return Site(facility.region or facility.country, int(period.end[:4]))


Evidence: TypeAlias = Literal["own", "supplied", "general"]
"""Whose data a line rests on: measured at the plant, a supplier's own value, or neither."""


class LineQuality(NamedTuple):
    """What one line is worth: its primary share (scaled, 0 or 1), rating (x 10^6), ln^2 GSD2 (scaled), and the five scores."""

    primary: int
    rating: int
    variance: int
    scores: Scores


# -- one line -----------------------------------------------------------------------------------------------------


@lru_cache(APPRAISED_KEPT)
def appraise(
    basis: Basis, stated: str | None, evidence: Evidence, factor: Factor | None, basic: str, site: Site
) -> LineQuality:
    """Return what a line with a factor is worth; without one the factor is not public."""
    if factor is None:
        return _unseen(basis, stated, evidence, basic)
    status = factor.status
    if status == "placeholder":
        return _appraisal(0, WORST, basic)
    derived = (
        max(RELIABILITY[basis], SOURCE[status]),
        COMPLETENESS[basis],
        1 if status == "method" else _time(factor.year, site.year),
        1 if status == "method" else _geography(factor.geography, site.place),
        factor.quality,
    )
    return _appraisal(int(evidence != "general" and basis in PRIMARY), _with(stated, derived), basic)


@lru_cache(APPRAISED_KEPT)
def measured_here(basis: Basis, stated: str | None, basic: str) -> LineQuality:
    """Return what a line that needs no factor is worth: a direct emission."""
    reliability = RELIABILITY[basis]
    derived = (reliability, COMPLETENESS[basis], 1, 1, reliability)
    return _appraisal(int(basis in PRIMARY), _with(stated, derived), basic)


def _unseen(basis: Basis, stated: str | None, evidence: Evidence, basic: str) -> LineQuality:
    primary = int(evidence == "supplied" and basis in PRIMARY)
    if stated is None:
        return _appraisal(primary, WORST, basic)
    return _appraisal(primary, _with(stated, (RELIABILITY[basis], 1, 1, 1, 1)), basic)


def _with(stated: str | None, derived: Scores) -> Scores:
    """Return the scores that count: those stated, but what can be seen is no better than it is seen (rule 1)."""
    if stated is None:
        return derived
    reliability, completeness, time, geography, technology = map(int, stated)
    return (max(reliability, derived[0]), completeness, max(time, derived[2]), max(geography, derived[3]), technology)


def _time(year: int | None, produced: int) -> int:
    if year is None:
        return 5
    return 1 + sum(abs(produced - year) >= age for age in AGES)


def _geography(geography: str, plant: str) -> int:
    """Score a place: the plant's own region; its country or grid; another part of it or the whole world; another country."""
    country = plant[:2]
    if geography == plant:
        return 1
    if geography == country or geography.startswith(f"{country}-GRID-"):
        return 2
    return 3 if geography == "GLO" or geography[:2] == country else 4


def _appraisal(primary: int, scores: Scores, basic: str) -> LineQuality:
    factors = [row[score - 1] for row, score in zip(UNCERTAINTY, scores, strict=True)]
    return LineQuality(primary * SCALE, sum(scores) * (_MILLION // len(scores)), variance_of([basic, *factors]), scores)


# -- uncertainty --------------------------------------------------------------------------------------------------


def variance_of(factors: Iterable[str]) -> int:
    """Return ln^2 GSD2 (scaled, each term rounded once) of uncertainty factors that multiply (rule 4)."""
    return sum(map(_ln_squared, factors))


@lru_cache(APPRAISED_KEPT)
def _ln_squared(factor: str) -> int:
    logarithm = _PRECISION.ln(Decimal(factor))
    return int(_PRECISION.to_integral_value(_PRECISION.multiply(_PRECISION.multiply(logarithm, logarithm), SCALE)))


def gsd2(variance: int) -> int:
    """Return GSD2 (scaled, rounded once) from ln^2 GSD2 (scaled): for display, and never used downstream."""
    root = _PRECISION.sqrt(_PRECISION.divide(Decimal(variance), SCALE))
    return int(_PRECISION.to_integral_value(_PRECISION.multiply(_PRECISION.exp(root), SCALE)))


def span(figure: str, quality: Quality) -> tuple[str, str]:
    """Return between which values 95 % of the results lie, for a figure of 12 decimals: for display."""
    number, spread = trillionths(figure), gsd2(trillionths(quality.variance))
    ends = sorted((divide(number * SCALE, spread), divide(number * spread, SCALE)))
    return trillionths_text(ends[0]), trillionths_text(ends[1])


# -- a run --------------------------------------------------------------------------------------------------------


class QualitySum:
    """Lines and inputs with what they are worth (rules 3 to 6)."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, LineQuality | tuple[int, int, int]]] = []

    def add(self, co2e: int, primary: int, rating: int, variance: int) -> None:
        """Add one: kg CO2e (x 10^24), primary share (scaled), rating (x 10^6), variance (scaled)."""
        self.parts.append((co2e, (primary, rating, variance)))

    def inherit(self, rows: Mapping[StageGas, Pair], quality: Quality, gwp: Mapping[Gas, int]) -> None:
        """Add an input: what it brings, and the quality of its certificate."""
        primary, rating, variance = parsed_quality(quality)
        self.add(sum([pair[0] * gwp[gas] for (_, gas), pair in rows.items()]), primary, rating // _MILLION, variance)

    @property
    def total(self) -> int:
        """What was added, in kg CO2e (x 10^24), without signs."""
        return sum([abs(co2e) for co2e, _ in self.parts])

    def figures(self) -> tuple[int, int, int]:
        """Return primary share, rating and variance (all scaled); where nothing is given off, nothing is known: 0, 5, 0."""
        total = primary = rating = variance = 0
        for co2e, worth in self.parts:
            size = abs(co2e)
            total += size
            primary += size * worth[0]
            rating += size * worth[1]
            variance += size * size * worth[2]
        if not total:
            return 0, 5 * SCALE, 0
        return divide(primary, total), divide(rating, total) * _MILLION, divide(variance, total * total)

    def quality(self) -> Quality:
        """Return the quality of a run."""
        primary, rating, variance = map(trillionths_text, self.figures())
        return Quality(primary_share=primary, rating=rating, variance=variance)


def parsed_quality(quality: Quality) -> tuple[int, int, int]:
    """Return sealed quality as `Weighing.figures` has it."""
    return trillionths(quality.primary_share), trillionths(quality.rating), trillionths(quality.variance)
