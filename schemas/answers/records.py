"""Answers about other records: attestations, auditors' records, and the GS1 keys of a lot or a plant."""

from __future__ import annotations

from typing import Literal

from schemas.answers import AnswerDocument
from schemas.identifier import CertificateDigest, Digest, Index


class AttestationAnswer(AnswerDocument):
    """An attestation that was logged."""

    state: Literal["logged"]
    """Always `logged`."""
    digest: CertificateDigest
    """Digest of the attestation (`zQm...`)."""
    attestation: str
    """Text of the attestation as signed, a compact JWS."""


class AuditAnswer(AnswerDocument):
    """An auditor's record that was logged."""

    state: Literal["logged"]
    """Always `logged`."""
    digest: Digest
    """Digest of the record."""
    number: Index
    """Number that the auditor gave to it."""


class InsideAnswer(AnswerDocument):
    """What auditors say lies inside their leaves about a certificate."""

    insides: tuple[str, ...]
    """Texts whose SHA-256 stands in leaves: the base64url of `["<salt>",{...}]`. Honest auditors agree on one."""


class Identified(AnswerDocument):
    """A GS1 key that was kept."""

    path: str
    """Path of its GS1 Digital Link."""
    url: str
    """Full URL of the page on this registry."""
