"""The quality of a run: what holds each of its lines, and the weighted sum of its lines and inputs.

Rules (`docs/formats.md`, Quality; `ledger.footprint.quality` has those of one line):

1. The primary share and the rating are means weighted by the lines' |kg CO2e|, location-based.  The spread is that of
   `ledger.footprint.uncertainty`; engine 1 took its lines and inputs as independent: ln^2 GSD2 = sum of
   (|c_i| / sum |c|)^2 x ln^2 GSD2_i.
2. A certified input counts as one line with the primary share, rating and variance of its certificate.
3. PACT's primary share counts a line if its amount and its factor are both primary: measured at the plant, or a
   supplier's own.  It is carried from certificate to certificate like ours, and so is the share of factors that are not
   public.  A certificate of engine 1 carries neither, so these have bounds above it.
4. Each line rests on one thing: a placeholder (or a factor that is not public); else a named meter or scale; else a
   named document; else usual or calculated amounts.  A certified input is a part of its own.  An amount that no meter
   and no document shows is the producer's word alone, and so is a factor that is not public.  A certificate carries
   these parts by key, and an input brings its own.
5. Sums are exact integers; each figure is rounded once.

This module scores no line.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.exact import SCALE, divide
from ledger.footprint.quality import APPRAISED_KEPT, LineQuality
from ledger.footprint.uncertainty import UNSPLIT, InputSpread, LineSpread, Spread, parsed_spread, spread_of
from ledger.footprint.versions import ENGINE, GUARDED
from schemas.figures import Quality
from schemas.inventory import READ
from schemas.quantity import trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ledger.factors.figures import Pair, StageGas
    from schemas.figures import MeasuredShare, ShareBounds, WordPart
    from schemas.vocabulary import Basis, Gas

NO_FACTOR: Final = "direct"
"""The key of emissions that were determined without a factor."""
_MILLION: Final = 10**6

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
    """The weighted sum of the quality of lines and inputs by the rules of an engine."""

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
