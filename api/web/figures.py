"""The figures of a record as the page shows them: bars by stage and by gas, composition, origin.

Rules: sums are exact and rounded only to be shown; a bar's length is its part of the largest. What this module does not
do: it computes no footprint (`ledger.footprint`) and reads nothing but the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, NamedTuple

from ledger.factors.figures import co2e, parsed_rows
from ledger.footprint.indicators import per_kg_text
from ledger.footprint.uncertainty import gsd2, span
from ledger.sheets.methods import ByMethod, by_methods
from schemas.certificate import CertificateRecord
from schemas.figures import ElementShare
from schemas.quantity import trillionths, trillionths_text
from schemas.report import FootprintSummary, PublishedComparison
from schemas.vocabulary import GASES, STAGES, UNIT_OF_INDICATOR, Gas, Step

BAR_UNITS: Final = 100
LEAST_PART: Final = Decimal("0.0001")
"""The smallest recycled share that the page splits into pre-consumer and post-consumer."""


class FigureBar(NamedTuple):
    """One bar: its word, kg CO2e per kg, its part of the whole (a fraction), and its length of `BAR_UNITS`."""

    word: str
    per_kg: str
    part: str
    length: float


class StepPlaces(NamedTuple):
    """A step of the chain and where it was done, each place once: country and region."""

    step: Step
    places: tuple[tuple[str, str | None], ...]


def by_stage(record: CertificateRecord, gwp: Mapping[Gas, int]) -> tuple[FigureBar, ...]:
    """Return the location-based footprint by stage of the chain, in the chain's order."""
    rows = parsed_rows(record.footprint.rows)
    sums = {stage: co2e({key: pair for key, pair in rows.items() if key[0] == stage}, gwp).location for stage in STAGES}
    return _bars({str(stage): amount for stage, amount in sums.items()}, record)


def by_gas(record: CertificateRecord, gwp: Mapping[Gas, int]) -> tuple[FigureBar, ...]:
    """Return the location-based footprint by gas, in the order of the word list."""
    rows = parsed_rows(record.footprint.rows)
    sums = {gas: co2e({key: pair for key, pair in rows.items() if key[1] == gas}, gwp).location for gas in GASES}
    return _bars({str(gas): amount for gas, amount in sums.items()}, record)


def _bars(sums: Mapping[str, int], record: CertificateRecord) -> tuple[FigureBar, ...]:
    mass = Decimal(record.batch.net_mass_kg)
    whole = sum(sums.values()) or 1
    most = max((abs(amount) for amount in sums.values()), default=0) or 1
    return tuple(
        FigureBar(
            word,
            str(Decimal(trillionths_text(amount)) / mass),
            str(Decimal(amount) / Decimal(whole)),
            round(BAR_UNITS * abs(amount) / most, 2),
        )
        for word, amount in sums.items()
        if amount
    )


class Further(NamedTuple):
    """One figure besides greenhouse gases: word, unit, amounts; `partial` if the record does not tell all of it.

    Both amounts are None where nothing of it is told.
    """

    word: str
    unit: str
    lot: str | None
    per_kg: str | None
    partial: bool


def further_figures(record: CertificateRecord) -> tuple[Further, ...]:
    """Return energy, water and wastes of a lot, in the order of the word list; those that are 0 are left out."""
    told, partial, net = dict(record.indicators.rows), record.indicators.partial, record.batch.net_mass_kg
    return tuple(
        Further(name, unit, told.get(name), per_kg_text(told[name], net) if name in told else None, name in partial)
        for name, unit in UNIT_OF_INDICATOR.items()
        if name in told or name in partial
    )


class ShownSpread(NamedTuple):
    """How good a footprint is: GSD2, and between which kg CO2e per kg 95 % of the results lie."""

    gsd2: str
    low: str
    high: str


def spread(record: CertificateRecord) -> ShownSpread:
    """Return how far the footprint of a record may be off."""
    quality = record.footprint.quality
    return ShownSpread(
        trillionths_text(gsd2(trillionths(quality.variance))), *span(record.footprint.per_kg.location, quality)
    )


class Scale(NamedTuple):
    """A figure on the published range of its product, in percent of the drawn width."""

    low: float
    high: float
    own_low: float
    own: float
    own_high: float


def scale(figure: FootprintSummary, published: PublishedComparison) -> Scale:
    """Return where a figure, its 95 % range and the published range are drawn."""
    texts = (
        published.low,
        published.high,
        figure.kg_co2e_per_kg_low,
        figure.kg_co2e_per_kg,
        figure.kg_co2e_per_kg_high,
    )
    low, high, own_low, own, own_high = (Decimal(text or figure.kg_co2e_per_kg) for text in texts)
    least, most = min(low, own_low, Decimal(0)), max(high, own_high) * Decimal("1.1")
    width = (most - least) or Decimal(1)
    return Scale(*(round(float((each - least) / width * BAR_UNITS), 2) for each in (low, high, own_low, own, own_high)))


def recycled(share: ElementShare) -> Decimal:
    """Return the recycled part of an element, pre- and post-consumer together."""
    return Decimal(share.pre) + Decimal(share.post)


def origins(record: CertificateRecord) -> tuple[StepPlaces, ...]:
    """Return the steps of the chain with their places, in the record's order."""
    places: dict[Step, list[tuple[str, str | None]]] = {}
    for each in record.origin:
        places.setdefault(each.step, []).append((each.country, each.region))
    return tuple(StepPlaces(step, tuple(found)) for step, found in places.items())


def methods(record: CertificateRecord) -> list[ByMethod]:
    """Return the figure by each method that the record carries."""
    return by_methods(record.footprint, record.batch.net_mass_kg)


def left_out(record: CertificateRecord) -> str:
    """Return the most that is left out, in kg CO2e per kg."""
    return per_kg_text(record.footprint.left_out or "0", record.batch.net_mass_kg)
