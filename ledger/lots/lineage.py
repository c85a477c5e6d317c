"""Read the life of a lot: its first certificate, its corrections, and its state.

Rules: an issuance has at most one successor, found by the mark that it leaves; what it is, its record says.  A lot is
withdrawn or suspended when any of its certificates is; withdrawal is for ever, a suspension lasts until it is lifted; a
lot whose run was undone is over.  What has ended is frozen: nothing of it can be drawn, shipped or used, and what was
used stays used. A lot whose first certificate no record has touched stands, and costs no further question.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import Connection

from ledger.log.entry import PurposeCode
from ledger.seal.digest import certificate_digest_bytes, digest_bytes
from ledger.seal.sdjwt import open_certificate
from ledger.seal.statement import open_statement
from ledger.store.abroad import arrival_of, foreign_bits, foreign_certificate, foreign_lots
from ledger.store.lots import StoredLot, lots_certified, lots_of_issuance
from ledger.store.reading import (
    StoredCertificate,
    StoredRecord,
    certificate_jws,
    certificate_of,
    certificate_rows,
    certificates_of,
    successor_of,
)
from ledger.store.rows import CertificateRow, HoldingRow
from ledger.store.status import bits_at
from schemas.certificate import CertificateRecord
from schemas.problem import MissingError, RefusedError
from schemas.statement import Undo

State = Literal["standing", "suspended", "withdrawn", "undone"]

_FROZEN: Final[dict[State, str]] = {
    "suspended": "holding.suspended",
    "withdrawn": "holding.withdrawn",
    "undone": "holding.undone",
}
_ENDED: Final[dict[State, str]] = {
    "suspended": "life.suspended",
    "withdrawn": "life.withdrawn",
    "undone": "life.undone",
}


@dataclass(frozen=True, slots=True)
class Lineage:
    """A lot with its issuances (record digests) and certificates, the first one first; uncertified lots have none."""

    lot: StoredLot
    issuances: tuple[bytes, ...]
    certificates: tuple[CertificateRow, ...]
    state: State
    corrected_abroad: bool = False

    @property
    def latest(self) -> bytes:
        """The digest of the lot's present certificate."""
        return self.certificates[-1].digest

    def check_usable(self) -> None:
        """Refuse to use what has ended.

        Raises:
            RefusedError: `holding.withdrawn`, `holding.suspended`, `holding.undone`; `abroad.corrected`, where what
                another registry says of it now has not come here yet.
        """
        if self.state != "standing":
            raise RefusedError.at(_FROZEN[self.state], lot=self.lot.lot)
        if self.corrected_abroad:
            raise RefusedError.at("abroad.corrected", lot=self.lot.lot, registry=self.lot.home)

    def check_changeable(self) -> None:
        """Refuse to correct or undo what has ended.

        Raises:
            RefusedError: `life.withdrawn`, `life.suspended`, `life.undone`.
        """
        if self.state != "standing":
            raise RefusedError.at(_ENDED[self.state], lot=self.lot.lot)


def lineage(connection: Connection, lot: StoredLot) -> Lineage:
    """Return what became of a lot; of one of another registry, by what that registry's status lists said last."""
    if lot.home is not None:
        return _abroad(connection, lot, lot.home)
    issuances, undone = [lot.issuance], False
    while (found := successor_of(connection, issuances[-1])) is not None:
        if found.kind == "undo":
            undone = True
            break
        issuances.append(found.digest)
    certificates = certificate_rows(connection, issuances, lot.output)
    return Lineage(lot, tuple(issuances), certificates, "undone" if undone else _state(connection, certificates))


def _abroad(connection: Connection, lot: StoredLot, home: str) -> Lineage:
    row = foreign_certificate(connection, lot)
    ended = {bit.purpose for bit in foreign_bits(connection, home, row)}
    state: State = "standing"
    if PurposeCode.REVOCATION in ended:
        state = "withdrawn"
    elif PurposeCode.SUSPENSION in ended:
        state = "suspended"
    return Lineage(lot, (lot.issuance,), (row,), state, corrected_abroad=PurposeCode.REFRESH in ended)


def _state(connection: Connection, certificates: tuple[CertificateRow, ...]) -> State:
    """Return how the last bits set leave certificates; a withdrawal is never taken back."""
    suspended = False
    for row in certificates:
        bits = bits_at(connection, row.status_list, row.status_index)
        if any(bit.purpose is PurposeCode.REVOCATION and bit.value for bit in bits):
            return "withdrawn"
        suspended |= [bit.value for bit in bits if bit.purpose is PurposeCode.SUSPENSION][-1:] == [1]
    return "suspended" if suspended else "standing"


def undone(connection: Connection, issuance: bytes) -> bool:
    """Return whether an issuance, or one that corrects it, was undone."""
    while (found := successor_of(connection, issuance)) is not None:
        if found.kind == "undo":
            return True
        issuance = found.digest
    return False


def beside(
    connection: Connection, stored: StoredCertificate, record: CertificateRecord, way: Sequence[StoredRecord]
) -> Iterator[tuple[bytes, bool]]:
    """Yield the certificates that verifying this one needs and that are not its inputs.

    True for its own issuer's.

    They are the one that it corrects, the one that corrects it, and, where the `way` to an input leads through an undo,
    one of the run undone.
    """
    row = stored.row
    if record.follows is not None:
        yield certificate_digest_bytes(record.follows.certificate), True
    if any(bit.purpose is PurposeCode.REFRESH for bit in bits_at(connection, row.status_list, row.status_index)):
        after = successor_of(connection, row.issuance)
        corrected = certificate_of(connection, after.digest, row.output) if after else None
        if corrected is not None:
            yield corrected, True
    for digest in undone_on(connection, way):
        other = open_certificate(f"{certificate_jws(connection, digest)}~").record
        yield digest, other.issuer.did == record.issuer.did


def undone_on(connection: Connection, way: Sequence[StoredRecord]) -> Iterator[bytes]:
    """Yield a certificate of each run that was undone on the way to a holding."""
    for issuance in undone_by(way):
        yield certificates_of(connection, issuance)[0].row.digest


def undone_by(way: Sequence[StoredRecord]) -> Iterator[bytes]:
    """Yield the issuance that each undo on the way to a holding undid."""
    for record in way:
        if record.kind == "undo":
            said = open_statement(record.text, kind="undo").value
            if isinstance(said, Undo):
                yield digest_bytes(said.issuance)


def state_of(connection: Connection, lot: StoredLot) -> State:
    """Return whether a lot stands."""
    return lineage(connection, lot).state if lot.touched else "standing"


def first_certificate(connection: Connection, digest: bytes) -> bytes:
    """Return the first certificate of the lot of the certificate `digest`, through its corrections.

    Raises:
        MissingError: `store.record-missing`.
    """
    while (follows := open_certificate(certificate_jws(connection, digest) + "~").record.follows) is not None:
        digest = certificate_digest_bytes(follows.certificate)
    return digest


def lot_held(connection: Connection, row: HoldingRow) -> StoredLot:
    """Return the lot that a holding is of."""
    lots = lots_of_issuance(connection, row.issuance) or foreign_lots(connection, issuance=row.issuance)
    return next(lot for lot in lots if lot.output == row.output)


def jws_of(connection: Connection, digest: bytes) -> str:
    """Return the signed part of a certificate, imported ones too; raise MissingError `store.record-missing`."""
    try:
        return certificate_jws(connection, digest)
    except MissingError:
        came = arrival_of(connection, digest)
        if came is None:
            raise
        return came.jws


def lot_of(connection: Connection, digest: bytes) -> StoredLot | None:
    """Return the lot of a certificate, also of one that corrects another; None if there is no such certificate."""
    lots = lots_certified(connection, [digest]) or foreign_lots(connection, certificate=digest)
    if not lots:
        try:
            lots = lots_certified(connection, [first_certificate(connection, digest)])
        except MissingError:
            return None
    return lots[0]
