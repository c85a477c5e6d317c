"""An issuance under audit: its certificates with everything in them, and the rows that follow from them.

Rules: the stored texts open with nothing withheld. Each certificate is judged as a verifier would judge it. Batches,
certificates, instruments and holdings are those of its run. An issuance without a certificate is signed by nobody, and
so is a fault.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table

from ledger.audit.faults import Faults, place_of
from ledger.audit.registered import Register
from ledger.audit.rows import Rows, StatedHolding
from ledger.log.merkle import HASH_BYTES
from ledger.lots.energy_instruments import named_alone, statement_of
from ledger.lots.issuance import issued_row, run_row
from ledger.lots.named_runs import NamedRuns
from ledger.lots.whole_run import WholeRun
from ledger.seal.digest import digest_bytes, to_base64url
from ledger.seal.sdjwt import OpenCertificate, OpenRun, open_certificate
from ledger.store import schema
from ledger.store.reading import StoredRecord
from ledger.store.rows import BatchRow, CertificateRow, LeanRow
from ledger.store.whole import Values, disclosed
from ledger.verify.certificate import ShownCertificate
from ledger.verify.chain import Chain
from ledger.verify.heads import ProvenEntry
from ledger.verify.tables import NamedTables
from ledger.verify.verify import add_certificate, follow
from schemas.bundle import Proof
from schemas.inventory import Cancelled
from schemas.lot import normal_lot
from schemas.problem import CheckError
from schemas.quantity import milligrams


@dataclass(frozen=True, slots=True)
class Issuance:
    """One issuance. `place` is its name in faults."""

    connection: Connection
    chain: Chain
    register: Register
    faults: Faults
    record: StoredRecord
    place: str

    def judge(self, proof: Proof, stored: Mapping[Table, list[Values]]) -> tuple[Rows, list[StatedHolding]]:
        """Judge all certificates. Return the rows that must be stored, and the holdings that the run creates.

        Raises:
            OreprintError: when there is no certificate, or one can't be read.
        """
        kept = sorted((CertificateRow(*row) for row in stored[schema.CERTIFICATES]), key=lambda row: row.output)
        values = self._values()
        certified = [output for output, value in enumerate(values) if any(value)]
        if not certified:
            raise CheckError.at("audit.unsigned")
        if [row.output for row in kept] != certified:
            raise CheckError.at("audit.certificates", due=len(certified), found=len(kept))
        opened = [self._open(row, texts) for row, texts in self._texts(kept)]
        spelled = tuple(map(to_base64url, values))
        for each in opened:
            add_certificate(self.chain, each, values=spelled, proof=proof)
            self.register.check_certificate(each.record, self.place, self.faults)
        for use in self.chain.inputs.consumed.values():
            self.chain.standing.check_use(use)
        run = self._let_go(opened[0].run)
        return self._rows(opened, run, stored), list(self._made(run))

    def follow(self, logged: ProvenEntry, certificates: Sequence[Values]) -> None:
        """Take in what later records build on, of an issuance in this entry that is judged elsewhere.

        Raises:
            OreprintError: when that can't be read.
        """
        kept = sorted((CertificateRow(*row) for row in certificates), key=lambda row: row.output)
        opened = [open_certificate("~".join((*texts, "")), trusted=True) for _, texts in self._texts(kept)]
        spelled = tuple(map(to_base64url, self._values()))
        for each in opened:
            certificate = ShownCertificate.of(each, spelled)
            certificate.logged, certificate.signed = logged, True
            follow(self.chain, certificate)
        self._let_go(opened[0].run if opened else None)

    def _values(self) -> list[bytes]:
        """Return the value of each output: the record has them behind the digest of its run."""
        content = self.record.content
        return [content[at : at + HASH_BYTES] for at in range(HASH_BYTES, len(content), HASH_BYTES)]

    def _let_go(self, run: OpenRun | None) -> OpenRun:
        """Forget what no later record needs; return the run, or raise CheckError `audit.withheld`."""
        self.chain.inputs.consumed.clear()
        self.chain.inputs.awaited.clear()
        self.chain.forget_runs()
        if run is None:
            raise CheckError.at("audit.withheld", what="run")
        self.chain.paths.let_go((source.creator, source.holding) for source in run.sources)
        return run

    def _texts(self, kept: Sequence[CertificateRow]) -> Iterator[tuple[CertificateRow, list[str]]]:
        """Yield each certificate with the texts of its disclosures."""
        texts = disclosed(self.connection, [self.record.digest, *(row.digest for row in kept)])
        for row in kept:
            parts = [texts[subject] for subject in (self.record.digest, row.digest) if subject in texts]
            yield row, [row.jws, *parts]

    def _open(self, row: CertificateRow, texts: list[str]) -> OpenCertificate:
        """Return a certificate with nothing withheld."""
        place = place_of(schema.CERTIFICATES, row)
        opened = open_certificate("~".join((*texts, "")))
        for what in _withheld(opened):
            self.faults.at("audit.withheld", place, what=what)
        return opened

    def _rows(self, opened: Sequence[OpenCertificate], run: OpenRun, stored: Mapping[Table, list[Values]]) -> Rows:
        issuance = self.record.digest
        return {
            schema.CERTIFICATES: [_certificate(each, issuance) for each in opened],
            schema.ISSUED: [issued_row(each.record, each.digest_bytes, self.record.entry) for each in opened],
            schema.BATCHES: [] if run.value.follows else list(_batches(run, issuance)),
            schema.INSTRUMENTS: [
                (*each, issuance)
                for each in (
                    *statement_of(each.record for each in opened),
                    *named_alone(run.inventory, self._drawn(run)),
                )
            ],
            schema.RUNS: []
            if run.value.follows
            else [run_row(issuance, run.value, [each.value for each in run.inputs if each])],
            schema.LEANS: list(self._leans(opened[0])),
            # which written record it answered can't be seen from the answer; one is the most
            schema.REQUESTS: list(stored[schema.REQUESTS][:1]),
        }

    def _leans(self, opened: OpenCertificate) -> Iterator[LeanRow]:
        """Return what the run takes of runs that were logged before it."""
        named = NamedRuns(self.connection, NamedTables(self.chain.tables), before=self.record.entry)
        yield from named.rows(WholeRun.of(opened, self.record.digest))

    def _drawn(self, run: OpenRun) -> Iterator[Cancelled]:
        """Yield the statements whose lots a run draws from."""
        for shown in run.inputs:
            cited = self.chain.seen.get(shown.source.certificate) if shown and shown.source else None
            if cited is not None and cited.record.instrument is not None:
                yield cited.record.instrument

    def _made(self, run: OpenRun) -> Iterator[StatedHolding]:
        for output, made in enumerate(run.value.made if not run.value.follows else ()):
            mass = milligrams(made.net_mass_kg)
            yield StatedHolding(digest_bytes(made.holding), mass, self.record.digest, output, None, 0)


def _withheld(opened: OpenCertificate) -> Iterator[str]:
    """Yield the places of a certificate whose text is missing."""
    run = opened.run
    if run is None:
        yield "run"
        return
    for name, places in (("inventory", run.inventory), ("outputs", run.outputs), ("inputs", run.inputs)):
        yield from (f"run/{name}/{number}" for number, each in enumerate(places) if each is None)
    yield from (f"run/inputs/{n}/source" for n, each in enumerate(run.inputs) if each and each.source is None)
    yield from (f"details/{number}" for number, each in enumerate(opened.details) if each is None)


def _certificate(opened: OpenCertificate, issuance: bytes) -> CertificateRow:
    record = opened.record
    place = record.status
    return CertificateRow(
        opened.digest_bytes, issuance, record.output, record.id, place.list, place.index, opened.jws.text
    )


def _batches(run: OpenRun, issuance: bytes) -> Iterator[BatchRow]:
    for number, (made, output) in enumerate(zip(run.value.made, run.outputs, strict=True)):
        if output is not None:
            mass = milligrams(made.net_mass_kg)
            lot = output.lot
            yield BatchRow(issuance, number, run.value.facility, lot, normal_lot(lot), output.kind, mass)
