"""Answers about a batch's life: the token's party, its holdings, and the outcome of statements and corrections."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from schemas.answers import AnswerDocument
from schemas.certificate import Facility, Issuer
from schemas.identifier import CertificateDigest, Did, Digest, HoldingText, Index, RegistryId
from schemas.instant import Instant
from schemas.lot import Lot
from schemas.patterns import LOT_CURSOR
from schemas.quantity import Amount6
from schemas.requests import Disclosure
from schemas.statement import Statement
from schemas.vocabulary import Audience


class Membership(AnswerDocument):
    """Who a token acts for at a registry."""

    registry: RegistryId
    """Domain of the registry."""
    issuer: Issuer
    """Party that the token acts for, as it names itself in certificates."""
    facilities: tuple[Facility, ...]
    """Plants of the party."""


class StatusEntry(AnswerDocument):
    """A place in the status lists of a registry."""

    list: Index
    """Number of the status list."""
    index: Index
    """Index of the reserved bit in that list, from 0."""


class StatusEntries(AnswerDocument):
    """Places in the status lists that a registry reserves for the caller."""

    entries: tuple[StatusEntry, ...]
    """Reserved places, each for one certificate."""


class SplitHolding(AnswerDocument):
    """A holding of exactly the mass said, to be used whole."""

    creator: Digest
    """Record digest of the record that created the holding."""
    holding: HoldingText
    """Text of the holding: its salt, owner and registry."""
    mass_kg: Amount6
    """Mass of the holding in kg. Of a lot of electricity, kWh."""


class SplitAnswer(AnswerDocument):
    """Holdings of a lot that have the mass asked for together, and the lot's latest certificate."""

    lot: Lot
    """Lot number as printed on the goods."""
    certificate: CertificateDigest
    """Digest of the lot's latest certificate (`zQm...`)."""
    holdings: Annotated[tuple[SplitHolding, ...], Field(min_length=1)]
    """Holdings that together have the amount asked for."""


class EnteredStatement(AnswerDocument):
    """Where a scheme's statement stands for the caller: entered, freed by an undo, or never entered."""

    lot: Lot | None = None
    """Lot of electricity that the statement was entered as. Null if it is not entered."""
    certificate: CertificateDigest | None = None
    """Digest of that lot's certificate (`zQm...`). Null if it is not entered."""
    after: Digest | None = None
    """Record digest of the undo that freed the statement. Null if there was none."""


class LotLeft(AnswerDocument):
    """What is left of one lot.

    Nothing can be used of a lot whose `state` is not "standing".
    """

    lot: Lot
    """Lot number as printed on the goods."""
    kind: str
    """Kind of the batch, such as oxide, metal or magnet."""
    certificate: CertificateDigest | None
    """Digest of the lot's latest certificate (`zQm...`). Null if it has none."""
    state: Literal["standing", "suspended", "withdrawn", "undone"]
    """Whether the lot can be used (`standing`), or why not."""
    left_kg: Amount6 | None = None
    """Unused mass in kg, dry, without what is offered. Left out for electricity."""
    offered_kg: Amount6 | None = None
    """Mass in kg that is offered to others and not yet accepted. Left out for electricity."""
    elements_kg: dict[str, str] | None = None
    """Mass of each tracked element in `left_kg`, in kg, by its symbol. Left out for electricity."""
    left_kwh: Amount6 | None = None
    """Unused electricity in kWh, without what is offered. Left out for goods."""
    offered_kwh: Amount6 | None = None
    """Electricity in kWh that is offered to others and not yet accepted. Left out for goods."""

    @model_serializer(mode="wrap")
    def _with_own_amounts(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out the amounts that a lot of its kind does not have."""
        return {name: value for name, value in write(self).items() if value is not None or name == "certificate"}

    def amounts(self) -> dict[str, object]:
        """Return the amounts, under names that say their unit."""
        return self.model_dump(exclude={"lot", "kind", "certificate", "state"})


class Holdings(AnswerDocument):
    """What a party holds or held, lot by lot."""

    holdings: tuple[LotLeft, ...]
    """Lots of this page."""
    next: Annotated[str, Field(pattern=LOT_CURSOR)] | None = None
    """Where the next page begins: ask with it as `after`. Null on the last page."""


class Warned(AnswerDocument):
    """A warning that does not prevent what was asked."""

    code: str
    """Stable code of the warning."""
    sentence: str
    """The warning in one plain sentence."""


class Shipped(AnswerDocument):
    """A shipment of one lot."""

    lot: Lot
    """Lot number as printed on the goods."""
    kind: str
    """Kind of the batch, such as oxide, metal or magnet."""
    certificate: CertificateDigest | None
    """Digest of the lot's latest certificate (`zQm...`). Null if it has none."""
    sender: Did = Field(alias="from")
    """DID of the party that offered the goods."""
    to: Did
    """DID of the party that they were offered to."""
    mass_kg: Amount6
    """Mass of the shipment in kg, dry. Of a lot of electricity, kWh."""
    moves: tuple[Digest, ...]
    """Record digests of the signed moves, one for each holding."""


class MoveAnswer(AnswerDocument):
    """What became of shipments."""

    state: Literal["offered", "delivered", "accepted", "cancelled"]
    """Whether the shipments were offered, accepted or cancelled, or moved at once to a guest (`delivered`)."""
    shipments: tuple[Shipped, ...]
    """Shipments, one for each lot and party."""
    warnings: tuple[Warned, ...] = ()
    """Warnings that did not prevent it. Empty if none."""


class StatusAnswer(AnswerDocument):
    """A lot, or an attestation, whose status changed."""

    state: Literal["withdraw", "suspend", "lift"]
    """Change that was made."""
    lot: str
    """Lot number, or digest of the attestation."""
    certificates: tuple[CertificateDigest, ...]
    """Digests of the certificates, or of the attestation, that the statements are about."""
    statements: tuple[str, ...]
    """Statements as signed, each a compact JWS. Empty in a draft."""


class Back(AnswerDocument):
    """What an input of an undone run gets back."""

    lot: Lot
    """Lot of the input."""
    mass_kg: Amount6
    """Amount that comes back, in `unit`."""
    unit: str
    """Unit of the amount: kg, or kWh of a lot of electricity."""


class UndoAnswer(AnswerDocument):
    """A run that was undone."""

    state: Literal["undo"]
    """Always `undo`."""
    run: str
    """The producer's own name for the run."""
    lots: tuple[Lot, ...]
    """Lots that the run had made. They no longer exist."""
    certificates: tuple[CertificateDigest, ...]
    """Digests of the certificates that were revoked."""
    returned: tuple[Back, ...]
    """Inputs that came back."""
    statements: tuple[str, ...]
    """Statement as signed, a compact JWS. Empty in a draft."""


Done: TypeAlias = Annotated[MoveAnswer | StatusAnswer | UndoAnswer, Field(discriminator="state")]
"""What became of statements."""


class DraftedStatement(AnswerDocument):
    """A statement to be signed."""

    statement: Statement
    """Payload to sign."""
    texts: tuple[HoldingText, ...] = ()
    """Texts of the holdings that the statement creates, in their order. Empty if it creates none."""


class Drafts(AnswerDocument):
    """Statements for a party to sign with its own key."""

    drafts: Annotated[tuple[DraftedStatement, ...], Field(min_length=1)]
    """Statements to sign, in their order."""
    answer: Done
    """Answer that the registry gives once they are signed and sent. Its moves and statements are empty until then."""


class CorrectableRun(AnswerDocument):
    """A run as it is known now, for its producer to correct: everything that a correction repeats."""

    issuances: Annotated[tuple[Digest, ...], Field(min_length=1)]
    """Record digests of the issuances of the run, the first one first."""
    certificates: Annotated[tuple[str, ...], Field(min_length=1)]
    """Signed parts (JWS) of the latest certificates, in output order."""
    disclosures: tuple[Disclosure, ...]
    """All disclosures of the run, in their order."""


class SharedLink(AnswerDocument):
    """A private link that a party made for a customer, without its secret."""

    id: str
    """Name of the link, by which its issuer revokes it. It is no secret."""
    certificate: CertificateDigest
    """Digest of the certificate that it opens (`zQm...`)."""
    recipient: str
    """Person or company that the link is for, in the issuer's words."""
    audience: Audience
    """Audience as which the reader of the link sees the certificate."""
    created: Instant
    """Time at which the link was made (UTC)."""
    expires: Instant
    """Time at which the link ends (UTC)."""
    state: Literal["open", "held", "expired", "revoked"]
    """Whether the link still opens its certificate (`open`), or why not. `held` is a link of a restored backup, until
    its issuer opens it again."""
    opened: int
    """Number of times that its page was opened."""
    last_opened: Instant | None = None
    """Time of the last opening (UTC). Null before the first."""


class SharedLinks(AnswerDocument):
    """The private links that a party has made, the newest first."""

    links: tuple[SharedLink, ...]
    """Links, ended ones too."""


class NewLink(AnswerDocument):
    """A new private link with its secret, which the registry does not keep."""

    link: str
    """Address to give to the customer, to nobody else. Its secret stands after `#key=`."""
    shared: SharedLink
    """What the link opens, for whom and until when."""
