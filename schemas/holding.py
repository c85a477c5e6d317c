"""A holding: a mass of one batch with one owner in one registry, used once and whole.

Rules: its text is the base64url of ``["<salt>",{"owner":…,"registry":…}]``, the form of an SD-JWT array
disclosure (RFC 9901, 4.2.2), with a 256-bit salt; the record that creates it carries the text's SHA-256 beside
the mass in clear, so the mass is not in the text.
"""

from __future__ import annotations

from schemas.document import Document
from schemas.identifier import Did, Digest, HoldingText, RegistryId
from schemas.quantity import Amount6


class Holder(Document):
    """Who may use a holding, and where: the second item of a holding's text."""

    owner: Did
    """DID of the party that may use the holding."""
    registry: RegistryId
    """Domain of the one registry in which it can be used."""


class Use(Document):
    """A holding used."""

    creator: Digest
    """Record digest of the record that created the holding."""
    holding: HoldingText
    """Text of the holding: its salt, owner and registry."""


class Part(Document):
    """A holding created."""

    mass_kg: Amount6
    """Mass of the holding in kg. Of a lot of electricity, kWh."""
    holding: Digest
    """SHA-256 of the holding's text."""
