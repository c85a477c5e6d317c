"""Show the other impacts on a certificate (energy, water, wastes) and the quality of its figures.

Rules: figures stand as the record has them, to the last digit; the 95 % range is worked out of the variance, for
display.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cli.terminal import table, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    from ledger.footprint.indicators import per_kg_text
    from schemas.vocabulary import UNIT_OF_INDICATOR

    told, net = record.indicators, record.batch.net_mass_kg
    rows = [
        (name, UNIT_OF_INDICATOR[name], "and more" if name in told.partial else "", amount, per_kg_text(amount, net))
        for name, amount in told.rows
    ]
    known = {name for name, _ in told.rows}
    rows += [(name, UNIT_OF_INDICATOR[name], "not stated", "", "") for name in told.partial if name not in known]
    yield from table(("other impacts", "unit", "", "batch", "per kg"), rows, left=3)
    yield from wrapped("For the steps that have a certificate. An impact that is not listed is 0.", first="  ")


def _quality(record: HasIndicators) -> Iterator[str]:
    from ledger.footprint.quality import gsd2, span
    from schemas.quantity import trillionths, trillionths_text

    quality = record.footprint.quality
    low, high = span(record.footprint.per_kg.location, quality)
    rows = [
        ("primary data, part of the kg CO2e", quality.primary_share),
        ("rating, 1 (best) to 5", quality.rating),
        ("GSD2", trillionths_text(gsd2(trillionths(quality.variance)))),
        ("95 % range, kg CO2e per kg", f"{low} to {high}"),
    ]
    yield from table(("data quality", ""), rows)
