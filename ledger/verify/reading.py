"""The lines of a bundle, read some at a time before they are judged.

Rules: a line that nobody can read, and a certificate that cannot be opened, keep their place; the error stands there instead.

What this module does not do: judging (`ledger.verify.chain`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.seal.sdjwt import ClearPart
from schemas.bundle import (
    CertificateLine,
    SplitLine,
    StatementLine,
    read_line,
)
from schemas.frozen import Frozen
from schemas.problem import OreprintError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ledger.seal.sdjwt import OpenCertificate
    from ledger.trust.pinned import TrustedKey
    from schemas.bundle import BundleLine

READ_AHEAD_BYTES: Final = 512 * 1024
"""Lines of so many bytes together are read before they are judged: some 20 certificates that disclose everything, with their splits."""
MOST_REFUSED: Final = 1000
"""Lines that are refused before reading stops: more would say no more, and cost time and memory."""
RECORDS: Final = (CertificateLine, SplitLine, StatementLine)
"""The lines that are records: what is logged, and what others may build on."""


class Line(Frozen):
    """A line and the certificate in it, or the error that reading either of them gave."""

    read: BundleLine | OreprintError
    certificate: OpenCertificate | OreprintError | None = None

    def told(self) -> BundleLine:
        """Return the line, or raise what is wrong with it."""
        if isinstance(self.read, OreprintError):
            raise self.read
        return self.read


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads a bundle ahead; `opening` opens a certificate, or its clear part.

    `keys` verify signatures ahead. Whether a key was good at the time, and for whom, is judged later.
    """

    opening: Callable[[str], ClearPart | OpenCertificate]
    keys: Mapping[str, TrustedKey]

    def ahead(self, lines: Iterator[bytes | BundleLine]) -> Iterator[list[Line]]:
        """Yield the lines after the header, read, in groups of about half a megabyte (hot path, see bench/verifying.py)."""
        ahead: list[Line] = []
        size = 0
        for number, raw in enumerate(lines, start=2):
            ahead.append(_look(f"line {number}", raw))
            size += len(raw) if isinstance(raw, bytes) else 0  # a document is there already
            if size > READ_AHEAD_BYTES or len(ahead) >= MOST_REFUSED:
                yield self._read(ahead)
                ahead, size = [], 0
        yield self._read(ahead)

    def _read(self, ahead: list[Line]) -> list[Line]:
        """Return lines with their certificates opened: first all clear parts, then all signatures, then all disclosures."""
        clear = [*map(self._clear, ahead)]
        return [*map(_opened, ahead, clear, [*map(self._verified, clear)])]

    def _clear(self, line: Line) -> ClearPart | OpenCertificate | OreprintError | None:
        """Return the clear part of the certificate in a line, if there is one, or what is wrong with it."""
        read = line.read
        if not isinstance(read, CertificateLine):
            return None
        try:
            return self.opening(read.certificate)
        except OreprintError as error:
            return bare(error)

    def _verified(self, found: ClearPart | OpenCertificate | OreprintError | None) -> bytes | None:
        """Return the key by which the signature of a clear part holds; None where there is none, or nothing to verify."""
        if not isinstance(found, ClearPart) or found.jws.kid not in self.keys:
            return None
        public = self.keys[found.jws.kid].public
        try:
            found.jws.verify(public)
        except OreprintError:
            return None  # it is verified again when it is judged
        return public


def _look(place: str, raw: bytes | BundleLine) -> Line:
    """Read a line."""
    try:
        return Line(document(raw, place))
    except OreprintError as error:
        return Line(bare(error))


def _opened(line: Line, found: ClearPart | OpenCertificate | OreprintError | None, verified: bytes | None) -> Line:
    """Return a line with its certificate, whose disclosures are read now."""
    if found is None:
        return line
    if not isinstance(found, ClearPart):
        return Line(line.read, found)
    try:
        return Line(line.read, found.open(verified=verified))
    except OreprintError as error:
        return Line(line.read, bare(error))


def document(line: bytes | BundleLine, place: str) -> BundleLine:
    """Return a line as a document, which it may be already; raise InputError `bundle.*`, `document.*`."""
    return read_line(line, place) if isinstance(line, bytes) else line


def bare(error: OreprintError) -> OreprintError:
    """Return an error without the frames that it came through: they hold the line, and of a hostile bundle a thousand are refused."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
