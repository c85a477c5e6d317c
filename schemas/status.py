"""A status list: one bit a certificate for one purpose, as a Bitstring Status List 1.0 credential.

Rules: derived from the log; each list version has a number of its own, states the log size it covers, is an
entry of the log, and is signed by the registry's status key as ``vc+jwt``.  At least 131,072 entries
(Bitstring Status List 1.0, 6.1).
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import field
from pydantic import StringConstraints

from schemas.document import Document
from schemas.identifier import DOMAIN, Index, RegistryId
from schemas.instant import DAY_MS, Instant
from schemas.vocabulary import Purpose

LIST_BITS = 131_072
"""Entries of one list (Bitstring Status List 1.0, 6.1: the least that hides a holder in the crowd)."""
MOST_AGE_MS = DAY_MS
"""A status list older than a day says nothing (design of the certificate: status)."""


CredentialsContext = Literal["https://www.w3.org/ns/credentials/v2"]
RegistryContext = Annotated[str, StringConstraints(pattern=rf"^https://{DOMAIN}/ns/v1$")]
"""The context that a registry serves; it defines the member `oreprint` (`ledger.seal.context`)."""


class StatusRecord(Document):
    """The exact part of a status list credential (payload member ``oreprint``)."""

    oreprint: Literal["status/1"]
    """Format and version of this document."""
    registry: RegistryId
    """Domain of the registry that made the list."""
    purpose: Purpose
    """Meaning of a set bit: revoked, suspended, or superseded (`refresh`)."""
    list: Index
    """Number of the list, the same in each purpose."""
    number: Index
    """Number of this version of the list. Each version has its own."""
    size: Index
    """Number of log entries that this version covers."""


class StatusSubject(Document):
    """The subject of the credential: the packed bits."""

    id: str
    """URI of the list's subject."""
    type: Literal["BitstringStatusList"]
    """Type that Bitstring Status List 1.0 asks for."""
    purpose: Purpose = field(name="statusPurpose")
    """Meaning of a set bit (Bitstring Status List 1.0). `refresh` means superseded."""
    bits: Annotated[str, StringConstraints(pattern=r"^u[A-Za-z0-9_-]+$", max_length=100_000)] = field(
        name="encodedList"
    )
    """Bits of the list: `u` (multibase) and the base64url of the gzip'd bitstring, at least 131,072 bits long."""


class StatusCredential(Document):
    """The whole payload of a status list credential."""

    context: tuple[CredentialsContext] | tuple[CredentialsContext, RegistryContext] = field(name="@context")
    """JSON-LD contexts: that of W3C credentials, and that of the registry, which lists of early versions lack."""
    id: str
    """URI of the list."""
    type: tuple[Literal["VerifiableCredential"], Literal["BitstringStatusListCredential"]]
    """Types that Bitstring Status List 1.0 asks for."""
    issuer: str
    """DID whose key signed the list."""
    valid_from: Instant = field(name="validFrom")
    """Second of the list's log entry, in UTC."""
    valid_until: Instant = field(name="validUntil")
    """End of the list's validity in UTC, one day after `validFrom`. A verifier then takes it for too old."""
    subject: StatusSubject = field(name="credentialSubject")
    """Packed bits of the list."""
    record: StatusRecord = field(name="oreprint")
    """Exact part of the credential in Oreprint's own terms."""
