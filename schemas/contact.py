"""Requests about contacts and shipments: closed and strict, as `schemas.requests`."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from schemas.document import Written
from schemas.identifier import Did, RegistryId
from schemas.lot import Lot
from schemas.name import NameText
from schemas.patterns import EMAIL, ONE_LINE
from schemas.quantity import LotAmount
from schemas.requests import MOST_SHARE_DAYS
from schemas.vocabulary import Audience

MOST_SHIPPED_LOTS: Final = 200
"""Lots of one shipment: more than one delivery note ever lists."""
_Number = Annotated[str, StringConstraints(max_length=60, pattern=ONE_LINE)]
Email = Annotated[str, StringConstraints(max_length=254, pattern=EMAIL)]
"""An e-mail address as people write it; that it exists is not checked."""


class ContactRequest(Written):
    """Add a customer to your contacts."""

    name: NameText
    """Name of the customer, in your words. Only you read it. No two of your contacts look alike."""
    did: Did | None = None
    """DID of the customer. Absent for one that has none: the registry makes a key and holds for it, as a guest."""
    registry: RegistryId | None = None
    """Domain of the customer's own registry. Absent if it is this one, or not known."""
    email: Email | None = None
    """E-mail address of the customer. Absent if you keep none."""


class ClaimRequest(Written):
    """Claim what this registry holds for you as a guest, with the code that the sender gave you."""

    code: Annotated[str, StringConstraints(max_length=100)]
    """Code as the sender gave it."""


class ClaimDecision(Written):
    """Confirm or decline a claim on what a guest holds."""

    claimant: Did
    """DID of the party that claims it, as the claim says."""
    confirm: bool
    """Whether this party is the customer."""


class ReturnRequest(Written):
    """Say that goods came back from a guest."""

    lot: Lot
    """Lot as you know it, or the digest of its certificate."""
    mass: LotAmount | None = None
    """Mass that came back, above zero. Absent means all that the guest holds of the lot."""


class ShippedLot(Written):
    """A lot of a shipment."""

    lot: Lot
    """Lot as you know it, or the digest of its certificate."""
    mass: LotAmount | None = None
    """Mass that goes out, above zero. Absent means all that is left."""


class ShipmentRequest(Written):
    """Ship lots to one of your contacts: all of them in one commit, or none."""

    contact: Annotated[str, StringConstraints(min_length=1, max_length=300)]
    """Id, name or DID of the contact."""
    lots: Annotated[tuple[ShippedLot, ...], Field(min_length=1, max_length=MOST_SHIPPED_LOTS)]
    """Lots that go out."""
    number: _Number = ""
    """Number of your delivery note. It is not signed. Empty for none."""
    po: _Number = ""
    """Number of the customer's purchase order. It is not signed. Empty for none."""
    audience: Audience = "customer"
    """Audience as which the customer sees the certificates."""
    link_days: Annotated[int, Field(ge=0, le=MOST_SHARE_DAYS)] = 90
    """Days for which private links to the certificates are good. 0 makes none."""
