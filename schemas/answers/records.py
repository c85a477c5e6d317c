"""What is answered of other records: attestations, and GS1 keys that were said of a lot or a plant."""

from __future__ import annotations

from typing import Literal

from schemas.answers import Answered
from schemas.identifier import CertificateDigest


class Attested(Answered):
    """An attestation that was logged: its digest, and its text as signed."""

    state: Literal["logged"]
    digest: CertificateDigest
    attestation: str


class Identified(Answered):
    """A GS1 key that was kept: the path of its Digital Link, and the whole link on this registry."""

    path: str
    url: str
