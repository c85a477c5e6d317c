"""The lines of a bundle read ahead of being judged, and which of them are judged here.

Rules: a line that nobody can read, and a certificate that can't be opened, come as what is wrong with them, in their place.  Several
processes may share the work (`Share`): each record is judged by exactly one of them, and all lines of a record by the same.  A record that
another process judges comes unread.  What this module does not do: judging (`ledger.verify.chain`).
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.log.entry import HEAD_BYTES, blinded_in
from ledger.seal.digest import from_base64url
from ledger.seal.sdjwt import ClearPart
from schemas.bundle import (
    CertificateLine,
    SplitLine,
    StatementLine,
    entry_of,
    is_record,
    read_line,
    signed_part,
)
from schemas.frozen import Frozen
from schemas.problem import InputError, OreprintError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from hashlib import _Hash as Hash

    from ledger.seal.sdjwt import OpenCertificate
    from ledger.trust.pinned import TrustedKey
    from schemas.bundle import BundleLine

READ_AHEAD_BYTES: Final = 512 * 1024
"""Lines of so many bytes together are read before they are judged: some 20 certificates that disclose everything, with their splits."""
MOST_REFUSED: Final = 1000
"""Lines that are refused before reading stops: more would say no more, and cost time and memory."""
_HEAD_CHARACTERS: Final = 4 * HEAD_BYTES // 3

FOLLOWING: Final = Fraction(1, 30)
"""The part of judging a record that following it takes, less what it takes whoever judged it to hand on what was found."""


class NotSharedError(Exception):
    """There is something in a bundle that one process has to judge alone, since what it means depends on all that came before."""


class Share(NamedTuple):
    """Which records of a bundle are judged here: `of` processes take a stretch each, one after another; this is `number`.

    The records before the stretch are read only as far as later ones build on them, and what comes after it is not looked at.  The
    last process, which sees all, judges whatever is no record as well.
    """

    number: int
    of: int

    @property
    def last(self) -> bool:
        """Whether this process sees all."""
        return self.number == self.of - 1

    def ends(self, records: int, following: Fraction) -> list[int]:
        """Return after how many records each stretch but the last ends, so that all processes take the same time.

        Who comes later follows more, and so judges less: `following` is what it takes to follow a record, to judging it.
        """
        lengths = [Fraction(1)]
        while len(lengths) < self.of:
            lengths.append(1 - following * sum(lengths))
        return [int(records * each / sum(lengths)) for each in accumulate(lengths[:-1])]


ALONE: Final = Share(0, 1)


class Unread(NamedTuple):
    """A line that another process judges, and the blinded digest of its record, by what its entry says."""

    record: bytes
    line: bytes


RECORDS: Final = (CertificateLine, SplitLine, StatementLine, Unread)
"""The lines that are records: what is logged, and what others may build on."""


class Line(Frozen):
    """A line as it was read, whether it is judged elsewhere, and the certificate in it; or what is wrong with either."""

    read: BundleLine | Unread | OreprintError
    silent: bool
    certificate: OpenCertificate | OreprintError | None = None

    def told(self) -> BundleLine | Unread:
        """Return the line, or raise what is wrong with it."""
        if isinstance(self.read, OreprintError):
            raise self.read
        return self.read


@dataclass(slots=True)
class Reader:
    """A bundle being read; `ends` are those of the stretches, `opening` opens a certificate, or its clear part.

    `keys` are those by which signatures are verified ahead, in the same way; when a key is good, and for whom, is judged later.

    `digests` are the SHA-256 of all lines `read`, up to the first after each stretch but the last: whether several processes read the same.
    """

    share: Share
    opening: Callable[[str], ClearPart | OpenCertificate]
    keys: Mapping[str, TrustedKey]
    ends: list[int]
    read: Hash = field(default_factory=sha256)
    digests: list[bytes] = field(default_factory=list)
    _met: int = 0
    _stretch: int = 0
    _dealt: dict[bytes, int] = field(default_factory=dict)

    def ahead(self, lines: Iterator[bytes | BundleLine]) -> Iterator[list[Line]]:
        """Yield the lines after the header as they were read, some hundreds of them at a time.

        Reading and judging in turn, line by line, takes a tenth longer: each drives the other's code and tables out of the
        caches of a processor.

        Raises:
            NotSharedError: when the lines of a record stand so far apart that no process could judge all of them.

        """
        ahead: list[Line] = []
        size = 0
        for number, raw in enumerate(lines, start=2):
            if self._stretch < len(self.ends) and isinstance(raw, bytes):
                self.read.update(raw)
            ahead.append(self._look(f"line {number}", raw))
            if self._stretch > self.share.number:
                ahead.pop()
                break
            size += len(raw) if isinstance(raw, bytes) else 0  # a document is there already
            if size > READ_AHEAD_BYTES or len(ahead) >= MOST_REFUSED:
                yield self._read(ahead)
                ahead, size = [], 0
        yield self._read(ahead)

    def _read(self, ahead: list[Line]) -> list[Line]:
        """Return lines with what is in them: first all clear parts, then all signatures, then all runs, for the same reason."""
        clear = [*map(self._clear, ahead)]
        return [*map(_opened, ahead, clear, [*map(self._verified, clear)])]

    def _look(self, place: str, raw: bytes | BundleLine) -> Line:
        """Read a line, unless another process does."""
        silent = False
        if self.ends and isinstance(raw, bytes):
            if is_record(raw):
                record = _record(raw)
                if self._deal(record, raw) != self.share.number:
                    return Line(Unread(record, raw), silent=True)
            else:
                silent = not self.share.last
        try:
            return Line(document(raw, place), silent)
        except OreprintError as error:
            return Line(bare(error), silent=False)  # a line that nobody can read is found by everybody

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

    def _deal(self, record: bytes, raw: bytes) -> int:
        """Return who judges a record.  All certificates of an issuance come to one process: it knows how much each shows."""
        self._met += 1
        known = self._dealt.get(record)
        if known is None:
            if signed_part(raw):  # a stretch ends before a certificate of another issuance
                self._enter(bisect_left(self.ends, self._met))
            known = self._dealt[record] = self._stretch
        if known < self._stretch:
            raise NotSharedError
        return known

    def _enter(self, stretch: int) -> None:
        """Go on to a stretch, unless it is this one or before."""
        if stretch > self._stretch:
            self.digests += [self.read.digest()] * (stretch - self._stretch)
            self._stretch = stretch


def _opened(line: Line, found: ClearPart | OpenCertificate | OreprintError | None, verified: bytes | None) -> Line:
    """Return a line with the certificate in it, whose disclosures are read now; of one that is judged elsewhere none is."""
    if found is None:
        return line
    read, silent = line.read, line.silent
    if not isinstance(found, ClearPart):
        return Line(read, silent, found)
    try:
        return Line(read, silent, found.open(verified=verified))
    except OreprintError as error:
        return Line(read, silent, bare(error))


def _record(raw: bytes) -> bytes:
    """Return the blinded digest of the record in a line, by what its entry says; nothing where that can't be read."""
    try:
        return blinded_in(from_base64url(entry_of(raw)[:_HEAD_CHARACTERS].decode("ascii", "replace")))
    except InputError:
        return b""


def document(line: bytes | BundleLine, place: str) -> BundleLine:
    """Return a line as a document, which it may be already; raise InputError `bundle.*`, `document.*`."""
    return read_line(line, place) if isinstance(line, bytes) else line


def bare(error: OreprintError) -> OreprintError:
    """Return an error without the frames that it came through: they hold the line, and of a hostile bundle a thousand are refused."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
