"""What people and programs ask of the HTTP door beside production records: small documents, closed and strict.

Rules: as everything that people write; an unknown member is refused, so nothing can be slipped in beside what is read.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.attestation import MOST_BRANCHES, Branch, Criteria, Scopes
from schemas.bundle import Base64Url
from schemas.document import Written
from schemas.door.limits import MAX_BYTES
from schemas.identifier import CertificateDigest, Did, FacilityId, Gln, Gtin, HoldingText
from schemas.instant import Instant
from schemas.lot import Lot
from schemas.name import Words
from schemas.quantity import LotAmount
from schemas.run import MOST_INPUTS, MOST_OUTPUTS
from schemas.vocabulary import AssuranceLevel, Audience, Opinion

MOST_DISCLOSURES = 2 * MOST_INPUTS + 7 + MOST_OUTPUTS
"""Inputs with their sources, groups and outputs of one run."""
MOST_STATEMENTS = 1000
"""Statements of one request: the holdings of one shipment, or the certificates of one lot; more than either ever has."""
MOST_SIGNED_CHARACTERS = 65_535
"""As `schemas.certificate.MOST_SIGNED_BYTES`."""


Disclosure = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=MAX_BYTES)]
"""A disclosure as it is sent: of a group with all lines that a run may have, as long as the whole may be."""


MOST_SHOWN_CHARACTERS = 4 * 1024 * 1024
"""As `ledger.seal.sdjwt.MOST_TEXT_BYTES`."""
ShownText = Annotated[str, Field(max_length=MOST_SHOWN_CHARACTERS)]
"""A certificate's text with the disclosures that somebody was shown."""


class SplitRequest(Written):
    """Ask for holdings of exactly `mass` (kWh of a lot of electricity) of a lot, named as its holder knows it or by its certificate's digest."""

    lot: Lot
    mass: LotAmount


class StatusEntriesRequest(Written):
    """Ask for places in the status lists, to sign certificates with."""

    count: Annotated[int, Field(ge=1, le=1000)]


class LotIdentifierRequest(Written):
    """Say which GTIN a lot bears, for the resolver of GS1 Digital Links; with `serial`, a piece of it."""

    lot: Lot
    gtin: Gtin
    serial: Annotated[str, Field(min_length=1, max_length=20)] | None = None


class PlaceIdentifierRequest(Written):
    """Say which GLN a plant bears; with `extension`, a part of it."""

    facility: FacilityId
    gln: Gln
    extension: Annotated[str, Field(min_length=1, max_length=20)] | None = None


class MoveRequest(Written):
    """Offer a lot, or part of it, to somebody; `audience` is as whom they may see its certificate once they accept."""

    statement: Literal["move"]
    lot: Lot
    to: Did
    mass: LotAmount | None = None
    audience: Audience = "partner"


class AcceptRequest(Written):
    """Take what was offered: of one lot, or all that waits."""

    statement: Literal["accept"]
    lot: Lot | None = None


class CancelRequest(Written):
    """Take back what was offered and nobody accepted: of one lot, or all."""

    statement: Literal["cancel"]
    lot: Lot | None = None


class StatusRequest(Written):
    """Withdraw a lot for ever, suspend it, or lift a suspension; `reason` is told to everybody who verifies it."""

    statement: Literal["withdraw", "suspend", "lift"]
    lot: Lot
    reason: Words


class UndoRequest(Written):
    """Undo the run that made a lot, while nothing of it has left: its inputs come back, its certificates are revoked."""

    statement: Literal["undo"]
    lot: Lot


class SignedStatements(Written):
    """Statements of one kind that a party signed with its own key: all of them count, or none.

    Each text is the JWS; of a move and an undo followed by `~` and the text of each holding that it creates, and `~`.  Of moves, `audience`
    is as whom the consignee may see the certificate once it accepts.
    """

    statement: Literal["signed"]
    texts: Annotated[
        tuple[Annotated[str, Field(max_length=MAX_BYTES)], ...], Field(min_length=1, max_length=MOST_STATEMENTS)
    ]
    audience: Audience = "partner"


class CorrectionRequest(Written):
    """Ask for what a correction repeats: the run of a plant that made these lots, all of them, in their order."""

    statement: Literal["correct"]
    facility: FacilityId
    lots: Annotated[tuple[Lot, ...], Field(min_length=1, max_length=MOST_OUTPUTS)]


StatementRequest = Annotated[
    MoveRequest | AcceptRequest | CancelRequest | StatusRequest | UndoRequest | SignedStatements,
    Field(discriminator="statement"),
]
DraftRequest = Annotated[
    MoveRequest | CancelRequest | StatusRequest | UndoRequest | CorrectionRequest, Field(discriminator="statement")
]
"""What is drafted for a party that signs with its own key; accepting is signed by nobody."""


class AttestationRequest(Written):
    """Attest a certificate, or the run that it is of and so all certificates of that run.

    Without `examined` it was examined just now, without `valid_until` it holds for a year.  `shown` is the certificate's text with all that
    the attestor was shown of it, which figures, mass balances and closed branches need; it is looked at and not kept.
    """

    certificate: CertificateDigest
    of: Literal["certificate", "run"] = "certificate"
    scopes: Scopes
    level: AssuranceLevel | None = None
    criteria: Criteria
    opinion: Opinion = "unmodified"
    note: Words | None = None
    branches: Annotated[tuple[Branch, ...], Field(max_length=MOST_BRANCHES)] = ()
    examined: Instant | None = None
    valid_until: Instant | None = None
    shown: ShownText | None = None


class SignedAttestation(Written):
    """An attestation that its attestor signed itself; `shown` as of `AttestationRequest`."""

    attestation: Annotated[str, Field(max_length=MOST_SIGNED_CHARACTERS)]
    shown: ShownText | None = None


class SignedIssuance(Written):
    """A run that its producer sealed and signed itself: everything that is logged and kept.

    `run` is the run's disclosure, `disclosures` all others in their order; `certificates` the signed parts in output order;
    `holdings` the texts of the holdings that the outputs create, one an output; a correction creates none.
    """

    run: Disclosure
    disclosures: Annotated[tuple[Disclosure, ...], Field(max_length=MOST_DISCLOSURES)]
    certificates: Annotated[
        tuple[Annotated[str, Field(max_length=MOST_SIGNED_CHARACTERS)], ...],
        Field(min_length=1, max_length=MOST_OUTPUTS),
    ]
    holdings: Annotated[tuple[HoldingText, ...], Field(max_length=MOST_OUTPUTS)] = ()
    seals: Annotated[tuple[Base64Url, ...], Field(max_length=MOST_OUTPUTS)] = ()
