"""A chain computed again under other factors: what each batch would carry, and how far that is from what was published.

Rules: the very engine of issuance and verification computes each run once, upstream first, on what its inputs have become; so the
time grows with the number of batches and nothing recurses.  A line whose factor table is not at hand keeps its result.  Nothing
is signed and nothing is judged: whoever doubts the chain verifies it first.

What this module does not do: reading files; choosing factors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.factors.figures import Pair, co2e_document, figure_rows, parsed_co2e
from ledger.footprint.engine import InputFigures, Terms, compute, share_of
from ledger.footprint.indicators import indicator_rows
from ledger.footprint.inventory import is_goods
from ledger.footprint.quality import site_of
from ledger.seal.sdjwt import open_certificate
from ledger.verify.graph import certificate_texts
from schemas.problem import InputError
from schemas.quantity import milligrams

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ledger.factors.tables import FactorTables
    from ledger.footprint.engine import Result
    from ledger.seal.sdjwt import OpenCertificate, OpenRun


@dataclass(frozen=True, slots=True)
class Moved:
    """A batch: its lot and certificate, its kg CO2e per kg as published and as computed again (scaled)."""

    lot: str
    certificate: str
    published: Pair
    recomputed: Pair

    @property
    def moved(self) -> bool:
        """Say whether anything changed."""
        return self.published != self.recomputed


def recompute(
    lines: Iterable[bytes], tables: FactorTables, change: Callable[[FactorTables], FactorTables]
) -> Iterator[Moved]:
    """Yield every batch of goods of a bundle, upstream first, under the tables that `change` makes of those its run names.

    Raises:
        InputError: ``bundle.*``, ``document.*``, ``seal.*``; ``recompute.withheld`` where a run or a source isn't shown;
            ``factor.unknown``.

    """
    chain = _Chain(tables, change)
    for text in certificate_texts(lines):
        opened = open_certificate(text)
        batch = chain.batch(opened)
        if is_goods(opened.record):
            yield batch


class _Chain:
    """What was computed so far: each run's result, and each certificate's place in it with its net mass."""

    def __init__(self, tables: FactorTables, change: Callable[[FactorTables], FactorTables]) -> None:
        self._tables = tables
        self._change = change
        self._changed: dict[tuple[str, ...], FactorTables] = {}
        self._runs: dict[str, Result] = {}
        self._batches: dict[str, tuple[Result, int, int]] = {}

    def batch(self, opened: OpenCertificate) -> Moved:
        """Compute the run of a certificate, unless another of its certificates came before; return the batch."""
        record, run = opened.record, opened.run
        if run is None:
            raise _withheld(record.batch.lot)
        if run.digest not in self._runs:
            self._runs[run.digest] = self._computed(run, opened)
        result = self._runs[run.digest]
        self._batches[opened.digest] = (result, record.output, milligrams(record.batch.net_mass_kg))
        recomputed = result.outputs[record.output].per_kg
        return Moved(record.batch.lot, opened.digest, parsed_co2e(record.footprint.per_kg), recomputed)

    def _computed(self, run: OpenRun, opened: OpenCertificate) -> Result:
        value, lot = run.value, opened.record.batch.lot
        groups = [group for group in run.inventory if group is not None]
        if not run.lines_shown:
            raise _withheld(lot)
        site = site_of(opened.record.batch.facility, value.period)
        terms = Terms(value.stage, value.gwp, value.allocation.method, value.allocation.mass_key, site)
        taken = [self._taken(run, number, lot) for number in range(len(run.inputs))]
        return compute(terms, groups, taken, [share_of(made) for made in value.made], tables=self._under(run))

    def _taken(self, run: OpenRun, number: int, lot: str) -> InputFigures:
        shown = run.inputs[number]
        if shown is None or shown.source is None or shown.source.certificate not in self._batches:
            raise _withheld(lot)
        result, output, net_mass_mg = self._batches[shown.source.certificate]
        figures = result.outputs[output]
        return InputFigures(
            milligrams(shown.value.mass_kg),
            net_mass_mg,
            figure_rows(figures.rows),
            co2e_document(figures.alternative),
            indicator_rows(figures.indicators),
            tuple(result.partial),
            result.quality,
        )

    def _under(self, run: OpenRun) -> FactorTables:
        """Return the tables that a run names, changed."""
        refs = run.value.factor_sets
        key = tuple(f"{ref.name} {ref.digest}" for ref in refs)
        if key not in self._changed:
            self._changed[key] = self._change(self._tables.named(refs) or self._tables)
        return self._changed[key]


def _withheld(lot: str) -> InputError:
    return InputError.at("recompute.withheld", lot=lot)
