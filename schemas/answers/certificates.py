"""Answers about certificates: an issuance, a dry run, and the list of an issuer's certificates."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.answers import AnswerDocument
from schemas.answers.others import ProblemEntry
from schemas.bundle import Base64Url
from schemas.claim import Claim
from schemas.identifier import CertificateDigest, CertificateId, Did, Index, ProductId
from schemas.instant import Instant
from schemas.lot import Lot
from schemas.name import Words
from schemas.patterns import CURSOR
from schemas.quantity import Amount6, PositiveAmount6, SignedAmount12
from schemas.vocabulary import Kind

CertificateState = Literal["current", "superseded", "suspended", "withdrawn"]
"""Where a certificate stands: the first of withdrawn (an undone run's too), suspended and superseded that is so, else
current."""
Unit = Literal["kg", "kWh"]
"""The unit of an amount: kg of net mass, dry, or kWh of electricity."""
LogState = Literal["logged", "witnessed", "monitored"]
"""Who has vouched for an entry: this registry alone, its witnesses, or its monitors."""
Url = Annotated[str, Field(pattern=r"^https?://[^\s]{1,2000}$")]
"""An absolute address on this registry."""

Cursor = Annotated[str, Field(pattern=CURSOR)]
"""Where the next page of a list begins; take it as it is."""


class RuleFlag(AnswerDocument):
    """A flag of a plausibility rule; it does not prevent issuing."""

    rule: str
    """Plausibility rule that raised the flag."""
    code: str
    """Stable code of the flag."""
    sentence: str
    """The flag in one plain sentence."""


class EntryProof(AnswerDocument):
    """The place of an entry in the log, with its proof."""

    checkpoint: str
    """Signed checkpoint of the log (C2SP), to which the path leads."""
    entry: Base64Url
    """Bytes of the log entry, in base64url."""
    path: tuple[Base64Url, ...]
    """Hashes from the entry up to the checkpoint's root (RFC 6962), each in base64url."""


class CertificateAnswer(AnswerDocument):
    """A certificate that was issued, with its proof."""

    lot: Lot
    """Lot number as printed on the goods."""
    digest: CertificateDigest
    """Digest of the certificate (`zQm...`)."""
    id: CertificateId
    """UUID of this version of the certificate."""
    index: Index
    """Index of its entry in the log, from 0."""
    certificate: str
    """Text of the certificate with every disclosure."""
    proof: EntryProof
    """Proof that the log holds the entry."""
    url: Url
    """Address of the certificate on this registry."""


class IssueAnswer(AnswerDocument):
    """What became of a record: its certificates, logged and durable, and the flags that were raised."""

    state: LogState
    """State of the entry: logged, or confirmed by cosigners too."""
    unchanged: bool
    """True if the same record was issued before, so that nothing was done now."""
    certificates: tuple[CertificateAnswer, ...]
    """Certificates in output order."""
    notes: tuple[RuleFlag, ...]
    """Flags of plausibility rules. Empty if none was raised."""
    warnings: tuple[ProblemEntry, ...] | None = None
    """What the recipe finds odd in the facts. Null for a run that was not sent as the facts of a recipe."""


class PossibleCertificate(AnswerDocument):
    """A certificate that would be issued."""

    lot: Lot
    """Lot number as the record states it."""
    kind: Kind
    """Kind of the batch, such as oxide, metal or magnet."""
    amount: PositiveAmount6
    """Net amount, above zero, in `unit`."""
    unit: Unit
    """Unit of the amount: kg of dry goods, or kWh of electricity."""
    kg_co2e_per_unit: SignedAmount12
    """kg CO2e for one unit, with location-based electricity."""
    kg_co2e_per_unit_market: SignedAmount12
    """kg CO2e for one unit, with market-based electricity."""
    claims: tuple[Claim, ...]
    """Claims that the certificate would make, with their answers."""
    digest: CertificateDigest | None = None
    """Digest of the certificate (`zQm...`). Null while nothing is signed."""


class DryRun(AnswerDocument):
    """What would become of a record."""

    state: Literal["could-be-issued", "unchanged"]
    """`could-be-issued`, or `unchanged` if the record is issued already and nothing would happen."""
    certificates: tuple[PossibleCertificate, ...]
    """Certificates that would be issued, in output order."""
    notes: tuple[RuleFlag, ...]
    """Flags of plausibility rules. Empty if none was raised."""


class RehearsedRun(AnswerDocument):
    """What would become of a record, or of the facts of a recipe, and all that is wrong or odd with it."""

    state: Literal["could-be-issued", "unchanged", "refused"]
    """`could-be-issued`, `unchanged` if the record is issued already, or `refused`."""
    certificates: tuple[PossibleCertificate, ...]
    """Certificates that would be issued, in output order. Empty if refused."""
    notes: tuple[RuleFlag, ...]
    """Flags of plausibility rules. Empty if none was raised."""
    warnings: tuple[ProblemEntry, ...]
    """What looks odd, each at its place in the facts. It does not prevent issuing."""
    problems: tuple[ProblemEntry, ...]
    """All that keeps it from being issued, each at its place in the record or in the facts."""


class ListedCertificate(AnswerDocument):
    """A certificate in the list of a party: of a lot that it made, or received."""

    digest: CertificateDigest
    """Digest of the certificate (`zQm...`)."""
    id: CertificateId
    """UUID of this version of the certificate."""
    issuer: Did
    """DID of the party that issued it: the caller, or whose lot the caller received."""
    lot: Lot
    """Lot number as printed on the goods."""
    kind: Kind
    """Kind of the batch, such as oxide, metal or magnet."""
    product: ProductId | None = None
    """Product of the vocabulary. Null if it is none of them."""
    description: Words
    """Description of the goods, in words."""
    amount: PositiveAmount6
    """Net amount of the batch, above zero, in `unit`."""
    unit: Unit
    """Unit of the amount: kg of dry goods, or kWh of electricity."""
    left: Amount6
    """What the party has unused of the lot, without what it offers, in `unit`."""
    offered: Amount6
    """What the party offers of the lot and nobody has accepted yet, in `unit`."""
    shipped: Amount6
    """What the party has handed on of the lot, in `unit`."""
    used: Amount6
    """What the party's runs have used of the lot, in `unit`."""
    issued: Instant
    """Second of signing, in UTC."""
    state: CertificateState
    """Whether the certificate is current, superseded, suspended or withdrawn."""
    url: Url
    """Address of the certificate on this registry."""


class CertificateList(AnswerDocument):
    """A page of what a party has issued or received."""

    certificates: tuple[ListedCertificate, ...]
    """Certificates of this page, the newest first."""
    next: Cursor | None = None
    """Cursor of the next page. Null on the last page."""
