"""The quality of one line: whether it is primary data, its rating, and its uncertainty.

Rules (`docs/formats.md`, Quality; `ledger.footprint.quality_sum` continues them):

1. Each line has scores from 1 (best) to 5 for reliability, completeness, time, geography and technology, the indicators
   of the pedigree matrix of Weidema & Wesnaes (1996).  The scores follow from the basis of the amount and from status,
   quality, year and place of the factor.  A producer may state them, but never better than the visible facts:
   reliability no better than basis and status give, time and geography no better than the factor's row gives.
2. A placeholder scores 5 throughout, whatever is stated.  So does a factor that is not public, unless scores are
   stated.
3. The rating of a line is the mean of its five scores.
4. GSD2, the square of the geometric standard deviation: ln^2 GSD2 = ln^2 U_basic + sum of ln^2 U_i.  An amount that
   nobody read has at least the spread of its own usual range (`spread_of` in ``completeness.csv``; engine 1 knew none).
5. Primary data is measured at the plant itself: electricity used, fuels burnt, heat bought and direct emissions with a
   metered, weighed or apportioned amount; for materials, supply, transport and treatment a supplier's own value.  A
   placeholder is never primary.

This module cannot verify a producer's statements about its data, and has no uncertainty of GWPs.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from ledger.chemistry.exact import SCALE
from ledger.footprint.uncertainty import variance_of
from ledger.footprint.versions import ENGINE, GUARDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.factors.factor import Factor, Status
    from schemas.certificate import Facility
    from schemas.instant import Period
    from schemas.vocabulary import Basis, Step

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
"""Uncertainty factors (as GSD2) by dimension and score 1 to 5.

They are ecoinvent's of 2005 (Frischknecht et al., ecoinvent report 1, pedigree matrix), not from that report itself but
read as `version_1` in biosteam_lca/_pedigree_matrix/data.py @c22fd345 (github.com/scyjth/biosteam_lca); status:
read-secondary.  If that table has no factor for a score it repeats the previous one.
"""

BASIC_GOODS: Final = "1.05"
BASIC_GRID: Final = "1.10"
BASIC_TRANSPORT: Final = "2"
BASIC_CO2: Final = "1.05"
BASIC_OTHER_GAS: Final = "1.5"
"""Basic uncertainty (as GSD2) of energy, materials and treatment, of transport (t.km), and of emissions.

Emissions are CO2, or CH4, N2O and inorganic emissions.  Source and status as of `UNCERTAINTY`, except of a grid's
factor: 1.10 is set here, since the factor of CN-NM moved by 8.4 % from 2021 to 2023, and direct and life-cycle factors
of China differ by 8.9 % (`ledger/factors/data/grid.csv`).  Engine 1 took 1.05.
"""

NOT_CARBON_DIOXIDE: Final = frozenset(
    {"CH4-fossil", "CH4-biogenic", "N2O", "CF4", "C2F6", "C3F8", "SF6", "NF3"}
)  # the HFCs are goods that leak: the emission equals the refill

RELIABILITY: Final[Mapping[Basis, int]] = {"metered": 1, "weighed": 1, "apportioned": 2, "calculated": 3, "assumed": 4}
"""1: measured; 2: measured, and apportioned by assumption; 3: computed from other data; 4: an estimate."""

COMPLETENESS: Final[Mapping[Basis, int]] = {"metered": 1, "weighed": 1, "apportioned": 2, "calculated": 1, "assumed": 5}
"""1: the whole run; 2: its part of a longer time; 5: representativeness unknown."""

SOURCE: Final[Mapping[Status, int]] = {"read": 1, "derived": 2, "read-secondary": 2, "method": 1, "placeholder": 5}
"""Reliability of a factor by its status."""

AGES: Final = (3, 6, 10, 15)
"""The years from which on a factor scores 2, 3, 4 and 5 for time (pedigree matrix); an undated one scores 5."""

PRIMARY: Final[frozenset[Basis]] = frozenset({"metered", "weighed", "apportioned"})
"""Bases of primary data: measured directly, or derived from a measurement."""

WORST: Final[Scores] = (5, 5, 5, 5, 5)

_MILLION: Final = 10**6
APPRAISED_KEPT: Final = 4096
"""Line qualities in the cache; a plant's lines score the same in all runs."""


GUESSED: Final[frozenset[Basis]] = frozenset({"calculated", "assumed"})
"""Bases of amounts that nobody read: each may lie anywhere in the usual range of its step."""


class Site(NamedTuple):
    """The site of a run: ISO 3166 code of its region, or else of its country, year of production, and its step.

    The step is "" where the ranges of its amounts don't count: in engine 1.
    """

    place: str
    year: int
    step: str = ""


NOWHERE: Final = Site("ZZ", 0)
"""The unknown site; no factor is near it."""


def site_of(facility: Facility, period: Period, step: Step, engine: str = ENGINE) -> Site:
    """Return the site of a run from its plant, its period and its step."""
    place, year = facility.region or facility.country, int(period.end[:4])
    return Site(place, year, step if engine in GUARDED else "")


Evidence: TypeAlias = Literal["own", "supplied", "general"]
"""The source of a line's data: measured at the plant, a supplier's own value, or neither."""


class LineKind(NamedTuple):
    """A kind of line: the source of its data, its basic uncertainty, and its group or its key.

    A key is that of `ledger.footprint.uncertainty`; a group makes one with the flow of the factor.
    """

    evidence: Evidence
    basic: str
    key: str


class LineQuality(NamedTuple):
    """The quality of one line: primary share (scaled, 0 or 1), rating (x 10^6), ln^2 GSD2 (scaled), and five scores.

    `amount` is the part of ln^2 GSD2 that the amount brings, the rest is the factor's; `key` is that of the factor
    (`ledger.footprint.uncertainty`), None for a line without one.
    """

    primary: int
    rating: int
    variance: int
    scores: Scores
    amount: int
    key: str | None


# -- one line -----------------------------------------------------------------------------------------------------


@lru_cache(APPRAISED_KEPT)
def appraise(basis: Basis, stated: str | None, kind: LineKind, factor: Factor | None, site: Site) -> LineQuality:
    """Return the quality of a line with a factor; `factor` is None if it is not public."""
    if factor is None:
        return _unseen(basis, stated, kind)
    status, key = factor.status, kind.key if ":" in kind.key else f"{kind.key}:{factor.flow}"
    if status == "placeholder":
        return _appraisal(0, WORST, kind.basic, key)
    derived = (
        max(RELIABILITY[basis], SOURCE[status]),
        COMPLETENESS[basis],
        1 if status == "method" else _time(factor.year, site.year),
        1 if status == "method" else _geography(factor.geography, site.place),
        factor.quality,
    )
    primary = int(kind.evidence != "general" and basis in PRIMARY)
    return _appraisal(primary, _with(stated, derived), kind.basic, key, worst_of_factor=SOURCE[status])


@lru_cache(APPRAISED_KEPT)
def measured_here(basis: Basis, stated: str | None, basic: str) -> LineQuality:
    """Return the quality of a line that needs no factor: a direct emission."""
    reliability = RELIABILITY[basis]
    derived = (reliability, COMPLETENESS[basis], 1, 1, reliability)
    return _appraisal(int(basis in PRIMARY), _with(stated, derived), basic, None)


def of_proxy(quality: LineQuality, basic: str) -> LineQuality:
    """Return the quality of a line whose factor is that of a like substance: technology scores 5, as of another one."""
    scores = (*quality.scores[:4], 5)
    return _appraisal(quality.primary // SCALE, scores, basic, quality.key)._replace(amount=quality.amount)


def in_range(quality: LineQuality, basis: Basis, spread: str | None) -> LineQuality:
    """Return the quality of a line whose amount, if nobody read it, has at least the spread of its usual range."""
    if basis not in GUESSED or spread is None or (amount := variance_of([spread])) <= quality.amount:
        return quality
    return quality._replace(variance=quality.variance - quality.amount + amount, amount=amount)


def _unseen(basis: Basis, stated: str | None, kind: LineKind) -> LineQuality:
    primary = int(kind.evidence == "supplied" and basis in PRIMARY)
    if stated is None:
        return _appraisal(primary, WORST, kind.basic, kind.key)
    scores = _with(stated, (RELIABILITY[basis], 1, 1, 1, 1))
    return _appraisal(primary, scores, kind.basic, kind.key, worst_of_factor=1)


def _with(stated: str | None, derived: Scores) -> Scores:
    """Return the effective scores: those stated, but never better than the visible facts (rule 1)."""
    if stated is None:
        return derived
    reliability, completeness, time, geography, technology = map(int, stated)
    return (max(reliability, derived[0]), completeness, max(time, derived[2]), max(geography, derived[3]), technology)


def _time(year: int | None, produced: int) -> int:
    if year is None:
        return 5
    return 1 + sum(abs(produced - year) >= age for age in AGES)


def _geography(geography: str, plant: str) -> int:
    """Score a place: the plant's region; its country or grid; another part of it or the world; another country."""
    country = plant[:2]
    if geography == plant:
        return 1
    if geography == country or geography.startswith(f"{country}-GRID-"):
        return 2
    return 3 if geography == "GLO" or geography[:2] == country else 4


def _appraisal(primary: int, scores: Scores, basic: str, key: str | None, *, worst_of_factor: int = 5) -> LineQuality:
    """Return the quality by scores; a reliability beyond `worst_of_factor` is that of the amount.

    Without a key all of the variance is that of the amount; at 5, nothing is known and all is the factor's.
    """
    factors = [row[score - 1] for row, score in zip(UNCERTAINTY, scores, strict=True)]
    variance = variance_of([basic, *factors])
    if key is None:
        amount = variance
    elif worst_of_factor == SOURCE["placeholder"]:
        amount = 0
    else:
        amount = variance_of(factors[1:2] if scores[0] <= worst_of_factor else factors[:2])
    return LineQuality(primary * SCALE, sum(scores) * (_MILLION // len(scores)), variance, scores, amount, key)
