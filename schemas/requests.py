"""Requests to the HTTP door besides production records: small, closed and strict documents.

Rules: as everything that people write; an unknown member is refused, so nothing can be slipped in beside what is read.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.attestation import MOST_BRANCHES, Criteria, ExaminedBranch, Scopes
from schemas.bundle import Base64Url
from schemas.document import Written
from schemas.door.limits import MAX_BYTES
from schemas.identifier import CertificateDigest, Did, FacilityId, Gln, Gtin, HoldingText
from schemas.instant import Day, Instant
from schemas.lot import Lot
from schemas.name import NameText, Words
from schemas.quantity import LotAmount
from schemas.run import MOST_INPUTS, MOST_OUTPUTS
from schemas.vocabulary import AssuranceLevel, Audience, Opinion

MOST_DISCLOSURES = 2 * MOST_INPUTS + 7 + MOST_OUTPUTS
"""Inputs with their sources, groups and outputs of one run."""
MOST_STATEMENTS = 1000
"""Statements of one request: the holdings of one shipment, or the certificates of one lot; more than either ever
has."""
MOST_SIGNED_CHARACTERS = 65_535
"""As `schemas.certificate.MOST_SIGNED_BYTES`."""


Disclosure = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=MAX_BYTES)]
"""A disclosure as it is sent: of a group with all lines that a run may have, as long as the whole may be."""


MOST_SHOWN_CHARACTERS = 4 * 1024 * 1024
"""As `ledger.seal.sdjwt.MOST_TEXT_BYTES`."""
ShownText = Annotated[str, Field(max_length=MOST_SHOWN_CHARACTERS)]
"""A certificate's text with the disclosures that somebody was shown."""


class SplitRequest(Written):
    """Ask for holdings of exactly some amount of a lot."""

    lot: Lot
    """Lot as its holder knows it, or the digest of its certificate."""
    mass: LotAmount
    """Amount wanted, above zero: a net mass, or electricity of a lot of electricity."""


class InsideRequest(Written):
    """Ask what lies inside the auditors' leaves about a certificate, as who holds part of its batch."""

    certificate: CertificateDigest
    """Digest of the certificate (`zQm...`)."""
    holding: HoldingText
    """Text of a holding of its batch, used or not: its salt, owner and registry."""


class LinkHookRequest(Written):
    """Ask that the notices of a private link are sent to a web address."""

    address: Annotated[str, Field(min_length=1, max_length=2000)]
    """Web address of the receiver: https, and a public address of the internet."""


class StatusEntriesRequest(Written):
    """Ask for places in the status lists, to sign certificates with."""

    count: Annotated[int, Field(ge=1, le=1000)]
    """Number of places wanted, one for each certificate."""


class LotIdentifierRequest(Written):
    """Say which GTIN a lot bears, for the resolver of GS1 Digital Links."""

    lot: Lot
    """Lot as its holder knows it, or the digest of its certificate."""
    gtin: Gtin
    """GTIN printed on the goods, 8 to 14 digits with a right check digit."""
    serial: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    """Serial number of one piece of the lot (GS1 application identifier 21). Absent means the whole lot."""


class PlaceIdentifierRequest(Written):
    """Say which GLN a plant bears."""

    facility: FacilityId
    """URI of the plant."""
    gln: Gln
    """GLN of the plant, 13 digits with a right check digit."""
    extension: Annotated[str, Field(min_length=1, max_length=20)] | None = None
    """Part of the plant (GS1 application identifier 254). Absent means all of it."""


class MoveRequest(Written):
    """Offer a lot, or part of it, to another party."""

    statement: Literal["move"]
    """Tag of the request."""
    lot: Lot
    """Lot as its holder knows it, or the digest of its certificate."""
    to: Did
    """DID of the party that the goods are offered to."""
    mass: LotAmount | None = None
    """Amount offered, above zero. Absent means all that is left."""
    audience: Audience = "partner"
    """Audience as which the consignee may see the certificate once it accepts."""


MOST_SHARE_DAYS = 366
"""Longest life of a private link, in days."""


class ShareRequest(Written):
    """Ask for a private link that opens one certificate for one customer."""

    lot: Lot
    """Lot as its issuer knows it, or the digest of its certificate."""
    recipient: Words
    """Person or company that the link is for, in the issuer's words. Only the issuer reads it."""
    audience: Audience = "customer"
    """Audience as which the reader of the link sees the certificate."""
    days: Annotated[int, Field(ge=1, le=MOST_SHARE_DAYS)] = 90
    """Days until the link ends."""


class AcceptRequest(Written):
    """Take what was offered: of one lot, or all that waits."""

    statement: Literal["accept"]
    """Tag of the request."""
    lot: Lot | None = None
    """Lot to accept. Absent means all that waits."""


class CancelRequest(Written):
    """Take back what was offered and nobody accepted: of one lot, or all."""

    statement: Literal["cancel"]
    """Tag of the request."""
    lot: Lot | None = None
    """Lot whose offers are taken back. Absent means all of them."""


class StatusRequest(Written):
    """Withdraw a lot for ever, suspend it, or lift a suspension."""

    statement: Literal["withdraw", "suspend", "lift"]
    """Change to make."""
    lot: Lot
    """Lot as its issuer knows it, or the digest of its certificate or of an attestation."""
    reason: Words
    """Why, in words. Everybody who verifies the lot reads it."""


class UndoRequest(Written):
    """Undo the run that made a lot, while all of it is still there.

    Its inputs come back, and its certificates are revoked.
    """

    statement: Literal["undo"]
    """Tag of the request."""
    lot: Lot
    """Any lot that the run made."""


class SignedStatements(Written):
    """Statements of one kind that a party signed with its own key: all of them count, or none."""

    statement: Literal["signed"]
    """Tag of the request."""
    texts: Annotated[
        tuple[Annotated[str, Field(max_length=MAX_BYTES)], ...], Field(min_length=1, max_length=MOST_STATEMENTS)
    ]
    """Signed statements, each a JWS. A move or an undo is followed by `~`, the text of each holding that it creates,
    and `~`."""
    audience: Audience = "partner"
    """Of moves, the audience as which the consignee may see the certificate once it accepts."""


class CorrectionRequest(Written):
    """Ask for what a correction repeats."""

    statement: Literal["correct"]
    """Tag of the request."""
    facility: FacilityId
    """URI of the plant that made the lots."""
    lots: Annotated[tuple[Lot, ...], Field(min_length=1, max_length=MOST_OUTPUTS)]
    """Certified lots of the run, all of them, in output order."""


StatementRequest = Annotated[
    MoveRequest | AcceptRequest | CancelRequest | StatusRequest | UndoRequest | SignedStatements,
    Field(discriminator="statement"),
]
DraftRequest = Annotated[
    MoveRequest | CancelRequest | StatusRequest | UndoRequest | CorrectionRequest, Field(discriminator="statement")
]
"""What is drafted for a party that signs with its own key; accepting is signed by nobody."""


class DeliveryRequest(Written):
    """Name the delivery that a statement of origin is for. What is absent is a blank line on the paper."""

    contract: NameText | None = None
    """Number of the contract. Absent means a blank line."""
    part: NameText | None = None
    """Part number of the goods under the contract. Absent means a blank line."""
    consignee: NameText | None = None
    """Who receives the goods. Absent means a blank line."""
    signatory: NameText | None = None
    """Name and position of who signs the statement. Absent means a blank line."""
    delivery: Day | None = None
    """Day of delivery, by which the clause covers more or less. Absent means the day of the paper."""


class ApprovalDecision(Written):
    """Decide about what another person asked for."""

    decision: Literal["approve", "return"]
    """`approve` it as it is, or `return` it to its author."""
    note: Words | None = None
    """What has to change, for the author; needed where it is returned."""


class AttestationRequest(Written):
    """Attest a certificate, or the run that it is of and so all certificates of that run."""

    certificate: CertificateDigest
    """Digest of the certificate (`zQm...`)."""
    of: Literal["certificate", "run"] = "certificate"
    """Whether the attestation is about the certificate alone or about its whole run."""
    scopes: Scopes
    """Subjects that the attestor examined."""
    level: AssuranceLevel | None = None
    """Level of assurance (ISO 14064-3:2019). Figures, mass balances and closed branches need one; other scopes forbid
    it."""
    criteria: Criteria
    """Standards, methods or rules by which it was judged."""
    opinion: Opinion = "unmodified"
    """Opinion of the attestor (ISO 14064-3:2019)."""
    note: Words | None = None
    """Free words. A modified opinion needs them to name its exceptions."""
    branches: Annotated[tuple[ExaminedBranch, ...], Field(max_length=MOST_BRANCHES)] = ()
    """Withheld inputs behind which the attestor looked. The scope `closed-branch` needs them."""
    examined: Instant | None = None
    """Instant of the examination, in UTC. Absent means just now."""
    valid_until: Instant | None = None
    """Last second for which the attestation is valid, in UTC. Absent means one year from now."""
    shown: ShownText | None = None
    """Certificate's text with all that the attestor was shown. Figures, mass balances and closed branches need it. The
    registry reads it and does not keep it."""


class SignedAttestation(Written):
    """An attestation that its attestor signed itself."""

    attestation: Annotated[str, Field(max_length=MOST_SIGNED_CHARACTERS)]
    """Attestation as signed, a compact JWS."""
    shown: ShownText | None = None
    """Certificate's text with all that the attestor was shown. Figures, mass balances and closed branches need it. The
    registry reads it and does not keep it."""


class UploadIssueRequest(Written):
    """Which rows of an uploaded workbook to issue."""

    rows: Literal["all", "ready"] = "all"
    """`all` issues none unless every row fits. `ready` issues those that fit."""
    confirmed: bool = False
    """Accepts the recipes of today for a file that does not say for which versions it was made."""
    hold: bool = True
    """Holds the rows for the minutes of the party's rule before they are signed. `false` signs them at once."""


class SignedIssuance(Written):
    """A run that its producer sealed and signed itself: everything that is logged and kept."""

    run: Disclosure
    """Disclosure of the run."""
    disclosures: Annotated[tuple[Disclosure, ...], Field(max_length=MOST_DISCLOSURES)]
    """All other disclosures of the run, in their order."""
    certificates: Annotated[
        tuple[Annotated[str, Field(max_length=MOST_SIGNED_CHARACTERS)], ...],
        Field(min_length=1, max_length=MOST_OUTPUTS),
    ]
    """Signed parts (JWS) of the certificates, in output order."""
    holdings: Annotated[tuple[HoldingText, ...], Field(max_length=MOST_OUTPUTS)] = ()
    """Texts of the holdings that the outputs create, one for each output. A correction creates none."""
    seals: Annotated[tuple[Base64Url, ...], Field(max_length=MOST_OUTPUTS)] = ()
    """Seals of the certificates for their QR codes, in the same order. Empty if there are none."""


class RecipeDecision(Written):
    """What becomes of a version of a recipe: it is sent for approval, approved, or returned with a note."""

    decision: Literal["send", "approve", "return"]
    """`send` is for who writes recipes; `approve` and `return` are for a second person."""
    digest: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """SHA-256 of the version that was read, in hexadecimal. Another version there is not touched."""
    note: Words | None = None
    """Why it is returned. Required for `return`."""
