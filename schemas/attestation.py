"""The record in an attestation: what somebody else examined of a batch or a run, and what they say of it.

Rules: an attestor never signs a certificate; it issues a credential of its own, whose exact part (payload member ``oreprint``) stands
here and whose view is a UNTP Digital Conformity Credential (`ledger.seal.attestation`).  It is about one certificate or one run and
nothing else, so it passes to no correction of it.  Who looked behind withheld inputs (`closed-branch`) names them, and says how many
certificates it verified there.  It has an end, and it has a place in the status lists, by which its attestor can withdraw it.

What this module does not do: it doesn't know who may attest what (the trust list says so), and signs nothing.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import Field, model_validator

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


class Branch(Document):
    """A withheld input behind which the attestor looked: its number in the run, from 0, and how many certificates it verified there."""

    input: Index
    certificates: Annotated[int, Field(ge=1, le=MOST_BEHIND)]


class Attestation(Document):
    """One attestation: of `certificate` alone, or with `run`, which is that certificate's, of all certificates of the run.

    `producer` is who issued it, `level` the level of assurance where there is one.
    """

    max_text_bytes: ClassVar[int] = MOST_ATTESTATION_BYTES

    oreprint: Literal["attestation/1"]
    id: CertificateId
    registry: RegistryId
    status: StatusPlace
    attestor: Issuer
    producer: Did
    certificate: CertificateDigest
    run: Digest | None = None
    scopes: Scopes
    level: AssuranceLevel | None = None
    criteria: Criteria
    opinion: Opinion
    note: Words | None = None
    branches: Annotated[tuple[Branch, ...], Field(min_length=1, max_length=MOST_BRANCHES)] | None = None
    examined: Instant
    issued: Instant
    valid_until: Instant
    not_logged_after: Instant

    @property
    def subject(self) -> str:
        """What it is about: the digest of a run, or of a certificate."""
        return self.run or self.certificate

    @model_validator(mode="after")
    def _in_itself(self) -> Self:
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
        return self


def in_order(scopes: tuple[AttestationScope, ...]) -> tuple[AttestationScope, ...]:
    """Return scopes in the order of the word list, each once."""
    return tuple(scope for scope in ATTESTATION_SCOPES if scope in scopes)
