"""A status list: one bit a certificate for one purpose, as a Bitstring Status List 1.0 credential.

Rules: derived from the log; each list version has a number of its own, states the log size it covers, is an
entry of the log, and is signed by the registry's status key as ``vc+jwt``.  At least 131,072 entries
(Bitstring Status List 1.0, 6.1).  What this module does not do: building, packing or signing (`ledger.trust.status`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from schemas.document import Document
from schemas.identifier import DOMAIN, Index, RegistryId
from schemas.instant import Instant
from schemas.vocabulary import Purpose

LIST_BITS = 131_072
"""Entries of one list (Bitstring Status List 1.0, 6.1: the least that hides a holder in the crowd)."""
MOST_AGE_MS = 24 * 60 * 60 * 1000
"""A status list older than a day says nothing (design of the certificate: status)."""


CredentialsContext = Literal["https://www.w3.org/ns/credentials/v2"]
RegistryContext = Annotated[str, StringConstraints(pattern=rf"^https://{DOMAIN}/ns/v1$")]
"""The context that a registry serves; it defines the member `oreprint` (`ledger.seal.context`)."""


class StatusRecord(Document):
    """The exact part of a status list credential (payload member ``oreprint``)."""

    oreprint: Literal["status/1"]
    registry: RegistryId
    purpose: Purpose
    list: Index
    number: Index
    size: Index


class StatusSubject(Document):
    """The credential's subject: the packed bits (multibase ``u`` + base64url of the gzip'd bitstring)."""

    id: str
    type: Literal["BitstringStatusList"]
    purpose: Purpose = Field(alias="statusPurpose")
    bits: Annotated[str, Field(alias="encodedList", pattern=r"^u[A-Za-z0-9_-]+$", max_length=100_000)]


class StatusCredential(Document):
    """The whole payload of a status list credential.

    `issuer` is whose key signed it, `valid_from` the second of its entry in the log, and `valid_until` a day (`MOST_AGE_MS`) later.

    The registry's context defines the member ``oreprint``; lists of before it was named have one context.
    """

    context: tuple[CredentialsContext] | tuple[CredentialsContext, RegistryContext] = Field(alias="@context")
    id: str
    type: tuple[Literal["VerifiableCredential"], Literal["BitstringStatusListCredential"]]
    issuer: str
    valid_from: Instant = Field(alias="validFrom")
    valid_until: Instant = Field(alias="validUntil")
    subject: StatusSubject = Field(alias="credentialSubject")
    record: StatusRecord = Field(alias="oreprint")
