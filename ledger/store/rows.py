"""Rows as tuples, in the order of their tables' columns (`ledger.store.schema`); a test compares the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from schemas.vocabulary import Audience


class BatchRow(NamedTuple):
    """An output of an issuance: a lot, once and for ever in its facility."""

    issuance: bytes
    output: int
    facility: str
    lot: str
    lot_normal: str
    kind: str
    net_mass_mg: int


class CertificateRow(NamedTuple):
    """A certificate as it was signed, and its place in the status lists."""

    digest: bytes
    issuance: bytes
    output: int
    id: str
    status_list: int
    status_index: int
    jws: str


class IssuedRow(NamedTuple):
    """What a certificate is found by in the list of its issuer; `entry` is None until the entry has its place."""

    issuer: str
    entry: int | None
    output: int
    certificate: bytes
    lot_normal: str
    kind: str
    product: str | None
    issued_ms: int


class AttestationRow(NamedTuple):
    """An attestation: its digest and that of its record, who says it, the certificate that it names, and its place in the status lists."""

    digest: bytes
    record: bytes
    attestor: str
    certificate: bytes
    status_list: int
    status_index: int


class HoldingRow(NamedTuple):
    """A holding: what it is of (`issuance`, `output`), how it came (`creator`, `parent`), and whose it is."""

    commitment: bytes
    text: str
    creator: bytes
    parent: bytes | None
    mass_mg: int
    owner: str
    registry: str
    issuance: bytes
    output: int
    steps: int
    used: int | None = None


class OfferRow(NamedTuple):
    """A signed move that waits for the consignee."""

    holding: bytes
    digest: bytes
    statement: str
    text: str
    owner: str
    registry: str
    audience: Audience
    expires_ms: int


class ArrivalRow(NamedTuple):
    """A holding that came from another registry by `move`: the lot it is of, and that lot's certificate.

    What came in one transfer shares its lines, which are kept under one of its moves (`transfer`).
    """

    move: bytes
    issuance: bytes
    output: int
    facility: str
    lot: str
    lot_normal: str
    kind: str
    net_mass_mg: int
    certificate: bytes
    id: str
    status_list: int
    status_index: int
    jws: str
    registry: str
    transfer: bytes


class DisclosureRow(NamedTuple):
    """The confidential texts of a run (subject: issuance) or of a certificate's details, joined by ``~``."""

    subject: bytes
    texts: str
