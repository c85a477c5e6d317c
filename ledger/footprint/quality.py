"""The quality of a figure: its primary share, a data-quality rating, and its uncertainty.

Rules (`docs/formats.md`, Quality):

1. Each line has scores from 1 (best) to 5 for reliability, completeness, time, geography and technology, the indicators
   of the pedigree matrix of Weidema & Wesnaes (1996).  The scores follow from the basis of the amount and from status,
   quality, year and place of the factor.  A producer may state them, but never better than the visible facts:
   reliability no better than basis and status give, time and geography no better than the factor's row gives.
2. A placeholder scores 5 throughout, whatever is stated.  So does a factor that is not public, unless scores are
   stated.
3. The rating of a line is the mean of its five scores; of a run, the mean weighted by the lines' |kg CO2e|,
   location-based.
4. GSD2, the square of the geometric standard deviation, of a line: ln^2 GSD2 = ln^2 U_basic + sum of ln^2 U_i.  An
   amount that nobody read has at least the spread of its own usual range (`SPREADS`).  Of a run:
   `ledger.footprint.uncertainty`.  Engine 1 knew no ranges, and took its lines and inputs as independent: ln^2 GSD2 =
   sum of (|c_i| / sum |c|)^2 x ln^2 GSD2_i.
5. Primary data is measured at the plant itself: electricity used, fuels burnt, heat bought and direct emissions with a
   metered, weighed or apportioned amount; for materials, supply, transport and treatment a supplier's own value.  A
   placeholder is never primary.
6. A certified input counts as one line with the primary share, rating and variance of its certificate.
7. PACT's primary share counts a line if its amount and its factor are both primary: measured at the plant, or a
   supplier's own.  It is carried from certificate to certificate like ours, weighed by kg CO2e, and so is the share of
   factors that are not public.  A certificate of engine 1 carries neither, so these have bounds above it.
8. Each line of a run rests on one thing: a placeholder (or a factor that is not public); else a named meter or scale;
   else a named document; else usual or calculated amounts.  A certified input is a part of its own.  An amount that no
   meter and no document shows is the producer's word alone, and so is a factor that is not public; a certificate
   carries these parts by key, and an input brings its own.
9. Sums are exact integers; each figure is rounded once.  `decimal` rounds logarithms correctly, so they
   have the same digits on every machine.

This module cannot verify a producer's statements about its data, and has no uncertainty of GWPs.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from ledger.chemistry.exact import SCALE, divide
from ledger.footprint.uncertainty import UNSPLIT, InputSpread, LineSpread, Spread, spread_of
from ledger.footprint.versions import ENGINE, GUARDED
from schemas.figures import Quality
from schemas.inventory import READ
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.factors.factor import Factor, Status
    from ledger.factors.figures import Pair, StageGas
    from schemas.certificate import Facility
    from schemas.figures import MeasuredShare, ShareBounds, WordPart
    from schemas.instant import Period
    from schemas.vocabulary import Basis, Gas, Group, Step

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

NO_FACTOR: Final = "direct"
"""The key of emissions that were determined without a factor."""

_MILLION: Final = 10**6
_PRECISION: Final = Context(prec=50)
APPRAISED_KEPT: Final = 4096
"""Line qualities in the cache; a plant's lines score the same in all runs."""


GUESSED: Final[frozenset[Basis]] = frozenset({"calculated", "assumed"})
"""Bases of amounts that nobody read: each may lie anywhere in the usual range of its step."""

SPREADS: Final[Mapping[str, Mapping[str, str]]] = {
    "acid-roasting": {
        "electricity": "4.08",
        "fuels": "2.83",
        "materials:sulphuric-acid": "2.00",
        "materials:hydrochloric-acid": "2.00",
        "materials:nitric-acid": "2.00",
    },
    "alkaline-cracking": {"electricity": "5.00", "fuels": "3.87", "materials:sodium-hydroxide": "1.94"},
    "alloy-melting": {"electricity": "3.16", "fuels": "3.16"},
    "beneficiation": {
        "electricity": "2.74",
        "fuels": "7.07",
        "materials:sodium-silicate": "3.87",
        "materials:flotation-collector": "3.87",
    },
    "chlorination": {"electricity": "7.07", "fuels": "4.47"},
    "coating": {"electricity": "3.65"},
    "hydrochloric-leaching": {"electricity": "7.07", "fuels": "2.83", "materials:hydrochloric-acid": "2.20"},
    "hydrogen-recycling": {
        "electricity": "4.00",
        "materials:hydrogen-grey-smr": "2.58",
        "materials:hydrogen-natural-gas": "2.58",
    },
    "hydrometallurgical-recycling": {"electricity": "3.54", "fuels": "2.37"},
    "in-situ-leaching": {
        "electricity": "3.46",
        "fuels": "2.45",
        "direct": "2.00",
        "materials:ammonium-sulphate": "3.16",
        "materials:magnesium-sulphate": "3.16",
    },
    "machining": {"electricity": "6.32"},
    "magnet-production": {"electricity": "1.73", "fuels": "1.73"},
    "metallothermic-reduction": {"electricity": "10.00"},
    "mining": {"electricity": "6.32", "fuels": "6.32", "materials:explosives-anfo": "8.16"},
    "oxide-electrolysis": {
        "electricity": "1.67",
        "direct": "1.81",
        "materials:lithium-fluoride": "4.47",
        "materials:carbon-anode": "3.16",
    },
    "separation": {
        "electricity": "3.16",
        "fuels": "2.45",
        "materials:sodium-hydroxide": "4.47",
        "materials:ammonia-coal-route": "4.47",
        "materials:ammonia-coke-oven-gas-route": "4.47",
        "materials:ammonia-natural-gas-route": "4.47",
        "materials:lime-cao": "4.47",
        "materials:slaked-lime-ca-oh-2": "4.47",
        "materials:soda-ash": "4.47",
        "materials:p507-extractant": "4.47",
    },
    "strip-casting": {"electricity": "1.63", "fuels": "1.63"},
}
"""GSD2 of an amount that nobody read, by step and by group of lines or key of a material.

It is the root of high / low of the usual range of the step's main row (`ledger/factors/data/completeness.csv`:
`flag_below` to `flag_above`, else `typical`), so that 95 % of the results lie in that range.  A test compares them.
"""


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


def in_range(quality: LineQuality, basis: Basis, group: Group, site: Site) -> LineQuality:
    """Return the quality of a line whose amount, if nobody read it, spreads over the usual range of the step."""
    wide = SPREADS.get(site.step, {}).get((quality.key or "") if group == "materials" else group)
    if wide is None or basis not in GUESSED or (amount := variance_of([wide])) <= quality.amount:
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


# -- uncertainty --------------------------------------------------------------------------------------------------


def variance_of(factors: Iterable[str]) -> int:
    """Return ln^2 GSD2 (scaled, each term rounded once) of uncertainty factors that multiply (rule 4)."""
    return sum(map(_ln_squared, factors))


@lru_cache(APPRAISED_KEPT)
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


CERTIFIED: Final = 0
METERED: Final = 1
DOCUMENTED: Final = 2
USUAL: Final = 3
PLACEHOLDER: Final = 4
"""The places in `Quality.measured_share`."""


class Held(NamedTuple):
    """What a line is held by: its place in `Quality.measured_share`, and whether that is the producer's word alone."""

    place: int
    word: bool


INPUT: Final = Held(CERTIFIED, word=False)
"""An input is certified; its certificate tells what of it is a word alone."""


@lru_cache(APPRAISED_KEPT)
def held(basis: Basis, *, documented: bool, placeholder: bool, hidden: bool) -> Held:
    """Return what holds a line; what is metered or weighed names its meter (Q-METER)."""
    place = METERED if basis in READ else DOCUMENTED if documented else USUAL
    return Held(PLACEHOLDER if placeholder or hidden else place, word=hidden or place == USUAL)


class Rests(NamedTuple):
    """What a line or an input rests on, scaled: least and most of PACT's primary share, and of what is not public."""

    pact: tuple[int, int]
    withheld: tuple[int, int]


_ALL: Final = (SCALE, SCALE)
_NONE: Final = (0, 0)
GENERAL: Final = Rests(_NONE, _NONE)
"""A line with a public factor that is no primary data."""
OWN_DATA: Final = Rests(_ALL, _NONE)
"""A line whose amount and factor are both primary data."""
HIDDEN: Final = Rests(_NONE, _ALL)
"""A line whose factor is not public."""
HIDDEN_OWN_DATA: Final = Rests(_ALL, _ALL)
"""A line whose factor is not public and, like its amount, primary data."""


# -- a run --------------------------------------------------------------------------------------------------------


class Inherited(NamedTuple):
    """A certified input: primary share (scaled), rating (x 10^6), variance (scaled), its parts and its certificate.

    A certificate of engine 1 does not say what it rests on; PACT's share is never above its own.
    """

    primary: int
    rating: int
    variance: int
    spread: Spread | None
    certificate: str
    word: tuple[tuple[str, int], ...] = ((UNSPLIT, SCALE),)


class QualitySum:
    """The weighted sum of the quality of lines and inputs (rules 3 to 6), by the rules of an engine."""

    def __init__(self, engine: str = ENGINE) -> None:
        self.engine = engine
        self.parts: list[tuple[int, LineQuality | Inherited, Rests, Held]] = []

    def inherit(
        self, rows: Mapping[StageGas, Pair], quality: Quality, gwp: Mapping[Gas, int], certificate: str = ""
    ) -> None:
        """Add an input: its contribution, and the quality in its certificate."""
        co2e = sum([pair[0] * gwp[gas] for (_, gas), pair in rows.items()])
        rating = trillionths(quality.rating) // _MILLION
        primary, variance = trillionths(quality.primary_share), trillionths(quality.variance)
        rests = Rests(
            _parsed_bounds(quality.pact) or (0, primary),
            _parsed_bounds(quality.withheld) or (0, SCALE),
        )
        worth = Inherited(primary, rating, variance, parsed_spread(quality), certificate)
        if quality.word is not None:
            worth = worth._replace(word=tuple([(key, trillionths(part)) for key, part in quality.word]))
        self.parts.append((co2e, worth, rests, INPUT))

    @property
    def total(self) -> int:
        """The sum of the absolute kg CO2e (x 10^24)."""
        return sum([abs(co2e) for co2e, *_ in self.parts])

    def quality(self) -> Quality:
        """Return the quality of a run; primary share 0, rating 5 and variance 0 without emissions."""
        total = primary = rating = 0
        for co2e, worth, *_ in self.parts:
            size = abs(co2e)
            total += size
            primary += size * worth.primary
            rating += size * worth.rating
        spread = pact = withheld = shares = word = None
        if self.engine in GUARDED:
            spread = self._spread(total) if total else Spread((), 0)
            resting = [(abs(co2e), rests) for co2e, _, rests, _ in self.parts if rests is not GENERAL]
            pact = _bounds([(size, *rests.pact) for size, rests in resting], total)
            withheld = _bounds([(size, *rests.withheld) for size, rests in resting], total)
            shares, word = self._shares(total), self._word(total)
        return Quality(
            primary_share=trillionths_text(divide(primary, total) if total else 0),
            rating=trillionths_text(divide(rating, total) * _MILLION if total else 5 * SCALE),
            variance=trillionths_text(spread.variance if spread else self._independent(total)),
            shared=None if spread is None else tuple([(key, trillionths_text(root)) for key, root in spread.shared]),
            amounts=None if spread is None else trillionths_text(spread.amounts),
            pact=pact,
            withheld=withheld,
            measured_share=shares,
            word=word,
        )

    def _shares(self, total: int) -> MeasuredShare:
        """Return the parts of the run by what holds them."""
        sums = [0, 0, 0, 0, 0]
        for co2e, _, _, by in self.parts:
            sums[by.place] += abs(co2e)
        certified, metered, documented, usual, placeholder = [
            trillionths_text(divide(each * SCALE, total) if total else 0) for each in sums
        ]
        return certified, metered, documented, usual, placeholder

    def _word(self, total: int) -> tuple[WordPart, ...]:
        """Return the parts of the chain that rest on the producers' word alone, sorted by key."""
        sums: dict[str, int] = {}
        for co2e, worth, _, by in self.parts:
            size = abs(co2e)
            if isinstance(worth, Inherited):
                for key, part in worth.word:
                    sums[key] = sums.get(key, 0) + size * part
            elif by.word:
                key = worth.key or NO_FACTOR
                sums[key] = sums.get(key, 0) + size * SCALE
        parts = [(key, divide(sums[key], total)) for key in sorted(sums)] if total else []
        return tuple([(key, trillionths_text(part)) for key, part in parts if part])

    def _independent(self, total: int) -> int:
        """Return the variance of engine 1."""
        variance = sum([co2e * co2e * worth.variance for co2e, worth, *_ in self.parts])
        return divide(variance, total * total) if total else 0

    def _spread(self, total: int) -> Spread:
        lines = [
            LineSpread(abs(co2e), worth.key, worth.variance - worth.amount, worth.amount)
            for co2e, worth, *_ in self.parts
            if isinstance(worth, LineQuality)
        ]
        inputs = [
            InputSpread(abs(co2e), worth.certificate, worth.variance, worth.spread)
            for co2e, worth, *_ in self.parts
            if isinstance(worth, Inherited)
        ]
        return spread_of(lines, inputs, total)


def _bounds(shares: Sequence[tuple[int, int, int]], total: int) -> ShareBounds:
    """Return the least and the most of a share, each part's own by its size; 0 without emissions."""
    if not total:
        return "0", "0"
    least, most = (sum([size * low for size, low, _ in shares]), sum([size * high for size, _, high in shares]))
    return trillionths_text(divide(least, total)), trillionths_text(divide(most, total))


def _parsed_bounds(bounds: ShareBounds | None) -> tuple[int, int] | None:
    return None if bounds is None else (trillionths(bounds[0]), trillionths(bounds[1]))


def parsed_spread(quality: Quality) -> Spread | None:
    """Return the parts of a sealed variance, None for one of engine 1."""
    if quality.shared is None or quality.amounts is None:
        return None
    return Spread(tuple([(key, trillionths(root)) for key, root in quality.shared]), trillionths(quality.amounts))
