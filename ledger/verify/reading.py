"""A bundle's lines, read in groups before they are checked.

Rules: a line that nobody can read, and a record that cannot be opened, keep their place; the error stands there
instead.  A group has lines of one kind, or records, so that each step finds what earlier lines brought.  It has at most
one certificate of an issuance, so that a view of a run is checked before another one adds to it.  What is found doesn't
depend on the groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Self, TypeAlias

from ledger.holdings.mark import split_digest, statement_digest
from ledger.holdings.split import SplitRecord
from ledger.seal.sdjwt import OpenCertificate
from ledger.seal.statement import open_statement
from ledger.verify.certificate import ShownCertificate, ShownLine, ShownRecord
from schemas.bundle import BundleLine, CertificateLine, SplitLine, StatementLine, read_line
from schemas.problem import OreprintError

Opening: TypeAlias = "Callable[[str], OpenCertificate]"
"""A function that parses a certificate."""

READ_AHEAD_BYTES: Final = 512 * 1024
"""Lines of so many bytes together make a group: some 20 certificates that disclose everything, with their splits."""
MOST_REFUSED: Final = 1000
"""Lines that are refused before reading stops: more would say no more, and cost time and memory.

No group has more lines.
"""


RECORDS: Final = (CertificateLine, SplitLine, StatementLine)
"""The lines that are records: what is logged, and what others may build on."""


@dataclass(slots=True)
class LineGroup:
    """Lines that take the steps together, step by step (hot path, see bench/verifying.py)."""

    lines: list[ShownLine] = field(default_factory=list)
    records: list[ShownRecord | ShownCertificate] = field(default_factory=list)
    certificates: list[ShownCertificate] = field(default_factory=list)
    issuances: set[bytes] = field(default_factory=set)

    @classmethod
    def only(cls, line: ShownLine) -> Self:
        """Return a group of one line."""
        group = cls()
        group.add(line)
        return group

    def add(self, line: ShownLine) -> None:
        """Add a line."""
        self.lines.append(line)
        if isinstance(line, ShownCertificate):
            self.records.append(line)
            self.certificates.append(line)
            self.issuances.add(line.issuance)
        elif isinstance(line, ShownRecord):
            self.records.append(line)

    def of(self, kind: type[BundleLine]) -> Sequence[ShownLine]:
        """Return the lines, if they are of this kind."""
        return self.lines if self.lines and type(self.lines[0].document) is kind else ()

    def release(self) -> None:
        """Let go of what only the steps ask."""
        for certificate in self.certificates:
            certificate.release()


def read_groups(lines: Iterator[bytes | BundleLine], opening: Opening) -> Iterator[LineGroup]:
    """Yield the lines after the header; certificates are opened by `opening`."""
    ahead: list[tuple[int, bytes | BundleLine]] = []
    size = 0
    for number, raw in enumerate(lines, start=2):
        ahead.append((number, raw))
        size += len(raw) if isinstance(raw, bytes) else 0  # a document is there already
        if size > READ_AHEAD_BYTES or len(ahead) >= MOST_REFUSED:
            yield from _groups(ahead, opening)
            ahead, size = [], 0
    yield from _groups(ahead, opening)


def _groups(ahead: Iterable[tuple[int, bytes | BundleLine]], opening: Opening) -> Iterator[LineGroup]:
    """Read all lines, then parse their certificates."""
    group, kind = LineGroup(), None
    for line in [opened(line, opening) for line in [_read(number, raw) for number, raw in ahead]]:
        before, kind = kind, RECORDS if type(line.document) in RECORDS else type(line.document)
        again = isinstance(line, ShownCertificate) and line.issuance in group.issuances
        if again or kind is not before:
            yield group
            group = LineGroup()
        group.add(line)
    yield group


def _read(number: int, raw: bytes | BundleLine) -> ShownLine:
    try:
        return ShownLine(number, document(raw, f"line {number}"))
    except OreprintError as error:
        return ShownLine(number, None, error=bare(error))


def opened(line: ShownLine, opening: Opening) -> ShownLine:
    """Return a line with the record in it opened, if there is one."""
    read, number = line.document, line.number
    if type(read) not in RECORDS:
        return line
    try:
        if type(read) is CertificateLine:
            return ShownCertificate.of(opening(read.certificate), read.values, read.proof, number=number, document=read)
        if type(read) is SplitLine:
            return ShownRecord(number, read, split_digest(read.split), SplitRecord.parse(read.split))
        if type(read) is StatementLine:
            statement = open_statement(read.statement, kind=read.kind)
            return ShownRecord(number, read, statement_digest(read.statement), statement)
    except OreprintError as error:
        line.error = bare(error)
    return line


def document(line: bytes | BundleLine, place: str) -> BundleLine:
    """Return a line as a document, which it may be already; raise InputError `bundle.*`, `document.*`."""
    return read_line(line, place) if isinstance(line, bytes) else line


def bare(error: OreprintError) -> OreprintError:
    """Return an error without its traceback.

    Frames keep lines in memory, and a hostile bundle has a thousand refused ones.
    """
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)
