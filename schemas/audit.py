"""What an auditor says of certificates that it judged: the signed record, a leaf of its tree, and what a leaf hides.

Rules: once an hour an auditor signs one record (`AuditRecord`) over all certificates that it judged.  They are the
leaves of a Merkle tree; the record has only its root, so it names none of them.  A leaf has fixed bytes, with
big-endian integers: the 23 bytes of ``"oreprint audit leaf v1"`` and a newline, then ``issuance 32 | output 2 |
certificate 32 | state 1 | inside 32 | claim rows 2 | answer of each 1``.  `Inside` is what two auditors compare without
showing it: its salted digest is in the leaf.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct as Bytes
from typing import Annotated, ClassVar, Final, Literal, Self

from msgspec import Meta
from pydantic import Field, StringConstraints

from schemas.claim import MOST_ROWS, WEAKEST_FIRST, Answer
from schemas.document import Document
from schemas.frozen import Frozen
from schemas.identifier import MOST_INDEX, Did, Digest, Element, Index, RegistryId
from schemas.instant import Instant
from schemas.problem import InputError
from schemas.quantity import Fraction12
from schemas.struct import Struct

MOST_AUDIT_BYTES: Final = 16 * 1024
"""The record of an auditor, which names a few digests."""
LEAST_DEPTH: Final = 10
"""A tree has at least 1,024 leaves, so that its size tells little of how many certificates there are."""
MOST_DEPTH: Final = 30
MOST_RULES: Final = 100
"""Releases by whose rules an auditor's memory was judged."""
MOST_LISTS: Final = 100
"""Trust lists that an auditor used: one of each registry whose log it read."""
MOST_OUTPUT: Final = 2**16 - 1

Depth = Annotated[int, Field(ge=LEAST_DEPTH, le=MOST_DEPTH), Meta(ge=LEAST_DEPTH, le=MOST_DEPTH)]
Reason = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""A key of `schemas.sentences.REASONS`."""


class AuditedHead(Struct):
    """The head of the registry's log up to which the auditor has read."""

    origin: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9./-]{0,199}$")]
    """Origin line of the log's checkpoint, its name (C2SP)."""
    size: Index
    """Number of entries that the auditor has read."""
    root: Digest
    """Root hash of the log at that size (RFC 6962)."""


class AuditRecord(Document):
    """One record of an auditor: a Merkle root over all certificates that it judged, as far as they still hold."""

    max_text_bytes: ClassVar[int] = MOST_AUDIT_BYTES

    oreprint: Literal["audit/1"]
    """Format and version of this document."""
    registry: RegistryId
    """Domain of the registry whose certificates were judged, and that logs this record."""
    auditor: Did
    """DID of the auditor."""
    number: Annotated[int, Field(ge=1, le=MOST_INDEX), Meta(ge=1, le=MOST_INDEX)]
    """Number of this record. It grows from record to record of an auditor."""
    head: AuditedHead
    """Head of the registry's log up to which the auditor has read. It never goes back."""
    depth: Depth
    """Depth of the tree, which has 2^depth leaves."""
    root: Digest
    """Root hash of the tree (RFC 6962)."""
    engine: Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}$")]
    """Newest version of the calculation engine that the auditor knows."""
    rules: Annotated[tuple[Digest, ...], Field(min_length=1, max_length=MOST_RULES)]
    """Digests of the releases by whose rules and factor sets the certificates were judged."""
    trust: Annotated[tuple[Digest, ...], Field(min_length=1, max_length=MOST_LISTS)]
    """Digests of the trust lists that the auditor used, one of each registry."""
    made: Instant
    """Instant of the record, in UTC."""
    not_logged_after: Instant
    """Last second at which a registry may log the record, in UTC. A record that was not logged by then is void."""


class AuditState(IntEnum):
    """The finding of an auditor: right, right but relying on others for a part, or refused."""

    RIGHT = 1
    RELIED = 2
    REFUSED = 3


class AuditLeaf(Frozen):
    """A leaf: of one certificate, its issuance and output, the state, and the answers to the rows of its claims.

    `issuance` is a record digest, `certificate` a certificate's digest, `inside` the digest of an `Inside`; each has 32
    bytes.
    """

    issuance: bytes
    output: int
    certificate: bytes
    state: AuditState
    inside: bytes
    answers: tuple[Answer, ...] = ()

    def to_bytes(self) -> bytes:
        """Return the bytes of the leaf.

        Raises:
            InputError: `audit.leaf` if a value does not fit its bytes.
        """
        fits = {*map(len, (self.issuance, self.certificate, self.inside))} == {32} and 0 <= self.output <= MOST_OUTPUT
        if not fits or len(self.answers) > MOST_ROWS:
            raise InputError.at("audit.leaf")
        head = (LEAF_TAG, self.issuance, self.output, self.certificate, self.state, self.inside, len(self.answers))
        return _HEAD.pack(*head) + bytes([ANSWER_CODES[answer] for answer in self.answers])

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse the bytes of a leaf, which have one spelling.

        Raises:
            InputError: `audit.leaf`.
        """
        if not _HEAD.size <= len(raw) <= _HEAD.size + MOST_ROWS:
            raise InputError.at("audit.leaf")
        tag, issuance, output, certificate, state, inside, rows = _HEAD.unpack_from(raw)
        codes = raw[_HEAD.size :]
        if tag != LEAF_TAG or state not in _STATES or len(codes) != rows or not _CODES.issuperset(codes):
            raise InputError.at("audit.leaf")
        answers = tuple([WEAKEST_FIRST[code - 1] for code in codes])
        return cls(issuance, output, certificate, _STATES[state], inside, answers)


LEAF_TAG: Final = b"oreprint audit leaf v1\n"
_HEAD: Final = Bytes(f">{len(LEAF_TAG)}s32sH32sB32sH")
_STATES: Final = {int(state): state for state in AuditState}
ANSWER_CODES: Final[dict[Answer, int]] = {answer: code for code, answer in enumerate(WEAKEST_FIRST, start=1)}
"""Bytes of the answers in a leaf: refuted 1, unknown 2, declared 3, proven 4."""
_CODES: Final = frozenset(ANSWER_CODES.values())

Gain = tuple[Element, Fraction12]
"""An element, and the part of its mass in the run's outputs that assays have gained along the chain."""
Scrap = tuple[Element, Reason]
"""An element whose recycled share rests on scrap without a certificate, and the reason."""


class Behind(Struct):
    """What lies behind a certificate's claims: what keeps figures that rest on it from being proven."""

    unseen: Reason | None = None
    """Reason for which a part of its chain was not seen. Absent if all was seen."""
    placeholder: Reason | None = None
    """Reason for which its figure rests on a placeholder, or on rare earth without a source. Absent if it does not."""
    scrap: Annotated[tuple[Scrap, ...], Field(max_length=100)]
    """Elements whose recycled share rests on scrap without a certificate, in alphabetical order."""


class Inside(Document):
    """What an auditor found of a certificate that a later step builds on.

    Gains and tiers never stand in clear: a leaf has the digest of this document with a salt.
    """

    first: Digest
    """Record digest of the first issuance of the batch."""
    holding: Digest
    """Commitment of the holding that the first issuance created for this output."""
    gains: Annotated[tuple[Gain, ...], Field(max_length=100)]
    """Exact gains of assays along the chain, element by element in alphabetical order. Elements without a gain are left
    out."""
    behind: Behind
    """What lies behind the certificate's claims."""
