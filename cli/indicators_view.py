"""Show the other impacts on a certificate (energy, water, wastes) and the quality of its figures.

Rules: figures have as many digits as their uncertainty supports (`ledger.footprint.digits`); the record has all.  The
95 % range is worked out of the variance, for display.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from cli.terminal import table, wrapped

if TYPE_CHECKING:
    from schemas.certificate import Batch, Footprint, Indicators


class HasIndicators(Protocol):
    """A certificate, or what will become one."""

    @property
    def batch(self) -> Batch:
        """Return the batch: its kind, lot and masses."""

    @property
    def footprint(self) -> Footprint:
        """Return the footprint of the batch in kg CO2e."""

    @property
    def indicators(self) -> Indicators:
        """Return the further indicators, such as energy and water."""


def indicator_lines(record: HasIndicators) -> Iterator[str]:
    """Yield the lines of both tables."""
    yield from _indicators(record)
    yield from _quality(record)


def _indicators(record: HasIndicators) -> Iterator[str]:
    from ledger.footprint.digits import MANY, shown
    from ledger.footprint.indicators import per_kg_text
    from schemas.vocabulary import UNIT_OF_INDICATOR

    told, net = record.indicators, record.batch.net_mass_kg
    rows = [
        (
            name,
            UNIT_OF_INDICATOR[name],
            "and more" if name in told.partial else "",
            shown(amount, MANY),
            shown(per_kg_text(amount, net), MANY),
        )
        for name, amount in told.rows
    ]
    known = {name for name, _ in told.rows}
    rows += [(name, UNIT_OF_INDICATOR[name], "not stated", "", "") for name in told.partial if name not in known]
    yield from table(("other impacts", "unit", "", "batch", "per kg"), rows, left=3)
    yield from wrapped("For the steps that have a certificate. An impact that is not listed is 0.", first="  ")


def _quality(record: HasIndicators) -> Iterator[str]:
    from ledger.footprint.digits import FEW, MANY, shown, shown_figure
    from ledger.footprint.uncertainty import gsd2, span
    from schemas.quantity import trillionths, trillionths_text

    quality = record.footprint.quality
    low, high = (shown_figure(end, quality) for end in span(record.footprint.per_kg.location, quality))
    rows = [
        ("primary data, part of the kg CO2e", shown(quality.primary_share, FEW)),
        ("rating, 1 (best) to 5", shown(quality.rating, FEW)),
        ("GSD2", shown(trillionths_text(gsd2(trillionths(quality.variance))), MANY)),
        ("95 % range, kg CO2e per kg", f"{low} to {high}"),
    ]
    yield from table(("data quality", ""), rows)
