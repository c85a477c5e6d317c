"""Answers about other records: attestations, and the GS1 keys of a lot or a plant."""

from __future__ import annotations

from typing import Literal

from schemas.answers import AnswerDocument
from schemas.identifier import CertificateDigest


class AttestationAnswer(AnswerDocument):
    """An attestation that was logged."""

    state: Literal["logged"]
    """Always `logged`."""
    digest: CertificateDigest
    """Digest of the attestation (`zQm...`)."""
    attestation: str
    """Text of the attestation as signed, a compact JWS."""


class Identified(AnswerDocument):
    """A GS1 key that was kept."""

    path: str
    """Path of its GS1 Digital Link."""
    url: str
    """Full URL of the page on this registry."""
