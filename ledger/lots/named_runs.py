"""What a run declares of other runs, looked up in the registry, in the transaction that logs it.

Rules:

1. A run that an absence names (`other-run`, `recovered-heat`) was logged here before, and stands.  It is one of the
   same producer, plant and month, or upstream of the run that names it.  Of several the last one counts.
2. What it has above its own needs is enough for all that take of it (`ledger.plausibility.elsewhere`).  Whoever
   corrects it leaves them as much.
3. A certificate that scrap names is of the organisation and the step that it names, and its run tells of such scrap.
   Whether there was enough of it is said on the page, and refuses nothing: a refusal would tell whoever asks how much
   another plant throws away.
4. What cannot be looked up here is a finding: a run of another registry, and the amounts of another producer.
5. A run that names no other one, and that none names, is asked nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.footprint.inventory import Inventory, incoming, is_goods, sealed_inventory
from ledger.lots.certificates import opened
from ledger.lots.lineage import jws_of, lineage, lot_of
from ledger.lots.whole_run import WholeRun
from ledger.plausibility.elsewhere import (
    HEAT,
    NOTHING,
    SCRAP,
    NamedScrap,
    Taken,
    amount_text,
    named_scrap,
    shared,
    spare,
    taken,
)
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.sdjwt import open_certificate
from ledger.store.lots import lots_of_issuance, uses_behind
from ledger.store.memory import leans_on, runs_among, runs_of_plant
from ledger.store.reading import certificates_of
from ledger.store.reading import record as stored_record
from ledger.store.rows import LeanRow, RunRow
from ledger.verify.tables import NamedTables
from schemas.certificate import CertificateRecord
from schemas.lot import normal_lot
from schemas.problem import MissingError, RefusedError
from schemas.quantity import milligrams

_MONTH: Final = len("2026-03")
_STANDING: Final = frozenset({"standing", "suspended"})


class PresentRun(NamedTuple):
    """A run as its latest issuance has it."""

    whole: WholeRun
    inventory: Inventory


class RunLife(NamedTuple):
    """The latest issuance of a run, and whether that stands."""

    latest: bytes
    stands: bool


class Overdrawn(NamedTuple):
    """A pool of a run with what it and others need of it at least, and what it has, in millionths."""

    pool: str
    need: int
    has: int


@dataclass(slots=True)
class NamedRuns:
    """The runs of a registry as far as others name them; with `before`, as they were before an entry of the log.

    What one transaction accepts is put here, and is known to what follows in it.
    """

    connection: Connection
    tables: NamedTables
    before: int | None = None
    _put: dict[bytes, tuple[WholeRun, RunRow]] = field(default_factory=dict)
    _jws: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    _leans: list[LeanRow] = field(default_factory=list)
    _present: dict[bytes, PresentRun] = field(default_factory=dict)
    _lives: dict[bytes, RunLife] = field(default_factory=dict)

    def check(self, whole: WholeRun) -> list[LeanRow]:
        """Check what a run declares of others, and what others take of it if it corrects one; return its own rows.

        Raises:
            RefusedError: `issue.run-*`, `issue.heat-short`, `issue.scrap-*`.
        """
        rows: list[LeanRow] = []
        if whole.names_others:
            run = self.inventory(whole)
            for take in taken(run):
                rows.append(self._lean(whole, take))
                self._check_enough(whole, take, rows)
            for scrap in named_scrap(whole.materials.lines):
                rows.append(self._scrap_row(whole, scrap))
                self._check_scrap(scrap, rows[-1].on_run)
        if whole.run.follows is not None:
            self._check_left(whole)
        self._leans += rows
        return rows

    def rows(self, whole: WholeRun) -> list[LeanRow]:
        """Return the rows of a run that was accepted before `before`."""
        if not whole.names_others:
            return []
        run = self.inventory(whole)
        absences = [self._lean(whole, take) for take in taken(run)]
        return absences + [self._scrap_row(whole, each) for each in named_scrap(whole.materials.lines)]

    def put(self, whole: WholeRun, row: RunRow, certificates: Sequence[tuple[str, str]]) -> None:
        """Have a run known that is not stored: with its certificates, each its digest and its signed part."""
        self._put[whole.first] = (whole, row)
        self._jws |= {digest: (jws, whole.first) for digest, jws in certificates}

    # -- looking up -------------------------------------------------------------------------------------------------

    def inventory(self, whole: WholeRun) -> Inventory:
        """Return a run for the rules of plausibility."""
        cited = [
            (self.certificate(source.certificate), milligrams(facts.mass_kg), source) for facts, source in whole.inputs
        ]
        inputs = [
            incoming(record, f"inputs[{number}]", mass_mg=mass, identity=f"{source.certificate}#{number}")
            for number, (record, mass, source) in enumerate(cited)
            if is_goods(record)
        ]
        tables = self.tables.of(whole.run.factor_sets)
        return sealed_inventory(whole.run, whole.groups, inputs, whole.outputs, tables=tables, facility=whole.facility)

    def certificate(self, digest: str) -> CertificateRecord:
        """Return the clear part of a certificate that is known here; raise MissingError `store.record-missing`."""
        known = self._jws.get(digest)
        return opened(known[0] if known else jws_of(self.connection, certificate_digest_bytes(digest))).record

    def present(self, first: bytes) -> PresentRun:
        """Return a run as it is now, by its first issuance."""
        if first not in self._present:
            self._present[first] = self._read(first)
        return self._present[first]

    def _read(self, first: bytes) -> PresentRun:
        if first in self._put:
            whole = self._put[first][0]
        else:
            latest = self.life(first).latest
            stored = certificates_of(self.connection, latest)
            if not stored:  # in a database that somebody changed
                raise MissingError.at("store.record-missing")
            whole = WholeRun.of(open_certificate(stored[0].text), latest)
        return PresentRun(whole, self.inventory(whole))

    def life(self, first: bytes) -> RunLife:
        """Return what became of a run, by its first issuance: it stands while any of its certificates does."""
        if first not in self._lives:
            lots = [lot for lot in lots_of_issuance(self.connection, first) if lot.certificate is not None]
            lives = [lineage(self.connection, lot) for lot in lots if lot.touched]
            stands = not lots or len(lives) < len(lots) or any(each.state in _STANDING for each in lives)
            self._lives[first] = RunLife(lives[0].issuances[-1] if lives else first, stands=stands)
        return self._lives[first]

    def _run_named(self, whole: WholeRun, name: str) -> RunRow | None:
        """Return the last run of a name that is of the same producer, plant and month, or upstream (rule 1)."""
        name, days = normal_lot(name), whole.run.period
        near = [row for _, row in reversed(self._put.values()) if (row.facility, row.run) == (whole.run.facility, name)]
        near += runs_of_plant(self.connection, whole.run.facility, name, before=self.before)
        for row in near:
            together = row.first_day[:_MONTH] <= days.end[:_MONTH] and days.start[:_MONTH] <= row.last_day[:_MONTH]
            if together and row.producer == whole.run.producer and row.issuance != whole.first:
                return row
        behind = self._behind(whole)
        far = [row for _, row in reversed(self._put.values()) if row.run == name and row.issuance in behind]
        far += runs_among(self.connection, behind, name, before=self.before)
        return far[0] if far else None

    def _behind(self, whole: WholeRun) -> set[bytes]:
        """Return the first issuances of all runs upstream, as far as they are of this registry."""
        found: set[bytes] = set()
        waiting = self._inputs(whole)
        while waiting:
            issuance = waiting.pop()
            if issuance in found:
                continue
            found.add(issuance)
            if issuance in self._put:
                waiting += self._inputs(self._put[issuance][0])
            else:
                found |= {of for _, of, _ in uses_behind(self.connection, issuance)}
        return found

    def _inputs(self, whole: WholeRun) -> list[bytes]:
        return [self._first_of(source.certificate) for _, source in whole.inputs]

    def _first_of(self, certificate: str) -> bytes:
        """Return the first issuance of the lot of a certificate that is known here."""
        known = self._jws.get(certificate)
        if known is not None:
            return known[1]
        lot = lot_of(self.connection, certificate_digest_bytes(certificate))
        if lot is None:
            raise MissingError.at("store.record-missing")
        return lot.issuance

    def _from_abroad(self, whole: WholeRun) -> bool:
        """Return whether anything upstream was made in another registry, whose runs are not known here."""
        firsts = self._behind(whole)
        stored = [first for first in firsts if first not in self._put]
        return any(not lots_of_issuance(self.connection, first) for first in stored)

    # -- what a run takes of another --------------------------------------------------------------------------------

    def _lean(self, whole: WholeRun, take: Taken) -> LeanRow:
        """Return the row of an absence that names a run.

        Raises:
            RefusedError: `issue.run-unknown`.
        """
        found = self._run_named(whole, take.run)
        if found is None:
            if self.before is None and not self._from_abroad(whole):
                raise RefusedError.at("issue.run-unknown", f"{take.place}.run", run=take.run, item=take.item)
            return LeanRow(whole.issuance, take.place, whole.first, None, take.pool, 0, 0)
        own = found.producer == whole.run.producer
        need, usual = (take.need, take.usual) if own else (0, 0)
        return LeanRow(whole.issuance, take.place, whole.first, found.issuance, take.pool, need, usual)

    def _check_enough(self, whole: WholeRun, take: Taken, rows: Sequence[LeanRow]) -> None:
        """Check that the other run stands, and has enough for all that take of it (rules 1 and 2)."""
        own = rows[-1]
        if own.on_run is None:
            return
        other = self.present(own.on_run)
        place, told = f"{take.place}.run", {"run": take.run, "item": take.item}
        if not self.life(own.on_run).stands:
            raise RefusedError.at("issue.run-ended", place, **told)
        if other.whole.run.producer != whole.run.producer or own.pool == NOTHING:
            return
        known = spare(other.inventory, own.pool)
        if not known.has:
            raise RefusedError.at("issue.run-empty", place, **told)
        others = sum(each.need for each in self.leaning(own.on_run, own.pool) if each.run != whole.first)
        mine = sum(each.need for each in rows if each.on_run == own.on_run and shared(each.pool, own.pool))
        if mine + others + known.own > known.has:
            amounts = {
                "found": amount_text(own.pool, known.has),
                "own": amount_text(own.pool, known.own),
                "taken": amount_text(own.pool, others),
                "possible": amount_text(own.pool, mine),
            }
            raise RefusedError.at(
                "issue.heat-short" if own.pool == HEAT else "issue.run-short", place, **told, **amounts
            )

    def leaning(self, first: bytes, pool: str) -> Iterator[LeanRow]:
        """Yield what standing runs take of a run in a pool, in log order."""
        for each in (*leans_on(self.connection, first), *(row for row in self._leans if row.on_run == first)):
            if shared(each.pool, pool) and self._counts(each):
                yield each

    def _counts(self, lean: LeanRow) -> bool:
        """Return whether a row is of the latest issuance of a run that stands."""
        return lean in self._leans or self.life(lean.run) == (lean.issuance, True)

    def _check_left(self, whole: WholeRun) -> None:
        """Check that a correction leaves enough for all that take of the run.

        Raises:
            RefusedError: `issue.run-leaned-on`.
        """
        for each in self.overdrawn(whole.first, whole):
            facts = {"found": amount_text(each.pool, each.has), "possible": amount_text(each.pool, each.need)}
            raise RefusedError.at("issue.run-leaned-on", item=each.pool, **facts)

    def overdrawn(self, first: bytes, whole: WholeRun | None = None) -> Iterator[Overdrawn]:
        """Yield each pool of a run of which more is taken than it has; `whole` is the run as a correction has it."""
        leans = [each for each in leans_on(self.connection, first) if each.need and self._counts(each)]
        pools = sorted({each.pool for each in leans} - {SCRAP})
        run = None
        for pool in pools:
            run = run or (self.present(first).inventory if whole is None else self.inventory(whole))
            known = spare(run, pool)
            need = known.own + sum(each.need for each in leans if shared(each.pool, pool))
            if need > known.has:
                yield Overdrawn(pool, need, known.has)

    # -- scrap ------------------------------------------------------------------------------------------------------

    def _scrap_row(self, whole: WholeRun, scrap: NamedScrap) -> LeanRow:
        """Return the row of scrap; of one whose certificate is not of this registry, without a run."""
        lot = lot_of(self.connection, certificate_digest_bytes(scrap.certificate))
        first = None if lot is None or lot.home is not None else lot.issuance
        if first is not None and self.before is not None and stored_record(self.connection, first).entry >= self.before:
            first = None
        return LeanRow(whole.issuance, scrap.place, whole.first, first, SCRAP, scrap.rare_mg, 0)

    def _check_scrap(self, scrap: NamedScrap, first: bytes | None) -> None:
        """Check that the certificate is of the organisation and step, and that its run tells of scrap (rule 3).

        Raises:
            RefusedError: `issue.scrap-source`, `issue.scrap-untold`.
        """
        try:
            record = self.certificate(scrap.certificate)
        except MissingError:
            return
        source, told = scrap.source, (record.issuer.did, record.batch.step)
        if told != (source.organisation, source.step):
            facts = {"organisation": told[0], "step": told[1], "found": source.organisation, "said": source.step}
            raise RefusedError.at("issue.scrap-source", scrap.place, lot=record.batch.lot, **facts)
        if first is not None and not spare(self.present(first).inventory, SCRAP).has:
            raise RefusedError.at("issue.scrap-untold", scrap.place, lot=record.batch.lot)
