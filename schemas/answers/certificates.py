"""What is answered of certificates: what was issued, what would be, and the list of what an issuer has issued."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.answers import Answered
from schemas.bundle import Base64Url
from schemas.claim import Claim
from schemas.identifier import CertificateDigest, CertificateId, Index, ProductId
from schemas.instant import Instant
from schemas.lot import Lot
from schemas.name import Words
from schemas.quantity import PositiveAmount6, SignedAmount12
from schemas.vocabulary import Kind

CertificateState = Literal["current", "superseded", "suspended", "withdrawn"]
"""Where a certificate stands: the first of withdrawn (an undone run's too), suspended and superseded that is so, else current."""
Unit = Literal["kg", "kWh"]
"""The unit of an amount: kg of net mass, dry, or kWh of electricity."""
LogState = Literal["logged", "witnessed", "monitored"]
"""Who has vouched for an entry: this registry alone, its witnesses, or its monitors."""
Url = Annotated[str, Field(pattern=r"^https?://[^\s]{1,2000}$")]
"""An absolute address on this registry."""

CURSOR = r"^(?:0|[1-9][0-9]{0,17})\.(?:0|[1-9][0-9]{0,4})$"
Cursor = Annotated[str, Field(pattern=CURSOR)]
"""Where the next page of a list begins; take it as it is."""


class Note(Answered):
    """A flag of a plausibility rule, which does not stand in the way: the rule, a stable code, and its sentence."""

    rule: str
    code: str
    sentence: str


class LogProof(Answered):
    """Where an entry stands in the log: a signed checkpoint, the entry, and the hashes from it to the checkpoint's root."""

    checkpoint: str
    entry: Base64Url
    path: tuple[Base64Url, ...]


class IssuedCertificate(Answered):
    """A certificate that was issued: its text with every disclosure, and the proof of its place `index` in the log."""

    lot: Lot
    digest: CertificateDigest
    id: CertificateId
    index: Index
    certificate: str
    proof: LogProof
    url: Url


class Issued(Answered):
    """What became of a record: its certificates, logged and durable, and the flags that were raised.

    `unchanged` says that the same was issued before, so that nothing was done now.
    """

    state: LogState
    unchanged: bool
    certificates: tuple[IssuedCertificate, ...]
    notes: tuple[Note, ...]


class PossibleCertificate(Answered):
    """A certificate that would be issued, with kg CO2e per unit of its amount, location-based and market-based.

    `digest` is null where nothing is signed yet.
    """

    lot: Lot
    kind: Kind
    amount: PositiveAmount6
    unit: Unit
    kg_co2e_per_unit: SignedAmount12
    kg_co2e_per_unit_market: SignedAmount12
    claims: tuple[Claim, ...]
    digest: CertificateDigest | None = None


class DryRun(Answered):
    """What would become of a record: its certificates and every flag; `unchanged` where it is issued already, and nothing would be."""

    state: Literal["could-be-issued", "unchanged"]
    certificates: tuple[PossibleCertificate, ...]
    notes: tuple[Note, ...]


class ListedCertificate(Answered):
    """A certificate in the list of its issuer."""

    digest: CertificateDigest
    id: CertificateId
    lot: Lot
    kind: Kind
    product: ProductId | None = None
    description: Words
    amount: PositiveAmount6
    unit: Unit
    issued: Instant
    state: CertificateState
    url: Url


class CertificateList(Answered):
    """A page of what an issuer has issued, the newest first; `next` is where the next page begins, null on the last."""

    certificates: tuple[ListedCertificate, ...]
    next: Cursor | None = None
