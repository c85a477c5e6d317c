"""An issuance as it is logged and stored: a run, and for each of its outputs a certificate or none.

Rules: the same whoever signed it, a registry for its producers (`ledger.issuing.prepare`, `ledger.issuing.correct`) or
a producer itself (`ledger.issuing.submit`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from ledger.chemistry.exact import divide
from ledger.holdings.mark import NO_CERTIFICATE, certificate_value, commitment, issuance_digest, open_holding
from ledger.holdings.spending import Holding, UnusedHoldings
from ledger.lots.balance import LotShelf, holding_row
from ledger.registry.append import Postings
from ledger.seal.certificate import SealedCertificate
from ledger.seal.sdjwt import OpenCertificate
from ledger.store import schema
from ledger.store.lots import StoredLot
from ledger.store.rows import BatchRow, CertificateRow, DisclosureRow, HoldingRow, IssuedRow, RunRow
from ledger.store.writing import Row
from schemas.certificate import CertificateRecord
from schemas.holding import Holder
from schemas.instant import epoch_ms
from schemas.lot import normal_lot
from schemas.quantity import milligrams, trillionths
from schemas.run import InputFacts, Output, RunFacts

_YEAR, _MONTH = 4, 7
"""Characters of a day that are its year, and its month."""
_MICRO: Final = 10**6

Instruments = list[tuple[str, str]]
"""Electricity instruments as `(scheme, statement)`."""


class IssuedText(NamedTuple):
    """A certificate of an issuance: its lot, its digest ``zQm…``, its id, and its text with every disclosure."""

    lot: str
    digest: str
    id: str
    text: str


class Certified(NamedTuple):
    """The certificate of one output: record, SHA-256 of its JWS, that as ``zQm…``, JWS, key id."""

    record: CertificateRecord
    digest: bytes
    digest_text: str
    jws: str
    kid: str


def certified(sealed: Mapping[int, SealedCertificate], kid: str) -> dict[int, Certified]:
    """Return certificates, sealed with the key `kid`, by output."""
    return {
        index: Certified(each.record, each.digest_bytes, each.digest, each.jws, kid) for index, each in sealed.items()
    }


def certified_by_output(opened: Iterable[OpenCertificate]) -> dict[int, Certified]:
    """Return the certificates of one run by output."""
    return {
        each.record.output: Certified(each.record, each.digest_bytes, each.digest, each.jws.text, each.kid)
        for each in opened
    }


def values_of(outputs: int, certificates: Mapping[int, Certified]) -> tuple[bytes, ...]:
    """Return the 32 bytes of each output in its issuance."""
    return tuple(_value(certificates.get(index)) for index in range(outputs))


def _value(made: Certified | None) -> bytes:
    if made is None:
        return NO_CERTIFICATE
    place = made.record.status
    return certificate_value(made.digest, status_list=place.list, status_index=place.index)


def content_of(run_digest: bytes, values: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the content of an issuance, and its record digest."""
    return run_digest + b"".join(values), issuance_digest(run_digest, values)


def batch_rows(issuance: bytes, run: RunFacts, outputs: Sequence[Output], holdings: Sequence[str]) -> Iterator[Row]:
    """Yield the batches that a run makes, and the holdings with these texts, which say whose they are."""
    for index, (output, made, text) in enumerate(zip(outputs, run.made, holdings, strict=True)):
        mass = milligrams(made.net_mass_kg)
        batch = BatchRow(issuance, index, run.facility, output.lot, normal_lot(output.lot), output.kind, mass)
        held = Holding(commitment(text), text, issuance, None, mass, 0)
        yield schema.BATCHES, batch
        yield schema.HOLDINGS, holding_row(held, StoredLot(*batch, certificate=None), open_holding(text))


def issuance_rows(
    issuance: bytes, disclosures: Iterable[str], instruments: Instruments, certificates: Mapping[int, Certified]
) -> Iterator[Row]:
    """Yield the rows of an issuance besides its batches: disclosures, instruments used, certificates."""
    yield schema.DISCLOSURES, DisclosureRow(issuance, "~".join(disclosures))
    for scheme, statement in instruments:
        yield schema.INSTRUMENTS, (scheme, statement, issuance)
    for index, each in certificates.items():
        place = each.record.status
        row = CertificateRow(each.digest, issuance, index, each.record.id, place.list, place.index, each.jws)
        yield schema.CERTIFICATES, row
        yield schema.ISSUED, issued_row(each.record, each.digest)


def issued_row(record: CertificateRecord, digest: bytes, entry: int | None = None) -> IssuedRow:
    """Return the row that lists a certificate under its issuer."""
    batch = record.batch
    return IssuedRow(
        record.issuer.did,
        entry,
        record.output,
        digest,
        normal_lot(batch.lot),
        batch.kind,
        batch.product,
        epoch_ms(record.issued),
        batch.facility.id,
        batch.produced.end[:_MONTH],
        divide(trillionths(record.footprint.per_kg.location), _MICRO),
    )


def run_row(issuance: bytes, run: RunFacts, inputs: Iterable[InputFacts]) -> RunRow:
    """Return what is remembered of a run by its first issuance."""
    goods = [each for each in inputs if each.kind != "electricity"]
    feed = max(goods, key=lambda each: (milligrams(each.mass_kg), each.kind)).kind if goods else run.step
    prices, shares = run.allocation.prices, sum(each.allocated for each in run.made) > 1
    shared_by = run.allocation.method + (f" {prices.period.to_slashed()}" if prices else "")
    days = run.period
    return RunRow(
        run.facility,
        normal_lot(run.run),
        issuance,
        run.producer,
        days.start,
        days.end,
        feed,
        days.end[:_YEAR],
        shared_by if shares else None,
    )


def lots_made(request: Postings) -> Iterator[tuple[LotShelf, str | None]]:
    """Yield each lot that a request makes, with its unused holdings and its certificate's JWS, if any."""
    rows = [row for posting in request for _, row in posting.rows]
    used = {use for posting in request for use in posting.uses}
    certificates = {(row.issuance, row.output): row for row in rows if isinstance(row, CertificateRow)}
    holdings = [row for row in rows if isinstance(row, HoldingRow)]
    for row in rows:
        if isinstance(row, BatchRow):
            made = [each for each in holdings if (each.issuance, each.output) == (row.issuance, row.output)]
            shelf = _shelf(made[0], [each for each in made if each.commitment not in used])
            certificate = certificates.get((row.issuance, row.output))
            if certificate is None:
                yield LotShelf(StoredLot(*row, certificate=None), shelf), None
            else:
                yield LotShelf(StoredLot(*row, certificate=certificate.digest), shelf), certificate.jws


def _shelf(root: HoldingRow, left: Sequence[HoldingRow]) -> UnusedHoldings:
    """Return the unused holdings of a new lot's owner. `root` is the first holding of the lot."""
    held = (Holding(each.commitment, each.text, each.creator, each.parent, each.mass_mg, each.steps) for each in left)
    return UnusedHoldings.of(Holder(owner=root.owner, registry=root.registry), held)
