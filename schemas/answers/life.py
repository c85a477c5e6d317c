"""What is answered of a batch's life: who a token acts for, what it holds, and what becomes of statements and corrections."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from schemas.answers import Answered
from schemas.certificate import Facility, Issuer
from schemas.identifier import CertificateDigest, Did, Digest, HoldingText, Index, RegistryId
from schemas.lot import Lot
from schemas.quantity import Amount6
from schemas.requests import Disclosure
from schemas.statement import Statement


class Membership(Answered):
    """Who a token acts for at a registry: the registry's name, how the party names itself, its plants."""

    registry: RegistryId
    issuer: Issuer
    facilities: tuple[Facility, ...]


class Place(Answered):
    """A place in the status lists of a registry."""

    list: Index
    index: Index


class Places(Answered):
    """Places that a registry keeps for who asked."""

    entries: tuple[Place, ...]


class SplitHolding(Answered):
    """A holding of exactly the mass said, to be used whole; `creator` is the digest of the record that made it."""

    creator: Digest
    holding: HoldingText
    mass_kg: Amount6


class Split(Answered):
    """Holdings of a lot that have the mass asked for together, and the lot's latest certificate."""

    lot: Lot
    certificate: CertificateDigest
    holdings: Annotated[tuple[SplitHolding, ...], Field(min_length=1)]


class EnteredStatement(Answered):
    """Where a scheme's statement stands for who asked: its lot and that lot's certificate, or the undo that freed it, or nothing."""

    lot: Lot | None = None
    certificate: CertificateDigest | None = None
    after: Digest | None = None


class LotLeft(Answered):
    """What is left of one lot: masses in kg, or in kWh of electricity, and the mass in kg of each tracked element.

    Nothing can be used of a lot whose `state` is not "standing".
    """

    lot: Lot
    kind: str
    certificate: CertificateDigest | None
    state: Literal["standing", "suspended", "withdrawn", "undone"]
    left_kg: Amount6 | None = None
    offered_kg: Amount6 | None = None
    elements_kg: dict[str, str] | None = None
    left_kwh: Amount6 | None = None
    offered_kwh: Amount6 | None = None

    @model_serializer(mode="wrap")
    def _with_own_amounts(self, write: SerializerFunctionWrapHandler) -> dict[str, object]:
        """Leave out the amounts that a lot of its kind does not have."""
        return {name: value for name, value in write(self).items() if value is not None or name == "certificate"}

    def amounts(self) -> dict[str, object]:
        """Return the amounts, under names that say their unit."""
        return self.model_dump(exclude={"lot", "kind", "certificate", "state"})


class Holdings(Answered):
    """What a party holds or held, lot by lot; `next` says how many lots to pass over for the rest, null where there is none."""

    holdings: tuple[LotLeft, ...]
    next: int | None = None


class Warned(Answered):
    """Something that does not stand in the way: its code, and a sentence."""

    code: str
    sentence: str


class Shipped(Answered):
    """A mass of one lot on its way from one party to another, or arrived: `moves` are the digests of the signed moves."""

    lot: Lot
    kind: str
    certificate: CertificateDigest | None
    sender: Did = Field(alias="from")
    to: Did
    mass_kg: Amount6
    moves: tuple[Digest, ...]


class Moved(Answered):
    """What became of shipments: offered, accepted or cancelled."""

    state: Literal["offered", "accepted", "cancelled"]
    shipments: tuple[Shipped, ...]
    warnings: tuple[Warned, ...] = ()


class Changed(Answered):
    """A lot, or an attestation by its digest, whose status changed: what the statements are about, and the statements as signed."""

    state: Literal["withdraw", "suspend", "lift"]
    lot: str
    certificates: tuple[CertificateDigest, ...]
    statements: tuple[str, ...]


class Back(Answered):
    """What an input of an undone run gets back; `mass_kg` is counted in `unit`."""

    lot: Lot
    mass_kg: Amount6
    unit: str


class Undone(Answered):
    """A run that was undone: its lots, the certificates revoked, what came back, and the statement as signed."""

    state: Literal["undo"]
    run: str
    lots: tuple[Lot, ...]
    certificates: tuple[CertificateDigest, ...]
    returned: tuple[Back, ...]
    statements: tuple[str, ...]


Done: TypeAlias = Annotated[Moved | Changed | Undone, Field(discriminator="state")]
"""What became of statements."""


class DraftedStatement(Answered):
    """A statement to be signed, and the texts of the holdings that it creates, in their order."""

    statement: Statement
    texts: tuple[HoldingText, ...] = ()


class Drafts(Answered):
    """Statements for a party to sign with its own key; `answer` is what is answered once they are signed and sent.

    In `answer`, moves and statements are empty: nothing is signed yet.
    """

    drafts: Annotated[tuple[DraftedStatement, ...], Field(min_length=1)]
    answer: Done


class Followed(Answered):
    """A run as it is known now, for its producer to correct: everything that a correction repeats.

    `issuances` are the record digests, the first one first; `certificates` the signed parts of the latest certificates, in output order;
    `disclosures` those of the run, all of them, in their order.
    """

    issuances: Annotated[tuple[Digest, ...], Field(min_length=1)]
    certificates: Annotated[tuple[str, ...], Field(min_length=1)]
    disclosures: tuple[Disclosure, ...]
