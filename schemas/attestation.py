"""The record in an attestation: what somebody else examined of a batch or a run, and what they say of it.

Rules: an attestor never signs a certificate; it issues a credential of its own, whose exact part (payload member
``oreprint``) stands here and whose view is a UNTP Digital Conformity Credential (`ledger.seal.attestation`). It is
about one certificate or one run and nothing else, so it passes to no correction of it. Who looked behind withheld
inputs (`closed-branch`) names them, and says how many certificates it verified there. It has an end, and it has a place
in the status lists, by which its attestor can withdraw it. The trust list says who may attest what.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal

from msgspec import Meta
from pydantic import Field

from schemas.certificate import Issuer, StatusPlace
from schemas.document import Document
from schemas.door.faults import as_pydantic
from schemas.identifier import CertificateDigest, CertificateId, Did, Digest, Index, RegistryId
from schemas.instant import Instant
from schemas.name import Words
from schemas.problem import InputError
from schemas.vocabulary import ATTESTATION_SCOPES, AssuranceLevel, AttestationScope, Opinion

MOST_ATTESTATION_BYTES: Final = 64 * 1024
"""The record of one attestation."""
MOST_CRITERIA: Final = 8
MOST_BRANCHES: Final = 250
"""As `schemas.run.MOST_INPUTS`."""
MOST_BEHIND: Final = 500_000
"""Certificates behind one input (limits table: records in one verification)."""
LEVELLED: Final = frozenset[AttestationScope]({"figure", "mass-balance", "closed-branch"})
"""What is verified in the sense of ISO 14064-3, so to a level of assurance; an assay is tested, a plant inspected."""

Criteria = Annotated[tuple[Words, ...], Field(min_length=1, max_length=MOST_CRITERIA)]
"""By what it was judged, in words: standards, methods, rules of a scheme."""
Scopes = Annotated[tuple[AttestationScope, ...], Field(min_length=1, max_length=len(ATTESTATION_SCOPES))]


class ExaminedBranch(Document):
    """A withheld input behind which the attestor looked."""

    input: Index
    """Number of the input in the run, from 0."""
    certificates: Annotated[int, Field(ge=1, le=MOST_BEHIND), Meta(ge=1, le=MOST_BEHIND)]
    """Number of certificates that the attestor verified there."""


class Attestation(Document):
    """One attestation of a certificate, or of a run and so of all its certificates."""

    max_text_bytes: ClassVar[int] = MOST_ATTESTATION_BYTES

    oreprint: Literal["attestation/1"]
    """Format and version of this document."""
    id: CertificateId
    """UUID of the attestation."""
    registry: RegistryId
    """Domain of the registry that logged the attestation."""
    status: StatusPlace
    """Place of the attestation's status bits. Its attestor can withdraw it there."""
    attestor: Issuer
    """Party that attests and signs."""
    producer: Did
    """DID of the party that issued the certificate."""
    certificate: CertificateDigest
    """Digest of the certificate (`zQm...`)."""
    run: Digest | None = None
    """Digest of that certificate's run. Absent if the attestation is about the certificate alone."""
    scopes: Scopes
    """Subjects that the attestor examined, in the order of the word list."""
    level: AssuranceLevel | None = None
    """Level of assurance (ISO 14064-3:2019). Present only for figures, mass balances and closed branches."""
    criteria: Criteria
    """Standards, methods or rules by which it was judged."""
    opinion: Opinion
    """Opinion of the attestor (ISO 14064-3:2019)."""
    note: Words | None = None
    """Free words. A modified opinion names its exceptions here."""
    branches: Annotated[tuple[ExaminedBranch, ...], Field(min_length=1, max_length=MOST_BRANCHES)] | None = None
    """Withheld inputs behind which the attestor looked. Present only with the scope `closed-branch`."""
    examined: Instant
    """Instant of the examination, in UTC."""
    issued: Instant
    """Second of signing, in UTC."""
    valid_until: Instant
    """Last second for which the attestation is valid, in UTC."""
    not_logged_after: Instant
    """Last second at which a registry may log the attestation, in UTC. One that was not logged by then is void."""

    @property
    def subject(self) -> str:
        """What it is about: the digest of a run, or of a certificate."""
        return self.run or self.certificate

    def __post_init__(self) -> None:
        """Refuse an attestation that contradicts itself."""
        inputs = [branch.input for branch in self.branches or ()]
        if self.scopes != in_order(self.scopes):
            raise as_pydantic(InputError.at("attest.scopes", "scopes"))
        if (self.level is not None) != (not LEVELLED.isdisjoint(self.scopes)):
            raise as_pydantic(InputError.at("attest.level", "level"))
        if ("closed-branch" in self.scopes) != (self.branches is not None) or inputs != sorted(set(inputs)):
            raise as_pydantic(InputError.at("attest.branches", "branches"))
        if self.opinion == "modified" and self.note is None:
            raise as_pydantic(InputError.at("attest.note", "note"))
        if not self.examined <= self.issued < self.valid_until:
            raise as_pydantic(InputError.at("attest.dates", "examined"))


def in_order(scopes: tuple[AttestationScope, ...]) -> tuple[AttestationScope, ...]:
    """Return scopes in the order of the word list, each once."""
    return tuple(scope for scope in ATTESTATION_SCOPES if scope in scopes)
