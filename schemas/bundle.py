"""A bundle: a whole chain in one file, JSON Lines, one document a line, that one pass can check offline.

Rules: header, trust list (for convenience; the reader's own counts), one head a registry, status lists, records
upstream-first, each once, each with its entry, index and inclusion path to the head; then for every set bit the
entry that set it; last line = end mark with the line count.  A reference to a record not yet seen fails, so one
pass suffices and a cycle can't be written.  What this module does not do: verifying (`ledger.verify`).
"""
# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

from pydantic import Field

from schemas.document import Document
from schemas.identifier import Digest, HoldingText, Index, RegistryId
from schemas.problem import InputError
from schemas.vocabulary import Audience, StatementKind

MOST_RECORDS = 500_000
"""Records in one bundle (limits table, ``docs/reference/limits.md``)."""
MOST_LINE_BYTES = 4 * 1024 * 1024
"""One line; a certificate with 250 inputs, all disclosures and its proof stays below."""
MOST_BUNDLE_BYTES = 1024 * 1024 * 1024
"""A whole bundle read from a file; over HTTP the limit is lower."""
MOST_PATH = 63
"""Hashes of an inclusion path: a tree of at most 2^63 leaves."""

Base64Url = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$", max_length=100_000)]


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

    max_text_bytes: ClassVar[int] = MOST_LINE_BYTES

    t: Literal["certificate"]
    certificate: str
    values: Annotated[tuple[Digest, ...], Field(min_length=1, max_length=64)]
    proof: Proof

    def spelled(self, given: bytes) -> bool:
        """Say whether the members as they are, put together, are the line: then nothing in it was escaped, or needs to be."""
        proof, values, path = self.proof, '","'.join(self.values), '","'.join(self.proof.path)
        hashes = f'"{path}"' if path else ""
        return given == (
            f'{{"t":"certificate","certificate":"{self.certificate}","values":["{values}"],'
            f'"proof":{{"entry":"{proof.entry}","index":{proof.index},"path":[{hashes}]}}}}'
        ).encode(errors="surrogatepass")


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
    kind: StatementKind
    statement: str
    proof: Proof


class HoldingLine(Document):
    """The reader's own holding of the subject: creator and text (for incoming goods)."""

    t: Literal["holding"]
    creator: Digest
    holding: HoldingText


class EndLine(Document):
    """Last line: how many lines the bundle has, this one included."""

    t: Literal["end"]
    lines: Index


BundleLine: TypeAlias = (
    Header | TrustLine | HeadLine | StatusLine | CertificateLine | SplitLine | StatementLine | HoldingLine | EndLine
)

_MODELS: Final[dict[bytes, type[BundleLine]]] = {
    b"bundle/1": Header,
    b"trust": TrustLine,
    b"head": HeadLine,
    b"status": StatusLine,
    b"certificate": CertificateLine,
    b"split": SplitLine,
    b"statement": StatementLine,
    b"holding": HoldingLine,
    b"end": EndLine,
}
_TAG: Final = re.compile(rb'\{"t":"([a-z/1]+)"')


def read_line(raw: bytes, place: str) -> BundleLine:
    """Return the document of one line, newline included.

    Raises:
        InputError: `bundle.line` when it is no line of a bundle, `bundle.line-size`, or what its document refuses.

    """
    if len(raw) > MOST_LINE_BYTES:
        raise InputError.at("bundle.line-size", place, size=len(raw), limit=MOST_LINE_BYTES)
    tag = _TAG.match(raw)
    model = _MODELS.get(tag[1]) if tag else None
    if model is None or not raw.endswith(b"\n"):
        raise InputError.at("bundle.line", place)
    return model.from_text(raw[:-1])
