"""Tell apart what a reader was given by its first bytes: a certificate, a bundle, or a PDF with one of them attached.

Rules: the first bytes say what it is, not the name: a bundle begins with its header, a certificate or presentation with
the header of a JWS, and anything else is refused for what it is.  A certificate is read whole and bounded; a bundle is
handed on line by line, so that its length costs no memory.  Of a PDF only the attached record is read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from schemas.door.encoding import text_of
from schemas.problem import InputError, problems_in

MOST_CERTIFICATE_BYTES: Final = 4 * 1024 * 1024
"""As `ledger.seal.sdjwt.MOST_TEXT_BYTES`; said here so that a wrong file is refused before anything is loaded."""
ADDRESS: Final = re.compile(r"https?://", re.IGNORECASE)
"""How an address begins; any other text names a file. What it leads to is in `ledger.client.links`."""
BUFFER_BYTES: Final = 256 * 1024
"""Read at once: a line with a certificate is longer than the buffer that files have by themselves, and reading a bundle
by that takes five times as long."""
_REST_BYTES: Final = 1024
"""Bytes read behind a certificate to detect its kind."""
_BUNDLE: Final = b'{"t":"bundle/1"'
"""As `schemas.bundle.BUNDLE_BEGINS`; said here for the same reason."""
_PDF: Final = b"%PDF-"
_MEDIA: Final = {_BUNDLE: "application/vnd.oreprint.bundle+jsonl", _PDF: "application/pdf"}
_CERTIFICATES: Final = "application/vc+sd-jwt"
_CERTIFICATE: Final = "eyJ"
"""base64url of ``{"``: how every JWS begins."""
BEGIN_BYTES: Final = len(_BUNDLE)
"""How many bytes tell the kinds apart."""
_LOT: Final = re.compile(r"[^/.]+")
"""Texts that are more likely the name of a lot than of a file."""


@dataclass(frozen=True, slots=True)
class SourceCertificate:
    """A certificate or presentation: where it came from, and its text; `printed` if it was attached to a PDF."""

    name: str
    text: str
    printed: bool = False


@dataclass(frozen=True, slots=True)
class SourceBundle:
    """A bundle: where it came from, and its lines with their newlines, read as asked for; `printed` as above."""

    name: str
    lines: Iterator[bytes]
    printed: bool = False


Source: TypeAlias = SourceCertificate | SourceBundle


def open_file(source: str, name: str) -> BinaryIO:
    """Open the file `source`, which messages call `name`.

    Raises:
        InputError: `file.missing`, `file.no-source`, `file.unreadable`.
    """
    try:
        return Path(source).open("rb", buffering=BUFFER_BYTES)
    except FileNotFoundError as error:
        code = "file.no-source" if _LOT.fullmatch(source) else "file.missing"
        raise InputError.at(code, name) from error
    except OSError as error:
        raise InputError.at("file.unreadable", name, reason=error.strerror or "it can't be opened") from error


def told_apart(name: str, stream: BinaryIO) -> Source:
    """Return the source in a stream, which messages call `name`; its first line says what the rest is.

    Raises:
        InputError: `file.*`, `pdf.*`; while its lines are read `bundle.line-size`, `file.size`.
    """
    with problems_in(name):
        first = stream.readline(MOST_CERTIFICATE_BYTES + 1)
        if first.startswith(_PDF):
            return replace(_record_apart(name, _attached(first, stream)), printed=True)
        return _record_apart(name, stream, first)


def may_begin(head: bytes | bytearray) -> bool:
    """Return whether a file that begins so may be a certificate, a bundle or a PDF."""
    return any(head[: len(kind)] == kind[: len(head)] for kind in (_CERTIFICATE.encode(), *_MEDIA))


def media_of(content: bytes) -> str:
    """Return the media type of a file's content by its first bytes; that of a certificate if they say nothing else."""
    return next((media for begins, media in _MEDIA.items() if content.startswith(begins)), _CERTIFICATES)


def _record_apart(name: str, stream: BinaryIO, first: bytes | None = None) -> Source:
    """Return a certificate or a bundle, by its first line."""
    line = stream.readline(MOST_CERTIFICATE_BYTES + 1) if first is None else first
    if line.startswith(_BUNDLE):
        return SourceBundle(name, _lines(line, stream))
    return SourceCertificate(name, _certificate(line, stream))


def _attached(first: bytes, stream: BinaryIO) -> BinaryIO:
    """Return the record that is attached to a PDF."""
    from ledger.files.attached import MOST_PDF_BYTES, attached_record  # noqa: PLC0415 - only a PDF needs a process

    return BytesIO(attached_record(first + stream.read(max(0, MOST_PDF_BYTES + 1 - len(first)))))


def _certificate(first: bytes, stream: BinaryIO) -> str:
    if not first:
        raise InputError.at("file.empty")
    text = text_of(first, area="file", max_bytes=MOST_CERTIFICATE_BYTES)
    text = text.removesuffix("\n").removesuffix("\r")
    if not text.startswith(_CERTIFICATE):
        raise InputError.at("file.kind", value=text.strip())
    rest = stream.read(_REST_BYTES)
    if rest and not rest.strip(b"\r\n"):
        raise InputError.at("file.line-break")
    if rest:
        raise InputError.at("file.trailing")
    return text


def _lines(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines of a bundle, bounded one by one and all together."""
    from schemas.bundle import MOST_BUNDLE_BYTES, MOST_LINE_BYTES  # noqa: PLC0415 - a certificate needs no bundles

    size, number, line = 0, 0, first
    while line:
        size, number = size + len(line), number + 1
        if len(line) > MOST_LINE_BYTES:
            raise InputError.at("bundle.line-size", f"line {number}", size=len(line), limit=MOST_LINE_BYTES)
        if size > MOST_BUNDLE_BYTES:
            raise InputError.at("file.size", limit=MOST_BUNDLE_BYTES)
        yield line
        line = stream.readline(MOST_LINE_BYTES + 1)
