"""Evidence against a registry or an auditor: a file that shows one fraud by what it signed, and that anyone can verify.

Rules: one line of JSON with one spelling; it holds everything that the verdict needs but the pinned trust list, which
says whose log and whose keys these are.  Every entry is proven to the one checkpoint that comes with it; one in a log
that was closed before, to that log's last checkpoint, which is `earlier`.

| `shows` | what is in it |
|---|---|
| `repeat` | two entries with one mark, or two of one record |
| `cleared` | an entry that takes back a revocation or a correction |
| `malformed` | an entry that can't be read |
| `rebuilt` | two checkpoints with two trees: of one size with two roots, or with two hashes at one node |
| `list` | a status list with its entry, and entries of the log that it contradicts |
| `sum` | a split whose parts are not what it split, with the split that made that |
| `audit` | a leaf in which an auditor calls a certificate right, and the whole bundle of it, which fails |
| `audit-twice` | two records of one auditor with one number |
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from msgspec import Meta
from pydantic import BaseModel, Field, ValidationError

from schemas.bundle import MOST_PATH, Base64Url, Proof, ShownLeaf
from schemas.document import Document
from schemas.identifier import Digest, Index, RegistryId
from schemas.note import MAX_NOTE_BYTES
from schemas.problem import InputError

MOST_EVIDENCE_BYTES: Final = 64 * 1024 * 1024
"""A list may be shown false only by all of a short log; everything else has a few kilobytes."""
OPENING: Final = '{"oreprint":"evidence/1"'

NoteText = Annotated[str, Field(max_length=MAX_NOTE_BYTES)]
Path = Annotated[tuple[Digest, ...], Field(max_length=MOST_PATH)]


class _Shown(Document):
    """What all evidence has: the registry, and the checkpoint of its log."""

    max_text_bytes: ClassVar[int] = MOST_EVIDENCE_BYTES

    oreprint: Literal["evidence/1"]
    """Format and version of this document."""
    registry: RegistryId
    """Domain of the registry that the evidence is against, or whose log has the auditor's record."""
    checkpoint: NoteText
    """Checkpoint of its log, signed by the log's key (C2SP). All proofs lead to it."""


class Repeat(_Shown):
    """One mark, or one record, in two entries of a registry's logs."""

    shows: Literal["repeat"]
    """Kind of fraud that the evidence shows."""
    what: Literal["mark", "record"]
    """Kind of entry that the log repeats: a mark or a record."""
    digest: Digest
    """Mark, or record digest as the log shows it."""
    first: Proof
    """Proof of the first entry."""
    second: Proof
    """Proof of the second entry."""
    earlier: NoteText | None = None
    """Last checkpoint of the closed log that holds the first entry. Absent if both are in the same log."""


class Cleared(_Shown):
    """An entry that sets a revocation or refresh bit to 0."""

    shows: Literal["cleared"]
    """Kind of fraud that the evidence shows."""
    entry: Proof
    """Proof of the entry that sets the bit to 0."""


class Malformed(_Shown):
    """An entry that cannot be read."""

    shows: Literal["malformed"]
    """Kind of fraud that the evidence shows."""
    entry: Proof
    """Proof of the malformed entry."""


class Node(Document):
    """A hash in a tree, with the path from it to the root."""

    digest: Digest
    """Hash of the node."""
    path: Path
    """Hashes from the node up to the root (RFC 6962)."""


class Parted(Document):
    """The place in the tree, complete in both, where two trees have two hashes."""

    level: Annotated[int, Field(ge=0, le=63), Meta(ge=0, le=63)]
    """Height of the node in the tree. A leaf has level 0."""
    index: Index
    """Number of the node at its level, from 0."""
    node: Node
    """Hash in the tree of `checkpoint`."""
    other: Node
    """Hash in the tree of the other checkpoint."""


class Rebuilt(_Shown):
    """Two checkpoints of one log that cannot belong to one history."""

    shows: Literal["rebuilt"]
    """Kind of fraud that the evidence shows."""
    other: NoteText
    """Second checkpoint of the log, signed by the log's key."""
    parted: Parted | None = None
    """Node at which the two trees differ. Absent if both checkpoints have the same size."""


class FalseList(_Shown):
    """A status list as its own entry commits to it, and what contradicts it.

    Neither `against` nor `log` is needed for a list that is wrong by itself.
    """

    shows: Literal["list"]
    """Kind of fraud that the evidence shows."""
    credential: Annotated[str, Field(max_length=200_000)]
    """Status list as signed, a compact JWS."""
    entry: Proof
    """Proof of the list's own entry."""
    against: Proof | None = None
    """Proof of an entry whose bit the list lacks. Absent if `log` shows the fraud."""
    log: tuple[Base64Url, ...] | None = None
    """All entries below the list's own, in base64url. Absent if `against` shows the fraud."""
    consistency: Path | None = None
    """Proof that the entries of `log` are the beginning of the checkpoint's tree."""
    earlier: NoteText | None = None
    """Last checkpoint of the closed log that holds the entry in `against`. Absent if it is in the same log."""


class LoggedSplit(Document):
    """A split with its place in the log."""

    split: Annotated[str, Field(max_length=65_536)]
    """Text of the split."""
    proof: Proof
    """Proof of its entry."""


class BrokenSum(_Shown):
    """A split of more, or of less, than the part that it uses, and the split that made that part."""

    shows: Literal["sum"]
    """Kind of fraud that the evidence shows."""
    creator: LoggedSplit
    """Split that made the part."""
    split: LoggedSplit
    """Split that uses the part, with parts of another sum."""


class LoggedAudit(Document):
    """An auditor's record with its place in the log."""

    audit: Annotated[str, Field(max_length=65_536)]
    """Record as signed, a compact JWS."""
    proof: Proof
    """Proof of its entry."""


class FalseAudit(_Shown):
    """A leaf in which an auditor calls a certificate right, and a whole bundle by which it is not."""

    shows: Literal["audit"]
    """Kind of fraud that the evidence shows."""
    audit: LoggedAudit
    """Record of the auditor, with its entry."""
    leaf: ShownLeaf
    """Leaf of the record about the certificate."""
    bundle: Annotated[tuple[str, ...], Field(min_length=1)]
    """Lines of the bundle of the certificate with its whole chain, each without its newline."""


class AuditTwice(_Shown):
    """Two records of one auditor for one registry with one number."""

    shows: Literal["audit-twice"]
    """Kind of fraud that the evidence shows."""
    first: LoggedAudit
    """One record, with its entry."""
    second: LoggedAudit
    """The other record, with its entry."""


OfAuditor: TypeAlias = FalseAudit | AuditTwice
"""Evidence against an auditor."""
OfRegistry: TypeAlias = Repeat | Cleared | Malformed | Rebuilt | FalseList | BrokenSum
"""Evidence against a registry."""
Evidence: TypeAlias = OfRegistry | OfAuditor
_KINDS: Final[dict[str, type[Evidence]]] = {
    "repeat": Repeat,
    "cleared": Cleared,
    "malformed": Malformed,
    "rebuilt": Rebuilt,
    "list": FalseList,
    "sum": BrokenSum,
    "audit": FalseAudit,
    "audit-twice": AuditTwice,
}


class _Glance(BaseModel):
    """What kind of evidence a text says to be."""

    shows: Literal["repeat", "cleared", "malformed", "rebuilt", "list", "sum", "audit", "audit-twice"]
    """Kind of fraud that the evidence shows."""


def read_evidence(text: bytes) -> Evidence:
    """Return the evidence in a file, with or without a newline at its end.

    Raises:
        InputError: `evidence.kind`, or what its document refuses.
    """
    try:
        shows = _Glance.model_validate_json(text).shows
    except ValidationError as error:
        raise InputError.at("evidence.kind") from error
    return _KINDS[shows].from_text(text.removesuffix(b"\n"))
