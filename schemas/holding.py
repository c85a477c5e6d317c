"""A holding: a mass of one batch with one owner in one registry, used once and whole.

Rules: its text is the base64url of ``["<salt>",{"owner":…,"registry":…}]``, the form of an SD-JWT array
disclosure (RFC 9901, 4.2.2), with a 256-bit salt; the record that creates it carries the text's SHA-256 beside
the mass in clear, so the mass is not in the text.  What this module does not do: hashing and marks
(`ledger.holdings.mark`).
"""

from __future__ import annotations

from schemas.document import Document
from schemas.identifier import Did, Digest, HoldingText, RegistryId
from schemas.quantity import Amount6


class Holder(Document):
    """Who may use a holding, and where: the second item of a holding's text."""

    owner: Did
    registry: RegistryId


class Use(Document):
    """A holding used: the digest of the record that created it, and its text."""

    creator: Digest
    holding: HoldingText


class Part(Document):
    """A holding created: its mass in kg, and the SHA-256 of its text."""

    mass_kg: Amount6
    holding: Digest
