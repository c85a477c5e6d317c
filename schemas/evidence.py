"""Evidence against a registry: the smallest set of what it signed and logged that shows one fraud, as a file that anyone can verify.

Rules: one line of JSON with one spelling; it holds everything that the verdict needs but the pinned trust list, which says whose log
and whose keys these are.  Every entry is proven to the one checkpoint that comes with it; one in a log that was closed before, to that
log's last checkpoint, which is `earlier`.

| `shows` | what is in it |
|---|---|
| `repeat` | two entries with one mark, or two of one record |
| `cleared` | an entry that takes back a revocation or a correction |
| `malformed` | an entry that can't be read |
| `rebuilt` | two checkpoints with two trees: of one size with two roots, or with two hashes at one node |
| `list` | a status list with its entry, and entries of the log that it contradicts |
| `sum` | a split whose parts are not what it split, with the split that made that |

What this module does not do: verifying (`ledger.verify.evidence`).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import BaseModel, Field, ValidationError

from schemas.bundle import MOST_PATH, Base64Url, Proof
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
    registry: RegistryId
    checkpoint: NoteText


class Repeat(_Shown):
    """One mark, or one record's digest as the log has it, in two entries; `earlier`, where the first stands in a closed log, is of that."""

    shows: Literal["repeat"]
    what: Literal["mark", "record"]
    digest: Digest
    first: Proof
    second: Proof
    earlier: NoteText | None = None


class Cleared(_Shown):
    """An entry that sets a revocation or refresh bit to 0."""

    shows: Literal["cleared"]
    entry: Proof


class Malformed(_Shown):
    """An entry that is none."""

    shows: Literal["malformed"]
    entry: Proof


class Node(Document):
    """A hash in a tree, with the path from it to the root."""

    digest: Digest
    path: Path


class Parted(Document):
    """The place in the tree, complete in both, where two trees have two hashes."""

    level: Annotated[int, Field(ge=0, le=63)]
    index: Index
    node: Node
    other: Node


class Rebuilt(_Shown):
    """Two checkpoints of one log that no one history has; `parted` unless they are of one size."""

    shows: Literal["rebuilt"]
    other: NoteText
    parted: Parted | None = None


class FalseList(_Shown):
    """A status list as its own entry commits to it, and what contradicts it.

    `against` is an entry that revokes or corrects what the list says stands, in a closed log where there is an `earlier` checkpoint; else `log` are all entries below the list's own, with
    the proof that they are the beginning of the checkpoint's tree; neither is needed for a list that is wrong by itself.
    """

    shows: Literal["list"]
    credential: Annotated[str, Field(max_length=200_000)]
    entry: Proof
    against: Proof | None = None
    log: tuple[Base64Url, ...] | None = None
    consistency: Path | None = None
    earlier: NoteText | None = None


class LoggedSplit(Document):
    """A split with its place in the log."""

    split: Annotated[str, Field(max_length=65_536)]
    proof: Proof


class BrokenSum(_Shown):
    """A split of more, or of less, than the part that it uses, and the split that made that part."""

    shows: Literal["sum"]
    creator: LoggedSplit
    split: LoggedSplit


Evidence: TypeAlias = Repeat | Cleared | Malformed | Rebuilt | FalseList | BrokenSum
_KINDS: Final[dict[str, type[Evidence]]] = {
    "repeat": Repeat,
    "cleared": Cleared,
    "malformed": Malformed,
    "rebuilt": Rebuilt,
    "list": FalseList,
    "sum": BrokenSum,
}


class _Glance(BaseModel):
    """What kind of evidence a text says to be."""

    shows: Literal["repeat", "cleared", "malformed", "rebuilt", "list", "sum"]


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
