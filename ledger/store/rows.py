"""Rows as tuples, in the order of their tables' columns (`ledger.store.schema`); a test compares the two."""

from __future__ import annotations

from typing import NamedTuple

from schemas.vocabulary import Audience


class BatchRow(NamedTuple):
    """An output of an issuance: a lot, which its facility has only once."""

    issuance: bytes
    output: int
    facility: str
    lot: str
    lot_normal: str
    kind: str
    net_mass_mg: int


class CertificateRow(NamedTuple):
    """A certificate as signed, with its place in the status lists."""

    digest: bytes
    issuance: bytes
    output: int
    id: str
    status_list: int
    status_index: int
    jws: str


class IssuedRow(NamedTuple):
    """The search keys of a certificate in its issuer's list; `entry` is None until the entry has its position."""

    issuer: str
    entry: int | None
    output: int
    certificate: bytes
    lot_normal: str
    kind: str
    product: str | None
    issued_ms: int
    facility: str
    month: str
    co2e_micro: int


class RunRow(NamedTuple):
    """The registry's memory of a run: its plant, name and first issuance, its days, and how it shares out."""

    facility: str
    run: str
    issuance: bytes
    producer: str
    first_day: str
    last_day: str
    feed: str
    year: str
    shared_by: str | None


class LeanRow(NamedTuple):
    """The part of another run that an issuance uses by a declaration at `place`.

    `run` is the first issuance of its own run, `on_run` that of the other one, None if that is not known here.  `need`
    and `usual` are millionths of a MJ, kg, m3 or kmol of the pool.
    """

    issuance: bytes
    place: str
    run: bytes
    on_run: bytes | None
    pool: str
    need: int
    usual: int


class AttestationRow(NamedTuple):
    """An attestation: its digest, that of its record, the attestor, the certificate, and its status place."""

    digest: bytes
    record: bytes
    attestor: str
    certificate: bytes
    status_list: int
    status_index: int


class HoldingRow(NamedTuple):
    """A holding: its lot (`issuance`, `output`), its source (`creator`, `parent`), and its owner."""

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
    """A holding that came from another registry by `move`: its lot, and the certificate of the lot.

    The holdings of one transfer share their lines, which are stored under one of their moves (`transfer`).
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
