"""A chain, or the batches of a year, computed again under other factors, beside what was published.

Rules: the engine of issuance and verification computes each run once, upstream first, with the new figures of its
inputs. A line whose factor table is not at hand keeps its result. Workers share the batches of a year, and see one
snapshot of the database. Nothing is signed and nothing is judged: verify the chain first if you doubt it.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.bundles.imported import came_with
from ledger.cluster.workers import Workers, pool
from ledger.factors.figures import Pair, co2e_document, figure_rows, parsed_co2e
from ledger.factors.tables import FactorTables
from ledger.footprint.engine import InputFigures, Result, Terms, compute, share_of
from ledger.footprint.indicators import indicator_rows
from ledger.footprint.inventory import is_goods
from ledger.footprint.quality import site_of
from ledger.registry.folder import Home
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.sdjwt import OpenCertificate, OpenRun, open_certificate
from ledger.store import schema
from ledger.store.abroad import arrival_of
from ledger.store.reading import certificate, record
from ledger.store.rows import CertificateRow
from ledger.store.snapshot import Snapshot, exported, imported, keep_open
from ledger.store.whole import rows_by_entry
from ledger.verify.graph import certificate_texts
from schemas.bundle import CertificateLine
from schemas.document import replace
from schemas.problem import InputError, MissingError, StateError
from schemas.quantity import milligrams, trillionths_text

CHUNK: Final = 16
"""Certificates of one task, which computes what their chains have in common once."""


@dataclass(frozen=True, slots=True)
class RecomputedBatch:
    """A batch: its lot and certificate, its kg CO2e per kg as published and as computed again (scaled)."""

    lot: str
    certificate: str
    published: Pair
    recomputed: Pair

    @property
    def moved(self) -> bool:
        """Return whether anything changed."""
        return self.published != self.recomputed


def recompute(
    lines: Iterable[bytes], tables: FactorTables, change: Callable[[FactorTables], FactorTables]
) -> Iterator[RecomputedBatch]:
    """Yield every batch of goods of a bundle, upstream first, computed under changed tables.

    Raises:
        InputError: ``bundle.*``, ``document.*``, ``seal.*``; ``recompute.withheld`` where a run or source isn't shown;
            ``factor.unknown``.
    """
    chain = _Chain(tables, change)
    for text in certificate_texts(lines):
        opened = open_certificate(text)
        batch = chain.batch(opened)
        if is_goods(opened.record):
            yield batch


def recompute_year(
    home: Home,
    year: int,
    tables: FactorTables,
    change: Callable[[FactorTables], FactorTables],
    *,
    workers: Workers,
    progress: Callable[[int, int], None],
) -> Iterator[RecomputedBatch]:
    """Yield every batch of goods whose production ended in a year, in the order of the log, by its newest certificate.

    Raises:
        InputError: as `recompute`; `recompute.no-year` where the registry made no batch in that year.
        StateError: `home.missing`, `home.emptied`, `store.unreadable`; `cluster.*`.
    """
    home.check_made()
    engine = home.as_it_is()
    try:
        with exported(engine) as (connection, snapshot):
            digests = _made_in(connection, year)
            if not digests:
                raise InputError.at("recompute.no-year", year=year)
            chunks = [tuple(digests[at : at + CHUNK]) for at in range(0, len(digests), CHUNK)]
            done = 0
            with pool(workers) as others:
                for batches in others.results(_recompute_chunk, YearWork(snapshot, tables, change), chunks):
                    yield from batches
                    keep_open(connection)
                    done += len(batches)
                    progress(done, len(digests))
    finally:
        engine.dispose()


class YearWork(NamedTuple):
    """The context of a worker that recomputes batches of a registry."""

    snapshot: Snapshot
    tables: FactorTables
    change: Callable[[FactorTables], FactorTables]


def _made_in(connection: Connection, year: int) -> list[str]:
    """Return the certificates of goods whose production ended in a year, without corrected ones."""
    made: dict[str, None] = {}
    corrected: set[str] = set()
    for _, row in rows_by_entry(connection, schema.CERTIFICATES, schema.CERTIFICATES.c.issuance):
        clear = open_certificate(f"{CertificateRow(*row).jws}~")
        if clear.record.follows is not None:
            corrected.add(clear.record.follows.certificate)
        if is_goods(clear.record) and clear.record.batch.produced.end.startswith(f"{year:04}-"):
            made[clear.digest] = None
    return [digest for digest in made if digest not in corrected]


def _recompute_chunk(work: YearWork, digests: tuple[str, ...]) -> list[RecomputedBatch]:
    """Compute the batches of some certificates again: a task for a worker.

    Raises:
        StateError: `cluster.unreachable`, when this worker can't read the snapshot.
    """
    chain = _Chain(work.tables, work.change)
    try:
        with imported(work.snapshot) as connection:
            return [chain.batch_of(connection, digest) for digest in digests]
    except StateError as error:
        reason = error.problems[0].facts.get("reason", "")
        raise StateError.at("cluster.unreachable", what="the database", reason=reason) from error


def _upstream_first(connection: Connection, digest: str, known: Container[str]) -> list[OpenCertificate]:
    """Return a certificate and the rest of its chain, upstream first, without those `known`."""
    here: dict[str, tuple[int, OpenCertificate]] = {}
    abroad: dict[str, OpenCertificate] = {}
    waiting = [digest]
    while waiting:
        name = waiting.pop()
        if name in here or name in abroad or name in known:
            continue
        try:
            stored = certificate(connection, certificate_digest_bytes(name))
        except MissingError:
            abroad |= {opened.digest: opened for opened in _arrived(connection, name)}
            continue
        opened = open_certificate(stored.text)
        here[name] = stored.issuance.entry, opened
        waiting += [source.certificate for source in opened.sources]
    own = sorted(here.values(), key=lambda item: item[0])
    return [*(opened for name, opened in abroad.items() if name not in known), *(opened for _, opened in own)]


def _arrived(connection: Connection, digest: str) -> list[OpenCertificate]:
    """Return a certificate of another registry with its chain, upstream first, as it came here."""
    arrival = arrival_of(connection, certificate_digest_bytes(digest))
    if arrival is None:
        raise _withheld(digest)
    lines = [came.line for came in came_with(connection, record(connection, arrival.move), "auditor")]
    return [open_certificate(line.certificate) for line in lines if isinstance(line, CertificateLine)]


class _Chain:
    """The results so far: of each run, and each certificate's output in it with its net mass."""

    def __init__(self, tables: FactorTables, change: Callable[[FactorTables], FactorTables]) -> None:
        self._tables = tables
        self._change = change
        self._changed: dict[tuple[str, ...], FactorTables] = {}
        self._runs: dict[str, Result] = {}
        self._batches: dict[str, tuple[Result, int, int]] = {}

    def batch_of(self, connection: Connection, digest: str) -> RecomputedBatch:
        """Return the batch of a certificate of this registry. Compute the missing parts of its chain."""
        if digest not in self._batches:
            for opened in _upstream_first(connection, digest, self._batches):
                self.batch(opened)
        return self.batch(open_certificate(certificate(connection, certificate_digest_bytes(digest)).text))

    def batch(self, opened: OpenCertificate) -> RecomputedBatch:
        """Return the batch of a certificate; compute its run unless an earlier certificate of it did."""
        record, run = opened.record, opened.run
        if run is None:
            raise _withheld(record.batch.lot)
        if run.digest not in self._runs:
            self._runs[run.digest] = self._computed(run, opened)
        result = self._runs[run.digest]
        self._batches[opened.digest] = (result, record.output, milligrams(record.batch.net_mass_kg))
        recomputed = result.outputs[record.output].per_kg
        return RecomputedBatch(record.batch.lot, opened.digest, parsed_co2e(record.footprint.per_kg), recomputed)

    def _computed(self, run: OpenRun, opened: OpenCertificate) -> Result:
        value, lot = run.value, opened.record.batch.lot
        groups = [group for group in run.inventory if group is not None]
        if not run.lines_shown:
            raise _withheld(lot)
        site = site_of(opened.record.batch.facility, value.period, value.step, value.engine)
        terms = Terms(value.stage, value.gwp, value.allocation.method, value.allocation.mass_key, site, value.engine)
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
            shown.source.certificate,
            None if figures.reference is None else co2e_document(figures.reference),
            trillionths_text(figures.left_out),
            replace(result.beside, rows=figures.beside),
        )

    def _under(self, run: OpenRun) -> FactorTables:
        """Return the changed tables of those that a run names."""
        refs = run.value.factor_sets
        key = tuple(f"{ref.name} {ref.digest}" for ref in refs)
        if key not in self._changed:
            self._changed[key] = self._change(self._tables.named(refs) or self._tables)
        return self._changed[key]


def _withheld(lot: str) -> InputError:
    return InputError.at("recompute.withheld", lot=lot)
