"""Answers about contacts, guests and shipments."""

from __future__ import annotations

from typing import Literal

from schemas.answers import AnswerDocument
from schemas.identifier import CertificateDigest, Did, RegistryId
from schemas.instant import Instant
from schemas.lot import Lot
from schemas.quantity import Amount6
from schemas.vocabulary import Audience


class Contact(AnswerDocument):
    """A customer among a party's contacts."""

    id: str
    """Name of the contact in addresses. It is no secret."""
    name: str
    """Name of the customer, in the party's words."""
    kind: Literal["here", "elsewhere", "guest"]
    """Whether the customer is a party of this registry, has a DID elsewhere, or is a guest of this registry."""
    did: Did
    """DID of the customer. Of a guest, the key that the registry keeps."""
    registry: RegistryId | None
    """Domain of the customer's own registry. Null if not known."""
    email: str | None
    """E-mail address of the customer. Null if none is kept."""
    created: Instant
    """Time at which the contact was added (UTC)."""


class Contacts(AnswerDocument):
    """The contacts of a party, by name."""

    contacts: tuple[Contact, ...]
    """Contacts that have not ended."""


class ClaimCode(AnswerDocument):
    """A code with which a customer claims what a guest holds."""

    contact: Contact
    """Contact that the code is for."""
    code: str
    """Code to give to the customer, to nobody else. It is shown this once, and a newer one ends it."""


class GuestRequest(AnswerDocument):
    """Something that is to be moved out of a guest."""

    id: str
    """Name of the request. It is no secret."""
    contact: str
    """Name of the contact, in the words of the party that shipped to it. Empty for everybody else."""
    kind: Literal["claim", "return"]
    """Whether a party claims everything, or goods came back."""
    claimant: Did | None
    """DID of the party that claims it. Null for goods that came back."""
    claimant_name: str | None
    """Registered name of the claimant. Null for goods that came back."""
    lot: Lot | None
    """Lot that came back. Null for a claim."""
    mass_kg: Amount6 | None
    """Mass that came back, in kg. Null for a claim, and for all of the lot."""
    state: str
    """State of the request: `waiting` for the producer's word, `confirmed` until the operator settles it, `done`,
    `declined`, or the code of a refusal."""
    asked: Instant
    """Time of the request (UTC)."""


class GuestRequests(AnswerDocument):
    """What is to be moved, or was moved, out of guests."""

    requests: tuple[GuestRequest, ...]
    """Requests, the oldest first."""


class ShipmentLine(AnswerDocument):
    """A lot of a shipment."""

    lot: Lot
    """Lot number as printed on the goods."""
    certificate: CertificateDigest
    """Digest of the lot's certificate (`zQm...`)."""
    mass_kg: Amount6
    """Mass that went out, in kg. Of a lot of electricity, kWh."""
    share: str | None
    """Name of the private link to the certificate. Null if there is none."""
    link: str | None = None
    """Address of the private link. Null unless the shipment was made just now: it is shown once."""


class MadeShipment(AnswerDocument):
    """Lots that went to one customer, or were offered to it, in one step."""

    id: str
    """Name of the shipment in addresses. It is no secret."""
    contact: Contact
    """Customer that the lots went to."""
    consignee: Did
    """DID that took the lots, or was offered them."""
    state: Literal["offered", "delivered"]
    """Whether the lots wait for the customer's word (`offered`), or were moved at once to a guest (`delivered`)."""
    number: str
    """Number of the delivery note, in the sender's words. Empty if none was given."""
    po: str
    """Number of the customer's purchase order. Empty if none was given."""
    audience: Audience
    """Audience as which the customer sees the certificates."""
    lots: tuple[ShipmentLine, ...]
    """Lots of the shipment, in its order."""
    shipped: Instant
    """Time of the shipment (UTC)."""
    received: Instant | None
    """Time at which somebody with a link said that it came (UTC). Null before that. It moves nothing."""


class ShipmentReceipt(AnswerDocument):
    """What the sender of a shipment was told by its customer's private link. It moves nothing."""

    received: Instant
    """Time at which the sender was first told that the goods came (UTC)."""
    first: bool
    """Whether that was just now. False if it was told before, by this link or another one of the shipment."""


class MadeShipments(AnswerDocument):
    """The shipments of a party, the newest first."""

    shipments: tuple[MadeShipment, ...]
    """Shipments, at most 500."""
