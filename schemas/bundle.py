"""A bundle: a whole chain in one file, JSON Lines, one document a line, that one pass can check offline.

Rules: header, trust list (for convenience; the reader's own counts), one head a registry, status lists, records
upstream-first, each once, each with its entry, index and inclusion path to the head; then for every set bit the entry
that set it, attestations about any of it, auditors' records with their leaves, and the registry's word on ended lots
that are not shown; last line = end mark with the line count. A reference to a record not yet seen fails, so one pass
suffices and a cycle can't be written.

A bundle has certificates and splits by the thousand.  One pattern for each reads a line in its one spelling (hot path,
see bench/verifying.py); any other line is read as a document, which says what is wrong with it.
"""
# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, ClassVar, Final, Literal, TypeAlias

import orjson
from pydantic import Field, StringConstraints

from schemas.document import Document
from schemas.identifier import (
    DIGEST,
    DOMAIN,
    MOST_INDEX,
    MOST_REGISTRY_CHARACTERS,
    Digest,
    HoldingText,
    Index,
    RegistryId,
)
from schemas.problem import InputError
from schemas.split import SPLIT_TEXT
from schemas.struct import Struct
from schemas.upstream import MOST_UPSTREAM_CHARACTERS
from schemas.vocabulary import Audience, StatementKind

BUNDLE_BEGINS: Final = b'{"t":"bundle/1"'
"""How a bundle begins; anything else is no bundle."""
MOST_RECORDS = 500_000
"""Records in one bundle (limits table, ``docs/reference/limits.md``)."""
MOST_ATTESTATIONS = 1000
"""Attestations in one bundle: with more nobody would read them."""
MOST_AUDITS = 250
"""Auditors' records in one bundle: two of each auditor that a trust list may name, and some to spare."""
MOST_LEAVES = 64
"""Leaves shown of one record: one for each output of an issuance."""
MOST_LINE_BYTES = 4 * 1024 * 1024
"""One line; a certificate with 250 inputs, all disclosures and its proof stays below."""
MOST_BUNDLE_BYTES = 1024 * 1024 * 1024
"""A whole bundle read from a file; over HTTP the limit is lower."""
MOST_PATH = 63
"""Hashes of an inclusion path: a tree of at most 2^63 leaves."""
MOST_VALUES = 64
"""Outputs of an issuance (`schemas.run.MOST_OUTPUTS`)."""
MOST_ENTRY_CHARACTERS = 100_000
"""An entry in base64url: 65,535 bytes have 87,380 characters."""

Base64Url = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=MOST_ENTRY_CHARACTERS)]


class Proof(Document):
    """A place in a log, with its proof."""

    entry: Base64Url
    """Bytes of the log entry, in base64url."""
    index: Index
    """Index of the entry in the log, from 0."""
    path: Annotated[tuple[Digest, ...], Field(max_length=MOST_PATH)]
    """Hashes from the entry up to the root of the head (RFC 6962), leaf first."""


class Header(Document):
    """First line: what is in the bundle, and for whom it was made."""

    t: Literal["bundle/1"]
    """Tag of the line."""
    audience: Audience
    """Audience for which the bundle was made."""
    subject: str
    """Digest of the certificate that the bundle is about."""
    registries: tuple[RegistryId, ...]
    """Domains of the registries whose records are in the bundle."""
    records: Index
    """Number of records in the bundle. Attestations and holdings do not count."""


class TrustLine(Document):
    """The issuer's trust list, a signed note; a reader who pinned none can look, never rely."""

    t: Literal["trust"]
    """Tag of the line."""
    note: str
    """Trust list as a signed note (C2SP)."""


class HeadLine(Document):
    """One signed and cosigned checkpoint of a registry's log: all proofs of that registry lead to it."""

    t: Literal["head"]
    """Tag of the line."""
    registry: RegistryId
    """Domain of the registry."""
    checkpoint: str
    """Checkpoint of its log, signed and cosigned (C2SP)."""


class StatusLine(Document):
    """One status list of a registry, with its own place in the log."""

    t: Literal["status"]
    """Tag of the line."""
    registry: RegistryId
    """Domain of the registry."""
    credential: str
    """Status list as signed, a compact JWS."""
    proof: Proof
    """Place of the list in the log."""


class CertificateLine(Document):
    """A certificate as its audience may see it."""

    max_text_bytes: ClassVar[int] = MOST_LINE_BYTES

    t: Literal["certificate"]
    """Tag of the line."""
    certificate: str
    """Text of the certificate with the disclosures that the audience may see."""
    values: Annotated[tuple[Digest, ...], Field(min_length=1, max_length=MOST_VALUES)]
    """Value of each output of the issuance, 32 bytes each. The record digest is computed from them."""
    proof: Proof
    """Place of the issuance in the log."""


class SplitLine(Document):
    """A split on the path of a holding."""

    t: Literal["split"]
    """Tag of the line."""
    registry: RegistryId
    """Domain of the registry that logged the split."""
    split: str
    """Text of the split."""
    proof: Proof
    """Place of the split in the log."""


class StatementLine(Document):
    """A move, undo or status change, as it was signed."""

    t: Literal["statement"]
    """Tag of the line."""
    registry: RegistryId
    """Domain of the registry that logged the statement."""
    kind: StatementKind
    """Kind of the statement."""
    statement: str
    """Statement as signed, a compact JWS."""
    proof: Proof
    """Place of the statement in the log."""


class AttestationLine(Document):
    """An attestation about a certificate or a run of the chain, as it was signed."""

    t: Literal["attestation"]
    """Tag of the line."""
    registry: RegistryId
    """Domain of the registry that logged the attestation."""
    attestation: str
    """Attestation as signed, a compact JWS."""
    proof: Proof
    """Place of the attestation in the log."""


class ShownLeaf(Struct):
    """A leaf of an auditor's tree, with its place in the tree."""

    leaf: Base64Url
    """Bytes of the leaf, in base64url."""
    index: Index
    """Index of the leaf in the tree, from 0."""
    path: Annotated[tuple[Digest, ...], Field(max_length=MOST_PATH)]
    """Hashes from the leaf up to the root of the record (RFC 6962), leaf first."""


class AuditLine(Document):
    """An auditor's record as it was signed, with the leaves of it that concern the bundle."""

    t: Literal["audit"]
    """Tag of the line."""
    registry: RegistryId
    """Domain of the registry that logged the record."""
    audit: str
    """Record as signed, a compact JWS."""
    proof: Proof
    """Place of the record in the log."""
    leaves: Annotated[tuple[ShownLeaf, ...], Field(max_length=MOST_LEAVES)]
    """Leaves of the record about certificates of the bundle. Empty where the auditor left them out."""


class UpstreamLine(Document):
    """A registry's word about ended lots behind the subject, as it was signed."""

    t: Literal["upstream"]
    """Tag of the line."""
    registry: RegistryId
    """Domain of the registry that signed it."""
    upstream: Annotated[str, StringConstraints(max_length=MOST_UPSTREAM_CHARACTERS)]
    """Word as signed, a compact JWS."""


class HoldingLine(Document):
    """The reader's own holding of the subject, for incoming goods and transfers."""

    t: Literal["holding"]
    """Tag of the line."""
    creator: Digest
    """Record digest of the record that created the holding."""
    holding: HoldingText
    """Text of the holding: its salt, owner and registry."""


class EndLine(Document):
    """Last line; it shows that nothing was cut off."""

    t: Literal["end"]
    """Tag of the line."""
    lines: Index
    """Number of lines in the bundle, this one included."""


BundleLine: TypeAlias = (
    Header
    | TrustLine
    | HeadLine
    | StatusLine
    | CertificateLine
    | SplitLine
    | StatementLine
    | AttestationLine
    | AuditLine
    | UpstreamLine
    | HoldingLine
    | EndLine
)

_MODELS: Final[dict[bytes, type[BundleLine]]] = {
    b"bundle/1": Header,
    b"trust": TrustLine,
    b"head": HeadLine,
    b"status": StatusLine,
    b"certificate": CertificateLine,
    b"split": SplitLine,
    b"statement": StatementLine,
    b"attestation": AttestationLine,
    b"audit": AuditLine,
    b"upstream": UpstreamLine,
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
    quick = _QUICK.get(tag[1]) if tag else None
    read = quick(raw) if quick else None
    return model.from_text(raw[:-1]) if read is None else read


def _digests(most: int) -> str:
    """Return the pattern of 1 to so many digests in an array, whole as one group."""
    return rf'("{DIGEST}"(?:,"{DIGEST}"){{0,{most - 1}}}+)'


_PROOF: Final = (
    rf'"proof":\{{"entry":"([A-Za-z0-9_-]++)","index":(0|[1-9][0-9]{{0,9}}+),"path":\[{_digests(MOST_PATH)}?\]\}}\}}\n'
)
_CERTIFICATE_OPENING: Final = b'{"t":"certificate","certificate":"'
"""In a text within a line a backslash stands before each quotation mark, so that this does not occur in it."""
_AFTER_CERTIFICATE: Final = re.compile(rf'","values":\[{_digests(MOST_VALUES)}\],{_PROOF}'.encode())
_ESCAPED_SPLIT: Final = SPLIT_TEXT.replace('"', r'\\"')
_SPLIT_LINE: Final = re.compile(
    rf'\{{"t":"split","registry":"({DOMAIN})","split":"({_ESCAPED_SPLIT})",{_PROOF}'.encode()
)


def _certificate_line(raw: bytes) -> CertificateLine | None:
    """Read the line of a certificate by its pattern; opening the certificate checks its alphabet."""
    start = len(_CERTIFICATE_OPENING)
    end = raw.find(b'"', start)
    found = _AFTER_CERTIFICATE.fullmatch(raw, end) if raw.startswith(_CERTIFICATE_OPENING) and end > 0 else None
    if found is None:
        return None
    if raw.find(b"\\", start, end) >= 0:
        return None
    try:
        text = orjson.loads(
            raw[start - 1 : end + 1]
        )  # refuses control characters, and what is no UTF-8, quicker than any pattern
    except orjson.JSONDecodeError:
        return None
    values, *proved = found.groups()
    proof = _proof(*proved)
    if proof is None:
        return None
    return CertificateLine(t="certificate", certificate=text, values=_texts(values), proof=proof)


def _split_line(raw: bytes) -> SplitLine | None:
    """Read the line of a split by its pattern; the only backslashes in that are those before quotation marks."""
    found = _SPLIT_LINE.fullmatch(raw)
    if found is None:
        return None
    registry, split, *proved = found.groups()
    proof = _proof(*proved)
    if proof is None or len(registry) > MOST_REGISTRY_CHARACTERS:
        return None
    return SplitLine(t="split", registry=registry.decode(), split=split.translate(None, b"\\").decode(), proof=proof)


_QUICK: Final[dict[bytes, Callable[[bytes], BundleLine | None]]] = {
    b"certificate": _certificate_line,
    b"split": _split_line,
}


def _proof(entry: bytes, index: bytes, path: bytes | None) -> Proof | None:
    number = int(index)
    if number > MOST_INDEX or len(entry) > MOST_ENTRY_CHARACTERS:
        return None
    return Proof(entry=entry.decode(), index=number, path=_texts(path) if path else ())


def _texts(digests: bytes) -> tuple[str, ...]:
    """Return the digests of an array, each without its quotation marks."""
    return tuple(digests[1:-1].decode().split('","'))
