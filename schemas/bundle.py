"""A bundle: a whole chain in one file, JSON Lines, one document a line, that one pass can check offline.

Rules: header, trust list (for convenience; the reader's own counts), one head a registry, status lists, records
upstream-first, each once, each with its entry, index and inclusion path to the head; then for every set bit the
entry that set it; last line = end mark with the line count.  A reference to a record not yet seen fails, so one
pass suffices and a cycle can't be written.  What this module does not do: verifying (`ledger.verify`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.document import Document
from schemas.identifier import Digest, Index, RegistryId
from schemas.vocabulary import Audience

MOST_RECORDS = 500_000
"""Records in one bundle (limits table, ``docs/reference/limits.md``)."""
MOST_LINE_BYTES = 4 * 1024 * 1024
"""One line; a certificate with 250 inputs, all disclosures and its proof stays below."""
MOST_BUNDLE_BYTES = 1024 * 1024 * 1024
"""A whole bundle read from a file; over HTTP the limit is lower."""
MOST_PATH = 63
"""Hashes of an inclusion path: a tree of at most 2^63 leaves."""

Base64Url = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{2,2000000}$")]


class Proof(Document):
    """A place in a log: the entry's bytes, its index, and the path to the head's root, leaf upwards."""

    entry: Base64Url
    index: Index
    path: Annotated[tuple[Digest, ...], Field(max_length=MOST_PATH)]


class Header(Document):
    """First line: what is in the bundle, for whom it was made, and which certificate it is about."""

    t: Literal["bundle/1"]
    audience: Audience
    subject: str
    registries: tuple[RegistryId, ...]
    records: Index


class TrustLine(Document):
    """The issuer's trust list, a signed note; a reader who pinned none can look, never rely."""

    t: Literal["trust"]
    note: str


class HeadLine(Document):
    """One signed and cosigned checkpoint of a registry's log: all proofs of that registry lead to it."""

    t: Literal["head"]
    registry: RegistryId
    checkpoint: str


class StatusLine(Document):
    """One status list of a registry, with its own place in the log."""

    t: Literal["status"]
    registry: RegistryId
    credential: str
    proof: Proof


class CertificateLine(Document):
    """A certificate as its audience may see it; `values` are the 32 bytes of each output of its issuance."""

    t: Literal["certificate"]
    certificate: str
    values: Annotated[tuple[Digest, ...], Field(min_length=1, max_length=64)]
    proof: Proof


class SplitLine(Document):
    """A split on the path of a holding."""

    t: Literal["split"]
    registry: RegistryId
    split: str
    proof: Proof


class StatementLine(Document):
    """A move, undo or status change, as it was signed."""

    t: Literal["statement"]
    registry: RegistryId
    statement: str
    proof: Proof


class ReceiptLine(Document):
    """The final holding of the subject that the reader owns: creator and text (for incoming goods)."""

    t: Literal["holding"]
    creator: Digest
    holding: str


class EndLine(Document):
    """Last line: how many lines the bundle has, this one included."""

    t: Literal["end"]
    lines: Index


BundleLine = Annotated[
    Header
    | TrustLine
    | HeadLine
    | StatusLine
    | CertificateLine
    | SplitLine
    | StatementLine
    | ReceiptLine
    | EndLine,
    Field(discriminator="t"),
]
